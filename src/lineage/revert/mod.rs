//! Disks that were put back, replaced or moved; pure (SEMANTICS C.2 to C.6).
//!
//! A revert is only told where the ancestry proves it, or the provider's own record does: names prove nothing. What
//! nobody knows is told as unknown: a disk whose making nobody saw gives nothing here, and the swap itself is a
//! change of its own.

mod ephemeral;
mod kin;
mod loss;
mod parts;
mod rebuilt;
mod role;
mod scene;
mod storage;
mod swap;
#[cfg(test)]
mod tests;
mod told;
mod transient;
mod way;

use std::collections::BTreeSet;

use kin::{Kin, Source, kin};
use scene::Scene;
use swap::Swap;
use way::Way;

use crate::model::{
    AuditEvent, Change, Class, Lineage, NodeKey, Origin, Residue, Revert, RevertKind, SeenIn, TraceState,
    Transition, Window,
};

/// What reverts are told from.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// The ancestry of what the comparison is about.
    pub lineage: &'a Lineage,
    /// What differs between the scans, with traces.
    pub changes: &'a [Change],
    /// What the logs say and no state shows.
    pub residues: &'a [Residue],
    /// The folded events of the time.
    pub events: &'a [AuditEvent],
    /// The states of all that was seen in more than one state, whether drift makes a change of it or not.
    pub transitions: &'a [Transition],
    /// The time that is compared.
    pub span: Window,
}

/// Returns what became of disks, and of instances with their disks, in the compared time.
///
/// The order of changes, residues and events means nothing. The reverts are ordered by instance and slot.
pub fn reverts(given: Evidence<'_>) -> Vec<Revert> {
    let scene = Scene::of(given);
    let fresh = swap::swaps(&scene);
    let earlier = swap::earlier(&scene, &fresh);
    let mut found: Vec<Revert> =
        fresh.iter().chain(&earlier).filter_map(|swap| swapped(&scene, swap)).collect();
    found.retain(|revert| revert.fresh || !revert.destroyed.is_empty());
    found.extend(rebuilt::rebuilt(&scene));
    found.extend(transient::transient(&scene));
    found.extend(ephemeral::resets(&scene));
    found.extend(told::told(&scene, &found));
    found.sort_by(|one, other| order(one).cmp(&order(other)));
    found
}

fn order(revert: &Revert) -> (&NodeKey, &Option<String>, RevertKind, &[String], &Option<NodeKey>) {
    (&revert.instance, &revert.slot, revert.kind, &revert.changes, &revert.new_volume)
}

/// The calls that belong to a swap that the log alone tells.
const OF_A_SWAP: &[Class] = &[
    Class::InstanceStop,
    Class::InstanceStart,
    Class::InstanceModify,
    Class::InstanceRevert,
    Class::VolumeAttach,
    Class::VolumeDetach,
];

/// Judges one swap.
fn swapped<'a>(scene: &Scene<'a>, swap: &Swap<'a>) -> Option<Revert> {
    let held = scene.occupants(&swap.instance, &swap.slot);
    let past = held.iter().filter(|held| held.attached.to <= swap.at.from && held.volume != swap.new);
    let back = held.iter().filter(|held| held.volume == swap.new && held.detached.is_some());
    let mut past: BTreeSet<NodeKey> = past.chain(back).map(|held| held.volume.clone()).collect();
    past.insert(swap.old.clone());
    let kin = kin(scene, &swap.new, &swap.old, &past, &swap.instance);
    let way = way::of_swap(scene, swap, &kin)?;
    let (kind, lost, reason) = verdict(scene, swap, &kin, &way)?;
    let source = way::source(&kin);
    let origin = source.map(|source| Origin { key: source.key.clone(), content_at: source.content_at });
    let reverts = !matches!(kind, RevertKind::Replaced);
    let mut revert = Revert {
        kind,
        instance: swap.instance.clone(),
        machine: scene.machine(&swap.instance),
        replaces: None,
        slot: Some(swap.slot.clone()),
        root: swap.root,
        old_volume: Some(swap.old.clone()),
        new_volume: Some(swap.new.clone()),
        source: origin,
        image: None,
        reverted_to: source.and_then(|source| source.content_at).filter(|_| reverts),
        reverted_at: swap.at,
        lost,
        method: way.method,
        strength: way.strength,
        reason,
        expected_by: way.service,
        old_volume_fate: parts::fate(scene, &swap.old),
        seen_in: SeenIn::State,
        fresh: swap.fresh,
        destroyed: Vec::new(),
        changes: Vec::new(),
        residues: Vec::new(),
        events: Vec::new(),
    };
    if !matches!(kind, RevertKind::Migrated | RevertKind::Replaced) {
        revert.destroyed = parts::destroyed(scene, &swap.old, revert.lost, swap.at);
    }
    let mut changes = swap.changes.clone();
    let mut events = way.events;
    if swap.fresh {
        let copy = source.map(|source| source.key).filter(|copy| copy.kind != crate::model::Kind::Image);
        let disks: Vec<&NodeKey> = [Some(&swap.old), Some(&swap.new), copy].into_iter().flatten().collect();
        changes.extend(parts::changes(scene, &swap.instance, (swap.root, &disks)));
        let told = swap.known_by.events.iter().filter_map(|id| scene.event(id));
        events.extend(told.filter(|event| event.outcome.has_effect()));
        // What brought the copy back out of a bin or an archive.
        let out = [Some(&swap.new), copy].into_iter().flatten();
        events.extend(out.flat_map(|key| scene.done_to(key, &[Class::SnapshotRestore])));
        if swap.changes.is_empty() {
            events.extend(scene.done_to(&swap.instance, OF_A_SWAP));
        }
    }
    parts::cite(scene, &mut revert, &changes, &events);
    Some(revert)
}

/// Says what a swap amounts to, which time was lost, and why.
fn verdict(
    scene: &Scene<'_>,
    swap: &Swap<'_>,
    kin: &Kin<'_>,
    way: &Way<'_>,
) -> Option<(RevertKind, Option<Window>, String)> {
    let lost = |source: &Source<'_>| {
        let from = source.content_at.filter(|from| *from <= swap.at.to)?;
        Some(Window { from, to: swap.at.to })
    };
    let safe = |source: &Source<'_>| {
        let of = (&swap.old, swap.slot.as_str());
        loss::nothing_lost(scene, &swap.instance, of, (source.content_at?, swap.at), is_logged(&swap.changes))
    };
    let task = way.strength == 5;
    Some(match kin {
        Kin::Restored(source) => match safe(source) {
            Some(why) => (RevertKind::Migrated, None, why),
            None => (
                RevertKind::Reverted,
                lost(source),
                "its source was taken of what stood in the slot".to_owned(),
            ),
        },
        Kin::SameOrigin(source) => {
            (RevertKind::ResetToLaunch, since_launch(scene, swap), origin_reason(source))
        }
        Kin::Unclear(source, Some(why)) => (RevertKind::Reverted, lost(source), why.clone()),
        Kin::Unclear(source, None) if task => {
            (RevertKind::Reverted, lost(source), "the provider's own task put it back".to_owned())
        }
        Kin::Unclear(source, None) => {
            let reason = format!("nobody knows what `{}` was taken of", source.key.id);
            (RevertKind::Suspected, lost(source), reason)
        }
        Kin::Unrelated | Kin::Unknown if task => {
            let reason = "the provider's own task put it back, to what it was launched from";
            (RevertKind::ResetToLaunch, since_launch(scene, swap), reason.to_owned())
        }
        Kin::Unrelated => {
            (RevertKind::Replaced, None, "it was made of nothing that the old one has to do with".to_owned())
        }
        Kin::Unknown => return None,
    })
}

/// Whether the log accounts for changes: then it was there at the time.
fn is_logged(changes: &[&Change]) -> bool {
    use TraceState::{BySystem, ExpectedAutomation, Explained, Implied};
    let told =
        |change: &&Change| matches!(change.trace.state, BySystem | ExpectedAutomation | Explained | Implied);
    changes.iter().all(told)
}

fn origin_reason(source: &Source<'_>) -> String {
    format!("it was made of the same {} as the old one", source.key.kind.as_str().replace('-', " "))
}

/// Returns the time from which everything on the old disk is lost: since it first stood there.
fn since_launch(scene: &Scene<'_>, swap: &Swap<'_>) -> Option<Window> {
    let held = scene.occupants(&swap.instance, &swap.slot).iter().find(|held| held.volume == swap.old);
    let made = scene.node(&swap.old).and_then(|node| node.created_at);
    let born = scene.node(&swap.instance).and_then(|node| node.created_at);
    let first = held.map(|held| held.attached).filter(|at| at.from == at.to).map(|at| at.from);
    let from = [first.or(made), born].into_iter().flatten().max()?;
    (from <= swap.at.to).then_some(Window { from, to: swap.at.to })
}
