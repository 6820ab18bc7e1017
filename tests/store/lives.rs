//! Resources over all scans, and what was made from them.

use std::collections::BTreeSet;

use driftline::model::{
    CoverageStatus, Kind, Life, Link, NodeKey, Provider, Rel, Resource, ScanId, Timestamp, Window,
};
use driftline::store::Store;

use crate::support::{complete, hour, machine, machines, scan, volume, volumes};

fn wanted(ids: &[(Provider, Kind, &str)]) -> BTreeSet<NodeKey> {
    ids.iter().map(|(provider, kind, id)| NodeKey::new(*provider, *kind, id)).collect()
}

/// Some minutes past the hour of a scan: a listing begins at one and ends at two.
fn minute(number: i64, minutes: i64) -> Timestamp {
    Timestamp::from_second(hour(number).as_second() + minutes * 60).unwrap()
}

fn listing(number: i64) -> Window {
    Window { from: minute(number, 1), to: minute(number, 2) }
}

fn of_volume(store: &Store, uid: &str) -> Life {
    let [life]: [Life; 1] =
        store.lives(&wanted(&[(Provider::Aws, Kind::Volume, uid)])).unwrap().try_into().unwrap();
    life
}

#[test]
fn a_life_tells_every_state_with_the_listings_that_show_it() {
    let mut store = Store::in_memory().unwrap();
    complete(&mut store, 1, &[volume("vol-1", 1)]);
    complete(&mut store, 2, &[volume("vol-1", 1)]);
    scan(&mut store, 3, &[], &[volumes("us-east-1", CoverageStatus::Denied, 3)]);
    complete(&mut store, 4, &[volume("vol-1", 2)]);
    complete(&mut store, 5, &[]);
    complete(&mut store, 6, &[volume("vol-1", 2)]);
    complete(&mut store, 7, &[volume("vol-1", 2)]);
    let spells = of_volume(&store, "vol-1").spells;
    let told: Vec<_> = spells
        .iter()
        .map(|it| {
            (it.from_scan.0, it.until_scan.map(|scan| scan.0), it.state.config["Size"].as_u64().unwrap())
        })
        .collect();
    assert_eq!(told, [(1, Some(4), 1), (4, Some(5), 2), (6, None, 2)]);
    let seen: Vec<_> = spells.iter().map(|it| (it.first, it.last, it.until)).collect();
    let expected = [
        (listing(1), listing(2), Some(minute(4, 2))),
        (listing(4), listing(4), Some(minute(5, 2))),
        (listing(6), listing(7), None),
    ];
    assert_eq!(seen, expected, "whoever was denied saw nothing");
}

#[test]
fn what_is_gone_is_remembered_and_what_is_unknown_left_out() {
    let mut store = Store::in_memory().unwrap();
    complete(&mut store, 1, &[volume("vol-0123456789abcdef0", 1)]);
    complete(&mut store, 2, &[]);
    let life = of_volume(&store, "vol-0123456789abcdef0");
    assert_eq!(life.spells.last().unwrap().until_scan, Some(ScanId(2)));
    let others = [
        (Provider::Aws, Kind::Volume, "vol-9"),
        (Provider::Aws, Kind::Snapshot, "vol-0123456789abcdef0"),
        (Provider::Gcp, Kind::Volume, "vol-0123456789abcdef0"),
    ];
    assert_eq!(store.lives(&wanted(&others)).unwrap(), []);
    assert_eq!(store.lives(&BTreeSet::new()).unwrap(), []);
}

#[test]
fn a_locator_leads_to_everything_that_ever_stood_there() {
    let (old, new) = ("12345678-90ab-cdef-0123-456789abcdef", "22345678-90ab-cdef-0123-456789abcdef");
    let mut store = Store::in_memory().unwrap();
    let complete = |number| [machines(CoverageStatus::Complete, number)];
    scan(&mut store, 1, &[machine(old, "web"), machine("other", "db")], &complete(1));
    scan(&mut store, 2, &[machine(new, "web")], &complete(2));
    for id in ["/subscriptions/sub/vm/web", "/Subscriptions/SUB/vm/WEB"] {
        let lives = store.lives(&wanted(&[(Provider::Azure, Kind::Instance, id)])).unwrap();
        let uids: Vec<_> = lives.iter().map(|life| life.key.uid.as_str()).collect();
        assert_eq!(uids, [old, new], "{id}");
    }
    let by_uid = wanted(&[(Provider::Azure, Kind::Instance, &old.to_uppercase())]);
    assert_eq!(store.lives(&by_uid).unwrap().len(), 1);
}

/// A volume that was made from a snapshot; a snapshot that was taken of a volume.
fn from(uid: &str, rel: Rel, kind: Kind, origin: &str) -> Resource {
    let mut resource = volume(uid, 1);
    if uid.starts_with("snap") {
        resource.key.kind = Kind::Snapshot;
    }
    resource.links.insert(Link::to_uid(rel, kind, origin));
    resource
}

#[test]
fn descendants_are_followed_down_also_through_what_is_gone() {
    let mut store = Store::in_memory().unwrap();
    let snapshots = |number| {
        let mut coverage = volumes("us-east-1", CoverageStatus::Complete, number);
        coverage.scope.kind = Kind::Snapshot;
        [volumes("us-east-1", CoverageStatus::Complete, number), coverage]
    };
    let snapshot = from("snap-1", Rel::TakenFrom, Kind::Volume, "vol-1");
    let restored = from("vol-2", Rel::CreatedFrom, Kind::Snapshot, "snap-1");
    let beside = from("vol-3", Rel::Attached, Kind::Volume, "vol-1");
    scan(&mut store, 1, &[volume("vol-1", 1), snapshot], &snapshots(1));
    scan(&mut store, 2, &[volume("vol-1", 1), restored, beside], &snapshots(2));
    let of = wanted(&[(Provider::Aws, Kind::Volume, "vol-1")]);
    let found = |generations| store.descendants(&of, generations).unwrap();
    let first = wanted(&[(Provider::Aws, Kind::Snapshot, "snap-1")]);
    let both = wanted(&[(Provider::Aws, Kind::Snapshot, "snap-1"), (Provider::Aws, Kind::Volume, "vol-2")]);
    assert_eq!((found(0), found(1), found(8)), (BTreeSet::new(), first, both));
}
