//! Model values as SQL values.

use std::str::FromStr;

use rusqlite::types::Type;
use rusqlite::{Connection, Row};

use super::Error;
use crate::model::{AccountId, Digest, Location, Scope, Timestamp};

/// Returns a moment as nanoseconds since 1970; one outside the years 1678 to 2262 becomes the nearest.
pub(super) fn nanoseconds(moment: Timestamp) -> i64 {
    let nanoseconds = moment.as_nanosecond();
    i64::try_from(nanoseconds).unwrap_or(if nanoseconds < 0 { i64::MIN } else { i64::MAX })
}

/// Returns the moment of nanoseconds since 1970.
pub(super) fn moment(nanoseconds: i64) -> Timestamp {
    Timestamp::from_nanosecond(i128::from(nanoseconds)).unwrap_or_default()
}

/// Returns a moment as the store keeps it.
pub(super) fn storable(at: Timestamp) -> Timestamp {
    moment(nanoseconds(at))
}

/// Reads a moment from a column.
pub(super) fn moment_at(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    row.get(column).map(moment)
}

/// Reads a count from a column.
pub(super) fn count_at(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let count: i64 = row.get(column)?;
    u64::try_from(count).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, count))
}

/// Reads a name of a closed set from a column.
pub(super) fn name_at<T>(row: &Row<'_>, column: usize) -> rusqlite::Result<T>
where
    T: FromStr<Err: std::error::Error + Send + Sync + 'static>,
{
    let text = row.get_ref(column)?.as_str()?;
    text.parse()
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error)))
}

/// Reads a digest from a column.
pub(super) fn digest_at(row: &Row<'_>, column: usize) -> rusqlite::Result<Digest> {
    row.get(column).map(Digest)
}

/// Reads a scope from four columns: provider, account, location, kind.
pub(super) fn scope_at(row: &Row<'_>, column: usize) -> rusqlite::Result<Scope> {
    Ok(Scope {
        provider: name_at(row, column)?,
        account: AccountId::new(row.get::<_, String>(column + 1)?),
        location: Location::new(row.get::<_, String>(column + 2)?),
        kind: name_at(row, column + 3)?,
    })
}

/// Returns the first column of the one row that a statement yields.
pub(super) fn scalar<T: rusqlite::types::FromSql>(connection: &Connection, sql: &str) -> Result<T, Error> {
    Ok(connection.query_row(sql, [], |row| row.get(0))?)
}

/// How hard zstd tries: a tenth smaller than its default, at half the speed.
pub(super) const LEVEL: i32 = 9;

/// The largest text that a compressed column may unfold to, so that a forged length costs no memory.
const UNFOLDED_MAX: u64 = 1 << 30;

/// Compresses a value that stands alone.
pub(super) fn compress(bytes: &[u8]) -> Result<Vec<u8>, Error> {
    zstd::bulk::compress(bytes, LEVEL).map_err(zstd_failed)
}

/// Unfolds a value with a decompressor.
pub(super) fn decompress(
    decompressor: &mut zstd::bulk::Decompressor<'_>,
    bytes: &[u8],
) -> Result<Vec<u8>, Error> {
    let unreadable = || Error::damaged("a compressed value has no readable length");
    let length = zstd::zstd_safe::get_frame_content_size(bytes).ok().flatten().ok_or_else(unreadable)?;
    let length = usize::try_from(length.min(UNFOLDED_MAX)).map_err(|_| unreadable())?;
    decompressor
        .decompress(bytes, length)
        .map_err(|error| Error::damaged(format!("a compressed value does not unfold: {error}")))
}

/// Unfolds a value that stands alone.
pub(super) fn decompress_alone(bytes: &[u8]) -> Result<Vec<u8>, Error> {
    decompress(&mut zstd::bulk::Decompressor::default(), bytes)
}

#[expect(clippy::needless_pass_by_value, reason = "the signature that `map_err` calls")]
pub(super) fn zstd_failed(error: std::io::Error) -> Error {
    Error::damaged(format!("zstd: {error}"))
}
