//! The lease: one run writes, and a second one is told whom it has to wait for.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::codec::{moment_at, nanoseconds};
use super::{Error, Opening};
use crate::model::{ScanId, Timestamp};

/// Who holds the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lease {
    pub(super) holder: String,
    pub(super) since: Timestamp,
    process: Process,
}

/// A process, told apart from a later one with the same number.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Process {
    host: String,
    number: u32,
    began: Option<String>,
}

/// How long a lease counts whose process cannot be looked for.
const STALE_AFTER: std::time::Duration = std::time::Duration::from_hours(6);

impl Lease {
    /// Reads the lease.
    pub(super) fn current(connection: &Connection) -> Result<Option<Self>, Error> {
        let lease = connection
            .query_row("select holder, since, host, process, process_began from lease", [], |row| {
                let process = Process { host: row.get(2)?, number: row.get(3)?, began: row.get(4)? };
                Ok(Self { holder: row.get(0)?, since: moment_at(row, 1)?, process })
            })
            .optional()?;
        Ok(lease)
    }

    /// Whether its run may still be going on.
    pub(super) fn is_live(&self, now: Timestamp) -> bool {
        let age = now.duration_since(self.since);
        let fresh = age < jiff::SignedDuration::try_from(STALE_AFTER).unwrap_or_default();
        fresh && !self.process.is_dead()
    }

    /// Takes the lease for a scan, over a stale one if need be.
    pub(super) fn take(connection: &Connection, scan: ScanId, opening: &Opening) -> Result<(), Error> {
        let process = Process::this();
        connection.execute(
            "insert or replace into lease (id, scan, holder, host, process, process_began, since)
             values (1, ?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                scan.0,
                opening.holder,
                process.host,
                process.number,
                process.began,
                nanoseconds(opening.started_at)
            ],
        )?;
        Ok(())
    }

    /// Gives the lease back.
    pub(super) fn release(connection: &Connection) -> Result<(), Error> {
        connection.execute("delete from lease", [])?;
        Ok(())
    }

    /// Returns the error that a run meets which cannot have the lease.
    pub(super) fn refusal(connection: &Connection) -> Error {
        let lease = Self::current(connection).ok().flatten();
        let (holder, since) = lease.map(|lease| (lease.holder, lease.since)).unzip();
        Error::Locked { holder, since }
    }
}

impl Process {
    fn this() -> Self {
        let number = std::process::id();
        Self { host: host(), number, began: began(number) }
    }

    /// Whether it ran on this host and has ended; `false` where that cannot be told.
    fn is_dead(&self) -> bool {
        let can_tell = self.host == host() && began(std::process::id()).is_some();
        can_tell && began(self.number) != self.began
    }
}

/// Returns when a process began, in the kernel's ticks since it started (`proc(5)`, `stat`, field 22);
/// `None` if there is no such process, or no `/proc`.
fn began(process: u32) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The second field is the command in parentheses, which may itself hold spaces and parentheses.
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().nth(19).map(str::to_owned)
}

fn host() -> String {
    let name = ["/proc/sys/kernel/hostname", "/etc/hostname"].iter().find_map(|path| {
        let name = std::fs::read_to_string(path).ok()?;
        Some(name.trim().to_owned())
    });
    name.or_else(|| std::env::var("HOSTNAME").ok()).unwrap_or_else(|| "unknown".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_alive_and_a_later_one_with_its_number_is_not_it() {
        let this = Process::this();
        assert!(!this.is_dead());
        if this.began.is_some() {
            assert!(Process { began: Some("0".into()), ..this.clone() }.is_dead());
            assert!(!Process { host: "elsewhere".into(), began: Some("0".into()), ..this }.is_dead());
        }
    }

    #[test]
    fn a_lease_of_another_host_counts_for_six_hours() {
        let since: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let process = Process { host: "elsewhere".into(), number: 1, began: None };
        let lease = Lease { holder: "cron".into(), since, process };
        assert!(lease.is_live("2026-01-01T05:59:59Z".parse().unwrap()));
        assert!(!lease.is_live("2026-01-01T06:00:00Z".parse().unwrap()));
    }
}
