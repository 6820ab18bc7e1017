//! What earlier scans tell of accounts and places.

use driftline::model::{
    AccountId, AuditEvent, Class, CoverageStatus, Kind, Location, Place, Provider, ScanId, Scope, Timestamp,
    Usage, Window,
};
use driftline::store::Store;

use crate::support::{
    ACCOUNT, coverage, event, hour, import, machine, machines, scan, second_of_day, volume_in, volumes,
};

fn instances(location: &str, status: CoverageStatus, number: i64) -> driftline::model::Coverage {
    let scope = Scope {
        provider: Provider::Aws,
        account: AccountId::new(ACCOUNT),
        location: Location::new(location),
        kind: Kind::Instance,
    };
    coverage(scope, status, number)
}

fn usage(store: &Store, place: (Provider, &str, &str), since: Timestamp, until: i64) -> Usage {
    let place: Place = (place.0, AccountId::new(place.1), Location::new(place.2));
    let usage = store.usage([place.clone()].into(), since, ScanId(until)).unwrap();
    usage[&place]
}

#[test]
fn a_place_is_unused_only_if_every_listing_since_then_is_complete_and_saw_nothing() {
    let (complete, partial) = (CoverageStatus::Complete, CoverageStatus::Partial);
    let mut store = Store::in_memory().unwrap();
    for number in 1..=3 {
        let dark = if number == 2 { partial } else { complete };
        let seen = [volume_in("us-east-1", "vol-1", 1)];
        let listed = [
            volumes("us-east-1", complete, number),
            instances("us-east-1", complete, number),
            instances("eu-west-1", complete, number),
            instances("ap-east-1", dark, number),
        ];
        scan(&mut store, number, &seen, &listed);
    }
    let of = |place, since| usage(&store, (Provider::Aws, ACCOUNT, place), hour(since), 3);
    assert_eq!(of("us-east-1", 1), Usage::Used);
    assert_eq!(of("eu-west-1", 2), Usage::Unused);
    assert_eq!(of("eu-west-1", 1), Usage::Unused, "a scan of just that moment reaches back far enough");
    assert_eq!(of("eu-west-1", 0), Usage::Unknown, "no scan reaches back so far");
    assert_eq!(of("ap-east-1", 1), Usage::Unknown, "one listing was partial");
    assert_eq!(of("sa-east-1", 1), Usage::Unknown, "nobody ever looked there");
}

#[test]
fn what_came_later_makes_no_place_used() {
    let mut store = Store::in_memory().unwrap();
    let complete = CoverageStatus::Complete;
    scan(&mut store, 1, &[], &[machines(complete, 1)]);
    scan(&mut store, 2, &[machine("12345678-90ab-cdef-0123-456789abcdef", "web")], &[machines(complete, 2)]);
    let of = |until| usage(&store, (Provider::Azure, "sub", "westeurope"), hour(1), until);
    assert_eq!((of(1), of(2)), (Usage::Unused, Usage::Used));
}

#[test]
fn accounts_that_were_scanned_are_ones_own() {
    let mut store = Store::in_memory().unwrap();
    scan(&mut store, 1, &[], &[machines(CoverageStatus::Complete, 1)]);
    assert_eq!(store.own_accounts().unwrap(), [(Provider::Azure, AccountId::new("sub"))].into());
}

#[test]
fn events_of_classes_are_found_within_a_window() {
    let of = |id, second, class| AuditEvent { class, ..event(id, second, "alice", "vol-1") };
    let mut store = Store::in_memory().unwrap();
    let events = [
        of("1", 10, Class::RegionEnable),
        of("2", 20, Class::QuotaRequest),
        of("3", 20, Class::VolumeDelete),
        of("4", 90, Class::RegionEnable),
    ];
    import(&mut store, &events);
    let found = |classes: &[Class], from, to| {
        let window = Window { from: second_of_day(from), to: second_of_day(to) };
        let events = store.events_of(classes, window).unwrap();
        events.iter().map(|event| event.id.as_str().to_owned()).collect::<String>()
    };
    assert_eq!(found(&[Class::RegionEnable, Class::QuotaRequest], 0, 50), "12");
    assert_eq!(found(&[Class::RegionEnable], 0, 99), "14");
    assert_eq!(found(&[Class::IamGrant], 0, 99), "");
}
