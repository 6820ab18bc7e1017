//! Measures a live scan against a server whose every answer takes 100 ms.
//!
//! ```text
//! cargo bench --bench live
//! ```
//!
//! It serves EC2 with 20 regions × 3 kinds × 10 pages (`tests/clouds/ec2`), lets the built `driftline` scan it as
//! a person would, and prints figures. The reference is the longest chain of calls that depend on each other:
//! whose credentials, which regions, then ten pages, each of which names the next. It asserts nothing.
#![expect(clippy::print_stdout, reason = "a bench prints")]
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "the test server stops at what it does not expect"
)]
#![expect(dead_code, reason = "the tests use more of the server and of the measures")]

#[path = "../clouds/ec2/mod.rs"]
mod ec2;
#[path = "../clouds/fault.rs"]
mod fault;
mod measure;
#[path = "../clouds/server.rs"]
mod server;
mod table;

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use clap::Parser;
use serde_json::{Value, json};

use ec2::{Estate, Inventory, Manner, World};
use measure::{Figures, run};
use table::{Table, cells, ratio};

type Outcome<T> = Result<T, Box<dyn Error>>;

const ACCOUNT: &str = "111122223333";

/// Measures a live scan.
#[derive(Debug, Parser)]
struct Arguments {
    /// How many regions the estate has
    #[arg(long, default_value_t = 20)]
    regions: usize,
    /// How many pages each list has
    #[arg(long, default_value_t = 10)]
    pages: usize,
    /// How many elements a page has
    #[arg(long, default_value_t = 100)]
    page: usize,
    /// How long every answer takes, in milliseconds
    #[arg(long, default_value_t = 100)]
    latency: u64,
    /// The budget of the second run, in requests a second for each region
    #[arg(long, default_value_t = 5)]
    budget: u32,
    /// Where to work
    #[arg(long, default_value = concat!(env!("CARGO_TARGET_TMPDIR"), "/live"))]
    work: PathBuf,
    /// Set by `cargo bench`
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> Outcome<()> {
    let arguments = Arguments::parse();
    fs::create_dir_all(&arguments.work)?;
    let latency = Duration::from_millis(arguments.latency);
    let chain = u32::try_from(2 + arguments.pages)?;
    println!(
        "{} regions × 3 kinds × {} pages × {} resources, {latency:?} an answer; the longest chain of dependent \
         calls: {chain} × {latency:?} = {:?}\n",
        arguments.regions,
        arguments.pages,
        arguments.page,
        latency * chain
    );
    let headings = ["", "wall", "cpu", "peak", "requests", "requests/s", "of the chain", "busiest region"];
    let mut table = Table::new(headings.map(str::to_owned));
    let quick = ["--requests-per-second", "1000", "--burst", "1000"].map(str::to_owned);
    let budget = arguments.budget.to_string();
    let gentle = ["--requests-per-second", &budget, "--burst", &budget].map(str::to_owned);
    for (name, flags) in [
        ("a budget that never binds", quick.to_vec()),
        ("the default budget: 10 requests/s a region, 20 at once", Vec::new()),
        ("a budget of a few requests/s a region", gentle.to_vec()),
    ] {
        let estate = serve(&arguments, latency);
        let figures = scan(&arguments.work, &estate, &flags)?;
        table.row(row(name, &estate, &figures, latency * chain));
    }
    table.print();
    Ok(())
}

fn row(name: &str, estate: &Estate, figures: &Figures, chain: Duration) -> Vec<String> {
    let requests = estate.server.requests();
    let mut regions: BTreeMap<String, u32> = BTreeMap::new();
    for request in &requests {
        let region =
            request.header("authorization").and_then(|scope| scope.split('/').nth(2)).unwrap_or("none");
        *regions.entry(region.to_owned()).or_default() += 1;
    }
    let seconds = figures.wall.as_secs_f64();
    let busiest = regions.values().max().copied().unwrap_or_default();
    let measured = cells(figures).into_iter();
    let rest = [
        requests.len().to_string(),
        format!("{:.0}", f64::from(u32::try_from(requests.len()).unwrap_or(u32::MAX)) / seconds),
        ratio(seconds, chain.as_secs_f64()),
        format!("{busiest} requests, {:.1}/s", f64::from(busiest) / seconds),
    ];
    std::iter::once(name.to_owned()).chain(measured).chain(rest).collect()
}

/// Scans into a new store.
fn scan(work: &Path, estate: &Estate, flags: &[String]) -> Outcome<Figures> {
    let (config, store) = (work.join("driftline.toml"), work.join("driftline.db"));
    for file in ["driftline.db", "driftline.db-wal", "driftline.db-shm"] {
        let _ = fs::remove_file(work.join(file));
    }
    let kinds = "kinds = [\"instance\", \"volume\", \"snapshot\"]\n";
    fs::write(&config, format!("{kinds}{}", estate.config))?;
    let mut command = Command::new(env!("CARGO_BIN_EXE_driftline"));
    command
        .args(["scan", "--quiet", "--fail-on", "never", "--config"])
        .arg(&config)
        .arg("--store")
        .arg(&store)
        .args(flags)
        .envs([("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "none")]);
    // 3 would mean that something was not listed.
    Ok(run(&mut command, work, |status| status.code() == Some(0))?.0)
}

fn serve(arguments: &Arguments, latency: Duration) -> Estate {
    let regions: Vec<String> = (0..arguments.regions).map(|number| format!("eu-bench-{number}")).collect();
    let names: Vec<&str> = regions.iter().map(String::as_str).collect();
    let mut world = World::empty(ACCOUNT, &names);
    let each = arguments.pages * arguments.page;
    for region in regions {
        let list = |make: fn(&str, usize) -> Value| (0..each).map(|number| make(&region, number)).collect();
        let lists = BTreeMap::from([
            ("DescribeInstances", list(instance)),
            ("DescribeVolumes", list(volume)),
            ("DescribeSnapshots", list(snapshot)),
        ]);
        world.places.insert((ACCOUNT.to_owned(), region), Inventory { lists, ..Inventory::default() });
    }
    ec2::serve(world, Manner { page: arguments.page, latency, ..Manner::default() })
}

/// A reservation of one instance.
fn instance(region: &str, number: usize) -> Value {
    json!({ "ReservationId": format!("r-{number:017x}"), "OwnerId": ACCOUNT, "Instances": [{
        "InstanceId": id("i", region, number), "InstanceType": "t3.micro", "State": { "Name": "running", "Code": 16 },
        "Placement": { "AvailabilityZone": format!("{region}a") }, "LaunchTime": "2026-01-02T03:04:05.000Z",
        "BlockDeviceMappings": [{ "DeviceName": "/dev/xvda", "Ebs": { "VolumeId": id("vol", region, number) } }],
    }] })
}

fn volume(region: &str, number: usize) -> Value {
    json!({ "VolumeId": id("vol", region, number), "Size": 8, "State": "in-use", "VolumeType": "gp3",
            "AvailabilityZone": format!("{region}a"), "CreateTime": "2026-01-02T03:04:05.000Z" })
}

fn snapshot(region: &str, number: usize) -> Value {
    json!({ "SnapshotId": id("snap", region, number), "VolumeId": id("vol", region, number), "VolumeSize": 8,
            "State": "completed", "OwnerId": ACCOUNT, "StartTime": "2026-01-02T03:04:05.000Z" })
}

/// No two regions share an id.
fn id(prefix: &str, region: &str, number: usize) -> String {
    let region: u32 = region.rsplit('-').next().and_then(|number| number.parse().ok()).unwrap_or_default();
    format!("{prefix}-{region:04x}{number:013x}")
}
