//! What single operations tell beyond their row (SEMANTICS E.2.6).

use serde_json::json;

use super::*;

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
