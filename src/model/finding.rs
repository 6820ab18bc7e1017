//! What a rule says about changes, traces and events.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::id::names;
use super::{EventId, Resource, Scope};

names! {
    /// How much a finding matters, by its risk.
    Band as "band" {
        /// Risk 90 and above.
        Critical = "critical",
        /// Risk 70 to 89.
        High = "high",
        /// Risk 50 to 69.
        Medium = "medium",
        /// Risk 30 to 49.
        Low = "low",
        /// Risk below 30.
        Info = "info",
    }
}

/// From which risk on a finding is in each band; each number lies below the one before (SEMANTICS F.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bands {
    /// The least risk of [`Band::Critical`].
    pub critical: u8,
    /// The least risk of [`Band::High`].
    pub high: u8,
    /// The least risk of [`Band::Medium`].
    pub medium: u8,
    /// The least risk of [`Band::Low`].
    pub low: u8,
}

impl Bands {
    /// Returns the band of a risk between 0 and 100.
    pub const fn of(&self, risk: u8) -> Band {
        match risk {
            risk if risk >= self.critical => Band::Critical,
            risk if risk >= self.high => Band::High,
            risk if risk >= self.medium => Band::Medium,
            risk if risk >= self.low => Band::Low,
            _ => Band::Info,
        }
    }
}

impl Band {
    /// Whether this band is at or above another.
    pub fn reaches(self, threshold: Self) -> bool {
        // Declared from critical downwards.
        self <= threshold
    }
}

names! {
    /// Where a finding stands in its life.
    FindingStatus as "finding status" {
        /// First reported by this run.
        New = "new",
        /// Reported by an earlier run too.
        Persisting = "persisting",
        /// Reported earlier, with other facts.
        Changed = "changed",
        /// No longer so.
        Resolved = "resolved",
        /// A person decided that it is expected.
        Accepted = "accepted",
    }
}

/// One step of a finding's risk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Points {
    /// How many points, added.
    pub points: i16,
    /// For what.
    pub reason: String,
}

/// What a rule says about changes, traces and events.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Its fingerprint: stable across runs over the same changes.
    pub id: String,
    /// The rule that says it.
    pub rule: &'static str,
    /// The rules that say a part of the same, and whose findings this one tells too.
    pub also: Vec<&'static str>,
    /// One sentence that names the resource.
    pub title: String,
    /// How bad it would be, on the 90/70/60/40 scale (SEMANTICS F.9).
    pub impact: u8,
    /// How bad it is in this context, 0 to 100.
    pub risk: u8,
    /// ATT&CK ids.
    pub techniques: Vec<&'static str>,
    /// The resources it is about, the main one first; none for a coverage gap.
    pub resources: Vec<Arc<Resource>>,
    /// The scopes it is about, where it is about no resource.
    pub scopes: Vec<Scope>,
    /// The changes that show it.
    pub changes: Vec<String>,
    /// The residues that show it.
    pub residues: Vec<String>,
    /// The events that it cites.
    pub events: Vec<EventId>,
    /// Named facts, for people and machines.
    pub facts: Vec<(&'static str, Value)>,
    /// How the risk came about; the points add up to it.
    pub why: Vec<Points>,
}

impl Finding {
    /// Whether it says what a rule says, by itself or among other things.
    pub fn says(&self, rule: &str) -> bool {
        self.rule == rule || self.also.contains(&rule)
    }
}
