//! The store from outside: what a scan leaves, what two scans differ in, and what no fault may cost.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![expect(clippy::print_stderr, reason = "figures, and what a run that is to be killed has to tell")]

mod churn;
mod contents;
mod crash;
mod drift;
mod estate;
mod event_filter;
mod event_seal;
mod events;
mod faults;
mod laws;
mod listing;
mod lives;
mod presence;
mod size;
mod support;
mod verdicts;
