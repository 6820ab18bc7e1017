//! Lives and events → the ancestry.

use std::collections::{BTreeMap, BTreeSet};

use super::addresses::{Addresses, own_key};
use super::descent::{descent, is_origin, made, makes, origins, unmakes};
use super::{content, slots};
use crate::model::{
    AuditEvent, Class, Descent, Edge, EventId, Kind, KnownBy, Life, Lineage, Link, Node, NodeKey, Provider,
    Role, Window,
};

/// Returns the ancestry of what these lives and events are about.
///
/// `lives` are whole: every state of a thing, and of an address every thing that stood there. `events` are
/// folded. What is only named becomes a phantom, so that two things from one lost snapshot still meet in it.
pub fn graph(lives: &[Life], events: &[AuditEvent]) -> Lineage {
    let lives = ordered(lives);
    let events = effective(events);
    let mut draft = Draft { addresses: Addresses::of(&lives, &events), ..Draft::default() };
    for life in &lives {
        draft.take_life(life);
    }
    for event in &events {
        draft.take_event(event);
    }
    let occupancies = slots::occupancies(&lives, &events, &mut draft.addresses);
    for held in &occupancies {
        draft.meet(&held.instance);
        draft.meet(&held.volume);
        draft.take_launch(&held.instance, &held.volume);
    }
    draft.mark_foreign();
    let mut lineage = Lineage { nodes: draft.nodes, edges: edges(draft.edges), occupancies };
    content::tell(&mut lineage);
    lineage
}

/// The lives in the order of their keys, each once.
fn ordered(lives: &[Life]) -> Vec<Life> {
    let mut lives: Vec<Life> = lives.to_vec();
    lives.sort_by(|one, other| one.key.cmp(&other.key));
    lives.dedup_by(|one, other| one.key == other.key);
    lives
}

/// The events that did something, in the order of time, each once.
fn effective(events: &[AuditEvent]) -> Vec<&AuditEvent> {
    let mut events: Vec<&AuditEvent> = events.iter().filter(|event| event.outcome.has_effect()).collect();
    events.sort_by(|one, other| {
        (one.time, &one.id, one.provider).cmp(&(other.time, &other.id, other.provider))
    });
    events.dedup_by(|one, other| one.id == other.id && one.provider == other.provider);
    events
}

type Edges = BTreeMap<(NodeKey, Descent, NodeKey), KnownBy>;

fn edges(edges: Edges) -> BTreeSet<Edge> {
    let edge = |((child, descent, parent), known_by)| Edge { child, descent, parent, known_by };
    edges.into_iter().map(edge).collect()
}

#[derive(Default)]
struct Draft {
    nodes: BTreeMap<NodeKey, Node>,
    edges: Edges,
    addresses: Addresses,
}

impl Draft {
    fn meet(&mut self, key: &NodeKey) -> &mut Node {
        self.nodes.entry(key.clone()).or_insert_with(|| Node::phantom(key.clone()))
    }

    fn take_life(&mut self, life: &Life) {
        let (Some(first), Some(last)) = (life.spells.first(), life.spells.last()) else { return };
        let key = own_key(&life.key);
        let created_at = life.spells.iter().find_map(|spell| spell.state.created_at);
        let node = self.meet(&key);
        node.name = last.state.name.clone().or(node.name.take());
        node.locator = Some(last.state.locator.clone());
        // What lies in a recycle bin is seen there, not in its place; it entered the bin when it says.
        if life.key.kind != Kind::Recycled {
            let there: Vec<_> = life.spells.iter().filter(|spell| !spell.state.is_gone()).collect();
            let until = there.last().map_or(first.first.to, |spell| spell.last.to);
            node.created_at = created_at;
            node.seen = Some(Window { from: first.first.from, to: until });
            node.gone = gone(life);
            node.state = Some(last.state.clone());
        }
        for spell in &life.spells {
            for link in spell.state.links.iter().filter(|link| is_origin(link.rel)) {
                let parent = self.addresses.linked(link, &spell.state, spell.first.from);
                self.take_link(&key, &parent, link);
            }
        }
    }

    fn take_link(&mut self, child: &NodeKey, parent: &NodeKey, link: &Link) {
        let Some(descent) = descent(child.kind, parent.kind).filter(|_| child != parent) else { return };
        let node = self.meet(parent);
        node.locator = node.locator.take().or_else(|| link.locator.clone());
        self.edge(child, descent, parent).state = true;
    }

    fn edge(&mut self, child: &NodeKey, descent: Descent, parent: &NodeKey) -> &mut KnownBy {
        self.edges.entry((child.clone(), descent, parent.clone())).or_default()
    }

    fn take_event(&mut self, event: &AuditEvent) {
        if makes(event) {
            self.take_making(event);
        }
        if unmakes(event) {
            for target in event.targets(Role::Subject) {
                if let Some(key) = self.addresses.named(target, event, event.time) {
                    self.take_deletion(&key, event);
                }
            }
        }
    }

    fn take_making(&mut self, event: &AuditEvent) {
        for target in made(event) {
            let Some(key) = self.addresses.made(target, event) else { continue };
            let node = self.meet(&key);
            node.locator = node.locator.take().or_else(|| target.locator.clone());
            node.name = node.name.take().or_else(|| target.name.clone());
            if node.seen.is_none() && event.class != Class::BackupRestore {
                node.created_at = Some(node.created_at.map_or(event.time, |known| known.min(event.time)));
            }
        }
        for (child, parent, descent) in origins(event) {
            let child = self.addresses.made(child, event);
            let source = self.addresses.named(parent, event, event.time);
            let Some((child, source)) = child.zip(source).filter(|(child, source)| child != source) else {
                continue;
            };
            let node = self.meet(&source);
            node.locator = node.locator.take().or_else(|| parent.locator.clone());
            self.edge(&child, descent, &source).events.insert(EventId::clone(&event.id));
        }
    }

    /// A deletion ends what no scan saw afterwards.
    fn take_deletion(&mut self, key: &NodeKey, event: &AuditEvent) {
        let node = self.meet(key);
        let at = event.time;
        let fits = node
            .gone
            .map_or(node.seen.is_none_or(|seen| seen.to <= at), |gone| gone.from <= at && at <= gone.to);
        if fits {
            node.gone = Some(Window { from: at, to: at });
        }
    }

    /// A volume of an instance whose snapshot backs the image that the instance was launched from was made from
    /// that image (EC2 tells the snapshot only).
    fn take_launch(&mut self, instance: &NodeKey, volume: &NodeKey) {
        if instance.provider != Provider::Aws {
            return;
        }
        let of = |child: &NodeKey, descent: Descent| {
            let least = NodeKey { provider: Provider::Aws, kind: Kind::Instance, id: String::new() };
            let start = (child.clone(), descent, least);
            let of = start.clone();
            self.edges.range(start..).take_while(move |((from, how, _), _)| (from, how) == (&of.0, &of.1))
        };
        let snapshots: BTreeSet<&NodeKey> =
            of(volume, Descent::FromSnapshot).map(|((_, _, snapshot), _)| snapshot).collect();
        let found: Vec<(NodeKey, KnownBy)> = of(instance, Descent::LaunchedFrom)
            .filter(|((_, _, image), _)| {
                of(image, Descent::BackedBy).any(|((_, _, snapshot), _)| snapshots.contains(snapshot))
            })
            .map(|((_, _, image), known_by)| (image.clone(), known_by.clone()))
            .collect();
        for (image, known_by) in found {
            *self.edge(volume, Descent::FromImage, &image) = known_by;
        }
    }

    /// Images that no scan saw and that stand in no account whose resources one did are somebody else's.
    fn mark_foreign(&mut self) {
        let own: BTreeSet<String> = self
            .nodes
            .values()
            .filter_map(|node| Some(node.state.as_ref()?.account.as_str().to_lowercase()))
            .collect();
        for node in self.nodes.values_mut().filter(|node| node.seen.is_none()) {
            let Some(locator) = &node.locator else { continue };
            let is_image = matches!(node.key.kind, Kind::Image | Kind::MachineImage);
            node.foreign =
                is_image && is_elsewhere(node.key.provider, &locator.as_str().to_lowercase(), &own);
        }
    }
}

/// Whether an address lies in no account of one's own: another project's, another subscription's, the
/// marketplace's.
fn is_elsewhere(provider: Provider, locator: &str, own: &BTreeSet<String>) -> bool {
    let start = match provider {
        Provider::Aws => return false,
        Provider::Azure => "/subscriptions/",
        Provider::Gcp => "projects/",
    };
    let account = locator.strip_prefix(start).and_then(|rest| rest.split('/').next());
    locator.contains("/publishers/") || account.is_none_or(|account| !own.contains(account))
}

/// Between which moments a resource went: the vendor says so, or a complete listing lacks it.
fn gone(life: &Life) -> Option<Window> {
    let alive = life.spells.iter().rposition(|spell| !spell.state.is_gone());
    let last = alive.and_then(|index| life.spells.get(index));
    let dead = life.spells.get(alive.map_or(0, |index| index + 1));
    let to = dead.map(|spell| spell.first.to).or_else(|| last?.until)?;
    let from = last.map(|spell| spell.last.from).or_else(|| dead?.state.created_at);
    Some(Window { from: from.unwrap_or(to).min(to), to })
}
