//! Compute usage of a location → quota (SEMANTICS A.4).

use serde_json::{Map, Value};

use crate::model::{AccountId, Confidence, Kind, Location, Locator, Provider, Resource, ResourceKey, Uid};
use crate::sources::{Element, Field, Form, Hints, Odd, Reading};

/// Fields of a usage (API 2024-07-01), and of what `az vm list-usage` prints of it: numbers as text.
///
/// A limit is set, what is used of it moves.
const FIELDS: &[Field] = &[
    Field::config("limit", Form::Integer),
    Field::config("unit", Form::Plain),
    Field::volatile("currentValue"),
    Field::volatile("localName"),
    Field::volatile("name"),
];

/// Reads a quota, which tells neither its subscription nor its location: both come from beside it.
///
/// # Errors
///
/// `no-id` without a name.
pub(super) fn read(mut element: Element, _: &Map<String, Value>, hints: &Hints) -> Result<Reading, Odd> {
    let name = element.take_id("name.value")?;
    let account = hints.account.clone().unwrap_or_else(AccountId::unknown);
    let location = hints.location.clone().unwrap_or_else(Location::unknown);
    let path = format!(
        "/subscriptions/{account}/providers/microsoft.compute/locations/{location}/usages/{}",
        name.to_lowercase()
    );
    let key = ResourceKey { provider: Provider::Azure, kind: Kind::Quota, uid: Uid::new(&*path) };
    let mut resource = Resource::new(key, account, location, Locator::new(path));
    if hints.account.is_none() || hints.location.is_none() {
        resource.uid_confidence = Confidence::Low;
    }
    resource.name = Some(name);
    element.take_fields(FIELDS, "", &mut resource);
    Ok(element.finish(resource))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::sources::azure::Azure;
    use crate::sources::{Cloud, Place};

    fn quota(native: Value) -> Resource {
        let Value::Object(native) = native else { panic!() };
        let shape = Azure.recognise(&native, &Place::default()).unwrap();
        let hints = Hints {
            account: Some(AccountId::new("s-1")),
            location: Some(Location::new("westeurope")),
            ..Hints::default()
        };
        let Reading::Resource { resource, odd } =
            Azure.read(shape, Element::new(native), &Map::new(), &hints).unwrap()
        else {
            panic!()
        };
        assert_eq!(odd, []);
        *resource
    }

    fn arm(limit: u32, used: u32) -> Value {
        json!({"unit": "Count", "currentValue": used, "limit": limit,
            "name": {"value": "standardDSv3Family", "localizedValue": "Standard DSv3 Family vCPUs"}})
    }

    #[test]
    fn a_quota_is_its_name_in_a_subscription_and_a_location() {
        let quota = quota(arm(100, 4));
        let uid =
            "/subscriptions/s-1/providers/microsoft.compute/locations/westeurope/usages/standarddsv3family";
        assert_eq!((quota.key.uid.as_str(), quota.locator.as_str()), (uid, uid));
        assert_eq!((quota.account.as_str(), quota.location.as_str()), ("s-1", "westeurope"));
        assert_eq!(quota.name.as_deref(), Some("standardDSv3Family"));
        assert_eq!(quota.config["limit"], 100);
        assert_eq!((quota.unmapped.len(), quota.uid_confidence), (0, Confidence::High));
        assert_eq!(Azure.listing_location(Kind::Quota, &quota.location).as_str(), "westeurope");
    }

    #[test]
    fn what_is_used_is_no_drift_and_a_greater_limit_is() {
        assert_eq!(quota(arm(100, 4)), quota(arm(100, 96)));
        assert_ne!(quota(arm(100, 4)), quota(arm(350, 4)));
    }

    #[test]
    fn the_arm_body_and_what_az_prints_are_equal() {
        let az = json!({"currentValue": "4", "limit": "100", "localName": "Standard DSv3 Family vCPUs",
            "name": {"localizedValue": "Standard DSv3 Family vCPUs", "value": "standardDSv3Family"},
            "unit": "Count"});
        assert_eq!(quota(az), quota(arm(100, 4)));
    }
}
