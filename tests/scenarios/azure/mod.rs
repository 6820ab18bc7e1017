//! Azure: what the CLI prints of Resource Manager, and records of the Activity Log.

mod acts;
mod exported;

use driftline::model::{Kind, Provider};
use serde_json::{Value, json};

use crate::Part;
use crate::harness::{Listing, Log, Story, approval};

pub(crate) use self::acts::CLOUD;
use self::exported::{exported, ndjson};

const SUBSCRIPTION: &str = "3f6d1c2a-7b48-4e19-9c05-8d2e6a1b4f70";
const TENANT: &str = "9a7c5e10-2d34-4b6f-8e91-0c3d5f7a9b12";
const ALICE: &str = "0a727037-ab44-41ed-867c-a5b480af3c7f";
const CORRELATION: &str = "6d2f2f1c-9d35-4f0a-8f53-1d1f6d0d2f10";

/// The immutable ids of the machine, of its disk, of another disk, and of a snapshot.
const VM: &str = "90d51bb0-c878-44f8-b099-0c3d4da6d448";
const DISK: &str = "c3fde337-8371-4c91-8d30-fdc8137b5ce2";
const OTHER: &str = "d4ade337-8371-4c91-8d30-fdc8137b5ce3";
const SNAPSHOT: &str = "e511d40b-163d-4997-92d3-50106fc35644";

fn arm(collection: &str, name: &str) -> String {
    format!(
        "/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-prod/providers/Microsoft.Compute/{collection}/{name}"
    )
}

fn listing(kind: Kind, elements: &[Value]) -> Listing {
    Listing { provider: Provider::Azure, account: SUBSCRIPTION, location: None, kind, body: json!(elements) }
}

fn machines(elements: &[Value]) -> Listing {
    listing(Kind::Instance, elements)
}

fn disks(elements: &[Value]) -> Listing {
    listing(Kind::Volume, elements)
}

fn machine(disk: &str) -> Value {
    json!({
        "id": arm("virtualMachines", "web"), "name": "web", "type": "Microsoft.Compute/virtualMachines",
        "location": "westeurope", "resourceGroup": "rg-prod", "vmId": VM, "powerState": "VM running",
        "provisioningState": "Succeeded", "timeCreated": "2026-01-19T07:12:38+00:00",
        "hardwareProfile": { "vmSize": "Standard_D4s_v5" }, "tags": {},
        "storageProfile": { "dataDisks": [], "osDisk": { "caching": "ReadWrite", "createOption": "Attach",
            "deleteOption": "Detach", "name": disk, "osType": "Linux",
            "managedDisk": { "id": arm("disks", disk) } } },
        "networkProfile": { "networkInterfaces": [] },
    })
}

fn stopped() -> Value {
    let mut machine = machine("osdisk");
    machine["powerState"] = json!("VM deallocated");
    machine
}

fn disk(name: &str, uid: &str, created: &str) -> Value {
    json!({
        "id": arm("disks", name), "name": name, "type": "Microsoft.Compute/disks", "location": "westeurope",
        "resourceGroup": "rg-prod", "uniqueId": uid, "timeCreated": created, "diskSizeGB": 64,
        "creationData": { "createOption": "Empty" }, "diskState": "Unattached", "osType": "Linux",
        "provisioningState": "Succeeded", "sku": { "name": "Premium_LRS", "tier": "Premium" }, "tags": {},
        "networkAccessPolicy": "DenyAll", "publicNetworkAccess": "Disabled",
    })
}

fn held_by(mut disk: Value, machine: &str) -> Value {
    disk["managedBy"] = json!(arm("virtualMachines", machine));
    disk["diskState"] = json!("Attached");
    disk
}

fn log(records: &[Value]) -> Log {
    log_of("a.json", json!({ "value": records }).to_string())
}

fn log_of(name: &str, text: String) -> Log {
    Log::complete("activity-log", SUBSCRIPTION, None, vec![(name.to_owned(), text)])
}

/// Returns a record as the REST API lists it.
fn record(id: u8, time: &str, operation: &str, resource: &str, status: &str) -> Value {
    json!({
        "eventDataId": format!("00000000-0000-0000-0000-0000000000{id:02}"), "correlationId": CORRELATION,
        "operationId": CORRELATION, "eventTimestamp": format!("2026-03-01T{time}Z"),
        "submissionTimestamp": format!("2026-03-01T{time}Z"), "category": { "value": "Administrative" },
        "operationName": { "value": operation }, "status": { "value": status }, "subStatus": { "value": "" },
        "caller": "alice@example.com", "resourceId": resource, "subscriptionId": SUBSCRIPTION, "tenantId": TENANT,
        "level": "Informational", "authorization": { "action": operation, "scope": resource },
        "claims": { "http://schemas.microsoft.com/identity/claims/objectidentifier": ALICE,
            "http://schemas.microsoft.com/identity/claims/tenantid": TENANT, "ipaddr": "203.0.113.5",
            "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn": "alice@example.com" },
        "httpRequest": { "clientIpAddress": "203.0.113.5", "method": "PUT" }, "properties": {},
    })
}

fn with_body(mut record: Value, body: &Value) -> Value {
    record["properties"] = json!({ "statusCode": "Accepted", "responseBody": body.to_string() });
    record
}

/// Returns all records of one operation.
fn operation(id: u8, time: &str, operation: &str, resource: &str) -> [Value; 3] {
    let at = |part: u8, status| record(id + part, time, operation, resource, status);
    [at(0, "Started"), at(1, "Accepted"), at(2, "Succeeded")]
}

/// The restored disk as the answer to its creation describes it: without its own id.
fn restored() -> Value {
    json!({ "properties": { "provisioningState": "Updating", "creationData": { "createOption": "Copy",
        "sourceResourceId": arm("snapshots", "pre"), "sourceUniqueId": SNAPSHOT } } })
}

fn swapped_vm() -> Value {
    json!({ "properties": { "vmId": VM, "storageProfile": { "osDisk": { "createOption": "Attach",
        "name": "osdisk-restored", "managedDisk": { "id": arm("disks", "osdisk-restored") } } } } })
}

/// A snapshot of the machine's disk, of an earlier day.
fn copy() -> Value {
    json!({
        "id": arm("snapshots", "pre"), "name": "pre", "type": "Microsoft.Compute/snapshots", "location": "westeurope",
        "resourceGroup": "rg-prod", "uniqueId": SNAPSHOT, "timeCreated": "2026-02-20T00:00:00+00:00",
        "diskSizeGB": 64, "diskState": "Unattached", "incremental": true, "provisioningState": "Succeeded",
        "creationData": { "createOption": "Copy", "sourceResourceId": arm("disks", "osdisk"), "sourceUniqueId": DISK },
        "networkAccessPolicy": "DenyAll", "publicNetworkAccess": "Disabled", "tags": {},
    })
}

/// The world of J3: a machine boots from a disk that was made of a snapshot.
fn os_swap() -> Story {
    let (born, made) = ("2026-01-19T07:12:40+00:00", "2026-03-01T10:30:05+00:00");
    let mut new = held_by(disk("osdisk-restored", OTHER, made), "web");
    new["creationData"] = json!({ "createOption": "Copy", "sourceResourceId": arm("snapshots", "pre"),
        "sourceUniqueId": SNAPSHOT });
    Story::default()
        .before(machines(&[machine("osdisk")]))
        .after(machines(&[machine("osdisk-restored")]))
        .before(disks(&[held_by(disk("osdisk", DISK, born), "web")]))
        .after(disks(&[disk("osdisk", DISK, born), new]))
        .before(listing(Kind::Snapshot, &[copy()]))
        .after(listing(Kind::Snapshot, &[copy()]))
}

/// As J3 without a log; in the twin the new disk was made of nothing.
pub(crate) fn j03_state(part: Part) -> Story {
    let story = os_swap();
    let changes = [&format!("slot-swapped {VM} log-gap"), &format!("modified {VM} log-gap")];
    let story = story.changes(&changes.map(String::as_str)).changes(&[&format!("appeared {OTHER} log-gap")]);
    if part.is_twin() {
        let (born, made) = ("2026-01-19T07:12:40+00:00", "2026-03-01T10:30:05+00:00");
        let empty = held_by(disk("osdisk-restored", OTHER, made), "web");
        story
            .replaced_after(disks(&[disk("osdisk", DISK, born), empty]))
            .finds("disk-replaced", VM, json!({ "seen_in": "state" }))
            .finds_nothing_of("disk-reverted")
    } else {
        story.finds("disk-reverted", VM, json!({ "seen_in": "state", "method": "Z1", "strength": 4 }))
    }
}

/// As J3 from the log alone, as nobody lists machines; in the twin the swap failed.
pub(crate) fn j03_log(part: Part) -> Story {
    let path = arm("disks", "osdisk-restored");
    let made =
        with_body(record(1, "10:30:00", "Microsoft.Compute/disks/write", &path, "Accepted"), &restored());
    let vm = arm("virtualMachines", "web");
    let writes = "Microsoft.Compute/virtualMachines/write";
    let first = json!({ "properties": { "vmId": VM, "storageProfile": { "osDisk": { "createOption": "Attach",
        "name": "osdisk", "managedDisk": { "id": arm("disks", "osdisk") } } } } });
    let earlier = with_body(record(5, "10:10:00", writes, &vm, "Accepted"), &first);
    let mut earlier = earlier;
    earlier["correlationId"] = json!("7d2f2f1c-9d35-4f0a-8f53-1d1f6d0d2f11");
    let swapped = if part.is_twin() {
        record(2, "10:50:00", writes, &vm, "Failed")
    } else {
        with_body(record(2, "10:50:00", writes, &vm, "Accepted"), &swapped_vm())
    };
    let story = Story::default()
        .before(listing(Kind::Snapshot, &[copy()]))
        .after(listing(Kind::Snapshot, &[copy()]))
        .log(log(&[earlier, made, swapped]))
        .any_residues();
    if part.is_twin() {
        story.finds_nothing_of("disk-reverted")
    } else {
        story.check(|judged| {
            let found: Vec<_> = judged.findings.iter().filter(|found| found.says("disk-reverted")).collect();
            assert_eq!(found.len(), 1, "{:?}", judged.lineage.occupancies);
            assert!(found[0].facts.contains(&("seen_in", json!("log"))), "{:?}", found[0].facts);
        })
    }
}

/// A disk makes way for one of the same ARM id from a snapshot of it; the twin's is of an image.
pub(crate) fn j19(part: Part) -> Story {
    let (born, made) = ("2026-01-19T07:12:40+00:00", "2026-03-01T10:30:05+00:00");
    let mut new = held_by(disk("osdisk", OTHER, made), "web");
    new["creationData"] = if part.is_twin() {
        json!({ "createOption": "FromImage", "imageReference": { "id":
            "/Subscriptions/0a1b/Providers/Microsoft.Compute/Locations/westeurope/Publishers/canonical/x" } })
    } else {
        json!({ "createOption": "Copy", "sourceResourceId": arm("snapshots", "pre"), "sourceUniqueId": SNAPSHOT })
    };
    let path = arm("disks", "osdisk");
    let deleted = operation(1, "10:20:00", "Microsoft.Compute/disks/delete", &path);
    let mut wrote = operation(5, "10:30:00", "Microsoft.Compute/disks/write", &path);
    for record in &mut wrote {
        record["correlationId"] = json!("7d2f2f1c-9d35-4f0a-8f53-1d1f6d0d2f11");
    }
    let story = Story::default()
        .before(machines(&[machine("osdisk")]))
        .after(machines(&[machine("osdisk")]))
        .before(disks(&[held_by(disk("osdisk", DISK, born), "web")]))
        .after(disks(&[new]))
        .before(listing(Kind::Snapshot, &[copy()]))
        .after(listing(Kind::Snapshot, &[copy()]))
        .log(log(&[deleted, wrote].concat()))
        .changes(&[&format!("recreated {OTHER} explained")]);
    if part.is_twin() {
        story.finds("disk-replaced", VM, json!({ "method": "Z2" })).finds_nothing_of("disk-reverted")
    } else {
        story.finds("disk-reverted", VM, json!({ "method": "Z2", "strength": 4, "seen_in": "both" }))
    }
}

/// A disk is made of a snapshot and swapped in, and only the acceptance is told; in the twin its creation failed.
pub(crate) fn j03(part: Part) -> Story {
    let path = arm("disks", "osdisk-restored");
    let made = record(1, "10:30:00", "Microsoft.Compute/disks/write", &path, "Accepted");
    let made = if part.is_twin() {
        record(1, "10:30:00", "Microsoft.Compute/disks/write", &path, "Failed")
    } else {
        with_body(made, &restored())
    };
    let vm = arm("virtualMachines", "web");
    let swapped = record(2, "10:50:00", "Microsoft.Compute/virtualMachines/write", &vm, "Accepted");
    j03_outcome(part, os_swap().log(log(&[made, with_body(swapped, &swapped_vm())])))
}

/// As J3, from the blobs of a diagnostic setting, which shout.
pub(crate) fn j03_export(part: Part) -> Story {
    let (result, signature) =
        if part.is_twin() { ("Failure", "Failed.Conflict") } else { ("Accept", "Accepted.Created") };
    let made = exported("10:30:00", "disks/write", &arm("disks", "osdisk-restored"), result, signature);
    let vm = arm("virtualMachines", "web");
    let swapped = exported("10:50:00", "virtualMachines/write", &vm, "Accept", "Accepted.OK");
    let lines =
        [if part.is_twin() { made } else { with_body(made, &restored()) }, with_body(swapped, &swapped_vm())];
    j03_outcome(part, os_swap().log(log_of("PT1H.json", ndjson(&lines))))
}

fn j03_outcome(part: Part, story: Story) -> Story {
    let vm = format!("slot-swapped {VM} explained");
    let renamed = format!("modified {VM} explained");
    let facts = json!({ "method": "Z1", "strength": 4, "seen_in": "both", "reverted_to": "2026-02-20T00:00:00Z",
        "old_volume": DISK, "new_volume": OTHER, "old_volume_fate": "kept", "slot": "os" });
    let story = story.changes(&[&vm, &renamed]).finds("disk-reverted", VM, facts);
    if part.is_twin() {
        story
            .changes(&[&format!("appeared {OTHER} unexplained")])
            .residues(&[&format!("attempt {}", arm("disks", "osdisk-restored").to_lowercase())])
            .finds("unlogged-change", VM, json!({}))
    } else {
        story.changes(&[&format!("appeared {OTHER} explained")])
    }
}

/// Ids that differ only in case are the same; in the twin the log is about another machine.
pub(crate) fn j18(part: Part) -> Story {
    let mut shouted = stopped();
    for member in ["id", "resourceGroup"] {
        shouted[member] = json!(shouted[member].as_str().unwrap().to_uppercase());
    }
    let os = "/storageProfile/osDisk/managedDisk/id";
    let path = shouted.pointer_mut(os).unwrap();
    *path = json!(path.as_str().unwrap().to_uppercase());
    let name = if part.is_twin() { "WEB-2" } else { "WEB" };
    let resource = arm("virtualMachines", name).to_uppercase();
    let story = Story::default().before(machines(&[machine("osdisk")])).after(machines(&[shouted])).log(log(
        &operation(1, "10:30:00", "MICROSOFT.COMPUTE/VIRTUALMACHINES/DEALLOCATE/ACTION", &resource),
    ));
    stopped_as(story, if part.is_twin() { "unexplained" } else { "explained" })
}

fn stopped_as(story: Story, state: &str) -> Story {
    let story = story
        .changes(&[&format!("stopped {VM} {state}")])
        .findings(&[&format!("instance-state-changed {VM}")]);
    if state == "unexplained" { story.findings(&[&format!("unlogged-change {VM}")]) } else { story }
}

/// What was accepted most likely happened; what was only started may still end.
pub(crate) fn j20(part: Part) -> Story {
    let status = if part.is_twin() { "Started" } else { "Accepted" };
    let path = arm("virtualMachines", "web");
    let story =
        Story::default().before(machines(&[machine("osdisk")])).after(machines(&[stopped()])).log(log(&[
            record(1, "10:30:00", "Microsoft.Compute/virtualMachines/deallocate/action", &path, status),
        ]));
    if part.is_twin() {
        stopped_as(story, "pending").risk("instance-state-changed", 0, 29)
    } else {
        stopped_as(story, "explained").check(|judged| {
            let reason = &judged.changes[0].trace.reason;
            assert!(reason.contains("does not tell how it ended"), "{reason}");
        })
    }
}

/// A note on the health of the platform is full of nulls, and no record beside it is lost; the twin is without the
/// record beside it.
pub(crate) fn j21(part: Part) -> Story {
    let mut health = record(9, "10:10:00", "Microsoft.ServiceHealth/incident/action", "", "Active");
    health["category"] = json!({ "value": "ServiceHealth", "localizedValue": null });
    health["eventName"] = json!({ "value": null, "localizedValue": null });
    health["subStatus"] = json!({ "value": null, "localizedValue": null });
    for member in ["caller", "claims", "httpRequest", "authorization", "resourceId"] {
        health[member] = Value::Null;
    }
    let path = arm("virtualMachines", "web");
    let mut records = vec![health];
    if !part.is_twin() {
        records.extend(operation(
            1,
            "10:30:00",
            "Microsoft.Compute/virtualMachines/deallocate/action",
            &path,
        ));
    }
    let story = Story::default()
        .before(machines(&[machine("osdisk")]))
        .after(machines(&[stopped()]))
        .log(log(&records));
    stopped_as(story, if part.is_twin() { "unexplained" } else { "explained" })
}

/// A machine boots from another disk for a while; in the twin it still does.
pub(crate) fn j28(part: Part) -> Story {
    let vm = arm("virtualMachines", "web");
    let write = |id, time: &str, disk: &str| {
        let body = json!({ "properties": { "vmId": VM, "storageProfile": { "osDisk": { "createOption": "Attach",
            "name": disk, "managedDisk": { "id": arm("disks", disk) } } } } });
        with_body(record(id, time, "Microsoft.Compute/virtualMachines/write", &vm, "Accepted"), &body)
    };
    let mut records = vec![write(1, "10:20:00", "osdisk-2")];
    if !part.is_twin() {
        records.push(write(2, "10:50:00", "osdisk"));
        records[1]["correlationId"] = json!("7d2f2f1c-9d35-4f0a-8f53-1d1f6d0d2f11");
    }
    let (born, stands) = ("2026-01-19T07:12:40+00:00", if part.is_twin() { "osdisk-2" } else { "osdisk" });
    let held = |name: &str, uid: &str, by: &str, moved: &str| {
        let mut disk = disk(name, uid, born);
        disk["LastOwnershipUpdateTime"] = json!(moved);
        if by == name { held_by(disk, "web") } else { disk }
    };
    let moved = "2026-03-01T10:50:04+00:00";
    let story = Story::default()
        .before(machines(&[machine("osdisk")]))
        .after(machines(&[machine(stands)]))
        .before(disks(&[held("osdisk", DISK, "osdisk", born), held("osdisk-2", OTHER, "osdisk", born)]))
        .after(disks(&[held("osdisk", DISK, stands, moved), held("osdisk-2", OTHER, stands, moved)]))
        .log(log(&records));
    if part.is_twin() {
        story
            .changes(&[&format!("slot-swapped {VM} explained"), &format!("modified {VM} explained")])
            .findings(&[&format!("instance-modified {VM}")])
    } else {
        story
            .residues(&[&format!("transient-change {VM}")])
            .finds("disk-reverted", VM, json!({ "kind": "transient", "new_volume": OTHER }))
            .finds("transient-change", VM, json!({}))
            .check(|judged| {
                let reason = &judged.residues[0].reason;
                assert!(reason.contains("LastOwnershipUpdateTime"), "{reason}");
            })
    }
}

/// A disk can be downloaded: only the call that gives access explains it, no write.
pub(crate) fn j45(part: Part) -> Story {
    let born = "2026-01-19T07:12:40+00:00";
    let mut open = disk("data", DISK, born);
    open["diskState"] = json!("ActiveSAS");
    let called = if part.is_twin() {
        "Microsoft.Compute/disks/write"
    } else {
        "Microsoft.Compute/disks/beginGetAccess/action"
    };
    let story = Story::default()
        .before(disks(&[disk("data", DISK, born)]))
        .after(disks(&[open]))
        .log(log(&operation(1, "10:30:00", called, &arm("disks", "data"))))
        .findings(&[&format!("exposure-opened {DISK}")]);
    if part.is_twin() {
        story
            .changes(&[&format!("modified {DISK} unexplained")])
            .findings(&[&format!("unlogged-change {DISK}")])
    } else {
        story.changes(&[&format!("modified {DISK} explained")])
    }
}

/// A machine lives between the scans; in the twin no record ends it.
pub(crate) fn j15(part: Part) -> Story {
    let path = arm("virtualMachines", "ghost");
    let body = json!({ "properties": { "vmId": VM, "storageProfile": { "osDisk": { "createOption": "FromImage",
        "name": "ghost-os", "managedDisk": { "id": arm("disks", "ghost-os") } } } } });
    let mut made = operation(1, "10:30:00", "Microsoft.Compute/virtualMachines/write", &path);
    made[1]["subStatus"] = json!({ "value": "Created" });
    made[1] = with_body(made[1].clone(), &body);
    let mut records = made.to_vec();
    if !part.is_twin() {
        records.extend(operation(11, "10:50:00", "Microsoft.Compute/virtualMachines/delete", &path));
    }
    let story = Story::default().before(machines(&[])).after(machines(&[])).log(log(&records));
    if part.is_twin() {
        story.residues(&[&format!("vanished-unexplained {VM}")]).findings(&[&format!("unlogged-change {VM}")])
    } else {
        story.residues(&[&format!("ghost {VM}")]).findings(&[&format!("ghost-resource {VM}")])
    }
}

/// The export of the log is deleted, and then a machine is gone; in the twin it was not allowed.
pub(crate) fn j32(part: Part) -> Story {
    let setting =
        format!("/subscriptions/{SUBSCRIPTION}/providers/microsoft.insights/diagnosticSettings/main");
    let status = if part.is_twin() { "Failed" } else { "Succeeded" };
    let mut call = record(1, "10:30:00", "Microsoft.Insights/diagnosticSettings/delete", &setting, status);
    if part.is_twin() {
        call["subStatus"] = json!({ "value": "Forbidden" });
    }
    let story = Story::default()
        .before(machines(&[machine("osdisk")]))
        .after(machines(&[]))
        .log(log(&[call]))
        .findings(&[&format!("instance-vanished {VM}")]);
    if part.is_twin() {
        story
            .changes(&[&format!("vanished {VM} unexplained")])
            .residues(&[&format!("attempt {}", setting.to_lowercase())])
            .findings(&[&format!("unlogged-change {VM}")])
    } else {
        story.changes(&[&format!("vanished {VM} log-gap")]).findings(&["log-tampering -"]).risk(
            "log-tampering",
            70,
            100,
        )
    }
}

/// A machine bears the tag of an approved change; in the twin the change is of another day.
pub(crate) fn j35(part: Part) -> Story {
    let tagged = |mut machine: Value| {
        machine["tags"]["change-id"] = json!("CHG-7");
        machine
    };
    let mut approved = approval("CHG-7", "web");
    if part.is_twin() {
        approved.to = "2026-03-01T10:10:00Z".parse().unwrap();
    }
    let called = "Microsoft.Compute/virtualMachines/deallocate/action";
    let story = Story::default()
        .before(machines(&[tagged(machine("osdisk"))]))
        .after(machines(&[tagged(stopped())]))
        .log(log(&operation(1, "10:30:00", called, &arm("virtualMachines", "web"))))
        .approval(approved);
    let story = stopped_as(story, "explained");
    let risk = if part.is_twin() { 13 } else { 0 };
    story.risk("instance-state-changed", risk, risk)
}

/// A rule opens a network and is deleted; in the twin another rule is.
pub(crate) fn j29(part: Part) -> Story {
    let rule = |name: &str| {
        format!(
            "/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-prod/providers/Microsoft.Network/\
             networkSecurityGroups/web/securityRules/{name}"
        )
    };
    let body = json!({ "properties": { "access": "Allow", "direction": "Inbound", "protocol": "Tcp",
        "sourceAddressPrefix": "*", "destinationPortRange": "22" } });
    let called = |verb| format!("Microsoft.Network/networkSecurityGroups/securityRules/{verb}");
    let mut made = operation(1, "10:30:00", &called("write"), &rule("ssh"));
    made[1] = with_body(made[1].clone(), &body);
    let gone = rule(if part.is_twin() { "web" } else { "ssh" });
    let records = [made, operation(11, "10:50:00", &called("delete"), &gone)].concat();
    let same = [machine("osdisk")];
    let story = Story::default().before(machines(&same)).after(machines(&same)).log(log(&records));
    if part.is_twin() {
        story.findings(&["tenant-setting-changed -"])
    } else {
        let rule = rule("ssh").to_lowercase();
        story.residues(&[&format!("transient-change {rule}")]).findings(&["transient-change -"])
    }
}

/// What the API lists and what a diagnostic setting wrote is one operation; in the twin it is another.
pub(crate) fn j36(part: Part) -> Story {
    let (path, called) = (arm("virtualMachines", "web"), "virtualMachines/deallocate/action");
    let rest =
        |id, time: &str, status| record(id, time, &format!("Microsoft.Compute/{called}"), &path, status);
    let rest =
        [rest(1, "10:30:00", "Started"), rest(2, "10:30:02", "Accepted"), rest(3, "10:31:00", "Succeeded")];
    let line = |time, result, signature| {
        let mut line = exported(time, called, &path, result, signature);
        if part.is_twin() {
            line["correlationId"] = json!("7d2f2f1c-9d35-4f0a-8f53-1d1f6d0d2f11");
        }
        line
    };
    let lines = [
        line("10:30:00", "Start", "Started."),
        line("10:30:02", "Accept", "Accepted."),
        line("10:31:00", "Success", "Succeeded."),
    ];
    let mut both = log(&rest);
    both.files.push(("PT1H.json".to_owned(), ndjson(&lines)));
    let story =
        Story::default().before(machines(&[machine("osdisk")])).after(machines(&[stopped()])).log(both);
    let story = stopped_as(story, "explained");
    if part.is_twin() {
        story.check(|judged| assert_eq!(judged.events.len(), 2))
    } else {
        story.check(|judged| assert_eq!(judged.events.len(), 1))
    }
}

/// A machine is made with a disk that has no record of its own; in the twin the disk came later.
pub(crate) fn j43(part: Part) -> Story {
    let time = if part.is_twin() { "11:40:00" } else { "10:30:02" };
    let made = format!("2026-03-01T{time}+00:00");
    let mut new = machine("osdisk");
    new["timeCreated"] = json!("2026-03-01T10:30:01+00:00");
    new["storageProfile"]["osDisk"]["createOption"] = json!("FromImage");
    let body = json!({ "properties": { "vmId": VM, "storageProfile": { "osDisk": { "createOption": "FromImage",
        "name": "osdisk" } } } });
    let mut call =
        operation(1, "10:30:00", "Microsoft.Compute/virtualMachines/write", &arm("virtualMachines", "web"));
    call[1]["subStatus"] = json!({ "value": "Created" });
    call[1] = with_body(call[1].clone(), &body);
    let story = Story::default()
        .before(machines(&[]))
        .after(machines(&[new]))
        .before(disks(&[]))
        .after(disks(&[held_by(disk("osdisk", DISK, &made), "web")]))
        .log(log(&call))
        .changes(&[&format!("appeared {VM} explained")])
        .findings(&[&format!("instance-appeared {VM}")]);
    if part.is_twin() {
        story
            .changes(&[&format!("appeared {DISK} unexplained")])
            .findings(&[&format!("unlogged-change {VM}")])
    } else {
        story.changes(&[&format!("appeared {DISK} implied")])
    }
}

/// A disk that should have outlived its machine is gone without a record.
pub(crate) fn j44(part: Part) -> Story {
    let born = "2026-01-19T07:12:40+00:00";
    let fate = if part.is_twin() { "Delete" } else { "Detach" };
    let mut gone = machine("osdisk");
    gone["storageProfile"]["osDisk"]["deleteOption"] = json!(fate);
    let called = "Microsoft.Compute/virtualMachines/delete";
    let story = Story::default()
        .before(machines(&[gone]))
        .after(machines(&[]))
        .before(disks(&[held_by(disk("osdisk", DISK, born), "web")]))
        .after(disks(&[]))
        .log(log(&operation(1, "10:30:00", called, &arm("virtualMachines", "web"))))
        .changes(&[&format!("vanished {VM} explained")])
        .findings(&[&format!("instance-vanished {VM}")]);
    if part.is_twin() {
        story.changes(&[&format!("vanished {DISK} implied")])
    } else {
        story
            .changes(&[&format!("vanished {DISK} unexplained")])
            .findings(&[&format!("volume-vanished {DISK}"), &format!("unlogged-change {DISK}")])
    }
}
