//! The rows of the test matrix that traces decide (SEMANTICS J), each with a twin that differs in one element.

use super::fixture::*;
use super::unused;
use crate::model::{
    Approval, AttributeChange, AuditEvent, Change, ChangeKind, Class, Confidence, End, EventId, Kind,
    LogStatus, Provider, Role, TraceState, Window,
};
use TraceState::{
    BySystem, ExpectedAutomation, Explained, Implied, LogGap, Pending, Unexplained, UnexplainedLowConfidence,
};

fn state(scene: &Scene, change: &Change) -> TraceState {
    scene.trace(change.clone()).state
}

fn ids(events: &[EventId]) -> Vec<&str> {
    events.iter().map(EventId::as_str).collect()
}

fn terminated(uid: &str) -> AuditEvent {
    alice("TerminateInstances", Class::InstanceDelete, uid)
}

#[test]
fn an_event_that_names_it_explains_it_and_says_who() {
    let trace = Scene::of([terminated("i-1")]).trace(vanished(machine("i-1", "vol-1")));
    assert_eq!(trace.state, Explained);
    assert_eq!(trace.reason, "`TerminateInstances` by alice@example.com as Admin names it");
    assert_eq!(ids(&trace.events), ["e-TerminateInstances"]);
    assert_eq!(trace.actor.unwrap().session.as_deref(), Some("alice@example.com"));
    let other = Scene::of([terminated("i-2")]).trace(vanished(machine("i-1", "vol-1")));
    assert_eq!(other.state, Unexplained);
    assert_eq!(
        other.reason,
        "the log of 111122223333 in eu-west-1 is complete from 2026-01-01T00:00:00Z to 2026-01-01T12:00:00Z, \
         and no event explains it"
    );
}

#[test]
fn j3_an_accepted_disk_write_explains_a_disk_from_a_snapshot_in_any_case() {
    let write = |name: &str| {
        let event = event(Provider::Azure, "MICROSOFT.COMPUTE/DISKS/WRITE", Class::VolumeCreate);
        let disk = arm(Kind::Volume, name).to_uppercase();
        event.addressing(Role::Subject, Kind::Volume, &disk).ending(End::Accepted)
    };
    let disk = || appeared(azure(Kind::Volume, "u-1", "restored").born("2026-01-01T05:00:10Z"));
    let trace = Scene::of([write("restored")]).trace(disk());
    assert_eq!(trace.state, Explained);
    assert!(trace.reason.contains("names its address; it was accepted"), "{}", trace.reason);
    assert_eq!(state(&Scene::of([write("other")]), &disk()), Unexplained);
}

#[test]
fn j3_a_machine_write_explains_a_swap_only_if_it_names_the_new_disk() {
    let held =
        |name: &str| azure(Kind::Instance, "vm-1", "web").holding("os", &arm(Kind::Volume, name), false);
    let write = |name: &str| {
        event(Provider::Azure, "Microsoft.Compute/virtualMachines/write", Class::InstanceModify)
            .addressing(Role::Subject, Kind::Instance, &arm(Kind::Instance, "web"))
            .addressing(Role::Attached, Kind::Volume, &arm(Kind::Volume, name))
    };
    let swap = swapped(held("old"), held("new"));
    assert_eq!(state(&Scene::of([write("new")]), &swap), Explained);
    assert_eq!(state(&Scene::of([write("old")]), &swap), Unexplained);
}

fn replaced() -> Change {
    let after =
        machine("i-1", "vol-2").proving("BlockDeviceMappings[/dev/xvda].AttachTime", "2026-01-01T05:03:00Z");
    swapped(machine("i-1", "vol-1"), after)
}

#[test]
fn a_write_of_an_extension_makes_no_machine_and_attaches_nothing() {
    let write =
        || {
            event(Provider::Azure, "Microsoft.Compute/virtualMachines/write", Class::InstanceModify)
                .addressing(Role::Subject, Kind::Instance, &arm(Kind::Instance, "web"))
        };
    let made = appeared(azure(Kind::Instance, "vm-1", "web"));
    assert_eq!(state(&Scene::of([write()]), &made), Explained);
    assert_eq!(state(&Scene::of([write().touching("config.resources")]), &made), Unexplained);
    let held =
        |name: &str| azure(Kind::Instance, "vm-1", "web").holding("os", &arm(Kind::Volume, name), false);
    let swap = swapped(held("old"), held("new"));
    assert_eq!(state(&Scene::of([write()]), &swap), Implied);
    assert_eq!(state(&Scene::of([write().touching("config.resources")]), &swap), Unexplained);
}

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
fn a_boot_disk_is_taken_out_by_the_name_of_its_device() {
    let held = |disk: &str, device: &str| {
        gcp(Kind::Instance, "1", "web")
            .holding("boot", &path("p1", Kind::Volume, disk), false)
            .with("disks[boot].deviceName", device)
    };
    let detach = |device: &str| {
        let mut event =
            event(Provider::Gcp, "v1.compute.instances.detachDisk", Class::VolumeDetach).at("05:00");
        let instance = crate::model::Locator::new(path("p1", Kind::Instance, "web"));
        let target = crate::model::Target::by_locator(Role::Subject, Kind::Instance, instance);
        event.targets.insert(crate::model::Target { slot: Some(device.to_owned()), ..target });
        event
    };
    let attach = event(Provider::Gcp, "v1.compute.instances.attachDisk", Class::VolumeAttach)
        .at("05:01")
        .addressing(Role::AttachedTo, Kind::Instance, &path("p1", Kind::Instance, "web"))
        .addressing(Role::Subject, Kind::Volume, &path("p1", Kind::Volume, "new"));
    let swap = swapped(held("old", "persistent-disk-0"), held("new", "other"));
    assert_eq!(state(&Scene::of([detach("persistent-disk-0"), attach.clone()]), &swap), Explained);
    assert_eq!(state(&Scene::of([detach("persistent-disk-1"), attach]), &swap), Unexplained);
}

#[test]
fn j5_j7_a_replaced_root_is_explained_or_a_gap_or_unexplained_as_the_log_allows() {
    let task = alice("CreateReplaceRootVolumeTask", Class::InstanceRevert, "i-1");
    assert_eq!(state(&Scene::of([task.clone()]), &replaced()), Explained);
    assert_eq!(state(&Scene::of([]), &replaced()), Unexplained);
    let lost = log_over(
        Provider::Aws,
        LogStatus::Gap,
        "an object is missing",
        span("2026-01-01T04:00:00Z", "2026-01-01T05:00:00Z"),
    );
    let mut gap = Scene::of([]);
    gap.logs.push(lost.clone());
    let trace = gap.trace(replaced());
    assert_eq!(trace.state, LogGap);
    assert!(trace.reason.ends_with("an object is missing"), "{}", trace.reason);
    // The same gap after the moment that the instance tells is none of this change's.
    let mut later = Scene::of([]);
    later.logs.push(crate::model::LogInterval {
        window: span("2026-01-01T06:00:00Z", "2026-01-01T07:00:00Z"),
        ..lost
    });
    assert_eq!(state(&later, &replaced()), Unexplained);
    gap.events.push(task);
    assert_eq!(state(&gap, &replaced()), Explained);
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
    let new = appeared(disk("vol-2", "i-1").born("2026-01-01T05:02:00Z"));
    assert_eq!(state(&Scene::of([task(false)]), &new), Implied);
    assert_eq!(state(&Scene::of([]), &new), Unexplained);
}

#[test]
fn a_swap_needs_both_a_detachment_and_an_attachment() {
    let act =
        |operation: &str, class, volume: &str| alice(operation, class, volume).on(Role::AttachedTo, "i-1");
    let detach = act("DetachVolume", Class::VolumeDetach, "vol-1").at("05:00");
    let attach = act("AttachVolume", Class::VolumeAttach, "vol-2").at("05:02");
    let trace = Scene::of([detach.clone(), attach.clone()]).trace(replaced());
    assert_eq!(trace.state, Explained);
    assert_eq!(ids(&trace.events), ["e-DetachVolume-05:00", "e-AttachVolume-05:02"]);
    let half = Scene::of([attach]).trace(replaced());
    assert_eq!(half.state, Unexplained);
    assert!(half.reason.contains("one half of it, and no event took the old volume out"), "{}", half.reason);
    assert_eq!(ids(&half.candidates), ["e-AttachVolume-05:02"]);
    let elsewhere = alice("AttachVolume", Class::VolumeAttach, "vol-2").on(Role::AttachedTo, "i-9");
    assert_eq!(state(&Scene::of([detach, elsewhere]), &replaced()), Unexplained);
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
fn j16_a_probe_explains_nothing_and_is_told() {
    let gone = vanished(machine("i-1", "vol-1"));
    for end in [End::DryRun, End::Denied, End::Failed] {
        let trace = Scene::of([terminated("i-1").ending(end)]).trace(gone.clone());
        assert_eq!(trace.state, Unexplained);
        assert_eq!(ids(&trace.candidates), ["e-TerminateInstances"]);
        assert!(trace.reason.ends_with("came to nothing"), "{}", trace.reason);
    }
    assert_eq!(state(&Scene::of([terminated("i-1")]), &gone), Explained);
}

#[test]
fn j18_ids_of_azure_are_without_case() {
    let delete =
        |subject: &str| {
            event(Provider::Azure, "Microsoft.Compute/virtualMachines/delete", Class::InstanceDelete)
                .addressing(Role::Subject, Kind::Instance, subject)
        };
    let gone = vanished(azure(Kind::Instance, "vm-1", "web"));
    let upper = arm(Kind::Instance, "web").to_uppercase();
    assert_eq!(state(&Scene::of([delete(&upper)]), &gone), Explained);
    assert_eq!(state(&Scene::of([delete(&arm(Kind::Instance, "web2"))]), &gone), Unexplained);
}

#[test]
fn j20_accepted_explains_and_started_waits() {
    let delete = |end| {
        event(Provider::Azure, "Microsoft.Compute/disks/delete", Class::VolumeDelete)
            .addressing(Role::Subject, Kind::Volume, &arm(Kind::Volume, "d"))
            .ending(end)
    };
    let gone = vanished(azure(Kind::Volume, "u-1", "d"));
    assert_eq!(state(&Scene::of([delete(End::Accepted)]), &gone), Explained);
    let started = Scene::of([delete(End::Started)]);
    assert_eq!(state(&started, &gone), Pending);
    let old = started.at("2026-01-02T05:00:00Z").trace(gone);
    assert_eq!(old.state, Unexplained);
    assert!(old.reason.ends_with("was begun, and never ended in the log"), "{}", old.reason);
}

fn on_disk(operation: &str, class: Class, uid: &str) -> AuditEvent {
    let disk = path("p1", Kind::Volume, "boot");
    let mut event = event(Provider::Gcp, operation, class).addressing(Role::Subject, Kind::Volume, &disk);
    event.targets = event
        .targets
        .into_iter()
        .map(|target| crate::model::Target { uid: Some(crate::model::Uid::new(uid)), ..target })
        .collect();
    event
}

#[test]
fn j22_a_disk_that_was_made_anew_under_its_name_needs_both_events() {
    let delete = on_disk("v1.compute.disks.delete", Class::VolumeDelete, "111").at("05:00");
    let insert = on_disk("v1.compute.disks.insert", Class::VolumeCreate, "222").at("05:01");
    let made = gcp(Kind::Volume, "222", "boot").born("2026-01-01T05:01:00Z");
    let anew = change(ChangeKind::Recreated, Some(gcp(Kind::Volume, "111", "boot")), Some(made));
    let trace = Scene::of([insert.clone(), delete.clone()]).trace(anew.clone());
    assert_eq!(trace.state, Explained);
    assert_eq!(trace.events.len(), 2);
    let half = Scene::of([delete.clone()]).trace(anew.clone());
    assert_eq!(half.state, Unexplained);
    assert!(half.reason.contains("deletes the old, and no event makes the new"), "{}", half.reason);
    assert_eq!(state(&Scene::of([insert]), &anew), Unexplained);
    // What was made before the old was deleted is not what stands there now.
    let early = on_disk("v1.compute.disks.insert", Class::VolumeCreate, "222").at("04:55");
    assert_eq!(state(&Scene::of([delete.clone(), early]), &anew), Unexplained);
    // An insertion of another incarnation at the same address is none of this one.
    let other = on_disk("v1.compute.disks.insert", Class::VolumeCreate, "333").at("05:01");
    assert_eq!(state(&Scene::of([delete, other]), &anew), Unexplained);
}

#[test]
fn j23_an_operation_that_ended_in_an_error_explains_nothing() {
    let gone = vanished(gcp(Kind::Volume, "111", "boot"));
    let delete = on_disk("v1.compute.disks.delete", Class::VolumeDelete, "111");
    assert_eq!(state(&Scene::of([delete.clone()]), &gone), Explained);
    assert_eq!(state(&Scene::of([delete.ending(End::Failed)]), &gone), Unexplained);
}

#[test]
fn j24_a_project_by_number_is_the_project_by_id() {
    let delete = |project: &str, name: &str| {
        let event = event(Provider::Gcp, "v1.compute.disks.delete", Class::VolumeDelete);
        event.addressing(Role::Subject, Kind::Volume, &path(project, Kind::Volume, name))
    };
    let gone = vanished(gcp(Kind::Volume, "111", "boot"));
    assert_eq!(state(&Scene::of([delete("123456789", "boot")]), &gone), Explained);
    assert_eq!(state(&Scene::of([delete("other-project", "boot")]), &gone), Unexplained);
}

#[test]
fn j32_what_went_while_the_log_was_stopped_is_a_gap() {
    let stop = event(Provider::Aws, "StopLogging", Class::LogTamper).at("03:00");
    let stop = AuditEvent { service: "cloudtrail.amazonaws.com".into(), ..stop };
    let gone = vanished(machine("i-1", "vol-1"));
    let scene = Scene::of([stop.clone()]);
    let trace = scene.trace(gone.clone());
    assert_eq!(trace.state, LogGap);
    assert!(trace.reason.contains("`StopLogging` by alice@example.com at 2026-01-01T03"), "{}", trace.reason);
    let looked_up = log(Provider::Aws, LogStatus::Complete, "LookupEvents was read to the end");
    assert_eq!(state(&scene.with_logs(vec![looked_up]), &gone), Unexplained);
    assert_eq!(state(&Scene::of([stop.ending(End::Denied)]), &gone), Unexplained);
}

fn approval() -> Approval {
    Approval {
        id: "CHG-7".into(),
        provider: Some(Provider::Aws),
        account: None,
        resources: vec!["i-*".into()],
        principals: vec!["alice@*".into()],
        from: at("04:00"),
        to: at("06:00"),
        origin: "approved.csv:2".into(),
    }
}

#[test]
fn j35_an_approval_needs_identifier_time_resource_and_principal() {
    let event = terminated("i-1").marked("session", "CHG-7");
    let gone = vanished(machine("i-1", "vol-1"));
    let matched = |event: AuditEvent, approval: Approval| {
        let scene = Scene { approvals: vec![approval.clone()], ..Scene::of([event]) };
        let changes = scene.traces(vec![gone.clone()]);
        let is_unused = unused(&[approval], &changes).len() == 1;
        let found = changes[0].trace.approval.clone();
        assert_eq!(is_unused, found.as_ref().is_none_or(|found| !found.full));
        found.map(|found| found.full)
    };
    assert_eq!(matched(event.clone(), approval()), Some(true));
    assert_eq!(matched(event.clone().at("07:00").marked("session", "CHG-7"), approval()), Some(false));
    assert_eq!(matched(event.clone().by("mallory"), approval()), Some(false));
    assert_eq!(
        matched(event.clone(), Approval { resources: vec!["vol-*".into()], ..approval() }),
        Some(false)
    );
    assert_eq!(matched(event.clone(), Approval { provider: Some(Provider::Gcp), ..approval() }), Some(false));
    assert_eq!(matched(event, Approval { id: "CHG-8".into(), ..approval() }), None);
    assert_eq!(matched(terminated("i-1"), approval()), None);
}

#[test]
fn j35_a_tag_bears_an_identifier_and_says_nothing_of_the_principal() {
    let tagged = vanished(machine("i-1", "vol-1").tagged("Change-ID", "CHG-7"));
    let scene = |events: Vec<AuditEvent>| Scene { approvals: vec![approval()], ..Scene::of(events) };
    assert!(scene(vec![terminated("i-1")]).trace(tagged.clone()).approval.unwrap().full);
    let unlogged = scene(vec![]).trace(tagged).approval.unwrap();
    assert!(!unlogged.full);
    assert!(unlogged.reason.contains("the principal does not match"), "{}", unlogged.reason);
}

#[test]
fn j38_a_record_that_left_out_what_it_made_is_joined_by_token_or_time() {
    let launch = |truncated| AuditEvent {
        truncated,
        tokens: ["token-1".to_owned()].into(),
        ..event(Provider::Aws, "RunInstances", Class::InstanceCreate)
    };
    let born = |moment: &str| machine("i-1", "vol-1").born(moment);
    let by_token = appeared(born("2026-01-01T05:05:00Z").proving("ClientToken", "token-1"));
    let trace = Scene::of([launch(true)]).trace(by_token.clone());
    assert_eq!(trace.state, Explained);
    assert!(trace.reason.contains("bears its client token"), "{}", trace.reason);
    assert_eq!(state(&Scene::of([launch(true).on(Role::Created, "i-9")]), &by_token), Explained);
    assert_eq!(state(&Scene::of([launch(false).on(Role::Created, "i-9")]), &by_token), Unexplained);
    let by_time = appeared(born("2026-01-01T05:00:20Z"));
    assert_eq!(state(&Scene::of([launch(true)]), &by_time), Implied);
    assert_eq!(state(&Scene::of([launch(false)]), &by_time), Unexplained);
    assert_eq!(state(&Scene::of([launch(true)]), &appeared(born("2026-01-01T05:05:00Z"))), Unexplained);
}

#[test]
fn a_snapshot_that_its_record_calls_by_name_is_joined_by_name_and_time() {
    let made = |name: &str| {
        let mut event = event(Provider::Gcp, "v1.compute.disks.createSnapshot", Class::SnapshotCreate);
        event.targets.insert(crate::model::Target {
            role: Role::Created,
            kind: Some(Kind::Snapshot),
            uid: None,
            locator: None,
            name: Some(name.to_owned()),
            slot: None,
        });
        Scene::of([event])
    };
    let snapshot = appeared(gcp(Kind::Snapshot, "9", "nightly").born("2026-01-01T05:02:00Z"));
    assert_eq!(state(&made("nightly"), &snapshot), Explained);
    assert_eq!(state(&made("weekly"), &snapshot), Unexplained);
    let later = appeared(gcp(Kind::Snapshot, "9", "nightly").born("2026-01-01T05:30:00Z"));
    assert_eq!(state(&made("nightly"), &later), Unexplained);
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
fn j45_an_export_needs_an_operation_that_opens_one() {
    let disk = || azure(Kind::Volume, "u-1", "d");
    let mut opened = modified(disk(), disk().exported(), &["exposure.export"]);
    opened.attributes[0].before = None;
    let on = |operation: &str, class| {
        event(Provider::Azure, operation, class).addressing(
            Role::Subject,
            Kind::Volume,
            &arm(Kind::Volume, "d"),
        )
    };
    let access = on("Microsoft.Compute/disks/beginGetAccess/action", Class::VolumeExport);
    assert_eq!(state(&Scene::of([access]), &opened), Explained);
    let write = Scene::of([on("Microsoft.Compute/disks/write", Class::VolumeModify)]).trace(opened);
    assert_eq!(write.state, Unexplained);
    assert!(write.reason.contains("does not touch exposure.export"), "{}", write.reason);
    let mut closed = modified(disk().exported(), disk(), &["exposure.export"]);
    closed.attributes[0].after = None;
    assert_eq!(state(&Scene::of([]), &closed), BySystem);
}

#[test]
fn an_event_on_the_same_instance_that_touches_something_else_is_a_candidate() {
    let (before, after) = (machine("i-1", "vol-1"), machine("i-1", "vol-1"));
    let event =
        alice("ModifyInstanceAttribute", Class::InstanceModify, "i-1").touching("config.InstanceType");
    let scene = Scene::of([event]);
    let typed =
        modified(before.clone(), after.clone(), &["config.InstanceType", "config.CpuOptions.CoreCount"]);
    assert_eq!(state(&scene, &typed), Explained);
    let profile = scene.trace(modified(before.clone(), after.clone(), &["config.IamInstanceProfile.Arn"]));
    assert_eq!(profile.state, Unexplained);
    assert_eq!(ids(&profile.candidates), ["e-ModifyInstanceAttribute"]);
    assert!(profile.reason.contains("does not touch config.IamInstanceProfile.Arn"), "{}", profile.reason);
    let partly =
        scene.trace(modified(before, after, &["config.InstanceType", "config.IamInstanceProfile.Arn"]));
    assert_eq!(partly.state, Unexplained);
    assert!(partly.reason.contains("explains only a part of it"), "{}", partly.reason);
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
fn a_setting_is_explained_by_the_operation_that_bears_its_name() {
    let setting = |name: &str| {
        let setting = aws(Kind::Setting, &format!("111122223333/eu-west-1/{name}"));
        let setting = crate::model::Resource { name: Some(name.to_owned()), ..setting };
        modified(setting.clone(), setting, &["config.SerialConsoleAccessEnabled"])
    };
    let scene = Scene::of([event(Provider::Aws, "EnableSerialConsoleAccess", Class::SettingModify)]);
    assert_eq!(state(&scene, &setting("serial-console-access")), Explained);
    assert_eq!(state(&scene, &setting("image-block-public-access")), Unexplained);
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

#[test]
fn silence_means_what_the_log_allows() {
    let gone = vanished(machine("i-1", "vol-1"));
    let complete = Scene::of([]);
    assert_eq!(state(&complete.clone().at("2026-01-01T12:14:59Z"), &gone), Pending);
    assert_eq!(state(&complete.clone().at("2026-01-01T12:15:00Z"), &gone), Unexplained);
    let unproven = vec![log(Provider::Aws, LogStatus::Unknown, "some file")];
    assert_eq!(state(&complete.clone().with_logs(unproven), &gone), UnexplainedLowConfidence);
    let short = Window { from: at("00:00"), to: at("11:00") };
    let short = vec![log_over(Provider::Aws, LogStatus::Complete, "said", short)];
    assert_eq!(state(&complete.clone().with_logs(short), &gone), LogGap);
    let nothing = complete.with_logs(Vec::new()).trace(gone);
    assert_eq!(nothing, crate::model::Trace::without_logs());
}

#[test]
fn what_a_narrow_window_needs_is_judged_as_soon_as_it_is_delivered() {
    let born = appeared(aws(Kind::Volume, "vol-1").born("2026-01-01T05:00:00Z"));
    let at_noon = Scene::of([]).at("2026-01-01T12:00:00Z");
    assert_eq!(state(&at_noon, &born), Unexplained);
    assert_eq!(state(&at_noon, &appeared(aws(Kind::Volume, "vol-1"))), Pending);
}

#[test]
fn a_coverage_gap_keeps_its_own_trace() {
    let mut gap = vanished(machine("i-1", "vol-1"));
    gap.kind = ChangeKind::CoverageGap;
    gap.trace = crate::model::Trace::of(BySystem, "the listing itself was not complete");
    assert_eq!(Scene::of([]).trace(gap.clone()), gap.trace);
}

#[test]
fn a_started_instance_was_started_by_whoever_came_last() {
    let started = |moment: &str| {
        let launched = |moment: &str| machine("i-1", "vol-1").proving("LaunchTime", moment);
        change(ChangeKind::Restarted, Some(launched("2025-01-01T00:00:00Z")), Some(launched(moment)))
    };
    let start = |clock: &str| alice("StartInstances", Class::InstanceStart, "i-1").at(clock);
    let scene = Scene::of([start("04:00"), start("05:00"), start("06:00")]);
    let trace = scene.trace(started("2026-01-01T05:00:10Z"));
    assert_eq!(ids(&trace.events), ["e-StartInstances-05:00"]);
    assert_eq!(state(&scene, &started("2026-01-01T08:00:00Z")), Unexplained);
}

#[test]
fn a_disk_is_attached_by_the_event_that_names_it_and_its_instance() {
    let attribute = AttributeChange {
        path: "links.attached[data]".into(),
        before: None,
        after: Some(path("p1", Kind::Volume, "d").into()),
    };
    let mut attached = change(
        ChangeKind::Attached,
        Some(gcp(Kind::Instance, "1", "web")),
        Some(gcp(Kind::Instance, "1", "web").holding("data", &path("p1", Kind::Volume, "d"), false)),
    );
    attached.attributes = vec![attribute];
    let attach = |disk: &str, machine: &str| {
        let event = event(Provider::Gcp, "v1.compute.instances.attachDisk", Class::VolumeAttach);
        let event = event.addressing(Role::Subject, Kind::Volume, &path("p1", Kind::Volume, disk));
        Scene::of([event.addressing(Role::AttachedTo, Kind::Instance, &path("p1", Kind::Instance, machine))])
    };
    assert_eq!(state(&attach("d", "web"), &attached), Explained);
    assert_eq!(state(&attach("e", "web"), &attached), Unexplained);
    assert_eq!(state(&attach("d", "db"), &attached), Unexplained);
}
