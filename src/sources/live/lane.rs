//! The budget of one account and location.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::model::{AccountId, Location};

/// One account and location, and the token bucket of the requests made there.
///
/// Vendors count requests per account and location; production shares that count with the scanner.
#[derive(Debug)]
pub struct Lane {
    /// The account.
    pub account: AccountId,
    /// The location.
    pub location: Location,
    /// Between two requests at the sustained rate.
    interval: Duration,
    /// How far ahead of the sustained rate requests may be.
    slack: Duration,
    /// When the next request is due at the sustained rate (the generic cell rate algorithm's theoretical
    /// arrival time).
    due: Mutex<Instant>,
}

impl Lane {
    /// Makes a full bucket.
    pub fn new(account: AccountId, location: Location, requests_per_second: f64, burst: u32) -> Self {
        let interval = Duration::try_from_secs_f64(requests_per_second.recip()).unwrap_or(Duration::MAX / 4);
        let slack = interval.saturating_mul(burst.saturating_sub(1)).min(Duration::from_hours(1));
        let now = Instant::now();
        Self { account, location, interval, slack, due: Mutex::new(now.checked_sub(slack).unwrap_or(now)) }
    }

    /// Waits for the next token.
    pub async fn enter(&self) {
        let slot = {
            let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            let slot = (*due).max(now.checked_sub(self.slack).unwrap_or(now));
            *due = slot + self.interval;
            slot
        };
        sleep_until(slot).await;
    }

    /// Lets no request begin for a while, and none pile up for the time after it: what the vendor asked for
    /// when it throttled.
    pub fn pause(&self, wait: Duration) {
        let until = Instant::now() + wait;
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        *due = (*due).max(until);
    }
}
