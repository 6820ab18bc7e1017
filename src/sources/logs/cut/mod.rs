//! Cuts a log file of any size into native records, without reading it whole.

mod values;

use std::io::{self, Read};
use std::ops::ControlFlow;

use super::envelope::{List, Wrap, Wrapped, columns, list, looks_like_json, row, unquoted};
use crate::model::Timestamp;
use crate::sources::{Ignored, Odd};

/// The largest record that is read; CloudTrail's are at most 256 kB.
pub(super) const RECORD_LIMIT: usize = 16 << 20;

const BUFFER: usize = 256 << 10;

/// How deep records may be wrapped.
const NESTING: u8 = 6;

/// How often a value may swallow the rest of a file before each line stands alone.
const SWALLOWED: u8 = 4;

/// What happens to the parts of a file; may stop the reading.
pub(super) trait Sink {
    /// Takes one record's JSON, and the byte of the file at which it, or what wraps it, begins.
    fn record(&mut self, at: u64, raw: &[u8]) -> ControlFlow<()>;

    /// Takes note of a wrapped event that is no audit record.
    fn pass(&mut self, why: Ignored) -> ControlFlow<()>;

    /// Takes what is no record, and the byte at which it begins.
    fn odd(&mut self, at: u64, odd: &Odd, raw: &[u8]) -> ControlFlow<()>;

    /// Takes note that a list of records was found, be it empty.
    fn listed(&mut self);
}

/// How the reading of a file ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// At its end.
    Whole,
    /// Before: what came after the last thing taken is not known.
    Lost,
    /// As the sink asked.
    Stopped,
}

/// Cuts `input`: one JSON value or several in a row.
///
/// What does not read is handed to the sink as odd; reading goes on at the next line that begins as a value
/// does. A file with nothing in it yields nothing.
pub(super) fn cut(mut input: impl Read, sink: &mut dyn Sink) -> Ending {
    let mut cutter = Cutter {
        input: &mut input,
        buffer: vec![0; BUFFER],
        end: 0,
        keep: 0,
        at: 0,
        base: 0,
        pinned: None,
        over: false,
        fault: None,
        broken_off: false,
        nesting: 0,
        swallowed: 0,
        resumed: false,
        sink,
    };
    cutter.documents()
}

/// Why a value was not taken.
enum Fail {
    Stopped,
    Truncated,
    NotJson(String),
    TooLarge,
}

type Cut<T = ()> = Result<T, Fail>;

fn go_on(flow: ControlFlow<()>) -> Cut {
    if flow.is_break() { Err(Fail::Stopped) } else { Ok(()) }
}

struct Cutter<'a> {
    input: &'a mut dyn Read,
    buffer: Vec<u8>,
    /// How much of the buffer is filled.
    end: usize,
    /// From where on it is needed.
    keep: usize,
    /// Where the reading stands; at or after `keep`.
    at: usize,
    /// How many bytes of the file precede the buffer.
    base: u64,
    /// The place in the file of what wraps these bytes, if anything does.
    pinned: Option<u64>,
    /// Whether the input has no more.
    over: bool,
    /// What ended the input early, until it is told.
    fault: Option<io::Error>,
    /// Whether the input ended early.
    broken_off: bool,
    nesting: u8,
    swallowed: u8,
    /// Whether something did not read, and the reading went on behind it.
    resumed: bool,
    sink: &'a mut dyn Sink,
}

impl Cutter<'_> {
    /// Takes every value of the input.
    fn documents(&mut self) -> Ending {
        if matches!(self.fill(), Ok(true)) && self.bytes(0..self.end).starts_with(b"\xef\xbb\xbf") {
            self.at = 3;
        }
        loop {
            self.keep = self.at;
            let outcome = match self.token() {
                Ok(None) => return self.ending(),
                Ok(Some(token)) => self.document(token),
                Err(fail) => Err(fail),
            };
            let goes_on = match outcome {
                Ok(()) => true,
                Err(Fail::Stopped) => return Ending::Stopped,
                Err(fail) => match self.tell(&fail) {
                    ControlFlow::Break(()) => return Ending::Stopped,
                    ControlFlow::Continue(()) => self.resume(&fail),
                },
            };
            if !goes_on {
                return Ending::Lost;
            }
            if self.swallowed >= SWALLOWED {
                return self.lines();
            }
        }
    }

    fn document(&mut self, token: u8) -> Cut {
        self.keep = self.at;
        match token {
            b'{' => self.object(),
            b'[' => {
                self.sink.listed();
                self.list(&List::Any)
            }
            b'"' => self.text_element(),
            b',' => self.pass_over(),
            b']' | b'}' if self.resumed => self.pass_over(),
            other => self.dated_line().unwrap_or_else(|| Err(unexpected(other, "begins no record"))),
        }
    }

    #[expect(clippy::unnecessary_wraps, reason = "the arms beside it can fail")]
    fn pass_over(&mut self) -> Cut {
        self.at += 1;
        Ok(())
    }

    /// The input has no more: says what ended it early, if anything did.
    fn ending(&mut self) -> Ending {
        if self.fault.is_some() && self.tell(&Fail::Truncated).is_break() {
            return Ending::Stopped;
        }
        if self.broken_off { Ending::Lost } else { Ending::Whole }
    }

    /// Names what did not read.
    fn tell(&mut self, fail: &Fail) -> ControlFlow<()> {
        let here = self.offset(self.at.min(self.end));
        let last = self.offset(self.end);
        let (code, message) = match fail {
            Fail::NotJson(what) => ("not-json", format!("no JSON at byte {here}: {what}")),
            Fail::TooLarge => ("too-large", format!("it is larger than {RECORD_LIMIT} bytes")),
            Fail::Truncated | Fail::Stopped => match self.fault.take() {
                Some(error) if error.kind() != io::ErrorKind::UnexpectedEof => {
                    ("unreadable", format!("unreadable at byte {last}: {error}"))
                }
                _ => ("truncated", format!("a value does not end before byte {last}")),
            },
        };
        let raw = self.buffer.get(self.keep..self.end).unwrap_or_default();
        let raw = match fail {
            Fail::NotJson(_) => {
                let behind = self.at - self.keep;
                let line = memchr::memchr(b'\n', raw.get(behind..).unwrap_or_default());
                raw.get(..line.map_or(raw.len(), |line| behind + line)).unwrap_or_default()
            }
            _ => raw,
        };
        self.sink.odd(self.offset(self.keep), &Odd::new(code, message), raw)
    }

    /// Goes to the next line that begins as a value does; `false` if there is none.
    fn resume(&mut self, fail: &Fail) -> bool {
        if matches!(fail, Fail::Truncated | Fail::TooLarge) {
            self.swallowed += 1;
        }
        self.resumed = true;
        let mut from = self.keep;
        loop {
            let pending = self.bytes(from..self.end);
            let begins = |&line: &usize| matches!(pending.get(line + 1), Some(b'{' | b'['));
            if let Some(line) = memchr::memchr_iter(b'\n', pending).find(begins) {
                self.at = from + line + 1;
                return true;
            }
            // The last byte may be the end of the line.
            self.keep = self.end.saturating_sub(1).max(self.keep);
            self.at = self.keep;
            match self.fill() {
                Ok(true) => from = self.keep,
                _ => return false,
            }
        }
    }

    /// Takes every line of the rest for itself.
    fn lines(&mut self) -> Ending {
        loop {
            self.keep = self.at;
            let length = loop {
                if let Some(length) = memchr::memchr(b'\n', self.bytes(self.at..self.end)) {
                    break length;
                }
                match self.fill() {
                    Ok(true) => {}
                    Ok(false) => break self.end - self.at,
                    Err(_) => {
                        let told = self.tell(&Fail::TooLarge);
                        return if told.is_break() { Ending::Stopped } else { Ending::Lost };
                    }
                }
            };
            let line = self.bytes(self.at..self.at + length).to_vec();
            if self.nested(line, self.offset(self.at)) == Ending::Stopped {
                return Ending::Stopped;
            }
            self.at = (self.at + length + 1).min(self.end);
            if self.at == self.end && self.over {
                self.keep = self.at;
                return self.ending();
            }
        }
    }

    /// Takes a line of an export of `CloudWatch` Logs: a time, then the record.
    fn dated_line(&mut self) -> Option<Cut> {
        const LONGEST: usize = 40;
        while self.end - self.at < LONGEST && matches!(self.fill(), Ok(true)) {}
        let head = self.bytes(self.at..self.end.min(self.at + LONGEST));
        let (time, _) = head.split_at_checked(memchr::memchr(b' ', head)?)?;
        str::from_utf8(time).ok()?.parse::<Timestamp>().ok()?;
        if head.get(time.len() + 1) != Some(&b'{') {
            return None;
        }
        self.at += time.len() + 1;
        self.keep = self.at;
        Some(self.object())
    }

    /// Takes the elements of a list.
    fn list(&mut self, list: &List) -> Cut {
        self.at += 1;
        loop {
            self.keep = self.at;
            match self.need()? {
                b']' => return self.pass_over(),
                b',' => self.pass_over()?,
                b':' | b'}' => return Err(unexpected(b':', "between two elements")),
                token => {
                    self.keep = self.at;
                    self.element(list, token)?;
                }
            }
        }
    }

    fn element(&mut self, list: &List, token: u8) -> Cut {
        match (list, token) {
            (List::Records, b'{') => self.plain(),
            (List::Any, b'{') => self.object(),
            (List::Any, b'"') => self.text_element(),
            (List::Tables, b'{') => self.table(),
            (List::Rows(columns), b'[') => {
                let begin = self.offset(self.at);
                let whole = self.value()?;
                let object = if whole { row(columns, self.kept()) } else { Err(too_large()) };
                match object {
                    Ok(object) => go_on(self.sink.record(begin, &object)),
                    Err(odd) => self.odd(begin, &odd),
                }
            }
            (_, other) => {
                let begin = self.offset(self.at);
                self.value()?;
                let what = format!("`{}` begins no record", other.escape_ascii());
                self.odd(begin, &Odd::new("wrong-type", what))
            }
        }
    }

    /// Takes a record that nothing wraps.
    fn plain(&mut self) -> Cut {
        let begin = self.offset(self.at);
        if self.value()? {
            let raw = self.buffer.get(self.keep..self.at).unwrap_or_default();
            go_on(self.sink.record(begin, raw))
        } else {
            self.odd(begin, &too_large())
        }
    }

    /// Takes a text that may be a record.
    fn text_element(&mut self) -> Cut {
        let begin = self.offset(self.at);
        if !self.value()? {
            return self.odd(begin, &too_large());
        }
        if !looks_like_json(self.kept()) {
            return self.odd(begin, &Odd::new("wrong-type", "a text is no record"));
        }
        match unquoted(self.kept()) {
            Ok(inner) => self.unwrapped(inner, begin),
            Err(odd) => self.odd(begin, &odd),
        }
    }

    fn odd(&mut self, begin: u64, odd: &Odd) -> Cut {
        let raw = self.buffer.get(self.keep..self.at).unwrap_or_default();
        go_on(self.sink.odd(begin, odd, raw))
    }

    fn kept(&self) -> &[u8] {
        self.bytes(self.keep..self.at)
    }

    /// Takes an object: a list of records, something that wraps one, or one.
    fn object(&mut self) -> Cut {
        if self.nesting >= NESTING {
            return self.plain();
        }
        let begin = self.offset(self.at);
        let mut wrap = Wrap::default();
        let mut listed = false;
        self.members(|cutter, name| {
            let token = cutter.need()?;
            let list = list(cutter.bytes(name.clone()));
            if let Some(list) = list.as_ref().filter(|_| token == b'[') {
                listed = true;
                cutter.sink.listed();
                cutter.nesting += 1;
                let outcome = cutter.list(list);
                cutter.nesting -= 1;
                return outcome;
            }
            let (name, from) = (name.start - cutter.keep..name.end - cutter.keep, cutter.at - cutter.keep);
            if !cutter.value()? {
                return Err(Fail::TooLarge);
            }
            let value = from..cutter.at - cutter.keep;
            let kept = cutter.kept();
            let empty = list.is_some() && kept.get(value.clone()) == Some(b"null");
            wrap.note(kept.get(name).unwrap_or_default(), value);
            if empty {
                listed = true;
                cutter.sink.listed();
            }
            Ok(())
        })?;
        match listed {
            true => Ok(()),
            false if self.kept().len() > RECORD_LIMIT => self.odd(begin, &too_large()),
            false => self.unwrap(begin, &wrap),
        }
    }

    fn unwrap(&mut self, begin: u64, wrap: &Wrap) -> Cut {
        let object = self.buffer.get(self.keep..self.at).unwrap_or_default();
        match wrap.open(object) {
            Ok(Wrapped::Record(raw)) => go_on(self.sink.record(begin, raw)),
            Ok(Wrapped::OtherEvent) => go_on(self.sink.pass(Ignored::OtherCategory)),
            Ok(Wrapped::Text(inner)) => self.unwrapped(inner, begin),
            Err(odd) => go_on(self.sink.odd(begin, &odd, object)),
        }
    }

    fn unwrapped(&mut self, inner: Vec<u8>, begin: u64) -> Cut {
        if self.nested(inner, begin) == Ending::Stopped { Err(Fail::Stopped) } else { Ok(()) }
    }

    /// Takes the values of a text that stood at `begin`.
    fn nested(&mut self, text: Vec<u8>, begin: u64) -> Ending {
        let mut cutter = Cutter {
            input: &mut io::empty(),
            end: text.len(),
            buffer: text,
            keep: 0,
            at: 0,
            base: 0,
            pinned: Some(begin),
            over: true,
            fault: None,
            broken_off: false,
            nesting: self.nesting + 1,
            swallowed: 0,
            resumed: false,
            sink: &mut *self.sink,
        };
        cutter.documents()
    }

    /// Takes a table of Log Analytics.
    fn table(&mut self) -> Cut {
        let mut names = None;
        self.members(|cutter, name| {
            let token = cutter.need()?;
            match (cutter.bytes(name), &names, token) {
                (b"rows", Some(columns), b'[') => {
                    let rows = List::Rows(Vec::clone(columns));
                    cutter.list(&rows)
                }
                (b"rows", None, _) => {
                    let begin = cutter.offset(cutter.at);
                    cutter.value()?;
                    cutter.odd(begin, &Odd::new("wrong-type", "`rows` come before `columns`"))
                }
                (b"columns", ..) => {
                    let begin = cutter.offset(cutter.at);
                    let from = cutter.at - cutter.keep;
                    cutter.value()?;
                    match columns(cutter.kept().get(from..).unwrap_or_default()) {
                        Ok(columns) => names = Some(columns),
                        Err(odd) => cutter.odd(begin, &odd)?,
                    }
                    Ok(())
                }
                _ => cutter.value().map(drop),
            }
        })
    }
}

fn unexpected(found: u8, what: &str) -> Fail {
    Fail::NotJson(format!("`{}` {what}", found.escape_ascii()))
}

fn too_large() -> Odd {
    Odd::new("too-large", format!("a record is larger than {RECORD_LIMIT} bytes"))
}

#[cfg(test)]
mod tests;
