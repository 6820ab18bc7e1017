//! What is counted of snapshots' lives (SEMANTICS D.3).

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;

use super::automation;
use super::lives::is_copy;
use super::{Limits, Past};
use crate::model::{
    ChurnKey, ChurnKind, Kind, Provider, Remaining, RestoreGap, SnapshotChurn, SnapshotLife, Turn, Window,
};

/// From which age on a snapshot counts as one of those that are to be there.
const SETTLED: SignedDuration = SignedDuration::from_hours(24);

/// How far around a window what keepers did is told beside.
const AROUND: SignedDuration = SignedDuration::from_hours(1);

/// How long a copy of a disk that is gone is kept in case somebody asks for it.
const LONG: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Puts a record together: everything that is counted of some lives.
pub(super) fn record(
    kind: ChurnKind,
    (counted_by, key): (ChurnKey, String),
    window: Window,
    members: &[&SnapshotLife],
    every: &[SnapshotLife],
    past: &Past,
) -> SnapshotChurn {
    let mut lives: Vec<SnapshotLife> = members.iter().map(|life| (*life).clone()).collect();
    lives.sort_by_key(|life| (moment(life, kind), life.key.clone()));
    let within = |turn: Option<&Turn>| turn.is_some_and(|turn| overlaps(turn.at, window));
    let gone: Vec<&SnapshotLife> = lives.iter().filter(|life| within(life.gone.as_ref())).collect();
    let created = lives.iter().filter(|life| within(life.born.as_ref())).count();
    let sources: BTreeSet<&String> = lives.iter().flat_map(|life| &life.sources).collect();
    let remaining = past.remaining.as_deref();
    let histories = remaining.map(|remaining| Histories::of(&gone, remaining)).unwrap_or_default();
    SnapshotChurn {
        created,
        deleted: gone.len(),
        distinct_sources: sources.len(),
        short_lived: lives.iter().filter(|life| is_short(life, &past.limits)).count(),
        deleted_by_other: gone.iter().filter(|life| by_other(life)).count(),
        before_expiry: gone.iter().filter(|life| automation::is_early(life)).count(),
        restore_gaps: histories.gaps,
        oldest_only: histories.oldest_only,
        lost_sources: histories.lost,
        in_recycle_bin: remaining.map_or(0, |remaining| recycled(&gone, remaining)),
        expected: expected(kind, window, every),
        notes: notes(&lives, past),
        lives,
        ..SnapshotChurn::of(kind, counted_by, key, window)
    }
}

/// Returns when a life did what a record is about.
fn moment(life: &SnapshotLife, kind: ChurnKind) -> Option<Window> {
    life.turn(kind).as_ref().map(|turn| turn.at)
}

fn overlaps(one: Window, other: Window) -> bool {
    one.from <= other.to && one.to >= other.from
}

/// Returns from when to when a snapshot lived, where both moments are known.
pub(super) fn lifetime(life: &SnapshotLife) -> Option<SignedDuration> {
    let born =
        life.born.as_ref().filter(|born| born.is_exact()).map(|born| born.at.from).or(life.created_at)?;
    let gone = life.gone.as_ref()?;
    Some(gone.at.to.duration_since(born))
}

/// Whether a snapshot was short-lived, for certain.
pub(super) fn is_short(life: &SnapshotLife, limits: &Limits) -> bool {
    is_copy(life.key.kind)
        && lifetime(life).is_some_and(|lived| lived < limits.short_life && lived >= SignedDuration::ZERO)
}

/// Whether a snapshot was older than a day when it went.
pub(super) fn was_settled(life: &SnapshotLife) -> bool {
    let gone = life.gone.as_ref().map(|gone| gone.at.to);
    match gone.zip(life.created_at) {
        Some((gone, born)) => gone.duration_since(born) >= SETTLED,
        // What no log saw being made was there before.
        None => life.born.is_none(),
    }
}

/// Whether a snapshot was kept for a month and more.
pub(super) fn was_kept_long(life: &SnapshotLife) -> bool {
    lifetime(life).is_some_and(|lived| lived >= LONG)
}

/// Whether somebody else deleted a snapshot than who is known to have made it.
fn by_other(life: &SnapshotLife) -> bool {
    let who = |turn: &Option<Turn>| turn.as_ref().and_then(|turn| turn.by.as_ref()).map(|by| by.key.clone());
    who(&life.born).zip(who(&life.gone)).is_some_and(|(maker, deleter)| maker != deleter)
}

/// Returns snapshots by what they are of.
pub(super) fn by_source<'a>(
    lives: impl IntoIterator<Item = &'a SnapshotLife>,
) -> BTreeMap<(Provider, &'a str), Vec<&'a SnapshotLife>> {
    let mut by_source: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for life in lives {
        for source in &life.sources {
            by_source.entry((life.key.provider, source.as_str())).or_default().push(life);
        }
    }
    by_source
}

/// What is left of the histories of disks whose snapshots were deleted.
#[derive(Default)]
pub(super) struct Histories {
    gaps: Vec<RestoreGap>,
    oldest_only: bool,
    lost: Vec<String>,
}

impl Histories {
    fn of(gone: &[&SnapshotLife], remaining: &[Remaining]) -> Self {
        let by_source = by_source(gone.iter().copied());
        let sourced = gone.iter().all(|life| !life.sources.is_empty());
        let mut histories = Self { oldest_only: !by_source.is_empty() && sourced, ..Self::default() };
        for ((_, source), deleted) in by_source {
            let left = remaining.iter().filter(|left| left.key.kind != Kind::Recycled);
            let left: Vec<&Remaining> = left.filter(|left| left.sources.contains(source)).collect();
            if left.is_empty() {
                histories.lost.push(source.to_owned());
            }
            let times = deleted.iter().filter_map(|life| life.created_at);
            let Some((first, last)) = times.clone().min().zip(times.max()) else {
                histories.oldest_only = false;
                continue;
            };
            let kept: Vec<_> = left.iter().filter_map(|left| left.created_at).collect();
            let older = kept.iter().copied().filter(|at| *at < first).max();
            let newer = kept.iter().copied().filter(|at| *at > last).min();
            let whole = !kept.iter().any(|at| (first..=last).contains(at));
            histories.oldest_only &= older.is_none() && newer.is_some() && whole;
            if let Some((from, to)) = older.zip(newer).filter(|_| whole && deleted.len() > 1) {
                let gap = RestoreGap {
                    source: source.to_owned(),
                    window: Window { from, to },
                    deleted: deleted.len(),
                };
                histories.gaps.push(gap);
            }
        }
        histories
    }
}

/// Returns the ids of the changes by which snapshots went of whose disks newer ones are left, and that leave no hole
/// of more than one in a disk's history: room was made, and what can be restored is as recent as before.
///
/// A copy of a disk that is gone is as good as superseded when it has been kept for a month.
pub(super) fn superseded(
    lives: &[SnapshotLife],
    remaining: &[Remaining],
    gone_disks: &BTreeSet<String>,
) -> BTreeSet<String> {
    let gone =
        |life: &&SnapshotLife| is_copy(life.key.kind) && life.gone.as_ref().is_some_and(|gone| gone.now);
    let by_source = by_source(lives.iter().filter(gone));
    let is_left = |life: &SnapshotLife, source: &String, deleted: usize| {
        let left = remaining.iter().filter(|left| left.key.kind != Kind::Recycled);
        let left = left.filter(|left| left.sources.contains(source) && left.key != life.key);
        let times: Vec<_> = left.filter_map(|left| left.created_at).collect();
        let newer = life.created_at.is_some_and(|at| times.iter().any(|left| *left > at));
        let older = life.created_at.is_some_and(|at| times.iter().any(|left| *left < at));
        newer && (deleted == 1 || !older)
    };
    let each = lives.iter().filter(gone).filter(|life| {
        let cloud = life.key.provider;
        let count = |source: &String| by_source.get(&(cloud, source.as_str())).map_or(0, Vec::len);
        let done_with = |source: &String| gone_disks.contains(source) && was_kept_long(life);
        let fits = |source: &String| done_with(source) || is_left(life, source, count(source));
        !life.sources.is_empty() && life.sources.iter().all(fits)
    });
    each.flat_map(|life| life.changes.iter().cloned()).collect()
}

fn recycled(gone: &[&SnapshotLife], remaining: &[Remaining]) -> usize {
    let in_bin = |life: &&&SnapshotLife| {
        remaining.iter().any(|left| left.key.kind == Kind::Recycled && left.key.id == life.key.id)
    };
    gone.iter().filter(in_bin).count()
}

/// Returns the policies that made, or deleted, snapshots within an hour of a window as they should, and how
/// many.
fn expected(kind: ChurnKind, window: Window, every: &[SnapshotLife]) -> (BTreeSet<String>, usize) {
    let hour = Window { from: window.from - AROUND, to: window.to + AROUND };
    let turn = |life: &SnapshotLife| {
        life.turn(kind).as_ref().is_some_and(|turn| turn.expected && overlaps(turn.at, hour))
    };
    let kept: Vec<_> = every.iter().filter(|life| is_copy(life.key.kind) && turn(life)).collect();
    let policies = kept.iter().filter_map(|life| life.managed_by.as_ref()?.controller.clone());
    (policies.collect(), kept.len())
}

fn notes(lives: &[SnapshotLife], past: &Past) -> Vec<String> {
    let mut notes = Vec::new();
    if lives.iter().any(automation::is_kept) && !past.lists_policies {
        notes.push(
            "policies of snapshots are not listed here, so that nobody knows if one is gone".to_owned(),
        );
    }
    if lives.iter().any(|life| life.gone.is_some()) && past.remaining.is_none() {
        notes.push("what snapshots are left was not counted".to_owned());
    }
    notes
}
