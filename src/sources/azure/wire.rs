//! Azure's native shapes: how to tell them, and what they say of themselves.
//!
//! An ARM list body is `{"value": […], "nextLink": …}`; `az … list` prints the bare array; a single GET is
//! the object itself.

use std::borrow::Cow;
use std::collections::BTreeMap;

use memchr::memmem;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::arm;
use super::inventory::{REGION, Row, SUBSCRIPTION, TABLE, USAGE};
use super::spelling::respell;
use crate::model::{AccountId, Reason};
use crate::sources::{Caveat, Header, Odd, Piece, Statement};

/// The resource type whose elements nest restore points.
const COLLECTION: &str = "microsoft.compute/restorepointcollections";

/// Tells what an element is: returns the row of its mapping.
///
/// By its `type`, or by its id where it has none. An element with the right type but none of the kind's
/// own members is a reference or a row of `az resource list`; its emptiness is no state, so it is none.
pub(super) fn recognise(element: &Map<String, Value>) -> Option<&'static Row> {
    let from_id = || arm::resource_type(&arm::canonical(text(element, "id")?)).map(Cow::Owned);
    let of_subscription = || is_subscription(element).then_some(Cow::Borrowed(SUBSCRIPTION));
    let untyped = || {
        let sort = [(is_location(element), REGION), (is_usage(element), USAGE)];
        sort.into_iter().find(|(is_such, _)| *is_such).map(|(_, sort)| Cow::Borrowed(sort))
    };
    let resource_type = text(element, "type").map(Cow::Borrowed).or_else(from_id);
    let resource_type = resource_type.or_else(of_subscription).or_else(untyped)?;
    TABLE.iter().find(|row| {
        row.resource_type.eq_ignore_ascii_case(&resource_type)
            && row.marks.iter().any(|mark| member(element, mark).is_some())
    })
}

/// Whether an element is a subscription: with an id of ARM's, or as `az account list` prints it, with the bare
/// GUID.
fn is_subscription(element: &Map<String, Value>) -> bool {
    let (Some(id), Some(_)) = (text(element, "id"), text(element, "state")) else { return false };
    match text(element, "subscriptionId") {
        Some(subscription) => arm::canonical(id) == format!("/subscriptions/{}", subscription.to_lowercase()),
        None => {
            !id.contains('/') && ["tenantId", "cloudName"].iter().all(|name| text(element, name).is_some())
        }
    }
}

/// Whether an element is a location of a subscription, by its id.
fn is_location(element: &Map<String, Value>) -> bool {
    let id = text(element, "id").map(arm::canonical).unwrap_or_default();
    matches!(id.split('/').collect::<Vec<_>>().as_slice(), ["", "subscriptions", _, "locations", _])
}

/// Whether an element is a usage of Microsoft.Compute, which has no id: other providers' have one.
fn is_usage(element: &Map<String, Value>) -> bool {
    let name = element.get("name").and_then(Value::as_object).and_then(|name| text(name, "value"));
    name.is_some() && element.contains_key("currentValue") && !element.contains_key("id")
}

/// Returns the subscription that an element's id lies in; of a subscription itself, its tenant.
pub(super) fn account(element: &Map<String, Value>) -> Option<AccountId> {
    if is_subscription(element) {
        return text(element, "tenantId").map(|tenant| AccountId::new(tenant.to_lowercase()));
    }
    let id = arm::canonical(text(element, "id")?);
    arm::subscription(&id).map(AccountId::new)
}

/// Returns what a body says of itself: only whether a page is missing, for neither an empty list nor its
/// link names a kind.
pub(super) fn statement(header: &Header) -> Statement {
    let pending = text(&header.members, "nextLink").map(|_| Caveat {
        location: None,
        reason: Reason {
            code: "next-link".to_owned(),
            message: "the list goes on behind its `nextLink`, and that page is not here".to_owned(),
        },
    });
    Statement { caveats: pending.into_iter().collect(), ..Statement::default() }
}

/// Takes a restore point collection apart (`$expand=restorePoints`) into its restore points, with its own
/// members around each; `None` for any other element, which is whole as it stands.
///
/// A collection that nests none yields no piece: it is a folder, not a resource.
///
/// # Errors
///
/// `not-expanded` for a collection that was listed without its restore points: what it holds is unknown.
pub(super) fn split(raw: &[u8]) -> Result<Option<Vec<Piece<'_>>>, Odd> {
    if !may_be_collection(raw) {
        return Ok(None);
    }
    let Ok(mut members) = serde_json::from_slice::<BTreeMap<String, &RawValue>>(raw) else {
        return Ok(None);
    };
    if !is_collection(&members) {
        return Ok(None);
    }
    if let Some(inner) = members.get("properties").and_then(|inner| serde_json::from_str(inner.get()).ok()) {
        let inner: BTreeMap<String, &RawValue> = inner;
        members.extend(inner);
        members.remove("properties");
    }
    let points = members.remove("restorePoints").map_or("null", RawValue::get);
    let points: Option<Vec<&RawValue>> =
        serde_json::from_str(points).map_err(|_| Odd::new("wrong-type", "`restorePoints` is no list"))?;
    let Some(points) = points else {
        let message = "the collection was listed without `$expand=restorePoints`";
        return Err(Odd::new("not-expanded", message));
    };
    let around = members.into_iter().filter_map(|(name, value)| Some((name, parsed(value)?))).collect();
    let around = respell(around);
    let pieces =
        points.into_iter().map(|point| Piece { raw: point.get().as_bytes().into(), around: around.clone() });
    Ok(Some(pieces.collect()))
}

/// A cheap sieve before parsing: every collection has one of these, and few other elements do.
fn may_be_collection(raw: &[u8]) -> bool {
    [r#""restorePoints""#, r#"/restorePointCollections""#, r#"/restorepointcollections""#]
        .iter()
        .any(|mark| memmem::find(raw, mark.as_bytes()).is_some())
}

fn is_collection(members: &BTreeMap<String, &RawValue>) -> bool {
    let text = |name| members.get(name).and_then(|value| serde_json::from_str::<String>(value.get()).ok());
    match text("type") {
        Some(resource_type) => resource_type.eq_ignore_ascii_case(COLLECTION),
        None => {
            text("id").and_then(|id| arm::resource_type(&arm::canonical(&id))).as_deref() == Some(COLLECTION)
        }
    }
}

fn parsed(value: &RawValue) -> Option<Value> {
    serde_json::from_str(value.get()).ok()
}

/// Returns a member, of the element or of its `properties`, that is not null.
fn member<'a>(element: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    let inner = || element.get("properties")?.as_object()?.get(name);
    element.get(name).filter(|value| !value.is_null()).or_else(inner).filter(|value| !value.is_null())
}

fn text<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    members.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::Kind;
    use crate::sources::Shape;

    const COMPUTE: &str = "/subscriptions/S/resourceGroups/G/providers/Microsoft.Compute";

    fn shape(element: &Value) -> Option<Shape> {
        recognise(element.as_object().unwrap()).map(|row| row.shape)
    }

    #[test]
    fn type_in_any_case_or_the_id_tells_the_kind() {
        for (resource_type, mark, kind) in [
            ("Microsoft.Compute/virtualMachines", "storageProfile", Kind::Instance),
            ("MICROSOFT.COMPUTE/DISKS", "creationData", Kind::Volume),
            ("Microsoft.Compute/snapshots", "creationData", Kind::Snapshot),
            ("Microsoft.Compute/images", "storageProfile", Kind::Image),
            ("Microsoft.Compute/restorePointCollections/restorePoints", "timeCreated", Kind::RestorePoint),
        ] {
            let typed = json!({"type": resource_type, "properties": {mark: {}}});
            assert_eq!(shape(&typed), Some(Shape::Resource(kind)), "{typed}");
        }
        let of_a_set = json!({"type": "Microsoft.Compute/virtualMachineScaleSets/virtualMachines",
            "properties": {"storageProfile": {}, "instanceView": {}}});
        assert_eq!(shape(&of_a_set), Some(Shape::Resource(Kind::ScaleSetInstance)));
        let by_id = json!({"id": format!("{COMPUTE}/disks/d"), "creationData": {}});
        assert_eq!(shape(&by_id), Some(Shape::Resource(Kind::Volume)));
    }

    #[test]
    fn a_machine_with_its_status_only_is_an_overlay_and_no_machine() {
        let status = json!({"id": format!("{COMPUTE}/virtualMachines/v"), "name": "v", "location": "westus",
            "type": "Microsoft.Compute/virtualMachines", "properties": {"vmId": "aa-1", "instanceView": {},
                "hardwareProfile": null, "storageProfile": null, "provisioningState": "Succeeded"}});
        assert_eq!(shape(&status), Some(Shape::Overlay(Kind::Instance, "statusOnly=true")));
        let of_a_set = json!({"id": format!("{COMPUTE}/virtualMachineScaleSets/s/virtualMachines/1"),
            "properties": {"instanceView": {}}});
        assert_eq!(shape(&of_a_set), None);
    }

    #[test]
    fn locks_and_subscriptions_are_told_by_type_id_or_what_only_they_have() {
        let lock =
            json!({"id": "/subscriptions/s/providers/Microsoft.Authorization/locks/l", "level": "ReadOnly"});
        assert_eq!(shape(&lock), Some(Shape::Resource(Kind::Lock)));
        let arm = json!({"id": "/subscriptions/S-1", "subscriptionId": "s-1", "state": "Enabled"});
        let az = json!({"id": "s-1", "cloudName": "AzureCloud", "tenantId": "t-1", "state": "Enabled"});
        for subscription in [&arm, &az] {
            assert_eq!(shape(subscription), Some(Shape::Resource(Kind::Account)));
        }
        for other in [
            json!({"id": "/subscriptions/s-1", "subscriptionId": "s-2", "state": "Enabled"}),
            json!({"id": "/subscriptions/s-1/resourceGroups/g", "subscriptionId": "s-1", "state": "Enabled"}),
            json!({"id": "s-1", "tenantId": "t-1", "state": "Enabled"}),
            json!({"id": "/tenants/t-1", "tenantId": "t-1", "displayName": "T"}),
        ] {
            assert_eq!(shape(&other), None, "{other}");
        }
    }

    #[test]
    fn errors_references_and_other_types_are_none_of_ours() {
        for element in [
            json!({"error": {"code": "AuthorizationFailed"}}),
            json!({"id": format!("{COMPUTE}/disks/d")}),
            json!({"id": format!("{COMPUTE}/disks/d"), "type": "Microsoft.Compute/disks", "properties": null}),
            json!({"type": "Microsoft.Network/networkInterfaces", "properties": {"storageProfile": {}}}),
            json!({"id": format!("{COMPUTE}/virtualMachines/v/extensions/e"), "properties": {"instanceView": {}}}),
            json!({"name": "op", "status": "Succeeded", "startTime": "2026-01-02T03:04:05Z"}),
        ] {
            assert_eq!(shape(&element), None, "{element}");
        }
    }

    #[test]
    fn an_id_proves_its_subscription() {
        let element = json!({"id": format!("{COMPUTE}/disks/d")});
        assert_eq!(account(element.as_object().unwrap()), Some(AccountId::new("s")));
        assert_eq!(account(&Map::new()), None);
    }

    #[test]
    fn a_pending_page_is_admitted() {
        let header = |members: Value| Header {
            members: members.as_object().unwrap().clone(),
            envelopes: vec!["value".to_owned()],
            ..Header::default()
        };
        let pending = statement(&header(json!({"nextLink": "https://management.azure.com/x?$skiptoken=1"})));
        assert_eq!(pending.caveats[0].reason.code, "next-link");
        for last in [json!({}), json!({"nextLink": null}), json!({"nextLink": ""})] {
            assert_eq!(statement(&header(last)), Statement::default());
        }
    }

    #[test]
    fn a_collection_yields_its_restore_points_with_itself_around() {
        let id = format!("{COMPUTE}/restorePointCollections/c");
        let source = json!({"id": format!("{COMPUTE}/virtualMachines/V")});
        let points = json!([{"name": "r1"}, {"name": "r2"}]);
        let nested = json!({"id": id, "type": "Microsoft.Compute/restorePointCollections", "location": "westus",
            "properties": {"source": source, "restorePoints": points}});
        let flat = json!({"id": id, "location": "westus", "source": source, "restorePoints": points});
        for collection in [nested, flat] {
            let raw = collection.to_string();
            let pieces = split(raw.as_bytes()).unwrap().unwrap();
            let names: Vec<_> = pieces.iter().map(|piece| std::str::from_utf8(&piece.raw).unwrap()).collect();
            assert_eq!(names, [r#"{"name":"r1"}"#, r#"{"name":"r2"}"#]);
            let vm = arm::canonical(&format!("{COMPUTE}/virtualMachines/V"));
            assert_eq!(pieces[0].around["source"], json!({"id": vm}));
            assert_eq!(pieces[0].around["location"], json!("westus"));
        }
    }

    #[test]
    fn a_collection_of_no_restore_points_yields_no_piece_and_a_disk_stays_whole() {
        let collection = json!({"type": "Microsoft.Compute/restorePointCollections",
            "properties": {"restorePoints": []}});
        let raw = collection.to_string();
        let pieces = split(raw.as_bytes()).unwrap();
        assert_eq!(pieces.map(|pieces| pieces.len()), Some(0));
        let disk = json!({"type": "Microsoft.Compute/disks", "tags": {"restorePoints": "x"}});
        assert!(split(disk.to_string().as_bytes()).unwrap().is_none());
    }

    #[test]
    fn a_collection_listed_without_its_restore_points_is_odd_not_empty() {
        let absent = json!({"type": "Microsoft.Compute/restorePointCollections", "properties": {}});
        let null = json!({"type": "microsoft.compute/restorepointcollections", "restorePoints": null});
        for collection in [absent, null] {
            let odd = split(collection.to_string().as_bytes()).unwrap_err();
            assert_eq!(odd.code, "not-expanded");
        }
    }
}
