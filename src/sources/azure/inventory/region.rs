//! Location of a subscription → region (SEMANTICS A.4).

use serde_json::{Map, Value};

use super::identity;
use crate::model::{Confidence, Kind, Location, Uid};
use crate::sources::azure::arm;
use crate::sources::{Element, Field, Form, Hints, Odd, Reading};

/// Fields of a location (API 2022-12-01), and of what `az account list-locations` prints of it.
///
/// Where a location is, and which one stands in for it, the vendor decides for everybody.
const FIELDS: &[Field] = &[
    Field::config("extendedLocation", Form::Plain),
    Field::config("metadata.regionType", Form::Plain),
    Field::volatile("availabilityZoneMappings"),
    Field::volatile("displayName"),
    Field::volatile("metadata"),
    Field::volatile("regionalDisplayName"),
    Field::volatile("subscriptionId"),
    Field::volatile("type"),
];

/// Reads a location that a subscription may use.
///
/// # Errors
///
/// `no-id` without an `id`.
pub(super) fn read(mut element: Element, _: &Map<String, Value>, hints: &Hints) -> Result<Reading, Odd> {
    let mut resource = identity::begin(Kind::Region, None, &mut element, hints)?;
    resource.key.uid = Uid::new(resource.locator.as_str());
    resource.uid_confidence = Confidence::High;
    resource.location = Location::new(arm::name(resource.locator.as_str()));
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

    #[test]
    fn a_location_stands_in_the_one_list_of_its_subscription() {
        let mut native = json!({"id": "/subscriptions/S-1/locations/westeurope", "name": "westeurope",
            "type": "Region", "displayName": "West Europe", "regionalDisplayName": "(Europe) West Europe",
            "metadata": {"regionType": "Physical", "regionCategory": "Recommended", "geography": "Europe",
                "pairedRegion": [{"id": "/subscriptions/S-1/locations/northeurope", "name": "northeurope"}]},
            "availabilityZoneMappings": [{"logicalZone": "1", "physicalZone": "westeurope-az2"}]});
        let region = resource(&native);
        assert_eq!(region.key.uid.as_str(), "/subscriptions/s-1/locations/westeurope");
        assert_eq!((region.account.as_str(), region.location.as_str()), ("s-1", "westeurope"));
        assert_eq!(region.config, [("metadata.regionType".to_owned(), json!("Physical"))].into());
        assert_eq!((region.unmapped.len(), region.uid_confidence), (0, Confidence::High));
        assert_eq!(Azure.listing_location(Kind::Region, &region.location).as_str(), EVERYWHERE);
        native.as_object_mut().map(|members| members.remove("type"));
        assert_eq!(resource(&native), region);
    }
}
