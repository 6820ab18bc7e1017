//! In which slots another disk stands than before.

use std::collections::{BTreeMap, BTreeSet};

use super::scene::{Scene, Side, attached, narrowed};
use crate::lineage::slots::{is_instance, is_root};
use crate::model::{Change, ChangeKind, Kind, KnownBy, Link, NodeKey, Occupancy, Rel, Resource, Window};

/// Another disk in a slot than before.
#[derive(Clone, Debug)]
pub(super) struct Swap<'a> {
    pub(super) instance: NodeKey,
    pub(super) slot: String,
    pub(super) root: bool,
    /// What stood there: right before, or the last that anybody knows of.
    pub(super) old: NodeKey,
    pub(super) new: NodeKey,
    pub(super) at: Window,
    /// The changes that show it; none where only a log does.
    pub(super) changes: Vec<&'a Change>,
    /// By what the ancestry knows it.
    pub(super) known_by: KnownBy,
    /// Whether it lies in the compared time.
    pub(super) fresh: bool,
}

/// A slot of which something is known to differ.
#[derive(Default)]
struct Part<'a> {
    old: Option<NodeKey>,
    new: Option<NodeKey>,
    changes: Vec<&'a Change>,
}

type Parts<'a> = BTreeMap<(NodeKey, String), Part<'a>>;

/// Returns every swap that changes show, and every one that only a log tells.
pub(super) fn swaps<'a>(scene: &Scene<'a>) -> Vec<Swap<'a>> {
    let mut parts = Parts::new();
    for change in scene.given.changes {
        match change.resource().map(|resource| resource.key.kind) {
            Some(kind) if is_instance(kind) => take_instance(scene, change, &mut parts),
            Some(Kind::Volume) => take_volume(scene, change, &mut parts),
            _ => {}
        }
    }
    let freed = freed(&parts);
    let mut found: Vec<Swap<'a>> = Vec::new();
    for ((instance, slot), part) in parts {
        let Some(new) = part.new else { continue };
        let moved = freed.iter().find(|(from, old)| *from == instance && is_ancestor(scene, old, &new));
        let earlier = || predecessor(scene, &instance, &slot, &new).map(|held| held.volume.clone());
        let old = part.old.or_else(|| moved.map(|(_, old)| old.clone())).or_else(earlier);
        let Some(old) = old.filter(|old| *old != new) else { continue };
        found.push(swap(scene, (instance, slot), (old, new), part.changes));
    }
    found.extend(told(scene, &found));
    found
}

/// Takes what a change says of an instance's slots.
fn take_instance<'a>(scene: &Scene<'a>, change: &'a Change, parts: &mut Parts<'a>) {
    use ChangeKind::{Attached, Detached, SlotSwapped};
    let (Some(before), Some(after)) = (change.before.as_deref(), change.after.as_deref()) else { return };
    if !matches!(change.kind, Attached | Detached | SlotSwapped) {
        return;
    }
    let instance = NodeKey::from(&after.key);
    for slot in change.attributes.iter().filter_map(|attribute| named(&attribute.path, "links.attached[")) {
        let in_slot =
            |state: &'a Resource| attached(state).find(|(name, _)| *name == slot).map(|(_, link)| link);
        let key = |link: &Link, side| scene.at(instance.provider, link, side);
        let part = parts.entry((instance.clone(), slot.to_owned())).or_default();
        part.old = in_slot(before).map(|link| key(link, Side::Before));
        part.new = in_slot(after).map(|link| key(link, Side::After));
        part.changes.push(change);
    }
}

/// Takes what a volume says of its own attachment, and that another one stands under its address.
fn take_volume<'a>(scene: &Scene<'a>, change: &'a Change, parts: &mut Parts<'a>) {
    match (change.kind, change.before.as_deref(), change.after.as_deref()) {
        (ChangeKind::Recreated, Some(before), Some(after)) => {
            let (old, new) = (NodeKey::from(&before.key), NodeKey::from(&after.key));
            for (instance, slot) in places(scene, after, Side::After) {
                let part = parts.entry((instance, slot)).or_default();
                part.old = Some(old.clone());
                part.new = Some(new.clone());
                part.changes.push(change);
            }
        }
        (ChangeKind::Attached | ChangeKind::Appeared, _, Some(after)) => {
            for (instance, slot) in own_places(scene, after, Side::After) {
                let part = parts.entry((instance, slot)).or_default();
                part.new.get_or_insert_with(|| NodeKey::from(&after.key));
                part.changes.push(change);
            }
        }
        (ChangeKind::Detached | ChangeKind::Vanished, Some(before), _) => {
            for (instance, slot) in own_places(scene, before, Side::Before) {
                let part = parts.entry((instance, slot)).or_default();
                part.old.get_or_insert_with(|| NodeKey::from(&before.key));
                part.changes.push(change);
            }
        }
        _ => {}
    }
}

/// Returns where a volume stands, by its own word: only the slots that it names, of instances that tell nothing
/// themselves.
fn own_places(scene: &Scene<'_>, volume: &Resource, side: Side) -> Vec<(NodeKey, String)> {
    let links = volume.links.iter().filter(|link| link.rel == Rel::AttachedTo);
    let places = links.filter_map(|link| {
        let instance = scene.at(volume.key.provider, link, side);
        let silent = scene.state(&instance, side).is_none();
        silent.then_some((instance, link.slot.clone()?))
    });
    places.collect()
}

/// Returns where a volume stands, by the word of the instance that it is attached to.
fn places(scene: &Scene<'_>, volume: &Resource, side: Side) -> Vec<(NodeKey, String)> {
    let links = volume.links.iter().filter(|link| link.rel == Rel::AttachedTo);
    let places = links.flat_map(|link| {
        let instance = scene.at(volume.key.provider, link, side);
        let state = scene.state(&instance, side);
        let mut slots: Vec<String> = state
            .into_iter()
            .flat_map(attached)
            .filter_map(|(slot, held)| {
                let by_uid = held.uid.as_ref().map(|uid| *uid == volume.key.uid);
                let here = by_uid.unwrap_or_else(|| held.locator.as_ref() == Some(&volume.locator));
                here.then(|| slot.to_owned())
            })
            .collect();
        slots.extend(link.slot.clone().filter(|_| state.is_none()));
        slots.into_iter().map(move |slot| (instance.clone(), slot)).collect::<Vec<_>>()
    });
    places.collect()
}

/// Returns the volumes that no longer stand in any slot of their instance.
fn freed(parts: &Parts<'_>) -> Vec<(NodeKey, NodeKey)> {
    let put: Vec<(&NodeKey, &NodeKey)> =
        parts.iter().filter_map(|((instance, _), part)| Some((instance, part.new.as_ref()?))).collect();
    let taken = parts.iter().filter(|(_, part)| part.new.is_none());
    taken
        .filter_map(|((instance, _), part)| Some((instance.clone(), part.old.clone()?)))
        .filter(|(instance, old)| !put.contains(&(instance, old)))
        .collect()
}

fn is_ancestor(scene: &Scene<'_>, old: &NodeKey, new: &NodeKey) -> bool {
    let new = scene.known(new);
    new.is_some_and(|new| scene.descent(new).iter().any(|edge| edge.parent == *old))
}

/// Returns who stood in a slot before a volume did.
fn predecessor<'a>(
    scene: &Scene<'a>,
    instance: &NodeKey,
    slot: &str,
    new: &NodeKey,
) -> Option<&'a Occupancy> {
    let held = scene.occupants(instance, slot);
    let at = held.iter().rposition(|held| held.volume == *new)?;
    held.get(..at)?.last().copied()
}

fn swap<'a>(
    scene: &Scene<'a>,
    (instance, slot): (NodeKey, String),
    (old, new): (NodeKey, NodeKey),
    changes: Vec<&'a Change>,
) -> Swap<'a> {
    let window = changes.iter().map(|change| change.window).reduce(narrowed).unwrap_or(scene.span);
    let held = scene.occupants(&instance, &slot).iter().rfind(|held| held.volume == new);
    let made = scene.node(&new).and_then(|node| node.created_at);
    let mut at = held.map_or(window, |held| narrowed(window, held.attached));
    at.from = made.filter(|made| *made <= at.to).map_or(at.from, |made| at.from.max(made));
    let known_by = held.map(|held| held.known_by.clone()).unwrap_or_default();
    let root = is_root(instance.provider, &slot, scene.state(&instance, Side::After));
    Swap { instance, slot, root, old, new, at, changes, known_by, fresh: true }
}

/// Returns the swaps that the log tells and no change shows: the last of each slot, where nobody saw the slot.
fn told<'a>(scene: &Scene<'a>, shown: &[Swap<'a>]) -> Vec<Swap<'a>> {
    let shown: BTreeSet<(&NodeKey, &str)> =
        shown.iter().map(|swap| (&swap.instance, swap.slot.as_str())).collect();
    let mut found = Vec::new();
    for (instance, slot, held) in scene.slots() {
        let Some(last) = held.iter().rfind(|held| held.detached.is_none()) else { continue };
        let of_log = !last.known_by.state && !last.known_by.events.is_empty();
        let in_time = scene.span.from <= last.attached.from && last.attached.to <= scene.span.to;
        let known = shown.contains(&(instance, slot));
        let Some(before) = predecessor(scene, instance, slot, &last.volume) else { continue };
        if of_log && in_time && !known && before.volume != last.volume {
            found.push(Swap {
                instance: instance.clone(),
                slot: slot.to_owned(),
                root: last.root,
                old: before.volume.clone(),
                new: last.volume.clone(),
                at: last.attached,
                changes: Vec::new(),
                known_by: last.known_by.clone(),
                fresh: true,
            });
        }
    }
    found
}

/// Returns the swaps of the day before a disk vanished that they had put out of its slot.
pub(super) fn earlier<'a>(scene: &Scene<'a>, fresh: &[Swap<'a>]) -> Vec<Swap<'a>> {
    let fresh: BTreeSet<&NodeKey> = fresh.iter().map(|swap| &swap.old).collect();
    let mut found = Vec::new();
    for change in scene.given.changes.iter().filter(|change| change.kind == ChangeKind::Vanished) {
        let Some(volume) = change.before.as_deref().filter(|it| it.key.kind == Kind::Volume) else {
            continue;
        };
        let old = NodeKey::from(&volume.key);
        if fresh.contains(&old) {
            continue;
        }
        for held in scene.held(&old) {
            let next =
                scene.occupants(&held.instance, &held.slot).iter().skip_while(|it| **it != *held).nth(1);
            let Some(next) = next.filter(|next| next.volume != old && next.attached.to <= scene.span.from)
            else {
                continue;
            };
            found.push(Swap {
                instance: held.instance.clone(),
                slot: held.slot.clone(),
                root: held.root,
                old: old.clone(),
                new: next.volume.clone(),
                at: next.attached,
                changes: vec![change],
                known_by: next.known_by.clone(),
                fresh: false,
            });
        }
    }
    found
}

/// Returns the slot that the path of a link names.
fn named<'p>(path: &'p str, link: &str) -> Option<&'p str> {
    Some(path.strip_prefix(link)?.rsplit_once(']')?.0)
}
