//! For which intervals a log is known to be complete (SEMANTICS F.1).

use serde::{Deserialize, Serialize};

use super::id::names;
use super::{AccountId, Location, Provider, Window};

names! {
    /// What is known of a log over an interval.
    LogStatus as "log status" {
        /// Every event is there: absence is evidence.
        Complete = "complete",
        /// Some events are there; whether all are, nobody proves.
        Unknown = "unknown",
        /// Events are missing, or may be: the log was stopped, an object is missing or unreadable.
        Gap = "gap",
        /// A gap that somebody made: the log is not what its digests say.
        Violated = "violated",
    }
}

/// What one log covers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LogScope {
    /// The cloud.
    pub provider: Provider,
    /// The AWS account, Azure subscription or Google Cloud project.
    pub account: AccountId,
    /// The region, or [`super::EVERYWHERE`] for a log of every location.
    pub location: Location,
    /// The log: `cloudtrail`, `activity-log`, `cloud-audit`.
    pub source: String,
}

/// What is known of one log over a half-open interval, and by which evidence.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LogInterval {
    /// Which log.
    pub scope: LogScope,
    /// From when (included) to when (not included).
    pub window: Window,
    /// What is known.
    pub status: LogStatus,
    /// By which evidence, in words: `LookupEvents was read to the end`, `the digest chain is valid`, `said by
    /// --log-complete-from`, `StopLogging by …`.
    pub reason: String,
}

names! {
    /// In which way a log is not what its vendor wrote.
    ViolationKind as "log violation" {
        /// An object that the log says it delivered is not there.
        ObjectMissing = "object-missing",
        /// An object is not the one that the log delivered.
        ObjectAltered = "object-altered",
        /// A digest does not follow the one that was delivered before it, or is none.
        ChainBroken = "chain-broken",
        /// A digest bears no signature of the vendor's.
        SignatureInvalid = "signature-invalid",
    }
}

/// Proof that somebody, or a fault, changed a log after it was written (SEMANTICS E.1.6; T1562.008, T1070).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LogViolation {
    /// Which log.
    pub scope: LogScope,
    /// For which time it proves nothing any more.
    pub window: Window,
    /// In which way.
    pub kind: ViolationKind,
    /// The object, as its log names it: `s3://bucket/key`.
    pub object: String,
    /// What was expected and what was found, as a lower-case fragment.
    pub message: String,
}

impl From<&LogViolation> for LogInterval {
    /// The time that it spoils: what the rule `log-integrity` judges.
    fn from(LogViolation { scope, window, kind, object, message }: &LogViolation) -> Self {
        let reason = format!("{kind}: `{object}`: {message}");
        Self { scope: scope.clone(), window: *window, status: LogStatus::Violated, reason }
    }
}

/// How late a log delivers, as measured (ingested minus happened), in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lag {
    /// How many events it was measured on.
    pub events: u64,
    /// Half of them came within this time.
    pub p50: i64,
    /// 95 of 100 came within this time.
    pub p95: i64,
    /// All came within this time.
    pub max: i64,
}

/// A native log record that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OddRecord {
    /// The file that it stood in.
    pub source: String,
    /// Its offset there, in bytes.
    pub offset: u64,
    /// A short, stable word.
    pub code: String,
    /// What is wrong, for people.
    pub message: String,
    /// Its bytes, their secrets concealed; the store keeps the first 64 KiB.
    pub raw: Vec<u8>,
}
