//! What log files prove, and what they do not.

use driftline::model::{AccountId, Location, LogStatus};
use driftline::pipeline::Said;
use serde_json::{Value, json};

use super::support::{call, complete, gzip, look, read, records, try_ingest};
use crate::support::{ACCOUNT, Dump, REGION};

fn interval(status: LogStatus, from: &str, to: &str) -> (LogStatus, String, String) {
    (status, from.to_owned(), to.to_owned())
}

#[test]
fn what_nobody_says_anything_of_is_unknown_from_its_first_to_its_last_record() {
    let folder = Dump::new(&[
        ("a.json", &records(&[look("1", 7), call("2", 10)])),
        ("b.json", &records(&[look("3", 30), look("4", 31), look("5", 40), look("6", 45)])),
    ]);
    let read = read(folder.path());
    assert_eq!(read.statuses(), [interval(LogStatus::Unknown, "10:07:00", "10:45:01")]);
    let row = &read.intervals[0];
    assert_eq!((row.scope.account.as_str(), row.scope.location.as_str()), (ACCOUNT, REGION));
    assert!(row.reason.contains("a.json") || row.reason.contains("b.json"), "{}", row.reason);
    assert!(row.reason.contains("1 more file"), "{}", row.reason);
}

#[test]
fn what_is_said_to_be_complete_is_over_the_said_interval() {
    let folder = Dump::new(&[("a.json", &records(&[call("1", 10)]))]);
    let read = try_ingest(folder.path(), complete()).unwrap();
    assert_eq!(read.statuses(), [interval(LogStatus::Complete, "09:00:00", "11:00:00")]);
    let said = Said { complete_to: None, ..complete() };
    let read = try_ingest(folder.path(), said).unwrap();
    assert_eq!(read.statuses(), [interval(LogStatus::Complete, "09:00:00", "10:10:01")]);
}

#[test]
fn records_outside_the_said_interval_prove_no_completeness_there() {
    let mut late = call("2", 0);
    late["eventTime"] = json!("2026-03-01T11:30:00Z");
    let folder = Dump::new(&[("a.json", &records(&[call("1", 10), late]))]);
    let read = try_ingest(folder.path(), complete()).unwrap();
    let expected = [
        interval(LogStatus::Complete, "09:00:00", "11:00:00"),
        interval(LogStatus::Unknown, "11:00:00", "11:30:01"),
    ];
    assert_eq!(read.statuses(), expected);
}

#[test]
fn a_log_that_is_said_to_be_complete_and_holds_nothing_is_complete() {
    let folder = Dump::new(&[("a.json", r#"{"Records":[]}"#)]);
    let said = Said {
        source: Some("cloudtrail".to_owned()),
        account: Some(AccountId::new(ACCOUNT)),
        location: Some(Location::new(REGION)),
        ..complete()
    };
    let read = try_ingest(folder.path(), said).unwrap();
    assert_eq!(read.statuses(), [interval(LogStatus::Complete, "09:00:00", "11:00:00")]);
    assert_eq!(try_ingest(folder.path(), complete()).unwrap().statuses(), []);
}

#[test]
fn a_record_that_does_not_read_makes_its_file_a_gap() {
    let folder = Dump::new(&[
        ("a.json", &records(&[call("1", 10), Value::Null, look("2", 12)])),
        ("b.json", &records(&[call("3", 40)])),
    ]);
    let read = try_ingest(folder.path(), complete()).unwrap();
    let expected = [
        interval(LogStatus::Complete, "09:00:00", "11:00:00"),
        interval(LogStatus::Gap, "10:10:00", "10:12:01"),
    ];
    assert_eq!(read.statuses(), expected);
    assert!(read.intervals[1].reason.starts_with("`a.json` did not read whole"));
}

#[test]
fn what_follows_a_cut_may_be_of_any_time() {
    let text = records(&[call("1", 10), call("2", 12)]);
    let folder = Dump::new(&[("a.json", &text[..text.len() - 20])]);
    let read = try_ingest(folder.path(), complete()).unwrap();
    assert_eq!(read.statuses()[0], interval(LogStatus::Gap, "09:00:00", "11:00:00"));
    assert!(read.statuses().iter().all(|(status, ..)| *status == LogStatus::Gap));
}

#[test]
fn what_follows_the_cut_of_an_object_lies_before_its_delivery() {
    let folder = Dump::new(&[]);
    let name = |minute: &str| format!("{ACCOUNT}_CloudTrail_{REGION}_20260301T{minute}Z_AbCdEfGh.json.gz");
    let packed = gzip(&records(&[call("1", 10), call("2", 12)]));
    folder.write(&name("1015"), &packed[..packed.len() - 12]);
    folder.write(&name("1050"), b"\x1f\x8b");
    folder.write(&name("1040"), &gzip(&records(&[call("3", 38)])));
    let read = try_ingest(folder.path(), complete()).unwrap();
    let expected = [
        interval(LogStatus::Complete, "09:00:00", "11:00:00"),
        interval(LogStatus::Gap, "10:00:00", "10:15:00"),
        interval(LogStatus::Gap, "10:35:00", "10:50:00"),
    ];
    assert_eq!(read.statuses(), expected);
}

#[test]
fn a_file_that_tells_nothing_makes_every_log_beside_it_a_gap() {
    let folder =
        Dump::new(&[("a.json", &records(&[call("1", 10)])), ("b.json", "Unable to locate credentials")]);
    let read = try_ingest(folder.path(), complete()).unwrap();
    let expected =
        [interval(LogStatus::Gap, "09:00:00", "11:00:00"), interval(LogStatus::Gap, "10:10:00", "10:10:01")];
    assert_eq!(read.statuses(), expected);
}
