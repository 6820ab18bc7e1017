//! Two scans and the logs of the time → changes, traces, residues and findings.

use std::collections::{BTreeMap, BTreeSet};

use super::access::newly_dormant;
use super::ancestry::{Ancestry, ancestry};
use super::churn::{self, Churned};
use super::earlier::{Earlier, earlier};
use super::evidence::{Gathered, gather, reach};
use crate::drift;
use crate::lineage;
use crate::model::{
    Accounted, Acquaintance, Actor, Approval, AuditEvent, Change, ChangeKind, Coverage, CoverageStatus,
    EventId, Finding, GrantUse, Lineage, LogInterval, Moved, Residue, Revert, Scan, ScanId, Timestamp,
    TraceState, Verdict, printable,
};
use crate::rules::{self, Testimony, Tuning};
use crate::store::{self, Store};
use crate::trace::{self, Budgets, ChangeMarks};

/// How many earlier comparisons one run judges again.
const JUDGED_AGAIN: usize = 64;

/// By what changes are judged, beside what the store holds.
#[derive(Clone, Debug)]
pub struct Terms<'a> {
    /// The present: a log may still deliver what happened shortly before it.
    pub now: Timestamp,
    /// How late logs may deliver.
    pub budgets: Budgets,
    /// What was approved beforehand.
    pub approvals: &'a [Approval],
    /// Where the identifiers of change management stand.
    pub change_marks: ChangeMarks,
    /// By which numbers rules judge.
    pub tuning: &'a Tuning,
}

impl Terms<'_> {
    /// Judges by the defaults and without approvals.
    pub fn at(now: Timestamp) -> Self {
        let (budgets, change_marks) = (Budgets::default(), ChangeMarks::default());
        Self { now, budgets, approvals: &[], change_marks, tuning: Tuning::shipped() }
    }
}

/// What differs between two scans, who did it, and what it means.
#[derive(Debug)]
pub struct Judged {
    /// The earlier scan; `None` for a first scan.
    pub before: Option<Scan>,
    /// The later scan.
    pub after: Scan,
    /// How completely the later scan listed each scope.
    pub coverage: Vec<Coverage>,
    /// What differs.
    pub changes: Vec<Change>,
    /// What the logs say and no state shows.
    pub residues: Vec<Residue>,
    /// The events of the time between the scans, and those that anything cites.
    pub events: Vec<AuditEvent>,
    /// For which intervals of that time each log is known to be complete.
    pub log_coverage: Vec<LogInterval>,
    /// Where the disks in the slots that changed come from.
    pub lineage: Lineage,
    /// What the rules say.
    pub findings: Vec<Finding>,
    /// Changes of earlier comparisons that are judged otherwise now.
    pub moved: Vec<Moved>,
    /// What the rules say now of those earlier comparisons, with the changes that they cite.
    pub again: Vec<JudgedAgain>,
    /// Approvals of the time between the scans, that nothing was done under.
    pub unused_approvals: Vec<Approval>,
    /// Where the events of the time between the scans ended.
    pub accounted: Accounted,
    /// What was said of the changes, to be kept for later runs.
    pub verdicts: Vec<Verdict>,
}

/// What the rules say of an earlier comparison that was judged again.
#[derive(Debug)]
pub struct JudgedAgain {
    /// The scans that differ.
    pub scans: (ScanId, ScanId),
    /// What differs.
    pub changes: Vec<Change>,
    /// What the logs say and no state shows.
    pub residues: Vec<Residue>,
    /// What the rules say, whether it moved or not.
    pub findings: Vec<Finding>,
}

/// Compares two sealed scans and judges what differs; nothing differs from a first scan, nor a scan from
/// itself.
///
/// # Errors
///
/// Whatever the store says.
pub fn judge(
    store: &Store,
    before: Option<ScanId>,
    after: ScanId,
    terms: &Terms<'_>,
) -> Result<Judged, store::Error> {
    let mut judged = Judged {
        before: before.map(|before| store.scan(before)).transpose()?,
        after: store.scan(after)?,
        coverage: store.coverage(after)?,
        changes: Vec::new(),
        residues: Vec::new(),
        events: Vec::new(),
        log_coverage: Vec::new(),
        lineage: Lineage::default(),
        findings: Vec::new(),
        moved: Vec::new(),
        again: Vec::new(),
        unused_approvals: Vec::new(),
        accounted: Accounted::default(),
        verdicts: Vec::new(),
    };
    let Some(before) = before.filter(|before| *before != after) else { return Ok(judged) };
    let mut compared = compare(store, before, after, terms)?;
    if let Some(before) = &judged.before {
        compared.dormant = newly_dormant(store, before, &judged.after, terms.tuning)?;
    }
    judged.verdicts = verdicts(&compared.changes, (before, after), terms.now, store.last_import()?);
    judged.findings = compared.findings(terms.tuning);
    let Compared { changes, residues, accounted, gathered, ancestry, unused_approvals, .. } = compared;
    judged.lineage = ancestry.lineage;
    judged.accounted = accounted;
    judged.changes = changes;
    judged.residues = residues;
    judged.unused_approvals = unused_approvals;
    judged.log_coverage = gathered.log_coverage();
    judged.events = gathered.into_events();
    judged.events.extend(ancestry.events);
    sort(&mut judged.events);
    Ok(judged)
}

/// Judges again what earlier runs left unsettled, and adds to a judgement which verdicts moved, with what the
/// rules say of those changes now.
///
/// # Errors
///
/// Whatever the store says.
pub fn settle(store: &Store, judged: &mut Judged, terms: &Terms<'_>) -> Result<(), store::Error> {
    let imports = store.last_import()?;
    let (mut open, untouched) = reopened(store, terms.now, imports)?;
    let these = judged.before.as_ref().map(|before| (before.id, judged.after.id));
    judged.verdicts.extend(untouched.into_iter().filter(|verdict| Some(verdict.scans) != these));
    if let Some(these) = these {
        open.remove(&these);
    }
    // The newest first: what waits since long ago must not keep what is pending from being settled.
    for (scans, was) in open.into_iter().rev().take(JUDGED_AGAIN) {
        let compared = compare(store, scans.0, scans.1, terms)?;
        let (told, said): (Vec<_>, BTreeSet<_>) = {
            let changes = compared.changes.iter().filter(|change| was.contains_key(&change.id));
            let told: Vec<_> = changes.cloned().collect();
            let moved = told.iter().filter(|change| was.get(&change.id) != Some(&change.trace.state));
            let said = moved.map(|change| change.id.clone()).collect();
            (told, said)
        };
        judged.verdicts.extend(verdicts(&told, scans, terms.now, imports));
        let cites = |finding: &Finding| finding.changes.iter().any(|change| said.contains(change));
        let findings = compared.findings(terms.tuning);
        judged.findings.extend(findings.iter().filter(|finding| cites(finding)).cloned());
        judged.moved.extend(
            told.into_iter()
                .filter(|change| said.contains(&change.id))
                .filter_map(|change| Some(Moved { scans, was: *was.get(&change.id)?, change })),
        );
        let Compared { changes, residues, gathered, .. } = compared;
        if !said.is_empty() {
            judged.again.push(JudgedAgain { scans, changes, residues, findings });
        }
        judged.events.extend(gathered.into_events());
    }
    sort(&mut judged.events);
    rules::worst_first(&mut judged.findings);
    Ok(())
}

/// What waits to be judged again: what was said of each change, by the scans that differ.
type Open = BTreeMap<(ScanId, ScanId), BTreeMap<String, TraceState>>;

/// Returns what may be judged otherwise now, and the verdicts on which no later import can bear: those of
/// which it tells no event and no coverage, from where causes are looked for to where operations end.
fn reopened(store: &Store, now: Timestamp, imports: i64) -> Result<(Open, Vec<Verdict>), store::Error> {
    let waiting = store.unsettled()?;
    let settled = |verdict: &&Verdict| verdict.state != TraceState::Pending;
    let since = waiting.iter().filter(settled).map(|verdict| verdict.imports).min();
    let told = since.map(|since| store.told_since(since)).transpose()?.unwrap_or_default();
    let (mut open, mut untouched) = (Open::new(), Vec::new());
    let mut bearing: BTreeMap<(ScanId, ScanId), bool> = BTreeMap::new();
    for verdict in waiting {
        let bears = match bearing.get(&verdict.scans) {
            _ if verdict.state == TraceState::Pending => true,
            Some(bears) => *bears,
            None => {
                let window =
                    reach(store.scan(verdict.scans.0)?.taken_at, store.scan(verdict.scans.1)?.taken_at);
                let bears = told.iter().any(|told| told.from <= window.to && told.to >= window.from);
                bearing.insert(verdict.scans, bears);
                bears
            }
        };
        if bears {
            open.entry(verdict.scans).or_default().insert(verdict.change, verdict.state);
        } else {
            untouched.push(Verdict { judged_at: now, imports, ..verdict });
        }
    }
    Ok((open, untouched))
}

/// Sorts events by time and id, each once.
fn sort(events: &mut Vec<AuditEvent>) {
    events.sort_by(|one, other| (one.time, &one.id).cmp(&(other.time, &other.id)));
    events.dedup_by(|one, other| one.provider == other.provider && one.id == other.id);
}

/// What two scans and the logs of their time say.
struct Compared {
    changes: Vec<Change>,
    residues: Vec<Residue>,
    accounted: Accounted,
    gathered: Gathered,
    ancestry: Ancestry,
    reverts: Vec<Revert>,
    earlier: Earlier,
    behind: Vec<(EventId, Vec<Actor>)>,
    actors: Actors,
    churn: Churned,
    unused_approvals: Vec<Approval>,
    dormant: Vec<GrantUse>,
}

/// How well the actors of events are known.
#[derive(Default)]
struct Actors {
    /// By the event.
    acquaintances: Vec<(EventId, Acquaintance)>,
    /// Those whose actors were given rights shortly before, with the event that did it.
    granted: Vec<(EventId, EventId)>,
}

impl Compared {
    fn findings(&self, tuning: &Tuning) -> Vec<Finding> {
        let testimony = Testimony {
            residues: &self.residues,
            events: self.gathered.of_the_time(),
            acquaintances: &self.actors.acquaintances,
            violations: &self.gathered.violations(),
            reverts: &self.reverts,
            before: self.gathered.before_the_time(),
            earlier: &self.earlier.changes,
            behind: &self.behind,
            granted: &self.actors.granted,
            estate: Some(&self.earlier.estate),
            lineage: Some(&self.ancestry.lineage),
            churn: &self.churn.found,
            superseded: Some(&self.churn.superseded),
            dormant: &self.dormant,
            tuning,
        };
        rules::judge(&self.changes, testimony)
    }
}

fn compare(
    store: &Store,
    before: ScanId,
    after: ScanId,
    terms: &Terms<'_>,
) -> Result<Compared, store::Error> {
    let transitions = store.transitions(before, after)?;
    let mut changes = drift::compare(&transitions);
    changes.extend(coverage_gaps(store, &store.coverage(after)?, before)?);
    let gathered = gather(store, (before, after), &changes)?;
    let evidence = gathered.evidence(terms);
    trace::explain(&mut changes, &evidence);
    let (residues, accounted) = trace::reckon(&changes, &evidence);
    let behind = trace::actors::hops(gathered.events());
    name_whoever_is_behind(&mut changes, &behind);
    let behind = behind.into_iter().collect();
    let ancestry = ancestry(store, &changes, &residues, (gathered.events(), gathered.of_the_time()))?;
    let earlier = earlier(store, before, &changes, &gathered, terms)?;
    let actors = actors(store, &gathered, terms.now)?;
    let own = &earlier.estate.accounts;
    let churn = churn::judge(store, (before, after), &changes, &residues, (&gathered, own), terms.tuning)?;
    let span = gathered.span();
    let reverts = lineage::reverts(lineage::Evidence {
        lineage: &ancestry.lineage,
        changes: &changes,
        residues: &residues,
        events: gathered.of_the_time(),
        transitions: &transitions,
        span,
    });
    let of_the_time: Vec<Approval> = terms
        .approvals
        .iter()
        .filter(|approval| approval.from <= span.to && approval.to >= span.from)
        .cloned()
        .collect();
    let unused_approvals = trace::unused(&of_the_time, &changes).into_iter().cloned().collect();
    Ok(Compared {
        changes,
        residues,
        accounted,
        gathered,
        ancestry,
        reverts,
        earlier,
        behind,
        actors,
        churn,
        unused_approvals,
        dormant: Vec::new(),
    })
}

/// Adds to each trace the person behind a role, where the log proves who assumed it.
fn name_whoever_is_behind(changes: &mut [Change], chains: &BTreeMap<EventId, Vec<Actor>>) {
    for trace in changes.iter_mut().map(|change| &mut change.trace) {
        let chain = trace.events.iter().find_map(|id| chains.get(id));
        if let Some(person) = chain.and_then(|chain| chain.first()) {
            trace.reason = format!("{}; {} assumed the role", trace.reason, printable(&person.label()));
        }
    }
}

/// Returns how well the actors of the events are known.
fn actors(store: &Store, gathered: &Gathered, now: Timestamp) -> Result<Actors, store::Error> {
    let mut actors = Actors::default();
    if gathered.events().is_empty() {
        return Ok(actors);
    }
    for (id, novelty) in trace::actors::novelty(&store.actors()?, gathered.events(), now) {
        actors.granted.extend(novelty.granted_by.clone().map(|grant| (id.clone(), grant)));
        actors.acquaintances.push((id, novelty.acquaintance()));
    }
    Ok(actors)
}

/// Returns what was said of changes that a later run may judge otherwise; where there was no log at all,
/// nothing was said that could move.
fn verdicts(changes: &[Change], scans: (ScanId, ScanId), now: Timestamp, imports: i64) -> Vec<Verdict> {
    let said = changes.iter().filter(|change| change.kind != ChangeKind::CoverageGap);
    let said = said.filter(|change| !change.trace.is_without_logs());
    said.map(|change| Verdict {
        change: change.id.clone(),
        scans,
        state: change.trace.state,
        judged_at: now,
        imports,
    })
    .collect()
}

/// Returns a gap for every scope that is incomplete now and was complete once; one that was skipped on
/// purpose is none.
fn coverage_gaps(store: &Store, coverage: &[Coverage], before: ScanId) -> Result<Vec<Change>, store::Error> {
    let meant = |status| matches!(status, CoverageStatus::Complete | CoverageStatus::Skipped);
    let incomplete: Vec<&Coverage> = coverage.iter().filter(|coverage| !meant(coverage.status)).collect();
    let listings = store.last_complete(incomplete.iter().map(|coverage| &coverage.scope), before)?;
    let gaps = incomplete.into_iter().zip(listings);
    Ok(gaps.filter_map(|(now, last)| Some(drift::coverage_gap(now, last?.started_at))).collect())
}
