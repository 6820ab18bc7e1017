//! Makes estates of any size with any churn, as the vendors' own tools list them.
//!
//! ```text
//! cargo run --release --no-default-features --example make_estate -- \
//!     --resources 1000000 --churn 0.01 --generation 0 --out estate/0
//! cargo run --release --no-default-features --example make_estate -- \
//!     --resources 1000000 --churn 0.01 --generation 1 --out estate/1
//! driftline scan --from estate/0
//! driftline scan --from estate/1
//! ```
//!
//! The same options give the same bytes. Generation *n* + 1 is generation *n* a day later with `--churn`
//! of its resources changed: half of the changes are modified tags and attributes, a fifth creations, a
//! sixth deletions, the rest starts, stops, attachments, detachments and moves to the archive. A deleted
//! machine takes its root volume along and leaves the others detached, so that listings agree.
//!
//! An estate is 10 % instances, 30 % volumes, 60 % snapshots. On AWS it spreads over four accounts and
//! five regions (`aws/<account>/<region>/{instances,volumes,snapshots}.json`), on Azure over three
//! subscriptions, on Google Cloud over three projects. A `manifest.json` declares every file complete.
//!
//! `--layout compact`, the default, is what a script stores: 0.87 kB a resource on AWS, 0.87 GB for
//! 1,000,000. `--layout pretty` indents as the vendors' tools do, which doubles that. `--format ndjson` writes
//! the same elements one on each line, without the reservations around instances, for tools that read lines.
//! `--shuffle` writes the same elements in another order. Nothing is held in memory but one machine with
//! its disks and snapshots.
#![expect(clippy::print_stdout, reason = "an example tells what it made")]

mod generator;
#[cfg(test)]
mod tests;

use std::io;
use std::path::PathBuf;

use clap::Parser;

use generator::{Format, Layout, Options, Provider};

/// Makes an estate as the vendors' own tools list it.
#[derive(Debug, Parser)]
#[command(name = "make_estate")]
struct Arguments {
    /// How many resources generation 0 has
    #[arg(long, default_value_t = 1_000_000)]
    resources: u64,
    /// Which share of them changes from one generation to the next
    #[arg(long, default_value_t = 0.01)]
    churn: f64,
    /// Where all values are drawn from
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// How often the estate has changed
    #[arg(long, default_value_t = 0)]
    generation: u32,
    /// The folder to write into
    #[arg(long)]
    out: PathBuf,
    /// Which clouds it stands in
    #[arg(long, value_enum, default_value_t = Provider::Aws)]
    provider: Provider,
    /// How a listing is written
    #[arg(long, value_enum, default_value_t = Format::Cli)]
    format: Format,
    /// How JSON is laid out
    #[arg(long, value_enum, default_value_t = Layout::Compact)]
    layout: Layout,
    /// Write the same elements in the order that this seed decides
    #[arg(long, value_name = "SEED")]
    shuffle: Option<u64>,
}

fn main() -> io::Result<()> {
    let arguments = Arguments::parse();
    let out = arguments.out.display().to_string();
    let tally = generator::generate(&Options {
        resources: arguments.resources,
        churn: arguments.churn,
        seed: arguments.seed,
        generation: arguments.generation,
        provider: arguments.provider,
        format: arguments.format,
        layout: arguments.layout,
        shuffle: arguments.shuffle,
        out: arguments.out,
    })?;
    println!("{out}: {} resources, {} bytes", tally.resources, tally.bytes);
    println!(
        "since the generation before: {} modified, {} moved, {} created, {} deleted",
        tally.modified, tally.moved, tally.created, tally.deleted
    );
    Ok(())
}
