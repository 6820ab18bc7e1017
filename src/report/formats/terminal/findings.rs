//! The findings, grouped by band.

use std::collections::BTreeMap;
use std::io;

use rustc_hash::FxHashMap;

use super::page::{Ink, Page};
use crate::model::{Band, shell_word};
use crate::report::view::{Change, Event, Finding, Resource};
use crate::report::{Verbosity, View, wording};

/// How many findings of one band are shown in full; the rest take a line each.
const DETAILED: usize = 20;

/// How many changes, and how many resources, of one finding are shown.
const SHOWN: usize = 5;

/// How many attributes of one change are shown.
const ATTRIBUTES: usize = 8;

/// How many characters a fact may take.
const FACT: usize = 80;

/// How many events of one change are shown.
const EVENTS: usize = 3;

type Changes<'a> = FxHashMap<&'a str, &'a Change>;

/// The events of a report, by their id.
pub(super) type Events<'a> = FxHashMap<&'a str, &'a Event>;

/// What a finding cites.
struct Cited<'a> {
    changes: Changes<'a>,
    events: Events<'a>,
}

/// How much of a finding is shown.
enum Depth {
    Full,
    Line,
    Counted,
}

/// Writes every finding, the highest band first.
///
/// Info, accepted and resolved findings are only counted, unless everything is asked for.
pub(super) fn findings(page: &mut Page<'_>, view: &View) -> io::Result<()> {
    let cited = Cited { changes: view.changes_by_id(), events: view.events_by_id() };
    let mut seen: BTreeMap<Band, usize> = BTreeMap::new();
    let mut counted = 0;
    let mut after_full = true;
    for finding in &view.findings {
        let place = seen.entry(finding.band).or_default();
        match depth(finding, *place, page.verbosity()) {
            Depth::Full => {
                page.blank()?;
                full(page, finding, &cited)?;
                after_full = true;
            }
            Depth::Line => {
                if std::mem::take(&mut after_full) {
                    page.blank()?;
                }
                title(page, finding)?;
            }
            Depth::Counted => {
                counted += 1;
                continue;
            }
        }
        *place += 1;
    }
    if counted > 0 && page.verbosity() > Verbosity::Quiet {
        page.blank()?;
        let text = format!("{counted} not shown: info, accepted or resolved (list them with -v)");
        page.section("Findings", &text)?;
    }
    Ok(())
}

fn depth(finding: &Finding, place: usize, verbosity: Verbosity) -> Depth {
    let routine = finding.band == Band::Info || !finding.is_open();
    match verbosity {
        Verbosity::Verbose => Depth::Full,
        _ if routine => Depth::Counted,
        Verbosity::Normal if place < DETAILED => Depth::Full,
        Verbosity::Normal | Verbosity::Quiet => Depth::Line,
    }
}

fn title(page: &mut Page<'_>, finding: &Finding) -> io::Result<()> {
    let ink = match finding.band {
        Band::Critical | Band::High => Ink::Red,
        Band::Medium => Ink::Yellow,
        Band::Low | Band::Info => Ink::Cyan,
    };
    let band = finding.band.as_str().to_uppercase();
    page.paragraph((&format!("{band:<8} {:>3}  ", finding.risk), ink), (&finding.title, Ink::Bold))
}

fn full(page: &mut Page<'_>, finding: &Finding, cited: &Cited<'_>) -> io::Result<()> {
    title(page, finding)?;
    let Finding { rule, status, id, .. } = finding;
    page.field("rule", (&format!("{rule} · {status} · finding {id}"), Ink::Plain))?;
    if !finding.also.is_empty() {
        page.field("also", (&finding.also.join(" · "), Ink::Plain))?;
    }
    if let Some(decision) = wording::decided(finding) {
        page.field("decision", (&decision, Ink::Plain))?;
    }
    for technique in &finding.techniques {
        page.field("technique", (&wording::technique(technique), Ink::Plain))?;
    }
    about(page, finding)?;
    let cut = changes_of(page, finding, cited)?;
    if finding.changes.is_empty() {
        cite(page, "event", finding.events.iter(), &cited.events)?;
    }
    facts(page, finding)?;
    let why: Vec<_> = finding.why.iter().map(|step| format!("{:+} {}", step.points, step.reason)).collect();
    if !why.is_empty() {
        page.field("why", (&why.join(" · "), Ink::Plain))?;
    }
    next(page, finding, cut)
}

fn about(page: &mut Page<'_>, finding: &Finding) -> io::Result<()> {
    let shown = if page.verbosity() == Verbosity::Verbose { usize::MAX } else { SHOWN };
    let resources = finding.resources.iter().map(|resource| ("resource", wording::placed(resource)));
    let scopes = finding.scopes.iter().map(|scope| ("scope", wording::scope(scope)));
    let all = finding.resources.len() + finding.scopes.len();
    for (label, text) in resources.chain(scopes).take(shown) {
        page.field(label, (&text, Ink::Plain))?;
    }
    page.more(all, shown)?;
    match finding.resources.first() {
        Some(main)
            if page.verbosity() == Verbosity::Verbose && main.locator.as_str() != main.uid.as_str() =>
        {
            page.field("locator", (main.locator.as_str(), Ink::Plain))
        }
        _ => Ok(()),
    }
}

/// Writes the changes that show a finding; returns whether anything was cut.
fn changes_of(page: &mut Page<'_>, finding: &Finding, known: &Cited<'_>) -> io::Result<bool> {
    let shown = if page.verbosity() == Verbosity::Verbose { usize::MAX } else { SHOWN };
    let cited: Vec<&Change> =
        finding.changes.iter().filter_map(|id| known.changes.get(id.as_str()).copied()).collect();
    let main = finding.resources.first();
    let mut cut = false;
    let mut following = cited.iter().take(shown).peekable();
    while let Some(change) = following.next() {
        cut |= change_under(page, change, main)?;
        if following.peek().is_none_or(|next| next.trace != change.trace) {
            trace(page, change, &known.events)?;
        }
    }
    page.more(cited.len(), shown)?;
    Ok(cut || cited.len() > shown)
}

/// Writes one change and what differs; returns whether anything was cut.
pub(super) fn change_under(
    page: &mut Page<'_>,
    change: &Change,
    main: Option<&Resource>,
) -> io::Result<bool> {
    let known = change.resource.is_none() || change.resource.as_ref() == main;
    let subject = if known { String::new() } else { format!(" {}", wording::subject(change)) };
    let text = format!("{}{subject} {}", change.kind, wording::between(&change.window));
    page.field("change", (&text, Ink::Plain))?;
    let verbose = page.verbosity() == Verbosity::Verbose;
    let (shown, room) = if verbose { (usize::MAX, None) } else { (ATTRIBUTES, Some(wording::ROOM)) };
    let mut cut = change.attributes.len() > shown;
    for attribute in change.attributes.iter().take(shown) {
        let found = wording::difference(attribute, room);
        cut |= found.cut;
        page.field("", (&format!("{}: {} → {}", attribute.path, found.before, found.after), Ink::Plain))?;
    }
    page.more(change.attributes.len(), shown)?;
    Ok(cut)
}

/// Writes where the search for a change's cause ended, who did it, and the events that say so.
pub(super) fn trace(page: &mut Page<'_>, change: &Change, events: &Events<'_>) -> io::Result<()> {
    let trace = &change.trace;
    page.field("trace", (&wording::traced(trace), Ink::Plain))?;
    cite(page, "event", trace.events.iter(), events)?;
    cite(page, "set up by", trace.caused_by.iter(), events)?;
    if page.verbosity() == Verbosity::Verbose {
        cite(page, "candidate", trace.candidates.iter(), events)?;
    }
    Ok(())
}

/// Writes events, each with who, when, from where and with what.
pub(super) fn cite<'a>(
    page: &mut Page<'_>,
    label: &str,
    ids: impl ExactSizeIterator<Item = &'a String>,
    events: &Events<'_>,
) -> io::Result<()> {
    let (all, shown) = (ids.len(), if page.verbosity() == Verbosity::Verbose { usize::MAX } else { EVENTS });
    for id in ids.take(shown) {
        let text =
            events.get(id.as_str()).map_or_else(|| format!("event {id}"), |event| wording::deed(event));
        page.field(label, (&text, Ink::Plain))?;
    }
    page.more(all, shown)
}

fn facts(page: &mut Page<'_>, finding: &Finding) -> io::Result<()> {
    let verbose = page.verbosity() == Verbosity::Verbose;
    for (place, (name, fact)) in finding.facts.iter().enumerate() {
        let label = if place == 0 { "facts" } else { "" };
        let fact = wording::text(fact);
        let fact = if verbose { fact } else { wording::excerpt(&fact, 0, FACT) };
        page.field(label, (&format!("{name}: {fact}"), Ink::Plain))?;
    }
    Ok(())
}

fn next(page: &mut Page<'_>, finding: &Finding, cut: bool) -> io::Result<()> {
    let Some(main) = finding.resources.first() else { return Ok(()) };
    let command = format!("driftline history {}", shell_word(main.uid.as_str()));
    let text = if cut { format!("{command}   (shows what is cut here)") } else { command };
    page.field("next", (&text, Ink::Cyan))
}
