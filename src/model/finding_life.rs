//! What becomes of findings from run to run, and what people decide about them.

use serde::{Deserialize, Serialize};

use super::id::names;
use super::{Digest, FindingStatus, Timestamp};

/// What a finding says, as 128 bits: two findings with one fingerprint and two sayings differ in their
/// facts or in what they cite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Saying(pub [u8; 16]);

impl Saying {
    /// Returns the first half of a digest.
    pub fn of(digest: Digest) -> Self {
        let mut half = [0; 16];
        half.iter_mut().zip(digest.0).for_each(|(byte, of)| *byte = of);
        Self(half)
    }
}

names! {
    /// What a person decided about a finding.
    Decision as "decision" {
        /// It is expected.
        Accept = "accept",
        /// It asks for attention again.
        Reopen = "reopen",
    }
}

/// A person's decision that a finding is expected, or no longer is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acceptance {
    /// What was decided.
    pub decision: Decision,
    /// Who answers for it.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// When.
    pub decided_at: Timestamp,
    /// Until when it holds; `None` is for good.
    pub expires_at: Option<Timestamp>,
    /// What the finding said then; `None` where an earlier release reported it.
    #[serde(skip)]
    pub saying: Option<Saying>,
}

/// What is known of a finding that earlier runs reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingRecord {
    /// Its fingerprint.
    pub id: String,
    /// The rule that says it; `None` where an earlier release reported it.
    pub rule: Option<String>,
    /// The run that reported it first, and when that ended.
    pub first: (i64, Timestamp),
    /// The run that reported it last, and when that ended.
    pub last: (i64, Timestamp),
    /// What it said last.
    pub saying: Option<Saying>,
    /// The run since which it says that.
    pub said_since: Option<i64>,
    /// By which run and by what it is no longer so.
    pub resolved: Option<(i64, String)>,
    /// The last decision about it.
    pub acceptance: Option<Acceptance>,
}

/// A finding that a run reports, as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reported {
    /// Its fingerprint.
    pub id: String,
    /// The rule that says it.
    pub rule: String,
    /// What it says.
    pub saying: Saying,
    /// What would undo it; empty for an act that nothing undoes.
    pub marks: Vec<i64>,
    /// Whether an earlier comparison is only judged again: nothing happened anew.
    pub again: bool,
}

/// Where a finding stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// In one word.
    pub status: FindingStatus,
    /// When a run first reported it; `None` if this is the first.
    pub since: Option<Timestamp>,
    /// The last decision that it is expected, whether it still holds or not.
    pub acceptance: Option<Acceptance>,
}

impl Standing {
    /// A finding that nobody reported before.
    pub const NEW: Self = Self { status: FindingStatus::New, since: None, acceptance: None };

    /// Whether somebody accepted it, and the acceptance no longer holds.
    pub fn is_outdated(&self) -> bool {
        self.acceptance.is_some() && self.status != FindingStatus::Accepted
    }
}
