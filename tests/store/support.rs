//! A small estate, the scans of it, and what its logs say.

use driftline::model::{
    AccountId, Actor, ActorKind, AuditEvent, Class, Client, Coverage, CoverageStatus, EVERYWHERE, EventId,
    Kind, Location, Locator, LogInterval, LogScope, LogStatus, OddRecord, Phase, Provider, Reason, Resource,
    ResourceKey, Role, Scan, ScanId, Scope, State, Target, Timestamp, Transition, Uid, Window,
};
use driftline::store::{
    Fingerprint, LogOpening, LogTally, Observation, Observed, OpenScan, Opening, Store, Taken,
};

pub(crate) const ACCOUNT: &str = "123456789012";

/// The moment that a scan with a number is dated: one an hour.
pub(crate) fn hour(number: i64) -> Timestamp {
    Timestamp::from_second(1_767_225_600 + number * 3600).unwrap()
}

pub(crate) fn opening(number: i64) -> Opening {
    Opening {
        started_at: Timestamp::now(),
        taken_at: hour(number),
        tool_version: "0.1.0".into(),
        holder: format!("run {number}"),
        origin: "files".into(),
    }
}

pub(crate) fn aws(kind: Kind, uid: &str) -> ResourceKey {
    ResourceKey { provider: Provider::Aws, kind, uid: Uid::new(uid) }
}

/// A volume in `us-east-1` with a size.
pub(crate) fn volume(uid: &str, size: u32) -> Resource {
    volume_in("us-east-1", uid, size)
}

pub(crate) fn volume_in(location: &str, uid: &str, size: u32) -> Resource {
    let mut volume = Resource::new(
        aws(Kind::Volume, uid),
        AccountId::new(ACCOUNT),
        Location::new(location),
        Locator::new(uid),
    );
    volume.name = Some(format!("disk-{uid}"));
    volume.config.insert("Size".into(), size.into());
    volume
}

/// A volume so large that the store writes it at once instead of waiting for more to pack with it.
pub(crate) fn large(uid: &str, size: u32) -> Resource {
    let mut volume = volume(uid, size);
    volume.config.insert("Large".into(), "x".repeat(1 << 20).into());
    volume
}

/// An Azure virtual machine under a name that another one may take.
pub(crate) fn machine(uid: &str, name: &str) -> Resource {
    let key = ResourceKey { provider: Provider::Azure, kind: Kind::Instance, uid: Uid::new(uid) };
    let locator = Locator::new(format!("/subscriptions/sub/vm/{name}"));
    Resource::new(key, AccountId::new("sub"), Location::new("westeurope"), locator)
}

pub(crate) fn terminated(mut resource: Resource) -> Resource {
    resource.state = Some(State { phase: Phase::Terminated, native: "terminated".into() });
    resource
}

pub(crate) fn scope_of(resource: &Resource) -> Scope {
    resource.scope()
}

/// How a scan listed a scope, between a minute past its hour and two.
pub(crate) fn coverage(scope: Scope, status: CoverageStatus, number: i64) -> Coverage {
    let reason = Reason { code: status.to_string(), message: "said so".into() };
    let reasons = if status == CoverageStatus::Complete { vec![] } else { vec![reason] };
    let minute = |minutes: i64| Timestamp::from_second(hour(number).as_second() + minutes * 60).unwrap();
    Coverage { scope, status, listed: 0, reasons, started_at: minute(1), finished_at: minute(2) }
}

/// The coverage of volumes in a region of the usual account.
pub(crate) fn volumes(location: &str, status: CoverageStatus, number: i64) -> Coverage {
    let scope = Scope {
        provider: Provider::Aws,
        account: AccountId::new(ACCOUNT),
        location: Location::new(location),
        kind: Kind::Volume,
    };
    coverage(scope, status, number)
}

/// The coverage of all virtual machines of the usual subscription.
pub(crate) fn machines(status: CoverageStatus, number: i64) -> Coverage {
    let scope = Scope {
        provider: Provider::Azure,
        account: AccountId::new("sub"),
        location: Location::new(EVERYWHERE),
        kind: Kind::Instance,
    };
    coverage(scope, status, number)
}

/// Stands in for the native bytes: the whole resource.
pub(crate) fn fingerprint(resource: &Resource) -> Fingerprint {
    let text = format!("{resource:?}");
    let hash = blake3::hash(text.as_bytes());
    Fingerprint(hash.as_bytes()[..16].try_into().unwrap())
}

pub(crate) fn observation(resource: &Resource) -> Observation {
    Observation::new(resource.clone(), fingerprint(resource)).unwrap()
}

/// Sees a resource as the pipeline does: by its bytes if they are known, else by its state.
pub(crate) fn see(open: &mut OpenScan<'_>, resource: &Resource) -> Option<Observed> {
    let known = open.known().unwrap();
    if let Some((row, _)) = known.find(fingerprint(resource)) {
        open.confirm(row).unwrap();
        return None;
    }
    Some(open.observe(observation(resource)).unwrap())
}

/// Makes and seals a scan.
pub(crate) fn scan(store: &mut Store, number: i64, seen: &[Resource], coverage: &[Coverage]) -> Scan {
    let mut open = store.begin_scan(&opening(number)).unwrap();
    for resource in seen {
        see(&mut open, resource);
    }
    open.seal(coverage, Timestamp::now()).unwrap()
}

/// Makes and seals a scan of `us-east-1`'s volumes that is complete.
pub(crate) fn complete(store: &mut Store, number: i64, seen: &[Resource]) -> Scan {
    scan(store, number, seen, &[volumes("us-east-1", CoverageStatus::Complete, number)])
}

pub(crate) fn transitions(store: &Store, before: ScanId, after: ScanId) -> Vec<Transition> {
    store.transitions(before, after).unwrap()
}

/// A transition in short: uid, whether there was something before, whether there is something after.
pub(crate) fn brief(transitions: &[Transition]) -> Vec<(String, bool, bool)> {
    transitions
        .iter()
        .map(|change| (change.key.uid.to_string(), change.before.is_some(), change.after.is_some()))
        .collect()
}

/// A CloudTrail record of some second of the first hour, in which `who` did something to a volume.
pub(crate) fn event(id: &str, second: i64, who: &str, volume: &str) -> AuditEvent {
    let actor = Actor {
        key: format!("arn#AROA{who}"),
        name: format!("arn:aws:iam::{ACCOUNT}:role/{who}"),
        kind: ActorKind::RoleSession,
        session: Some(format!("{who}@example.org")),
        ..Actor::unknown()
    };
    AuditEvent {
        id: EventId::new(id),
        account: AccountId::new(ACCOUNT),
        location: Location::new("us-east-1"),
        log: "cloudtrail".into(),
        service: "ec2.amazonaws.com".into(),
        operation: "DeleteVolume".into(),
        class: Class::VolumeDelete,
        actor,
        client: Client { ip: Some("203.0.113.7".into()), ..Client::default() },
        targets: [Target::by_uid(Role::Subject, Kind::Volume, volume)].into(),
        correlation: [format!("request-{id}")].into(),
        facts: [("dry_run".to_owned(), false.into())].into(),
        ..AuditEvent::blank(Provider::Aws, second_of_day(second))
    }
}

pub(crate) fn second_of_day(second: i64) -> Timestamp {
    Timestamp::from_second(hour(0).as_second() + second).unwrap()
}

/// An Activity Log record on a virtual machine.
pub(crate) fn azure_event(id: &str, second: i64, machine: &str) -> AuditEvent {
    let locator = Locator::new(format!("/subscriptions/sub/vm/{machine}"));
    AuditEvent {
        provider: Provider::Azure,
        account: AccountId::new("sub"),
        location: Location::new(EVERYWHERE),
        log: "activity-log".into(),
        service: "Microsoft.Compute".into(),
        operation: "Microsoft.Compute/virtualMachines/delete".into(),
        class: Class::InstanceDelete,
        targets: [Target::by_locator(Role::Subject, Kind::Instance, locator)].into(),
        ..event(id, second, "carol", "")
    }
}

pub(crate) fn log_opening(number: i64) -> LogOpening {
    LogOpening { started_at: Timestamp::now(), origin: format!("logs/{number}") }
}

/// Imports events outside of any scan.
pub(crate) fn import(store: &mut Store, events: &[AuditEvent]) -> Vec<Taken> {
    let mut import = store.import_log(&log_opening(1)).unwrap();
    let taken = events.iter().map(|event| import.take(event).unwrap()).collect();
    import.finish(&LogTally::default()).unwrap();
    taken
}

/// Everything that can have happened.
pub(crate) const EVER: Window = Window { from: Timestamp::MIN, to: Timestamp::MAX };

pub(crate) fn interval(from: i64, to: i64, status: LogStatus) -> LogInterval {
    let scope = LogScope {
        provider: Provider::Aws,
        account: AccountId::new(ACCOUNT),
        location: Location::new("us-east-1"),
        source: "cloudtrail".into(),
    };
    let window = Window { from: second_of_day(from), to: second_of_day(to) };
    LogInterval { scope, window, status, reason: "LookupEvents was read to the end".into() }
}

pub(crate) fn odd_record(offset: u64) -> OddRecord {
    OddRecord {
        source: "a/b.json.gz".into(),
        offset,
        code: "no-time".into(),
        message: "`eventTime` is missing".into(),
        raw: br#"{"eventName":"RunInstances"}"#.to_vec(),
    }
}
