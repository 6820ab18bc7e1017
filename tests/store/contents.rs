//! Resources, baselines, runs, copies.

use driftline::model::{
    Acceptance, BaselineName, Decision, Digest, FindingRecord, Reported, Saying, ScanId, Seal,
};
use driftline::store::{Access, Depth, Error, Run, RunChoice, Store};

use crate::support::{complete, hour, machine, machines, scan, terminated, volume, volumes};
use driftline::model::CoverageStatus;

#[test]
fn a_resource_is_found_by_uid_by_locator_and_by_name() {
    let mut store = Store::in_memory().unwrap();
    let estate = [volume("vol-1", 8), machine("u-1", "web")];
    scan(&mut store, 1, &estate, &[]);
    let uids = |needle: &str| -> Vec<String> {
        store.find(needle).unwrap().into_iter().map(|key| key.uid.to_string()).collect()
    };
    assert_eq!(uids("vol-1"), ["vol-1"]);
    assert_eq!(uids("VOL-1"), [""; 0], "an AWS id has a case");
    assert_eq!(uids("disk-vol-1"), ["vol-1"]);
    assert_eq!(uids("U-1"), ["u-1"], "an Azure id has none");
    assert_eq!(uids("/subscriptions/SUB/vm/web"), ["u-1"]);
    assert_eq!(uids("nothing"), [""; 0]);
}

#[test]
fn an_absent_resource_is_still_found_by_its_locator() {
    let mut store = Store::in_memory().unwrap();
    scan(&mut store, 1, &[machine("u-1", "web")], &[machines(CoverageStatus::Complete, 1)]);
    scan(&mut store, 2, &[], &[machines(CoverageStatus::Complete, 2)]);
    assert_eq!(store.find("/subscriptions/sub/vm/web").unwrap(), [machine("u-1", "web").key]);
}

#[test]
fn a_history_holds_every_revision_with_its_interval() {
    let mut store = Store::in_memory().unwrap();
    let first = complete(&mut store, 1, &[volume("vol-1", 8)]);
    let second = complete(&mut store, 2, &[volume("vol-1", 9)]);
    complete(&mut store, 3, &[volume("vol-1", 9)]);
    let fourth = complete(&mut store, 4, &[]);
    let fifth = complete(&mut store, 5, &[terminated(volume("vol-1", 9))]);
    let history = store.history(&volume("vol-1", 8).key).unwrap();
    let brief: Vec<_> = history.iter().map(|revision| (revision.from_scan, revision.until_scan)).collect();
    let expected = [(first.id, Some(second.id)), (second.id, Some(fourth.id)), (fifth.id, None)];
    assert_eq!(brief, expected);
    assert_eq!(history[0].resource, volume("vol-1", 8));
    assert_eq!(store.history(&volume("vol-2", 8).key).unwrap(), []);
}

#[test]
fn what_was_there_at_an_earlier_scan_reads_back() {
    let mut store = Store::in_memory().unwrap();
    let early = [volume("vol-1", 8), volume("vol-2", 8)];
    let first = complete(&mut store, 1, &early);
    let second = complete(&mut store, 2, &[volume("vol-2", 9)]);
    assert_eq!(store.resources_at(first.id).unwrap(), early);
    assert_eq!(store.resources_at(second.id).unwrap(), [volume("vol-2", 9)]);
}

#[test]
fn a_baseline_points_at_a_sealed_scan_only() {
    let mut store = Store::in_memory().unwrap();
    let first = complete(&mut store, 1, &[]);
    let name: BaselineName = "golden".parse().unwrap();
    assert!(matches!(store.baseline(&name), Err(Error::UnknownBaseline(_))));
    assert!(matches!(store.set_baseline(&name, ScanId(7), hour(2), None), Err(Error::UnknownScan(_))));
    store.set_baseline(&name, first.id, hour(2), Some("after the audit")).unwrap();
    let second = complete(&mut store, 2, &[]);
    store.set_baseline(&name, second.id, hour(3), None).unwrap();
    let baselines = store.baselines().unwrap();
    assert_eq!(baselines.len(), 1);
    assert_eq!(baselines[0], store.baseline(&name).unwrap());
    assert_eq!((baselines[0].scan, baselines[0].note.as_deref()), (second.id, None));
    store.remove_baseline(&name).unwrap();
    assert!(matches!(store.remove_baseline(&name), Err(Error::UnknownBaseline(_))));
}

/// Two findings, by their fingerprints.
const ONE: &str = "0000000000000000000000000000000a";
const OTHER: &str = "0000000000000000000000000000000b";

fn told(id: &str, saying: u8, marks: &[i64]) -> Reported {
    Reported {
        id: id.to_owned(),
        rule: "volume-vanished".to_owned(),
        saying: Saying([saying; 16]),
        marks: marks.to_vec(),
        again: false,
    }
}

fn run(after: ScanId, hours: i64, findings: &[Reported]) -> Run {
    Run {
        command: "driftline scan".into(),
        started_at: hour(hours),
        finished_at: hour(hours),
        before: None,
        after,
        exit_status: 10,
        view: br#"{"schema":"driftline/report/v1"}"#.to_vec(),
        findings: findings.to_vec(),
        resolved: Vec::new(),
        met: Vec::new(),
    }
}

#[test]
fn a_run_is_kept_to_be_rendered_again() {
    let mut store = Store::in_memory().unwrap();
    let scan = complete(&mut store, 1, &[]);
    assert!(matches!(store.run(RunChoice::Latest), Err(Error::UnknownRun(0))));
    let first = store.save_run(&run(scan.id, 1, &[])).unwrap();
    let second = store.save_run(&run(scan.id, 2, &[])).unwrap();
    assert_eq!(store.run(RunChoice::Number(first)).unwrap(), run(scan.id, 1, &[]));
    assert_eq!(store.run(RunChoice::Latest).unwrap(), run(scan.id, 2, &[]));
    let numbers: Vec<_> = store.runs().unwrap().iter().map(|run| run.id).collect();
    assert_eq!(numbers, [second, first]);
    assert!(matches!(store.run(RunChoice::Number(9)), Err(Error::UnknownRun(9))));
}

#[test]
fn a_finding_is_new_until_a_run_has_reported_it() {
    let mut store = Store::in_memory().unwrap();
    let scan = complete(&mut store, 1, &[]);
    store.save_run(&run(scan.id, 1, &[told(ONE, 1, &[])])).unwrap();
    store.save_run(&run(scan.id, 2, &[told(ONE, 1, &[]), told(OTHER, 1, &[])])).unwrap();
    store.save_run(&run(scan.id, 3, &[told(ONE, 2, &[])])).unwrap();
    let records = store.finding_records(&[ONE.into(), OTHER.into(), "ff".into()]).unwrap();
    let lives: Vec<_> = records.values().map(|told| (told.first.1, told.last.1, told.said_since)).collect();
    assert_eq!(lives, [(hour(1), hour(3), Some(3)), (hour(2), hour(2), Some(2))]);
    assert_eq!(store.all_findings().unwrap().len(), 2);
}

#[test]
fn a_finding_is_undone_when_all_of_its_marks_are_met_in_whatever_run() {
    let mut store = Store::in_memory().unwrap();
    let scan = complete(&mut store, 1, &[]);
    let ids = |records: Vec<FindingRecord>| records.into_iter().map(|told| told.id).collect::<Vec<_>>();
    store.save_run(&run(scan.id, 1, &[told(ONE, 1, &[7, 8]), told(OTHER, 1, &[])])).unwrap();
    assert_eq!(ids(store.undone(&[7]).unwrap()), [""; 0]);
    assert_eq!(ids(store.undone(&[7, 8, 9]).unwrap()), [ONE]);
    store.save_run(&Run { met: vec![7], ..run(scan.id, 2, &[]) }).unwrap();
    assert_eq!(ids(store.undone(&[8]).unwrap()), [ONE]);
    let gone = vec![(ONE.to_owned(), "it is as it was".to_owned())];
    store.save_run(&Run { met: vec![8], resolved: gone, ..run(scan.id, 3, &[]) }).unwrap();
    assert_eq!(ids(store.undone(&[8]).unwrap()), [""; 0]);
    let record = store.finding_records(&[ONE.into()]).unwrap().remove(ONE).unwrap();
    assert_eq!(record.resolved, Some((3, "it is as it was".to_owned())));
}

#[test]
fn what_happens_again_is_no_longer_resolved_and_what_is_told_again_stays_so() {
    let mut store = Store::in_memory().unwrap();
    let scan = complete(&mut store, 1, &[]);
    let gone = vec![(ONE.to_owned(), "it is as it was".to_owned())];
    store.save_run(&run(scan.id, 1, &[told(ONE, 1, &[])])).unwrap();
    store.save_run(&Run { resolved: gone, ..run(scan.id, 2, &[]) }).unwrap();
    let resolved =
        |store: &Store| store.finding_records(&[ONE.into()]).unwrap().remove(ONE).unwrap().resolved.is_some();
    store.save_run(&run(scan.id, 3, &[Reported { again: true, ..told(ONE, 2, &[]) }])).unwrap();
    assert!(resolved(&store));
    store.save_run(&run(scan.id, 4, &[told(ONE, 2, &[])])).unwrap();
    assert!(!resolved(&store));
}

#[test]
fn decisions_are_chained_and_a_changed_one_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let mut store = Store::open(&path, Access::Create).unwrap();
    let scan = complete(&mut store, 1, &[]);
    store.save_run(&run(scan.id, 1, &[told(ONE, 1, &[])])).unwrap();
    let accept = Acceptance {
        decision: Decision::Accept,
        owner: "ops".into(),
        reason: "planned".into(),
        decided_at: hour(2),
        expires_at: Some(hour(90)),
        saying: Some(Saying([1; 16])),
    };
    let reopen = Acceptance { decision: Decision::Reopen, expires_at: None, ..accept.clone() };
    store.decide(ONE, &accept).unwrap();
    store.decide(ONE, &reopen).unwrap();
    assert_eq!(store.decisions(ONE).unwrap(), [accept, reopen.clone()]);
    let record = store.finding_records(&[ONE.into()]).unwrap().remove(ONE).unwrap();
    assert_eq!(record.acceptance, Some(reopen));
    store.verify(Depth::Full, None).unwrap();
    drop(store);
    let forger = rusqlite::Connection::open(&path).unwrap();
    forger.execute("update acceptance set owner = 'the boss' where id = 1", []).unwrap();
    drop(forger);
    let store = Store::open(&path, Access::Read).unwrap();
    assert!(matches!(store.verify(Depth::Full, None), Err(Error::Unsound(_))));
}

#[test]
fn a_backup_is_a_store_and_overwrites_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(&folder.path().join("a.db"), Access::Create).unwrap();
    let first = complete(&mut store, 1, &[volume("vol-1", 8)]);
    let copy = folder.path().join("b.db");
    store.backup(&copy).unwrap();
    assert!(matches!(store.backup(&copy), Err(Error::Exists { .. })));
    let mut copy = Store::open(&copy, Access::Write).unwrap();
    assert_eq!(copy.verify(Depth::Full, first.seal).unwrap().followed_by, Some(0));
    complete(&mut copy, 2, &[]);
}

#[test]
fn an_export_holds_every_scan_coverage_and_revision() {
    let mut store = Store::in_memory().unwrap();
    let first = complete(&mut store, 1, &[volume("vol-1", 8)]);
    complete(&mut store, 2, &[]);
    let mut out = Vec::new();
    let lines = store.export(&mut out).unwrap();
    let records: Vec<serde_json::Value> =
        String::from_utf8(out).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines, 6);
    assert_eq!(records[0]["seal"], first.seal.unwrap().to_string());
    assert_eq!(records[2]["key"]["uid"], "vol-1");
    assert_eq!(records[2]["document"]["config"]["Size"], 8);
    let document = serde_json::to_vec(&records[2]["document"]).unwrap();
    assert_eq!(records[2]["digest"], Digest::of(&document).to_string());
    assert_eq!(records[5]["absent"], true);
}

#[test]
fn the_same_scans_give_the_same_seals_in_any_store() {
    let seals = || -> Vec<Option<Seal>> {
        let mut store = Store::in_memory().unwrap();
        let coverage = [volumes("us-east-1", CoverageStatus::Complete, 1)];
        let first = scan(&mut store, 1, &[volume("vol-1", 8)], &coverage);
        let second = complete(&mut store, 2, &[volume("vol-1", 9)]);
        vec![first.seal, second.seal]
    };
    let (one, other) = (seals(), seals());
    assert_eq!(one, other);
    assert_ne!(one[0], one[1]);
}

#[test]
fn the_views_show_people_what_happened() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("driftline.db");
    let mut store = Store::open(&path, Access::Create).unwrap();
    let disk = "vol-0123456789abcdef0";
    complete(&mut store, 1, &[volume(disk, 8), volume("vol-2", 8)]);
    complete(&mut store, 2, &[volume(disk, 9)]);
    complete(&mut store, 3, &[volume(disk, 9), volume("vol-2", 8)]);
    drop(store);
    let connection = rusqlite::Connection::open(&path).unwrap();
    let lines = |sql: &str| -> Vec<String> {
        let mut statement = connection.prepare(sql).unwrap();
        let lines = statement.query_map([], |row| row.get(0)).unwrap();
        lines.collect::<Result<_, _>>().unwrap()
    };
    assert_eq!(
        lines("select scan || ' ' || change || ' ' || uid || ' ' || location from v_change order by 1"),
        [
            "1 opened vol-0123456789abcdef0 us-east-1",
            "1 opened vol-2 us-east-1",
            "2 closed vol-2 us-east-1",
            "2 revised vol-0123456789abcdef0 us-east-1",
            "3 reopened vol-2 us-east-1",
        ]
    );
    assert_eq!(
        lines("select uid || ' ' || unchanged_since_scan from v_resource order by 1"),
        ["vol-0123456789abcdef0 2", "vol-2 3"]
    );
    assert_eq!(
        lines(
            "select from_scan || '-' || coalesce(until_scan, '') from v_revision where uid = 'vol-2' order by 1"
        ),
        ["1-2", "2-3", "3-"]
    );
    assert_eq!(lines("select taken_at from v_scan where id = 1"), ["2026-01-01T01:00:00Z"]);
    assert_eq!(lines("select status from v_coverage where scan = 3"), ["complete"]);
    assert_eq!(lines("select code from v_odd_element"), [""; 0]);
}
