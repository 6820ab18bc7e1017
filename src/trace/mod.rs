//! What the audit logs say of what differs, and of what no state shows: changes × events → traces and residues.
//! Pure; names `model` only.
//!
//! Nothing here reads a clock, a file or a store: the same evidence always gives the same traces, in whatever
//! order events and changes come.

pub mod actors;
mod evidence;
mod fold;
mod residue;
#[cfg(test)]
mod specimen;

pub use evidence::{Budgets, ChangeMarks, Evidence, Presence, Sightings};
pub use fold::fold;
pub use residue::{Accounted, Probe, probing, reckon, residues};
