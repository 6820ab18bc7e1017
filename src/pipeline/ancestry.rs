//! Which part of the ancestry a comparison is about: a walk through the store, round by round.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::lineage;
use crate::model::{
    AuditEvent, Change, ChangeKind, Class, EventId, Kind, Life, Lineage, Locator, NodeKey, Provider, Rel,
    Residue, Resource, ResourceKey, Role, Target, Uid, folded,
};
use crate::store::{self, EventFilter, Store};
use crate::trace;

/// How many steps the walk takes at most.
const DEPTH: usize = 8;

/// An ancestry, and the events that tell of it.
#[derive(Debug, Default)]
pub(super) struct Ancestry {
    /// The graph.
    pub(super) lineage: Lineage,
    /// Folded, by time and id.
    pub(super) events: Vec<AuditEvent>,
}

/// Returns the ancestry of the disks in every slot that changed, or that a log says changed.
///
/// Where no instance and no slot is concerned it is empty, and nothing is read. Each round reads the resources'
/// table once.
///
/// # Errors
///
/// Whatever the store says.
pub(super) fn ancestry(
    store: &Store,
    changes: &[Change],
    residues: &[Residue],
    (events, of_the_time): (&[AuditEvent], &[AuditEvent]),
) -> Result<Ancestry, store::Error> {
    let mut seeds = BTreeSet::new();
    for change in changes {
        seeds.extend(seeds_of(change));
    }
    seeds.extend(told_only(changes, residues, of_the_time));
    seeds.extend(former_machines(store, changes)?);
    if !seeds.iter().any(|key| concerns_slots(key.kind)) {
        return Ok(Ancestry::default());
    }
    walk(store, seeds, events)
}

/// Returns the ancestry of these things, as far as the store knows it; `events` are known already.
///
/// # Errors
///
/// Whatever the store says.
pub(super) fn walk(
    store: &Store,
    seeds: BTreeSet<NodeKey>,
    events: &[AuditEvent],
) -> Result<Ancestry, store::Error> {
    let mut walk = Walk { store, met: BTreeSet::new(), lives: BTreeMap::new(), records: BTreeMap::new() };
    let at_hand = AtHand::of(events);
    let mut wanted = seeds;
    for _ in 0..DEPTH {
        if wanted.is_empty() {
            break;
        }
        wanted = walk.round(&wanted, &at_hand)?;
    }
    let lives: Vec<Life> = walk.lives.into_values().collect();
    let events = trace::fold(walk.records.into_values().collect());
    Ok(Ancestry { lineage: lineage::graph(&lives, &events), events })
}

/// Returns where a thing comes from, who stood in its slots or in which slots it stood, and what was made from it,
/// as far as the store knows.
///
/// # Errors
///
/// Whatever the store says.
pub fn family(store: &Store, key: &ResourceKey) -> Result<Lineage, store::Error> {
    let mut seeds = BTreeSet::from([NodeKey::from(key)]);
    for life in store.lives(&seeds.clone())?.iter().filter(|life| life.key == *key) {
        for spell in &life.spells {
            let machines = spell.state.links.iter().filter(|link| link.rel == Rel::AttachedTo);
            seeds.extend(machines.map(|link| NodeKey::new(key.provider, link.kind, link.target())));
            seeds.insert(NodeKey::new(key.provider, key.kind, spell.state.locator.as_str()));
        }
    }
    seeds.extend(store.descendants(&seeds, DEPTH)?);
    for name in seeds.clone() {
        let filter = EventFilter { target: Some(name.id.clone()), ..EventFilter::default() };
        let made = store.events(&filter)?.into_iter().filter(lineage::makes);
        seeds.extend(made.flat_map(|event| named_by(&event).collect::<Vec<_>>()));
    }
    Ok(walk(store, seeds, &[])?.lineage)
}

/// What a change is about, and what its states name.
fn seeds_of(change: &Change) -> Vec<NodeKey> {
    let concerns = matches!(
        change.kind,
        ChangeKind::Appeared
            | ChangeKind::Vanished
            | ChangeKind::Recreated
            | ChangeKind::Reappeared
            | ChangeKind::Attached
            | ChangeKind::Detached
            | ChangeKind::SlotSwapped
            | ChangeKind::Restarted
    );
    let states = [&change.before, &change.after].into_iter().flatten();
    let states = states.filter(|state| concerns && is_in_ancestry(state.key.kind));
    let of = |state: &Arc<Resource>| -> Vec<NodeKey> {
        // A disk made anew under its name stands in a slot of which nothing differs.
        let machines = state.links.iter().filter(|link| link.rel == Rel::AttachedTo);
        let machines = machines.map(|link| NodeKey::new(state.key.provider, link.kind, link.target()));
        std::iter::once(NodeKey::from(&state.key)).chain(named(state)).chain(machines).collect()
    };
    states.flat_map(of).collect()
}

/// The instances that volumes which are gone had been attached to: one that was swapped out and then deleted is gone
/// when it stands nowhere any more.
fn former_machines(store: &Store, changes: &[Change]) -> Result<Vec<NodeKey>, store::Error> {
    let gone = changes.iter().filter(|change| change.kind == ChangeKind::Vanished);
    let gone = gone.filter_map(|change| change.before.as_deref()).filter(|it| it.key.kind == Kind::Volume);
    let loose = gone.filter(|volume| !volume.links.iter().any(|link| link.rel == Rel::AttachedTo));
    let loose: BTreeSet<NodeKey> = loose.map(|volume| NodeKey::from(&volume.key)).collect();
    if loose.is_empty() {
        return Ok(Vec::new());
    }
    let lives = store.lives(&loose)?;
    let spells = lives.iter().flat_map(|life| &life.spells);
    let links =
        spells.flat_map(|spell| spell.state.links.iter().map(|link| (spell.state.key.provider, link)));
    let machines = links.filter(|(_, link)| link.rel == Rel::AttachedTo);
    Ok(machines.map(|(provider, link)| NodeKey::new(provider, link.kind, link.target())).collect())
}

/// What a log says was attached, reverted or made, and no change shows: it is a part of a residue, or of something
/// that nobody lists. What a service of the vendor did there by itself is left out: it is much.
fn told_only(changes: &[Change], residues: &[Residue], events: &[AuditEvent]) -> BTreeSet<NodeKey> {
    let left: BTreeSet<&EventId> = residues.iter().flat_map(|residue| &residue.events).collect();
    let shown: BTreeSet<&EventId> = changes.iter().flat_map(|change| &change.trace.events).collect();
    let told = events.iter().filter(|event| {
        let fills =
            matches!(event.class, Class::InstanceRevert | Class::InstanceCreate | Class::VolumeAttach);
        let touches = matches!(
            event.class,
            Class::InstanceModify | Class::InstanceStop | Class::InstanceReboot | Class::VolumeDetach
        );
        let unshown = !shown.contains(&event.id) && event.actor.service.is_none();
        let concerns = left.contains(&event.id) && (fills || touches) || unshown && fills;
        concerns && event.outcome.has_effect()
    });
    told.flat_map(named_by).collect()
}

const fn concerns_slots(kind: Kind) -> bool {
    matches!(kind, Kind::Instance | Kind::ScaleSetInstance)
}

const fn is_in_ancestry(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Instance
            | Kind::ScaleSetInstance
            | Kind::Volume
            | Kind::Snapshot
            | Kind::Image
            | Kind::RestorePoint
            | Kind::MachineImage
            | Kind::InstantSnapshot
    )
}

/// Returns what a target can be called, if it is in the ancestry.
fn ids(event: &AuditEvent, target: &Target) -> impl Iterator<Item = NodeKey> {
    let kind = target.kind.filter(|kind| is_in_ancestry(*kind));
    let uid = target.uid.as_ref().map(|uid| uid.as_str().to_owned());
    let locator = target.locator.as_ref().map(|it| folded(event.provider, it.as_str(), &event.account));
    let provider = event.provider;
    [uid, locator].into_iter().flatten().filter_map(move |id| Some(NodeKey::new(provider, kind?, &id)))
}

/// Returns what an event names.
fn named_by(event: &AuditEvent) -> impl Iterator<Item = NodeKey> {
    event.targets.iter().flat_map(|target| ids(event, target))
}

/// Returns what a state names: what it comes from, and what stands in its slots. Who a volume is attached to is
/// left out: a volume's other instances are none of its ancestors.
fn named(state: &Resource) -> impl Iterator<Item = NodeKey> {
    let links = state.links.iter().filter(|link| link.rel != Rel::AttachedTo && is_in_ancestry(link.kind));
    links.flat_map(|link| {
        let uid = link.uid.as_ref().map(Uid::as_str);
        let ids = [uid, link.locator.as_ref().map(Locator::as_str)];
        ids.into_iter().flatten().map(|id| NodeKey::new(state.key.provider, link.kind, id))
    })
}

/// Events that are known already, by what they name.
struct AtHand<'e> {
    events: &'e [AuditEvent],
    naming: BTreeMap<NodeKey, Vec<usize>>,
}

impl<'e> AtHand<'e> {
    fn of(events: &'e [AuditEvent]) -> Self {
        let mut naming: BTreeMap<NodeKey, Vec<usize>> = BTreeMap::new();
        for (index, event) in events.iter().enumerate().filter(|(_, event)| event.outcome.has_effect()) {
            for key in event.targets.iter().flat_map(|target| ids(event, target)) {
                naming.entry(key).or_default().push(index);
            }
        }
        Self { events, naming }
    }

    fn naming(&self, key: &NodeKey) -> impl Iterator<Item = &'e AuditEvent> {
        let indexes = self.naming.get(key).into_iter().flatten();
        indexes.filter_map(|index| self.events.get(*index))
    }
}

struct Walk<'s> {
    store: &'s Store,
    met: BTreeSet<NodeKey>,
    lives: BTreeMap<NodeKey, Life>,
    records: BTreeMap<(Provider, EventId), AuditEvent>,
}

impl Walk<'_> {
    /// Loads what is wanted; returns what that names and nobody met yet.
    fn round(
        &mut self,
        wanted: &BTreeSet<NodeKey>,
        at_hand: &AtHand<'_>,
    ) -> Result<BTreeSet<NodeKey>, store::Error> {
        self.met.extend(wanted.iter().cloned());
        let mut next = BTreeSet::new();
        let mut names = wanted.clone();
        for life in self.store.lives(wanted)? {
            for spell in &life.spells {
                next.extend(named(&spell.state));
                let id = spell.state.locator.as_str();
                names.insert(NodeKey::new(life.key.provider, life.key.kind, id));
            }
            let key = NodeKey::from(&life.key);
            names.insert(key.clone());
            self.lives.insert(key, life);
        }
        self.met.extend(names.iter().cloned());
        for name in &names {
            next.extend(self.events_of(name, at_hand)?);
        }
        Ok(next.into_iter().filter(|key| !self.met.contains(key)).collect())
    }

    /// Takes the events that tell where something comes from, or in which slots it stood; returns what they
    /// name.
    fn events_of(&mut self, name: &NodeKey, at_hand: &AtHand<'_>) -> Result<Vec<NodeKey>, store::Error> {
        let filter = EventFilter {
            provider: Some(name.provider),
            target: Some(name.id.clone()),
            ..EventFilter::default()
        };
        let stored = self.store.events(&filter)?;
        let mut named = Vec::new();
        for event in at_hand.naming(name).chain(&stored).filter(|event| tells(event, name)) {
            named.extend(named_by(event));
            self.records.entry((event.provider, event.id.clone())).or_insert_with(|| event.clone());
        }
        Ok(named)
    }
}

/// Whether an event tells of a thing's origin or its slots; an event that only made other things from it does not.
fn tells(event: &AuditEvent, name: &NodeKey) -> bool {
    let plays = event.targets.iter().filter(|target| ids(event, target).any(|key| key == *name));
    let mut roles = plays.map(|target| target.role);
    match event.class {
        Class::VolumeAttach | Class::VolumeDetach => true,
        Class::InstanceCreate | Class::InstanceModify | Class::InstanceRevert => {
            roles.any(|role| !matches!(role, Role::Source | Role::Image | Role::Parent | Role::Related))
        }
        _ => {
            (lineage::makes(event) || lineage::unmakes(event))
                && roles.any(|role| matches!(role, Role::Created | Role::Subject))
        }
    }
}
