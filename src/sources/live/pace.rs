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
    lanes: Mutex<HashMap<(AccountId, Location), Arc<Lane>>>,
}

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
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        let Limits { requests_per_second, burst, .. } = self.limits;
        let lane = lanes.entry((account.clone(), location.clone())).or_insert_with(|| {
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
