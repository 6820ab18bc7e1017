//! The page of the JSON report, from its schema.

use super::markdown::{Page, link};
use super::schema::{Document, Fields, Section};
use crate::report::View;

/// Returns the page.
pub(super) fn page() -> Page {
    let schema = View::json_schema();
    let text = format!(
        "# JSON report, v1\n\nWhat [`--format json`](../formats.md#json) writes; \
         [`ndjson`](../formats.md#ndjson) writes the same objects one a line. No field is ever missing: what is \
         not known is `null` or empty. Fields may be added, and are to be ignored by who does not know them; \
         everything else stays as it is. {} prints the JSON Schema.\n\n{}",
        link("`driftline generate schemas report.v1`", "../commands/generate.md#driftline-generate-schemas"),
        Document::new(&schema, Fields::Written, heading).render(),
    );
    Page::new("formats/report-v1.md", text)
}

fn heading(section: &Section<'_>) -> String {
    if section.name().is_empty() { "The report".to_owned() } else { section.name().to_owned() }
}
