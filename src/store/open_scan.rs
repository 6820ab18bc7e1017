//! Beginning a scan, and leaving it.

use std::collections::BTreeMap;
use std::sync::Arc;

use rusqlite::{Connection, ErrorCode, params};
use rustc_hash::FxHashMap;

use super::batch::Batch;
use super::codec::{moment, nanoseconds, scalar, scope_at};
use super::documents::Packer;
use super::lease::Lease;
use super::observation::Mark;
use super::rows::{Known, Rows};
use super::unfold::Documents;
use super::{Error, Store, scans, uid};
use crate::model::{AccountId, Kind, Provider, ScanId, Scope, Timestamp, Uid};

/// What a scan says of itself when it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// When the run began, by the clock of this machine.
    pub started_at: Timestamp,
    /// The moment that the collected state is dated: the dump's own time, or the run's.
    pub taken_at: Timestamp,
    /// The driftline release.
    pub tool_version: String,
    /// Who runs it, for a second run that has to wait: `scan by alice on build-7 (process 4711)`.
    pub holder: String,
    /// What is read, for instance `files`.
    pub origin: String,
}

/// A scan that is being collected, in one transaction.
///
/// Nothing of it can be read until [`OpenScan::seal`]; dropped before that, it leaves the store as it was
/// and its number marked as abandoned. It stays on the thread that began it.
pub struct OpenScan<'a> {
    pub(super) connection: &'a Connection,
    pub(super) id: ScanId,
    pub(super) opening: Opening,
    pub(super) known: Arc<Known>,
    pub(super) rows: Rows,
    pub(super) scopes: Scopes,
    pub(super) documents: Documents<'a>,
    pub(super) packer: Packer,
    /// Revisions that wait for their block to fill.
    pub(super) batches: BTreeMap<(Provider, Kind), Batch>,
    /// Where in the batches a resource's revision waits.
    pub(super) waiting: FxHashMap<u32, ((Provider, Kind), usize)>,
    /// Locators under which this scan saw a resource that was not there before.
    pub(super) taken_locators: FxHashMap<i64, u32>,
    /// The scopes in which this scan saw a resource in two states, each with the first such uid.
    pub(super) contested: BTreeMap<u32, Uid>,
    pub(super) next_revision: i64,
    pub(super) sealed: bool,
}

impl Store {
    /// Begins a scan; the store is this run's until it is sealed or dropped.
    ///
    /// A scan that a dead run left open is marked as abandoned, and its lease is taken over.
    ///
    /// # Errors
    ///
    /// [`Error::Locked`] if another run holds the store, [`Error::ReadOnly`] if it was opened to read.
    pub fn begin_scan(&mut self, opening: &Opening) -> Result<OpenScan<'_>, Error> {
        let connection = &self.connection;
        if Lease::current(connection)?.is_some_and(|lease| lease.is_live(opening.started_at)) {
            return Err(Lease::refusal(connection));
        }
        begin(connection)?;
        let id = match register(connection, opening) {
            Ok(id) => id,
            Err(error) => {
                connection.execute_batch("rollback")?;
                return Err(error);
            }
        };
        connection.execute_batch("commit")?;
        begin(connection)?;
        match OpenScan::new(connection, id, opening) {
            Ok(scan) => Ok(scan),
            Err(error) => {
                abandon(connection, id);
                Err(error)
            }
        }
    }
}

impl<'a> OpenScan<'a> {
    fn new(connection: &'a Connection, id: ScanId, opening: &Opening) -> Result<Self, Error> {
        let scopes = Scopes::load(connection)?;
        let (rows, known) = load(connection, &scopes)?;
        Ok(Self {
            connection,
            id,
            opening: opening.clone(),
            known: Arc::new(known),
            rows,
            scopes,
            documents: Documents::new(connection),
            packer: Packer::new(connection)?,
            batches: BTreeMap::new(),
            waiting: FxHashMap::default(),
            taken_locators: FxHashMap::default(),
            contested: BTreeMap::new(),
            next_revision: connection.query_row(
                "select coalesce(max(last_revision) + 1, ?1) from scan",
                [FIRST_REVISION],
                |row| row.get(0),
            )?,
            sealed: false,
        })
    }

    /// Returns the scan's number.
    pub const fn id(&self) -> ScanId {
        self.id
    }

    /// Returns what the previous scans know by fingerprint, for the threads that read.
    pub fn known(&self) -> Result<Arc<Known>, Error> {
        Ok(Arc::clone(&self.known))
    }

    /// Returns the key of this store's fingerprints, which nobody who writes in the cloud knows.
    pub fn fingerprint_key(&self) -> Result<[u8; 32], Error> {
        scalar(self.connection, "select key from fingerprint_key")
    }

    /// Returns the scopes in which this scan saw a resource in two states, each with the first such uid.
    ///
    /// Where the two states differ in their scope, both scopes are named: neither is known to be right.
    pub fn contested(&self) -> Result<Vec<(Scope, Uid)>, Error> {
        self.contested
            .iter()
            .map(|(&scope, uid)| Ok((self.scopes.get(scope)?.clone(), uid.clone())))
            .collect()
    }

    /// Returns every account of a cloud that an earlier scan listed.
    pub fn accounts(&self, provider: Provider) -> Result<Vec<AccountId>, Error> {
        scans::accounts(self.connection, provider)
    }

    /// Returns every scope of an account that an earlier scan listed.
    pub fn scopes(&self, provider: Provider, account: &AccountId) -> Result<Vec<Scope>, Error> {
        scans::scopes(self.connection, provider, account)
    }

    /// Returns the latest moment that an earlier scan of this account is dated.
    pub fn last_taken(&self, provider: Provider, account: &AccountId) -> Result<Option<Timestamp>, Error> {
        scans::last_taken(self.connection, provider, account)
    }
}

/// The number of a store's first revision: from here on a number takes three bytes, so that no row grows,
/// and splits its page, when it is made to lead to a later one.
const FIRST_REVISION: i64 = 1 << 16;

impl Drop for OpenScan<'_> {
    fn drop(&mut self) {
        if !self.sealed {
            abandon(self.connection, self.id);
        }
    }
}

/// Takes back what an unsealed scan wrote, marks it and gives the lease back.
///
/// What fails here the next run mends: it finds the scan open and the lease stale.
fn abandon(connection: &Connection, id: ScanId) {
    if !connection.is_autocommit() {
        let _ = connection.execute_batch("rollback");
    }
    let marked =
        connection.execute("update scan set state = 'abandoned' where id = ?1 and state = 'open'", [id.0]);
    if marked.is_ok() {
        let _ = connection.execute("delete from lease where scan = ?1", [id.0]);
    }
}

/// Begins a transaction that writes.
pub(super) fn begin(connection: &Connection) -> Result<(), Error> {
    connection.execute_batch("begin immediate").map_err(|error| match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy) => Lease::refusal(connection),
        _ => error.into(),
    })
}

/// Enters the scan and takes the lease.
fn register(connection: &Connection, opening: &Opening) -> Result<ScanId, Error> {
    if Lease::current(connection)?.is_some_and(|lease| lease.is_live(opening.started_at)) {
        return Err(Lease::refusal(connection));
    }
    Lease::release(connection)?;
    connection.execute("update scan set state = 'abandoned' where state = 'open'", [])?;
    connection.execute(
        "insert into scan (state, origin, holder, started_at, taken_at, tool_version)
         values ('open', ?1, ?2, ?3, ?4, ?5)",
        params![
            opening.origin,
            opening.holder,
            nanoseconds(opening.started_at),
            nanoseconds(opening.taken_at),
            opening.tool_version
        ],
    )?;
    let id = ScanId(connection.last_insert_rowid());
    Lease::take(connection, id, opening)?;
    Ok(id)
}

/// Reads every resource into memory.
fn load(connection: &Connection, scopes: &Scopes) -> Result<(Rows, Known), Error> {
    let places = scopes.iter().map(|(number, scope)| (number, scope.clone())).collect();
    let (mut rows, mut known) = (Rows::new(), Known::new(places));
    let mut statement = connection.prepare("select id, uid, scope, fingerprint from resource order by id")?;
    let mut stored = statement.query([])?;
    while let Some(row) = stored.next()? {
        let scope: u32 = row.get(2)?;
        let place = scopes.get(scope)?;
        let hash = uid::hash(place.provider, place.kind, row.get_ref(1)?);
        let mark: Option<Mark> = row.get(3)?;
        let number = rows.push(hash, row.get(0)?, scope, mark.is_some());
        if let Some(mark) = mark {
            known.insert(number, mark, scope);
        }
    }
    Ok((rows, known))
}

/// Every scope that the store has a number for.
#[derive(Debug, Default)]
pub(super) struct Scopes {
    by_number: BTreeMap<u32, Scope>,
    by_scope: FxHashMap<Scope, u32>,
}

impl Scopes {
    /// Reads them.
    pub(super) fn load(connection: &Connection) -> Result<Self, Error> {
        let mut scopes = Self::default();
        let mut statement = connection.prepare("select id, provider, account, location, kind from scope")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            scopes.remember(row.get(0)?, scope_at(row, 1)?);
        }
        Ok(scopes)
    }

    /// Returns the scope with a number.
    pub(super) fn get(&self, number: u32) -> Result<&Scope, Error> {
        self.by_number.get(&number).ok_or_else(|| Error::damaged(format!("scope {number} is gone")))
    }

    /// Returns the number of a scope, if it has one.
    pub(super) fn number(&self, scope: &Scope) -> Option<u32> {
        self.by_scope.get(scope).copied()
    }

    /// Returns the number of a scope, a new one if need be.
    pub(super) fn intern(&mut self, connection: &Connection, scope: &Scope) -> Result<u32, Error> {
        if let Some(number) = self.number(scope) {
            return Ok(number);
        }
        connection.execute(
            "insert into scope (provider, account, location, kind) values (?1, ?2, ?3, ?4)",
            params![
                scope.provider.as_str(),
                scope.account.as_str(),
                scope.location.as_str(),
                scope.kind.as_str()
            ],
        )?;
        let number = u32::try_from(connection.last_insert_rowid());
        let number = number.map_err(|_| Error::damaged("there are more than 4 billion scopes"))?;
        self.remember(number, scope.clone());
        Ok(number)
    }

    /// Returns every scope with its number.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &Scope)> {
        self.by_number.iter().map(|(&number, scope)| (number, scope))
    }

    fn remember(&mut self, number: u32, scope: Scope) {
        self.by_number.insert(number, scope.clone());
        self.by_scope.insert(scope, number);
    }
}

impl Opening {
    /// Returns the moment that the state is dated, as the store keeps it.
    pub(super) fn stored_taken_at(&self) -> Timestamp {
        moment(nanoseconds(self.taken_at))
    }
}

#[cfg(test)]
mod tests {
    use crate::model::{AccountId, Digest, Location, Locator, Resource, ResourceKey, Uid};
    use crate::store::codec::scalar;
    use crate::store::{Access, Depth, Fingerprint, Observation};

    use super::*;

    fn opening(number: i64) -> Opening {
        let at = Timestamp::from_second(1_767_225_600 + number).unwrap();
        let (tool_version, holder, origin) = ("0.1.0".into(), "a test".into(), "files".into());
        Opening { started_at: at, taken_at: at, tool_version, holder, origin }
    }

    fn large(uid: i64) -> Observation {
        let key = ResourceKey { provider: Provider::Aws, kind: Kind::Volume, uid: Uid::new(uid.to_string()) };
        let (account, location) = (AccountId::new("a"), Location::new("l"));
        let mut resource = Resource::new(key, account, location, Locator::new(uid.to_string()));
        // Digits that no compression makes small.
        let noise: String = (0..20_000)
            .map(|part| Digest::of(&[uid, part].map(i64::to_le_bytes).concat()).to_string())
            .collect();
        resource.config.insert("Noise".into(), noise.into());
        Observation::new(resource, Fingerprint([1; 16])).unwrap()
    }

    #[test]
    fn a_full_disk_costs_no_sealed_scan() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("driftline.db");
        let mut store = Store::open(&path, Access::Create).unwrap();
        let mut open = store.begin_scan(&opening(1)).unwrap();
        open.observe(large(1)).unwrap();
        let sealed = open.seal(&[], opening(1).taken_at).unwrap();
        let pages: i64 = scalar(&store.connection, "pragma page_count").unwrap();
        store.connection.pragma_update(None, "max_page_count", pages + 4).unwrap();
        let mut open = store.begin_scan(&opening(2)).unwrap();
        let full = (2..100).find_map(|uid| open.observe(large(uid)).err());
        assert!(matches!(full, Some(Error::Full)), "{full:?}");
        drop(open);
        store.connection.pragma_update(None, "max_page_count", 1_000_000).unwrap();
        assert_eq!(store.latest().unwrap(), Some(sealed.clone()));
        store.verify(Depth::Full, sealed.seal).unwrap();
        let mut open = store.begin_scan(&opening(3)).unwrap();
        open.observe(large(2)).unwrap();
        let next = open.seal(&[], opening(3).taken_at).unwrap();
        store.verify(Depth::Full, next.seal).unwrap();
    }
}
