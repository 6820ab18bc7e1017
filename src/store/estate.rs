//! What earlier scans tell of accounts and places: whose they are, and whether anything was ever there.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Row, params};

use super::codec::{moment_at, name_at, nanoseconds};
use super::event_bodies::BodyReader;
use super::{Error, Store};
use crate::model::{
    AccountId, AuditEvent, Class, CoverageStatus, EVERYWHERE, Kind, Place, Provider, ScanId, Timestamp,
    Usage, Window,
};

/// What a place holds, if it is used.
const HELD: &[Kind] = &[Kind::Instance, Kind::Volume, Kind::Snapshot];

impl Store {
    /// Returns the accounts that are one's own: those that any scan listed, those whose logs were read, and the
    /// members of an organization.
    pub fn own_accounts(&self) -> Result<BTreeSet<(Provider, AccountId)>, Error> {
        let mut statement = self.connection.prepare_cached(
            "select distinct provider, account from scope
             where exists (select 1 from coverage where coverage.scope = scope.id)
             union
             select provider, account from log_scope",
        )?;
        let account = |row: &Row<'_>| Ok((name_at(row, 0)?, AccountId::new(row.get::<_, String>(1)?)));
        let mut accounts: BTreeSet<_> = statement.query_map([], account)?.collect::<Result<_, _>>()?;
        // All that was ever seen is read through only where it can hold an account.
        if self.lists(Kind::Account)? {
            let mut statement = self
                .connection
                .prepare_cached("select provider, uid from identity where kind = 'account'")?;
            for member in statement.query_map([], account)? {
                accounts.insert(member?);
            }
        }
        Ok(accounts)
    }

    /// Whether any scan listed a kind.
    pub(super) fn lists(&self, kind: Kind) -> Result<bool, Error> {
        let mut statement = self.connection.prepare_cached("select 1 from scope where kind = ?1 limit 1")?;
        Ok(statement.exists([kind.as_str()])?)
    }

    /// Returns whether places were used between a moment and a scan: unused is only one whose instances every
    /// listing since before that moment tells completely, and in which no scan until then saw anything.
    ///
    /// A zone of Google Cloud stands for its region. Reads the resources' table once, whatever the number of
    /// places.
    pub fn usage(
        &self,
        places: BTreeSet<Place>,
        since: Timestamp,
        until: ScanId,
    ) -> Result<BTreeMap<Place, Usage>, Error> {
        let mut scopes: BTreeMap<Place, Vec<i64>> = BTreeMap::new();
        for place in places {
            let own = self.scopes_of(&place)?;
            scopes.insert(place, own);
        }
        let used = self.used(&scopes.values().flatten().copied().collect(), until)?;
        let judged = scopes.into_iter().map(|(place, own)| {
            let usage = if own.iter().any(|scope| used.contains(scope)) {
                Usage::Used
            } else if self.is_listed(&place, since, until)? {
                Usage::Unused
            } else {
                Usage::Unknown
            };
            Ok((place, usage))
        });
        judged.collect()
    }

    /// Returns the scopes of what a place can hold.
    fn scopes_of(&self, (provider, account, location): &Place) -> Result<Vec<i64>, Error> {
        let wanted = region(*provider, location.as_str());
        let mut statement = self.connection.prepare_cached(
            "select id, location, kind from scope where provider = ?1 and account = ?2 and location <> '*'",
        )?;
        let mut rows = statement.query(params![provider.as_str(), account.as_str()])?;
        let mut scopes = Vec::new();
        while let Some(row) = rows.next()? {
            let (place, kind): (String, Kind) = (row.get(1)?, name_at(row, 2)?);
            if HELD.contains(&kind) && region(*provider, &place).eq_ignore_ascii_case(wanted) {
                scopes.push(row.get(0)?);
            }
        }
        Ok(scopes)
    }

    /// Returns those of some scopes that held anything when a scan was sealed, or before.
    fn used(&self, wanted: &BTreeSet<i64>, until: ScanId) -> Result<BTreeSet<i64>, Error> {
        let mut used = BTreeSet::new();
        if wanted.is_empty() {
            return Ok(used);
        }
        let last = self.last_revision(until)?;
        let mut statement = self.connection.prepare_cached("select scope from resource where id <= ?1")?;
        let mut rows = statement.query([last])?;
        while used.len() < wanted.len()
            && let Some(row) = rows.next()?
        {
            let scope: i64 = row.get(0)?;
            if wanted.contains(&scope) {
                used.insert(scope);
            }
        }
        Ok(used)
    }

    /// Whether every listing of a place's instances since a moment was complete, and one is from before it.
    fn is_listed(
        &self,
        (provider, account, location): &Place,
        since: Timestamp,
        until: ScanId,
    ) -> Result<bool, Error> {
        let mut statement = self.connection.prepare_cached(
            "select scan.taken_at, coverage.status from scan
             join coverage on coverage.scan = scan.id
             join scope on scope.id = coverage.scope
             where scan.state = 'sealed' and scan.id <= ?1 and scope.kind = 'instance'
                   and scope.provider = ?2 and scope.account = ?3 and scope.location in (?4, ?5, ?6)
             order by scan.id desc",
        )?;
        let (own, region) = (location.as_str(), region(*provider, location.as_str()));
        let values = params![until.0, provider.as_str(), account.as_str(), own, region, EVERYWHERE];
        let mut rows = statement.query(values)?;
        while let Some(row) = rows.next()? {
            let (taken_at, status): (_, CoverageStatus) = (moment_at(row, 0)?, name_at(row, 1)?);
            if status != CoverageStatus::Complete {
                return Ok(false);
            }
            if taken_at <= since {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Returns the events of some classes in a window, by time and id; each native record for itself.
    ///
    /// Costs nothing where the ledger of actors knows of none.
    pub fn events_of(&self, classes: &[Class], window: Window) -> Result<Vec<AuditEvent>, Error> {
        let names: Vec<String> = classes.iter().map(|class| format!("'{class}'")).collect();
        let names = names.join(", ");
        let times = [nanoseconds(window.from), nanoseconds(window.to)];
        let known: bool = self.connection.query_row(
            &format!(
                "select exists (select 1 from actor_use where class in ({names}) and last_at >= ?1 and first_at <= ?2)"
            ),
            times,
            |row| row.get(0),
        )?;
        if !known {
            return Ok(Vec::new());
        }
        let mut statement = self.connection.prepare(&format!(
            "select event.dictionary, event.body, event.ingested_at from event
             where event.operation in (select id from operation where class in ({names}))
                   and event.time between ?1 and ?2"
        ))?;
        let mut rows = statement.query(times)?;
        let mut reader = BodyReader::new(&self.connection);
        let mut events = Vec::new();
        while let Some(row) = rows.next()? {
            events.push(reader.event_at(row, 0)?);
        }
        events.sort_by(|a, b| (a.time, &a.id).cmp(&(b.time, &b.id)));
        Ok(events)
    }
}

/// Returns the region of a place: of a zone of Google Cloud its own without the last letter.
fn region(provider: Provider, place: &str) -> &str {
    let zone = |(region, zone): &(&str, &str)| zone.len() == 1 && region.contains('-');
    let region = place.rsplit_once('-').filter(zone).map(|(region, _)| region);
    region.filter(|_| provider == Provider::Gcp).unwrap_or(place)
}
