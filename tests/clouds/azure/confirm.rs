//! Whether what a list lacks is gone.

use std::collections::BTreeSet;

use driftline::model::{Kind, Locator, Provider, ResourceKey, Uid};
use driftline::sources::live::{Missing, Pages, Refusal};
use serde_json::Value;
use tokio::sync::mpsc;

use super::{Driver, elements, entry};
use crate::arm::world::{SUBSCRIPTIONS, World, id, point_id, uid};
use crate::arm::{Manner, serve, start};

const FIRST: &str = SUBSCRIPTIONS[0];

fn missing(kind: Kind, uid: &str, id: &str) -> Missing {
    let key = ResourceKey { provider: Provider::Azure, kind, uid: Uid::new(uid) };
    Missing { key, locator: Locator::new(id.to_lowercase()) }
}

fn confirm(driver: &Driver, kind: Kind, missing: &[Missing]) -> (Result<BTreeSet<Uid>, Refusal>, Vec<Value>) {
    let listing = driver.listing(kind);
    let (out, mut batches) = mpsc::channel(100);
    let pages = Pages::new(0, "a test", &listing.hints, out);
    let there = driver.runtime.block_on(driver.collector.confirm(&listing, missing, &pages));
    drop(pages);
    let batches: Vec<_> = std::iter::from_fn(|| batches.blocking_recv()).collect();
    (there, elements(&batches))
}

fn driver(world: World) -> (Driver, crate::arm::Estate) {
    let estate = serve(world, Manner::default());
    (Driver::new(entry(&estate)), estate)
}

#[test]
fn what_is_there_is_said_to_be_and_what_is_gone_is_not() {
    let (driver, _estate) = driver(World::made_up());
    let disk = uid(FIRST, "disk", 0);
    let asked = [
        missing(Kind::Volume, &disk, &id(FIRST, "disks/os-0")),
        missing(Kind::Volume, "no-such-disk", &id(FIRST, "disks/gone")),
    ];
    let (there, elements) = confirm(&driver, Kind::Volume, &asked);
    assert_eq!(there.unwrap(), [Uid::new(disk)].into());
    assert_eq!(elements.len(), 1);
}

#[test]
fn another_incarnation_under_the_same_id_is_sent_and_is_not_the_one_asked_for() {
    let (driver, _estate) = driver(World::made_up());
    let (there, elements) =
        confirm(&driver, Kind::Volume, &[missing(Kind::Volume, "an-older-disk", &id(FIRST, "disks/os-0"))]);
    assert_eq!(there.unwrap(), BTreeSet::new());
    assert_eq!(elements[0]["properties"]["uniqueId"], uid(FIRST, "disk", 0));
}

#[test]
fn a_machine_on_its_way_out_is_gone() {
    let mut world = World::made_up();
    world.get_mut(&id(FIRST, "virtualMachines/Vm-0"))["properties"]["provisioningState"] = "Deleting".into();
    let (driver, _estate) = driver(world);
    let machine = missing(Kind::Instance, &uid(FIRST, "vm", 0), &id(FIRST, "virtualMachines/Vm-0"));
    let other = missing(Kind::Instance, &uid(FIRST, "vm", 1), &id(FIRST, "virtualMachines/Vm-1"));
    let (there, elements) = confirm(&driver, Kind::Instance, &[machine, other.clone()]);
    assert_eq!(there.unwrap(), [other.key.uid].into());
    assert!(elements[0]["properties"]["instanceView"].is_object(), "with its state, as it is listed");
}

#[test]
fn a_restore_point_is_asked_for_with_its_collection_and_without_its_siblings() {
    let (driver, estate) = driver(World::made_up());
    let uid = |point: u32, day: u32| {
        format!("{}#2026-02-0{day}T03:04:05Z", point_id(FIRST, 0, point).to_lowercase())
    };
    let asked = [
        missing(Kind::RestorePoint, &uid(1, 2), &point_id(FIRST, 0, 1)),
        missing(Kind::RestorePoint, &uid(8, 9), &point_id(FIRST, 0, 8)),
    ];
    let (there, elements) = confirm(&driver, Kind::RestorePoint, &asked);
    assert_eq!(there.unwrap(), [asked[0].key.uid.clone()].into());
    assert_eq!(elements[0]["properties"]["restorePoints"].as_array().map(Vec::len), Some(1));
    assert_eq!(estate.server.requests().len(), 1, "one request for a collection");
}

#[test]
fn a_collection_that_does_not_tell_what_it_holds_proves_nothing() {
    let mut world = World::made_up();
    let collection = world.get_mut(&id(FIRST, "restorePointCollections/Rpc-0"));
    collection["properties"].as_object_mut().unwrap().remove("restorePoints");
    let (driver, _estate) = driver(world);
    let asked = missing(Kind::RestorePoint, "some-uid", &point_id(FIRST, 0, 1));
    let (there, _) = confirm(&driver, Kind::RestorePoint, std::slice::from_ref(&asked));
    assert_eq!(there.unwrap(), [asked.key.uid].into());
}

#[test]
fn locks_and_machines_of_scale_sets_are_asked_for_by_id() {
    let (driver, _estate) = driver(World::made_up());
    let lock = format!("/subscriptions/{FIRST}/providers/Microsoft.Authorization/locks/gone");
    let machine = id(FIRST, "virtualMachineScaleSets/Uniform/virtualMachines/99");
    for (kind, id) in [(Kind::Lock, lock), (Kind::ScaleSetInstance, machine)] {
        let (there, elements) = confirm(&driver, kind, &[missing(kind, "gone", &id)]);
        assert_eq!((there.unwrap(), elements.len()), (BTreeSet::new(), 0), "{kind}");
    }
}

#[test]
fn a_question_that_is_refused_stays_open() {
    let refused = Some(("/disks/os-1", 403, "AuthorizationFailed"));
    let estate = serve(World::made_up(), Manner { refused, ..Manner::default() });
    let driver = Driver::new(entry(&estate));
    let asked = [0, 1].map(|number| {
        missing(Kind::Volume, &uid(FIRST, "disk", number), &id(FIRST, &format!("disks/os-{number}")))
    });
    let (there, elements) = confirm(&driver, Kind::Volume, &asked);
    assert_eq!(there.unwrap_err().code, "AuthorizationFailed");
    assert_eq!(elements.len(), 1, "what was found is told all the same");
}

#[test]
fn a_subscription_that_is_not_seen_any_more_leaves_open_what_is_in_it() {
    let estate = start(None);
    let driver = Driver::new(entry(&estate));
    let asked = missing(Kind::Volume, "u", "/subscriptions/99999999-0000-4000-8000-000000000009");
    let (there, _) = confirm(&driver, Kind::Volume, &[asked]);
    assert_eq!(there.unwrap_err().code, "SubscriptionNotFound");
}

#[test]
fn a_deleted_disk_vanishes_and_a_recreated_one_is_recreated() {
    let (mut store, _) = super::scan(&start(None));
    let mut world = World::made_up();
    world.remove(&id(FIRST, "disks/spare"));
    world.get_mut(&id(FIRST, "disks/os-3"))["properties"]["uniqueId"] = "another".into();
    super::try_scan(&mut store, entry(&serve(world, Manner::default()))).unwrap();
    let latest = store.latest().unwrap().unwrap().id;
    let previous = store.previous(latest).unwrap().map(|scan| scan.id);
    let judged = driftline::pipeline::judge(
        &store,
        previous,
        latest,
        &driftline::pipeline::Terms::at(driftline::model::Timestamp::now()),
    )
    .unwrap();
    let mut kinds: Vec<_> = judged.changes.iter().map(|change| change.kind.as_str()).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["recreated", "vanished"]);
}
