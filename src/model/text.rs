//! Text for people.

use std::fmt;

/// A count with its noun in the right number: `1 change`, `2,000 changes`.
#[derive(Clone, Copy, Debug)]
pub struct Plural<'a>(pub u64, pub &'a str);

impl fmt::Display for Plural<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(count, noun) = *self;
        let digits = count.to_string();
        for (place, digit) in digits.chars().enumerate() {
            if place > 0 && (digits.len() - place).is_multiple_of(3) {
                f.write_str(",")?;
            }
            write!(f, "{digit}")?;
        }
        match (count, noun.strip_suffix('y')) {
            (1, _) => write!(f, " {noun}"),
            (_, Some(stem)) => write!(f, " {stem}ies"),
            (_, None) => write!(f, " {noun}s"),
        }
    }
}

/// Returns text from the cloud made safe for one line of a terminal or a log: control, bidirectional
/// and other invisible formatting characters become `\u{…}`.
///
/// Names, tags and user agents are written by whoever runs the resource; unescaped they could move the
/// cursor, recolour the report or reverse the reading order of an id.
pub fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_treacherous(c) { out.extend(c.escape_unicode()) } else { out.push(c) }
    }
    out
}

/// Returns JSON text with its treacherous characters as `\u` escapes, which every JSON reader turns back.
///
/// Outside strings JSON is ASCII, and inside them the serialiser has already escaped what is below the
/// space; so only later characters are touched.
pub fn printable_json(text: &str) -> String {
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

/// Returns the first digits of a finding's id: enough to name it.
pub fn short_id(id: &str) -> &str {
    id.char_indices().nth(12).map_or(id, |(end, _)| id.get(..end).unwrap_or(id))
}

/// Returns text as one word of a POSIX shell, so that a hostile id cannot be pasted as a command.
pub fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | ':' | '/' | '@');
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Whether a character can mislead whoever looks at it: control, bidirectional and other invisible
/// formatting characters.
pub fn is_treacherous(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_grouped_and_nouns_agree() {
        assert_eq!(Plural(1, "change").to_string(), "1 change");
        assert_eq!(Plural(0, "change").to_string(), "0 changes");
        assert_eq!(Plural(1_234_567, "entry").to_string(), "1,234,567 entries");
    }

    #[test]
    fn a_hostile_id_cannot_be_pasted_as_a_command() {
        assert_eq!(shell_word("i-0abc"), "i-0abc");
        assert_eq!(shell_word("x; rm -rf 'y'"), r"'x; rm -rf '\''y'\'''");
    }

    #[test]
    fn control_and_bidirectional_characters_are_escaped() {
        assert_eq!(printable("a\u{1b}[31mb\u{202e}c\n"), "a\\u{1b}[31mb\\u{202e}c\\u{a}");
        assert_eq!(printable("web-1 ü 漢"), "web-1 ü 漢");
    }
}
