//! Where a JSON value ends, found by its brackets and quotes alone.

/// Where the search for the end of a value stands.
#[derive(Default)]
pub(super) struct Extent {
    inside: Inside,
    depth: usize,
}

/// What the next byte belongs to.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Inside {
    /// Nothing yet.
    #[default]
    Nothing,
    /// Brackets.
    Structure,
    /// Quotes.
    Text,
    /// Quotes, right after a backslash.
    Escape,
    /// A number, `true`, `false` or `null`, which ends before the next delimiter.
    Word,
}

impl Extent {
    /// Returns how many bytes belong to the value, and whether it ends with them.
    pub(super) fn advance(&mut self, bytes: &[u8]) -> (usize, bool) {
        if self.inside == Inside::Nothing {
            self.inside = match bytes.first() {
                None => Inside::Nothing,
                Some(b'"' | b'{' | b'[') => Inside::Structure,
                Some(_) => Inside::Word,
            };
        }
        if self.inside == Inside::Word {
            let end = bytes.iter().position(|byte| byte.is_ascii_whitespace() || b",:]}".contains(byte));
            return end.map_or((bytes.len(), false), |end| (end, true));
        }
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            at += match self.inside {
                Inside::Text => self.text(rest),
                Inside::Escape => {
                    self.inside = Inside::Text;
                    1
                }
                _ => self.structure(rest),
            };
            if self.depth == 0 && self.inside == Inside::Structure {
                return (at, true);
            }
        }
        (bytes.len(), false)
    }

    /// Passes over the bytes up to and with the next bracket or quote.
    fn structure(&mut self, rest: &[u8]) -> usize {
        let Some(stop) = rest.iter().position(|&byte| STRUCTURE[usize::from(byte)]) else {
            return rest.len();
        };
        match rest.get(stop) {
            Some(b'"') => self.inside = Inside::Text,
            Some(b'{' | b'[') => self.depth += 1,
            _ => self.depth = self.depth.saturating_sub(1),
        }
        stop + 1
    }

    /// Passes over text up to its closing quote, a backslash, or the end of the bytes.
    fn text(&mut self, rest: &[u8]) -> usize {
        let Some(stop) = memchr::memchr2(b'"', b'\\', rest) else { return rest.len() };
        let quote = rest.get(stop) == Some(&b'"');
        self.inside = if quote { Inside::Structure } else { Inside::Escape };
        stop + 1
    }

    /// Whether a value that nothing ended is whole at the end of the input: a bare number or word is.
    pub(super) fn ends_at_end(&self) -> bool {
        self.inside == Inside::Word
    }
}

/// The bytes at which a value's structure can change.
const STRUCTURE: [bool; 256] = {
    let mut table = [false; 256];
    let mut at = 0;
    let bytes = b"\"{}[]";
    while at < bytes.len() {
        table[bytes[at] as usize] = true;
        at += 1;
    }
    table
};
