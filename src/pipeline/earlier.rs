//! What the time before the earlier scan tells, where something in the compared time can end a chain.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use jiff::SignedDuration;

use super::evidence::Gathered;
use super::judge::Terms;
use crate::drift;
use crate::model::{AccountId, Change, CoverageStatus, Estate, Provider, ScanId, Timestamp, Window};
use crate::rules;
use crate::store::{self, Store};
use crate::trace;

/// How far back the state alone tells steps.
const STATES: SignedDuration = SignedDuration::from_hours(24);

/// How long nothing must have been in a place for it to be unused.
const UNUSED: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How far back it is looked what somebody is used to do.
const USED_TO: SignedDuration = SignedDuration::from_hours(28 * 24);

/// How many deletions by one principal make that worth a look.
const SEVERAL: usize = 3;

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// In seconds.
const DAY: i64 = 24 * 60 * 60;

/// What the time before tells.
#[derive(Debug, Default)]
pub(super) struct Earlier {
    /// What differed, explained as far as the log tells.
    pub(super) changes: Vec<Change>,
    /// What the estate was like.
    pub(super) estate: Estate,
}

/// Gathers what the time before the earlier scan tells; nothing where no chain can end.
pub(super) fn earlier(
    store: &Store,
    before: ScanId,
    changes: &[Change],
    gathered: &Gathered,
    terms: &Terms<'_>,
) -> Result<Earlier, store::Error> {
    if !rules::may_end_a_chain(changes, gathered.of_the_time()) {
        let estate = Estate { accounts: store.own_accounts()?, ..Estate::default() };
        return Ok(Earlier { estate, ..Earlier::default() });
    }
    let from = gathered.span().from;
    let mut earlier = match day_before(store, before, from)? {
        Some(first) => drift::compare(&store.transitions(first, before)?),
        None => Vec::new(),
    };
    let begin = from.saturating_sub(STATES).unwrap_or(Timestamp::MIN);
    earlier.retain(|change| change.window.to >= begin);
    trace::explain(&mut earlier, &gathered.evidence(terms));
    let places = rules::places(changes, gathered.of_the_time());
    let since = from.saturating_sub(UNUSED).unwrap_or(Timestamp::MIN);
    let complete =
        gathered.coverage().0.iter().filter(|coverage| coverage.status == CoverageStatus::Complete);
    let estate = Estate {
        held: complete.map(|coverage| (coverage.scope.clone(), coverage.listed)).collect(),
        accounts: store.own_accounts()?,
        usage: store.usage(places, since, before)?,
        used_to_delete: used_to_delete(store, gathered)?,
    };
    Ok(Earlier { changes: earlier, estate })
}

/// Returns how many calls that delete those who delete now are used to make within an hour.
fn used_to_delete(
    store: &Store,
    gathered: &Gathered,
) -> Result<BTreeMap<(Provider, AccountId, String), u32>, store::Error> {
    let mut calls: BTreeMap<&str, usize> = BTreeMap::new();
    for event in gathered.of_the_time().iter().filter(|event| rules::DELETIONS.contains(&event.class)) {
        *calls.entry(&event.actor.key).or_default() += 1;
    }
    let several = calls.into_iter().filter(|(_, calls)| *calls >= SEVERAL);
    let actors: BTreeSet<String> = several.map(|(actor, _)| actor.to_owned()).collect();
    if actors.is_empty() {
        return Ok(BTreeMap::new());
    }
    let to = gathered.span().from;
    let window = Window { from: to.saturating_sub(USED_TO).unwrap_or(Timestamp::MIN), to };
    let mut moments: BTreeMap<(Provider, AccountId, String), Vec<(Timestamp, u32)>> = BTreeMap::new();
    for tally in store.tallies(window, rules::DELETIONS, &actors)? {
        if !tally.actor.is_empty() {
            let who = (tally.provider, tally.account, tally.actor);
            moments.entry(who).or_default().push((tally.at, tally.count));
        }
    }
    let habit = |mut moments: Vec<(Timestamp, u32)>| {
        moments.sort_unstable();
        usual(&moments)
    };
    Ok(moments.into_iter().map(|(who, moments)| (who, habit(moments))).collect())
}

/// Returns how many there are in the busiest hour of the third-busiest day; in the order of time.
fn usual(moments: &[(Timestamp, u32)]) -> u32 {
    let mut days: BTreeMap<i64, u32> = BTreeMap::new();
    let mut hour: VecDeque<(Timestamp, u32)> = VecDeque::new();
    for (end, count) in moments {
        hour.push_back((*end, *count));
        while hour.front().is_some_and(|(at, _)| end.duration_since(*at) >= HOUR) {
            hour.pop_front();
        }
        let day = days.entry(end.as_second().div_euclid(DAY)).or_default();
        *day = hour.iter().map(|(_, count)| count).sum::<u32>().max(*day);
    }
    let mut busiest: Vec<u32> = days.into_values().collect();
    busiest.sort_unstable();
    busiest.iter().rev().nth(2).copied().unwrap_or_default()
}

/// Returns the last scan from before the day that ends at a moment, else the first one; `None` if no scan
/// precedes the earlier one.
fn day_before(store: &Store, before: ScanId, from: Timestamp) -> Result<Option<ScanId>, store::Error> {
    let begin = from.saturating_sub(STATES).unwrap_or(Timestamp::MIN);
    let mut first = None;
    while let Some(scan) = store.previous(first.unwrap_or(before))? {
        first = Some(scan.id);
        if scan.taken_at <= begin {
            break;
        }
    }
    Ok(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: i64, minute: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(day * 24 * 60 + minute)
    }

    #[test]
    fn what_was_done_on_two_days_is_no_habit_and_on_three_it_is() {
        let night = |day: i64| [(at(day, 175), 6), (at(day, 190), 8)];
        let twice: Vec<_> = [1, 2].into_iter().flat_map(night).collect();
        assert_eq!(usual(&twice), 0);
        let thrice: Vec<_> = [1, 2, 9].into_iter().flat_map(night).collect();
        assert_eq!(usual(&thrice), 14);
    }

    #[test]
    fn only_what_lies_within_an_hour_counts_together() {
        let spread: Vec<_> = (1..=3).flat_map(|day| [(at(day, 60), 5), (at(day, 120), 4)]).collect();
        assert_eq!(usual(&spread), 5);
    }
}
