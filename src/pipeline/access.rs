//! Who may do what at a scan, and whether they do.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;

use super::evidence::log_turns;
use crate::model::{AccountId, Coverage, EVERYWHERE, GrantUse, Kind, Location, Scan, ScanId, Timestamp};
use crate::rules::Tuning;
use crate::store::{self, Store};
use crate::trace::{self, actors};

/// A grant at a scan.
#[derive(Clone, Debug)]
pub struct Held {
    /// The grant, and what is known of its use.
    pub usage: GrantUse,
    /// The scan since which it has been held without a break.
    pub since: ScanId,
}

/// Returns who may do what at a sealed scan, by key.
///
/// # Errors
///
/// Whatever the store says.
pub fn access(store: &Store, scan: &Scan) -> Result<Vec<Held>, store::Error> {
    let (grants, since): (Vec<_>, Vec<_>) = store.standing(Kind::Grant, scan.id)?.into_iter().unzip();
    if grants.is_empty() {
        return Ok(Vec::new());
    }
    let logs = trace::settled_coverage(&store.log_intervals()?, &trace::fold(log_turns(store)?));
    let places = places(&store.coverage(scan.id)?);
    let used = actors::usage(grants, &store.last_acts()?, &logs, &places, scan.taken_at);
    Ok(used.into_iter().zip(since).map(|(usage, since)| Held { usage, since }).collect())
}

/// Returns the dangerous grants that became dormant between two scans: not used for as many days of a
/// complete log as the parameter of `dormant-grant` says at the later one, and not yet at the earlier one.
///
/// A grant that came after the first scan counts from the scan that saw it first; one that was there at the first
/// may be of any age, and counts as far back as the log goes.
///
/// # Errors
///
/// Whatever the store says.
pub(super) fn newly_dormant(
    store: &Store,
    before: &Scan,
    after: &Scan,
    tuning: &Tuning,
) -> Result<Vec<GrantUse>, store::Error> {
    let held = access(store, after)?;
    let mut first: BTreeMap<AccountId, ScanId> = BTreeMap::new();
    for Held { usage, since } in &held {
        let account = first.entry(usage.grant.account.clone()).or_insert(*since);
        *account = (*account).min(*since);
    }
    let days = i64::try_from(tuning.count("dormant-grant", "after-days")).unwrap_or(i64::MAX / 24);
    let enough = SignedDuration::from_hours(days.saturating_mul(24).min(1_000_000));
    let mut dormant = Vec::new();
    for Held { usage, since } in held {
        let came = first.get(&usage.grant.account).is_some_and(|first| *first < since);
        let known = if came { store.scan(since)?.taken_at } else { Timestamp::MIN };
        let Some(quiet) = usage.quiet_since.map(|quiet| quiet.max(known)) else { continue };
        let turns = quiet.saturating_add(enough).unwrap_or(Timestamp::MAX);
        if before.taken_at < turns && turns <= after.taken_at {
            dormant.push(GrantUse { quiet_since: Some(quiet), ..usage });
        }
    }
    Ok(dormant)
}

/// Returns where each account has compute.
fn places(coverage: &[Coverage]) -> BTreeMap<actors::Place, BTreeSet<Location>> {
    let mut places: BTreeMap<_, BTreeSet<Location>> = BTreeMap::new();
    let compute = [Kind::Instance, Kind::Volume, Kind::Snapshot, Kind::Image];
    for row in coverage.iter().filter(|row| row.listed > 0 && compute.contains(&row.scope.kind)) {
        let location = &row.scope.location;
        if ![EVERYWHERE, "global"].contains(&location.as_str()) {
            let place = (row.scope.provider, row.scope.account.clone());
            places.entry(place).or_default().insert(location.clone());
        }
    }
    places
}
