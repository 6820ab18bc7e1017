//! What runs and logs say of a resource, gathered for a page.

use std::collections::{BTreeMap, BTreeSet};

use super::{Chapter, Life, ending};
use crate::cli::findings::told::told;
use crate::cli::{Failure, family};
use crate::model::{
    AccountId, Change, ChangeKind, CoverageStatus, EVERYWHERE, Location, NodeKey, Provider, ResourceKey,
    ScanId, ScanState, Scope, Timestamp, Window,
};
use crate::pipeline::log_turns;
use crate::report::history::{self, Blind, History, Said};
use crate::report::view::{self, Finding, Resource, View};
use crate::store::{RunChoice, Store};
use crate::trace;

/// Gathers what is known of the lives of resources.
pub(super) fn gather(store: &Store, lives: &[(ResourceKey, Life)]) -> Result<History, Failure> {
    let scans: Vec<_> = store.scans()?.into_iter().filter(|scan| scan.state == ScanState::Sealed).collect();
    let scans: Vec<view::Scan> = scans.iter().map(Into::into).collect();
    let mut known = Known { keys: lives.iter().map(|(key, _)| key).collect(), ..Known::default() };
    for run in store.runs()?.into_iter().rev() {
        let stored = store.run(RunChoice::Number(run.id))?;
        let view: View = serde_json::from_slice(&stored.view).map_err(Failure::StoredReport)?;
        known.read(&view, run.after);
    }
    let mut pages = Vec::new();
    for (key, life) in lives {
        pages.extend(known.life(key, life));
    }
    let mut places: Vec<Scope> = Vec::new();
    for (key, life) in lives {
        let Some(last) = life.chapters.last() else { continue };
        let resource = &last.revision.resource;
        let (account, location) = (resource.account.clone(), resource.location.clone());
        places.push(Scope { provider: key.provider, account, location, kind: key.kind });
        known.events(life);
        known.lineage(life);
    }
    places.sort();
    places.dedup();
    let since = lives.iter().filter_map(|(_, life)| life.chapters.first()).map(|first| first.taken_at).min();
    let mut blind = Vec::new();
    for place in &places {
        blind.extend(blind_times(store, place, since.unwrap_or(Timestamp::MIN))?);
    }
    let findings = standing(store, &known.findings.keys().cloned().collect())?;
    let to = scans.last().map_or(Timestamp::MAX, |scan| scan.taken_at);
    let span = Window { from: since.unwrap_or(to).min(to), to };
    let said = known.said(findings, logs(store, &places, span)?);
    Ok(History { lives: pages, view: said.view(&scans), scans, blind })
}

/// Returns findings as they were told last, with where they stand now, in the order of falling risk.
fn standing(store: &Store, ids: &BTreeSet<String>) -> Result<Vec<Finding>, Failure> {
    let records = store.all_findings()?.into_iter().filter(|record| ids.contains(&record.id));
    let told = told(store, records.collect(), Timestamp::now())?;
    let mut findings: Vec<_> = told.into_iter().map(|told| told.finding).collect();
    findings.sort_by(|a, b| (b.risk, b.impact, &a.id).cmp(&(a.risk, a.impact, &b.id)));
    Ok(findings)
}

/// Returns for which times the logs of places are known to be complete.
fn logs(store: &Store, places: &[Scope], span: Window) -> Result<Vec<view::LogCoverage>, Failure> {
    let turns = trace::fold(log_turns(store)?);
    let settled = trace::settled_coverage(&store.log_intervals_between(span)?, &turns);
    let of_place = |provider: Provider, account: &AccountId, location: &Location| {
        places.iter().any(|place| {
            let everywhere = location.as_str() == EVERYWHERE;
            place.provider == provider
                && place.account == *account
                && (everywhere || place.location == *location)
        })
    };
    let mut logs: Vec<view::LogCoverage> = settled.iter().map(Into::into).collect();
    logs.retain(|log| {
        of_place(log.provider, &log.account, &log.location) && log.to > span.from && log.from < span.to
    });
    for log in &mut logs {
        (log.from, log.to) = (log.from.max(span.from), log.to.min(span.to));
    }
    Ok(logs)
}

/// Returns the times since a moment in which a place could not be seen: between its complete listings.
fn blind_times(store: &Store, place: &Scope, since: Timestamp) -> Result<Vec<Blind>, Failure> {
    let mut times: Vec<Blind> = Vec::new();
    let mut seen: Option<Timestamp> = None;
    let mut open = false;
    for (taken_at, listing) in store.listings_of(place)?.into_iter().filter(|(at, _)| *at >= since) {
        if open && let Some(last) = times.last_mut() {
            last.to = taken_at;
        }
        open = listing.status != CoverageStatus::Complete;
        if !open {
            seen = Some(taken_at);
            continue;
        }
        let view::Coverage { status, reason, .. } = view::Coverage::from(&listing);
        match times.last_mut().filter(|last| last.to == taken_at && Some(last.to) != seen) {
            Some(last) => (last.status, last.reason) = (status, reason),
            None => times.push(Blind {
                provider: place.provider,
                account: place.account.clone(),
                location: place.location.clone(),
                from: seen.unwrap_or(taken_at),
                to: taken_at,
                status,
                reason,
            }),
        }
    }
    Ok(times)
}

/// What the runs say of some resources.
#[derive(Default)]
struct Known<'a> {
    keys: BTreeSet<&'a ResourceKey>,
    changes: BTreeMap<String, view::Change>,
    /// The changes by the scan that shows them, which a revision begins with.
    by_scan: BTreeMap<(ScanId, String, ChangeKind), String>,
    residues: BTreeMap<String, view::Residue>,
    events: BTreeMap<String, view::Event>,
    findings: BTreeMap<String, Finding>,
    rules: BTreeMap<String, view::Rule>,
    lineage: view::Lineage,
}

impl Known<'_> {
    fn is_about(&self, resource: &Resource) -> bool {
        self.keys.iter().any(|key| {
            key.provider == resource.provider && key.uid == resource.uid && key.kind.as_str() == resource.kind
        })
    }

    fn read(&mut self, run: &View, scan: ScanId) {
        let about = |change: &&view::Change| change.resource.as_ref().is_some_and(|it| self.is_about(it));
        let fresh: Vec<_> = run.changes.iter().filter(about).cloned().collect();
        let moved: Vec<_> =
            run.moved_verdicts.iter().map(|moved| &moved.change).filter(about).cloned().collect();
        for change in fresh {
            let uid = change.resource.as_ref().map(|resource| resource.uid.to_string()).unwrap_or_default();
            self.by_scan.insert((scan, uid, change.kind), change.id.clone());
            self.changes.insert(change.id.clone(), change);
        }
        self.changes.extend(moved.into_iter().map(|change| (change.id.clone(), change)));
        let mut cited: BTreeSet<&String> = BTreeSet::new();
        for residue in &run.residues {
            if residue.resource.as_ref().is_some_and(|it| self.is_about(it)) {
                cited.extend(&residue.events);
                self.residues.insert(residue.id.clone(), residue.clone());
            }
        }
        for finding in &run.findings {
            let shown = finding.changes.iter().any(|id| self.changes.contains_key(id));
            if shown || finding.resources.iter().any(|it| self.is_about(it)) {
                cited.extend(&finding.events);
                self.findings.insert(finding.id.clone(), finding.clone());
                let named = |rule: &&view::Rule| rule.id == finding.rule || finding.also.contains(&rule.id);
                self.rules.extend(run.rules.iter().filter(named).map(|rule| (rule.id.clone(), rule.clone())));
            }
        }
        for change in self.changes.values() {
            let trace = &change.trace;
            let ids = trace.events.iter().chain(&trace.candidates).chain(&trace.caused_by);
            cited.extend(
                run.events.iter().map(|event| &event.id).filter(|id| ids.clone().any(|of| of == *id)),
            );
        }
        let events = run.events.iter().filter(|event| cited.contains(&event.id));
        self.events.extend(events.map(|event| (event.id.clone(), event.clone())));
    }

    /// Adds the events that name a resource.
    fn events(&mut self, life: &Life) {
        let events = life.chapters.iter().flat_map(|chapter| &chapter.events).chain(&life.later);
        self.events.extend(events.map(|event| (event.id.to_string(), event.into())));
    }

    /// Adds what a resource's disks come from, each thing once.
    fn lineage(&mut self, life: &Life) {
        let view::Lineage { nodes, edges, slots } = view::Lineage::from(&life.lineage);
        let known = &mut self.lineage;
        known.nodes.extend(nodes.into_iter().filter(|node| !known.nodes.contains(node)).collect::<Vec<_>>());
        known.edges.extend(edges.into_iter().filter(|edge| !known.edges.contains(edge)).collect::<Vec<_>>());
        known.slots.extend(slots.into_iter().filter(|slot| !known.slots.contains(slot)).collect::<Vec<_>>());
    }

    fn life(&mut self, key: &ResourceKey, life: &Life) -> Option<history::Life> {
        let last = life.chapters.last()?;
        let resource = &last.revision.resource;
        let mut ancestry = Vec::new();
        // Writing into memory does not fail.
        let _ = family::tell(&NodeKey::from(key), &life.lineage, &mut ancestry);
        Some(history::Life {
            resource: resource.into(),
            created_at: resource.created_at,
            revisions: life.chapters.iter().map(|chapter| self.revision(key, chapter)).collect(),
            ending: last.revision.until_scan.map(|scan| ending(resource, scan)),
            ancestry: String::from_utf8_lossy(&ancestry).into_owned(),
        })
    }

    /// Returns a revision with what the runs say of its changes; a change that no run told is added as it is.
    fn revision(&mut self, key: &ResourceKey, chapter: &Chapter) -> history::Revision {
        let from = chapter.revision.from_scan;
        let mut told = |change: &Change| {
            let known = self.by_scan.get(&(from, key.uid.to_string(), change.kind));
            if let Some(known) = known.and_then(|id| self.changes.get(id)) {
                return known.clone();
            }
            let change = view::Change::from(change);
            self.changes.insert(change.id.clone(), change.clone());
            change
        };
        history::Revision {
            from,
            taken_at: chapter.taken_at,
            until: chapter.revision.until_scan,
            changes: chapter.changes.iter().map(&mut told).collect(),
        }
    }

    fn said(self, findings: Vec<Finding>, log_coverage: Vec<view::LogCoverage>) -> Said {
        let mut changes: Vec<_> = self.changes.into_values().collect();
        changes.sort_by(|a, b| (a.window, &a.id).cmp(&(b.window, &b.id)));
        let mut residues: Vec<_> = self.residues.into_values().collect();
        residues.sort_by(|a, b| (a.window, &a.id).cmp(&(b.window, &b.id)));
        let mut events: Vec<_> = self.events.into_values().collect();
        events.sort_by(|a, b| (a.time, &a.id).cmp(&(b.time, &b.id)));
        let rules = self.rules.into_values().collect();
        Said { changes, residues, events, findings, rules, log_coverage, lineage: self.lineage }
    }
}
