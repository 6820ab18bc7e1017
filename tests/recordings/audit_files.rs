//! Every recorded audit file through the whole path: each record is an event, ignored or odd.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test that prints its counts")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use driftline::model::OddRecord;
use driftline::model::{AuditEvent, LogInterval, Timestamp};
use driftline::pipeline::{EventSink, Ingest, Ingested, LogTree, Said, ingest};
use driftline::sources::CLOUDS;
use driftline::store::Error;
use driftline::store::Taken;
use serde_json::{Map, Value};

use crate::recordings;

/// Keeps the ids of events.
#[derive(Default)]
struct Ids(BTreeSet<String>);

impl EventSink for Ids {
    fn take(&mut self, event: &AuditEvent) -> Result<Taken, Error> {
        let is_new = self.0.insert(event.id.as_str().to_owned());
        Ok(if is_new { Taken::New } else { Taken::Known })
    }

    fn keep_odd(&mut self, _: &OddRecord) -> Result<(), Error> {
        Ok(())
    }

    fn cover(&mut self, _: &LogInterval) -> Result<(), Error> {
        Ok(())
    }
}

fn ingested(ids: &mut Ids, path: &Path) -> Ingested {
    let interrupted = AtomicBool::new(false);
    let trees = [LogTree::open(path, Said::default(), &interrupted).unwrap()];
    let logs: Vec<_> = CLOUDS.iter().map(|cloud| cloud.audit()).collect();
    let request = Ingest {
        trees: &trees.iter().collect::<Vec<_>>(),
        logs: &logs,
        now: Timestamp::now(),
        interrupted: &interrupted,
        digest: &|_| {},
        progress: &|_| {},
    };
    let told = ingest(ids, &request).unwrap();
    let ignored: u64 = told.ignored.values().sum();
    assert_eq!(told.records, told.events() + ignored + told.odd.count, "{}: {told:#?}", path.display());
    told
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// Returns how many records a file holds, by the test's own lights.
fn records(document: &Value) -> usize {
    match document {
        Value::Array(elements) => elements.iter().filter(|element| element.is_object()).count(),
        Value::Object(members) => match members.get("Records").and_then(Value::as_array) {
            Some(records) => records.len(),
            None => usize::from(is_record(members)),
        },
        _ => 0,
    }
}

/// Whether a lone object is a record, or an event that may wrap one; some files describe operations.
fn is_record(members: &Map<String, Value>) -> bool {
    ["detail-type", "eventVersion", "eventTime", "eventID", "userIdentity"]
        .iter()
        .any(|name| members.contains_key(*name))
}

#[test]
fn every_recorded_cloudtrail_file_is_counted_record_for_record() {
    let Some(folder) = recordings() else { return };
    let mut ids = Ids::default();
    let mut totals: BTreeMap<String, u64> = BTreeMap::new();
    for file in files(&folder.join("aws/audit")) {
        let told = ingested(&mut ids, &file);
        let document: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        assert_eq!(told.records, records(&document) as u64, "{}: {told:#?}", file.display());
        let mut add = |name: &str, count| *totals.entry(name.to_owned()).or_default() += count;
        add("files", told.files);
        add("strays", told.strays.count);
        add("records", told.records);
        add("events", told.events());
        told.ignored.iter().for_each(|(why, count)| add(&format!("ignored: {why}"), *count));
        told.odd.first.iter().for_each(|note| add(&format!("odd: {}", note.code), 1));
    }
    eprintln!("{} ids, {totals:#?}", ids.0.len());
    assert_eq!(totals["files"] + totals["strays"], 288);
    assert!(totals["records"] > 9_226 && totals["events"] > 100, "{totals:#?}");
}

#[test]
fn a_whole_folder_of_recordings_is_read_at_once() {
    let Some(folder) = recordings() else { return };
    for cloud in ["aws", "gcp"] {
        let told = ingested(&mut Ids::default(), &folder.join(cloud).join("audit"));
        eprintln!(
            "{cloud}: {} files, {} strays, {} records, {} events, ignored {:?}, {} odd, {} broken, {} logs",
            told.files,
            told.strays.count,
            told.records,
            told.events(),
            told.ignored,
            told.odd.count,
            told.broken.count,
            told.spans.len()
        );
        assert_eq!(told.broken.count, 0, "{:#?}", told.broken);
        assert_eq!(told.files + told.strays.count, files(&folder.join(cloud).join("audit")).len() as u64);
    }
}
