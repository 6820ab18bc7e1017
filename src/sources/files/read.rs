//! Reads every file of a dump, in batches of raw elements.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::dump::{Claim, Dump};
use super::elements::{Fault, Sink, cut};
use super::open::OpenError;
use super::survey::Survey;
use crate::sources::{Batch, Header, Hints, Overlays, Place, Span, envelopes};

/// How many bytes of elements travel together.
const BATCH: usize = 256 << 10;

/// The number of a file in its dump, in the order of reading.
pub type FileId = usize;

/// What the reading of a dump yields.
#[derive(Debug)]
pub enum Message {
    /// Elements of one list of one file.
    Batch(Batch),
    /// The end of a file; its batches were sent before.
    End(Box<FileEnd>),
}

/// What is known of a file when it was read to its end.
#[derive(Debug)]
pub struct FileEnd {
    /// Which file.
    pub file: FileId,
    /// Its name.
    pub name: String,
    /// What it is said to list.
    pub claim: Claim,
    /// What stands beside the elements: one header for each top-level object.
    pub headers: Vec<Header>,
    /// What ended the reading early.
    pub fault: Option<Fault>,
    /// Where elements beyond the size limit begin.
    pub oversize: Vec<u64>,
    /// How many elements it holds.
    pub elements: u64,
}

/// Reads every file that is not all overlays, and calls `send` for each message; stops when it says so.
///
/// # Errors
///
/// Only if the tree itself cannot be read; a file that cannot is a message.
pub fn read(
    dump: &Dump,
    survey: &Survey,
    first: FileId,
    mut send: impl FnMut(Message) -> ControlFlow<()>,
) -> Result<FileId, OpenError> {
    let mut file = first;
    let mut stopped = false;
    dump.visit(&mut |name, opened| {
        if stopped || survey.overlay_files.contains_key(name) {
            return;
        }
        let claim = dump.claim(name);
        let hints = survey.hints(name, claim.account.as_ref(), claim.location.as_ref());
        let end = FileEnd {
            file,
            name: name.to_owned(),
            claim,
            headers: Vec::new(),
            fault: None,
            oversize: Vec::new(),
            elements: 0,
        };
        let mut batches = Batches {
            end,
            name: name.into(),
            hints: Arc::new(hints),
            place: Arc::default(),
            bytes: Vec::with_capacity(BATCH + (BATCH >> 2)),
            spans: Vec::new(),
            send: &mut send,
        };
        let outcome = match opened {
            Ok(input) => cut(input, &envelopes(), &mut batches),
            Err(error) => Err(Fault::Unreadable { offset: 0, error }),
        };
        stopped = matches!(outcome, Err(Fault::Stopped)) || batches.flush().is_break();
        let end = FileEnd { fault: outcome.err(), ..batches.end };
        stopped |= send(Message::End(Box::new(end))).is_break();
        file += 1;
    })?;
    Ok(file)
}

struct Batches<'a> {
    end: FileEnd,
    name: Arc<str>,
    hints: Arc<Hints>,
    place: Arc<Place>,
    bytes: Vec<u8>,
    spans: Vec<Span>,
    send: &'a mut dyn FnMut(Message) -> ControlFlow<()>,
}

impl Batches<'_> {
    fn flush(&mut self) -> ControlFlow<()> {
        if self.spans.is_empty() {
            return ControlFlow::Continue(());
        }
        let room = Vec::with_capacity(self.bytes.capacity());
        let batch = Batch {
            source: self.end.file,
            name: Arc::clone(&self.name),
            place: Arc::clone(&self.place),
            hints: Arc::clone(&self.hints),
            bytes: std::mem::replace(&mut self.bytes, room),
            spans: std::mem::take(&mut self.spans),
            overlays: Overlays::default(),
        };
        (self.send)(Message::Batch(batch))
    }
}

impl Sink for Batches<'_> {
    fn element(&mut self, place: &Place, offset: u64, raw: &[u8]) -> ControlFlow<()> {
        if *self.place != *place {
            self.flush()?;
            self.place = Arc::new(place.clone());
        }
        let start = self.bytes.len();
        self.bytes.extend_from_slice(raw);
        self.spans.push(Span { start, end: self.bytes.len(), offset });
        self.end.elements += 1;
        if self.bytes.len() >= BATCH { self.flush() } else { ControlFlow::Continue(()) }
    }

    fn body(&mut self, header: Header) {
        self.end.headers.push(header);
    }

    fn oversize(&mut self, _: &Place, offset: u64) {
        self.end.oversize.push(offset);
    }
}
