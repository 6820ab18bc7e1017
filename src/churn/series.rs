//! The earlier hours that a count is compared with (SEMANTICS D.4).

use std::collections::BTreeSet;

use jiff::SignedDuration;
use rustc_hash::FxHashMap;

use super::statistics::{centre, modified_z, tail};
use crate::model::{ChurnBaseline, EVERYWHERE, LogInterval, LogStatus, Tally, Timestamp, Window};

/// How long the stretches are that the store counts by.
const STRETCH: SignedDuration = SignedDuration::from_mins(10);
/// The buckets of a series.
const HOUR: SignedDuration = SignedDuration::from_hours(1);
/// How much of the look-back must be known.
const LEAST_AGE: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How many buckets must be known.
const LEAST_BUCKETS: usize = 20;
/// From which modified z-score on a count is an outlier (Iglewicz & Hoaglin 1993).
const OUTLIER: f64 = 3.5;
/// Below which probability a count is none of chance.
const IMPROBABLE: f64 = 1e-4;
/// On how many days the same must have been told before it is learnt as routine.
const DAYS_TOLD: usize = 3;

/// What of an account's logs is known, merged.
pub(super) struct Known {
    covered: Vec<Window>,
    gaps: Vec<Window>,
}

impl Known {
    /// Merges what the logs of an account tell of themselves; of one location, and of logs of every location,
    /// if one is named.
    pub(super) fn of(logs: &[LogInterval], tally: impl Fn(&LogInterval) -> bool) -> Self {
        let of = |gap: bool| {
            let wanted = |interval: &&LogInterval| {
                matches!(interval.status, LogStatus::Gap | LogStatus::Violated) == gap && tally(interval)
            };
            merged(logs.iter().filter(wanted).map(|interval| interval.window).collect())
        };
        Self { covered: of(false), gaps: of(true) }
    }

    /// Whether a log tells all of a stretch.
    fn tells(&self, stretch: Window) -> bool {
        let after = self.covered.partition_point(|covered| covered.from <= stretch.from);
        let covered = after.checked_sub(1).and_then(|last| self.covered.get(last));
        covered.is_some_and(|covered| covered.to >= stretch.to)
            && !self.gaps.iter().any(|gap| gap.from < stretch.to && gap.to > stretch.from)
    }
}

fn merged(mut windows: Vec<Window>) -> Vec<Window> {
    windows.sort_unstable();
    let mut merged: Vec<Window> = Vec::new();
    for window in windows {
        match merged.last_mut() {
            Some(last) if last.to >= window.from => last.to = last.to.max(window.to),
            _ => merged.push(window),
        }
    }
    merged
}

/// Whether a log speaks for a location.
pub(super) fn speaks_for(log: &LogInterval, location: &str) -> bool {
    let of = log.scope.location.as_str();
    of == location || of == EVERYWHERE
}

/// By how much a call of each operation counts: as many as one of the present makes on average.
pub(super) type Weights<'a> = FxHashMap<&'a str, f64>;

/// How far back counts are compared, and how many are a burst at least.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    pub(super) look_back: SignedDuration,
    pub(super) many: usize,
}

/// Returns what a count is compared with: the hours before a moment in which a log tells all.
///
/// An hour that was out of the ordinary itself, held against those before it, is left out: nothing is learnt
/// from what was told. What was told on three days is routine, and learnt. `None` where less than seven days
/// or fewer than twenty hours are known.
pub(super) fn baseline<'t>(
    count: u32,
    before: Timestamp,
    tallies: impl Iterator<Item = &'t Tally>,
    weights: &Weights<'_>,
    known: &Known,
    scale: Scale,
) -> Option<ChurnBaseline> {
    let hours = usize::try_from(scale.look_back.as_hours()).unwrap_or_default();
    let mut counts = vec![0.0; hours];
    for tally in tallies {
        let age = before.duration_since(tally.at + STRETCH);
        let index = usize::try_from(age.as_secs().div_euclid(HOUR.as_secs())).ok();
        if let Some(bucket) = index.and_then(|index| counts.get_mut(index)) {
            let default = if tally.class.as_str().starts_with("image.") { 0.0 } else { 1.0 };
            let weight = weights.get(tally.operation.as_str()).copied().unwrap_or(default);
            *bucket += weight * f64::from(tally.count);
        }
    }
    let mut oldest = None;
    let mut told: Vec<(usize, f64)> = Vec::new();
    for (hour, count) in counts.into_iter().enumerate().rev() {
        let ago = HOUR.checked_mul(i32::try_from(hour).unwrap_or(i32::MAX))?;
        let window = Window { from: before.checked_sub(ago + HOUR).ok()?, to: before.checked_sub(ago).ok()? };
        if known.tells(window) {
            oldest = oldest.or(Some(window.from));
            told.push((hour, count));
        }
    }
    let old_enough = oldest.is_some_and(|oldest| before.duration_since(oldest) >= LEAST_AGE);
    if !old_enough || told.len() < LEAST_BUCKETS {
        return None;
    }
    let known_hours = told.len();
    let learnt = learnt(told, scale.many);
    let centre = centre(&learnt);
    Some(ChurnBaseline {
        buckets: learnt.len(),
        left_out: hours - known_hours + (known_hours - learnt.len()),
        centre,
        tail: tail(count, &learnt),
        z: modified_z(f64::from(count), &centre),
    })
}

/// Returns what a count between two scans is compared with: the counts between earlier ones, the oldest first.
pub(super) fn by_scan(
    count: u32,
    before: Timestamp,
    steps: &[(Timestamp, u32)],
    many: usize,
) -> Option<ChurnBaseline> {
    let earlier: Vec<_> = steps.iter().filter(|(at, _)| *at <= before).collect();
    let (oldest, _) = earlier.first()?;
    if before.duration_since(*oldest) < LEAST_AGE || earlier.len() < LEAST_BUCKETS {
        return None;
    }
    let age = |at: Timestamp| usize::try_from(before.duration_since(at).as_hours()).unwrap_or_default();
    let known = earlier.len();
    let learnt = learnt(earlier.into_iter().map(|(at, count)| (age(*at), f64::from(*count))).collect(), many);
    let centre = centre(&learnt);
    Some(ChurnBaseline {
        buckets: learnt.len(),
        left_out: known - learnt.len(),
        centre,
        tail: tail(count, &learnt),
        z: modified_z(f64::from(count), &centre),
    })
}

/// Returns the counts of the hours, the oldest first, without those that were told.
fn learnt(hours: Vec<(usize, f64)>, many: usize) -> Vec<f64> {
    let mut learnt: Vec<f64> = Vec::with_capacity(hours.len());
    let mut days: BTreeSet<usize> = BTreeSet::new();
    for (hour, count) in hours {
        let least = f64::from(u32::try_from(many).unwrap_or(u32::MAX));
        if count >= least && learnt.len() >= LEAST_BUCKETS && days.len() < DAYS_TOLD {
            let centre = centre(&learnt);
            let whole = whole(count);
            let found = ChurnBaseline {
                buckets: learnt.len(),
                left_out: 0,
                centre,
                tail: tail(whole, &learnt),
                z: modified_z(count, &centre),
            };
            if is_burst(whole, &found, many) {
                days.insert(hour / 24);
                continue;
            }
        }
        learnt.push(count);
    }
    learnt
}

/// Returns a weighted count as a whole number.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the range before")]
fn whole(count: f64) -> u32 {
    count.round().clamp(0.0, f64::from(u32::MAX)) as u32
}

/// Whether a count is out of the ordinary: an outlier, and none of chance.
pub(super) fn is_burst(count: u32, baseline: &ChurnBaseline, many: usize) -> bool {
    let outlier = match baseline.z {
        Some(z) => z > OUTLIER,
        None => f64::from(count) >= (baseline.centre.median + 3.0).max(3.0),
    };
    let enough = usize::try_from(count).is_ok_and(|count| count >= many);
    enough && outlier && baseline.tail.p < IMPROBABLE
}
