//! `DescribeImages` → image (SEMANTICS A.3).

use jiff::Unit;
use serde_json::{Map, Value};

use super::Native;
use super::identity::{self, Origin};
use super::state;
use super::tags::{self, BACKUPS};
use crate::model::{Exposure, Kind, Link, Phase, Rel, Resource};
use crate::sources::{Element, Field, Form, Hints, Odd, Reading};

/// How EC2 lists images.
pub(super) const NATIVE: Native = Native {
    kind: Kind::Image,
    envelopes: &["Images"],
    id: "ImageId",
    prefixes: &["ami-", "aki-", "ari-"],
    marks: &["ImageLocation", "RootDeviceType", "Architecture"],
    // An instance, list-images-in-recycle-bin.
    strangers: &["InstanceId", "RecycleBinEnterTime"],
    needs: None,
    read,
};

const FIELDS: &[Field] = &[
    Field::config("Architecture", Form::Plain),
    Field::config("BootMode", Form::Plain),
    Field::config("DeregistrationProtection", Form::Plain),
    Field::config("Description", Form::Plain),
    Field::config("EnaSupport", Form::Plain),
    Field::config("Hypervisor", Form::Plain),
    Field::config("ImageLocation", Form::Plain),
    Field::config("ImageOwnerAlias", Form::Plain),
    Field::config("ImageType", Form::Plain),
    Field::config("ImageWatermarks", Form::Keyed("WatermarkKey")),
    Field::config("ImdsSupport", Form::Plain),
    Field::config("InstanceTypeSpecification.SupportedInstanceTypes", Form::Keyed("InstanceType")),
    Field::config("InstanceTypeSpecification.UnsupportedInstanceTypes", Form::Keyed("InstanceType")),
    Field::config("KernelId", Form::Plain),
    Field::config("Name", Form::Plain),
    Field::config("Platform", Form::Plain),
    Field::config("ProductCodes", Form::Keyed("ProductCodeId")),
    Field::config("PublicSsmParameterName", Form::Plain),
    Field::config("RamdiskId", Form::Plain),
    Field::config("RootDeviceName", Form::Plain),
    Field::config("RootDeviceType", Form::Plain),
    Field::config("SourceImageRegion", Form::Plain),
    Field::config("SriovNetSupport", Form::Plain),
    Field::config("TpmSupport", Form::Plain),
    Field::config("VirtualizationType", Form::Plain),
    Field::evidence("LastLaunchedTime", Form::Time),
    // Filled in by EC2 some time after the image was made, and fixed then.
    Field::evidence("PlatformDetails", Form::Plain),
    Field::evidence("StateReason.Code", Form::Plain),
    Field::evidence("UsageOperation", Form::Plain),
    Field::volatile("FreeTierEligible"),
    Field::volatile("ImageAllowed"),
    Field::volatile("ScanResults"),
    Field::volatile("StateReason.Message"),
];

const MAPPING: &[Field] = &[
    Field::config("Ebs.AvailabilityZone", Form::Plain),
    Field::config("Ebs.AvailabilityZoneId", Form::Plain),
    Field::config("Ebs.DeleteOnTermination", Form::Plain),
    Field::config("Ebs.EbsCardIndex", Form::Plain),
    Field::config("Ebs.Encrypted", Form::Plain),
    Field::config("Ebs.Iops", Form::Plain),
    Field::config("Ebs.KmsKeyId", Form::Plain),
    Field::config("Ebs.OutpostArn", Form::Plain),
    Field::config("Ebs.Throughput", Form::Plain),
    Field::config("Ebs.VolumeInitializationRate", Form::Plain),
    Field::config("Ebs.VolumeSize", Form::Plain),
    Field::config("Ebs.VolumeType", Form::Plain),
    Field::config("NoDevice", Form::Plain),
    Field::config("VirtualName", Form::Plain),
];

fn read(mut element: Element, _: &Map<String, Value>, hints: &Hints) -> Result<Reading, Odd> {
    let id = element.take_id("ImageId")?;
    let owner = element.take_text("OwnerId");
    let mut resource = identity::resource(Kind::Image, id, Origin { hints, owner, zone: None });
    resource.created_at = element.take_time("CreationDate");
    state::take_state(&mut element, &["pending", "transient"], "available", phase, &mut resource);
    tags::take_tags(&mut element, BACKUPS, &mut resource);
    if resource.name.is_none() {
        // Unlike other resources an image has a name of its own, by which people and events call it.
        resource.name = element.peek_text("Name").map(str::to_owned);
    }
    if let Some(public) = element.take_flag("Public") {
        // Accounts are told by `describe-image-attribute` only.
        resource.exposure = Exposure::public_only(public);
    }
    if let Some(instance) = element.take_text("SourceInstanceId") {
        resource.links.insert(Link::to_uid(Rel::CapturedFrom, Kind::Instance, instance));
    }
    if let Some(image) = element.take_text("SourceImageId") {
        resource.links.insert(Link::to_uid(Rel::CopiedFrom, Kind::Image, image));
    }
    take_mappings(&mut element, &mut resource);
    take_deprecation(&mut element, &mut resource);
    element.take_fields(FIELDS, "", &mut resource);
    Ok(element.finish(resource))
}

fn take_mappings(element: &mut Element, resource: &mut Resource) {
    for mut mapping in element.take_elements("BlockDeviceMappings") {
        let slot = mapping.take_text("DeviceName").unwrap_or_default();
        let path = format!("BlockDeviceMappings[{slot}].");
        if let Some(snapshot) = mapping.take_text("Ebs.SnapshotId") {
            resource.links.insert(Link::to_uid(Rel::BackedBy, Kind::Snapshot, snapshot).in_slot(slot));
        }
        mapping.take_fields(MAPPING, &path, resource);
        element.leave_nested(mapping, &path, resource);
    }
}

/// EC2 rounds the time to the minute some time after it was set (SEMANTICS B.1).
fn take_deprecation(element: &mut Element, resource: &mut Resource) {
    if let Some(time) = element.take_time("DeprecationTime") {
        let rounded = time.round(Unit::Minute).unwrap_or(time);
        resource.config.insert("DeprecationTime".to_owned(), Value::String(rounded.to_string()));
    }
}

fn phase(native: &str) -> Phase {
    match native {
        "available" => Phase::Available,
        "disabled" => Phase::Disabled,
        "deregistered" => Phase::Terminated,
        "failed" | "error" | "invalid" => Phase::Error,
        _ => Phase::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::State;

    fn read_any(native: Value) -> (Resource, Vec<Odd>) {
        let Value::Object(native) = native else { panic!() };
        let Reading::Resource { resource, odd } =
            read(Element::new(native), &Map::new(), &Hints::default()).unwrap()
        else {
            panic!()
        };
        (*resource, odd)
    }

    fn read_one(native: Value) -> Resource {
        let (resource, odd) = read_any(native);
        assert_eq!(odd, []);
        resource
    }

    #[test]
    fn lineage_is_links() {
        let image = read_one(json!({
            "ImageId": "ami-1", "SourceInstanceId": "i-1", "SourceImageId": "ami-0",
            "SourceImageRegion": "eu-west-1", "CreationDate": "2026-01-02T03:04:05.000Z",
            "BlockDeviceMappings": [
                { "DeviceName": "/dev/xvda", "Ebs": { "SnapshotId": "snap-1", "VolumeSize": 8 } },
                { "DeviceName": "/dev/sdb", "VirtualName": "ephemeral0" },
            ],
        }));
        let expected = [
            Link::to_uid(Rel::BackedBy, Kind::Snapshot, "snap-1").in_slot("/dev/xvda"),
            Link::to_uid(Rel::CapturedFrom, Kind::Instance, "i-1"),
            Link::to_uid(Rel::CopiedFrom, Kind::Image, "ami-0"),
        ];
        assert_eq!(image.links, expected.into());
        assert_eq!(image.config["BlockDeviceMappings[/dev/xvda].Ebs.VolumeSize"], json!(8));
        assert_eq!(image.config["BlockDeviceMappings[/dev/sdb].VirtualName"], "ephemeral0");
        assert!(image.unmapped.is_empty());
    }

    #[test]
    fn a_public_image_is_granted_to_everybody_and_the_accounts_are_not_known() {
        let exposure = |public| read_one(json!({ "ImageId": "ami-1", "Public": public })).exposure;
        assert!(exposure(json!(true)).is_public());
        assert!(!exposure(json!(false)).is_public());
        assert!(!exposure(json!(true)).known);
    }

    #[test]
    fn becoming_available_is_no_drift_and_being_disabled_is() {
        let state = |native: &str| read_one(json!({ "ImageId": "ami-1", "State": native }));
        assert_eq!(state("pending").state, state("available").state);
        assert_eq!(state("pending").evidence["State"], "pending");
        for (native, phase) in [
            ("disabled", Phase::Disabled),
            ("deregistered", Phase::Terminated),
            ("failed", Phase::Error),
            ("invalid", Phase::Error),
            ("frozen", Phase::Unknown),
        ] {
            assert_eq!(state(native).state, Some(State { phase, native: native.to_owned() }));
        }
    }

    #[test]
    fn the_deprecation_time_is_compared_by_the_minute_and_a_broken_one_is_odd() {
        let deprecated = |time: &str| read_any(json!({ "ImageId": "ami-1", "DeprecationTime": time }));
        assert_eq!(deprecated("2026-01-02T03:04:29Z"), deprecated("2026-01-02T03:04:00.000Z"));
        let (image, odd) = deprecated("2026-01-02T03:04:456.000Z");
        assert_eq!(odd[0].code, "wrong-type");
        assert_eq!(image.unmapped["DeprecationTime"], "2026-01-02T03:04:456.000Z");
    }

    #[test]
    fn a_launch_is_evidence_and_protection_is_config() {
        let image = read_one(json!({
            "ImageId": "ami-1", "LastLaunchedTime": "2026-01-02T03:04:05Z",
            "DeregistrationProtection": "enabled-with-cooldown", "ImageAllowed": true,
        }));
        assert_eq!(image.evidence["LastLaunchedTime"], "2026-01-02T03:04:05Z");
        let expected = ("DeregistrationProtection".to_owned(), json!("enabled-with-cooldown"));
        assert_eq!(image.config, [expected].into());
    }
}
