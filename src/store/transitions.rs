//! What differs between two scans, found from the revisions between them only.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::listings::Listings;
use super::reader::Reader;
use super::revisions::{RevisionRow, revision_at};
use super::unfold::read_all;
use super::{Error, Store};
use crate::model::{Document, Resource, ResourceKey, ScanId, Timestamp, Transition, Window};

/// What happened to one resource between two scans.
#[derive(Clone, Copy, Debug)]
struct Span {
    first: RevisionRow,
    last: RevisionRow,
    /// The first revision that says where the resource is.
    opened: Option<RevisionRow>,
}

impl Store {
    /// Returns the resources whose state at one sealed scan differs from that at a later one, by key.
    ///
    /// Reads only the revisions between the two, however large the inventory is. A resource whose document
    /// and place are the same at both ends is not returned, nor one that the vendor said was gone before
    /// and that is not listed after.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownScan`], and [`Error::Backwards`] if `before` is later than `after`.
    pub fn transitions(&self, before: ScanId, after: ScanId) -> Result<Vec<Transition>, Error> {
        if before > after {
            return Err(Error::Backwards { before, after });
        }
        let taken_at = self.scan(before)?.taken_at;
        let range = (self.last_revision(before)?, self.last_revision(after)?);
        let (reader, listings) = (Reader::new(self)?, Listings::new(self));
        let mut composer = Composer { store: self, reader, listings, taken_at };
        // In the order of resources, which is nearly that of the pages that are read for them.
        let mut spans = self.spans(range)?;
        spans.sort_unstable_by_key(|span| span.first.resource);
        let mut keyed = spans.into_iter().map(|span| composer.keyed(span)).collect::<Result<Vec<_>, _>>()?;
        keyed.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        let ends = keyed.iter().flat_map(|Keyed { span, before, .. }| [*before, Some(span.last)]);
        let wanted = ends.flatten().filter(|row| row.scope.is_some()).map(|row| row.id).collect();
        let read = |_, document: &[u8]| Ok(Document::from_bytes(document)?);
        let mut documents = read_all(&self.connection, wanted, read)?.into_iter().collect();
        let transitions = keyed.into_iter().map(|keyed| composer.transition(keyed, &mut documents));
        transitions.filter_map(Result::transpose).collect()
    }

    /// Returns what happened per resource between two revision numbers.
    fn spans(&self, (after, until): (i64, i64)) -> Result<Vec<Span>, Error> {
        let mut statement = self.connection.prepare_cached(
            "select id, resource, scope, previous from life
             where id > ?1 and id <= ?2 order by id",
        )?;
        let mut spans: FxHashMap<u32, Span> = FxHashMap::default();
        for row in statement.query_map([after, until], revision_at)? {
            let row = row?;
            let here = row.scope.map(|_| row);
            spans
                .entry(row.resource)
                .and_modify(|span| {
                    span.last = row;
                    span.opened = span.opened.or(here);
                })
                .or_insert(Span { first: row, last: row, opened: here });
        }
        Ok(spans.into_values().collect())
    }
}

/// A span with what it is about.
#[derive(Clone, Debug)]
struct Keyed {
    key: ResourceKey,
    span: Span,
    /// The revision that held at the earlier scan.
    before: Option<RevisionRow>,
}

/// Puts transitions together.
struct Composer<'s> {
    store: &'s Store,
    reader: Reader<'s>,
    listings: Listings<'s>,
    /// When the earlier scan is dated.
    taken_at: Timestamp,
}

impl Composer<'_> {
    fn keyed(&self, span: Span) -> Result<Keyed, Error> {
        let before = span.first.previous.map(|previous| self.store.revision(previous)).transpose()?;
        let key = self.reader.key(span.first.resource)?;
        Ok(Keyed { key, span, before })
    }

    fn transition(
        &mut self,
        Keyed { key, span, before }: Keyed,
        documents: &mut FxHashMap<i64, Document>,
    ) -> Result<Option<Transition>, Error> {
        let was_at = before.and_then(|row| row.scope);
        let is_at = span.last.scope;
        let document_before = before.and_then(|row| documents.remove(&row.id));
        let document_after = documents.remove(&span.last.id);
        if was_at == is_at && document_before == document_after {
            return Ok(None);
        }
        let Some(place) = is_at.or(was_at) else { return Ok(None) };
        let state = |scope: Option<u32>, document: Option<Document>| {
            let known = scope.zip(document);
            known.map(|(scope, document)| self.reader.resource(&key, scope, document)).transpose()
        };
        let (state_before, state_after) = (state(was_at, document_before)?, state(is_at, document_after)?);
        if state_after.is_none() && state_before.as_ref().is_none_or(Resource::is_gone) {
            return Ok(None);
        }
        let known_earlier = match before {
            Some(row) if row.scope.is_none() => self.was_there(&key, row)?,
            _ => false,
        };
        let first_sight = self.reader.scan_of(span.opened.unwrap_or(span.first).id)?;
        let listed_before = self.listings.complete_before(&self.reader.scopes, place, first_sight)?;
        let window = self.window(span, before, place)?;
        Ok(Some(Transition {
            key,
            before: state_before.map(Arc::new),
            after: state_after.map(Arc::new),
            window,
            known_earlier,
            listed_before: listed_before.is_some(),
        }))
    }

    /// Returns the window of a change: from the last proof of the state before to the listing that proves
    /// the state after.
    fn window(&mut self, span: Span, before: Option<RevisionRow>, place: u32) -> Result<Window, Error> {
        let Composer { reader, listings, .. } = self;
        let was_at = before.and_then(|row| row.scope).unwrap_or(place);
        let complete = listings.complete_before(&reader.scopes, was_at, reader.scan_of(span.first.id)?)?;
        let seen = match before {
            None => None,
            Some(row) => {
                let seen_by = reader.scan_of(row.id)?;
                listings.of(&reader.scopes, was_at, seen_by)?.map(|(from, _)| (seen_by, from))
            }
        };
        let from = complete.max(seen).map_or(self.taken_at, |(_, from)| from);
        let shown_by = reader.scan_of(span.last.id)?;
        let to = match listings.of(&reader.scopes, place, shown_by)? {
            Some((_, to)) => to,
            None => self.store.scan(shown_by)?.taken_at,
        };
        Ok(Window { from, to })
    }

    /// Whether a resource that is absent was there before, other than as gone.
    fn was_there(&mut self, key: &ResourceKey, absent: RevisionRow) -> Result<bool, Error> {
        let mut earlier = absent.previous;
        while let Some(id) = earlier {
            let row = self.store.revision(id)?;
            let state = self.reader.state(key, &row)?;
            if state.is_some_and(|resource| !resource.is_gone()) {
                return Ok(true);
            }
            earlier = row.previous;
        }
        Ok(false)
    }
}
