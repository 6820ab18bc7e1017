//! Every recorded audit file through the whole path: each record is an event, ignored or odd.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test that prints its counts")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use driftline::model::Timestamp;
use driftline::pipeline::{Ingest, Ingested, LogTree, Said, ingest};
use driftline::sources::CLOUDS;
use driftline::store::{LogOpening, Store};
use serde_json::{Map, Value};

use crate::recordings;

fn ingested(store: &mut Store, path: &Path) -> Ingested {
    let interrupted = AtomicBool::new(false);
    let now = Timestamp::now();
    let trees = [LogTree::open(path, Said::default(), &interrupted).unwrap()];
    let logs: Vec<_> = CLOUDS.iter().map(|cloud| cloud.audit()).collect();
    let request = Ingest {
        trees: &trees.iter().collect::<Vec<_>>(),
        logs: &logs,
        now,
        interrupted: &interrupted,
        digest: &|_| {},
        progress: &|_| {},
    };
    let opening = LogOpening { started_at: now, origin: path.display().to_string() };
    let mut import = store.import_log(&opening).unwrap();
    let told = ingest(&mut import, &request).unwrap();
    import.finish(&told.tally()).unwrap();
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
    let mut store = Store::in_memory().unwrap();
    let mut totals: BTreeMap<String, u64> = BTreeMap::new();
    for file in files(&folder.join("aws/audit")) {
        let told = ingested(&mut store, &file);
        let document: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        assert_eq!(told.records, records(&document) as u64, "{}: {told:#?}", file.display());
        let mut add = |name: &str, count| *totals.entry(name.to_owned()).or_default() += count;
        add("files", told.files);
        add("strays", told.strays.count);
        add("records", told.records);
        add("events", told.events());
        add("new", told.new);
        told.ignored.iter().for_each(|(why, count)| add(&format!("ignored: {why}"), *count));
        told.odd.first.iter().for_each(|note| add(&format!("odd: {}", note.code), 1));
    }
    eprintln!("{totals:#?}");
    assert_eq!(totals["files"] + totals["strays"], 288);
    assert!(totals["records"] > 9_226 && totals["events"] > 100, "{totals:#?}");
}

#[test]
fn a_whole_folder_of_recordings_is_read_at_once() {
    let Some(folder) = recordings() else { return };
    for cloud in ["aws", "gcp"] {
        let told = ingested(&mut Store::in_memory().unwrap(), &folder.join(cloud).join("audit"));
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
        // Ten entries of one recorder bear no time: it blanked it.
        let blanked = |file: &str| file.starts_with("forseti/");
        assert!(told.broken.first.iter().all(|note| blanked(&note.file)), "{:#?}", told.broken);
        assert_eq!((told.broken.count, told.odd.count), if cloud == "gcp" { (10, 10) } else { (0, 0) });
        assert_eq!(told.files + told.strays.count, files(&folder.join(cloud).join("audit")).len() as u64);
    }
}
