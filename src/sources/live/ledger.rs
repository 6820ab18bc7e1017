//! What was asked in a run, and how it was answered.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::{Call, Lane, Refusal};
use crate::model::{AccountId, Location, Provider, Timestamp};

/// Counts the requests of a run and remembers how each call was answered where.
#[derive(Debug, Default)]
pub struct Ledger {
    requests: AtomicU64,
    retries: AtomicU64,
    throttled: AtomicU64,
    skew: AtomicI64,
    calls: Mutex<BTreeMap<CallKey, CallRecord>>,
}

/// Cloud, call, account and location.
type CallKey = (Provider, &'static str, AccountId, Location);

/// How many requests a run made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Requests {
    /// All of them, retries among them.
    pub made: u64,
    /// Those made again.
    pub retries: u64,
    /// Those that the vendor throttled.
    pub throttled: u64,
}

/// How one call was answered in one account and location.
#[derive(Clone, Debug)]
pub struct CallRecord {
    /// Which cloud.
    pub provider: Provider,
    /// Which call.
    pub call: &'static Call,
    /// The account that it was made in.
    pub account: AccountId,
    /// The location that it was made in.
    pub location: Location,
    /// How many requests were answered.
    pub answered: u64,
    /// The last refusal that stood after all retries.
    pub refusal: Option<Refusal>,
}

impl Ledger {
    /// Notes that a request begins; `again` if it was made before.
    pub(super) fn begin(&self, again: bool) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.retries.fetch_add(u64::from(again), Ordering::Relaxed);
    }

    /// Notes that the vendor throttled a request.
    pub(super) fn throttled(&self) {
        self.throttled.fetch_add(1, Ordering::Relaxed);
    }

    /// Notes how a call ended.
    pub(super) fn end(
        &self,
        provider: Provider,
        lane: &Lane,
        call: &'static Call,
        refusal: Option<&Refusal>,
    ) {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let (account, location) = (&lane.account, &lane.location);
        let record =
            calls.entry((provider, call.name, account.clone(), location.clone())).or_insert_with(|| {
                CallRecord {
                    provider,
                    call,
                    account: account.clone(),
                    location: location.clone(),
                    answered: 0,
                    refusal: None,
                }
            });
        match refusal {
            None => record.answered += 1,
            Some(refusal) => record.refusal = Some(refusal.clone()),
        }
    }

    /// Notes the time that a vendor's response was dated.
    pub fn saw_time(&self, theirs: Timestamp) {
        let skew = Timestamp::now().duration_since(theirs).as_secs();
        self.skew
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |known| {
                (skew.abs() > known.abs()).then_some(skew)
            })
            .ok();
    }

    /// Returns by how many seconds this machine's clock is ahead of the vendors' (negative: behind), at worst.
    pub fn skew_seconds(&self) -> i64 {
        self.skew.load(Ordering::Relaxed)
    }

    /// Returns how many requests were made so far.
    pub fn requests(&self) -> Requests {
        Requests {
            made: self.requests.load(Ordering::Relaxed),
            retries: self.retries.load(Ordering::Relaxed),
            throttled: self.throttled.load(Ordering::Relaxed),
        }
    }

    /// Returns how each call was answered, by cloud, call, account and location.
    pub fn calls(&self) -> Vec<CallRecord> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }
}
