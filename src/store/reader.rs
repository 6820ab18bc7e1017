//! Revisions as the resources that they describe.

use rusqlite::types::Value;
use rustc_hash::FxHashMap;
use serde::Deserialize;

use super::documents::Documents;
use super::open_scan::Scopes;
use super::revisions::RevisionRow;
use super::{Error, Store, uid};
use crate::model::{Document, DocumentError, Resource, ResourceKey};

/// Reads what revisions say.
pub(super) struct Reader<'s> {
    store: &'s Store,
    pub(super) scopes: Scopes,
    documents: Documents<'s>,
}

/// As much of a document as a search by name reads.
#[derive(Deserialize)]
struct Named {
    name: Option<String>,
}

impl<'s> Reader<'s> {
    pub(super) fn new(store: &'s Store) -> Result<Self, Error> {
        let scopes = Scopes::load(&store.connection)?;
        Ok(Self { store, scopes, documents: Documents::new(&store.connection) })
    }

    /// Returns the canonical document of a revision.
    pub(super) fn body(&mut self, revision: i64) -> Result<Vec<u8>, Error> {
        let (block, index) = self.documents.find(revision)?;
        Ok(block.document(index).unwrap_or_default().to_vec())
    }

    /// Returns the canonical documents of many revisions, reading each block once.
    pub(super) fn bodies(&mut self, mut revisions: Vec<i64>) -> Result<FxHashMap<i64, Vec<u8>>, Error> {
        revisions.sort_unstable();
        revisions.dedup();
        revisions.into_iter().map(|revision| Ok((revision, self.body(revision)?))).collect()
    }

    /// Returns the name that a revision gives its resource.
    pub(super) fn name(&mut self, revision: i64) -> Result<Option<String>, Error> {
        let (block, index) = self.documents.find(revision)?;
        let body = block.document(index).unwrap_or_default();
        let named: Named = serde_json::from_slice(body).map_err(DocumentError::from)?;
        Ok(named.name)
    }

    /// Returns what a revision says; `None` if it says that the resource is absent.
    pub(super) fn state(&mut self, key: &ResourceKey, row: &RevisionRow) -> Result<Option<Resource>, Error> {
        let Some(scope) = row.scope else { return Ok(None) };
        let body = self.body(row.id)?;
        self.resource(key, Some(scope), Some(&body))
    }

    /// Returns the key of a resource.
    pub(super) fn key(&self, resource: u32, scope: u32) -> Result<ResourceKey, Error> {
        let mut statement = self.store.connection.prepare_cached("select uid from resource where id = ?1")?;
        let packed: Value = statement.query_row([resource], |row| row.get(0))?;
        let place = self.scopes.get(scope)?;
        uid::key(place.provider, place.kind, (&packed).into())
    }

    /// Returns the resource that a place and a document describe.
    pub(super) fn resource(
        &self,
        key: &ResourceKey,
        scope: Option<u32>,
        body: Option<&[u8]>,
    ) -> Result<Option<Resource>, Error> {
        let (Some(scope), Some(body)) = (scope, body) else { return Ok(None) };
        let place = self.scopes.get(scope)?;
        let document = Document::from_bytes(body)?;
        Ok(Some(document.into_resource(key.clone(), place.account.clone(), place.location.clone())))
    }
}
