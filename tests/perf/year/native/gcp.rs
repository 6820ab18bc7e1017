//! Compute Engine and Cloud Audit Logs.

use driftline::model::Kind;
use serde_json::{Value, json};

use super::{Act, spelled};
use crate::estate::{Id, PROJECT, Site, Source, Thing};
use crate::people::Who;
use crate::world::World;

const NUMBER: &str = "123456789012";
const STOCK: &str = "projects/debian-cloud/global/images/debian-13-bookworm-v20260101";

fn url(path: &str) -> String {
    format!("https://www.googleapis.com/compute/v1/{path}")
}

/// Returns where a thing stands, from `projects/` on.
fn path(thing: &Thing) -> String {
    let collection = match thing.kind {
        Kind::Instance => "instances",
        Kind::Volume => "disks",
        Kind::Snapshot => "snapshots",
        _ => "images",
    };
    match thing.kind {
        Kind::Instance | Kind::Volume => {
            format!("projects/{PROJECT}/zones/{}/{collection}/{}", thing.site.location, thing.name)
        }
        _ => format!("projects/{PROJECT}/global/{collection}/{}", thing.name),
    }
}

fn policy(name: &str) -> String {
    format!("projects/{PROJECT}/regions/europe-west1/resourcePolicies/{name}")
}

/// Returns a thing as Compute Engine lists it.
pub(super) fn thing(world: &World, id: Id) -> Value {
    let thing = &world.things[id];
    let mut body = match thing.kind {
        Kind::Instance => machine(world, thing),
        Kind::Volume => disk(world, thing),
        Kind::Snapshot => {
            let mut body = json!({ "kind": "compute#snapshot", "status": "READY", "diskSizeGb": thing.size.to_string(),
                "storageBytes": "1000", "storageLocations": ["eu"] });
            if let Some(policy_name) = &thing.keeper {
                body["autoCreated"] = true.into();
                body["sourceSnapshotSchedulePolicy"] = url(&policy(policy_name)).into();
                body["sourceSnapshotSchedulePolicyId"] = crate::people::hash(policy_name).to_string().into();
            }
            body
        }
        _ => json!({ "kind": "compute#image", "status": "READY", "diskSizeGb": "20", "sourceType": "RAW" }),
    };
    body["id"] = thing.uid.clone().into();
    body["name"] = thing.name.clone().into();
    body["selfLink"] = url(&path(thing)).into();
    body["creationTimestamp"] = spelled(thing.born).into();
    body["labels"] = json!(thing.tags);
    if thing.kind != Kind::Instance {
        sources(world, thing, &mut body, true);
    }
    body
}

fn sources(world: &World, thing: &Thing, body: &mut Value, with_id: bool) {
    match thing.source {
        Source::Thing(id) => {
            let source = &world.things[id];
            let member = match source.kind {
                Kind::Volume => "sourceDisk",
                Kind::Snapshot => "sourceSnapshot",
                _ => "sourceImage",
            };
            body[member] = url(&path(source)).into();
            if with_id {
                body[format!("{member}Id")] = source.uid.clone().into();
            }
        }
        Source::Stock => {
            body["sourceImage"] = url(STOCK).into();
            if with_id {
                body["sourceImageId"] = "4000000000000000001".into();
            }
        }
        Source::Nothing => {}
    }
}

fn machine(world: &World, thing: &Thing) -> Value {
    let disks = thing.slots.iter().enumerate().map(|(index, (slot, held))| {
        let boot = slot == "boot";
        json!({ "autoDelete": held.along, "boot": boot, "deviceName": if boot { &thing.name } else { slot }, "index": index,
            "mode": "READ_WRITE", "type": "PERSISTENT", "interface": "SCSI", "source": url(&path(&world.things[held.disk])),
            "kind": "compute#attachedDisk" })
    });
    let mut disks: Vec<Value> = disks.collect();
    if thing.has_scratch() {
        disks.push(
            json!({ "autoDelete": true, "boot": false, "deviceName": "local-ssd-0", "index": disks.len(),
            "mode": "READ_WRITE", "type": "SCRATCH", "interface": "NVME", "kind": "compute#attachedDisk" }),
        );
    }
    let mut items = vec![json!({ "key": "startup-script", "value": format!("#!/bin/sh {}", thing.script) })];
    if let Some(group) = &thing.keeper {
        let group = format!("projects/{NUMBER}/zones/{}/instanceGroupManagers/{group}", thing.site.location);
        items.push(json!({ "key": "created-by", "value": group }));
    }
    let address = format!("10.132.{}.{}", thing.address >> 8 & 255, thing.address & 255);
    let mut body = json!({
        "kind": "compute#instance", "status": if thing.running { "RUNNING" } else { "TERMINATED" },
        "zone": url(&format!("projects/{PROJECT}/zones/{}", thing.site.location)), "deletionProtection": thing.locked,
        "lastStartTimestamp": spelled(thing.started),
        "machineType": url(&format!("projects/{PROJECT}/zones/{}/machineTypes/{}", thing.site.location, thing.model())),
        "disks": disks, "metadata": { "kind": "compute#metadata", "items": items },
        "scheduling": { "preemptible": thing.spot, "automaticRestart": !thing.spot },
        "serviceAccounts": [{ "email": format!("app-{}@{PROJECT}.iam.gserviceaccount.com", thing.profile), "scopes": ["cloud-platform"] }],
        "networkInterfaces": [{ "name": "nic0", "networkIP": address, "network": url(&format!("projects/{PROJECT}/global/networks/default")) }],
    });
    if let Some(stopped) = thing.stopped {
        body["lastStopTimestamp"] = spelled(stopped).into();
    }
    body
}

fn disk(world: &World, thing: &Thing) -> Value {
    let mut body = json!({
        "kind": "compute#disk", "zone": url(&format!("projects/{PROJECT}/zones/{}", thing.site.location)), "status": "READY",
        "sizeGb": thing.size.to_string(), "physicalBlockSizeBytes": "4096",
        "type": url(&format!("projects/{PROJECT}/zones/{}/diskTypes/pd-balanced", thing.site.location)),
    });
    if let Some((machine, _, since)) = &thing.held {
        body["users"] = json!([url(&path(&world.things[*machine]))]);
        body["lastAttachTimestamp"] = spelled(*since).into();
    } else if thing.moved > thing.born {
        body["lastDetachTimestamp"] = spelled(thing.moved).into();
    }
    body
}

/// Returns who calls, as an entry has it: address, subject and program.
fn identity(who: &Who) -> (String, String) {
    let email = match who {
        Who::Person(name) | Who::KeyHolder(name) => format!("{name}@northwick.example"),
        Who::Pipeline(name, _) | Who::Program(name) => {
            format!("{}@{PROJECT}.iam.gserviceaccount.com", name.to_lowercase())
        }
        Who::Service("autoscaling") => format!("{NUMBER}@cloudservices.gserviceaccount.com"),
        Who::Service("spot" | "snapshot-schedule") => "system@google.com".to_owned(),
        Who::Service(_) => format!("service-{NUMBER}@compute-system.iam.gserviceaccount.com"),
    };
    let agent = if *who == Who::Service("autoscaling") { "GCE Managed Instance Group" } else { who.agent() };
    (email, agent.to_owned())
}

/// One method call: service, method, path, request, and the thing whose id the entry bears.
struct Call {
    service: &'static str,
    method: String,
    path: String,
    request: Value,
    on: Option<Id>,
}

/// Returns what Cloud Audit Logs hold of an act.
pub(super) fn records(world: &mut World, site: &'static Site, who: &Who, act: &Act) -> Vec<Value> {
    let Some(call) = call(world, site, act) else { return Vec::new() };
    let number = world.next();
    let (email, agent) = identity(who);
    let system = email == "system@google.com";
    let label = call.on.map(|id| {
        let thing = &world.things[id];
        let (kind, label) = match thing.kind {
            Kind::Instance => ("gce_instance", "instance_id"),
            Kind::Volume => ("gce_disk", "disk_id"),
            Kind::Snapshot => ("gce_snapshot", "snapshot_id"),
            _ => ("gce_image", "image_id"),
        };
        (kind, label, thing.uid.clone())
    });
    let entry = |end: &str| {
        let mut entry = json!({
            "logName": format!("projects/{PROJECT}/logs/cloudaudit.googleapis.com%2F{}", if system { "system_event" } else { "activity" }),
            "insertId": format!("{number:x}{end}"), "timestamp": spelled(world.now), "receiveTimestamp": spelled(world.now),
            "severity": "NOTICE", "resource": { "type": "project", "labels": { "project_id": PROJECT } },
            "protoPayload": {
                "@type": "type.googleapis.com/google.cloud.audit.AuditLog", "serviceName": call.service, "methodName": call.method,
                "resourceName": call.path, "authenticationInfo": { "principalEmail": email },
                "requestMetadata": { "callerIp": who.address(), "callerSuppliedUserAgent": agent },
            },
        });
        if let Some((kind, label, uid)) = &label {
            entry["resource"] =
                json!({ "type": kind, "labels": { "project_id": PROJECT, "zone": site.location } });
            entry["resource"]["labels"][label] = uid.clone().into();
        }
        if call.service == "compute.googleapis.com" {
            entry["operation"] =
                json!({ "id": format!("operation-{number}"), "producer": "compute.googleapis.com" });
            entry["operation"][end] = true.into();
        }
        entry
    };
    let mut first = entry("first");
    let member = if call.method.ends_with("etIamPolicy") { "serviceData" } else { "request" };
    first["protoPayload"][member] = call.request.clone();
    if let (Act::Launch(_), Some((_, _, uid))) = (act, &label) {
        first["protoPayload"]["response"] =
            json!({ "operationType": "insert", "targetId": uid, "targetLink": url(&call.path) });
    }
    if call.service != "compute.googleapis.com" {
        return vec![first];
    }
    if system {
        first["operation"]["last"] = true.into();
        return vec![first];
    }
    vec![first, entry("last")]
}

fn call(world: &World, site: &Site, act: &Act) -> Option<Call> {
    let rooms = [on_machine, on_disk, on_copy, on_account];
    rooms.into_iter().find_map(|room| room(world, site, act))
}

/// Describes a call on a thing.
fn make(world: &World, verb: &str, id: Id, request: Value) -> Call {
    Call {
        service: "compute.googleapis.com",
        method: format!("v1.compute.{verb}"),
        path: path(&world.things[id]),
        request,
        on: Some(id),
    }
}

/// Describes a call on a thing that asks for nothing more.
fn plain(world: &World, verb: &str, id: Id) -> Call {
    make(world, verb, id, json!({ "@type": "type.googleapis.com/compute" }))
}

/// Describes a call on what no scan lists.
fn of(service: &'static str, method: &str, path: String, request: Value) -> Call {
    Call { service, method: method.to_owned(), path, request, on: None }
}

/// What is done to machines.
fn on_machine(world: &World, site: &Site, act: &Act) -> Option<Call> {
    Some(match act {
        Act::Launch(id) => make(world, "instances.insert", *id, launch(world, &world.things[*id])),
        Act::Terminate(id) => plain(world, "instances.delete", *id),
        Act::Start(id) => plain(world, "instances.start", *id),
        Act::Stop(id) => plain(world, "instances.stop", *id),
        Act::Reboot(id) => plain(world, "instances.reset", *id),
        Act::Resize(id) => {
            let model = format!("zones/{}/machineTypes/{}", site.location, world.things[*id].model());
            make(world, "instances.setMachineType", *id, json!({ "machineType": model }))
        }
        Act::Script(id) => {
            make(world, "instances.setMetadata", *id, json!({ "@type": "type.googleapis.com/compute" }))
        }
        Act::Profile(id) => make(
            world,
            "instances.setServiceAccount",
            *id,
            json!({ "email": format!("app-{}@{PROJECT}.iam.gserviceaccount.com", world.things[*id].profile) }),
        ),
        Act::Lock(id, locked) => {
            make(world, "instances.setDeletionProtection", *id, json!({ "deletionProtection": locked }))
        }
        Act::Evict(id) => Call { method: "compute.instances.preempted".to_owned(), ..plain(world, "", *id) },
        _ => return None,
    })
}

/// What is done to disks.
fn on_disk(world: &World, _: &Site, act: &Act) -> Option<Call> {
    Some(match act {
        Act::MakeDisk(id) => {
            let mut request = json!({ "@type": "type.googleapis.com/compute.disks.insert", "name": world.things[*id].name });
            sources(world, &world.things[*id], &mut request, false);
            make(world, "disks.insert", *id, request)
        }
        Act::Attach(disk, machine, slot) => make(
            world,
            "instances.attachDisk",
            *machine,
            json!({ "source": url(&path(&world.things[*disk])), "boot": slot == "boot", "deviceName": device(world, *machine, slot) }),
        ),
        Act::Detach(_, machine, slot) => make(
            world,
            "instances.detachDisk",
            *machine,
            json!({ "deviceName": device(world, *machine, slot) }),
        ),
        Act::DeleteDisk(id) => plain(world, "disks.delete", *id),
        Act::Grow(id) => {
            make(world, "disks.resize", *id, json!({ "sizeGb": world.things[*id].size.to_string() }))
        }
        _ => return None,
    })
}

/// What is done to snapshots and images.
fn on_copy(world: &World, _: &Site, act: &Act) -> Option<Call> {
    Some(match act {
        Act::Snap(id) if world.things[*id].keeper.is_some() => {
            let Source::Thing(disk) = world.things[*id].source else { return None };
            Call { method: "ScheduledSnapshots".to_owned(), ..make(world, "", disk, json!({})) }
        }
        Act::Snap(id) | Act::CopySnap(id, _) => {
            let mut request = json!({ "@type": "type.googleapis.com/compute.snapshots.insert", "name": world.things[*id].name });
            sources(world, &world.things[*id], &mut request, false);
            make(world, "snapshots.insert", *id, request)
        }
        Act::DeleteSnap(id) => plain(world, "snapshots.delete", *id),
        Act::Share(id, guest, add) => {
            let verb = if world.things[*id].kind == Kind::Snapshot {
                "snapshots.setIamPolicy"
            } else {
                "images.setIamPolicy"
            };
            let action = if *add { "ADD" } else { "REMOVE" };
            let delta = json!({ "action": action, "role": "roles/compute.storageAdmin", "member": guest });
            make(world, verb, *id, json!({ "policyDelta": { "bindingDeltas": [delta] } }))
        }
        Act::Capture(id) | Act::Register(id, _) => {
            let mut request = json!({ "@type": "type.googleapis.com/compute.images.insert", "name": world.things[*id].name });
            sources(world, &world.things[*id], &mut request, false);
            make(world, "images.insert", *id, request)
        }
        Act::DeleteImage(id) => plain(world, "images.delete", *id),
        _ => return None,
    })
}

/// What is done to the rest.
fn on_account(world: &World, site: &Site, act: &Act) -> Option<Call> {
    Some(match act {
        Act::Tag(id, key, value) => {
            let collection = match world.things[*id].kind {
                Kind::Instance => "instances.setLabels",
                Kind::Volume => "disks.setLabels",
                _ => "snapshots.setLabels",
            };
            make(world, collection, *id, json!({ "labels": [{ "key": key, "value": value }] }))
        }
        Act::Firewall(open) => {
            let verb = if *open { "insert" } else { "delete" };
            let request = json!({ "name": "temporary", "direction": "INGRESS", "sourceRanges": ["0.0.0.0/0"],
                "alloweds": [{ "IPProtocol": "tcp", "ports": ["22"] }] });
            of(
                "compute.googleapis.com",
                &format!("v1.compute.firewalls.{verb}"),
                format!("projects/{PROJECT}/global/firewalls/temporary"),
                request,
            )
        }
        Act::Grant(to) => {
            let delta = json!({ "policyDelta": { "bindingDeltas": [{ "action": "ADD", "role": "roles/compute.admin", "member": format!("user:{}", identity(to).0) }] } });
            of("cloudresourcemanager.googleapis.com", "SetIamPolicy", format!("projects/{PROJECT}"), delta)
        }
        Act::AskQuota(number) => {
            let region = site.location.rsplit_once('-').map_or(site.location, |(region, _)| region);
            let quota = [
                "CPUS-per-project-region",
                "NVIDIA-A100-GPUS-per-project-region",
                "SSD-TOTAL-GB-per-project-region",
            ][usize::from(*number) % 3];
            let preference = json!({ "service": "compute.googleapis.com", "quotaId": quota,
                "dimensions": { "region": region }, "quotaConfig": { "preferredValue": "512" } });
            of(
                "cloudquotas.googleapis.com",
                "google.api.cloudquotas.v1.CloudQuotas.CreateQuotaPreference",
                format!("projects/{PROJECT}/locations/global/quotaPreferences/{region}-{number}"),
                json!({ "parent": format!("projects/{PROJECT}/locations/global"), "quotaPreference": preference }),
            )
        }
        Act::Trail(on) => {
            let method = if *on {
                "google.logging.v2.ConfigServiceV2.CreateSink"
            } else {
                "google.logging.v2.ConfigServiceV2.DeleteSink"
            };
            of(
                "logging.googleapis.com",
                method,
                format!("projects/{PROJECT}/sinks/main"),
                json!({ "sink": { "name": "main", "destination": "bq" } }),
            )
        }
        Act::DropPolicy(name) => {
            of("compute.googleapis.com", "v1.compute.resourcePolicies.delete", policy(name), json!({}))
        }
        _ => return None,
    })
}

fn device(world: &World, machine: Id, slot: &str) -> String {
    if slot == "boot" { world.things[machine].name.clone() } else { slot.to_owned() }
}

fn launch(world: &World, thing: &Thing) -> Value {
    let image = match thing.source {
        Source::Thing(id) => path(&world.things[id]),
        _ => STOCK.to_owned(),
    };
    let disks = thing.slots.iter().map(|(slot, held)| {
        let disk = &world.things[held.disk];
        let boot = slot == "boot";
        // One that was there before is named; one that is made with the machine is described.
        if disk.born < thing.born {
            json!({ "boot": boot, "autoDelete": held.along, "source": url(&path(disk)), "deviceName": if boot { &thing.name } else { slot } })
        } else {
            json!({ "boot": boot, "autoDelete": held.along, "type": "PERSISTENT", "deviceName": if boot { &thing.name } else { slot },
                "initializeParams": { "diskName": disk.name, "sourceImage": image } })
        }
    });
    json!({ "@type": "type.googleapis.com/compute.instances.insert", "name": thing.name, "disks": disks.collect::<Vec<_>>() })
}
