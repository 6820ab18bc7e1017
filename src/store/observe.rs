//! What an open scan sees.

use rusqlite::params;
use rusqlite::types::Value;

use super::batch::{Before, Waiting};
use super::observation::{Mark, locator_hash, opened_entry};
use super::{Error, Observation, OpenScan, ResourceRow, uid};
use crate::model::{Digest, Document, Kind, Provider, ResourceKey, Uid};

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
    uid: Value,
    scope: u32,
    latest: i64,
    mark: Option<Mark>,
}

impl OpenScan<'_> {
    /// Notes that a resource was seen again, in the same bytes as before.
    pub fn confirm(&mut self, row: ResourceRow) -> Result<Observed, Error> {
        let ResourceRow(row) = row;
        if let Some(entry) = self.rows.entry(row) {
            // Another listing of this scan showed another state.
            self.contest_with_before(row, entry)?;
            return Ok(Observed::Conflict);
        }
        Ok(if self.rows.see(row) { Observed::Unchanged } else { Observed::Duplicate })
    }

    /// Takes in a resource.
    pub fn observe(&mut self, observation: Observation) -> Result<Observed, Error> {
        let scope = self.scopes.intern(self.connection, &observation.scope())?;
        let key = &observation.key;
        let uid = uid::packed(key.provider, key.kind, key.uid.as_str());
        let hash = uid::hash(key.provider, key.kind, (&uid).into());
        let Some(row) = self.row_of((key.provider, key.kind), &uid, hash)? else {
            let row = self.rows.push(hash, 0, scope, false);
            self.rows.see(row);
            self.revise(row, scope, Before::New(uid), observation)?;
            return Ok(Observed::Opened);
        };
        let observation = self.with_what_was_told(row, observation)?;
        if let Some(entry) = self.rows.entry(row) {
            return self.contest(row, entry, scope, observation);
        }
        let first_sight = self.rows.see(row);
        let stored = self.stored(row)?;
        let before = Before::Revision(stored.latest);
        if !self.rows.was_open(row) {
            self.revise(row, scope, before, observation)?;
            return Ok(Observed::Opened);
        }
        let same = stored.scope == scope && self.has_document(stored.latest, &observation.body)?;
        match (first_sight, same) {
            (true, true) => {
                self.refresh(row, &stored, observation.fingerprint.mark())?;
                Ok(Observed::Unchanged)
            }
            (true, false) => {
                self.revise(row, scope, before, observation)?;
                Ok(Observed::Revised)
            }
            (false, true) => Ok(Observed::Duplicate),
            (false, false) => {
                self.contend(&observation.key.uid, [scope, stored.scope]);
                if observation.entry > self.entry_of(&observation.key, stored.scope, stored.latest)? {
                    self.revise(row, scope, before, observation)?;
                }
                Ok(Observed::Conflict)
            }
        }
    }

    /// Adds what separate calls told of the resource before this scan and nobody asked for again.
    fn with_what_was_told(&mut self, row: u32, observation: Observation) -> Result<Observation, Error> {
        let Some(before) = self.before(row)? else { return Ok(observation) };
        let earlier = self.documents.find(before)?;
        // Few documents hold any of it, and only those need be read.
        let marks: [&[u8]; 3] = [br#""overlaid":["#, br#""known":true"#, br#""public_known":true"#];
        if !marks.iter().any(|mark| memchr::memmem::find(earlier, mark).is_some()) {
            return Ok(observation);
        }
        let earlier = Document::from_bytes(earlier)?;
        let mut document = Document::from_bytes(&observation.body)?;
        if document.keep_told(&earlier) {
            return Ok(observation.with_document(&document)?);
        }
        Ok(observation)
    }

    /// Returns the revision that a resource had when the scan began, if it was there.
    fn before(&self, row: u32) -> Result<Option<i64>, Error> {
        if !self.rows.was_open(row) {
            return Ok(None);
        }
        if let Some(Waiting { before, .. }) = self.waiting(row) {
            return Ok(match before {
                Before::Revision(before) => Some(*before),
                Before::New(_) => None,
            });
        }
        let latest = self.stored(row)?.latest;
        if self.rows.entry(row).is_some() { Ok(self.revision(latest)?.1) } else { Ok(Some(latest)) }
    }

    /// Gives a resource a new state.
    fn revise(
        &mut self,
        row: u32,
        scope: u32,
        before: Before,
        observation: Observation,
    ) -> Result<(), Error> {
        let Observation { key, locator_hash, body, fingerprint, entry, .. } = observation;
        self.rows.set_entry(row, Some(entry));
        if let Some(hash) = locator_hash
            && !self.rows.was_open(row)
        {
            self.taken_locators.insert(hash, row);
        }
        let mark = fingerprint.mark();
        self.enqueue((key.provider, key.kind), Waiting { row, before, scope, locator_hash, mark, body })
    }

    /// Remembers the bytes that an unchanged resource was read from this time.
    fn refresh(&self, row: u32, stored: &Stored, mark: Mark) -> Result<(), Error> {
        if stored.mark != Some(mark) {
            self.connection
                .prepare_cached("update resource set fingerprint = ?2 where id = ?1")?
                .execute(params![self.rows.id(row), mark])?;
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
        let other = match self.waiting(row) {
            Some(waiting) => waiting.scope,
            None => self.stored(row)?.scope,
        };
        self.contend(&observation.key.uid, [scope, other]);
        if observation.entry > entry {
            match self.take_back(row)? {
                Before::Revision(before)
                    if self.rows.was_open(row) && self.is_state(before, scope, &observation.body)? =>
                {
                    self.restore(row, before, observation.fingerprint.mark())?;
                }
                before => self.revise(row, scope, before, observation)?,
            }
        }
        Ok(Observed::Conflict)
    }

    /// Decides between the new state of a resource and the one before, which this scan saw as well.
    fn contest_with_before(&mut self, row: u32, entry: Digest) -> Result<(), Error> {
        let stored = self.stored(row)?;
        let (before, other) = match self.waiting(row) {
            Some(waiting) => (stored.latest, waiting.scope),
            None => (self.revision(stored.latest)?.1.unwrap_or(stored.latest), stored.scope),
        };
        let scope = self.scope_of(before)?;
        let place = self.scopes.get(scope)?;
        let key = uid::key(place.provider, place.kind, (&stored.uid).into())?;
        self.contend(&key.uid, [scope, other]);
        if self.entry_of(&key, scope, before)? > entry {
            let mark = self.known.mark(row).unwrap_or_default();
            self.take_back(row)?;
            self.restore(row, before, mark)?;
        }
        Ok(())
    }

    /// Notes that two states of a resource were seen, in these scopes.
    fn contend(&mut self, uid: &Uid, scopes: [u32; 2]) {
        for scope in scopes {
            let first = self.contested.entry(scope).or_insert_with(|| uid.clone());
            if uid < first {
                first.clone_from(uid);
            }
        }
    }

    /// Takes back the revision that this scan made of a resource; returns what comes before it.
    fn take_back(&mut self, row: u32) -> Result<Before, Error> {
        if let Some(waiting) = self.withdraw(row) {
            return Ok(waiting.before);
        }
        let stored = self.stored(row)?;
        let Some(previous) = self.revision(stored.latest)?.1 else {
            self.connection.execute("delete from resource where id = ?1", [stored.latest])?;
            return Ok(Before::New(stored.uid));
        };
        self.connection.execute("delete from revision where id = ?1", [stored.latest])?;
        Ok(Before::Revision(previous))
    }

    /// Lets the state before stand.
    fn restore(&mut self, row: u32, before: i64, mark: Mark) -> Result<(), Error> {
        let scope = self.scope_of(before)?;
        let document = Document::from_bytes(self.documents.find(before)?)?;
        let locator_hash = document.locator().map(|locator| locator_hash(locator.as_str()));
        self.connection.execute(
            "update resource set scope = ?2, latest = ?3, locator_hash = ?4, fingerprint = ?5 where id = ?1",
            params![self.rows.id(row), scope, before, locator_hash, mark],
        )?;
        self.rows.set_entry(row, None);
        Ok(())
    }

    /// Returns the row of a resource, if it has one.
    fn row_of(&self, kind: (Provider, Kind), uid: &Value, hash: u64) -> Result<Option<u32>, Error> {
        for row in self.rows.candidates(hash) {
            let (known, scope) = match self.waiting(row) {
                Some(Waiting { before: Before::New(uid), scope, .. }) => (uid.clone(), *scope),
                _ => self.stored(row).map(|stored| (stored.uid, stored.scope))?,
            };
            let place = self.scopes.get(scope)?;
            if known == *uid && (place.provider, place.kind) == kind {
                return Ok(Some(row));
            }
        }
        Ok(None)
    }

    fn stored(&self, row: u32) -> Result<Stored, Error> {
        let mut statement = self
            .connection
            .prepare_cached("select uid, scope, latest, fingerprint from resource where id = ?1")?;
        Ok(statement.query_row([self.rows.id(row)], |row| {
            Ok(Stored { uid: row.get(0)?, scope: row.get(1)?, latest: row.get(2)?, mark: row.get(3)? })
        })?)
    }

    fn has_document(&mut self, revision: i64, body: &[u8]) -> Result<bool, Error> {
        Ok(self.documents.find(revision)? == body)
    }

    /// Whether a revision says this.
    fn is_state(&mut self, revision: i64, scope: u32, body: &[u8]) -> Result<bool, Error> {
        Ok(self.scope_of(revision)? == scope && self.has_document(revision, body)?)
    }

    /// Returns the manifest's entry for a revision.
    fn entry_of(&mut self, key: &ResourceKey, scope: u32, revision: i64) -> Result<Digest, Error> {
        let digest = Digest::of(self.documents.find(revision)?);
        let place = self.scopes.get(scope)?;
        Ok(opened_entry(key, &place.account, &place.location, &digest)?)
    }

    fn scope_of(&self, revision: i64) -> Result<u32, Error> {
        let scope = self.revision(revision)?.0;
        scope.ok_or_else(|| Error::damaged(format!("revision {revision} has no scope")))
    }

    /// Returns the scope of a revision and the number of the one before.
    fn revision(&self, revision: i64) -> Result<(Option<u32>, Option<i64>), Error> {
        let mut statement =
            self.connection.prepare_cached("select scope, previous from life where id = ?1")?;
        Ok(statement.query_row([revision], |row| Ok((row.get(0)?, row.get(1)?)))?)
    }
}
