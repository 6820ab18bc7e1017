//! Revisions on their way into a block.

use rusqlite::params;
use rusqlite::types::Value;

use super::documents::{BLOCK_BYTES, TRAINING_BYTES};
use super::observation::Mark;
use super::{Error, OpenScan};
use crate::model::{Kind, Provider};

/// Revisions of one kind that wait for their block to fill.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) revisions: Vec<Waiting>,
    pub(super) bytes: usize,
}

/// One revision that is not written yet.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) row: u32,
    pub(super) before: Before,
    pub(super) scope: u32,
    pub(super) locator_hash: Option<i64>,
    pub(super) mark: Mark,
    pub(super) body: Vec<u8>,
}

/// What comes before a revision.
#[derive(Clone, Debug)]
pub(super) enum Before {
    /// Nothing: the resource with this uid is new to the store.
    New(Value),
    /// The revision with this number.
    Revision(i64),
}

impl OpenScan<'_> {
    /// Lets a revision wait for its block, and writes what is full.
    pub(super) fn enqueue(&mut self, kind: (Provider, Kind), revision: Waiting) -> Result<(), Error> {
        let batch = self.batches.entry(kind).or_default();
        batch.bytes += revision.body.len();
        self.waiting.insert(revision.row, (kind, batch.revisions.len()));
        batch.revisions.push(revision);
        let enough = if self.packer.has_dictionary(kind) { BLOCK_BYTES } else { TRAINING_BYTES };
        if batch.bytes >= enough { self.flush(kind) } else { Ok(()) }
    }

    /// Returns the revision of a resource that waits.
    pub(super) fn waiting(&self, row: u32) -> Option<&Waiting> {
        let (kind, index) = self.waiting.get(&row)?;
        self.batches.get(kind)?.revisions.get(*index)
    }

    /// Takes back the revision of a resource that waits.
    pub(super) fn withdraw(&mut self, row: u32) -> Option<Waiting> {
        let (kind, index) = self.waiting.remove(&row)?;
        let batch = self.batches.get_mut(&kind)?;
        let revision = batch.revisions.swap_remove(index);
        batch.bytes -= revision.body.len();
        if let Some(moved) = batch.revisions.get(index) {
            self.waiting.insert(moved.row, (kind, index));
        }
        Some(revision)
    }

    /// Writes every revision that waits.
    pub(super) fn flush_all(&mut self) -> Result<(), Error> {
        let kinds: Vec<_> = self.batches.keys().copied().collect();
        kinds.into_iter().try_for_each(|kind| self.flush(kind))
    }

    fn flush(&mut self, kind: (Provider, Kind)) -> Result<(), Error> {
        let Some(batch) = self.batches.remove(&kind) else { return Ok(()) };
        if batch.bytes >= TRAINING_BYTES && !self.packer.has_dictionary(kind) {
            let samples: Vec<_> = batch.revisions.iter().map(|revision| revision.body.as_slice()).collect();
            self.packer.train(self.connection, kind, &samples)?;
        }
        let mut rest = batch.revisions.as_slice();
        while !rest.is_empty() {
            let mut bytes = 0;
            let count = rest.iter().take_while(|revision| {
                let fits = bytes < BLOCK_BYTES;
                bytes += revision.body.len();
                fits
            });
            let (block, after) = rest.split_at(count.count());
            self.write_block(kind, block)?;
            rest = after;
        }
        Ok(())
    }

    fn write_block(&mut self, kind: (Provider, Kind), revisions: &[Waiting]) -> Result<(), Error> {
        let documents = revisions.iter().map(|revision| revision.body.as_slice());
        self.packer.write(self.connection, kind, self.next_revision, documents)?;
        for revision in revisions {
            self.waiting.remove(&revision.row);
            self.write(revision)?;
        }
        Ok(())
    }

    /// Writes a revision: the first one of a resource as the resource's row, a later one as its own.
    fn write(&mut self, revision: &Waiting) -> Result<(), Error> {
        let number = self.take_number();
        let Waiting { row, before, scope, locator_hash, mark, .. } = revision;
        match before {
            Before::New(uid) => {
                self.connection
                    .prepare_cached(
                        "insert into resource (id, uid, scope, latest, locator_hash, fingerprint)
                         values (?1, ?2, ?3, ?1, ?4, ?5)",
                    )?
                    .execute(params![number, uid, scope, locator_hash, mark])?;
                let id =
                    u32::try_from(number).map_err(|_| Error::damaged("there are 4 billion revisions"))?;
                self.rows.set_id(*row, id);
            }
            Before::Revision(previous) => {
                self.connection
                    .prepare_cached(
                        "update resource
                         set first_scope = coalesce(first_scope, nullif(scope, ?2)), scope = ?2, latest = ?3,
                             locator_hash = ?4, fingerprint = ?5
                         where id = ?1",
                    )?
                    .execute(params![self.rows.id(*row), scope, number, locator_hash, mark])?;
                self.append(number, *row, Some(*scope), *previous)?;
            }
        }
        Ok(())
    }

    /// Appends a later revision of a resource; without a scope it says that the resource is absent.
    pub(super) fn append(
        &self,
        number: i64,
        row: u32,
        scope: Option<u32>,
        previous: i64,
    ) -> Result<(), Error> {
        self.connection
            .prepare_cached("insert into revision (id, resource, scope, previous) values (?1, ?2, ?3, ?4)")?
            .execute(params![number, self.rows.id(row), scope, previous])?;
        Ok(())
    }

    /// Returns the number of the next revision.
    pub(super) fn take_number(&mut self) -> i64 {
        let number = self.next_revision;
        self.next_revision += 1;
        number
    }
}
