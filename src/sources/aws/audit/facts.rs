//! The parameters that matter for judging, by short stable names.
//!
//! Every fact has a row, or a reader of its own where its shape needs one. What no row names stays out:
//! user data, tokens, documents and commands never become facts.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::class::{attributes, set_to};
use super::native::Part::{self, Details, Request, Response};
use super::native::{Native, at, flag, member, text_of};
use super::trails;
use crate::sources::parse_time;

/// The facts of one event.
pub(super) type Facts = BTreeMap<String, Value>;

/// How a value becomes a fact.
#[derive(Clone, Copy)]
enum Form {
    /// The first scalar, as it stands.
    Plain,
    /// The first flag, bare or in words.
    Flag,
    /// The first number, bare or in words.
    Number,
    /// The first time, in RFC 3339.
    Time,
    /// All scalars, sorted.
    List,
    /// That there is one; its value is nobody's business.
    Present,
}

struct Fact {
    name: &'static str,
    operations: &'static [&'static str],
    part: Part,
    path: &'static str,
    form: Form,
}

const fn fact(
    name: &'static str,
    operations: &'static [&'static str],
    part: Part,
    path: &'static str,
    form: Form,
) -> Fact {
    Fact { name, operations, part, path, form }
}

const RUN: &[&str] = &["RunInstances"];
const REVERT: &[&str] = &["CreateReplaceRootVolumeTask"];
const METADATA: &[&str] = &["ModifyInstanceMetadataOptions", "ModifyInstanceMetadataDefaults"];
const PROFILE: &[&str] = &["AssociateIamInstanceProfile", "ReplaceIamInstanceProfileAssociation"];
const VOLUME: &[&str] = &["CreateVolume", "ModifyVolume", "CopyVolumes"];
const ATTACH: &[&str] = &["AttachVolume", "DetachVolume"];
const COPY: &[&str] = &["CopySnapshot", "CopyImage"];
const LOCK: &[&str] = &["LockSnapshot"];
const QUOTA: &[&str] = &["RequestServiceQuotaIncrease", "PutServiceQuotaIncreaseRequestIntoTemplate"];
const QUOTA_STATUS: &[&str] = &["UpdateServiceQuotaIncreaseRequestStatus"];
const RULE: &[&str] = &["CreateRule", "UpdateRule", "DeleteRule", "LockRule", "UnlockRule"];
const POLICY: &[&str] = &["CreateLifecyclePolicy", "UpdateLifecyclePolicy", "DeleteLifecyclePolicy"];
const TRAIL: &[&str] = &[
    "CreateTrail",
    "DeleteTrail",
    "PutEventSelectors",
    "PutInsightSelectors",
    "StartLogging",
    "StopLogging",
    "UpdateTrail",
];
const ASSUME: &[&str] = &["AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"];
const ISSUE: &[&str] = &[
    "AssumeRole",
    "AssumeRoleWithSAML",
    "AssumeRoleWithWebIdentity",
    "AssumeRoot",
    "GetFederationToken",
    "GetSessionToken",
];
const GROUP: &[&str] = &["CreateAutoScalingGroup", "SetDesiredCapacity", "UpdateAutoScalingGroup"];
/// Operations of IAM, KMS, Organizations and groups all name what they act on by the same members.
const NAMED: &[&str] = &[];

const FACTS: &[Fact] = &[
    fact("associate_public_ip", RUN, Request, "networkInterfaceSet/associatePublicIpAddress", Form::Flag),
    fact("disable_api_stop", RUN, Request, "disableApiStop", Form::Flag),
    fact("disable_api_termination", RUN, Request, "disableApiTermination", Form::Flag),
    fact("http_tokens", RUN, Request, "metadataOptions/httpTokens", Form::Plain),
    fact("iam_instance_profile", RUN, Request, "iamInstanceProfile/arn", Form::Plain),
    fact("iam_instance_profile", RUN, Request, "iamInstanceProfile/name", Form::Plain),
    fact("instance_type", RUN, Request, "instanceType", Form::Plain),
    fact("key_name", RUN, Request, "instancesSet/keyName", Form::Plain),
    fact("launch_time", RUN, Response, "instancesSet/launchTime", Form::Time),
    fact("max_count", RUN, Request, "instancesSet/maxCount", Form::Number),
    fact("min_count", RUN, Request, "instancesSet/minCount", Form::Number),
    fact("requester", RUN, Response, "requesterId", Form::Plain),
    fact("subnet", RUN, Request, "subnetId", Form::Plain),
    fact("user_data", RUN, Request, "userData", Form::Present),
    fact(
        "total_target_capacity",
        &["CreateFleet"],
        Request,
        "targetCapacitySpecification/totalTargetCapacity",
        Form::Number,
    ),
    fact(
        "previous_states",
        &["TerminateInstances", "StopInstances", "StartInstances"],
        Response,
        "instancesSet/previousState/name",
        Form::List,
    ),
    fact(
        "force",
        &["StopInstances", "DetachVolume", "DeleteSnapshot", "TerminateInstances"],
        Request,
        "force",
        Form::Flag,
    ),
    fact("hibernate", &["StopInstances"], Request, "hibernate", Form::Flag),
    fact("delete_replaced_root_volume", REVERT, Request, "deleteReplacedRootVolume", Form::Flag),
    fact("task_state", REVERT, Response, "replaceRootVolumeTask/taskState", Form::Plain),
    fact("http_endpoint", METADATA, Request, "httpEndpoint", Form::Plain),
    fact("http_put_response_hop_limit", METADATA, Request, "httpPutResponseHopLimit", Form::Number),
    fact("http_tokens", METADATA, Request, "httpTokens", Form::Plain),
    fact("instance_metadata_tags", METADATA, Request, "instanceMetadataTags", Form::Plain),
    fact("iam_instance_profile", PROFILE, Request, "iamInstanceProfile/arn", Form::Plain),
    fact("iam_instance_profile", PROFILE, Request, "iamInstanceProfile/name", Form::Plain),
    fact("encrypted", &["CreateVolume", "CopySnapshot", "CopyImage"], Request, "encrypted", Form::Flag),
    fact("iops", VOLUME, Request, "iops", Form::Number),
    fact("original_size", &["ModifyVolume"], Response, "volumeModification/originalSize", Form::Number),
    fact("size", VOLUME, Request, "size", Form::Number),
    fact("throughput", VOLUME, Request, "throughput", Form::Number),
    fact("volume_type", VOLUME, Request, "volumeType", Form::Plain),
    fact("zone", &["CreateVolume"], Request, "zone", Form::Plain),
    fact("zone", &["CreateVolume"], Request, "availabilityZone", Form::Plain),
    fact("delete_on_termination", ATTACH, Request, "deleteOnTermination", Form::Flag),
    fact("device", ATTACH, Request, "device", Form::Plain),
    fact("device", ATTACH, Response, "device", Form::Plain),
    fact("destination_region", COPY, Request, "destinationRegion", Form::Plain),
    fact("source_region", COPY, Request, "sourceRegion", Form::Plain),
    fact(
        "attribute",
        &["ModifySnapshotAttribute", "ModifyImageAttribute"],
        Request,
        "attributeType",
        Form::Plain,
    ),
    fact("lock_duration_days", LOCK, Request, "lockDuration", Form::Number),
    fact("lock_mode", LOCK, Request, "lockMode", Form::Plain),
    fact("storage_tier", &["ModifySnapshotTier"], Request, "storageTier", Form::Plain),
    fact("no_reboot", &["CreateImage"], Request, "noReboot", Form::Flag),
    fact(
        "delete_associated_snapshots",
        &["DeregisterImage"],
        Request,
        "deleteAssociatedSnapshots",
        Form::Flag,
    ),
    fact(
        "terminate_instances",
        &["DeleteFleets", "CancelSpotFleetRequests"],
        Request,
        "terminateInstances",
        Form::Flag,
    ),
    fact("os_user", &["SendSSHPublicKey"], Request, "instanceOSUser", Form::Plain),
    fact(
        "document",
        &["SendCommand", "StartSession", "StartAutomationExecution"],
        Request,
        "documentName",
        Form::Plain,
    ),
    fact(
        "ebs_encryption_by_default",
        &["EnableEbsEncryptionByDefault", "DisableEbsEncryptionByDefault"],
        Response,
        "ebsEncryptionByDefault",
        Form::Flag,
    ),
    fact(
        "image_block_public_access_state",
        &["EnableImageBlockPublicAccess", "DisableImageBlockPublicAccess"],
        Response,
        "imageBlockPublicAccessState",
        Form::Plain,
    ),
    fact(
        "serial_console_access_enabled",
        &["EnableSerialConsoleAccess", "DisableSerialConsoleAccess"],
        Response,
        "serialConsoleAccessEnabled",
        Form::Flag,
    ),
    fact(
        "state",
        &["EnableSnapshotBlockPublicAccess", "DisableSnapshotBlockPublicAccess"],
        Response,
        "state",
        Form::Plain,
    ),
    fact(
        "default_visibility",
        &["ModifyManagedResourceVisibility"],
        Request,
        "defaultVisibility",
        Form::Plain,
    ),
    fact("region", &["EnableRegion", "DisableRegion"], Request, "regionName", Form::Plain),
    fact("desired_value", QUOTA, Request, "desiredValue", Form::Number),
    fact("global", QUOTA, Response, "requestedQuota/globalQuota", Form::Flag),
    fact("quota", QUOTA, Request, "quotaCode", Form::Plain),
    fact("quota_service", QUOTA, Request, "serviceCode", Form::Plain),
    fact("region", QUOTA, Request, "awsRegion", Form::Plain),
    fact("request", QUOTA, Response, "requestedQuota/id", Form::Plain),
    fact("status", QUOTA, Response, "requestedQuota/status", Form::Plain),
    fact("desired_value", QUOTA_STATUS, Details, "newQuotaValue", Form::Number),
    fact("quota", QUOTA_STATUS, Details, "quotaName", Form::Plain),
    fact("request", QUOTA_STATUS, Details, "requestId", Form::Plain),
    fact("status", QUOTA_STATUS, Details, "newStatus", Form::Plain),
    fact("case_service", &["CreateCase"], Request, "serviceCode", Form::Plain),
    fact("resource_type", RULE, Request, "resourceType", Form::Plain),
    fact("retention_days", RULE, Request, "retentionPeriod/retentionPeriodValue", Form::Number),
    fact("rule", RULE, Request, "identifier", Form::Plain),
    fact("rule", RULE, Response, "identifier", Form::Plain),
    fact("policy", POLICY, Request, "policyId", Form::Plain),
    fact("policy", POLICY, Response, "policyId", Form::Plain),
    fact("state", POLICY, Request, "state", Form::Plain),
    fact("bucket", TRAIL, Request, "s3BucketName", Form::Plain),
    fact("log_file_validation", TRAIL, Request, "enableLogFileValidation", Form::Flag),
    fact("multi_region", TRAIL, Request, "isMultiRegionTrail", Form::Flag),
    fact("read_write_type", TRAIL, Request, "eventSelectors/readWriteType", Form::List),
    fact("trail", TRAIL, Request, "name", Form::Plain),
    fact("trail", TRAIL, Request, "trailName", Form::Plain),
    fact("desired_capacity", GROUP, Request, "desiredCapacity", Form::Number),
    fact("max_size", GROUP, Request, "maxSize", Form::Number),
    fact("min_size", GROUP, Request, "minSize", Form::Number),
    fact(
        "should_decrement",
        &["TerminateInstanceInAutoScalingGroup", "DetachInstances"],
        Request,
        "shouldDecrementDesiredCapacity",
        Form::Flag,
    ),
    fact("processes", &["SuspendProcesses", "ResumeProcesses"], Request, "scalingProcesses", Form::List),
    fact("assumed_role", ASSUME, Request, "roleArn", Form::Plain),
    fact("assumed_role_id", ASSUME, Response, "assumedRoleUser/assumedRoleId", Form::Plain),
    fact("session_name", ASSUME, Request, "roleSessionName", Form::Plain),
    fact("session_name", &["GetFederationToken"], Request, "name", Form::Plain),
    fact("source_identity", ASSUME, Request, "sourceIdentity", Form::Plain),
    fact("issued_credential", ISSUE, Response, "credentials/accessKeyId", Form::Plain),
    fact("issued_credential", &["CreateAccessKey"], Response, "accessKey/accessKeyId", Form::Plain),
    fact("principal_id", &["CreateUser"], Response, "user/userId", Form::Plain),
    fact("principal_id", &["CreateRole"], Response, "role/roleId", Form::Plain),
    fact("key_status", &["UpdateAccessKey"], Request, "status", Form::Plain),
    fact("pending_window_days", &["ScheduleKeyDeletion"], Request, "pendingWindowInDays", Form::Number),
    fact("grantee", &["CreateGrant"], Request, "granteePrincipal", Form::Plain),
    fact("destination_parent", &["MoveAccount"], Request, "destinationParentId", Form::Plain),
    fact("source_parent", &["MoveAccount"], Request, "sourceParentId", Form::Plain),
    fact("target", &["AttachPolicy", "DetachPolicy"], Request, "targetId", Form::Plain),
    fact("organization_account", NAMED, Request, "accountId", Form::Plain),
    fact("access_key", NAMED, Request, "accessKeyId", Form::Plain),
    fact("backup_vault", NAMED, Request, "backupVaultName", Form::Plain),
    fact("bucket", NAMED, Request, "bucketName", Form::Plain),
    fact("detector", NAMED, Request, "detectorId", Form::Plain),
    fact("group", NAMED, Request, "autoScalingGroupName", Form::Plain),
    fact("group", NAMED, Request, "groupName", Form::Plain),
    fact("instance_profile", NAMED, Request, "instanceProfileName", Form::Plain),
    fact("launch_template", NAMED, Request, "launchTemplateName", Form::Plain),
    fact("policy_arn", NAMED, Request, "policyArn", Form::Plain),
    fact("policy_name", NAMED, Request, "policyName", Form::Plain),
    fact("role", NAMED, Request, "roleName", Form::Plain),
    fact("user", NAMED, Request, "userName", Form::Plain),
];

/// Returns the facts of a record.
pub(super) fn facts(native: &Native, operation: &str, location: &str) -> Facts {
    let mut facts = Facts::new();
    for row in FACTS {
        let is_of = row.operations.is_empty() || row.operations.contains(&operation);
        if let Some(value) = is_of.then(|| row.form.read(&native.at(row.part, row.path))).flatten() {
            facts.entry(row.name.to_owned()).or_insert(value);
        }
    }
    match operation {
        "ModifyInstanceAttribute" | "ModifyImageAttribute" => of_attributes(native, &mut facts),
        "CreateTags" | "DeleteTags" => {
            list(&mut facts, "tag_keys", texts(native, &["tagSet/key", "tag/key"]));
        }
        "UpdateAssumeRolePolicy" | "CreateRole" => trusted(native, &mut facts),
        _ if operation.ends_with("ServiceQuotaIncrease") => quota_region(native, location, &mut facts),
        _ if operation.contains("SecurityGroup") => rules(native, &mut facts),
        _ => {}
    }
    if operation.ends_with("Attribute") {
        shares(native, &mut facts);
    }
    let reduces = trails::reduces(native, operation).unwrap_or_default();
    list(&mut facts, "reduces", reduces.into_iter().collect());
    facts
}

impl Form {
    fn read(self, values: &[&Value]) -> Option<Value> {
        match self {
            Self::Plain => values.iter().copied().find(|value| is_plain(value)).cloned(),
            Self::Flag => values.iter().find_map(|value| flag(value)).map(Value::Bool),
            Self::Number => values.iter().find_map(|value| number(value)),
            Self::Time => {
                values.iter().find_map(|value| parse_time(value).ok()).map(|it| json!(it.to_string()))
            }
            Self::List => {
                let texts: BTreeSet<&str> = values.iter().filter_map(|value| value.as_str()).collect();
                (!texts.is_empty()).then(|| json!(texts))
            }
            Self::Present => (!values.is_empty()).then_some(Value::Bool(true)),
        }
    }
}

fn is_plain(value: &Value) -> bool {
    value.is_boolean() || value.is_number() || value.as_str().is_some_and(|text| !text.is_empty())
}

fn number(value: &Value) -> Option<Value> {
    match value {
        Value::Number(_) => Some(value.clone()),
        Value::String(text) => text.parse::<i64>().map(Value::from).ok().or_else(|| {
            let number: f64 = text.parse().ok()?;
            serde_json::Number::from_f64(number).map(Value::Number)
        }),
        _ => None,
    }
}

fn list(facts: &mut Facts, name: &str, values: BTreeSet<String>) {
    if !values.is_empty() {
        facts.insert(name.to_owned(), values.into_iter().collect());
    }
}

fn texts(native: &Native, paths: &[&str]) -> BTreeSet<String> {
    let values = paths.iter().flat_map(|path| native.at(Request, path));
    values.filter_map(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned).collect()
}

/// The new value of the attribute that is changed; of user data only that it is.
fn of_attributes(native: &Native, facts: &mut Facts) {
    for (attribute, value) in attributes(native) {
        facts.insert("attribute".to_owned(), json!(attribute.member));
        let value = match attribute.member {
            "userData" => Some(Value::Bool(true)),
            "groupSet" => Some(json!(texts(native, &["groupSet/groupId"]))),
            "blockDeviceMapping" => value.map(kept_volumes),
            "launchPermission" => None,
            _ => value.and_then(scalar),
        };
        facts.extend(value.map(|value| (attribute.fact.to_owned(), value)));
    }
}

fn scalar(value: &Value) -> Option<Value> {
    if let Some(flag) = set_to(value) {
        return Some(Value::Bool(flag));
    }
    let value = member(value, "value").unwrap_or(value);
    is_plain(value).then(|| value.clone())
}

/// Which volumes go with their instance, by device.
fn kept_volumes(mappings: &Value) -> Value {
    let mut devices = serde_json::Map::new();
    let whole = json!({ "mapping": mappings });
    for mapping in at(&whole, "mapping") {
        let flag = at(mapping, "ebs/deleteOnTermination").into_iter().find_map(set_to);
        if let (Some(device), Some(flag)) = (text_of(mapping, "deviceName"), flag) {
            devices.insert(device.to_owned(), Value::Bool(flag));
        }
    }
    Value::Object(devices)
}

/// Who gained and who lost the use of a snapshot or an image; `all` is everybody.
fn shares(native: &Native, facts: &mut Facts) {
    for (name, way) in [("add_principals", "add"), ("remove_principals", "remove")] {
        let mut principals = BTreeSet::new();
        for permission in ["createVolumePermission", "launchPermission"] {
            for member in ["userId", "group", "organizationArn", "organizationalUnitArn"] {
                principals.extend(texts(native, &[&format!("{permission}/{way}/{member}")]));
            }
        }
        // The older form names one way for all.
        if native.text_at(Request, "operationType") == Some(way) {
            principals.extend(texts(native, &["userIdSet/userId", "userId", "groupSet/group", "userGroup"]));
        }
        list(facts, name, principals);
    }
}

/// The addresses and ports that a security group's rules name; those open to everybody apart.
fn rules(native: &Native, facts: &mut Facts) {
    const RULES: &[&str] = &["ipPermissions", "securityGroupRule/securityGroupRule"];
    let mut cidrs = texts(native, &["cidrIp", "cidrIpv4", "cidrIpv6"]);
    let mut ports: BTreeSet<String> = port(native.part(Request)).into_iter().collect();
    for rule in RULES.iter().flat_map(|path| native.at(Request, path)) {
        for path in ["ipRanges/cidrIp", "ipv6Ranges/cidrIpv6", "cidrIpv4", "cidrIpv6"] {
            cidrs.extend(at(rule, path).into_iter().filter_map(Value::as_str).map(str::to_owned));
        }
        ports.extend(port(rule));
    }
    let open = cidrs.iter().filter(|cidr| cidr.ends_with("/0")).cloned().collect();
    list(facts, "open_cidrs", open);
    list(facts, "cidrs", cidrs);
    list(facts, "ports", ports);
}

/// `tcp/22`, `tcp/1024-2048`, `all`.
fn port(rule: &Value) -> Option<String> {
    let protocol = text_of(rule, "ipProtocol").map(|it| if it == "-1" { "all" } else { it })?;
    let end = |name: &str| member(rule, name).and_then(number).and_then(|it| it.as_i64());
    Some(match (end("fromPort"), end("toPort")) {
        (Some(from), Some(to)) if from != to => format!("{protocol}/{from}-{to}"),
        (Some(one), _) if protocol != "all" => format!("{protocol}/{one}"),
        _ => protocol.to_owned(),
    })
}

/// A quota's region stands in its ARN, else it is where the call went.
fn quota_region(native: &Native, location: &str, facts: &mut Facts) {
    let arn = native.text_at(Response, "requestedQuota/quotaArn");
    let region = arn.and_then(|arn| arn.split(':').nth(3)).filter(|region| !region.is_empty());
    facts.insert("region".to_owned(), json!(region.unwrap_or(location)));
}

/// Whom a role trusts, by the document that says so.
fn trusted(native: &Native, facts: &mut Facts) {
    let document = ["policyDocument", "assumeRolePolicyDocument"]
        .into_iter()
        .find_map(|member| native.text_at(Request, member));
    let document: Option<Value> = document.and_then(|text| serde_json::from_str(text).ok());
    let Some(document) = document else { return };
    let mut principals = BTreeSet::new();
    for statement in at(&document, "Statement") {
        match member(statement, "Principal") {
            Some(Value::String(anybody)) => principals.extend([anybody.clone()]),
            Some(Value::Object(kinds)) => {
                let named = kinds.keys().flat_map(|kind| at(statement, &format!("Principal/{kind}")));
                principals.extend(named.filter_map(Value::as_str).map(str::to_owned));
            }
            _ => {}
        }
    }
    list(facts, "trusted_principals", principals);
}

#[cfg(test)]
mod tests {
    use super::super::tests::{called, event};
    use super::*;

    fn facts_of(operation: &str, request: Value, response: Value) -> Value {
        json!(event(called(operation, request, response)).facts)
    }

    #[test]
    fn a_share_names_who_gained_and_who_lost() {
        let request = json!({ "snapshotId": "snap-1", "attributeType": "CREATE_VOLUME_PERMISSION",
            "createVolumePermission": {
                "add": { "items": [{ "userId": "999988887777" }, { "group": "all" }] },
                "remove": { "items": [{ "userId": "444455556666" }] } } });
        let facts = facts_of("ModifySnapshotAttribute", request, json!({ "_return": true }));
        assert_eq!(facts["add_principals"], json!(["999988887777", "all"]));
        assert_eq!(facts["remove_principals"], json!(["444455556666"]));
    }

    #[test]
    fn rules_of_a_security_group_tell_what_they_open() {
        let request = json!({ "groupId": "sg-1", "ipPermissions": { "items": [
            { "ipProtocol": "tcp", "fromPort": 22, "toPort": 22,
              "ipRanges": { "items": [{ "cidrIp": "0.0.0.0/0" }, { "cidrIp": "192.0.2.0/24" }] },
              "ipv6Ranges": { "items": [{ "cidrIpv6": "::/0" }] } },
            { "ipProtocol": "-1", "groups": {}, "ipRanges": {} },
        ] } });
        let event = event(json!({
            "eventName": "AuthorizeSecurityGroupIngress", "requestParameters": request }));
        let facts = json!(event.facts);
        assert_eq!(facts["open_cidrs"], json!(["0.0.0.0/0", "::/0"]));
        assert_eq!(facts["cidrs"], json!(["0.0.0.0/0", "192.0.2.0/24", "::/0"]));
        assert_eq!(facts["ports"], json!(["all", "tcp/22"]));
        let group = event.targets.iter().next().unwrap();
        assert_eq!((group.kind, group.uid.as_ref().unwrap().as_str()), (None, "sg-1"));
        let flat = json!({ "groupId": "sg-1", "cidrIp": "0.0.0.0/0", "ipProtocol": "tcp", "fromPort": 1, "toPort": 9 });
        let facts = facts_of("AuthorizeSecurityGroupIngress", flat, json!(null));
        assert_eq!((&facts["open_cidrs"], &facts["ports"]), (&json!(["0.0.0.0/0"]), &json!(["tcp/1-9"])));
        let changed = json!({ "ModifySecurityGroupRulesRequest": { "GroupId": "sg-1", "SecurityGroupRule": {
            "SecurityGroupRuleId": "sgr-1", "SecurityGroupRule": {
                "CidrIpv4": "0.0.0.0/0", "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22 }, "tag": 1 } } });
        let facts = facts_of("ModifySecurityGroupRules", changed, json!(null));
        assert_eq!((&facts["open_cidrs"], &facts["ports"]), (&json!(["0.0.0.0/0"]), &json!(["tcp/22"])));
    }

    #[test]
    fn a_changed_attribute_is_told_and_user_data_never() {
        let facts = |request: Value| facts_of("ModifyInstanceAttribute", request, json!(null));
        let kept = facts(json!({ "instanceId": "i-1", "blockDeviceMapping": { "items": [
            { "deviceName": "/dev/xvda", "ebs": { "deleteOnTermination": true } }] } }));
        assert_eq!(kept["delete_on_termination"], json!({ "/dev/xvda": true }));
        let unprotected = facts(json!({ "instanceId": "i-1", "disableApiTermination": { "value": false } }));
        assert_eq!(unprotected["disable_api_termination"], false);
        let sized = facts(json!({ "instanceId": "i-1", "instanceType": { "value": "p4d.24xlarge" } }));
        assert_eq!(sized["instance_type"], "p4d.24xlarge");
        let scripted =
            facts(json!({ "instanceId": "i-1", "attribute": "userData", "value": "aHVudGVyMg==" }));
        assert_eq!(scripted, json!({ "attribute": "userData", "user_data": true }));
    }

    #[test]
    fn a_quota_is_asked_for_in_a_region() {
        let request = json!({ "serviceCode": "ec2", "quotaCode": "L-1216C47A", "desiredValue": 512.0 });
        let ask = |response: Value| {
            json!(
                event(json!({
                    "eventSource": "servicequotas.amazonaws.com", "eventName": "RequestServiceQuotaIncrease",
                    "requestParameters": request, "responseElements": response }))
                .facts
            )
        };
        let arn = "arn:aws:servicequotas:ap-south-1:111122223333:ec2/L-1216C47A";
        let facts = ask(json!({ "requestedQuota": {
            "id": "q-1", "status": "PENDING", "quotaArn": arn, "globalQuota": false } }));
        let expected = json!({ "desired_value": 512.0, "global": false, "quota": "L-1216C47A",
            "quota_service": "ec2", "region": "ap-south-1", "request": "q-1", "status": "PENDING" });
        assert_eq!(facts, expected);
        assert_eq!(ask(json!(null))["region"], "eu-west-1");
    }

    #[test]
    fn flags_of_what_goes_along_are_told() {
        let image = json!({ "imageId": "ami-1", "deleteAssociatedSnapshots": true });
        assert_eq!(facts_of("DeregisterImage", image, json!(null))["delete_associated_snapshots"], true);
        let root = json!({ "CreateReplaceRootVolumeTaskRequest": { "InstanceId": "i-1", "DeleteReplacedRootVolume": true } });
        assert_eq!(
            facts_of("CreateReplaceRootVolumeTask", root, json!(null))["delete_replaced_root_volume"],
            true
        );
    }

    #[test]
    fn whom_a_role_trusts_is_read_from_its_document() {
        let document = r#"{"Statement":[{"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::999988887777:root"],
            "Service":"ec2.amazonaws.com"}},{"Principal":"*"}]}"#;
        let facts = json!(
            event(json!({
                "eventSource": "iam.amazonaws.com", "eventName": "UpdateAssumeRolePolicy",
                "requestParameters": { "roleName": "admin", "policyDocument": document } }))
            .facts
        );
        let expected = json!(["*", "arn:aws:iam::999988887777:root", "ec2.amazonaws.com"]);
        assert_eq!((&facts["trusted_principals"], &facts["role"]), (&expected, &json!("admin")));
    }

    #[test]
    fn no_fact_has_two_forms() {
        for row in FACTS {
            let other = FACTS.iter().find(|it| {
                it.name == row.name
                    && it.operations == row.operations
                    && it.part == row.part
                    && it.path == row.path
            });
            assert!(std::ptr::eq(other.unwrap(), row), "{} stands twice", row.name);
        }
    }
}
