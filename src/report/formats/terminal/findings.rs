//! The findings, grouped by band.

use std::collections::BTreeMap;
use std::io;

use super::brief::brief;
use super::full::{Cited, full};
use super::page::{Ink, Page};
use crate::model::Band;
use crate::report::glance::glances;
use crate::report::view::Finding;
use crate::report::{Verbosity, View};

/// How many findings of one band are told; the rest take a line each.
const TOLD: usize = 20;

/// How many findings a quiet report names.
const NAMED: usize = 8;

/// How much of a finding is shown.
enum Depth {
    Full,
    Brief,
    Line,
    Counted,
}

/// Writes every finding, the highest band first: from medium on in brief, low ones with a line each.
///
/// Info, accepted and resolved findings are only counted, unless everything is asked for.
pub(super) fn findings(page: &mut Page<'_>, view: &View) -> io::Result<()> {
    let (cited, glances) = (Cited::of(view), glances(view));
    let mut seen: BTreeMap<Band, usize> = BTreeMap::new();
    let mut counted = 0;
    let mut spaced = false;
    for (finding, glance) in view.findings.iter().zip(&glances) {
        let place = seen.entry(finding.band).or_default();
        let depth = depth(finding, *place, page.verbosity());
        *place += 1;
        match depth {
            Depth::Counted => counted += 1,
            Depth::Line => {
                if !std::mem::replace(&mut spaced, true) {
                    page.blank()?;
                }
                title(page, finding)?;
            }
            Depth::Brief | Depth::Full => {
                spaced = false;
                page.blank()?;
                title(page, finding)?;
                match depth {
                    Depth::Full => full(page, finding, &cited)?,
                    _ => brief(page, finding, glance, &cited)?,
                }
            }
        }
    }
    if counted > 0 {
        page.blank()?;
        let text = format!("{counted} not shown: info, accepted or resolved (list them with -v)");
        page.section("Findings", &text)?;
    }
    Ok(())
}

/// Writes a line for each of the worst findings that are open, as far as they are medium or more.
pub(super) fn worst(page: &mut Page<'_>, view: &View) -> io::Result<()> {
    let matters = |finding: &&Finding| finding.is_open() && finding.band.reaches(Band::Medium);
    for finding in view.findings.iter().filter(matters).take(NAMED) {
        title(page, finding)?;
    }
    match view.findings.iter().filter(matters).count().saturating_sub(NAMED) {
        0 => Ok(()),
        more => page.field("", (&format!("and {more} more"), Ink::Plain)),
    }
}

fn depth(finding: &Finding, place: usize, verbosity: Verbosity) -> Depth {
    match verbosity {
        Verbosity::Verbose => Depth::Full,
        _ if finding.band == Band::Info || !finding.is_open() => Depth::Counted,
        _ if finding.band == Band::Low || place >= TOLD => Depth::Line,
        _ => Depth::Brief,
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
