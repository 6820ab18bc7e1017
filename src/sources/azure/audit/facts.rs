//! What matters for judging an operation beside its targets, and where change management can leave its mark.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::body::{at, member};
use super::class::Act;
use super::targets::is_of_subscription;
use crate::model::{Class, Kind};
use crate::sources::azure::arm;

/// Bodies' members that are worth a fact of their own: operation, path, name.
///
/// An operation that ends in `*` stands for all that begin so.
#[rustfmt::skip]
const PATHS: &[(&str, &str, &str)] = &[
    ("virtualMachines/write", "properties.hardwareProfile.vmSize", "vm_size"),
    ("virtualMachines/write", "properties.storageProfile.osDisk.createOption", "os_disk_create_option"),
    ("virtualMachines/extensions/write", "properties.publisher", "extension_publisher"),
    ("virtualMachines/extensions/write", "properties.type", "extension_type"),
    ("virtualMachines/runCommand/action", "commandId", "command"),
    ("disks/*", "properties.creationData.createOption", "create_option"),
    ("snapshots/*", "properties.creationData.createOption", "create_option"),
    ("disks/*", "properties.networkAccessPolicy", "network_access_policy"),
    ("snapshots/*", "properties.networkAccessPolicy", "network_access_policy"),
    ("disks/*", "access", "access"),
    ("snapshots/*", "access", "access"),
    ("restorePointCollections/*", "access", "access"),
    ("disks/*", "durationInSeconds", "duration_seconds"),
    ("snapshots/*", "durationInSeconds", "duration_seconds"),
    ("restorePointCollections/*", "durationInSeconds", "duration_seconds"),
    ("locks/write", "properties.level", "level"),
    ("vaults/backupconfig/write", "properties.softDeleteFeatureState", "soft_delete"),
    ("vaults/*", "properties.recoveryType", "recovery_type"),
    ("vaults/*", "properties.protectionState", "protection_state"),
    ("quotas/write", "properties.limit.value", "desired_value"),
    ("quotaRequests/*", "properties.limit.value", "desired_value"),
    ("resourceProviders/locations/serviceLimits/write", "properties.limit", "desired_value"),
];

/// Returns the facts of an operation.
pub(super) fn read(act: &Act<'_>, class: Class) -> BTreeMap<String, Value> {
    let mut facts = BTreeMap::new();
    for (operation, path, name) in PATHS {
        let value = act.body.get(path).filter(|value| !value.is_object() && !value.is_array());
        if let Some(value) = value.filter(|_| fits(act, operation)) {
            facts.insert((*name).to_owned(), value.clone());
        }
    }
    if let Some(created) = act.created().filter(|_| arm::kind(act.resource).is_some()) {
        facts.insert("created".to_owned(), created.into());
    }
    if act.is("virtualMachines/write") {
        machine(act, &mut facts);
    }
    match class {
        Class::IamGrant | Class::IamRevoke => grant(act, &mut facts),
        Class::QuotaRequest => quota(act, &mut facts),
        Class::GroupScale => scaled(act, &mut facts),
        Class::LogTamper | Class::LogRestore if is_of_subscription(act.resource) => {
            facts.insert("trail".to_owned(), act.resource.into());
        }
        Class::SettingModify => exposed(act, &mut facts),
        _ => {}
    }
    facts
}

fn fits(act: &Act<'_>, operation: &str) -> bool {
    let Some(start) = operation.strip_suffix('*') else { return act.is(operation) };
    let own = act.operation.split_once('/').map_or("", |(_, own)| own);
    own.get(..start.len()).is_some_and(|own| own.eq_ignore_ascii_case(start))
}

/// The disk that the machine is to start from, by which a swap shows (SEMANTICS C.3, Z1); whether boot scripts
/// were sent, never which.
fn machine(act: &Act<'_>, facts: &mut BTreeMap<String, Value>) {
    let disk = act.body.text("properties.storageProfile.osDisk.managedDisk.id");
    if let Some(disk) = disk.filter(|id| arm::is_id(id)) {
        facts.insert("os_disk".to_owned(), arm::canonical(disk).into());
    }
    let scripts = ["properties.userData", "properties.osProfile.customData"];
    if scripts.iter().any(|path| act.body.get(path).is_some()) {
        facts.insert("sets_user_data".to_owned(), true.into());
    }
}

fn grant(act: &Act<'_>, facts: &mut BTreeMap<String, Value>) {
    let name = if act.known.class == Class::IamRevoke { "remove_principals" } else { "add_principals" };
    if let Some(principal) = act.body.text("properties.principalId") {
        facts.insert(name.to_owned(), json!([principal.to_lowercase()]));
    }
    if let Some(role) = act.body.text("properties.roleDefinitionId").map(arm::canonical) {
        facts.insert("role_definition".to_owned(), arm::name(&role).into());
    }
    let own =
        act.resource.rsplit_once("/providers/microsoft.authorization/").map(|(scope, _)| scope.to_owned());
    let scope = act.body.text("properties.scope").map(arm::canonical).or(own);
    facts.extend(scope.map(|scope| ("scope".to_owned(), scope.into())));
}

/// The quota and its location stand in the id: `…/locations/L/…/quotas/Q`.
fn quota(act: &Act<'_>, facts: &mut BTreeMap<String, Value>) {
    let region = arm::ancestor(act.resource, "locations").map(arm::name);
    let told = || act.body.text("properties.location").map(str::to_owned);
    let region = region.map(str::to_owned).or_else(told);
    facts.extend(region.map(|region| ("region".to_owned(), region.into())));
    let quota = ["quotas", "servicelimits"].iter().find_map(|name| arm::ancestor(act.resource, name));
    facts.extend(quota.map(|quota| ("quota".to_owned(), arm::name(quota).into())));
}

fn scaled(act: &Act<'_>, facts: &mut BTreeMap<String, Value>) {
    let count = |name: &str| {
        let told = member(&act.record.properties, name)?;
        told.as_i64().or_else(|| told.as_str()?.parse().ok())
    };
    for (native, name) in [("oldInstancesCount", "old_count"), ("newInstancesCount", "new_count")] {
        facts.extend(count(native).map(|count| (name.to_owned(), count.into())));
    }
    if let Some(capacity) = act.body.get("sku.capacity").and_then(Value::as_i64) {
        facts.insert("new_count".to_owned(), capacity.into());
    }
}

/// What lets the world in: the source prefixes of inbound rules that allow, if they are anybody's.
fn exposed(act: &Act<'_>, facts: &mut BTreeMap<String, Value>) {
    let own = act.body.get("properties").filter(|_| act.is("networkSecurityGroups/securityRules/write"));
    let rules = act.body.list("properties.securityRules").iter().filter_map(|rule| at(rule, "properties"));
    let rules: Vec<&Value> = rules.chain(own).filter(|rule| lets_in(rule)).collect();
    let strings = |rule: &Value, one: &str, many: &str| -> Vec<String> {
        let many = at(rule, many).and_then(Value::as_array).into_iter().flatten();
        many.chain(at(rule, one)).filter_map(|text| text.as_str().map(str::to_owned)).collect()
    };
    let mut open: Vec<String> = Vec::new();
    let mut ports: Vec<String> = Vec::new();
    for rule in rules {
        let sources = strings(rule, "sourceAddressPrefix", "sourceAddressPrefixes");
        let anybody: Vec<String> = sources.into_iter().filter(|source| is_anybody(source)).collect();
        if !anybody.is_empty() {
            open.extend(anybody);
            ports.extend(strings(rule, "destinationPortRange", "destinationPortRanges"));
        }
    }
    for (name, mut values) in [("open_cidrs", open), ("open_ports", ports)] {
        values.sort();
        values.dedup();
        if !values.is_empty() {
            facts.insert(name.to_owned(), values.into());
        }
    }
}

fn lets_in(rule: &Value) -> bool {
    let says = |name, word: &str| {
        at(rule, name).and_then(Value::as_str).is_some_and(|own| own.eq_ignore_ascii_case(word))
    };
    says("access", "Allow") && says("direction", "Inbound")
}

fn is_anybody(source: &str) -> bool {
    ["*", "0.0.0.0/0", "::/0", "internet", "any"].contains(&source.to_lowercase().as_str())
}

/// Returns where an identifier of change management can stand (SEMANTICS F.8): the ids that a caller may choose,
/// and the tags that are written.
pub(super) fn change_marks(act: &Act<'_>) -> BTreeMap<String, String> {
    let mut marks = BTreeMap::new();
    marks.extend(act.record.correlation().map(|id| ("correlation".to_owned(), id)));
    marks.extend(act.record.client_request().map(|id| ("client-request-id".to_owned(), id.to_owned())));
    let writes = act.writes() && (arm::kind(act.resource) != Some(Kind::Lock));
    let empty = Map::new();
    let tags = ["tags", "properties.tags"].iter().find_map(|path| act.body.get(path)?.as_object());
    for (key, tag) in tags.filter(|_| writes).unwrap_or(&empty) {
        marks.extend(tag.as_str().map(|tag| (format!("tag:{key}"), tag.to_owned())));
    }
    marks
}
