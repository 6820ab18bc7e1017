//! Changes as rows for a spreadsheet.

use std::collections::BTreeSet;
use std::io;

use csv::Writer;
use rustc_hash::FxHashMap;

use crate::model::printable;
use crate::report::view::{Change, Event, Finding, Resource, Scope};
use crate::report::{Format, Style, View, wording};

/// The columns; more may join at the end.
const COLUMNS: [&str; 25] = [
    "band",
    "risk",
    "rules",
    "titles",
    "techniques",
    "status",
    "change",
    "provider",
    "account",
    "location",
    "kind",
    "name",
    "uid",
    "locator",
    "from",
    "to",
    "attributes",
    "trace",
    "reason",
    "change_id",
    "finding_ids",
    "who",
    "from_ip",
    "operations",
    "event_ids",
];

/// The `csv` format: one row per change, with what the findings on it say, the highest risk first.
///
/// A change that several findings cite has the risk of the highest and all their rules; one that none
/// cites has those columns empty; a finding that cites no change has a row of its own. How completely the
/// estate was listed is not in it: the other formats tell.
pub(super) struct Csv;

impl Format for Csv {
    fn id(&self) -> &'static str {
        "csv"
    }

    fn about(&self) -> &'static str {
        "one row per change with its findings, for spreadsheets"
    }

    fn media_type(&self) -> &'static str {
        "text/csv"
    }

    fn render(&self, view: &View, _: &Style, out: &mut dyn io::Write) -> io::Result<()> {
        let mut writer = Writer::from_writer(out);
        writer.write_record(COLUMNS).map_err(cause)?;
        let events = view.events_by_id();
        for row in rows(view) {
            writer.write_record(cells(&row, &events).map(|cell| defuse(&cell))).map_err(cause)?;
        }
        writer.flush()
    }
}

/// Returns what went wrong with the output itself: a reader that went away must be told from the rest.
fn cause(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// A change with its findings, the highest risk first; either may be absent, not both.
struct Row<'a> {
    change: Option<&'a Change>,
    findings: Vec<&'a Finding>,
}

fn rows(view: &View) -> Vec<Row<'_>> {
    let mut by_change: FxHashMap<&str, Vec<&Finding>> = FxHashMap::default();
    let known = view.changes_by_id();
    let mut rows = Vec::new();
    for finding in &view.findings {
        if !finding.changes.iter().any(|id| known.contains_key(id.as_str())) {
            rows.push(Row { change: None, findings: vec![finding] });
        }
        for id in &finding.changes {
            by_change.entry(id).or_default().push(finding);
        }
    }
    for change in &view.changes {
        let findings = by_change.remove(change.id.as_str()).unwrap_or_default();
        rows.push(Row { change: Some(change), findings });
    }
    rows.sort_by_key(|row| std::cmp::Reverse(row.findings.first().map(|finding| finding.risk)));
    rows
}

fn cells(row: &Row<'_>, events: &FxHashMap<&str, &Event>) -> [String; COLUMNS.len()] {
    let Row { change, findings } = row;
    let ids =
        change.map(|change| &change.trace.events).or_else(|| findings.first().map(|first| &first.events));
    let told: Vec<&Event> =
        ids.into_iter().flatten().filter_map(|id| events.get(id.as_str()).copied()).collect();
    let first = findings.first();
    let finding_resource = first.and_then(|finding| finding.resources.first());
    let resource = change.map_or(finding_resource, |change| change.resource.as_ref());
    let finding_scope = first.and_then(|finding| finding.scopes.first());
    let scope = change.map_or(finding_scope, |change| change.scope.as_ref());
    let [provider, account, location, kind] = place(resource, scope);
    let of = |show: fn(&Resource) -> String| resource.map(show).unwrap_or_default();
    let on = |show: fn(&Change) -> String| change.map(show).unwrap_or_default();
    [
        first.map(|finding| finding.band.to_string()).unwrap_or_default(),
        first.map(|finding| finding.risk.to_string()).unwrap_or_default(),
        joined(findings, " ", |finding| finding.rule.clone()),
        joined(findings, "; ", |finding| finding.title.clone()),
        techniques(findings),
        joined(findings, " ", |finding| finding.status.to_string()),
        on(|change| change.kind.to_string()),
        provider,
        account,
        location,
        kind,
        of(|resource| resource.name.clone().unwrap_or_default()),
        of(|resource| resource.uid.to_string()),
        of(|resource| resource.locator.to_string()),
        on(|change| wording::moment(change.window.from)),
        on(|change| wording::moment(change.window.to)),
        on(attributes),
        on(|change| change.trace.state.to_string()),
        on(|change| change.trace.reason.clone()),
        on(|change| change.id.clone()),
        joined(findings, " ", |finding| finding.id.clone()),
        distinct(told.iter().filter_map(|event| event.actor.as_ref()).map(wording::who)),
        distinct(told.iter().filter_map(|event| event.client.as_ref()?.ip.clone())),
        distinct(told.iter().map(|event| event.operation.clone())),
        ids.map(|ids| ids.join(" ")).unwrap_or_default(),
    ]
}

fn distinct(texts: impl Iterator<Item = String>) -> String {
    texts.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join("; ")
}

fn place(resource: Option<&Resource>, scope: Option<&Scope>) -> [String; 4] {
    let of_resource = resource.map(|found| (found.provider, &found.account, &found.location, &found.kind));
    let of_scope = scope.map(|found| (found.provider, &found.account, &found.location, &found.kind));
    of_resource.or(of_scope).map_or_else(Default::default, |(provider, account, location, kind)| {
        [provider.to_string(), account.to_string(), location.to_string(), kind.clone()]
    })
}

fn joined(findings: &[&Finding], separator: &str, show: fn(&Finding) -> String) -> String {
    findings.iter().map(|finding| show(finding)).collect::<Vec<_>>().join(separator)
}

fn techniques(findings: &[&Finding]) -> String {
    let ids: BTreeSet<&str> =
        findings.iter().flat_map(|finding| &finding.techniques).map(String::as_str).collect();
    ids.into_iter().collect::<Vec<_>>().join(" ")
}

fn attributes(change: &Change) -> String {
    let show = |attribute| {
        let wording::Difference { before, after, .. } = wording::difference(attribute, None);
        format!("{}: {before} → {after}", attribute.path)
    };
    change.attributes.iter().map(show).collect::<Vec<_>>().join("; ")
}

/// Makes a cell that no spreadsheet takes for a formula: an apostrophe in front of `=`, `+`, `-`, `@` and
/// their full-width forms, and control characters (tab and carriage return among them) spelt out.
///
/// What follows a `;` is treated like the beginning: where the locale's list separator is the semicolon,
/// spreadsheets split there.
fn defuse(cell: &str) -> String {
    let cell = printable(cell);
    cell.split(';').map(defuse_beginning).collect::<Vec<_>>().join(";")
}

fn defuse_beginning(text: &str) -> String {
    let starts = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];
    let quote = if text.trim_start().starts_with(starts) { "'" } else { "" };
    format!("{quote}{text}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_defused_wherever_a_spreadsheet_may_begin_a_cell() {
        assert_eq!(defuse("=HYPERLINK(1)"), "'=HYPERLINK(1)");
        assert_eq!(defuse(" \u{a0}@SUM(1)"), "' \u{a0}@SUM(1)");
        assert_eq!(defuse("\t=1"), "\\u{9}=1");
        assert_eq!(defuse("a;=1; -2"), "a;'=1;' -2");
        assert_eq!(defuse("＝1"), "'＝1");
    }

    #[test]
    fn ordinary_text_stays_as_it_is() {
        assert_eq!(defuse("web-1; i-0abc"), "web-1; i-0abc");
    }
}
