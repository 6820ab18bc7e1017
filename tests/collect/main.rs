//! Live collection without a cloud: what the pipeline makes of listings that end well, badly or not at all.

#![expect(clippy::unwrap_used, reason = "a test stops at what is not as it should be")]

mod coverage;
mod run;
mod script;
