//! Live collection against servers that speak the vendors' wire formats, on loopback, and that can misbehave.

#![cfg(any(feature = "aws", feature = "azure", feature = "gcp"))]
#![expect(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

#[expect(unreachable_pub, reason = "what one cloud's tests need, another's may")]
mod fault;
#[expect(unreachable_pub, reason = "what one cloud's tests need, another's may")]
mod server;

#[cfg(feature = "gcp")]
mod compute;
#[cfg(feature = "gcp")]
#[expect(clippy::print_stderr, reason = "a test says what it skips")]
mod gcp;
