//! Live scans of AWS as others made it: moto, ministack, moto behind microburst, which injects faults, and moto
//! behind a recorder of ours, which writes the audit log that no emulator writes.
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
#[path = "../clouds/ec2/logs.rs"]
#[expect(dead_code, reason = "the tests of the clouds use more of it")]
mod logs;
mod recorder;
mod scans;
#[path = "../clouds/server.rs"]
#[expect(dead_code, reason = "the tests of the clouds use more of it")]
mod server;
mod shapes;
#[path = "../clouds/site.rs"]
mod site;
mod story;
mod trail;

use emulator::{Emulator, credentials};
use site::{Report, Site};

/// The kinds that every emulator lists.
const KINDS: &[&str] = &["image", "instance", "snapshot", "volume"];

/// The regions that scans look at.
const REGIONS: &[&str] = &["eu-west-1", "us-east-1"];

/// Scans an emulator, asking for everything that is asked for one by one, too.
fn scan(site: &Site, emulator: &Emulator, more: &[&str]) -> Report {
    scan_at(site, &config(&emulator.url, "'lookup'"), &emulator.url, more)
}

/// Returns a configuration that asks for everything at a URL, and reads logs so.
fn config(url: &str, events: &str) -> String {
    format!(
        "[[aws]]\nendpoint = \"{url}\"\nregions = [\"{}\"]\nsharing = true\ninstance-attributes = true\n\
         user-data = true\nevents = {events}\n",
        REGIONS.join("\", \"")
    )
}

/// Scans what a configuration says, with the credentials of an emulator or of what stands in front of it.
fn scan_at(site: &Site, config: &str, url: &str, more: &[&str]) -> Report {
    let gently = ["--requests-per-second", "1000"];
    let retries: &[&str] = if more.contains(&"--retries") { &[] } else { &["--retries", "1"] };
    site.scan(config, &credentials(url), &[&gently[..], retries, more].concat())
}
