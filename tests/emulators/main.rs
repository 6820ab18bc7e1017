//! Live scans of AWS as others made it: moto, ministack, and moto behind microburst, which injects faults.
//!
//! ```text
//! eval "$(.ci/emulators)" && cargo test --no-default-features --features aws --test emulators
//! ```
//!
//! The environments come from PyPI; a suite whose environment is missing is skipped, but not where `CI` is set.

#![cfg(all(feature = "aws", unix))]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at what is not as it should be")]

mod emulator;
mod faults;
mod scans;
mod site;
