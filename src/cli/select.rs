//! How a scan is named on the command line.

use super::Failure;
use crate::model::{BaselineName, Scan, ScanId};
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
