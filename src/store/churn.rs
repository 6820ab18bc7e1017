//! What snapshots' comings and goings are held against (SEMANTICS D.4): counts from the columns of events, the
//! snapshots that are left, and who is one's own.

use std::collections::BTreeSet;

use rusqlite::Row;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::Deserialize;

use super::codec::{moment, name_at, nanoseconds};
use super::observation::locator_hash;
use super::open_scan::Scopes;
use super::reader::Reader;
use super::unfold::read_all;
use super::{Error, Store};
use crate::model::{
    AccountId, Class, DocumentError, Kind, Link, Location, NodeKey, Provider, Rel, Remaining, ScanId, Tally,
    Timestamp, Window,
};

/// How long the stretches are that events are counted by: ten minutes, in nanoseconds.
const STRETCH: i64 = 600_000_000_000;

/// The columns of a tally; `?1` and `?2` are the window.
const COLUMNS: &str = "
    select event.time / 600000000000, log_scope.provider, log_scope.account, log_scope.location, actor.key,
           coalesce(json_extract(actor.document, '$.service'), '') <> '', operation.class, operation.name,
           count(*)";

const JOINED: &str = "
    join log_scope on log_scope.id = event.log
    join actor on actor.id = event.actor
    where event.time >= ?1 and event.time < ?2 and event.outcome = 'success'
    group by event.time / 600000000000, event.log, event.actor, operation.id
    order by 1, 2, 3, 4, 5, 7, 8";

/// As much of a snapshot's document as tells what it holds.
#[derive(Deserialize)]
struct Held {
    created_at: Option<Timestamp>,
    #[serde(default)]
    links: Vec<Link>,
}

impl Store {
    /// Returns how often operations of some classes succeeded in a window, its end not included, by time and who.
    ///
    /// Counts native records that say how an operation ended: one for each call. Reads the columns of these
    /// operations' events alone, by an index.
    pub fn tallies(&self, window: Window, classes: &[Class]) -> Result<Vec<Tally>, Error> {
        let sql = format!(
            "{COLUMNS} from operation cross join event on event.operation = operation.id {}",
            JOINED.replace("where", &format!("where {} and", of_classes(classes)))
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map([nanoseconds(window.from), nanoseconds(window.to)], tally_at)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Returns the tallies of the operations that name a resource: its uid or its locator.
    pub fn tallies_of(&self, name: &str, window: Window, classes: &[Class]) -> Result<Vec<Tally>, Error> {
        let sql = format!(
            "{COLUMNS} from event_target cross join event on event.id = event_target.event
             join operation on operation.id = event.operation {}",
            JOINED.replace("where", &format!("where event_target.hash = ?3 and {} and", of_classes(classes)))
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let values = [nanoseconds(window.from), nanoseconds(window.to), locator_hash(name)];
        let rows = statement.query_map(values, tally_at)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Returns the snapshots, restore points and instant snapshots of some accounts that are there at a sealed scan,
    /// and what their recycle bins hold, by key.
    ///
    /// Reads the documents of all of these accounts' snapshots: to be asked only where one was deleted.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownScan`].
    pub fn remaining_snapshots(
        &self,
        scan: ScanId,
        accounts: &BTreeSet<(Provider, AccountId)>,
    ) -> Result<Vec<Remaining>, Error> {
        let last = self.last_revision(scan)?;
        let reader = Reader::new(self)?;
        let wanted = scopes_of(&reader.scopes, accounts);
        let mut there: FxHashMap<i64, (u32, u32)> = FxHashMap::default();
        let mut statement = self.connection.prepare_cached(
            "select resource.id, resource.scope, resource.latest, revision.id is null or revision.scope is not null
             from resource left join revision on revision.id = resource.latest",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (resource, scope, latest): (u32, u32, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
            if !wanted.contains(&scope) {
                continue;
            }
            if latest > last {
                if let Some((revision, scope)) = self.at(latest, last)? {
                    there.insert(revision, (resource, scope));
                }
            } else if row.get(3)? {
                there.insert(latest, (resource, scope));
            }
        }
        let held = read_all(&self.connection, there.keys().copied().collect(), |_, document| {
            Ok(serde_json::from_slice::<Held>(document).map_err(DocumentError::from)?)
        })?;
        let mut remaining = Vec::with_capacity(held.len());
        for (revision, held) in held {
            let Some(&(resource, scope)) = there.get(&revision) else { continue };
            let (key, place) = (reader.key(resource)?, reader.scopes.get(scope)?);
            let (account, location) = (place.account.clone(), place.location.clone());
            let sources = sources(key.provider, &held.links);
            let created_at = held.created_at;
            remaining.push(Remaining { key: NodeKey::from(&key), account, location, created_at, sources });
        }
        remaining.sort_by(|one, other| one.key.cmp(&other.key));
        Ok(remaining)
    }

    /// Returns the revision of a resource that held at a revision number, and where; `None` if it was absent.
    fn at(&self, latest: i64, until: i64) -> Result<Option<(i64, u32)>, Error> {
        let mut next = Some(latest);
        while let Some(id) = next {
            let row = self.revision(id)?;
            if id <= until {
                return Ok(row.scope.map(|scope| (id, scope)));
            }
            next = row.previous;
        }
        Ok(None)
    }

    /// Returns the keys of the actors that logs know as another account, and that acted before a moment.
    pub fn strangers_before(&self, moment: Timestamp) -> Result<BTreeSet<String>, Error> {
        let mut statement = self.connection.prepare_cached(
            "select actor.key from actor join actor_use on actor_use.actor = actor.id
             where actor.key >= 'account:' and actor.key < 'account;'
             group by actor.key having min(actor_use.first_at) < ?1",
        )?;
        let rows = statement.query_map([nanoseconds(moment)], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// A condition on the class of an operation; the names of classes are our own.
fn of_classes(classes: &[Class]) -> String {
    let names: Vec<String> = classes.iter().map(|class| format!("'{class}'")).collect();
    format!("operation.class in ({})", names.join(", "))
}

fn tally_at(row: &Row<'_>) -> rusqlite::Result<Tally> {
    let stretch: i64 = row.get(0)?;
    Ok(Tally {
        at: moment(stretch.saturating_mul(STRETCH)),
        provider: name_at(row, 1)?,
        account: AccountId::new(row.get::<_, String>(2)?),
        location: Location::new(row.get::<_, String>(3)?),
        actor: row.get(4)?,
        by_service: row.get(5)?,
        class: name_at(row, 6)?,
        operation: row.get(7)?,
        count: row.get(8)?,
    })
}

/// Returns the scopes of accounts in which snapshots, or the entries of recycle bins, are.
fn scopes_of(scopes: &Scopes, accounts: &BTreeSet<(Provider, AccountId)>) -> FxHashSet<u32> {
    let kinds = [Kind::Snapshot, Kind::RestorePoint, Kind::InstantSnapshot, Kind::Recycled];
    let of = scopes.iter().filter(|(_, scope)| {
        kinds.contains(&scope.kind)
            && accounts
                .iter()
                .any(|(provider, account)| *provider == scope.provider && *account == scope.account)
    });
    of.map(|(number, _)| number).collect()
}

/// Returns every uid and locator of what a snapshot was taken from; on Azure in lower case.
fn sources(provider: Provider, links: &[Link]) -> BTreeSet<String> {
    let taken = links.iter().filter(|link| link.rel == Rel::TakenFrom);
    let names = taken.flat_map(|link| {
        let uid = link.uid.as_ref().map(|uid| uid.as_str().to_owned());
        uid.into_iter().chain(link.locator.as_ref().map(|locator| locator.as_str().to_owned()))
    });
    let cased = |name: String| if provider == Provider::Azure { name.to_lowercase() } else { name };
    names.map(cased).collect()
}
