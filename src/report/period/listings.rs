//! How completely everything was listed, over many scans.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::view::{AccountCoverage, ScopeGaps};
use crate::model::{AccountId, Coverage, CoverageStatus, Provider, Scope, Timestamp};
use crate::report::view;

/// What the scans of a period listed.
#[derive(Default)]
pub(super) struct Listings {
    accounts: BTreeMap<(Provider, AccountId), AccountCoverage>,
    scopes: BTreeMap<Scope, Run>,
}

/// How often a scope was listed, and how completely.
#[derive(Default)]
struct Run {
    scans: u64,
    incomplete: u64,
    in_a_row: u64,
    longest: u64,
    /// When it was last not listed completely, and how that was told.
    last: Option<(Timestamp, view::Coverage)>,
}

impl Listings {
    /// Reads the coverage of a scan, and returns whether it is complete as far as it was meant to be.
    pub(super) fn read(&mut self, at: Timestamp, coverage: &[Coverage]) -> bool {
        let mut accounts: BTreeMap<(Provider, &AccountId), (u64, u64)> = BTreeMap::new();
        for listing in coverage.iter().filter(|listing| listing.status != CoverageStatus::Skipped) {
            let complete = listing.status == CoverageStatus::Complete;
            let (all, whole) = accounts.entry((listing.scope.provider, &listing.scope.account)).or_default();
            *all += 1;
            *whole += u64::from(complete);
            let run = self.scopes.entry(listing.scope.clone()).or_default();
            run.scans += 1;
            run.in_a_row = if complete { 0 } else { run.in_a_row + 1 };
            run.longest = run.longest.max(run.in_a_row);
            if !complete {
                run.incomplete += 1;
                run.last = Some((at, view::Coverage::from(listing)));
            }
        }
        let mut complete = true;
        for ((provider, account), (all, whole)) in accounts {
            complete &= all == whole;
            let key = (provider, account.clone());
            let sum = self.accounts.entry(key).or_insert_with(|| AccountCoverage {
                provider,
                account: account.clone(),
                scans: 0,
                complete_scans: 0,
                listings: 0,
                complete_listings: 0,
            });
            sum.scans += 1;
            sum.complete_scans += u64::from(all == whole);
            sum.listings += all;
            sum.complete_listings += whole;
        }
        complete
    }

    /// Returns the accounts in the order of places, and the scopes with gaps, the worst first.
    pub(super) fn sum(self) -> (Vec<AccountCoverage>, Vec<ScopeGaps>) {
        let told = self.scopes.into_values().filter_map(|run| {
            let (last_at, last) = run.last?;
            let view::Coverage { provider, account, location, kind, status, reason, .. } = last;
            Some(ScopeGaps {
                provider,
                account,
                location,
                kind,
                scans: run.scans,
                incomplete: run.incomplete,
                longest: run.longest,
                last_at,
                last_status: status,
                reason,
                mended: run.in_a_row == 0,
            })
        });
        let mut gaps: Vec<_> = told.collect();
        gaps.sort_by_key(|gap| (gap.mended, Reverse((gap.incomplete, gap.longest))));
        (self.accounts.into_values().collect(), gaps)
    }
}
