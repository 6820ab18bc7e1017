//! What it was, and what matters of it.

use serde_json::json;

use super::*;

#[test]
fn a_policy_tells_who_was_given_rights_and_who_lost_them() {
    let deltas = json!({"serviceData": {"policyDelta": {"bindingDeltas": [
        {"action": "ADD", "role": "roles/viewer", "member": "allUsers"},
        {"action": "REMOVE", "role": "roles/owner", "member": "user:a@example.com"}]}}});
    for (method, resource, class) in [
        ("v1.compute.snapshots.setIamPolicy", "projects/p1/global/snapshots/s", Class::SnapshotShare),
        ("v1.compute.images.setIamPolicy", "projects/p1/global/images/i", Class::ImageShare),
        ("v1.compute.machineImages.setIamPolicy", "projects/p1/global/machineImages/m", Class::ImageShare),
        ("v1.compute.disks.setIamPolicy", DISK, Class::IamGrant),
    ] {
        let event = event(&entry(method, resource, &json!({"protoPayload": deltas})));
        assert_eq!(event.class, class);
        assert_eq!(event.facts["add_principals"], json!(["allUsers"]));
        assert_eq!(event.facts["remove_principals"], json!(["user:a@example.com"]));
        assert_eq!(event.facts["add_roles"], json!(["roles/viewer"]));
        assert_eq!(event.touches, ["exposure.".to_owned()].into());
    }
    let whole =
        json!({"request": {"policy": {"bindings": [{"role": "r", "members": ["allUsers", "user:b@x"]}]}}});
    let event = event(&entry("v1.compute.disks.setIamPolicy", DISK, &json!({"protoPayload": whole})));
    assert_eq!(event.facts["add_principals"], json!(["allUsers", "user:b@x"]));
}

#[test]
fn a_project_s_policy_is_a_grant_a_revocation_or_tampering_with_the_log() {
    let of = |delta: Value| {
        let payload = json!({"serviceData": {"policyDelta": delta}});
        of_service("cloudresourcemanager.googleapis.com", "SetIamPolicy", "projects/p1", &payload)
    };
    let granted = of(json!({"bindingDeltas": [{"action": "ADD", "role": "r", "member": "m"}]}));
    assert_eq!(granted.class, Class::IamGrant);
    assert_eq!(
        granted.targets,
        [Target::by_locator(Role::Subject, Kind::Account, Locator::new("projects/p1"))].into()
    );
    let revoked = of(json!({"bindingDeltas": [{"action": "REMOVE", "role": "r", "member": "m"}]}));
    assert_eq!(revoked.class, Class::IamRevoke);
    let audit = |action: &str, exempted: Option<&str>| {
        let delta = json!({"action": action, "service": "compute.googleapis.com", "logType": "DATA_READ",
            "exemptedMember": exempted.unwrap_or_default()});
        of(json!({"auditConfigDeltas": [delta]})).class
    };
    assert_eq!(audit("REMOVE", None), Class::LogTamper);
    assert_eq!(audit("ADD", Some("user:a@example.com")), Class::LogTamper);
    assert_eq!(audit("ADD", None), Class::LogRestore);
    assert_eq!(audit("REMOVE", Some("user:a@example.com")), Class::LogRestore);
}

#[test]
fn protection_that_nobody_tells_counts_as_taken_away_in_low_confidence() {
    let of = |request: Value| {
        let patch = json!({"protoPayload": {"request": request}});
        let event = event(&entry("v1.compute.instances.setDeletionProtection", INSTANCE, &patch));
        (event.class, event.confidence)
    };
    assert_eq!(of(json!({"deletionProtection": false})), (Class::ProtectRemove, Confidence::High));
    assert_eq!(of(json!({"deletionProtection": true})), (Class::ProtectAdd, Confidence::High));
    assert_eq!(of(json!({})), (Class::ProtectRemove, Confidence::Low));
}

#[test]
fn metadata_is_told_by_its_keys_alone() {
    let delta =
        json!({"addedMetadataKeys": ["serial-port-enable"], "modifiedMetadataKeys": ["startup-script"]});
    let patch = json!({"protoPayload": {"metadata": {"instanceMetadataDelta": delta}}});
    let event = event(&entry("v1.compute.instances.setMetadata", INSTANCE, &patch));
    assert_eq!((event.class, event.touches), (Class::InstanceModify, ["config.metadata".to_owned()].into()));
    assert_eq!(event.facts["added_metadata_keys"], json!(["serial-port-enable"]));
    assert_eq!(event.facts["modified_metadata_keys"], json!(["startup-script"]));
}

#[test]
fn a_firewall_tells_what_it_opens() {
    let of = |method: &str, request: Value| {
        let patch = json!({"protoPayload": {"request": request}});
        let event = event(&entry(method, "projects/p1/global/firewalls/f", &patch));
        assert_eq!(event.class, Class::SettingModify);
        event.facts
    };
    let open = json!({"direction": "INGRESS", "sourceRanges": ["0.0.0.0/0", "192.0.2.0/24"],
        "alloweds": [{"IPProtocol": "tcp", "ports": ["22"]}]});
    let facts = of("v1.compute.firewalls.patch", open.clone());
    assert_eq!(facts["open_cidrs"], json!(["0.0.0.0/0"]));
    assert_eq!(facts["source_ranges"], json!(["0.0.0.0/0", "192.0.2.0/24"]));
    assert_eq!(facts["allowed"], json!(["tcp:22"]));
    assert_eq!(of("v1.compute.firewalls.insert", json!({}))["open_cidrs"], json!(["0.0.0.0/0"]));
    for shut in [
        json!({"disabled": true}),
        json!({"denieds": [{"IPProtocol": "all"}]}),
        json!({"direction": "EGRESS"}),
    ] {
        let mut request = open.clone();
        lay(&mut request, &shut);
        assert_eq!(of("v1.compute.firewalls.insert", request).get("open_cidrs"), None);
    }
}

#[test]
fn a_quota_is_asked_for_a_region() {
    let request = json!({"quotaPreference": {"service": "compute.googleapis.com", "quotaId": "CPUS-per-project-region",
        "dimensions": {"region": "us-east5"}, "quotaConfig": {"preferredValue": "512"}}});
    let method = "google.api.cloudquotas.v1.CloudQuotas.CreateQuotaPreference";
    let event = of_service(
        "cloudquotas.googleapis.com",
        method,
        "projects/12/locations/global",
        &json!({"request": request}),
    );
    assert_eq!(event.class, Class::QuotaRequest);
    assert_eq!(event.facts["quota"], "CPUS-per-project-region");
    assert_eq!((&event.facts["region"], &event.facts["desired_value"]), (&json!("us-east5"), &json!(512)));
}

#[test]
fn a_location_policy_opens_and_closes_regions() {
    let of = |method: &str, rules: Value| {
        let payload = json!({"request": {"policy":
            {"name": "projects/p1/policies/gcp.resourceLocations", "spec": {"rules": rules}}}});
        let name = "projects/p1/policies/gcp.resourceLocations";
        let method = format!("google.cloud.orgpolicy.v2.OrgPolicy.{method}");
        let event = of_service("orgpolicy.googleapis.com", &method, name, &payload);
        assert_eq!(event.facts["constraint"], "gcp.resourceLocations");
        (event.class, event.confidence)
    };
    let listed = json!([{"values": {"allowedValues": ["in:us-locations"]}}]);
    assert_eq!(of("DeletePolicy", json!([])), (Class::RegionEnable, Confidence::High));
    assert_eq!(of("UpdatePolicy", json!([{"allowAll": true}])), (Class::RegionEnable, Confidence::High));
    assert_eq!(of("UpdatePolicy", listed.clone()), (Class::RegionEnable, Confidence::Low));
    assert_eq!(of("CreatePolicy", listed), (Class::SettingModify, Confidence::High));
    assert_eq!(of("UpdatePolicy", json!([{"denyAll": true}])), (Class::RegionDisable, Confidence::High));
}

#[test]
fn a_log_that_records_less_is_tampered_with() {
    let of = |method: &str, request: Value| {
        let method = format!("google.logging.v2.ConfigServiceV2.{method}");
        of_service("logging.googleapis.com", &method, "projects/p1/sinks/s", &json!({"request": request}))
            .class
    };
    for method in
        ["DeleteSink", "UpdateSink", "CreateExclusion", "UpdateBucket", "DeleteBucket", "UpdateSettings"]
    {
        assert_eq!(of(method, json!({})), Class::LogTamper, "{method}");
    }
    for method in ["CreateSink", "DeleteExclusion", "UndeleteBucket"] {
        assert_eq!(of(method, json!({})), Class::LogRestore, "{method}");
    }
    let switch = |disabled: bool| json!({"sink": {"disabled": disabled}, "updateMask": "disabled"});
    assert_eq!(of("UpdateSink", switch(true)), Class::LogTamper);
    assert_eq!(of("UpdateSink", switch(false)), Class::LogRestore);
}

#[test]
fn a_sink_is_one_trail_in_every_operation() {
    let trail = |method: &str, request: Value, resource: &str| {
        let method = format!("google.logging.v2.ConfigServiceV2.{method}");
        let payload = json!({"request": request});
        of_service("logging.googleapis.com", &method, resource, &payload).facts["trail"].clone()
    };
    let sink = "projects/p1/sinks/s";
    assert_eq!(trail("CreateSink", json!({"sink": {"name": "s"}}), "projects/p1"), "s");
    assert_eq!(trail("DeleteSink", json!({"sinkName": sink}), sink), "s");
    assert_eq!(trail("UpdateSink", json!({}), sink), "s");
    let bucket =
        of_service("storage.googleapis.com", "storage.buckets.delete", "projects/_/buckets/b", &json!({}));
    assert_eq!((bucket.class, &bucket.facts["may_hold_logs"]), (Class::Other, &json!(true)));
}

#[test]
fn services_that_are_enabled_are_named() {
    let of = |service: &str, method: &str, payload: Value| {
        of_service(service, method, "projects/1/services/compute.googleapis.com", &payload).facts["services"]
            .clone()
    };
    let enable = "google.api.serviceusage.v1.ServiceUsage.EnableService";
    assert_eq!(of("serviceusage.googleapis.com", enable, json!({})), json!(["compute.googleapis.com"]));
    let batch = "google.api.serviceusage.v1.ServiceUsage.BatchEnableServices";
    let ids = json!({"request": {"serviceIds": ["b.googleapis.com", "a.googleapis.com"]}});
    assert_eq!(
        of("serviceusage.googleapis.com", batch, ids),
        json!(["a.googleapis.com", "b.googleapis.com"])
    );
}

#[test]
fn labels_reason_and_the_call_s_own_id_can_bear_an_approval() {
    let request = json!({"labels": [{"key": "change-id", "value": "chg-1"}], "requestId": "q1"});
    let reason = json!({"requestAttributes": {"reason": "chg-2"}});
    let patch = json!({"protoPayload": {"request": request, "requestMetadata": reason}});
    let event = event(&entry("v1.compute.instances.setLabels", INSTANCE, &patch));
    let marks = [("correlation", "q1"), ("request-reason", "chg-2"), ("tag:change-id", "chg-1")];
    let marks = marks.map(|(mark, value)| (mark.to_owned(), value.to_owned()));
    assert_eq!(event.change_marks, marks.into());
    assert_eq!(event.tokens, ["q1".to_owned()].into());
    assert_eq!(event.touches, ["tags.".to_owned()].into());
}

#[test]
fn guest_access_is_of_interest() {
    let class = |method: &str| event(&entry(method, INSTANCE, &json!({}))).class;
    assert_eq!(class("v1.compute.instances.getScreenshot"), Class::InstanceAccess);
    let patch = of_service(
        "osconfig.googleapis.com",
        "google.cloud.osconfig.v1.OsConfigService.ExecutePatchJob",
        "projects/p1",
        &json!({}),
    );
    assert_eq!(patch.class, Class::InstanceAccess);
}

#[test]
fn a_snapshot_schedule_that_is_weakened_is_tampering_and_a_placement_is_a_setting() {
    let policy = "projects/p1/regions/r/resourcePolicies/daily";
    let patch = |request: Value| {
        event(&entry(
            "v1.compute.resourcePolicies.patch",
            policy,
            &json!({"protoPayload": {"request": request}}),
        ))
        .class
    };
    assert_eq!(patch(json!({"snapshotSchedulePolicy": {"retentionPolicy": {}}})), Class::BackupTamper);
    assert_eq!(patch(json!({})), Class::BackupTamper);
    assert_eq!(patch(json!({"instanceSchedulePolicy": {"timeZone": "UTC"}})), Class::SettingModify);
    let request = json!({"resourcePolicys": [policy]});
    let removed = entry(
        "v1.compute.disks.removeResourcePolicies",
        DISK,
        &json!({"protoPayload": {"request": request}}),
    );
    assert_eq!(event(&removed).class, Class::BackupTamper);
    assert_eq!(
        targets(&removed),
        [format!("subject volume - {DISK} -"), format!("related resource-policy - {policy} -")]
    );
}
