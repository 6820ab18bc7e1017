//! Whether the ledger of audit events still says what the seals say, and its columns what its bodies say.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension as _, Row};
use rustc_hash::FxHashMap;

use super::codec::name_at;
use super::event_bodies::BodyReader;
use super::events::{ActorKey, Columns, Operation, target_hashes};
use super::log_coverage::log_scope_at;
use super::log_seal::{self, Sealed};
use super::seal::digest_of_all;
use super::verify::{Depth, Fault};
use super::{Error, Store, actors};
use crate::model::{AuditEvent, Scan};

/// The columns of an event, after its number and what its body is read from.
const EVENTS: &str = "
    select event.id, event.dictionary, event.body, event.ingested_at, event.key, event.outcome, event.time,
           log_scope.provider, log_scope.account, log_scope.location, log_scope.source,
           operation.service, operation.name, operation.class,
           actor.provider, actor.key, actor.session, event.actor
    from event
    join log_scope on log_scope.id = event.log
    join operation on operation.id = event.operation
    join actor on actor.id = event.actor";

impl Store {
    /// Counts what each seal covers of the logs, and in depth digests it again; returns how many rows were
    /// digested.
    pub(super) fn verify_log_seals(
        &self,
        scans: &[Scan],
        depth: Depth,
        faults: &mut Vec<Fault>,
    ) -> Result<u64, Error> {
        let mut ends = BTreeMap::new();
        let mut digested = 0;
        for scan in scans {
            for Sealed { part, last, count, digest } in log_seal::of(&self.connection, scan.id)? {
                let first = log_seal::first_after(ends.insert(part, last));
                let holds = match depth {
                    Depth::Quick => log_seal::count(&self.connection, part, first, last)? == count,
                    Depth::Full => {
                        let digests = log_seal::digests(&self.connection, part, first, last)?;
                        digested += u64::try_from(digests.len()).unwrap_or(u64::MAX);
                        digest_of_all(digests) == digest
                    }
                };
                let fault = Fault::Logs(scan.id);
                if !holds && faults.last() != Some(&fault) {
                    faults.push(fault);
                }
            }
        }
        Ok(digested)
    }

    /// Compares the columns, the targets and the actors of all events with what the bodies say.
    pub(super) fn verify_events(&self, faults: &mut Vec<Fault>) -> Result<(), Error> {
        let mut reader = BodyReader::new(&self.connection);
        let mut statement = self.connection.prepare(EVENTS)?;
        let mut rows = statement.query([])?;
        let (mut odd, mut unnamed, mut targets) = (0, 0, 0_u64);
        let mut told: FxHashMap<i64, (i64, String)> = FxHashMap::default();
        while let Some(row) = rows.next()? {
            let event = reader.event_at(row, 1)?;
            let columns = Columns::of(&event);
            odd += u64::from(columns_at(row)? != columns);
            let (named, count) = self.named(row.get(0)?, &event)?;
            unnamed += u64::from(!named);
            targets += count;
            let latest = (columns.time, actors::document(&event.actor));
            let known = told.entry(row.get(17)?).or_default();
            if latest > *known || known.1.is_empty() {
                *known = latest;
            }
        }
        faults.extend(rule("an event's columns are not what its record says", odd));
        let stored: i64 = super::codec::scalar(&self.connection, "select count(*) from event_target")?;
        unnamed += u64::try_from(stored).unwrap_or_default().abs_diff(targets);
        faults.extend(rule("an event's targets are not what its record says", unnamed));
        let strange = self.strangers(&told)?;
        faults.extend(rule("an actor is not what its latest event says", strange));
        Ok(())
    }

    /// Whether every target of an event leads to it; with how many hashes those have.
    fn named(&self, id: i64, event: &AuditEvent) -> Result<(bool, u64), Error> {
        let mut statement =
            self.connection.prepare_cached("select 1 from event_target where hash = ?1 and event = ?2")?;
        let hashes = target_hashes(event);
        let mut named = true;
        for &hash in &hashes {
            named &= statement.query_row([hash, id], |_| Ok(())).optional()?.is_some();
        }
        Ok((named, u64::try_from(hashes.len()).unwrap_or(u64::MAX)))
    }

    /// Returns how many actors are not what their latest events say.
    fn strangers(&self, told: &FxHashMap<i64, (i64, String)>) -> Result<u64, Error> {
        let mut statement = self.connection.prepare("select id, told_at, document from actor")?;
        let mut rows = statement.query([])?;
        let mut strange = 0;
        while let Some(row) = rows.next()? {
            let stored: (i64, String) = (row.get(1)?, row.get(2)?);
            strange += u64::from(told.get(&row.get(0)?) != Some(&stored));
        }
        Ok(strange)
    }
}

fn columns_at(row: &Row<'_>) -> rusqlite::Result<Columns> {
    Ok(Columns {
        key: row.get(4)?,
        outcome: name_at(row, 5)?,
        time: row.get(6)?,
        log: log_scope_at(row, 7)?,
        operation: Operation { service: row.get(11)?, name: row.get(12)?, class: name_at(row, 13)? },
        actor: ActorKey { provider: name_at(row, 14)?, key: row.get(15)?, session: row.get(16)? },
    })
}

fn rule(rule: &'static str, count: u64) -> Option<Fault> {
    (count > 0).then_some(Fault::Rule(rule, count))
}
