//! Instances that were launched from an earlier state of another one's disks (SEMANTICS C.3: A5 to A7, Z3, Z5, G3,
//! G4, G6).

use std::collections::BTreeSet;

use jiff::SignedDuration;

use super::kin::{Kin, kin};
use super::role::{SAME, likeness, same_controller};
use super::scene::{Scene, Side, attached, copies};
use super::{loss, parts, way};
use crate::lineage::slots::{is_instance, is_root};
use crate::model::{
    AuditEvent, Change, ChangeKind, Class, Descent, Fate, Kind, Method, NodeKey, Origin, Provider, Revert,
    RevertKind, Role, SeenIn, Timestamp, Window,
};

/// How far the end of one instance and the beginning of the one that plays its part may lie apart (SEMANTICS C.5), and
/// how old a registered image may be for its launch to be a part of the same act (SEMANTICS F.7, CH7).
const WITHIN: SignedDuration = SignedDuration::from_hours(24);

/// An instance that came to be.
struct Arrival<'a> {
    key: NodeKey,
    born: Window,
    changes: Vec<&'a Change>,
    events: Vec<&'a AuditEvent>,
}

/// Returns what instances of the compared time were built from, where that is an earlier state of another one.
pub(super) fn rebuilt(scene: &Scene<'_>) -> Vec<Revert> {
    arrivals(scene).iter().filter_map(|arrival| judge(scene, arrival)).collect()
}

/// Returns the instances that changes show to have come, and those that a log tells of and no scan saw.
fn arrivals<'a>(scene: &Scene<'a>) -> Vec<Arrival<'a>> {
    let mut found: Vec<Arrival<'a>> = Vec::new();
    for change in scene.given.changes {
        let came = matches!(change.kind, ChangeKind::Appeared | ChangeKind::Recreated);
        let Some(after) = change.after.as_deref().filter(|it| came && is_instance(it.key.kind)) else {
            continue;
        };
        let born = after.created_at.filter(|born| *born <= change.window.to);
        let born = born.map_or(change.window, |born| Window { from: born, to: born });
        found.push(Arrival {
            key: NodeKey::from(&after.key),
            born,
            changes: vec![change],
            events: Vec::new(),
        });
    }
    let launches = scene
        .given
        .events
        .iter()
        .filter(|event| event.class == Class::InstanceCreate && event.outcome.has_effect());
    for event in launches {
        for target in event.targets(Role::Created).filter(|target| target.kind == Some(Kind::Instance)) {
            let id = target.uid.as_ref().map(crate::model::Uid::as_str);
            let id = id.or_else(|| target.locator.as_ref().map(crate::model::Locator::as_str));
            let Some(key) = id.map(|id| NodeKey::new(event.provider, Kind::Instance, id)) else { continue };
            let unseen =
                scene.changes_of(&key).is_empty() && scene.node(&key).is_some_and(|it| it.state.is_none());
            if unseen && !found.iter().any(|arrival| arrival.key == key) {
                let born = Window { from: event.time, to: event.time };
                found.push(Arrival { key, born, changes: Vec::new(), events: vec![event] });
            }
        }
    }
    found
}

/// Where an instance's disks come from.
struct Descended<'a> {
    /// The instance that they were once of.
    old: Option<NodeKey>,
    /// What the new one boots from, and what that was.
    root: Option<(NodeKey, String)>,
    old_root: Option<NodeKey>,
    kin: Kin<'a>,
    image: Option<&'a NodeKey>,
}

fn judge<'a>(scene: &Scene<'a>, arrival: &Arrival<'a>) -> Option<Revert> {
    let found = descended(scene, arrival)?;
    let source = way::source(&found.kin)?;
    let method = method(scene, arrival, &found)?;
    let replaces = found.old.clone().filter(|old| plays_its_part(scene, old, arrival));
    let registered = found.image.filter(|image| is_recent(scene, image, arrival.born.from));
    if replaces.is_none() && (registered.is_none() || method.code != "A5") {
        return None;
    }
    let old_root = found.old_root.clone();
    let safe =
        replaces.as_ref().zip(old_root.as_ref()).zip(source.content_at).and_then(|((old, root), taken)| {
            let slot =
                scene.held(root).iter().find(|held| held.instance == *old).map(|held| held.slot.as_str());
            let trusted = super::is_logged(&arrival.changes);
            loss::nothing_lost(scene, old, (root, slot.unwrap_or_default()), (taken, arrival.born), trusted)
        });
    let kind = if safe.is_some() { RevertKind::Migrated } else { RevertKind::Rebuilt };
    let lost = source.content_at.filter(|from| safe.is_none() && *from <= arrival.born.to);
    let fate = old_root.as_ref().map_or(Fate::Unknown, |root| parts::fate(scene, root));
    let strength = match (&found.kin, &found.old) {
        (Kin::Restored(_), Some(_)) => method.strength,
        _ => 2,
    };
    let mut revert = Revert {
        kind,
        instance: arrival.key.clone(),
        machine: scene.machine(&arrival.key),
        replaces,
        slot: found.root.as_ref().map(|(_, slot)| slot.clone()),
        root: true,
        old_volume: old_root,
        new_volume: found.root.as_ref().map(|(root, _)| root.clone()),
        source: Some(Origin { key: source.key.clone(), content_at: source.content_at }),
        image: found.image.cloned(),
        reverted_to: source.content_at,
        reverted_at: arrival.born,
        lost: lost.map(|from| Window { from, to: arrival.born.to }),
        method,
        strength,
        reason: safe.unwrap_or_else(|| reason(&found)),
        expected_by: matches!(method.code, "A7" | "Z5" | "G11").then(|| method.name.to_owned()),
        old_volume_fate: fate,
        seen_in: SeenIn::State,
        fresh: true,
        destroyed: Vec::new(),
        changes: Vec::new(),
        residues: Vec::new(),
        events: Vec::new(),
    };
    cite(scene, &mut revert, arrival);
    Some(revert)
}

fn reason(found: &Descended<'_>) -> String {
    match &found.old {
        Some(old) => format!("its disks come from a copy of what `{}` booted from", old.id),
        None => {
            "it boots from an image that was registered from a snapshot, of which nobody knows the origin"
                .to_owned()
        }
    }
}

/// Finds where the disks come from: by the image, and by what the instance boots from.
fn descended<'a>(scene: &Scene<'a>, arrival: &Arrival<'a>) -> Option<Descended<'a>> {
    let root = root_of(scene, &arrival.key);
    let starts: Vec<&'a NodeKey> =
        root.iter().map(|(root, _)| root).chain([&arrival.key]).filter_map(|key| scene.known(key)).collect();
    let edges: Vec<_> = starts.iter().flat_map(|start| scene.descent(start)).collect();
    let image = edges.iter().map(|edge| &edge.parent).find(|parent| is_image(parent.kind));
    let elder = elder(scene, arrival, &edges);
    if let Some((old, old_root)) = elder {
        let past: BTreeSet<NodeKey> = scene
            .held_by(&old)
            .filter(|held| held.root)
            .map(|held| held.volume.clone())
            .chain(old_root.clone())
            .collect();
        // A disk that moved to another instance is no earlier state of itself.
        let none = NodeKey::new(old.provider, Kind::Volume, "");
        if root.as_ref().is_some_and(|(root, _)| past.contains(root)) {
            return None;
        }
        let of = |start: &NodeKey| kin(scene, start, old_root.as_ref().unwrap_or(&none), &past, &old);
        let mut kins = starts.iter().map(|start| of(start));
        let restored = kins.find(|kin| matches!(kin, Kin::Restored(_)))?;
        return Some(Descended { old: Some(old), root, old_root, kin: restored, image });
    }
    let image = image?;
    let snapshot = scene.parents(image).iter().find(|edge| edge.descent == Descent::BackedBy)?;
    let origin = super::kin::Source {
        key: &snapshot.parent,
        content_at: scene.content_at(&snapshot.parent),
        made: Some(Descent::FromImage),
    };
    let taken_of = scene.parents(&snapshot.parent);
    // An image of something that is known, and that is no instance's root, is an image like any other.
    let unknown = taken_of.iter().all(|edge| scene.node(&edge.parent).is_none_or(|it| it.state.is_none()));
    unknown.then_some(Descended {
        old: None,
        root,
        old_root: None,
        kin: Kin::Unclear(origin, None),
        image: Some(image),
    })
}

/// Returns the instance that the copies were taken of: its root, or the instance as a whole.
fn elder<'a>(
    scene: &Scene<'a>,
    arrival: &Arrival<'_>,
    edges: &[&'a crate::model::Edge],
) -> Option<(NodeKey, Option<NodeKey>)> {
    for edge in edges.iter().filter(|edge| copies(edge)) {
        if is_instance(edge.parent.kind) && edge.parent != arrival.key {
            let root = root_of(scene, &edge.parent).map(|(root, _)| root);
            return Some((edge.parent.clone(), root));
        }
        let held = scene.held(&edge.parent).iter().filter(|held| held.root && held.instance != arrival.key);
        if let Some(held) = held.max_by_key(|held| held.attached) {
            return Some((held.instance.clone(), Some(edge.parent.clone())));
        }
    }
    None
}

/// Returns what an instance boots from, or last booted from, with the slot.
fn root_of(scene: &Scene<'_>, instance: &NodeKey) -> Option<(NodeKey, String)> {
    let of = |side| {
        let state = scene.state(instance, side)?;
        let mut roots = attached(state).filter(|(slot, _)| is_root(instance.provider, slot, Some(state)));
        roots.next().map(|(slot, link)| (scene.at(instance.provider, link, side), slot.to_owned()))
    };
    let held = || {
        let held = scene.held_by(instance).filter(|held| held.root).max_by_key(|held| held.attached);
        held.map(|held| (held.volume.clone(), held.slot.clone()))
    };
    let gone = scene.gone(instance).is_some();
    if gone { held().or_else(|| of(Side::Before)) } else { of(Side::After).or_else(held) }
}

/// Whether an instance plays the part of one that is gone or stopped: enough in common, near in time, and no
/// controller that replaces its own.
fn plays_its_part(scene: &Scene<'_>, old: &NodeKey, arrival: &Arrival<'_>) -> bool {
    let states = scene.state(old, Side::Before).zip(scene.state(&arrival.key, Side::After));
    let Some((before, after)) = states else { return false };
    let gone = scene.gone(old);
    let stopped = scene.changes_of(old).iter().any(|change| change.kind == ChangeKind::Stopped);
    let near = gone.is_some_and(|gone| {
        let since = arrival.born.to.duration_since(gone.from);
        let until = gone.to.duration_since(arrival.born.from);
        since <= WITHIN && until <= WITHIN
    });
    (near || (gone.is_none() && stopped))
        && likeness(before, after) >= SAME
        && !same_controller(before, after)
}

/// Whether an image was registered within a day before its launch.
fn is_recent(scene: &Scene<'_>, image: &NodeKey, launched: Timestamp) -> bool {
    let made = scene.node(image).and_then(|node| node.created_at);
    made.is_some_and(|made| launched.duration_since(made) <= WITHIN)
}

const fn is_image(kind: Kind) -> bool {
    matches!(kind, Kind::Image | Kind::MachineImage)
}

fn method(scene: &Scene<'_>, arrival: &Arrival<'_>, found: &Descended<'_>) -> Option<&'static Method> {
    let captured = found
        .image
        .is_some_and(|image| scene.parents(image).iter().any(|edge| edge.descent == Descent::CapturedFrom));
    let made = way::source(&found.kin).and_then(|source| source.made);
    let backup = !scene.done_to(&arrival.key, &[Class::BackupRestore]).is_empty();
    let tagged = scene.state(&arrival.key, Side::After);
    let tagged = tagged.is_some_and(|state| state.tags.contains_key("aws:backup:source-resource"));
    let code = match arrival.key.provider {
        Provider::Aws if tagged || backup => "A7",
        Provider::Aws if captured => "A6",
        Provider::Aws if found.image.is_some() => "A5",
        Provider::Aws => return None,
        Provider::Azure if backup || made == Some(Descent::FromRestorePoint) => "Z5",
        Provider::Azure => "Z3",
        Provider::Gcp if backup => "G11",
        Provider::Gcp if found.image.is_some_and(|image| image.kind == Kind::MachineImage) => "G4",
        Provider::Gcp if found.image.is_some() => "G6",
        Provider::Gcp => "G3",
    };
    Method::by_code(code)
}

/// Cites the launch, the old instance's end, the disks, and the image with its snapshot where they are new.
fn cite(scene: &Scene<'_>, revert: &mut Revert, arrival: &Arrival<'_>) {
    let mut changes = arrival.changes.clone();
    let mut events = arrival.events.clone();
    if let Some(old) = &revert.replaces {
        let ends = [ChangeKind::Vanished, ChangeKind::Stopped, ChangeKind::Recreated];
        changes.extend(scene.changes_of(old).iter().filter(|change| ends.contains(&change.kind)));
        revert.destroyed = revert
            .old_volume
            .as_ref()
            .map_or_else(Vec::new, |volume| parts::destroyed(scene, volume, revert.lost, revert.reverted_at));
        // The root that goes with its instance is no evidence that somebody destroyed.
        revert.destroyed.retain(|key| key.kind != Kind::Volume);
    }
    let origin = revert.source.as_ref().map(|source| &source.key);
    let disks = [revert.new_volume.as_ref(), revert.old_volume.as_ref(), revert.image.as_ref(), origin];
    let of_disks = disks.into_iter().flatten().flat_map(|key| scene.changes_of(key));
    let came = [ChangeKind::Appeared, ChangeKind::Vanished, ChangeKind::Recreated, ChangeKind::Reappeared];
    let of_disks: Vec<&Change> = of_disks.filter(|change| came.contains(&change.kind)).copied().collect();
    changes.extend(of_disks);
    if let Some(image) = &revert.image {
        events.extend(scene.done_to(image, &[Class::ImageCreate]));
    }
    parts::cite(scene, revert, &changes, &events);
}
