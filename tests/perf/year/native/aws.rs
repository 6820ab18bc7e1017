//! EC2 and `CloudTrail`.

use driftline::model::Kind;
use serde_json::{Map, Value, json};

use super::{Act, spelled};
use crate::estate::{Id, Site, Source, Thing};
use crate::people::{Who, code};
use crate::world::World;

/// What the vendor calls its own image.
const STOCK: &str = "ami-0c0ffee0c0ffee000";

/// Returns a thing as EC2 describes it, and what a separate call tells.
pub(super) fn thing(world: &World, id: Id) -> (Value, Option<Value>) {
    let thing = &world.things[id];
    match thing.kind {
        Kind::Instance => (machine(world, thing), Some(attributes(thing))),
        Kind::Volume => (disk(world, thing), None),
        Kind::Snapshot => {
            let told = thing.guests.iter().map(|guest| json!({ "UserId": guest }));
            let overlay =
                json!({ "SnapshotId": thing.uid, "CreateVolumePermissions": told.collect::<Vec<_>>() });
            (snapshot(world, thing), Some(overlay))
        }
        _ => {
            let told = thing.guests.iter().map(|guest| json!({ "UserId": guest }));
            let overlay = json!({ "ImageId": thing.uid, "LaunchPermissions": told.collect::<Vec<_>>() });
            (image(world, thing), Some(overlay))
        }
    }
}

/// Returns what a machine's reservation tells.
pub(super) fn reservation(thing: &Thing) -> Map<String, Value> {
    let mut around = Map::new();
    around.insert("OwnerId".to_owned(), thing.site.account.into());
    around.insert("ReservationId".to_owned(), format!("r-{}", &thing.uid[2..]).into());
    around
}

fn tags(thing: &Thing) -> Value {
    let own = thing.tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value }));
    let name = json!({ "Key": "Name", "Value": thing.name });
    own.chain([name]).collect()
}

fn zone(site: &Site) -> String {
    format!("{}a", site.location)
}

fn machine(world: &World, thing: &Thing) -> Value {
    let mappings = thing.slots.iter().map(|(slot, held)| {
        json!({ "DeviceName": slot, "Ebs": { "VolumeId": world.things[held.disk].uid, "Status": "attached",
            "DeleteOnTermination": held.along, "AttachTime": spelled(held.since) } })
    });
    let address =
        format!("10.{}.{}.{}", thing.address >> 16 & 255, thing.address >> 8 & 255, thing.address & 255);
    let interface = format!("eni-{}", &thing.uid[2..]);
    let mut body = json!({
        "InstanceId": thing.uid, "ImageId": source(world, thing).unwrap_or(STOCK), "InstanceType": thing.model(),
        "ClientToken": format!("token-{}", thing.uid),
        "State": if thing.running { json!({ "Code": 16, "Name": "running" }) } else { json!({ "Code": 80, "Name": "stopped" }) },
        "LaunchTime": spelled(thing.started), "Placement": { "AvailabilityZone": zone(thing.site), "Tenancy": "default" },
        "RootDeviceName": thing.root_slot(), "RootDeviceType": "ebs", "Architecture": "x86_64",
        "MetadataOptions": { "HttpTokens": "required", "State": "applied" },
        "BlockDeviceMappings": mappings.collect::<Vec<_>>(),
        "IamInstanceProfile": { "Arn": format!("arn:aws:iam::{}:instance-profile/app-{}", thing.site.account, thing.profile),
                                "Id": code("AIPA", &format!("{}", thing.profile)) },
        "PrivateIpAddress": address, "SubnetId": "subnet-0a000000000000001", "VpcId": "vpc-0a000000000000001",
        "NetworkInterfaces": [{ "NetworkInterfaceId": interface, "Status": "in-use", "PrivateIpAddress": address,
            "Attachment": { "AttachTime": spelled(thing.born), "DeviceIndex": 0, "Status": "attached",
                            "AttachmentId": format!("eni-attach-{}", &thing.uid[2..]) } }],
        "SecurityGroups": [{ "GroupId": "sg-0a000000000000001", "GroupName": "app" }],
        "Tags": tags(thing),
    });
    if thing.spot {
        body["InstanceLifecycle"] = "spot".into();
    }
    if !thing.running && !thing.stop_code.is_empty() {
        body["StateReason"] = json!({ "Code": thing.stop_code, "Message": thing.stop_code });
    }
    body
}

fn attributes(thing: &Thing) -> Value {
    let script = format!("IyEvYmluL3No{:08}", thing.script);
    json!({ "InstanceId": thing.uid, "DisableApiTermination": { "Value": thing.locked },
            "UserData": { "Value": script } })
}

fn source<'a>(world: &'a World, thing: &Thing) -> Option<&'a str> {
    match thing.source {
        Source::Thing(id) => Some(&world.things[id].uid),
        Source::Nothing | Source::Stock => None,
    }
}

fn disk(world: &World, thing: &Thing) -> Value {
    let mut body = json!({
        "VolumeId": thing.uid, "AvailabilityZone": zone(thing.site), "Size": thing.size, "VolumeType": "gp3", "Iops": 3000,
        "State": if thing.held.is_some() { "in-use" } else { "available" }, "CreateTime": spelled(thing.born),
        "Encrypted": thing.encrypted, "Attachments": [], "Tags": tags(thing),
    });
    if let Some((machine, slot, since)) = &thing.held {
        let along = world.things[*machine].slots.get(slot).is_some_and(|held| held.along);
        body["Attachments"] = json!([{ "VolumeId": thing.uid, "InstanceId": world.things[*machine].uid, "Device": slot,
            "State": "attached", "AttachTime": spelled(*since), "DeleteOnTermination": along }]);
    }
    body["SnapshotId"] = match thing.source {
        // The root of a machine descends from the snapshot behind its image.
        Source::Thing(id) if world.things[id].kind == Kind::Image => backing(world, id).into(),
        Source::Thing(id) if world.things[id].kind == Kind::Snapshot => world.things[id].uid.clone().into(),
        Source::Stock => "snap-0c0ffee0c0ffee000".into(),
        _ => "".into(),
    };
    body
}

fn backing(world: &World, image: Id) -> String {
    let root = world.things[image].slots.values().next();
    root.map_or_else(|| "snap-0c0ffee0c0ffee000".to_owned(), |slot| world.things[slot.disk].uid.clone())
}

fn snapshot(world: &World, thing: &Thing) -> Value {
    let copied = matches!(thing.source, Source::Thing(id) if world.things[id].kind == Kind::Snapshot);
    let volume = if copied { "vol-ffffffff" } else { source(world, thing).unwrap_or("vol-ffffffff") };
    let description = match source(world, thing).filter(|_| copied) {
        Some(from) => format!("[Copied {from} from {}] copy", thing.site.location),
        None => "snapshot".to_owned(),
    };
    let mut body = json!({
        "SnapshotId": thing.uid, "VolumeId": volume, "State": "completed", "StartTime": spelled(thing.born),
        "OwnerId": thing.site.account, "VolumeSize": thing.size, "Progress": "100%", "Encrypted": thing.encrypted,
        "Description": description, "StorageTier": "standard", "Tags": tags(thing),
    });
    if copied {
        body["TransferType"] = "standard".into();
    }
    body
}

fn image(world: &World, thing: &Thing) -> Value {
    let mappings = thing.slots.iter().map(|(slot, held)| {
        let size = world.things[held.disk].size;
        json!({ "DeviceName": slot, "Ebs": { "SnapshotId": world.things[held.disk].uid, "VolumeSize": size,
            "DeleteOnTermination": true, "VolumeType": "gp3", "Encrypted": thing.encrypted } })
    });
    let mut body = json!({
        "ImageId": thing.uid, "Name": thing.name, "ImageLocation": format!("{}/{}", thing.site.account, thing.name),
        "OwnerId": thing.site.account, "State": "available", "CreationDate": spelled(thing.born), "Public": false,
        "Architecture": "x86_64", "RootDeviceName": "/dev/xvda", "RootDeviceType": "ebs", "Tags": tags(thing),
        "VirtualizationType": "hvm", "BlockDeviceMappings": mappings.collect::<Vec<_>>(),
    });
    if let Source::Thing(id) = thing.source
        && world.things[id].kind == Kind::Instance
    {
        body["SourceInstanceId"] = world.things[id].uid.clone().into();
    }
    body
}

/// Returns who calls, as `CloudTrail` has it.
fn identity(site: &Site, who: &Who) -> Value {
    let account = site.account;
    let session = |path: &str, role: &str, name: &str| {
        let id = code("AROA", &format!("{role}{account}"));
        json!({
            "type": "AssumedRole", "principalId": format!("{id}:{name}"), "accountId": account,
            "arn": format!("arn:aws:sts::{account}:assumed-role/{role}/{name}"), "accessKeyId": code("ASIA", name),
            "sessionContext": {
                "sessionIssuer": { "type": "Role", "principalId": id, "accountId": account, "userName": role,
                                   "arn": format!("arn:aws:iam::{account}:role/{path}{role}") },
                "attributes": { "creationDate": "2026-01-01T00:00:00Z", "mfaAuthenticated": "false" },
            },
        })
    };
    match who {
        Who::Person(name) => session(
            "aws-reserved/sso.amazonaws.com/",
            "AWSReservedSSO_Operator_0123456789abcdef",
            &format!("{name}@northwick.example"),
        ),
        Who::KeyHolder(name) => {
            json!({ "type": "IAMUser", "principalId": code("AIDA", name), "accountId": account,
            "arn": format!("arn:aws:iam::{account}:user/{name}"), "userName": name, "accessKeyId": code("AKIA", name) })
        }
        Who::Pipeline(role, run) => session("", role, run),
        Who::Program(role) => session("", role, role),
        Who::Service("autoscaling") => {
            let path = "aws-service-role/autoscaling.amazonaws.com/";
            let mut identity = session(path, "AWSServiceRoleForAutoScaling", "AutoScaling");
            identity["invokedBy"] = "autoscaling.amazonaws.com".into();
            identity
        }
        Who::Service("spot") => json!({ "accountId": account, "invokedBy": "ec2.amazonaws.com" }),
        Who::Service(_) => {
            let mut identity = session("service-role/", "AWSDataLifecycleManagerDefaultRole", "dlm");
            identity["invokedBy"] = "dlm.amazonaws.com".into();
            identity
        }
    }
}

/// Returns what `CloudTrail` holds of an act.
pub(super) fn records(world: &mut World, site: &'static Site, who: &Who, act: &Act) -> Vec<Value> {
    let Some((service, name, request, response)) = call(world, site, act) else { return Vec::new() };
    let number = world.next();
    let identity = identity(site, who);
    let invoker = identity.get("invokedBy").cloned();
    let mut record = json!({
        "eventVersion": "1.11", "userIdentity": identity, "eventTime": world.now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "eventSource": format!("{service}.amazonaws.com"), "eventName": name, "awsRegion": site.location,
        "sourceIPAddress": invoker.clone().unwrap_or_else(|| who.address().into()),
        "userAgent": invoker.unwrap_or_else(|| who.agent().into()), "requestID": format!("req-{number}"),
        "eventID": format!("{number:08x}-0000-4000-8000-{:012x}", number), "readOnly": false, "eventType": "AwsApiCall",
        "managementEvent": true, "recipientAccountId": site.account, "eventCategory": "Management",
        "requestParameters": request, "responseElements": response,
    });
    if let Act::Evict(id) = act {
        record["eventType"] = "AwsServiceEvent".into();
        record["serviceEventDetails"] = json!({ "instanceIdSet": [world.things[*id].uid] });
    }
    vec![record]
}

type Call = (&'static str, &'static str, Value, Value);

fn call(world: &World, site: &Site, act: &Act) -> Option<Call> {
    let rooms = [on_machine, on_disk, on_copy, on_account];
    rooms.into_iter().find_map(|room| room(world, site, act))
}

/// What is done to machines.
fn on_machine(world: &World, site: &Site, act: &Act) -> Option<Call> {
    let uid = |id: &Id| world.things[*id].uid.as_str();
    let on = |id: &Id| json!({ "instancesSet": { "items": [{ "instanceId": uid(id) }] } });
    let done = || json!({ "_return": true });
    let modified = |id: &Id, what: &str, value: Value| {
        let mut request = json!({ "instanceId": uid(id) });
        request[what] = value;
        ("ec2", "ModifyInstanceAttribute", request, done())
    };
    Some(match act {
        Act::Launch(id) => launch(world, &world.things[*id]),
        Act::Terminate(id) => {
            let was = json!({ "instancesSet": { "items": [{ "instanceId": uid(id), "currentState": { "code": 32, "name": "shutting-down" },
                "previousState": { "code": 16, "name": "running" } }] } });
            ("ec2", "TerminateInstances", on(id), was)
        }
        Act::Start(id) => ("ec2", "StartInstances", on(id), on(id)),
        Act::Stop(id) => ("ec2", "StopInstances", on(id), on(id)),
        Act::Reboot(id) => ("ec2", "RebootInstances", on(id), done()),
        Act::Resize(id) => modified(id, "instanceType", json!({ "value": world.things[*id].model() })),
        Act::Script(id) => modified(id, "userData", json!("<sensitiveDataRemoved>")),
        Act::Lock(id, locked) => modified(id, "disableApiTermination", json!({ "value": locked })),
        Act::Profile(id) => {
            let name =
                format!("arn:aws:iam::{}:instance-profile/app-{}", site.account, world.things[*id].profile);
            (
                "ec2",
                "ReplaceIamInstanceProfileAssociation",
                json!({ "ReplaceIamInstanceProfileAssociationRequest": { "AssociationId": "iip-assoc-0a1",
                "IamInstanceProfile": { "Arn": name } } }),
                json!({ "ReplaceIamInstanceProfileAssociationResponse": { "iamInstanceProfileAssociation": { "instanceId": uid(id) } } }),
            )
        }
        Act::Replace(id, snapshot) => (
            "ec2",
            "CreateReplaceRootVolumeTask",
            json!({ "CreateReplaceRootVolumeTaskRequest": { "InstanceId": uid(id), "SnapshotId": uid(snapshot) } }),
            json!({ "CreateReplaceRootVolumeTaskResponse": { "replaceRootVolumeTask": { "instanceId": uid(id),
                "replaceRootVolumeTaskId": "replacevol-0a123456789abcdef", "taskState": "pending", "snapshotId": uid(snapshot) } } }),
        ),
        Act::Evict(_) => ("ec2", "BidEvictedEvent", Value::Null, Value::Null),
        _ => return None,
    })
}

/// What is done to disks.
fn on_disk(world: &World, site: &Site, act: &Act) -> Option<Call> {
    let uid = |id: &Id| world.things[*id].uid.as_str();
    let done = || json!({ "_return": true });
    let attach = |disk: &Id, machine: &Id, slot: &String| json!({ "volumeId": uid(disk), "instanceId": uid(machine), "device": slot });
    Some(match act {
        Act::MakeDisk(id) => {
            let thing = &world.things[*id];
            let mut request = json!({ "zone": zone(site), "size": thing.size.to_string(), "volumeType": "gp3", "encrypted": thing.encrypted });
            if let Some(from) = source(world, thing) {
                request["snapshotId"] = from.into();
            }
            (
                "ec2",
                "CreateVolume",
                request.clone(),
                json!({ "volumeId": thing.uid, "size": thing.size.to_string(), "zone": zone(site),
                "status": "creating", "snapshotId": source(world, thing).unwrap_or_default() }),
            )
        }
        Act::Attach(disk, machine, slot) => {
            ("ec2", "AttachVolume", attach(disk, machine, slot), attach(disk, machine, slot))
        }
        Act::Detach(disk, machine, slot) => {
            ("ec2", "DetachVolume", json!({ "volumeId": uid(disk) }), attach(disk, machine, slot))
        }
        Act::DeleteDisk(id) => ("ec2", "DeleteVolume", json!({ "volumeId": uid(id) }), done()),
        Act::Grow(id) => (
            "ec2",
            "ModifyVolume",
            json!({ "ModifyVolumeRequest": { "VolumeId": uid(id), "Size": world.things[*id].size } }),
            json!({ "ModifyVolumeResponse": { "volumeModification": { "volumeId": uid(id), "modificationState": "modifying" } } }),
        ),
        _ => return None,
    })
}

/// What is done to snapshots and images.
fn on_copy(world: &World, _: &Site, act: &Act) -> Option<Call> {
    let uid = |id: &Id| world.things[*id].uid.as_str();
    let done = || json!({ "_return": true });
    Some(match act {
        Act::Snap(id) => {
            let volume = source(world, &world.things[*id]).unwrap_or_default();
            (
                "ec2",
                "CreateSnapshot",
                json!({ "volumeId": volume, "description": "snapshot" }),
                json!({ "snapshotId": uid(id), "volumeId": volume, "status": "pending" }),
            )
        }
        Act::CopySnap(id, from) => (
            "ec2",
            "CopySnapshot",
            json!({ "sourceRegion": world.things[*from].site.location, "sourceSnapshotId": uid(from), "encrypted": true }),
            json!({ "snapshotId": uid(id) }),
        ),
        Act::DeleteSnap(id) => ("ec2", "DeleteSnapshot", json!({ "snapshotId": uid(id) }), done()),
        Act::Share(id, guest, add) => share(&world.things[*id], guest, *add),
        Act::Capture(id) => (
            "ec2",
            "CreateImage",
            json!({ "instanceId": source(world, &world.things[*id]).unwrap_or_default(), "name": world.things[*id].name, "noReboot": true }),
            json!({ "imageId": uid(id) }),
        ),
        Act::Register(id, snapshot) => (
            "ec2",
            "RegisterImage",
            json!({ "name": world.things[*id].name, "rootDeviceName": "/dev/xvda", "blockDeviceMapping": { "items": [
                { "deviceName": "/dev/xvda", "ebs": { "snapshotId": uid(snapshot), "volumeSize": 20 } }] } }),
            json!({ "imageId": uid(id) }),
        ),
        Act::DeleteImage(id) => ("ec2", "DeregisterImage", json!({ "imageId": uid(id) }), done()),
        _ => return None,
    })
}

/// What is done to the rest.
fn on_account(world: &World, site: &Site, act: &Act) -> Option<Call> {
    let uid = |id: &Id| world.things[*id].uid.as_str();
    let done = || json!({ "_return": true });
    Some(match act {
        Act::Tag(id, key, value) => (
            "ec2",
            "CreateTags",
            json!({ "resourcesSet": { "items": [{ "resourceId": uid(id) }] }, "tagSet": { "items": [{ "key": key, "value": value }] } }),
            done(),
        ),
        Act::Firewall(open) => (
            "ec2",
            if *open { "AuthorizeSecurityGroupIngress" } else { "RevokeSecurityGroupIngress" },
            json!({ "groupId": "sg-0a000000000000001", "ipPermissions": { "items": [{ "ipProtocol": "tcp", "fromPort": 22,
                "toPort": 22, "ipRanges": { "items": [{ "cidrIp": "0.0.0.0/0" }] } }] } }),
            done(),
        ),
        Act::Grant(to) => (
            "iam",
            "AttachUserPolicy",
            json!({ "userName": to.name(), "policyArn": "arn:aws:iam::aws:policy/AmazonEC2FullAccess" }),
            Value::Null,
        ),
        Act::AskQuota(number) => {
            let quota = ["L-1216C47A", "L-417A185B", "L-DB2E81BA"][usize::from(*number) % 3];
            let arn = format!("arn:aws:servicequotas:{}:{}:ec2/{quota}", site.location, site.account);
            let request = json!({ "serviceCode": "ec2", "quotaCode": quota, "desiredValue": 512 });
            let answer = json!({ "requestedQuota": { "id": format!("req{number}"), "status": "PENDING",
                "quotaCode": quota, "desiredValue": 512, "quotaArn": arn } });
            ("servicequotas", "RequestServiceQuotaIncrease", request, answer)
        }
        Act::EnableRegion => ("account", "EnableRegion", json!({ "RegionName": site.location }), Value::Null),
        Act::Trail(on) => (
            "cloudtrail",
            if *on { "StartLogging" } else { "StopLogging" },
            json!({ "name": format!("arn:aws:cloudtrail:eu-west-1:{}:trail/main", site.account) }),
            Value::Null,
        ),
        Act::DropPolicy(policy) => {
            ("dlm", "DeleteLifecyclePolicy", json!({ "policyId": policy }), Value::Null)
        }
        Act::Vault => (
            "backup",
            "DeleteBackupVaultLockConfiguration",
            json!({ "backupVaultName": "main" }),
            Value::Null,
        ),
        _ => return None,
    })
}

fn share(thing: &Thing, guest: &str, add: bool) -> Call {
    let way = if add { "add" } else { "remove" };
    let permission = json!({ way: { "items": [{ "userId": guest }] } });
    if thing.kind == Kind::Snapshot {
        let request = json!({ "snapshotId": thing.uid, "attributeType": "CREATE_VOLUME_PERMISSION", "createVolumePermission": permission });
        ("ec2", "ModifySnapshotAttribute", request, json!({ "_return": true }))
    } else {
        let request = json!({ "imageId": thing.uid, "attributeType": "launchPermission", "launchPermission": permission });
        ("ec2", "ModifyImageAttribute", request, json!({ "_return": true }))
    }
}

fn launch(world: &World, thing: &Thing) -> Call {
    let image = source(world, thing).unwrap_or(STOCK);
    let token = format!("token-{}", thing.uid);
    let request = json!({ "instancesSet": { "items": [{ "imageId": image, "minCount": 1, "maxCount": 1 }] },
        "instanceType": thing.model(), "blockDeviceMapping": {}, "clientToken": token, "disableApiTermination": thing.locked });
    let response = json!({ "reservationId": format!("r-{}", &thing.uid[2..]), "ownerId": thing.site.account, "groupSet": {},
        "instancesSet": { "items": [{ "instanceId": thing.uid, "imageId": image, "launchTime": thing.started.as_millisecond(),
            "blockDeviceMapping": {}, "instanceState": { "code": 0, "name": "pending" }, "clientToken": token,
            "networkInterfaceSet": { "items": [{ "networkInterfaceId": format!("eni-{}", &thing.uid[2..]) }] } }] } });
    ("ec2", "RunInstances", request, response)
}
