//! What comes and goes with something else, and has no event of its own (SEMANTICS E.1.7, E.2.7, E.3.6).

use std::sync::Arc;

use jiff::SignedDuration;
use rustc_hash::FxHashMap;

use super::automation;
use super::explains::Act;
use super::found::{Explanation, Found, Inquiry};
use super::index::{folded, same};
use super::join::target_is;
use super::slots::{self, machines};
use super::words::act as named;
use crate::model::{
    AuditEvent, Change, ChangeKind, Class, Kind, Link, Locator, Provider, Rel, Resource, Role, Target,
    Timestamp, TraceState,
};

/// How much earlier than the launch that it belongs to a volume may be made.
const BEFORE: SignedDuration = SignedDuration::from_secs(5);
/// How much later.
const AFTER: SignedDuration = SignedDuration::from_secs(120);
/// How far from the description that names it a disk may be made (SEMANTICS E.2.7).
const NEAR: SignedDuration = SignedDuration::from_mins(10);
/// How long the replacement of a root volume, or the capture of an image, may take to make what belongs to it.
const SLOW: SignedDuration = SignedDuration::from_mins(60);

/// Which changes are of the instances and images that volumes and snapshots belong to.
pub(super) struct Kin {
    /// Changes of instances, by their own id and address.
    machines: FxHashMap<(Provider, String), Vec<usize>>,
    /// Changes of instances and images, by what they say belongs to them.
    holders: FxHashMap<(Provider, String), Vec<usize>>,
}

impl Kin {
    /// Sorts changes in.
    pub(super) fn of(changes: &[Change]) -> Self {
        let mut kin = Self { machines: FxHashMap::default(), holders: FxHashMap::default() };
        for (at, change) in changes.iter().enumerate() {
            for resource in [&change.before, &change.after].into_iter().flatten() {
                kin.add(at, resource);
            }
        }
        kin
    }

    fn add(&mut self, at: usize, resource: &Resource) {
        let provider = resource.key.provider;
        let key = |text: &str| (provider, folded(provider, text, &resource.account));
        if matches!(resource.key.kind, Kind::Instance | Kind::ScaleSetInstance) {
            for text in [resource.key.uid.as_str(), resource.locator.as_str()] {
                self.machines.entry(key(text)).or_default().push(at);
            }
        }
        for link in resource.links.iter().filter(|link| matches!(link.rel, Rel::Attached | Rel::BackedBy)) {
            self.holders.entry(key(link.target())).or_default().push(at);
        }
    }

    /// Returns the changes that a resource's own change can go with: those of what it says it is attached to,
    /// and of what says that it holds it.
    fn parents(&self, resource: &Resource) -> Vec<usize> {
        let provider = resource.key.provider;
        let key = |text: &str| (provider, folded(provider, text, &resource.account));
        let own = [resource.key.uid.as_str(), resource.locator.as_str()];
        let held = own.into_iter().filter_map(|text| self.holders.get(&key(text)));
        let says = machines(resource).filter_map(|text| self.machines.get(&key(text)));
        let mut parents: Vec<usize> = says.chain(held).flatten().copied().collect();
        parents.sort_unstable();
        parents.dedup();
        parents
    }
}

/// All changes, how they belong together, and what the search for each one's own events found.
pub(super) struct Relations<'s, 'a> {
    /// The changes.
    pub(super) changes: &'s [Change],
    /// How they belong together.
    pub(super) kin: &'s Kin,
    /// Their own causes; `None` for a change that is of no resource.
    pub(super) firsts: &'s [Option<Found<'a>>],
}

/// Returns the cause that something else implies, or what speaks against one.
pub(super) fn implied<'a>(
    inquiry: &Inquiry<'_, 'a>,
    all: &Relations<'_, 'a>,
    act: Act<'_>,
) -> Result<Explanation<'a>, Option<String>> {
    let around = Around { inquiry, all };
    match (inquiry.change.scope.kind, act) {
        (Kind::Volume, Act::Create) => around.volume_made().ok_or(None),
        (Kind::Volume, Act::Delete) => around.volume_gone(),
        (Kind::Snapshot, Act::Create) => around.snapshot_made().ok_or(None),
        (Kind::Snapshot, Act::Delete) => around.snapshot_gone(),
        _ => Err(None),
    }
}

struct Around<'s, 'r, 'a> {
    inquiry: &'s Inquiry<'s, 'a>,
    all: &'s Relations<'r, 'a>,
}

impl<'a> Around<'_, '_, 'a> {
    /// The changes that this one can go with, of one kind, with the causes that were found of them.
    fn parents(&self, resource: &Resource, kind: ChangeKind) -> Vec<(&Change, Option<&Explanation<'a>>)> {
        let parents = self.all.kin.parents(resource).into_iter();
        let parents =
            parents.filter_map(|at| Some((self.all.changes.get(at)?, self.all.firsts.get(at)?.as_ref()?)));
        let parents =
            parents.filter(|(change, _)| change.kind == kind || change.kind == ChangeKind::Recreated);
        parents.map(|(change, found)| (change, found.as_ref().ok())).collect()
    }

    /// The events that were done to a resource known by its id or address.
    fn events_on(&self, text: &str, class: Class) -> Vec<&'a AuditEvent> {
        let scope = &self.inquiry.change.scope;
        let search = self.inquiry.narrowed.search;
        let namings = self.inquiry.index.naming(scope.provider, &scope.account, text, search);
        let done = namings.filter(|it| matches!(it.target.role, Role::Subject | Role::Created));
        let mut events: Vec<_> = done
            .map(|naming| naming.event)
            .filter(|event| event.class == class && event.outcome.has_effect())
            .collect();
        events.dedup_by(|one, other| one.id == other.id);
        events
    }

    /// A volume that came with an instance, or with the replacement of one's root.
    fn volume_made(&self) -> Option<Explanation<'a>> {
        let volume = self.inquiry.change.after.as_deref()?;
        let named_by_write = self.named_disk(volume).filter(|event| event.outcome.has_effect());
        if let Some(event) = named_by_write {
            return Some(self.with(event, volume, Act::Create, "describes an instance with it"));
        }
        for (change, cause) in self.parents(volume, ChangeKind::Appeared) {
            let machine = change.after.as_deref()?;
            let launched = machine.created_at.or_else(|| super::window::moment(machine, "LaunchTime"));
            let fits = launched.is_none_or(|at| made_with(volume, at, at));
            if let Some(cause) = cause.filter(|_| fits) {
                return Some(inherited(cause, machine, Act::Create));
            }
        }
        for text in self.attached_to(volume) {
            let launched = self.events_on(&text, Class::InstanceCreate).into_iter();
            let mut launched = launched.filter(|event| {
                let told = event.facts.get("launch_time").and_then(|time| time.as_str()?.parse().ok());
                let (from, to) = told.map_or((event.time, event.last_at()), |time| (time, time));
                made_with(volume, from, to)
            });
            if let Some(event) = launched.next() {
                return Some(self.with(event, volume, Act::Create, &format!("on {text} brings it")));
            }
            let reverted = self.reverted(volume, &text).into_iter();
            let mut reverted = reverted.filter(|event| slowly(volume, event));
            if let Some(event) = reverted.next() {
                return Some(self.with(event, volume, Act::Create, &format!("on {text} makes its new disk")));
            }
        }
        None
    }

    /// Where a volume is attached, as it says or an instance that changed says.
    fn attached_to(&self, volume: &Resource) -> Vec<String> {
        let mut texts: Vec<String> = machines(volume).map(str::to_owned).collect();
        for at in self.all.kin.parents(volume) {
            let machine = self.all.changes.get(at).and_then(Change::resource);
            texts.extend(machine.map(|machine| machine.key.uid.to_string()));
        }
        texts.sort();
        texts.dedup();
        texts
    }

    /// The write of an instance whose description names a disk.
    fn named_disk(&self, volume: &Resource) -> Option<&'a AuditEvent> {
        let scope = &self.inquiry.change.scope;
        let search = self.inquiry.narrowed.search;
        let texts = [volume.key.uid.as_str(), volume.locator.as_str()];
        let namings = texts
            .into_iter()
            .flat_map(|text| self.inquiry.index.naming(scope.provider, &scope.account, text, search));
        let near = |event: &AuditEvent| {
            volume.created_at.is_none_or(|at| event.time - NEAR <= at && at <= event.last_at() + NEAR)
        };
        let writes = namings.filter(|naming| {
            let class = matches!(naming.event.class, Class::InstanceCreate | Class::InstanceModify);
            let role = match naming.target.role {
                Role::Created => true,
                // An Azure description names a new disk and one that was there alike.
                Role::Attached => scope.provider == Provider::Azure && near(naming.event),
                _ => false,
            };
            class && role && super::index::is(naming.target, naming.event, volume).is_some()
        });
        writes.map(|naming| naming.event).max_by_key(|event| (event.outcome.has_effect(), event.time))
    }

    /// A volume that went with its instance, or with the replacement of one's root.
    fn volume_gone(&self) -> Result<Explanation<'a>, Option<String>> {
        let volume = self.inquiry.change.before.as_deref().ok_or(None)?;
        let mut against = None;
        for (change, cause) in self.parents(volume, ChangeKind::Vanished) {
            let (Some(machine), Some(cause)) = (change.before.as_deref(), cause) else { continue };
            match deleted_with(volume, machine) {
                Some(true) => return Ok(inherited(cause, machine, Act::Delete)),
                keeps => against = Some(stays(&cause.reason, keeps)),
            }
        }
        for text in self.attached_to(volume) {
            let replaced = self.reverted(volume, &text).into_iter();
            let mut replaced = replaced.filter(|event| is_set(event, "delete_replaced_root_volume"));
            if let Some(event) = replaced.next() {
                return Ok(self.with(event, volume, Act::Delete, &format!("on {text} deletes its old disk")));
            }
            let Some(event) = self.events_on(&text, Class::InstanceDelete).into_iter().next() else {
                continue;
            };
            match self.flag(volume, &text) {
                Some(true) => {
                    return Ok(self.with(event, volume, Act::Delete, &format!("on {text} takes it along")));
                }
                keeps => against = against.or_else(|| Some(stays(&named(event), keeps))),
            }
        }
        Err(against)
    }

    /// The events that brought back what an instance held in the slot of a volume.
    fn reverted(&self, volume: &Resource, machine: &str) -> Vec<&'a AuditEvent> {
        let parents = self.all.kin.parents(volume).into_iter();
        let changed = parents.filter_map(|at| self.all.changes.get(at)?.resource());
        let mut changed = changed.filter(|it| [it.key.uid.as_str(), it.locator.as_str()].contains(&machine));
        let seen = self.sighted(machine).or_else(|| changed.next().cloned());
        let slot = self.slot(volume);
        let mut events = self.events_on(machine, Class::InstanceRevert);
        events.retain(|event| {
            seen.as_deref().is_none_or(|machine| slots::reverts(event, machine, slot.as_deref()))
        });
        events
    }

    /// The slot that a volume stands in, as it says, or an instance that changed.
    fn slot(&self, volume: &Resource) -> Option<String> {
        let own = volume.links.iter().find(|link| link.rel == Rel::AttachedTo);
        own.and_then(|link| link.slot.clone()).or_else(|| {
            let parents = self.all.kin.parents(volume).into_iter();
            let changed = parents.filter_map(|at| self.all.changes.get(at));
            let states = changed.flat_map(|change| [&change.before, &change.after]).flatten();
            states.flat_map(|machine| &machine.links).find(|link| holds(link, volume))?.slot.clone()
        })
    }

    /// An instance as the earlier scan saw it.
    fn sighted(&self, machine: &str) -> Option<Arc<Resource>> {
        let provider = self.inquiry.change.scope.provider;
        let sighting = |by: Target| self.inquiry.evidence.sightings.of(provider, &by)?.before.clone();
        let locator = Locator::new(machine);
        sighting(Target::by_uid(Role::Subject, Kind::Instance, machine))
            .or_else(|| sighting(Target::by_locator(Role::Subject, Kind::Instance, locator)))
    }

    /// Whether a volume goes with an instance, as the earlier scan saw it.
    fn flag(&self, volume: &Resource, machine: &str) -> Option<bool> {
        let told = format!("Attachments[{machine}].DeleteOnTermination");
        let seen = self.sighted(machine);
        seen.and_then(|machine| deleted_with(volume, &machine))
            .or_else(|| volume.evidence.get(&told).and_then(serde_json::Value::as_bool))
    }

    /// A snapshot that the capture or the copy of an image made.
    fn snapshot_made(&self) -> Option<Explanation<'a>> {
        let snapshot = self.inquiry.change.after.as_deref()?;
        for (change, cause) in self.parents(snapshot, ChangeKind::Appeared) {
            let (Some(image), Some(cause)) = (change.after.as_deref(), cause) else { continue };
            let made = |event: &&&AuditEvent| captures(event, snapshot);
            if cause.events.iter().find(made).is_some() {
                return Some(inherited(cause, image, Act::Create));
            }
        }
        let image = described_image(snapshot)?;
        let events = self.events_on(image, Class::ImageCreate).into_iter();
        let event = events.rev().find(|event| captures(event, snapshot))?;
        Some(self.with(event, snapshot, Act::Create, &format!("made it for {image}")))
    }

    /// A snapshot that was deleted with its image.
    fn snapshot_gone(&self) -> Result<Explanation<'a>, Option<String>> {
        let snapshot = self.inquiry.change.before.as_deref().ok_or(None)?;
        let mut against = None;
        for (change, cause) in self.parents(snapshot, ChangeKind::Vanished) {
            let (Some(image), Some(cause)) = (change.before.as_deref(), cause) else { continue };
            if cause.events.iter().any(|event| is_set(event, "delete_associated_snapshots")) {
                return Ok(inherited(cause, image, Act::Delete));
            }
            against = Some(format!("{}, and leaves its snapshots", cause.reason));
        }
        Err(against)
    }

    fn with(&self, event: &'a AuditEvent, resource: &Resource, act: Act<'_>, what: &str) -> Explanation<'a> {
        let told = automation::judge(self.inquiry.index, event, act, resource);
        let state = if told.state == TraceState::Explained { TraceState::Implied } else { told.state };
        let reason = format!("{} {}", named(event), crate::model::printable(what));
        Explanation { caused_by: told.caused_by, ..Explanation::of(state, reason, vec![event]) }
    }
}

/// Makes of a parent's cause that of what came or went with it.
fn inherited<'a>(cause: &Explanation<'a>, parent: &Resource, act: Act<'_>) -> Explanation<'a> {
    let state = match cause.state {
        TraceState::Explained => TraceState::Implied,
        state => state,
    };
    let makes = |event: &&&AuditEvent| {
        matches!(event.class, Class::InstanceDelete | Class::ImageDelete) == (act == Act::Delete)
    };
    let event = cause.events.iter().find(makes).or(cause.events.first());
    let reason = match event {
        Some(event) => format!("{} on {} brings it", named(event), parent.key.uid),
        None => format!("it goes with {}: {}", parent.key.uid, cause.reason),
    };
    Explanation { state, reason, ..cause.clone() }
}

fn stays(cause: &str, flag: Option<bool>) -> String {
    match flag {
        Some(_) => format!("its instance went ({cause}), and it was to stay"),
        None => format!("its instance went ({cause}), and nothing tells that it was to go with it"),
    }
}

/// Whether a volume was made with a launch: between 5 seconds before it and 120 after.
fn made_with(volume: &Resource, from: Timestamp, to: Timestamp) -> bool {
    volume.created_at.is_none_or(|made| from - BEFORE <= made && made <= to + AFTER)
}

fn slowly(made: &Resource, event: &AuditEvent) -> bool {
    made.created_at.is_none_or(|at| event.time - AFTER <= at && at <= event.last_at() + SLOW)
}

/// Whether the making of an image took a snapshot: one that it was made from was there before.
fn captures(event: &AuditEvent, snapshot: &Resource) -> bool {
    let from = event.targets(Role::Source).any(|source| {
        target_is(source, event, snapshot.key.uid.as_str())
            || target_is(source, event, snapshot.locator.as_str())
    });
    let registers = event.operation.to_lowercase().contains("registerimage");
    event.class == Class::ImageCreate && !from && !registers && slowly(snapshot, event)
}

/// The image that EC2 writes into the description of a snapshot that it takes for one.
fn described_image(snapshot: &Resource) -> Option<&str> {
    let description = snapshot.config.get("Description")?.as_str()?;
    let (_, rest) = description
        .strip_prefix("Created by CreateImage(")
        .and_then(|rest| rest.split_once(") for "))
        .or_else(|| description.split_once("Copied for DestinationAmi "))?;
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(rest.len());
    rest.get(..end).filter(|image| image.starts_with("ami-"))
}

/// Whether an edge of an instance leads to a volume.
fn holds(link: &Link, volume: &Resource) -> bool {
    let own = [volume.key.uid.as_str(), volume.locator.as_str()];
    let is = |text: &str| same(volume.key.provider, &volume.account, link.target(), text);
    link.rel == Rel::Attached && own.into_iter().any(is)
}

/// Whether a volume was to be deleted with an instance.
fn deleted_with(volume: &Resource, machine: &Resource) -> Option<bool> {
    let link = machine.links.iter().find(|link| holds(link, volume));
    let told = format!("Attachments[{}].DeleteOnTermination", machine.key.uid);
    link.and_then(|link| link.delete_with)
        .or_else(|| volume.evidence.get(&told).and_then(serde_json::Value::as_bool))
}

fn is_set(event: &AuditEvent, fact: &str) -> bool {
    event.facts.get(fact).and_then(serde_json::Value::as_bool) == Some(true)
}
