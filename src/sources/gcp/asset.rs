//! Cloud Asset Inventory: a resource wrapped in what the inventory says about it.

use serde_json::{Map, Value};

use super::{KINDS, wire};
use crate::model::Kind;
use crate::sources::{Element, Odd};

/// A project, apart from what Compute Engine keeps of it.
const PROJECT: &str = "cloudresourcemanager.googleapis.com/Project";

/// Whether an element is an asset: `{"name": "//…", "asset_type": "…", …}`, in either spelling.
pub(super) fn is_asset(element: &Map<String, Value>) -> bool {
    asset_type(element).is_some() && element.contains_key("name")
}

/// Returns the kind of an asset that carries its resource; `None` for every other type, and for content
/// types without the resource (IAM policies, deleted assets).
pub(super) fn kind(element: &Map<String, Value>) -> Option<Kind> {
    contents(element)?;
    let asset_type = asset_type(element)?;
    if asset_type == PROJECT {
        return Some(Kind::Account);
    }
    let name = asset_type.strip_prefix("compute.googleapis.com/")?;
    let name = name.strip_prefix("Region").unwrap_or(name);
    KINDS.iter().find(|native| native.asset == name).map(|native| native.kind)
}

/// Returns the resource that an asset carries.
pub(super) fn contents(element: &Map<String, Value>) -> Option<&Map<String, Value>> {
    element.get("resource")?.get("data")?.as_object()
}

/// Returns the project in an asset's name.
pub(super) fn project(asset: &Map<String, Value>) -> Option<&str> {
    wire::address_in(asset, "name").map(|address| address.project)
}

/// Takes the resource out of an asset, in the words of the Compute Engine API; the asset's name stands in
/// for a `selfLink` that the resource lacks.
///
/// # Errors
///
/// `wrong-type` if there is no resource.
pub(super) fn unwrap(mut asset: Element) -> Result<Element, Odd> {
    let Some(Value::Object(mut members)) = asset.take("resource.data") else {
        return Err(Odd::new("wrong-type", "`resource.data` is no object"));
    };
    if let Some(name) = asset.take("name") {
        members.entry("selfLink").or_insert(name);
    }
    modernise(&mut members);
    Ok(Element::new(members))
}

/// What older exports call a member, and what the API calls it.
const OLD_NAMES: &[(&str, &str)] = &[
    ("disk", "disks"),
    ("externalIp", "natIP"),
    ("guestOsFeature", "guestOsFeatures"),
    ("ipAddress", "networkIP"),
    ("license", "licenses"),
    ("licenseCode", "licenseCodes"),
    ("replicaZone", "replicaZones"),
    ("resourcePolicy", "resourcePolicies"),
    ("scope", "scopes"),
    ("serviceAccount", "serviceAccounts"),
    ("storageLocation", "storageLocations"),
    ("tag", "items"),
    ("user", "users"),
];

/// Renames the members that older exports spell in the singular; where both spellings stand, the API's
/// counts.
fn modernise(members: &mut Map<String, Value>) {
    for (old, new) in OLD_NAMES {
        // A label may be called `user`, but never holds a list; labels are lower case throughout.
        let is_old = |value: &Value| value.is_array() || old.contains(char::is_uppercase);
        if members.get(*old).is_some_and(is_old)
            && let Some(value) = members.remove(*old)
        {
            members.entry(*new).or_insert(value);
        }
    }
    for value in members.values_mut() {
        match value {
            Value::Object(members) => modernise(members),
            Value::Array(items) => items.iter_mut().filter_map(Value::as_object_mut).for_each(modernise),
            _ => {}
        }
    }
}

fn asset_type(element: &Map<String, Value>) -> Option<&str> {
    ["asset_type", "assetType"].into_iter().find_map(|member| element.get(member)?.as_str())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: &Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn an_asset_is_what_its_type_says_and_only_with_its_resource() {
        let asset = |asset_type: &str, data: Value| {
            object(&json!({"name": "//x", "assetType": asset_type, "resource": {"data": data}}))
        };
        assert_eq!(kind(&asset("compute.googleapis.com/Disk", json!({}))), Some(Kind::Volume));
        assert_eq!(kind(&asset("compute.googleapis.com/RegionDisk", json!({}))), Some(Kind::Volume));
        assert_eq!(kind(&asset("compute.googleapis.com/Disk", json!(null))), None);
        assert_eq!(
            kind(&asset("compute.googleapis.com/ResourcePolicy", json!({}))),
            Some(Kind::ResourcePolicy)
        );
        assert_eq!(kind(&asset("compute.googleapis.com/Project", json!({}))), Some(Kind::Setting));
        assert_eq!(kind(&asset(PROJECT, json!({}))), Some(Kind::Account));
        assert_eq!(kind(&asset("compute.googleapis.com/Network", json!({}))), None);
        assert_eq!(kind(&asset("sqladmin.googleapis.com/Instance", json!({}))), None);
    }

    #[test]
    fn older_spellings_become_the_api_s_and_labels_stay() {
        let asset = object(&json!({
            "name": "//compute.googleapis.com/projects/p/zones/z/disks/d",
            "asset_type": "compute.googleapis.com/Disk",
            "resource": {"data": {
                "user": ["a"], "users": ["b"], "license": ["l"],
                "labels": {"user": "me", "disk": "x"},
            }},
        }));
        let disk = unwrap(Element::new(asset)).unwrap();
        let expected = object(&json!({
            "selfLink": "//compute.googleapis.com/projects/p/zones/z/disks/d",
            "users": ["b"], "licenses": ["l"], "labels": {"user": "me", "disk": "x"},
        }));
        assert_eq!(disk.members(), &expected);
    }
}
