//! Disks, snapshots and images as an ancestry graph; pure (SEMANTICS C.1).

mod revert;

pub use revert::{Evidence, reverts};
