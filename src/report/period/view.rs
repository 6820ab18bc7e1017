//! The JSON of a period, v1: what several runs say together, in a shape that never changes.
//!
//! Additions are fine; whatever else changes needs a v2 beside this file. Members are never missing: what is not
//! known is `null` or empty. Nothing in it depends on when it is made: it is the same over the same sealed scans.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::{
    AccountId, Band, ChangeKind, CoverageStatus, Location, LogStatus, Provider, ScanId, Timestamp, TraceState,
};
use crate::report::view::{Actor, Resource, Scan, Scope};

/// What the scans of a period say together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "driftline period, v1")]
pub struct Period {
    /// Which view this is.
    pub schema: Schema,
    /// Where it begins: with the state of this scan, which is no part of it.
    pub from: Bound,
    /// Where it ends: with this scan, which is the last part of it.
    pub to: Bound,
    /// The sealed scans in it.
    pub scans: Scans,
    /// How completely each account was listed, by place.
    pub coverage: Vec<AccountCoverage>,
    /// The scopes that were not always listed completely, the worst first; none that was skipped on purpose.
    pub gaps: Vec<ScopeGaps>,
    /// For how much of the period each audit log is known to be complete, by place.
    pub logs: Vec<LogShare>,
    /// Changes by kind; every kind is there.
    pub changes: BTreeMap<ChangeKind, u64>,
    /// The same changes by where the search for their cause ended, as the last run that judged them says.
    pub traces: BTreeMap<TraceState, u64>,
    /// What became of findings, by the band that they were told in last; every band is there.
    pub findings: BTreeMap<Band, Lives>,
    /// The course of the period.
    pub trend: Trend,
    /// The rules that spoke, those with the worst finding first.
    pub rules: Ranked<RuleTally>,
    /// Who acted, those with the worst finding first.
    pub actors: Ranked<ActorTally>,
    /// How long findings stood without explanation.
    pub unexplained: Unexplained,
    /// The decisions that findings are expected, as of the end.
    pub acceptances: Vec<Decided>,
    /// The findings that are open at the end, the worst first.
    pub open: Vec<OpenFinding>,
}

impl Period {
    /// Returns the JSON Schema of what is written, as published in `schema/period.v1.json`.
    pub fn json_schema() -> Value {
        let settings = SchemaSettings::draft2020_12().for_serialize();
        settings.into_generator().into_root_schema_for::<Self>().to_value()
    }
}

/// The name and version of the view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Schema {
    /// This one.
    #[serde(rename = "driftline/period/v1")]
    V1,
}

/// An end of a period.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Bound {
    /// The moment that was asked for; that of the scan, where a scan was.
    pub at: Timestamp,
    /// The last sealed scan that is not dated later; `null` if there is none.
    pub scan: Option<Scan>,
}

/// The sealed scans of a period.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Scans {
    /// How many there are.
    pub sealed: u64,
    /// How many of them listed completely whatever they were meant to list.
    pub complete: u64,
    /// Those that no run judged: they were interrupted after they were sealed.
    pub not_judged: Vec<ScanId>,
}

/// How completely one account was listed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AccountCoverage {
    /// The cloud.
    pub provider: Provider,
    /// The AWS account, Azure subscription or Google Cloud project.
    pub account: AccountId,
    /// How many scans listed any of it.
    pub scans: u64,
    /// How many of them listed all of it completely.
    pub complete_scans: u64,
    /// How many listings of single scopes there were, without those that were skipped on purpose.
    pub listings: u64,
    /// How many of them are complete.
    pub complete_listings: u64,
}

/// A scope that was not always listed completely.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ScopeGaps {
    /// The cloud.
    pub provider: Provider,
    /// The AWS account, Azure subscription or Google Cloud project.
    pub account: AccountId,
    /// The region or zone, or `*` for every location in one listing.
    pub location: Location,
    /// The kind of resource; later releases may name more.
    pub kind: String,
    /// How many scans were to list it.
    pub scans: u64,
    /// How many of them did not list it completely.
    pub incomplete: u64,
    /// How many in a row, at most.
    pub longest: u64,
    /// When the last of them was taken.
    pub last_at: Timestamp,
    /// How completely that one listed it.
    pub last_status: CoverageStatus,
    /// Why, in its words.
    pub reason: Option<String>,
    /// Whether the last scan that was to list it did so completely.
    pub mended: bool,
}

/// For how much of a period an audit log is known to be complete.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LogShare {
    /// The cloud.
    pub provider: Provider,
    /// The AWS account, Azure subscription or Google Cloud project.
    pub account: AccountId,
    /// The region, or `*` for a log of every location.
    pub location: Location,
    /// The log, for instance `cloudtrail`.
    pub source: String,
    /// How many seconds the period has.
    pub seconds: i64,
    /// For how many of them the log is known to be complete.
    pub complete_seconds: i64,
    /// Where it has a gap, is violated, or nothing proves that it is complete, in the order of time; a time of which
    /// no run said anything is `unknown`.
    pub gaps: Vec<LogGap>,
}

/// A time for which a log is not known to be complete.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LogGap {
    /// Where it begins.
    pub from: Timestamp,
    /// Where it ends.
    pub to: Timestamp,
    /// What is known of it; never `complete`.
    pub status: LogStatus,
    /// By which evidence.
    pub reason: String,
}

/// What became of findings; each counts once in a column, and can count in several.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Lives {
    /// Open when the period began.
    pub open_before: u64,
    /// First told in the period.
    pub new: u64,
    /// Told again with other facts.
    pub changed: u64,
    /// Decided to be expected.
    pub accepted: u64,
    /// No longer so.
    pub resolved: u64,
    /// Open again, after they had been accepted or resolved: by a decision, by an acceptance that expired, or because
    /// they say something else.
    pub reopened: u64,
    /// Open when the period began, and still when it ended.
    pub persisting: u64,
    /// Open when the period ended.
    pub open_after: u64,
}

/// The course of a period.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Trend {
    /// How long each step is.
    pub step: Step,
    /// The steps from the first scan to the last; also those without a scan.
    pub steps: Vec<TrendStep>,
}

/// How long a step of the trend is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// A day in UTC.
    Day,
    /// A week in UTC, from Monday on: of a period of more than 31 days.
    Week,
}

impl Step {
    /// Returns its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
        }
    }
}

/// One day or week.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TrendStep {
    /// When it begins.
    pub from: Timestamp,
    /// How many scans were taken in it.
    pub scans: u64,
    /// How many changes they show.
    pub changes: u64,
    /// Findings that they told first, by band; every band is there.
    pub new: BTreeMap<Band, u64>,
    /// Findings that were open after the last of them, by band; `null` without a scan.
    pub open: Option<BTreeMap<Band, u64>>,
}

/// The first of many.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Ranked{T}")]
pub struct Ranked<T> {
    /// How many there are.
    pub all: u64,
    /// The first 20 of them.
    pub first: Vec<T>,
}

/// What one rule said in a period.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RuleTally {
    /// Its id.
    pub rule: String,
    /// How many findings it told.
    pub findings: u64,
    /// How many of them are open at the end.
    pub open: u64,
    /// The highest risk among them.
    pub worst_risk: u8,
    /// The band of that.
    pub worst_band: Band,
}

/// What somebody did in a period.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ActorTally {
    /// Who; as the last run says that names them.
    pub actor: Actor,
    /// How many findings name them.
    pub findings: u64,
    /// How many changes are traced to them.
    pub changes: u64,
    /// The highest risk among the findings; `null` if none names them.
    pub worst_risk: Option<u8>,
    /// The band of that.
    pub worst_band: Option<Band>,
}

/// How long findings stood without explanation: from the scan that first showed them with a change whose trace is
/// pending, a log gap or unexplained, to the scan by which every change of theirs was explained, or they were
/// accepted or resolved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Unexplained {
    /// How many waits for an explanation ended in the period; a finding that is reopened waits again.
    pub ended: u64,
    /// The mean time unexplained of those, in seconds; `null` without any.
    pub mean_seconds: Option<i64>,
    /// The longest of them, in seconds.
    pub longest_seconds: Option<i64>,
    /// How many findings still have no explanation at the end.
    pub standing: u64,
    /// For how long the oldest of these has stood then, in seconds.
    pub oldest_seconds: Option<i64>,
}

/// A decision that findings are expected: the last one about each of them, unless they were resolved, or it had
/// expired before the period began.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Decided {
    /// Who answers for it.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// When it was made.
    pub accepted_at: Timestamp,
    /// Until when it holds; `null` is for good.
    pub expires_at: Option<Timestamp>,
    /// Whether it had expired when the last scan of the period was sealed.
    pub expired: bool,
    /// The findings that it was made about, the worst first.
    pub findings: Vec<Covered>,
}

/// A finding that an acceptance was made about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Covered {
    /// Its fingerprint.
    pub id: String,
    /// The rule's id.
    pub rule: String,
    /// One sentence that names the resource.
    pub title: String,
    /// How much it matters, by its risk.
    pub band: Band,
    /// How bad it is in its context.
    #[schemars(range(max = 100))]
    pub risk: u8,
    /// Whether the acceptance holds at the end: it does not where it expired, or the finding says something else.
    pub holds: bool,
}

/// A finding that is open at the end of a period.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OpenFinding {
    /// Its fingerprint.
    pub id: String,
    /// The rule's id.
    pub rule: String,
    /// One sentence that names the resource.
    pub title: String,
    /// How much it matters, by its risk.
    pub band: Band,
    /// How bad it is in its context.
    #[schemars(range(max = 100))]
    pub risk: u8,
    /// MITRE ATT&CK ids.
    pub techniques: Vec<String>,
    /// The resource that it is about, the main one; `null` where it is about none.
    pub resource: Option<Resource>,
    /// The scope that it is about, the first one, where it is about no resource.
    pub scope: Option<Scope>,
    /// The scan that showed it first.
    pub first_scan: ScanId,
    /// When that was taken.
    pub first_at: Timestamp,
    /// Since when it stands without explanation; `null` if it is explained.
    pub unexplained_since: Option<Timestamp>,
    /// Whether it was accepted or resolved before.
    pub reopened: bool,
}
