//! Registration of `Microsoft.Compute` in a subscription → setting (SEMANTICS A.4).

use serde_json::{Map, Value};

use super::identity;
use crate::model::{Confidence, Kind, Location, Uid};
use crate::sources::azure::GLOBAL;
use crate::sources::{Element, Field, Form, Hints, Odd, Reading};

/// Fields of a resource provider (API 2021-04-01); what it offers, and where, is the same for everybody.
const FIELDS: &[Field] = &[
    Field::config("providerAuthorizationConsentState", Form::Plain),
    Field::config("registrationState", Form::Plain),
    Field::volatile("authorizations"),
    Field::volatile("namespace"),
    Field::volatile("registrationPolicy"),
    Field::volatile("resourceTypes"),
];

/// Reads whether a subscription has compute at all.
pub(super) fn read(mut element: Element, _: &Map<String, Value>, hints: &Hints) -> Result<Reading, Odd> {
    let mut resource = identity::begin(Kind::Setting, None, &mut element, hints)?;
    resource.key.uid = Uid::new(resource.locator.as_str());
    resource.uid_confidence = Confidence::High;
    resource.location = Location::new(GLOBAL);
    resource.name = element.peek_text("namespace").map(str::to_owned).or(resource.name);
    element.take_fields(FIELDS, "", &mut resource);
    Ok(element.finish(resource))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::resource;
    use super::*;

    #[test]
    fn a_registration_is_a_setting_of_its_subscription() {
        let setting = resource(&json!({"id": "/subscriptions/S/providers/Microsoft.Compute",
            "namespace": "Microsoft.Compute", "registrationState": "Registered",
            "registrationPolicy": "RegistrationRequired", "authorizations": [{"applicationId": "a"}],
            "resourceTypes": [{"resourceType": "disks", "locations": ["West Europe"]}]}));
        assert_eq!(setting.key.kind, Kind::Setting);
        assert_eq!(setting.key.uid.as_str(), "/subscriptions/s/providers/microsoft.compute");
        assert_eq!((setting.account.as_str(), setting.location.as_str()), ("s", "global"));
        assert_eq!(setting.name.as_deref(), Some("Microsoft.Compute"));
        assert_eq!(setting.config, [("registrationState".to_owned(), json!("Registered"))].into());
        assert_eq!(setting.unmapped, [].into());
    }
}
