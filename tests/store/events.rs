//! Events on their way into the store: each counts once, in whatever order, or not at all.

use std::time::Duration;

use driftline::model::{
    ActorRecord, AuditEvent, Class, Digest, End, Lag, LogInterval, LogScope, LogStatus, Outcome, Timestamp,
    Window,
};
use driftline::store::{Access, Depth, Error, Info, LogTally, Store, Taken};
use proptest::prelude::*;
use rusqlite::Connection;

use crate::support::{
    EVER, azure_event, complete, event, import, interval, log_opening, odd_record, opening, second_of_day,
    volumes,
};

/// What one import is told.
#[derive(Clone, Debug)]
enum Told {
    Event(Box<AuditEvent>),
    Interval(LogInterval),
    Odd(u64),
}

/// An event whose number decides everything but when it was delivered.
fn numbered(number: u8, delivered: Option<i64>) -> AuditEvent {
    let id = format!("event-{number}");
    let second = i64::from(number) * 7 % 40;
    let mut event = if number.is_multiple_of(3) {
        azure_event(&id, second, &format!("web-{}", number % 2))
    } else {
        event(&id, second, ["alice", "bob"][usize::from(number % 2)], &format!("vol-{}", number % 4))
    };
    event.actor.mfa = Some(number.is_multiple_of(5));
    if number.is_multiple_of(4) {
        event.class = Class::VolumeModify;
        event.outcome = Outcome::plain(End::Denied);
    }
    event.ingested_at = delivered.map(|seconds| second_of_day(second + seconds));
    event
}

fn told() -> impl Strategy<Value = Told> {
    let delivered = prop::option::of(0..900_i64);
    prop_oneof![
        8 => (0..24_u8, delivered).prop_map(|(number, at)| Told::Event(Box::new(numbered(number, at)))),
        1 => (0..3_i64, 3..6_i64, prop::sample::select(LogStatus::ALL))
            .prop_map(|(from, to, status)| Told::Interval(interval(from, to, status))),
        1 => (0..3_u64).prop_map(Told::Odd),
    ]
}

/// Everything that a store says of the logs.
#[derive(Debug, PartialEq)]
struct Ledger {
    events: Vec<AuditEvent>,
    actors: Vec<ActorRecord>,
    intervals: Vec<LogInterval>,
    lags: Vec<(LogScope, Lag)>,
    seal: Option<Digest>,
    counts: (u64, u64, u64),
}

fn ledger(imports: &[Vec<Told>]) -> Ledger {
    let mut store = Store::in_memory().unwrap();
    for told in imports {
        let mut import = store.import_log(&log_opening(1)).unwrap();
        for told in told {
            match told {
                Told::Event(event) => assert_ne!(import.take(event).unwrap(), Taken::Conflict),
                Told::Interval(interval) => import.cover(interval).unwrap(),
                Told::Odd(offset) => import.keep_odd(&odd_record(*offset)).unwrap(),
            }
        }
        import.finish(&LogTally::default()).unwrap();
    }
    let scan = complete(&mut store, 1, &[]);
    store.verify(Depth::Full, scan.seal).unwrap();
    let info = store.info().unwrap();
    Ledger {
        events: store.events_between(EVER).unwrap(),
        actors: store.actors().unwrap(),
        intervals: store.log_intervals().unwrap(),
        lags: store.lags().unwrap().into_iter().collect(),
        seal: scan.seal.map(|seal| seal.0),
        counts: (info.events, info.odd_records, info.event_conflicts),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn neither_order_nor_repetition_nor_the_number_of_imports_matters(
        told in prop::collection::vec(told(), 0..40),
        cut in any::<prop::sample::Index>(),
        keys in prop::collection::vec(any::<u64>(), 40),
        again in prop::collection::vec(any::<bool>(), 40),
    ) {
        let mut other: Vec<_> = keys.iter().zip(told.clone()).collect();
        other.sort_by_key(|(key, _)| **key);
        let other: Vec<_> = other.into_iter().map(|(_, told)| told).collect();
        let repeated = other.iter().zip(&again).filter(|(_, again)| **again).map(|(told, _)| told.clone());
        let repeated: Vec<_> = repeated.collect();
        let (head, tail) = other.split_at(cut.index(other.len() + 1));
        prop_assert_eq!(ledger(&[told]), ledger(&[head.to_vec(), repeated, tail.to_vec()]));
    }
}

#[test]
fn an_event_reads_back_as_it_was_taken() {
    let mut store = Store::in_memory().unwrap();
    let events: Vec<_> = (0..24).map(|number| numbered(number, Some(60))).collect();
    import(&mut store, &events);
    let mut expected = events;
    expected.sort_by(|a, b| (a.time, &a.id).cmp(&(b.time, &b.id)));
    assert_eq!(store.events_between(EVER).unwrap(), expected);
}

#[test]
fn an_event_taken_twice_counts_once() {
    let mut store = Store::in_memory().unwrap();
    let one = event("1", 1, "alice", "vol-1");
    assert_eq!(import(&mut store, &[one.clone(), one.clone()]), [Taken::New, Taken::Known]);
    assert_eq!(import(&mut store, std::slice::from_ref(&one)), [Taken::Known]);
    assert_eq!(store.info().unwrap().events, 1);
    let [actor] = &store.actors().unwrap()[..] else { panic!("one actor") };
    assert_eq!(actor.classes, [(Class::VolumeDelete, 1)].into());
}

#[test]
fn another_record_with_the_same_id_is_a_conflict_and_the_first_stays() {
    let mut store = Store::in_memory().unwrap();
    let one = event("1", 1, "alice", "vol-1");
    let mut other = one.clone();
    other.outcome = Outcome::plain(End::Denied);
    let told = [one.clone(), other.clone(), other];
    assert_eq!(import(&mut store, &told), [Taken::New, Taken::Conflict, Taken::Known]);
    assert_eq!(store.events_between(EVER).unwrap(), [one]);
    assert_eq!(store.info().unwrap().event_conflicts, 1);
    let seal = complete(&mut store, 1, &[]).seal;
    store.verify(Depth::Full, seal).unwrap();
}

#[test]
fn the_same_id_of_another_cloud_is_another_event() {
    let mut store = Store::in_memory().unwrap();
    let told = [event("1", 1, "alice", "vol-1"), azure_event("1", 1, "web")];
    assert_eq!(import(&mut store, &told), [Taken::New, Taken::New]);
}

#[test]
fn another_releases_reading_of_a_record_is_no_conflict() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("driftline.db");
    let one = event("1", 1, "alice", "vol-1");
    import(&mut Store::open(&path, Access::Create).unwrap(), std::slice::from_ref(&one));
    Connection::open(&path).unwrap().execute("update log_import set tool_version = '0.0.1'", []).unwrap();
    let mut other = one.clone();
    other.class = Class::Other;
    let mut store = Store::open(&path, Access::Write).unwrap();
    assert_eq!(import(&mut store, &[other]), [Taken::Known]);
    assert_eq!(store.events_between(EVER).unwrap(), [one]);
}

#[test]
fn the_earliest_delivery_of_an_event_stays() {
    let mut early = event("1", 0, "alice", "vol-1");
    early.ingested_at = Some(second_of_day(100));
    let late = AuditEvent { ingested_at: Some(second_of_day(900)), ..early.clone() };
    let untold = AuditEvent { ingested_at: None, ..early.clone() };
    for order in [[&early, &late, &untold], [&late, &untold, &early], [&untold, &early, &late]] {
        let mut store = Store::in_memory().unwrap();
        for event in order {
            import(&mut store, std::slice::from_ref(event));
        }
        assert_eq!(store.events_between(EVER).unwrap(), std::slice::from_ref(&early));
        assert_eq!(store.lags().unwrap().into_values().next().unwrap().max, 100);
    }
}

#[test]
fn windows_include_both_their_ends() {
    let mut store = Store::in_memory().unwrap();
    let events: Vec<_> = (0..5).map(|second| event(&second.to_string(), second, "alice", "vol-1")).collect();
    import(&mut store, &events);
    let window = Window { from: second_of_day(1), to: second_of_day(3) };
    assert_eq!(store.events_between(window).unwrap(), events[1..4]);
}

#[test]
fn an_import_that_does_not_finish_leaves_nothing() {
    let mut store = Store::in_memory().unwrap();
    let mut import = store.import_log(&log_opening(1)).unwrap();
    import.take(&event("1", 1, "alice", "vol-1")).unwrap();
    import.cover(&interval(0, 9, LogStatus::Complete)).unwrap();
    import.keep_odd(&odd_record(7)).unwrap();
    drop(import);
    assert_eq!(store.last_import().unwrap(), 0);
    assert_eq!(store.info().unwrap(), Store::in_memory().unwrap().info().unwrap());
    assert_eq!(store.log_intervals().unwrap(), []);
}

#[test]
fn a_scan_that_is_dropped_takes_its_imports_with_it() {
    let mut store = Store::in_memory().unwrap();
    let mut scan = store.begin_scan(&opening(1)).unwrap();
    let mut import = scan.import_log(&log_opening(1)).unwrap();
    import.take(&event("1", 1, "alice", "vol-1")).unwrap();
    import.finish(&LogTally::default()).unwrap();
    drop(scan);
    assert_eq!(store.events_between(EVER).unwrap(), []);
    assert_eq!((store.last_import().unwrap(), store.actors().unwrap()), (0, vec![]));
}

#[test]
fn an_import_that_is_dropped_leaves_its_scan_whole() {
    let mut store = Store::in_memory().unwrap();
    let mut scan = store.begin_scan(&opening(1)).unwrap();
    let mut kept = scan.import_log(&log_opening(1)).unwrap();
    kept.take(&event("1", 1, "alice", "vol-1")).unwrap();
    kept.finish(&LogTally::default()).unwrap();
    let mut dropped = scan.import_log(&log_opening(2)).unwrap();
    dropped.take(&event("2", 2, "bob", "vol-2")).unwrap();
    drop(dropped);
    let status = driftline::model::CoverageStatus::Complete;
    let sealed = scan.seal(&[volumes("us-east-1", status, 1)], Timestamp::now()).unwrap();
    assert_eq!(store.events_between(EVER).unwrap(), [event("1", 1, "alice", "vol-1")]);
    let Info { events, unsealed_events, log_imports, .. } = store.info().unwrap();
    assert_eq!((events, unsealed_events, log_imports), (1, 0, 1));
    store.verify(Depth::Full, sealed.seal).unwrap();
}

#[test]
fn an_import_is_told_who_holds_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("driftline.db");
    let mut one = Store::open(&path, Access::Create).unwrap();
    let mut other = Store::open(&path, Access::Write).unwrap();
    let scan = one.begin_scan(&opening(4)).unwrap();
    match other.import_log(&log_opening(1)).map(|_| ()) {
        Err(Error::Locked { holder, .. }) => assert_eq!(holder.as_deref(), Some("run 4")),
        end => panic!("{end:?}"),
    }
    drop(scan);
    assert_eq!(import(&mut other, &[event("1", 1, "alice", "vol-1")]), [Taken::New]);
}

#[test]
fn a_store_opened_to_read_takes_no_import() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("driftline.db");
    drop(Store::open(&path, Access::Create).unwrap());
    let mut store = Store::open(&path, Access::Read).unwrap();
    assert!(matches!(store.import_log(&log_opening(1)).map(|_| ()), Err(Error::ReadOnly)));
}

#[test]
fn imports_are_numbered_and_the_last_one_is_known() {
    let mut store = Store::in_memory().unwrap();
    for number in 1..=3 {
        let tally =
            LogTally { records: 9, ignored: [("read-only".to_owned(), 9)].into(), ..LogTally::default() };
        let import = store.import_log(&log_opening(number)).unwrap();
        assert_eq!(import.finish(&tally).unwrap(), number);
        assert_eq!(store.last_import().unwrap(), number);
    }
}

#[test]
fn the_ledger_of_actors_tells_who_did_what_where_and_since_when() {
    let mut store = Store::in_memory().unwrap();
    let mut late = event("3", 30, "alice", "vol-1");
    late.actor.mfa = Some(true);
    late.location = driftline::model::Location::new("eu-west-1");
    let mut refused = event("1", 10, "alice", "vol-1");
    refused.outcome = Outcome::plain(End::Denied);
    refused.class = Class::VolumeModify;
    import(&mut store, &[late.clone(), event("2", 20, "alice", "vol-1"), refused, event("4", 5, "bob", "v")]);
    let actors = store.actors().unwrap();
    let [alice, bob] = &actors[..] else { panic!("{actors:?}") };
    assert_eq!(alice.actor, late.actor);
    assert_eq!((alice.first_seen, alice.last_seen), (second_of_day(10), second_of_day(30)));
    assert_eq!(alice.classes, [(Class::VolumeDelete, 2), (Class::VolumeModify, 1)].into());
    assert_eq!(alice.locations.len(), 2);
    assert_eq!(bob.first_seen, bob.last_seen);
}

#[test]
fn an_odd_record_is_kept_once_and_not_longer_than_64_kib() {
    let mut store = Store::in_memory().unwrap();
    let mut import = store.import_log(&log_opening(1)).unwrap();
    let mut odd = odd_record(1);
    odd.raw = vec![b'x'; 100_000];
    for _ in 0..2 {
        import.keep_odd(&odd).unwrap();
    }
    import.finish(&LogTally::default()).unwrap();
    complete(&mut store, 1, &[]);
    assert_eq!(store.info().unwrap().odd_records, 1);
    let mut out = Vec::new();
    store.export(&mut out).unwrap();
    let out = String::from_utf8(out).unwrap();
    let line = out.lines().find(|line| line.contains("odd-record")).unwrap();
    let line: serde_json::Value = serde_json::from_str(line).unwrap();
    assert_eq!(line["document"]["raw"].as_str().unwrap().len(), 64 << 10);
}

#[test]
fn an_export_holds_the_events_of_each_scan() {
    let mut store = Store::in_memory().unwrap();
    import(&mut store, &[event("1", 1, "alice", "vol-1")]);
    complete(&mut store, 1, &[]);
    import(&mut store, &[event("2", 2, "alice", "vol-1")]);
    complete(&mut store, 2, &[]);
    import(&mut store, &[event("3", 3, "alice", "vol-1")]);
    let mut out = Vec::new();
    store.export(&mut out).unwrap();
    let out = String::from_utf8(out).unwrap();
    let lines = out.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let events: Vec<_> = lines
        .filter(|line| line["record"] == "event")
        .map(|line| (line["scan"].as_i64().unwrap(), line["document"]["id"].to_string()))
        .collect();
    assert_eq!(events, [(1, "\"1\"".to_owned()), (2, "\"2\"".to_owned())]);
}

#[test]
fn a_window_tells_what_is_known_of_it_and_the_last_that_is_known_before() {
    let mut store = Store::in_memory().unwrap();
    let hours: Vec<_> = (0..10).map(|hour| interval(hour, hour + 1, LogStatus::Complete)).collect();
    let mut import = store.import_log(&log_opening(1)).unwrap();
    for hour in &hours {
        import.cover(hour).unwrap();
    }
    import.finish(&LogTally::default()).unwrap();
    let of = |from: &LogInterval, to: &LogInterval| {
        let window = Window { from: from.window.to, to: to.window.from };
        store.log_intervals_between(window).unwrap()
    };
    assert_eq!(of(&hours[4], &hours[6]), hours[3..=6], "those that touch it, and the one before");
    let after = Window { from: hours[9].window.to + Duration::from_secs(9), to: Timestamp::MAX };
    assert_eq!(store.log_intervals_between(after).unwrap(), hours[9..], "when it was last known");
    assert_eq!(store.log_intervals_between(EVER).unwrap(), store.log_intervals().unwrap());
}

/// Events as a busy account has them: what differs from one to the next is what does in real logs.
#[test]
fn a_record_costs_a_few_hundred_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("driftline.db");
    let mut store = Store::open(&path, Access::Create).unwrap();
    let random = |part: &str, number: i64| Digest::of(format!("{part}{number}").as_bytes()).to_string();
    let events: Vec<_> = (0..6000)
        .map(|number| {
            let id = random("id", number);
            let uid = format!("vol-0{}", &random("vol", number / 3)[..16]);
            let mut event = event(&id[..32], number * 60, &format!("role-{}", number % 40), &uid);
            event.actor.session = Some(format!("session-{}", number % 300));
            event.actor.credential = Some(format!("ASIA{}", &random("key", number / 9)[..16].to_uppercase()));
            event.client.user_agent = Some(format!(
                "aws-cli/2.{}.0 Python/3.11.6 Linux/6.1.0 exe/x86_64.amzn.2023 prompt/off command/ec2.delete-volume",
                number % 20
            ));
            event.ingested_at = Some(second_of_day(number * 60 + 200));
            event
        })
        .collect();
    let bodies: usize = events.iter().map(|event| serde_json::to_vec(event).unwrap().len()).sum();
    import(&mut store, &events);
    let each = store.info().unwrap().bytes / 6000;
    eprintln!("{} bytes of JSON a record, {each} bytes of store", bodies / 6000);
    // Some 40 of them are the index by operation, which counts what somebody did without reading bodies.
    assert!(each < 500, "{each}");
    let (last, seal) = (events.last().unwrap(), complete(&mut store, 1, &[]).seal);
    assert_eq!(store.events_between(EVER).unwrap().last(), Some(last));
    store.verify(Depth::Full, seal).unwrap();
}
