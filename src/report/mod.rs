//! A run made readable: one view, one table of formats, one file per format.
//!
//! A run hands over its [`Material`]; [`View::new`] makes the frozen v1 view of it; a [`Format`] renders
//! that view and knows nothing else. A [`notice::Notice`] tells a webhook the essentials. Untrusted text (names, tags, reasons) is neutralised by each format
//! for whatever will show it.

mod cited;
mod formats;
mod glance;
pub mod history;
mod index;
mod lineage;
mod material;
pub mod notice;
pub mod period;
mod siem;
mod style;
pub mod view;
mod wording;

use std::io;

pub use formats::FORMATS;
pub use history::History;
pub use material::{Material, RunFacts};
pub use period::Period;
pub use style::{Color, Style, Verbosity};
pub use view::View;

/// Writes something else than a run in one format.
pub type Renderer<T> = fn(&T, &Style, &mut dyn io::Write) -> io::Result<()>;

/// One way to write a report.
pub trait Format: Sync {
    /// Returns the name on the command line; it never changes.
    fn id(&self) -> &'static str;

    /// Returns one line about what it is for.
    fn about(&self) -> &'static str;

    /// Returns its media type.
    fn media_type(&self) -> &'static str;

    /// Writes the report.
    fn render(&self, view: &View, style: &Style, out: &mut dyn io::Write) -> io::Result<()>;

    /// Returns what writes a period, where the format has a place for one.
    fn period(&self) -> Option<Renderer<Period>> {
        None
    }

    /// Returns what writes a resource's life, where the format has a place for one.
    fn history(&self) -> Option<Renderer<History>> {
        None
    }
}
