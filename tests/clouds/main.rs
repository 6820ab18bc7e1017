//! Live collection against servers that speak the vendors' wire formats, on loopback, and that can misbehave.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test stops at what it does not expect, and says what it skips"
)]

#[cfg(feature = "azure")]
mod arm;
#[cfg(feature = "azure")]
mod azure;
#[cfg(feature = "azure")]
mod fault;
mod server;
