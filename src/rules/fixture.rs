//! Resources and changes for the rules' examples.

use std::sync::Arc;

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::model::{
    AccountId, Actor, ActorKind, AttributeChange, AuditEvent, Change, ChangeKind, ChurnKey, ChurnKind, Class,
    Client, Confidence, CoverageStatus, End, Estate, EventId, Exposure, Fate, Grant, Kind, Link, Location,
    Locator, LogInterval, LogScope, LogStatus, METHODS, ManagedBy, NodeKey, Origin, Outcome, PrincipalKind,
    Provider, Rel, Residue, ResidueKind, Resource, ResourceKey, Revert, RevertKind, Role, Scope, SeenIn,
    SnapshotChurn, SnapshotLife, Target, Timestamp, Trace, TraceState, Turn, Uid, Usage, Window,
};
use crate::rules::Past;

/// Makes a resource with identity only.
pub(super) fn resource(provider: Provider, kind: Kind, uid: &str) -> Resource {
    let key = ResourceKey { provider, kind, uid: Uid::new(uid) };
    let (account, location) = match provider {
        Provider::Aws => ("111122223333", "eu-west-1"),
        Provider::Azure => ("00000000-0000-0000-0000-000000000001", "westeurope"),
        Provider::Gcp => ("example-project", "europe-west1-b"),
    };
    Resource::new(key, AccountId::new(account), Location::new(location), Locator::new(uid))
}

/// Makes an EC2 instance with its root volume in `/dev/xvda`, which is deleted with it.
pub(super) fn instance(uid: &str, root: &str) -> Resource {
    let instance = resource(Provider::Aws, Kind::Instance, uid);
    instance.with("RootDeviceName", "/dev/xvda").link(attached("/dev/xvda", root, true))
}

/// Makes an EBS volume.
pub(super) fn volume(uid: &str) -> Resource {
    resource(Provider::Aws, Kind::Volume, uid).with("Size", 8)
}

/// Makes an EBS snapshot.
pub(super) fn snapshot(uid: &str) -> Resource {
    resource(Provider::Aws, Kind::Snapshot, uid).with("StorageTier", "standard")
}

/// Makes an AMI backed by a snapshot.
pub(super) fn image(uid: &str, snapshot: &str) -> Resource {
    let backing = Link::to_uid(Rel::BackedBy, Kind::Snapshot, snapshot).in_slot("/dev/xvda");
    resource(Provider::Aws, Kind::Image, uid).link(backing)
}

/// Makes an edge from an instance to the volume in a slot.
pub(super) fn attached(slot: &str, volume: &str, delete_with: bool) -> Link {
    let link = Link::to_uid(Rel::Attached, Kind::Volume, volume).in_slot(slot);
    Link { delete_with: Some(delete_with), ..link }
}

/// Adds parts to a resource.
pub(super) trait Specimen: Sized {
    /// Gives it a name.
    fn named(self, name: &str) -> Self;
    /// Sets one attribute of its config.
    fn with(self, path: &str, value: impl Into<Value>) -> Self;
    /// Gives it a tag.
    fn tagged(self, key: &str, value: &str) -> Self;
    /// Sets one attribute that no mapping knows.
    fn unmapped(self, path: &str, value: impl Into<Value>) -> Self;
    /// Adds an edge.
    fn link(self, link: Link) -> Self;
    /// Marks it as managed.
    fn managed(self, service: &str, confidence: Confidence) -> Self;
    /// Tells its grants, none so far.
    fn private(self) -> Self;
    /// Tells whether everybody may use it, and no other grant.
    fn public(self, public: bool) -> Self;
    /// Shares it, and tells its grants.
    fn shared(self, kind: PrincipalKind, principal: &str) -> Self;
    /// Opens an export.
    fn exported(self) -> Self;
}

impl Specimen for Resource {
    fn named(self, name: &str) -> Self {
        Self { name: Some(name.to_owned()), ..self }
    }

    fn with(mut self, path: &str, value: impl Into<Value>) -> Self {
        self.config.insert(path.to_owned(), value.into());
        self
    }

    fn tagged(mut self, key: &str, value: &str) -> Self {
        self.tags.insert(key.to_owned(), value.to_owned());
        self
    }

    fn unmapped(mut self, path: &str, value: impl Into<Value>) -> Self {
        self.unmapped.insert(path.to_owned(), value.into());
        self
    }

    fn link(mut self, link: Link) -> Self {
        self.links.insert(link);
        self
    }

    fn managed(self, service: &str, confidence: Confidence) -> Self {
        let managed_by = ManagedBy { confidence, controller: None, service: service.to_owned() };
        Self { managed_by: Some(managed_by), ..self }
    }

    fn private(mut self) -> Self {
        self.exposure.known = true;
        self
    }

    fn public(self, public: bool) -> Self {
        Self { exposure: Exposure::public_only(public), ..self }
    }

    fn shared(self, kind: PrincipalKind, principal: &str) -> Self {
        let mut shared = self.private();
        shared.exposure.grants.insert(Grant { kind, principal: principal.to_owned() });
        shared
    }

    fn exported(mut self) -> Self {
        self.exposure.export = Some("ActiveSAS".to_owned());
        self
    }
}

/// A resource that appeared.
pub(super) fn appeared(after: Resource) -> Change {
    change(ChangeKind::Appeared, None, Some(after))
}

/// A resource that vanished.
pub(super) fn vanished(before: Resource) -> Change {
    change(ChangeKind::Vanished, Some(before), None)
}

/// A resource that was modified.
pub(super) fn modified(before: Resource, after: Resource) -> Change {
    change(ChangeKind::Modified, Some(before), Some(after))
}

/// A change of any kind; its attributes are what differs between the two states.
pub(super) fn change(kind: ChangeKind, before: Option<Resource>, after: Option<Resource>) -> Change {
    let (scope, uid) = after.as_ref().or(before.as_ref()).map_or_else(
        || (scope(Kind::Instance, "eu-west-1"), String::new()),
        |resource| (resource.scope(), resource.key.uid.to_string()),
    );
    let attributes = match (&before, &after) {
        (Some(before), Some(after)) if kind != ChangeKind::Recreated => differences(before, after),
        _ => Vec::new(),
    };
    Change {
        id: format!("{kind}-{uid}"),
        kind,
        scope,
        before: before.map(Arc::new),
        after: after.map(Arc::new),
        window: WINDOW,
        attributes,
        trace: Trace::without_logs(),
    }
}

/// A change whose trace ended somewhere.
pub(super) fn traced(change: Change, state: TraceState) -> Change {
    Change { trace: Trace::of(state, "as the example says"), ..change }
}

/// A successful event of a known person on a resource, a minute after the earlier scan.
pub(super) fn event(id: &str, operation: &str, role: Role, uid: &str) -> AuditEvent {
    let scope = scope(Kind::Instance, "eu-west-1");
    let kind = Kind::ALL.iter().copied().find(|kind| uid.starts_with(prefix(*kind)));
    AuditEvent {
        id: EventId::new(id),
        account: scope.account,
        location: scope.location,
        log: "cloudtrail".to_owned(),
        service: "ec2.amazonaws.com".to_owned(),
        operation: operation.to_owned(),
        class: if role == Role::Created { Class::InstanceCreate } else { Class::SnapshotDelete },
        actor: alice(),
        client: Client { ip: Some("203.0.113.5".to_owned()), ..Client::default() },
        targets: [Target::by_uid(role, kind, uid)].into_iter().collect(),
        ..AuditEvent::blank(scope.provider, WINDOW.from)
    }
}

/// An event of another class.
pub(super) fn of_class(event: AuditEvent, class: Class) -> AuditEvent {
    AuditEvent { class, ..event }
}

/// A successful call of a known person, so many minutes after the earlier scan; before it where negative.
pub(super) fn act(
    id: &str,
    minutes: i64,
    (class, operation): (Class, &str),
    on: impl IntoIterator<Item = (Role, &'static str)>,
) -> AuditEvent {
    let sort = |uid: &str| Kind::ALL.iter().copied().find(|kind| uid.starts_with(prefix(*kind)));
    let targets = on.into_iter().map(|(role, uid)| Target::by_uid(role, sort(uid), uid)).collect();
    let time = WINDOW.from + SignedDuration::from_mins(minutes);
    AuditEvent { class, time, targets, ..event(id, operation, Role::Subject, "") }
}

/// An event of another person.
pub(super) fn by(event: AuditEvent, name: &str) -> AuditEvent {
    let arn = format!("arn:aws:iam::111122223333:user/{name}");
    let actor = Actor { key: format!("{arn}#AIDA{name}"), name: arn, ..event.actor };
    AuditEvent { actor, ..event }
}

/// An event that one of the vendor's services caused.
pub(super) fn of_service(event: AuditEvent, service: &str) -> AuditEvent {
    let actor = Actor { service: Some(service.to_owned()), ..event.actor };
    AuditEvent { actor, ..event }
}

/// An event that tells a parameter.
pub(super) fn telling(mut event: AuditEvent, fact: &str, value: impl Into<Value>) -> AuditEvent {
    event.facts.insert(fact.to_owned(), value.into());
    event
}

/// A change that events explain.
pub(super) fn explained(change: Change, by: &[&AuditEvent]) -> Change {
    let events = by.iter().map(|event| event.id.clone()).collect();
    let actor = by.first().map(|event| event.actor.clone());
    let trace = Trace { events, actor, ..Trace::of(TraceState::Explained, "as the example says") };
    Change { trace, ..change }
}

/// A resource that the vendor says came to be so many minutes after the earlier scan; before it where negative.
pub(super) fn born(resource: Resource, minutes: i64) -> Resource {
    Resource { created_at: Some(WINDOW.from + SignedDuration::from_mins(minutes)), ..resource }
}

/// A change of the day before.
pub(super) fn the_day_before(change: Change) -> Change {
    let from = WINDOW.from - SignedDuration::from_hours(12);
    Change { window: Window { from, to: WINDOW.from }, ..change }
}

/// What the time before tells of whose rights are new: pairs of a use and its grant.
pub(super) fn granted(pairs: &[(&str, &str)]) -> Past {
    let id = |id: &str| EventId::new(id);
    Past { granted: pairs.iter().map(|(used, grant)| (id(used), id(grant))).collect(), ..Past::default() }
}

/// What the time before tells where nothing was in a region for 30 days.
pub(super) fn unused(region: &str) -> Past {
    usage(region, Usage::Unused)
}

/// What the time before tells where something was in a region.
pub(super) fn used(region: &str) -> Past {
    usage(region, Usage::Used)
}

fn usage(region: &str, usage: Usage) -> Past {
    let scope = scope(Kind::Instance, region);
    let usage = [((scope.provider, scope.account, scope.location), usage)].into();
    Past { estate: Some(Estate { usage, ..Estate::default() }), ..Past::default() }
}

/// What the time before tells where a scope held so many resources.
pub(super) fn held(kind: Kind, count: u64) -> Past {
    let held = [(scope(kind, "eu-west-1"), count)].into();
    Past { estate: Some(Estate { held, ..Estate::default() }), ..Past::default() }
}

/// An event that was refused.
pub(super) fn denied(event: AuditEvent) -> AuditEvent {
    let code = Some("Client.UnauthorizedOperation".to_owned());
    AuditEvent { outcome: Outcome { end: End::Denied, code, message: None }, ..event }
}

fn alice() -> Actor {
    let arn = "arn:aws:iam::111122223333:user/alice".to_owned();
    Actor { key: format!("{arn}#AIDAEXAMPLE"), name: arn, kind: ActorKind::Human, ..Actor::unknown() }
}

const fn prefix(kind: Kind) -> &'static str {
    match kind {
        Kind::Instance => "i-",
        Kind::Volume => "vol-",
        Kind::Snapshot => "snap-",
        Kind::Image => "ami-",
        _ => "\0",
    }
}

/// A residue about a resource, of a known person.
pub(super) fn residue(kind: ResidueKind, uid: &str, events: &[&str]) -> Residue {
    let scope = scope(Kind::Instance, "eu-west-1");
    let sort = Kind::ALL.iter().copied().find(|kind| uid.starts_with(prefix(*kind)));
    Residue {
        id: format!("{kind}-{uid}"),
        kind,
        provider: scope.provider,
        account: scope.account,
        location: scope.location,
        target: Some(Target::by_uid(Role::Subject, sort, uid)),
        window: WINDOW,
        events: events.iter().map(|id| EventId::new(*id)).collect(),
        actor: Some(alice()),
        reason: "as the example says".to_owned(),
    }
}

/// A residue that one of the vendor's services left.
pub(super) fn by_service(residue: Residue, service: &str) -> Residue {
    let actor = Actor { service: Some(service.to_owned()), ..alice() };
    Residue { actor: Some(actor), ..residue }
}

/// A record on the snapshots of some changes, within five minutes.
pub(super) fn churn(kind: ChurnKind, changes: &[Change]) -> SnapshotChurn {
    let window = Window { from: WINDOW.from, to: WINDOW.from + SignedDuration::from_mins(5) };
    let turn = Turn { at: window, by: Some(alice()), operation: None, expected: false, now: true };
    let of = |change: &Change| change.kind == ChangeKind::Appeared;
    let lives = changes.iter().filter_map(|change| {
        let state = change.resource()?;
        Some(SnapshotLife {
            born: of(change).then(|| turn.clone()),
            gone: (!of(change)).then(|| turn.clone()),
            managed_by: state.managed_by.clone(),
            changes: vec![change.id.clone()],
            ..SnapshotLife::of((&state.key).into(), state.account.clone(), state.location.clone())
        })
    });
    let lives: Vec<SnapshotLife> = lives.collect();
    let created = lives.iter().filter(|life| life.born.is_some()).count();
    SnapshotChurn {
        created,
        deleted: lives.len() - created,
        lives,
        ..SnapshotChurn::of(kind, ChurnKey::Principal, "alice", window)
    }
}

/// A stretch of a log that is not as its digests say.
pub(super) fn violation(reason: &str) -> LogInterval {
    let scope = scope(Kind::Instance, "eu-west-1");
    let source = "cloudtrail".to_owned();
    LogInterval {
        scope: LogScope {
            provider: scope.provider,
            account: scope.account,
            location: scope.location,
            source,
        },
        window: WINDOW,
        status: LogStatus::Gap,
        reason: reason.to_owned(),
    }
}

/// A scope of instances that was listed completely, and then was not.
pub(super) fn gap(location: &str, status: CoverageStatus) -> Change {
    let attribute = AttributeChange {
        path: "status".to_owned(),
        before: Some(json!(CoverageStatus::Complete)),
        after: Some(json!(status)),
    };
    Change {
        id: format!("gap-{location}-{status}"),
        scope: scope(Kind::Instance, location),
        attributes: vec![attribute],
        ..change(ChangeKind::CoverageGap, None, None)
    }
}

/// Another volume in an instance's root slot.
pub(super) fn root_swap() -> Change {
    let named = |root| instance("i-1", root).named("web-1");
    change(ChangeKind::SlotSwapped, Some(named("vol-1")), Some(named("vol-9")))
}

/// The same with a trace that ended somewhere.
pub(super) fn swapped(state: TraceState) -> Change {
    traced(root_swap(), state)
}

/// What the ancestry says of that swap: the new root was made of a snapshot of the old one that is a month old.
pub(super) fn revert() -> Revert {
    let key = |kind, id: &str| NodeKey::new(Provider::Aws, kind, id);
    let taken = Timestamp::constant(1_764_547_200, 0);
    Revert {
        kind: RevertKind::Reverted,
        instance: key(Kind::Instance, "i-1"),
        machine: root_swap().after,
        replaces: None,
        slot: Some("/dev/xvda".to_owned()),
        root: true,
        old_volume: Some(key(Kind::Volume, "vol-1")),
        new_volume: Some(key(Kind::Volume, "vol-9")),
        source: Some(Origin { key: key(Kind::Snapshot, "snap-1"), content_at: Some(taken) }),
        image: None,
        reverted_to: Some(taken),
        reverted_at: Window { from: WINDOW.to, to: WINDOW.to },
        lost: Some(Window { from: taken, to: WINDOW.to }),
        method: &METHODS[1],
        strength: 4,
        reason: "as the example says".to_owned(),
        expected_by: None,
        old_volume_fate: Fate::Kept,
        seen_in: SeenIn::State,
        fresh: true,
        destroyed: Vec::new(),
        changes: vec![root_swap().id],
        residues: Vec::new(),
        events: Vec::new(),
    }
}

/// The same, with what it replaced deleted.
pub(super) fn destroying(kinds: &[Kind]) -> Revert {
    let gone = |kind: &Kind| {
        NodeKey::new(Provider::Aws, *kind, if *kind == Kind::Volume { "vol-1" } else { "snap-5" })
    };
    Revert { destroyed: kinds.iter().map(gone).collect(), old_volume_fate: Fate::Deleted, ..revert() }
}

/// An instance that is gone, and another one, from an image, in its place.
pub(super) fn relaunched() -> [Change; 2] {
    let named = |uid, root| instance(uid, root).named("web-1");
    [vanished(named("i-1", "vol-1")), appeared(named("i-2", "vol-9"))]
}

/// What the ancestry says of them: the image was registered from a snapshot of the old root.
pub(super) fn rebuilt() -> Revert {
    let key = |kind, id: &str| NodeKey::new(Provider::Aws, kind, id);
    let changes = relaunched();
    Revert {
        kind: RevertKind::Rebuilt,
        instance: key(Kind::Instance, "i-2"),
        machine: changes[1].after.clone(),
        replaces: Some(key(Kind::Instance, "i-1")),
        image: Some(key(Kind::Image, "ami-9")),
        method: &METHODS[4],
        changes: changes.into_iter().map(|change| change.id).collect(),
        ..revert()
    }
}

/// An instance with an instance store that was stopped and started.
pub(super) fn restarted() -> Change {
    let stored = || instance("i-1", "vol-1").named("web-1").with("InstanceType", "m5d.large");
    change(ChangeKind::Restarted, Some(stored()), Some(stored()))
}

/// Other start-up data of that instance.
pub(super) fn modified_security() -> Change {
    let stored = || instance("i-1", "vol-1").named("web-1");
    modified(stored().with("UserData.sha256", "a"), stored().with("UserData.sha256", "b"))
}

/// What the ancestry says of it.
pub(super) fn lost_storage() -> Revert {
    Revert {
        kind: RevertKind::EphemeralReset,
        machine: restarted().after,
        slot: None,
        root: false,
        old_volume: None,
        new_volume: None,
        source: None,
        reverted_to: None,
        method: &METHODS[3],
        strength: 3,
        old_volume_fate: Fate::Deleted,
        changes: vec![restarted().id],
        ..revert()
    }
}

/// A call that replaces the root of that instance.
pub(super) fn reverting(id: &str) -> AuditEvent {
    of_class(event(id, "CreateReplaceRootVolumeTask", Role::Subject, "i-1"), Class::InstanceRevert)
}

const WINDOW: Window =
    Window { from: Timestamp::constant(1_767_225_600, 0), to: Timestamp::constant(1_767_312_000, 0) };

fn scope(kind: Kind, location: &str) -> Scope {
    let account = AccountId::new("111122223333");
    Scope { provider: Provider::Aws, account, location: Location::new(location), kind }
}

fn differences(before: &Resource, after: &Resource) -> Vec<AttributeChange> {
    let (before, after) = (flat(before), flat(after));
    let mut paths: Vec<_> = before.keys().chain(after.keys()).cloned().collect();
    paths.sort_unstable();
    paths.dedup();
    let differences = paths.into_iter().filter(|path| before.get(path) != after.get(path));
    differences
        .map(|path| AttributeChange {
            before: before.get(&path).cloned(),
            after: after.get(&path).cloned(),
            path,
        })
        .collect()
}

fn flat(resource: &Resource) -> BTreeMap<String, Value> {
    let config = resource.config.iter().map(|(path, value)| (format!("config.{path}"), value.clone()));
    let unmapped = resource.unmapped.iter().map(|(path, value)| (format!("unmapped.{path}"), value.clone()));
    let tags = resource.tags.iter().map(|(key, value)| (format!("tags.{key}"), json!(value)));
    let links = resource.links.iter().map(|link| {
        let slot = link.slot.as_deref().map(|slot| format!("[{slot}]")).unwrap_or_default();
        (format!("links.{}{slot}", link.rel), json!(link))
    });
    let mut flat: BTreeMap<_, _> = config.chain(unmapped).chain(tags).chain(links).collect();
    if !resource.exposure.grants.is_empty() {
        flat.insert("exposure.grants".to_owned(), json!(resource.exposure.grants));
    }
    if let Some(export) = &resource.exposure.export {
        flat.insert("exposure.export".to_owned(), json!(export));
    }
    if let Some(name) = &resource.name {
        flat.insert("name".to_owned(), json!(name));
    }
    flat
}
