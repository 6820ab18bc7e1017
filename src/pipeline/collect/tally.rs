//! How completely each scope was listed, from how its listing ended and what its elements were.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{AccountId, Coverage, CoverageStatus, EVERYWHERE, Plural, Reason, Scope, Timestamp, Uid};
use crate::pipeline::error::ScanError;
use crate::pipeline::grants::{self, Entered};
use crate::pipeline::interpret::Interpreted;
use crate::sources::grants::Part;
use crate::sources::live::{Listing, Refusal, Trouble, Unlisted};
use crate::store::{OddElement, OpenScan};

/// How a listing ended.
pub(super) struct Ended {
    pub(super) source: usize,
    /// Which collector made it.
    pub(super) collector: usize,
    pub(super) listing: Listing,
    /// How many pages came.
    pub(super) pages: u64,
    pub(super) troubles: Vec<Trouble>,
    pub(super) started_at: Timestamp,
    pub(super) finished_at: Timestamp,
}

/// What is known of one listing so far.
#[derive(Default)]
pub(super) struct Tally {
    ended: Option<Ended>,
    listed: BTreeMap<Scope, u64>,
    unrecognised: u64,
    troubles: Vec<Trouble>,
    /// What tells grants only together.
    parts: Vec<Part>,
}

impl Tally {
    pub(super) fn end(&mut self, ended: Ended) {
        self.ended = Some(ended);
    }

    pub(super) fn listing(&self) -> Option<&Listing> {
        self.ended.as_ref().map(|ended| &ended.listing)
    }

    pub(super) fn collector(&self) -> Option<usize> {
        self.ended.as_ref().map(|ended| ended.collector)
    }

    /// Counts what a page held.
    pub(super) fn count(&mut self, interpreted: &Interpreted) {
        for (scope, listed) in &interpreted.listed {
            *self.listed.entry(scope.clone()).or_default() += listed;
        }
        self.unrecognised += interpreted.unrecognised;
    }

    /// Keeps what tells grants only together.
    pub(super) fn keep(&mut self, parts: Vec<Part>) {
        self.parts.extend(parts);
    }

    /// Joins the parts of grants that its pages held.
    ///
    /// # Errors
    ///
    /// Whatever the store says.
    pub(super) fn join_grants(&mut self, scan: &mut OpenScan<'_>) -> Result<u64, ScanError> {
        let Some(listing) = self.listing().filter(|_| !self.parts.is_empty()) else { return Ok(0) };
        let account = listing.scope.account.clone();
        let mut entered = 0;
        for Entered { scope, count, lacks } in
            grants::of_listing(scan, &std::mem::take(&mut self.parts), &account)?
        {
            for Reason { code, message } in lacks {
                self.trouble(&code, message);
            }
            self.listed.insert(scope, count);
            entered += count;
        }
        Ok(entered)
    }

    /// Notes an odd element; one reason for each sort of oddity is enough.
    pub(super) fn odd(&mut self, odd: &OddElement) {
        if !self.troubles.iter().any(|trouble| trouble.reason.code == odd.code) {
            let message = format!("element {}: {}", odd.position, odd.message);
            self.trouble(&odd.code, message);
        }
    }

    /// Takes the answer on resources that the listing lacked.
    ///
    /// One that is still there proves that the listing cannot be trusted; an answer that did not come
    /// leaves the question open. Either way nothing that it lacks is taken as gone.
    pub(super) fn confirmed(&mut self, missing: usize, answer: Result<BTreeSet<Uid>, Refusal>) {
        match answer {
            Ok(there) => {
                if let Some(first) = there.first() {
                    let count = Plural(there.len() as u64, "resource");
                    let message = format!("{count} that it lacks, asked for by id, still there: `{first}`");
                    self.trouble("inconsistent-listing", message);
                }
            }
            Err(refusal) => {
                let count = Plural(missing as u64, "resource");
                let message = format!("{count} that it lacks, and asking by id failed: {refusal}");
                self.trouble("unconfirmed", message);
            }
        }
    }

    fn trouble(&mut self, code: &str, message: String) {
        self.troubles.push(Trouble::new(CoverageStatus::Partial, code, message));
    }

    /// Enters its coverage.
    fn enter(&self, contested: &[(Scope, Uid)], rows: &mut Vec<Coverage>) {
        let Some(ended) = &self.ended else { return };
        let scope = &ended.listing.scope;
        let (here, elsewhere): (Vec<_>, Vec<_>) =
            self.listed.iter().partition(|(listed, _)| spans(scope, listed));
        let mut troubles: Vec<Trouble> = ended.troubles.iter().chain(&self.troubles).cloned().collect();
        let mut doubt = |code: &str, message: String| {
            troubles.push(Trouble::new(CoverageStatus::Partial, code, message));
        };
        if let Some((stray, _)) = elsewhere.first() {
            doubt("mismatch", format!("holds something else too: {stray}"));
        }
        if self.unrecognised > 0 {
            let elements = Plural(self.unrecognised, "element");
            doubt("unrecognised", format!("{elements} of no shape that is known here"));
        }
        for (_, uid) in contested.iter().filter(|(contested, _)| spans(scope, contested)) {
            doubt("duplicate-uid", format!("`{uid}` is listed twice, in two states"));
        }
        let row = |scope: Scope, listed: u64, troubles: &[&Trouble]| {
            let mut reasons: Vec<Reason> = troubles.iter().map(|trouble| trouble.reason.clone()).collect();
            reasons.sort();
            reasons.dedup();
            Coverage {
                scope,
                status: status(ended.pages, troubles),
                listed,
                reasons,
                started_at: ended.started_at,
                finished_at: ended.finished_at,
            }
        };
        let (local, whole): (Vec<&Trouble>, Vec<&Trouble>) =
            troubles.iter().partition(|trouble| trouble.location.is_some());
        rows.push(row(scope.clone(), here.iter().map(|(_, listed)| *listed).sum(), &whole));
        let mut places: BTreeMap<Scope, Vec<&Trouble>> = BTreeMap::new();
        for trouble in local {
            if let Some(location) = &trouble.location {
                places
                    .entry(Scope { location: location.clone(), ..scope.clone() })
                    .or_default()
                    .push(trouble);
            }
        }
        for (place, troubles) in places {
            let listed = self.listed.get(&place).copied().unwrap_or_default();
            rows.push(row(place, listed, &troubles));
        }
    }
}

/// Whether a listing of `listing` would show a resource of `resource`.
fn spans(listing: &Scope, resource: &Scope) -> bool {
    listing == resource || *listing == resource.everywhere()
}

/// Returns what troubles make of a listing of which so many pages came.
fn status(pages: u64, troubles: &[&Trouble]) -> CoverageStatus {
    match troubles.iter().find(|trouble| trouble.status != CoverageStatus::Complete) {
        None => CoverageStatus::Complete,
        Some(first) if pages == 0 => first.status,
        Some(_) => CoverageStatus::Partial,
    }
}

/// Returns how completely the listings of a run list what they list.
pub(super) fn coverage<'a>(
    tallies: impl Iterator<Item = &'a Tally>,
    contested: &[(Scope, Uid)],
) -> Vec<Coverage> {
    let mut rows = Vec::new();
    for tally in tallies {
        tally.enter(contested, &mut rows);
    }
    rows
}

/// Returns the rows of what was left out.
///
/// What is left out of every location stands for each location that an earlier scan listed. Where it was
/// skipped on purpose and no earlier scan listed it, there is nothing to say.
pub(super) fn left_out(
    unlisted: &[Unlisted],
    rows: &[Coverage],
    scan: &OpenScan<'_>,
    taken_at: Timestamp,
) -> Result<Vec<Coverage>, ScanError> {
    let listed: BTreeSet<&Scope> = rows.iter().map(|row| &row.scope).collect();
    let mut left_out = Vec::new();
    for Unlisted { scope, trouble } in unlisted {
        let mut accounts = vec![scope.account.clone()];
        if scope.account == AccountId::unknown() {
            // Nobody knows whose listing it would have been: it may have been any that nobody else made.
            accounts.extend(scan.accounts(scope.provider)?);
        }
        let mut scopes = BTreeSet::new();
        for account in accounts {
            let of_account = Scope { account: account.clone(), ..scope.clone() };
            let known = scan.scopes(scope.provider, &account)?;
            scopes.extend(known.into_iter().filter(|known| spans(&of_account, known)));
        }
        if trouble.status != CoverageStatus::Skipped
            && (scopes.is_empty() || scope.location.as_str() == EVERYWHERE)
        {
            scopes.insert(scope.clone());
        }
        let scopes = scopes
            .into_iter()
            .filter(|scope| !listed.contains(scope) && !listed.contains(&scope.everywhere()));
        left_out.extend(scopes.map(|scope| Coverage {
            scope,
            status: trouble.status,
            listed: 0,
            reasons: vec![trouble.reason.clone()],
            started_at: taken_at,
            finished_at: taken_at,
        }));
    }
    Ok(left_out)
}
