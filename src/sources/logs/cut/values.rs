//! Passes over JSON values, reading on as they need.

use std::io;
use std::ops::Range;

use super::super::scan::{Scan, text, word};
use super::{BUFFER, Cut, Cutter, Fail, RECORD_LIMIT, unexpected};

impl Cutter<'_> {
    pub(super) fn offset(&self, at: usize) -> u64 {
        self.pinned.unwrap_or(self.base + at as u64)
    }

    /// Reads more, dropping what is not needed; `false` at the end.
    pub(super) fn fill(&mut self) -> Cut<bool> {
        if self.over {
            return Ok(false);
        }
        if self.end - self.keep > RECORD_LIMIT {
            return Err(Fail::TooLarge);
        }
        self.buffer.copy_within(self.keep..self.end, 0);
        self.base += self.keep as u64;
        self.at -= self.keep;
        self.end -= self.keep;
        self.keep = 0;
        if self.buffer.len() - self.end < BUFFER / 4 {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        loop {
            match self.input.read(self.buffer.get_mut(self.end..).unwrap_or_default()) {
                Ok(count) => {
                    self.end += count;
                    self.over = count == 0;
                    return Ok(count > 0);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    (self.over, self.broken_off) = (true, true);
                    self.fault = Some(error);
                    return Ok(false);
                }
            }
        }
    }

    pub(super) fn bytes(&self, range: Range<usize>) -> &[u8] {
        self.buffer.get(range).unwrap_or_default()
    }

    /// Returns the next byte that is no white space, without taking it; `None` at the end.
    pub(super) fn token(&mut self) -> Cut<Option<u8>> {
        loop {
            // A record separator may precede each value (RFC 7464).
            let blank = |byte: &u8| byte.is_ascii_whitespace() || *byte == 0x1e;
            let pending = self.bytes(self.at..self.end);
            let blanks = pending.iter().take_while(|byte| blank(byte)).count();
            let found = pending.get(blanks).copied();
            self.at += blanks;
            if found.is_some() || !self.fill()? {
                return Ok(found);
            }
        }
    }

    /// As [`Self::token`], where the input must go on.
    pub(super) fn need(&mut self) -> Cut<u8> {
        self.token()?.ok_or(Fail::Truncated)
    }

    pub(super) fn expect(&mut self, wanted: u8) -> Cut {
        let found = self.need()?;
        if found == wanted {
            self.at += 1;
            return Ok(());
        }
        Err(unexpected(found, &format!("instead of `{}`", char::from(wanted))))
    }

    /// Calls `member` with the place of each member's name, the reading standing at its value.
    pub(super) fn members(&mut self, mut member: impl FnMut(&mut Self, Range<usize>) -> Cut) -> Cut {
        self.at += 1;
        if self.need()? == b'}' {
            return self.pass_over();
        }
        loop {
            if self.need()? != b'"' {
                return Err(Fail::NotJson("a member without a name".to_owned()));
            }
            let from = self.at - self.keep;
            self.value()?;
            let to = self.at - self.keep;
            self.expect(b':')?;
            self.need()?;
            member(self, self.keep + from + 1..self.keep + to - 1)?;
            match self.need()? {
                b',' => self.at += 1,
                b'}' => return self.pass_over(),
                found => return Err(unexpected(found, "after a member")),
            }
        }
    }

    /// Passes over a value; `false` if it was too large to be kept.
    pub(super) fn value(&mut self) -> Cut<bool> {
        match self.need()? {
            b'{' | b'[' => self.container(),
            b'"' => self.word(text, false),
            found @ (b',' | b':' | b']' | b'}') => Err(unexpected(found, "instead of a value")),
            _ => self.word(word, true),
        }
    }

    /// Passes over a text, or a number or word.
    fn word(&mut self, length: fn(&[u8]) -> Option<usize>, ends_at_end: bool) -> Cut<bool> {
        loop {
            if let Some(length) = length(self.bytes(self.at..self.end)) {
                self.at += length;
                return Ok(true);
            }
            if !self.fill()? {
                if !ends_at_end {
                    return Err(Fail::Truncated);
                }
                self.at = self.end;
                return Ok(true);
            }
        }
    }

    fn container(&mut self) -> Cut<bool> {
        let mut scan = Scan::default();
        let mut whole = true;
        let mut begin = self.at - self.keep;
        let mut used = begin;
        loop {
            let (more, done) = scan.advance(self.bytes(self.keep + used..self.end));
            used += more;
            if done {
                self.at = self.keep + used;
                return Ok(whole && used - begin <= RECORD_LIMIT);
            }
            if self.end - self.keep > RECORD_LIMIT {
                // Too large to be kept: only its end matters.
                (self.keep, self.at) = (self.keep + used, self.keep + used);
                (begin, used, whole) = (0, 0, false);
            }
            if !self.fill()? {
                self.at = self.end;
                return if whole { Err(Fail::Truncated) } else { Err(Fail::TooLarge) };
            }
        }
    }
}
