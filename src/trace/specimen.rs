//! Events, resources and evidence for the tests of this layer.

use std::sync::Arc;

use jiff::ToSpan;
use serde_json::Value;

use super::{Budgets, ChangeMarks, Evidence, Presence, Sightings};
use crate::model::{
    AccountId, Actor, ActorKind, AuditEvent, Class, Coverage, CoverageStatus, EVERYWHERE, End, EventId, Kind,
    Location, Locator, Outcome, Provider, Resource, ResourceKey, Role, Scope, Stage, Target, Timestamp, Uid,
};

/// Returns a moment some minutes after the earlier scan began; that scan took five minutes, the later one
/// began 600 minutes after it and took five as well.
pub(super) fn at(minutes: i64) -> Timestamp {
    let start: Timestamp = "2026-01-02T00:00:00Z".parse().unwrap();
    start + minutes.minutes()
}

/// Makes a principal.
pub(super) fn actor(name: &str) -> Actor {
    Actor {
        key: format!("arn:aws:iam::111122223333:user/{name}#AIDA{name}"),
        name: format!("arn:aws:iam::111122223333:user/{name}"),
        kind: ActorKind::Human,
        ..Actor::unknown()
    }
}

/// Makes a successful AWS event by `mallory`.
pub(super) fn event(id: &str, minutes: i64, class: Class, operation: &str) -> AuditEvent {
    AuditEvent {
        id: EventId::new(id),
        account: AccountId::new("111122223333"),
        location: Location::new("eu-west-1"),
        log: "cloudtrail".to_owned(),
        service: "ec2.amazonaws.com".to_owned(),
        operation: operation.to_owned(),
        class,
        actor: actor("mallory"),
        ..AuditEvent::blank(Provider::Aws, at(minutes))
    }
}

/// Adds parts to an event.
pub(super) trait Specimen: Sized {
    /// Names a resource by uid; the kind is told by an EC2 id's prefix.
    fn uid(self, role: Role, uid: &str) -> Self;
    /// Names a volume in a slot.
    fn slotted(self, role: Role, uid: &str, slot: &str) -> Self;
    /// Names a resource by locator.
    fn at(self, role: Role, kind: impl Into<Option<Kind>>, locator: &str) -> Self;
    /// Tells a fact.
    fn fact(self, name: &str, value: impl Into<Value>) -> Self;
    /// Tells what it touches.
    fn touching(self, path: &str) -> Self;
    /// Lets it end otherwise.
    fn ending(self, end: End) -> Self;
    /// Makes it one record of several.
    fn part(self, stage: Stage, group: &str) -> Self;
    /// Lets another do it.
    fn by(self, actor: Actor) -> Self;
    /// Puts it into the Azure Activity Log or a Cloud Audit Log.
    fn of(self, provider: Provider) -> Self;
}

impl Specimen for AuditEvent {
    fn uid(mut self, role: Role, uid: &str) -> Self {
        self.targets.insert(Target::by_uid(role, kind_of(uid), uid));
        self
    }

    fn slotted(mut self, role: Role, uid: &str, slot: &str) -> Self {
        let target = Target::by_uid(role, Kind::Volume, uid);
        self.targets.insert(Target { slot: Some(slot.to_owned()), ..target });
        self
    }

    fn at(mut self, role: Role, kind: impl Into<Option<Kind>>, locator: &str) -> Self {
        self.targets.insert(Target::by_locator(role, kind, Locator::new(locator)));
        self
    }

    fn fact(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.facts.insert(name.to_owned(), value.into());
        self
    }

    fn touching(mut self, path: &str) -> Self {
        self.touches.insert(path.to_owned());
        self
    }

    fn ending(mut self, end: End) -> Self {
        self.outcome = Outcome::plain(end);
        self
    }

    fn part(mut self, stage: Stage, group: &str) -> Self {
        self.stage = stage;
        self.group = Some(group.to_owned());
        self
    }

    fn by(mut self, actor: Actor) -> Self {
        self.actor = actor;
        self
    }

    fn of(mut self, provider: Provider) -> Self {
        self.provider = provider;
        self.location = Location::new(EVERYWHERE);
        self
    }
}

fn kind_of(uid: &str) -> Option<Kind> {
    let kinds =
        [("i-", Kind::Instance), ("vol-", Kind::Volume), ("snap-", Kind::Snapshot), ("ami-", Kind::Image)];
    kinds.into_iter().find(|(prefix, _)| uid.starts_with(prefix)).map(|(_, kind)| kind)
}

/// Makes a resource whose locator is its uid unless another is given.
pub(super) fn resource(provider: Provider, kind: Kind, uid: &str, locator: &str) -> Resource {
    let key = ResourceKey { provider, kind, uid: Uid::new(uid) };
    let location = if provider == Provider::Aws { "eu-west-1" } else { "westeurope" };
    Resource::new(key, AccountId::new("111122223333"), Location::new(location), Locator::new(locator))
}

/// What two scans saw, and what the logs say.
#[derive(Clone, Debug, Default)]
pub(super) struct World {
    pub(super) events: Vec<AuditEvent>,
    pub(super) sightings: Sightings,
    pub(super) before: Vec<Coverage>,
    pub(super) after: Vec<Coverage>,
}

impl World {
    /// Two complete scans, neither of which saw any resource that the events name.
    pub(super) fn of(events: Vec<AuditEvent>) -> Self {
        let mut world = Self { events, ..Self::default() };
        for event in &world.events {
            for target in &event.targets {
                world.sightings.add(event.provider, target, &Presence::default());
            }
            world.before.extend(coverage(event, 0));
            world.after.extend(coverage(event, 600));
        }
        world
    }

    /// Lets the scans see a resource.
    pub(super) fn seeing(mut self, before: Option<&Resource>, after: Option<&Resource>) -> Self {
        for resource in before.into_iter().chain(after) {
            let arc = |resource: Option<&Resource>| resource.cloned().map(Arc::new);
            let mut target = Target::by_uid(Role::Subject, resource.key.kind, resource.key.uid.as_str());
            target.locator = Some(resource.locator.clone());
            let presence = Presence { before: arc(before), after: arc(after) };
            self.sightings.add(resource.key.provider, &target, &presence);
        }
        self
    }

    /// Weakens what the later scan proves.
    pub(super) fn listed(mut self, status: CoverageStatus) -> Self {
        self.after.iter_mut().for_each(|coverage| coverage.status = status);
        self
    }

    /// Lets the judgement be made.
    pub(super) fn evidence(&self) -> Evidence<'_> {
        Evidence {
            events: &self.events,
            logs: &[],
            now: at(700),
            budgets: Budgets::default(),
            approvals: &[],
            change_marks: ChangeMarks::default(),
            sightings: &self.sightings,
            before: &self.before,
            after: &self.after,
        }
    }
}

fn coverage(event: &AuditEvent, minutes: i64) -> Vec<Coverage> {
    let scope = |kind: &Kind| Scope {
        provider: event.provider,
        account: event.account.clone(),
        location: event.location.clone(),
        kind: *kind,
    };
    let listed = |kind| Coverage {
        scope: scope(kind),
        status: CoverageStatus::Complete,
        listed: 0,
        reasons: Vec::new(),
        started_at: at(minutes),
        finished_at: at(minutes + 5),
    };
    Kind::ALL.iter().map(listed).collect()
}
