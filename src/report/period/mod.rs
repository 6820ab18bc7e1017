//! What the runs of a period say together: for the weekly audit.
//!
//! A [`Ledger`] reads every run from the first one to the end of the period, in order, and sums up what happened in
//! the period: [`Period`] is the view that formats render. Runs from before the period only tell what was open when
//! it began.

mod actors;
mod course;
mod ledger;
mod listings;
mod logs;
mod story;
pub mod view;
pub(super) mod wording;

pub use ledger::Ledger;
pub use view::Period;
