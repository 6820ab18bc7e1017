//! The bodies of events: canonical JSON, each compressed for itself with a dictionary per cloud.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use rustc_hash::FxHashMap;
use zstd::bulk::{Compressor, Decompressor};

use super::Error;
use super::codec::{LEVEL, decompress, decompress_alone, moment, name_at, zstd_failed};
use crate::model::{AuditEvent, DocumentError, Provider, canonical_json};

/// On how many events of one cloud a dictionary is trained.
const TRAINING_EVENTS: u32 = 512;

/// The size of a dictionary.
const DICTIONARY_BYTES: usize = 32 << 10;

/// Returns the bytes that the store keeps of an event: canonical JSON, without the time of its delivery.
pub(super) fn canonical(event: &AuditEvent) -> Result<Vec<u8>, Error> {
    let mut value = serde_json::to_value(event).map_err(DocumentError::from)?;
    if let Some(members) = value.as_object_mut() {
        members.remove("ingested_at");
    }
    Ok(canonical_json(&value).into_bytes())
}

/// Reads bodies back.
pub(super) struct BodyReader<'c> {
    connection: &'c Connection,
    decompressors: BTreeMap<i64, Decompressor<'static>>,
}

impl<'c> BodyReader<'c> {
    pub(super) fn new(connection: &'c Connection) -> Self {
        Self { connection, decompressors: BTreeMap::new() }
    }

    /// Reads a body from two columns: dictionary, body.
    pub(super) fn body_at(&mut self, row: &Row<'_>, column: usize) -> Result<Vec<u8>, Error> {
        let body = row.get_ref(column + 1)?.as_blob().map_err(rusqlite::Error::from)?;
        self.unfold(row.get(column)?, body)
    }

    /// Reads an event from three columns: dictionary, body, time of delivery.
    pub(super) fn event_at(&mut self, row: &Row<'_>, column: usize) -> Result<AuditEvent, Error> {
        let body = self.body_at(row, column)?;
        let event: AuditEvent = serde_json::from_slice(&body)
            .map_err(|error| Error::damaged(format!("a stored event does not read: {error}")))?;
        let ingested_at: Option<i64> = row.get(column + 2)?;
        Ok(AuditEvent { ingested_at: ingested_at.map(moment), ..event })
    }

    /// Unfolds a body.
    pub(super) fn unfold(&mut self, dictionary: Option<i64>, body: &[u8]) -> Result<Vec<u8>, Error> {
        let Some(id) = dictionary else { return decompress_alone(body) };
        if !self.decompressors.contains_key(&id) {
            let mut statement =
                self.connection.prepare_cached("select body from event_dictionary where id = ?1")?;
            let found: Option<Vec<u8>> = statement.query_row([id], |row| row.get(0)).optional()?;
            let found = found.ok_or_else(|| Error::damaged(format!("event dictionary {id} is gone")))?;
            self.decompressors.insert(id, Decompressor::with_dictionary(&found).map_err(zstd_failed)?);
        }
        match self.decompressors.get_mut(&id) {
            Some(decompressor) => decompress(decompressor, body),
            None => Err(Error::damaged(format!("event dictionary {id} is gone"))),
        }
    }
}

/// Compresses bodies.
pub(super) struct BodyWriter {
    compressors: FxHashMap<Provider, (i64, Compressor<'static>)>,
    plain: Compressor<'static>,
    /// How many events of a cloud wait for a dictionary.
    waiting: FxHashMap<Provider, u32>,
}

impl BodyWriter {
    /// Makes one with the dictionaries that the store has.
    pub(super) fn new(connection: &Connection) -> Result<Self, Error> {
        let plain = Compressor::new(LEVEL).map_err(zstd_failed)?;
        let mut writer = Self { compressors: FxHashMap::default(), plain, waiting: FxHashMap::default() };
        let mut statement = connection.prepare("select id, provider, body from event_dictionary")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let body: Vec<u8> = row.get(2)?;
            writer.learn(name_at(row, 1)?, row.get(0)?, &body)?;
        }
        let mut statement = connection.prepare(
            "select log_scope.provider, count(*) from event join log_scope on log_scope.id = event.log
             where event.dictionary is null group by log_scope.provider",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            writer.waiting.insert(name_at(row, 0)?, row.get(1)?);
        }
        drop(rows);
        drop(statement);
        Ok(writer)
    }

    /// Compresses a body; returns it with the number of its dictionary.
    pub(super) fn fold(&mut self, provider: Provider, body: &[u8]) -> Result<(Option<i64>, Vec<u8>), Error> {
        match self.compressors.get_mut(&provider) {
            Some((id, compressor)) => Ok((Some(*id), compressor.compress(body).map_err(zstd_failed)?)),
            None => Ok((None, self.plain.compress(body).map_err(zstd_failed)?)),
        }
    }

    /// Says that an event was written; trains a dictionary as soon as enough of them wait for one.
    pub(super) fn wrote(&mut self, connection: &Connection, provider: Provider) -> Result<(), Error> {
        if self.compressors.contains_key(&provider) {
            return Ok(());
        }
        let waiting = self.waiting.entry(provider).or_default();
        *waiting += 1;
        if waiting.is_multiple_of(TRAINING_EVENTS) { self.train(connection, provider) } else { Ok(()) }
    }

    /// Trains a dictionary on the events that wait, and compresses those again; leaves them as they are if
    /// they have too little in common.
    fn train(&mut self, connection: &Connection, provider: Provider) -> Result<(), Error> {
        let mut statement = connection.prepare(
            "select event.id, event.body from event join log_scope on log_scope.id = event.log
             where event.dictionary is null and log_scope.provider = ?1",
        )?;
        let mut rows = statement.query([provider.as_str()])?;
        let mut bodies: Vec<(i64, Vec<u8>)> = Vec::new();
        while let Some(row) = rows.next()? {
            let body: Vec<u8> = row.get(1)?;
            bodies.push((row.get(0)?, decompress_alone(&body)?));
        }
        let samples: Vec<_> = bodies.iter().map(|(_, body)| body.as_slice()).collect();
        let Ok(dictionary) = zstd::dict::from_samples(&samples, DICTIONARY_BYTES) else { return Ok(()) };
        connection.execute(
            "insert into event_dictionary (provider, body) values (?1, ?2)",
            params![provider.as_str(), dictionary],
        )?;
        self.learn(provider, connection.last_insert_rowid(), &dictionary)?;
        let mut statement =
            connection.prepare("update event set dictionary = ?2, body = ?3 where id = ?1")?;
        for (id, body) in bodies {
            let (dictionary, folded) = self.fold(provider, &body)?;
            statement.execute(params![id, dictionary, folded])?;
        }
        Ok(())
    }

    fn learn(&mut self, provider: Provider, id: i64, body: &[u8]) -> Result<(), Error> {
        let compressor = Compressor::with_dictionary(LEVEL, body).map_err(zstd_failed)?;
        self.compressors.insert(provider, (id, compressor));
        Ok(())
    }
}
