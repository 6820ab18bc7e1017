//! How completely a scan listed what it meant to list.

use serde::{Deserialize, Serialize};

use super::id::names;
use super::{AccountId, Kind, Location, Provider, Timestamp};

/// The location of a listing that spans every location no other listing of the scan names.
///
/// Azure lists a whole subscription and Compute Engine a whole project in one call; a zone that was
/// unreachable in it gets a coverage of its own.
pub const EVERYWHERE: &str = "*";

names! {
    /// How completely a scope was listed.
    CoverageStatus as "coverage status" {
        /// The terminal page was reached, with no warning and no element lost: absence is evidence.
        Complete = "complete",
        /// Something is missing or could not be read.
        Partial = "partial",
        /// The vendor refused.
        Denied = "denied",
        /// The vendor's rate limit outlasted the retries.
        Throttled = "throttled",
        /// The call failed.
        Failed = "failed",
        /// Not asked for, on purpose.
        Skipped = "skipped",
        /// Listed, but nobody says whether completely.
        Unknown = "unknown",
    }
}

impl CoverageStatus {
    /// Returns the one that proves less, which is what two listings of one scope prove together.
    #[must_use]
    pub fn weaker(self, other: Self) -> Self {
        if self == Self::Complete { other } else { self }
    }
}

/// What one listing covers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Scope {
    /// The cloud.
    pub provider: Provider,
    /// The account.
    pub account: AccountId,
    /// The location, or [`EVERYWHERE`].
    pub location: Location,
    /// The kind.
    pub kind: Kind,
}

impl Scope {
    /// Returns the same scope for every location.
    #[must_use]
    pub fn everywhere(&self) -> Self {
        Self { location: Location::new(EVERYWHERE), ..self.clone() }
    }
}

impl std::fmt::Display for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}/{}/{}", self.provider, self.account, self.location, self.kind)
    }
}

/// Why a scope is not complete.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Reason {
    /// A short, stable word: the vendor's error code, or one of ours (`truncated`, `next-token`).
    pub code: String,
    /// The sentence for people.
    pub message: String,
}

/// How completely one scan listed one scope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// What was listed.
    pub scope: Scope,
    /// How completely.
    pub status: CoverageStatus,
    /// How many resources the listing held.
    pub listed: u64,
    /// Why it is not complete; for [`CoverageStatus::Complete`] notes on what else the listing met.
    pub reasons: Vec<Reason>,
    /// When the listing began; a change can lie no earlier than the previous listing's start.
    pub started_at: Timestamp,
    /// When the listing ended.
    pub finished_at: Timestamp,
}
