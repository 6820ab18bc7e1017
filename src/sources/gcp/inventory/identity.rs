//! What every Compute Engine resource has: an id, an address, a name, an age, labels.

use serde_json::{Map, Value};

use super::super::wire::{self, Address};
use super::super::{Reach, native};
use crate::model::{AccountId, Confidence, EVERYWHERE, Kind, Location, Locator};
use crate::model::{Provider, Resource, ResourceKey, Uid};
use crate::sources::{Element, Field, Form, Hints, Odd};

/// Takes what makes a resource that resource.
///
/// The locator is the path of `selfLink`; without one it is composed of the name, the zone or region and
/// what the hints tell. Without an `id` the uid is `<locator>#<creation time>`, in low confidence
/// (SEMANTICS A1.1).
///
/// # Errors
///
/// `no-id` if there is neither an `id` nor a name.
pub(super) fn take(kind: Kind, element: &mut Element, hints: &Hints) -> Result<Resource, Odd> {
    let id = element.take_text("id");
    let name = element.take_text("name");
    let site = Site::of(kind, element.members(), name.as_deref(), hints);
    let locator = match (site.locator, &id) {
        (Some(locator), _) => locator,
        (None, Some(id)) => Locator::new(id.as_str()),
        (None, None) => return Err(Odd::new("no-id", "`id`, `selfLink` and `name` are absent or no text")),
    };
    let created_at = element.take_time("creationTimestamp");
    let confidence = if id.is_some() { Confidence::High } else { Confidence::Low };
    let uid = id.unwrap_or_else(|| match created_at {
        Some(created_at) => format!("{locator}#{created_at}"),
        None => locator.to_string(),
    });
    let key = ResourceKey { provider: Provider::Gcp, kind, uid: Uid::new(uid) };
    let mut resource = Resource::new(key, site.account, site.location, locator);
    resource.zone = site.zone;
    resource.name = name.or(site.name);
    resource.created_at = created_at;
    resource.uid_confidence = confidence;
    resource.tags = element.take_text_map("labels");
    element.take_fields(FIELDS, "", &mut resource);
    Ok(resource)
}

const FIELDS: &[Field] = &[
    Field::config("description", Form::Plain),
    Field::volatile("fingerprint"),
    Field::volatile("kind"),
    Field::volatile("labelFingerprint"),
    Field::volatile("region"),
    Field::volatile("satisfiesPzi"),
    Field::volatile("satisfiesPzs"),
    Field::volatile("selfLink"),
    Field::volatile("selfLinkWithId"),
    Field::volatile("statusMessage"),
    Field::volatile("zone"),
];

/// Where a resource is.
struct Site {
    account: AccountId,
    location: Location,
    zone: Option<String>,
    locator: Option<Locator>,
    name: Option<String>,
}

impl Site {
    fn of(kind: Kind, element: &Map<String, Value>, name: Option<&str>, hints: &Hints) -> Self {
        match wire::address_in(element, "selfLink") {
            _ if kind == Kind::Setting => Self::of_project(element, name, hints),
            Some(address @ Address { name: Some(_), .. }) => Self::addressed(address),
            _ => Self::composed(kind, element, name, hints),
        }
    }

    /// A project's own settings: its name is the project's id.
    fn of_project(element: &Map<String, Value>, name: Option<&str>, hints: &Hints) -> Self {
        let account = wire::project(element).or(name).map(AccountId::new).or_else(|| hints.account.clone());
        let account = account.unwrap_or_else(AccountId::unknown);
        let locator = Some(Locator::new(format!("projects/{account}")));
        Self { account, location: Location::new("global"), zone: None, locator, name: None }
    }

    fn addressed(address: Address<'_>) -> Self {
        Self {
            account: AccountId::new(address.project),
            location: Location::new(address.location),
            zone: address.zonal.then(|| address.location.to_owned()),
            locator: Some(address.to_locator()),
            name: address.name.map(str::to_owned),
        }
    }

    fn composed(kind: Kind, element: &Map<String, Value>, name: Option<&str>, hints: &Hints) -> Self {
        let account = wire::project(element).map(AccountId::new).or_else(|| hints.account.clone());
        let account = account.unwrap_or_else(AccountId::unknown);
        let (location, zonal) = place(kind, element, hints);
        let zone = (zonal && location != Location::unknown()).then(|| location.to_string());
        let collection = native(kind).map_or("", |native| native.collection);
        let address =
            Address { project: account.as_str(), location: location.as_str(), zonal, collection, name };
        let locator = name.map(|_| address.to_locator());
        Self { account, location, zone, locator, name: None }
    }
}

/// Returns the location that an element or the hints name, and whether it is a zone.
fn place(kind: Kind, element: &Map<String, Value>, hints: &Hints) -> (Location, bool) {
    let hint = hints.location.as_ref().map(Location::as_str).filter(|hint| *hint != EVERYWHERE);
    let shared = native(kind).is_some_and(|native| native.reach == Reach::Location);
    let named = |member, collection| {
        let value = element.get(member)?.as_str()?;
        let (before, name) = value.rsplit_once('/').unwrap_or((collection, value));
        (before.ends_with(collection) && !name.is_empty()).then(|| Location::new(name))
    };
    if let Some(zone) = named("zone", "zones") {
        (zone, true)
    } else if let Some(region) = named("region", "regions") {
        (region, false)
    } else if let Some(hint) = hint {
        (Location::new(hint), is_zone(hint))
    } else if shared {
        (Location::new("global"), false)
    } else {
        (Location::unknown(), true)
    }
}

/// Whether a location's name is a zone's: `europe-west1-b`, while a region ends in a number.
fn is_zone(location: &str) -> bool {
    location.contains('-') && location.ends_with(|last: char| last.is_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn taken(kind: Kind, value: &Value, hints: &Hints) -> Resource {
        take(kind, &mut Element::parse(value.to_string().as_bytes()).unwrap(), hints).unwrap()
    }

    #[test]
    fn the_numeric_id_is_the_uid_and_the_path_of_the_self_link_the_locator() {
        let disk = json!({
            "id": "101", "name": "data", "creationTimestamp": "2026-01-01T19:04:05.000-08:00",
            "selfLink": "https://www.googleapis.com/compute/v1/projects/p/regions/r1/disks/data",
            "labels": {"env": "dev"},
        });
        let disk = taken(Kind::Volume, &disk, &Hints::default());
        assert_eq!(disk.key.uid.as_str(), "101");
        assert_eq!(disk.locator.as_str(), "projects/p/regions/r1/disks/data");
        assert_eq!((disk.account.as_str(), disk.location.as_str(), disk.zone), ("p", "r1", None));
        assert_eq!(disk.created_at.unwrap().to_string(), "2026-01-02T03:04:05Z");
        assert_eq!(disk.tags["env"], "dev");
        assert_eq!(disk.uid_confidence, Confidence::High);
    }

    #[test]
    fn without_an_id_the_uid_is_address_and_age_in_low_confidence() {
        let value = json!({
            "name": "web", "creationTimestamp": "2026-01-02T03:04:05Z",
            "zone": "https://www.googleapis.com/compute/v1/projects/p/zones/r1-b",
        });
        let hints = Hints { account: None, location: Some(Location::new(EVERYWHERE)), ..Hints::default() };
        let instance = taken(Kind::Instance, &value, &hints);
        assert_eq!(instance.key.uid.as_str(), "projects/p/zones/r1-b/instances/web#2026-01-02T03:04:05Z");
        assert_eq!(instance.uid_confidence, Confidence::Low);
        assert_eq!(instance.zone.as_deref(), Some("r1-b"));
    }

    #[test]
    fn the_hint_places_what_names_no_place() {
        let place = |kind, location: Option<&str>| {
            let hints = Hints { account: None, location: location.map(Location::new), ..Hints::default() };
            taken(kind, &json!({"id": "1", "name": "n"}), &hints).locator
        };
        assert_eq!(place(Kind::Volume, Some("r1-b")).as_str(), "projects/unknown/zones/r1-b/disks/n");
        assert_eq!(place(Kind::Volume, Some("r1")).as_str(), "projects/unknown/regions/r1/disks/n");
        assert_eq!(place(Kind::Image, None).as_str(), "projects/unknown/global/images/n");
        assert_eq!(place(Kind::Instance, None).as_str(), "projects/unknown/zones/unknown/instances/n");
    }

    #[test]
    fn an_element_without_id_and_name_is_odd() {
        let mut element = Element::parse(br#"{"kind":"compute#disk","sizeGb":"4"}"#).unwrap();
        assert_eq!(take(Kind::Volume, &mut element, &Hints::default()).unwrap_err().code, "no-id");
    }
}
