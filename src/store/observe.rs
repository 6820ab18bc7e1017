//! What an open scan sees.

use rusqlite::params;

use super::batch::Waiting;
use super::observation::{locator_hash, opened_entry};
use super::rows::uid_hash;
use super::{Error, Fingerprint, Observation, OpenScan, ResourceRow};
use crate::model::{Digest, Document, ResourceKey, Uid};

/// What an observation meant to the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Observed {
    /// The resource is as it was.
    Unchanged,
    /// The resource has a new state.
    Revised,
    /// The resource was not there before.
    Opened,
    /// This scan has seen it already, in this state.
    Duplicate,
    /// This scan has seen it already, in another state. The state with the greater digest is kept,
    /// whichever came first.
    Conflict,
}

/// A resource as the store has it.
struct Stored {
    uid: String,
    scope: u32,
    latest: i64,
    fingerprint: Option<[u8; 16]>,
}

impl OpenScan<'_> {
    /// Notes that a resource was seen again, in the same bytes as before.
    pub fn confirm(&mut self, row: ResourceRow) -> Result<(), Error> {
        let ResourceRow(row) = row;
        if let Some(entry) = self.rows.entry(row) {
            // Another listing of this scan showed another state.
            let fingerprint = self.known.fingerprint(row).unwrap_or(Fingerprint([0; 16]));
            return self.contest_with_before(row, entry, fingerprint);
        }
        self.rows.see(row);
        Ok(())
    }

    /// Takes in a resource.
    pub fn observe(&mut self, observation: Observation) -> Result<Observed, Error> {
        let scope = self.scopes.intern(self.connection, &observation.scope())?;
        let Some(row) = self.row_of(&observation.key)? else {
            return self.open(scope, observation);
        };
        if let Some(entry) = self.rows.entry(row) {
            return self.contest(row, entry, scope, observation);
        }
        let first_sight = self.rows.see(row);
        let stored = self.stored(row)?;
        if !self.rows.was_open(row) {
            self.revise(row, scope, Some(stored.latest), None, observation)?;
            return Ok(Observed::Opened);
        }
        let same = stored.scope == scope && self.has_document(stored.latest, &observation.body)?;
        match (first_sight, same) {
            (true, true) => {
                self.refresh(row, &stored, observation.fingerprint)?;
                Ok(Observed::Unchanged)
            }
            (true, false) => {
                self.revise(row, scope, Some(stored.latest), None, observation)?;
                Ok(Observed::Revised)
            }
            (false, true) => Ok(Observed::Duplicate),
            (false, false) => {
                if observation.entry > self.entry_of(&observation.key, stored.scope, stored.latest)? {
                    self.revise(row, scope, Some(stored.latest), None, observation)?;
                }
                Ok(Observed::Conflict)
            }
        }
    }

    /// Opens a resource that the store has never seen.
    fn open(&mut self, scope: u32, observation: Observation) -> Result<Observed, Error> {
        let key = &observation.key;
        let row = self.rows.push(uid_hash(key.provider, key.kind, key.uid.as_str()), scope, false);
        self.rows.see(row);
        let uid = key.uid.as_str().to_owned();
        self.revise(row, scope, None, Some(uid), observation)?;
        Ok(Observed::Opened)
    }

    /// Gives a resource a new state.
    fn revise(
        &mut self,
        row: u32,
        scope: u32,
        previous: Option<i64>,
        new_uid: Option<String>,
        observation: Observation,
    ) -> Result<(), Error> {
        let Observation { key, locator_hash, body, fingerprint, entry, .. } = observation;
        self.rows.set_entry(row, Some(entry));
        if let Some(hash) = locator_hash
            && !self.rows.was_open(row)
        {
            self.taken_locators.insert(hash, row);
        }
        let revision = Waiting { row, new_uid, scope, previous, locator_hash, fingerprint, body };
        self.enqueue((key.provider, key.kind), revision)
    }

    /// Remembers the bytes that an unchanged resource was read from this time.
    fn refresh(&self, row: u32, stored: &Stored, fingerprint: Fingerprint) -> Result<(), Error> {
        if stored.fingerprint != Some(fingerprint.0) {
            self.connection
                .prepare_cached("update resource set fingerprint = ?2 where id = ?1")?
                .execute(params![row, fingerprint.0])?;
        }
        Ok(())
    }

    /// Decides between the new state of a resource and another one that this scan saw.
    fn contest(
        &mut self,
        row: u32,
        entry: Digest,
        scope: u32,
        observation: Observation,
    ) -> Result<Observed, Error> {
        if observation.entry == entry {
            return Ok(Observed::Duplicate);
        }
        if observation.entry > entry {
            let (previous, new_uid) = self.take_back(row)?;
            match previous {
                Some(before)
                    if self.rows.was_open(row) && self.is_state(before, scope, &observation.body)? =>
                {
                    self.restore(row, before, observation.fingerprint)?;
                }
                _ => self.revise(row, scope, previous, new_uid, observation)?,
            }
        }
        Ok(Observed::Conflict)
    }

    /// Decides between the new state of a resource and the one before, which this scan saw as well.
    fn contest_with_before(
        &mut self,
        row: u32,
        entry: Digest,
        fingerprint: Fingerprint,
    ) -> Result<(), Error> {
        let stored = self.stored(row)?;
        let before = match self.waiting(row) {
            Some(_) => stored.latest,
            None => self.previous_of(stored.latest)?.unwrap_or(stored.latest),
        };
        let scope = self.scope_of(before)?;
        let place = self.scopes.get(scope)?;
        let key = ResourceKey { provider: place.provider, kind: place.kind, uid: Uid::new(stored.uid) };
        if self.entry_of(&key, scope, before)? > entry {
            self.take_back(row)?;
            self.restore(row, before, fingerprint)?;
        }
        Ok(())
    }

    /// Takes back the revision that this scan made of a resource; returns the number of the one before,
    /// and the uid if the store has no row for the resource yet.
    fn take_back(&mut self, row: u32) -> Result<(Option<i64>, Option<String>), Error> {
        if let Some(waiting) = self.withdraw(row) {
            return Ok((waiting.previous, waiting.new_uid));
        }
        let latest = self.stored(row)?.latest;
        let previous = self.previous_of(latest)?;
        self.connection.execute("delete from revision where id = ?1", [latest])?;
        Ok((previous, None))
    }

    /// Lets the state before stand.
    fn restore(&mut self, row: u32, before: i64, fingerprint: Fingerprint) -> Result<(), Error> {
        let scope = self.scope_of(before)?;
        let (block, index) = self.documents.find(before)?;
        let document = Document::from_bytes(block.document(index).unwrap_or_default())?;
        let locator_hash = document.locator().map(|locator| locator_hash(locator.as_str()));
        self.connection.execute(
            "update resource set scope = ?2, latest = ?3, locator_hash = ?4, fingerprint = ?5 where id = ?1",
            params![row, scope, before, locator_hash, fingerprint.0],
        )?;
        self.rows.set_entry(row, None);
        Ok(())
    }

    /// Returns the row of a resource, if it has one.
    fn row_of(&mut self, key: &ResourceKey) -> Result<Option<u32>, Error> {
        let hash = uid_hash(key.provider, key.kind, key.uid.as_str());
        for row in self.rows.candidates(hash) {
            let new_uid = self.waiting(row).and_then(|waiting| waiting.new_uid.clone());
            let (uid, scope) = match new_uid {
                Some(uid) => (uid, self.waiting(row).map_or(0, |waiting| waiting.scope)),
                None => self.stored(row).map(|stored| (stored.uid, stored.scope))?,
            };
            let place = self.scopes.get(scope)?;
            if uid == key.uid.as_str() && (place.provider, place.kind) == (key.provider, key.kind) {
                return Ok(Some(row));
            }
        }
        Ok(None)
    }

    fn stored(&self, row: u32) -> Result<Stored, Error> {
        let mut statement = self
            .connection
            .prepare_cached("select uid, scope, latest, fingerprint from resource where id = ?1")?;
        Ok(statement.query_row([row], |row| {
            Ok(Stored { uid: row.get(0)?, scope: row.get(1)?, latest: row.get(2)?, fingerprint: row.get(3)? })
        })?)
    }

    fn has_document(&mut self, revision: i64, body: &[u8]) -> Result<bool, Error> {
        let (block, index) = self.documents.find(revision)?;
        Ok(block.document(index) == Some(body))
    }

    /// Whether a revision says this.
    fn is_state(&mut self, revision: i64, scope: u32, body: &[u8]) -> Result<bool, Error> {
        Ok(self.scope_of(revision)? == scope && self.has_document(revision, body)?)
    }

    /// Returns the manifest's entry for a revision.
    fn entry_of(&mut self, key: &ResourceKey, scope: u32, revision: i64) -> Result<Digest, Error> {
        let (block, index) = self.documents.find(revision)?;
        let digest = Digest::of(block.document(index).unwrap_or_default());
        let place = self.scopes.get(scope)?;
        Ok(opened_entry(key, &place.account, &place.location, &digest))
    }

    fn scope_of(&self, revision: i64) -> Result<u32, Error> {
        let mut statement = self.connection.prepare_cached("select scope from revision where id = ?1")?;
        Ok(statement.query_row([revision], |row| row.get(0))?)
    }

    fn previous_of(&self, revision: i64) -> Result<Option<i64>, Error> {
        let mut statement = self.connection.prepare_cached("select previous from revision where id = ?1")?;
        Ok(statement.query_row([revision], |row| row.get(0))?)
    }
}
