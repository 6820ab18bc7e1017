//! Whether resources that a listing lacks are gone, asked one by one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::stream::{StreamExt as _, iter};
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

use super::arm::Arm;
use super::element::{self, readings, resources};
use super::list::page_of;
use super::listings::SIDE_BY_SIDE;
use super::source::{self, Source};
use crate::model::{Kind, Uid};
use crate::sources::azure::arm;
use crate::sources::live::{Call, Lane, Listing, Missing, Pages, Refusal, RefusalKind, Stopped};

/// Asks for each missing resource by its ARM id.
///
/// An id can be used again: what answers to it may be another incarnation. That one is sent, too, and the one
/// that was asked for is not said to be there.
pub(super) async fn confirm(
    arm: &Arc<Arm>,
    listing: &Listing,
    missing: &[Missing],
    pages: &Pages,
) -> Result<BTreeSet<Uid>, Refusal> {
    let asked = source::of(listing.scope.kind).and_then(|source| Some((source, source.get?)));
    let Some((source, get)) = asked else { return Ok(BTreeSet::new()) };
    let lane = arm.lane(&listing.scope.account);
    let mut by_path: BTreeMap<&str, Vec<&Missing>> = BTreeMap::new();
    for missing in missing {
        by_path.entry(path(source.kind, missing.locator.as_str())).or_default().push(missing);
    }
    // Collected first: a stream of borrowing closures would not be `Send` for every lifetime.
    let asked: Vec<_> =
        by_path.into_iter().map(|(path, missing)| ask(arm, &lane, (source, get), path, missing)).collect();
    let answers: Vec<_> = iter(asked).buffered(SIDE_BY_SIDE).collect().await;
    let (mut there, mut found, mut open) = (BTreeSet::new(), Vec::new(), None);
    for (missing, answer) in answers {
        match answer {
            Ok(Some(body)) => {
                let uids = uids(&body, listing);
                let asked = missing.iter().map(|missing| &missing.key.uid);
                there
                    .extend(asked.filter(|uid| uids.as_ref().is_none_or(|uids| uids.contains(uid))).cloned());
                if uids.is_none_or(|uids| !uids.is_empty()) {
                    found.push(body);
                }
            }
            Ok(None) => {}
            Err(refusal) => open = Some(refusal),
        }
    }
    let stopped = |stopped: Stopped| Refusal::new(RefusalKind::Failed, "stopped", stopped.to_string());
    pages.send(page_of(&found)).await.map_err(stopped)?;
    open.map_or(Ok(there), Err)
}

/// Returns what to ask for: the resource, or the collection that a restore point is in, which alone tells
/// where it is and what it was taken from.
fn path(kind: Kind, locator: &str) -> &str {
    match kind {
        Kind::RestorePoint => arm::ancestor(locator, "restorepointcollections").unwrap_or(locator),
        _ => locator,
    }
}

/// Returns what answers to the id of missing resources; `None` if nothing does.
async fn ask<'a>(
    arm: &Arm,
    lane: &Lane,
    (source, get): (&'static Source, &'static Call),
    path: &str,
    missing: Vec<&'a Missing>,
) -> (Vec<&'a Missing>, Result<Option<Box<RawValue>>, Refusal>) {
    let url = arm.url(path, source.api_version, source.expand);
    let answer = match arm.get(lane, get, &url, element::body).await {
        Ok(body) if source.kind == Kind::RestorePoint => Ok(only(body, &missing)),
        Ok(body) => Ok(Some(body)),
        Err(refusal) if is_gone(source, &refusal) => Ok(None),
        Err(refusal) => Err(refusal),
    };
    (missing, answer)
}

/// A subscription that is not found leaves open what is in it, but is itself gone from what the credential sees.
fn is_gone(source: &Source, refusal: &Refusal) -> bool {
    refusal.kind == RefusalKind::Absent
        || (source.kind == Kind::Account && refusal.code == "SubscriptionNotFound")
}

/// Returns a collection with none but the restore points that were asked for; `None` if it has none of them.
///
/// One that does not tell what it holds is returned as it came: it proves nothing.
fn only(collection: Box<RawValue>, missing: &[&Missing]) -> Option<Box<RawValue>> {
    let mut told: Value = serde_json::from_str(collection.get()).unwrap_or_default();
    let points = told.pointer_mut("/properties/restorePoints").and_then(Value::as_array_mut);
    let Some(points) = points else { return Some(collection) };
    points.retain(|point| {
        let id = point.get("id").and_then(Value::as_str).map(arm::canonical);
        id.is_some_and(|id| missing.iter().any(|missing| missing.locator.as_str() == id))
    });
    if points.is_empty() { None } else { Some(to_raw_value(&told).unwrap_or(collection)) }
}

/// Returns the uids in a body, but for those that are on their way out; `None` if no mapping reads it, which
/// proves nothing.
fn uids(body: &RawValue, listing: &Listing) -> Option<BTreeSet<Uid>> {
    let there = resources(readings(body, &listing.hints)?).filter(|resource| !resource.is_gone());
    Some(there.map(|resource| resource.key.uid).collect())
}
