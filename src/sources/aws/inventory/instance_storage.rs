//! `DescribeInstanceTypes` → what an instance loses when it stops (SEMANTICS A.3, C.4).

use serde_json::{Map, Value};

use crate::model::{Kind, flatten};
use crate::sources::Overlay;

/// What is told of an instance type's instance store.
const TOLD: &[&str] = &["TotalSizeInGB", "EncryptionSupport"];

/// Lays what an element of `InstanceTypes` tells of the type's instance store over an instance of that type.
///
/// Evidence `InstanceStorage.TotalSizeInGB` (in GB) and `InstanceStorage.EncryptionSupport`
/// (`unsupported`, `required`), or `InstanceStorage.Supported` `false` where the type has none. Nothing is
/// said where the element says nothing.
pub fn instance_storage(instance_id: &str, instance_type: &Map<String, Value>) -> Overlay {
    let mut overlay = Overlay::new(super::PROVIDER, Kind::Instance, instance_id);
    let mut tell = |name: &str, value: &Value| {
        flatten(&format!("InstanceStorage.{name}"), value.clone(), &mut overlay.evidence);
    };
    if let Some(Value::Object(info)) = instance_type.get("InstanceStorageInfo") {
        TOLD.iter()
            .filter_map(|name| Some((name, info.get(*name)?)))
            .for_each(|(name, value)| tell(name, value));
    } else if let Some(supported @ Value::Bool(false)) = instance_type.get("InstanceStorageSupported") {
        tell("Supported", supported);
    }
    overlay
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::Attributes;

    fn evidence(instance_type: &Value) -> Attributes {
        let overlay = instance_storage("i-1", instance_type.as_object().unwrap());
        assert_eq!((overlay.kind, overlay.target.as_str()), (Kind::Instance, "i-1"));
        assert!(overlay.config.is_empty() && overlay.exposure.is_none());
        overlay.evidence
    }

    #[test]
    fn a_type_with_an_instance_store_tells_its_size_and_encryption() {
        let told = evidence(&json!({ "InstanceType": "m5d.large", "InstanceStorageSupported": true,
            "InstanceStorageInfo": { "TotalSizeInGB": 75, "Disks": [{ "SizeInGB": 75, "Count": 1, "Type": "ssd" }],
                "NvmeSupport": "required", "EncryptionSupport": "required" } }));
        let expected = [
            ("InstanceStorage.TotalSizeInGB".to_owned(), json!(75)),
            ("InstanceStorage.EncryptionSupport".to_owned(), json!("required")),
        ];
        assert_eq!(told, expected.into());
    }

    #[test]
    fn a_type_without_one_says_so_and_one_that_says_nothing_tells_nothing() {
        let none = evidence(&json!({ "InstanceType": "t3.micro", "InstanceStorageSupported": false }));
        assert_eq!(none, [("InstanceStorage.Supported".to_owned(), json!(false))].into());
        assert_eq!(evidence(&json!({ "InstanceType": "t3.micro" })), [].into());
    }
}
