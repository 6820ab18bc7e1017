//! `DescribeSnapshots` → snapshot (SEMANTICS A.3).

use serde_json::{Map, Value};

use super::Native;
use super::identity::{self, Origin};
use super::state;
use super::tags::{self, BACKUPS};
use crate::model::{Kind, Link, Phase, Rel};
use crate::sources::{Element, Field, Form, Hints, Odd, Reading};

/// How EC2 lists snapshots.
pub(super) const NATIVE: Native = Native {
    kind: Kind::Snapshot,
    envelopes: &["Snapshots"],
    id: "SnapshotId",
    prefixes: &["snap-"],
    marks: &["StartTime", "VolumeSize"],
    // list-snapshots-in-recycle-bin, describe-locked-snapshots.
    strangers: &["RecycleBinEnterTime", "LockState"],
    needs: None,
    read,
};

const FIELDS: &[Field] = &[
    Field::config("CompletionDurationMinutes", Form::Plain),
    Field::config("DataEncryptionKeyId", Form::Plain),
    Field::config("Description", Form::Plain),
    Field::config("Encrypted", Form::Plain),
    Field::config("KmsKeyId", Form::Plain),
    Field::config("OutpostArn", Form::Plain),
    Field::config("OwnerAlias", Form::Plain),
    Field::config("SseType", Form::Plain),
    Field::config("StorageTier", Form::Plain),
    Field::config("TransferType", Form::Plain),
    Field::config("VolumeSize", Form::Plain),
    Field::evidence("CompletionTime", Form::Time),
    // Known only once it is complete, and fixed then.
    Field::evidence("FullSnapshotSizeInBytes", Form::Integer),
    Field::evidence("RestoreExpiryTime", Form::Time),
    Field::volatile("Progress"),
    Field::volatile("StateMessage"),
];

/// On a copy, `VolumeId` is arbitrary and to be used for nothing (API reference).
const COPY: &[Field] = &[Field::evidence("VolumeId", Form::Plain)];

/// What copies and imports bear as `VolumeId` in practice.
const NO_VOLUME: &str = "vol-ffffffff";

fn read(mut element: Element, _: &Map<String, Value>, hints: &Hints) -> Result<Reading, Odd> {
    let id = element.take_id("SnapshotId")?;
    let owner = element.take_text("OwnerId");
    let zone = element.take_text("AvailabilityZone");
    let mut resource = identity::resource(Kind::Snapshot, id, Origin { hints, owner, zone });
    resource.created_at = element.take_time("StartTime");
    state::take_state(&mut element, &["pending"], "completed", phase, &mut resource);
    tags::take_tags(&mut element, BACKUPS, &mut resource);
    let source = element.peek_text("Description").and_then(copy_source).map(str::to_owned);
    let is_copy = source.is_some()
        || element.peek_text("TransferType").is_some()
        || element.peek_text("VolumeId") == Some(NO_VOLUME);
    if is_copy {
        element.take_fields(COPY, "", &mut resource);
    } else if let Some(volume) = element.take_text("VolumeId") {
        resource.links.insert(Link::to_uid(Rel::TakenFrom, Kind::Volume, volume));
    }
    if let Some(source) = source {
        resource.evidence.insert("Description.SourceSnapshot".to_owned(), Value::String(source));
    }
    element.take_fields(FIELDS, "", &mut resource);
    Ok(element.finish(resource))
}

fn phase(native: &str) -> Phase {
    match native {
        "completed" => Phase::Available,
        "error" => Phase::Error,
        // In the recycle bin, and on the way out of it.
        "recoverable" => Phase::Disabled,
        "recovering" => Phase::Creating,
        _ => Phase::Unknown,
    }
}

/// Returns the source that the description of a copy names.
///
/// `CopyImage` and the console write these descriptions, but anyone may: the source is evidence, no link.
fn copy_source(description: &str) -> Option<&str> {
    let rest = if description.starts_with("Copied for DestinationAmi ") {
        description.split_once(" for SourceSnapshot ")?.1
    } else {
        description.strip_prefix("[Copied ")?
    };
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(rest.len());
    rest.get(..end).filter(|source| source.starts_with("snap-"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::plain;
    use super::*;
    use crate::model::Resource;

    fn read_one(native: Value) -> Resource {
        plain(read, native)
    }

    #[test]
    fn a_snapshot_is_taken_from_its_volume() {
        let snapshot = read_one(json!({
            "SnapshotId": "snap-1", "VolumeId": "vol-1", "OwnerId": "111111111111",
            "StartTime": "2026-01-02T03:04:05.678Z", "Progress": "100%", "Description": "nightly",
        }));
        assert_eq!(snapshot.links, [Link::to_uid(Rel::TakenFrom, Kind::Volume, "vol-1")].into());
        assert_eq!(snapshot.account.as_str(), "111111111111");
        assert_eq!(snapshot.created_at, Some("2026-01-02T03:04:05.678Z".parse().unwrap()));
        assert_eq!(snapshot.config, [("Description".to_owned(), json!("nightly"))].into());
    }

    #[test]
    fn a_copy_is_taken_from_no_volume() {
        for native in [
            json!({ "SnapshotId": "snap-1", "VolumeId": "vol-1", "TransferType": "standard" }),
            json!({ "SnapshotId": "snap-1", "VolumeId": "vol-ffffffff" }),
            json!({ "SnapshotId": "snap-1", "VolumeId": "vol-1",
                    "Description": "[Copied snap-0 from eu-west-1] nightly" }),
        ] {
            let snapshot = read_one(native);
            assert!(snapshot.links.is_empty());
            assert!(snapshot.evidence.contains_key("VolumeId"));
        }
    }

    #[test]
    fn the_source_that_a_description_names_is_evidence_only() {
        let image_copy = "Copied for DestinationAmi ami-2 from SourceAmi ami-1 for SourceSnapshot snap-0. \
                          Task created on 1,509,437,824,580.";
        for description in [image_copy, "[Copied snap-0 from eu-west-1] nightly"] {
            let snapshot = read_one(json!({ "SnapshotId": "snap-1", "Description": description }));
            assert_eq!(snapshot.evidence["Description.SourceSnapshot"], "snap-0");
            assert!(snapshot.links.is_empty());
        }
        assert_eq!(copy_source("Copied by hand for SourceSnapshot snap-0"), None);
        assert_eq!(copy_source("[Copied from elsewhere]"), None);
    }

    #[test]
    fn completion_is_no_drift_and_an_error_is() {
        let state = |native: &str| read_one(json!({ "SnapshotId": "snap-1", "State": native }));
        assert_eq!(state("pending").state, state("completed").state);
        assert_eq!(state("pending").evidence["State"], "pending");
        assert_eq!(state("error").state.unwrap().phase, Phase::Error);
        assert_eq!(state("recoverable").state.unwrap().native, "recoverable");
    }

    #[test]
    fn archiving_is_config_and_a_temporary_restore_is_evidence() {
        let snapshot = read_one(json!({
            "SnapshotId": "snap-1", "StorageTier": "archive", "RestoreExpiryTime": "2026-01-02T00:00:00Z",
        }));
        assert_eq!(snapshot.config["StorageTier"], "archive");
        assert_eq!(snapshot.evidence["RestoreExpiryTime"], "2026-01-02T00:00:00Z");
    }
}
