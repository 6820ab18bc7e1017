//! A run that is killed at any moment costs no sealed scan.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use driftline::model::{CoverageStatus, Seal};
use driftline::store::{Access, Depth, Store};

use crate::support::{complete, hour, opening, see, volume, volumes};

/// Names the store that the child process writes to until it is killed.
const VICTIM: &str = "DRIFTLINE_TEST_VICTIM";

/// How often a run is killed.
const KILLS: u64 = 60;

/// Not a test of its own: the process that gets killed.
#[test]
fn victim() {
    let Some(path) = std::env::var_os(VICTIM) else { return };
    let mut store = Store::open(Path::new(&path), Access::Create).unwrap();
    let begin = i64::try_from(store.scans().unwrap().len()).unwrap();
    for number in begin.. {
        let mut open = store.begin_scan(&opening(number)).unwrap();
        for index in 0..200 {
            let changing = u32::try_from(number).unwrap() * u32::from(index % 10 == 0);
            see(&mut open, &volume(&format!("vol-{index}"), changing));
        }
        let sealed =
            open.seal(&[volumes("us-east-1", CoverageStatus::Complete, number)], hour(number)).unwrap();
        eprintln!("sealed {}", sealed.seal.unwrap());
    }
}

/// Runs the victim and kills it after a while; returns the last seal that it told.
fn kill_after(path: &Path, delay: Duration) -> Option<Seal> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::victim", "--nocapture"])
        .env(VICTIM, path)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(delay);
    child.kill().unwrap();
    child.wait().unwrap();
    let told = BufReader::new(child.stderr.take().unwrap()).lines();
    let seals = told.map_while(Result::ok).filter_map(|line| line.strip_prefix("sealed ")?.parse().ok());
    seals.last()
}

#[test]
fn a_run_killed_at_any_moment_costs_no_sealed_scan() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("driftline.db");
    let mut told = None;
    for kill in 0..KILLS {
        // Spread over the child's start and its first scans, without a pattern.
        let delay = Duration::from_micros(2_000 + kill * 7_919 % 60_000);
        told = kill_after(&path, delay).or(told);
        if !path.exists() {
            continue;
        }
        let store = Store::open(&path, Access::Create).unwrap();
        let verified = store.verify(Depth::Full, told).unwrap();
        if let Some(latest) = store.latest().unwrap() {
            assert_eq!(store.resources_at(latest.id).unwrap().len(), 200);
            assert_eq!(verified.head, latest.seal);
        }
    }
    assert!(told.is_some(), "no run came as far as a seal");
    let mut store = Store::open(&path, Access::Write).unwrap();
    let next = complete(&mut store, 1_000, &[]);
    assert_eq!(store.latest().unwrap(), Some(next));
    store.verify(Depth::Full, told).unwrap();
}
