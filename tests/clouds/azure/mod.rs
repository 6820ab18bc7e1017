//! Azure Resource Manager, collected live.

mod confirm;
mod credentials;
mod faults;
mod listings;
mod logs;
mod official;
mod recorded;
mod subscriptions;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use driftline::config::{Azure, Config, Entry, Limits};
use driftline::model::{AccountId, Coverage, CoverageStatus, Kind, Provider, Resource, Timestamp};
use driftline::pipeline::{Collect, Collected, Import, ScanError, Terms, collect, judge};
use driftline::sources::files::Defaults;
use driftline::sources::live::{Account, Accounts, Collector, Ledger, Listing, Pages, Refusal, Trouble};
use driftline::sources::{Batch, cloud};
use driftline::store::Store;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;

use crate::arm::Estate;
use crate::arm::world::{SUBSCRIPTIONS, TENANT, World};

/// The kinds of resources that a subscription lists; what governs them has a test of its own.
const KINDS: &[Kind] = &[
    Kind::Instance,
    Kind::Volume,
    Kind::Snapshot,
    Kind::Image,
    Kind::RestorePoint,
    Kind::ScaleSetInstance,
    Kind::Lock,
];

/// What `estate.config` says, with limits that let a test be quick.
fn entry(estate: &Estate) -> Entry<Azure> {
    entry_of(&estate.config)
}

fn entry_of(config: &str) -> Entry<Azure> {
    let mut entry = Config::parse(config, "driftline.toml").unwrap().azure.remove(0);
    entry.kinds = KINDS.iter().chain([&Kind::Account]).copied().collect();
    entry.limits = Limits {
        requests_per_second: 10_000.0,
        burst: 1_000,
        retries: 1,
        call_timeout: Duration::from_secs(1),
        ..Limits::default()
    };
    entry
}

/// A collector, driven directly.
struct Driver {
    runtime: Runtime,
    collector: Box<dyn Collector>,
    ledger: Arc<Ledger>,
}

/// What came of one listing.
#[derive(Debug)]
struct Came {
    elements: Vec<Value>,
    troubles: Vec<Trouble>,
}

impl Driver {
    fn new(entry: Entry<Azure>) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let ledger = Arc::new(Ledger::default());
        let config = Config { azure: vec![entry], ..Config::default() };
        let collector = cloud(Provider::Azure).collectors(&config, &ledger).unwrap().remove(0);
        Self { runtime, collector, ledger }
    }

    fn accounts(&self) -> Result<Accounts, Refusal> {
        self.runtime.block_on(self.collector.accounts())
    }

    /// Returns the listing of a kind in the first subscription.
    fn listing(&self, kind: Kind) -> Listing {
        let account = Account { id: AccountId::new(SUBSCRIPTIONS[0]), name: None };
        let survey = self.runtime.block_on(self.collector.survey(&account)).unwrap();
        survey.listings.into_iter().find(|listing| listing.scope.kind == kind).unwrap()
    }

    /// Lists a kind in the first subscription.
    fn list(&self, kind: Kind) -> Came {
        self.list_as(kind, |pages| pages)
    }

    fn list_as(&self, kind: Kind, manner: impl FnOnce(Pages) -> Pages) -> Came {
        let listing = self.listing(kind);
        let (out, mut batches) = mpsc::channel(1_000);
        let pages = manner(Pages::new(0, "a test", &listing.hints, out));
        let troubles = self.runtime.block_on(self.collector.list(&listing, &pages));
        drop(pages);
        let batches: Vec<Batch> = std::iter::from_fn(|| batches.blocking_recv()).collect();
        Came { elements: elements(&batches), troubles }
    }
}

/// Returns the elements of batches, as they came.
fn elements(batches: &[Batch]) -> Vec<Value> {
    let element = |batch: &Batch| -> Vec<Value> {
        batch
            .spans
            .iter()
            .map(|span| serde_json::from_slice(&batch.bytes[span.start..span.end]).unwrap())
            .collect()
    };
    batches.iter().flat_map(element).collect()
}

/// Collects into a store.
fn try_scan(store: &mut Store, entry: Entry<Azure>) -> Result<Collected, ScanError> {
    let ledger = Arc::new(Ledger::default());
    let config = Config { azure: vec![entry], ..Config::default() };
    collect(
        store,
        Collect {
            collectors: cloud(Provider::Azure).collectors(&config, &ledger).unwrap(),
            ledger,
            started_at: Timestamp::now(),
            holder: "a test".to_owned(),
            interrupted: &AtomicBool::new(false),
            progress: &|_| {},
        },
    )
}

/// Collects into a new store.
fn scan(estate: &Estate) -> (Store, Collected) {
    let mut store = Store::in_memory().unwrap();
    let collected = try_scan(&mut store, entry(estate)).unwrap();
    (store, collected)
}

/// Returns the coverage of a kind in a subscription.
fn coverage<'a>(collected: &'a Collected, subscription: &str, kind: Kind) -> &'a Coverage {
    let mut rows = collected.coverage.iter();
    rows.find(|row| row.scope.account.as_str() == subscription && row.scope.kind == kind)
        .unwrap_or_else(|| panic!("nobody says how completely `{kind}` was listed in {subscription}"))
}

/// Returns the codes of what keeps a scope from being complete.
fn codes(coverage: &Coverage) -> Vec<&str> {
    coverage.reasons.iter().map(|reason| reason.code.as_str()).collect()
}

/// Returns how many resources of each kind a store's latest scan has.
fn counts(store: &Store) -> BTreeMap<Kind, usize> {
    let mut counts = BTreeMap::new();
    for resource in resources(store) {
        *counts.entry(resource.key.kind).or_default() += 1;
    }
    counts
}

fn resources(store: &Store) -> Vec<Resource> {
    let latest = store.latest().unwrap().unwrap().id;
    store.resources_at(latest).unwrap()
}

/// Whether a scope was listed completely.
fn is_complete(collected: &Collected, subscription: &str, kind: Kind) -> bool {
    coverage(collected, subscription, kind).status == CoverageStatus::Complete
}

/// Returns what changed between the last two scans, in words.
fn changes(store: &Store) -> Vec<String> {
    let latest = store.latest().unwrap().unwrap().id;
    let previous = store.previous(latest).unwrap().map(|scan| scan.id);
    let judged = judge(store, previous, latest, &Terms::at(Timestamp::now())).unwrap();
    judged.changes.iter().map(|change| format!("{change:?}")).collect()
}

/// Imports a dump.
fn import(store: &mut Store, folder: &Path) {
    let now = Timestamp::now();
    let request = Import {
        paths: vec![folder.to_owned()],
        defaults: Defaults::default(),
        as_of: Some(now),
        started_at: now,
        holder: "a test".to_owned(),
        interrupted: &AtomicBool::new(false),
        progress: &|_| {},
        logs: Vec::new(),
    };
    driftline::pipeline::import(store, &request).unwrap();
}

/// Writes an estate as a dump of complete lists, as `az rest` prints them.
fn dump(world: &World) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    for subscription in &world.subscriptions {
        let subscription = subscription["subscriptionId"].as_str().unwrap();
        for (kind, sort) in [
            (Kind::Instance, "virtualMachines"),
            (Kind::Volume, "disks"),
            (Kind::Snapshot, "snapshots"),
            (Kind::Image, "images"),
            (Kind::RestorePoint, "restorePointCollections"),
            (Kind::ScaleSetInstance, "virtualMachineScaleSets/virtualMachines"),
            (Kind::Lock, "locks"),
            (Kind::Grant, "roleAssignments"),
            (Kind::Grant, "roleDefinitions"),
        ] {
            let of_compute = !matches!(kind, Kind::Lock | Kind::Grant);
            let provider = if of_compute { "Compute" } else { "Authorization" };
            let resource_type = format!("Microsoft.{provider}/{sort}");
            let value: Vec<_> = world.of_type(subscription, &resource_type).collect();
            let name = format!("{subscription}-{}.json", sort.replace('/', "-"));
            std::fs::write(folder.path().join(&name), json!({"value": value}).to_string()).unwrap();
            files.push(json!({"path": name, "provider": "azure", "account": subscription, "location": "*",
                "kind": kind, "complete": true}));
        }
    }
    std::fs::write(folder.path().join("accounts.json"), json!({"value": world.subscriptions}).to_string())
        .unwrap();
    files.push(json!({"path": "accounts.json", "provider": "azure", "account": TENANT, "location": "global",
        "kind": Kind::Account, "complete": true}));
    let manifest = json!({"driftline_dump": 1, "files": files});
    std::fs::write(folder.path().join("manifest.json"), manifest.to_string()).unwrap();
    folder
}
