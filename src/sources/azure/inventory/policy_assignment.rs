//! Policy assignment → setting (SEMANTICS A.4): allowed locations are one among them.

use serde_json::{Map, Value};

use super::identity;
use crate::model::{Confidence, Kind, Location, Uid};
use crate::sources::azure::{GLOBAL, arm};
use crate::sources::{Element, Field, Form, Hints, Odd, Reading};

/// Fields of `Microsoft.Authorization/policyAssignments` (API 2022-06-01).
const FIELDS: &[Field] = &[
    Field::config("definitionVersion", Form::Plain),
    Field::config("description", Form::Plain),
    Field::config("displayName", Form::Plain),
    Field::config("enforcementMode", Form::Plain),
    Field::config("identity", Form::Plain),
    Field::config("notScopes", Form::Set),
    Field::config("overrides", Form::Set),
    Field::config("parameters", Form::Plain),
    Field::config("policyDefinitionId", Form::Canonical(arm::canonical)),
    Field::config("resourceSelectors", Form::Set),
    Field::config("scope", Form::Canonical(arm::canonical)),
    Field::volatile("effectiveDefinitionVersion"),
    Field::volatile("instanceId"),
    Field::volatile("latestDefinitionVersion"),
    // When and by whom it was touched last; what the portal shows.
    Field::volatile("metadata"),
    Field::volatile("nonComplianceMessages"),
    Field::volatile("sku"),
];

/// Reads an assignment that holds in a subscription; one of a management group stands in each subscription below.
pub(super) fn read(mut element: Element, _: &Map<String, Value>, hints: &Hints) -> Result<Reading, Odd> {
    let mut resource = identity::begin(Kind::Setting, None, &mut element, hints)?;
    let id = resource.locator.as_str();
    let is_own = arm::subscription(id).is_some();
    let uid = if is_own { id.to_owned() } else { format!("/subscriptions/{}{id}", resource.account) };
    resource.key.uid = Uid::new(uid);
    resource.uid_confidence = Confidence::High;
    resource.location = Location::new(GLOBAL);
    if let Some(title) = element.peek_text("displayName") {
        resource.name = Some(title.to_owned());
    }
    element.take_fields(FIELDS, "", &mut resource);
    Ok(element.finish(resource))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::resource;
    use super::*;

    const ALLOWED: &str =
        "/providers/Microsoft.Authorization/policyDefinitions/e56962a6-4747-49cd-b67b-bf8b01975c4c";

    fn arm(scope: &str, places: &[&str]) -> Value {
        json!({"id": format!("{scope}/providers/Microsoft.Authorization/policyAssignments/places"), "name": "places",
            "type": "Microsoft.Authorization/policyAssignments",
            "properties": {"displayName": "Allowed locations", "policyDefinitionId": ALLOWED, "scope": scope,
                "notScopes": [], "parameters": {"listOfAllowedLocations": {"value": places}},
                "enforcementMode": "Default", "metadata": {"updatedOn": "2026-01-02T03:04:05.1234567Z"}}})
    }

    #[test]
    fn the_locations_that_a_policy_allows_are_config() {
        let policy = resource(&arm("/subscriptions/S", &["westeurope"]));
        assert_eq!(policy.key.kind, Kind::Setting);
        let id = "/subscriptions/s/providers/microsoft.authorization/policyassignments/places";
        assert_eq!((policy.key.uid.as_str(), policy.location.as_str()), (id, "global"));
        assert_eq!(policy.name.as_deref(), Some("Allowed locations"));
        assert_eq!(policy.config["parameters.listOfAllowedLocations.value"], json!(["westeurope"]));
        assert_eq!(policy.config["policyDefinitionId"], ALLOWED.to_lowercase());
        assert_eq!(policy.unmapped, [].into());
    }

    #[test]
    fn a_policy_of_a_management_group_is_another_in_each_subscription() {
        let group = "/providers/Microsoft.Management/managementGroups/root";
        let policy = resource(&arm(group, &["westeurope"]));
        assert!(
            policy.key.uid.as_str().starts_with("/subscriptions/unknown/providers/microsoft.management/")
        );
        assert!(policy.locator.as_str().starts_with("/providers/microsoft.management/"));
    }

    #[test]
    fn the_arm_body_and_what_az_prints_are_equal() {
        let mut az = arm("/subscriptions/S", &["westeurope"]);
        let Some(Value::Object(inner)) = az.as_object_mut().and_then(|az| az.remove("properties")) else {
            panic!()
        };
        az.as_object_mut().unwrap().extend(inner);
        assert_eq!(resource(&az), resource(&arm("/subscriptions/S", &["westeurope"])));
    }
}
