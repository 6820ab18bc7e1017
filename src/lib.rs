//! driftline says what changed in your cloud compute, who did it, and what nobody logged.
//!
//! Data flows one way, and each layer may name only the layers it needs (`tests/layering.rs`):
//!
//! ```text
//! sources → model → store → drift → lineage → trace → rules → report
//!          config says what; pipeline and cli compose them
//! ```

pub mod churn;
pub mod cli;
pub mod config;
pub mod drift;
pub mod lineage;
pub mod model;
pub mod pipeline;
pub mod report;
pub mod rules;
pub mod sources;
pub mod store;
pub mod trace;
