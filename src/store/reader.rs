//! Revisions as the resources that they describe.

use super::open_scan::Scopes;
use super::revisions::RevisionRow;
use super::unfold::Documents;
use super::{Error, Store, uid};
use crate::model::{Document, Resource, ResourceKey, ScanId};

/// Reads what revisions say.
pub(super) struct Reader<'s> {
    store: &'s Store,
    pub(super) scopes: Scopes,
    /// By its last revision: every sealed scan.
    scans: Vec<(i64, ScanId)>,
    documents: Documents<'s>,
}

impl<'s> Reader<'s> {
    pub(super) fn new(store: &'s Store) -> Result<Self, Error> {
        let scopes = Scopes::load(&store.connection)?;
        let mut statement = store.connection.prepare_cached(
            "select last_revision, id from scan where state = 'sealed' order by last_revision, id",
        )?;
        let scans = statement.query_map([], |row| Ok((row.get(0)?, ScanId(row.get(1)?))))?;
        let scans = scans.collect::<Result<_, _>>()?;
        Ok(Self { store, scopes, scans, documents: Documents::new(&store.connection) })
    }

    /// Returns the scan that a revision is from.
    pub(super) fn scan_of(&self, revision: i64) -> Result<ScanId, Error> {
        let index = self.scans.partition_point(|&(last, _)| last < revision);
        let scan = self.scans.get(index).map(|&(_, scan)| scan);
        scan.ok_or_else(|| Error::damaged(format!("revision {revision} belongs to no sealed scan")))
    }

    /// Returns the canonical document of a revision.
    pub(super) fn body(&mut self, revision: i64) -> Result<&[u8], Error> {
        self.documents.find(revision)
    }

    /// Returns what a revision says; `None` if it says that the resource is absent.
    pub(super) fn state(&mut self, key: &ResourceKey, row: &RevisionRow) -> Result<Option<Resource>, Error> {
        let Some(scope) = row.scope else { return Ok(None) };
        let document = Document::from_bytes(self.body(row.id)?)?;
        self.resource(key, scope, document).map(Some)
    }

    /// Returns the key of a resource.
    pub(super) fn key(&self, resource: u32) -> Result<ResourceKey, Error> {
        let mut statement =
            self.store.connection.prepare_cached("select uid, scope from resource where id = ?1")?;
        let mut rows = statement.query([resource])?;
        let row = rows.next()?.ok_or_else(|| Error::damaged(format!("resource {resource} is gone")))?;
        let place = self.scopes.get(row.get(1)?)?;
        uid::key(place.provider, place.kind, row.get_ref(0)?)
    }

    /// Returns the resource that a place and a document describe.
    pub(super) fn resource(
        &self,
        key: &ResourceKey,
        scope: u32,
        document: Document,
    ) -> Result<Resource, Error> {
        let place = self.scopes.get(scope)?;
        Ok(document.into_resource(key.clone(), place.account.clone(), place.location.clone()))
    }
}
