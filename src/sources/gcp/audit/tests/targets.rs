//! On what.

use serde_json::json;

use super::*;

#[test]
fn a_disk_is_made_from_what_the_request_names() {
    assert_eq!(
        targets(&first()),
        [
            format!("created volume 5550001 {DISK} -"),
            "source snapshot - projects/p1/global/snapshots/pre -".to_owned(),
        ]
    );
    let clone =
        json!({"protoPayload": {"request": {"sourceDisk": "zones/z/disks/old", "sourceDiskId": "8"}}});
    assert_eq!(
        targets(&entry("v1.compute.disks.insert", DISK, &clone)),
        [format!("created volume - {DISK} -"), "source volume 8 projects/p1/zones/z/disks/old -".to_owned()]
    );
}

#[test]
fn a_project_s_number_is_resolved_where_the_entry_tells_the_id() {
    let mut numbered = first();
    lay(&mut numbered, &json!({"protoPayload": {"resourceName": DISK.replace("p1", "482910573316")}}));
    assert_eq!(targets(&numbered), targets(&first()));
}

#[test]
fn a_snapshot_of_a_disk_names_the_disk_as_its_source() {
    let patch = json!({
        "resource": {"labels": {"disk_id": "101"}},
        "protoPayload": {"request": {"name": "s1", "sourceDisk": DISK}},
    });
    let taken = entry("v1.compute.disks.createSnapshot", DISK, &patch);
    assert_eq!(event(&taken).class, Class::SnapshotCreate);
    let snapshot = "created snapshot - projects/p1/global/snapshots/s1 -".to_owned();
    assert_eq!(targets(&taken), [snapshot, format!("source volume 101 {DISK} -")]);
    let patch = json!({
        "resource": {"type": "gce_snapshot", "labels": {"snapshot_id": "201"}},
        "protoPayload": {"request": {"name": "s1", "sourceDisk": format!("{API}{DISK}")}},
    });
    let inserted = entry("v1.compute.snapshots.insert", "projects/p1/global/snapshots/s1", &patch);
    assert_eq!(event(&inserted).class, Class::SnapshotCreate);
    assert_eq!(
        targets(&inserted),
        [
            "created snapshot 201 projects/p1/global/snapshots/s1 -".to_owned(),
            format!("source volume - {DISK} -"),
        ]
    );
}

/// What a snapshot schedule leaves in the system event log.
fn scheduled(operation: &str, resource: &str, labels: &Value) -> Value {
    let patch = json!({
        "logName": "projects/p1/logs/cloudaudit.googleapis.com%2Fsystem_event",
        "resource": {"labels": labels},
        "protoPayload": {
            "authenticationInfo": {"principalEmail": "system@google.com", "principalSubject": null},
            "response": {"operationType": operation, "targetLink": format!("{API}{resource}"), "targetId": "7"},
        },
    });
    entry("ScheduledSnapshots", resource, &patch)
}

#[test]
fn a_schedule_takes_and_deletes_snapshots_under_one_name() {
    let taken = event(&scheduled("createSnapshot", DISK, &json!({"disk_id": "7"})));
    assert_eq!(taken.class, Class::SnapshotCreate);
    assert_eq!(taken.targets.iter().map(shown).collect::<Vec<_>>(), [format!("source volume 7 {DISK} -")]);
    assert_eq!(taken.actor.service.as_deref(), Some("snapshot-schedule"));
    assert_eq!(taken.actor.kind, ActorKind::CloudService);
    assert_eq!(taken.facts["snapshot_schedule"], true);
    let snapshot = "projects/p1/global/snapshots/s";
    let deleted = event(&scheduled("delete", snapshot, &json!({"snapshot_id": "7"})));
    assert_eq!(deleted.class, Class::SnapshotDelete);
    assert_eq!(
        deleted.targets.iter().map(shown).collect::<Vec<_>>(),
        [format!("subject snapshot 7 {snapshot} -")]
    );
}

#[test]
fn an_attached_disk_is_the_subject_in_its_slot() {
    let attach = |request: Value| {
        let patch =
            json!({"resource": {"labels": {"instance_id": "9"}}, "protoPayload": {"request": request}});
        let event = event(&entry("v1.compute.instances.attachDisk", INSTANCE, &patch));
        assert_eq!(event.class, Class::VolumeAttach);
        event.targets.iter().map(shown).collect::<Vec<_>>()
    };
    let instance = format!("attached-to instance 9 {INSTANCE} -");
    let data = json!({"source": format!("{API}{DISK}"), "deviceName": "data"});
    assert_eq!(attach(data), [format!("subject volume - {DISK} data"), instance.clone()]);
    let boot = json!({"source": DISK, "deviceName": "web", "boot": true});
    assert_eq!(attach(boot), [format!("subject volume - {DISK} boot"), instance.clone()]);
    assert_eq!(attach(json!({"source": DISK})), [format!("subject volume - {DISK} -"), instance]);
    let patch = json!({"protoPayload": {"request": {"deviceName": "data"}}});
    let detach = entry("v1.compute.instances.detachDisk", INSTANCE, &patch);
    assert_eq!(event(&detach).class, Class::VolumeDetach);
    assert_eq!(targets(&detach), [format!("subject instance - {INSTANCE} data")]);
}

#[test]
fn a_new_instance_names_its_disks_and_what_they_are_made_from() {
    let disks = json!([
        {"boot": true, "deviceName": "b", "initializeParams": {"sourceImage": "projects/debian-cloud/global/images/i"}},
        {"deviceName": "restored", "initializeParams":
            {"diskName": "old", "sourceSnapshot": "global/snapshots/s", "replicaZones": ["x", "y"]}},
        {"deviceName": "kept", "source": DISK},
        {"deviceName": "local", "type": "SCRATCH", "initializeParams": {"diskType": "local-ssd"}},
        {"deviceName": "unnamed", "initializeParams": {"diskSizeGb": "10"}},
    ]);
    let patch = json!({
        "resource": {"labels": {"instance_id": "9"}},
        "protoPayload": {
            "authorizationInfo": [
                {"permission": "compute.disks.create", "granted": true, "resourceAttributes":
                    {"name": "projects/p1/zones/europe-west1-b/disks/web-1"}},
                {"permission": "compute.disks.create", "granted": true, "resource":
                    "projects/p1/zones/europe-west1-b/disks/web"},
                {"permission": "compute.disks.create", "resource": "projects/p1/zones/europe-west1-b/disks/no"},
            ],
            "request": {"disks": disks, "sourceMachineImage": "projects/p1/global/machineImages/m",
                "serviceAccounts": [{"email": "sa@p1.iam.gserviceaccount.com", "scopes": ["s"]}],
                "networkInterfaces": [{"accessConfigs": [{"name": "nat"}]}],
                "links": [{"source": "projects/p1/zones/europe-west1-b/instanceGroupManagers/g@77"}],
                "metadata": {"items": [{"key": "startup-script", "value": "secret"}]}},
        },
    });
    let entry = entry("v1.compute.instances.insert", INSTANCE, &patch);
    assert_eq!(
        targets(&entry),
        [
            format!("created instance 9 {INSTANCE} -"),
            "created volume - projects/p1/regions/europe-west1/disks/old restored".to_owned(),
            "created volume - projects/p1/zones/europe-west1-b/disks/web boot".to_owned(),
            "created volume - projects/p1/zones/europe-west1-b/disks/web-1 -".to_owned(),
            "source snapshot - projects/p1/global/snapshots/s -".to_owned(),
            format!("attached volume - {DISK} kept"),
            "image image - projects/debian-cloud/global/images/i -".to_owned(),
            "image machine-image - projects/p1/global/machineImages/m -".to_owned(),
            "parent - 77 projects/p1/zones/europe-west1-b/instanceGroupManagers/g -".to_owned(),
        ]
    );
    let facts = event(&entry).facts;
    assert_eq!(facts["external_ip"], true);
    assert_eq!(facts["service_accounts"], json!(["sa@p1.iam.gserviceaccount.com"]));
    assert!(!format!("{:?}", event(&entry)).contains("secret"));
}

#[test]
fn a_pattern_is_no_instance() {
    let patch = json!({"protoPayload": {"request": {"count": "3"}}});
    let bulk = entry("v1.compute.instances.bulkInsert", "projects/p1/zones/z/instances/web-####", &patch);
    assert_eq!(targets(&bulk), ["related - - web-#### -"]);
    let event = event(&bulk);
    assert_eq!((&event.facts["count"], &event.facts["name_pattern"]), (&json!(3), &json!("web-####")));
}

#[test]
fn a_group_s_operation_names_the_group_and_its_instances() {
    let group = "projects/p1/zones/z/instanceGroupManagers/g";
    let request = json!({"instances": [format!("{API}projects/p1/zones/z/instances/g-1")]});
    let patch = json!({"resource": {"labels": {"instance_group_manager_id": "77"}}, "protoPayload": {"request": request}});
    let recreate = entry("v1.compute.instanceGroupManagers.recreateInstances", group, &patch);
    assert_eq!(event(&recreate).class, Class::GroupScale);
    assert_eq!(
        targets(&recreate),
        [
            format!("subject - 77 {group} -"),
            "related instance - projects/p1/zones/z/instances/g-1 -".to_owned()
        ]
    );
}

#[test]
fn a_machine_image_is_known_by_the_answer_alone() {
    let image = "projects/p1/global/machineImages/m";
    let patch = json!({"resource": {"type": "audited_resource", "labels": {"service": "compute.googleapis.com"}},
        "protoPayload": {"request": {"sourceInstance": INSTANCE},
            "response": {"targetId": "601", "targetLink": format!("{API}{image}")}}});
    assert_eq!(
        targets(&entry("v1.compute.machineImages.insert", image, &patch)),
        [format!("created machine-image 601 {image} -"), format!("source instance - {INSTANCE} -")]
    );
}

#[test]
fn project_wide_metadata_is_a_setting_of_the_project() {
    let patch = json!({"protoPayload": {"response": {"targetId": "482910573316", "targetLink": format!("{API}projects/p1")}}});
    let entry = entry("v1.compute.projects.setCommonInstanceMetadata", "projects/p1", &patch);
    assert_eq!(event(&entry).class, Class::SettingModify);
    assert_eq!(targets(&entry), ["subject setting 482910573316 projects/p1 -"]);
}

#[test]
fn a_restored_backup_makes_an_instance() {
    let request = json!({"name": "projects/v/locations/l/backupVaults/b/dataSources/d/backups/1",
        "computeInstanceTargetEnvironment": {"project": "p1", "zone": "europe-west1-b"},
        "computeInstanceRestoreProperties": {"name": "web"}});
    let event = of_service(
        "backupdr.googleapis.com",
        "google.cloud.backupdr.v1.BackupDR.RestoreBackup",
        "projects/v/locations/l/backupVaults/b/dataSources/d/backups/1",
        &json!({"request": request}),
    );
    assert_eq!(event.class, Class::BackupRestore);
    let shown: Vec<_> = event.targets.iter().map(shown).collect();
    assert!(shown.contains(&format!("created instance - {INSTANCE} -")), "{shown:?}");
}
