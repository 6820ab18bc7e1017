//! Whole records of every shape (SEMANTICS E.2, E.6).

mod operations;

use serde_json::json;

use super::*;
use crate::model::{ActorKind, EVERYWHERE, Role, Target};

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
    let Value::Object(properties) = properties else { panic!() };
    native["properties"].as_object_mut().unwrap().extend(properties);
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
fn a_client_request_id_may_be_of_change_management() {
    let mut native = restored_disk();
    native["httpRequest"]["clientRequestId"] = json!("CHG-42");
    assert_eq!(read(native).change_marks["client-request-id"], "CHG-42");
}
