//! `DescribeReplaceRootVolumeTasks` → evidence on the instance (SEMANTICS A.3).

use super::Call;
use super::identity::{self, Origin};
use crate::model::Kind;
use crate::sources::{Element, Field, Form, Hints, Odd, Overlay, Reading};

/// A replacement of an instance's root volume, the vendor's own record of a revert.
pub(super) const CALL: Call = Call {
    name: "describe-replace-root-volume-tasks",
    kind: Kind::Instance,
    envelope: Some("ReplaceRootVolumeTasks"),
    is_answer: |element| element.contains_key("ReplaceRootVolumeTaskId"),
    read,
};

const FIELDS: &[Field] = &[
    Field::evidence("CompleteTime", Form::Time),
    Field::evidence("DeleteReplacedRootVolume", Form::Plain),
    Field::evidence("ImageId", Form::Plain),
    Field::evidence("SnapshotId", Form::Plain),
    Field::evidence("StartTime", Form::Time),
    Field::evidence("Tags", Form::Keyed("Key")),
    Field::evidence("TaskState", Form::Plain),
];

fn read(mut element: Element) -> Result<Reading, Odd> {
    let instance = element.take_id("InstanceId")?;
    let task = element.take_id("ReplaceRootVolumeTaskId")?;
    let path = format!("ReplaceRootVolumeTasks[{task}].");
    let origin = Origin { hints: &Hints::default(), owner: None, zone: None };
    let mut resource = identity::resource(Kind::Instance, instance.clone(), origin);
    element.take_fields(FIELDS, &path, &mut resource);
    Element::default().leave_nested(element, &path, &mut resource);
    let mut overlay = Overlay::new(super::PROVIDER, Kind::Instance, instance);
    overlay.evidence = resource.evidence;
    overlay.evidence.extend(resource.unmapped);
    Ok(Reading::Overlay(overlay))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read_one(native: Value) -> Result<Reading, Odd> {
        let Value::Object(native) = native else { panic!() };
        read(Element::new(native))
    }

    #[test]
    fn a_task_is_evidence_on_its_instance() {
        let Ok(Reading::Overlay(overlay)) = read_one(json!({
            "ReplaceRootVolumeTaskId": "replacevol-1", "InstanceId": "i-1", "TaskState": "succeeded",
            "StartTime": "2026-01-02T03:04:05.0Z", "SnapshotId": "snap-1", "DeleteReplacedRootVolume": true,
            "Tags": [{ "Key": "a", "Value": "b" }], "Novelty": 1,
        })) else {
            panic!()
        };
        assert_eq!((overlay.kind, overlay.target.as_str()), (Kind::Instance, "i-1"));
        let at = |name: &str| &overlay.evidence[&format!("ReplaceRootVolumeTasks[replacevol-1].{name}")];
        assert_eq!(at("TaskState"), "succeeded");
        assert_eq!(at("StartTime"), "2026-01-02T03:04:05Z");
        assert_eq!(at("SnapshotId"), "snap-1");
        assert_eq!(at("Tags[a].Value"), "b");
        assert_eq!(at("Novelty"), &json!(1));
        assert!(overlay.config.is_empty());
    }

    #[test]
    fn a_task_without_an_instance_is_odd() {
        assert_eq!(read_one(json!({ "ReplaceRootVolumeTaskId": "replacevol-1" })).unwrap_err().code, "no-id");
    }
}
