//! Google Cloud: what a scan makes of what Compute Engine and Resource Manager answer.

mod alike;
mod faults;
mod logs;
mod lookups;
mod official;
mod policies;
mod projects;
mod secrets;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use driftline::config::Config;
use driftline::model::{Coverage, CoverageStatus, Resource, Timestamp};
use driftline::pipeline::{Collect, Collected, ScanError, collect};
use driftline::sources::live::{Collector, Ledger};
use driftline::sources::{Cloud as _, gcp::Gcp};
use driftline::store::Store;

/// Makes the collectors that a configuration asks for.
fn collectors(config: &str, ledger: &Arc<Ledger>) -> Vec<Box<dyn Collector>> {
    Gcp.collectors(&Config::parse(config, "a test").unwrap(), ledger).unwrap()
}

/// Collects as a configuration says; returns what kept it from being sealed, too.
fn try_scan(store: &mut Store, config: &str) -> Result<Collected, ScanError> {
    let ledger = Arc::new(Ledger::default());
    let request = Collect {
        collectors: collectors(config, &ledger),
        ledger,
        started_at: Timestamp::now(),
        holder: "a test".to_owned(),
        interrupted: &AtomicBool::new(false),
        progress: &|_| (),
    };
    collect(store, request)
}

fn scan(store: &mut Store, config: &str) -> Collected {
    try_scan(store, config).unwrap()
}

/// Returns the names of what is there at a scan, by kind.
fn names(store: &Store, collected: &Collected) -> BTreeMap<&'static str, Vec<String>> {
    let mut names: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    for resource in store.resources_at(collected.scan.id).unwrap() {
        names.entry(resource.key.kind.as_str()).or_default().push(resource.name.unwrap_or_default());
    }
    for names in names.values_mut() {
        names.sort();
    }
    names
}

fn resource(store: &Store, collected: &Collected, uid: &str) -> Resource {
    let all = store.resources_at(collected.scan.id).unwrap();
    all.into_iter().find(|resource| resource.key.uid.as_str() == uid).unwrap()
}

/// Returns the scopes that are not complete: `account/location/kind`, status, codes.
fn incomplete(rows: &[Coverage]) -> Vec<(String, CoverageStatus, Vec<String>)> {
    let rows = rows.iter().filter(|row| row.status != CoverageStatus::Complete);
    let told = |row: &Coverage| {
        let scope = row.scope.to_string().trim_start_matches("gcp/").to_owned();
        (scope, row.status, row.reasons.iter().map(|reason| reason.code.clone()).collect())
    };
    let mut told: Vec<_> = rows.map(told).collect();
    told.sort();
    told
}
