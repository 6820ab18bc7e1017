//! Every format over the same runs: what it looks like, and what holds whatever the cloud wrote.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test may panic, and says what it skips"
)]

mod estate;
mod goldens;
mod hostile;
mod html;
mod laws;
mod log;
mod notices;
mod official;
mod period;
mod readers;
mod schema;
#[path = "../schema_check/mod.rs"]
mod schema_check;
mod story;

use driftline::report::{FORMATS, Style, View};

/// Renders a view in one format.
fn render(id: &str, view: &View, style: &Style) -> String {
    let format = FORMATS.iter().find(|format| format.id() == id).unwrap();
    let mut out = Vec::new();
    format.render(view, style, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}
