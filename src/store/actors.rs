//! The ledger of actors: who is known to have done what, where, since when (SEMANTICS F.6).

use rusqlite::{Connection, params};
use serde_json::json;

use super::codec::{moment_at, name_at, nanoseconds};
use super::events::ActorKey;
use super::{Error, Store};
use crate::model::{AccountId, Actor, ActorRecord, AuditEvent, LastAct, Location, canonical_json};

/// Returns the number of an event's actor; of what its events say of it, the latest stays.
pub(super) fn meet(connection: &Connection, key: &ActorKey, event: &AuditEvent) -> Result<i64, Error> {
    let ActorKey { provider, key, session } = key;
    connection
        .prepare_cached(
            "insert into actor (provider, key, session, told_at, document) values (?1, ?2, ?3, ?4, ?5)
             on conflict (provider, key, session) do update
             set told_at = excluded.told_at, document = excluded.document
             where (excluded.told_at, excluded.document) > (actor.told_at, actor.document)",
        )?
        .execute(params![provider.as_str(), key, session, nanoseconds(event.time), document(&event.actor)])?;
    let mut statement = connection
        .prepare_cached("select id from actor where provider = ?1 and key = ?2 and session = ?3")?;
    Ok(statement.query_row(params![provider.as_str(), key, session], |row| row.get(0))?)
}

/// Returns what the ledger keeps of an actor.
pub(super) fn document(actor: &Actor) -> String {
    canonical_json(&json!(actor))
}

/// Counts a new event.
pub(super) fn count(connection: &Connection, actor: i64, log: i64, event: &AuditEvent) -> Result<(), Error> {
    connection
        .prepare_cached(
            "insert into actor_use (actor, log, class, first_at, last_at, events) values (?1, ?2, ?3, ?4, ?4, 1)
             on conflict (actor, log, class) do update
             set first_at = min(first_at, excluded.first_at), last_at = max(last_at, excluded.last_at),
                 events = events + 1",
        )?
        .execute(params![actor, log, event.class.as_str(), nanoseconds(event.time)])?;
    Ok(())
}

impl Store {
    /// Returns everybody who is known to act, by provider, key and session.
    ///
    /// Each as its latest event describes it; events count once each, attempts included.
    pub fn actors(&self) -> Result<Vec<ActorRecord>, Error> {
        let mut statement = self.connection.prepare(
            "select actor.id, actor.provider, actor.document, log_scope.account, log_scope.location,
                    actor_use.class, actor_use.first_at, actor_use.last_at, actor_use.events
             from actor join actor_use on actor_use.actor = actor.id
             join log_scope on log_scope.id = actor_use.log
             order by actor.provider, actor.key, actor.session",
        )?;
        let mut rows = statement.query([])?;
        let (mut records, mut last): (Vec<ActorRecord>, _) = (Vec::new(), None);
        while let Some(row) = rows.next()? {
            let (first_seen, last_seen) = (moment_at(row, 6)?, moment_at(row, 7)?);
            if last.replace(row.get::<_, i64>(0)?) != Some(row.get(0)?) {
                let told = row.get_ref(2)?.as_bytes().map_err(rusqlite::Error::from)?;
                let actor = serde_json::from_slice(told)
                    .map_err(|error| Error::damaged(format!("a stored actor does not read: {error}")))?;
                records.push(ActorRecord {
                    provider: name_at(row, 1)?,
                    actor,
                    first_seen,
                    last_seen,
                    classes: [].into(),
                    accounts: [].into(),
                    locations: [].into(),
                });
            }
            let Some(record) = records.last_mut() else { continue };
            record.first_seen = record.first_seen.min(first_seen);
            record.last_seen = record.last_seen.max(last_seen);
            *record.classes.entry(name_at(row, 5)?).or_default() += super::codec::count_at(row, 8)?;
            record.accounts.insert(AccountId::new(row.get::<_, String>(3)?));
            record.locations.insert(Location::new(row.get::<_, String>(4)?));
        }
        Ok(records)
    }
    /// Returns when each actor last did something of each class, by account.
    pub fn last_acts(&self) -> Result<Vec<LastAct>, Error> {
        let mut statement = self.connection.prepare(
            "select actor.provider, actor.document, log_scope.account, actor_use.class, max(actor_use.last_at)
             from actor join actor_use on actor_use.actor = actor.id
             join log_scope on log_scope.id = actor_use.log
             group by actor.id, log_scope.account, actor_use.class
             order by actor.provider, actor.key, actor.session, log_scope.account, actor_use.class",
        )?;
        let mut rows = statement.query([])?;
        let mut acts = Vec::new();
        while let Some(row) = rows.next()? {
            let told = row.get_ref(1)?.as_bytes().map_err(rusqlite::Error::from)?;
            let actor = serde_json::from_slice(told)
                .map_err(|error| Error::damaged(format!("a stored actor does not read: {error}")))?;
            acts.push(LastAct {
                provider: name_at(row, 0)?,
                actor,
                account: AccountId::new(row.get::<_, String>(2)?),
                class: name_at(row, 3)?,
                last_at: moment_at(row, 4)?,
            });
        }
        Ok(acts)
    }
}
