//! How completely everything was listed and logged.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};

use super::{Said, prose};
use crate::model::{CoverageStatus, LogStatus, Plural};
use crate::report::view::{Coverage, LogCoverage};
use crate::report::{View, wording};

/// How many rows a table takes; what is not complete comes first.
const ROWS: usize = 300;

/// A row of the map: provider, account, location.
type Place<'a> = (&'static str, &'a str, &'a str);

/// Returns a map of places by kinds, and the reasons of what is not complete.
pub(super) fn coverage(view: &View) -> Markup {
    let incomplete = view.incomplete_scopes();
    html! {
        section #coverage tabindex="-1" aria-labelledby="coverage-title" {
            h2 #coverage-title { "Coverage" }
            @if view.coverage.is_empty() { p { "No listing is part of this report." } } @else {
                p { "Of what was asked for, " (wording::completeness(view)) ". Numbers are resources listed." }
                (legend())
                (map(&view.coverage))
            }
            @if !incomplete.is_empty() {
                h3 { "Not complete" }
                p { "What is missing here is unknown, not vanished." }
                ul.reasons {
                    @for scope in incomplete.iter().take(ROWS) { li { (reason(scope)) } }
                    @if incomplete.len() > ROWS { li { "and " (incomplete.len() - ROWS) " more" } }
                }
            }
        }
    }
}

fn reason(scope: &Coverage) -> Markup {
    html! {
        span.cell.(scope.status) { (mark(scope.status)) " " (scope.status) } " "
        b { (Said(wording::listing(scope))) } ", " (Plural(scope.listed, "resource")) " listed"
        @if let Some(reason) = &scope.reason { ": " (prose(reason)) }
    }
}

/// Returns the sign of a status, so that colour is never the only carrier.
fn mark(status: CoverageStatus) -> &'static str {
    match status {
        CoverageStatus::Complete => "●",
        CoverageStatus::Partial => "◐",
        CoverageStatus::Denied => "✕",
        CoverageStatus::Throttled => "◷",
        CoverageStatus::Failed => "!",
        CoverageStatus::Skipped => "–",
        CoverageStatus::Unknown => "?",
    }
}

fn legend() -> Markup {
    html! {
        ul.legend aria-label="Legend" {
            @for status in CoverageStatus::ALL { li { span.cell.(status) { (mark(*status)) } " " (status) } }
        }
    }
}

fn map(coverage: &[Coverage]) -> Markup {
    let kinds: BTreeSet<&str> = coverage.iter().map(|scope| scope.kind.as_str()).collect();
    let mut places: BTreeMap<Place<'_>, BTreeMap<&str, &Coverage>> = BTreeMap::new();
    for scope in coverage {
        let place = (scope.provider.as_str(), scope.account.as_str(), scope.location.as_str());
        places.entry(place).or_default().insert(&scope.kind, scope);
    }
    let mut rows: Vec<_> = places.iter().collect();
    rows.sort_by_key(|(_, cells)| cells.values().all(|scope| scope.status == CoverageStatus::Complete));
    html! {
        div.wide tabindex="0" role="region" aria-label="Map of coverage" {
            table.map {
                thead {
                    tr {
                        th scope="col" { "Place" }
                        @for kind in &kinds { th scope="col" { (Said(kind)) } }
                    }
                }
                tbody {
                    @for ((provider, account, location), cells) in rows.iter().take(ROWS) {
                        tr {
                            th scope="row" { b { (provider) } " " (Said(account)) " " (Said(location)) }
                            @for kind in &kinds { td { @if let Some(scope) = cells.get(kind) { (cell(scope)) } } }
                        }
                    }
                }
            }
        }
        @if rows.len() > ROWS { p { "And " (rows.len() - ROWS) " more places, the most complete ones." } }
    }
}

fn cell(scope: &Coverage) -> Markup {
    html! {
        span.cell.(scope.status) title=(scope.status) {
            (mark(scope.status)) " " (scope.listed)
            span.unseen { " " (scope.status) }
        }
    }
}

/// Returns for which times the logs are known to be complete; gaps first.
pub(super) fn logs(view: &View) -> Markup {
    let mut intervals: Vec<_> = view.log_coverage.iter().collect();
    intervals.sort_by_key(|log| log.status == LogStatus::Complete);
    html! {
        section #logs tabindex="-1" aria-labelledby="logs-title" {
            h2 #logs-title { "Logs" }
            @if intervals.is_empty() { p { "No audit log is part of this report." } } @else {
                div.wide tabindex="0" role="region" aria-label="Intervals of the logs" {
                    table {
                        thead {
                            tr { @for column in ["Status", "Log", "From", "To", "By which evidence"] {
                                th scope="col" { (column) }
                            } }
                        }
                        tbody { @for log in intervals.iter().take(ROWS) { (interval(log)) } }
                    }
                }
                @if intervals.len() > ROWS { p { "And " (intervals.len() - ROWS) " more intervals." } }
            }
        }
    }
}

fn interval(log: &LogCoverage) -> Markup {
    let mark = match log.status {
        LogStatus::Complete => "●",
        LogStatus::Unknown => "?",
        LogStatus::Gap => "✕",
        LogStatus::Violated => "!",
    };
    let LogCoverage { provider, account, location, source, .. } = log;
    html! {
        tr {
            td { span.cell.(log.status) { (mark) " " (log.status) } }
            td { (Said(source)) " of " b { (provider) } " " (Said(account)) " " (Said(location)) }
            td.time { (wording::moment(log.from)) }
            td.time { (wording::moment(log.to)) }
            td { (prose(&log.reason)) }
        }
    }
}
