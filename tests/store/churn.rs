//! What snapshots' comings and goings are held against.

use std::collections::BTreeSet;

use driftline::model::{
    AccountId, Actor, AuditEvent, Class, CoverageStatus, End, Kind, Link, Location, Locator, NodeKey,
    Outcome, Provider, Rel, Remaining, Resource, Role, ScanId, Tally, Target, Window,
};
use driftline::store::Store;

use crate::support::{ACCOUNT, EVER, aws, coverage, event, import, scan, second_of_day};

/// A snapshot that is taken of a volume at some second.
fn taken(id: &str, second: i64, who: &str, volume: &str) -> AuditEvent {
    let targets = [
        Target::by_uid(Role::Created, Kind::Snapshot, format!("snap-{id}")),
        Target::by_uid(Role::Source, Kind::Volume, volume),
    ];
    AuditEvent {
        class: Class::SnapshotCreate,
        operation: "CreateSnapshot".into(),
        targets: targets.into(),
        ..event(id, second, who, volume)
    }
}

fn brief(tallies: &[Tally]) -> Vec<(i64, String, bool, u32)> {
    let minute = |tally: &Tally| tally.at.duration_since(second_of_day(0)).as_secs() / 60;
    let name = |tally: &Tally| tally.actor.rsplit("AROA").next().unwrap_or_default().to_owned();
    tallies.iter().map(|tally| (minute(tally), name(tally), tally.by_service, tally.count)).collect()
}

fn window(from: i64, to: i64) -> Window {
    Window { from: second_of_day(from), to: second_of_day(to) }
}

#[test]
fn calls_that_succeeded_are_counted_by_ten_minutes_and_who() {
    let mut store = Store::in_memory().unwrap();
    let dlm = taken("e-6", 20, "dlm", "vol-2");
    let dlm = AuditEvent { actor: Actor { service: Some("dlm".into()), ..dlm.actor }, ..dlm };
    let refused = AuditEvent { outcome: Outcome::plain(End::Denied), ..taken("e-5", 15, "alice", "vol-1") };
    let accepted =
        AuditEvent { outcome: Outcome::plain(End::Accepted), ..taken("e-7", 16, "alice", "vol-1") };
    import(
        &mut store,
        &[
            taken("e-1", 0, "alice", "vol-1"),
            taken("e-2", 599, "alice", "vol-2"),
            taken("e-3", 600, "alice", "vol-1"),
            taken("e-4", 10, "bob", "vol-1"),
            refused,
            dlm,
            accepted,
            event("e-8", 30, "alice", "vol-1"),
        ],
    );
    let classes = [Class::SnapshotCreate, Class::SnapshotCopy];
    let of = |name: &str, service, count| (0, name.to_owned(), service, count);
    let first = [of("alice", false, 2), of("bob", false, 1), of("dlm", true, 1)];
    let who = ["alice", "bob", "dlm"].map(|name| format!("arn#AROA{name}")).into();
    let all = store.tallies(EVER, &classes, &who).unwrap();
    assert_eq!(brief(&all), [&first[..], &[(10, "alice".to_owned(), false, 1)]].concat());
    assert_eq!(brief(&store.tallies(window(0, 600), &classes, &who).unwrap()), first);
    let deleted = store.tallies(EVER, &[Class::VolumeDelete], &who).unwrap();
    assert_eq!(brief(&deleted), [of("alice", false, 1)]);
    let only_bob = store.tallies(window(0, 600), &classes, &["arn#AROAbob".to_owned()].into()).unwrap();
    assert_eq!(brief(&only_bob), [of("", false, 2), of("", true, 1), of("bob", false, 1)]);
    let of_disk = store.tallies_of("vol-1", EVER, &classes).unwrap();
    assert_eq!(brief(&of_disk), [of("", false, 2), (10, String::new(), false, 1)]);
    assert_eq!(store.tallies_of("vol-9", EVER, &classes).unwrap(), []);
}

fn snapshot(uid: &str, volume: &str) -> Resource {
    let (account, location) = (AccountId::new(ACCOUNT), Location::new("us-east-1"));
    let mut snapshot = Resource::new(aws(Kind::Snapshot, uid), account, location, Locator::new(uid));
    snapshot.created_at = Some(second_of_day(0));
    snapshot.links.insert(Link::to_uid(Rel::TakenFrom, Kind::Volume, volume));
    snapshot
}

#[test]
fn what_is_left_is_what_stood_at_the_scan_in_the_account() {
    let mut store = Store::in_memory().unwrap();
    let recycled = Resource { key: aws(Kind::Recycled, "snap-9"), ..snapshot("snap-9", "vol-1") };
    let strange = Resource { account: AccountId::new("999988887777"), ..snapshot("snap-8", "vol-1") };
    let scans: [Vec<Resource>; 3] = [
        vec![snapshot("snap-1", "vol-1"), snapshot("snap-2", "vol-1"), strange.clone()],
        vec![snapshot("snap-2", "vol-1"), recycled, strange.clone()],
        vec![snapshot("snap-3", "vol-3"), strange],
    ];
    for (number, seen) in (1..).zip(&scans) {
        let scopes: BTreeSet<_> = scans.iter().flatten().map(Resource::scope).collect();
        let coverage: Vec<_> =
            scopes.into_iter().map(|scope| coverage(scope, CoverageStatus::Complete, number)).collect();
        scan(&mut store, number, seen, &coverage);
    }
    let of = [(Provider::Aws, AccountId::new(ACCOUNT))].into();
    let left = |number| store.remaining_snapshots(ScanId(number), &of).unwrap();
    let uids = |left: &[Remaining]| left.iter().map(|left| left.key.id.clone()).collect::<Vec<_>>();
    assert_eq!(uids(&left(1)), ["snap-1", "snap-2"]);
    assert_eq!(uids(&left(2)), ["snap-2", "snap-9"]);
    assert_eq!(uids(&left(3)), ["snap-3"]);
    let second = left(2);
    assert_eq!(second[1].key, NodeKey::new(Provider::Aws, Kind::Recycled, "snap-9"));
    assert_eq!(second[0].created_at, Some(second_of_day(0)));
    assert_eq!(second[0].sources, ["vol-1".to_owned()].into());
    assert_eq!(store.remaining_snapshots(ScanId(3), &BTreeSet::new()).unwrap(), []);
}

#[test]
fn accounts_that_were_scanned_or_read_are_ones_own_and_old_strangers_are_known() {
    let mut store = Store::in_memory().unwrap();
    let stranger = Actor { key: "account:999988887777".into(), external: true, ..Actor::unknown() };
    import(&mut store, &[AuditEvent { actor: stranger, ..event("e-1", 60, "x", "vol-1") }]);
    let account = Resource { key: aws(Kind::Account, "444455556666"), ..snapshot("444455556666", "vol-1") };
    scan(&mut store, 1, &[account], &[]);
    let own = store.own_accounts().unwrap();
    let own: Vec<_> = own.iter().map(|(_, account)| account.as_str()).collect();
    assert_eq!(own, [ACCOUNT, "444455556666"]);
    assert_eq!(store.strangers_before(second_of_day(60)).unwrap(), BTreeSet::new());
    let known = store.strangers_before(second_of_day(61)).unwrap();
    assert_eq!(known, ["account:999988887777".to_owned()].into());
}

#[test]
fn what_came_and_went_is_counted_by_scan_from_the_second_complete_listing_on() {
    let mut store = Store::in_memory().unwrap();
    let of = |uids: &[&str]| uids.iter().map(|uid| snapshot(uid, "vol-1")).collect::<Vec<_>>();
    let scope = snapshot("snap-1", "vol-1").scope();
    let scans = [
        (of(&["snap-1"]), CoverageStatus::Complete),
        (of(&["snap-1", "snap-2", "snap-3"]), CoverageStatus::Complete),
        (of(&["snap-1"]), CoverageStatus::Denied),
        (of(&["snap-3"]), CoverageStatus::Complete),
        (of(&["snap-3", "snap-4"]), CoverageStatus::Complete),
    ];
    for (number, (seen, status)) in (1..).zip(&scans) {
        scan(&mut store, number, seen, &[coverage(scope.clone(), *status, number)]);
    }
    let accounts = [(Provider::Aws, AccountId::new(ACCOUNT))].into();
    let steps = store.snapshot_steps(second_of_day(0), ScanId(4), &accounts).unwrap();
    let brief: Vec<_> = steps
        .iter()
        .map(|step| (step.at.duration_since(second_of_day(0)).as_hours(), step.made, step.gone))
        .collect();
    assert_eq!(brief, [(2, 2, 0), (4, 0, 2)]);
    assert_eq!(store.snapshot_steps(second_of_day(0), ScanId(4), &BTreeSet::new()).unwrap(), []);
}
