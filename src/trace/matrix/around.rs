//! What something else explains: a parent, a group, a controller, the platform.

use TraceState::{BySystem, ExpectedAutomation, Explained, Implied, Unexplained};

use super::{ids, state, terminated};
use crate::model::{Change, ChangeKind, Class, Confidence, EventId, Kind, Provider, Role, TraceState};
use crate::trace::fixture::*;

#[test]
fn the_disks_of_a_launch_on_google_cloud_are_named_by_it() {
    let launch = |role: Role, disk: &str| {
        event(Provider::Gcp, "v1.compute.instances.insert", Class::InstanceCreate)
            .addressing(Role::Created, Kind::Instance, &path("p1", Kind::Instance, "web"))
            .addressing(role, Kind::Volume, &path("p1", Kind::Volume, disk))
    };
    let disk = appeared(gcp(Kind::Volume, "5", "web").born("2026-01-01T05:00:30Z"));
    assert_eq!(state(&Scene::of([launch(Role::Created, "web")]), &disk), Implied);
    assert_eq!(state(&Scene::of([launch(Role::Created, "db")]), &disk), Unexplained);
    // It attached a disk that was there already.
    assert_eq!(state(&Scene::of([launch(Role::Attached, "web")]), &disk), Unexplained);
}

#[test]
fn the_old_root_goes_with_its_replacement_only_if_the_task_says_so() {
    let task = |delete: bool| {
        alice("CreateReplaceRootVolumeTask", Class::InstanceRevert, "i-1")
            .fact("delete_replaced_root_volume", delete)
    };
    let old = vanished(disk("vol-1", "i-1"));
    assert_eq!(state(&Scene::of([task(true)]), &old), Implied);
    assert_eq!(state(&Scene::of([task(false)]), &old), Unexplained);
    // A volume that stood in another slot was not replaced.
    let data = aws(Kind::Volume, "vol-1").on("i-1");
    let rooted =
        || machine("i-1", "vol-0").holding("/dev/sdf", "vol-1", false).with("RootDeviceName", "/dev/xvda");
    let renamed = modified(rooted(), rooted(), &["name"]);
    let beside = Scene::of([task(true)]).traces(vec![vanished(data), renamed]);
    assert_eq!(beside[0].trace.state, Unexplained);
    let new = appeared(disk("vol-2", "i-1").born("2026-01-01T05:02:00Z"));
    assert_eq!(state(&Scene::of([task(false)]), &new), Implied);
    assert_eq!(state(&Scene::of([]), &new), Unexplained);
}

#[test]
fn j9_scaling_is_expected_and_names_who_configured_it() {
    let member = |uid: &str| machine(uid, "vol-1").managed("autoscaling", "web-asg");
    let launch = event(Provider::Aws, "RunInstances", Class::InstanceCreate).on(Role::Created, "i-2");
    let launch = launch.by_service("autoscaling");
    let terminate = terminated("i-1").by_service("autoscaling");
    let scale = event(Provider::Aws, "SetDesiredCapacity", Class::GroupScale).at("04:30");
    let scale = scale.on(Role::Subject, "web-asg");
    let scene = Scene::of([launch, terminate.clone(), scale]);
    let traces = scene.traces(vec![vanished(member("i-1")), appeared(member("i-2"))]);
    for change in traces {
        assert_eq!(change.trace.state, ExpectedAutomation, "{}", change.trace.reason);
        assert_eq!(change.trace.caused_by, Some(EventId::new("e-SetDesiredCapacity-04:30")));
    }
    assert_eq!(state(&Scene::of([terminated("i-1")]), &vanished(member("i-1"))), Explained);
    // A service that only passes on what somebody asked of it is no controller.
    let passed_on = terminate.by_service("cloudformation");
    assert_eq!(state(&Scene::of([passed_on]), &vanished(member("i-1"))), Explained);
    let mut through = terminated("i-1");
    through.actor.service = Some("autoscaling".to_owned());
    let trace = Scene::of([through]).trace(vanished(member("i-1")));
    assert_eq!(trace.state, Explained);
    assert!(trace.reason.contains("by alice@example.com as Admin through autoscaling"), "{}", trace.reason);
    assert_eq!(state(&Scene::of([]), &appeared(member("i-2"))), Unexplained);
}

#[test]
fn a_name_or_a_mark_that_users_can_write_is_no_automation() {
    let mut forged = machine("i-1", "vol-1").managed("autoscaling", "web-asg");
    forged.managed_by.as_mut().unwrap().confidence = Confidence::Low;
    let by_name = terminated("i-1").by("svc-backup-service");
    assert_eq!(state(&Scene::of([by_name]), &vanished(forged)), Explained);
    let snapshot = aws(Kind::Snapshot, "snap-1").tagged("dlm", "yes");
    assert_eq!(state(&Scene::of([]), &appeared(snapshot.clone())), Unexplained);
    assert_eq!(state(&Scene::of([]), &appeared(snapshot.managed("dlm", "policy-1"))), ExpectedAutomation);
}

#[test]
fn putting_an_instance_into_a_group_neither_makes_nor_ends_it() {
    let on_member = |operation: &str| alice(operation, Class::GroupScale, "i-1");
    let attach = on_member("AttachInstances");
    assert_eq!(state(&Scene::of([attach.clone()]), &appeared(machine("i-1", "vol-1"))), Unexplained);
    let gone = vanished(machine("i-1", "vol-1"));
    assert_eq!(state(&Scene::of([attach]), &gone), Unexplained);
    assert_eq!(state(&Scene::of([on_member("TerminateInstanceInAutoScalingGroup")]), &gone), Explained);
}

#[test]
fn the_machines_of_a_scale_set_come_and_go_with_its_writes() {
    let set = format!(
        "/subscriptions/{SUBSCRIPTION}/resourcegroups/rg/providers/microsoft.compute/virtualmachinescalesets/set"
    );
    let write = |set: &str| {
        let mut event =
            event(Provider::Azure, "Microsoft.Compute/virtualMachineScaleSets/write", Class::GroupScale);
        let locator = crate::model::Locator::new(set);
        event.targets.insert(crate::model::Target::by_locator(Role::Subject, None, locator));
        event
    };
    let member = vanished(azure(Kind::ScaleSetInstance, "vm-0", "set_0").managed("scale-set", &set));
    assert_eq!(state(&Scene::of([write(&set)]), &member), Implied);
    assert_eq!(state(&Scene::of([write("/subscriptions/other")]), &member), Unexplained);
    // On AWS every end of an instance has a record of its own.
    let scale = alice("SetDesiredCapacity", Class::GroupScale, "web-asg");
    let member = vanished(machine("i-1", "vol-1").managed("autoscaling", "web-asg"));
    assert_eq!(state(&Scene::of([scale]), &member), Unexplained);
}

#[test]
fn j10_an_eviction_is_the_platforms() {
    let evicted = event(Provider::Aws, "BidEvictedEvent", Class::InstanceDelete).on(Role::Subject, "i-1");
    let evicted = evicted.by_service("spot");
    let gone = vanished(machine("i-1", "vol-1"));
    let trace = Scene::of([evicted]).trace(gone.clone());
    assert_eq!(trace.state, BySystem);
    assert_eq!(ids(&trace.events), ["e-BidEvictedEvent"]);
    assert_eq!(state(&Scene::of([]), &gone), Unexplained);
    // What goes with it is the platform's as well.
    let traces = Scene::of([event(Provider::Aws, "BidEvictedEvent", Class::InstanceDelete)
        .on(Role::Subject, "i-1")
        .by_service("spot")])
    .traces(vec![gone, vanished(disk("vol-1", "i-1"))]);
    assert_eq!(traces[1].trace.state, BySystem);
}

#[test]
fn j11_a_shutdown_from_within_is_told_by_the_state() {
    let stopped = |code: &str| {
        let after = machine("i-1", "vol-1").proving("StateReason.Code", code);
        change(ChangeKind::Stopped, Some(machine("i-1", "vol-1")), Some(after))
    };
    let trace = Scene::of([]).trace(stopped("Client.InstanceInitiatedShutdown"));
    assert_eq!((trace.state, trace.events.len()), (BySystem, 0));
    assert_eq!(state(&Scene::of([]), &stopped("Client.UserInitiatedShutdown")), Unexplained);
}

#[test]
fn j13_a_keepers_snapshot_is_expected_to_go_when_it_expires_and_by_its_keeper() {
    let snapshot = |expiry: &str| {
        vanished(
            aws(Kind::Snapshot, "snap-1").managed("dlm", "policy-1").tagged("aws:dlm:expirationTime", expiry),
        )
    };
    let delete = || alice("DeleteSnapshot", Class::SnapshotDelete, "snap-1");
    let by_keeper = Scene::of([delete().by_service("dlm")]);
    assert_eq!(state(&by_keeper, &snapshot("2026-01-01T05:00:00Z")), ExpectedAutomation);
    let mut by_role = delete();
    by_role.actor.service = Some("dlm".to_owned());
    assert_eq!(state(&Scene::of([by_role]), &snapshot("2026-01-01T05:00:00Z")), ExpectedAutomation);
    let early = by_keeper.trace(snapshot("2026-02-01T05:00:00Z"));
    assert_eq!(early.state, Explained);
    assert!(early.reason.ends_with("it was to be kept until 2026-02-01T05:00:00Z"), "{}", early.reason);
    let by_user = Scene::of([delete()]).trace(snapshot("2026-01-01T05:00:00Z"));
    assert_eq!(by_user.state, Explained);
    assert!(by_user.reason.ends_with("it is kept by dlm, which did not do this"), "{}", by_user.reason);
}

#[test]
fn j43_the_volumes_of_a_launch_need_no_event_of_their_own() {
    let launch = event(Provider::Aws, "RunInstances", Class::InstanceCreate).on(Role::Created, "i-1");
    let volume = |uid: &str, moment: &str| appeared(disk(uid, "i-1").born(moment));
    let changes = vec![
        volume("vol-1", "2026-01-01T05:00:00Z"),
        appeared(machine("i-1", "vol-1").born("2026-01-01T05:00:00Z")),
        volume("vol-2", "2026-01-01T05:01:00Z"),
        volume("vol-3", "2026-01-01T05:06:00Z"),
    ];
    let scene = Scene::of([launch]);
    let states: Vec<_> = scene.traces(changes.clone()).iter().map(|change| change.trace.state).collect();
    assert_eq!(states, [Implied, Explained, Implied, Unexplained]);
    // The same where the instance is gone again, and only the log knows it.
    assert_eq!(state(&scene, &changes[0]), Implied);
    assert_eq!(state(&scene, &changes[3]), Unexplained);
    assert_eq!(state(&Scene::of([]), &changes[0]), Unexplained);
}

#[test]
fn j44_a_volume_that_was_to_stay_needs_its_own_deletion() {
    let instance = machine("i-1", "vol-1").holding("/dev/sdf", "vol-2", false);
    let changes = vec![vanished(disk("vol-2", "i-1")), vanished(disk("vol-1", "i-1")), vanished(instance)];
    let scene = Scene::of([terminated("i-1")]);
    let judged = scene.traces(changes.clone());
    let states: Vec<_> = judged.iter().map(|change| change.trace.state).collect();
    assert_eq!(states, [Unexplained, Implied, Explained]);
    let reason = &judged[0].trace.reason;
    assert!(reason.ends_with("and it was to stay"), "{reason}");
    let mut deleted = scene;
    deleted.events.push(alice("DeleteVolume", Class::VolumeDelete, "vol-2"));
    assert_eq!(deleted.traces(changes)[0].trace.state, Explained);
}

#[test]
fn tags_that_only_services_write_are_the_vendors() {
    let tags = |key: &str| modified(machine("i-1", "vol-1"), machine("i-1", "vol-1"), &[key]);
    assert_eq!(state(&Scene::of([]), &tags("tags.aws:ec2:fleet-id")), BySystem);
    assert_eq!(state(&Scene::of([]), &tags("tags.owner")), Unexplained);
    let tagged = alice("CreateTags", Class::TagModify, "i-1").touching("tags.owner");
    assert_eq!(state(&Scene::of([tagged]), &tags("tags.owner")), Explained);
}

#[test]
fn a_deleted_group_takes_what_it_holds() {
    let delete = |group: &str| {
        let operation = "Microsoft.Resources/subscriptions/resourceGroups/delete";
        let mut event = event(Provider::Azure, operation, Class::GroupDelete);
        let locator = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}");
        let locator = crate::model::Locator::new(locator);
        event.targets.insert(crate::model::Target::by_locator(Role::Subject, None, locator));
        Scene::of([event])
    };
    let gone = vanished(azure(Kind::Snapshot, "u-1", "s"));
    assert_eq!(state(&delete("RG"), &gone), Implied);
    assert_eq!(state(&delete("rg2"), &gone), Unexplained);
}

#[test]
fn snapshots_come_with_the_capture_of_an_image_and_go_if_it_says_so() {
    let create = |operation: &str| {
        let event = event(Provider::Aws, operation, Class::ImageCreate).on(Role::Created, "ami-1");
        if operation == "RegisterImage" {
            event.on(Role::Source, "snap-1")
        } else {
            event.on(Role::Source, "i-1")
        }
    };
    let image = || aws(Kind::Image, "ami-1").backed_by("snap-1").born("2026-01-01T05:00:00Z");
    let snapshot = || aws(Kind::Snapshot, "snap-1").born("2026-01-01T05:01:00Z");
    let states = |scene: Scene, changes: Vec<Change>| -> Vec<TraceState> {
        scene.traces(changes).iter().map(|change| change.trace.state).collect()
    };
    let made = || vec![appeared(snapshot()), appeared(image())];
    assert_eq!(states(Scene::of([create("CreateImage")]), made()), [Implied, Explained]);
    assert_eq!(states(Scene::of([create("RegisterImage")]), made()), [Unexplained, Explained]);
    let delete = |along: bool| {
        alice("DeregisterImage", Class::ImageDelete, "ami-1").fact("delete_associated_snapshots", along)
    };
    let gone = || vec![vanished(snapshot()), vanished(image())];
    assert_eq!(states(Scene::of([delete(true)]), gone()), [Implied, Explained]);
    assert_eq!(states(Scene::of([delete(false)]), gone()), [Unexplained, Explained]);
}
