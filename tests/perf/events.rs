//! Measures the reading of audit log files, beside `gzip -dc` of the same files on one core.
//!
//! ```text
//! cargo bench --no-default-features --bench events -- --records 400000
//! ```
//!
//! It makes a CloudTrail tree of about 0.5 GB (uncompressed), of which one record in 200 matters to compute, and
//! reads it in a process of its own: filtered, normalised, and counted by id. It asserts nothing: figures
//! depend on the machine, and on what else it does. The fastest of several runs counts.
#![expect(clippy::print_stdout, reason = "a bench prints")]
#![expect(clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "generated within bounds")]

mod measure;
mod table;
mod trail;

use std::collections::HashSet;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::AtomicBool;

use clap::Parser;
use driftline::model::OddRecord;
use driftline::model::{AuditEvent, LogInterval, Timestamp};
use driftline::pipeline::{EventSink, Ingest, LogTree, Said, ingest};
use driftline::sources::CLOUDS;
use driftline::store::Taken;

use measure::{Figures, run};
use table::{Table, cells, megabytes, ratio};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Measures the reading of audit log files.
#[derive(Debug, Parser)]
struct Arguments {
    /// How many records the trail has
    #[arg(long, env = "DRIFTLINE_BENCH_RECORDS", default_value_t = 400_000)]
    records: u64,
    /// How often to repeat
    #[arg(long, default_value_t = 5)]
    repeat: usize,
    /// Where to work; needs about 200 bytes a record
    #[arg(long, default_value = concat!(env!("CARGO_TARGET_TMPDIR"), "/events"))]
    work: PathBuf,
    /// Read this tree and say what it holds
    #[arg(long, hide = true)]
    read: Option<PathBuf>,
    /// Set by `cargo bench`
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> Outcome<()> {
    let arguments = Arguments::parse();
    if let Some(tree) = &arguments.read {
        return read(tree);
    }
    if !arguments.bench {
        println!("to be run by `cargo bench`");
        return Ok(());
    }
    fs::create_dir_all(&arguments.work)?;
    let tree = arguments.work.join("trail");
    let volume = trail::make(&tree, arguments.records)?;
    println!(
        "{} records in {} files, {} uncompressed, {} relevant; {} cores\n",
        volume.records,
        volume.files,
        megabytes(volume.bytes),
        volume.relevant,
        std::thread::available_parallelism()?
    );
    let gzip = best(&arguments, || {
        let mut command = Command::new("sh");
        command.args(["-c", "find \"$0\" -name '*.gz' -print0 | xargs -0 gzip -dc > /dev/null"]).arg(&tree);
        command
    })?;
    let itself = std::env::current_exe()?;
    let ours = best(&arguments, || {
        let mut command = Command::new(&itself);
        command.arg("--read").arg(&tree);
        command
    })?;
    let mut table = Table::new(["", "wall", "user+sys", "peak", "speed", "ratio", "aim"].map(str::to_owned));
    let mut add = |name: &str, figures: &Figures, aim: &str| {
        let speed = speed(volume.bytes, figures);
        let ratio = ratio(figures.wall.as_secs_f64(), gzip.0.wall.as_secs_f64());
        let row = [name.to_owned()].into_iter().chain(cells(figures));
        table.row(row.chain([speed, ratio, aim.to_owned()]));
    };
    add("gzip -dc, one core", &gzip.0, "");
    add("driftline, filtered and normalised", &ours.0, "≤ 1.0 ×, ≤ 300 MiB");
    table.print();
    println!("{}", ours.1.trim());
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "printed without decimals")]
fn speed(bytes: u64, figures: &Figures) -> String {
    format!("{:.0} MB/s", bytes as f64 / 1e6 / figures.wall.as_secs_f64())
}

/// Runs a command several times and returns the fastest run and what it printed.
fn best(arguments: &Arguments, command: impl Fn() -> Command) -> Outcome<(Figures, String)> {
    let mut best: Option<(Figures, String)> = None;
    for _ in 0..arguments.repeat.max(1) {
        let next = run(&mut command(), &arguments.work, |status| status.success())?;
        if best.as_ref().is_none_or(|best| next.0.wall < best.0.wall) {
            best = Some(next);
        }
    }
    best.ok_or_else(|| "nothing was run".into())
}

/// Keeps the ids of events.
#[derive(Default)]
struct Ids(HashSet<String>);

impl EventSink for Ids {
    fn take(&mut self, event: &AuditEvent) -> Result<Taken, driftline::store::Error> {
        let is_new = self.0.insert(event.id.as_str().to_owned());
        Ok(if is_new { Taken::New } else { Taken::Known })
    }

    fn keep_odd(&mut self, _: &OddRecord) -> Result<(), driftline::store::Error> {
        Ok(())
    }

    fn cover(&mut self, _: &LogInterval) -> Result<(), driftline::store::Error> {
        Ok(())
    }
}

/// Reads a tree and says what it holds.
fn read(path: &Path) -> Outcome<()> {
    let interrupted = AtomicBool::new(false);
    let trees = [LogTree::open(path, Said::default(), &interrupted)?];
    let logs: Vec<_> = CLOUDS.iter().map(|cloud| cloud.audit()).collect();
    let request = Ingest {
        trees: &trees.iter().collect::<Vec<_>>(),
        logs: &logs,
        now: Timestamp::now(),
        interrupted: &interrupted,
        digest: &|_| {},
        progress: &|_| {},
    };
    let told = ingest(&mut Ids::default(), &request)?;
    println!(
        "{} files, {} records: {} events, ignored {:?}, {} odd; {} logs",
        told.files,
        told.records,
        told.events(),
        told.ignored,
        told.odd.count,
        told.spans.len()
    );
    Ok(())
}
