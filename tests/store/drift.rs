//! What differs between two scans.

use driftline::model::{CoverageStatus, ScanId, Window};
use driftline::store::{Observed, Store};

use crate::support::{
    brief, complete, hour, machine, machines, observation, opening, scan, see, terminated, transitions,
    volume, volumes,
};

#[test]
fn the_same_state_twice_has_no_transition_and_adds_no_document() {
    let mut store = Store::in_memory().unwrap();
    let estate = [volume("vol-1", 8), volume("vol-2", 9)];
    let first = complete(&mut store, 1, &estate);
    let mut open = store.begin_scan(&opening(2)).unwrap();
    for resource in &estate {
        assert_eq!(see(&mut open, resource), None, "known by its bytes");
    }
    let second = open.seal(&[volumes("us-east-1", CoverageStatus::Complete, 2)], hour(3)).unwrap();
    assert!(transitions(&store, first.id, second.id).is_empty());
}

#[test]
fn a_complete_listing_shows_what_appeared_changed_and_vanished() {
    let mut store = Store::in_memory().unwrap();
    let first = complete(&mut store, 1, &[volume("vol-1", 8), volume("vol-2", 9), volume("vol-3", 1)]);
    let second = complete(&mut store, 2, &[volume("vol-1", 8), volume("vol-2", 10), volume("vol-4", 1)]);
    let changes = transitions(&store, first.id, second.id);
    let expected =
        [("vol-2".into(), true, true), ("vol-3".into(), true, false), ("vol-4".into(), false, true)];
    assert_eq!(brief(&changes), expected);
    assert_eq!(changes[0].before, Some(volume("vol-2", 9)));
    assert_eq!(changes[0].after, Some(volume("vol-2", 10)));
    assert!(changes.iter().all(|change| change.listed_before && !change.known_earlier));
    let from = volumes("us-east-1", CoverageStatus::Complete, 1).started_at;
    let to = volumes("us-east-1", CoverageStatus::Complete, 2).finished_at;
    assert!(changes.iter().all(|change| change.window == Window { from, to }));
    assert!(transitions(&store, second.id, second.id).is_empty());
}
