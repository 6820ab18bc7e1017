//! Two states → changes; pure.
//!
//! The store hands over what may differ ([`crate::model::Transition`]), drift says what does, and in which
//! way. It never decides that something is absent: a transition without an `after` exists only where a
//! complete listing proves it.

mod attributes;
mod compare;
mod coverage;
mod links;

pub use attributes::{apply, attribute_changes};
pub use compare::compare;
pub use coverage::coverage_gap;
