//! Lives → what is out of the ordinary about them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;

use super::lives::is_copy;
use super::metrics::{by_source, is_short, lifetime, record, was_kept_long, was_settled};
use super::{Ground, Limits, Past, automation, burst};
use crate::model::{
    Actor, Change, ChangeKind, ChurnKey, ChurnKind, Kind, NodeKey, Provider, Rel, Remaining, SnapshotChurn,
    SnapshotLife, Timestamp, Turn, Window,
};

/// How old what somebody takes back is at most: a copy before a repair, and no backup.
const BRIEF: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Returns what is out of the ordinary about the snapshots of the time that is judged; the same lives always
/// give the same, in whatever order changes and events came.
///
/// | what | found where |
/// | --- | --- |
/// | a burst, a burst of deletions | more within an hour than the earlier hours of the same principal, disk, account or region let expect; while too little is known of them, more than fixed thresholds within ten minutes; a fifth of what a region had, in a day |
/// | the last copy lost | a disk had a snapshot, and has none |
/// | short-lived | made and deleted within an hour, not by a service of the vendor |
/// | early deletion | a keeper's snapshot is gone before its time, or by somebody else |
/// | exfiltration | shared, copied or downloaded outside, then closed or deleted within a day |
pub fn judge(lives: &[SnapshotLife], ground: &Ground<'_>, past: &Past) -> Vec<SnapshotChurn> {
    let mut found = burst::find(lives, past);
    let bodies = bodies(ground.changes);
    let of = |kind, members: Vec<&SnapshotLife>| together(kind, &members, lives, past);
    let copies = || lives.iter().filter(|life| is_copy(life.key.kind));
    found.extend(lost(lives, past, &bodies));
    found.extend(of(ChurnKind::ShortLived, copies().filter(|life| was_brief(life, &past.limits)).collect()));
    found.extend(of(ChurnKind::EarlyDeletion, copies().filter(|life| was_kept_otherwise(life)).collect()));
    let taken = lives.iter().filter(|life| closed_at(life, ground, &past.limits).is_some());
    found.extend(of(ChurnKind::Exfiltration, taken.collect()));
    found.sort_by(|one, other| (one.kind, one.window, &one.key).cmp(&(other.kind, other.window, &other.key)));
    found
}

/// Makes one record of all that one principal did to snapshots of one account.
fn together(
    kind: ChurnKind,
    members: &[&SnapshotLife],
    every: &[SnapshotLife],
    past: &Past,
) -> Vec<SnapshotChurn> {
    let mut groups: BTreeMap<(Provider, &str, String), Vec<&SnapshotLife>> = BTreeMap::new();
    for life in members {
        let who = principal(life).map(|actor| actor.key.clone()).unwrap_or_default();
        groups.entry((life.key.provider, life.account.as_str(), who)).or_default().push(life);
    }
    let records = groups.into_iter().map(|((_, account, _), lives)| {
        let actor = lives.iter().find_map(|life| principal(life));
        let key = actor
            .map_or((ChurnKey::Account, account.to_owned()), |actor| (ChurnKey::Principal, actor.label()));
        record(kind, key, span(&lives), &lives, every, past)
    });
    records.collect()
}

/// Who ended a life, or, where nobody is known to have, who began it.
fn principal(life: &SnapshotLife) -> Option<&Actor> {
    let by = |turn: &'_ Option<Turn>| turn.as_ref().is_some_and(|turn| turn.by.is_some());
    let turn = if by(&life.gone) { &life.gone } else { &life.born };
    turn.as_ref().and_then(|turn| turn.by.as_ref())
}

fn span(lives: &[&SnapshotLife]) -> Window {
    let turns = || lives.iter().flat_map(|life| life.born.iter().chain(&life.gone)).map(|turn| turn.at);
    let told = || lives.iter().flat_map(|life| [life.opened_at, life.used_at, life.closed_at]).flatten();
    let from = turns().map(|at| at.from).chain(told()).min().unwrap_or_default();
    let to = turns().map(|at| at.to).chain(told()).max().unwrap_or_default();
    Window { from, to }
}

/// Finds disks whose last snapshot somebody deleted.
///
/// Whoever deletes a disk's snapshots that it made itself within the week takes back its own: nothing that was kept
/// is lost. A snapshot that was younger than a day was not kept either. Of a disk that is long gone, neither what an
/// image was made of counts (whoever built the image kept none, and lets the image go) nor a copy that has been kept
/// for a month.
fn lost(lives: &[SnapshotLife], past: &Past, bodies: &BTreeSet<NodeKey>) -> Vec<SnapshotChurn> {
    let Some(remaining) = &past.remaining else { return Vec::new() };
    let gone = |life: &&SnapshotLife| {
        is_copy(life.key.kind) && life.gone.as_ref().is_some_and(|gone| gone.now && !gone.expected)
    };
    let mut by_source = by_source(lives.iter().filter(gone));
    by_source.retain(|(provider, source), deleted| {
        let left = |left: &&Remaining| {
            left.key.provider == *provider && left.sources.contains(*source) && !is_deleted(left, deleted)
        };
        let is_done_with = |life: &SnapshotLife| bodies.contains(&life.key) || was_kept_long(life);
        let unkept = past.gone_disks.contains(*source) && deleted.iter().all(|life| is_done_with(life));
        let brief = |life: &SnapshotLife| lifetime(life).is_some_and(|lived| lived <= BRIEF);
        let own = deleted.iter().all(|life| is_own(life) && brief(life));
        let kept = deleted.iter().any(|life| was_settled(life));
        !remaining.iter().any(|it| left(&it)) && !own && kept && !unkept
    });
    let mut members: Vec<&SnapshotLife> = by_source.into_values().flatten().collect();
    members.sort_by(|one, other| one.key.cmp(&other.key));
    members.dedup_by(|one, other| one.key == other.key);
    together(ChurnKind::LastCopyLost, &members, lives, past)
}

/// Returns the snapshots that images which vanished were made of.
fn bodies(changes: &[Change]) -> BTreeSet<NodeKey> {
    let gone = changes.iter().filter(|change| change.kind == ChangeKind::Vanished);
    let images = gone.filter_map(|change| change.before.as_deref());
    let links = images.flat_map(|image| image.links.iter().map(|link| (image.key.provider, link)));
    let backing = links.filter(|(_, link)| link.rel == Rel::BackedBy);
    backing
        .filter_map(|(cloud, link)| Some(NodeKey::new(cloud, link.kind, link.uid.as_ref()?.as_str())))
        .collect()
}

/// Whether what is left is what was deleted, of which the log tells before any scan saw it; what a recycle
/// bin holds is left.
fn is_deleted(left: &Remaining, deleted: &[&SnapshotLife]) -> bool {
    left.key.kind != Kind::Recycled && deleted.iter().any(|life| life.key == left.key)
}

/// Whether whoever deleted a snapshot had made it.
fn is_own(life: &SnapshotLife) -> bool {
    let who = |turn: &Option<Turn>| turn.as_ref().and_then(|turn| turn.by.as_ref()).map(|by| by.key.clone());
    who(&life.gone).is_some_and(|deleter| who(&life.born) == Some(deleter))
}

/// Whether somebody made and deleted a snapshot within an hour.
fn was_brief(life: &SnapshotLife, limits: &Limits) -> bool {
    let unexpected = |turn: &Option<Turn>| turn.as_ref().is_some_and(|turn| !turn.expected);
    unexpected(&life.gone)
        && life.gone.as_ref().is_some_and(|gone| gone.now)
        && life.born.as_ref().is_none_or(|born| !born.expected)
        && is_short(life, limits)
}

/// Whether a keeper's snapshot went otherwise than its keeper was to let it go.
fn was_kept_otherwise(life: &SnapshotLife) -> bool {
    let Some(gone) = life.gone.as_ref().filter(|gone| gone.now) else { return false };
    let by_other = gone.by.as_ref().is_some_and(|by| !automation::acts_itself(by)) && !gone.expected;
    automation::is_kept(life) && (automation::is_early(life) || by_other)
}

/// Returns when it was taken back, or covered up, that contents were open to somebody outside: in the time that is
/// judged, and within a day.
fn closed_at(life: &SnapshotLife, ground: &Ground<'_>, limits: &Limits) -> Option<Timestamp> {
    let now = |at: &Timestamp| ground.time.from <= *at && *at <= ground.time.to;
    let gone = life.gone.as_ref().filter(|gone| gone.now).map(|gone| gone.at.to);
    // That somebody outside made a copy is enough: it cannot be taken back.
    if let Some(used) = life.used_at.filter(now) {
        return Some(used);
    }
    let shared = !life.shared_with.is_empty();
    let cover_up = limits.cover_up;
    let soon = |end: &Timestamp| life.opened_at.is_none_or(|opened| end.duration_since(opened) <= cover_up);
    if life.opened_at.is_some() {
        let closed = life.closed_at.filter(|at| shared && now(at));
        return closed.or(gone.filter(|_| shared || life.exported)).filter(soon);
    }
    // Only states tell: it was shared, and was gone within a day of being made.
    let brief = |end: &Timestamp| life.created_at.is_some_and(|born| end.duration_since(born) <= cover_up);
    gone.filter(|end| shared && brief(end))
}
