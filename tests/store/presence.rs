//! The resources that events name, as two scans saw them.

use driftline::model::{
    Confidence, CoverageStatus, Kind, Locator, Provider, Resource, Role, ScanId, Target, Uid,
};
use driftline::store::{Error, Store};

use crate::support::{complete, machine, machines, scan, volume};

const BEFORE: Option<ScanId> = Some(ScanId(1));
const AFTER: ScanId = ScanId(2);

fn by_uid(provider: Provider, kind: impl Into<Option<Kind>>, uid: &str) -> (Provider, Target) {
    (provider, Target::by_uid(Role::Subject, kind, uid))
}

fn by_locator(machine: &str) -> (Provider, Target) {
    let locator = Locator::new(format!("/subscriptions/sub/vm/{machine}"));
    (Provider::Azure, Target::by_locator(Role::Subject, Kind::Instance, locator))
}

/// What is seen of each target, in short: the size of a volume, the uid of a machine.
fn seen(store: &Store, before: Option<ScanId>, targets: &[(Provider, Target)]) -> Vec<(String, String)> {
    let short = |resource: Option<&Resource>| match resource {
        None => "-".to_owned(),
        Some(resource) if resource.key.kind == Kind::Volume => resource.config["Size"].to_string(),
        Some(resource) => resource.key.uid.to_string(),
    };
    let seen = store.presence(before, AFTER, targets).unwrap();
    seen.iter().map(|(before, after)| (short(before.as_deref()), short(after.as_deref()))).collect()
}

fn pair(before: &str, after: &str) -> (String, String) {
    (before.to_owned(), after.to_owned())
}

#[test]
fn a_uid_leads_to_the_state_at_each_scan() {
    let mut store = Store::in_memory().unwrap();
    let known = "vol-0123456789abcdef0";
    complete(&mut store, 1, &[volume(known, 1), volume("vol-2", 5), volume("vol-4", 8)]);
    complete(&mut store, 2, &[volume(known, 2), volume("vol-3", 7), volume("vol-4", 8)]);
    complete(&mut store, 3, &[volume(known, 3), volume("vol-2", 6)]);
    let targets = [
        by_uid(Provider::Aws, Kind::Volume, known),
        by_uid(Provider::Aws, None, known),
        by_uid(Provider::Aws, Kind::Snapshot, known),
        by_uid(Provider::Gcp, Kind::Volume, known),
        by_uid(Provider::Aws, Kind::Volume, "vol-2"),
        by_uid(Provider::Aws, Kind::Volume, "vol-3"),
        by_uid(Provider::Aws, Kind::Volume, "vol-4"),
        by_uid(Provider::Aws, Kind::Volume, "vol-9"),
        by_uid(Provider::Aws, Kind::Volume, &known.to_uppercase()),
    ];
    let expected = [
        pair("1", "2"),
        pair("1", "2"),
        pair("-", "-"),
        pair("-", "-"),
        pair("5", "-"),
        pair("-", "7"),
        pair("8", "8"),
        pair("-", "-"),
        pair("-", "-"),
    ];
    assert_eq!(seen(&store, BEFORE, &targets), expected);
    assert_eq!(seen(&store, None, &targets[..1]), [pair("-", "2")]);
}

/// The machine `web` is replaced by another of the same name.
fn replaced() -> Store {
    let (old, new) = ("12345678-90ab-cdef-0123-456789abcdef", "22345678-90ab-cdef-0123-456789abcdef");
    let mut store = Store::in_memory().unwrap();
    let complete = |number| [machines(CoverageStatus::Complete, number)];
    scan(&mut store, 1, &[machine(old, "web")], &complete(1));
    scan(&mut store, 2, &[machine(new, "web"), machine("composed", "db")], &complete(2));
    store
}

#[test]
fn a_locator_leads_to_whatever_stood_there_without_case_on_azure() {
    let (old, new) = ("12345678-90ab-cdef-0123-456789abcdef", "22345678-90ab-cdef-0123-456789abcdef");
    let targets = [by_locator("web"), by_locator("WEB"), by_locator("db"), by_locator("we")];
    let expected = [pair(old, new), pair(old, new), pair("-", "composed"), pair("-", "-")];
    assert_eq!(seen(&replaced(), BEFORE, &targets), expected);
}

#[test]
fn another_resource_at_the_same_address_is_not_the_one_with_the_uid() {
    let (old, unknown) = ("12345678-90ab-cdef-0123-456789ABCDEF", "92345678-90ab-cdef-0123-456789abcdef");
    let (_, mut known) = by_locator("web");
    known.uid = Some(Uid::new(old));
    let (_, mut ghost) = by_locator("web");
    ghost.uid = Some(Uid::new(unknown));
    let targets = [(Provider::Azure, known), (Provider::Azure, ghost)];
    assert_eq!(seen(&replaced(), BEFORE, &targets), [pair(&old.to_lowercase(), "-"), pair("-", "-")]);
}

#[test]
fn a_resource_with_a_composed_uid_is_found_by_locator() {
    let mut composed = machine("composed", "web");
    composed.uid_confidence = Confidence::Low;
    let mut store = Store::in_memory().unwrap();
    for number in 1..=2 {
        scan(
            &mut store,
            number,
            std::slice::from_ref(&composed),
            &[machines(CoverageStatus::Complete, number)],
        );
    }
    let (_, mut target) = by_locator("web");
    target.uid = Some(Uid::new("12345678-90ab-cdef-0123-456789abcdef"));
    assert_eq!(seen(&store, BEFORE, &[(Provider::Azure, target)]), [pair("composed", "composed")]);
}

#[test]
fn a_scan_that_is_not_sealed_is_refused() {
    let store = replaced();
    assert!(matches!(store.presence(None, ScanId(9), &[]), Err(Error::UnknownScan(ScanId(9)))));
}
