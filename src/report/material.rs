//! From what a run hands over to the view of it.

use std::collections::{BTreeMap, BTreeSet};

use super::view::{
    Acceptance, Change, Coverage, Finding, Lineage, LogCoverage, MovedVerdict, Residue, Resource, Rule, Run,
    Scan, Scans, Schema, Scope, Summary, Trace, UnusedApproval, View,
};
use crate::model::{
    self, Band, Bands, ChangeKind, CoverageStatus, ResidueKind, Seal, Standing, Timestamp, TraceState,
};
use crate::report::cited::cited;

/// What is said of the run itself.
#[derive(Clone, Copy, Debug)]
pub struct RunFacts<'a> {
    /// Its number in the store, if it was recorded.
    pub id: Option<i64>,
    /// The command, for instance `scan`.
    pub command: &'a str,
    /// When it began.
    pub started_at: Timestamp,
    /// When it had its answer.
    pub finished_at: Timestamp,
    /// The version of the rules that judged.
    pub rules_version: &'a str,
    /// From which risk on a finding is in each band.
    pub bands: Bands,
    /// The head of the store's hash chain.
    pub seal: Option<Seal>,
    /// The status that the process will end with.
    pub exit_status: u8,
}

/// What a run hands over for its report.
#[derive(Clone, Copy)]
pub struct Material<'a> {
    /// The run itself.
    pub run: RunFacts<'a>,
    /// The earlier scan; `None` for a first scan.
    pub before: Option<&'a model::Scan>,
    /// The later scan.
    pub after: Option<&'a model::Scan>,
    /// How completely the later scan listed each scope.
    pub coverage: &'a [model::Coverage],
    /// What differs.
    pub changes: &'a [model::Change],
    /// What the logs say and no state shows.
    pub residues: &'a [model::Residue],
    /// The events among which are those that the changes, residues and findings cite.
    pub events: &'a [model::AuditEvent],
    /// Where the events of the time between the scans ended.
    pub accounted: model::Accounted,
    /// For which intervals each log is known to be complete.
    pub log_coverage: &'a [model::LogInterval],
    /// What the rules say.
    pub findings: &'a [model::Finding],
    /// The rules among which are those that the findings name.
    pub rules: &'a [Rule],
    /// Changes of earlier comparisons that are judged otherwise now.
    pub moved: &'a [model::Moved],
    /// Approvals of the time that was judged, that nothing was done under.
    pub unused_approvals: &'a [model::Approval],
    /// Where the disks in the slots that changed come from.
    pub lineage: &'a model::Lineage,
    /// Where the finding with this id stands in its life.
    pub standing: &'a dyn Fn(&str) -> Standing,
    /// Findings of earlier runs that are no longer so, as those runs told them.
    pub resolved: &'a [Finding],
}

impl View {
    /// Makes the view of a run.
    ///
    /// Its order depends on the content alone: coverage by scope, changes by place and resource, findings
    /// by falling risk.
    pub fn new(material: &Material<'_>) -> Self {
        let mut coverage: Vec<_> = material.coverage.iter().map(Coverage::from).collect();
        coverage.sort_by(|a, b| place(a).cmp(&place(b)));
        let mut sorted: Vec<_> = material.changes.iter().collect();
        sorted.sort_by(|a, b| rank(a).cmp(&rank(b)));
        let changes: Vec<_> = sorted.into_iter().map(Change::from).collect();
        let standing = |finding: &model::Finding| (material.standing)(&finding.id);
        let now = material
            .findings
            .iter()
            .map(|finding| Finding::new(finding, material.run.bands, standing(finding)));
        let mut findings: Vec<_> = now.chain(material.resolved.iter().cloned()).collect();
        findings.sort_by(|a, b| {
            let falling = (b.risk, b.impact).cmp(&(a.risk, a.impact));
            falling.then_with(|| (&a.rule, &a.id).cmp(&(&b.rule, &b.id)))
        });
        let mut residues: Vec<_> = material.residues.iter().map(Residue::from).collect();
        residues.sort_by(|a, b| (a.window, &a.id).cmp(&(b.window, &b.id)));
        let residues_by_kind = tally(ResidueKind::ALL, residues.iter().map(|residue| residue.kind));
        let lineage = Lineage::of(material);
        Self {
            schema: Schema::V1,
            run: Run::from(&material.run),
            scans: Scans { before: material.before.map(Scan::from), after: material.after.map(Scan::from) },
            summary: Summary {
                residues: residues_by_kind,
                events: ends(material.accounted),
                ..Summary::of(&coverage, &changes, &findings)
            },
            coverage,
            log_coverage: material.log_coverage.iter().map(LogCoverage::from).collect(),
            changes,
            events: cited(material, &lineage),
            residues,
            rules: named(material.rules, &findings),
            findings,
            moved_verdicts: material.moved.iter().map(MovedVerdict::from).collect(),
            unused_approvals: material.unused_approvals.iter().map(UnusedApproval::from).collect(),
            lineage,
        }
    }
}

/// Returns the rules that findings name, in the order in which they come.
fn named(rules: &[Rule], findings: &[Finding]) -> Vec<Rule> {
    let named: BTreeSet<&String> =
        findings.iter().flat_map(|finding| finding.also.iter().chain([&finding.rule])).collect();
    rules.iter().filter(|rule| named.contains(&rule.id)).cloned().collect()
}

fn place(coverage: &Coverage) -> impl Ord {
    (coverage.provider, &coverage.account, &coverage.location, &coverage.kind)
}

fn rank(change: &model::Change) -> impl Ord {
    let uid = change.resource().map(|resource| &resource.key.uid);
    (&change.scope, uid, change.kind, &change.id)
}

impl From<&RunFacts<'_>> for Run {
    fn from(run: &RunFacts<'_>) -> Self {
        Self {
            id: run.id.map(|id| id.to_string()),
            command: run.command.to_owned(),
            started_at: run.started_at,
            finished_at: run.finished_at,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            rules_version: run.rules_version.to_owned(),
            seal: run.seal,
            exit_status: run.exit_status,
        }
    }
}

impl From<&model::Scan> for Scan {
    fn from(scan: &model::Scan) -> Self {
        Self { id: scan.id, taken_at: scan.taken_at, finished_at: scan.finished_at, seal: scan.seal }
    }
}

impl From<&model::Coverage> for Coverage {
    fn from(coverage: &model::Coverage) -> Self {
        let reasons: Vec<_> =
            coverage.reasons.iter().map(|reason| format!("{}: {}", reason.code, reason.message)).collect();
        let Scope { provider, account, location, kind } = Scope::from(&coverage.scope);
        Self {
            provider,
            account,
            location,
            kind,
            status: coverage.status,
            listed: coverage.listed,
            reason: (!reasons.is_empty()).then(|| reasons.join("; ")),
        }
    }
}

impl From<&model::Scope> for Scope {
    fn from(scope: &model::Scope) -> Self {
        Self {
            provider: scope.provider,
            account: scope.account.clone(),
            location: scope.location.clone(),
            kind: scope.kind.to_string(),
        }
    }
}

impl From<&model::Resource> for Resource {
    fn from(resource: &model::Resource) -> Self {
        Self {
            provider: resource.key.provider,
            kind: resource.key.kind.to_string(),
            uid: resource.key.uid.clone(),
            name: resource.name.clone(),
            locator: resource.locator.clone(),
            account: resource.account.clone(),
            location: resource.location.clone(),
        }
    }
}

impl From<&model::Change> for Change {
    fn from(change: &model::Change) -> Self {
        let resource = change.resource().map(|resource| Resource::from(&**resource));
        Self {
            id: change.id.clone(),
            kind: change.kind,
            scope: resource.is_none().then(|| Scope::from(&change.scope)),
            resource,
            window: change.window,
            attributes: change.attributes.clone(),
            trace: Trace::from(&change.trace),
        }
    }
}

impl Finding {
    fn new(finding: &model::Finding, bands: Bands, standing: Standing) -> Self {
        let outdated = standing.is_outdated();
        let Standing { status, since, acceptance } = standing;
        Self {
            since,
            acceptance: acceptance.map(|accepted| Acceptance::new(accepted, outdated)),
            resolved_by: None,
            id: finding.id.clone(),
            rule: finding.rule.to_owned(),
            also: finding.also.iter().map(|&id| id.to_owned()).collect(),
            title: finding.title.clone(),
            band: bands.of(finding.risk),
            risk: finding.risk,
            impact: finding.impact,
            status,
            techniques: finding.techniques.iter().map(|&id| id.to_owned()).collect(),
            resources: finding.resources.iter().map(|resource| Resource::from(&**resource)).collect(),
            scopes: finding.scopes.iter().map(Scope::from).collect(),
            changes: finding.changes.clone(),
            residues: finding.residues.clone(),
            events: finding.events.iter().map(ToString::to_string).collect(),
            facts: finding.facts.iter().map(|(name, fact)| ((*name).to_owned(), fact.clone())).collect(),
            why: finding.why.clone(),
        }
    }
}

impl Acceptance {
    /// Tells a decision.
    pub fn new(decision: model::Acceptance, outdated: bool) -> Self {
        let model::Acceptance { owner, reason, decided_at, expires_at, .. } = decision;
        Self { owner, reason, accepted_at: decided_at, expires_at, outdated }
    }
}

impl Summary {
    pub(super) fn of(coverage: &[Coverage], changes: &[Change], findings: &[Finding]) -> Self {
        let open = findings.iter().filter(|finding| finding.is_open());
        Self {
            changes: tally(ChangeKind::ALL, changes.iter().map(|change| change.kind)),
            traces: tally(TraceState::ALL, changes.iter().map(|change| change.trace.state)),
            findings: tally(Band::ALL, findings.iter().map(|finding| finding.band)),
            open: tally(Band::ALL, open.map(|finding| finding.band)),
            coverage: tally(CoverageStatus::ALL, coverage.iter().map(|coverage| coverage.status)),
            residues: BTreeMap::new(),
            events: BTreeMap::new(),
        }
    }
}

/// Returns how many events ended where.
fn ends(accounted: model::Accounted) -> BTreeMap<String, u64> {
    let model::Accounted { explained, attempts, residues, pending, noise } = accounted;
    let ends = [
        ("explain-a-change", explained),
        ("attempt", attempts),
        ("residue", residues),
        ("pending", pending),
        ("noise", noise),
    ];
    ends.into_iter().map(|(end, count)| (end.to_owned(), count)).collect()
}

/// Counts names; those that nothing bears count 0.
fn tally<T: Copy + Ord>(all: &[T], found: impl Iterator<Item = T>) -> BTreeMap<T, u64> {
    let mut counts: BTreeMap<T, u64> = all.iter().map(|&name| (name, 0)).collect();
    for name in found {
        *counts.entry(name).or_default() += 1;
    }
    counts
}
