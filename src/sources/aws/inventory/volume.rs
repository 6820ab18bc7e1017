//! `DescribeVolumes` → volume (SEMANTICS A.3).

use serde_json::{Map, Value};

use super::Native;
use super::identity::{self, Origin};
use super::tags;
use crate::model::{Kind, Link, Phase, Rel, Resource, State};
use crate::sources::{Element, Field, Form, Hints, Odd, Reading};

/// How EC2 lists volumes.
pub(super) const NATIVE: Native = Native {
    kind: Kind::Volume,
    envelopes: &["Volumes"],
    id: "VolumeId",
    prefixes: &["vol-"],
    marks: &["Size", "VolumeType", "AvailabilityZone"],
    // An attachment, describe-volume-status, list-volumes-in-recycle-bin.
    strangers: &["InstanceId", "VolumeStatus", "RecycleBinEnterTime"],
    needs: None,
    read,
};

const FIELDS: &[Field] = &[
    Field::config("Encrypted", Form::Plain),
    Field::config("Iops", Form::Plain),
    Field::config("KmsKeyId", Form::Plain),
    Field::config("MultiAttachEnabled", Form::Plain),
    Field::config("OutpostArn", Form::Plain),
    Field::config("Size", Form::Plain),
    Field::config("SseType", Form::Plain),
    Field::config("Throughput", Form::Plain),
    Field::config("VolumeInitializationRate", Form::Plain),
    Field::config("VolumeType", Form::Plain),
    Field::evidence("AvailabilityZoneId", Form::Plain),
    Field::evidence("FastRestored", Form::Plain),
    Field::evidence("Operator.HiddenByDefault", Form::Plain),
    // Composed from region, account and id.
    Field::volatile("VolumeArn"),
];

/// What proves something of an attachment. `DeleteOnTermination` is the instance's to tell, whose link
/// drift compares.
const ATTACHMENT: &[Field] = &[
    Field::evidence("AssociatedResource", Form::Plain),
    Field::evidence("AttachTime", Form::Time),
    Field::evidence("DeleteOnTermination", Form::Plain),
    Field::evidence("EbsCardIndex", Form::Plain),
    Field::evidence("InstanceOwningService", Form::Plain),
    Field::volatile("State"),
    Field::volatile("VolumeId"),
];

fn read(mut element: Element, _: &Map<String, Value>, hints: &Hints) -> Result<Reading, Odd> {
    let id = element.take_id("VolumeId")?;
    let owner = element.take_text("OwnerId");
    let zone = element.take_text("AvailabilityZone");
    let mut resource = identity::resource(Kind::Volume, id, Origin { hints, owner, zone });
    resource.created_at = element.take_time("CreateTime");
    resource.state = element.take_text("State").and_then(state);
    tags::take_tags(&mut element, &[], &mut resource);
    if let Some(snapshot) = element.take_text("SnapshotId") {
        resource.links.insert(Link::to_uid(Rel::CreatedFrom, Kind::Snapshot, snapshot));
    }
    if let Some(volume) = element.take_text("SourceVolumeId") {
        resource.links.insert(Link::to_uid(Rel::CopiedFrom, Kind::Volume, volume));
    }
    take_attachments(&mut element, &mut resource);
    element.take_fields(FIELDS, "", &mut resource);
    Ok(element.finish(resource))
}

fn take_attachments(element: &mut Element, resource: &mut Resource) {
    for mut attachment in element.take_elements("Attachments") {
        let slot = attachment.take_text("Device");
        let instance = attachment.take_text("InstanceId");
        // A volume of an AWS-managed resource names the resource and no instance.
        let other = instance.as_deref().or_else(|| attachment.peek_text("AssociatedResource"));
        let path = format!("Attachments[{}].", other.unwrap_or_default());
        if let Some(instance) = instance.filter(|_| attachment.peek_text("State") != Some("detached")) {
            let link = Link::to_uid(Rel::AttachedTo, Kind::Instance, instance);
            resource.links.insert(Link { slot, ..link });
        }
        attachment.take_fields(ATTACHMENT, &path, resource);
        element.leave_nested(attachment, &path, resource);
    }
}

/// A volume's normal states follow its attachments, so that they are no drift of their own.
fn state(native: String) -> Option<State> {
    let phase = match native.as_str() {
        "creating" | "available" | "in-use" => return None,
        "deleting" | "deleted" => Phase::Deleting,
        "error" => Phase::Error,
        _ => Phase::Unknown,
    };
    Some(State { native, phase })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::plain;
    use super::*;
    use crate::model::AccountId;

    fn read_one(native: Value) -> Resource {
        plain(read, native)
    }

    #[test]
    fn lineage_and_attachment_are_links() {
        let volume = read_one(json!({
            "VolumeId": "vol-1", "SnapshotId": "snap-1", "SourceVolumeId": "vol-0",
            "AvailabilityZone": "us-east-1a", "CreateTime": "2026-01-02T03:04:05.678Z", "Size": 8,
            "Attachments": [{ "VolumeId": "vol-1", "InstanceId": "i-1", "Device": "/dev/xvda",
                "State": "attaching", "AttachTime": "2026-01-02T03:05:00.000Z", "DeleteOnTermination": true }],
        }));
        let expected = [
            Link::to_uid(Rel::AttachedTo, Kind::Instance, "i-1").in_slot("/dev/xvda"),
            Link::to_uid(Rel::CreatedFrom, Kind::Snapshot, "snap-1"),
            Link::to_uid(Rel::CopiedFrom, Kind::Volume, "vol-0"),
        ];
        assert_eq!(volume.links, expected.into());
        assert_eq!(volume.evidence["Attachments[i-1].AttachTime"], "2026-01-02T03:05:00Z");
        assert_eq!(volume.location.as_str(), "us-east-1");
        assert_eq!(volume.account, AccountId::unknown());
        assert_eq!(volume.config, [("Size".to_owned(), json!(8))].into());
        assert!(volume.unmapped.is_empty());
    }

    #[test]
    fn only_a_state_that_no_attachment_tells_is_kept() {
        let state = |native: &str| read_one(json!({ "VolumeId": "vol-1", "State": native })).state;
        for normal in ["creating", "available", "in-use"] {
            assert_eq!(state(normal), None);
        }
        for (native, phase) in
            [("deleting", Phase::Deleting), ("error", Phase::Error), ("parked", Phase::Unknown)]
        {
            assert_eq!(state(native), Some(State { phase, native: native.to_owned() }));
        }
    }

    #[test]
    fn an_empty_snapshot_id_is_no_link() {
        assert!(read_one(json!({ "VolumeId": "vol-1", "SnapshotId": "" })).links.is_empty());
    }

    #[test]
    fn a_volume_of_a_managed_resource_names_it_in_evidence() {
        let volume = read_one(json!({
            "VolumeId": "vol-1",
            "Attachments": [{ "AssociatedResource": "arn:x", "InstanceOwningService": "y", "State": "attached" }],
            "Operator": { "Managed": true, "Principal": "workspaces.amazonaws.com" },
        }));
        assert!(volume.links.is_empty());
        assert_eq!(volume.evidence["Attachments[arn:x].InstanceOwningService"], "y");
        assert_eq!(volume.managed_by.unwrap().service, "workspaces.amazonaws.com");
    }
}
