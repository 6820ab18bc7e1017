//! Snapshot → snapshot (SEMANTICS A.4).

use serde_json::{Map, Value};

use super::{identity, storage};
use crate::model::Kind;
use crate::sources::{Element, Field, Form, Hints, Odd, Reading};

/// Fields of `Microsoft.Compute/snapshots` alone.
const FIELDS: &[Field] = &[
    Field::config("incremental", Form::Plain),
    Field::config("incrementalSnapshotFamilyId", Form::Plain),
    Field::config("immutabilityPolicy", Form::Plain),
    Field::evidence("copyCompletionError.errorCode", Form::Plain),
    Field::evidence("copyCompletionError.errorMessage", Form::Plain),
    Field::volatile("snapshotAccessState"),
];

/// Reads a snapshot.
pub(super) fn read(
    mut element: Element,
    _around: &Map<String, Value>,
    hints: &Hints,
) -> Result<Reading, Odd> {
    let mut resource = identity::begin(Kind::Snapshot, Some("uniqueId"), &mut element, hints)?;
    storage::take(&mut element, &mut resource);
    element.take_fields(FIELDS, "", &mut resource);
    Ok(element.finish(resource))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::resource;
    use super::*;
    use crate::model::Rel;

    const COMPUTE: &str = "/subscriptions/S/resourceGroups/G/providers/Microsoft.Compute";

    fn taken_from(path: &str) -> Value {
        json!({
            "id": format!("{COMPUTE}/snapshots/Nightly"), "name": "Nightly", "type": "Microsoft.Compute/snapshots",
            "location": "westus", "sku": {"name": "Standard_ZRS"},
            "properties": {"uniqueId": "S1", "incremental": true, "diskState": "Unattached",
                "creationData": {"createOption": "Copy", "sourceUniqueId": "D1",
                    "sourceResourceId": format!("{COMPUTE}/{path}")}}
        })
    }

    #[test]
    fn of_a_disk_it_is_taken_and_of_a_snapshot_copied() {
        let link = |path| resource(&taken_from(path)).links.pop_first().unwrap();
        let disk = link("disks/Data");
        assert_eq!((disk.rel, disk.kind, disk.target()), (Rel::TakenFrom, Kind::Volume, "d1"));
        let snapshot = link("snapshots/Older");
        assert_eq!((snapshot.rel, snapshot.kind), (Rel::CopiedFrom, Kind::Snapshot));
    }

    #[test]
    fn a_copy_under_way_is_the_same_snapshot_and_its_failure_is_evidence() {
        let done = resource(&taken_from("snapshots/Older"));
        let mut native = taken_from("snapshots/Older");
        native["properties"]["completionPercent"] = json!(12.5);
        native["properties"]["snapshotAccessState"] = json!("Pending");
        assert_eq!(resource(&native), done);
        native["properties"]["copyCompletionError"] = json!({"errorCode": "CopySourceNotFound"});
        let failed = resource(&native);
        assert_eq!(failed.config, done.config);
        assert_eq!(failed.evidence["copyCompletionError.errorCode"], json!("CopySourceNotFound"));
    }

    #[test]
    fn the_signature_of_an_imported_blob_never_enters() {
        let mut native = taken_from("disks/Data");
        native["properties"]["creationData"] = json!({"createOption": "Import",
            "sourceUri": "https://acct.blob.core.windows.net/vhds/d.vhd?sv=2021&sig=c2VjcmV0"});
        let snapshot = resource(&native);
        assert_eq!(
            snapshot.config["creationData.sourceUri"],
            json!("https://acct.blob.core.windows.net/vhds/d.vhd")
        );
    }
}
