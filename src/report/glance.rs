//! A finding's who, when, where and how sure, in words.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;
use serde::Serialize;

use super::view::{Actor, Change, Event, Finding, Residue};
use super::{View, wording};
use crate::model::{Plural, Timestamp, Window};

/// What a reader wants to know of a finding first.
#[derive(Debug, Serialize)]
pub(super) struct Glance {
    /// Who did it; empty where nobody knows.
    pub(super) who: Vec<String>,
    /// When, as a phrase.
    pub(super) when: String,
    /// The same as moments, where more than the scans tells it.
    #[serde(skip)]
    pub(super) span: Option<Window>,
    /// Where: `provider account location`.
    pub(super) places: Vec<String>,
    /// How sure it is, and by which evidence.
    pub(super) sure: String,
    /// What was written in which time and is gone, as a phrase.
    pub(super) lost: Option<String>,
}

/// Returns the glance of each finding, in order.
pub(super) fn glances(view: &View) -> Vec<Glance> {
    let known =
        Known { changes: view.changes_by_id(), residues: view.residues_by_id(), events: view.events_by_id() };
    view.findings.iter().map(|finding| known.glance(finding)).collect()
}

/// Returns a span of time as a phrase; its day is said once where both ends share it.
pub(super) fn span(window: Window) -> String {
    let (from, to) = (wording::moment(window.from), wording::moment(window.to));
    let same_day = from.split(' ').next() == to.split(' ').next();
    match to.split(' ').nth(1) {
        _ if from == to => from,
        Some(time) if same_day => format!("{from} to {time}"),
        _ => format!("{from} to {to}"),
    }
}

/// What findings cite, by id.
struct Known<'a> {
    changes: FxHashMap<&'a str, &'a Change>,
    residues: FxHashMap<&'a str, &'a Residue>,
    events: FxHashMap<&'a str, &'a Event>,
}

/// What one finding cites.
struct Cited<'a> {
    changes: Vec<&'a Change>,
    residues: Vec<&'a Residue>,
    events: Vec<&'a Event>,
}

impl<'a> Known<'a> {
    fn glance(&self, finding: &'a Finding) -> Glance {
        let cited = self.cited(finding);
        let (span, when) = cited.when(finding);
        let (places, sure, lost) = (places(finding, &cited), cited.sure(finding), lost(finding));
        Glance { who: cited.who(), when, span, places, sure, lost }
    }

    fn cited(&self, finding: &'a Finding) -> Cited<'a> {
        let changes: Vec<_> =
            finding.changes.iter().filter_map(|id| self.changes.get(id.as_str()).copied()).collect();
        let residues: Vec<_> =
            finding.residues.iter().filter_map(|id| self.residues.get(id.as_str()).copied()).collect();
        let of_changes = changes.iter().flat_map(|change| &change.trace.events);
        let of_residues = residues.iter().flat_map(|residue| &residue.events);
        let ids: BTreeSet<_> = finding.events.iter().chain(of_changes).chain(of_residues).collect();
        let mut events: Vec<_> =
            ids.into_iter().filter_map(|id| self.events.get(id.as_str()).copied()).collect();
        events.sort_by_key(|event| event.time);
        Cited { changes, residues, events }
    }
}

impl Cited<'_> {
    /// Returns who did it, the first to act first.
    fn who(&self) -> Vec<String> {
        let of_events = self.events.iter().filter_map(|event| event.actor.as_ref());
        let of_changes = self.changes.iter().filter_map(|change| change.trace.actor.as_ref());
        let of_residues = self.residues.iter().filter_map(|residue| residue.actor.as_ref());
        let mut names: Vec<String> = Vec::new();
        for name in of_events.chain(of_changes).chain(of_residues).map(|actor: &Actor| wording::who(actor)) {
            if !name.is_empty() && !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// Returns when it was: by its events, else by what a rule knows, else between the scans that show it.
    fn when(&self, finding: &Finding) -> (Option<Window>, String) {
        if let (Some(first), Some(last)) = (self.events.first(), self.events.last()) {
            let window = Window { from: first.time, to: last.time };
            return (Some(window), span(window));
        }
        let reverted = finding.facts.get("reverted_at").and_then(|at| at.as_str());
        if let Some(at) = reverted.and_then(|at| at.parse::<Timestamp>().ok()) {
            return (Some(Window { from: at, to: at }), wording::moment(at));
        }
        let changes = self.changes.iter().map(|change| change.window);
        let windows: Vec<_> = changes.chain(self.residues.iter().map(|residue| residue.window)).collect();
        let from = windows.iter().map(|window| window.from).min();
        let to = windows.iter().map(|window| window.to).max();
        match (from, to) {
            (Some(from), Some(to)) => (None, format!("within {}", span(Window { from, to }))),
            _ => (None, "not known".to_owned()),
        }
    }

    /// Returns how sure it is: what the logs say of its changes, and what a rule says of its own evidence.
    fn sure(&self, finding: &Finding) -> String {
        let mut states = BTreeMap::new();
        for change in &self.changes {
            *states.entry(change.trace.state).or_insert(0_u64) += 1;
        }
        let mut parts = Vec::new();
        match (states.first_key_value(), self.changes.len()) {
            (None, _) if !self.residues.is_empty() => parts.push("only the log shows it".to_owned()),
            (None, _) if !self.events.is_empty() => parts.push("the log tells it".to_owned()),
            (None, _) => {}
            (Some((state, _)), _) if states.len() == 1 => parts.push(state.to_string()),
            (Some(_), all) => {
                parts.push(format!("{}: {}", Plural(all as u64, "change"), wording::counts(&states)));
            }
        }
        parts.extend(match finding.facts.get("seen_in").and_then(|seen| seen.as_str()) {
            Some("both") => Some("seen in state and log".to_owned()),
            Some(seen) => Some(format!("seen in {seen} alone")),
            None => None,
        });
        let strength = finding.facts.get("strength").and_then(serde_json::Value::as_u64);
        parts.extend(strength.map(|strength| format!("evidence {strength} of 5")));
        if parts.is_empty() { "not known".to_owned() } else { parts.join(", ") }
    }
}

/// Returns what a revert lost: how long, and since when.
fn lost(finding: &Finding) -> Option<String> {
    let seconds = finding.facts.get("lost_seconds")?.as_i64().filter(|seconds| *seconds > 0)?;
    let since: Timestamp = finding.facts.get("reverted_to")?.as_str()?.parse().ok()?;
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    let parts = [(days, "d"), (hours, "h"), (minutes, "min")];
    let long: Vec<_> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, unit)| format!("{count} {unit}")).collect();
    let long = if long.is_empty() { "less than a minute".to_owned() } else { long.join(" ") };
    Some(format!("what was written in {long}, since {}", wording::moment(since)))
}

fn places(finding: &Finding, cited: &Cited<'_>) -> Vec<String> {
    let of_resources = finding.resources.iter().map(|at| (at.provider, &at.account, &at.location));
    let of_scopes = finding.scopes.iter().map(|at| (at.provider, &at.account, &at.location));
    let named: BTreeSet<_> = of_resources.chain(of_scopes).collect();
    let of_events = cited
        .events
        .iter()
        .filter_map(|event| Some((event.provider, event.account.as_ref()?, event.location.as_ref()?)));
    let all = if named.is_empty() { of_events.collect() } else { named };
    all.into_iter().map(|(provider, account, location)| format!("{provider} {account} {location}")).collect()
}
