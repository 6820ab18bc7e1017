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
        sleep_until(self.slot(Instant::now())).await;
    }

    /// Takes the next token; returns when it is good for, which may be past.
    fn slot(&self, now: Instant) -> Instant {
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = (*due).max(now.checked_sub(self.slack).unwrap_or(now));
        *due = slot + self.interval;
        slot
    }

    /// Lets no request begin for a while, and none pile up for the time after it: what the vendor asked for
    /// when it throttled.
    pub fn pause(&self, wait: Duration) {
        let until = Instant::now() + wait;
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        *due = (*due).max(until);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lane(requests_per_second: f64, burst: u32) -> Lane {
        Lane::new(AccountId::new("1"), Location::new("l"), requests_per_second, burst)
    }

    /// Returns when each of so many requests that all come now may begin.
    fn waits(lane: &Lane, now: Instant, requests: usize) -> Vec<u128> {
        (0..requests).map(|_| lane.slot(now).saturating_duration_since(now).as_millis()).collect()
    }

    #[test]
    fn a_burst_passes_at_once_and_the_rest_at_the_sustained_rate() {
        let now = Instant::now() + Duration::from_mins(1);
        assert_eq!(waits(&lane(10.0, 3), now, 6), [0, 0, 0, 100, 200, 300]);
        assert_eq!(waits(&lane(0.5, 1), now, 3), [0, 2000, 4000]);
    }

    #[test]
    fn an_idle_lane_saves_up_no_more_than_its_burst() {
        let (lane, now) = (lane(10.0, 2), Instant::now() + Duration::from_mins(1));
        assert_eq!(waits(&lane, now, 4), [0, 0, 100, 200]);
        assert_eq!(waits(&lane, now + Duration::from_hours(1), 3), [0, 0, 100]);
    }

    #[test]
    fn a_pause_holds_the_whole_lane_and_lets_nothing_pile_up() {
        let lane = lane(10.0, 100);
        lane.pause(Duration::from_secs(7));
        let waits = waits(&lane, Instant::now(), 2);
        assert!((6_900..=7_000).contains(&waits[0]), "{waits:?}");
        assert_eq!(waits[1], waits[0] + 100);
    }
}
