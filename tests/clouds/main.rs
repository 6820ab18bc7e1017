//! Live collection against servers that speak the vendors' wire formats, on loopback, and that can misbehave.

#![cfg(any(feature = "aws", feature = "azure", feature = "gcp"))]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    unreachable_pub,
    reason = "a test stops at what it does not expect; nobody else names its modules"
)]
#![cfg_attr(
    any(feature = "azure", feature = "gcp"),
    expect(clippy::print_stderr, reason = "who runs the tests should know what was left out")
)]

#[cfg(feature = "azure")]
mod arm;
#[cfg(feature = "aws")]
mod aws;
#[cfg(feature = "aws")]
mod aws_faults;
#[cfg(feature = "aws")]
mod aws_fetch;
#[cfg(feature = "aws")]
mod aws_logs;
#[cfg(feature = "aws")]
mod aws_scans;
#[cfg(feature = "azure")]
mod azure;
#[cfg(feature = "aws")]
mod commands;
#[cfg(feature = "gcp")]
mod compute;
#[cfg(feature = "aws")]
mod ec2;
mod fault;
mod faults;
#[cfg(feature = "gcp")]
mod gcp;
#[cfg(feature = "aws")]
mod known;
#[cfg(any(feature = "azure", feature = "gcp"))]
mod log_reads;
mod planted;
mod policies;
mod server;
mod site;
