//! One page that carries everything it needs.

mod coverage;
mod data;
mod findings;
mod history;
mod page;
mod period;
mod verdict;

use std::fmt::Display;
use std::io;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use data::Data;
use maud::{Markup, PreEscaped, Render, html};
use sha2::{Digest as _, Sha256};

use crate::model::printable;
use crate::report::glance::glances;
use crate::report::{Format, History, Period, Renderer, Style, View, wording};

/// How the page looks; print and dark colours included.
const STYLE: &str = include_str!("style.css");

/// What the page does, in the order in which the parts build on each other.
const SCRIPT: &[&str] = &[
    include_str!("script/elements.js"),
    include_str!("script/report.js"),
    include_str!("script/state.js"),
    include_str!("script/pages.js"),
    include_str!("script/evidence.js"),
    include_str!("script/lineage.js"),
    include_str!("script/findings.js"),
    include_str!("script/scale.js"),
    include_str!("script/timeline.js"),
    include_str!("script/tables.js"),
    include_str!("script/main.js"),
];

/// The `html` format: a page for people that needs no network and no server.
///
/// Verdict, findings at a glance and coverage are there without script, and print; the script adds filters, the
/// evidence of each finding, the time line and the ancestry of disks from the v1 view that the page carries as
/// `<script id="report">`. The page's policy allows the one style and the one script by their hashes and nothing
/// else, so that a name from the cloud runs nothing even where a browser would take it for markup.
pub(super) struct Html;

impl Format for Html {
    fn id(&self) -> &'static str {
        "html"
    }

    fn about(&self) -> &'static str {
        "one page for people: filters, time line, evidence; no network"
    }

    fn media_type(&self) -> &'static str {
        "text/html"
    }

    fn render(&self, view: &View, _: &Style, out: &mut dyn io::Write) -> io::Result<()> {
        let script = script();
        let glances = glances(view);
        let generator = format!("driftline {}", view.run.version);
        let opening = page::opening(&wording::verdict(view), &generator, &policy(Some(&script)));
        write!(out, "{}", opening.0)?;
        write!(out, "{}", page::body(view, &glances).0)?;
        write!(out, "<script type=\"application/json\" id=\"report\">")?;
        data::write(&Data::of(view, &glances), out)?;
        writeln!(out, "</script>\n<script>{script}</script>\n</body>\n</html>")
    }

    fn period(&self) -> Option<Renderer<Period>> {
        Some(period::render)
    }

    fn history(&self) -> Option<Renderer<History>> {
        Some(history::render)
    }
}

/// Returns the script in a scope of its own.
fn script() -> String {
    format!("\"use strict\";\n(() => {{\n{}\n}})();\n", SCRIPT.join("\n"))
}

/// Returns the content security policy of a page with our style and this script, or none.
///
/// Trusted types make even our own script unable to turn text into markup.
fn policy(script: Option<&str>) -> String {
    let hash = |text: &str| format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(text)));
    format!(
        "default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'",
        hash(STYLE),
        script.map_or_else(|| "'none'".to_owned(), hash)
    )
}

/// Untrusted text: what could mislead a reader is escaped visibly, and what is markup is escaped as ever.
struct Said<T>(T);

impl<T: Display> Render for Said<T> {
    fn render_to(&self, buffer: &mut String) {
        printable(&self.0.to_string()).as_str().render_to(buffer);
    }
}

/// Returns a sentence with what stands in back-ticks as code.
fn prose(text: &str) -> Markup {
    let pieces: Vec<_> = text.split('`').collect();
    html! {
        @for (place, piece) in pieces.iter().enumerate() {
            @if place % 2 == 0 { (Said(piece)) }
            @else if place + 1 == pieces.len() { "`" (Said(piece)) }
            @else { code { (Said(piece)) } }
        }
    }
}

/// Returns our own text as it stands, for what is no untrusted text.
fn verbatim(text: &str) -> PreEscaped<&str> {
    PreEscaped(text)
}
