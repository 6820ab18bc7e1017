//! What every ARM resource has: identity, place, tags, and who manages it.

use crate::model::{
    AccountId, Confidence, Kind, Location, Locator, ManagedBy, Phase, Provider, Resource, ResourceKey, State,
    Timestamp, Uid,
};
use crate::sources::azure::arm;
use crate::sources::{Element, Field, Form, Hints, Odd, parse_time};

/// Fields that every ARM resource may have beside its identity.
///
/// `etag` and `systemData.lastModifiedAt` move with every touch (SEMANTICS B.1); who made it proves
/// something and stays.
const FIELDS: &[Field] = &[
    Field::config("extendedLocation.name", Form::Plain),
    Field::config("extendedLocation.type", Form::Plain),
    Field::evidence("systemData.createdAt", Form::Time),
    Field::evidence("systemData.createdBy", Form::Plain),
    Field::evidence("systemData.createdByType", Form::Plain),
    Field::evidence("systemData.lastModifiedBy", Form::Plain),
    Field::evidence("systemData.lastModifiedByType", Form::Plain),
    Field::volatile("systemData.lastModifiedAt"),
    Field::volatile("etag"),
    Field::volatile("type"),
];

/// Begins a resource: takes its identity, place, tags and provisioning state.
///
/// The locator is the canonical id, so two spellings of it are one resource; the name keeps its case.
/// The uid is the GUID at `uid_path`; where that is absent (older API versions, kinds without one) it is
/// composed of locator and creation time, in low confidence (SEMANTICS A1.1).
///
/// # Errors
///
/// `no-id` without an `id`.
pub(super) fn begin(
    kind: Kind,
    uid_path: Option<&str>,
    element: &mut Element,
    hints: &Hints,
) -> Result<Resource, Odd> {
    let locator = arm::canonical(&element.take_id("id")?);
    let created_at = element.take_time("timeCreated").or_else(|| created_by_system(element));
    let native = uid_path.and_then(|path| element.take_text(path)).map(|guid| guid.to_lowercase());
    let (uid, confidence) = match native {
        Some(guid) => (guid, Confidence::High),
        None => (composed_uid(&locator, created_at), Confidence::Low),
    };
    let key = ResourceKey { provider: Provider::Azure, kind, uid: Uid::new(uid) };
    let account = arm::subscription(&locator).map(AccountId::new).or_else(|| hints.account.clone());
    let location =
        element.take_text("location").map(|name| location(&name)).or_else(|| hints.location.clone());

    let mut resource = Resource::new(
        key,
        account.unwrap_or_else(AccountId::unknown),
        location.unwrap_or_else(Location::unknown),
        Locator::new(&locator),
    );
    resource.uid_confidence = confidence;
    resource.created_at = created_at;
    resource.name = element.take_text("name").or_else(|| Some(arm::name(&locator).to_owned()));
    resource.tags = element.take_text_map("tags");
    resource.managed_by = managed_by_group(&locator);
    take_zones(element, &mut resource);
    take_provisioning_state(element, &mut resource);
    element.take_fields(FIELDS, "", &mut resource);
    Ok(resource)
}

/// Returns a location in the spelling of the API: `West US` and `westus` are one.
pub(super) fn location(name: &str) -> Location {
    Location::new(name.split_whitespace().collect::<String>().to_lowercase())
}

/// Returns `locator#created_at`, or the locator alone where nobody says when it came to be.
pub(super) fn composed_uid(locator: &str, created_at: Option<Timestamp>) -> String {
    created_at.map_or_else(|| locator.to_owned(), |time| format!("{locator}#{time}"))
}

fn created_by_system(element: &Element) -> Option<Timestamp> {
    element.peek("systemData.createdAt").and_then(|time| parse_time(time).ok())
}

/// A resource in one zone has it as its place; in several, as configuration.
fn take_zones(element: &mut Element, resource: &mut Resource) {
    let several =
        element.peek("zones").and_then(|zones| zones.as_array()).is_some_and(|zones| zones.len() > 1);
    if several {
        element.take_fields(&[Field::config("zones", Form::Set)], "", resource);
    } else {
        let zone = element.take_list("zones").into_iter().next();
        resource.zone = zone.and_then(|zone| zone.as_str().map(str::to_owned));
    }
}

/// `Updating` and `Succeeded` alternate in normal life (SEMANTICS B.1); `Deleting` means that it goes, and
/// a failure proves something.
fn take_provisioning_state(element: &mut Element, resource: &mut Resource) {
    let Some(native) = element.take_text("provisioningState") else { return };
    match native.to_ascii_lowercase().as_str() {
        "deleting" => resource.state = Some(State { native, phase: Phase::Deleting }),
        "failed" | "canceled" => {
            resource.evidence.insert("provisioningState".to_owned(), native.into());
        }
        _ => {}
    }
}

/// Anyone may name a resource group so: a hint, never an excuse (SEMANTICS D.2, D2.1).
fn managed_by_group(locator: &str) -> Option<ManagedBy> {
    let group = arm::resource_group(locator)?;
    let service = match group {
        _ if group.starts_with("azurebackuprg_") => "backup",
        _ if group.starts_with("mc_") => "aks",
        _ => return None,
    };
    Some(ManagedBy {
        confidence: Confidence::Low,
        controller: Some(group.to_owned()),
        service: service.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const DISK: &str = "/subscriptions/S-1/resourceGroups/G/providers/Microsoft.Compute/disks/Data";

    fn begun(native: Value, hints: &Hints) -> Resource {
        let Value::Object(members) = native else { panic!() };
        begin(Kind::Volume, Some("uniqueId"), &mut Element::new(members), hints).unwrap()
    }

    #[test]
    fn the_guid_is_the_uid_and_the_canonical_id_the_locator() {
        let resource = begun(
            json!({"id": DISK, "name": "Data", "uniqueId": "AB-12", "location": "West US", "zones": ["2"]}),
            &Hints::default(),
        );
        assert_eq!(resource.key.uid.as_str(), "ab-12");
        assert_eq!(resource.uid_confidence, Confidence::High);
        assert_eq!(resource.locator.as_str(), DISK.to_lowercase());
        assert_eq!(resource.account.as_str(), "s-1");
        assert_eq!(resource.location.as_str(), "westus");
        assert_eq!(resource.zone.as_deref(), Some("2"));
        assert_eq!(resource.name.as_deref(), Some("Data"));
    }

    #[test]
    fn without_a_guid_the_uid_is_composed_in_low_confidence() {
        let dated =
            begun(json!({"id": DISK, "timeCreated": "2026-01-02T03:04:05.5000000+00:00"}), &Hints::default());
        assert_eq!(dated.key.uid.as_str(), format!("{}#2026-01-02T03:04:05.5Z", DISK.to_lowercase()));
        assert_eq!(dated.uid_confidence, Confidence::Low);
        let undated = begun(json!({"id": DISK}), &Hints::default());
        assert_eq!(undated.key.uid.as_str(), DISK.to_lowercase());
    }

    #[test]
    fn deleting_is_gone_and_failed_is_evidence_and_updating_is_nothing() {
        let state = |native| begun(json!({"id": DISK, "provisioningState": native}), &Hints::default());
        assert!(state("Deleting").is_gone());
        assert_eq!(state("Failed").evidence["provisioningState"], json!("Failed"));
        assert_eq!(state("Updating"), state("Succeeded"));
    }

    #[test]
    fn a_group_that_calls_itself_backup_is_a_hint_only() {
        let id = "/subscriptions/s/resourceGroups/AzureBackupRG_westus_1/providers/Microsoft.Compute/disks/d";
        let managed_by = begun(json!({"id": id}), &Hints::default()).managed_by.unwrap();
        assert_eq!((managed_by.service.as_str(), managed_by.confidence), ("backup", Confidence::Low));
        assert_eq!(begun(json!({"id": DISK}), &Hints::default()).managed_by, None);
    }

    #[test]
    fn hints_fill_in_what_the_element_does_not_tell() {
        let hints = Hints {
            account: Some(AccountId::new("hinted")),
            location: Some(Location::new("eastus")),
            ..Hints::default()
        };
        let resource = begun(json!({"id": DISK}), &hints);
        assert_eq!((resource.account.as_str(), resource.location.as_str()), ("s-1", "eastus"));
    }
}
