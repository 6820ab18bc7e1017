//! Two scans, what lay before, and the calls in between.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value, json};

use super::super::{Evidence, reverts};
use crate::lineage::graph;
use crate::model::{
    AccountId, AttributeChange, AuditEvent, Change, ChangeKind, Class, EventId, Kind, Life, Link, Location,
    Locator, Phase, Provider, Rel, Residue, ResidueKind, Resource, ResourceKey, Revert, RevertKind, Role,
    ScanId, Spell, State, Target, Timestamp, Trace, TraceState, Transition, Uid, Window,
};

pub(super) const ROOT: &str = "/dev/xvda";

/// A resource as the earlier and as the later scan saw it.
type Ends<'a> = (&'a ResourceKey, Option<Arc<Resource>>, Option<Arc<Resource>>);

/// Two scans at 10:00 and 12:00 of the same day, and what lay before.
#[derive(Default)]
pub(super) struct World {
    lives: BTreeMap<ResourceKey, Vec<(u8, Arc<Resource>)>>,
    events: Vec<AuditEvent>,
    residues: Vec<Residue>,
}

pub(super) fn at(time: &str) -> Timestamp {
    let time = if time.len() == 5 { format!("2026-03-01T{time}:00Z") } else { format!("{time}T00:00:00Z") };
    time.parse().unwrap()
}

pub(super) fn resource(provider: Provider, kind: Kind, uid: &str) -> Resource {
    let key = ResourceKey { provider, kind, uid: Uid::new(uid) };
    Resource::new(key, AccountId::new("111122223333"), Location::new("eu-west-1"), Locator::new(uid))
}

pub(super) trait Part: Sized {
    fn born(self, time: &str) -> Self;
    fn with(self, path: &str, value: Value) -> Self;
    fn proof(self, path: &str, value: &str) -> Self;
    fn link(self, rel: Rel, kind: Kind, uid: &str) -> Self;
    fn slot(self, slot: &str, volume: &str) -> Self;
    fn at_address(self, locator: &str) -> Self;
    fn is(self, phase: Phase, native: &str) -> Self;
}

impl Part for Resource {
    fn born(self, time: &str) -> Self {
        Self { created_at: Some(at(time)), ..self }
    }

    fn with(mut self, path: &str, value: Value) -> Self {
        self.config.insert(path.to_owned(), value);
        self
    }

    fn proof(mut self, path: &str, value: &str) -> Self {
        self.evidence.insert(path.to_owned(), json!(at(value)));
        self
    }

    fn link(mut self, rel: Rel, kind: Kind, uid: &str) -> Self {
        self.links.insert(Link::to_uid(rel, kind, uid));
        self
    }

    fn slot(mut self, slot: &str, volume: &str) -> Self {
        self.links.insert(Link::to_uid(Rel::Attached, Kind::Volume, volume).in_slot(slot));
        self
    }

    fn at_address(self, locator: &str) -> Self {
        Self { locator: Locator::new(locator), ..self }
    }

    fn is(self, phase: Phase, native: &str) -> Self {
        Self { state: Some(State { native: native.to_owned(), phase }), ..self }
    }
}

pub(super) fn instance(root: &str) -> Resource {
    let instance =
        resource(Provider::Aws, Kind::Instance, "i-1").born("2026-01-10").with("RootDeviceName", json!(ROOT));
    instance.is(Phase::Running, "running").proof("LaunchTime", "2026-01-10").slot(ROOT, root)
}

/// The instance after it was stopped and started.
pub(super) fn started(root: &str) -> Resource {
    instance(root)
        .proof("LaunchTime", "11:30")
        .proof(&format!("BlockDeviceMappings[{ROOT}].AttachTime"), "11:20")
}

pub(super) fn volume(uid: &str, born: &str) -> Resource {
    resource(Provider::Aws, Kind::Volume, uid).born(born)
}

pub(super) fn of_snapshot(uid: &str, born: &str, snapshot: &str) -> Resource {
    volume(uid, born).link(Rel::CreatedFrom, Kind::Snapshot, snapshot)
}

pub(super) fn snapshot(uid: &str, taken: &str, volume: &str) -> Resource {
    resource(Provider::Aws, Kind::Snapshot, uid).born(taken).link(Rel::TakenFrom, Kind::Volume, volume)
}

impl World {
    pub(super) fn at(mut self, hour: u8, resource: Resource) -> Self {
        self.lives.entry(resource.key.clone()).or_default().push((hour, Arc::new(resource)));
        self
    }

    /// Seen by the earlier scan.
    pub(super) fn before(self, resource: Resource) -> Self {
        self.at(10, resource)
    }

    /// Seen by the later scan.
    pub(super) fn after(self, resource: Resource) -> Self {
        self.at(12, resource)
    }

    /// Seen by both.
    pub(super) fn both(self, resource: Resource) -> Self {
        self.before(resource.clone()).after(resource)
    }

    pub(super) fn event(mut self, event: AuditEvent) -> Self {
        self.events.push(event);
        self
    }

    pub(super) fn residue(mut self, kind: ResidueKind, events: &[&str]) -> Self {
        self.residues.push(Residue {
            id: format!("{kind}"),
            kind,
            provider: Provider::Aws,
            account: AccountId::new("111122223333"),
            location: Location::new("eu-west-1"),
            target: None,
            window: Window { from: at("10:00"), to: at("12:00") },
            events: events.iter().map(|id| EventId::new(*id)).collect(),
            actor: None,
            reason: String::new(),
        });
        self
    }

    fn lives(&self) -> Vec<Life> {
        let hours: BTreeSet<u8> =
            self.lives.values().flatten().map(|(hour, _)| *hour).chain([10, 12]).collect();
        let moment = |hour: u8| at(&format!("{hour:02}:00"));
        let scan = |hour: u8| ScanId(i64::from(hour));
        let life = |(key, seen): (&ResourceKey, &Vec<(u8, Arc<Resource>)>)| {
            let spells = seen.iter().map(|(hour, state)| {
                let shown = Window { from: moment(*hour), to: moment(*hour) };
                let next = hours.iter().copied().find(|next| next > hour);
                let until_scan = next.map(scan);
                let until = next.map(moment);
                Spell {
                    from_scan: scan(*hour),
                    until_scan,
                    state: Arc::clone(state),
                    first: shown,
                    last: shown,
                    until,
                }
            });
            Life { key: key.clone(), spells: spells.collect() }
        };
        self.lives.iter().map(life).collect()
    }

    fn ends(&self) -> Vec<Ends<'_>> {
        let of = |seen: &[(u8, Arc<Resource>)], hour| {
            seen.iter().find(|(at, _)| *at == hour).map(|(_, it)| Arc::clone(it))
        };
        self.lives.iter().map(|(key, seen)| (key, of(seen, 10), of(seen, 12))).collect()
    }

    /// What drift would say, as far as these tests go.
    fn changes(&self) -> Vec<Change> {
        let mut found = Vec::new();
        let ends = self.ends();
        for (_, before, after) in &ends {
            match (before, after) {
                (Some(before), Some(after)) => {
                    let slots = |it: &Resource| -> BTreeMap<String, String> {
                        let links = it.links.iter().filter(|link| link.rel == Rel::Attached);
                        links
                            .map(|it| (it.slot.clone().unwrap_or_default(), it.target().to_owned()))
                            .collect()
                    };
                    let (old, new) = (slots(before), slots(after));
                    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
                    for name in names.into_iter().filter(|name| old.get(*name) != new.get(*name)) {
                        let kind = match (old.get(name), new.get(name)) {
                            (Some(_), Some(_)) => ChangeKind::SlotSwapped,
                            (None, _) => ChangeKind::Attached,
                            _ => ChangeKind::Detached,
                        };
                        let path = format!("links.attached[{name}]");
                        let value = |held: &BTreeMap<String, String>| held.get(name).map(|it| json!(it));
                        let attribute = AttributeChange { path, before: value(&old), after: value(&new) };
                        found.push(change(kind, Some(before), Some(after), vec![attribute]));
                    }
                    let launched = |it: &Resource| it.evidence.get("LaunchTime").cloned();
                    if launched(before) != launched(after) {
                        found.push(change(ChangeKind::Restarted, Some(before), Some(after), Vec::new()));
                    }
                }
                (Some(before), None) => {
                    let twin = ends.iter().find_map(|(key, earlier, later)| {
                        let later =
                            later.as_ref().filter(|_| earlier.is_none() && key.provider != Provider::Aws)?;
                        (later.locator == before.locator && key.kind == before.key.kind).then_some(later)
                    });
                    let kind = if twin.is_some() { ChangeKind::Recreated } else { ChangeKind::Vanished };
                    found.push(change(kind, Some(before), twin, Vec::new()));
                }
                (None, Some(after)) => {
                    let twin = ends.iter().any(|(key, earlier, later)| {
                        let same = earlier.as_ref().is_some_and(|earlier| earlier.locator == after.locator);
                        same && later.is_none() && key.provider != Provider::Aws && key.kind == after.key.kind
                    });
                    if !twin {
                        found.push(change(ChangeKind::Appeared, None, Some(after), Vec::new()));
                    }
                }
                (None, None) => {}
            }
        }
        found
    }

    pub(super) fn found(&self) -> Vec<Revert> {
        self.found_in(|_| {}, |_| {})
    }

    /// As [`World::found`], with changes and events in another order.
    pub(super) fn found_in(
        &self,
        of_changes: impl Fn(&mut Vec<Change>),
        of_events: impl Fn(&mut Vec<AuditEvent>),
    ) -> Vec<Revert> {
        let mut events = self.events.clone();
        of_events(&mut events);
        let lineage = graph(&self.lives(), &self.events);
        let transitions: Vec<Transition> = self
            .ends()
            .into_iter()
            .filter(|(_, before, after)| before != after)
            .map(|(key, before, after)| Transition {
                key: key.clone(),
                before,
                after,
                window: Window { from: at("10:00"), to: at("12:00") },
                known_earlier: false,
                listed_before: true,
            })
            .collect();
        let mut changes = self.changes();
        for change in &mut changes {
            let names = |event: &&AuditEvent| {
                let uid = change.resource().map(|it| it.key.uid.clone());
                event.outcome.has_effect() && event.targets.iter().any(|target| target.uid == uid)
            };
            change.trace.events = self.events.iter().filter(names).map(|event| event.id.clone()).collect();
        }
        of_changes(&mut changes);
        reverts(Evidence {
            lineage: &lineage,
            changes: &changes,
            residues: &self.residues,
            events: &events,
            transitions: &transitions,
            span: Window { from: at("10:00"), to: at("12:00") },
        })
    }

    /// The kinds with method, strength and evidence, but for storage that a stop lost.
    pub(super) fn told(&self) -> Vec<String> {
        let found = self.found();
        let disks = found.iter().filter(|revert| revert.kind != RevertKind::EphemeralReset);
        let line = |revert: &Revert| {
            format!("{} {} {} {}", revert.kind, revert.method.code, revert.strength, revert.seen_in)
        };
        disks.map(line).collect()
    }
}

fn change(
    kind: ChangeKind,
    before: Option<&Arc<Resource>>,
    after: Option<&Arc<Resource>>,
    attributes: Vec<AttributeChange>,
) -> Change {
    let of = after.or(before).unwrap();
    Change {
        id: format!("{kind} {}", of.key.uid),
        kind,
        scope: of.scope(),
        before: before.cloned(),
        after: after.cloned(),
        window: Window { from: at("10:00"), to: at("12:00") },
        attributes,
        trace: Trace::of(TraceState::Explained, "as the test says"),
    }
}

pub(super) fn event(id: &str, time: &str, class: Class, targets: &[Target]) -> AuditEvent {
    AuditEvent {
        id: EventId::new(id),
        account: AccountId::new("111122223333"),
        location: Location::new("eu-west-1"),
        log: "cloudtrail".to_owned(),
        service: "ec2.amazonaws.com".to_owned(),
        operation: class.to_string(),
        class,
        targets: targets.iter().cloned().collect(),
        ..AuditEvent::blank(Provider::Aws, at(time))
    }
}

pub(super) fn on(class: Class, id: &str, time: &str) -> AuditEvent {
    event(id, time, class, &[Target::by_uid(Role::Subject, Kind::Instance, "i-1")])
}

pub(super) fn attach(id: &str, time: &str, class: Class, volume: &str) -> AuditEvent {
    let instance = Target::by_uid(Role::AttachedTo, Kind::Instance, "i-1");
    let slot = Some(ROOT.to_owned());
    let volume = Target { slot, ..Target::by_uid(Role::Subject, Kind::Volume, volume) };
    event(id, time, class, &[instance, volume])
}
