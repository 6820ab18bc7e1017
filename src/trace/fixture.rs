//! Resources, changes, events and logs for the tests of traces.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Budgets, ChangeMarks, Evidence, Sightings, explain};
use crate::model::{
    AccountId, Actor, ActorKind, Approval, AttributeChange, AuditEvent, Change, ChangeKind, Class,
    Confidence, EVERYWHERE, End, EventId, Kind, Link, Location, Locator, LogInterval, LogScope, LogStatus,
    ManagedBy, Outcome, Provider, Rel, Resource, ResourceKey, Role, Target, Timestamp, Trace, Uid, Window,
};

/// The window of every change: the morning of the first of January 2026.
pub(super) const WINDOW: Window =
    Window { from: Timestamp::constant(1_767_225_600, 0), to: Timestamp::constant(1_767_268_800, 0) };

pub(super) const SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000001";

pub(super) fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A moment of the morning: `at("05:00")`.
pub(super) fn at(clock: &str) -> Timestamp {
    let seconds = if clock.len() == 5 { ":00" } else { "" };
    time(&format!("2026-01-01T{clock}{seconds}Z"))
}

pub(super) fn span(from: &str, to: &str) -> Window {
    Window { from: time(from), to: time(to) }
}

fn account(provider: Provider) -> AccountId {
    AccountId::new(match provider {
        Provider::Aws => "111122223333",
        Provider::Azure => SUBSCRIPTION,
        Provider::Gcp => "p1",
    })
}

fn resource(provider: Provider, kind: Kind, uid: &str, locator: &str) -> Resource {
    let key = ResourceKey { provider, kind, uid: Uid::new(uid) };
    let location = match provider {
        Provider::Aws => "eu-west-1",
        Provider::Azure => "westeurope",
        Provider::Gcp => "europe-west1-b",
    };
    Resource::new(key, account(provider), Location::new(location), Locator::new(locator))
}

pub(super) fn aws(kind: Kind, uid: &str) -> Resource {
    resource(Provider::Aws, kind, uid, uid)
}

/// The ARM id of what bears a name, canonical.
pub(super) fn arm(kind: Kind, name: &str) -> String {
    let collection = match kind {
        Kind::Volume => "disks",
        Kind::Snapshot => "snapshots",
        _ => "virtualmachines",
    };
    format!("/subscriptions/{SUBSCRIPTION}/resourcegroups/rg/providers/microsoft.compute/{collection}/{name}")
}

pub(super) fn azure(kind: Kind, uid: &str, name: &str) -> Resource {
    resource(Provider::Azure, kind, uid, &arm(kind, name))
}

/// The address of what bears a name in a project.
pub(super) fn path(project: &str, kind: Kind, name: &str) -> String {
    match kind {
        Kind::Snapshot => format!("projects/{project}/global/snapshots/{name}"),
        Kind::Volume => format!("projects/{project}/zones/europe-west1-b/disks/{name}"),
        _ => format!("projects/{project}/zones/europe-west1-b/instances/{name}"),
    }
}

pub(super) fn gcp(kind: Kind, uid: &str, name: &str) -> Resource {
    let resource = resource(Provider::Gcp, kind, uid, &path("p1", kind, name));
    Resource { name: Some(name.to_owned()), ..resource }
}

/// An EC2 instance with its root volume, which is deleted with it.
pub(super) fn machine(uid: &str, root: &str) -> Resource {
    aws(Kind::Instance, uid).holding("/dev/xvda", root, true)
}

/// An EBS volume that is attached to an instance.
pub(super) fn disk(uid: &str, machine: &str) -> Resource {
    aws(Kind::Volume, uid).on(machine)
}

/// Adds parts to a resource.
pub(super) trait Specimen: Sized {
    fn born(self, moment: &str) -> Self;
    fn with(self, path: &str, value: impl Into<Value>) -> Self;
    fn proving(self, path: &str, value: impl Into<Value>) -> Self;
    fn tagged(self, key: &str, value: &str) -> Self;
    fn holding(self, slot: &str, volume: &str, delete_with: bool) -> Self;
    fn backed_by(self, snapshot: &str) -> Self;
    fn on(self, machine: &str) -> Self;
    fn managed(self, service: &str, controller: &str) -> Self;
    fn exported(self) -> Self;
}

impl Specimen for Resource {
    fn born(self, moment: &str) -> Self {
        Self { created_at: Some(time(moment)), ..self }
    }

    fn with(mut self, path: &str, value: impl Into<Value>) -> Self {
        self.config.insert(path.to_owned(), value.into());
        self
    }

    fn proving(mut self, path: &str, value: impl Into<Value>) -> Self {
        self.evidence.insert(path.to_owned(), value.into());
        self
    }

    fn tagged(mut self, key: &str, value: &str) -> Self {
        self.tags.insert(key.to_owned(), value.to_owned());
        self
    }

    fn holding(mut self, slot: &str, volume: &str, delete_with: bool) -> Self {
        let link = match self.key.provider {
            Provider::Aws => Link::to_uid(Rel::Attached, Kind::Volume, volume),
            _ => Link::to_locator(Rel::Attached, Kind::Volume, Locator::new(volume)),
        };
        self.links.insert(Link { delete_with: Some(delete_with), ..link.in_slot(slot) });
        self
    }

    fn backed_by(mut self, snapshot: &str) -> Self {
        self.links.insert(Link::to_uid(Rel::BackedBy, Kind::Snapshot, snapshot));
        self
    }

    fn on(mut self, machine: &str) -> Self {
        self.links.insert(match self.key.provider {
            Provider::Aws => Link::to_uid(Rel::AttachedTo, Kind::Instance, machine),
            _ => Link::to_locator(Rel::AttachedTo, Kind::Instance, Locator::new(machine)),
        });
        self
    }

    fn managed(self, service: &str, controller: &str) -> Self {
        let controller = Some(controller.to_owned());
        let managed_by = ManagedBy { confidence: Confidence::High, controller, service: service.to_owned() };
        Self { managed_by: Some(managed_by), ..self }
    }

    fn exported(mut self) -> Self {
        self.exposure.export = Some("ActiveSAS".to_owned());
        self
    }
}

pub(super) fn change(kind: ChangeKind, before: Option<Resource>, after: Option<Resource>) -> Change {
    let either = after.as_ref().or(before.as_ref()).unwrap();
    Change {
        id: format!("{kind}-{}", either.key.uid),
        kind,
        scope: either.scope(),
        before: before.map(Arc::new),
        after: after.map(Arc::new),
        window: WINDOW,
        attributes: Vec::new(),
        trace: Trace::without_logs(),
    }
}

pub(super) fn appeared(after: Resource) -> Change {
    change(ChangeKind::Appeared, None, Some(after))
}

pub(super) fn vanished(before: Resource) -> Change {
    change(ChangeKind::Vanished, Some(before), None)
}

/// A resource whose attributes at these paths differ.
pub(super) fn modified(before: Resource, after: Resource, paths: &[&str]) -> Change {
    let attributes = paths.iter().map(|path| AttributeChange {
        path: (*path).to_owned(),
        before: Some(json!("a")),
        after: Some(json!("b")),
    });
    Change { attributes: attributes.collect(), ..change(ChangeKind::Modified, Some(before), Some(after)) }
}

/// An instance whose first slot holds another volume.
pub(super) fn swapped(before: Resource, after: Resource) -> Change {
    let held = |resource: &Resource| resource.links.iter().find(|link| link.rel == Rel::Attached).cloned();
    let (old, new) = (held(&before).unwrap(), held(&after).unwrap());
    let attribute = AttributeChange {
        path: format!("links.attached[{}]", new.slot.as_deref().unwrap()),
        before: Some(json!(old.target())),
        after: Some(json!(new.target())),
    };
    Change { attributes: vec![attribute], ..change(ChangeKind::SlotSwapped, Some(before), Some(after)) }
}

pub(super) fn person(name: &str) -> Actor {
    Actor {
        key: format!("arn:aws:iam::111122223333:role/Admin#AROA/{name}"),
        name: "arn:aws:iam::111122223333:role/Admin".to_owned(),
        kind: ActorKind::RoleSession,
        session: Some(name.to_owned()),
        ..Actor::unknown()
    }
}

/// An event at 05:00 by alice that was done to nothing yet.
pub(super) fn event(provider: Provider, operation: &str, class: Class) -> AuditEvent {
    let (log, service, location) = match provider {
        Provider::Aws => ("cloudtrail", "ec2.amazonaws.com", "eu-west-1"),
        Provider::Azure => ("activity-log", "Microsoft.Compute", EVERYWHERE),
        Provider::Gcp => ("cloud-audit", "compute.googleapis.com", EVERYWHERE),
    };
    AuditEvent {
        id: EventId::new(format!("e-{operation}")),
        account: account(provider),
        location: Location::new(location),
        log: log.to_owned(),
        service: service.to_owned(),
        operation: operation.to_owned(),
        class,
        actor: person("alice@example.com"),
        ..AuditEvent::blank(provider, at("05:00"))
    }
}

/// An event of `CloudTrail` by alice that was done to a resource.
pub(super) fn alice(operation: &str, class: Class, uid: &str) -> AuditEvent {
    event(Provider::Aws, operation, class).on(Role::Subject, uid)
}

/// Adds parts to an event.
pub(super) trait Deed: Sized {
    fn at(self, clock: &str) -> Self;
    fn on(self, role: Role, uid: &str) -> Self;
    fn addressing(self, role: Role, kind: Kind, locator: &str) -> Self;
    fn touching(self, path: &str) -> Self;
    fn ending(self, end: End) -> Self;
    fn by(self, name: &str) -> Self;
    fn by_service(self, service: &str) -> Self;
    fn fact(self, name: &str, value: impl Into<Value>) -> Self;
    fn marked(self, mark: &str, value: &str) -> Self;
}

impl Deed for AuditEvent {
    fn at(mut self, clock: &str) -> Self {
        self.time = at(clock);
        self.id = EventId::new(format!("e-{}-{clock}", self.operation));
        self
    }

    fn on(mut self, role: Role, uid: &str) -> Self {
        let kind = [
            ("i-", Kind::Instance),
            ("vol-", Kind::Volume),
            ("snap-", Kind::Snapshot),
            ("ami-", Kind::Image),
        ]
        .into_iter()
        .find_map(|(prefix, kind)| uid.starts_with(prefix).then_some(kind));
        self.targets.insert(Target::by_uid(role, kind, uid));
        self
    }

    fn addressing(mut self, role: Role, kind: Kind, locator: &str) -> Self {
        self.targets.insert(Target::by_locator(role, kind, Locator::new(locator)));
        self
    }

    fn touching(mut self, path: &str) -> Self {
        self.touches.insert(path.to_owned());
        self
    }

    fn ending(self, end: End) -> Self {
        Self { outcome: Outcome::plain(end), ..self }
    }

    fn by(self, name: &str) -> Self {
        Self { actor: person(name), ..self }
    }

    fn by_service(mut self, service: &str) -> Self {
        self.actor = Actor {
            key: format!("service:{service}"),
            name: service.to_owned(),
            kind: ActorKind::CloudService,
            service: Some(service.to_owned()),
            ..Actor::unknown()
        };
        self
    }

    fn fact(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.facts.insert(name.to_owned(), value.into());
        self
    }

    fn marked(mut self, mark: &str, value: &str) -> Self {
        self.change_marks.insert(mark.to_owned(), value.to_owned());
        self
    }
}

/// What a log says of itself over the time from the evening before until the evening of the day.
pub(super) fn log(provider: Provider, status: LogStatus, reason: &str) -> LogInterval {
    log_over(provider, status, reason, span("2025-12-31T20:00:00Z", "2026-01-01T20:00:00Z"))
}

pub(super) fn log_over(provider: Provider, status: LogStatus, reason: &str, window: Window) -> LogInterval {
    let event = event(provider, "", Class::Other);
    let scope = LogScope { provider, account: event.account, location: event.location, source: event.log };
    LogInterval { scope, window, status, reason: reason.to_owned() }
}

/// What is known beside the changes.
#[derive(Clone)]
pub(super) struct Scene {
    pub(super) events: Vec<AuditEvent>,
    pub(super) logs: Vec<LogInterval>,
    pub(super) now: Timestamp,
    pub(super) approvals: Vec<Approval>,
}

impl Scene {
    /// Everybody's log is complete, and nothing stands in it but these; it is the next day.
    pub(super) fn of(events: impl IntoIterator<Item = AuditEvent>) -> Self {
        let complete =
            |provider: &Provider| log(*provider, LogStatus::Complete, "said by --log-complete-from");
        Self {
            events: events.into_iter().collect(),
            logs: Provider::ALL.iter().map(complete).collect(),
            now: time("2026-01-02T00:00:00Z"),
            approvals: Vec::new(),
        }
    }

    pub(super) fn with_logs(self, logs: Vec<LogInterval>) -> Self {
        Self { logs, ..self }
    }

    pub(super) fn at(self, now: &str) -> Self {
        Self { now: time(now), ..self }
    }

    pub(super) fn traces(&self, mut changes: Vec<Change>) -> Vec<Change> {
        let sightings = Sightings::default();
        let evidence = Evidence {
            events: &self.events,
            logs: &self.logs,
            now: self.now,
            budgets: Budgets::default(),
            approvals: &self.approvals,
            change_marks: ChangeMarks::default(),
            sightings: &sightings,
            before: &[],
            after: &[],
        };
        explain(&mut changes, &evidence);
        changes
    }

    pub(super) fn trace(&self, change: Change) -> Trace {
        self.traces(vec![change]).remove(0).trace
    }
}
