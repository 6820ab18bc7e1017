//! What differs between two scans.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::id::names;
use super::{Actor, ApprovalMatch, EventId, Resource, ResourceKey, ScanId, Scope, Timestamp};

/// The time in which something happened: it was not so at `from`, and it was at `to`.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
pub struct Window {
    /// The last moment that is known to precede it.
    pub from: Timestamp,
    /// The first moment that is known to follow it.
    pub to: Timestamp,
}

/// One canonical state of a resource, valid from one scan until another.
#[derive(Clone, Debug, PartialEq)]
pub struct Revision {
    /// The first scan that saw it.
    pub from_scan: ScanId,
    /// The first scan that no longer did; `None` while it is current.
    pub until_scan: Option<ScanId>,
    /// The state.
    pub resource: Resource,
}

/// One resource whose state at two scans may differ: what drift judges.
#[derive(Clone, Debug, PartialEq)]
pub struct Transition {
    /// Which resource.
    pub key: ResourceKey,
    /// Its state at the earlier scan.
    pub before: Option<Arc<Resource>>,
    /// Its state at the later scan.
    pub after: Option<Arc<Resource>>,
    /// Between which moments it changed: from the start of the last listing that proves the state
    /// before, to the end of the one that proves the state after.
    pub window: Window,
    /// Whether an earlier scan than the one compared with knew it, and a complete listing then lacked it.
    pub known_earlier: bool,
    /// Whether a complete listing of its scope precedes the first sight of it; without one, a resource
    /// seen for the first time is not evidence that it appeared.
    pub listed_before: bool,
}

names! {
    /// What sort of difference a change is.
    ChangeKind as "change kind" {
        /// A complete earlier listing lacked it.
        Appeared = "appeared",
        /// A complete later listing lacks it, or the vendor says that it is gone.
        Vanished = "vanished",
        /// Its configuration differs.
        Modified = "modified",
        /// Another resource stands under its locator.
        Recreated = "recreated",
        /// It was known, was gone, and is back; or it is older than a listing that lacked it.
        Reappeared = "reappeared",
        /// Its account, location or locator differs.
        Moved = "moved",
        /// A volume stands in a slot that was empty.
        Attached = "attached",
        /// A slot is empty that held a volume.
        Detached = "detached",
        /// A slot holds another volume.
        SlotSwapped = "slot-swapped",
        /// It runs, and did not.
        Started = "started",
        /// It does not run, and did.
        Stopped = "stopped",
        /// It runs, as it did, but was started in between.
        Restarted = "restarted",
        /// A scope that was listed before was not listed completely.
        CoverageGap = "coverage-gap",
    }
}

/// One attribute that differs; `None` is absence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct AttributeChange {
    /// The attribute's path: `config.…`, `tags.…`, `exposure.…`, `state`, `name`, `links.…`, `unmapped.…`.
    pub path: String,
    /// Its value at the earlier scan.
    pub before: Option<Value>,
    /// Its value at the later scan.
    pub after: Option<Value>,
}

/// A difference between two scans.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Stable across runs: a digest of kind, resource and the state before and after.
    pub id: String,
    /// What sort.
    pub kind: ChangeKind,
    /// The scope; for a coverage gap this is all there is.
    pub scope: Scope,
    /// The resource at the earlier scan.
    pub before: Option<Arc<Resource>>,
    /// The resource at the later scan.
    pub after: Option<Arc<Resource>>,
    /// When.
    pub window: Window,
    /// What differs.
    pub attributes: Vec<AttributeChange>,
    /// What connects it to the audit logs.
    pub trace: Trace,
}

impl Change {
    /// Returns the resource in its latest known state; `None` for a coverage gap.
    pub fn resource(&self) -> Option<&Arc<Resource>> {
        self.after.as_ref().or(self.before.as_ref())
    }
}

names! {
    /// Where the search for a change's cause ended.
    TraceState as "trace state" {
        /// Events name it.
        Explained = "explained",
        /// An event on another resource implies it.
        Implied = "implied",
        /// The platform did it and says so.
        BySystem = "by-system",
        /// A controller did it, known by a mark that an ordinary principal cannot write.
        ExpectedAutomation = "expected-automation",
        /// The log may still deliver.
        Pending = "pending",
        /// No log is known to be complete for the window.
        LogGap = "log-gap",
        /// The log is complete for the window, and names no cause.
        Unexplained = "unexplained",
        /// As unexplained, but nobody proves that the log is complete.
        UnexplainedLowConfidence = "unexplained-low-confidence",
    }
}

impl TraceState {
    /// How little it accounts for a change; 0 where it is known what did it.
    pub const fn doubt(self) -> u8 {
        match self {
            Self::Unexplained => 4,
            Self::UnexplainedLowConfidence => 3,
            Self::LogGap => 2,
            Self::Pending => 1,
            Self::Explained | Self::Implied | Self::BySystem | Self::ExpectedAutomation => 0,
        }
    }
}

const WITHOUT_LOGS: &str = "no audit log was given for this window";

/// How a reason begins that says that a log was stopped, or that what it wrote is gone.
pub const EVENTS_MISSING: &str = "events are missing";

/// What connects a change to audit events, or the reasoned absence of any.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    /// Where the search ended.
    pub state: TraceState,
    /// Why, in words.
    pub reason: String,
    /// The events that explain it, in the order of time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<EventId>,
    /// Events that could have to do with it and do not explain it: other candidates, refused attempts of
    /// the same class.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<EventId>,
    /// Who did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<Actor>,
    /// The event by which somebody configured the controller that did it (SEMANTICS F.5).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caused_by: Option<EventId>,
    /// What change management says of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<ApprovalMatch>,
}

impl Trace {
    /// The trace of a change whose window no audit log covers.
    pub fn without_logs() -> Self {
        Self::of(TraceState::LogGap, WITHOUT_LOGS)
    }

    /// Whether nobody gave a log at all: then its silence says nothing, not even that it has a gap.
    pub fn is_without_logs(&self) -> bool {
        self.state == TraceState::LogGap && self.reason == WITHOUT_LOGS
    }

    /// Whether a log was stopped, or what it wrote is gone or only partly readable; that nobody read a log is no
    /// such sign.
    pub fn misses_events(&self) -> bool {
        self.state == TraceState::LogGap && self.reason.starts_with(EVENTS_MISSING)
    }

    /// A trace that no event belongs to.
    pub fn of(state: TraceState, reason: impl Into<String>) -> Self {
        Self {
            state,
            reason: reason.into(),
            events: Vec::new(),
            candidates: Vec::new(),
            actor: None,
            caused_by: None,
            approval: None,
        }
    }
}

/// What an earlier run said of a change, kept to be judged again (DESIGN §7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The change's id.
    pub change: String,
    /// The scans that differ.
    pub scans: (ScanId, ScanId),
    /// What was said.
    pub state: TraceState,
    /// When.
    pub judged_at: Timestamp,
    /// The number of the last log import that was known then.
    pub imports: i64,
}

/// A change of an earlier comparison that is judged otherwise now.
#[derive(Clone, Debug, PartialEq)]
pub struct Moved {
    /// The scans that differ.
    pub scans: (ScanId, ScanId),
    /// Where the search for its cause had ended.
    pub was: TraceState,
    /// The change, with where the search ends now.
    pub change: Change,
}
