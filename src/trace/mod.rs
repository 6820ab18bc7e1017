//! What the audit logs say of what differs, and of what no state shows: changes × events → traces and residues.
//! Pure; names `model` only.
//!
//! Nothing here reads a clock, a file or a store: the same evidence always gives the same traces, in whatever
//! order events and changes come.

pub mod actors;
mod approve;
mod attributes;
mod automation;
mod coverage;
mod evidence;
mod explain;
mod explains;
#[cfg(test)]
mod fixture;
mod fold;
mod found;
mod grant;
mod implied;
mod index;
mod join;
#[cfg(test)]
mod matrix;
#[cfg(test)]
mod properties;
mod residue;
mod slots;
#[cfg(test)]
mod specimen;
mod system;
mod tenant;
mod window;
mod words;

pub use approve::unused;
pub use coverage::settled_coverage;
pub use evidence::{Budgets, ChangeMarks, Evidence, Presence, Sightings};
pub use explain::explain;
pub use fold::fold;
pub use residue::{Probe, probing, reckon, residues};
