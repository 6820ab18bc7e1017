//! What was looked at, what was found, who did it when, and what is not known.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};

use super::Said;
use crate::model::{Band, CoverageStatus, LogStatus, Plural, TraceState, Window};
use crate::report::View;
use crate::report::glance::{Glance, span};
use crate::report::view::Finding;
use crate::report::wording::{self, Gravity};

/// How many names are shown in a card.
const NAMES: usize = 3;

/// How much of a name is shown in a card.
const NAME: usize = 60;

/// Returns the top of the page.
pub(super) fn verdict(view: &View, glances: &[Glance]) -> Markup {
    let (gravity, sign) = match wording::gravity(view) {
        Gravity::Alarm => ("alarm", "Act now"),
        Gravity::Warning => ("warning", "Look into it"),
        Gravity::Calm => ("calm", "All calm"),
    };
    let verdict = wording::verdict(view);
    let (findings, rest) = verdict.split_once(" · ").unwrap_or((&verdict, ""));
    html! {
        section #verdict class={ "verdict " (gravity) } aria-labelledby="headline" {
            p.sign { (sign) }
            h1 #headline { (Said(findings)) }
            p.rest { (Said(rest)) "." }
            @if let Some(compared) = wording::compared(view) { p.compared { "This is " (Said(compared)) "." } }
            div.cards {
                (card("Looked at", &looked_at(view)))
                (card("Found", &found(view)))
                (card("When and by whom", &who_and_when(view, glances)))
                (card("Not known", &not_known(view)))
            }
        }
    }
}

fn card(title: &str, body: &Markup) -> Markup {
    html! { section.card { h2 { (title) } (body) } }
}

fn looked_at(view: &View) -> Markup {
    let mut providers: BTreeMap<_, (BTreeSet<_>, BTreeSet<_>, u64)> = BTreeMap::new();
    for scope in &view.coverage {
        let (accounts, locations, listed) = providers.entry(scope.provider).or_default();
        accounts.insert(&scope.account);
        locations.insert((&scope.account, &scope.location));
        *listed += scope.listed;
    }
    let scans = view.scans.before.as_ref().zip(view.scans.after.as_ref());
    let compared = scans.map(|(before, after)| Window { from: before.taken_at, to: after.taken_at });
    html! {
        @if providers.is_empty() { p { "No listing is part of this report." } }
        ul {
            @for (provider, (accounts, locations, listed)) in &providers {
                li {
                    b { (provider) } ": " (Plural(*listed, "resource")) " in "
                    (Plural(accounts.len() as u64, "account")) ", " (Plural(locations.len() as u64, "place"))
                }
            }
        }
        @if let Some(window) = compared { p { "From " (span(window)) "." } }
        p { (wording::completeness(view)) "." }
    }
}

fn found(view: &View) -> Markup {
    let closed = view.findings.iter().filter(|finding| !finding.is_open()).count();
    html! {
        ul.bands aria-label="Open findings by band" {
            @for band in Band::ALL {
                @let count = view.summary.open.get(band).copied().unwrap_or_default();
                li { a.chip.(band) href={ "#band=" (band) } { (count) " " (band) } }
            }
        }
        @if closed > 0 { p { (closed) " more accepted or resolved." } }
        @if !view.changes.is_empty() {
            p {
                (Plural(view.changes.len() as u64, "change")) ": " (wording::counts(&view.summary.traces)) "."
            }
        }
        @if !view.residues.is_empty() { p { "Only in the logs: " (wording::counts(&view.summary.residues)) "." } }
    }
}

/// Tells of the open findings that are high or worse, or of all open ones where none is.
fn who_and_when(view: &View, glances: &[Glance]) -> Markup {
    let open = |least: Band| -> Vec<(&Finding, &Glance)> {
        let both = view.findings.iter().zip(glances);
        both.filter(|(finding, _)| finding.is_open() && finding.band.reaches(least)).collect()
    };
    let grave = open(Band::High);
    let (told, which) =
        if grave.is_empty() { (open(Band::Info), "open") } else { (grave, "high and critical") };
    if told.is_empty() {
        return html! { p { "Nothing to tell: no finding is open." } };
    }
    let mut actors: BTreeMap<&str, u64> = BTreeMap::new();
    for name in told.iter().flat_map(|(_, glance)| &glance.who) {
        *actors.entry(name).or_default() += 1;
    }
    let mut ranked: Vec<_> = actors.into_iter().collect();
    ranked.sort_by_key(|(name, count)| (std::cmp::Reverse(*count), *name));
    let nobody = told.iter().filter(|(_, glance)| glance.who.is_empty()).count();
    let spans = || told.iter().filter_map(|(_, glance)| glance.span);
    let from = spans().map(|window| window.from).min();
    let to = spans().map(|window| window.to).max();
    html! {
        p.of { "Of the " (which) " findings:" }
        @if let Some((from, to)) = from.zip(to) { p { (span(Window { from, to })) } }
        ul {
            @for (name, count) in ranked.iter().take(NAMES) {
                li { b { (Said(wording::excerpt(name, 0, NAME))) } ": " (Plural(*count, "finding")) }
            }
            @if let Some(more) = ranked.len().checked_sub(NAMES).filter(|more| *more > 0) {
                li { "and " (more) " more" }
            }
            @if nobody > 0 { li { b { "nobody known" } ": " (Plural(nobody as u64, "finding")) } }
        }
    }
}

fn not_known(view: &View) -> Markup {
    let mut holes: Vec<Markup> = Vec::new();
    let incomplete = view.incomplete_scopes();
    if let Some(first) = incomplete.first() {
        let more = incomplete.len() - 1;
        holes.push(html! {
            a href="#coverage" { (Plural(incomplete.len() as u64, "scope")) " not listed completely" }
            ": what is missing there is unknown, not vanished (" (Said(wording::listing(first)))
            @if more > 0 { " and " (more) " more" } ")"
        });
    }
    let gaps = view.log_coverage.iter().filter(|log| log.status != LogStatus::Complete).count() as u64;
    if gaps > 0 {
        holes.push(html! {
            a href="#logs" { (Plural(gaps, "interval")) " of logs" } " not known to be complete"
        });
    } else if view.log_coverage.is_empty() && !view.changes.is_empty() {
        holes.push(html! { "no audit log is part of this report" });
    }
    for (state, says) in [
        (TraceState::LogGap, "in a gap of the logs"),
        (TraceState::Pending, "whose log may still deliver"),
        (TraceState::Unexplained, "that no event explains, though the log is complete"),
        (TraceState::UnexplainedLowConfidence, "that no event explains, in a log that may have holes"),
    ] {
        let count = view.summary.traces.get(&state).copied().unwrap_or_default();
        if count > 0 {
            holes.push(html! { a href={ "#trace=" (state) } { (Plural(count, "change")) } " " (says) });
        }
    }
    let skipped = view.summary.coverage.get(&CoverageStatus::Skipped).copied().unwrap_or_default();
    if skipped > 0 {
        holes.push(html! { (Plural(skipped, "scope")) " skipped on purpose" });
    }
    if view.scans.before.is_none() && view.scans.after.is_some() {
        holes.push(html! { "what was before: this is the first scan" });
    }
    html! {
        @if holes.is_empty() { p { "Nothing that this report could know." } } @else {
            ul { @for hole in &holes { li { (hole) } } }
        }
    }
}
