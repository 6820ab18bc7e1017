//! Management lock → lock (SEMANTICS A.4).

use serde_json::{Map, Value};

use super::identity;
use crate::model::{Confidence, Kind, Location, Uid};
use crate::sources::azure::GLOBAL;
use crate::sources::{Element, Field, Form, Hints, Odd, Reading};

/// Fields of `Microsoft.Authorization/locks` (API 2020-05-01).
const FIELDS: &[Field] = &[
    Field::config("level", Form::Plain),
    Field::config("notes", Form::Plain),
    Field::config("owners", Form::Set),
];

/// Reads a lock; what it protects is what its id lies in: a subscription, a group, or one resource.
///
/// It has no GUID: its id, which names what it locks, is all that it is (SEMANTICS A.1).
pub(super) fn read(mut element: Element, _: &Map<String, Value>, hints: &Hints) -> Result<Reading, Odd> {
    let mut resource = identity::begin(Kind::Lock, None, &mut element, hints)?;
    resource.key.uid = Uid::new(resource.locator.as_str());
    resource.uid_confidence = Confidence::High;
    resource.location = Location::new(GLOBAL);
    resource.managed_by = None;
    if let Some((scope, _)) = resource.locator.as_str().rsplit_once("/providers/microsoft.authorization/") {
        resource.config.insert("scope".to_owned(), scope.into());
    }
    element.take_fields(FIELDS, "", &mut resource);
    Ok(element.finish(resource))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::resource;
    use super::*;
    use crate::model::EVERYWHERE;
    use crate::sources::Cloud;
    use crate::sources::azure::Azure;

    const GROUP: &str = "/subscriptions/S/resourceGroups/Prod";

    fn lock() -> Value {
        json!({"id": format!("{GROUP}/providers/Microsoft.Authorization/locks/Keep"), "name": "Keep",
            "type": "Microsoft.Authorization/locks",
            "properties": {"level": "CanNotDelete", "notes": "ask ops"},
            "systemData": {"createdAt": "2026-01-02T03:04:05.1234567Z", "createdBy": "ops@example.com"}})
    }

    #[test]
    fn a_lock_is_its_id_and_tells_what_it_protects() {
        let lock = resource(&lock());
        let id = format!("{GROUP}/providers/Microsoft.Authorization/locks/Keep").to_lowercase();
        assert_eq!((lock.key.uid.as_str(), lock.locator.as_str()), (id.as_str(), id.as_str()));
        assert_eq!((lock.account.as_str(), lock.location.as_str()), ("s", "global"));
        assert_eq!(lock.config["scope"], GROUP.to_lowercase());
        assert_eq!(lock.config["level"], "CanNotDelete");
        assert_eq!(lock.name.as_deref(), Some("Keep"));
        assert_eq!(lock.unmapped, [].into());
        assert_eq!(Azure.listing_location(Kind::Lock, &lock.location).as_str(), EVERYWHERE);
    }

    #[test]
    fn a_lock_of_a_subscription_and_one_of_a_disk_protect_these() {
        for scope in
            ["/subscriptions/s", "/subscriptions/s/resourcegroups/g/providers/microsoft.compute/disks/d"]
        {
            let id = format!("{scope}/providers/Microsoft.Authorization/locks/l");
            let lock = resource(&json!({"id": id, "properties": {"level": "ReadOnly"}}));
            assert_eq!(lock.config["scope"], scope);
        }
    }

    #[test]
    fn the_arm_body_and_what_az_prints_are_equal() {
        let az = json!({"id": format!("{GROUP}/providers/Microsoft.Authorization/locks/Keep"), "name": "Keep",
            "type": "Microsoft.Authorization/locks", "resourceGroup": "Prod", "level": "CanNotDelete",
            "notes": "ask ops", "owners": null,
            "systemData": {"createdAt": "2026-01-02T03:04:05.123456Z", "createdBy": "ops@example.com"}});
        assert_eq!(resource(&az), resource(&lock()));
    }
}
