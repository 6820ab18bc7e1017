//! Live scans of AWS as others made it: moto, ministack, and moto behind microburst, which injects faults.
//!
//! ```text
//! eval "$(.ci/emulators)" && cargo test --no-default-features --features aws --test emulators
//! ```
//!
//! The environments come from `PyPI`; a suite whose environment is missing is skipped, but not where `CI` is set.

#![cfg(all(feature = "aws", unix))]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    unreachable_pub,
    reason = "a test stops at what is not as it should be; nobody else names its modules"
)]

mod emulator;
mod faults;
#[path = "../clouds/known.rs"]
mod known;
mod scans;
#[path = "../clouds/site.rs"]
#[expect(dead_code, reason = "the tests of the clouds use more of it")]
mod site;
mod trail;

use emulator::Emulator;
use site::{Report, Site};

/// The kinds that every emulator lists.
const KINDS: &[&str] = &["image", "instance", "snapshot", "volume"];

/// The regions that scans look at.
const REGIONS: &[&str] = &["eu-west-1", "us-east-1"];

/// Scans an emulator, asking for everything that is asked for one by one, too.
fn scan(site: &Site, emulator: &Emulator, more: &[&str]) -> Report {
    let config = format!(
        "[[aws]]\nendpoint = \"{}\"\nregions = [\"{}\"]\nsharing = true\ninstance-attributes = true\n\
         user-data = true\n",
        emulator.url,
        REGIONS.join("\", \"")
    );
    let gently = ["--requests-per-second", "1000"];
    let retries: &[&str] = if more.contains(&"--retries") { &[] } else { &["--retries", "1"] };
    site.scan(&config, &emulator.credentials(), &[&gently[..], retries, more].concat())
}
