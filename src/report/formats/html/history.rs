//! One resource's life as a page: the parts of the report's page, over everything that is known of it.

use std::io;

use maud::{Markup, html};

use super::data::{self, Data};
use super::page::{enlivened, header, opening};
use super::{Said, coverage, findings, policy, prose, script};
use crate::model::AttributeChange;
use crate::report::glance;
use crate::report::history::{Life, Revision};
use crate::report::view::Change;
use crate::report::{History, Style, wording};

/// The sections that the navigation names, in order.
const SECTIONS: [(&str, &str); 7] = [
    ("timeline", "Time line"),
    ("revisions", "Revisions"),
    ("findings", "Findings"),
    ("changes", "Changes"),
    ("residues", "Only in the logs"),
    ("events", "Events"),
    ("logs", "Logs"),
];

/// How much of a value stands in a cell.
const ROOM: usize = 4_000;

/// Writes the page.
pub(super) fn render(history: &History, _: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    let script = script();
    let glances = glance::glances(&history.view);
    let generator = format!("driftline {}", history.view.run.version);
    write!(out, "{}", opening(&title(history), &generator, &policy(Some(&script))).0)?;
    write!(out, "{}", body(history, &glances).0)?;
    write!(out, "<script type=\"application/json\" id=\"report\">")?;
    let mut data = Data::of(&history.view, &glances);
    (data.scans, data.blind) = (history.scans.iter().collect(), &history.blind);
    data::write(&data, out)?;
    writeln!(out, "</script>\n<script>{script}</script>\n</body>\n</html>")
}

/// Returns what the page is about: the name that several bore, or the resource.
fn title(history: &History) -> String {
    history.lives.first().map(|life| wording::named(&life.resource)).unwrap_or_default()
}

fn body(history: &History, glances: &[glance::Glance]) -> Markup {
    html! {
        (header(("revisions", "Skip to the revisions"), &SECTIONS, true))
        main #main {
            section.verdict aria-labelledby="headline" {
                h1 #headline { (Said(title(history))) }
                @for life in &history.lives { (facts(life)) }
            }
            noscript {
                p.note { "The time line, filters and the evidence of findings need the script that the page carries." }
            }
            (enlivened("timeline", "Time line", "when everything happened"))
            section #revisions tabindex="-1" aria-labelledby="revisions-title" {
                h2 #revisions-title { "Revisions" }
                @for life in &history.lives { (revisions(life, history.lives.len() > 1)) }
            }
            (findings::findings(&history.view, glances))
            (enlivened("changes", "Changes", "what differs, and how it is traced"))
            (enlivened("residues", "Only in the logs", "what the logs tell and no state shows"))
            (enlivened("events", "Events", "every event that names it"))
            (blind(history))
            (coverage::logs(&history.view))
        }
    }
}

fn facts(life: &Life) -> Markup {
    let resource = &life.resource;
    html! {
        dl.facts {
            dt { "Resource" } dd { (Said(wording::placed(resource))) }
            @if resource.locator.as_str() != resource.uid.as_str() { dt { "Locator" } dd { (Said(&resource.locator)) } }
            @if let Some(created) = life.created_at { dt { "Created" } dd { (wording::moment(created)) } }
            @if let Some(ending) = &life.ending { dt { "Ended" } dd { (Said(ending)) } }
        }
    }
}

fn revisions(life: &Life, several: bool) -> Markup {
    html! {
        @if several { h3 { (Said(wording::named(&life.resource))) } }
        @for (place, of) in life.revisions.iter().enumerate() { (revision(place, of)) }
        @if let Some(ending) = &life.ending { p { b { (Said(ending)) } } }
        @if !life.ancestry.is_empty() {
            h3 { "Ancestry" }
            div.wide tabindex="0" role="region" aria-label="Ancestry" {
                pre.mono { @for line in life.ancestry.trim_matches('\n').lines() { (Said(line)) "\n" } }
            }
        }
    }
}

fn revision(place: usize, revision: &Revision) -> Markup {
    let until =
        revision.until.map_or_else(|| "until now".to_owned(), |scan| format!("until before scan {scan}"));
    html! {
        h4 { "Revision " (place + 1) }
        p.faint { "from scan " (revision.from) " of " (wording::moment(revision.taken_at)) ", " (until) }
        @if place == 0 { p { "First seen." } }
        @else if revision.changes.is_empty() { p { "Only evidence moved." } }
        @for change in &revision.changes { (differs(change)) }
    }
}

fn differs(change: &Change) -> Markup {
    html! {
        p { b { (change.kind) } ", " (prose(&wording::traced(&change.trace))) }
        @if !change.attributes.is_empty() {
            div.wide tabindex="0" role="region" aria-label={ "What differs, " (change.kind) } {
                table.diff {
                    thead { tr { @for column in ["Attribute", "Before", "After"] { th scope="col" { (column) } } } }
                    tbody { @for attribute in &change.attributes { (values(attribute)) } }
                }
            }
        }
    }
}

fn values(attribute: &AttributeChange) -> Markup {
    let wording::Difference { before, after, .. } = wording::difference(attribute, Some(ROOM));
    html! {
        tr {
            th scope="row" { (Said(&attribute.path)) }
            td { @if attribute.before.is_some() { del { (Said(before)) } } @else { span.faint { (before) } } }
            td { @if attribute.after.is_some() { ins { (Said(after)) } } @else { span.faint { (after) } } }
        }
    }
}

fn blind(history: &History) -> Markup {
    html! {
        section #blind aria-labelledby="blind-title" {
            h2 #blind-title { "When it could not be seen" }
            @if history.blind.is_empty() { p { "Every listing of its place was complete." } } @else {
                ul.reasons {
                    @for time in &history.blind {
                        li {
                            span.cell.(time.status) { (time.status) } " "
                            b { (wording::moment(time.from)) " to " (wording::moment(time.to)) }
                            @if let Some(reason) = &time.reason { ": " (Said(reason)) }
                        }
                    }
                }
            }
        }
    }
}
