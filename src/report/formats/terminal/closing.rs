//! What stands below the findings.

use std::collections::BTreeMap;
use std::io;

use super::findings;
use super::page::{Ink, Page};
use crate::model::{CoverageStatus, LogStatus, Plural};
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
        let events = view.events_by_id();
        for change in uncovered {
            findings::change_under(page, change, None)?;
            findings::trace(page, change, &events)?;
        }
    }
    Ok(())
}

/// Writes what only the logs tell: counted by kind, and one by one where no finding tells it.
pub(super) fn residues(page: &mut Page<'_>, view: &View) -> io::Result<()> {
    if view.residues.is_empty() {
        return Ok(());
    }
    let verbose = page.verbosity() == Verbosity::Verbose;
    let hint = if verbose { "" } else { " (list them with -v)" };
    page.blank()?;
    page.section("Log only", &format!("{}{hint}", wording::counts(&view.summary.residues)))?;
    if verbose {
        let events = view.events_by_id();
        for residue in &view.residues {
            page.field(residue.kind.as_str(), (&wording::residue(residue), Ink::Plain))?;
            findings::cite(page, "event", residue.events.iter(), &events)?;
        }
    }
    Ok(())
}

/// Writes which verdicts of earlier runs moved.
pub(super) fn moved(page: &mut Page<'_>, view: &View) -> io::Result<()> {
    if view.moved_verdicts.is_empty() {
        return Ok(());
    }
    let events = view.events_by_id();
    let count = Plural(view.moved_verdicts.len() as u64, "verdict");
    page.blank()?;
    page.section("Moved", &format!("{count} of earlier runs moved"))?;
    let shown = if page.verbosity() == Verbosity::Verbose { usize::MAX } else { SCOPES };
    for moved in view.moved_verdicts.iter().take(shown) {
        let (change, was) = (&moved.change, moved.was);
        let text = format!("{} {}: {was} → {}", change.kind, wording::subject(change), change.trace.state);
        page.field("verdict", (&text, Ink::Yellow))?;
        findings::trace(page, change, &events)?;
    }
    page.more(view.moved_verdicts.len(), shown)
}

/// Writes which approvals nothing was done under.
pub(super) fn approvals(page: &mut Page<'_>, view: &View) -> io::Result<()> {
    if view.unused_approvals.is_empty() {
        return Ok(());
    }
    page.blank()?;
    let count = Plural(view.unused_approvals.len() as u64, "approval");
    page.section("Approvals", &format!("nothing was done under {count}"))?;
    for approval in view.unused_approvals.iter().take(SCOPES) {
        let span = format!("{} to {}", wording::moment(approval.from), wording::moment(approval.to));
        page.field("unused", (&format!("{}, {span} ({})", approval.id, approval.origin), Ink::Plain))?;
    }
    page.more(view.unused_approvals.len(), SCOPES)
}

/// Writes for which times the logs are known to be complete, and every gap.
pub(super) fn logs(page: &mut Page<'_>, view: &View) -> io::Result<()> {
    if view.log_coverage.is_empty() {
        return Ok(());
    }
    let gaps: Vec<_> =
        view.log_coverage.iter().filter(|interval| interval.status != LogStatus::Complete).collect();
    page.blank()?;
    let count = Plural(view.log_coverage.len() as u64, "interval");
    let text = match gaps.len() {
        0 => format!("the logs are complete over {count}"),
        open => format!("{open} of {count} of the logs not known to be complete"),
    };
    page.section("Logs", &text)?;
    let verbose = page.verbosity() == Verbosity::Verbose;
    let listed = if verbose { view.log_coverage.iter().collect() } else { gaps };
    let shown = if verbose { usize::MAX } else { SCOPES };
    for interval in listed.iter().take(shown) {
        let ink = if interval.status == LogStatus::Complete { Ink::Plain } else { Ink::Yellow };
        page.field(interval.status.as_str(), (&wording::logged(interval), ink))?;
        page.field("", (&interval.reason, Ink::Plain))?;
    }
    page.more(listed.len(), shown)
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
    page.more(incomplete.len(), shown)
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
        ("events", wording::counts(&summary.events)),
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
