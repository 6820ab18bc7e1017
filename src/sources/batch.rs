//! Elements on their way to be read, and what separate calls told of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Hints, Overlay, Place};
use crate::model::{Digest, Kind, Provider};

/// Elements of one list, on their way to be read.
#[derive(Debug)]
pub struct Batch {
    /// Which file of a dump, or which listing of a live scan.
    pub source: usize,
    /// Its name, for people.
    pub name: Arc<str>,
    /// Where in the body.
    pub place: Arc<Place>,
    /// What is known of the listing from beside it.
    pub hints: Arc<Hints>,
    /// The elements' bytes, one after the other.
    pub bytes: Vec<u8>,
    /// Where each element lies in `bytes`, and where in its source.
    pub spans: Vec<Span>,
    /// What separate calls told of these very elements.
    pub overlays: Overlays,
}

/// One element of a batch.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// Its first byte in the batch.
    pub start: usize,
    /// The byte after its last in the batch.
    pub end: usize,
    /// Its first byte in the file; in a live listing, its number.
    pub offset: u64,
}

/// Which resource an overlay belongs to: by uid or canonical locator.
pub type OverlayKey = (Provider, Kind, String);

/// What separate calls told of resources.
#[derive(Clone, Debug, Default)]
pub struct Overlays(BTreeMap<OverlayKey, Vec<Overlay>>);

impl Overlays {
    /// Returns what was told of a resource, by its uid or its locator.
    pub fn of<'a>(&'a self, provider: Provider, kind: Kind, id: &str) -> &'a [Overlay] {
        if self.0.is_empty() {
            return &[];
        }
        self.0.get(&(provider, kind, id.to_owned())).map_or(&[], Vec::as_slice)
    }

    /// Returns the digest of everything told: part of what an element's reading depends on.
    pub fn digest(&self) -> Digest {
        Digest::of(format!("{:?}", self.0).as_bytes())
    }

    /// Adds one; the order in which overlays of one resource are read means nothing.
    pub fn add(&mut self, overlay: Overlay) {
        let key = (overlay.provider, overlay.kind, overlay.target.clone());
        let told = self.0.entry(key).or_default();
        told.push(overlay);
        told.sort_by_cached_key(|overlay| format!("{overlay:?}"));
        told.dedup();
    }

    /// Takes over what another survey found.
    pub fn absorb(&mut self, other: Self) {
        other.0.into_values().flatten().for_each(|overlay| self.add(overlay));
    }

    /// Returns how many resources were told of.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing was told.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
