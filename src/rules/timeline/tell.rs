//! A chain told as a finding.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Step;
use crate::model::Finding;
use crate::rules::Drift;
use crate::rules::finding::{Cited, Facts, woven};
use crate::rules::rule::RuleMeta;
use crate::rules::score::{Bonus, Class};

/// Puts a finding about steps together; they stand in its facts in the order of time.
///
/// Changes of earlier comparisons are told in the facts alone, since no report of this one shows them.
pub(in crate::rules) fn chain(
    meta: &'static RuleMeta,
    (class, bonus): (Class, Bonus),
    steps: &[&Step<'_>],
    drift: &Drift<'_>,
    title: String,
    more: Facts,
) -> Finding {
    let ordered = ordered(steps);
    let mut cited = Cited::default();
    let mut met = BTreeSet::new();
    for step in &ordered {
        cited.changes.extend(step.changes.iter().filter(|change| met.insert(change.id.as_str())));
        cited.residues.extend(step.residues.iter().filter(|residue| met.insert(residue.id.as_str())));
        cited.events.extend(step.event);
    }
    let facts = [facts(&ordered), more].concat();
    woven(meta, (class, bonus), &cited, drift, title, facts)
}

/// Returns the steps and who took them, as facts.
pub(in crate::rules) fn facts(steps: &[&Step<'_>]) -> Facts {
    let by: BTreeSet<String> = steps.iter().filter_map(|step| step.by()).collect();
    let mut told: Vec<Value> = steps.iter().map(|step| step.fact()).collect();
    let rest = told.len().saturating_sub(SHOWN);
    told.truncate(SHOWN);
    let mut facts = vec![("steps", json!(told))];
    if rest > 0 {
        facts.push(("steps_left_out", json!(rest)));
    }
    if !by.is_empty() {
        facts.push(("actors", json!(by)));
    }
    facts
}

/// How many steps a finding spells out.
const SHOWN: usize = 40;

/// Says how long it took from one step to another, where both moments are known: ` within 12 min`.
pub(in crate::rules) fn lasting(first: &Step<'_>, last: &Step<'_>) -> String {
    if !first.is_dated() || !last.is_dated() {
        return String::new();
    }
    match last.window.from.duration_since(first.window.from).as_secs().max(0) {
        seconds @ 0..120 => format!(" within {seconds} s"),
        seconds @ 120..7200 => format!(" within {} min", seconds / 60),
        seconds => format!(" within {} h", seconds / 3600),
    }
}

/// Names the first few of some things: `i-1, i-2 and 3 more`.
pub(in crate::rules) fn listed(labels: &BTreeSet<String>) -> String {
    let few: Vec<&str> = labels.iter().take(3).map(String::as_str).collect();
    match labels.len() - few.len() {
        0 => few.join(", "),
        more => format!("{} and {more} more", few.join(", ")),
    }
}

fn ordered<'s, 'a>(steps: &[&'s Step<'a>]) -> Vec<&'s Step<'a>> {
    let mut ordered = steps.to_vec();
    ordered.sort_by(|one, other| one.order().cmp(&other.order()));
    ordered.dedup_by(|one, other| one.order() == other.order());
    ordered
}
