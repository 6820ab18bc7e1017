//! The v1 view as it stands.

use std::io;

use serde::Serialize;

use crate::model::is_treacherous;
use crate::report::{Format, Style, View};

/// The `json` format: the frozen v1 view, described by `schema/report.v1.json`.
///
/// Indented by two spaces; characters that could mislead a terminal are written as `\u` escapes, which
/// every JSON reader turns back.
pub(super) struct Json;

impl Format for Json {
    fn id(&self) -> &'static str {
        "json"
    }

    fn about(&self) -> &'static str {
        "the frozen v1 view, for programs (schema/report.v1.json)"
    }

    fn render(&self, view: &View, _: &Style, out: &mut dyn io::Write) -> io::Result<()> {
        writeln!(out, "{}", disarm(&serde_json::to_string_pretty(view)?))
    }
}

/// Returns a value as JSON in one line without treacherous characters.
pub(super) fn one_line(value: &impl Serialize) -> serde_json::Result<String> {
    serde_json::to_string(value).map(|text| disarm(&text))
}

/// Replaces treacherous characters in JSON text by `\u` escapes.
///
/// Outside strings JSON is ASCII, and inside them the serialiser has already escaped what is below the
/// space; so only later characters are touched.
fn disarm(text: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c >= '\u{7f}' && is_treacherous(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn treacherous_characters_are_escaped_and_read_back() {
        let text = "a\u{1b}[31m\u{9b}31m\u{202e}\u{e0041}ü漢\u{7f}";
        let written = one_line(&text).unwrap();
        assert_eq!(written, r#""a\u001b[31m\u009b31m\u202e\udb40\udc41ü漢\u007f""#);
        assert_eq!(serde_json::from_str::<String>(&written).unwrap(), text);
    }
}
