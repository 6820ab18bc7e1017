//! What differs between two scans.

use driftline::model::{CoverageStatus, Location, Resource, ScanId, Seal, Window};
use driftline::store::{Error, Observed, Store};

use crate::support::{
    brief, complete, hour, large, machine, machines, observation, opening, scan, see, terminated,
    transitions, volume, volume_in, volumes,
};

#[test]
fn the_same_state_twice_has_no_transition_and_adds_no_revision() {
    let mut store = Store::in_memory().unwrap();
    let estate = [volume("vol-1", 8), volume("vol-2", 9)];
    let first = complete(&mut store, 1, &estate);
    let revisions = store.info().unwrap().revisions;
    let mut open = store.begin_scan(&opening(2)).unwrap();
    for resource in &estate {
        assert_eq!(see(&mut open, resource), None, "known by its bytes");
    }
    let second = open.seal(&[volumes("us-east-1", CoverageStatus::Complete, 2)], hour(3)).unwrap();
    assert!(transitions(&store, first.id, second.id).is_empty());
    assert_eq!(store.info().unwrap().revisions, revisions);
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
    assert_eq!(changes[0].before.as_deref(), Some(&volume("vol-2", 9)));
    assert_eq!(changes[0].after.as_deref(), Some(&volume("vol-2", 10)));
    assert!(changes.iter().all(|change| change.listed_before && !change.known_earlier));
    let from = volumes("us-east-1", CoverageStatus::Complete, 1).started_at;
    let to = volumes("us-east-1", CoverageStatus::Complete, 2).finished_at;
    assert!(changes.iter().all(|change| change.window == Window { from, to }));
    assert!(transitions(&store, second.id, second.id).is_empty());
}

#[test]
fn a_denied_region_is_unknown_not_vanished() {
    let mut store = Store::in_memory().unwrap();
    let east = volume("vol-1", 8);
    let west = volume_in("us-west-2", "vol-2", 8);
    let both = |east, west, number| [volumes("us-east-1", east, number), volumes("us-west-2", west, number)];
    let whole = both(CoverageStatus::Complete, CoverageStatus::Complete, 1);
    let first = scan(&mut store, 1, &[east, west], &whole);
    let denied = both(CoverageStatus::Complete, CoverageStatus::Denied, 2);
    let second = scan(&mut store, 2, &[], &denied);
    let changes = transitions(&store, first.id, second.id);
    assert_eq!(brief(&changes), [("vol-1".into(), true, false)]);
    assert_eq!(store.resources_at(second.id).unwrap(), [volume_in("us-west-2", "vol-2", 8)]);
}

#[test]
fn no_status_but_complete_closes_anything() {
    for &status in CoverageStatus::ALL {
        let mut store = Store::in_memory().unwrap();
        let first = complete(&mut store, 1, &[volume("vol-1", 8)]);
        let second = scan(&mut store, 2, &[], &[volumes("us-east-1", status, 2)]);
        let vanished = transitions(&store, first.id, second.id).len();
        assert_eq!(vanished, usize::from(status == CoverageStatus::Complete), "{status}");
    }
}

#[test]
fn a_listing_of_every_location_closes_nothing_where_another_speaks_for_the_location() {
    let mut store = Store::in_memory().unwrap();
    let estate = [volume("vol-1", 8), volume_in("us-west-2", "vol-2", 8)];
    let first = scan(&mut store, 1, &estate, &[volumes("*", CoverageStatus::Complete, 1)]);
    let coverage =
        [volumes("*", CoverageStatus::Complete, 2), volumes("us-west-2", CoverageStatus::Failed, 2)];
    let second = scan(&mut store, 2, &[], &coverage);
    assert_eq!(brief(&transitions(&store, first.id, second.id)), [("vol-1".into(), true, false)]);
}

#[test]
fn after_five_unlistable_scans_the_window_begins_at_the_last_complete_one() {
    let mut store = Store::in_memory().unwrap();
    complete(&mut store, 1, &[volume("vol-1", 8), volume("vol-2", 8)]);
    let last_complete = complete(&mut store, 2, &[volume("vol-1", 8), volume("vol-2", 8)]);
    for number in 3..8 {
        scan(&mut store, number, &[], &[volumes("us-east-1", CoverageStatus::Throttled, number)]);
    }
    let before = store.latest().unwrap().unwrap();
    let after = complete(&mut store, 8, &[volume("vol-2", 9), volume("vol-3", 1)]);
    let changes = transitions(&store, before.id, after.id);
    let expected =
        [("vol-1".into(), true, false), ("vol-2".into(), true, true), ("vol-3".into(), false, true)];
    assert_eq!(brief(&changes), expected);
    let from = volumes("us-east-1", CoverageStatus::Complete, 2).started_at;
    let to = volumes("us-east-1", CoverageStatus::Complete, 8).finished_at;
    assert!(changes.iter().all(|change| change.window == Window { from, to }), "{changes:#?}");
    assert_eq!(transitions(&store, last_complete.id, before.id), []);
}

#[test]
fn a_state_first_seen_in_a_partial_listing_is_proven_by_it() {
    let mut store = Store::in_memory().unwrap();
    complete(&mut store, 1, &[volume("vol-1", 8)]);
    let partial = volumes("us-east-1", CoverageStatus::Partial, 2);
    let second = scan(&mut store, 2, &[volume("vol-1", 9)], std::slice::from_ref(&partial));
    let third = complete(&mut store, 3, &[volume("vol-1", 10)]);
    let changes = transitions(&store, second.id, third.id);
    assert_eq!(changes[0].window.from, partial.started_at);
}

#[test]
fn the_vendors_word_that_it_is_gone_counts_once() {
    let mut store = Store::in_memory().unwrap();
    let first = complete(&mut store, 1, &[volume("vol-1", 8)]);
    let second = complete(&mut store, 2, &[terminated(volume("vol-1", 8))]);
    let third = complete(&mut store, 3, &[]);
    let gone = transitions(&store, first.id, second.id);
    assert!(gone[0].after.as_ref().unwrap().is_gone());
    assert_eq!(transitions(&store, second.id, third.id), []);
    assert_eq!(brief(&transitions(&store, first.id, third.id)), [("vol-1".into(), true, false)]);
}

#[test]
fn what_was_known_and_absent_is_known_earlier_when_it_is_back() {
    let mut store = Store::in_memory().unwrap();
    complete(&mut store, 1, &[volume("vol-1", 8)]);
    let second = complete(&mut store, 2, &[]);
    let third = complete(&mut store, 3, &[volume("vol-1", 8), volume("vol-2", 8)]);
    let changes = transitions(&store, second.id, third.id);
    let known: Vec<_> = changes.iter().map(|change| change.known_earlier).collect();
    assert_eq!(known, [true, false]);
    assert!(changes.iter().all(|change| change.before.is_none() && change.listed_before));
}

#[test]
fn what_was_only_ever_seen_as_gone_is_not_known_earlier() {
    let mut store = Store::in_memory().unwrap();
    complete(&mut store, 1, &[terminated(volume("vol-1", 8))]);
    let second = complete(&mut store, 2, &[]);
    let third = complete(&mut store, 3, &[volume("vol-1", 8)]);
    assert!(!transitions(&store, second.id, third.id)[0].known_earlier);
}

#[test]
fn the_first_listing_of_a_scope_is_no_evidence_that_anything_appeared() {
    let mut store = Store::in_memory().unwrap();
    let first = complete(&mut store, 1, &[]);
    let west = volumes("us-west-2", CoverageStatus::Complete, 2);
    let second = scan(&mut store, 2, &[volume_in("us-west-2", "vol-1", 8)], &[west]);
    let third = complete(&mut store, 3, &[volume("vol-2", 8)]);
    assert!(!transitions(&store, first.id, second.id)[0].listed_before);
    assert!(transitions(&store, second.id, third.id)[0].listed_before);
}

#[test]
fn there_and_back_between_two_scans_is_no_transition() {
    let mut store = Store::in_memory().unwrap();
    let first = complete(&mut store, 1, &[volume("vol-1", 8)]);
    complete(&mut store, 2, &[volume("vol-1", 9), volume("vol-2", 1)]);
    let third = complete(&mut store, 3, &[volume("vol-1", 8)]);
    assert_eq!(transitions(&store, first.id, third.id), []);
}

#[test]
fn another_location_is_a_transition_though_the_document_is_the_same() {
    let mut store = Store::in_memory().unwrap();
    let everywhere = |number| [volumes("*", CoverageStatus::Complete, number)];
    let first = scan(&mut store, 1, &[volume("vol-1", 8)], &everywhere(1));
    let second = scan(&mut store, 2, &[volume_in("us-west-2", "vol-1", 8)], &everywhere(2));
    let changes = transitions(&store, first.id, second.id);
    assert_eq!(changes[0].after.as_ref().unwrap().location, Location::new("us-west-2"));
}

#[test]
fn another_uid_under_a_locator_closes_the_one_before_without_a_complete_listing() {
    let mut store = Store::in_memory().unwrap();
    let unknown = |number| [machines(CoverageStatus::Unknown, number)];
    let first = scan(&mut store, 1, &[machine("u-1", "web"), machine("u-2", "db")], &unknown(1));
    let second = scan(&mut store, 2, &[machine("u-3", "web")], &unknown(2));
    let changes = transitions(&store, first.id, second.id);
    assert_eq!(brief(&changes), [("u-1".into(), true, false), ("u-3".into(), false, true)]);
    let at: Vec<_> =
        store.resources_at(second.id).unwrap().into_iter().map(|resource| resource.key.uid).collect();
    assert_eq!(at.iter().map(ToString::to_string).collect::<Vec<_>>(), ["u-2", "u-3"]);
}

#[test]
fn two_uids_under_a_locator_that_one_scan_saw_both_stay() {
    let mut store = Store::in_memory().unwrap();
    let unknown = |number| [machines(CoverageStatus::Unknown, number)];
    let first = scan(&mut store, 1, &[machine("u-1", "web")], &unknown(1));
    let second = scan(&mut store, 2, &[machine("u-3", "web"), machine("u-1", "web")], &unknown(2));
    assert_eq!(brief(&transitions(&store, first.id, second.id)), [("u-3".into(), false, true)]);
}

#[test]
fn scans_named_backwards_are_refused() {
    let mut store = Store::in_memory().unwrap();
    let first = complete(&mut store, 1, &[]);
    let second = complete(&mut store, 2, &[]);
    assert!(matches!(store.transitions(second.id, first.id), Err(Error::Backwards { .. })));
    assert!(matches!(store.transitions(first.id, ScanId(9)), Err(Error::UnknownScan(ScanId(9)))));
}

#[test]
fn one_uid_twice_in_one_scan_is_a_duplicate_or_a_conflict() {
    let mut store = Store::in_memory().unwrap();
    let mut open = store.begin_scan(&opening(1)).unwrap();
    let seen = [8, 8, 9].map(|size| open.observe(observation(&volume("vol-1", size))).unwrap());
    assert_eq!(seen, [Observed::Opened, Observed::Duplicate, Observed::Conflict]);
}

/// Seals a scan that sees one volume in several states, after one that saw it in an earlier one, and goes on
/// to one that sees another volume.
fn seals_of(
    make: fn(&str, u32) -> Resource,
    earlier: Option<u32>,
    sizes: &[u32],
) -> (Vec<Option<Seal>>, usize) {
    let mut store = Store::in_memory().unwrap();
    let estate: Vec<_> = earlier.into_iter().map(|size| make("vol-1", size)).collect();
    let first = complete(&mut store, 1, &estate);
    let mut estate: Vec<_> = sizes.iter().map(|&size| make("vol-1", size)).collect();
    let second = complete(&mut store, 2, &estate);
    estate.push(volume("vol-2", 1));
    let third = complete(&mut store, 3, &estate);
    store.verify(driftline::store::Depth::Full, third.seal).unwrap();
    assert_eq!(brief(&transitions(&store, second.id, third.id)), [("vol-2".into(), false, true)]);
    (vec![second.seal, third.seal], transitions(&store, first.id, second.id).len())
}

#[test]
fn which_state_of_a_conflict_stays_does_not_depend_on_the_order() {
    let orders = [[1, 2, 3], [1, 3, 2], [2, 1, 3], [2, 3, 1], [3, 1, 2], [3, 2, 1]];
    for make in [volume, large] {
        for earlier in [None, Some(1), Some(2), Some(3), Some(4)] {
            let ends: Vec<_> = orders.iter().map(|order| seals_of(make, earlier, order)).collect();
            assert!(ends.iter().all(|end| end == &ends[0]), "{earlier:?}: {ends:?}");
        }
        let changed = [1, 2, 3].map(|earlier| seals_of(make, Some(earlier), &[1, 2, 3]).1);
        assert_eq!(changed.iter().sum::<usize>(), 2, "one of the three states is the one that stays");
    }
}

#[test]
fn documents_that_fill_many_blocks_read_back() {
    let mut store = Store::in_memory().unwrap();
    let estate = |size| -> Vec<_> { (0..9_000).map(|uid| volume(&format!("vol-{uid:05}"), size)).collect() };
    let first = complete(&mut store, 1, &estate(8));
    let second = complete(&mut store, 2, &estate(9));
    assert_eq!(store.resources_at(first.id).unwrap(), estate(8));
    let changes = transitions(&store, first.id, second.id);
    let after: Vec<_> = changes.into_iter().filter_map(|change| change.after).collect();
    assert!(after.iter().map(|resource| &**resource).eq(&estate(9)));
    assert_eq!(store.verify(driftline::store::Depth::Full, None).unwrap().documents, 18_000);
}
