//! Everything sealed as NDJSON, free of this file's own numbers except those of scans.

use std::collections::BTreeMap;
use std::io::Write;

use serde_json::{Value, json};

use super::log_seal::Sealed;
use super::reader::Reader;
use super::{Error, Store, log_seal};
use crate::model::{Digest, Document, DocumentError, ScanState, canonical_json, printable_json};

impl Store {
    /// Writes one line per sealed scan, coverage, odd element, revision, audit event, conflict, log interval
    /// and odd record, scan by scan; returns how many.
    ///
    /// Resources bear uid and document digest, scans their seal: none of it depends on the file, so that
    /// exports of several stores can be merged.
    pub fn export(&self, out: &mut dyn Write) -> Result<u64, Error> {
        let mut reader = Reader::new(self)?;
        let mut lines = 0;
        let mut line = |value: &Value| -> Result<(), Error> {
            lines += 1;
            writeln!(out, "{}", printable_json(&canonical_json(value))).map_err(Error::Export)
        };
        let mut after = 0;
        let mut ends = BTreeMap::new();
        for scan in self.scans()?.into_iter().filter(|scan| scan.state == ScanState::Sealed) {
            line(&json!({
                "record": "scan", "scan": scan.id, "seal": scan.seal, "taken_at": scan.taken_at,
                "started_at": scan.started_at, "finished_at": scan.finished_at,
                "tool_version": scan.tool_version,
            }))?;
            for coverage in self.coverage(scan.id)? {
                line(&json!({ "record": "coverage", "scan": scan.id, "coverage": coverage }))?;
            }
            for odd in self.odd_elements(scan.id)? {
                line(&json!({
                    "record": "odd-element", "scan": scan.id, "source": odd.source,
                    "position": odd.position, "scope": odd.scope, "code": odd.code,
                    "message": odd.message, "raw": String::from_utf8_lossy(&odd.raw),
                }))?;
            }
            let until = self.last_revision(scan.id)?;
            let mut statement = self
                .connection
                .prepare_cached("select id from life where id > ?1 and id <= ?2 order by id")?;
            let mut rows = statement.query([after, until])?;
            while let Some(row) = rows.next()? {
                line(&revision(self, &mut reader, row.get(0)?)?)?;
            }
            after = until;
            for Sealed { part, last, .. } in log_seal::of(&self.connection, scan.id)? {
                let first = log_seal::first_after(ends.insert(part, last));
                let record = part.as_str().replace('_', "-");
                log_seal::for_each(&self.connection, part, first, last, |document| {
                    let told: Value = serde_json::from_slice(&document).map_err(DocumentError::from)?;
                    line(&json!({ "record": record, "scan": scan.id, "document": told }))
                })?;
            }
        }
        Ok(lines)
    }
}

fn revision(store: &Store, reader: &mut Reader<'_>, id: i64) -> Result<Value, Error> {
    let row = store.revision(id)?;
    let key = reader.key(row.resource)?;
    let mut value = json!({ "record": "revision", "scan": reader.scan_of(id)?, "key": key });
    let Some(scope) = row.scope else {
        value["absent"] = true.into();
        return Ok(value);
    };
    let place = reader.scopes.get(scope)?;
    value["account"] = json!(place.account);
    value["location"] = json!(place.location);
    let body = reader.body(id)?;
    value["digest"] = json!(Digest::of(body));
    value["document"] = json!(Document::from_bytes(body)?);
    Ok(value)
}
