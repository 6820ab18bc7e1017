//! SARIF 2.1.0 (<https://docs.oasis-open.org/sarif/sarif/v2.1.0/>).

mod invocation;
mod results;
mod tool;

use std::io;

use serde_json::{Value, json};
use uuid::Uuid;

use super::json::lean;
use crate::model::{Band, printable, printable_json};
use crate::report::view::Scan;
use crate::report::{Format, Style, View};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The `sarif` format: one run, its rules, its findings as results, and in its invocation what a reader must know
/// before trusting the absence of any.
///
/// `executionSuccessful` is false while a scope that should have been listed completely was not. Every resource is a
/// logical location, and also a path `provider/account/location/kind/uid`, because code scanning shows nothing
/// without a path.
pub(super) struct Sarif;

impl Format for Sarif {
    fn id(&self) -> &'static str {
        "sarif"
    }

    fn about(&self) -> &'static str {
        "SARIF 2.1.0, for code scanning and other viewers of results"
    }

    fn media_type(&self) -> &'static str {
        "application/sarif+json"
    }

    fn render(&self, view: &View, _: &Style, out: &mut dyn io::Write) -> io::Result<()> {
        writeln!(out, "{}", printable_json(&serde_json::to_string_pretty(&lean(log(view)))?))
    }
}

fn log(view: &View) -> Value {
    let taxa = tool::taxa(view);
    let run = json!({
        "tool": { "driver": tool::driver(view, &taxa) },
        "taxonomies": [tool::taxonomy(&taxa)],
        "invocations": [invocation::invocation(view)],
        "automationDetails": {
            "id": format!("driftline/{}/{}", view.run.command, view.run.id.as_deref().unwrap_or("unrecorded")),
            "guid": view.scans.after.as_ref().map(guid),
        },
        "baselineGuid": view.scans.before.as_ref().map(guid),
        "columnKind": "unicodeCodePoints",
        "results": results::results(view, &taxa),
        "properties": {
            "seal": view.run.seal,
            "rulesVersion": view.run.rules_version,
            "scans": view.scans,
        },
    });
    json!({ "$schema": SCHEMA, "version": "2.1.0", "runs": [run] })
}

/// Returns the id of the run over a scan; the later report's `baselineGuid` is the earlier one's `guid`.
fn guid(scan: &Scan) -> String {
    let name = scan.seal.map_or_else(|| format!("{} of {}", scan.id, scan.taken_at), |seal| seal.to_string());
    Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("driftline:scan:{name}").as_bytes()).to_string()
}

/// Returns text as a message string: braces would be placeholders (§3.11.5), brackets links (§3.11.6).
fn message(text: &str) -> Value {
    let mut escaped = String::with_capacity(text.len());
    for c in printable(text).chars() {
        match c {
            '{' | '}' => escaped.extend([c, c]),
            '[' | ']' | '\\' => escaped.extend(['\\', c]),
            _ => escaped.push(c),
        }
    }
    json!({ "text": escaped })
}

const fn level(band: Band) -> &'static str {
    match band {
        Band::Critical | Band::High => "error",
        Band::Medium => "warning",
        Band::Low | Band::Info => "note",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_neither_placeholders_nor_links() {
        assert_eq!(message("{0} [a](b)\u{202e}")["text"], "{{0}} \\[a\\](b)\\\\u{{202e}}");
    }
}
