//! One log file → events, odd records, and what is to be known of the file.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Map, Value};

use super::cut::{Ending, Sink, cut};
use super::object::ObjectName;
use super::stamp::{Stamp, stamp};
use crate::model::{AccountId, AuditEvent, Location, LogScope, Timestamp};
use crate::sources::{AuditLog, Ignored, LogHints, Odd, RecordReading, concealed};

/// How many events travel together.
const EVENTS: usize = 256;

/// How many bytes of odd records travel together.
const ODD_BYTES: usize = 256 << 10;

/// How much of an odd record is kept.
const RAW_LIMIT: usize = 64 << 10;

/// How many odd records are named before any record of a file is known: it may be no log.
const HELD: usize = 16;

/// Of how many records that are passed over one is looked at for its place and time.
const SAMPLED: u64 = 64;

/// How often a reader looks whether it was interrupted, in records.
const TICK: u64 = 1024;

/// The largest digest; they are a few kilobytes.
const DIGEST_LIMIT: u64 = 64 << 20;

/// What the reading of log files needs.
pub struct Reading<'a> {
    /// The logs that are looked for.
    pub logs: &'a [&'static dyn AuditLog],
    /// What is said of every file; it goes before what the file's name tells.
    pub hints: LogHints,
    /// The path of the tree, which may tell whose log it is.
    pub root: String,
    /// The part of the tree that is read: a file or a folder relative to it; empty for all.
    pub inside: String,
    /// Set from outside to end it early.
    pub interrupted: &'a AtomicBool,
}

/// What the reading of log files yields; a file's batches come before its end.
#[derive(Debug)]
pub enum Message {
    /// Events and odd records of one file.
    Batch(Vec<Found>, Vec<Unread>),
    /// A CloudTrail digest.
    Digest(DigestFile),
    /// The end of a file.
    End(Box<FileEnd>),
}

/// An event, and where it was found.
#[derive(Debug)]
pub struct Found {
    /// The file's name.
    pub name: Arc<str>,
    /// The byte at which the record, or what wraps it, begins in the decompressed file.
    pub offset: u64,
    /// The event.
    pub event: AuditEvent,
}

/// A record that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// The file's name.
    pub name: Arc<str>,
    /// The byte at which it begins in the decompressed file.
    pub offset: u64,
    /// Why: `truncated`, `unreadable`, `not-json`, `not-base64`, `wrong-type`, `too-large`, `unrecognised`, or
    /// what the cloud's own reader says.
    pub odd: Odd,
    /// Its first 64 KiB, without what must never be kept.
    pub raw: Vec<u8>,
}

/// A CloudTrail digest: the objects of one hour with their hashes (SEMANTICS E.1.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DigestFile {
    /// Its name in the tree.
    pub name: String,
    /// Its bytes, decompressed.
    pub bytes: Vec<u8>,
}

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// A log, be it empty or broken.
    Log,
    /// A digest.
    Digest,
    /// Nothing that this release reads.
    Stray,
}

/// The first and the last time that a log was seen to be written at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first.
    pub first: Timestamp,
    /// The last.
    pub last: Timestamp,
}

impl Span {
    /// Stretches it over another.
    pub fn stretch(&mut self, other: Self) {
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }
}

/// How much of a file is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Some records between others.
    Records,
    /// All that followed what was read.
    Rest,
}

/// That a file did not read whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// How much is missing.
    pub extent: Extent,
    /// The first thing that was wrong.
    pub message: String,
}

/// What is known of a file when it was read.
#[derive(Debug)]
pub struct FileEnd {
    /// Its name in the tree.
    pub name: Arc<str>,
    /// What it is.
    pub sort: Sort,
    /// How many records it holds: as many as events, ignored and odd records together.
    pub records: u64,
    /// How many of them are events.
    pub events: u64,
    /// How many were passed over.
    pub ignored: BTreeMap<Ignored, u64>,
    /// How many could not be read.
    pub odd: u64,
    /// How many of those were handed over, each by name; all but very many at the beginning of a file.
    pub named: u64,
    /// Where and when its records were written; times of records that were passed over are sampled.
    pub spans: BTreeMap<LogScope, Span>,
    /// Whose log its name says it is.
    pub account: Option<AccountId>,
    /// Of which location its name says it is.
    pub location: Option<Location>,
    /// When it was delivered, by its name.
    pub delivered_at: Option<Timestamp>,
    /// Whether records of it are missing.
    pub broken: Option<Broken>,
    /// The first thing that was wrong.
    pub fault: Option<String>,
}

/// Reads one file, and hands what it finds to `send`, which may stop it.
pub(super) fn read_file(
    name: &str,
    opened: io::Result<Box<dyn Read + '_>>,
    reading: &Reading<'_>,
    send: &mut dyn FnMut(Message) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let mut reader = Reader::new(name, reading, send);
    let ending = match opened {
        Ok(input) if reader.object.is_digest => return reader.digest(input),
        Ok(input) => cut(input, &mut reader),
        Err(error) => {
            reader.odd(0, &Odd::new("unreadable", error.to_string()), &[])?;
            Ending::Lost
        }
    };
    reader.finish(ending)
}

struct Reader<'a> {
    reading: &'a Reading<'a>,
    hints: LogHints,
    object: ObjectName,
    end: FileEnd,
    /// The log of the record before: files are of one log.
    guess: Option<&'static dyn AuditLog>,
    /// The last record that was passed over by its bytes.
    passed_over: Vec<u8>,
    dismissed: u64,
    /// Whether a list of records was found.
    listed: bool,
    /// Whether it is known to be a log.
    known: bool,
    held: Vec<Unread>,
    events: Vec<Found>,
    odd: Vec<Unread>,
    odd_bytes: usize,
    send: &'a mut dyn FnMut(Message) -> ControlFlow<()>,
}

impl<'a> Reader<'a> {
    fn new(
        name: &str,
        reading: &'a Reading<'a>,
        send: &'a mut dyn FnMut(Message) -> ControlFlow<()>,
    ) -> Self {
        let object = ObjectName::parse(&format!("{}/{name}", reading.root));
        let said = &reading.hints;
        let hints = LogHints {
            account: said.account.clone().or_else(|| object.account.clone()),
            location: said.location.clone().or_else(|| object.location.clone()),
            ingested_at: said.ingested_at.or(object.delivered_at),
        };
        let end = FileEnd {
            name: name.into(),
            sort: Sort::Log,
            records: 0,
            events: 0,
            ignored: BTreeMap::new(),
            odd: 0,
            named: 0,
            spans: BTreeMap::new(),
            account: object.account.clone(),
            location: object.location.clone(),
            delivered_at: object.delivered_at,
            broken: None,
            fault: None,
        };
        Self {
            reading,
            hints,
            object,
            end,
            guess: None,
            passed_over: Vec::new(),
            dismissed: 0,
            listed: false,
            known: false,
            held: Vec::new(),
            events: Vec::new(),
            odd: Vec::new(),
            odd_bytes: 0,
            send,
        }
    }

    fn digest(mut self, input: impl Read) -> ControlFlow<()> {
        let mut bytes = Vec::new();
        match input.take(DIGEST_LIMIT).read_to_end(&mut bytes) {
            Ok(_) => {
                self.end.sort = Sort::Digest;
                (self.send)(Message::Digest(DigestFile { name: self.end.name.to_string(), bytes }))?;
                (self.send)(Message::End(Box::new(self.end)))
            }
            Err(error) => {
                Sink::odd(&mut self, 0, &Odd::new("unreadable", error.to_string()), &bytes)?;
                self.finish(Ending::Lost)
            }
        }
    }

    fn finish(mut self, ending: Ending) -> ControlFlow<()> {
        if ending == Ending::Stopped {
            return ControlFlow::Break(());
        }
        let last = std::mem::take(&mut self.passed_over);
        if !last.is_empty() {
            self.sample(&last);
        }
        if self.end.records == 0 && !self.listed && self.end.sort == Sort::Log {
            self.odd(0, &Odd::new("truncated", "the file is empty"), &[])?;
        }
        if let (Some(broken), Ending::Lost) = (&mut self.end.broken, ending) {
            broken.extent = Extent::Rest;
        }
        if self.end.sort == Sort::Log && !self.is_log() {
            self.end.sort = Sort::Stray;
        }
        if self.end.sort == Sort::Log {
            self.know()?;
        } else {
            (self.end.records, self.end.odd, self.end.broken) = (0, 0, None);
            self.end.ignored.clear();
        }
        self.flush()?;
        (self.send)(Message::End(Box::new(self.end)))
    }

    /// Whether the file is a log, if a broken or an empty one.
    fn is_log(&self) -> bool {
        let name = self.end.name.to_ascii_lowercase();
        let expected =
            self.object.account.is_some() || [".json", ".ndjson"].iter().any(|ending| name.contains(ending));
        let cut_off = self.held.iter().any(|unread| unread.odd.code == "unreadable");
        let empty = self.end.records == 0 && self.listed;
        self.known || empty || cut_off || (self.end.broken.is_some() && expected)
    }

    /// From now on it is known to be a log: hands over what was held back.
    fn know(&mut self) -> ControlFlow<()> {
        if self.known {
            return ControlFlow::Continue(());
        }
        self.known = true;
        let unnamed = self.end.odd - self.held.len() as u64;
        for unread in std::mem::take(&mut self.held) {
            self.push(unread)?;
        }
        if unnamed > 0 {
            let message = format!("{unnamed} more before the first record that is known");
            let unread = self.unread(0, Odd::new("unrecognised", message), &[]);
            self.push(unread)?;
        }
        ControlFlow::Continue(())
    }

    fn unread(&self, offset: u64, odd: Odd, raw: &[u8]) -> Unread {
        let raw = concealed(raw.get(..RAW_LIMIT).unwrap_or(raw));
        Unread { name: Arc::clone(&self.end.name), offset, odd, raw }
    }

    fn push(&mut self, unread: Unread) -> ControlFlow<()> {
        self.odd_bytes += unread.raw.len() + unread.odd.message.len() + size_of::<Unread>();
        self.end.named += 1;
        self.odd.push(unread);
        if self.odd_bytes >= ODD_BYTES { self.flush() } else { ControlFlow::Continue(()) }
    }

    fn flush(&mut self) -> ControlFlow<()> {
        self.odd_bytes = 0;
        if self.events.is_empty() && self.odd.is_empty() {
            return ControlFlow::Continue(());
        }
        (self.send)(Message::Batch(std::mem::take(&mut self.events), std::mem::take(&mut self.odd)))
    }

    /// Passes over a record that its log's quick look dismissed.
    fn dismiss(&mut self, raw: &[u8]) {
        if self.dismissed.is_multiple_of(SAMPLED) {
            self.sample(raw);
            self.passed_over.clear();
        } else {
            self.passed_over.clear();
            self.passed_over.extend_from_slice(raw);
        }
        self.dismissed += 1;
    }

    /// Notes where and when a record was written that is passed over.
    fn sample(&mut self, raw: &[u8]) {
        let Some(log) = self.guess else { return };
        let Ok(record) = serde_json::from_slice(raw) else { return };
        if let Some(Stamp { scope, time }) = stamp(log.name(), &record, &self.hints) {
            self.stretch(scope, time);
        }
    }

    fn stretch(&mut self, scope: LogScope, time: Timestamp) {
        let span = Span { first: time, last: time };
        self.end.spans.entry(scope).or_insert(span).stretch(span);
    }

    fn ignore(&mut self, why: Ignored) {
        *self.end.ignored.entry(why).or_default() += 1;
    }

    /// Reads a record.
    fn read(&mut self, at: u64, raw: &[u8]) -> ControlFlow<()> {
        let record: Map<String, Value> = match serde_json::from_slice(raw) {
            Ok(record) => record,
            Err(error) => return self.keep(at, &Odd::new("not-json", error.to_string()), raw),
        };
        let mut logs = self.guess.iter().chain(self.reading.logs).copied();
        let Some(log) = logs.find(|log| log.recognise(&record)) else {
            if is_digest(&record) {
                self.end.sort = Sort::Digest;
                let digest = DigestFile { name: self.end.name.to_string(), bytes: raw.to_vec() };
                return (self.send)(Message::Digest(digest));
            }
            return self.keep(at, &Odd::new("unrecognised", "it is no record of any known log"), raw);
        };
        self.guess = Some(log);
        self.know()?;
        let stamp = stamp(log.name(), &record, &self.hints);
        match log.read(record, &self.hints) {
            Ok(RecordReading::Event(event)) => {
                let scope = LogScope {
                    provider: event.provider,
                    account: event.account.clone(),
                    location: event.location.clone(),
                    source: event.log.clone(),
                };
                self.stretch(scope, event.time);
                self.end.events += 1;
                self.events.push(Found { name: Arc::clone(&self.end.name), offset: at, event: *event });
                if self.events.len() >= EVENTS { self.flush() } else { ControlFlow::Continue(()) }
            }
            Ok(RecordReading::Ignored(why)) => {
                if let Some(Stamp { scope, time }) = stamp {
                    self.stretch(scope, time);
                }
                self.ignore(why);
                ControlFlow::Continue(())
            }
            Err(odd) => self.keep(at, &odd, raw),
        }
    }

    /// Keeps a record that is not what it should be.
    fn keep(&mut self, at: u64, odd: &Odd, raw: &[u8]) -> ControlFlow<()> {
        self.end.odd += 1;
        self.end.fault.get_or_insert_with(|| format!("byte {at}: {}", odd.message));
        // What no log knows was hardly an audit record; anything else may have been one.
        if odd.code != "unrecognised" {
            let broken = || Broken { extent: Extent::Records, message: odd.message.clone() };
            self.end.broken.get_or_insert_with(broken);
        }
        if !self.known && self.held.len() >= HELD {
            return ControlFlow::Continue(());
        }
        let unread = self.unread(at, odd.clone(), raw);
        if self.known {
            return self.push(unread);
        }
        self.held.push(unread);
        ControlFlow::Continue(())
    }

    fn count(&mut self) -> ControlFlow<()> {
        self.end.records += 1;
        let looks = self.end.records.is_multiple_of(TICK);
        if looks && self.reading.interrupted.load(Ordering::Relaxed) {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }
}

impl Sink for Reader<'_> {
    fn record(&mut self, at: u64, raw: &[u8]) -> ControlFlow<()> {
        self.count()?;
        match self.guess.and_then(|log| log.dismiss(raw)) {
            Some(why) => {
                self.ignore(why);
                self.dismiss(raw);
                ControlFlow::Continue(())
            }
            None => self.read(at, raw),
        }
    }

    fn pass(&mut self, why: Ignored) -> ControlFlow<()> {
        self.count()?;
        self.ignore(why);
        self.know()
    }

    fn odd(&mut self, at: u64, odd: &Odd, raw: &[u8]) -> ControlFlow<()> {
        self.count()?;
        self.keep(at, odd, raw)
    }

    fn listed(&mut self) {
        self.listed = true;
    }
}

fn is_digest(record: &Map<String, Value>) -> bool {
    ["digestStartTime", "digestEndTime", "logFiles"].iter().all(|name| record.contains_key(*name))
}
