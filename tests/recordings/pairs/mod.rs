//! The states before and after a recorded act, through the whole path: exactly what happened, and no more.

mod aws;
mod azure;
mod gcp;
mod reverts;

use driftline::model::Change;

use crate::stage::told;

/// Tells the changes of resources, one line each.
fn found(changes: &[Change]) -> Vec<String> {
    changes.iter().filter(|change| change.resource().is_some()).map(told).collect()
}
