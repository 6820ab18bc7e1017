//! Measures scans, drift and the store on a large estate, beside references on the same machine.
//!
//! ```text
//! cargo bench --no-default-features --bench estate -- --resources 1000000
//! ```
//!
//! It makes two generations of an estate on AWS (`examples/make_estate`), runs the built `driftline` on
//! them as a person would, and prints figures, ratios and aims. It asserts nothing: figures depend on the
//! machine, and on what else it does. What can be repeated is, and the fastest run counts. References:
//!
//! - DuckDB on two threads joins the two dumps on the id and compares the bodies as text. It canonicalises
//!   nothing and keeps nothing. `arrays` reads the files that driftline reads; `objects` reads elements
//!   that somebody already cut into lines; `lines` does not even parse them.
//! - `zstd -3` of the canonical documents that are new, one after the other in one stream.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a bench prints")]

mod driftline;
mod duckdb;
#[path = "../../examples/make_estate/generator/mod.rs"]
mod generator;
mod measure;
mod table;

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Parser;

use driftline::{NewDocuments, Store};
use duckdb::{Duckdb, Variant};
use generator::{Format, Layout, Options, Provider, Tally};
use measure::Figures;
use table::{Table, cells, megabytes, ratio};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Measures driftline on a large estate.
#[derive(Debug, Parser)]
struct Arguments {
    /// How many resources the estate has
    #[arg(long, env = "DRIFTLINE_BENCH_RESOURCES", default_value_t = 1_000_000)]
    resources: u64,
    /// Which share of them changes between scans
    #[arg(long, default_value_t = 0.01)]
    churn: f64,
    /// How often to repeat what can be repeated
    #[arg(long, default_value_t = 3)]
    repeat: usize,
    /// Where to work; needs about 6 kB a resource
    #[arg(long, default_value = concat!(env!("CARGO_TARGET_TMPDIR"), "/estate"))]
    work: PathBuf,
    /// Set by `cargo bench`
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> Outcome<()> {
    let arguments = Arguments::parse();
    if !arguments.bench {
        println!("to be run by `cargo bench`");
        return Ok(());
    }
    fs::create_dir_all(&arguments.work)?;
    let cores = std::thread::available_parallelism()?;
    println!("{} resources, churn {}, {cores} cores\n", arguments.resources, arguments.churn);
    let estate = Estate::make(&arguments)?;
    let reference = estate.reference(&arguments);
    let reference = reference.unwrap_or_else(|error| {
        eprintln!("without DuckDB: {error}\n");
        Vec::new()
    });
    estate.measure(&arguments)?.print(&reference);
    Ok(())
}

/// The dumps that are scanned.
struct Estate {
    /// Generations 0 and 1 as the AWS CLI prints them.
    listings: [PathBuf; 2],
    /// The same with one element a line.
    lines: [PathBuf; 2],
    /// Generation 0 again, an hour later.
    again: PathBuf,
    /// Generation 0 an hour later, in another order.
    shuffled: PathBuf,
    /// A tenth of the resources with ten times the churn.
    small: [PathBuf; 2],
}

impl Estate {
    fn make(arguments: &Arguments) -> Outcome<Self> {
        let options = |name: &str, generation, format| Options {
            resources: arguments.resources,
            churn: arguments.churn,
            seed: 7,
            generation,
            provider: Provider::Aws,
            format,
            layout: Layout::Compact,
            shuffle: None,
            out: arguments.work.join(name),
        };
        let make = |options: Options| -> Outcome<(PathBuf, Tally)> {
            Ok((options.out.clone(), generator::generate(&options)?))
        };
        let small = |name, generation| {
            let options = options(name, generation, Format::Cli);
            make(Options { resources: options.resources / 10, churn: options.churn * 10.0, ..options })
        };
        let (before, tally) = make(options("0", 0, Format::Cli))?;
        let (after, since) = make(options("1", 1, Format::Cli))?;
        println!("generation 0: {} resources, {}", tally.resources, megabytes(tally.bytes));
        println!(
            "generation 1: {} modified, {} moved, {} created, {} deleted\n",
            since.modified, since.moved, since.created, since.deleted
        );
        let estate = Self {
            listings: [before, after],
            lines: [
                make(options("0-lines", 0, Format::Ndjson))?.0,
                make(options("1-lines", 1, Format::Ndjson))?.0,
            ],
            again: make(options("0-again", 0, Format::Cli))?.0,
            shuffled: make(Options { shuffle: Some(1), ..options("0-shuffled", 0, Format::Cli) })?.0,
            small: [small("0-small", 0)?.0, small("1-small", 1)?.0],
        };
        date(&estate.again)?;
        date(&estate.shuffled)?;
        Ok(estate)
    }

    /// Prints what DuckDB takes, and returns each variant's query time.
    fn reference(&self, arguments: &Arguments) -> Outcome<Vec<(Variant, Duration)>> {
        let duckdb = Duckdb::install(&arguments.work)?;
        let mut table = Table::new(
            ["DuckDB, 2 threads", "query", "user+sys", "peak", "added", "removed", "changed"]
                .map(str::to_owned),
        );
        let mut queries = Vec::new();
        let mut version = String::new();
        for variant in Variant::ALL {
            let [before, after] = if variant == Variant::Arrays { &self.listings } else { &self.lines };
            let (figures, join) = best(arguments.repeat, || duckdb.join(variant, before, after))?;
            let [wall, cpu, peak] = cells(&figures);
            let counts = [join.added, join.removed, join.changed].map(|count| count.to_string());
            let [added, removed, changed] = counts;
            table.row([format!("join of {}", variant.name()), wall, cpu, peak, added, removed, changed]);
            queries.push((variant, figures.wall));
            version = join.version;
        }
        println!("DuckDB {version}");
        table.print();
        Ok(queries)
    }

    fn measure(&self, arguments: &Arguments) -> Outcome<Measured> {
        let work = &arguments.work;
        let first = Store::new(work, "first.db")?;
        let import = first.scan(&self.listings[0])?;
        let on_copy = |name: &str, dump: &Path| -> Outcome<(Figures, Store)> {
            best(arguments.repeat, || {
                let store = first.copy(name)?;
                Ok((store.scan(dump)?, store))
            })
        };
        let (again, _) = on_copy("again.db", &self.again)?;
        let (shuffled, unchanged) = on_copy("shuffled.db", &self.shuffled)?;
        let (rescan, second) = on_copy("second.db", &self.listings[1])?;
        let (drift, changes) = best(arguments.repeat, || second.drift())?;
        let small = Store::new(work, "small.db")?;
        small.scan(&self.small[0])?;
        small.scan(&self.small[1])?;
        let (small_drift, small_changes) = best(arguments.repeat, || small.drift())?;
        Ok(Measured {
            import,
            again,
            shuffled,
            rescan,
            drift: (drift, changes),
            small_drift: (small_drift, small_changes),
            bytes: [first.bytes(), unchanged.bytes(), second.bytes()],
            documents: second.new_documents()?,
        })
    }
}

/// What driftline took.
struct Measured {
    import: Figures,
    again: Figures,
    shuffled: Figures,
    rescan: Figures,
    /// The drift of two scans, and its changes.
    drift: (Figures, u64),
    /// The same of about as many changes among a tenth of the resources.
    small_drift: (Figures, u64),
    /// The store after the first scan, and after that and an unchanged one, or that and the next.
    bytes: [u64; 3],
    /// The documents that are new, scan by scan.
    documents: BTreeMap<u64, NewDocuments>,
}

impl Measured {
    fn print(&self, reference: &[(Variant, Duration)]) {
        let headings = ["driftline", "wall", "user+sys", "peak"].map(str::to_owned).into_iter();
        let variants = reference.iter().map(|(variant, _)| format!("to {}", variant.name()));
        let mut table = Table::new(headings.chain(variants).chain(["aim".to_owned()]));
        let mut add = |name: String, figures: &Figures, aim: &str, is_compared: bool| {
            let ratios = reference.iter().map(|(_, query)| {
                if !is_compared {
                    return String::new();
                }
                ratio(figures.wall.as_secs_f64(), query.as_secs_f64())
            });
            let row = [name].into_iter().chain(cells(figures)).chain(ratios);
            table.row(row.chain([aim.to_owned()]));
        };
        add("first import".to_owned(), &self.import, "", true);
        add("re-scan with churn".to_owned(), &self.rescan, "≤ 1.0 ×, ≤ 400 MiB", true);
        add("unchanged re-scan".to_owned(), &self.again, "", true);
        add("unchanged re-scan in another order".to_owned(), &self.shuffled, "", true);
        let (drift, changes) = &self.drift;
        add(format!("drift of {changes} changes"), drift, "≤ 300 ms", false);
        let (drift, changes) = &self.small_drift;
        add(format!("drift of {changes} changes in a tenth"), drift, "the same", false);
        table.print();
        self.print_store();
    }

    #[expect(clippy::cast_precision_loss, reason = "printed with two decimals")]
    fn print_store(&self) {
        let mut table = Table::new(
            ["store", "bytes", "new documents", "as JSON", "zstd -3", "ratio", "aim"].map(str::to_owned),
        );
        let [first, unchanged, second] = self.bytes;
        let none = NewDocuments::default();
        let documents = |scan| self.documents.get(&scan).copied().unwrap_or(none);
        for (name, bytes, documents, aim) in [
            ("after the first scan", first, documents(1), "≤ 1.5 ×"),
            ("added by the next, with churn", second.saturating_sub(first), documents(2), "≤ 1.5 ×"),
            ("added by an unchanged one", unchanged.saturating_sub(first), none, ""),
        ] {
            table.row([
                name.to_owned(),
                megabytes(bytes),
                documents.count.to_string(),
                megabytes(documents.bytes),
                megabytes(documents.compressed),
                ratio(bytes as f64, documents.compressed as f64),
                aim.to_owned(),
            ]);
        }
        table.print();
    }
}

/// Runs something several times and returns the fastest run.
fn best<T>(times: usize, mut run: impl FnMut() -> Outcome<(Figures, T)>) -> Outcome<(Figures, T)> {
    let mut best = run()?;
    for _ in 1..times {
        let next = run()?;
        if next.0.wall < best.0.wall {
            best = next;
        }
    }
    Ok(best)
}

/// Dates a dump of generation 0 an hour later.
fn date(dump: &Path) -> Outcome<()> {
    let path = dump.join("manifest.json");
    let manifest = fs::read_to_string(&path)?;
    Ok(fs::write(path, manifest.replace("2026-03-01T00:00:00Z", "2026-03-01T01:00:00Z"))?)
}
