//! Scans, coverage and what was last listed completely.

use driftline::model::{AccountId, CoverageStatus, Provider, Scan, ScanState};
use driftline::store::{Error, OddElement, Store};

use crate::support::{ACCOUNT, complete, hour, opening, scan, scope_of, see, volume, volumes};

#[test]
fn only_sealed_scans_count_as_latest_and_previous() {
    let mut store = Store::in_memory().unwrap();
    let first = complete(&mut store, 1, &[]);
    drop(store.begin_scan(&opening(2)).unwrap());
    let third = complete(&mut store, 3, &[]);
    assert_eq!(store.latest().unwrap(), Some(third.clone()));
    assert_eq!(store.previous(third.id).unwrap(), Some(first.clone()));
    assert_eq!(store.previous(first.id).unwrap(), None);
    let states: Vec<_> = store.scans().unwrap().into_iter().map(|scan| scan.state).collect();
    assert_eq!(states, [ScanState::Sealed, ScanState::Abandoned, ScanState::Sealed]);
    let abandoned = store.scans().unwrap()[1].id;
    assert!(matches!(store.scan(abandoned), Err(Error::UnknownScan(_))));
}

#[test]
fn an_abandoned_scan_leaves_nothing_but_its_number() {
    let mut store = Store::in_memory().unwrap();
    let mut open = store.begin_scan(&opening(1)).unwrap();
    see(&mut open, &volume("vol-1", 8));
    drop(open);
    let info = store.info().unwrap();
    assert_eq!((info.sealed, info.abandoned, info.resources), (0, 1, 0));
}

#[test]
fn coverage_reads_back_as_it_was_given() {
    let mut store = Store::in_memory().unwrap();
    let coverage =
        [volumes("eu-west-1", CoverageStatus::Denied, 1), volumes("us-east-1", CoverageStatus::Complete, 1)];
    let sealed = scan(&mut store, 1, &[], &coverage);
    assert_eq!(store.coverage(sealed.id).unwrap(), coverage);
}

#[test]
fn two_listings_of_one_scope_prove_what_the_weaker_one_proves() {
    let mut store = Store::in_memory().unwrap();
    let first = complete(&mut store, 1, &[volume("vol-1", 8)]);
    let coverage =
        [CoverageStatus::Partial, CoverageStatus::Complete].map(|status| volumes("us-east-1", status, 2));
    let second = scan(&mut store, 2, &[], &coverage);
    assert_eq!(store.coverage(second.id).unwrap()[0].status, CoverageStatus::Partial);
    assert_eq!(store.transitions(first.id, second.id).unwrap(), []);
}

#[test]
fn the_last_complete_listing_is_told_per_scope() {
    let mut store = Store::in_memory().unwrap();
    let both = |east, west, number| [volumes("us-east-1", east, number), volumes("us-west-2", west, number)];
    let (whole, denied) = (CoverageStatus::Complete, CoverageStatus::Denied);
    let first = scan(&mut store, 1, &[], &both(whole, whole, 1));
    let second = scan(&mut store, 2, &[], &both(whole, denied, 2));
    let third = scan(&mut store, 3, &[], &both(denied, denied, 3));
    let last = |location: &str, scan: &Scan| {
        let scope = volumes(location, whole, 1).scope;
        store.last_complete([&scope], scan.id).unwrap()[0].map(|listing| listing.scan)
    };
    assert_eq!(last("us-east-1", &third), Some(second.id));
    assert_eq!(last("us-west-2", &third), Some(first.id));
    assert_eq!(last("us-east-1", &first), Some(first.id));
    assert_eq!(last("eu-north-1", &third), None);
    let account = AccountId::new(ACCOUNT);
    let open = store.begin_scan(&opening(4)).unwrap();
    assert_eq!(open.scopes(Provider::Aws, &account).unwrap().len(), 2);
    assert_eq!(open.scopes(Provider::Gcp, &account).unwrap(), []);
}

#[test]
fn a_complete_listing_of_every_location_counts_for_each_that_its_scan_does_not_name() {
    let mut store = Store::in_memory().unwrap();
    complete(&mut store, 1, &[]);
    let second = scan(&mut store, 2, &[], &[volumes("*", CoverageStatus::Complete, 2)]);
    let scope = volumes("us-east-1", CoverageStatus::Complete, 1).scope;
    let last = store.last_complete([&scope], second.id).unwrap()[0].unwrap();
    assert_eq!(last.scan, second.id);
}

#[test]
fn the_last_moment_that_an_account_was_listed_is_the_latest_one_not_the_last_sealed() {
    let mut store = Store::in_memory().unwrap();
    let account = AccountId::new(ACCOUNT);
    complete(&mut store, 5, &[]);
    complete(&mut store, 3, &[]);
    let open = store.begin_scan(&opening(6)).unwrap();
    assert_eq!(open.last_taken(Provider::Aws, &account).unwrap(), Some(hour(5)));
    assert_eq!(open.last_taken(Provider::Aws, &AccountId::new("other")).unwrap(), None);
}

#[test]
fn odd_elements_are_kept_raw_up_to_their_limit() {
    let mut store = Store::in_memory().unwrap();
    let odd = OddElement {
        source: "aws/volumes.json".into(),
        position: 17,
        scope: Some(scope_of(&volume("vol-1", 8))),
        code: "no-id".into(),
        message: "`VolumeId` is missing".into(),
        raw: b"{\"Size\": 8}".to_vec(),
    };
    let long = OddElement { position: 99, scope: None, raw: vec![b'x'; 100_000], ..odd.clone() };
    let mut open = store.begin_scan(&opening(1)).unwrap();
    open.keep_odd(&long).unwrap();
    open.keep_odd(&odd).unwrap();
    let sealed = open.seal(&[], hour(1)).unwrap();
    let kept = store.odd_elements(sealed.id).unwrap();
    assert_eq!(kept[0], odd);
    assert_eq!(kept[1].raw.len(), 64 << 10);
}
