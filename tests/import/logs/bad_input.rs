//! Whatever the file: what reads is kept, what does not is named and counted, and nothing is fatal.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

use driftline::model::{AccountId, Timestamp};
use driftline::pipeline::{Ingest, IngestError, LogTree, Said, ingest};
use driftline::sources::files::open::{OpenError, Tree};
use driftline::sources::logs::{self, Message, Reading};
use driftline::sources::{CLOUDS, LogHints};
use driftline::store::{LogOpening, Store};
use serde_json::{Value, json};

use super::support::{call, gzip, look, read, records, try_ingest};
use crate::support::Dump;

/// Writes one file and reads it.
fn read_one(name: &str, bytes: &[u8]) -> super::support::Read {
    let folder = Dump::new(&[]);
    folder.write(name, bytes);
    read(folder.path())
}

#[test]
fn a_truncated_gzip_keeps_what_came_before_the_cut() {
    let many: Vec<Value> = (0..2_000_u32).map(|number| call(&format!("{}", number * 7919), 10)).collect();
    let packed = gzip(&records(&many));
    let read = read_one("a.json.gz", &packed[..packed.len() / 2]);
    assert!(read.told.new > 100, "{}", read.told.new);
    assert_eq!(read.codes(), ["truncated"]);
    assert_eq!(read.told.broken.count, 1);
}

#[test]
fn a_damaged_gzip_is_named() {
    let mut packed = gzip(&records(&[call("1", 10)]));
    let at = packed.len() - 6;
    packed[at] ^= 0xff;
    let read = read_one("a.json.gz", &packed);
    assert_eq!((read.told.new, read.codes()), (1, vec!["unreadable"]));
    let read = read_one("b.json.gz", &[0x1f, 0x8b, 8, 0, 7, 7, 7]);
    assert_eq!((read.told.new, read.told.broken.count), (0, 1));
}

#[test]
fn half_a_line_costs_that_line_only() {
    let half = call("2", 11).to_string();
    let text = format!("{}\n{}\n{}\n", call("1", 10), &half[..half.len() / 2], call("3", 12));
    let read = read_one("a.ndjson", text.as_bytes());
    assert_eq!(read.events.keys().collect::<Vec<_>>(), ["1", "3"]);
    assert_eq!(read.codes(), ["truncated"]);
    let name = &read.told.odd.first[0];
    assert_eq!((name.file.as_str(), name.offset), ("a.ndjson", call("1", 10).to_string().len() as u64 + 1));
}

#[test]
fn a_log_in_utf16_reads_and_one_in_latin1_costs_its_records_only() {
    let mut record = call("2", 11);
    record["userAgent"] = json!("Größe");
    let text = records(&[call("1", 10), record]);
    let utf16: Vec<u8> =
        [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    assert_eq!(read_one("a.json", &utf16).told.new, 2);
    let latin1: Vec<u8> = text.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap()).collect();
    let read = read_one("a.json", &latin1);
    assert_eq!((read.told.new, read.codes()), (1, vec!["not-json"]));
    let unmarked: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let read = read_one("a.json", &unmarked);
    assert_eq!((read.told.new, read.told.broken.count), (0, 1));
}

#[test]
fn null_where_a_record_belongs_costs_nothing_but_itself() {
    let read = read_one("a.json", records(&[call("1", 10), Value::Null, json!(7), call("2", 11)]).as_bytes());
    assert_eq!((read.told.new, read.codes()), (2, vec!["wrong-type", "wrong-type"]));
    assert_eq!(read.told.broken.count, 1);
}

#[test]
fn a_record_that_is_not_what_it_should_be_is_kept_and_its_neighbours_are_read() {
    let mut timeless = call("2", 11);
    timeless["eventTime"] = json!("soon");
    timeless["requestParameters"]["userData"] = json!("hunter2");
    let deep = format!(r#"{{"eventName":{}1{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    let text = records(&[call("1", 10), timeless, json!("DEEP"), call("3", 12)]).replace("\"DEEP\"", &deep);
    let read = read_one("a.json", text.as_bytes());
    assert_eq!(read.events.keys().collect::<Vec<_>>(), ["1", "3"]);
    assert_eq!((read.told.odd.count, read.told.broken.count), (2, 1));
    let mut raw = Vec::new();
    let folder = Dump::new(&[("a.json", &text)]);
    let interrupted = AtomicBool::new(false);
    let reading = Reading {
        logs: &[CLOUDS[0].audit()],
        hints: LogHints::default(),
        root: String::new(),
        inside: String::new(),
        interrupted: &interrupted,
    };
    let tree = Tree::new(folder.path(), &interrupted).unwrap();
    let keep = |message| {
        if let Message::Batch(_, odd) = message {
            raw.extend(odd.into_iter().map(|unread| unread.raw));
        }
        ControlFlow::Continue(())
    };
    logs::read(&tree, &reading, keep).unwrap();
    assert_eq!(raw.len(), 2);
    let held = |raw: &[u8]| raw.len() <= 64 << 10 && memchr::memmem::find(raw, b"hunter2").is_none();
    assert!(raw.iter().all(|raw| held(raw)), "{raw:?}");
}

#[test]
fn an_id_that_comes_twice_counts_once_and_is_named_if_it_tells_something_else() {
    let mut other = call("2", 11);
    other["sourceIPAddress"] = json!("198.51.100.7");
    let read = read_one("a.json", records(&[call("1", 10), call("1", 10), call("2", 11), other]).as_bytes());
    assert_eq!((read.told.new, read.told.known, read.told.conflicts.count), (2, 1, 1));
    assert_eq!(read.told.conflicts.first[0].code, "conflict");
}

#[test]
fn an_event_from_the_future_is_kept_and_named() {
    let mut future = call("2", 11);
    future["eventTime"] = json!("2026-03-05T00:00:00Z");
    let read = read_one("a.json", records(&[call("1", 10), future]).as_bytes());
    assert_eq!((read.told.new, read.told.from_the_future.count), (2, 1));
    assert!(read.told.from_the_future.first[0].message.contains("2026-03-05"));
}

#[test]
fn events_of_another_account_than_said_are_kept_under_their_own() {
    let mut foreign = call("2", 11);
    foreign["recipientAccountId"] = json!("999988887777");
    let folder = Dump::new(&[("a.json", &records(&[call("1", 10), foreign]))]);
    let said = Said { account: Some(AccountId::new("111122223333")), ..super::support::complete() };
    let read = try_ingest(folder.path(), said).unwrap();
    assert_eq!(read.told.other_account.count, 1);
    assert_eq!(read.events["2"].account.as_str(), "999988887777");
    let unproven = read.intervals.iter().filter(|row| row.scope.account.as_str() == "999988887777");
    assert_eq!(unproven.map(|row| row.status.as_str()).collect::<Vec<_>>(), ["unknown"]);
}

#[test]
fn records_of_no_known_log_beside_others_are_odd_and_prove_no_breakage() {
    let text = format!("{}\n{}\n{}\n", json!({ "level": "info" }), call("1", 10), json!({ "level": "info" }));
    let read = read_one("a.ndjson", text.as_bytes());
    assert_eq!((read.told.new, read.codes()), (1, vec!["unrecognised"; 2]));
    assert_eq!(read.told.broken.count, 0);
    let many = format!("{}{}\n", "{\"level\":\"info\"}\n".repeat(1000), call("1", 10));
    let read = read_one("a.ndjson", many.as_bytes());
    assert_eq!((read.told.records, read.told.odd.count), (1001, 1000));
}

#[test]
fn an_empty_file_is_broken_and_an_empty_page_is_not() {
    let read = read_one("a.json", b"");
    assert_eq!((read.told.broken.count, read.told.strays.count), (1, 0));
    let read = read_one("a.json", br#"{"Events":[]}"#);
    assert_eq!((read.told.broken.count, read.told.strays.count, read.told.files), (0, 0, 1));
    assert_eq!(read_one("a.txt", b"").told.strays.count, 1);
}

#[test]
fn a_broken_archive_keeps_what_was_read_and_a_missing_path_is_an_error() {
    let folder = Dump::new(&[]);
    let path = folder.write("a.zip", b"PK\x03\x04 and no more");
    assert_eq!(read(&path).told.broken.count, 1);
    let missing = try_ingest(&folder.path().join("absent"), Said::default());
    assert!(matches!(missing.err().unwrap(), IngestError::Open(OpenError::Unreadable { .. })));
}

#[test]
fn the_same_files_name_the_same_whichever_thread_was_faster() {
    let folder = Dump::new(&[]);
    for number in 0..60 {
        let body = records(&[call(&format!("{number}"), 10), Value::Null, look("x", 11)]);
        folder.write(&format!("{number:02}.json"), body.as_bytes());
    }
    let first = read(folder.path()).told;
    assert_eq!((first.odd.count, first.odd.first.len()), (60, 20));
    for _ in 0..5 {
        let again = read(folder.path()).told;
        assert_eq!(
            (&again.odd, &again.broken, &again.intervals),
            (&first.odd, &first.broken, &first.intervals)
        );
    }
}

#[test]
fn an_interrupt_ends_the_reading() {
    let folder = Dump::new(&[("a.json", &records(&[call("1", 10)]))]);
    let interrupted = AtomicBool::new(false);
    let trees = [LogTree::open(folder.path(), Said::default(), &interrupted).unwrap()];
    interrupted.store(true, Ordering::Relaxed);
    let mut store = Store::in_memory().unwrap();
    let now = Timestamp::now();
    let mut import = store.import_log(&LogOpening { started_at: now, origin: "a test".to_owned() }).unwrap();
    let request = Ingest {
        trees: &trees.iter().collect::<Vec<_>>(),
        logs: &[CLOUDS[0].audit()],
        now,
        interrupted: &interrupted,
        digest: &|_| {},
        progress: &|_| {},
    };
    assert!(matches!(ingest(&mut import, &request), Err(IngestError::Interrupted)));
}
