//! Measures the reading of audit log files, beside `gzip -dc` of the same files on one core.
//!
//! ```text
//! cargo bench --no-default-features --bench events -- --records 400000
//! ```
//!
//! It makes a CloudTrail tree of about 0.5 GB (uncompressed), of which one record in 200 matters to compute, and
//! reads it in a process of its own: filtered, normalised, and stored in a new store. It asserts nothing:
//! figures depend on the machine, and on what else it does. The fastest of several runs counts.
#![expect(clippy::print_stdout, reason = "a bench prints")]
#![expect(clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "generated within bounds")]

mod measure;
mod table;
mod trail;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::AtomicBool;

use clap::Parser;
use driftline::model::Timestamp;
use driftline::pipeline::{Ingest, LogTree, Said, ingest};
use driftline::sources::CLOUDS;
use driftline::store::{Access, LogOpening, Store};

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
    let store = arguments.work.join("store.db");
    if let Some(tree) = &arguments.read {
        return read(tree, &store);
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
    let files = files(&tree)?;
    let gzip = best(&arguments, || {
        // The shell becomes gzip, so that its figures are seen.
        let mut command = Command::new("sh");
        command.args(["-c", "exec gzip -dc \"$@\" > /dev/null", "sh"]).args(&files);
        Ok(command)
    })?;
    let itself = std::env::current_exe()?;
    let ours = best(&arguments, || {
        for file in ["store.db", "store.db-wal", "store.db-shm"] {
            // It may not be there.
            let _ = fs::remove_file(arguments.work.join(file));
        }
        let mut command = Command::new(&itself);
        command.arg("--work").arg(&arguments.work).arg("--read").arg(&tree);
        Ok(command)
    })?;
    let mut table = Table::new(["", "wall", "user+sys", "peak", "speed", "ratio", "aim"].map(str::to_owned));
    let mut add = |name: &str, figures: &Figures, aim: &str| {
        let speed = speed(volume.bytes, figures);
        let ratio = ratio(figures.wall.as_secs_f64(), gzip.0.wall.as_secs_f64());
        let row = [name.to_owned()].into_iter().chain(cells(figures));
        table.row(row.chain([speed, ratio, aim.to_owned()]));
    };
    add("gzip -dc, one core", &gzip.0, "");
    add("driftline, filtered, normalised, stored", &ours.0, "≤ 1.0 ×, ≤ 300 MiB");
    table.print();
    println!("{}", ours.1.trim());
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "printed without decimals")]
fn speed(bytes: u64, figures: &Figures) -> String {
    format!("{:.0} MB/s", bytes as f64 / 1e6 / figures.wall.as_secs_f64())
}

/// Runs a command several times and returns the fastest run and what it printed.
fn best(arguments: &Arguments, command: impl Fn() -> Outcome<Command>) -> Outcome<(Figures, String)> {
    let mut best: Option<(Figures, String)> = None;
    for _ in 0..arguments.repeat.max(1) {
        let next = run(&mut command()?, &arguments.work, |status| status.success())?;
        if best.as_ref().is_none_or(|best| next.0.wall < best.0.wall) {
            best = Some(next);
        }
    }
    best.ok_or_else(|| "nothing was run".into())
}

/// Returns the files below a folder, sorted.
fn files(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(self::files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "gz") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Reads a tree into a new store and says what it holds.
fn read(path: &Path, store: &Path) -> Outcome<()> {
    let interrupted = AtomicBool::new(false);
    let now = Timestamp::now();
    let trees = [LogTree::open(path, Said::default(), &interrupted)?];
    let logs: Vec<_> = CLOUDS.iter().map(|cloud| cloud.audit()).collect();
    let request = Ingest {
        trees: &trees,
        logs: &logs,
        now,
        interrupted: &interrupted,
        digest: &|_| {},
        progress: &|_| {},
    };
    let mut store = Store::open(store, Access::Create)?;
    let mut import = store.import_log(&LogOpening { started_at: now, origin: path.display().to_string() })?;
    let told = ingest(&mut import, &request)?;
    import.finish(&told.tally())?;
    println!(
        "{} files, {} records: {} events, ignored {:?}, {} odd; {} logs",
        told.files,
        told.records,
        told.new,
        told.ignored,
        told.odd.count,
        told.spans.len()
    );
    Ok(())
}
