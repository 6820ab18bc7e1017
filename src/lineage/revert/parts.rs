//! What belongs to a revert: changes, residues and events, and what became of the old disk.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;

use super::scene::{Scene, copies};
use crate::model::{
    AttributeChange, AuditEvent, Change, ChangeKind, Class, EventId, Fate, Kind, NodeKey, Residue, Revert,
    SeenIn, Timestamp, Window,
};

/// How long after a revert the deletion of what it replaced counts as its part (SEMANTICS C.6).
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// What an instance's change may differ in and still only be a part of a swap.
const OF_A_SWAP: &[&str] =
    &["config.disks", "config.storageProfile.osDisk", "config.storageProfile.dataDisks", "links."];

/// Returns the changes that came with a swap: those of the disks and of the copy that was made for it; of the
/// instance its stops and starts where it boots from the slot, and what only describes its disks.
pub(super) fn changes<'a>(
    scene: &Scene<'a>,
    instance: &NodeKey,
    (root, disks): (bool, &[&NodeKey]),
) -> Vec<&'a Change> {
    let own = scene.changes_of(instance).iter().filter(|change| match change.kind {
        ChangeKind::Modified => change.attributes.iter().all(describes),
        ChangeKind::Started | ChangeKind::Stopped | ChangeKind::Restarted => root,
        _ => false,
    });
    let of_disks = disks.iter().flat_map(|disk| scene.changes_of(disk)).filter(|change| {
        let volume = change.resource().is_some_and(|resource| resource.key.kind == Kind::Volume);
        change.kind != ChangeKind::Modified || (volume && change.attributes.iter().all(describes))
    });
    own.chain(of_disks).copied().collect()
}

fn describes(attribute: &AttributeChange) -> bool {
    OF_A_SWAP.iter().any(|path| attribute.path.starts_with(path))
}

/// Returns what became of a disk.
pub(super) fn fate(scene: &Scene<'_>, disk: &NodeKey) -> Fate {
    let deleted = scene.done_to(disk, &[Class::VolumeDelete]);
    if scene.gone(disk).is_some() || !deleted.is_empty() {
        Fate::Deleted
    } else if scene.stands(disk) {
        Fate::Kept
    } else {
        Fate::Unknown
    }
}

/// Returns what was deleted within a day of a revert: the old disk, and the copies of the time that was lost.
pub(super) fn destroyed(scene: &Scene<'_>, old: &NodeKey, lost: Option<Window>, at: Window) -> Vec<NodeKey> {
    let until = at.to.saturating_add(DAY).unwrap_or(at.to);
    let gone = |key: &NodeKey, class: Class| {
        let shown = scene.gone(key).is_some_and(|gone| gone.to >= at.from && gone.from <= until);
        let told = scene.done_to(key, &[class]);
        shown || told.iter().any(|event| at.from <= event.time && event.time <= until)
    };
    let mut found: Vec<NodeKey> = Vec::new();
    if gone(old, Class::VolumeDelete) {
        found.push(old.clone());
    }
    let Some(lost) = lost else { return found };
    let of_old = scene.children(old).iter().filter(|edge| copies(edge));
    let copies: BTreeSet<&NodeKey> = of_old.map(|edge| &edge.child).collect();
    let between = copies.into_iter().filter(|copy| {
        let taken = scene.content_at(copy);
        copy.kind != Kind::Volume && taken.is_some_and(|taken| lost.from < taken && taken <= lost.to)
    });
    let gone = between.filter(|copy| {
        gone(copy, if copy.kind == Kind::Image { Class::ImageDelete } else { Class::SnapshotDelete })
    });
    found.extend(gone.cloned());
    found
}

/// Adds to a revert what it cites, and what that shows: scans, logs, or both.
pub(super) fn cite(scene: &Scene<'_>, revert: &mut Revert, changes: &[&Change], events: &[&AuditEvent]) {
    let gone = revert.destroyed.iter().flat_map(|key| scene.changes_of(key)).copied();
    let gone = gone.filter(|change| change.kind == ChangeKind::Vanished);
    let cited: BTreeMap<&str, &Change> =
        changes.iter().copied().chain(gone).map(|change| (change.id.as_str(), change)).collect();
    let of_traces = cited.values().flat_map(|change| &change.trace.events);
    let told: BTreeSet<&EventId> = of_traces.chain(events.iter().map(|event| &event.id)).collect();
    let mut told: Vec<&EventId> = told.into_iter().collect();
    // What lies outside of the time that is judged comes last.
    told.sort_by_key(|id| (scene.event(id).map_or(Timestamp::MAX, |event| event.time), *id));
    revert.events = told.into_iter().cloned().collect();
    let mut residues: Vec<&Residue> =
        revert.events.iter().flat_map(|id| scene.residues_of(id)).copied().collect();
    residues.retain(|residue| residue.events.iter().all(|id| revert.events.contains(id)));
    let residues: BTreeSet<&str> = residues.into_iter().map(|residue| residue.id.as_str()).collect();
    revert.residues = residues.into_iter().map(str::to_owned).collect();
    let approvals = cited.values().filter_map(|change| change.trace.approval.as_ref());
    let mut approvals = approvals.filter(|approval| approval.full).map(|approval| approval.id.clone());
    revert.expected_by = revert.expected_by.take().or_else(|| approvals.next());
    revert.seen_in = match (cited.is_empty(), revert.events.is_empty()) {
        (true, false) => SeenIn::Log,
        (false, false) => SeenIn::Both,
        (_, true) => SeenIn::State,
    };
    revert.changes = cited.into_keys().map(str::to_owned).collect();
}
