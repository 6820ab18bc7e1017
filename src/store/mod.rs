//! Model ↔ `SQLite`; the only place with SQL.
//!
//! A scan is collected by [`OpenScan`] in one transaction and sealed into the chain; everything else reads
//! sealed scans. Revisions are append-only, so that an unchanged re-scan adds its coverage and nothing
//! else, and the drift of two scans costs what changed, not what exists.

mod baselines;
mod batch;
mod close;
mod codec;
mod documents;
mod error;
mod export;
mod info;
mod lease;
mod listings;
mod migrate;
mod observation;
mod observe;
mod odd;
mod open;
mod open_scan;
mod reader;
mod resources;
mod revisions;
mod rows;
mod runs;
mod scans;
mod seal;
mod transitions;
mod uid;
mod unfold;
mod verify;

pub use close::Absent;
pub use error::Error;
pub use info::Info;
pub use observation::{Fingerprint, Observation};
pub use observe::Observed;
pub use odd::OddElement;
pub use open::{Access, Store};
pub use open_scan::{OpenScan, Opening};
pub use rows::{Known, ResourceRow};
pub use runs::{Run, RunChoice, RunSummary};
pub use scans::Listing;
pub use verify::{Depth, Fault, Verification};
