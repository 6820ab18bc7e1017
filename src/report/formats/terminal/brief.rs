//! One finding in a dozen lines: who, when, where, how sure, what, and what to do next.

use std::collections::BTreeMap;
use std::io;

use super::full::Cited;
use super::page::{Ink, Page};
use crate::model::{Timestamp, short_id};
use crate::report::glance::Glance;
use crate::report::view::{Change, Finding};
use crate::report::wording;

/// How many people, places and acts of one finding are named.
const SHOWN: usize = 4;

/// How many attributes of one change are shown.
const ATTRIBUTES: usize = 3;

/// Writes what stands below the title of a finding.
pub(super) fn brief(
    page: &mut Page<'_>,
    finding: &Finding,
    glance: &Glance,
    cited: &Cited<'_>,
) -> io::Result<()> {
    let who = if glance.who.is_empty() { "nobody known".to_owned() } else { some(&glance.who, ", ") };
    page.field("who", (&who, Ink::Bold))?;
    page.field("when", (&glance.when, Ink::Plain))?;
    if !glance.places.is_empty() {
        page.field("where", (&some(&glance.places, " · "), Ink::Plain))?;
    }
    page.field("how sure", (&glance.sure, Ink::Plain))?;
    if let Some(lost) = &glance.lost {
        page.field("lost", (lost, Ink::Plain))?;
    }
    what(page, finding, cited)?;
    if let Some(decision) = wording::decided(finding) {
        page.field("decision", (&decision, Ink::Plain))?;
    }
    if !finding.why.is_empty() {
        page.field("why", (&wording::why(finding), Ink::Plain))?;
    }
    if !finding.techniques.is_empty() {
        page.field("techniques", (&finding.techniques.join(" · "), Ink::Plain))?;
    }
    let rules = std::iter::once(&finding.rule).chain(&finding.also).cloned().collect::<Vec<_>>().join(" · ");
    page.field("rules", (&rules, Ink::Plain))?;
    page.field("finding", (&format!("{} · {}", short_id(&finding.id), finding.status), Ink::Plain))?;
    match wording::history(finding) {
        Some(command) => page.field("next", (&command, Ink::Cyan)),
        None => Ok(()),
    }
}

/// Writes what was done: the changes, else the operations.
fn what(page: &mut Page<'_>, finding: &Finding, cited: &Cited<'_>) -> io::Result<()> {
    let changes = cited.changes(finding);
    let acts = if changes.is_empty() { operations(finding, cited) } else { lines(&changes, finding) };
    for (place, act) in acts.iter().take(SHOWN).enumerate() {
        page.field(if place == 0 { "what" } else { "" }, (act, Ink::Plain))?;
    }
    page.more(acts.len(), SHOWN)
}

fn lines(changes: &[&Change], finding: &Finding) -> Vec<String> {
    let main = finding.resources.first();
    let line = |change: &&Change| {
        let about = change.resource.as_ref().filter(|of| Some(*of) != main);
        let subject = about.map(|of| format!(" {}", wording::named(of))).unwrap_or_default();
        let differs: Vec<String> = change
            .attributes
            .iter()
            .take(ATTRIBUTES)
            .map(|attribute| {
                let found = wording::difference(attribute, Some(wording::ROOM));
                format!("{}: {} → {}", attribute.path, found.before, found.after)
            })
            .collect();
        let more = change.attributes.len().saturating_sub(ATTRIBUTES);
        let more = if more > 0 { format!("; {more} more") } else { String::new() };
        let colon = if differs.is_empty() { "" } else { ": " };
        format!("{}{subject}{colon}{}{more}", change.kind, differs.join("; "))
    };
    changes.iter().map(line).collect()
}

/// Returns each operation once, with how often it was done and how it ended, the first to be done first.
fn operations(finding: &Finding, cited: &Cited<'_>) -> Vec<String> {
    let events = finding.events.iter().filter_map(|id| cited.events.get(id.as_str()));
    let mut found: BTreeMap<(&str, &str), (Timestamp, u64)> = BTreeMap::new();
    for event in events {
        let entry = found.entry((&event.operation, &event.outcome)).or_insert((event.time, 0));
        *entry = (entry.0.min(event.time), entry.1 + 1);
    }
    let mut found: Vec<_> = found.into_iter().collect();
    found.sort_by_key(|(_, (first, _))| *first);
    let line = |((operation, outcome), (_, count)): ((&str, &str), (_, u64))| match count {
        1 => format!("{operation} {outcome}"),
        _ => format!("{operation} {outcome}, {count} times"),
    };
    found.into_iter().map(line).collect()
}

/// Joins the first of some names, and counts the rest.
fn some(names: &[String], between: &str) -> String {
    let shown = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(between);
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
