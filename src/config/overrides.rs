//! What stands above the file: flags over the environment, the environment over `driftline.toml`.

use std::time::Duration;

use super::diagnosis::{ConfigErrors, Problem};
use super::number::{self, Rate};
use super::text;
use super::{Config, Limits};

/// Limits that are given, and win over those below: a flag over a variable of the environment, that over the
/// file, there an entry over the top level, and all over the defaults.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Overrides {
    /// How many listings are under way at once; `DRIFTLINE_CONCURRENCY`.
    pub concurrency: Option<usize>,
    /// How many requests may begin each second; `DRIFTLINE_REQUESTS_PER_SECOND`.
    pub requests_per_second: Option<f64>,
    /// How many requests may begin at once; `DRIFTLINE_BURST`.
    pub burst: Option<u32>,
    /// How often a call is made again; `DRIFTLINE_RETRIES`.
    pub retries: Option<u32>,
    /// How long one request may take; `DRIFTLINE_CALL_TIMEOUT`.
    pub call_timeout: Option<Duration>,
    /// How long one listing may take; `DRIFTLINE_SCOPE_TIMEOUT`.
    pub scope_timeout: Option<Duration>,
}

impl Overrides {
    /// Reads the `DRIFTLINE_…` variables by a function that looks one up; one that is set to nothing counts
    /// as not set.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`] with every variable whose value is none.
    pub fn from_environment(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigErrors> {
        let mut problems = Vec::new();
        let environment = Self {
            concurrency: variable("DRIFTLINE_CONCURRENCY", &lookup, concurrency, &mut problems),
            requests_per_second: variable(
                "DRIFTLINE_REQUESTS_PER_SECOND",
                &lookup,
                requests_per_second,
                &mut problems,
            ),
            burst: variable("DRIFTLINE_BURST", &lookup, burst, &mut problems),
            retries: variable("DRIFTLINE_RETRIES", &lookup, retries, &mut problems),
            call_timeout: variable("DRIFTLINE_CALL_TIMEOUT", &lookup, timeout, &mut problems),
            scope_timeout: variable("DRIFTLINE_SCOPE_TIMEOUT", &lookup, timeout, &mut problems),
        };
        if problems.is_empty() { Ok(environment) } else { Err(ConfigErrors::without_place(problems)) }
    }

    /// Returns limits with what is given here in place of what they held.
    #[must_use]
    pub fn over(&self, below: Limits) -> Limits {
        Limits {
            concurrency: self.concurrency.unwrap_or(below.concurrency),
            requests_per_second: self.requests_per_second.unwrap_or(below.requests_per_second),
            burst: self.burst.unwrap_or(below.burst),
            retries: self.retries.unwrap_or(below.retries),
            call_timeout: self.call_timeout.unwrap_or(below.call_timeout),
            scope_timeout: self.scope_timeout.unwrap_or(below.scope_timeout),
        }
    }
}

impl Config {
    /// Puts limits over those of every entry.
    pub fn apply(&mut self, overrides: &Overrides) {
        let aws = self.aws.iter_mut().map(|entry| &mut entry.limits);
        let azure = self.azure.iter_mut().map(|entry| &mut entry.limits);
        let gcp = self.gcp.iter_mut().map(|entry| &mut entry.limits);
        for limits in aws.chain(azure).chain(gcp) {
            *limits = overrides.over(*limits);
        }
    }
}

/// Reads a variable of the environment by the check of its value.
fn variable<T>(
    name: &str,
    lookup: &impl Fn(&str) -> Option<String>,
    check: fn(&str) -> Result<T, Problem>,
    problems: &mut Vec<Problem>,
) -> Option<T> {
    let text = lookup(name).filter(|text| !text.is_empty())?;
    check(&text).map_err(|problem| problems.push(problem.of(name))).ok()
}

/// Reads [`Limits::concurrency`] as an option or a variable gives it.
///
/// # Errors
///
/// [`Problem`] for what is no such number; so, too, the functions below.
pub fn concurrency(text: &str) -> Result<usize, Problem> {
    number::Concurrency::parse(text).map(widen)
}

/// Reads [`Limits::requests_per_second`] as an option or a variable gives it.
pub fn requests_per_second(text: &str) -> Result<f64, Problem> {
    Rate::parse(text)
}

/// Reads [`Limits::burst`] as an option or a variable gives it.
pub fn burst(text: &str) -> Result<u32, Problem> {
    number::Burst::parse(text)
}

/// Reads [`Limits::retries`] as an option or a variable gives it.
pub fn retries(text: &str) -> Result<u32, Problem> {
    number::Retries::parse(text)
}

/// Reads [`Limits::call_timeout`] and [`Limits::scope_timeout`]: `30s`, `15m`, `1m30s`.
pub fn timeout(text: &str) -> Result<Duration, Problem> {
    text::timeout(text)
}

/// Returns a checked number, which is small, as the type of [`Limits::concurrency`].
pub(super) fn widen(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
