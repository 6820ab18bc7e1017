//! The JSON report, v1: what a run says, in a shape that never changes.
//!
//! Additions are fine; whatever else changes needs a v2 beside this file. Members are never missing: what
//! is not known is `null` or empty. Members that this release does not know are ignored on reading.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use super::lineage::{Edge, Lineage, Moment, Node, Occupancy, Thing};
use crate::model::{
    AccountId, AttributeChange, Band, ChangeKind, CoverageStatus, FindingStatus, Location, Locator,
    LogStatus, Points, Provider, ResidueKind, ScanId, Seal, Timestamp, TraceState, Uid, Window,
};

/// What a run says about an estate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "driftline report, v1")]
pub struct View {
    /// Which view this is.
    pub schema: Schema,
    /// The run that made the report.
    pub run: Run,
    /// The scans that were compared.
    pub scans: Scans,
    /// How completely the later scan listed each scope.
    pub coverage: Vec<Coverage>,
    /// For which intervals each audit log is known to be complete.
    pub log_coverage: Vec<LogCoverage>,
    /// What differs between the scans.
    pub changes: Vec<Change>,
    /// Audit events that left no matching state.
    pub residues: Vec<Residue>,
    /// Every audit event that the report cites.
    pub events: Vec<Event>,
    /// What the rules say, the highest risk first.
    pub findings: Vec<Finding>,
    /// What the rules that findings name say of themselves, in documentation order.
    #[serde(default)]
    pub rules: Vec<Rule>,
    /// Changes of earlier comparisons that are judged otherwise now.
    #[serde(default)]
    pub moved_verdicts: Vec<MovedVerdict>,
    /// Approved changes of the time that was judged, that nothing was done under.
    #[serde(default)]
    pub unused_approvals: Vec<UnusedApproval>,
    /// Where the disks in the slots that changed come from, and those that lineage findings are about.
    #[serde(default)]
    pub lineage: Lineage,
    /// Counts; every name of a closed set is there, with 0 where nothing bears it.
    pub summary: Summary,
}

impl View {
    /// Returns the JSON Schema of what is written, as published in `schema/report.v1.json`.
    pub fn json_schema() -> Value {
        let settings = SchemaSettings::draft2020_12().for_serialize();
        settings.into_generator().into_root_schema_for::<Self>().to_value()
    }

    /// Returns the changes by their id.
    pub fn changes_by_id(&self) -> FxHashMap<&str, &Change> {
        self.changes.iter().map(|change| (change.id.as_str(), change)).collect()
    }

    /// Returns the events by their id.
    pub fn events_by_id(&self) -> FxHashMap<&str, &Event> {
        self.events.iter().map(|event| (event.id.as_str(), event)).collect()
    }

    /// Returns the residues by their id.
    pub fn residues_by_id(&self) -> FxHashMap<&str, &Residue> {
        self.residues.iter().map(|residue| (residue.id.as_str(), residue)).collect()
    }

    /// Returns the view with no more than what its findings cite, and nothing of coverage.
    #[must_use]
    pub fn narrowed(mut self) -> Self {
        let cites = |part: fn(&Finding) -> &[String], id: &String| {
            self.findings.iter().any(|finding| part(finding).contains(id))
        };
        self.changes.retain(|change| cites(|finding| &finding.changes, &change.id));
        self.residues.retain(|residue| cites(|finding| &finding.residues, &residue.id));
        let traced: BTreeSet<String> = {
            let of_changes = self.changes.iter().flat_map(|change| {
                change.trace.events.iter().chain(&change.trace.candidates).chain(&change.trace.caused_by)
            });
            let of_residues = self.residues.iter().flat_map(|residue| &residue.events);
            of_changes.chain(of_residues).cloned().collect()
        };
        self.events.retain(|event| traced.contains(&event.id) || cites(|finding| &finding.events, &event.id));
        let named = |finding: &Finding, id: &String| finding.rule == *id || finding.also.contains(id);
        self.rules.retain(|rule| self.findings.iter().any(|finding| named(finding, &rule.id)));
        self.coverage.clear();
        self.log_coverage.clear();
        self.moved_verdicts.clear();
        self.unused_approvals.clear();
        self
    }

    /// Returns the changes that no finding cites, in order.
    pub fn uncovered_changes(&self) -> Vec<&Change> {
        let cited: BTreeSet<&str> =
            self.findings.iter().flat_map(|finding| &finding.changes).map(String::as_str).collect();
        self.changes.iter().filter(|change| !cited.contains(change.id.as_str())).collect()
    }

    /// Returns the scopes that should have been listed completely and were not.
    ///
    /// A scope that was skipped on purpose is none of them.
    pub fn incomplete_scopes(&self) -> Vec<&Coverage> {
        let meant = |status| !matches!(status, CoverageStatus::Complete | CoverageStatus::Skipped);
        self.coverage.iter().filter(|coverage| meant(coverage.status)).collect()
    }
}

/// The name and version of the view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Schema {
    /// This one.
    #[serde(rename = "driftline/report/v1")]
    V1,
}

/// The run that made the report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Run {
    /// Its number in the store, if it was recorded.
    pub id: Option<String>,
    /// The command, for instance `scan`.
    pub command: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it had its answer.
    pub finished_at: Timestamp,
    /// The driftline release.
    pub version: String,
    /// The version of the rules that judged.
    pub rules_version: String,
    /// The head of the store's hash chain, to be kept elsewhere.
    #[schemars(with = "Option<String>")]
    pub seal: Option<Seal>,
    /// The status that the process ends with.
    pub exit_status: u8,
}

/// The scans that were compared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Scans {
    /// The earlier; `null` where there is none to compare with.
    pub before: Option<Scan>,
    /// The later.
    pub after: Option<Scan>,
}

/// One collection run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Scan {
    /// Its number in the store.
    pub id: ScanId,
    /// The moment that the collected state is dated.
    pub taken_at: Timestamp,
    /// When it was sealed.
    pub finished_at: Option<Timestamp>,
    /// Its link in the hash chain.
    #[schemars(with = "Option<String>")]
    pub seal: Option<Seal>,
}

/// How completely one scope was listed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Coverage {
    /// The cloud.
    pub provider: Provider,
    /// The AWS account, Azure subscription or Google Cloud project.
    pub account: AccountId,
    /// The region or zone, or `*` for every location in one listing.
    pub location: Location,
    /// The kind of resource; later releases may name more.
    pub kind: String,
    /// How completely: only in a complete scope is absence evidence.
    pub status: CoverageStatus,
    /// How many resources the listing held.
    pub listed: u64,
    /// Why it is not complete.
    pub reason: Option<String>,
}

/// An interval for which an audit log's completeness is known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LogCoverage {
    /// The cloud.
    pub provider: Provider,
    /// The AWS account, Azure subscription or Google Cloud project.
    pub account: AccountId,
    /// The region, or `*` for a log of every location.
    pub location: Location,
    /// The log, for instance `cloudtrail`.
    pub source: String,
    /// Where the interval begins.
    pub from: Timestamp,
    /// Where it ends.
    pub to: Timestamp,
    /// What is known of it.
    pub status: LogStatus,
    /// By which evidence.
    pub reason: String,
}

/// A change of an earlier comparison that is judged otherwise now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MovedVerdict {
    /// The earlier of the scans that differ.
    pub before: ScanId,
    /// The later of them.
    pub after: ScanId,
    /// Where the search for its cause had ended.
    pub was: TraceState,
    /// The change, with where the search ends now.
    pub change: Change,
}

/// An approved change that nothing was done under.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UnusedApproval {
    /// Its identifier.
    pub id: String,
    /// Since when it holds.
    pub from: Timestamp,
    /// Until when it holds.
    pub to: Timestamp,
    /// Where it stands: `approved.csv:4`.
    pub origin: String,
}

/// What one listing covers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Scope {
    /// The cloud.
    pub provider: Provider,
    /// The AWS account, Azure subscription or Google Cloud project.
    pub account: AccountId,
    /// The region or zone, or `*` for every location in one listing.
    pub location: Location,
    /// The kind of resource; later releases may name more.
    pub kind: String,
}

/// A resource's identity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Resource {
    /// The cloud.
    pub provider: Provider,
    /// The kind of resource; later releases may name more.
    pub kind: String,
    /// Its immutable id.
    pub uid: Uid,
    /// Its display name.
    pub name: Option<String>,
    /// The address by which the API reaches it; another resource can stand there later.
    pub locator: Locator,
    /// The AWS account, Azure subscription or Google Cloud project.
    pub account: AccountId,
    /// The region or zone.
    pub location: Location,
}

/// A difference between the scans.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// Its id, stable across runs.
    pub id: String,
    /// What sort.
    pub kind: ChangeKind,
    /// The resource in its latest known state; `null` for a coverage gap.
    pub resource: Option<Resource>,
    /// The scope of a change that is about no resource, else `null`.
    pub scope: Option<Scope>,
    /// Between which moments it happened.
    pub window: Window,
    /// What differs.
    pub attributes: Vec<AttributeChange>,
    /// What connects it to the audit logs.
    pub trace: Trace,
}

/// What connects a change to audit events, or the reasoned absence of any.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Trace {
    /// Where the search ended.
    pub state: TraceState,
    /// Why, in words.
    pub reason: String,
    /// The ids of the events that explain it.
    pub events: Vec<String>,
    /// Who did it.
    pub actor: Option<Actor>,
    /// The ids of events that could have to do with it, and do not explain it.
    #[serde(default)]
    pub candidates: Vec<String>,
    /// The id of the event by which somebody configured the controller that did it.
    #[serde(default)]
    pub caused_by: Option<String>,
    /// What change management says of it.
    #[serde(default)]
    pub approval: Option<Approval>,
}

/// What change management says of a change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Approval {
    /// The identifier.
    pub id: String,
    /// Whether identifier, time, resource and principal all match.
    pub full: bool,
    /// What matched and what did not, in words.
    pub reason: String,
}

/// Who did something.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Actor {
    /// The principal's stable id.
    pub key: String,
    /// What sort of principal; later releases may name more.
    pub kind: String,
    /// The session or person behind a shared principal.
    pub session: Option<String>,
    /// The principal's name, which another could bear later.
    #[serde(default)]
    pub name: String,
    /// Who it is, for people: the person behind a role before the role.
    #[serde(default)]
    pub label: String,
    /// The vendor's service that acted, known by a mark that no principal can write.
    #[serde(default)]
    pub service: Option<String>,
    /// Whether the principal belongs elsewhere than the account that recorded it.
    #[serde(default)]
    pub external: bool,
}

/// An audit event, or several, that left no matching state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Residue {
    /// Its id, stable across runs.
    pub id: String,
    /// What sort.
    pub kind: ResidueKind,
    /// The resource, as far as the log tells it.
    pub resource: Option<Resource>,
    /// Between which moments it happened.
    pub window: Window,
    /// The ids of its events.
    pub events: Vec<String>,
    /// Who did it.
    pub actor: Option<Actor>,
    /// Why it is one, in words.
    pub reason: String,
}

/// One normalised audit record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Event {
    /// Its id in its log.
    pub id: String,
    /// When, by the vendor's clock.
    pub time: Timestamp,
    /// The cloud.
    pub provider: Provider,
    /// The vendor's service, in its own words, for instance `ec2.amazonaws.com`.
    #[serde(default)]
    pub service: String,
    /// The operation, in the vendor's words.
    pub operation: String,
    /// The operation's class, for instance `instance.delete`.
    pub class: String,
    /// How it ended; later releases may name more.
    pub outcome: String,
    /// The vendor's code and message, of an operation that failed.
    #[serde(default)]
    pub failure: Option<String>,
    /// The account whose log tells it.
    #[serde(default)]
    pub account: Option<AccountId>,
    /// The location whose log tells it.
    #[serde(default)]
    pub location: Option<Location>,
    /// The log, for instance `cloudtrail`.
    #[serde(default)]
    pub log: String,
    /// Who did it.
    pub actor: Option<Actor>,
    /// From where.
    pub client: Option<Client>,
    /// On what.
    pub targets: Vec<Target>,
}

/// From where an operation was called.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Client {
    /// The address.
    pub ip: Option<String>,
    /// The program, in its own words.
    pub user_agent: Option<String>,
}

/// A resource that an operation names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Target {
    /// The part that it plays, for instance `subject` or `source`.
    pub role: String,
    /// The kind of resource, where known.
    pub kind: Option<String>,
    /// Its immutable id.
    pub uid: Option<Uid>,
    /// Its address.
    pub locator: Option<Locator>,
}

/// A person's decision that a finding is expected.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Acceptance {
    /// Who answers for it.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// When it was made.
    pub accepted_at: Timestamp,
    /// Until when it holds; `null` is for good.
    pub expires_at: Option<Timestamp>,
    /// Whether it no longer holds: it expired, or the finding says something else now.
    pub outdated: bool,
}

/// What a rule says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// Its fingerprint, stable across runs over the same changes.
    pub id: String,
    /// The rule's id.
    pub rule: String,
    /// The rules that say a part of the same, and whose findings this one tells too.
    #[serde(default)]
    pub also: Vec<String>,
    /// One sentence that names the resource.
    pub title: String,
    /// How much it matters, by its risk.
    pub band: Band,
    /// How bad it is in this context.
    #[schemars(range(max = 100))]
    pub risk: u8,
    /// How bad it would be, on the 90/70/60/40 scale.
    #[schemars(range(max = 100))]
    pub impact: u8,
    /// Where it stands in its life.
    pub status: FindingStatus,
    /// When a run first reported it; `null` if this one is the first.
    #[serde(default)]
    pub since: Option<Timestamp>,
    /// The last decision that it is expected, whether it still holds or not.
    #[serde(default)]
    pub acceptance: Option<Acceptance>,
    /// Why it is no longer so, of one that is resolved.
    #[serde(default)]
    pub resolved_by: Option<String>,
    /// MITRE ATT&CK ids.
    pub techniques: Vec<String>,
    /// The resources that it is about, the main one first.
    pub resources: Vec<Resource>,
    /// The scopes that it is about, where it is about no resource.
    pub scopes: Vec<Scope>,
    /// The ids of the changes that show it.
    pub changes: Vec<String>,
    /// The ids of the residues that show it.
    pub residues: Vec<String>,
    /// The ids of the events that it cites.
    pub events: Vec<String>,
    /// Named facts.
    pub facts: BTreeMap<String, Value>,
    /// How the risk came about; the points add up to it.
    pub why: Vec<Points>,
}

impl Finding {
    /// Whether it still asks for attention: neither resolved nor accepted.
    pub fn is_open(&self) -> bool {
        !matches!(self.status, FindingStatus::Resolved | FindingStatus::Accepted)
    }
}

/// What a rule says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Rule {
    /// Its id, which never changes.
    pub id: String,
    /// What it says, as one short sentence without final period.
    pub title: String,
    /// What it says, why it matters and what to check, as Markdown with headings of level two.
    pub explanation: String,
    /// The highest impact of its findings, on the 90/70/60/40 scale.
    #[schemars(range(max = 100))]
    pub impact: u8,
    /// MITRE ATT&CK ids.
    pub techniques: Vec<String>,
    /// Addresses of vendors' pages on the matter.
    pub references: Vec<String>,
}

/// Counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// Changes by kind.
    pub changes: BTreeMap<ChangeKind, u64>,
    /// Changes by the state of their trace.
    pub traces: BTreeMap<TraceState, u64>,
    /// Findings by band, whatever their status.
    pub findings: BTreeMap<Band, u64>,
    /// Findings by band that are neither resolved nor accepted.
    pub open: BTreeMap<Band, u64>,
    /// Scopes by coverage status.
    pub coverage: BTreeMap<CoverageStatus, u64>,
    /// Residues by kind.
    #[serde(default)]
    pub residues: BTreeMap<ResidueKind, u64>,
    /// Events of the time between the scans by where they ended: each explains a change, is an attempt or part of a
    /// residue, is pending, or is noise.
    #[serde(default)]
    pub events: BTreeMap<String, u64>,
}
