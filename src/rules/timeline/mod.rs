//! Events and changes of a time as one sequence of steps: what chains are told from (SEMANTICS F.7).
//!
//! An event that had an effect is a step, with the changes that it explains and the residues that it left; a
//! change that no event explains is a step of the state alone. What was refused, failed or only tried is none.
//! The order of events and changes means nothing.

mod origins;
mod state;
mod step;
mod tell;
#[cfg(test)]
mod tests;
mod thing;

use std::collections::BTreeSet;

use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::Value;

use self::origins::Origins;
use self::state::Shown;
pub(super) use self::step::{Step, Who, identity};
pub(super) use self::tell::{chain, facts, lasting, listed};
pub(super) use self::thing::Thing;
use super::Testimony;
use crate::model::{
    AuditEvent, Change, Class, EVERYWHERE, EventId, Kind, Location, Place, Provider, Residue, Role, Window,
};

/// What no chain has a use for.
const NO_STEPS: &[Class] = &[
    Class::Other,
    Class::TagModify,
    Class::IamAssume,
    Class::IamRevoke,
    Class::LogRestore,
    Class::ProtectAdd,
    Class::RegionDisable,
    Class::InstanceAccess,
    Class::SettingModify,
];

/// With what a chain can end.
const ENDS: &[Class] = &[
    Class::InstanceCreate,
    Class::InstanceDelete,
    Class::InstanceStart,
    Class::InstanceModify,
    Class::InstanceRevert,
    Class::VolumeCreate,
    Class::VolumeAttach,
    Class::VolumeDelete,
    Class::SnapshotCreate,
    Class::SnapshotCopy,
    Class::SnapshotShare,
    Class::SnapshotDelete,
    Class::ImageCreate,
    Class::ImageDelete,
    Class::RestorePointDelete,
    Class::GroupDelete,
    Class::BackupTamper,
    Class::QuotaRequest,
    Class::QuotaGranted,
];

/// Whether anything in a time can be the last step of a chain, so that it is worth while to look at what came
/// before.
pub fn may_end_a_chain(changes: &[Change], events: &[AuditEvent]) -> bool {
    let ends = |class: &Class| ENDS.contains(class);
    changes.iter().any(|change| state::shown(change).iter().any(|(class, _)| ends(class)))
        || events.iter().any(|event| event.outcome.has_effect() && ends(&event.class))
}

/// What deletes.
pub const DELETIONS: &[Class] = &[
    Class::InstanceDelete,
    Class::VolumeDelete,
    Class::SnapshotDelete,
    Class::ImageDelete,
    Class::RestorePointDelete,
    Class::GroupDelete,
    Class::GroupScale,
];

/// Whether anything says that an instance was made, for which a region may have been opened before.
pub fn may_open_a_region(changes: &[Change], events: &[AuditEvent]) -> bool {
    let made = |class: Class| class == Class::InstanceCreate;
    changes.iter().any(|change| state::shown(change).iter().any(|(class, _)| made(*class)))
        || events.iter().any(|event| event.outcome.has_effect() && made(event.class))
}

/// Returns the places in which instances were made, or for which more was asked.
pub fn places(changes: &[Change], events: &[AuditEvent]) -> BTreeSet<Place> {
    const CLASSES: &[Class] =
        &[Class::InstanceCreate, Class::QuotaRequest, Class::QuotaGranted, Class::RegionEnable];
    let seen =
        changes.iter().filter(|change| state::shown(change).iter().any(|(class, _)| CLASSES.contains(class)));
    let seen = seen.filter_map(|change| change.resource());
    let seen = seen.map(|it| (it.key.provider, it.account.clone(), it.location.clone()));
    let logged = events.iter().filter(|event| event.outcome.has_effect() && CLASSES.contains(&event.class));
    let logged = logged.filter_map(|event| {
        let parts = event.targets.iter();
        let parts = parts.filter_map(|it| Some((it.role, Thing::of_target(event.provider, it)?))).collect();
        let place = location(event, &[], &parts)?;
        Some((event.provider, event.account.clone(), Location::new(place)))
    });
    seen.chain(logged).collect()
}

/// Every step of the compared time, and of the time before that was looked at.
#[derive(Debug, Default)]
pub(super) struct Timeline<'a> {
    /// In the order of time.
    steps: Vec<Step<'a>>,
    by_name: FxHashMap<String, Vec<usize>>,
    origins: Origins,
}

impl<'a> Timeline<'a> {
    /// Arranges what two scans and the logs of the time tell.
    pub(super) fn of(changes: &[&'a Change], testimony: Testimony<'a>) -> Self {
        let told = Told::of(changes, testimony);
        let mut steps: Vec<Step<'a>> = told.steps(testimony);
        steps.sort_by(|one, other| one.order().cmp(&other.order()));
        let mut by_name: FxHashMap<String, Vec<usize>> = FxHashMap::default();
        for (at, step) in steps.iter().enumerate() {
            let names: BTreeSet<&str> = step.parts.iter().flat_map(|(_, thing)| thing.names()).collect();
            for name in names {
                by_name.entry(name.to_owned()).or_default().push(at);
            }
        }
        let states = changes.iter().copied().chain(testimony.earlier);
        let origins = Origins::of(states, &steps, testimony.lineage);
        Self { steps, by_name, origins }
    }

    /// Returns the steps of some classes, in the order of time.
    pub(super) fn of_class(&self, classes: &'static [Class]) -> impl Iterator<Item = &Step<'a>> {
        self.steps.iter().filter(move |step| classes.contains(&step.class))
    }

    /// Returns the steps that name a thing in one of some roles, in the order of time.
    pub(super) fn naming(&self, thing: &Thing, roles: &'static [Role]) -> Vec<&Step<'a>> {
        let at: BTreeSet<usize> =
            thing.names().filter_map(|name| self.by_name.get(name)).flatten().copied().collect();
        let steps = at.into_iter().filter_map(|at| self.steps.get(at));
        steps.filter(|step| step.has(roles, thing)).collect()
    }

    /// Whether a volume was made before a launch, and so did not come with the instance or its image.
    pub(super) fn is_older(&self, volume: &Thing, launch: &Step<'_>) -> bool {
        let made = self.naming(volume, &[Role::Created]);
        made.iter().any(|made| made.class == Class::VolumeCreate && made.window.to < launch.window.from)
    }

    /// Returns what a thing was made from.
    pub(super) fn parents(&self, thing: &Thing) -> Vec<&Thing> {
        self.origins.parents(thing)
    }

    /// Returns what a thing descends from, the nearest first.
    pub(super) fn ancestors(&self, thing: &Thing) -> Vec<&Thing> {
        self.origins.ancestors(thing)
    }

    /// Returns the instances that a volume is known to have been attached to.
    pub(super) fn owners(&self, volume: &Thing) -> Vec<&Thing> {
        self.origins.owners(volume)
    }
}

/// What is told, arranged by events.
struct Told<'a> {
    /// The changes of the compared time, by the events that explain them.
    changes: FxHashMap<&'a EventId, Vec<&'a Change>>,
    /// Those of earlier comparisons.
    earlier: FxHashMap<&'a EventId, Vec<&'a Change>>,
    residues: FxHashMap<&'a EventId, Vec<&'a Residue>>,
    /// The changes that no known event explains, with whether they lie in the compared time.
    alone: Vec<(&'a Change, bool)>,
    now: FxHashSet<&'a EventId>,
    roots: FxHashMap<&'a EventId, &'a crate::model::Actor>,
}

impl<'a> Told<'a> {
    fn of(changes: &[&'a Change], testimony: Testimony<'a>) -> Self {
        let known: FxHashSet<&EventId> =
            testimony.events.iter().chain(testimony.before).map(|event| &event.id).collect();
        let roots = testimony.behind.iter().filter_map(|(id, chain)| Some((id, chain.first()?))).collect();
        let mut told = Self {
            changes: FxHashMap::default(),
            earlier: FxHashMap::default(),
            residues: FxHashMap::default(),
            alone: Vec::new(),
            now: testimony.events.iter().map(|event| &event.id).collect(),
            roots,
        };
        let both = changes.iter().map(|change| (*change, true));
        for (change, now) in both.chain(testimony.earlier.iter().map(|change| (change, false))) {
            let events: Vec<&EventId> = change.trace.events.iter().filter(|id| known.contains(id)).collect();
            if events.is_empty() {
                told.alone.push((change, now));
            }
            let by_event = if now { &mut told.changes } else { &mut told.earlier };
            for id in events {
                by_event.entry(id).or_default().push(change);
            }
        }
        for residue in testimony.residues {
            for id in &residue.events {
                told.residues.entry(id).or_default().push(residue);
            }
        }
        told
    }

    fn steps(&self, testimony: Testimony<'a>) -> Vec<Step<'a>> {
        let mut met: FxHashSet<&EventId> = FxHashSet::default();
        let events = testimony.events.iter().chain(testimony.before);
        let counts = |event: &&AuditEvent| event.outcome.has_effect() && !NO_STEPS.contains(&event.class);
        let by_event =
            events.filter(counts).filter(|event| met.insert(&event.id)).map(|event| self.logged(event));
        let alone = self.alone.iter().flat_map(|(change, now)| seen(change, *now));
        by_event.chain(alone).collect()
    }

    fn logged(&self, event: &'a AuditEvent) -> Step<'a> {
        let of =
            |map: &FxHashMap<&'a EventId, Vec<&'a Change>>| map.get(&event.id).cloned().unwrap_or_default();
        let (changes, earlier) = (of(&self.changes), of(&self.earlier));
        let residues = self.residues.get(&event.id).cloned().unwrap_or_default();
        let provider = event.provider;
        let mut parts: BTreeSet<(Role, Thing)> = BTreeSet::new();
        let named = event.targets.iter();
        parts.extend(named.filter_map(|target| Some((target.role, Thing::of_target(provider, target)?))));
        let asked =
            parts.iter().filter(|(role, _)| *role == Role::Source).map(|(_, it)| it.clone()).collect();
        let mut mounts = mounts(event, &parts);
        for (_, shown) in changes.iter().chain(&earlier).flat_map(|change| state::shown(change)) {
            parts = shown.parts.into_iter().fold(parts, together);
            for (volume, instance) in shown.mounts {
                let known = |(own, holder): &(Thing, Thing)| own.is(&volume) && holder.is(&instance);
                if !mounts.iter().any(known) {
                    mounts.push((volume, instance));
                }
            }
        }
        mounts.sort_unstable();
        let location = location(event, &changes, &parts);
        let all = changes.iter().chain(&earlier);
        let automated = event.actor.service.is_some()
            || (changes.len() + earlier.len() > 0
                && all.into_iter().all(|change| state::is_automated(change)));
        let root = self.roots.get(&event.id).map(|actor| identity(provider, actor));
        Step {
            window: Window { from: event.time, to: event.time },
            class: event.class,
            what: &event.operation,
            provider,
            account: &event.account,
            location,
            parts,
            asked,
            mounts,
            actor: Some(&event.actor),
            root,
            automated,
            now: self.now.contains(&event.id) || !changes.is_empty(),
            event: Some(event),
            changes,
            residues,
            earlier,
        }
    }
}

/// Adds a part, as one with the same under another name.
fn together(mut parts: BTreeSet<(Role, Thing)>, (role, thing): (Role, Thing)) -> BTreeSet<(Role, Thing)> {
    let known = parts.iter().find(|(own, known)| *own == role && known.is(&thing)).cloned();
    let thing = known.as_ref().map_or_else(|| thing.clone(), |(_, known)| known.merged(&thing));
    known.map(|known| parts.remove(&known));
    parts.insert((role, thing));
    parts
}

/// Returns the volumes that an event says it put into instances.
fn mounts(event: &AuditEvent, parts: &BTreeSet<(Role, Thing)>) -> Vec<(Thing, Thing)> {
    let pairs = |volumes: Role, instances: &[Role]| -> Vec<(Thing, Thing)> {
        let volumes = parts.iter().filter(|(role, it)| *role == volumes && it.is_a(Kind::Volume));
        let holders = |(role, it): &&(Role, Thing)| instances.contains(role) && it.is_a(Kind::Instance);
        volumes
            .flat_map(|(_, volume)| {
                parts.iter().filter(holders).map(|(_, instance)| (volume.clone(), instance.clone()))
            })
            .collect()
    };
    match event.class {
        Class::VolumeAttach => pairs(Role::Subject, &[Role::AttachedTo]),
        Class::InstanceCreate | Class::InstanceModify => {
            pairs(Role::Attached, &[Role::Created, Role::Subject])
        }
        _ => Vec::new(),
    }
}

/// Returns where an event acted: the region that it asks something for, that of its log, or the place of what it
/// brought about or names.
fn location(event: &AuditEvent, changes: &[&Change], parts: &BTreeSet<(Role, Thing)>) -> Option<String> {
    let asked = event.facts.get("region").and_then(Value::as_str).map(str::to_owned);
    let logged = Some(&event.location).filter(|it| it.as_str() != EVERYWHERE).map(Location::to_string);
    let seen = || changes.iter().find_map(|change| change.resource()).map(|it| it.location.to_string());
    let named = || {
        let own = parts.iter().filter(|(role, _)| matches!(role, Role::Created | Role::Subject));
        own.filter_map(|(_, thing)| thing.place()).map(str::to_owned).next()
    };
    asked.or(logged).or_else(seen).or_else(named)
}

/// Returns the steps of a change that no event tells.
fn seen(change: &Change, now: bool) -> Vec<Step<'_>> {
    let step = |(class, Shown { parts, mounts }): (Class, Shown)| Step {
        window: state::window(change),
        class,
        what: change.kind.as_str(),
        provider: change.scope.provider,
        account: &change.scope.account,
        location: change.resource().map(|resource| resource.location.to_string()),
        parts,
        asked: Vec::new(),
        mounts,
        actor: None,
        root: None,
        automated: state::is_automated(change),
        now,
        event: None,
        changes: if now { vec![change] } else { Vec::new() },
        residues: Vec::new(),
        earlier: if now { Vec::new() } else { vec![change] },
    };
    state::shown(change).into_iter().map(step).collect()
}

/// Whether a place of resources lies in a region: on Google Cloud a zone does.
pub(super) fn lies_in(provider: Provider, place: &str, region: &str) -> bool {
    let within = || place.strip_prefix(region).is_some_and(|zone| zone.starts_with('-'));
    place.eq_ignore_ascii_case(region) || (provider == Provider::Gcp && within())
}
