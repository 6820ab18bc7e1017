//! A period, for the weekly mail.

use std::io;

use super::page::{Ink, Page};
use crate::model::Band;
use crate::report::period::wording as of_period;
use crate::report::wording::{self, Gravity};
use crate::report::{Period, Style, Verbosity};

/// How many entries of a list are shown, unless everything is asked for.
const SHOWN: usize = 10;

/// Writes the verdict, and unless it is to be quiet what it rests on.
pub(super) fn render(period: &Period, style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    let mut page = Page::new(out, style);
    let ink = match of_period::gravity(period) {
        Gravity::Alarm => Ink::Red,
        Gravity::Warning => Ink::Yellow,
        Gravity::Calm => Ink::Green,
    };
    page.paragraph(("driftline: ", Ink::Bold), (&of_period::verdict(period), ink))?;
    page.paragraph(("", Ink::Plain), (&of_period::bounds(period), Ink::Plain))?;
    for note in of_period::notes(period) {
        page.paragraph(("", Ink::Plain), (&note, Ink::Yellow))?;
    }
    if style.verbosity == Verbosity::Quiet {
        return Ok(());
    }
    lives(&mut page, period)?;
    course(&mut page, period)?;
    open(&mut page, period)?;
    tallies(&mut page, period)?;
    acceptances(&mut page, period)?;
    coverage(&mut page, period)?;
    logs(&mut page, period)?;
    match period.to.scan.as_ref().and_then(|scan| scan.seal) {
        None => Ok(()),
        Some(seal) => {
            page.blank()?;
            page.section("seal", &format!("{seal}, of the last scan"))
        }
    }
}

fn lives(page: &mut Page<'_>, period: &Period) -> io::Result<()> {
    let row = |cells: [String; of_period::LIVES.len()]| {
        let mut line = String::new();
        for (cell, title) in cells.iter().zip(of_period::LIVES) {
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', (title.len() + 2).saturating_sub(cell.len())));
        }
        line.trim_end().to_owned()
    };
    page.blank()?;
    page.section("findings", &row(of_period::LIVES.map(str::to_owned)))?;
    for (band, lives) in &period.findings {
        page.field(
            band.as_str(),
            (&row(of_period::lives(lives).map(|count| count.to_string())), Ink::Plain),
        )?;
    }
    page.field("all", (&row(of_period::all_lives(period).map(|count| count.to_string())), Ink::Plain))?;
    page.field("unexplained", (&of_period::unexplained(&period.unexplained), Ink::Plain))
}

fn course(page: &mut Page<'_>, period: &Period) -> io::Result<()> {
    if period.trend.steps.is_empty() {
        return Ok(());
    }
    page.blank()?;
    page.section("course", &format!("by {}", period.trend.step.as_str()))?;
    for step in &period.trend.steps {
        page.field(&of_period::day(step), (&of_period::course(step), Ink::Plain))?;
    }
    Ok(())
}

/// Returns a band and a risk as wide as every mark.
fn mark(of: Option<(Band, u8)>) -> String {
    format!("{:14}", of.map(|(band, risk)| format!("{band} {risk}")).unwrap_or_default())
}

/// Writes the first few of a list, and how many more there are.
fn some<T>(
    page: &mut Page<'_>,
    items: &[T],
    mut write: impl FnMut(&mut Page<'_>, &T) -> io::Result<()>,
) -> io::Result<()> {
    let shown = if page.verbosity() == Verbosity::Verbose { items.len() } else { SHOWN.min(items.len()) };
    for item in items.iter().take(shown) {
        write(page, item)?;
    }
    page.more(items.len(), shown)
}

fn open(page: &mut Page<'_>, period: &Period) -> io::Result<()> {
    if period.open.is_empty() {
        return Ok(());
    }
    page.blank()?;
    page.section("open", "at the end, the worst first")?;
    some(page, &period.open, |page, finding| {
        page.paragraph((&mark(Some((finding.band, finding.risk))), Ink::Plain), (&finding.title, Ink::Bold))?;
        let stands = format!("{} · {} · finding {}", finding.rule, of_period::stands(finding), finding.id);
        page.field("", (&stands, Ink::Plain))
    })
}

fn tallies(page: &mut Page<'_>, period: &Period) -> io::Result<()> {
    if !period.rules.first.is_empty() {
        page.blank()?;
        page.section("rules", &format!("{} spoke", period.rules.all))?;
        some(page, &period.rules.first, |page, tally| {
            let text = format!("{}: {} told, {} open", tally.rule, tally.findings, tally.open);
            let mark = mark(Some((tally.worst_band, tally.worst_risk)));
            page.paragraph((&mark, Ink::Plain), (&text, Ink::Plain))
        })?;
    }
    if !period.actors.first.is_empty() {
        page.blank()?;
        page.section("actors", &format!("{} known", period.actors.all))?;
        some(page, &period.actors.first, |page, tally| {
            let text = format!("{}: {}", wording::who(&tally.actor), of_period::deeds(tally));
            let mark = mark(tally.worst_band.zip(tally.worst_risk));
            page.paragraph((&mark, Ink::Plain), (&text, Ink::Plain))
        })?;
    }
    Ok(())
}

fn acceptances(page: &mut Page<'_>, period: &Period) -> io::Result<()> {
    if period.acceptances.is_empty() {
        return Ok(());
    }
    page.blank()?;
    page.section("accepted", "as of the end")?;
    some(page, &period.acceptances, |page, decided| {
        let text = format!("{}: {}", decided.owner, decided.reason);
        page.field(if decided.expired { "expired" } else { "" }, (&text, Ink::Bold))?;
        page.field(
            "",
            (&format!("{} · {}", of_period::until(decided), of_period::covered(decided)), Ink::Plain),
        )
    })
}

fn coverage(page: &mut Page<'_>, period: &Period) -> io::Result<()> {
    page.blank()?;
    page.section("coverage", &of_period::scans(period))?;
    for account in &period.coverage {
        let text = format!("{}: {}", of_period::account(account), of_period::listed(account));
        page.field("", (&text, Ink::Plain))?;
    }
    some(page, &period.gaps, |page, gaps| {
        let reason = gaps.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
        let text = format!("{}: {}{reason}", of_period::scope(gaps), of_period::missed(gaps));
        page.field(gaps.last_status.as_str(), (&text, Ink::Plain))
    })
}

fn logs(page: &mut Page<'_>, period: &Period) -> io::Result<()> {
    if period.logs.is_empty() {
        return Ok(());
    }
    page.blank()?;
    page.section("logs", "how much of the time is known to be complete")?;
    for share in &period.logs {
        page.field("", (&format!("{}: {}", of_period::log(share), of_period::logged(share)), Ink::Plain))?;
        some(page, &share.gaps, |page, gap| {
            let (from, to) = (wording::moment(gap.from), wording::moment(gap.to));
            page.field(gap.status.as_str(), (&format!("{from} to {to}: {}", gap.reason), Ink::Plain))
        })?;
    }
    Ok(())
}
