//! What became of a disk, or of an instance with its disks: put back, replaced, moved (SEMANTICS C.6).

use std::sync::Arc;

use super::id::names;
use super::{EventId, Method, NodeKey, Resource, Timestamp, Window};

names! {
    /// What the ancestry says of another disk in a slot, or of another instance in a part.
    RevertKind as "kind of revert" {
        /// The new disk descends from an earlier state of what stood in the slot.
        Reverted = "reverted",
        /// The new disk descends from what the old one was made of: it is as it was at first.
        ResetToLaunch = "reset-to-launch",
        /// The new disk was made of a copy of which nobody knows what it was taken of.
        Suspected = "suspected",
        /// The new disk has nothing to do with the old one.
        Replaced = "replaced",
        /// The new disk descends from the old one's last state: nothing was lost.
        Migrated = "migrated",
        /// Another instance, with disks that descend from an earlier state, plays the part of one that is gone.
        Rebuilt = "rebuilt",
        /// Storage that does not outlive a stop was lost.
        EphemeralReset = "ephemeral-reset",
        /// Another disk stood in the slot for a while, and the old one is back.
        Transient = "transient",
    }
}

names! {
    /// What became of the disk that stood in the slot.
    Fate as "fate" {
        /// It is still there.
        Kept = "kept",
        /// It was deleted.
        Deleted = "deleted",
        /// Nobody looked.
        Unknown = "unknown",
    }
}

names! {
    /// What shows it.
    SeenIn as "evidence" {
        /// Scans alone.
        State = "state",
        /// Logs alone: no state shows it.
        Log = "log",
        /// Scans and logs.
        Both = "both",
    }
}

/// What a disk was made of, and the moment whose contents that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The snapshot, restore point, image or volume.
    pub key: NodeKey,
    /// The moment whose contents it holds, where known.
    pub content_at: Option<Timestamp>,
}

/// What became of a disk in a slot, or of an instance with its disks (SEMANTICS C.6).
#[derive(Clone, Debug, PartialEq)]
pub struct Revert {
    /// What.
    pub kind: RevertKind,
    /// The instance whose slot it is; of a rebuilt instance the new one.
    pub instance: NodeKey,
    /// Its last known state; `None` for one that no scan saw.
    pub machine: Option<Arc<Resource>>,
    /// The instance that a rebuilt one plays the part of; `None` for one whose part nobody played.
    pub replaces: Option<NodeKey>,
    /// The slot; `None` where the log does not tell it, and for ephemeral storage.
    pub slot: Option<String>,
    /// Whether the instance boots from the slot.
    pub root: bool,
    /// What stood in the slot, where known.
    pub old_volume: Option<NodeKey>,
    /// What stands in it, or stood in it for a while.
    pub new_volume: Option<NodeKey>,
    /// What the new disk was made of.
    pub source: Option<Origin>,
    /// The image through which it was made, for an instance that was launched from one.
    pub image: Option<NodeKey>,
    /// The moment whose contents the slot holds again, where known.
    pub reverted_to: Option<Timestamp>,
    /// When; both ends the same where the moment is known.
    pub reverted_at: Window,
    /// What was written in this time is gone; `None` where nothing was lost or nobody knows.
    pub lost: Option<Window>,
    /// How.
    pub method: &'static Method,
    /// How surely, from 1 (timestamps alone) to 5 (the provider's own record).
    pub strength: u8,
    /// Why it is judged so, in words.
    pub reason: String,
    /// Who announced it: a backup service, or an approved change.
    pub expected_by: Option<String>,
    /// What became of the disk that stood in the slot.
    pub old_volume_fate: Fate,
    /// What shows it.
    pub seen_in: SeenIn,
    /// Whether the compared time shows the swap itself; otherwise only what was done to its traces afterwards.
    pub fresh: bool,
    /// The old disk and the copies of the lost time that were deleted within a day of it.
    pub destroyed: Vec<NodeKey>,
    /// The changes that belong to it.
    pub changes: Vec<String>,
    /// The residues that belong to it.
    pub residues: Vec<String>,
    /// The events that show it, by time.
    pub events: Vec<EventId>,
}
