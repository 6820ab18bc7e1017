//! What snapshots' comings and goings are held against (SEMANTICS D.4): counts from the columns of events,
//! the snapshots that are left, and who is one's own.

use std::collections::BTreeSet;

use rustc_hash::{FxHashMap, FxHashSet};
use serde::Deserialize;

use super::codec::{moment, name_at, nanoseconds};
use super::log_coverage::log_scope_at;
use super::observation::locator_hash;
use super::open_scan::Scopes;
use super::reader::Reader;
use super::unfold::read_all;
use super::{Error, Store};
use crate::model::{
    AccountId, Class, DocumentError, EVERYWHERE, Kind, Link, Location, LogScope, NodeKey, Provider, Rel,
    Remaining, ScanId, Scope, Step, Tally, Timestamp, Window,
};

/// How long the stretches are that events are counted by: ten minutes, in nanoseconds.
const STRETCH: i64 = 600_000_000_000;

/// Which log, actor and operation, by number, and in which stretch; nobody in particular has no number.
type Counted = (i64, i64, Option<i64>, i64, bool);

/// As much of a snapshot's document as tells what it holds.
#[derive(Deserialize)]
struct Held {
    created_at: Option<Timestamp>,
    #[serde(default)]
    links: Vec<Link>,
}

impl Store {
    /// Returns how often operations of some classes succeeded in a window, its end not included, by time and
    /// who; whoever is none of some actors has an empty key.
    ///
    /// Counts native records that say how an operation ended: one for each call. Reads the index on the
    /// operation of events alone, as much of it as these operations take.
    pub fn tallies(
        &self,
        window: Window,
        classes: &[Class],
        actors: &BTreeSet<String>,
    ) -> Result<Vec<Tally>, Error> {
        let sql = format!(
            "select event.time, event.log, event.actor, event.operation
             from operation cross join event on event.operation = operation.id
             where {} and event.time >= ?1 and event.time < ?2 and event.outcome = 'success'",
            of_classes(classes)
        );
        self.tally(&sql, &[nanoseconds(window.from), nanoseconds(window.to)], actors)
    }

    /// Returns the tallies of the operations that name a resource, by its uid or its locator; nobody has a
    /// key.
    pub fn tallies_of(&self, name: &str, window: Window, classes: &[Class]) -> Result<Vec<Tally>, Error> {
        let sql = format!(
            "select event.time, event.log, event.actor, event.operation
             from event_target cross join event on event.id = event_target.event
             join operation on operation.id = event.operation
             where event_target.hash = ?3 and {} and event.time >= ?1 and event.time < ?2
                   and event.outcome = 'success'",
            of_classes(classes)
        );
        let values = [nanoseconds(window.from), nanoseconds(window.to), locator_hash(name)];
        self.tally(&sql, &values, &BTreeSet::new())
    }

    fn tally(&self, sql: &str, values: &[i64], actors: &BTreeSet<String>) -> Result<Vec<Tally>, Error> {
        let mut whose = Whose { store: self, actors, known: FxHashMap::default() };
        let mut counts: FxHashMap<Counted, u32> = FxHashMap::default();
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(rusqlite::params_from_iter(values))?;
        while let Some(row) = rows.next()? {
            let (actor, by_service) = whose.find(row.get(2)?)?;
            let stretch = row.get::<_, i64>(0)?.div_euclid(STRETCH);
            *counts.entry((stretch, row.get(1)?, actor, row.get(3)?, by_service)).or_default() += 1;
        }
        let (logs, operations) = (self.logs_by_number()?, self.operations_by_number()?);
        let told = |((stretch, log, actor, operation, by_service), count): (Counted, u32)| {
            let scope = logs.get(&log)?;
            let (class, operation) = operations.get(&operation)?;
            let actor = actor.and_then(|actor| whose.known.get(&actor)).map(|(key, _)| key.clone());
            Some(Tally {
                at: moment(stretch.saturating_mul(STRETCH)),
                provider: scope.provider,
                account: scope.account.clone(),
                location: scope.location.clone(),
                actor: actor.unwrap_or_default(),
                by_service,
                class: *class,
                operation: operation.clone(),
                count,
            })
        };
        let mut tallies: Vec<Tally> = counts.into_iter().filter_map(told).collect();
        tallies.sort_by(|one, other| order(one).cmp(&order(other)));
        Ok(tallies)
    }

    fn logs_by_number(&self) -> Result<FxHashMap<i64, LogScope>, Error> {
        let mut statement = self
            .connection
            .prepare_cached("select id, provider, account, location, source from log_scope")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, log_scope_at(row, 1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn operations_by_number(&self) -> Result<FxHashMap<i64, (Class, String)>, Error> {
        let mut statement = self.connection.prepare_cached("select id, class, name from operation")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, (name_at(row, 1)?, row.get(2)?))))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Returns the snapshots, restore points and instant snapshots of some accounts that are there at a
    /// sealed scan, and what their recycle bins hold, by key.
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

    /// Returns how many snapshots came and went in some accounts, by scan and place, in the order of scans:
    /// of every sealed scan since a moment, up to one, that listed the place completely after another one
    /// did.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownScan`].
    pub fn snapshot_steps(
        &self,
        since: Timestamp,
        until: ScanId,
        accounts: &BTreeSet<(Provider, AccountId)>,
    ) -> Result<Vec<Step>, Error> {
        let last = self.last_revision(until)?;
        let scopes = Scopes::load(&self.connection)?;
        let mut statement = self.connection.prepare_cached(
            "select scan.id, scan.taken_at, scan.last_revision, coverage.scope
             from scan join coverage on coverage.scan = scan.id
             where scan.state = 'sealed' and scan.taken_at >= ?1 and scan.id <= ?2
                   and coverage.status = 'complete'
             order by scan.id",
        )?;
        let mut rows = statement.query([nanoseconds(since), until.0])?;
        let (mut scans, mut listed): (Vec<(i64, Timestamp)>, Vec<FxHashSet<u32>>) = Default::default();
        let mut current = None;
        while let Some(row) = rows.next()? {
            let scan: i64 = row.get(0)?;
            if current.replace(scan) != Some(scan) {
                scans.push((row.get(2)?, moment(row.get(1)?)));
                listed.push(FxHashSet::default());
            }
            if let Some(listed) = listed.last_mut() {
                listed.insert(row.get(3)?);
            }
        }
        let Some(&(first, _)) = scans.first() else { return Ok(Vec::new()) };
        let moves = self.moves((first, last))?;
        let mut counts: FxHashMap<(usize, u32), (u32, u32)> = FxHashMap::default();
        for (revision, scope, came) in moves {
            let scan = scans.partition_point(|&(last, _)| last < revision);
            let (made, gone) = counts.entry((scan, scope)).or_default();
            *(if came { made } else { gone }) += 1;
        }
        let wanted = scopes_of(&scopes, accounts);
        let everywhere = |scope: u32| {
            let place = scopes.get(scope).ok()?;
            let all = Scope { location: Location::new(EVERYWHERE), ..place.clone() };
            scopes.iter().find(|(_, scope)| **scope == all).map(|(number, _)| number)
        };
        let mut steps = Vec::new();
        for scope in wanted {
            let place = scopes.get(scope)?;
            if matches!(place.kind, Kind::Recycled) || place.location.as_str() == EVERYWHERE {
                continue;
            }
            let whole = everywhere(scope);
            let complete = |listed: &FxHashSet<u32>| {
                listed.contains(&scope) || whole.is_some_and(|whole| listed.contains(&whole))
            };
            let known = scans.iter().zip(&listed).enumerate().filter(|(_, (_, listed))| complete(listed));
            // What the first of them saw was there before.
            for (index, ((_, at), _)) in known.skip(1) {
                let (made, gone) = counts.get(&(index, scope)).copied().unwrap_or_default();
                let (account, location) = (place.account.clone(), place.location.clone());
                steps.push(Step { at: *at, provider: place.provider, account, location, made, gone });
            }
        }
        steps.sort_by(|one, other| {
            (one.at, one.provider, &one.account, &one.location).cmp(&(
                other.at,
                other.provider,
                &other.account,
                &other.location,
            ))
        });
        Ok(steps)
    }

    /// Returns the revisions of a range by which a resource came or went, with its place.
    fn moves(&self, (after, until): (i64, i64)) -> Result<Vec<(i64, u32, bool)>, Error> {
        let mut statement = self.connection.prepare_cached(
            "select id, scope, true from resource where id > ?1 and id <= ?2
             union all
             select revision.id, resource.scope, false
             from revision join resource on resource.id = revision.resource
             where revision.id > ?1 and revision.id <= ?2 and revision.scope is null",
        )?;
        let rows = statement.query_map([after, until], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
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

/// Looks actors up, each once.
struct Whose<'s> {
    store: &'s Store,
    /// The keys that are of interest.
    actors: &'s BTreeSet<String>,
    /// The key, and whether it is one of the vendor's services, by number.
    known: FxHashMap<i64, (String, bool)>,
}

impl Whose<'_> {
    /// Returns the number of an actor of interest, and whether it is one of the vendor's services.
    fn find(&mut self, actor: i64) -> Result<(Option<i64>, bool), Error> {
        if !self.known.contains_key(&actor) {
            // Within a string of a document every quote is escaped.
            let mut statement = self
                .store
                .connection
                .prepare_cached("select key, instr(document, '\"service\":') > 0 from actor where id = ?1")?;
            let found = statement.query_row([actor], |row| Ok((row.get(0)?, row.get(1)?)))?;
            self.known.insert(actor, found);
        }
        let known = self.known.get(&actor);
        let wanted = known.is_some_and(|(key, _)| self.actors.contains(key));
        Ok((wanted.then_some(actor), known.is_some_and(|(_, by_service)| *by_service)))
    }
}

/// By what tallies stand in order.
fn order(tally: &Tally) -> impl Ord + '_ {
    let Tally { at, provider, account, location, actor, class, operation, by_service, .. } = tally;
    (*at, *provider, account, location, actor, *class, operation, *by_service)
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
