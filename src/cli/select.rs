//! How a scan is named on the command line.

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::Failure;
use crate::model::{BaselineName, Scan, ScanId, Timestamp};
use crate::report::period::view::Bound;
use crate::store::Store;

/// The latest sealed scan.
pub(super) const LATEST: &str = "latest";

/// The sealed scan before the latest.
pub(super) const PREVIOUS: &str = "previous";

/// Returns the sealed scan that a number, a baseline's name, `latest` or `previous` means.
pub(super) fn scan(store: &Store, name: &str) -> Result<Scan, Failure> {
    let unknown = || Failure::UnknownScan(name.to_owned());
    match name {
        LATEST => latest(store),
        PREVIOUS => {
            let latest = latest(store)?;
            store.previous(latest.id)?.ok_or_else(|| Failure::TooFewScans("one sealed scan".to_owned()))
        }
        _ => {
            if let Ok(number) = name.parse::<ScanId>() {
                let scans = store.scans()?;
                return scans.into_iter().find(|it| it.id == number && it.seal.is_some()).ok_or_else(unknown);
            }
            let name: BaselineName = name.parse().map_err(|_| unknown())?;
            let baselines = store.baselines()?;
            let baseline = baselines.into_iter().find(|it| it.name == name).ok_or_else(unknown)?;
            Ok(store.scan(baseline.scan)?)
        }
    }
}

/// Returns the latest sealed scan.
pub(super) fn latest(store: &Store) -> Result<Scan, Failure> {
    store.latest()?.ok_or_else(|| Failure::TooFewScans("no sealed scan".to_owned()))
}

/// Which end of a period a moment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// Where it begins: of a day, its beginning.
    From,
    /// Where it ends: of a day, its end.
    To,
}

/// Returns the end of a period that a scan's name, a day or a time means; days are in UTC.
pub(super) fn bound(store: &Store, name: &str, end: End) -> Result<Bound, Failure> {
    match scan(store, name) {
        Ok(scan) => Ok(Bound { at: scan.taken_at, scan: Some((&scan).into()) }),
        Err(unknown @ Failure::UnknownScan(_)) => {
            let at = moment(name, end).ok_or(unknown)?;
            let scans = store.scans()?;
            let sealed = scans.iter().rev().find(|scan| scan.seal.is_some() && scan.taken_at <= at);
            Ok(Bound { at, scan: sealed.map(Into::into) })
        }
        Err(other) => Err(other),
    }
}

fn moment(text: &str, end: End) -> Option<Timestamp> {
    if let Ok(at) = text.parse() {
        return Some(at);
    }
    let day: Date = text.parse().ok()?;
    let day = if end == End::To { day.tomorrow().ok()? } else { day };
    let midnight = day.to_zoned(TimeZone::UTC).ok()?.timestamp();
    // The last second of the day, rather than the first one of the next.
    Some(if end == End::To { midnight - jiff::SignedDuration::from_secs(1) } else { midnight })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_and_ends_a_period_whole() {
        let told = |text, end| moment(text, end).map(|at| at.to_string());
        assert_eq!(told("2026-03-01", End::From).unwrap(), "2026-03-01T00:00:00Z");
        assert_eq!(told("2026-03-01", End::To).unwrap(), "2026-03-01T23:59:59Z");
        assert_eq!(told("2026-03-01T12:00:00+02:00", End::To).unwrap(), "2026-03-01T10:00:00Z");
        assert_eq!(told("approved", End::From), None);
    }
}
