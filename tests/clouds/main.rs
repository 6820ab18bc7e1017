//! Live collection against servers that speak the vendors' wire formats, on loopback, and that can misbehave.

#![cfg(any(feature = "aws", feature = "azure", feature = "gcp"))]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at what it does not expect")]

#[cfg(feature = "aws")]
mod ec2;
mod fault;
mod server;
