//! What stands below the findings.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io;

use super::full;
use super::page::{Ink, Page};
use crate::model::{ChangeKind, CoverageStatus, LogStatus, Plural, TraceState, short_id};
use crate::report::view::LogCoverage;
use crate::report::{Verbosity, View, wording};

/// How many scopes that are not complete are shown.
const SCOPES: usize = 20;

/// How many acts are told.
const ACTS: usize = 20;

/// Writes the changes by act: what the logs say of them and who did them, those first that are least accounted for.
///
/// Where everything is asked for, those that no finding tells follow one by one.
pub(super) fn changes(page: &mut Page<'_>, view: &View) -> io::Result<()> {
    if view.changes.is_empty() {
        return Ok(());
    }
    let mut acts: BTreeMap<(TraceState, String), BTreeMap<ChangeKind, u64>> = BTreeMap::new();
    for change in &view.changes {
        let who = change.trace.actor.as_ref().map(wording::who).unwrap_or_default();
        *acts.entry((change.trace.state, who)).or_default().entry(change.kind).or_default() += 1;
    }
    let mut acts: Vec<_> = acts.into_iter().collect();
    acts.sort_by_key(|((state, _), kinds)| (Reverse(state.doubt()), Reverse(kinds.values().sum::<u64>())));
    let uncovered = view.uncovered_changes();
    let verbose = page.verbosity() == Verbosity::Verbose;
    let told = match uncovered.len() {
        0 => "findings tell each of them".to_owned(),
        many if verbose => format!("no finding tells {many} of them"),
        many => format!("no finding tells {many} of them (list them with -v)"),
    };
    page.blank()?;
    page.section("Changes", &format!("{}: {told}", Plural(view.changes.len() as u64, "change")))?;
    let shown = if verbose { usize::MAX } else { ACTS };
    for ((state, who), kinds) in acts.iter().take(shown) {
        let by = if who.is_empty() { String::new() } else { format!(" by {who}") };
        let ink = if state.doubt() > 0 { Ink::Yellow } else { Ink::Plain };
        page.paragraph(("  - ", Ink::Faint), (&format!("{state}{by}: {}", wording::counts(kinds)), ink))?;
    }
    page.more(acts.len(), shown)?;
    if verbose {
        let events = view.events_by_id();
        for change in uncovered {
            full::change_under(page, change, None)?;
            full::trace(page, change, &events)?;
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
            full::cite(page, "event", &residue.events, &events)?;
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
        if page.verbosity() == Verbosity::Verbose {
            full::trace(page, change, &events)?;
        } else {
            page.field("", (&wording::traced(&change.trace), Ink::Plain))?;
        }
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
    let listed = alike(if verbose { view.log_coverage.iter().collect() } else { gaps });
    let shown = if verbose { usize::MAX } else { SCOPES };
    for (interval, locations) in listed.iter().take(shown) {
        let ink = if interval.status == LogStatus::Complete { Ink::Plain } else { Ink::Yellow };
        page.field(interval.status.as_str(), (&wording::logged(interval, &locations.join(", ")), ink))?;
        page.field("", (&interval.reason, Ink::Plain))?;
    }
    page.more(listed.len(), shown)
}

/// Joins what is said alike of one log in several locations.
fn alike(intervals: Vec<&LogCoverage>) -> Vec<(&LogCoverage, Vec<&str>)> {
    let mut joined: Vec<(&LogCoverage, Vec<&str>)> = Vec::new();
    let mut known = BTreeMap::new();
    for interval in intervals {
        let LogCoverage { provider, account, source, from, to, status, reason, .. } = interval;
        let place =
            *known.entry((provider, account, source, from, to, status, reason)).or_insert_with(|| {
                joined.push((interval, Vec::new()));
                joined.len() - 1
            });
        if let Some((_, locations)) = joined.get_mut(place) {
            locations.push(interval.location.as_str());
        }
    }
    joined
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

/// Writes what to do next, where there is anything to do.
pub(super) fn next(page: &mut Page<'_>, view: &View) -> io::Result<()> {
    let mut steps: Vec<(&str, String)> = Vec::new();
    if let Some(worst) = view.findings.iter().find(|finding| finding.is_open()) {
        steps.extend(wording::history(worst).map(|command| ("look at it", command)));
        steps.push(("what it is", format!("driftline rules explain {}", worst.rule)));
        steps.push(("as a page", "driftline report --format html=report.html".to_owned()));
        steps.push((
            "if expected",
            format!("driftline findings accept {} --owner NAME --reason TEXT", short_id(&worst.id)),
        ));
    }
    if steps.is_empty() {
        return Ok(());
    }
    page.blank()?;
    page.section("Next", &format!("this run ends with status {}", view.run.exit_status))?;
    for (label, command) in &steps {
        page.field(label, (command, Ink::Cyan))?;
    }
    Ok(())
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
