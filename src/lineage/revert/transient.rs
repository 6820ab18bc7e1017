//! Another disk stood in a slot for a while, and no scan saw it (SEMANTICS C.2, B.4).

use serde_json::Value;

use super::kin::kin;
use super::scene::{Scene, Side, attached};
use super::{parts, way};
use crate::lineage::slots::{is_instance, is_root};
use crate::model::{
    AuditEvent, Fate, Kind, Method, NodeKey, Origin, Provider, Resource, Revert, RevertKind, SeenIn,
    Timestamp, Transition, Window,
};

/// A disk that stood in a slot before and after something.
struct Pause<'a> {
    instance: NodeKey,
    slot: String,
    root: bool,
    volume: NodeKey,
    /// What stood there meanwhile, where a log tells it.
    guest: Option<NodeKey>,
    at: Window,
    events: Vec<&'a AuditEvent>,
    /// Whether a timestamp moved that only an attachment moves.
    moved: bool,
}

/// Returns the slots in which another disk stood only between the scans.
pub(super) fn transient(scene: &Scene<'_>) -> Vec<Revert> {
    let mut pauses = told(scene);
    for (instance, slot, volume, at) in moved(scene) {
        if let Some(known) = pauses.iter_mut().find(|pause| pause.instance == instance && pause.slot == slot)
        {
            known.moved = true;
            continue;
        }
        let root = is_root(instance.provider, &slot, scene.state(&instance, Side::After));
        let at = Window { from: at, to: at };
        pauses.push(Pause { instance, slot, root, volume, guest: None, at, events: Vec::new(), moved: true });
    }
    pauses.iter().filter_map(|pause| judge(scene, pause)).collect()
}

/// Finds the slots whose occupant went and came back in the compared time.
fn told<'a>(scene: &Scene<'a>) -> Vec<Pause<'a>> {
    let mut found = Vec::new();
    for (instance, slot, held) in scene.slots() {
        let guests = held.iter().enumerate().filter(|(at, guest)| {
            let earlier = held.get(..*at).and_then(<[_]>::last);
            let later = held.get(at + 1..).and_then(<[_]>::first);
            let back = earlier.zip(later).is_some_and(|(earlier, later)| {
                earlier.volume == later.volume && earlier.volume != guest.volume
            });
            back && scene.span.from <= guest.attached.from && guest.attached.to <= scene.span.to
        });
        for (at, guest) in guests {
            let around = held.get(at.saturating_sub(1)..=at + 1).unwrap_or_default();
            let told = |event: &&&AuditEvent| {
                let known = around.iter().any(|held| held.known_by.events.contains(&event.id));
                known && event.time >= scene.span.from
            };
            let Some(before) = around.first() else { continue };
            found.push(Pause {
                instance: instance.clone(),
                slot: slot.to_owned(),
                root: guest.root,
                volume: before.volume.clone(),
                guest: Some(guest.volume.clone()),
                at: guest.attached,
                events: scene.given.events.iter().filter(|event| told(&event)).collect(),
                moved: false,
            });
        }
    }
    found
}

/// Finds the slots that hold the same disk, attached anew: by EC2's `AttachTime` and Google Cloud's
/// `lastAttachTimestamp`. Azure's `LastOwnershipUpdateTime` moves with every start, and proves nothing alone.
fn moved(scene: &Scene<'_>) -> Vec<(NodeKey, String, NodeKey, Timestamp)> {
    let mut found = Vec::new();
    for transition in scene.given.transitions {
        let (Some(before), Some(after)) = (transition.before.as_deref(), transition.after.as_deref()) else {
            continue;
        };
        match (after.key.provider, after.key.kind) {
            (Provider::Aws, kind) if is_instance(kind) => {
                let moved = attached(after).filter_map(|(slot, link)| {
                    let same =
                        attached(before).any(|(name, old)| name == slot && old.target() == link.target());
                    let path = format!("BlockDeviceMappings[{slot}].AttachTime");
                    let at = later(before, after, &path).filter(|_| same)?;
                    let volume = scene.at(after.key.provider, link, Side::After);
                    Some((NodeKey::from(&after.key), slot.to_owned(), volume, at))
                });
                found.extend(moved);
            }
            (Provider::Gcp, Kind::Volume) => found.extend(attached_anew(scene, transition, before, after)),
            _ => {}
        }
    }
    found
}

/// A disk of Google Cloud that hangs where it hung, and was attached in between.
fn attached_anew(
    scene: &Scene<'_>,
    transition: &Transition,
    before: &Resource,
    after: &Resource,
) -> Option<(NodeKey, String, NodeKey, Timestamp)> {
    let at = later(before, after, "lastAttachTimestamp")?;
    let users = |volume: &Resource| -> Vec<String> {
        let links = volume.links.iter().filter(|link| link.rel == crate::model::Rel::AttachedTo);
        links.map(|link| link.target().to_owned()).collect()
    };
    let own = users(before);
    if own.is_empty() || own != users(after) {
        return None;
    }
    let key = NodeKey::from(&transition.key);
    let held = scene.held(&key).iter().find(|held| held.detached.is_none())?;
    Some((held.instance.clone(), held.slot.clone(), key, at))
}

/// Returns a time that moved forward, if it did.
fn later(before: &Resource, after: &Resource, path: &str) -> Option<Timestamp> {
    let time = |state: &Resource| state.evidence.get(path).and_then(Value::as_str)?.parse::<Timestamp>().ok();
    let (old, new) = (time(before)?, time(after)?);
    (new > old).then_some(new)
}

fn judge(scene: &Scene<'_>, pause: &Pause<'_>) -> Option<Revert> {
    let code = match (pause.instance.provider, pause.root) {
        (Provider::Aws, true) => "A2",
        (Provider::Aws, false) => "A3",
        (Provider::Azure, true) => "Z1",
        (Provider::Azure, false) => "Z10",
        (Provider::Gcp, _) => "G1",
    };
    let past = [pause.volume.clone()].into();
    let kin = pause.guest.as_ref().map(|guest| kin(scene, guest, &pause.volume, &past, &pause.instance));
    let source = kin.as_ref().and_then(way::source);
    let (strength, reason) = match (pause.events.is_empty(), pause.moved) {
        (true, _) => (1, "it was attached anew, and holds the same disk"),
        (false, false) => (3, "the log shows another disk in the slot, and the old one back"),
        (false, true) => (4, "the log shows another disk in the slot, and the disk was attached anew"),
    };
    let mut revert = Revert {
        kind: RevertKind::Transient,
        instance: pause.instance.clone(),
        machine: scene.machine(&pause.instance),
        replaces: None,
        slot: Some(pause.slot.clone()),
        root: pause.root,
        old_volume: Some(pause.volume.clone()),
        new_volume: pause.guest.clone(),
        source: source.map(|source| Origin { key: source.key.clone(), content_at: source.content_at }),
        image: None,
        reverted_to: source.and_then(|source| source.content_at),
        reverted_at: pause.at,
        lost: None,
        method: Method::by_code(code)?,
        strength,
        reason: reason.to_owned(),
        expected_by: None,
        old_volume_fate: Fate::Kept,
        seen_in: SeenIn::State,
        fresh: true,
        destroyed: Vec::new(),
        changes: Vec::new(),
        residues: Vec::new(),
        events: Vec::new(),
    };
    parts::cite(scene, &mut revert, &[], &pause.events);
    if pause.moved && revert.seen_in == SeenIn::Log {
        revert.seen_in = SeenIn::Both;
    }
    Some(revert)
}
