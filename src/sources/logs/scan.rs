//! Where a JSON value ends, found 64 bytes at a time.
//!
//! Log records are many and small, and most of them are passed over: nothing here looks at single bytes
//! unless a bracket may be the last. Quotes and brackets become bit masks; a bracket counts where no quote is
//! open (the method of `simdjson`).

use wide::u8x64;

/// How many bytes are looked at together.
const BLOCK: usize = 64;

/// Where the search for the end of an object or array stands; begins before its first bracket.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Scan {
    depth: u32,
    /// All ones where a quote is open.
    inside: u64,
    /// One where the next byte follows a backslash that escapes it.
    escaped: u64,
}

impl Scan {
    /// Reads on, and returns how many bytes were used, and whether the value ends with them.
    ///
    /// Of bytes that do not end it, only whole blocks are used: the rest is to be given again, with more.
    pub(super) fn advance(&mut self, bytes: &[u8]) -> (usize, bool) {
        let (blocks, rest) = bytes.as_chunks::<BLOCK>();
        for (number, block) in blocks.iter().enumerate() {
            if let Some(end) = self.block(block) {
                return (number * BLOCK + end, true);
            }
        }
        let used = blocks.len() * BLOCK;
        let mut last = [b' '; BLOCK];
        for (to, from) in last.iter_mut().zip(rest) {
            *to = *from;
        }
        let end = Self { ..*self }.block(&last);
        end.map_or((used, false), |end| (used + end, true))
    }

    /// Returns how many bytes of the block belong to the value, if it ends in it.
    fn block(&mut self, block: &[u8; BLOCK]) -> Option<usize> {
        let bytes = u8x64::new(*block);
        let at = |wanted: u8| bytes.simd_eq(u8x64::splat(wanted)).to_bitmask();
        let backslashes = at(b'\\');
        let escaped = if backslashes | self.escaped == 0 { 0 } else { self.escape(backslashes) };
        let quotes = at(b'"') & !escaped;
        let inside = open_between(quotes) ^ self.inside;
        // The last byte's bit, spread over all.
        self.inside = (inside >> 63).wrapping_neg();
        // `{` and `[` differ in one bit, as `}` and `]` do.
        let folded = bytes | u8x64::splat(0x20);
        let brackets = |wanted: u8| folded.simd_eq(u8x64::splat(wanted)).to_bitmask() & !inside;
        let (open, close) = (brackets(b'{'), brackets(b'}'));
        if close.count_ones() < self.depth || close == 0 {
            self.depth += open.count_ones();
            self.depth -= close.count_ones();
            return None;
        }
        self.last_bracket(open, close)
    }

    /// Goes from bracket to bracket until the depth is zero.
    fn last_bracket(&mut self, open: u64, close: u64) -> Option<usize> {
        let mut brackets = open | close;
        while brackets != 0 {
            let bit = brackets & brackets.wrapping_neg();
            self.depth = if open & bit == 0 { self.depth.saturating_sub(1) } else { self.depth + 1 };
            if self.depth == 0 {
                return Some(bit.trailing_zeros() as usize + 1);
            }
            brackets ^= bit;
        }
        None
    }

    /// Returns the bytes that a backslash escapes.
    fn escape(&mut self, backslashes: u64) -> u64 {
        let mut escaped = self.escaped;
        let mut rest = backslashes & !self.escaped;
        self.escaped = 0;
        while rest != 0 {
            let bit = rest & rest.wrapping_neg();
            let next = bit << 1;
            self.escaped |= u64::from(next == 0);
            escaped |= next;
            rest &= !(bit | next);
        }
        escaped
    }
}

/// Sets every bit from each first of two quotes up to before the second.
const fn open_between(quotes: u64) -> u64 {
    let mut bits = quotes;
    bits ^= bits << 1;
    bits ^= bits << 2;
    bits ^= bits << 4;
    bits ^= bits << 8;
    bits ^= bits << 16;
    bits ^= bits << 32;
    bits
}

/// Returns how long the text is that begins with the first quote, with both quotes; `None` if it does not end.
pub(super) fn text(bytes: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        let stop = at + memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
        match bytes.get(stop)? {
            b'"' => return Some(stop + 1),
            _ => at = stop + 2,
        }
    }
}

/// Returns how long the number or word at the beginning is; `None` if nothing ends it.
pub(super) fn word(bytes: &[u8]) -> Option<usize> {
    bytes.iter().position(|byte| byte.is_ascii_whitespace() || b",:]}\x1e".contains(byte))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The end of a value, found byte by byte.
    fn slowly(bytes: &[u8]) -> Option<usize> {
        let (mut depth, mut inside, mut escaped) = (0_u32, false, false);
        for (at, byte) in bytes.iter().enumerate() {
            let after_backslash = std::mem::take(&mut escaped);
            match byte {
                b'\\' => escaped = !after_backslash,
                b'"' => inside ^= !after_backslash,
                b'{' | b'[' if !inside => depth += 1,
                b'}' | b']' if !inside => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return Some(at + 1);
                    }
                }
                _ => {}
            }
        }
        None
    }

    /// As [`slowly`], with the bytes arriving in pieces.
    fn in_pieces(bytes: &[u8], piece: usize) -> Option<usize> {
        let (mut scan, mut used, mut arrived) = (Scan::default(), 0, 0);
        while arrived < bytes.len() {
            arrived = (arrived + piece).min(bytes.len());
            let (more, done) = scan.advance(&bytes[used..arrived]);
            used += more;
            if done {
                return Some(used);
            }
        }
        None
    }

    proptest! {
        #[test]
        fn blocks_find_the_end_that_bytes_find(
            body in r#"[\[\]{}"\\a ]{0,300}"#, piece in 1_usize..200,
        ) {
            let text = format!("{{{body}");
            prop_assert_eq!(in_pieces(text.as_bytes(), piece), slowly(text.as_bytes()));
        }
    }

    #[test]
    fn a_backslash_at_the_end_of_a_block_escapes_the_next() {
        for length in 55..70 {
            for slashes in 1..5 {
                let text = format!(r#"{{"{}{}"}}"}}"#, "a".repeat(length), "\\".repeat(slashes));
                assert_eq!(in_pieces(text.as_bytes(), 7), slowly(text.as_bytes()), "{text}");
            }
        }
    }

    #[test]
    fn text_ends_at_its_own_quote() {
        assert_eq!(text(br#""a\"b\\" "#), Some(8));
        assert_eq!(text(br#""a\""#), None);
        assert_eq!(text(b"\"a\\"), None);
        assert_eq!(word(b"null,"), Some(4));
    }
}
