//! Lifecycle states, the same words for three clouds.

use serde::{Deserialize, Serialize};

use super::id::names;

names! {
    /// A lifecycle state in driftline's words (SEMANTICS A.0).
    Phase as "state" {
        /// Being started for the first time.
        Pending = "pending",
        /// Running.
        Running = "running",
        /// On its way to stopped.
        Stopping = "stopping",
        /// Stopped (Azure: stopped or deallocated).
        Stopped = "stopped",
        /// Suspended or hibernated.
        Suspended = "suspended",
        /// On its way to being deleted.
        Terminating = "terminating",
        /// Deleted, though the vendor still lists it for a while.
        Terminated = "terminated",
        /// Being made.
        Creating = "creating",
        /// Ready for use.
        Available = "available",
        /// Disabled by its owner.
        Disabled = "disabled",
        /// Being deleted.
        Deleting = "deleting",
        /// Failed.
        Error = "error",
        /// A state this release does not know.
        Unknown = "unknown",
    }
}

impl Phase {
    /// Whether the vendor says that the resource is gone or going, though it is still listed.
    ///
    /// EC2 lists a terminated instance for up to an hour; it counts as vanished at first sight
    /// (SEMANTICS F.2).
    pub const fn is_gone(self) -> bool {
        matches!(self, Self::Terminating | Self::Terminated | Self::Deleting)
    }
}

/// A lifecycle state with the vendor's own word beside ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// In the vendor's words.
    pub native: String,
    /// In driftline's words.
    pub phase: Phase,
}
