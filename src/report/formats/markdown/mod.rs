//! Tables for a ticket, a wiki or a pull request.

mod period;

use std::io::{self, Write};

use crate::model::printable;
use crate::report::view::{Change, Coverage, Event, Finding, LogCoverage, MovedVerdict, Residue};
use crate::report::{Format, Period, Renderer, Style, View, wording};

/// How many attributes of one change are shown.
const ATTRIBUTES: usize = 8;

/// The `markdown` format: tables in GitHub's dialect.
///
/// Names and values stand in code spans or are escaped: they make no link, image, mention, HTML or cell.
pub(super) struct Markdown;

impl Format for Markdown {
    fn id(&self) -> &'static str {
        "markdown"
    }

    fn about(&self) -> &'static str {
        "tables for a ticket or a wiki"
    }

    fn media_type(&self) -> &'static str {
        "text/markdown"
    }

    fn render(&self, view: &View, _: &Style, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "# driftline: {}\n", wording::verdict(view))?;
        if let Some(compared) = wording::compared(view) {
            writeln!(out, "This is {compared}.\n")?;
        }
        table(out, "Findings", FINDINGS, view.findings.iter().map(finding))?;
        table(out, "Changes", CHANGES, view.changes.iter().map(change))?;
        if !view.residues.is_empty() {
            table(out, "Only in the logs", RESIDUES, view.residues.iter().map(residue))?;
        }
        if !view.moved_verdicts.is_empty() {
            table(out, "Verdicts that moved", MOVED, view.moved_verdicts.iter().map(moved))?;
        }
        if !view.events.is_empty() {
            table(out, "Events", EVENTS, view.events.iter().map(event))?;
        }
        writeln!(out, "## Coverage\n\nOf what was asked for, {}.\n", wording::completeness(view))?;
        rows(out, COVERAGE, view.incomplete_scopes().into_iter().map(coverage))?;
        if !view.log_coverage.is_empty() {
            table(out, "Logs", LOGS, view.log_coverage.iter().map(logged))?;
        }
        let run = &view.run;
        write!(out, "driftline {}, {}", prose(&run.version), wording::moment(run.finished_at))?;
        match run.seal {
            Some(seal) => writeln!(out, ", seal `{seal}`"),
            None => writeln!(out),
        }
    }

    fn period(&self) -> Option<Renderer<Period>> {
        Some(period::render)
    }
}

const FINDINGS: [&str; 6] = ["Risk", "Finding", "Resource", "Rule", "ATT&amp;CK", "Status"];
const CHANGES: [&str; 5] = ["Change", "Resource", "Window", "What differs", "Trace"];
const RESIDUES: [&str; 5] = ["Kind", "Resource", "Window", "Who", "Why"];
const MOVED: [&str; 4] = ["Change", "Resource", "Verdict", "Why"];
const EVENTS: [&str; 6] = ["Time", "Operation", "Outcome", "Who", "From", "Event"];
const LOGS: [&str; 3] = ["Status", "Log", "Why"];
const COVERAGE: [&str; 4] = ["Status", "Scope", "Listed", "Reason"];

fn finding(finding: &Finding) -> [String; FINDINGS.len()] {
    let why: Vec<_> =
        finding.why.iter().map(|step| format!("{:+} {}", step.points, prose(&step.reason))).collect();
    let decided = wording::decided(finding).map(|decision| format!(" ({})", prose(&decision)));
    let title = format!("{}{}", prose(&finding.title), decided.unwrap_or_default());
    [
        format!("{} {}", finding.band, finding.risk),
        if why.is_empty() { title } else { format!("{title}<br>{}", why.join(", ")) },
        code(&wording::main_subject(finding)),
        code(&finding.rule),
        finding.techniques.iter().map(|id| prose(id)).collect::<Vec<_>>().join(" "),
        finding.status.to_string(),
    ]
}

fn change(change: &Change) -> [String; CHANGES.len()] {
    let attribute = |attribute| {
        let wording::Difference { before, after, .. } = wording::difference(attribute, Some(wording::ROOM));
        format!("{}: {} → {}", code(&attribute.path), code(&before), code(&after))
    };
    let mut differs: Vec<_> = change.attributes.iter().take(ATTRIBUTES).map(attribute).collect();
    if let Some(more) = change.attributes.len().checked_sub(ATTRIBUTES).filter(|more| *more > 0) {
        differs.push(format!("and {more} more"));
    }
    [
        change.kind.to_string(),
        code(&wording::subject(change)),
        wording::between(&change.window),
        differs.join("<br>"),
        prose(&wording::traced(&change.trace)),
    ]
}

fn residue(residue: &Residue) -> [String; RESIDUES.len()] {
    [
        residue.kind.to_string(),
        residue.resource.as_ref().map(|resource| code(&wording::placed(resource))).unwrap_or_default(),
        wording::between(&residue.window),
        residue.actor.as_ref().map(|actor| code(&wording::who(actor))).unwrap_or_default(),
        prose(&residue.reason),
    ]
}

fn moved(moved: &MovedVerdict) -> [String; MOVED.len()] {
    let trace = &moved.change.trace;
    [
        moved.change.kind.to_string(),
        code(&wording::subject(&moved.change)),
        format!("{} → {}", moved.was, trace.state),
        prose(&trace.reason),
    ]
}

fn event(event: &Event) -> [String; EVENTS.len()] {
    [
        wording::moment(event.time),
        code(&event.operation),
        prose(&event.outcome),
        event.actor.as_ref().map(|actor| code(&wording::who(actor))).unwrap_or_default(),
        event.client.as_ref().and_then(|client| client.ip.as_deref()).map(code).unwrap_or_default(),
        code(&event.id),
    ]
}

fn logged(interval: &LogCoverage) -> [String; LOGS.len()] {
    [
        interval.status.to_string(),
        code(&wording::logged(interval, interval.location.as_str())),
        prose(&interval.reason),
    ]
}

fn coverage(coverage: &Coverage) -> [String; COVERAGE.len()] {
    [
        coverage.status.to_string(),
        code(&wording::listing(coverage)),
        coverage.listed.to_string(),
        coverage.reason.as_deref().map(prose).unwrap_or_default(),
    ]
}

fn table<const N: usize>(
    out: &mut dyn Write,
    title: &str,
    columns: [&str; N],
    cells: impl ExactSizeIterator<Item = [String; N]>,
) -> io::Result<()> {
    writeln!(out, "## {title}\n")?;
    if cells.len() == 0 { writeln!(out, "None.\n") } else { rows(out, columns, cells) }
}

fn rows<const N: usize>(
    out: &mut dyn Write,
    columns: [&str; N],
    cells: impl ExactSizeIterator<Item = [String; N]>,
) -> io::Result<()> {
    if cells.len() == 0 {
        return Ok(());
    }
    writeln!(out, "| {} |\n| {} |", columns.join(" | "), ["---"; N].join(" | "))?;
    for row in cells {
        writeln!(out, "| {} |", row.join(" | "))?;
    }
    writeln!(out)
}

/// Returns text as a code span, or escaped where it could end the span or the cell.
fn code(text: &str) -> String {
    let text = printable(text);
    let unfit = text.is_empty() || text.contains(['`', '|']) || text.starts_with(' ') || text.ends_with(' ');
    if unfit { prose(&text) } else { format!("`{text}`") }
}

/// Returns text that Markdown shows as it is.
///
/// An empty comment breaks what a renderer would turn into a link without any markup: addresses,
/// mentions, issue numbers.
fn prose(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut seen = String::new();
    for c in printable(text).chars() {
        seen.push(c.to_ascii_lowercase());
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '|' => out.push_str("&#124;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '~' | '$' => out.extend(['\\', c]),
            _ => out.push(c),
        }
        if matches!(c, '@' | '#') || [":/", "www"].iter().any(|start| seen.ends_with(start)) {
            out.push_str("<!-- -->");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_makes_no_markup() {
        assert_eq!(prose("a|b <script> *x* [l](u)"), "a&#124;b &lt;script&gt; \\*x\\* \\[l\\](u)");
        assert_eq!(prose("see https://evil.example"), "see https:/<!-- -->/evil.example");
        assert_eq!(prose("@root #1 WWW.evil"), "@<!-- -->root #<!-- -->1 WWW<!-- -->.evil");
    }

    #[test]
    fn a_code_span_is_used_only_where_nothing_can_end_it() {
        assert_eq!(code("i-0abc"), "`i-0abc`");
        assert_eq!(code("a`b"), "a\\`b");
        assert_eq!(code("a|b"), "a&#124;b");
        assert_eq!(code(""), "");
    }
}
