//! A period as a page that needs no script.

use std::io;

use maud::{Markup, html};

use super::page::{header, opening};
use super::{Said, policy, prose};
use crate::model::Plural;
use crate::report::period::view::{Decided, LogShare, OpenFinding, TrendStep};
use crate::report::period::wording as of_period;
use crate::report::wording::{self, Gravity};
use crate::report::{Period, Style};

/// The sections that the navigation names, in order.
const SECTIONS: [(&str, &str); 8] = [
    ("verdict", "Verdict"),
    ("course", "Course"),
    ("open", "Open"),
    ("rules", "Rules"),
    ("actors", "Who acted"),
    ("acceptances", "Acceptances"),
    ("coverage", "Coverage"),
    ("logs", "Logs"),
];

/// How many rows a table takes.
const ROWS: usize = 300;

/// How wide and high the drawing of the course is, and how wide a column at most.
const CHART: (u64, u64, u64) = (960, 160, 60);

/// Writes the page.
pub(super) fn render(period: &Period, _: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    // Not the release: the page is the same over the same scans.
    write!(out, "{}", opening(&of_period::verdict(period), "driftline", &policy(None)).0)?;
    writeln!(out, "{}\n</body>\n</html>", body(period).0)
}

fn body(period: &Period) -> Markup {
    html! {
        (header(("open", "Skip to what is open"), &SECTIONS, false))
        main #main {
            (verdict(period))
            (section("course", "Course", &course(period)))
            (section("open", "Open at the end", &open(period)))
            (section("rules", "Rules", &rules(period)))
            (section("actors", "Who acted", &actors(period)))
            (section("acceptances", "Acceptances", &acceptances(period)))
            (section("coverage", "Coverage", &coverage(period)))
            (section("logs", "Logs", &logs(period)))
        }
    }
}

fn section(id: &str, title: &str, body: &Markup) -> Markup {
    html! {
        section id=(id) tabindex="-1" aria-labelledby={ (id) "-title" } {
            h2 id={ (id) "-title" } { (title) }
            (body)
        }
    }
}

fn verdict(period: &Period) -> Markup {
    let (gravity, sign) = match of_period::gravity(period) {
        Gravity::Alarm => ("alarm", "Act now"),
        Gravity::Warning => ("warning", "Look into it"),
        Gravity::Calm => ("calm", "All calm"),
    };
    let verdict = of_period::verdict(period);
    let (open, rest) = verdict.split_once(" · ").unwrap_or((&verdict, ""));
    html! {
        section #verdict tabindex="-1" class={ "verdict " (gravity) } aria-labelledby="headline" {
            p.sign { (sign) }
            h1 #headline { (open) }
            p.rest { (rest) "." }
            p.compared { "The period " (of_period::bounds(period)) "." }
            @for note in of_period::notes(period) { p.note { (note) } }
            h2 { "What became of findings" }
            (lives(period))
            p { (of_period::unexplained(&period.unexplained)) }
            @if let Some(seal) = period.to.scan.as_ref().and_then(|scan| scan.seal) {
                p.faint { "Seal of the last scan: " code { (seal) } }
            }
        }
    }
}

fn lives(period: &Period) -> Markup {
    let row = |name: Markup, counts: [u64; of_period::LIVES.len()]| {
        html! {
            tr { th scope="row" { (name) } @for count in counts { td { (count) } } }
        }
    };
    let rows = html! {
        @for (band, lives) in &period.findings {
            (row(html! { span.chip.(band) { (band) } }, of_period::lives(lives)))
        }
        (row(html! { b { "all" } }, of_period::all_lives(period)))
    };
    let columns: Vec<_> = ["Band"].into_iter().chain(of_period::LIVES).collect();
    table("What became of findings, by band", &columns, &rows)
}

fn table(label: &str, columns: &[&str], rows: &Markup) -> Markup {
    html! {
        div.wide tabindex="0" role="region" aria-label=(label) {
            table {
                thead { tr { @for column in columns { th scope="col" { (column) } } } }
                tbody { (rows) }
            }
        }
    }
}

/// Returns what there is beyond the rows that a table takes.
fn more(all: usize) -> Markup {
    html! { @if all > ROWS { p { "And " (all - ROWS) " more." } } }
}

fn course(period: &Period) -> Markup {
    let steps = &period.trend.steps;
    html! {
        @if steps.is_empty() { p { "No scan, no course." } } @else {
            @if steps.len() > 1 { (chart(steps)) }
            (table("The course", &["From", "What"], &html! {
                @for step in steps {
                    tr { td.time { (of_period::day(step)) } td { (of_period::course(step)) } }
                }
            }))
        }
    }
}

/// Draws how many findings were open after each step, stacked by band; the table below tells the same.
fn chart(steps: &[TrendStep]) -> Markup {
    let (width, height, widest) = CHART;
    let column = (width / steps.len() as u64).clamp(2, widest);
    let sum = |step: &TrendStep| step.open.iter().flat_map(|open| open.values()).sum::<u64>();
    let most = steps.iter().map(sum).max().unwrap_or_default().max(1);
    let width = column * steps.len() as u64;
    html! {
        div.chart.course tabindex="0" role="region" aria-label="Open findings over time" {
            svg viewBox={ "0 0 " (width) " " (height) } role="img"
                aria-label={ "Open findings after each step, at most " (most) "; the table below tells the numbers" } {
                @for (place, step) in (0_u64..).zip(steps) {
                    @for (band, low, count) in stacked(step) {
                        rect.(band) x=(place * column) width=(column.saturating_sub(2).max(1))
                            y=(height - (low + count) * height / most)
                            height=((low + count) * height / most - low * height / most) {}
                    }
                }
            }
        }
    }
}

/// Returns the bands of a step with how many lie below each, the worst at the bottom.
fn stacked(step: &TrendStep) -> Vec<(crate::model::Band, u64, u64)> {
    let mut below = 0;
    let open = step.open.iter().flatten();
    open.map(|(band, count)| {
        let low = below;
        below += count;
        (*band, low, *count)
    })
    .collect()
}

fn open(period: &Period) -> Markup {
    html! {
        @if period.open.is_empty() { p { "Nothing is open." } } @else {
            (table("Findings that are open", &["Risk", "Finding", "Stands"], &html! {
                @for finding in period.open.iter().take(ROWS) { (standing(finding)) }
            }))
            (more(period.open.len()))
        }
    }
}

fn standing(finding: &OpenFinding) -> Markup {
    let subject = of_period::subject(finding);
    html! {
        tr {
            td.narrow { span.chip.(finding.band) { (finding.band) } " " b { (finding.risk) } }
            td {
                b { (Said(&finding.title)) }
                div.faint {
                    (Said(&finding.rule)) " · "
                    @if !subject.is_empty() { (Said(&subject)) " · " }
                    code { (Said(&finding.id)) }
                }
            }
            td { (of_period::stands(finding)) }
        }
    }
}

fn rules(period: &Period) -> Markup {
    html! {
        @if period.rules.first.is_empty() { p { "No rule spoke." } } @else {
            (table("Rules", &["Worst", "Rule", "Findings told", "Open at the end"], &html! {
                @for tally in &period.rules.first {
                    tr {
                        td.narrow { span.chip.(tally.worst_band) { (tally.worst_band) } " " (tally.worst_risk) }
                        th scope="row" { (Said(&tally.rule)) } td { (tally.findings) } td { (tally.open) }
                    }
                }
            }))
            p.faint { "The first " (period.rules.first.len()) " of " (period.rules.all) "." }
        }
    }
}

fn actors(period: &Period) -> Markup {
    html! {
        @if period.actors.first.is_empty() { p { "Nobody is known to have acted." } } @else {
            (table("Who acted", &["Worst", "Who", "Findings", "Changes"], &html! {
                @for tally in &period.actors.first {
                    tr {
                        td.narrow {
                            @if let Some((band, risk)) = tally.worst_band.zip(tally.worst_risk) {
                                span.chip.(band) { (band) } " " (risk)
                            }
                        }
                        th scope="row" {
                            b { (Said(wording::who(&tally.actor))) }
                            div.faint { (Said(&tally.actor.key)) }
                        }
                        td { (tally.findings) } td { (tally.changes) }
                    }
                }
            }))
            p.faint { "The first " (period.actors.first.len()) " of " (period.actors.all) "." }
        }
    }
}

fn acceptances(period: &Period) -> Markup {
    html! {
        @if period.acceptances.is_empty() { p { "No finding is accepted." } } @else {
            (table("Acceptances", &["Owner", "Reason", "Holds", "Covers"], &html! {
                @for decided in period.acceptances.iter().take(ROWS) { (accepted(decided)) }
            }))
            (more(period.acceptances.len()))
        }
    }
}

fn accepted(decided: &Decided) -> Markup {
    html! {
        tr {
            th scope="row" { (Said(&decided.owner)) }
            td { (Said(&decided.reason)) }
            td { @if decided.expired { b { (of_period::until(decided)) } } @else { (of_period::until(decided)) } }
            td {
                (of_period::covered(decided)) ":"
                @for finding in decided.findings.iter().take(ROWS) {
                    div {
                        span.chip.(finding.band) { (finding.band) } " " (finding.risk) " " (Said(&finding.title))
                        @if !finding.holds { " (told again)" }
                    }
                }
            }
        }
    }
}

fn coverage(period: &Period) -> Markup {
    html! {
        p { (of_period::scans(period)) ". What was not listed completely is unknown, not vanished." }
        @if !period.coverage.is_empty() {
            (table("Coverage by account", &["Account", "Listed"], &html! {
                @for account in &period.coverage {
                    tr { th scope="row" { (Said(of_period::account(account))) } td { (of_period::listed(account)) } }
                }
            }))
        }
        @if !period.gaps.is_empty() {
            h3 { "Not always complete" }
            ul.reasons {
                @for gaps in period.gaps.iter().take(ROWS) {
                    li {
                        span.cell.(gaps.last_status) { (gaps.last_status) } " " b { (Said(of_period::scope(gaps))) } ": "
                        (of_period::missed(gaps))
                        @if let Some(reason) = &gaps.reason { ", " (prose(reason)) }
                    }
                }
            }
            (more(period.gaps.len()))
        }
    }
}

fn logs(period: &Period) -> Markup {
    html! {
        @if period.logs.is_empty() { p { "No audit log is known." } }
        @for share in &period.logs { (log(share)) }
    }
}

fn log(share: &LogShare) -> Markup {
    html! {
        h3 { (Said(of_period::log(share))) }
        p { (of_period::logged(share)) "." }
        @if !share.gaps.is_empty() {
            details.inline {
                summary { (Plural(share.gaps.len() as u64, "gap")) }
                (table("Gaps of the log", &["Status", "From", "To", "By which evidence"], &html! {
                    @for gap in share.gaps.iter().take(ROWS) {
                        tr {
                            td { span.cell.(gap.status) { (gap.status) } }
                            td.time { (wording::moment(gap.from)) }
                            td.time { (wording::moment(gap.to)) }
                            td { (prose(&gap.reason)) }
                        }
                    }
                }))
                (more(share.gaps.len()))
            }
        }
    }
}
