//! The page of the formats, with what each makes of the shipped incident.

use super::super::Failure;
use super::markdown::{Page, block, code, joined, link, prose, sentence, table};
use super::specimen::specimen;
use crate::report::{FORMATS, Format, Style, View};

/// How many lines of a report an excerpt shows at most.
const LINES: usize = 24;

/// How many characters it shows at most, but for its last line.
const CHARACTERS: usize = 1500;

/// How many characters of a line an excerpt shows.
const COLUMNS: usize = 240;

/// Returns the page.
pub(super) fn pages() -> Result<Vec<Page>, Failure> {
    let view = specimen()?;
    let rows: Vec<_> = FORMATS
        .iter()
        .map(|format| {
            let target = format!("#{}", format.id());
            [link(&code(format.id()), &target), code(format.media_type()), about(*format)]
        })
        .collect();
    let mut parts = vec![format!(
        "# Formats\n\n`--format NAME` writes a report to standard output, `--format NAME=FILE` to a file. Each \
         excerpt is the beginning of what the format makes of {}, except that run and seals are those of no \
         run: its times are those of the scan, and the seals are zero. A line `…` stands for the rest, and `…` \
         at the end of a line for the rest of it. The JSON report is told {}.\n\n{}",
        link("the shipped incident", "commands/demo.md"),
        link("field by field", "formats/report-v1.md"),
        table(["format", "media type", "is"], &rows)
    )];
    for format in FORMATS {
        parts.extend([format!("## {}", format.id()), about(*format), excerpt(*format, &view)?]);
    }
    Ok(vec![Page::new("formats.md", joined(&parts))])
}

fn about(format: &dyn Format) -> String {
    sentence(&prose(format.about()))
}

/// Returns the beginning of a report.
fn excerpt(format: &dyn Format, view: &View) -> Result<String, Failure> {
    let mut report = Vec::new();
    format.render(view, &Style::default(), &mut report)?;
    let report = String::from_utf8_lossy(&report);
    let mut room = CHARACTERS;
    let fits = |line: &String| {
        let fits = room > 0;
        room = room.saturating_sub(line.len());
        fits
    };
    let mut lines: Vec<String> = report.lines().take(LINES).map(cut).take_while(fits).collect();
    if report.lines().count() > lines.len() {
        lines.push("…".to_owned());
    }
    Ok(block(language(format.media_type()), &lines.join("\n")))
}

fn cut(line: &str) -> String {
    match line.char_indices().nth(COLUMNS) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line.to_owned(),
    }
}

/// Returns the language by which GitHub colours a text of a media type.
fn language(media_type: &str) -> &'static str {
    match media_type.split(';').next().unwrap_or_default() {
        "text/html" => "html",
        "text/markdown" => "markdown",
        "text/csv" => "csv",
        json if json.ends_with("json") => "json",
        _ => "text",
    }
}
