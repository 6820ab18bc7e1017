//! Events on their way into the store: each counts once, by its id.

use std::collections::BTreeSet;

use rusqlite::{Connection, params};
use rustc_hash::FxHashMap;

use super::codec::{compress, decompress_alone, nanoseconds};
use super::event_bodies::{BodyReader, BodyWriter, canonical};
use super::log_import::half;
use super::observation::locator_hash;
use super::{Error, Taken, actors};
use crate::model::{AuditEvent, Class, Digest, End, EventId, Locator, LogScope, Provider, Target, Uid};

/// What the store's columns repeat of an event, so that it is found without reading every body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Columns {
    pub(super) key: [u8; 16],
    pub(super) log: LogScope,
    pub(super) operation: Operation,
    pub(super) actor: ActorKey,
    pub(super) outcome: End,
    pub(super) time: i64,
}

/// What was called.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Operation {
    pub(super) service: String,
    pub(super) name: String,
    pub(super) class: Class,
}

/// By what an actor is told from another.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct ActorKey {
    pub(super) provider: Provider,
    pub(super) key: String,
    /// Empty if there is none.
    pub(super) session: String,
}

impl Columns {
    pub(super) fn of(event: &AuditEvent) -> Self {
        Self {
            key: event_key(event.provider, &event.id),
            log: log_scope(event),
            operation: Operation {
                service: event.service.clone(),
                name: event.operation.clone(),
                class: event.class,
            },
            actor: ActorKey {
                provider: event.provider,
                key: event.actor.key.clone(),
                session: event.actor.session.clone().unwrap_or_default(),
            },
            outcome: event.outcome.end,
            time: nanoseconds(event.time),
        }
    }
}

/// Returns the log that told an event.
fn log_scope(event: &AuditEvent) -> LogScope {
    LogScope {
        provider: event.provider,
        account: event.account.clone(),
        location: event.location.clone(),
        source: event.log.clone(),
    }
}

/// Returns the key by which an event counts once.
fn event_key(provider: Provider, id: &EventId) -> [u8; 16] {
    half(Digest::of([provider.as_str(), "\0", id.as_str()].concat().as_bytes()))
}

/// Returns what a target can be called: its uid, its locator, its name, the last part of its locator.
pub(super) fn names(target: &Target) -> impl Iterator<Item = &str> {
    let uid = target.uid.as_ref().map(Uid::as_str);
    let locator = target.locator.as_ref().map(Locator::as_str);
    let last = locator.and_then(|locator| locator.rsplit_once('/')).map(|(_, last)| last);
    [uid, locator, target.name.as_deref(), last].into_iter().flatten()
}

/// Returns the hashes by which the events that name a resource are found.
pub(super) fn target_hashes(event: &AuditEvent) -> BTreeSet<i64> {
    event.targets.iter().flat_map(names).map(locator_hash).collect()
}

/// An event that the store has.
struct Stored {
    id: i64,
    body: Vec<u8>,
    /// The release that read it.
    tool_version: String,
}

/// Writes the events of one import.
pub(super) struct EventWriter<'c> {
    connection: &'c Connection,
    import: i64,
    tool_version: &'static str,
    reader: BodyReader<'c>,
    writer: BodyWriter,
    logs: FxHashMap<LogScope, i64>,
    operations: FxHashMap<Operation, i64>,
}

impl<'c> EventWriter<'c> {
    pub(super) fn new(
        connection: &'c Connection,
        import: i64,
        tool_version: &'static str,
    ) -> Result<Self, Error> {
        Ok(Self {
            connection,
            import,
            tool_version,
            reader: BodyReader::new(connection),
            writer: BodyWriter::new(connection)?,
            logs: FxHashMap::default(),
            operations: FxHashMap::default(),
        })
    }

    /// Takes an event.
    pub(super) fn take(&mut self, event: &AuditEvent) -> Result<Taken, Error> {
        let columns = Columns::of(event);
        let body = canonical(event)?;
        let Some(stored) = self.stored(columns.key)? else {
            self.insert(event, &columns, &body)?;
            return Ok(Taken::New);
        };
        if stored.body == body {
            self.deliver(stored.id, event)?;
            return Ok(Taken::Known);
        }
        if stored.tool_version != self.tool_version || self.has_conflict(stored.id, &body)? {
            return Ok(Taken::Known);
        }
        self.connection
            .prepare_cached("insert into event_conflict (event, import, body) values (?1, ?2, ?3)")?
            .execute(params![stored.id, self.import, compress(&body)?])?;
        Ok(Taken::Conflict)
    }

    /// Returns the number of a log, a new one if need be.
    pub(super) fn intern_log(&mut self, log: &LogScope) -> Result<i64, Error> {
        if let Some(&id) = self.logs.get(log) {
            return Ok(id);
        }
        let values = params![log.provider.as_str(), log.account.as_str(), log.location.as_str(), log.source];
        self.connection.execute(
            "insert or ignore into log_scope (provider, account, location, source) values (?1, ?2, ?3, ?4)",
            values,
        )?;
        let id = self.connection.query_row(
            "select id from log_scope where provider = ?1 and account = ?2 and location = ?3 and source = ?4",
            values,
            |row| row.get(0),
        )?;
        self.logs.insert(log.clone(), id);
        Ok(id)
    }

    fn intern_operation(&mut self, operation: &Operation) -> Result<i64, Error> {
        if let Some(&id) = self.operations.get(operation) {
            return Ok(id);
        }
        let values = params![operation.service, operation.name, operation.class.as_str()];
        self.connection
            .execute("insert or ignore into operation (service, name, class) values (?1, ?2, ?3)", values)?;
        let id = self.connection.query_row(
            "select id from operation where service = ?1 and name = ?2 and class = ?3",
            values,
            |row| row.get(0),
        )?;
        self.operations.insert(operation.clone(), id);
        Ok(id)
    }

    /// Returns the event with a key, if the store has it.
    fn stored(&mut self, key: [u8; 16]) -> Result<Option<Stored>, Error> {
        let mut statement = self.connection.prepare_cached(
            "select event.id, log_import.tool_version, event.dictionary, event.body
             from event join log_import on log_import.id = event.import where event.key = ?1",
        )?;
        let mut rows = statement.query([key])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        Ok(Some(Stored { id: row.get(0)?, tool_version: row.get(1)?, body: self.reader.body_at(row, 2)? }))
    }

    fn has_conflict(&self, event: i64, body: &[u8]) -> Result<bool, Error> {
        let mut statement =
            self.connection.prepare_cached("select body from event_conflict where event = ?1")?;
        let mut rows = statement.query([event])?;
        while let Some(row) = rows.next()? {
            if decompress_alone(&row.get::<_, Vec<u8>>(0)?)? == body {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn insert(&mut self, event: &AuditEvent, columns: &Columns, body: &[u8]) -> Result<(), Error> {
        let log = self.intern_log(&columns.log)?;
        let operation = self.intern_operation(&columns.operation)?;
        let actor = actors::meet(self.connection, &columns.actor, event)?;
        actors::count(self.connection, actor, log, event)?;
        let (dictionary, folded) = self.writer.fold(event.provider, body)?;
        self.connection
            .prepare_cached(
                "insert into event
                     (key, import, log, operation, actor, outcome, time, ingested_at, dictionary, body)
                 values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            )?
            .execute(params![
                columns.key,
                self.import,
                log,
                operation,
                actor,
                columns.outcome.as_str(),
                columns.time,
                event.ingested_at.map(nanoseconds),
                dictionary,
                folded
            ])?;
        let id = self.connection.last_insert_rowid();
        let mut statement =
            self.connection.prepare_cached("insert into event_target (hash, event) values (?1, ?2)")?;
        for hash in target_hashes(event) {
            statement.execute([hash, id])?;
        }
        self.writer.wrote(self.connection, event.provider)
    }

    /// Remembers the earliest delivery of an event.
    fn deliver(&self, id: i64, event: &AuditEvent) -> Result<(), Error> {
        let Some(at) = event.ingested_at else { return Ok(()) };
        self.connection
            .prepare_cached(
                "update event set ingested_at = ?2
                 where id = ?1 and (ingested_at is null or ingested_at > ?2)",
            )?
            .execute([id, nanoseconds(at)])?;
        Ok(())
    }
}
