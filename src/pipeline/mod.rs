//! Composition: what is read becomes a sealed scan, two scans become a report's material.

mod access;
mod ancestry;
mod churn;
mod collect;
mod completeness;
mod earlier;
mod error;
mod event_sink;
mod evidence;
mod fetch;
mod grants;
mod import;
mod ingest;
mod interpret;
mod judge;
mod life;
mod looked_at;
mod stages;
mod take_logs;

pub use access::{Held, access};
pub use ancestry::family;
pub use collect::{Collect, CollectProgress, Collected, Examination, Plan, collect, examine, plan};
pub use error::{ScanError, StrayFile};
pub use event_sink::EventSink;
pub use evidence::log_turns;
pub use fetch::{Fetch, FetchProgress, Fetched, fetch, places};
pub use import::{Import, Imported, Progress, import};
pub use ingest::{Ingest, IngestError, IngestProgress, Ingested, LogTree, Note, Notes, Said, ingest};
pub use judge::{Judged, JudgedAgain, Terms, judge, settle};
pub use life::{Life, Resolved, life};
pub use take_logs::{Intake, take_logs};
