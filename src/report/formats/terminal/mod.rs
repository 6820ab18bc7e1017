//! The default report: what a responder reads first, and what cron mails.

mod brief;
mod closing;
mod findings;
mod full;
mod page;
mod period;

use std::io;

use page::{Ink, Page};

use crate::report::wording::{self, Gravity};
use crate::report::{Format, Period, Renderer, Style, Verbosity, View};

/// The `terminal` format: the verdict, the findings by band, who did what, what only the logs tell, which verdicts
/// moved, what was not listed or logged completely, what to do next, and the seal.
///
/// At [`Verbosity::Quiet`] it is the verdict in one line, and one line for each of the worst findings: what a mail
/// of cron needs. At [`Verbosity::Verbose`] nothing is counted instead of listed, and no value is cut.
pub(super) struct Terminal;

impl Format for Terminal {
    fn id(&self) -> &'static str {
        "terminal"
    }

    fn about(&self) -> &'static str {
        "for people, on a terminal or in a mail"
    }

    fn media_type(&self) -> &'static str {
        "text/plain"
    }

    fn render(&self, view: &View, style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
        let mut page = Page::new(out, style);
        if style.verbosity == Verbosity::Quiet {
            verdict(&mut page.unbroken(), view)?;
            return findings::worst(&mut page, view);
        }
        verdict(&mut page, view)?;
        if let Some(compared) = wording::compared(view) {
            page.paragraph(("", Ink::Plain), (&compared, Ink::Plain))?;
        }
        findings::findings(&mut page, view)?;
        closing::changes(&mut page, view)?;
        closing::residues(&mut page, view)?;
        closing::moved(&mut page, view)?;
        closing::approvals(&mut page, view)?;
        closing::coverage(&mut page, view)?;
        closing::logs(&mut page, view)?;
        closing::next(&mut page, view)?;
        closing::seal(&mut page, view)
    }

    fn period(&self) -> Option<Renderer<Period>> {
        Some(period::render)
    }
}

fn verdict(page: &mut Page<'_>, view: &View) -> io::Result<()> {
    let ink = match wording::gravity(view) {
        Gravity::Alarm => Ink::Red,
        Gravity::Warning => Ink::Yellow,
        Gravity::Calm => Ink::Green,
    };
    page.paragraph(("driftline: ", Ink::Bold), (&wording::verdict(view), ink))
}
