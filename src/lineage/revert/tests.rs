//! Reverts of three clouds: by state, by log, and by both.

mod world;

use serde_json::json;
use world::{
    Part, ROOT, World, at, attach, event, instance, of_snapshot, on, resource, snapshot, started, volume,
};

use crate::model::{
    Class, End, EventId, Fate, Kind, Link, Locator, Outcome, Phase, Provider, Rel, ResidueKind, Resource,
    Revert, RevertKind, Role, SeenIn, Target, Window,
};

/// The calls of the second test: stop, detach, create from a snapshot, attach, start.
fn logged(world: World) -> World {
    let made = [
        Target::by_uid(Role::Created, Kind::Volume, "vol-9"),
        Target::by_uid(Role::Source, Kind::Snapshot, "snap-1"),
    ];
    world
        .event(on(Class::InstanceStop, "stop", "11:00"))
        .event(attach("detach", "11:10", Class::VolumeDetach, "vol-1"))
        .event(event("create", "11:15", Class::VolumeCreate, &made))
        .event(attach("attach", "11:20", Class::VolumeAttach, "vol-9"))
        .event(on(Class::InstanceStart, "start", "11:30"))
}

/// The world of the second test: a root from a snapshot that was taken at some time.
fn root_from(taken: &str) -> World {
    World::default()
        .before(instance("vol-1"))
        .after(started("vol-9"))
        .both(volume("vol-1", "2026-01-10"))
        .after(of_snapshot("vol-9", "11:15", "snap-1"))
        .both(snapshot("snap-1", taken, "vol-1"))
}

fn only(world: &World) -> Revert {
    let mut found = world.found();
    found.retain(|revert| revert.kind != RevertKind::EphemeralReset);
    assert_eq!(found.len(), 1, "{found:#?}");
    found.remove(0)
}

#[test]
fn a_root_from_an_earlier_snapshot_is_a_revert_by_state_alone_and_with_a_log() {
    let by_state = only(&root_from("2026-02-01"));
    assert_eq!((by_state.kind, by_state.method.code, by_state.strength), (RevertKind::Reverted, "A2", 4));
    assert_eq!((by_state.seen_in, by_state.root), (SeenIn::State, true));
    assert_eq!(by_state.reverted_to, Some(at("2026-02-01")));
    assert_eq!(by_state.lost.unwrap().from, at("2026-02-01"));
    assert_eq!(by_state.old_volume_fate, Fate::Kept);
    assert!(by_state.changes.contains(&"slot-swapped i-1".to_owned()), "{:?}", by_state.changes);
    assert!(by_state.changes.contains(&"appeared vol-9".to_owned()), "{:?}", by_state.changes);
    let by_both = only(&logged(root_from("2026-02-01")));
    assert_eq!((by_both.kind, by_both.seen_in), (RevertKind::Reverted, SeenIn::Both));
    assert_eq!(by_both.reverted_at, Window { from: at("11:20"), to: at("11:20") });
    assert!(by_both.events.contains(&EventId::new("attach")), "{:?}", by_both.events);
}

#[test]
fn a_root_that_nobody_listed_is_reverted_by_the_log_alone() {
    let taken = event(
        "snap",
        "10:05",
        Class::SnapshotCreate,
        &[
            Target::by_uid(Role::Created, Kind::Snapshot, "snap-1"),
            Target::by_uid(Role::Source, Kind::Volume, "vol-1"),
        ],
    );
    let world = logged(World::default().event(taken));
    assert_eq!(world.told(), ["reverted A2 4 log"]);
}

#[test]
fn a_copy_that_was_taken_after_the_stop_lost_nothing() {
    let migrated = logged(root_from("11:12"));
    assert_eq!(migrated.told(), ["migrated A2 4 both"]);
    assert!(only(&migrated).reason.contains("after the instance had stopped"));
    // Nobody knows when it stopped.
    assert_eq!(only(&root_from("10:30")).kind, RevertKind::Reverted);
}

#[test]
fn a_copy_before_the_stop_is_a_revert_however_short_the_time() {
    assert_eq!(logged(root_from("10:59")).told(), ["reverted A2 4 both"]);
}

#[test]
fn a_copy_of_an_instance_that_the_earlier_scan_found_stopped_lost_nothing() {
    let world = |events: &[(Class, &str)]| {
        let before = instance("vol-1").is(Phase::Stopped, "stopped");
        let world = World::default().before(before).after(started("vol-9"));
        let world = world.both(volume("vol-1", "2026-01-10")).after(of_snapshot("vol-9", "11:15", "snap-1"));
        let world = world
            .both(snapshot("snap-1", "10:12", "vol-1"))
            .event(attach("detach", "11:10", Class::VolumeDetach, "vol-1"))
            .event(attach("attach", "11:20", Class::VolumeAttach, "vol-9"));
        events.iter().fold(world, |world, (class, time)| world.event(on(*class, time, time)))
    };
    assert_eq!(world(&[]).told(), ["migrated A2 4 both"]);
    let woken = world(&[(Class::InstanceStart, "10:05"), (Class::InstanceStop, "11:05")]);
    assert!(woken.told().contains(&"reverted A2 4 both".to_owned()), "{:?}", woken.told());
}

#[test]
fn a_later_copy_of_what_the_old_disk_was_copied_from_is_no_earlier_state() {
    // Staging gets the data of production anew each week.
    let refreshed = |taken: &str| {
        World::default()
            .before(instance("vol-1"))
            .after(started("vol-9"))
            .both(volume("vol-prod", "2026-01-01"))
            .both(snapshot("snap-1", "2026-02-01", "vol-prod"))
            .both(snapshot("snap-2", taken, "vol-prod"))
            .both(of_snapshot("vol-1", "2026-02-02", "snap-1"))
            .after(of_snapshot("vol-9", "11:15", "snap-2"))
    };
    assert_eq!(only(&refreshed("2026-02-08")).kind, RevertKind::Replaced);
    assert_eq!(only(&refreshed("2026-01-25")).kind, RevertKind::Reverted);
}

#[test]
fn a_start_between_the_stop_and_the_swap_could_have_written() {
    let world = logged(root_from("11:02")).event(on(Class::InstanceStart, "start-early", "11:05"));
    assert_eq!(world.told().len(), 1);
    assert_eq!(only(&world).kind, RevertKind::Reverted);
}

#[test]
fn a_root_of_the_same_origin_is_as_it_was_at_launch() {
    let world = World::default()
        .before(instance("vol-1"))
        .after(started("vol-9"))
        .both(of_snapshot("vol-1", "2026-01-10", "snap-ami"))
        .after(of_snapshot("vol-9", "11:15", "snap-ami"));
    assert_eq!(world.told(), ["reset-to-launch A2 3 state"]);
    assert_eq!(only(&world).lost.unwrap().from, at("2026-01-10"));
}

#[test]
fn a_root_of_a_copy_of_unknown_origin_is_suspected() {
    let world = |source: Resource| {
        World::default()
            .before(instance("vol-1"))
            .after(started("vol-9"))
            .both(volume("vol-1", "2026-01-10"))
            .after(of_snapshot("vol-9", "11:15", "snap-x"))
            .both(source)
    };
    let copy = resource(Provider::Aws, Kind::Snapshot, "snap-x").born("2026-02-01");
    assert_eq!(world(copy.clone()).told(), ["suspected A2 1 state"]);
    let keyed = copy.with("DataEncryptionKeyId", json!("key-1"));
    let twin = snapshot("snap-2", "2026-02-02", "vol-1").with("DataEncryptionKeyId", json!("key-1"));
    assert_eq!(world(keyed).both(twin).told(), ["reverted A2 2 state"]);
}

#[test]
fn a_copy_of_a_copy_leads_back_to_the_disk() {
    let copy =
        resource(Provider::Aws, Kind::Snapshot, "snap-2").link(Rel::CopiedFrom, Kind::Snapshot, "snap-1");
    let world = World::default()
        .before(instance("vol-1"))
        .after(started("vol-9"))
        .both(volume("vol-1", "2026-01-10"))
        .after(of_snapshot("vol-9", "11:15", "snap-2"))
        .both(copy)
        .both(snapshot("snap-1", "2026-02-01", "vol-1"));
    assert_eq!(world.told(), ["reverted A2 4 state"]);
    assert_eq!(only(&world).reverted_to, Some(at("2026-02-01")));
}

#[test]
fn a_root_of_another_disk_or_of_nothing_is_a_replacement_and_an_unseen_one_is_nothing() {
    let world = |new: Resource| {
        World::default()
            .before(instance("vol-1"))
            .after(started("vol-9"))
            .both(volume("vol-1", "2026-01-10"))
            .after(new)
    };
    assert_eq!(world(volume("vol-9", "11:15")).told(), ["replaced A2 4 state"]);
    let of_other = world(of_snapshot("vol-9", "11:15", "snap-o"))
        .both(snapshot("snap-o", "2026-02-01", "vol-o"))
        .both(volume("vol-o", "2026-01-01"));
    assert_eq!(of_other.told(), ["replaced A2 4 state"]);
    let unseen = World::default()
        .before(instance("vol-1"))
        .after(started("vol-9"))
        .both(volume("vol-1", "2026-01-10"));
    assert_eq!(unseen.told(), Vec::<String>::new());
}

#[test]
fn a_clone_of_the_root_taken_while_it_ran_is_a_revert() {
    let clone = volume("vol-9", "10:30").link(Rel::CopiedFrom, Kind::Volume, "vol-1");
    let world = World::default()
        .before(instance("vol-1"))
        .after(started("vol-9"))
        .both(volume("vol-1", "2026-01-10"))
        .after(clone);
    assert_eq!(world.told(), ["reverted A9 4 state"]);
    assert_eq!(only(&world).reverted_to, Some(at("10:30")));
}

#[test]
fn a_replaced_root_is_told_by_its_task_and_without_it_by_the_launch_time() {
    let swapped = || {
        World::default()
            .before(instance("vol-1"))
            .after(instance("vol-9"))
            .before(volume("vol-1", "2026-01-10"))
            .after(of_snapshot("vol-9", "11:15", "snap-1"))
            .both(snapshot("snap-1", "2026-02-01", "vol-1"))
    };
    assert_eq!(swapped().told(), ["reverted A1 4 state"]);
    let task = event(
        "task",
        "11:15",
        Class::InstanceRevert,
        &[
            Target::by_uid(Role::Subject, Kind::Instance, "i-1"),
            Target::by_uid(Role::Source, Kind::Snapshot, "snap-1"),
        ],
    );
    let revert = only(&swapped().event(task));
    assert_eq!((revert.method.code, revert.strength, revert.seen_in), ("A1", 5, SeenIn::Both));
    assert_eq!(revert.old_volume_fate, Fate::Deleted);
    assert_eq!(revert.destroyed.len(), 1);
}

#[test]
fn a_task_that_failed_explains_and_proves_nothing() {
    let mut task = on(Class::InstanceRevert, "task", "11:15");
    task.outcome = Outcome::plain(End::Failed);
    assert_eq!(World::default().both(instance("vol-1")).event(task.clone()).told(), Vec::<String>::new());
    assert_eq!(root_from("2026-02-01").event(task).told(), ["reverted A2 4 state"]);
}

#[test]
fn a_task_whose_effect_nobody_could_see_is_told_by_the_log() {
    let task = on(Class::InstanceRevert, "task", "11:15");
    assert_eq!(World::default().event(task.clone()).told(), ["reset-to-launch A1 5 log"]);
    let seen = World::default().both(instance("vol-1")).event(task).residue(ResidueKind::NoEffect, &["task"]);
    assert_eq!(seen.told(), Vec::<String>::new());
}

#[test]
fn a_disk_that_went_and_came_back_is_transient() {
    let world = World::default()
        .both(instance("vol-1"))
        .both(volume("vol-1", "2026-01-10"))
        .event(attach("out", "10:20", Class::VolumeDetach, "vol-1"))
        .event(attach("in", "10:25", Class::VolumeAttach, "vol-9"))
        .event(attach("out-again", "10:50", Class::VolumeDetach, "vol-9"))
        .event(attach("back", "10:55", Class::VolumeAttach, "vol-1"));
    assert_eq!(world.told(), ["transient A2 3 log"]);
    let path = format!("BlockDeviceMappings[{ROOT}].AttachTime");
    let moved = |time| instance("vol-1").proof(&path, time);
    let by_state = World::default()
        .before(moved("2026-01-10"))
        .after(moved("10:55"))
        .both(volume("vol-1", "2026-01-10"));
    assert_eq!(by_state.told(), ["transient A2 1 state"]);
}

#[test]
fn an_instance_with_an_instance_store_that_was_restarted_lost_it() {
    let typed = |kind: &str, launched: &str| {
        instance("vol-1").with("InstanceType", json!(kind)).proof("LaunchTime", launched)
    };
    let world = |kind| World::default().before(typed(kind, "2026-01-10")).after(typed(kind, "11:30"));
    let found = world("m5d.large").found();
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].kind, found[0].method.code), (RevertKind::EphemeralReset, "A4"));
    assert!(found[0].reason.contains("shipped table"), "{}", found[0].reason);
    assert!(world("m5.large").found().is_empty());
    let mut collected = typed("m5.large", "2026-01-10");
    collected.evidence.insert("InstanceStorage.TotalSizeInGB".to_owned(), json!(75));
    let mut later = collected.clone();
    later.evidence.insert("LaunchTime".to_owned(), json!(at("11:30")));
    let found = World::default().before(collected).after(later).found();
    assert!(found[0].reason.contains("75 GB"), "{}", found[0].reason);
}

/// The fourth test: an image is registered from a snapshot of the old root, and launched in its place.
fn launched(address: &str) -> World {
    let old =
        instance("vol-1").with("SubnetId", json!("subnet-1")).with("PrivateIpAddress", json!("10.0.0.5"));
    let new = Resource {
        name: Some("web".to_owned()),
        ..resource(Provider::Aws, Kind::Instance, "i-2")
            .born("11:30")
            .with("RootDeviceName", json!(ROOT))
            .with("SubnetId", json!("subnet-1"))
            .with("PrivateIpAddress", json!(address))
            .slot(ROOT, "vol-9")
            .link(Rel::LaunchedFrom, Kind::Image, "ami-9")
    };
    World::default()
        .before(Resource { name: Some("web".to_owned()), ..old })
        .after(new)
        .before(volume("vol-1", "2026-01-10"))
        .after(of_snapshot("vol-9", "11:30", "snap-1"))
        .both(snapshot("snap-1", "2026-02-01", "vol-1"))
        .after(resource(Provider::Aws, Kind::Image, "ami-9").born("11:10").link(
            Rel::BackedBy,
            Kind::Snapshot,
            "snap-1",
        ))
}

#[test]
fn an_instance_launched_from_the_roots_snapshot_in_its_place_is_rebuilt() {
    let revert = only(&launched("10.0.0.5"));
    assert_eq!((revert.kind, revert.method.code, revert.strength), (RevertKind::Rebuilt, "A5", 4));
    assert_eq!(revert.replaces.as_ref().map(|key| key.id.as_str()), Some("i-1"));
    assert_eq!(revert.reverted_to, Some(at("2026-02-01")));
    for id in ["appeared i-2", "vanished i-1", "appeared ami-9", "appeared vol-9", "vanished vol-1"] {
        assert!(revert.changes.iter().any(|change| change == id), "{id} not in {:?}", revert.changes);
    }
    // Nothing but the name in common: it is a launch from such an image, and nobody's part is played.
    assert_eq!(only(&launched("10.0.0.6")).replaces, None);
}

#[test]
fn an_image_registered_from_a_snapshot_and_launched_is_told_by_the_log_alone() {
    let registered = [
        Target::by_uid(Role::Created, Kind::Image, "ami-9"),
        Target::by_uid(Role::Source, Kind::Snapshot, "snap-1"),
    ];
    let run = [
        Target::by_uid(Role::Created, Kind::Instance, "i-2"),
        Target::by_uid(Role::Image, Kind::Image, "ami-9"),
    ];
    let world = World::default()
        .event(event("register", "11:00", Class::ImageCreate, &registered))
        .event(event("run", "11:10", Class::InstanceCreate, &run));
    assert_eq!(world.told(), ["rebuilt A5 2 log"]);
}

fn gcp(kind: Kind, uid: &str, path: &str) -> Resource {
    resource(Provider::Gcp, kind, uid).at_address(&format!("projects/p/zones/z/{path}"))
}

#[test]
fn a_google_disk_made_anew_from_its_snapshot_is_a_revert_in_the_slot_that_looks_the_same() {
    let machine = {
        let link =
            Link::to_locator(Rel::Attached, Kind::Volume, Locator::new("projects/p/zones/z/disks/api"));
        let mut machine = gcp(Kind::Instance, "77", "instances/api").born("2026-01-10");
        machine.links.insert(link.in_slot("boot"));
        machine
    };
    let up = |disk: Resource| {
        let mut disk = disk;
        let link = Link::to_locator(
            Rel::AttachedTo,
            Kind::Instance,
            Locator::new("projects/p/zones/z/instances/api"),
        );
        disk.links.insert(link);
        disk
    };
    let world = |from: Option<&str>| {
        let new = gcp(Kind::Volume, "12", "disks/api").born("10:40");
        let new = from.map_or(new.clone(), |from| new.link(Rel::CreatedFrom, Kind::Snapshot, from));
        let taken = resource(Provider::Gcp, Kind::Snapshot, "99").born("2026-02-01");
        World::default()
            .both(machine.clone())
            .before(up(gcp(Kind::Volume, "11", "disks/api").born("2026-01-10")))
            .after(up(new))
            .both(taken.link(Rel::TakenFrom, Kind::Volume, "11"))
    };
    assert_eq!(world(Some("99")).told(), ["reverted G2 4 state"]);
    assert_eq!(world(None).told(), ["replaced G2 4 state"]);
}

#[test]
fn an_azure_os_disk_swapped_for_one_of_a_snapshot_is_a_revert() {
    let azure = |kind, uid: &str, path: &str| {
        resource(Provider::Azure, kind, uid).at_address(&format!("/subscriptions/s/{path}"))
    };
    let machine = |disk: &str| {
        let link = Link::to_locator(
            Rel::Attached,
            Kind::Volume,
            Locator::new(format!("/subscriptions/s/disks/{disk}")),
        );
        let mut machine = azure(Kind::Instance, "vm-1", "vms/web").born("2026-01-10");
        machine.links.insert(link.in_slot("os"));
        machine
    };
    let world = World::default()
        .before(machine("os"))
        .after(machine("os-2"))
        .both(azure(Kind::Volume, "d-1", "disks/os").born("2026-01-10"))
        .after(azure(Kind::Volume, "d-2", "disks/os-2").born("10:30").link(
            Rel::CreatedFrom,
            Kind::Snapshot,
            "s-1",
        ))
        .both(azure(Kind::Snapshot, "s-1", "snapshots/pre").born("2026-02-01").link(
            Rel::TakenFrom,
            Kind::Volume,
            "d-1",
        ));
    assert_eq!(world.told(), ["reverted Z1 4 state"]);
}

#[test]
fn a_disk_that_moves_to_another_slot_as_an_earlier_state_is_a_revert() {
    let data = |slot: &str, disk: &str| instance("vol-1").slot(slot, disk);
    let world = World::default()
        .before(data("/dev/sdf", "vol-2"))
        .after(data("/dev/sdg", "vol-8"))
        .both(volume("vol-2", "2026-01-10"))
        .after(of_snapshot("vol-8", "11:15", "snap-2"))
        .both(snapshot("snap-2", "2026-02-01", "vol-2"));
    assert_eq!(world.told(), ["reverted A3 4 state"]);
}

#[test]
fn a_copy_attached_beside_its_original_reverts_nothing() {
    let world = World::default()
        .before(instance("vol-1"))
        .after(instance("vol-1").slot("/dev/sdg", "vol-8"))
        .both(volume("vol-1", "2026-01-10"))
        .after(of_snapshot("vol-8", "11:15", "snap-1"))
        .both(snapshot("snap-1", "2026-02-01", "vol-1"));
    assert_eq!(world.told(), Vec::<String>::new());
}

#[test]
fn snapshots_of_the_lost_time_that_went_with_the_old_disk_are_named() {
    let world = root_from("2026-02-01").before(snapshot("snap-5", "2026-02-20", "vol-1"));
    let revert = only(&world);
    assert_eq!(revert.destroyed.iter().map(|key| key.id.as_str()).collect::<Vec<_>>(), ["snap-5"]);
    assert!(revert.changes.contains(&"vanished snap-5".to_owned()));
}

#[test]
fn a_google_replica_that_takes_over_is_a_revert_to_nobody_knows_when() {
    let machine = |disk: &str| {
        let machine = resource(Provider::Gcp, Kind::Instance, "77").born("2026-01-10");
        machine.slot("boot", disk)
    };
    let replica = || resource(Provider::Gcp, Kind::Volume, "12").born("2026-01-11");
    let world = World::default()
        .before(machine("11"))
        .after(machine("12"))
        .both(resource(Provider::Gcp, Kind::Volume, "11").born("2026-01-10"))
        .before(replica().with("asyncPrimaryDisk.diskId", json!("11")))
        .after(replica());
    assert_eq!(world.told(), ["reverted G9 3 state"]);
    assert_eq!((only(&world).reverted_to, only(&world).lost), (None, None));
}

#[test]
fn an_old_root_that_is_deleted_the_day_after_its_swap_destroys_evidence() {
    let path = format!("BlockDeviceMappings[{ROOT}].AttachTime");
    let swapped = instance("vol-9").proof("LaunchTime", "09:30").proof(&path, "09:20");
    let world = World::default()
        .at(8, instance("vol-1"))
        .both(swapped)
        .at(8, volume("vol-1", "2026-01-10"))
        .before(volume("vol-1", "2026-01-10"))
        .both(of_snapshot("vol-9", "09:00", "snap-1"))
        .both(snapshot("snap-1", "2026-02-01", "vol-1"));
    let revert = only(&world);
    assert!(!revert.fresh);
    assert_eq!((revert.kind, revert.destroyed.len()), (RevertKind::Reverted, 1));
    assert_eq!(revert.changes, ["vanished vol-1"]);
}

#[test]
fn the_order_of_changes_and_events_means_nothing() {
    let worlds = [logged(root_from("2026-02-01")), logged(root_from("11:12")), launched("10.0.0.5")];
    for world in worlds {
        let reversed = world.found_in(|changes| changes.reverse(), |events| events.reverse());
        assert_eq!(world.found(), reversed);
    }
}
