//! The objects that several classes share.

use serde_json::{Value, json};

use crate::model::{ATTACK_VERSION, Provider, technique};
use crate::report::index::{Place, address};
use crate::report::view::{Actor, Event, Resource};

/// Returns the cloud and the account of a place.
pub(super) fn cloud(place: Option<Place<'_>>) -> Value {
    let Some(place) = place else { return json!({ "provider": "Unknown" }) };
    let (provider, type_id, r#type) = match place.provider {
        Provider::Aws => ("AWS", 10, "AWS Account"),
        Provider::Azure => ("Azure", 13, "Azure Subscription"),
        Provider::Gcp => ("GCP", 11, "GCP Project"),
    };
    json!({
        "provider": provider,
        "account": { "uid": place.account, "type_id": type_id, "type": r#type },
        "region": place.location,
    })
}

/// Returns a resource; its address stands as the other id.
pub(super) fn resource(resource: &Resource) -> Value {
    json!({
        "uid": resource.uid,
        "uid_alt": resource.locator,
        "name": resource.name,
        "type": resource.kind,
        "region": resource.location,
        "owner": { "account": { "uid": resource.account } },
    })
}

/// Returns who did something; the session is the person behind a shared principal.
pub(super) fn actor(actor: Option<&Actor>) -> Value {
    let Some(actor) = actor.filter(|actor| !actor.key.is_empty()) else {
        return json!({ "app_name": "unknown" });
    };
    let name = [&actor.name, &actor.key].into_iter().find(|text| !text.is_empty());
    let (type_id, r#type) = match actor.kind.as_str() {
        "human" => (1, "User"),
        "root" => (2, "Admin"),
        "service-linked" | "cloud-service" => (3, "System"),
        "workload" => (4, "Service"),
        "unknown" => (0, "Unknown"),
        other => (99, other),
    };
    json!({
        "user": { "uid": actor.key, "name": name, "display_name": actor.label, "type_id": type_id, "type": r#type },
        "session": actor.session.as_ref().map(|session| json!({ "uid": session })),
        "invoked_by": actor.service,
    })
}

/// Returns the call that an event tells.
pub(super) fn api(event: &Event) -> Value {
    json!({
        "operation": event.operation,
        "service": (!event.service.is_empty()).then(|| json!({ "name": event.service })),
        "response": event.failure.as_ref().map(|failure| json!({ "error_message": failure })),
    })
}

/// Returns from where an event was called; a vendor's service names itself where others have an address.
pub(super) fn source(event: &Event) -> Value {
    let named = event.client.as_ref().and_then(|client| client.ip.as_deref());
    match (address(event), named) {
        (Some(address), _) => json!({ "ip": address.to_string() }),
        (None, Some(service)) => json!({ "svc_name": service }),
        (None, None) => json!({ "name": "unknown" }),
    }
}

/// Returns with what an event was called.
pub(super) fn request(event: &Event) -> Option<Value> {
    let agent = event.client.as_ref()?.user_agent.as_ref()?;
    Some(json!({ "user_agent": agent }))
}

/// Returns a technique as the latest release of ATT&CK has it.
pub(super) fn attack(id: &str) -> Value {
    let found = technique(id);
    let current = found.as_ref().map_or(id, |technique| technique.id);
    let named = json!({
        "uid": current,
        "name": found.as_ref().map(|technique| technique.name),
        "src_url": format!("https://attack.mitre.org/techniques/{}/", current.replace('.', "/")),
    });
    let tactics = found.map_or(&[][..], |technique| technique.tactics);
    let tactics: Vec<Value> = tactics.iter().map(|name| json!({ "name": name })).collect();
    match current.split_once('.') {
        Some((parent, _)) => json!({
            "version": *ATTACK_VERSION,
            "technique": { "uid": parent, "name": technique(parent).map(|technique| technique.name) },
            "sub_technique": named,
            "tactics": tactics,
        }),
        None => json!({ "version": *ATTACK_VERSION, "technique": named, "tactics": tactics }),
    }
}
