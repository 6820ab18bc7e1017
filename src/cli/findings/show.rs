//! `driftline findings show`.

use std::io::{self, Write};

use jiff::Timestamp;

use super::told::{Told, find, stored, told};
use crate::cli::global::Global;
use crate::cli::output::style;
use crate::cli::pager::write_paged;
use crate::cli::{Failure, Status};
use crate::model::{Acceptance, printable, printable_json};
use crate::report::{FORMATS, Style, Verbosity, View};
use crate::store::Access;

/// Show findings in full: why they are scored so, what they cite, and what was decided about them.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// The findings: their ids, or as many of the first digits as are unique.
    #[arg(value_name = "ID", required = true)]
    ids: Vec<String>,

    /// How to write them.
    #[arg(long, value_name = "NAME", default_value = "terminal", value_parser = ["terminal", "json"])]
    format: String,
}

impl Args {
    pub(super) fn run(self, global: &Global) -> Result<Status, Failure> {
        let store = global.open_store(Access::Read)?;
        let now = Timestamp::now();
        let records = self.ids.iter().map(|id| find(&store, id)).collect::<Result<Vec<_>, _>>()?;
        let mut shown = Vec::new();
        for record in records {
            let decisions = store.decisions(&record.id)?;
            for Told { record, finding } in told(&store, vec![record], now)? {
                let view = stored(&store, record.last.0)?;
                shown.push((
                    record.last.0,
                    View { findings: vec![finding], ..view }.narrowed(),
                    decisions.clone(),
                ));
            }
        }
        let everything = Style { verbosity: Verbosity::Verbose, ..style(global) };
        write_paged(global, |out| {
            shown.iter().try_for_each(|(run, view, decisions)| match self.format.as_str() {
                "json" => writeln!(out, "{}", printable_json(&serde_json::to_string_pretty(view)?)),
                _ => in_words(*run, view, decisions, &everything, out),
            })
        })?;
        Ok(Status::Clean)
    }
}

fn in_words(
    run: i64,
    view: &View,
    decisions: &[Acceptance],
    style: &Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    if let Some(terminal) = FORMATS.iter().find(|format| format.id() == "terminal") {
        terminal.render(view, style, out)?;
    }
    writeln!(out, "\nlast told by run {run} (`driftline report {run}`)")?;
    for decision in decisions {
        let until = decision.expires_at.map_or_else(String::new, |until| format!(", until {until:.0}"));
        writeln!(
            out,
            "{:.0}  {} by {}{until}: {}",
            decision.decided_at,
            decision.decision,
            printable(&decision.owner),
            printable(&decision.reason)
        )?;
    }
    Ok(())
}
