//! The operations that the recorder records, and how CloudTrail spells what was asked and answered.

/// In which of its two styles CloudTrail records an operation (SEMANTICS E.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// Only the rows' members, in camel case, lists below `items`.
    Legacy { request: &'static [(&'static str, &'static str)], response: &'static [&'static str] },
    /// Everything as it is, below the names of request and response.
    Wrapped,
}

/// An operation.
#[derive(Debug)]
pub(super) struct Operation {
    pub(super) name: &'static str,
    pub(super) style: Style,
}

const fn legacy(
    name: &'static str,
    request: &'static [(&'static str, &'static str)],
    response: &'static [&'static str],
) -> Operation {
    Operation { name, style: Style::Legacy { request, response } }
}

const fn wrapped(name: &'static str) -> Operation {
    Operation { name, style: Style::Wrapped }
}

/// An answer that says no more than that it was done.
const DONE: &[&str] = &["requestId", "_return"];

/// The instances that a call names.
const INSTANCES: &[(&str, &str)] = &[("InstanceId.#", "instancesSet.items[].instanceId")];

/// What such a call answers.
const STATES: &[&str] = &[
    "requestId",
    "instancesSet.items.instanceId",
    "instancesSet.items.currentState",
    "instancesSet.items.previousState",
];

const ATTACHMENT: &[(&str, &str)] =
    &[("VolumeId", "volumeId"), ("InstanceId", "instanceId"), ("Device", "device")];

const ATTACHED: &[&str] = &["requestId", "volumeId", "instanceId", "device", "status", "attachTime"];

/// Every operation that is recorded. `#` stands for a number in the name of a form's field, `[]` for its list.
pub(super) const OPERATIONS: &[Operation] = &[
    legacy("RunInstances", LAUNCH, LAUNCHED),
    legacy("TerminateInstances", INSTANCES, STATES),
    legacy("StopInstances", INSTANCES, STATES),
    legacy("StartInstances", INSTANCES, STATES),
    legacy(
        "ModifyInstanceAttribute",
        &[("InstanceId", "instanceId"), ("Attribute", "attribute"), ("Value", "value")],
        DONE,
    ),
    legacy(
        "CreateVolume",
        &[
            ("AvailabilityZone", "zone"),
            ("Size", "size"),
            ("SnapshotId", "snapshotId"),
            ("ClientToken", "clientToken"),
        ],
        &["volumeId", "size", "snapshotId", "zone", "status", "createTime", "encrypted", "volumeType"],
    ),
    legacy("AttachVolume", ATTACHMENT, ATTACHED),
    legacy("DetachVolume", ATTACHMENT, ATTACHED),
    legacy("DeleteVolume", &[("VolumeId", "volumeId")], DONE),
    legacy(
        "CreateSnapshot",
        &[("VolumeId", "volumeId"), ("Description", "description")],
        &[
            "requestId",
            "snapshotId",
            "volumeId",
            "status",
            "startTime",
            "ownerId",
            "volumeSize",
            "description",
        ],
    ),
    legacy("DeleteSnapshot", &[("SnapshotId", "snapshotId")], DONE),
    legacy(
        "ModifySnapshotAttribute",
        &[
            ("SnapshotId", "snapshotId"),
            ("Attribute", "attributeType"),
            ("UserId.#", "createVolumePermission.add.items[].userId"),
        ],
        DONE,
    ),
    legacy(
        "RegisterImage",
        &[
            ("Name", "name"),
            ("RootDeviceName", "rootDeviceName"),
            ("BlockDeviceMapping.#.DeviceName", "blockDeviceMapping.items[].deviceName"),
            ("BlockDeviceMapping.#.Ebs.SnapshotId", "blockDeviceMapping.items[].ebs.snapshotId"),
        ],
        &["requestId", "imageId"],
    ),
    legacy(
        "AuthorizeSecurityGroupIngress",
        &[
            ("GroupId", "groupId"),
            ("IpPermissions.#.IpProtocol", "ipPermissions.items[].ipProtocol"),
            ("IpPermissions.#.FromPort", "ipPermissions.items[].fromPort"),
            ("IpPermissions.#.ToPort", "ipPermissions.items[].toPort"),
            ("IpPermissions.#.IpRanges.#.CidrIp", "ipPermissions.items[].ipRanges.items[].cidrIp"),
        ],
        &[
            "requestId",
            "_return",
            "securityGroupRuleSet.items.securityGroupRuleId",
            "securityGroupRuleSet.items.groupId",
            "securityGroupRuleSet.items.ipProtocol",
            "securityGroupRuleSet.items.fromPort",
            "securityGroupRuleSet.items.toPort",
            "securityGroupRuleSet.items.cidrIpv4",
        ],
    ),
    wrapped("ModifyVolume"),
    wrapped("AssociateIamInstanceProfile"),
    wrapped("ReplaceIamInstanceProfileAssociation"),
];

const LAUNCH: &[(&str, &str)] = &[
    ("ImageId", "instancesSet.items[].imageId"),
    ("MinCount", "instancesSet.items[].minCount"),
    ("MaxCount", "instancesSet.items[].maxCount"),
    ("InstanceType", "instanceType"),
    ("ClientToken", "clientToken"),
    ("TagSpecification.#.ResourceType", "tagSpecificationSet.items[].resourceType"),
    ("TagSpecification.#.Tag.#.Key", "tagSpecificationSet.items[].tags[].key"),
    ("TagSpecification.#.Tag.#.Value", "tagSpecificationSet.items[].tags[].value"),
];

const LAUNCHED: &[&str] = &[
    "requestId",
    "reservationId",
    "ownerId",
    "instancesSet.items.instanceId",
    "instancesSet.items.imageId",
    "instancesSet.items.instanceState",
    "instancesSet.items.instanceType",
    "instancesSet.items.launchTime",
    "instancesSet.items.amiLaunchIndex",
    "instancesSet.items.placement.availabilityZone",
    "instancesSet.items.placement.tenancy",
    "instancesSet.items.rootDeviceName",
    "instancesSet.items.rootDeviceType",
    "instancesSet.items.subnetId",
    "instancesSet.items.vpcId",
    "instancesSet.items.privateIpAddress",
    "instancesSet.items.tagSet",
];

/// Returns the row of an operation; `None` if calls of it pass unrecorded.
pub(super) fn operation(name: &str) -> Option<&'static Operation> {
    OPERATIONS.iter().find(|row| row.name == name)
}
