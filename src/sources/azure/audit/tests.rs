//! Whole records of every shape (SEMANTICS E.2, E.6).

use serde_json::json;

use super::*;
use crate::model::{ActorKind, Role, Target};

const SUBSCRIPTION: &str = "3f6d1c2a-7b48-4e19-9c05-8d2e6a1b4f70";
const TENANT: &str = "9a7c5e10-2d34-4b6f-8e91-0c3d5f7a9b12";
const OID: &str = "0a727037-ab44-41ed-867c-a5b480af3c7f";
const GROUP: &str = "/subscriptions/3f6d1c2a-7b48-4e19-9c05-8d2e6a1b4f70/resourceGroups/Rg";
const TIME: &str = "2026-01-02T03:04:05.1234567Z";

fn compute(path: &str) -> String {
    format!("{GROUP}/providers/Microsoft.Compute/{path}")
}

fn canonical(path: &str) -> String {
    compute(path).to_lowercase()
}

fn claims() -> Value {
    json!({
        "appid": "04b07795-8ddb-461a-bbee-02f9e1bf7b46", "appidacr": "0", "idtyp": "user", "ipaddr": "203.0.113.5",
        "http://schemas.microsoft.com/identity/claims/objectidentifier": OID,
        "http://schemas.microsoft.com/identity/claims/tenantid": TENANT,
        "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn": "alice@example.com"
    })
}

/// A record as REST gives it.
fn rest(operation: &str, resource: &str, status: &str, sub: &str, properties: Value) -> Value {
    let mut native = json!({
        "authorization": {"action": operation, "scope": resource}, "caller": "alice@example.com",
        "channels": "Operation", "claims": claims(), "correlationId": "AAAA-1", "description": "",
        "eventDataId": "E7DB-1", "eventName": {"value": "EndRequest", "localizedValue": "End request"},
        "category": {"value": "Administrative", "localizedValue": "Administrative"},
        "eventTimestamp": TIME, "submissionTimestamp": "2026-01-02T03:05:20Z",
        "httpRequest": {"clientIpAddress": "203.0.113.5", "method": "PUT"},
        "id": format!("{resource}/events/E7DB-1/ticks/1"), "level": "Informational", "operationId": "O-1",
        "operationName": {"value": operation, "localizedValue": "Create or Update"}, "resourceId": resource,
        "status": {"value": status, "localizedValue": status}, "subStatus": {"value": sub, "localizedValue": sub},
        "subscriptionId": SUBSCRIPTION, "tenantId": TENANT,
        "properties": {"eventCategory": "Administrative", "entity": resource, "message": operation}
    });
    native["properties"].as_object_mut().unwrap().extend(properties.as_object().unwrap().clone());
    native
}

/// The same record as a diagnostic setting exports it.
fn exported(rest: &Value, result: &str) -> Value {
    let upper = |value: &Value| value.as_str().unwrap().to_uppercase();
    let status = rest["status"]["value"].as_str().unwrap();
    json!({
        "time": rest["eventTimestamp"], "resourceId": upper(&rest["resourceId"]),
        "operationName": upper(&rest["operationName"]["value"]), "category": "Administrative",
        "resultType": result, "resultSignature": format!("{status}.{}", rest["subStatus"]["value"].as_str().unwrap()),
        "durationMs": "1203", "callerIpAddress": "203.0.113.5", "correlationId": rest["correlationId"],
        "identity": {"authorization": rest["authorization"], "claims": rest["claims"]}, "level": "Information",
        "properties": rest["properties"], "tenantId": rest["tenantId"], "RoleLocation": "West Europe"
    })
}

/// The same record as Log Analytics shows it.
fn analytics(rest: &Value, status: &str) -> Value {
    json!({
        "TimeGenerated": rest["eventTimestamp"], "OperationName": "Create or Update",
        "OperationNameValue": rest["operationName"]["value"].as_str().unwrap().to_uppercase(),
        "ActivityStatusValue": status, "ActivitySubstatusValue": rest["subStatus"]["value"],
        "CategoryValue": "Administrative", "Caller": rest["caller"], "CallerIpAddress": "203.0.113.5",
        "CorrelationId": rest["correlationId"], "EventDataId": rest["eventDataId"],
        "EventSubmissionTimestamp": rest["submissionTimestamp"],
        "_ResourceId": rest["resourceId"].as_str().unwrap().to_lowercase(), "SubscriptionId": SUBSCRIPTION,
        "Authorization": rest["authorization"].to_string(), "Claims_d": rest["claims"],
        "Properties": rest["properties"].to_string(), "TenantId": "the workspace", "Type": "AzureActivity"
    })
}

fn reading(native: Value) -> Result<RecordReading, Odd> {
    let Value::Object(members) = native else { panic!() };
    assert!(ActivityLog.recognise(&members), "{members:?}");
    ActivityLog.read(members, &LogHints::default())
}

fn read(native: Value) -> AuditEvent {
    match reading(native).unwrap() {
        RecordReading::Event(event) => *event,
        RecordReading::Ignored(why) => panic!("ignored: {why}"),
    }
}

fn ignored(native: Value) -> Ignored {
    match reading(native).unwrap() {
        RecordReading::Ignored(why) => why,
        RecordReading::Event(event) => panic!("{event:?}"),
    }
}

fn body(body: &Value) -> Value {
    json!({"statusCode": "Accepted", "responseBody": body.to_string()})
}

fn by(role: Role, kind: Kind, path: &str) -> Target {
    Target::by_locator(role, kind, crate::model::Locator::new(canonical(path)))
}

fn with_uid(uid: &str, target: Target) -> Target {
    Target { uid: Some(crate::model::Uid::new(uid)), ..target }
}

fn in_slot(slot: &str, target: Target) -> Target {
    Target { slot: Some(slot.to_owned()), ..target }
}

/// A disk that is copied from a snapshot.
fn restored_disk() -> Value {
    let creation = json!({"createOption": "Copy", "sourceResourceId": compute("snapshots/Pre"), "sourceUniqueId": "D511-A"});
    let answer = json!({"name": "osdisk-restored", "tags": {"change-id": "CHG-7"},
        "properties": {"creationData": creation, "provisioningState": "Updating"}});
    rest(
        "Microsoft.Compute/disks/write",
        &compute("disks/Osdisk-Restored"),
        "Accepted",
        "Accepted",
        body(&answer),
    )
}

#[test]
fn the_accepted_record_of_a_restored_disk_tells_what_it_was_made_from() {
    let event = read(restored_disk());
    assert_eq!(event.id.as_str(), "e7db-1");
    assert_eq!((event.account.as_str(), event.location.as_str()), (SUBSCRIPTION, EVERYWHERE));
    assert_eq!(
        (event.service.as_str(), event.operation.as_str()),
        ("Microsoft.Compute", "Microsoft.Compute/disks/write")
    );
    assert_eq!((event.class, event.confidence), (Class::VolumeCreate, Confidence::High));
    assert_eq!((event.outcome.clone(), event.stage), (Outcome::plain(End::Accepted), Stage::Middle));
    assert_eq!(event.time.to_string(), TIME);
    assert_eq!(event.ingested_at.unwrap().to_string(), "2026-01-02T03:05:20Z");
    assert_eq!(event.actor.key, format!("{OID}@{TENANT}"));
    assert_eq!(event.client.ip.as_deref(), Some("203.0.113.5"));
    let subject = by(Role::Subject, Kind::Volume, "disks/osdisk-restored");
    let source = with_uid("d511-a", by(Role::Source, Kind::Snapshot, "snapshots/pre"));
    assert_eq!(event.targets, [subject, source].into());
    assert_eq!(event.facts, [("create_option".to_owned(), json!("Copy"))].into());
    assert_eq!(
        event.group.unwrap(),
        format!("aaaa-1|microsoft.compute/disks/write|{}", canonical("disks/osdisk-restored"))
    );
    assert_eq!(event.correlation, ["aaaa-1".to_owned()].into());
    let marks = [("correlation", "aaaa-1"), ("tag:change-id", "CHG-7")];
    assert_eq!(event.change_marks, marks.map(|(mark, value)| (mark.to_owned(), value.to_owned())).into());
}

#[test]
fn every_shape_of_one_record_is_the_same_event() {
    let native = restored_disk();
    let expected = read(native.clone());
    let mut plain = native.clone();
    for name in ["operationName", "status", "subStatus", "category", "eventName"] {
        plain[name] = plain[name]["value"].take();
    }
    assert_eq!(read(plain), expected);
    let seen = read(analytics(&native, "Accept"));
    assert_eq!(seen, expected);
    for result in ["Accept", "Accepted"] {
        let export = read(exported(&native, result));
        assert!(export.id.as_str().starts_with("sha256:"), "{}", export.id);
        assert_eq!(export, AuditEvent { id: export.id.clone(), ingested_at: None, ..expected.clone() });
    }
    let one = read(exported(&native, "Accept")).id;
    assert_eq!(read(exported(&native, "Accepted")).id, one);
    let mut later = exported(&native, "Accept");
    later["time"] = json!("2026-01-02T03:04:06Z");
    assert_ne!(read(later).id, one);
}

#[test]
fn started_accepted_and_succeeded_are_three_records_of_one_group() {
    let of = |status, sub| {
        let disk = compute("disks/d");
        read(rest("Microsoft.Compute/disks/delete", &disk, status, sub, json!({})))
    };
    let records = [of("Started", ""), of("Accepted", "Accepted"), of("Succeeded", "")];
    let told: Vec<_> = records.iter().map(|record| (record.stage, record.outcome.end)).collect();
    let expected =
        [(Stage::First, End::Started), (Stage::Middle, End::Accepted), (Stage::Last, End::Success)];
    assert_eq!(told, expected);
    assert!(
        records.iter().all(|record| record.group == records[0].group && record.class == Class::VolumeDelete)
    );
}

fn machine_write(sub: &str, properties: &Value) -> AuditEvent {
    let vm = compute("virtualMachines/Web");
    let answer = json!({"id": vm, "properties": properties});
    let told = json!({"statusCode": sub, "responseBody": answer.to_string()});
    read(rest("Microsoft.Compute/virtualMachines/write", &vm, "Accepted", sub, told))
}

#[test]
fn a_swap_of_the_os_disk_names_machine_and_disks_by_slot() {
    let swap = machine_write(
        "OK",
        &json!({"vmId": "90D5-1", "hardwareProfile": {"vmSize": "Standard_D4s_v5"}, "storageProfile": {
        "osDisk": {"createOption": "Attach", "managedDisk": {"id": compute("disks/Os-R2")}},
        "dataDisks": [{"lun": 3, "createOption": "Copy", "managedDisk": {"id": compute("disks/Data").to_uppercase()},
            "sourceResource": {"id": compute("snapshots/Old")}}]}}),
    );
    assert_eq!(swap.class, Class::InstanceModify);
    let expected = [
        with_uid("90d5-1", by(Role::Subject, Kind::Instance, "virtualmachines/web")),
        in_slot("os", by(Role::Attached, Kind::Volume, "disks/os-r2")),
        in_slot("lun:3", by(Role::Attached, Kind::Volume, "disks/data")),
        by(Role::Source, Kind::Snapshot, "snapshots/old"),
    ];
    assert_eq!(swap.targets, expected.into());
    assert_eq!(swap.facts["os_disk"], canonical("disks/os-r2"));
    assert_eq!(swap.facts["os_disk_create_option"], "Attach");
    assert_eq!((&swap.facts["created"], &swap.facts["vm_size"]), (&json!(false), &json!("Standard_D4s_v5")));
    assert!(swap.touches.is_empty());
}

#[test]
fn a_machine_was_made_only_where_http_says_so() {
    let made = machine_write(
        "Created",
        &json!({"vmId": "a", "userData": "aHVudGVyMg==", "storageProfile":
        {"imageReference": {"id": compute("images/Golden")}}}),
    );
    assert_eq!((made.class, &made.facts["created"]), (Class::InstanceCreate, &json!(true)));
    assert_eq!(made.facts["sets_user_data"], true);
    assert!(!serde_json::to_string(&made).unwrap().contains("aHVudGVyMg"));
    assert!(made.targets.contains(&by(Role::Image, Kind::Image, "images/golden")));
    let started = read(rest(
        "Microsoft.Compute/virtualMachines/write",
        &compute("virtualMachines/Web"),
        "Started",
        "",
        json!({}),
    ));
    assert_eq!((started.class, started.facts.get("created")), (Class::InstanceModify, None));
}

#[test]
fn a_disk_that_has_its_id_already_was_changed_and_a_snapshot_of_a_snapshot_copied() {
    let class = |kind: &str, properties: Value| {
        let answer = body(&json!({"properties": properties}));
        read(rest(
            &format!("Microsoft.Compute/{kind}/write"),
            &compute(&format!("{kind}/X")),
            "Accepted",
            "Accepted",
            answer,
        ))
        .class
    };
    assert_eq!(class("disks", json!({"uniqueId": "u"})), Class::VolumeModify);
    assert_eq!(class("snapshots", json!({"uniqueId": "u"})), Class::SnapshotModify);
    let from =
        |path: &str| json!({"creationData": {"createOption": "Copy", "sourceResourceId": compute(path)}});
    assert_eq!(class("snapshots", from("disks/d")), Class::SnapshotCreate);
    assert_eq!(class("snapshots", from("snapshots/s")), Class::SnapshotCopy);
    let mut patch = rest("Microsoft.Compute/disks/write", &compute("disks/X"), "Started", "", json!({}));
    patch["httpRequest"]["method"] = json!("PATCH");
    assert_eq!(read(patch).class, Class::VolumeModify);
}

#[test]
fn a_source_in_a_restore_point_is_the_restore_point() {
    let collection = "restorePointCollections/C/restorePoints/R";
    let source = json!({"creationData": {"createOption": "Restore", "sourceUniqueId": "u",
        "sourceResourceId": compute(&format!("{collection}/diskRestorePoints/D"))}});
    let event = read(rest(
        "Microsoft.Compute/disks/write",
        &compute("disks/X"),
        "Accepted",
        "Accepted",
        body(&json!({"properties": source})),
    ));
    assert!(event.targets.contains(&by(Role::Source, Kind::RestorePoint, collection)), "{:?}", event.targets);
}

#[test]
fn a_body_that_was_cut_off_costs_what_it_lacks_only() {
    let mut native = restored_disk();
    let answer = native["properties"]["responseBody"].as_str().unwrap();
    let cut = answer.len() - 12;
    native["properties"]["responseBody"] = json!(&answer[..cut]);
    let event = read(native);
    assert!(event.truncated);
    assert!(event.targets(Role::Subject).next().is_some());
    assert!(event.targets(Role::Source).next().is_some());
}

#[test]
fn a_failure_keeps_its_words_and_a_refusal_is_told_from_it() {
    let of = |sub: &str, message: Value| {
        let told = json!({"statusCode": sub, "statusMessage": message.to_string()});
        read(rest("Microsoft.Compute/snapshots/delete", &compute("snapshots/S"), "Failed", sub, told)).outcome
    };
    let denied = of("Forbidden", json!({"error": {"code": "AuthorizationFailed", "message": "may not"}}));
    assert_eq!(
        (denied.end, denied.code.as_deref(), denied.message.as_deref()),
        (End::Denied, Some("AuthorizationFailed"), Some("may not"))
    );
    let failed = of("Conflict", json!({"error": {"code": "ScopeLocked", "message": "is locked"}}));
    assert_eq!((failed.end, failed.code.as_deref()), (End::Failed, Some("ScopeLocked")));
}

#[test]
fn a_resource_group_that_goes_is_the_parent_of_what_it_holds() {
    let event = read(rest(
        "Microsoft.Resources/subscriptions/resourceGroups/delete",
        GROUP,
        "Succeeded",
        "OK",
        json!({}),
    ));
    assert_eq!(event.class, Class::GroupDelete);
    let group = crate::model::Locator::new(GROUP.to_lowercase());
    assert_eq!(event.targets, [Target::by_locator(Role::Parent, None, group)].into());
}

#[test]
fn machines_of_a_scale_set_are_named_by_the_request_and_their_set_is_the_parent() {
    let set = compute("virtualMachineScaleSets/Web");
    let request = json!({"requestbody": "{\"instanceIds\":[\"0\",\"web_1a\"]}"});
    let event =
        read(rest("Microsoft.Compute/virtualMachineScaleSets/delete/action", &set, "Started", "", request));
    assert_eq!(event.class, Class::InstanceDelete);
    let expected = [
        Target::by_locator(Role::Parent, None, crate::model::Locator::new(set.to_lowercase())),
        by(Role::Subject, Kind::ScaleSetInstance, "virtualmachinescalesets/web/virtualmachines/0"),
        by(Role::Subject, Kind::Instance, "virtualmachines/web_1a"),
    ];
    assert_eq!(event.targets, expected.into());
    let one = compute("virtualMachineScaleSets/Web/virtualMachines/3");
    let one = read(rest(
        "Microsoft.Compute/virtualMachineScaleSets/virtualMachines/reimage/action",
        &one,
        "Succeeded",
        "",
        json!({}),
    ));
    assert_eq!(one.class, Class::InstanceRevert);
    assert_eq!(one.targets.len(), 2);
    let whole =
        read(rest("Microsoft.Compute/virtualMachineScaleSets/delete", &set, "Succeeded", "", json!({})));
    assert_eq!((whole.class, whole.targets(Role::Parent).count()), (Class::GroupDelete, 1));
}

#[test]
fn autoscale_is_the_platform_s_and_names_the_set_that_it_scaled() {
    let setting = format!("{GROUP}/providers/microsoft.insights/autoscaleSettings/A");
    let mut native = rest(
        "Microsoft.Insights/AutoscaleSettings/Scaleup/Action",
        &setting,
        "Succeeded",
        "",
        json!({"resourceName": compute("virtualMachineScaleSets/Web"), "oldInstancesCount": "9", "newInstancesCount": "10"}),
    );
    native["category"] = json!({"value": "Autoscale"});
    native["caller"] = json!("Microsoft.Insights/autoscaleSettings");
    native["claims"] = json!({"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/spn": "Microsoft.Insights/autoscaleSettings"});
    let event = read(native.clone());
    assert_eq!((event.class, event.actor.service.as_deref()), (Class::GroupScale, Some("autoscale")));
    assert_eq!((&event.facts["old_count"], &event.facts["new_count"]), (&json!(9), &json!(10)));
    let parent = event.targets(Role::Parent).next().unwrap();
    assert_eq!(parent.locator.as_ref().unwrap().as_str(), canonical("virtualmachinescalesets/web"));
    native["category"] = json!("Administrative");
    assert_eq!(read(native).actor.service, None);
}

#[test]
fn what_stands_on_another_resource_names_that_as_well() {
    let lock = compute("disks/D/providers/Microsoft.Authorization/locks/Keep");
    let event = read(rest("Microsoft.Authorization/locks/delete", &lock, "Succeeded", "OK", json!({})));
    assert_eq!(event.class, Class::ProtectRemove);
    let subject =
        Target::by_locator(Role::Subject, Kind::Lock, crate::model::Locator::new(lock.to_lowercase()));
    assert_eq!(event.targets, [subject, by(Role::Parent, Kind::Volume, "disks/d")].into());

    let tags = compute("virtualMachines/V/providers/Microsoft.Resources/tags/default");
    let event = read(rest(
        "Microsoft.Resources/tags/write",
        &tags,
        "Succeeded",
        "OK",
        json!({"requestbody": "{\"operation\":\"Merge\",\"properties\":{\"tags\":{\"change-id\":\"C1\"}}}"}),
    ));
    assert_eq!((event.class, event.touches), (Class::TagModify, ["tags.".to_owned()].into()));
    assert_eq!(event.targets, [by(Role::Subject, Kind::Instance, "virtualmachines/v")].into());
    assert_eq!(event.change_marks["tag:change-id"], "C1");

    let console = compute("virtualMachines/V/providers/Microsoft.SerialConsole/serialPorts/0");
    let event = read(rest(
        "Microsoft.SerialConsole/serialPorts/connect/action",
        &console,
        "Succeeded",
        "OK",
        json!({}),
    ));
    assert_eq!(event.class, Class::InstanceAccess);
    assert_eq!(event.targets, [by(Role::Subject, Kind::Instance, "virtualmachines/v")].into());
}

#[test]
fn an_extension_changes_its_machine() {
    let event = read(rest(
        "Microsoft.Compute/virtualMachines/extensions/write",
        &compute("virtualMachines/V/extensions/E"),
        "Accepted",
        "Created",
        body(&json!({"properties": {"publisher": "P", "type": "CustomScript", "settings": {"secret": "x"}}})),
    ));
    assert_eq!(event.class, Class::InstanceModify);
    assert!(event.targets.contains(&by(Role::Subject, Kind::Instance, "virtualmachines/v")));
    assert_eq!(event.targets(Role::Related).count(), 1);
    assert_eq!(event.facts["extension_type"], "CustomScript");
    assert_eq!(event.touches, ["config.resources".to_owned()].into());
}

#[test]
fn a_grant_names_principal_role_and_scope() {
    let id = format!("/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleAssignments/A");
    let request = json!({"Id": "A", "Properties": {"PrincipalId": "7CCE-1", "PrincipalType": "ServicePrincipal",
        "RoleDefinitionId": format!("/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/B249-1"),
        "Scope": format!("/subscriptions/{SUBSCRIPTION}")}});
    let event = read(rest(
        "Microsoft.Authorization/roleAssignments/write",
        &id,
        "Started",
        "",
        json!({"requestbody": request.to_string()}),
    ));
    assert_eq!(event.class, Class::IamGrant);
    assert_eq!(event.facts["add_principals"], json!(["7cce-1"]));
    assert_eq!(event.facts["role_definition"], "b249-1");
    assert_eq!(event.facts["scope"], format!("/subscriptions/{SUBSCRIPTION}"));
}

#[test]
fn an_export_of_a_disk_touches_its_exposure() {
    let request = json!({"requestbody": "{\"access\":\"Read\",\"durationInSeconds\":86400}"});
    let event = read(rest(
        "Microsoft.Compute/snapshots/beginGetAccess/action",
        &compute("snapshots/S"),
        "Started",
        "",
        request,
    ));
    assert_eq!((event.class, event.touches), (Class::SnapshotExport, ["exposure.".to_owned()].into()));
    assert_eq!((&event.facts["access"], &event.facts["duration_seconds"]), (&json!("Read"), &json!(86400)));
}

#[test]
fn a_rule_that_lets_anybody_in_says_so() {
    let rule = format!("{GROUP}/providers/Microsoft.Network/networkSecurityGroups/N/securityRules/R");
    let write = |access: &str| {
        let request = json!({"properties": {"access": access, "direction": "Inbound", "sourceAddressPrefix": "*", "destinationPortRange": "22"}});
        read(rest(
            "Microsoft.Network/networkSecurityGroups/securityRules/write",
            &rule,
            "Started",
            "",
            json!({"requestbody": request.to_string()}),
        ))
        .facts
    };
    let open = write("Allow");
    assert_eq!((&open["open_cidrs"], &open["open_ports"]), (&json!(["*"]), &json!(["22"])));
    assert!(write("Deny").is_empty());
}

#[test]
fn a_restore_reverts_the_machine_or_makes_another() {
    let item = format!(
        "{GROUP}/providers/Microsoft.RecoveryServices/vaults/V/backupFabrics/Azure/protectionContainers/iaasvmcontainer;iaasvmcontainerv2;rg;web/protectedItems/vm;iaasvmcontainerv2;rg;Web/recoveryPoints/1"
    );
    let operation = "Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems/recoveryPoints/restore/action";
    let restore = |place: &str| {
        let request = json!({"properties": {"recoveryType": place, "targetVirtualMachineId": compute("virtualMachines/New")}});
        read(rest(operation, &item, "Accepted", "Accepted", json!({"requestbody": request.to_string()})))
    };
    let (revert, create) = (restore("OriginalLocation"), restore("AlternateLocation"));
    assert_eq!((revert.class, create.class), (Class::InstanceRevert, Class::BackupRestore));
    assert!(revert.targets.contains(&by(Role::Subject, Kind::Instance, "virtualmachines/web")));
    assert!(create.targets.contains(&by(Role::Created, Kind::Instance, "virtualmachines/new")));
    assert!(create.targets.contains(&by(Role::Related, Kind::Instance, "virtualmachines/web")));
}

#[test]
fn protection_that_is_turned_on_is_no_tampering() {
    let vault = format!("{GROUP}/providers/Microsoft.RecoveryServices/vaults/V/backupconfig/vaultconfig");
    let class = |state: &str| {
        let request =
            json!({"properties": {"softDeleteFeatureState": state, "enhancedSecurityState": "Enabled"}});
        read(rest(
            "Microsoft.RecoveryServices/vaults/backupconfig/write",
            &vault,
            "Succeeded",
            "OK",
            json!({"requestbody": request.to_string()}),
        ))
        .class
    };
    assert_eq!((class("Disabled"), class("Enabled")), (Class::BackupTamper, Class::ProtectAdd));
}

#[test]
fn only_a_setting_of_the_subscription_exports_this_log() {
    let write = |scope: &str, enabled: bool| {
        let setting = format!("{scope}/providers/microsoft.insights/diagnosticSettings/Export");
        let request = json!({"properties": {"logs": [{"category": "Administrative", "enabled": enabled}]}});
        read(rest(
            "Microsoft.Insights/diagnosticSettings/write",
            &setting,
            "Succeeded",
            "OK",
            json!({"requestbody": request.to_string()}),
        ))
    };
    let subscription = format!("/subscriptions/{SUBSCRIPTION}");
    assert_eq!(write(&subscription, false).class, Class::LogTamper);
    let on = write(&subscription, true);
    assert_eq!(on.class, Class::LogRestore);
    assert_eq!(
        on.facts["trail"],
        format!("{subscription}/providers/microsoft.insights/diagnosticsettings/export")
    );
    assert_eq!(write(&compute("virtualMachines/V"), false).class, Class::SettingModify);
}

#[test]
fn a_quota_s_place_and_name_stand_in_its_id() {
    let quota = format!(
        "/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Compute/locations/EastUS/providers/Microsoft.Quota/quotas/standardNCFamily"
    );
    let request = json!({"properties": {"limit": {"limitObjectType": "LimitValue", "value": 500}}});
    let event = read(rest(
        "Microsoft.Quota/quotas/write",
        &quota,
        "Accepted",
        "Accepted",
        json!({"requestbody": request.to_string()}),
    ));
    assert_eq!(event.class, Class::QuotaRequest);
    let told = (&event.facts["region"], &event.facts["quota"], &event.facts["desired_value"]);
    assert_eq!(told, (&json!("eastus"), &json!("standardncfamily"), &json!(500)));
}

#[test]
fn health_of_the_service_with_nulls_everywhere_is_passed_over() {
    let null = json!({"value": null, "localizedValue": null});
    let native = json!({"authorization": null, "caller": "", "channels": "Admin", "claims": {}, "correlationId": "c",
        "eventDataId": "e", "eventName": null, "category": {"value": "ServiceHealth", "localizedValue": "Service Health"},
        "eventTimestamp": TIME, "operationName": null, "status": null, "subStatus": null, "resourceType": null,
        "resourceProviderName": null, "tenantId": null, "properties": null});
    assert_eq!(ignored(native.clone()), Ignored::OtherCategory);
    for category in ["ResourceHealth", "Alert", "Recommendation", "Security", "Policy"] {
        let mut other = native.clone();
        other["category"] = json!({"value": category});
        other["eventName"] = null.clone();
        assert_eq!(ignored(other), Ignored::OtherCategory);
    }
    let verdict = rest("Microsoft.Authorization/policies/audit/action", GROUP, "Succeeded", "", json!({}));
    assert_eq!(ignored(verdict), Ignored::OtherCategory);
}

#[test]
fn a_machine_that_the_platform_took_down_was_stopped_by_the_platform() {
    let native = |cause: &str, status: &str| {
        let mut native = rest(
            "Microsoft.Resourcehealth/healthevent/Activated/action",
            &compute("virtualMachines/V"),
            status,
            "",
            json!({"currentHealthStatus": "Unavailable", "previousHealthStatus": "Available", "type": "Downtime", "cause": cause}),
        );
        native["category"] = json!({"value": "ResourceHealth"});
        (native["caller"], native["claims"]) = (json!(""), json!({}));
        native
    };
    let event = read(native("PlatformInitiated", "Active"));
    assert_eq!(
        (event.class, event.outcome.end, event.stage),
        (Class::InstanceStop, End::Success, Stage::Single)
    );
    assert_eq!(
        (event.actor.kind, event.actor.service.as_deref()),
        (ActorKind::CloudService, Some("resource-health"))
    );
    assert_eq!(event.targets, [by(Role::Subject, Kind::Instance, "virtualmachines/v")].into());
    assert_eq!(ignored(native("UserInitiated", "Active")), Ignored::OtherCategory);
    assert_eq!(ignored(native("PlatformInitiated", "Resolved")), Ignored::OtherCategory);
}

#[test]
fn a_record_that_cannot_be_an_event_is_named_and_odd_parts_cost_nothing() {
    let odd = |field: &str, value: Value| {
        let mut native = restored_disk();
        native[field] = value;
        reading(native)
    };
    let no_time = odd("eventTimestamp", json!("soon")).unwrap_err();
    assert_eq!(no_time.code, "wrong-type");
    assert!(no_time.message.contains("eventTimestamp"), "{}", no_time.message);
    let mut nameless = restored_disk();
    (nameless["operationName"], nameless["authorization"]) = (json!({"value": null}), json!(null));
    assert_eq!(reading(nameless).unwrap_err().code, "no-operation");
    for field in [
        "claims",
        "properties",
        "httpRequest",
        "status",
        "caller",
        "submissionTimestamp",
        "authorization",
        "tenantId",
    ] {
        for value in [json!(7), json!(null), json!([1]), json!({"value": {}})] {
            assert!(matches!(odd(field, value), Ok(RecordReading::Event(_))), "{field}");
        }
    }
}

#[test]
fn a_record_of_selected_columns_says_only_that_there_was_a_call() {
    let id = format!("{}/events/37BF-1/ticks/7", compute("virtualMachines/V"));
    let event = read(json!({"caller": "john@doe.com", "id": id, "eventTimestamp": TIME,
        "operationName": {"value": "Microsoft.Compute/virtualMachines/write"}}));
    assert_eq!((event.id.as_str(), event.account.as_str()), ("37bf-1", SUBSCRIPTION));
    assert_eq!((event.outcome.end, event.stage, event.group.as_deref()), (End::Started, Stage::Single, None));
    assert_eq!(event.targets, [by(Role::Subject, Kind::Instance, "virtualmachines/v")].into());
    let unnumbered = read(json!({"eventTimestamp": TIME, "operationName": "Microsoft.Compute/disks/write"}));
    assert!(unnumbered.id.as_str().starts_with("b3:"), "{}", unnumbered.id);
}

#[test]
fn resources_that_move_are_the_subjects_of_the_move() {
    let request = json!({"resources": [compute("disks/D")], "targetResourceGroup": format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/Other")});
    let event = read(rest(
        "Microsoft.Resources/subscriptions/resourceGroups/moveResources/action",
        GROUP,
        "Started",
        "",
        json!({"requestbody": request.to_string()}),
    ));
    assert!(event.targets.contains(&by(Role::Subject, Kind::Volume, "disks/d")));
    assert_eq!(event.targets(Role::Related).count(), 1);
}

#[test]
fn a_client_request_id_may_be_of_change_management() {
    let mut native = restored_disk();
    native["httpRequest"]["clientRequestId"] = json!("CHG-42");
    assert_eq!(read(native).change_marks["client-request-id"], "CHG-42");
}
