//! From what things were made, as far as states, events and the ancestry tell.

use rustc_hash::FxHashMap;

use super::Step;
use super::state::is_origin;
use super::thing::Thing;
use crate::model::{Change, Kind, Lineage, Rel, Resource, Role};

/// No ancestry is followed further.
const DEPTH: usize = 16;

/// Who descends from what, and which volumes stood in which instances.
#[derive(Debug, Default)]
pub(super) struct Origins {
    /// By a child's name: the child, and what it was made from.
    parents: FxHashMap<String, Vec<(Thing, Thing)>>,
    /// By a volume's name: the volume, and an instance that it was attached to.
    owners: FxHashMap<String, Vec<(Thing, Thing)>>,
}

impl Origins {
    /// Reads what changes, steps and the ancestry tell.
    pub(super) fn of<'a>(
        changes: impl Iterator<Item = &'a Change>,
        steps: &[Step<'_>],
        lineage: Option<&Lineage>,
    ) -> Self {
        let mut origins = Self::default();
        if let Some(lineage) = lineage {
            origins.follow(lineage);
        }
        for resource in changes.flat_map(|change| change.before.iter().chain(&change.after)) {
            origins.read(resource);
        }
        for step in steps {
            let sources: Vec<&Thing> = of_role(step, &[Role::Source, Role::Image]);
            for child in of_role(step, &[Role::Created]) {
                for parent in sources.iter().filter(|parent| descends(child, parent)) {
                    add(&mut origins.parents, child, parent);
                }
            }
            for (volume, instance) in &step.mounts {
                add(&mut origins.owners, volume, instance);
            }
        }
        origins
    }

    fn follow(&mut self, lineage: &Lineage) {
        for state in lineage.nodes.values().filter_map(|node| node.state.as_deref()) {
            self.read(state);
        }
        for edge in &lineage.edges {
            let (child, parent) =
                (Thing::of_node(&edge.child, lineage), Thing::of_node(&edge.parent, lineage));
            if descends(&child, &parent) {
                add(&mut self.parents, &child, &parent);
            }
        }
        for held in &lineage.occupancies {
            let volume = Thing::of_node(&held.volume, lineage);
            add(&mut self.owners, &volume, &Thing::of_node(&held.instance, lineage));
        }
    }

    fn read(&mut self, resource: &Resource) {
        let own = Thing::of_resource(resource);
        for link in &resource.links {
            let Some(other) = Thing::of_link(resource.key.provider, link) else { continue };
            match link.rel {
                Rel::Attached => add(&mut self.owners, &other, &own),
                Rel::AttachedTo => add(&mut self.owners, &own, &other),
                _ if is_origin(link) => add(&mut self.parents, &own, &other),
                _ => {}
            }
        }
    }

    /// Returns what a thing was made from.
    pub(super) fn parents(&self, thing: &Thing) -> Vec<&Thing> {
        found(&self.parents, thing)
    }

    /// Returns the instances that a volume is known to have been attached to.
    pub(super) fn owners(&self, volume: &Thing) -> Vec<&Thing> {
        found(&self.owners, volume)
    }

    /// Returns what a thing descends from, the nearest first.
    pub(super) fn ancestors(&self, thing: &Thing) -> Vec<&Thing> {
        let mut met: Vec<&Thing> = Vec::new();
        let mut next = self.parents(thing);
        for _ in 0..DEPTH {
            let fresh: Vec<&Thing> =
                next.into_iter().filter(|one| !met.iter().any(|known| known.is(one))).collect();
            if fresh.is_empty() {
                break;
            }
            next = fresh.iter().flat_map(|parent| self.parents(parent)).collect();
            met.extend(fresh);
        }
        met
    }
}

/// Whether a kind can be made from another: an instance that was made with a snapshot's volume is no copy of it.
fn descends(child: &Thing, parent: &Thing) -> bool {
    let copies = [Kind::Volume, Kind::Snapshot, Kind::Image];
    let holds = |thing: &Thing, kinds: &[Kind]| kinds.iter().any(|kind| thing.is_a(*kind));
    !child.is(parent) && (holds(child, &copies) || holds(parent, &copies))
}

fn of_role<'s>(step: &'s Step<'_>, roles: &[Role]) -> Vec<&'s Thing> {
    step.parts.iter().filter(|(role, _)| roles.contains(role)).map(|(_, thing)| thing).collect()
}

fn add(to: &mut FxHashMap<String, Vec<(Thing, Thing)>>, key: &Thing, value: &Thing) {
    for name in key.names() {
        let known = to.entry(name.to_owned()).or_default();
        if !known.iter().any(|(own, other)| own == key && other == value) {
            known.push((key.clone(), value.clone()));
        }
    }
}

fn found<'s>(within: &'s FxHashMap<String, Vec<(Thing, Thing)>>, key: &Thing) -> Vec<&'s Thing> {
    let named = key.names().filter_map(|name| within.get(name)).flatten();
    let mut found: Vec<&Thing> = named.filter(|(own, _)| own.is(key)).map(|(_, other)| other).collect();
    found.sort_unstable();
    found.dedup();
    found
}
