//! Composition: what is read becomes a sealed scan, two scans become a report's material.

mod collect;
mod completeness;
mod error;
mod evidence;
mod import;
mod interpret;
mod judge;
mod looked_at;
mod stages;

pub use collect::{Collect, CollectProgress, Collected, Examination, Plan, collect, examine, plan};
pub use error::{ScanError, StrayFile};
pub use import::{Import, Imported, Progress, import};
pub use judge::{Judged, Terms, judge, settle};
