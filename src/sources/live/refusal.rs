//! Why a request got no answer.

use std::time::Duration;

use thiserror::Error;

use crate::model::{CoverageStatus, Reason};

/// Why a request got no answer, with the vendor's code and message.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{code}: {message}")]
pub struct Refusal {
    /// What sort it is.
    pub kind: RefusalKind,
    /// The vendor's code (`UnauthorizedOperation`, `SubscriptionNotFound`), or one of ours (`timeout`).
    pub code: String,
    /// The vendor's message; untrusted text.
    pub message: String,
    /// How long the vendor asks to wait.
    pub retry_after: Option<Duration>,
}

/// What sort a refusal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalKind {
    /// The credentials are missing, expired or not accepted at all.
    Credentials,
    /// The credentials are good, and do not allow this.
    Denied,
    /// Too many requests; worth another try.
    Throttled,
    /// Something passing: a server error, a timeout, a broken connection; worth another try.
    Passing,
    /// What was asked for is not there.
    Absent,
    /// Anything else; another try would fail as well.
    Failed,
}

impl Refusal {
    /// Makes one.
    pub fn new(kind: RefusalKind, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { kind, code: code.into(), message: message.into(), retry_after: None }
    }

    /// Whether the same request may be answered when it is made again.
    pub const fn is_passing(&self) -> bool {
        matches!(self.kind, RefusalKind::Throttled | RefusalKind::Passing)
    }

    /// Returns what it makes of the coverage of a listing that got no answer at all.
    pub const fn status(&self) -> CoverageStatus {
        match self.kind {
            RefusalKind::Credentials | RefusalKind::Denied => CoverageStatus::Denied,
            RefusalKind::Throttled => CoverageStatus::Throttled,
            RefusalKind::Passing | RefusalKind::Absent | RefusalKind::Failed => CoverageStatus::Failed,
        }
    }

    /// Returns it as the reason of a coverage that is not complete.
    pub fn reason(&self) -> Reason {
        Reason { code: self.code.clone(), message: self.message.clone() }
    }
}
