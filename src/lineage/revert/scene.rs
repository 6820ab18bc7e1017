//! What reverts are told from, looked up by what it is about.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::Evidence;
use crate::model::{
    AuditEvent, Change, ChangeKind, Class, Descent, Edge, EventId, Kind, Lineage, Link, Node, NodeKey,
    Occupancy, Provider, Rel, Residue, Resource, Role, Target, Timestamp, Transition, Window,
};

/// The ancestry, the changes and the events of a comparison, by what they are about.
pub(super) struct Scene<'a> {
    pub(super) lineage: &'a Lineage,
    pub(super) given: Evidence<'a>,
    /// The time that is compared.
    pub(super) span: Window,
    parents: BTreeMap<&'a NodeKey, Vec<&'a Edge>>,
    about: BTreeMap<NodeKey, Vec<&'a Change>>,
    transitions: BTreeMap<NodeKey, &'a Transition>,
    standing: BTreeMap<(Provider, Kind, &'a str), Vec<&'a Node>>,
    children: BTreeMap<&'a NodeKey, Vec<&'a Edge>>,
    /// Built when the first is asked for: without disks that moved none is.
    naming: OnceCell<BTreeMap<(Provider, String), Vec<&'a AuditEvent>>>,
    events: OnceCell<FxHashMap<&'a EventId, &'a AuditEvent>>,
    residues: OnceCell<FxHashMap<&'a EventId, Vec<&'a Residue>>>,
    slots: BTreeMap<&'a NodeKey, BTreeMap<&'a str, Vec<&'a Occupancy>>>,
    held: BTreeMap<&'a NodeKey, Vec<&'a Occupancy>>,
}

/// One end of the compared time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Before,
    After,
}

impl<'a> Scene<'a> {
    pub(super) fn of(given: Evidence<'a>) -> Self {
        let lineage = given.lineage;
        let mut scene = Self {
            lineage,
            given,
            span: given.span,
            parents: BTreeMap::new(),
            about: BTreeMap::new(),
            transitions: BTreeMap::new(),
            standing: BTreeMap::new(),
            children: BTreeMap::new(),
            naming: OnceCell::new(),
            events: OnceCell::new(),
            residues: OnceCell::new(),
            slots: BTreeMap::new(),
            held: BTreeMap::new(),
        };
        for edge in &lineage.edges {
            scene.parents.entry(&edge.child).or_default().push(edge);
            scene.children.entry(&edge.parent).or_default().push(edge);
        }
        for change in given.changes {
            let states = change.before.iter().chain(&change.after);
            let keys: BTreeSet<NodeKey> = states.map(|state| NodeKey::from(&state.key)).collect();
            for key in keys {
                scene.about.entry(key).or_default().push(change);
            }
        }
        for transition in given.transitions {
            scene.transitions.insert(NodeKey::from(&transition.key), transition);
        }
        for node in lineage.nodes.values() {
            if let Some(locator) = &node.locator {
                let place = (node.key.provider, node.key.kind, locator.as_str());
                scene.standing.entry(place).or_default().push(node);
            }
        }
        for held in &lineage.occupancies {
            let slots = scene.slots.entry(&held.instance).or_default();
            slots.entry(&held.slot).or_default().push(held);
            scene.held.entry(&held.volume).or_default().push(held);
        }
        scene
    }

    pub(super) fn parents(&self, key: &NodeKey) -> &[&'a Edge] {
        self.parents.get(key).map_or(&[], Vec::as_slice)
    }

    /// Returns the edges to a thing from what descends from it.
    pub(super) fn children(&self, key: &NodeKey) -> &[&'a Edge] {
        self.children.get(key).map_or(&[], Vec::as_slice)
    }

    /// Returns the edges from a thing and from what it descends from, the nearest first; none beyond what belongs
    /// to somebody else.
    pub(super) fn descent(&self, key: &'a NodeKey) -> Vec<&'a Edge> {
        let mut met: BTreeSet<&NodeKey> = [key].into_iter().collect();
        let mut next: VecDeque<&NodeKey> = [key].into_iter().collect();
        let mut found = Vec::new();
        while let Some(child) = next.pop_front() {
            for edge in self.parents(child) {
                found.push(*edge);
                let foreign = self.lineage.node(&edge.parent).is_some_and(|node| node.foreign);
                if !foreign && met.insert(&edge.parent) {
                    next.push_back(&edge.parent);
                }
            }
        }
        found
    }

    /// Returns the key under which the lineage knows a thing, for as long as the lineage lives.
    pub(super) fn known(&self, key: &NodeKey) -> Option<&'a NodeKey> {
        self.lineage.nodes.get_key_value(key).map(|(key, _)| key)
    }

    /// Returns the thing that is called so: by its id, or by the address at which it stands.
    pub(super) fn called(&self, provider: Provider, kind: Kind, name: &str) -> Option<&'a NodeKey> {
        let by_id = self
            .known(&NodeKey::new(provider, kind, name))
            .filter(|key| self.state(key, Side::After).is_some());
        let standing = || {
            let nodes = self.standing.get(&(provider, kind, name))?;
            nodes
                .iter()
                .max_by_key(|node| (node.gone.is_none(), node.created_at, &node.key))
                .map(|node| &node.key)
        };
        by_id.or_else(standing)
    }

    pub(super) fn node(&self, key: &NodeKey) -> Option<&'a Node> {
        self.lineage.node(key)
    }

    pub(super) fn changes_of(&self, key: &NodeKey) -> &[&'a Change] {
        self.about.get(key).map_or(&[], Vec::as_slice)
    }

    pub(super) fn transition(&self, key: &NodeKey) -> Option<&'a Transition> {
        self.transitions.get(key).copied()
    }

    /// Returns a thing's state at one end of the compared time, or its last one where nothing of it differs.
    pub(super) fn state(&self, key: &NodeKey, side: Side) -> Option<&'a Resource> {
        let of = |change: &&'a Change| -> Option<&'a Resource> {
            let state = if side == Side::Before { &change.before } else { &change.after };
            state.as_deref().filter(|state| NodeKey::from(&state.key) == *key)
        };
        let transition = self.transition(key).and_then(|transition| {
            if side == Side::Before { transition.before.as_deref() } else { transition.after.as_deref() }
        });
        let changed = self.changes_of(key).iter().find_map(of);
        changed.or(transition).or_else(|| self.node(key)?.state.as_deref())
    }

    /// Returns an instance's last known state.
    pub(super) fn machine(&self, key: &NodeKey) -> Option<Arc<Resource>> {
        let ends = |change: &&'a Change| [&change.after, &change.before];
        let mut states = self.changes_of(key).iter().flat_map(ends).flatten();
        let changed = states.find(|state| NodeKey::from(&state.key) == *key);
        changed.or_else(|| self.node(key)?.state.as_ref()).cloned()
    }

    /// Returns who stood in a slot, the earliest first.
    pub(super) fn occupants(&self, instance: &NodeKey, slot: &str) -> &[&'a Occupancy] {
        let held = self.slots.get(instance).and_then(|slots| slots.get(slot));
        held.map_or(&[], Vec::as_slice)
    }

    /// Returns in which slots a volume stood.
    pub(super) fn held(&self, volume: &NodeKey) -> &[&'a Occupancy] {
        self.held.get(volume).map_or(&[], Vec::as_slice)
    }

    /// Returns what stood in an instance's slots.
    pub(super) fn held_by(&self, instance: &NodeKey) -> impl Iterator<Item = &'a Occupancy> {
        self.slots.get(instance).into_iter().flat_map(BTreeMap::values).flatten().copied()
    }

    /// Returns every slot with who stood in it.
    pub(super) fn slots<'s>(&'s self) -> impl Iterator<Item = (&'a NodeKey, &'a str, &'s [&'a Occupancy])> {
        let of = |(instance, slots): (&&'a NodeKey, &'s BTreeMap<&'a str, Vec<&'a Occupancy>>)| {
            let instance = *instance;
            slots.iter().map(move |(slot, held)| (instance, *slot, held.as_slice()))
        };
        self.slots.iter().flat_map(of)
    }

    /// Returns what stands at the end of a link, at one end of the compared time: a locator may have been used
    /// again in between.
    pub(super) fn at(&self, provider: Provider, link: &Link, side: Side) -> NodeKey {
        let named = |id: &str| NodeKey::new(provider, link.kind, id);
        let Some(locator) = link.locator.as_ref().filter(|_| link.uid.is_none()) else {
            return named(link.target());
        };
        let nodes =
            self.standing.get(&(provider, link.kind, locator.as_str())).map_or(&[][..], Vec::as_slice);
        let stood = |node: &&&Node| {
            let state = self.state(&node.key, side);
            let changed = self.changes_of(&node.key).iter().find(|change| {
                matches!(change.kind, ChangeKind::Recreated | ChangeKind::Appeared | ChangeKind::Vanished)
            });
            let Some(change) = changed else { return node.gone.is_none() && state.is_some() };
            let end = if side == Side::Before { &change.before } else { &change.after };
            end.as_ref().is_some_and(|state| NodeKey::from(&state.key) == node.key)
        };
        let found = nodes.iter().filter(stood).max_by_key(|node| (node.created_at, &node.key));
        found.map_or_else(|| named(locator.as_str()), |node| node.key.clone())
    }

    /// Returns the events with effect that name a thing, by time.
    pub(super) fn events_on(&self, key: &NodeKey) -> Vec<&'a AuditEvent> {
        let mut ids = vec![key.id.clone()];
        ids.extend(self.node(key).and_then(|node| Some(node.locator.as_ref()?.as_str().to_owned())));
        let mut found: Vec<&AuditEvent> = Vec::new();
        let naming = self.naming.get_or_init(|| naming(self.given.events));
        for id in ids {
            found.extend(naming.get(&(key.provider, id.to_lowercase())).into_iter().flatten());
        }
        found.sort_by(|one, other| (one.time, &one.id).cmp(&(other.time, &other.id)));
        found.dedup_by(|one, other| one.id == other.id);
        found
    }

    /// Returns an event of the time.
    pub(super) fn event(&self, id: &EventId) -> Option<&'a AuditEvent> {
        let events =
            self.events.get_or_init(|| self.given.events.iter().map(|event| (&event.id, event)).collect());
        events.get(id).copied()
    }

    /// Returns the residues that an event is a part of.
    pub(super) fn residues_of(&self, id: &EventId) -> &[&'a Residue] {
        let residues = self.residues.get_or_init(|| {
            let mut by_event: FxHashMap<&EventId, Vec<&Residue>> = FxHashMap::default();
            for residue in self.given.residues {
                for id in &residue.events {
                    by_event.entry(id).or_default().push(residue);
                }
            }
            by_event
        });
        residues.get(id).map_or(&[], Vec::as_slice)
    }

    /// Returns the events of some classes with effect whose subject, or whose machine, is this thing, by time.
    pub(super) fn done_to(&self, key: &NodeKey, classes: &[Class]) -> Vec<&'a AuditEvent> {
        let locator = self.node(key).and_then(|node| node.locator.as_ref());
        let is = |target: &Target| {
            let own = target.uid.as_ref().is_some_and(|uid| key.id.eq_ignore_ascii_case(uid.as_str()));
            let at = |told: &str| locator.is_some_and(|own| own.as_str() == told) || key.id == told;
            own || target.locator.as_ref().is_some_and(|told| at(told.as_str()))
        };
        let mut found = self.events_on(key);
        found.retain(|event| {
            let subject =
                |target: &&Target| matches!(target.role, Role::Subject | Role::Created | Role::AttachedTo);
            classes.contains(&event.class) && event.targets.iter().filter(subject).any(is)
        });
        found
    }

    /// Whether a scan that knows it, or could have, saw a thing at the later end.
    pub(super) fn stands(&self, key: &NodeKey) -> bool {
        let gone = self.changes_of(key).iter().any(|change| {
            let before = change.before.as_ref().is_some_and(|state| NodeKey::from(&state.key) == *key);
            before && matches!(change.kind, ChangeKind::Vanished | ChangeKind::Recreated)
        });
        !gone && self.node(key).is_some_and(|node| node.gone.is_none() && node.state.is_some())
    }

    /// Returns when a thing went: the window of the change that shows it, or what the ancestry knows.
    pub(super) fn gone(&self, key: &NodeKey) -> Option<Window> {
        let shown = self.changes_of(key).iter().find_map(|change| {
            let before = change.before.as_ref().filter(|state| NodeKey::from(&state.key) == *key);
            let gone = matches!(change.kind, ChangeKind::Vanished | ChangeKind::Recreated);
            before.filter(|_| gone).map(|_| change.window)
        });
        let known = self.node(key).and_then(|node| node.gone);
        match (known, shown) {
            (Some(known), Some(shown)) => Some(narrowed(shown, known)),
            (known, shown) => known.or(shown),
        }
    }

    /// Returns the moment whose contents a thing holds.
    pub(super) fn content_at(&self, key: &NodeKey) -> Option<Timestamp> {
        let node = self.node(key)?;
        let made = matches!(key.kind, Kind::Snapshot | Kind::InstantSnapshot | Kind::RestorePoint);
        node.content_at.or_else(|| node.created_at.filter(|_| made))
    }
}

/// Returns the part of a window that lies in another; the window itself where they have nothing in common.
pub(super) fn narrowed(window: Window, by: Window) -> Window {
    let (from, to) = (window.from.max(by.from), window.to.min(by.to));
    if from <= to { Window { from, to } } else { window }
}

/// Returns the volumes in an instance's slots, with the slots.
pub(super) fn attached(instance: &Resource) -> impl Iterator<Item = (&str, &Link)> {
    let links = instance.links.iter().filter(|link| link.rel == Rel::Attached);
    links.map(|link| (link.slot.as_deref().unwrap_or_default(), link))
}

/// Whether an edge says that a thing holds what another held.
pub(super) const fn copies(edge: &Edge) -> bool {
    matches!(edge.descent, Descent::OfVolume | Descent::FromVolume | Descent::CapturedFrom)
}

fn naming(events: &[AuditEvent]) -> BTreeMap<(Provider, String), Vec<&AuditEvent>> {
    let mut naming: BTreeMap<(Provider, String), Vec<&AuditEvent>> = BTreeMap::new();
    for event in events.iter().filter(|event| event.outcome.has_effect()) {
        for name in event.targets.iter().flat_map(names) {
            naming.entry((event.provider, name)).or_default().push(event);
        }
    }
    naming
}

fn names(target: &Target) -> Vec<String> {
    let uid = target.uid.as_ref().map(|uid| uid.as_str().to_lowercase());
    let locator = target.locator.as_ref().map(|locator| locator.as_str().to_lowercase());
    uid.into_iter().chain(locator).collect()
}
