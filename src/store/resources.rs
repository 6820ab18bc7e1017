//! Resources, found and followed.

use serde::Deserialize;

use super::observation::locator_hash;
use super::reader::Reader;
use super::unfold::read_all;
use super::{Error, Store, uid};
use crate::model::{DocumentError, Provider, Resource, ResourceKey, Revision, ScanId};

/// A resource's row with where it leads.
pub(super) struct Found {
    pub(super) row: u32,
    pub(super) latest: i64,
}

/// As much of a document as a search by name reads.
#[derive(Deserialize)]
struct Named {
    name: Option<String>,
}

impl Store {
    /// Returns the resources with a uid, a locator or, where neither leads anywhere, a name, by key.
    ///
    /// Exact; on Azure, whose ids know no case, whatever the case. A name is that of the last known state,
    /// also of what is long gone. Reads the whole table, for a name every resource's last document.
    pub fn find(&self, needle: &str) -> Result<Vec<ResourceKey>, Error> {
        let mut reader = Reader::new(self)?;
        let mut keys = self.find_by_uid(needle, &reader)?;
        keys.extend(self.find_by_locator(needle, &mut reader)?);
        if keys.is_empty() {
            keys = self.find_by_name(needle, &reader)?;
        }
        keys.sort();
        keys.dedup();
        Ok(keys)
    }

    /// Returns a resource's life, the earliest revision first; empty if the store does not know it.
    pub fn history(&self, key: &ResourceKey) -> Result<Vec<Revision>, Error> {
        let mut reader = Reader::new(self)?;
        let mut revisions = Vec::new();
        for found in self.rows("uid = ?1", [uid::packed(key.provider, key.kind, key.uid.as_str())])? {
            if reader.key(found.row)? != *key {
                continue;
            }
            let (mut next, mut until_scan) = (Some(found.latest), None);
            while let Some(id) = next {
                let row = self.revision(id)?;
                let from_scan = reader.scan_of(id)?;
                if let Some(resource) = reader.state(key, &row)? {
                    revisions.push(Revision { from_scan, until_scan, resource });
                }
                until_scan = Some(from_scan);
                next = row.previous;
            }
        }
        revisions.reverse();
        Ok(revisions)
    }

    /// Returns every resource that was there at a sealed scan, by key.
    pub fn resources_at(&self, scan: ScanId) -> Result<Vec<Resource>, Error> {
        let last = self.last_revision(scan)?;
        let mut reader = Reader::new(self)?;
        let mut statement = self
            .connection
            .prepare("select max(id) from life where id <= ?1 group by resource order by 1")?;
        let mut rows = statement.query([last])?;
        let mut resources = Vec::new();
        while let Some(row) = rows.next()? {
            let row = self.revision(row.get(0)?)?;
            let key = reader.key(row.resource)?;
            resources.extend(reader.state(&key, &row)?);
        }
        resources.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(resources)
    }

    fn find_by_uid(&self, needle: &str, reader: &Reader<'_>) -> Result<Vec<ResourceKey>, Error> {
        let mut keys = Vec::new();
        let ways = uid::any_packed(needle);
        let one_of = vec!["?"; ways.len()].join(", ");
        for found in self.rows(&format!("uid collate nocase in ({one_of})"), ways)? {
            let key = reader.key(found.row)?;
            let uid = key.uid.as_str();
            if uid == needle || key.provider == Provider::Azure && uid.eq_ignore_ascii_case(needle) {
                keys.push(key);
            }
        }
        Ok(keys)
    }

    fn find_by_locator(&self, needle: &str, reader: &mut Reader<'_>) -> Result<Vec<ResourceKey>, Error> {
        let mut keys = Vec::new();
        for found in self.rows("locator_hash = ?1", [locator_hash(needle)])? {
            let key = reader.key(found.row)?;
            let locator = self.last_state(&key, found.latest, reader)?.map(|state| state.locator);
            let same = locator.is_some_and(|locator| {
                let exact = locator.as_str() == needle;
                exact || key.provider == Provider::Azure && locator.as_str().eq_ignore_ascii_case(needle)
            });
            keys.extend(same.then_some(key));
        }
        Ok(keys)
    }

    fn find_by_name(&self, needle: &str, reader: &Reader<'_>) -> Result<Vec<ResourceKey>, Error> {
        let known = self.last_known()?;
        let latest = known.iter().map(|found| found.latest).collect();
        let names = read_all(&self.connection, latest, |_, document| {
            let named: Named = serde_json::from_slice(document).map_err(DocumentError::from)?;
            Ok(named.name.filter(|name| name.eq_ignore_ascii_case(needle)))
        })?;
        let mut keys = Vec::new();
        for (latest, name) in names.into_iter().filter_map(|(latest, name)| Some((latest, name?))) {
            let index = known.binary_search_by_key(&latest, |found| found.latest);
            let Some(found) = index.ok().and_then(|index| known.get(index)) else { continue };
            let key = reader.key(found.row)?;
            if name == needle || key.provider == Provider::Azure {
                keys.push(key);
            }
        }
        Ok(keys)
    }

    /// Returns every resource with the revision that tells its last known state: an absence has no document,
    /// the revision before it does. In the order of revisions.
    pub(super) fn last_known(&self) -> Result<Vec<Found>, Error> {
        let mut statement = self.connection.prepare(
            "select resource.id, coalesce(absence.previous, resource.latest) as told
             from resource left join revision as absence
                  on absence.id = resource.latest and absence.scope is null
             order by told",
        )?;
        let rows = statement.query_map([], |row| Ok(Found { row: row.get(0)?, latest: row.get(1)? }))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Returns what was last known of a resource.
    fn last_state(
        &self,
        key: &ResourceKey,
        latest: i64,
        reader: &mut Reader<'_>,
    ) -> Result<Option<Resource>, Error> {
        let row = self.revision(latest)?;
        match (row.scope, row.previous) {
            (None, Some(previous)) => reader.state(key, &self.revision(previous)?),
            _ => reader.state(key, &row),
        }
    }

    fn rows<T: rusqlite::ToSql>(
        &self,
        condition: &str,
        needles: impl IntoIterator<Item = T>,
    ) -> Result<Vec<Found>, Error> {
        let sql = format!("select id, latest from resource where {condition}");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map(rusqlite::params_from_iter(needles), |row| {
            Ok(Found { row: row.get(0)?, latest: row.get(1)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
