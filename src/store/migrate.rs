//! What makes a file a store, and brings an older one up to date.

use std::path::Path;

use rusqlite::Connection;

use super::Error;
use super::codec::scalar;

/// The schema, one step per release that changed it; never edited once released.
const MIGRATIONS: &[&str] = &[
    include_str!("../../schema/001_store.sql"),
    include_str!("../../schema/002_events.sql"),
    include_str!("../../schema/003_judgement.sql"),
];

/// `PRAGMA application_id` of a store: `drft`.
const APPLICATION_ID: i64 = 0x6472_6674;

/// What a file turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// A database without a table.
    Blank,
    /// A store with the schema of an older release.
    Older(i64),
    /// A store with this release's schema.
    Current,
}

/// Returns the schema that this release writes.
pub(super) fn known_version() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// Tells what a file is; to be asked within a transaction, since it reads more than once.
///
/// # Errors
///
/// [`Error::Foreign`] for another program's database or no database, [`Error::Newer`] for a newer store.
pub(super) fn standing(connection: &Connection, path: &Path) -> Result<Standing, Error> {
    let foreign = |reason: &str| Error::Foreign { path: path.to_owned(), reason: reason.to_owned() };
    let application: i64 = match connection.query_row("pragma application_id", [], |row| row.get(0)) {
        Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::NotADatabase) => {
            return Err(foreign("it is no SQLite database"));
        }
        other => other?,
    };
    let found: i64 = scalar(connection, "pragma user_version")?;
    if application != APPLICATION_ID {
        let tables: i64 = scalar(connection, "select count(*) from sqlite_schema")?;
        let blank = application == 0 && found == 0 && tables == 0;
        return if blank { Ok(Standing::Blank) } else { Err(foreign("another program's database")) };
    }
    let known = known_version();
    match found {
        found if found > known => Err(Error::Newer { found, known }),
        found if found < known => Ok(Standing::Older(found)),
        _ => Ok(Standing::Current),
    }
}

/// Brings a blank file or an older store to this release's schema, in one transaction.
pub(super) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), Error> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    // Another run may have done it since this one looked.
    let done = match standing(&transaction, path)? {
        Standing::Blank => 0,
        Standing::Older(found) => usize::try_from(found).unwrap_or(0),
        Standing::Current => MIGRATIONS.len(),
    };
    for migration in MIGRATIONS.iter().skip(done) {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", known_version())?;
    Ok(transaction.commit()?)
}
