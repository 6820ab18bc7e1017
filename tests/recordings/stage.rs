//! Recorded bodies, put on disk and imported as one would import a dump.

#![expect(clippy::unwrap_used, reason = "a test stops at what it cannot read")]

use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use driftline::model::{AccountId, Change, Location, Timestamp};
use driftline::pipeline::{Import, Imported, Judged, ScanError, import, judge};
use driftline::sources::files::Defaults;
use driftline::store::Store;
use jiff::SignedDuration;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::aws::with_times;
use crate::read_json;

/// Returns the body of a recorded response, its recorder's envelope taken off; an export as it is.
pub(crate) fn body(path: &Path) -> Value {
    let mut recorded = read_json(path);
    let Some(members) = recorded.as_object_mut() else { return recorded };
    if members.contains_key("request") {
        return recorded["response"]["body"].take();
    }
    if members.contains_key("headers") {
        return recorded["body"].take();
    }
    match members.remove("data") {
        Some(data) if members.contains_key("status_code") => with_times(data),
        _ => recorded,
    }
}

/// A folder of bodies, each under the name of its recording.
pub(crate) struct Dump(TempDir);

impl Dump {
    /// Makes a folder of files; a body that is bare text, as an accepted write's is, stands as it was sent.
    pub(crate) fn new<'a>(files: impl IntoIterator<Item = (&'a str, &'a Value)>) -> Self {
        let dump = Self(tempfile::tempdir().unwrap());
        for (name, body) in files {
            let text = body.as_str().map_or_else(|| body.to_string(), str::to_owned);
            fs::write(dump.path().join(name), text).unwrap();
        }
        dump
    }

    /// Adds a manifest.
    pub(crate) fn manifest(&self, files: &[Value]) {
        let manifest = json!({ "driftline_dump": 1, "files": files });
        fs::write(self.path().join("manifest.json"), manifest.to_string()).unwrap();
    }

    /// Returns the folder.
    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }
}

/// A store in memory, scanned once a minute.
pub(crate) struct Baseline {
    /// The store.
    pub(crate) store: Store,
    /// When the next scan is dated.
    next: Timestamp,
    defaults: Defaults,
}

impl Baseline {
    /// Makes an empty one, scanned after everything was recorded; nobody says that a scan is complete.
    pub(crate) fn new() -> Self {
        let next = "2027-01-01T00:00:00Z".parse().unwrap();
        Self { store: Store::in_memory().unwrap(), next, defaults: Defaults::default() }
    }

    /// Makes an empty one, scanned before anything was recorded, so that what is seen later is young; every
    /// scan is said to be complete.
    pub(crate) fn complete() -> Self {
        let defaults = Defaults { complete: Some(true), ..Defaults::default() };
        Self { next: "2000-01-01T00:00:00Z".parse().unwrap(), defaults, ..Self::new() }
    }

    /// Says whose listings these are, for the calls that do not.
    pub(crate) fn of(mut self, account: &str, location: &str) -> Self {
        self.defaults.account = Some(AccountId::new(account));
        self.defaults.location = Some(Location::new(location));
        self
    }

    /// Dates the next scan.
    pub(crate) fn dated(mut self, moment: &str) -> Self {
        self.next = moment.parse().unwrap();
        self
    }

    /// Imports a folder of these bodies.
    pub(crate) fn try_scan<'a>(
        &mut self,
        files: impl IntoIterator<Item = (&'a str, &'a Value)>,
    ) -> Result<Imported, ScanError> {
        self.try_import(&Dump::new(files))
    }

    /// Imports a folder.
    pub(crate) fn try_import(&mut self, dump: &Dump) -> Result<Imported, ScanError> {
        let as_of = self.next;
        self.next += SignedDuration::from_mins(1);
        let interrupted = AtomicBool::new(false);
        let request = Import {
            paths: vec![dump.path().to_owned()],
            defaults: self.defaults.clone(),
            as_of: Some(as_of),
            started_at: as_of,
            holder: "a test".to_owned(),
            interrupted: &interrupted,
            progress: &|_| {},
            logs: Vec::new(),
        };
        import(&mut self.store, &request)
    }

    /// As [`Self::try_scan`], of what imports.
    pub(crate) fn scan<'a>(&mut self, files: impl IntoIterator<Item = (&'a str, &'a Value)>) -> Imported {
        self.try_scan(files).unwrap()
    }

    /// Judges the last two scans.
    pub(crate) fn judged(&self) -> Judged {
        let latest = self.store.latest().unwrap().unwrap();
        let previous = self.store.previous(latest.id).unwrap();
        judge(
            &self.store,
            previous.map(|scan| scan.id),
            latest.id,
            &driftline::pipeline::Terms::at(Timestamp::now()),
        )
        .unwrap()
    }

    /// Returns how many revisions the store holds.
    pub(crate) fn revisions(&self) -> u64 {
        self.store.info().unwrap().revisions
    }
}

/// Tells a change in one line: `modified volume vol-1: config.Iops, config.Size`; a state with its values.
pub(crate) fn told(change: &Change) -> String {
    let Some(resource) = change.resource() else {
        return format!("{} {}", change.kind, change.scope);
    };
    let state = |value: &Option<Value>| value.as_ref().and_then(Value::as_str).unwrap_or("none").to_owned();
    let attributes: Vec<_> = change
        .attributes
        .iter()
        .map(|it| match it.path.as_str() {
            "state" => format!("state {} → {}", state(&it.before), state(&it.after)),
            path => path.to_owned(),
        })
        .collect();
    let what = format!("{} {} {}", change.kind, resource.key.kind, resource.key.uid.as_str());
    if attributes.is_empty() { what } else { format!("{what}: {}", attributes.join(", ")) }
}
