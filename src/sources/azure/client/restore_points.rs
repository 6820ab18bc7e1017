//! Restore points, which only their collections hold (SEMANTICS A.4).

use std::sync::{Mutex, PoisonError};

use futures_util::stream::{StreamExt as _, iter};
use serde_json::Value;
use serde_json::value::RawValue;

use super::element::{self, id, property, readings};
use super::list::page_of;
use super::listings::{SIDE_BY_SIDE, Task, aside};
use super::source::COMPUTE;
use super::transport::empty;
use crate::model::CoverageStatus;
use crate::sources::azure::{arm, calls};
use crate::sources::live::{Answer, Refusal, RefusalKind, Trouble, follow};
use crate::sources::{Overlay, Reading};

/// What one collection told.
#[derive(Default)]
struct Collection {
    /// The collection with its restore points; `None` if it is gone, or cannot be asked.
    expanded: Option<Box<RawValue>>,
    overlays: Vec<Overlay>,
    troubles: Vec<Trouble>,
}

impl From<Trouble> for Collection {
    fn from(trouble: Trouble) -> Self {
        Self { troubles: vec![trouble], ..Self::default() }
    }
}

/// Lists a subscription's restore points: its collections, and what each holds.
pub(super) async fn list(task: &Task<'_>, disks_too: bool) -> Vec<Trouble> {
    let subscription = task.subscription();
    let walk = task.start(&calls::RESTORE_POINT_COLLECTIONS_LIST, |client| {
        empty(client.restore_point_collections_client().list_all(subscription).into_stream())
    });
    let walk = match walk {
        Ok(walk) => walk,
        Err(refusal) => return vec![refusal.into()],
    };
    let page = |_| async {
        let mut list = walk.next().await?;
        if task.pages.wants_first_only() {
            list.elements.truncate(1);
        }
        let collections = iter(list.elements).map(|collection| expand(task, collection, disks_too));
        let collections: Vec<Collection> = collections.buffered(SIDE_BY_SIDE).collect().await;
        let mut answer = Answer { next: list.next, ..Answer::default() };
        answer.page = page_of(collections.iter().filter_map(|collection| collection.expanded.as_ref()));
        for collection in collections {
            collection.overlays.into_iter().for_each(|overlay| answer.page.tell(overlay));
            answer.troubles.extend(collection.troubles);
        }
        Ok::<Answer, Refusal>(answer)
    };
    follow(task.pages, page).await
}

/// Asks for a collection with all that it holds; one that is gone meanwhile holds nothing.
async fn expand(task: &Task<'_>, collection: Box<RawValue>, disks_too: bool) -> Collection {
    let Some(id) = id(&collection) else {
        let message = "a restore point collection has no `id`, so what it holds is unknown";
        return Trouble::new(CoverageStatus::Partial, "no-id", message).into();
    };
    let url = task.arm.url(&id, COMPUTE, Some("restorePoints"));
    let call = &calls::RESTORE_POINT_COLLECTIONS_GET;
    let expanded = match task.arm.get(&task.lane, call, &url, element::body).await {
        Ok(expanded) => expanded,
        Err(refusal) if refusal.kind == RefusalKind::Absent => return Collection::default(),
        Err(refusal) => return Trouble::from(refusal).of(call).into(),
    };
    let mut collection = Collection::default();
    if disks_too {
        for point in points(&expanded) {
            let (overlays, troubles) = disks(task, &point).await;
            collection.overlays.extend(overlays);
            collection.troubles.extend(troubles);
        }
    }
    Collection { expanded: Some(expanded), ..collection }
}

/// Returns the ids of a collection's restore points.
fn points(collection: &RawValue) -> Vec<String> {
    let points = property(collection, "restorePoints").unwrap_or_default();
    let id = |point: &Value| Some(arm::canonical(point.get("id")?.as_str()?));
    points.as_array().into_iter().flatten().filter_map(id).collect()
}

/// Asks for the disks of one restore point.
async fn disks(task: &Task<'_>, point: &str) -> (Vec<Overlay>, Vec<Trouble>) {
    let call = &calls::DISK_RESTORE_POINTS_LIST;
    let group = arm::resource_group(point).unwrap_or_default();
    let collection = arm::ancestor(point, "restorepointcollections").map(arm::name).unwrap_or_default();
    let walk = task.start(call, |client| {
        let client = client.disk_restore_point_client();
        let subscription = task.subscription();
        empty(client.list_by_restore_point(subscription, group, collection, arm::name(point)).into_stream())
    });
    let walk = match walk {
        Ok(walk) => walk,
        Err(refusal) => return (Vec::new(), vec![refusal.into()]),
    };
    let overlays = Mutex::new(Vec::new());
    let page = |_| async {
        let list = match walk.next().await {
            Err(refusal) if refusal.kind == RefusalKind::Absent => return Ok(Answer::default()),
            list => list?,
        };
        let told: Vec<Option<Overlay>> = list.elements.iter().map(|disk| overlay(task, disk)).collect();
        let odd = told.iter().any(Option::is_none).then(|| {
            let message = "a disk restore point is of no shape that is known here";
            Trouble::new(CoverageStatus::Partial, "unrecognised", message)
        });
        overlays.lock().unwrap_or_else(PoisonError::into_inner).extend(told.into_iter().flatten());
        let troubles = odd.into_iter().collect();
        Ok::<Answer, Refusal>(Answer { next: list.next, troubles, ..Answer::default() })
    };
    let troubles = follow(&aside(task.pages.wants_first_only()), page).await;
    let troubles = troubles.into_iter().map(|trouble| trouble.of(call)).collect();
    (overlays.into_inner().unwrap_or_else(PoisonError::into_inner), troubles)
}

fn overlay(task: &Task<'_>, disk: &RawValue) -> Option<Overlay> {
    match readings(disk, &task.listing.hints)?.pop()? {
        Reading::Overlay(overlay) => Some(overlay),
        Reading::Resource { .. } | Reading::Parts(_) => None,
    }
}
