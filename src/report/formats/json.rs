//! The v1 view as it stands.

use std::io;

use serde::Serialize;
use serde_json::Value;

use crate::model::printable_json;
use crate::report::{Format, Period, Renderer, Style, View};

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

    fn media_type(&self) -> &'static str {
        "application/json"
    }

    fn render(&self, view: &View, _: &Style, out: &mut dyn io::Write) -> io::Result<()> {
        indented(view, out)
    }

    /// Described by `schema/period.v1.json`.
    fn period(&self) -> Option<Renderer<Period>> {
        Some(|period, _, out| indented(period, out))
    }
}

fn indented(value: &impl Serialize, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(out, "{}", printable_json(&serde_json::to_string_pretty(value)?))
}

/// Returns a value as JSON in one line without treacherous characters.
pub(super) fn one_line(value: &impl Serialize) -> serde_json::Result<String> {
    serde_json::to_string(value).map(|text| printable_json(&text))
}

/// Returns a value without the members that are `null`, for formats whose schemas know no `null`.
pub(super) fn lean(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let told = members.into_iter().filter(|(_, member)| !member.is_null());
            Value::Object(told.map(|(name, member)| (name, lean(member))).collect())
        }
        Value::Array(items) => items.into_iter().map(lean).collect(),
        other => other,
    }
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
