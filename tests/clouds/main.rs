//! Live collection against servers that speak the vendors' wire formats, on loopback, and that can misbehave.

#![cfg(any(feature = "aws", feature = "azure", feature = "gcp"))]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    unreachable_pub,
    reason = "a test stops at what it does not expect; nobody else names its modules"
)]

#[cfg(feature = "aws")]
mod aws;
#[cfg(feature = "aws")]
mod aws_faults;
#[cfg(feature = "aws")]
mod aws_scans;
#[cfg(feature = "aws")]
mod ec2;
mod fault;
mod server;
#[cfg(feature = "aws")]
mod site;
