//! What of one kind was there at a scan, and since when.

use super::reader::Reader;
use super::{Error, Store};
use crate::model::{Kind, Resource, ScanId};

impl Store {
    /// Returns every resource of a kind that was there at a sealed scan, with the scan since which it has been there
    /// without a break, by key.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownScan`].
    pub fn standing(&self, kind: Kind, scan: ScanId) -> Result<Vec<(Resource, ScanId)>, Error> {
        let last = self.last_revision(scan)?;
        if !self.lists(kind)? {
            return Ok(Vec::new());
        }
        let mut reader = Reader::new(self)?;
        let mut statement = self.connection.prepare(
            "select max(life.id) from resource
             join scope on scope.id = resource.scope
             join life on life.resource = resource.id
             where scope.kind = ?1 and life.id <= ?2
             group by resource.id order by 1",
        )?;
        let mut rows = statement.query(rusqlite::params![kind.as_str(), last])?;
        let mut standing = Vec::new();
        while let Some(row) = rows.next()? {
            let latest = self.revision(row.get(0)?)?;
            let key = reader.key(latest.resource)?;
            let Some(resource) = reader.state(&key, &latest)? else { continue };
            let mut first = latest;
            while let Some(previous) = first.previous {
                let previous = self.revision(previous)?;
                if previous.scope.is_none() {
                    break;
                }
                first = previous;
            }
            standing.push((resource, reader.scan_of(first.id)?));
        }
        standing.sort_by(|(one, _), (other, _)| one.key.cmp(&other.key));
        Ok(standing)
    }
}
