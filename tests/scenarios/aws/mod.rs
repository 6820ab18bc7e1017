//! AWS: what the CLI prints of EC2, and CloudTrail records.

mod acts;
mod changes;
mod churn;
mod logs;
mod patterns;
mod residues;
mod reverts;

pub(crate) use acts::*;
pub(crate) use changes::*;
pub(crate) use logs::*;
pub(crate) use patterns::*;
pub(crate) use residues::*;
pub(crate) use reverts::*;

use driftline::model::{Kind, Provider};
use serde_json::{Value, json};

use crate::harness::{Listing, Log, Story};

pub(crate) const ACCOUNT: &str = "111122223333";
const REGION: &str = "eu-west-1";
const GROUP: &str = "web-asg";

/// Returns a story of instances before and after.
fn of_instances(before: &[Value], after: &[Value]) -> Story {
    Story::default().before(instances(before)).after(instances(after))
}

fn listing(kind: Kind, body: Value) -> Listing {
    Listing { provider: Provider::Aws, account: ACCOUNT, location: Some(REGION), kind, body }
}

/// Returns what `describe-instances` prints.
fn instances(instances: &[Value]) -> Listing {
    let body = json!({ "Reservations": [
        { "OwnerId": ACCOUNT, "ReservationId": "r-0000000a", "Instances": instances }] });
    listing(Kind::Instance, body)
}

/// Returns what `describe-volumes` prints.
fn volumes(volumes: &[Value]) -> Listing {
    listing(Kind::Volume, json!({ "Volumes": volumes }))
}

/// Returns what `describe-snapshots` prints.
fn snapshots(snapshots: &[Value]) -> Listing {
    listing(Kind::Snapshot, json!({ "Snapshots": snapshots }))
}

/// Returns a running instance.
fn instance(uid: &str, root: &str) -> Value {
    json!({
        "InstanceId": uid, "ImageId": "ami-0000000a", "InstanceType": "t3.micro", "ClientToken": format!("token-{uid}"),
        "State": { "Code": 16, "Name": "running" }, "LaunchTime": "2026-02-01T00:00:00.000Z",
        "Placement": { "AvailabilityZone": "eu-west-1a", "Tenancy": "default" },
        "RootDeviceName": "/dev/xvda", "RootDeviceType": "ebs",
        "MetadataOptions": { "HttpTokens": "required", "State": "applied" },
        "BlockDeviceMappings": [mapping("/dev/xvda", root, "2026-02-01T00:00:01.000Z", true)],
        "NetworkInterfaces": [], "SecurityGroups": [], "Tags": [],
    })
}

fn mapping(device: &str, volume: &str, since: &str, goes_along: bool) -> Value {
    json!({ "DeviceName": device, "Ebs": { "VolumeId": volume, "DeleteOnTermination": goes_along,
            "Status": "attached", "AttachTime": since } })
}

/// Returns an instance that was launched at a time of the day.
fn launched(uid: &str, root: &str, time: &str) -> Value {
    let time = format!("2026-03-01T{time}.000Z");
    let mut instance = instance(uid, root);
    instance["LaunchTime"] = json!(time);
    instance["BlockDeviceMappings"][0]["Ebs"]["AttachTime"] = json!(time);
    born(instance, &time)
}

/// Says when an instance was made, as its first interface tells it.
fn born(mut instance: Value, time: &str) -> Value {
    instance["NetworkInterfaces"] = json!([{ "NetworkInterfaceId": "eni-0000000b", "Status": "in-use",
        "Attachment": { "AttachTime": time, "DeviceIndex": 0, "Status": "attached" } }]);
    instance
}

fn tagged(mut resource: Value, key: &str, value: &str) -> Value {
    resource["Tags"].as_array_mut().unwrap().push(json!({ "Key": key, "Value": value }));
    resource
}

/// Returns a volume that is attached nowhere.
fn volume(uid: &str) -> Value {
    json!({
        "VolumeId": uid, "AvailabilityZone": "eu-west-1a", "Size": 8, "VolumeType": "gp3", "State": "available",
        "CreateTime": "2026-02-01T00:00:01.000Z", "Encrypted": false, "Attachments": [], "Tags": [],
    })
}

/// Returns a volume that was made with its instance.
fn root_of(uid: &str, instance: &str, made: &str, goes_along: bool) -> Value {
    let mut volume = volume(uid);
    volume["State"] = json!("in-use");
    volume["CreateTime"] = json!(made);
    volume["Attachments"] = json!([{ "VolumeId": uid, "InstanceId": instance, "Device": "/dev/xvda",
        "State": "attached", "AttachTime": made, "DeleteOnTermination": goes_along }]);
    volume
}

fn snapshot(uid: &str, volume: &str) -> Value {
    json!({
        "SnapshotId": uid, "VolumeId": volume, "State": "completed", "StartTime": "2026-02-20T00:00:00.000Z",
        "OwnerId": ACCOUNT, "VolumeSize": 8, "Progress": "100%", "Encrypted": false, "Description": "nightly",
        "StorageTier": "standard", "Tags": [],
    })
}

/// Returns a complete trail in one file.
fn trail(records: &[Value]) -> Log {
    trail_of(&[("a.json", records)])
}

/// Returns a complete trail in several files.
fn trail_of(files: &[(&str, &[Value])]) -> Log {
    let files =
        files.iter().map(|(name, records)| ((*name).to_owned(), json!({ "Records": records }).to_string()));
    Log::complete("cloudtrail", ACCOUNT, Some(REGION), files.collect())
}

/// Returns a call of EC2 that was answered.
fn call(id: &str, time: &str, operation: &str, request: Value, response: Value) -> Value {
    let mut record = json!({
        "eventVersion": "1.11", "userIdentity": user("alice"), "eventTime": format!("2026-03-01T{time}Z"),
        "eventSource": "ec2.amazonaws.com", "eventName": operation, "awsRegion": REGION,
        "sourceIPAddress": "203.0.113.5", "userAgent": "aws-cli/2", "requestID": format!("req-{id}"),
        "eventID": id, "readOnly": false, "eventType": "AwsApiCall", "managementEvent": true,
        "recipientAccountId": ACCOUNT, "eventCategory": "Management",
    });
    record["requestParameters"] = request;
    record["responseElements"] = response;
    record
}

/// Returns a call by somebody else.
fn by(identity: Value, mut record: Value) -> Value {
    if let Some(service) = identity.get("invokedBy").cloned() {
        record["sourceIPAddress"] = service.clone();
        record["userAgent"] = service;
    }
    record["userIdentity"] = identity;
    record
}

/// Returns a call that came to nothing.
fn refused(mut record: Value, code: &str) -> Value {
    record["errorCode"] = json!(code);
    record["errorMessage"] = json!("it came to nothing");
    record["responseElements"] = Value::Null;
    record
}

fn user(name: &str) -> Value {
    json!({ "type": "IAMUser", "principalId": format!("AIDA{}", name.to_uppercase()), "accountId": ACCOUNT,
            "arn": format!("arn:aws:iam::{ACCOUNT}:user/{name}"), "userName": name, "accessKeyId": "AKIAEXAMPLE" })
}

/// Returns a session of a role.
fn session(role: &str, id: &str, name: &str) -> Value {
    let bare = role.rsplit('/').next().unwrap();
    json!({
        "type": "AssumedRole", "principalId": format!("{id}:{name}"), "accountId": ACCOUNT,
        "arn": format!("arn:aws:sts::{ACCOUNT}:assumed-role/{bare}/{name}"), "accessKeyId": "ASIAEXAMPLE",
        "sessionContext": {
            "sessionIssuer": { "type": "Role", "principalId": id, "accountId": ACCOUNT, "userName": bare,
                               "arn": format!("arn:aws:iam::{ACCOUNT}:role/{role}") },
            "attributes": { "creationDate": "2026-03-01T09:00:00Z", "mfaAuthenticated": "false" },
        },
    })
}

/// Returns a session of a service-linked role, as the service calls with it.
fn service(dns: &str, role: &str, name: &str) -> Value {
    let mut identity = session(&format!("aws-service-role/{dns}/{role}"), "AROASERVICE", name);
    identity["invokedBy"] = json!(dns);
    identity
}

fn autoscaling() -> Value {
    service("autoscaling.amazonaws.com", "AWSServiceRoleForAutoScaling", "AutoScaling")
}

fn on_instance(uid: &str) -> Value {
    json!({ "instancesSet": { "items": [{ "instanceId": uid }] } })
}

fn terminate(id: &str, time: &str, uid: &str) -> Value {
    let response = json!({ "instancesSet": { "items": [{ "instanceId": uid,
        "currentState": { "code": 32, "name": "shutting-down" },
        "previousState": { "code": 16, "name": "running" } }] } });
    call(id, time, "TerminateInstances", on_instance(uid), response)
}

fn run(id: &str, time: &str, uid: &str) -> Value {
    let launch: driftline::model::Timestamp = format!("2026-03-01T{time}Z").parse().unwrap();
    let request = json!({ "instancesSet": { "items": [{ "imageId": "ami-0000000a", "minCount": 1, "maxCount": 1 }] },
        "instanceType": "t3.micro", "blockDeviceMapping": {}, "clientToken": format!("token-{uid}"),
        "disableApiTermination": false });
    let response = json!({ "reservationId": "r-0000000b", "ownerId": ACCOUNT, "groupSet": {},
        "instancesSet": { "items": [{ "instanceId": uid, "imageId": "ami-0000000a",
            "launchTime": launch.as_millisecond(), "blockDeviceMapping": {},
            "instanceState": { "code": 0, "name": "pending" },
            "networkInterfaceSet": { "items": [{ "networkInterfaceId": "eni-0000000b" }] } }] } });
    call(id, time, "RunInstances", request, response)
}

fn create_volume(id: &str, time: &str, uid: &str, snapshot: &str) -> Value {
    let request = json!({ "zone": "eu-west-1a", "snapshotId": snapshot, "size": "8" });
    let response = json!({ "volumeId": uid, "snapshotId": snapshot, "size": "8", "zone": "eu-west-1a",
        "status": "creating" });
    call(id, time, "CreateVolume", request, response)
}

fn attach(id: &str, time: &str, volume: &str, instance: &str) -> Value {
    let parts = json!({ "volumeId": volume, "instanceId": instance, "device": "/dev/xvda" });
    call(id, time, "AttachVolume", parts.clone(), parts)
}

fn detach(id: &str, time: &str, volume: &str, instance: &str) -> Value {
    let parts = json!({ "volumeId": volume, "instanceId": instance, "device": "/dev/xvda" });
    call(id, time, "DetachVolume", json!({ "volumeId": volume }), parts)
}

fn delete_snapshot(id: &str, time: &str, uid: &str) -> Value {
    call(id, time, "DeleteSnapshot", json!({ "snapshotId": uid }), json!({ "_return": true }))
}
