//! The v1 view, one object per line.

use std::io::{self, Write};

use serde::Serialize;

use super::json::one_line;
use crate::report::{Format, Style, View, view};

/// The `ndjson` format: each line an object of the v1 view with its `type`, for log pipelines.
///
/// In this order: one `run` (with `schema`), one `scans`, then each `coverage`, `log-coverage`, `change`,
/// `residue`, `event`, `finding`, `rule`, `moved-verdict` and `unused-approval`, then one `summary`, whose presence says
/// that the report is whole.
pub(super) struct Ndjson;

impl Format for Ndjson {
    fn id(&self) -> &'static str {
        "ndjson"
    }

    fn about(&self) -> &'static str {
        "the v1 view, one object per line with its `type`, for log pipelines"
    }

    fn media_type(&self) -> &'static str {
        "application/x-ndjson"
    }

    fn render(&self, view: &View, _: &Style, out: &mut dyn Write) -> io::Result<()> {
        lines(out, "run", [&Opening { schema: view.schema, run: &view.run }])?;
        lines(out, "scans", [&view.scans])?;
        lines(out, "coverage", &view.coverage)?;
        lines(out, "log-coverage", &view.log_coverage)?;
        lines(out, "change", &view.changes)?;
        lines(out, "residue", &view.residues)?;
        lines(out, "event", &view.events)?;
        lines(out, "finding", &view.findings)?;
        lines(out, "rule", &view.rules)?;
        lines(out, "moved-verdict", &view.moved_verdicts)?;
        lines(out, "unused-approval", &view.unused_approvals)?;
        lines(out, "summary", [&view.summary])
    }
}

#[derive(Serialize)]
struct Opening<'a> {
    schema: view::Schema,
    #[serde(flatten)]
    run: &'a view::Run,
}

#[derive(Serialize)]
struct Line<'a, T> {
    r#type: &'static str,
    #[serde(flatten)]
    body: &'a T,
}

fn lines<'a, T: Serialize + 'a>(
    out: &mut dyn Write,
    r#type: &'static str,
    bodies: impl IntoIterator<Item = &'a T>,
) -> io::Result<()> {
    bodies.into_iter().try_for_each(|body| writeln!(out, "{}", one_line(&Line { r#type, body })?))
}
