//! What the log says to have happened, and did not, or was put back in a way that no log shows.

use super::Survey;
use super::horizon::SETTLED;
use super::life::{deletes, makes, may_make, names};
use super::view::{View, residue, what, who};
use crate::model::{AuditEvent, Class, End, Kind, Residue, ResidueKind, Resource, Role, Target, Window};
use crate::trace::Presence;

/// Classes that change what scans compare.
const MODIFIES: &[Class] = &[
    Class::InstanceModify,
    Class::VolumeModify,
    Class::SnapshotModify,
    Class::SnapshotShare,
    Class::ImageModify,
    Class::ImageShare,
];

/// Finds deletions of what is still there, and modifications that changed nothing.
pub(super) fn find<'a>(view: &View<'a>, survey: &mut Survey<'a>) {
    for event in view.window() {
        if survey.claimed.contains(&event.id) || view.used.contains(&event.id) || !event.outcome.has_effect()
        {
            continue;
        }
        for target in event.targets(Role::Subject) {
            let Some(kind) = target.kind else { continue };
            let Some(presence) = view.presence(event, target) else { continue };
            let deleted = deletes(event, target, None);
            let without = if deleted {
                is_there(view, event, target, presence)
            } else {
                MODIFIES.contains(&event.class)
                    && !makes(event, target)
                    && is_same(view, event, target, presence)
            };
            if without {
                judge(view, survey, event, target, kind);
            }
        }
    }
}

fn judge<'a>(view: &View<'a>, survey: &mut Survey<'a>, event: &'a AuditEvent, target: &Target, kind: Kind) {
    let Some(listing) = view.horizon.after(event, kind) else { return };
    if event.last_at() >= listing.started_at - SETTLED || view.runs(event) {
        survey.pending.insert(&event.id);
    } else if event.outcome.end == End::Success {
        let to = listing.finished_at;
        survey.add(found(event, target, Window { from: event.time, to }));
    }
}

fn found(event: &AuditEvent, target: &Target, window: Window) -> Option<Residue> {
    let did = format!("{} by {} succeeded", what(event), who(&event.actor));
    let reason = if deletes(event, target, None) {
        format!("{did}, and the later scan still lists what it deleted")
    } else {
        format!("{did}, and nothing that it can change differs between the scans")
    };
    residue(ResidueKind::NoEffect, Some(target.clone()), window, &[event], reason)
}

/// Whether the later scan lists what was deleted, and nothing else was made in its place.
fn is_there(view: &View<'_>, event: &AuditEvent, target: &Target, presence: &Presence) -> bool {
    let Some(seen) = presence.after.as_deref().filter(|seen| !seen.is_gone()) else { return false };
    let newer = seen.created_at.is_some_and(|created| created > event.time);
    let replaced = presence.before.as_deref().is_some_and(|before| before.key.uid != seen.key.uid);
    let made_again = view.events.iter().filter(|later| later.time >= event.time).any(|later| {
        let same = |other: &&Target| {
            names(event.provider, target).any(|one| names(later.provider, other).any(|other| one == other))
        };
        later.outcome.has_effect()
            && later.targets.iter().filter(same).any(|other| makes(later, other) || may_make(later, other))
    });
    !newer && !replaced && !made_again
}

/// Whether both scans could see what an event can change, and saw the same.
fn is_same(view: &View<'_>, event: &AuditEvent, target: &Target, presence: &Presence) -> bool {
    let (Some(before), Some(after)) = (presence.before.as_deref(), presence.after.as_deref()) else {
        return false;
    };
    let mut paths =
        view.changes(event, target).flat_map(|change| &change.attributes).map(|change| &change.path);
    if event.touches.is_empty() {
        return alike(before, after) && paths.next().is_none();
    }
    let mut paths =
        paths.filter(|path| event.touches.iter().any(|touched| path.starts_with(touched.as_str())));
    paths.next().is_none() && event.touches.iter().all(|path| sees(before, path) && sees(after, path))
}

fn alike(before: &Resource, after: &Resource) -> bool {
    let state = |resource: &Resource| resource.state.as_ref().map(|state| state.phase);
    before.config == after.config
        && before.tags == after.tags
        && before.links == after.links
        && before.exposure == after.exposure
        && before.unmapped == after.unmapped
        && state(before) == state(after)
}

/// Whether a scan that took this state could see a path: what it did not ask for did not stay the same.
fn sees(resource: &Resource, path: &str) -> bool {
    match path.split_once('.').unwrap_or((path, "")) {
        ("config", path) => resource.config.keys().any(|key| key.starts_with(path)),
        ("exposure", _) => resource.exposure.known,
        ("tags" | "links" | "name" | "state", _) => true,
        _ => false,
    }
}
