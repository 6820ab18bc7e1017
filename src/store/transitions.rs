//! What differs between two scans, found from the revisions between them only.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension as _, Row};
use rustc_hash::FxHashMap;

use super::codec::moment_at;
use super::documents::Documents;
use super::open_scan::Scopes;
use super::{Error, Store};
use crate::model::{Document, Resource, ResourceKey, ScanId, Timestamp, Transition, Uid, Window};

/// One row of the revision table.
#[derive(Clone, Copy, Debug)]
pub(super) struct RevisionRow {
    pub(super) id: i64,
    pub(super) resource: u32,
    pub(super) from_scan: i64,
    /// `None` says that the resource is absent.
    pub(super) scope: Option<u32>,
    pub(super) previous: Option<i64>,
}

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
        let spans = self.spans(range)?;
        let mut reader = Reader::new(self)?;
        let mut earlier = BTreeMap::new();
        let mut wanted = Vec::new();
        for span in spans.values() {
            if let Some(previous) = span.first.previous {
                let row = self.revision(previous)?;
                wanted.extend(row.scope.map(|_| row.id));
                earlier.insert(span.first.resource, row);
            }
            wanted.extend(span.last.scope.map(|_| span.last.id));
        }
        let mut documents = reader.documents(wanted)?;
        let mut transitions = Vec::with_capacity(spans.len());
        for span in spans.values() {
            let before = earlier.get(&span.first.resource).copied();
            if let Some(transition) = reader.transition(*span, before, &mut documents, taken_at)? {
                transitions.push(transition);
            }
        }
        transitions.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(transitions)
    }

    /// Returns the number of the last revision at a sealed scan.
    pub(super) fn last_revision(&self, scan: ScanId) -> Result<i64, Error> {
        let last = self
            .connection
            .query_row("select last_revision from scan where id = ?1 and state = 'sealed'", [scan.0], |row| {
                row.get(0)
            })
            .optional()?;
        last.ok_or(Error::UnknownScan(scan))
    }

    /// Returns what happened per resource between two revision numbers.
    fn spans(&self, (after, until): (i64, i64)) -> Result<FxHashMap<u32, Span>, Error> {
        let mut statement = self.connection.prepare_cached(
            "select id, resource, from_scan, scope, previous from revision
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
        Ok(spans)
    }

    /// Returns one row of the revision table.
    pub(super) fn revision(&self, id: i64) -> Result<RevisionRow, Error> {
        let mut statement = self
            .connection
            .prepare_cached("select id, resource, from_scan, scope, previous from revision where id = ?1")?;
        let row = statement.query_row([id], revision_at).optional()?;
        row.ok_or_else(|| Error::damaged(format!("revision {id} is gone")))
    }
}

pub(super) fn revision_at(row: &Row<'_>) -> rusqlite::Result<RevisionRow> {
    Ok(RevisionRow {
        id: row.get(0)?,
        resource: row.get(1)?,
        from_scan: row.get(2)?,
        scope: row.get(3)?,
        previous: row.get(4)?,
    })
}

/// Reads resources and the coverage around them, remembering what many have in common.
pub(super) struct Reader<'s> {
    store: &'s Store,
    pub(super) scopes: Scopes,
    pub(super) blocks: Documents<'s>,
    /// By scope and scan: the last complete listing before.
    listings: FxHashMap<(u32, i64), Option<(i64, Timestamp)>>,
    /// By scope and scan: when the listing ended.
    ends: FxHashMap<(u32, i64), Timestamp>,
}

impl<'s> Reader<'s> {
    pub(super) fn new(store: &'s Store) -> Result<Self, Error> {
        Ok(Self {
            store,
            scopes: Scopes::load(&store.connection)?,
            blocks: Documents::new(&store.connection),
            listings: FxHashMap::default(),
            ends: FxHashMap::default(),
        })
    }

    /// Reads documents, in the order of their blocks.
    fn documents(&mut self, mut revisions: Vec<i64>) -> Result<FxHashMap<i64, Vec<u8>>, Error> {
        revisions.sort_unstable();
        revisions.dedup();
        let mut documents = FxHashMap::default();
        for revision in revisions {
            let (block, index) = self.blocks.find(revision)?;
            documents.insert(revision, block.document(index).unwrap_or_default().to_vec());
        }
        Ok(documents)
    }

    fn transition(
        &mut self,
        span: Span,
        before: Option<RevisionRow>,
        documents: &mut FxHashMap<i64, Vec<u8>>,
        taken_at: Timestamp,
    ) -> Result<Option<Transition>, Error> {
        let was_at = before.and_then(|row| row.scope);
        let is_at = span.last.scope;
        let body_before = before.and_then(|row| documents.remove(&row.id));
        let body_after = documents.remove(&span.last.id);
        if was_at == is_at && body_before == body_after {
            return Ok(None);
        }
        let Some(place) = is_at.or(was_at) else { return Ok(None) };
        let key = self.key(span.first.resource, place)?;
        let state_before = self.resource(&key, was_at, body_before)?;
        let state_after = self.resource(&key, is_at, body_after)?;
        if state_after.is_none() && state_before.as_ref().is_none_or(Resource::is_gone) {
            return Ok(None);
        }
        let known_earlier = match before {
            Some(row) if row.scope.is_none() => self.was_there(&key, row)?,
            _ => false,
        };
        let first_sight = span.opened.unwrap_or(span.first);
        let listed_before = self.listing_before(place, first_sight.from_scan)?.is_some();
        let window = self.window(span, before, place, taken_at)?;
        Ok(Some(Transition {
            key,
            before: state_before,
            after: state_after,
            window,
            known_earlier,
            listed_before,
        }))
    }

    /// Returns the window of a change: from the last proof of the state before to the listing that proves
    /// the state after.
    fn window(
        &mut self,
        span: Span,
        before: Option<RevisionRow>,
        place: u32,
        taken_at: Timestamp,
    ) -> Result<Window, Error> {
        let was_at = before.and_then(|row| row.scope).unwrap_or(place);
        let complete = self.listing_before(was_at, span.first.from_scan)?;
        let seen = match before {
            Some(row) => self.coverage_of(was_at, row.from_scan)?.map(|(from, _)| (row.from_scan, from)),
            None => None,
        };
        let from = complete.max(seen).map_or(taken_at, |(_, from)| from);
        let to = self.end_of(place, span.last.from_scan)?;
        Ok(Window { from, to })
    }

    /// Returns the last complete listing of a scope in a sealed scan before another: the scan, and when
    /// the listing began.
    fn listing_before(&mut self, scope: u32, scan: i64) -> Result<Option<(i64, Timestamp)>, Error> {
        if let Some(&known) = self.listings.get(&(scope, scan)) {
            return Ok(known);
        }
        let everywhere = self.scopes.number(&self.scopes.get(scope)?.everywhere());
        let mut statement = self.store.connection.prepare_cached(
            "select scan.id, coverage.started_at
             from scan cross join coverage on coverage.scan = scan.id and coverage.scope =
                  (select coalesce(max(named.scope) filter (where named.scope = ?1), max(named.scope))
                   from coverage as named where named.scan = scan.id and named.scope in (?1, ?2))
             where scan.id < ?3 and scan.state = 'sealed' and coverage.status = 'complete'
             order by scan.id desc limit 1",
        )?;
        let found = statement
            .query_row((scope, everywhere, scan), |row| Ok((row.get(0)?, moment_at(row, 1)?)))
            .optional()?;
        self.listings.insert((scope, scan), found);
        Ok(found)
    }

    /// Returns when a scan's listing of a scope ended; the moment that the scan is dated if it did not
    /// list it.
    fn end_of(&mut self, scope: u32, scan: i64) -> Result<Timestamp, Error> {
        if let Some(&known) = self.ends.get(&(scope, scan)) {
            return Ok(known);
        }
        let end = match self.coverage_of(scope, scan)? {
            Some((_, end)) => end,
            None => self.store.scan(ScanId(scan))?.taken_at,
        };
        self.ends.insert((scope, scan), end);
        Ok(end)
    }

    /// Returns when a scan's listing of a scope began and ended, if it listed it.
    fn coverage_of(&self, scope: u32, scan: i64) -> Result<Option<(Timestamp, Timestamp)>, Error> {
        let everywhere = self.scopes.number(&self.scopes.get(scope)?.everywhere());
        let mut statement = self.store.connection.prepare_cached(
            "select started_at, finished_at from coverage
             where scan = ?3 and scope in (?1, ?2) order by scope = ?1 desc limit 1",
        )?;
        let found = statement
            .query_row((scope, everywhere, scan), |row| Ok((moment_at(row, 0)?, moment_at(row, 1)?)));
        Ok(found.optional()?)
    }

    /// Whether a resource that is absent was there before, other than as gone.
    fn was_there(&mut self, key: &ResourceKey, absent: RevisionRow) -> Result<bool, Error> {
        let mut earlier = absent.previous;
        while let Some(id) = earlier {
            let row = self.store.revision(id)?;
            let state = self.state(key, &row)?;
            if state.is_some_and(|resource| !resource.is_gone()) {
                return Ok(true);
            }
            earlier = row.previous;
        }
        Ok(false)
    }

    /// Returns what a revision says; `None` if it says that the resource is absent.
    pub(super) fn state(&mut self, key: &ResourceKey, row: &RevisionRow) -> Result<Option<Resource>, Error> {
        let Some(scope) = row.scope else { return Ok(None) };
        let (block, index) = self.blocks.find(row.id)?;
        self.resource(key, Some(scope), block.document(index).map(<[u8]>::to_vec))
    }

    /// Returns the key of a resource.
    pub(super) fn key(&self, resource: u32, scope: u32) -> Result<ResourceKey, Error> {
        let mut statement = self.store.connection.prepare_cached("select uid from resource where id = ?1")?;
        let uid: String = statement.query_row([resource], |row| row.get(0))?;
        let place = self.scopes.get(scope)?;
        Ok(ResourceKey { provider: place.provider, kind: place.kind, uid: Uid::new(uid) })
    }

    fn resource(
        &self,
        key: &ResourceKey,
        scope: Option<u32>,
        body: Option<Vec<u8>>,
    ) -> Result<Option<Resource>, Error> {
        let (Some(scope), Some(body)) = (scope, body) else { return Ok(None) };
        let place = self.scopes.get(scope)?;
        let document = Document::from_bytes(&body)?;
        Ok(Some(document.into_resource(key.clone(), place.account.clone(), place.location.clone())))
    }
}
