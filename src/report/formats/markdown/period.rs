//! A period, for a ticket or a wiki.

use std::io::{self, Write};

use super::{code, prose, rows, table};
use crate::report::period::view::{
    AccountCoverage, ActorTally, Decided, LogGap, LogShare, OpenFinding, RuleTally, ScopeGaps, TrendStep,
};
use crate::report::period::wording as of_period;
use crate::report::{Period, Style, wording};

/// How many findings that are open stand in the table.
const SHOWN: usize = 100;

const OPEN: [&str; 5] = ["Risk", "Finding", "Resource", "Rule", "Stands"];
const COURSE: [&str; 2] = ["From", "What"];
const RULES: [&str; 4] = ["Worst", "Rule", "Told", "Open"];
const ACTORS: [&str; 4] = ["Worst", "Who", "Findings", "Changes"];
const ACCEPTANCES: [&str; 4] = ["Owner", "Reason", "Holds", "Covers"];
const COVERAGE: [&str; 2] = ["Account", "Listed"];
const GAPS: [&str; 4] = ["Last", "Scope", "Missed", "Reason"];
const LOGS: [&str; 2] = ["Log", "Known"];
const HOLES: [&str; 5] = ["Status", "Log", "From", "To", "Why"];

/// Writes everything as tables.
pub(super) fn render(period: &Period, _: &Style, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "# driftline: {}\n", prose(&of_period::verdict(period)))?;
    writeln!(out, "The period {}.\n", of_period::bounds(period))?;
    for note in of_period::notes(period) {
        writeln!(out, "**{note}**\n")?;
    }
    lives(period, out)?;
    table(out, "Course", COURSE, period.trend.steps.iter().map(step))?;
    table(out, "Open at the end", OPEN, period.open.iter().take(SHOWN).map(open))?;
    if let Some(more) = period.open.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        writeln!(out, "And {more} more.\n")?;
    }
    table(out, "Rules", RULES, period.rules.first.iter().map(rule))?;
    table(out, "Who acted", ACTORS, period.actors.first.iter().map(actor))?;
    table(out, "Acceptances", ACCEPTANCES, period.acceptances.iter().map(accepted))?;
    table(out, "Coverage", COVERAGE, period.coverage.iter().map(coverage))?;
    rows(out, GAPS, period.gaps.iter().map(gaps))?;
    table(out, "Logs", LOGS, period.logs.iter().map(log))?;
    let holes: Vec<_> =
        period.logs.iter().flat_map(|share| share.gaps.iter().map(move |gap| hole(share, gap))).collect();
    rows(out, HOLES, holes.into_iter())?;
    match period.to.scan.as_ref().and_then(|scan| scan.seal) {
        Some(seal) => writeln!(out, "Seal of the last scan: `{seal}`"),
        None => Ok(()),
    }
}

fn lives(period: &Period, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "## Findings\n\n| Band | {} |", of_period::LIVES.join(" | "))?;
    writeln!(out, "| --- |{}", " --- |".repeat(of_period::LIVES.len()))?;
    let mut row = |name: &str, counts: [u64; of_period::LIVES.len()]| {
        writeln!(out, "| {name} | {} |", counts.map(|count| count.to_string()).join(" | "))
    };
    for (band, lives) in &period.findings {
        row(band.as_str(), of_period::lives(lives))?;
    }
    row("all", of_period::all_lives(period))?;
    writeln!(out, "\n{}\n", of_period::unexplained(&period.unexplained))
}

fn step(step: &TrendStep) -> [String; COURSE.len()] {
    [of_period::day(step), of_period::course(step)]
}

fn open(finding: &OpenFinding) -> [String; OPEN.len()] {
    [
        format!("{} {}", finding.band, finding.risk),
        format!("{} ({})", prose(&finding.title), code(&finding.id)),
        code(&of_period::subject(finding)),
        code(&finding.rule),
        of_period::stands(finding),
    ]
}

fn rule(tally: &RuleTally) -> [String; RULES.len()] {
    let worst = format!("{} {}", tally.worst_band, tally.worst_risk);
    [worst, code(&tally.rule), tally.findings.to_string(), tally.open.to_string()]
}

fn actor(tally: &ActorTally) -> [String; ACTORS.len()] {
    let worst = tally.worst_band.zip(tally.worst_risk);
    [
        worst.map(|(band, risk)| format!("{band} {risk}")).unwrap_or_default(),
        code(&wording::who(&tally.actor)),
        tally.findings.to_string(),
        tally.changes.to_string(),
    ]
}

fn accepted(decided: &Decided) -> [String; ACCEPTANCES.len()] {
    let ids: Vec<_> = decided.findings.iter().map(|finding| code(&finding.id)).collect();
    let covered = format!("{}: {}", of_period::covered(decided), ids.join(" "));
    [prose(&decided.owner), prose(&decided.reason), of_period::until(decided), covered]
}

fn coverage(account: &AccountCoverage) -> [String; COVERAGE.len()] {
    [code(&of_period::account(account)), of_period::listed(account)]
}

fn gaps(gaps: &ScopeGaps) -> [String; GAPS.len()] {
    let reason = gaps.reason.as_deref().map(prose).unwrap_or_default();
    [gaps.last_status.to_string(), code(&of_period::scope(gaps)), of_period::missed(gaps), reason]
}

fn log(share: &LogShare) -> [String; LOGS.len()] {
    [code(&of_period::log(share)), of_period::logged(share)]
}

fn hole(share: &LogShare, gap: &LogGap) -> [String; HOLES.len()] {
    let (from, to) = (wording::moment(gap.from), wording::moment(gap.to));
    [gap.status.to_string(), code(&of_period::log(share)), from, to, prose(&gap.reason)]
}
