//! Where a project's snapshots are kept unless somebody says otherwise: `snapshotSettings` → setting (SEMANTICS A.5).

use serde_json::{Map, Value};

use crate::model::{AccountId, Confidence, Kind, Location, Locator, Provider, Resource, ResourceKey, Uid};
use crate::sources::{Element, Field, Form, Hints, Reading};

/// Every member that the answer may bear.
const MEMBERS: &[&str] = &["accessLocation", "kind", "storageLocation"];

const FIELDS: &[Field] = &[
    Field::config("accessLocation", Form::Plain),
    Field::config("storageLocation", Form::Plain),
    Field::volatile("kind"),
];

/// Whether an element is the answer, which names neither itself nor its project.
pub(in crate::sources::gcp) fn is_answer(element: &Map<String, Value>) -> bool {
    let policy = element.get("storageLocation").and_then(|location| location.get("policy"));
    policy.is_some_and(Value::is_string) && element.keys().all(|name| MEMBERS.contains(&name.as_str()))
}

/// Reads the setting; its project comes from beside it.
pub(super) fn read(mut element: Element, hints: &Hints) -> Reading {
    let account = hints.account.clone().unwrap_or_else(AccountId::unknown);
    let path = format!("projects/{account}/global/snapshotSettings");
    let key = ResourceKey { provider: Provider::Gcp, kind: Kind::Setting, uid: Uid::new(&*path) };
    let mut resource = Resource::new(key, account, Location::new("global"), Locator::new(path));
    if hints.account.is_none() {
        resource.uid_confidence = Confidence::Low;
    }
    resource.name = Some("snapshot-settings".to_owned());
    element.take_fields(FIELDS, "", &mut resource);
    element.finish(resource)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::sources::gcp::Gcp;
    use crate::sources::{Cloud, Place, Shape};

    #[test]
    fn where_snapshots_are_kept_is_a_setting_of_the_project() {
        let native = json!({"storageLocation": {"policy": "SPECIFIC_LOCATIONS",
            "locations": {"europe-west1": {"name": "europe-west1"}}}});
        let Value::Object(native) = native else { panic!() };
        let shape = Gcp.recognise(&native, &Place::default());
        assert_eq!(shape, Some(Shape::Resource(Kind::Setting)));
        let hints = Hints { account: Some(AccountId::new("p")), ..Hints::default() };
        let Reading::Resource { resource, odd } = read(Element::new(native), &hints) else { panic!() };
        assert_eq!((resource.key.uid.as_str(), odd), ("projects/p/global/snapshotSettings", vec![]));
        assert_eq!(resource.config["storageLocation.policy"], "SPECIFIC_LOCATIONS");
        assert_eq!(resource.config["storageLocation.locations.europe-west1.name"], "europe-west1");
        assert_eq!(resource.unmapped, [].into());
    }
}
