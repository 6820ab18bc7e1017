//! What people decided about findings: appended, each decision linked to the one before.
//!
//! No seal covers them, since they are made between scans; their own chain shows a decision that was changed,
//! taken out or put in between, as long as the rows after it were not computed again.

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde_json::json;

use super::codec::{digest_at, moment, moment_at, name_at, nanoseconds, storable};
use super::findings::blob;
use super::uid::hexadecimal;
use super::{Error, Store};
use crate::model::{Acceptance, Digest, Saying, canonical_json};

const COLUMNS: &str = "decision, owner, reason, decided_at, expires_at, saying";

/// Returns the last decision about a finding.
pub(super) fn last(connection: &Connection, finding: &str) -> Result<Option<Acceptance>, Error> {
    let sql = format!("select {COLUMNS} from acceptance where fingerprint = ?1 order by id desc limit 1");
    Ok(connection.prepare_cached(&sql)?.query_row([blob(finding)], acceptance_at).optional()?)
}

/// Returns how many decisions do not follow from the one before.
pub(super) fn broken(connection: &Connection) -> Result<u64, Error> {
    let sql = format!("select {COLUMNS}, fingerprint, link from acceptance order by id");
    let mut statement = connection.prepare(&sql)?;
    let mut rows = statement.query([])?;
    let (mut previous, mut broken) = (Digest([0; 32]), 0);
    while let Some(row) = rows.next()? {
        let finding = hexadecimal(row.get_ref(6)?.as_bytes().map_err(rusqlite::Error::from)?);
        let kept = digest_at(row, 7)?;
        broken += u64::from(link(previous, &finding, &acceptance_at(row)?) != kept);
        previous = kept;
    }
    Ok(broken)
}

impl Store {
    /// Appends a decision about a finding.
    pub fn decide(&mut self, finding: &str, decision: &Acceptance) -> Result<(), Error> {
        let decision = Acceptance {
            decided_at: storable(decision.decided_at),
            expires_at: decision.expires_at.map(storable),
            ..decision.clone()
        };
        let transaction =
            self.connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let previous = transaction
            .query_row("select link from acceptance order by id desc limit 1", [], |row| digest_at(row, 0))
            .optional()?;
        let link = link(previous.unwrap_or(Digest([0; 32])), finding, &decision);
        transaction.execute(
            "insert into acceptance (fingerprint, saying, decision, owner, reason, decided_at, expires_at, link)
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                blob(finding),
                decision.saying.map(|saying| saying.0),
                decision.decision.as_str(),
                decision.owner,
                decision.reason,
                nanoseconds(decision.decided_at),
                decision.expires_at.map(nanoseconds),
                link.0
            ],
        )?;
        Ok(transaction.commit()?)
    }

    /// Returns every decision with the finding that it is about, the first one first.
    pub fn all_decisions(&self) -> Result<Vec<(String, Acceptance)>, Error> {
        let sql = format!("select {COLUMNS}, fingerprint from acceptance order by id");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let decisions = statement
            .query_map([], |row| Ok((hexadecimal(row.get_ref(6)?.as_bytes()?), acceptance_at(row)?)))?;
        Ok(decisions.collect::<Result<_, _>>()?)
    }

    /// Returns every decision about a finding, the first one first.
    pub fn decisions(&self, finding: &str) -> Result<Vec<Acceptance>, Error> {
        let sql = format!("select {COLUMNS} from acceptance where fingerprint = ?1 order by id");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let decisions = statement.query_map([blob(finding)], acceptance_at)?;
        Ok(decisions.collect::<Result<_, _>>()?)
    }
}

/// Returns what links a decision to the one before.
fn link(previous: Digest, finding: &str, decision: &Acceptance) -> Digest {
    let row = json!({
        "finding": finding,
        "saying": decision.saying.map(|saying| hexadecimal(&saying.0)),
        "decision": decision,
    });
    Digest::of(&[&previous.0, canonical_json(&row).as_bytes()].concat())
}

fn acceptance_at(row: &Row<'_>) -> rusqlite::Result<Acceptance> {
    Ok(Acceptance {
        decision: name_at(row, 0)?,
        owner: row.get(1)?,
        reason: row.get(2)?,
        decided_at: moment_at(row, 3)?,
        expires_at: row.get::<_, Option<i64>>(4)?.map(moment),
        saying: row.get::<_, Option<[u8; 16]>>(5)?.map(Saying),
    })
}
