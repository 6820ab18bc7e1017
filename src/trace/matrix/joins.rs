//! What an event on the resource itself explains.

use TraceState::{BySystem, Explained, Implied, Unexplained};

use super::{ids, replaced, state, terminated};
use crate::model::{AttributeChange, AuditEvent, ChangeKind, Class, End, Kind, Provider, Role, TraceState};
use crate::trace::fixture::*;

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
fn the_replacement_of_a_root_explains_no_other_slot() {
    let held = |slot: &str, volume: &str| {
        aws(Kind::Instance, "i-1").with("RootDeviceName", "/dev/xvda").holding(slot, volume, true)
    };
    let scene = Scene::of([alice("CreateReplaceRootVolumeTask", Class::InstanceRevert, "i-1")]);
    let swap = |slot: &str| swapped(held(slot, "vol-1"), held(slot, "vol-2"));
    assert_eq!(state(&scene, &swap("/dev/xvda")), Explained);
    assert_eq!(state(&scene, &swap("/dev/sdf")), Unexplained);
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
    let anothers = appeared(born("2026-01-01T05:00:20Z").proving("ClientToken", "token-2"));
    assert_eq!(state(&Scene::of([launch(true)]), &anothers), Unexplained);
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
