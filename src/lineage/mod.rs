//! Disks, snapshots and images as an ancestry graph; pure (SEMANTICS C.1).
//!
//! Built from what scans saw of the things over all their lives, and from what the logs tell of their making.
//! The order of lives and events means nothing, and an operation that failed adds nothing.

mod addresses;
mod content;
mod descent;
#[cfg(test)]
mod fixture;
mod graph;
mod marks;
mod revert;
mod slots;
#[cfg(test)]
mod tests;
mod track;

pub use descent::{descent, makes, unmakes};
pub use graph::graph;
pub use revert::{Evidence, reverts};
