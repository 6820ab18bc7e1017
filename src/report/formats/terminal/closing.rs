//! What stands below the findings.

use std::collections::BTreeMap;
use std::io;

use super::findings;
use super::page::{Ink, Page};
use crate::model::{CoverageStatus, Plural};
use crate::report::{Verbosity, View, wording};

/// How many scopes that are not complete are shown.
const SCOPES: usize = 20;

/// Writes the changes that no finding covers: counted by kind, or one by one.
pub(super) fn changes(page: &mut Page<'_>, view: &View) -> io::Result<()> {
    let uncovered = view.uncovered_changes();
    if uncovered.is_empty() {
        return Ok(());
    }
    let mut kinds = BTreeMap::new();
    for change in &uncovered {
        *kinds.entry(change.kind).or_insert(0_u64) += 1;
    }
    let verbose = page.verbosity() == Verbosity::Verbose;
    let hint = if verbose { "" } else { " (list them with -v)" };
    page.blank()?;
    page.section("Changes", &format!("not covered by a finding: {}{hint}", wording::counts(&kinds)))?;
    if verbose {
        for change in uncovered {
            findings::change_under(page, change, None)?;
            findings::trace(page, change)?;
        }
    }
    Ok(())
}

/// Writes how completely the estate was listed, and every scope that was not.
pub(super) fn coverage(page: &mut Page<'_>, view: &View) -> io::Result<()> {
    let listed: u64 = view.coverage.iter().map(|coverage| coverage.listed).sum();
    let incomplete = view.incomplete_scopes();
    page.blank()?;
    let skipped = match view.summary.coverage.get(&CoverageStatus::Skipped) {
        None | Some(0) => String::new(),
        Some(count) => format!(", {} skipped on purpose", Plural(*count, "scope")),
    };
    let (verdict, listed) = (wording::completeness(view), Plural(listed, "resource"));
    if incomplete.is_empty() {
        return page.section("Coverage", &format!("{verdict}, {listed} listed{skipped}"));
    }
    let unknown = "what is missing there is unknown, not vanished";
    page.section("Coverage", &format!("{verdict}: {unknown} ({listed} listed{skipped})"))?;
    let shown = if page.verbosity() == Verbosity::Verbose { usize::MAX } else { SCOPES };
    for coverage in incomplete.iter().take(shown) {
        let text = format!("{}, {} listed", wording::listing(coverage), coverage.listed);
        page.field(coverage.status.as_str(), (&text, Ink::Yellow))?;
        if let Some(reason) = &coverage.reason {
            page.field("", (reason, Ink::Plain))?;
        }
    }
    match incomplete.len().checked_sub(shown) {
        None | Some(0) => Ok(()),
        Some(rest) => page.field("", (&format!("and {rest} more (list them with -v)"), Ink::Plain)),
    }
}

/// Writes the counts, where there is anything to count.
pub(super) fn summary(page: &mut Page<'_>, view: &View) -> io::Result<()> {
    if view.changes.is_empty() && view.findings.is_empty() {
        return Ok(());
    }
    let summary = &view.summary;
    let closed = view.findings.iter().filter(|finding| !finding.is_open()).count();
    let findings = match closed {
        0 => wording::counts(&summary.findings),
        _ => format!("{}; {closed} of them accepted or resolved", wording::counts(&summary.findings)),
    };
    let rows = [
        ("findings", findings),
        ("changes", wording::counts(&summary.changes)),
        ("traces", wording::counts(&summary.traces)),
    ];
    page.blank()?;
    page.section("Summary", &format!("exit status {}", view.run.exit_status))?;
    for (label, text) in rows.iter().filter(|(_, text)| !text.is_empty()) {
        page.field(label, (text, Ink::Plain))?;
    }
    match view.findings.first() {
        Some(finding) => {
            let text = format!("driftline rules explain {}", finding.rule);
            page.field("next", (&text, Ink::Cyan))
        }
        None => Ok(()),
    }
}

/// Writes the seal, which is to be kept elsewhere.
pub(super) fn seal(page: &mut Page<'_>, view: &View) -> io::Result<()> {
    match view.run.seal {
        Some(seal) => {
            page.blank()?;
            page.section("Seal", &seal.to_string())
        }
        None => Ok(()),
    }
}
