//! How gently to collect.

use std::time::Duration;

/// Budgets, retries and timeouts of one entry.
///
/// The default budget is half of what EC2 refills a `Describe…` bucket with, and far below the read limits
/// of Azure and Google Cloud, so that a scan never throttles what production does with the same account.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// How many listings are under way at once.
    pub concurrency: usize,
    /// How many requests may begin each second in one account and location, on average.
    pub requests_per_second: f64,
    /// How many requests may begin at once in one account and location after a pause.
    pub burst: u32,
    /// How often a call that was throttled or failed for a passing reason is made again.
    pub retries: u32,
    /// How long one request may take.
    pub call_timeout: Duration,
    /// How long one listing may take, with all its pages and retries.
    pub scope_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            concurrency: 64,
            requests_per_second: 10.0,
            burst: 20,
            retries: 7,
            call_timeout: Duration::from_secs(30),
            scope_timeout: Duration::from_mins(15),
        }
    }
}
