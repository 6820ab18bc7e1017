//! Names that point at sealed scans.

use rusqlite::{OptionalExtension as _, Row, params};

use super::codec::{moment_at, name_at, nanoseconds};
use super::{Error, Store};
use crate::model::{Baseline, BaselineName, ScanId, Timestamp};

impl Store {
    /// Returns every baseline, by name.
    pub fn baselines(&self) -> Result<Vec<Baseline>, Error> {
        let mut statement =
            self.connection.prepare("select name, scan, set_at, note from baseline order by name")?;
        let baselines = statement.query_map([], baseline_at)?;
        Ok(baselines.collect::<Result<_, _>>()?)
    }

    /// Returns a baseline.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownBaseline`].
    pub fn baseline(&self, name: &BaselineName) -> Result<Baseline, Error> {
        let mut statement = self
            .connection
            .prepare_cached("select name, scan, set_at, note from baseline where name = ?1")?;
        let found = statement.query_row([name.as_str()], baseline_at).optional()?;
        found.ok_or_else(|| Error::UnknownBaseline(name.clone()))
    }

    /// Points a baseline at a sealed scan; one of the same name is moved.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownScan`] if the scan is not sealed.
    pub fn set_baseline(
        &mut self,
        name: &BaselineName,
        scan: ScanId,
        at: Timestamp,
        note: Option<&str>,
    ) -> Result<(), Error> {
        self.scan(scan)?;
        self.connection.execute(
            "insert or replace into baseline (name, scan, set_at, note) values (?1, ?2, ?3, ?4)",
            params![name.as_str(), scan.0, nanoseconds(at), note],
        )?;
        Ok(())
    }

    /// Removes a baseline; its scan stays.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownBaseline`].
    pub fn remove_baseline(&mut self, name: &BaselineName) -> Result<(), Error> {
        let removed = self.connection.execute("delete from baseline where name = ?1", [name.as_str()])?;
        if removed == 0 { Err(Error::UnknownBaseline(name.clone())) } else { Ok(()) }
    }
}

fn baseline_at(row: &Row<'_>) -> rusqlite::Result<Baseline> {
    Ok(Baseline {
        name: name_at(row, 0)?,
        scan: ScanId(row.get(1)?),
        set_at: moment_at(row, 2)?,
        note: row.get(3)?,
    })
}
