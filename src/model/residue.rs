//! What the log says and no state shows (SEMANTICS F.4).

use serde::{Deserialize, Serialize};

use super::id::names;
use super::{AccountId, Actor, EventId, Location, Provider, Target, Window};

names! {
    /// What sort of residue.
    ResidueKind as "residue kind" {
        /// Born and destroyed between two scans; no scan ever saw it.
        Ghost = "ghost",
        /// The log shows its creation, no deletion, and a complete listing lacks it.
        VanishedUnexplained = "vanished-unexplained",
        /// Changed and changed back between two scans.
        TransientChange = "transient-change",
        /// The log says that it changed, and it did not.
        NoEffect = "no-effect",
        /// Tried and refused.
        Attempt = "attempt",
    }
}

/// An audit event, or several, that left no matching state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Residue {
    /// Stable across runs: a digest of its kind, its resource and its events.
    pub id: String,
    /// What sort.
    pub kind: ResidueKind,
    /// The cloud.
    pub provider: Provider,
    /// The account whose log tells it.
    pub account: AccountId,
    /// The location whose log tells it.
    pub location: Location,
    /// The resource, as far as the log tells it; `None` for attempts that name none.
    pub target: Option<Target>,
    /// Between which moments: of a ghost its life.
    pub window: Window,
    /// The ids of its events, in the order of time.
    pub events: Vec<EventId>,
    /// Who.
    pub actor: Option<Actor>,
    /// Why it is one, in words.
    pub reason: String,
}

/// Where the events of the compared time ended, each in one place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Accounted {
    /// How many explain a change.
    pub explained: u64,
    /// How many were refused, failed, or only tried.
    pub attempts: u64,
    /// How many of the others are part of a residue.
    pub residues: u64,
    /// How many have effects that may still show, or be told of, later.
    pub pending: u64,
    /// How many remain.
    pub noise: u64,
}

impl Accounted {
    /// Returns how many events there were.
    pub const fn total(&self) -> u64 {
        self.explained + self.attempts + self.residues + self.pending + self.noise
    }
}
