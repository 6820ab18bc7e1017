//! What the script reads.

use std::collections::BTreeMap;
use std::io;

use serde::Serialize;

use crate::report::formats::json::one_line;
use crate::report::glance::Glance;
use crate::report::history::Blind;
use crate::report::view::Scan;
use crate::report::{View, wording};

/// What the script reads: the v1 view, and the phrases that Rust makes of it.
#[derive(Serialize)]
pub(super) struct Data<'a> {
    /// The report.
    view: &'a View,
    /// Who, when, where and how sure, of each finding in order.
    glances: &'a [Glance],
    /// The id and the name of each technique that a finding bears.
    techniques: BTreeMap<&'a str, String>,
    /// What somebody decided, or why it is resolved, by the finding's id.
    decisions: BTreeMap<&'a str, String>,
    /// The scans that the time line shows.
    pub(super) scans: Vec<&'a Scan>,
    /// The times in which a place could not be seen.
    pub(super) blind: &'a [Blind],
}

impl<'a> Data<'a> {
    /// Returns what the script reads of a report.
    pub(super) fn of(view: &'a View, glances: &'a [Glance]) -> Self {
        let techniques = view.findings.iter().flat_map(|finding| &finding.techniques);
        let decisions = view.findings.iter();
        Self {
            view,
            glances,
            techniques: techniques.map(|id| (id.as_str(), wording::technique(id))).collect(),
            decisions: decisions
                .filter_map(|finding| Some((finding.id.as_str(), wording::decided(finding)?)))
                .collect(),
            scans: [&view.scans.before, &view.scans.after].into_iter().flatten().collect(),
            blind: &[],
        }
    }
}

/// Writes the data as JSON that no markup can begin or end in.
pub(super) fn write(data: &Data<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    out.write_all(without_markup(&one_line(data)?).as_bytes())
}

/// Escapes what begins markup, entities and HTML comments; JSON has these characters only within strings.
fn without_markup(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '<' => out.push_str("\\u003c"),
            '>' => out.push_str("\\u003e"),
            '&' => out.push_str("\\u0026"),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_markup_is_left_and_every_reader_turns_it_back() {
        let text = "</script><!--<script>&lt;\u{2028}\u{202e}";
        let written = without_markup(&one_line(&text).unwrap());
        assert!(!written.contains(['<', '>', '&', '\u{2028}', '\u{202e}']), "{written}");
        assert_eq!(serde_json::from_str::<String>(&written).unwrap(), text);
    }
}
