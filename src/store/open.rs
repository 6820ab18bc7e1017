//! Opening a store.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::Error;
use super::migrate::{Standing, known_version, migrate, standing};

/// The baseline: every scan, and what each one saw, in one `SQLite` file.
#[derive(Debug)]
pub struct Store {
    pub(super) connection: Connection,
}

/// What a store is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// To write; the file and its folder are made if they are absent.
    Create,
    /// To write to a store that is there.
    Write,
    /// To read, also while another run writes, and from a folder that takes no writes.
    Read,
}

impl Store {
    /// Opens a store.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`], [`Error::Foreign`], [`Error::Newer`], [`Error::Older`] (to read only),
    /// [`Error::Damaged`] for a file that was cut short, [`Error::ReadOnly`].
    pub fn open(path: &Path, access: Access) -> Result<Self, Error> {
        if access == Access::Create {
            create(path)?;
        } else if !path.is_file() {
            return Err(Error::Missing { path: path.to_owned() });
        }
        let mut connection = match access {
            Access::Create | Access::Write => connect_to_write(path)?,
            Access::Read => connect_to_read(path)?,
        };
        // As of one moment: another run may be making the store just now.
        let moment = connection.unchecked_transaction()?;
        let standing = standing(&moment, path);
        whole(path)?;
        drop(moment);
        match (standing?, access) {
            (Standing::Current, _) => {}
            (Standing::Blank, Access::Create) => {
                // The page size must stand before anything else does.
                connection.pragma_update(None, "page_size", PAGE_SIZE)?;
                migrate(&mut connection, path)?;
            }
            (Standing::Blank, Access::Read | Access::Write) => {
                return Err(Error::Foreign { path: path.to_owned(), reason: "it is empty".to_owned() });
            }
            (Standing::Older(found), Access::Read) => {
                return Err(Error::Older { found, known: known_version() });
            }
            (Standing::Older(_), _) => migrate(&mut connection, path)?,
        }
        prepare(&connection)?;
        match access {
            Access::Create | Access::Write => prepare_to_write(&connection)?,
            Access::Read => connection.pragma_update(None, "query_only", true)?,
        }
        Ok(Self { connection })
    }

    /// Makes a store that is gone when it is dropped.
    pub fn in_memory() -> Result<Self, Error> {
        let mut connection = Connection::open_in_memory()?;
        migrate(&mut connection, Path::new(":memory:"))?;
        prepare(&connection)?;
        Ok(Self { connection })
    }
}

/// The page size of a new store: leaves little room unused between blocks.
const PAGE_SIZE: i64 = 16_384;

/// How long a statement waits for another process's transaction.
const PATIENCE: Duration = Duration::from_secs(5);

/// Makes the folder and an empty file that only its owner can read: it lists what an attacker wants.
fn create(path: &Path) -> Result<(), Error> {
    let failed = |at: &Path| {
        let path = at.to_owned();
        move |source: std::io::Error| match source.kind() {
            std::io::ErrorKind::ReadOnlyFilesystem | std::io::ErrorKind::PermissionDenied => Error::ReadOnly,
            std::io::ErrorKind::StorageFull => Error::Full,
            _ => Error::Io { path, source },
        }
    };
    if path.exists() {
        return Ok(());
    }
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(failed(folder))?;
    }
    let mut options = File::options();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(failed(path))?;
    Ok(())
}

/// Compares the length of a file with what its header promises.
fn whole(path: &Path) -> Result<(), Error> {
    let io = |source| Error::Io { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(io)?;
    let length = file.metadata().map_err(io)?.len();
    let mut header = [0_u8; 100];
    // A shorter file is blank, or no database; a log beside it may hold the missing pages.
    if file.read_exact(&mut header).is_err() || has_log(path) {
        return Ok(());
    }
    let [.., s1, s0] = header[..18] else { return Ok(()) };
    let page = match u64::from(u16::from_be_bytes([s1, s0])) {
        1 => 65_536,
        size => size,
    };
    let [.., p3, p2, p1, p0] = header[..32] else { return Ok(()) };
    let pages = u64::from(u32::from_be_bytes([p3, p2, p1, p0]));
    if header.starts_with(b"SQLite format 3\0") && length < page * pages {
        let reason = format!("it has {length} bytes of {}", page * pages);
        return Err(Error::Damaged { reason });
    }
    Ok(())
}

/// Whether a write-ahead log with anything in it lies beside the file.
fn has_log(path: &Path) -> bool {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    fs::metadata(log).is_ok_and(|log| log.len() > 0)
}

fn connect_to_write(path: &Path) -> Result<Connection, Error> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.busy_timeout(PATIENCE)?;
    if connection.is_readonly("main")? {
        return Err(Error::ReadOnly);
    }
    Ok(connection)
}

/// Opens for reading; where the folder takes no writes and no log lies beside the file, as a file that
/// nobody changes.
fn connect_to_read(path: &Path) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(PATIENCE)?;
    let readable = connection.query_row("select count(*) from sqlite_schema", [], |_| Ok(()));
    let refused = readable.is_err_and(|error| {
        let code = error.sqlite_error_code();
        matches!(code, Some(rusqlite::ErrorCode::CannotOpen | rusqlite::ErrorCode::ReadOnly))
    });
    if !refused || has_log(path) {
        return Ok(connection);
    }
    let uri = format!("file:{}?immutable=1", percent_encoded(path));
    Ok(Connection::open_with_flags(uri, flags | OpenFlags::SQLITE_OPEN_URI)?)
}

fn percent_encoded(path: &Path) -> String {
    use std::fmt::Write as _;
    path.as_os_str().as_encoded_bytes().iter().fold(String::new(), |mut uri, &byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'.' | b'_' | b'-') {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
        uri
    })
}

/// Settings of every connection.
fn prepare(connection: &Connection) -> Result<(), Error> {
    connection.set_prepared_statement_cache_capacity(64);
    connection.execute_batch(
        "pragma foreign_keys = on; pragma trusted_schema = off; pragma cell_size_check = on;
         pragma cache_size = -65536;",
    )?;
    Ok(())
}

/// Settings of a connection that writes to a file.
fn prepare_to_write(connection: &Connection) -> Result<(), Error> {
    connection.query_row("pragma journal_mode = wal", [], |_| Ok(()))?;
    connection.execute_batch("pragma synchronous = full")?;
    Ok(())
}
