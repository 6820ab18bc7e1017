//! Scans, seals and baselines.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::id::names;
use super::{Digest, ScanId, Timestamp, UnknownName};

names! {
    /// Where a scan stands.
    ScanState as "scan state" {
        /// Being collected; no baseline and no report ever reads it.
        Open = "open",
        /// Whole, and linked into the chain.
        Sealed = "sealed",
        /// Left open by a run that ended early.
        Abandoned = "abandoned",
    }
}

/// A scan's link in the hash chain: `BLAKE3(previous seal ‖ canonical manifest)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seal(pub Digest);

impl fmt::Display for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl FromStr for Seal {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self).map_err(|_| UnknownName { what: "seal", found: text.to_owned() })
    }
}

/// One collection run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scan {
    /// Its number.
    pub id: ScanId,
    /// Where it stands.
    pub state: ScanState,
    /// When the run began, by the clock of the machine that ran it.
    pub started_at: Timestamp,
    /// When it was sealed.
    pub finished_at: Option<Timestamp>,
    /// The moment that the collected state is dated: the dump's own time, or the run's.
    pub taken_at: Timestamp,
    /// The driftline release that wrote it.
    pub tool_version: String,
    /// Its link in the chain, once sealed.
    pub seal: Option<Seal>,
}

/// The name of a baseline: letters, digits, `.`, `_`, `-`, at most 64, and not a number.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct BaselineName(String);

impl BaselineName {
    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BaselineName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for BaselineName {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        let numeric = text.chars().all(|c| c.is_ascii_digit());
        let reserved = text == "latest" || text == "previous";
        if text.is_empty() || text.len() > 64 || numeric || reserved || !text.chars().all(allowed) {
            return Err(UnknownName { what: "baseline name", found: text.to_owned() });
        }
        Ok(Self(text.to_owned()))
    }
}

/// A name that points at a sealed scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Baseline {
    /// Its name.
    pub name: BaselineName,
    /// The scan that it points at.
    pub scan: ScanId,
    /// When it was set.
    pub set_at: Timestamp,
    /// Why, in the words of whoever set it.
    pub note: Option<String>,
}
