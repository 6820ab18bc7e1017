//! Model ↔ `SQLite`; the only place with SQL.
//!
//! A scan is collected by [`OpenScan`] in one transaction and sealed into the chain; everything else reads
//! sealed scans. Revisions are append-only, so that an unchanged re-scan adds its coverage and nothing
//! else, and the drift of two scans costs what changed, not what exists.
//!
//! Audit events are taken by [`LogImport`], within a scan or outside of one; each counts once, and the next
//! seal covers it.

mod acceptances;
mod actors;
mod baselines;
mod batch;
mod churn;
mod close;
mod codec;
mod descendants;
mod documents;
mod error;
mod estate;
mod event_bodies;
mod event_filter;
mod events;
mod export;
mod findings;
mod info;
mod lease;
mod listings;
mod lives;
mod log_coverage;
mod log_import;
mod log_seal;
mod migrate;
mod observation;
mod observe;
mod odd;
mod open;
mod open_scan;
mod presence;
mod reader;
mod resources;
mod revisions;
mod rows;
mod runs;
mod scans;
mod seal;
mod standing;
mod transitions;
mod uid;
mod unfold;
mod verdicts;
mod verify;
mod verify_logs;

pub use close::Absent;
pub use error::Error;
pub use event_filter::EventFilter;
pub use info::Info;
pub use log_import::{LogImport, LogOpening, LogTally, Taken};
pub use observation::{Fingerprint, Observation};
pub use observe::Observed;
pub use odd::OddElement;
pub use open::{Access, Store};
pub use open_scan::{OpenScan, Opening};
pub use rows::{Known, ResourceRow};
pub use runs::{Run, RunChoice, RunSummary};
pub use scans::Listing;
pub use verify::{Depth, Fault, Verification};
