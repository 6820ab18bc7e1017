//! `DescribeInstances` → instance (SEMANTICS A.3).

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::identity::{self, Origin};
use super::tags::{self, LAUNCHERS};
use super::{Native, interface};
use crate::model::{Kind, Link, Phase, Rel, Resource, State};
use crate::sources::aws::wire;
use crate::sources::{Element, Field, Form, Hints, Odd, Reading};

/// How EC2 lists instances.
pub(super) const NATIVE: Native = Native {
    kind: Kind::Instance,
    envelopes: &["Reservations", "Instances"],
    id: "InstanceId",
    prefixes: &["i-"],
    marks: &["InstanceType", "ImageId", "State.Name"],
    // describe-instance-image-metadata, describe-auto-scaling-instances, describe-spot-fleet-instances.
    strangers: &["ImageMetadata", "LifecycleState", "InstanceHealth", "ReplaceRootVolumeTaskId"],
    needs: None,
    read,
};

const FIELDS: &[Field] = &[
    Field::config("Architecture", Form::Plain),
    Field::config("BootMode", Form::Plain),
    Field::config("CapacityBlockId", Form::Plain),
    Field::config("CapacityReservationSpecification", Form::Plain),
    Field::config("CpuOptions", Form::Plain),
    Field::config("CurrentInstanceBootMode", Form::Plain),
    Field::config("EbsOptimized", Form::Plain),
    Field::config("EnaSupport", Form::Plain),
    Field::config("EnclaveOptions.Enabled", Form::Plain),
    Field::config("HibernationOptions.Configured", Form::Plain),
    Field::config("Hypervisor", Form::Plain),
    Field::config("IamInstanceProfile.Arn", Form::Plain),
    Field::config("IamInstanceProfile.Id", Form::Plain),
    Field::config("InstanceLifecycle", Form::Plain),
    Field::config("InstanceType", Form::Plain),
    Field::config("Ipv6Address", Form::Plain),
    Field::config("KernelId", Form::Plain),
    Field::config("KeyName", Form::Plain),
    Field::config("Licenses", Form::Keyed("LicenseConfigurationArn")),
    Field::config("MaintenanceOptions", Form::Plain),
    Field::config("MetadataOptions.HttpEndpoint", Form::Plain),
    Field::config("MetadataOptions.HttpProtocolIpv6", Form::Plain),
    Field::config("MetadataOptions.HttpPutResponseHopLimit", Form::Plain),
    Field::config("MetadataOptions.HttpTokens", Form::Plain),
    Field::config("MetadataOptions.InstanceMetadataTags", Form::Plain),
    Field::config("Monitoring.State", Form::Canonical(settled_monitoring)),
    Field::config("NetworkPerformanceOptions", Form::Plain),
    Field::config("OutpostArn", Form::Plain),
    Field::config("Placement.Affinity", Form::Plain),
    Field::config("Placement.GroupId", Form::Plain),
    Field::config("Placement.GroupName", Form::Plain),
    Field::config("Placement.HostResourceGroupArn", Form::Plain),
    Field::config("Placement.PartitionNumber", Form::Plain),
    Field::config("Placement.SpreadDomain", Form::Plain),
    Field::config("Placement.Tenancy", Form::Plain),
    Field::config("Platform", Form::Plain),
    Field::config("PlatformDetails", Form::Plain),
    Field::config("PrivateDnsNameOptions", Form::Plain),
    Field::config("PrivateIpAddress", Form::Plain),
    Field::config("ProductCodes", Form::Keyed("ProductCodeId")),
    Field::config("RamdiskId", Form::Plain),
    Field::config("RootDeviceName", Form::Plain),
    Field::config("RootDeviceType", Form::Plain),
    Field::config("SourceDestCheck", Form::Plain),
    Field::config("SriovNetSupport", Form::Plain),
    Field::config("SubnetId", Form::Plain),
    Field::config("TpmSupport", Form::Plain),
    Field::config("UsageOperation", Form::Plain),
    Field::config("VirtualizationType", Form::Plain),
    Field::config("VpcId", Form::Plain),
    // An open reservation and, on host tenancy, the host are chosen anew at every start.
    Field::evidence("CapacityReservationId", Form::Plain),
    Field::evidence("ClientToken", Form::Plain),
    Field::evidence("LaunchTime", Form::Time),
    Field::evidence("Operator.HiddenByDefault", Form::Plain),
    Field::evidence("Placement.AvailabilityZoneId", Form::Plain),
    Field::evidence("Placement.HostId", Form::Plain),
    Field::evidence("PublicDnsName", Form::Plain),
    Field::evidence("SpotInstanceRequestId", Form::Plain),
    Field::evidence("StateReason.Code", Form::Plain),
    Field::evidence("StateTransitionReason", Form::Plain),
    Field::evidence("UsageOperationUpdateTime", Form::Time),
    Field::volatile("AmiLaunchIndex"),
    Field::volatile("ElasticGpuAssociations"),
    Field::volatile("ElasticInferenceAcceleratorAssociations"),
    Field::volatile("MetadataOptions.State"),
    // Composed from the address and `PrivateDnsNameOptions`.
    Field::volatile("PrivateDnsName"),
    Field::volatile("State.Code"),
    Field::volatile("StateReason.Message"),
];

/// An address that the account holds (an Elastic IP) is set by a person; any other moves at every start.
const ELASTIC_ADDRESS: &[Field] = &[Field::config("PublicIpAddress", Form::Plain)];
const EPHEMERAL_ADDRESS: &[Field] = &[Field::evidence("PublicIpAddress", Form::Plain)];

/// `Reservations[].Groups` is EC2-Classic's, and empty since.
const RESERVATION: &[Field] = &[
    Field::evidence("RequesterId", Form::Plain),
    Field::evidence("ReservationId", Form::Plain),
    Field::volatile("Groups"),
];

/// What proves something of an attachment; the attachment itself is a link.
const ATTACHMENT: &[Field] = &[
    Field::evidence("AssociatedResource", Form::Plain),
    Field::evidence("AttachTime", Form::Time),
    Field::evidence("EbsCardIndex", Form::Plain),
    Field::evidence("Operator", Form::Plain),
    Field::evidence("VolumeOwnerId", Form::Plain),
    Field::volatile("Status"),
];

fn read(mut element: Element, around: &Map<String, Value>, hints: &Hints) -> Result<Reading, Odd> {
    let id = element.take_id("InstanceId")?;
    let mut around = Element::new(around.clone());
    let of_interface = || wire::primary_interface_owner(element.members()).map(str::to_owned);
    let owner = around.take_text("OwnerId").or_else(of_interface);
    let zone = element.take_text("Placement.AvailabilityZone");
    let mut resource = identity::resource(Kind::Instance, id, Origin { hints, owner, zone });
    resource.state = take_state(&mut element);
    tags::take_tags(&mut element, LAUNCHERS, &mut resource);
    if let Some(image) = element.take_text("ImageId") {
        resource.links.insert(Link::to_uid(Rel::LaunchedFrom, Kind::Image, image));
    }
    take_attachments(&mut element, &mut resource);
    interface::take_security_groups(&mut element, "SecurityGroups", "", &mut resource);
    let elastic = interface::take_interfaces(&mut element, &mut resource);
    element.take_fields(public_address(&element, &elastic), "", &mut resource);
    element.take_fields(FIELDS, "", &mut resource);
    around.take_fields(RESERVATION, "", &mut resource);
    element.leave_nested(around, "Reservation.", &mut resource);
    Ok(element.finish(resource))
}

/// Each EBS volume under its device name; instance store volumes are not told here.
fn take_attachments(element: &mut Element, resource: &mut Resource) {
    for mut mapping in element.take_elements("BlockDeviceMappings") {
        let slot = mapping.take_text("DeviceName").unwrap_or_default();
        let path = format!("BlockDeviceMappings[{slot}].");
        for mut ebs in mapping.take_elements("Ebs") {
            let is_attached = ebs.peek_text("Status") != Some("detached");
            let delete_with = ebs.take_flag("DeleteOnTermination");
            if let Some(volume) = ebs.take_text("VolumeId").filter(|_| is_attached) {
                let link = Link::to_uid(Rel::Attached, Kind::Volume, volume).in_slot(slot.as_str());
                resource.links.insert(Link { delete_with, ..link });
            }
            ebs.take_fields(ATTACHMENT, &path, resource);
            element.leave_nested(ebs, &path, resource);
        }
        element.leave_nested(mapping, &path, resource);
    }
}

fn public_address(element: &Element, elastic: &BTreeSet<String>) -> &'static [Field] {
    let is_elastic = element.peek_text("PublicIpAddress").is_some_and(|address| elastic.contains(address));
    if is_elastic { ELASTIC_ADDRESS } else { EPHEMERAL_ADDRESS }
}

fn take_state(element: &mut Element) -> Option<State> {
    let code = element.peek("State.Code").and_then(Value::as_u64);
    let native = element.take_text("State.Name").or_else(|| code.and_then(state_name).map(str::to_owned))?;
    Some(State { phase: phase(&native), native })
}

fn phase(native: &str) -> Phase {
    match native {
        "pending" => Phase::Pending,
        "running" => Phase::Running,
        "stopping" => Phase::Stopping,
        "stopped" => Phase::Stopped,
        "shutting-down" => Phase::Terminating,
        "terminated" => Phase::Terminated,
        _ => Phase::Unknown,
    }
}

/// The low byte is the state; the high byte is EC2's own and means nothing.
const fn state_name(code: u64) -> Option<&'static str> {
    match code & 0xff {
        0 => Some("pending"),
        16 => Some("running"),
        32 => Some("shutting-down"),
        48 => Some("terminated"),
        64 => Some("stopping"),
        80 => Some("stopped"),
        _ => None,
    }
}

/// Monitoring on its way to a state is taken as there (SEMANTICS B.1).
fn settled_monitoring(state: &str) -> String {
    match state {
        "pending" => "enabled",
        "disabling" => "disabled",
        settled => settled,
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::{AccountId, Location};

    fn read_with(native: Value, around: Value, hints: &Hints) -> Resource {
        let (Value::Object(native), Value::Object(around)) = (native, around) else { panic!() };
        let Reading::Resource { resource, odd } = read(Element::new(native), &around, hints).unwrap() else {
            panic!()
        };
        assert_eq!(odd, []);
        *resource
    }

    fn read_alone(native: Value) -> Resource {
        read_with(native, json!({}), &Hints::default())
    }

    #[test]
    fn the_account_is_hinted_or_told_by_reservation_or_interface() {
        let native = json!({
            "InstanceId": "i-1",
            "NetworkInterfaces": [
                { "OwnerId": "333333333333", "Attachment": { "DeviceIndex": 1 } },
                { "OwnerId": "222222222222", "Attachment": { "DeviceIndex": 0 } },
            ],
        });
        let reservation = json!({ "OwnerId": "111111111111", "ReservationId": "r-1", "RequesterId": "as" });
        let hints =
            Hints { account: Some(AccountId::new("111111111111")), location: None, ..Hints::default() };
        let hinted = read_with(native.clone(), reservation.clone(), &hints);
        let reserved = read_with(native.clone(), reservation, &Hints::default());
        assert_eq!(hinted, reserved);
        assert_eq!(reserved.account.as_str(), "111111111111");
        assert_eq!(reserved.evidence["RequesterId"], "as");
        assert_eq!(read_alone(native).account.as_str(), "222222222222");
        assert_eq!(read_alone(json!({ "InstanceId": "i-1" })).account, AccountId::unknown());
    }

    #[test]
    fn the_location_is_the_region_of_the_zone_before_the_hint() {
        let zoned = json!({ "InstanceId": "i-1", "Placement": { "AvailabilityZone": "eu-west-1b" } });
        let hints = Hints { account: None, location: Some(Location::new("eu-west-2")), ..Hints::default() };
        let resource = read_with(zoned, json!({}), &hints);
        assert_eq!(resource.location.as_str(), "eu-west-1");
        assert_eq!(resource.zone.as_deref(), Some("eu-west-1b"));
        assert_eq!(
            read_with(json!({ "InstanceId": "i-1" }), json!({}), &hints).location.as_str(),
            "eu-west-2"
        );
    }

    #[test]
    fn states_have_our_word_beside_the_native_one() {
        for (native, phase) in [
            ("running", Phase::Running),
            ("shutting-down", Phase::Terminating),
            ("terminated", Phase::Terminated),
            ("rebooting-on-mars", Phase::Unknown),
        ] {
            let resource = read_alone(json!({ "InstanceId": "i-1", "State": { "Name": native } }));
            assert_eq!(resource.state, Some(State { phase, native: native.to_owned() }));
        }
        let coded = read_alone(json!({ "InstanceId": "i-1", "State": { "Code": 272 } }));
        assert_eq!(coded.state.unwrap().phase, Phase::Running);
    }

    #[test]
    fn a_mapping_is_a_link_in_its_slot_and_its_time_is_evidence() {
        let resource = read_alone(json!({
            "InstanceId": "i-1",
            "ImageId": "ami-1",
            "BlockDeviceMappings": [
                { "DeviceName": "/dev/xvda", "Ebs": {
                    "VolumeId": "vol-1", "AttachTime": "2026-01-02T03:04:05.000Z",
                    "DeleteOnTermination": true, "Status": "attaching" } },
                { "DeviceName": "/dev/sdf", "Ebs": { "VolumeId": "vol-2", "Status": "detached" } },
            ],
        }));
        let root = Link::to_uid(Rel::Attached, Kind::Volume, "vol-1").in_slot("/dev/xvda");
        let root = Link { delete_with: Some(true), ..root };
        let image = Link::to_uid(Rel::LaunchedFrom, Kind::Image, "ami-1");
        assert_eq!(resource.links, [root, image].into());
        assert_eq!(resource.evidence["BlockDeviceMappings[/dev/xvda].AttachTime"], "2026-01-02T03:04:05Z");
        assert!(resource.config.is_empty() && resource.unmapped.is_empty());
    }

    #[test]
    fn monitoring_on_its_way_is_no_drift() {
        let monitoring =
            |state: &str| read_alone(json!({ "InstanceId": "i-1", "Monitoring": { "State": state } })).config;
        assert_eq!(monitoring("pending"), monitoring("enabled"));
        assert_eq!(monitoring("disabling"), monitoring("disabled"));
        assert_ne!(monitoring("enabled"), monitoring("disabled"));
    }

    #[test]
    fn a_stop_and_a_start_move_only_state_and_evidence() {
        let native = |state: &str, launched: &str, address: &str| {
            read_alone(json!({
                "InstanceId": "i-1",
                "State": { "Name": state },
                "LaunchTime": launched,
                "PublicIpAddress": address,
                "PublicDnsName": address,
                "StateReason": { "Code": "Client.UserInitiatedShutdown", "Message": state },
                "MetadataOptions": { "HttpTokens": "required", "State": "pending" },
                "NetworkInterfaces": [{
                    "NetworkInterfaceId": "eni-1",
                    "Association": { "IpOwnerId": "amazon", "PublicIp": address },
                }],
            }))
        };
        let before = native("running", "2026-01-01T00:00:00Z", "192.0.2.1");
        let after = native("stopped", "2026-01-02T00:00:00Z", "");
        assert_eq!(before.config, after.config);
        assert_eq!(before.unmapped, after.unmapped);
        assert_eq!(before.config["MetadataOptions.HttpTokens"], "required");
        assert_eq!(before.evidence["PublicIpAddress"], "192.0.2.1");
        assert_ne!(before.evidence, after.evidence);
    }

    #[test]
    fn an_address_that_the_account_holds_is_config() {
        let resource = read_alone(json!({
            "InstanceId": "i-1",
            "PublicIpAddress": "192.0.2.1",
            "NetworkInterfaces": [{
                "NetworkInterfaceId": "eni-1",
                "Association": { "IpOwnerId": "111111111111", "PublicIp": "192.0.2.1" },
            }],
        }));
        assert_eq!(resource.config["PublicIpAddress"], "192.0.2.1");
        assert_eq!(resource.config["NetworkInterfaces[eni-1].Association.PublicIp"], "192.0.2.1");
    }

    #[test]
    fn what_the_vendor_adds_is_kept_apart() {
        let resource = read_with(
            json!({ "InstanceId": "i-1", "MetadataOptions": { "Novelty": 1 },
                    "BlockDeviceMappings": [{ "DeviceName": "a", "Ebs": { "VolumeId": "vol-1", "Q": 2 } }] }),
            json!({ "Novelty": 3 }),
            &Hints::default(),
        );
        let expected = [
            ("BlockDeviceMappings[a].Q".to_owned(), json!(2)),
            ("MetadataOptions.Novelty".to_owned(), json!(1)),
            ("Reservation.Novelty".to_owned(), json!(3)),
        ];
        assert_eq!(resource.unmapped, expected.into());
    }

    #[test]
    fn an_instance_without_an_id_is_odd() {
        let odd = read(Element::default(), &Map::new(), &Hints::default()).unwrap_err();
        assert_eq!(odd.code, "no-id");
    }
}
