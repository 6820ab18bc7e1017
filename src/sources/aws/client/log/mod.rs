//! CloudTrail, live: the event history of each account and region, or the bucket of a trail.

mod bucket;
mod layout;
mod lookup;
mod signature;
mod trail;

use std::collections::BTreeSet;

use super::session::Session;
use crate::model::{EVERYWHERE, Location, LogScope, Provider};
use crate::sources::aws::GLOBAL;

pub(super) use lookup::read as look_up;
pub(super) use trail::TrailBucket;

/// The log's name.
const SOURCE: &str = "cloudtrail";

/// Returns the logs that tell about some places: one for each region, and that of the region where IAM,
/// Organizations and other services without a region log (SEMANTICS E.1.6).
pub(super) fn logs(session: &Session, locations: &BTreeSet<Location>) -> Vec<LogScope> {
    let is_region = |location: &&Location| !matches!(location.as_str(), GLOBAL | EVERYWHERE);
    let mut regions: BTreeSet<Location> = locations.iter().filter(is_region).cloned().collect();
    regions.insert(session.of_global_services());
    let log = |location| LogScope {
        provider: Provider::Aws,
        account: session.account.clone(),
        location,
        source: SOURCE.to_owned(),
    };
    regions.into_iter().map(log).collect()
}
