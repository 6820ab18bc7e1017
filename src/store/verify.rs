//! Whether the store still says what its seals say.

use std::fmt;

use rustc_hash::FxHashMap;

use super::codec::scalar;
use super::observation::{closed_entry, opened_entry};
use super::reader::Reader;
use super::revisions::{RevisionRow, revision_at};
use super::seal::{Changes, Manifest, digest_of_all};
use super::unfold::read_all;
use super::{Error, Store, acceptances, log_seal, odd};
use crate::model::{Digest, Scan, ScanId, ScanState, Seal};

/// How deep to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// The chain: each seal from the one before, the coverage, the odd elements, and the number and the
    /// digest of the changes and of the audit events that the scan counted.
    Quick,
    /// Also every document, every revision's place in its resource's life, every audit event, and the file
    /// itself.
    Full,
}

/// What was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    /// How many sealed scans.
    pub scans: u64,
    /// How many documents were digested again; none for [`Depth::Quick`].
    pub documents: u64,
    /// How many rows of the audit logs' ledger were; none for [`Depth::Quick`].
    pub log_records: u64,
    /// The head of the chain.
    pub head: Option<Seal>,
    /// How many scans followed the expected seal, where one was expected.
    pub followed_by: Option<u64>,
}

/// Something that is not as the chain says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A scan's seal does not follow from the one before and what the store holds of the scan.
    Seal(ScanId),
    /// The number of a scan's revisions is not what its seal covers.
    Count(ScanId),
    /// The revisions and documents of a scan are not those that its seal covers.
    Changes(ScanId),
    /// The audit events, conflicts, intervals or odd records of a scan are not those that its seal covers.
    Logs(ScanId),
    /// Revisions stand there that no sealed scan made.
    Stray(u64),
    /// A table breaks a rule, in so many rows.
    Rule(&'static str, u64),
    /// `SQLite` finds the file damaged.
    File(String),
    /// A seal was expected, and the store holds no sealed scan.
    Empty(Seal),
    /// A seal was expected that the chain does not hold.
    Unknown {
        /// The expected seal.
        expected: Seal,
        /// The head of the chain.
        head: Seal,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Seal(scan) => {
                write!(f, "the seal of scan {scan} does not follow from what the store holds")
            }
            Self::Count(scan) => write!(f, "scan {scan} has more or fewer revisions than its seal covers"),
            Self::Changes(scan) => {
                write!(f, "the documents of scan {scan} are not those that its seal covers")
            }
            Self::Logs(scan) => {
                write!(f, "the audit events of scan {scan} are not those that its seal covers")
            }
            Self::Stray(count) => write!(f, "{count} revisions belong to no sealed scan"),
            Self::Rule(rule, count) => write!(f, "{rule} ({count} times)"),
            Self::File(message) => write!(f, "SQLite finds the file damaged: {message}"),
            Self::Empty(_) => {
                write!(f, "the store holds no sealed scan, so it was emptied or is another one")
            }
            Self::Unknown { expected, head } => write!(
                f,
                "no scan has the expected seal {expected} (the last one has {head}): scans were cut off the \
                 end, or the history was rewritten"
            ),
        }
    }
}

impl Store {
    /// Verifies the store, and that an expected seal stands in its chain.
    ///
    /// The chain is not keyed: it shows accidents, and changes by someone who does not recompute it. Only a
    /// seal that was written down elsewhere shows the rest.
    ///
    /// # Errors
    ///
    /// [`Error::Unsound`] with every fault found, [`Error::Damaged`] for what cannot even be read.
    pub fn verify(&self, depth: Depth, expect: Option<Seal>) -> Result<Verification, Error> {
        let scans: Vec<_> =
            self.scans()?.into_iter().filter(|scan| scan.state == ScanState::Sealed).collect();
        let mut faults = Vec::new();
        let mut documents = 0;
        if depth == Depth::Full {
            self.verify_file(&mut faults)?;
        }
        self.verify_chain(&scans, &mut faults)?;
        let log_records = self.verify_log_seals(&scans, depth, &mut faults)?;
        if depth == Depth::Full {
            self.verify_events(&mut faults)?;
            self.verify_rules(&mut faults)?;
            faults.extend(broken_decisions(acceptances::broken(&self.connection)?));
            documents = self.verify_documents(&scans, &mut faults)?;
        }
        let head = scans.last().and_then(|scan| scan.seal);
        let followed_by = expect.and_then(|expected| {
            let position = scans.iter().rev().position(|scan| scan.seal == Some(expected));
            faults.extend(match (position, head) {
                (Some(_), _) => None,
                (None, Some(head)) => Some(Fault::Unknown { expected, head }),
                (None, None) => Some(Fault::Empty(expected)),
            });
            position.and_then(|position| u64::try_from(position).ok())
        });
        if !faults.is_empty() {
            return Err(Error::Unsound(faults));
        }
        let scans = u64::try_from(scans.len()).unwrap_or(u64::MAX);
        Ok(Verification { scans, documents, log_records, head, followed_by })
    }

    /// Computes every seal again, and counts what it covers.
    fn verify_chain(&self, scans: &[Scan], faults: &mut Vec<Fault>) -> Result<(), Error> {
        let (mut previous, mut after) = (None, 0);
        for scan in scans {
            let changes = self.changes_of(scan.id)?;
            let coverage = self.coverage(scan.id)?;
            let logs = log_seal::of(&self.connection, scan.id)?;
            let manifest = Manifest {
                taken_at: scan.taken_at,
                tool_version: &scan.tool_version,
                coverage: coverage.iter().collect(),
                changes: &changes,
                odd_elements: odd::digests(&self.connection, scan.id)?,
                logs: &logs,
            };
            if scan.seal != Some(manifest.seal(previous)) {
                faults.push(Fault::Seal(scan.id));
            }
            let until = self.last_revision(scan.id)?;
            let counted = self.connection.query_row(
                "select count(scope), count(*) - count(scope) from life where id > ?1 and id <= ?2",
                [after, until],
                |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)),
            )?;
            if counted != (changes.opened, changes.closed) {
                faults.push(Fault::Count(scan.id));
            }
            (previous, after) = (scan.seal, until);
        }
        let stray: i64 =
            self.connection
                .query_row("select count(*) from life where id > ?1", [after], |row| row.get(0))?;
        faults.extend(u64::try_from(stray).ok().filter(|&stray| stray > 0).map(Fault::Stray));
        Ok(())
    }

    /// Digests every document again.
    fn verify_documents(&self, scans: &[Scan], faults: &mut Vec<Fault>) -> Result<u64, Error> {
        let reader = Reader::new(self)?;
        let (mut after, mut documents) = (0, 0);
        for scan in scans {
            let until = self.last_revision(scan.id)?;
            let (mut entries, mut resources) = (Vec::new(), Vec::new());
            while after < until {
                let rows = self.revisions(after, until)?;
                after = rows.last().map_or(until, |row| row.id);
                let present = rows.iter().filter(|row| row.scope.is_some()).map(|row| row.id).collect();
                let digests = read_all(&self.connection, present, |_, body| Ok(Digest::of(body)))?;
                documents += u64::try_from(digests.len()).unwrap_or(u64::MAX);
                let digests: FxHashMap<_, _> = digests.into_iter().collect();
                for row in rows {
                    resources.push(row.resource);
                    entries.push(entry(&reader, row, digests.get(&row.id))?);
                }
            }
            if digest_of_all(entries) != self.changes_of(scan.id)?.digest {
                faults.push(Fault::Changes(scan.id));
            }
            resources.sort_unstable();
            let twice = resources.windows(2).filter(|pair| pair.first() == pair.last()).count();
            faults
                .extend(broken("a scan changed a resource twice", i64::try_from(twice).unwrap_or(i64::MAX)));
        }
        Ok(documents)
    }

    /// Returns the next revisions after one, as many as are verified at once.
    fn revisions(&self, after: i64, until: i64) -> Result<Vec<RevisionRow>, Error> {
        let mut statement = self.connection.prepare_cached(
            "select id, resource, scope, previous from life
             where id > ?1 and id <= ?2 order by id limit 100000",
        )?;
        let rows = statement.query_map([after, until], revision_at)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn changes_of(&self, scan: ScanId) -> Result<Changes, Error> {
        let mut statement =
            self.connection.prepare_cached("select opened, closed, changes from scan where id = ?1")?;
        Ok(statement.query_row([scan.0], |row| {
            Ok(Changes { opened: row.get(0)?, closed: row.get(1)?, digest: super::codec::digest_at(row, 2)? })
        })?)
    }

    /// Lets `SQLite` look at the file, and at what refers to what.
    fn verify_file(&self, faults: &mut Vec<Fault>) -> Result<(), Error> {
        let mut statement = self.connection.prepare("pragma integrity_check")?;
        let messages: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        faults.extend(messages.into_iter().filter(|message| message != "ok").map(Fault::File));
        let dangling: i64 = scalar(&self.connection, "select count(*) from pragma_foreign_key_check")?;
        faults.extend(broken("a row refers to another that is gone", dangling));
        Ok(())
    }

    /// Checks what the schema cannot.
    fn verify_rules(&self, faults: &mut Vec<Fault>) -> Result<(), Error> {
        for (rule, sql) in RULES {
            faults.extend(broken(rule, scalar(&self.connection, sql)?));
        }
        Ok(())
    }
}

/// Returns the manifest's entry for a revision, given its document's digest.
fn entry(reader: &Reader<'_>, row: RevisionRow, digest: Option<&Digest>) -> Result<Digest, Error> {
    let key = reader.key(row.resource)?;
    let Some(scope) = row.scope else { return Ok(closed_entry(&key)?) };
    let place = reader.scopes.get(scope)?;
    let digest = digest.ok_or_else(|| Error::damaged(format!("revision {} has no document", row.id)))?;
    Ok(opened_entry(&key, &place.account, &place.location, digest)?)
}

fn broken_decisions(count: u64) -> Option<Fault> {
    (count > 0)
        .then_some(Fault::Rule("a decision about a finding does not follow from the one before", count))
}

fn broken(rule: &'static str, count: i64) -> Option<Fault> {
    u64::try_from(count).ok().filter(|&count| count > 0).map(|count| Fault::Rule(rule, count))
}

/// Rules that span rows, each with the number of rows that break it.
const RULES: &[(&str, &str)] = &[
    (
        "two resources bear the same uid",
        "select count(*) from (
             select 1 from resource join scope on scope.id = resource.scope
             group by scope.provider, scope.kind, resource.uid having count(*) > 1)",
    ),
    (
        "a revision does not follow the one before of its resource",
        "select count(*) from (
             select previous, scope,
                    lag(id) over history as earlier,
                    lag(scope is null, 1, 1) over history as was_absent
             from life window history as (partition by resource order by id))
         where previous is not earlier or (scope is null and was_absent)",
    ),
    (
        "a revision belongs to no resource",
        "select count(*) from revision where resource not in (select id from resource)",
    ),
    (
        "a resource does not lead to its latest revision",
        "select count(*) from resource
         left join (select resource, max(id) as last from life group by resource) as history
              on history.resource = resource.id
         where history.last is not resource.latest",
    ),
    (
        "a resource is there and absent at once",
        "select count(*) from resource join life on life.id = resource.latest
         where (resource.fingerprint is null) <> (life.scope is null) or life.scope <> resource.scope",
    ),
    (
        "the ledger of actors is not what the events say",
        "select count(*) from (
             select actor, log, class, min(time) as first_at, max(time) as last_at, count(*) as events
             from event join operation on operation.id = event.operation group by actor, log, class
         ) as told
         full join actor_use using (actor, log, class)
         where told.first_at is not actor_use.first_at or told.last_at is not actor_use.last_at
               or told.events is not actor_use.events",
    ),
    (
        "a baseline points at a scan that is not sealed",
        "select count(*) from baseline join scan on scan.id = baseline.scan where scan.state <> 'sealed'",
    ),
];
