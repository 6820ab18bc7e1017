//! One finding with all its evidence, and what other sections show of it.

use std::io;

use rustc_hash::FxHashMap;

use super::page::{Ink, Page};
use crate::report::view::{Change, Event, Finding, Resource};
use crate::report::{View, wording};

/// What a report holds, by id.
pub(super) struct Cited<'a> {
    pub(super) changes: FxHashMap<&'a str, &'a Change>,
    pub(super) events: Events<'a>,
}

/// The events of a report, by their id.
pub(super) type Events<'a> = FxHashMap<&'a str, &'a Event>;

impl<'a> Cited<'a> {
    /// Looks all of it up.
    pub(super) fn of(view: &'a View) -> Self {
        Self { changes: view.changes_by_id(), events: view.events_by_id() }
    }

    /// Returns the changes that a finding cites.
    pub(super) fn changes(&self, finding: &Finding) -> Vec<&'a Change> {
        finding.changes.iter().filter_map(|id| self.changes.get(id.as_str()).copied()).collect()
    }
}

/// Writes what stands below the title of a finding, uncut.
pub(super) fn full(page: &mut Page<'_>, finding: &Finding, cited: &Cited<'_>) -> io::Result<()> {
    let Finding { rule, status, id, .. } = finding;
    page.field("rule", (&format!("{rule} · {status} · finding {id}"), Ink::Plain))?;
    if !finding.also.is_empty() {
        page.field("also", (&finding.also.join(" · "), Ink::Plain))?;
    }
    if let Some(decision) = wording::decided(finding) {
        page.field("decision", (&decision, Ink::Plain))?;
    }
    for technique in &finding.techniques {
        page.field("technique", (&wording::technique(technique), Ink::Plain))?;
    }
    about(page, finding)?;
    changes_of(page, finding, cited)?;
    if finding.changes.is_empty() {
        cite(page, "event", &finding.events, &cited.events)?;
    }
    for (place, (name, fact)) in finding.facts.iter().enumerate() {
        let label = if place == 0 { "facts" } else { "" };
        page.field(label, (&format!("{name}: {}", wording::text(fact)), Ink::Plain))?;
    }
    if !finding.why.is_empty() {
        page.field("why", (&wording::why(finding), Ink::Plain))?;
    }
    match wording::history(finding) {
        Some(command) => page.field("next", (&command, Ink::Cyan)),
        None => Ok(()),
    }
}

fn about(page: &mut Page<'_>, finding: &Finding) -> io::Result<()> {
    let resources = finding.resources.iter().map(|resource| ("resource", wording::placed(resource)));
    let scopes = finding.scopes.iter().map(|scope| ("scope", wording::scope(scope)));
    for (label, text) in resources.chain(scopes) {
        page.field(label, (&text, Ink::Plain))?;
    }
    match finding.resources.first() {
        Some(main) if main.locator.as_str() != main.uid.as_str() => {
            page.field("locator", (main.locator.as_str(), Ink::Plain))
        }
        _ => Ok(()),
    }
}

fn changes_of(page: &mut Page<'_>, finding: &Finding, known: &Cited<'_>) -> io::Result<()> {
    let main = finding.resources.first();
    let cited = known.changes(finding);
    let mut following = cited.iter().peekable();
    while let Some(change) = following.next() {
        change_under(page, change, main)?;
        if following.peek().is_none_or(|next| next.trace != change.trace) {
            trace(page, change, &known.events)?;
        }
    }
    Ok(())
}

/// Writes one change and what differs.
pub(super) fn change_under(page: &mut Page<'_>, change: &Change, main: Option<&Resource>) -> io::Result<()> {
    let known = change.resource.is_none() || change.resource.as_ref() == main;
    let subject = if known { String::new() } else { format!(" {}", wording::subject(change)) };
    let text = format!("{}{subject} {}", change.kind, wording::between(&change.window));
    page.field("change", (&text, Ink::Plain))?;
    for attribute in &change.attributes {
        let found = wording::difference(attribute, None);
        page.field("", (&format!("{}: {} → {}", attribute.path, found.before, found.after), Ink::Plain))?;
    }
    Ok(())
}

/// Writes where the search for a change's cause ended, who did it, and the events that say so.
pub(super) fn trace(page: &mut Page<'_>, change: &Change, events: &Events<'_>) -> io::Result<()> {
    let trace = &change.trace;
    page.field("trace", (&wording::traced(trace), Ink::Plain))?;
    cite(page, "event", &trace.events, events)?;
    cite(page, "set up by", trace.caused_by.as_slice(), events)?;
    cite(page, "candidate", &trace.candidates, events)
}

/// Writes events, each with who, when, from where and with what.
pub(super) fn cite(page: &mut Page<'_>, label: &str, ids: &[String], events: &Events<'_>) -> io::Result<()> {
    for id in ids {
        let text =
            events.get(id.as_str()).map_or_else(|| format!("event {id}"), |event| wording::deed(event));
        page.field(label, (&text, Ink::Plain))?;
    }
    Ok(())
}
