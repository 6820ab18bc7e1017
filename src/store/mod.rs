//! Model ↔ `SQLite`; the only place with SQL.
//!
//! A scan is collected by [`OpenScan`] in one transaction and sealed into the chain; everything else reads
//! sealed scans. Revisions are append-only, so that an unchanged re-scan adds its coverage and nothing
//! else, and the drift of two scans costs what changed, not what exists.

mod batch;
mod codec;
mod documents;
mod error;
mod lease;
mod migrate;
mod observation;
mod observe;
mod odd;
mod open;
mod open_scan;
mod rows;
mod scans;
mod seal;
mod transitions;
mod verify;

pub use error::Error;
pub use observation::{Fingerprint, Observation};
pub use observe::Observed;
pub use odd::OddElement;
pub use open::{Access, Store};
pub use open_scan::{OpenScan, Opening};
pub use rows::{Known, ResourceRow};
pub use scans::Listing;
pub use verify::Fault;
