//! `ListSnapshotsInRecycleBin`, `ListImagesInRecycleBin`, `ListVolumesInRecycleBin` → recycled
//! (SEMANTICS A.3): what was deleted, and can be brought back until a retention rule lets it go.

use serde_json::{Map, Value};

use super::Native;
use super::identity::{self, Origin};
use super::tags;
use crate::model::{Kind, Link, Rel, Resource};
use crate::sources::{Element, Field, Form, Hints, Odd, Reading};

/// The member that only an entry of a recycle bin bears.
const ENTERED: &str = "RecycleBinEnterTime";

const fn bin(
    envelopes: &'static [&'static str],
    id: &'static str,
    prefixes: &'static [&'static str],
) -> Native {
    let marks = &[ENTERED];
    Native {
        kind: Kind::Recycled,
        envelopes,
        id,
        prefixes,
        marks,
        strangers: &[],
        needs: Some(ENTERED),
        read,
    }
}

/// How EC2 lists the snapshots in the recycle bin.
pub(super) const SNAPSHOT: Native = bin(&["Snapshots"], "SnapshotId", &["snap-"]);

/// How EC2 lists the images in the recycle bin.
pub(super) const IMAGE: Native = bin(&["Images"], "ImageId", &["ami-"]);

/// How EC2 lists the volumes in the recycle bin.
pub(super) const VOLUME: Native = bin(&["Volumes"], "VolumeId", &["vol-"]);

/// What a volume tells that a snapshot does not, though each names the other's id.
const VOLUME_MARKS: &[&str] = &["VolumeType", "Size", "CreateTime", "AvailabilityZone"];

const FIELDS: &[Field] = &[
    Field::config("Description", Form::Plain),
    Field::config("Iops", Form::Plain),
    Field::config("OutpostArn", Form::Plain),
    Field::config("Size", Form::Plain),
    Field::config("Throughput", Form::Plain),
    Field::config("VolumeType", Form::Plain),
    Field::evidence("AvailabilityZoneId", Form::Plain),
    Field::evidence("CreateTime", Form::Time),
    Field::evidence("Operator.HiddenByDefault", Form::Plain),
    Field::evidence("RecycleBinExitTime", Form::Time),
    Field::evidence("State", Form::Plain),
];

/// Reads an entry of a recycle bin: its id is that of what was deleted, its age that of the deletion.
fn read(mut element: Element, _: &Map<String, Value>, hints: &Hints) -> Result<Reading, Odd> {
    let zone = element.take_text("AvailabilityZone");
    let is_volume = element.peek("ImageId").is_none()
        && (zone.is_some()
            || element.peek("SnapshotId").is_none()
            || VOLUME_MARKS.iter().any(|mark| element.peek(mark).is_some()));
    let id = if is_volume { "VolumeId" } else { "SnapshotId" };
    let id = element.take_text("ImageId").map_or_else(|| element.take_id(id), Ok)?;
    let mut resource = identity::resource(Kind::Recycled, id, Origin { hints, owner: None, zone });
    resource.created_at = element.take_time(ENTERED);
    tags::take_tags(&mut element, &[], &mut resource);
    resource.name = resource.name.or_else(|| element.take_text("Name"));
    let sources: &[_] = if is_volume { VOLUME_SOURCES } else { SNAPSHOT_SOURCES };
    take_sources(&mut element, sources, &mut resource);
    element.take_fields(FIELDS, "", &mut resource);
    Ok(element.finish(resource))
}

/// Where a deleted volume came from.
const VOLUME_SOURCES: &[(&str, Rel, Kind)] =
    &[("SnapshotId", Rel::CreatedFrom, Kind::Snapshot), ("SourceVolumeId", Rel::CopiedFrom, Kind::Volume)];

/// Where a deleted snapshot came from.
const SNAPSHOT_SOURCES: &[(&str, Rel, Kind)] = &[("VolumeId", Rel::TakenFrom, Kind::Volume)];

fn take_sources(element: &mut Element, sources: &[(&str, Rel, Kind)], resource: &mut Resource) {
    for (member, rel, kind) in sources {
        if let Some(source) = element.take_text(member) {
            resource.links.insert(Link::to_uid(*rel, *kind, source));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::plain;
    use super::*;

    #[test]
    fn an_entry_bears_the_id_of_what_was_deleted_and_when() {
        let entered = "2026-01-02T03:04:05.678000+00:00";
        for (native, uid, link) in [
            (
                json!({ "SnapshotId": "snap-1", "VolumeId": "vol-1", "Description": "d",
                        "RecycleBinEnterTime": entered, "RecycleBinExitTime": "2026-01-09T03:04:05Z" }),
                "snap-1",
                Some(Link::to_uid(Rel::TakenFrom, Kind::Volume, "vol-1")),
            ),
            (json!({ "ImageId": "ami-1", "Name": "golden", "RecycleBinEnterTime": entered }), "ami-1", None),
            (
                json!({ "VolumeId": "vol-1", "SnapshotId": "snap-1", "VolumeType": "gp3", "Size": 8,
                        "AvailabilityZone": "us-east-1a", "State": "available", "Iops": 3000,
                        "RecycleBinEnterTime": entered }),
                "vol-1",
                Some(Link::to_uid(Rel::CreatedFrom, Kind::Snapshot, "snap-1")),
            ),
        ] {
            let recycled = plain(read, native);
            assert_eq!((recycled.key.kind, recycled.key.uid.as_str()), (Kind::Recycled, uid));
            assert_eq!(recycled.links, link.into_iter().collect());
            assert_eq!(recycled.created_at, Some("2026-01-02T03:04:05.678Z".parse().unwrap()));
            assert_eq!(recycled.unmapped, [].into());
        }
    }

    #[test]
    fn an_image_is_known_by_its_name_and_a_volume_by_its_region() {
        let image =
            json!({ "ImageId": "ami-1", "Name": "golden", "RecycleBinEnterTime": "2026-01-02T03:04:05Z" });
        assert_eq!(plain(read, image).name.as_deref(), Some("golden"));
        let volume = json!({ "VolumeId": "vol-1", "AvailabilityZone": "eu-west-1b", "RecycleBinEnterTime": "2026-01-02T03:04:05Z" });
        assert_eq!(plain(read, volume).location.as_str(), "eu-west-1");
    }
}
