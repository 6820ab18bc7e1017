//! Who acted, and how the search for the cause of each change ended.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::view::{ActorTally, Ranked};
use crate::model::{Band, FindingStatus, TraceState};
use crate::report::View;
use crate::report::view::{Actor, Change, Finding};

/// A principal's key, and the session or person behind it.
type Who = (String, Option<String>);

/// What the runs of a period say of who acted.
#[derive(Default)]
pub(super) struct Actors {
    named: BTreeMap<Who, Actor>,
    /// Who did each change, and where the search for that ended, by the change's id.
    changes: BTreeMap<String, (TraceState, Option<Who>)>,
    /// The risks of the findings that name somebody, by the finding's id.
    findings: BTreeMap<Who, BTreeMap<String, (u8, Band)>>,
}

impl Actors {
    /// Reads a run; what it says of an earlier change of the period stands.
    pub(super) fn read(&mut self, run: &View) {
        for change in &run.changes {
            let told = self.told(change);
            self.changes.insert(change.id.clone(), told);
        }
        for moved in &run.moved_verdicts {
            let told = self.told(&moved.change);
            if let Some(earlier) = self.changes.get_mut(&moved.change.id) {
                *earlier = told;
            }
        }
        let cited = Cited::of(run);
        for finding in run.findings.iter().filter(|finding| finding.status != FindingStatus::Resolved) {
            for actor in cited.actors(finding) {
                let who = self.name(actor);
                self.findings
                    .entry(who)
                    .or_default()
                    .insert(finding.id.clone(), (finding.risk, finding.band));
            }
        }
    }

    fn told(&mut self, change: &Change) -> (TraceState, Option<Who>) {
        (change.trace.state, change.trace.actor.as_ref().map(|actor| self.name(actor)))
    }

    fn name(&mut self, actor: &Actor) -> Who {
        let who = (actor.key.clone(), actor.session.clone());
        self.named.insert(who.clone(), actor.clone());
        who
    }

    /// Returns the changes by trace state, and the first so many actors.
    pub(super) fn sum(self, first: usize) -> (BTreeMap<TraceState, u64>, Ranked<ActorTally>) {
        let mut traces: BTreeMap<_, _> = TraceState::ALL.iter().map(|state| (*state, 0)).collect();
        let mut changes: BTreeMap<Who, u64> = BTreeMap::new();
        for (state, who) in self.changes.into_values() {
            *traces.entry(state).or_default() += 1;
            if let Some(who) = who {
                *changes.entry(who).or_default() += 1;
            }
        }
        let mut findings = self.findings;
        let tallies = self.named.into_iter().filter_map(|(who, actor)| {
            let changes = changes.remove(&who).unwrap_or_default();
            let findings = findings.remove(&who).unwrap_or_default();
            let worst = findings.values().max_by_key(|(risk, _)| *risk).copied();
            // A verdict that moved away from somebody leaves nothing of them.
            (changes > 0 || !findings.is_empty()).then(|| ActorTally {
                actor,
                findings: findings.len() as u64,
                changes,
                worst_risk: worst.map(|(risk, _)| risk),
                worst_band: worst.map(|(_, band)| band),
            })
        });
        let mut ranked: Vec<_> = tallies.collect();
        ranked.sort_by_key(|tally| Reverse((tally.worst_risk, tally.findings, tally.changes)));
        let all = ranked.len() as u64;
        ranked.truncate(first);
        (traces, Ranked { all, first: ranked })
    }
}

/// What the findings of a run cite, by id.
struct Cited<'a> {
    changes: BTreeMap<&'a str, &'a Change>,
    residues: BTreeMap<&'a str, (&'a [String], Option<&'a Actor>)>,
    events: BTreeMap<&'a str, &'a Actor>,
}

impl<'a> Cited<'a> {
    fn of(run: &'a View) -> Self {
        let moved = run.moved_verdicts.iter().map(|moved| &moved.change);
        let changes = run.changes.iter().chain(moved);
        let residues = run.residues.iter();
        let events = run.events.iter().filter_map(|event| Some((event.id.as_str(), event.actor.as_ref()?)));
        Self {
            changes: changes.map(|change| (change.id.as_str(), change)).collect(),
            residues: residues
                .map(|residue| (residue.id.as_str(), (&*residue.events, residue.actor.as_ref())))
                .collect(),
            events: events.collect(),
        }
    }

    /// Returns whom the changes, residues and events of a finding name, each once.
    fn actors(&self, finding: &Finding) -> Vec<&'a Actor> {
        let changes: Vec<_> = finding.changes.iter().filter_map(|id| self.changes.get(id.as_str())).collect();
        let residues: Vec<_> =
            finding.residues.iter().filter_map(|id| self.residues.get(id.as_str())).collect();
        let told = changes.iter().flat_map(|change| &change.trace.events);
        let left = residues.iter().flat_map(|(events, _)| *events);
        let events = finding.events.iter().chain(told).chain(left);
        let of_events = events.filter_map(|id| self.events.get(id.as_str()).copied());
        let of_changes = changes.iter().filter_map(|change| change.trace.actor.as_ref());
        let of_residues = residues.iter().filter_map(|(_, actor)| *actor);
        let mut seen = BTreeSet::new();
        let all = of_events.chain(of_changes).chain(of_residues);
        all.filter(|actor| seen.insert((&actor.key, &actor.session))).collect()
    }
}
