//! What was born and no scan ever saw: ghosts, and what vanished without a word.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::Survey;
use super::horizon::SETTLED;
use super::life::{Life, Name, lives, names};
use super::view::{View, label, residue, span, what, who};
use crate::model::{
    AuditEvent, End, Kind, LogInterval, LogStatus, Provider, Residue, ResidueKind, Resource, Timestamp, Uid,
    Window, printable,
};

/// Finds ghosts and what vanished unexplained (SEMANTICS F.4).
pub(super) fn find<'a>(view: &View<'a>, survey: &mut Survey<'a>) {
    let lives = lives(&view.events);
    let mut ghosts = Vec::new();
    for life in lives.iter().filter(|life| unseen(view, life)) {
        match life.died.or(life.perhaps) {
            Some(end) if view.horizon.contains(end) => ghosts.push((life, end)),
            // The next comparison sees its end.
            Some(end) if view.horizon.contains(life.born) && end.time > life.born.time => {
                survey.pending.insert(&life.born.id);
            }
            Some(_) => {}
            None => vanished(view, life, survey),
        }
    }
    let instances: BTreeSet<Name> = ghosts
        .iter()
        .filter(|(life, _)| life.target.kind == Some(Kind::Instance))
        .flat_map(|(life, _)| names(life.provider(), &life.target))
        .collect();
    // One act, one finding: the volumes of a ghost are part of it.
    let (parts, wholes): (Vec<_>, Vec<_>) =
        ghosts.into_iter().partition(|(life, _)| !life.mounts.is_disjoint(&instances));
    let mut mounted: BTreeMap<&Name, Vec<(&Life<'a>, &'a AuditEvent)>> = BTreeMap::new();
    for (volume, end) in parts {
        for name in &volume.mounts {
            mounted.entry(name).or_default().push((volume, end));
        }
    }
    for (life, end) in wholes {
        let own = names(life.provider(), &life.target);
        let volumes: BTreeMap<String, _> = own
            .filter_map(|name| mounted.get(&name))
            .flatten()
            .map(|(volume, end)| (label(&volume.target), (*volume, *end)))
            .collect();
        survey.add(ghost(life, end, &volumes));
    }
}

/// Whether it is known that neither scan saw what lived; a resource that nobody looked for is no ghost.
fn unseen(view: &View<'_>, life: &Life<'_>) -> bool {
    let Some(presence) = view.presence(life.born, &life.target) else { return false };
    let before = presence.before.as_deref().is_some_and(|seen| match &life.target.uid {
        Some(_) => is(life, seen),
        // Without a uid it may be what stood there before; then the log must show that it went.
        None => !life.follows,
    });
    let after = presence.after.as_deref().filter(|seen| !seen.is_gone()).is_some_and(|seen| {
        let later = life.died.is_some_and(|died| seen.created_at.is_some_and(|at| at > died.last_at()));
        match &life.target.uid {
            Some(_) => is(life, seen),
            None => !life.precedes && !later,
        }
    });
    !before && !after
}

fn is(life: &Life<'_>, seen: &Resource) -> bool {
    let uid = life.target.uid.as_ref().map(Uid::as_str).unwrap_or_default();
    let same = if life.provider() == Provider::Azure { str::eq_ignore_ascii_case } else { str::eq };
    same(uid, seen.key.uid.as_str())
}

/// A ghost, with the volumes that were attached to it.
fn ghost<'a>(
    life: &Life<'a>,
    end: &'a AuditEvent,
    volumes: &BTreeMap<String, (&Life<'a>, &'a AuditEvent)>,
) -> Option<Residue> {
    let chain = volumes.values().flat_map(|(volume, end)| volume.events.iter().copied().chain([*end]));
    let events: Vec<&AuditEvent> = life.events.iter().copied().chain([end]).chain(chain).collect();
    let lived = span(life.born.time, end.time);
    let ended = match life.died {
        Some(_) if end.actor.key == life.born.actor.key => format!("deleted by the same with {}", what(end)),
        Some(_) => format!("deleted by {} with {}", who(&end.actor), what(end)),
        None => format!("gone with {} by {}", what(end), who(&end.actor)),
    };
    let mut reason = format!(
        "created by {} with {}, {ended} {lived} later; no scan ever saw it",
        who(&life.born.actor),
        what(life.born)
    );
    if !volumes.is_empty() {
        let names: Vec<String> = volumes.keys().map(|name| printable(name)).collect();
        let _ = write!(reason, "; {} stood in it and went too", names.join(", "));
    }
    let window = Window { from: life.born.time, to: end.last_at().max(life.born.time) };
    residue(ResidueKind::Ghost, Some(life.target.clone()), window, &events, reason)
}

/// What was made, is not known to have been deleted, and is not there.
fn vanished<'a>(view: &View<'a>, life: &Life<'a>, survey: &mut Survey<'a>) {
    let Some(kind) = life.target.kind else { return };
    let Some(listing) = view.horizon.after(life.born, kind) else { return };
    let earlier = view.horizon.before(life.born, kind).map(|listing| listing.started_at);
    // An earlier run judged what had settled before the earlier listing.
    let from = earlier.or_else(|| view.horizon.from(life.born));
    if from.is_some_and(|from| life.born.time < from - SETTLED) || life.born.time > listing.finished_at {
        return;
    }
    let young = life.born.last_at() >= listing.started_at - SETTLED;
    if young || view.runs(life.born) || view.may_be_late(life.born, listing.finished_at) {
        survey.pending.insert(&life.born.id);
        return;
    }
    if !listing.complete || life.born.outcome.end != End::Success {
        return;
    }
    let reason = format!(
        "created by {} with {}; a complete listing {} later lacks it, and no event deletes it ({})",
        who(&life.born.actor),
        what(life.born),
        span(life.born.time, listing.started_at),
        if is_logged(view.evidence.logs, life.born, listing.finished_at) {
            "the log is complete for this time"
        } else {
            "the log is not known to be complete for this time"
        }
    );
    let window = Window { from: life.born.time, to: listing.finished_at };
    let target = Some(life.target.clone());
    survey.add(residue(ResidueKind::VanishedUnexplained, target, window, &life.events, reason));
}

/// Whether the log that recorded an event is complete from there to a moment.
fn is_logged(logs: &[LogInterval], event: &AuditEvent, until: Timestamp) -> bool {
    let of = |interval: &&LogInterval| {
        let scope = &interval.scope;
        (scope.provider, &scope.account, &scope.location, scope.source.as_str())
            == (event.provider, &event.account, &event.location, event.log.as_str())
    };
    let mut intervals: Vec<&LogInterval> = logs.iter().filter(of).collect();
    intervals.sort_by_key(|interval| interval.window);
    let meets = |interval: &LogInterval| interval.window.from < until && interval.window.to > event.time;
    let gap = intervals.iter().any(|interval| meets(interval) && interval.status == LogStatus::Gap);
    let complete = intervals.iter().filter(|interval| interval.status == LogStatus::Complete);
    let reached = complete.fold(event.time, |reached, interval| {
        if interval.window.from <= reached { reached.max(interval.window.to) } else { reached }
    });
    !gap && reached >= until
}
