//! Pages of elements on their way out of a listing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;
use thiserror::Error;
use tokio::sync::mpsc;

use crate::sources::{Batch, Hints, Overlay, Overlays, Place, Span};

/// The elements of one page, in native JSON.
#[derive(Debug, Default)]
pub struct Page {
    place: Place,
    bytes: Vec<u8>,
    spans: Vec<Span>,
    overlays: Overlays,
}

impl Page {
    /// Makes an empty page of the list that stands in `envelope`, as files have it.
    pub fn of(envelope: &str) -> Self {
        Self::at(Place { envelope: Some(envelope.to_owned()), ..Place::default() })
    }

    /// Makes an empty page of the list at a place.
    pub fn at(place: Place) -> Self {
        Self { place, ..Self::default() }
    }

    /// Adds an element.
    ///
    /// # Errors
    ///
    /// If it does not serialise, which no value of native JSON fails to.
    pub fn push(&mut self, element: &impl Serialize) -> Result<(), serde_json::Error> {
        let start = self.bytes.len();
        serde_json::to_writer(&mut self.bytes, element)?;
        self.spans.push(Span { start, end: self.bytes.len(), offset: 0 });
        Ok(())
    }

    /// Adds what a separate call told of an element of this page.
    pub fn tell(&mut self, overlay: Overlay) {
        self.overlays.add(overlay);
    }

    /// Returns how many elements it holds.
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }
}

/// Where a listing sends its pages.
#[derive(Debug)]
pub struct Pages {
    source: usize,
    name: Arc<str>,
    hints: Arc<Hints>,
    elements: AtomicU64,
    sent: AtomicU64,
    first_only: bool,
    batches: mpsc::Sender<Batch>,
}

/// Nobody takes pages any more: the run was interrupted, or the store refused.
#[derive(Debug, Error)]
#[error("nobody takes pages any more")]
pub struct Stopped;

impl Pages {
    /// Makes the way out of the listing with number `source`; `name` is what its odd elements are found by.
    pub fn new(source: usize, name: &str, hints: &Hints, batches: mpsc::Sender<Batch>) -> Self {
        Self {
            source,
            name: name.into(),
            hints: Arc::new(hints.clone()),
            elements: AtomicU64::new(0),
            sent: AtomicU64::new(0),
            first_only: false,
            batches,
        }
    }

    /// Makes one for which the first page of each list is enough.
    #[must_use]
    pub fn first_only(mut self) -> Self {
        self.first_only = true;
        self
    }

    /// Whether the rest of a list need not be asked for.
    pub const fn wants_first_only(&self) -> bool {
        self.first_only
    }

    /// Returns how many pages were sent, empty ones among them.
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Sends a page; waits while those before it are still being read.
    ///
    /// # Errors
    ///
    /// [`Stopped`] if nobody takes it.
    pub async fn send(&self, mut page: Page) -> Result<(), Stopped> {
        self.sent.fetch_add(1, Ordering::Relaxed);
        if page.is_empty() {
            return Ok(());
        }
        let first = self.elements.fetch_add(page.spans.len() as u64, Ordering::Relaxed);
        for (offset, span) in (first..).zip(&mut page.spans) {
            span.offset = offset;
        }
        let batch = Batch {
            source: self.source,
            name: Arc::clone(&self.name),
            place: Arc::new(page.place),
            hints: Arc::clone(&self.hints),
            bytes: page.bytes,
            spans: page.spans,
            overlays: page.overlays,
        };
        self.batches.send(batch).await.map_err(|_| Stopped)
    }
}
