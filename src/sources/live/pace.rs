//! How gently requests are made: budgets, retries with backoff, timeouts.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::{Call, Lane, Ledger, Refusal, RefusalKind};
use crate::config::Limits;
use crate::model::{AccountId, Location, Provider};

/// The longest wait before a first retry; each further one may be twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(500);

/// The longest wait before any retry.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// The longest wait that a vendor may ask for; one that asks for more has refused.
const PATIENCE: Duration = Duration::from_mins(5);

/// How gently one entry makes its requests.
#[derive(Debug)]
pub struct Pace {
    provider: Provider,
    limits: Limits,
    ledger: Arc<Ledger>,
    lanes: Mutex<HashMap<LaneKey, Arc<Lane>>>,
}

/// Account, location, and what counts its requests apart from all others there; nothing for the common count.
type LaneKey = (AccountId, Location, &'static str);

impl Pace {
    /// Makes the pace of an entry.
    pub fn new(provider: Provider, limits: Limits, ledger: Arc<Ledger>) -> Self {
        Self { provider, limits, ledger, lanes: Mutex::default() }
    }

    /// Returns the limits.
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Returns what counts the requests.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Returns the lane of an account and location.
    pub fn lane(&self, account: &AccountId, location: &Location) -> Arc<Lane> {
        let Limits { requests_per_second, burst, .. } = self.limits;
        self.lane_of("", account, location, requests_per_second, burst)
    }

    /// Returns the lane of a service that counts its requests apart, in an account and location, with a budget of
    /// its own.
    pub fn lane_of(
        &self,
        service: &'static str,
        account: &AccountId,
        location: &Location,
        requests_per_second: f64,
        burst: u32,
    ) -> Arc<Lane> {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        let lane = lanes.entry((account.clone(), location.clone(), service)).or_insert_with(|| {
            Arc::new(Lane::new(account.clone(), location.clone(), requests_per_second, burst))
        });
        Arc::clone(lane)
    }

    /// Makes a request within the lane's budget, and makes it again where that may help.
    ///
    /// `request` is called once for each attempt. A vendor that names a time to wait is obeyed, and the whole
    /// lane waits when it throttled; otherwise the wait is drawn evenly between none and a bound that
    /// doubles with each attempt (full jitter), so that throttled callers do not come back together.
    ///
    /// # Errors
    ///
    /// The last refusal.
    pub async fn call<T, F>(
        &self,
        lane: &Lane,
        call: &'static Call,
        mut request: impl FnMut() -> F,
    ) -> Result<T, Refusal>
    where
        F: Future<Output = Result<T, Refusal>>,
    {
        for attempt in 0.. {
            lane.enter().await;
            self.ledger.begin(attempt > 0);
            let refusal = match timeout(self.limits.call_timeout, request()).await {
                Ok(Ok(answer)) => {
                    self.ledger.end(self.provider, lane, call, None);
                    return Ok(answer);
                }
                Ok(Err(refusal)) => refusal,
                Err(_) => self.late(),
            };
            if refusal.kind == RefusalKind::Throttled {
                self.ledger.throttled();
            }
            let Some(wait) = self.wait(&refusal, attempt) else {
                self.ledger.end(self.provider, lane, call, Some(&refusal));
                return Err(refusal);
            };
            if refusal.kind == RefusalKind::Throttled {
                lane.pause(wait);
            }
            sleep(wait).await;
        }
        Err(self.late())
    }

    /// Returns how long to wait before the next attempt; `None` if there is to be none.
    fn wait(&self, refusal: &Refusal, attempt: u32) -> Option<Duration> {
        if !refusal.is_passing() || attempt >= self.limits.retries {
            return None;
        }
        let jitter = |bound: Duration| bound.mul_f64(fastrand::f64());
        match refusal.retry_after {
            // A little later than asked, and not all at once.
            Some(wait) => (wait <= PATIENCE).then(|| wait + jitter(FIRST_WAIT)),
            None => Some(jitter(FIRST_WAIT.saturating_mul(2_u32.saturating_pow(attempt)).min(LONGEST_WAIT))),
        }
    }

    fn late(&self) -> Refusal {
        let message = format!("no answer within {} s", self.limits.call_timeout.as_secs_f32());
        Refusal::new(RefusalKind::Passing, "timeout", message)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use tokio::time::Instant;

    use super::*;

    static CALL: Call = Call { name: "List", permissions: &[], kinds: &[], option: None, tells: "things" };

    fn pace(retries: u32) -> Pace {
        let limits = Limits { retries, requests_per_second: 1e6, burst: 1000, ..Limits::default() };
        Pace::new(Provider::Aws, limits, Arc::default())
    }

    /// Makes a request that is refused so many times; returns how it ended, and after how many attempts.
    async fn refused(pace: &Pace, refusal: &Refusal, times: u32) -> (Result<(), Refusal>, u32) {
        let lane = pace.lane(&AccountId::new("1"), &Location::new("l"));
        let attempts = AtomicU32::new(0);
        let answer = pace.call(&lane, &CALL, || async {
            let refuse = attempts.fetch_add(1, Ordering::Relaxed) < times;
            if refuse { Err(refusal.clone()) } else { Ok(()) }
        });
        (answer.await, attempts.into_inner())
    }

    #[tokio::test]
    async fn a_passing_refusal_is_tried_again_until_the_retries_are_used_up() {
        let mut refusal = Refusal::new(RefusalKind::Passing, "503", "later");
        refusal.retry_after = Some(Duration::ZERO);
        assert_eq!(refused(&pace(2), &refusal, 2).await, (Ok(()), 3));
        assert_eq!(refused(&pace(2), &refusal, 9).await, (Err(refusal), 3));
    }

    #[tokio::test]
    async fn a_final_refusal_is_not_tried_again() {
        for kind in [RefusalKind::Denied, RefusalKind::Credentials, RefusalKind::Absent, RefusalKind::Failed]
        {
            let refusal = Refusal::new(kind, "403", "no");
            assert_eq!(refused(&pace(3), &refusal, 9).await, (Err(refusal), 1));
        }
    }

    #[tokio::test]
    async fn the_vendor_s_wait_is_kept_and_no_retry_comes_sooner() {
        let mut refusal = Refusal::new(RefusalKind::Throttled, "429", "slow down");
        refusal.retry_after = Some(Duration::from_millis(300));
        let (pace, began) = (pace(3), Instant::now());
        assert_eq!(refused(&pace, &refusal, 1).await.1, 2);
        assert!(began.elapsed() >= Duration::from_millis(300));
        assert_eq!(pace.ledger().requests().throttled, 1);
    }

    #[tokio::test]
    async fn a_vendor_that_asks_for_an_hour_has_refused() {
        let mut refusal = Refusal::new(RefusalKind::Throttled, "429", "slow down");
        refusal.retry_after = Some(Duration::from_hours(1));
        assert_eq!(refused(&pace(3), &refusal, 9).await, (Err(refusal), 1));
    }

    #[test]
    fn waits_without_advice_stay_within_a_bound_that_doubles() {
        let (pace, refusal) = (pace(99), Refusal::new(RefusalKind::Passing, "500", "oops"));
        for attempt in 0..10 {
            let bound = FIRST_WAIT.saturating_mul(1 << attempt).min(LONGEST_WAIT);
            for _ in 0..50 {
                assert!(pace.wait(&refusal, attempt).unwrap() <= bound);
            }
        }
    }

    #[tokio::test]
    async fn a_request_without_an_answer_times_out() {
        let limits = Limits { retries: 0, call_timeout: Duration::from_millis(20), ..Limits::default() };
        let pace = Pace::new(Provider::Aws, limits, Arc::default());
        let lane = pace.lane(&AccountId::new("1"), &Location::new("l"));
        let answer: Result<(), _> = pace.call(&lane, &CALL, std::future::pending).await;
        assert_eq!(answer.unwrap_err().code, "timeout");
        let records = pace.ledger().calls();
        assert_eq!((records.len(), records[0].answered), (1, 0));
    }

    #[test]
    fn one_account_and_location_is_one_lane() {
        let pace = pace(0);
        let lane = |location: &str| pace.lane(&AccountId::new("1"), &Location::new(location));
        assert!(Arc::ptr_eq(&lane("a"), &lane("a")));
        assert!(!Arc::ptr_eq(&lane("a"), &lane("b")));
        let apart = pace.lane_of("cloudtrail", &AccountId::new("1"), &Location::new("a"), 2.0, 1);
        assert!(!Arc::ptr_eq(&lane("a"), &apart));
    }
}
