//! Seals over the audit logs, and stores that a release made which knew none.

use std::path::{Path, PathBuf};

use driftline::model::{End, LogStatus, Outcome, Scan};
use driftline::store::{Access, Depth, Error, Fault, LogTally, Store};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::support::{EVER, complete, event, import, interval, log_opening, odd_record, opening, volume};

/// A store with two sealed scans, each with an import, and an event that no seal covers.
fn stored() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("driftline.db");
    let mut store = Store::open(&path, Access::Create).unwrap();
    for number in 1..=2 {
        let mut import = store.import_log(&log_opening(number)).unwrap();
        for id in 1..=3 {
            let taken = event(&format!("{number}-{id}"), number * 10 + id, "alice", "vol-1");
            import.take(&taken).unwrap();
        }
        let mut other = event(&format!("{number}-1"), number * 10 + 1, "alice", "vol-1");
        other.outcome = Outcome::plain(End::Denied);
        import.take(&other).unwrap();
        import.cover(&interval(number, number + 1, LogStatus::Complete)).unwrap();
        import.keep_odd(&odd_record(number.unsigned_abs())).unwrap();
        import.finish(&LogTally::default()).unwrap();
        complete(&mut store, number, &[volume("vol-1", 1)]);
    }
    import(&mut store, &[event("late", 99, "bob", "vol-1")]);
    (folder, path)
}

fn faults(path: &Path, depth: Depth) -> Vec<Fault> {
    match Store::open(path, Access::Read).unwrap().verify(depth, None) {
        Ok(_) => Vec::new(),
        Err(Error::Unsound(faults)) => faults,
        Err(Error::Damaged { reason }) => vec![Fault::File(reason)],
        Err(other) => unreachable!("{other}"),
    }
}

fn tampered(sql: &str) -> (TempDir, PathBuf) {
    let (folder, path) = stored();
    let connection = Connection::open(&path).unwrap();
    connection.pragma_update(None, "foreign_keys", false).unwrap();
    let changed = connection.execute_batch(sql).map(|()| connection.total_changes()).unwrap();
    assert!(changed > 0, "{sql}");
    (folder, path)
}

#[test]
fn an_untouched_ledger_verifies_and_tells_what_is_not_sealed() {
    let (_folder, path) = stored();
    let store = Store::open(&path, Access::Read).unwrap();
    assert_eq!(store.verify(Depth::Quick, None).unwrap().log_records, 0);
    assert_eq!(store.verify(Depth::Full, None).unwrap().log_records, 12);
    let info = store.info().unwrap();
    assert_eq!((info.events, info.unsealed_events), (7, 1));
    assert_eq!((info.log_imports, info.event_conflicts, info.odd_records), (3, 2, 2));
}

#[test]
fn a_removed_or_added_row_shows_at_a_glance() {
    for sql in [
        "delete from event where id = 2",
        "delete from event where id <= 3",
        "delete from event where id <= 6; delete from log_seal where part = 'event'",
        "delete from event_conflict where id = 1",
        "delete from log_interval where id = 2",
        "delete from odd_record where id = 1",
        "delete from log_seal where scan = 1",
        "update log_seal set count = 2 where scan = 2 and part = 'event'",
        "update log_seal set digest = zeroblob(32) where scan = 2 and part = 'event'",
        "insert into event (id, key, import, log, operation, actor, outcome, time, body)
         select -9223372036854775808, randomblob(16), import, log, operation, actor, outcome, time, body from event where id = 1",
    ] {
        let (_folder, path) = tampered(sql);
        assert!(!faults(&path, Depth::Quick).is_empty(), "{sql}");
        assert!(!faults(&path, Depth::Full).is_empty(), "{sql}");
    }
}

#[test]
fn a_changed_row_shows_in_depth() {
    for sql in [
        "update event set body = (select body from event where id = 2) where id = 1",
        "update event set body = x'00' where id = 1",
        "update event set id = -1 where id = 1",
        "update event set time = time + 1 where id = 1",
        "update event set outcome = 'failed' where id = 7",
        "update event set key = randomblob(16) where id = 1",
        "update event set actor = (select id from actor where key like '%bob') where id = 1",
        "update event set dictionary = 7 where id = 1",
        "update log_scope set account = '999999999999'",
        "update operation set class = 'other'",
        "update actor set document = replace(document, 'alice', 'mallory')",
        "update actor set told_at = told_at + 1",
        "update actor set session = 'x' where key like '%bob'",
        "insert into actor select 99, provider, 'x', session, told_at, document from actor limit 1",
        "update actor_use set events = events + 1",
        "update actor_use set first_at = 0",
        "delete from actor_use where events = 1",
        "delete from event_target where event = 3",
        "insert into event_target values (1, 1)",
        "update event_target set hash = 1 where event = 7",
        "update event_conflict set body = (select body from event where id = 2)",
        "update event_conflict set body = (select body from event where id = 1) where id = 1;
         update event set body = (select body from event_conflict where id = 2) where id = 4",
        "update log_interval set from_at = 0 where id = 1",
        "update log_interval set status = 'gap' where id = 1",
        "update log_interval set reason = 'because' where id = 1",
        "update odd_record set message = 'nothing' where id = 1",
        "update odd_record set position = 9 where id = 1",
        "update odd_record set raw = x'28b52ffd2000010000' where id = 1",
    ] {
        let (_folder, path) = tampered(sql);
        assert!(!faults(&path, Depth::Full).is_empty(), "{sql}");
    }
}

#[test]
fn an_event_and_its_conflict_cannot_be_exchanged() {
    let (_folder, path) = tampered(
        "update event set body = (select body from event_conflict where id = 1), outcome = 'denied' where id = 1;
         update event_conflict set body = (select event.body from event where id = 2) where id = 1",
    );
    assert!(faults(&path, Depth::Full).iter().any(|fault| matches!(fault, Fault::Logs(_))));
}

#[test]
fn a_fault_of_the_ledger_names_its_scan() {
    let (_folder, path) = tampered("delete from event where id = 5");
    let faults = faults(&path, Depth::Quick);
    assert!(matches!(faults[..], [Fault::Logs(scan)] if scan.0 == 2), "{faults:?}");
}

/// What the first release sealed for the two scans of [`old`].
const OLD_SEALS: [&str; 2] = [
    "b9980d84558440162d9c209c558e3c0e3228880b25dd8643091c899d77b17132",
    "30437079713590088f4a4a12c430b38ae10ad5809e7fb53e406540655fba397b",
];

/// Makes a store as the release before made it: that schema, and rows in no table but its own.
fn old(path: &Path) -> Vec<Scan> {
    let new = path.with_extension("new");
    let mut store = Store::open(&new, Access::Create).unwrap();
    let scans = (1..=2_u32).map(|number| complete(&mut store, number.into(), &[volume("vol-1", number)]));
    let scans = scans.collect();
    drop(store);
    let connection = Connection::open(path).unwrap();
    connection.execute_batch(include_str!("../../schema/001_store.sql")).unwrap();
    connection.pragma_update(None, "application_id", 0x6472_6674).unwrap();
    connection.pragma_update(None, "user_version", 1).unwrap();
    connection.execute("attach ?1 as new", [new.to_str().unwrap()]).unwrap();
    let mut tables = connection.prepare("select name from main.sqlite_schema where type = 'table'").unwrap();
    let tables: Vec<String> =
        tables.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    // The release before this one knew no findings of these scans.
    for table in tables.iter().filter(|table| *table != "finding") {
        let copy = format!("delete from main.{table}; insert into main.{table} select * from new.{table}");
        connection.execute_batch(&copy).unwrap();
    }
    scans
}

#[test]
fn scans_without_logs_are_sealed_as_the_first_release_sealed_them() {
    let folder = tempfile::tempdir().unwrap();
    let seals = old(&folder.path().join("old.db")).into_iter().map(|scan| scan.seal.unwrap().to_string());
    assert_eq!(seals.collect::<Vec<_>>(), OLD_SEALS);
}

#[test]
fn a_store_of_the_first_release_is_brought_up_to_date_and_still_verifies() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("old.db");
    let scans = old(&path);
    let unread = Store::open(&path, Access::Read).unwrap_err();
    assert!(matches!(unread, Error::Older { found: 1, known: 3 }), "{unread}");
    let mut store = Store::open(&path, Access::Write).unwrap();
    let full = store.verify(Depth::Full, scans[0].seal).unwrap();
    assert_eq!((full.scans, full.followed_by), (2, Some(1)));
    let mut scan = store.begin_scan(&opening(3)).unwrap();
    let mut import = scan.import_log(&log_opening(1)).unwrap();
    import.take(&event("1", 1, "alice", "vol-1")).unwrap();
    import.finish(&LogTally::default()).unwrap();
    let sealed = scan.seal(&[], opening(3).taken_at).unwrap();
    assert_eq!(store.events_between(EVER).unwrap().len(), 1);
    store.verify(Depth::Full, sealed.seal).unwrap();
}

#[test]
fn an_event_counts_for_the_seal() {
    let sealed = |events: &[_]| {
        let mut store = Store::in_memory().unwrap();
        import(&mut store, events);
        complete(&mut store, 1, &[]).seal
    };
    let (one, other) = (event("1", 1, "alice", "vol-1"), event("1", 1, "alice", "vol-2"));
    assert_eq!(sealed(std::slice::from_ref(&one)), sealed(std::slice::from_ref(&one)));
    assert_ne!(sealed(&[one]), sealed(std::slice::from_ref(&other)));
    assert_ne!(sealed(&[other]), sealed(&[]));
}
