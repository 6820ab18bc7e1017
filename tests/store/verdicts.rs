//! Verdicts that wait.

use driftline::model::{LogStatus, ScanId, Timestamp, TraceState, Verdict};
use driftline::store::{LogTally, Store};

use crate::support::{complete, event, hour, import, interval, log_opening};

fn verdict(change: &str, state: TraceState, imports: i64) -> Verdict {
    let judged_at: Timestamp = hour(2);
    Verdict { change: change.into(), scans: (ScanId(1), ScanId(2)), state, judged_at, imports }
}

fn store() -> Store {
    let mut store = Store::in_memory().unwrap();
    for number in 1..=2 {
        complete(&mut store, number, &[]);
    }
    store
}

fn read_logs(store: &mut Store) -> i64 {
    store.import_log(&log_opening(1)).unwrap().finish(&LogTally::default()).unwrap()
}

fn unsettled(store: &Store) -> Vec<String> {
    store.unsettled().unwrap().into_iter().map(|verdict| verdict.change).collect()
}

#[test]
fn the_last_verdict_on_a_change_stays() {
    let mut store = store();
    let earlier = verdict("a", TraceState::Pending, 0);
    let later = verdict("a", TraceState::Explained, 1);
    store.save_verdicts(&[earlier]).unwrap();
    store.save_verdicts(&[later.clone(), verdict("b", TraceState::Implied, 1)]).unwrap();
    let found = store.verdicts(&["a".into(), "z".into()]).unwrap();
    assert_eq!(found, [("a".to_owned(), later)].into());
}

#[test]
fn pending_waits_and_what_found_no_cause_waits_for_the_next_import() {
    let mut store = store();
    let first = read_logs(&mut store);
    let verdicts: Vec<_> =
        TraceState::ALL.iter().map(|&state| verdict(state.as_str(), state, first)).collect();
    store.save_verdicts(&verdicts).unwrap();
    assert_eq!(unsettled(&store), ["pending"]);
    let second = read_logs(&mut store);
    assert_eq!(unsettled(&store), ["log-gap", "pending", "unexplained", "unexplained-low-confidence"]);
    store.save_verdicts(&[verdict("log-gap", TraceState::LogGap, second)]).unwrap();
    assert_eq!(unsettled(&store), ["pending", "unexplained", "unexplained-low-confidence"]);
}

#[test]
fn no_verdict_waits_longer_than_400_days() {
    let mut store = store();
    store.save_verdicts(&[verdict("a", TraceState::Pending, 0)]).unwrap();
    complete(&mut store, 2 + 400 * 24, &[]);
    assert_eq!(unsettled(&store), ["a"]);
    complete(&mut store, 3 + 400 * 24, &[]);
    assert_eq!(unsettled(&store), [""; 0]);
}

#[test]
fn an_import_tells_of_the_time_of_its_events_and_intervals_and_no_earlier_one_does() {
    let mut store = store();
    import(&mut store, &[event("a", 10, "alice", "vol-1")]);
    let first = store.last_import().unwrap();
    assert_eq!(store.told_since(0).unwrap().len(), 1);
    assert_eq!(store.told_since(first).unwrap(), []);
    import(&mut store, &[event("a", 10, "alice", "vol-1"), event("b", 20, "alice", "vol-1")]);
    let mut next = store.import_log(&log_opening(3)).unwrap();
    next.cover(&interval(1, 2, LogStatus::Complete)).unwrap();
    next.finish(&LogTally::default()).unwrap();
    let told = store.told_since(first).unwrap();
    let spans: Vec<_> =
        told.iter().map(|window| (window.from == window.to, window.from < window.to)).collect();
    assert_eq!(spans, [(true, false), (false, true)], "what was known tells nothing new");
}
