//! Composition: what is read becomes a sealed scan, two scans become a report's material.

mod completeness;
mod import;
mod interpret;
mod judge;
mod stages;

pub use import::{Import, ImportError, Imported, Progress, StrayFile, import};
pub use judge::{Judged, judge};
