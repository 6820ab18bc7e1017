//! What audit events show: accounts and addresses.

use std::net::IpAddr;

use serde_json::{Value, json};
use uuid::Uuid;

use super::{OBSERVABLES, Objects, add, domain, moment};
use crate::report::index::address;
use crate::report::view::{Actor, Event};

/// Adds what an event shows, and returns the id of the observation; `None` of an event that shows nobody.
pub(super) fn observed(event: &Event, objects: &mut Objects) -> Option<String> {
    let user = event.actor.as_ref().filter(|actor| !actor.key.is_empty()).map(account);
    let from = address(event).map(network_address);
    let shown: Vec<String> = [user, from].into_iter().flatten().map(|object| add(objects, object)).collect();
    if shown.is_empty() {
        return None;
    }
    let account = event.account.as_ref().map_or("", |account| account.as_str());
    let name = format!("{} {account} {} {}", event.provider, event.log, event.id);
    let time = moment(event.time);
    let mut observation = domain(
        "observed-data",
        &name,
        &time,
        &json!({
            "first_observed": time,
            "last_observed": time,
            "number_observed": 1,
            "object_refs": shown,
        }),
    );
    observation["external_references"] = json!([{
        "source_name": if event.log.is_empty() { event.provider.as_str() } else { &event.log },
        "external_id": event.id,
        "description": event.operation,
    }]);
    Some(add(objects, observation))
}

fn account(actor: &Actor) -> Value {
    let service = matches!(actor.kind.as_str(), "service-linked" | "cloud-service" | "workload");
    observable(
        "user-account",
        json!({ "user_id": actor.key }),
        &json!({
            "display_name": actor.label,
            "is_service_account": service,
        }),
    )
}

fn network_address(address: IpAddr) -> Value {
    let r#type = if address.is_ipv4() { "ipv4-addr" } else { "ipv6-addr" };
    observable(r#type, json!({ "value": address.to_string() }), &json!({}))
}

/// Makes an observable whose id is that of what identifies it (§2.9: a UUID of version 5 over the members as canonical JSON, which
/// one member of text always is).
fn observable(r#type: &str, mut object: Value, further: &Value) -> Value {
    let uuid = Uuid::new_v5(&OBSERVABLES, object.to_string().as_bytes());
    if let (Some(object), Some(further)) = (object.as_object_mut(), further.as_object()) {
        object.extend(further.clone());
        object.insert("type".to_owned(), json!(r#type));
        object.insert("spec_version".to_owned(), json!("2.1"));
        object.insert("id".to_owned(), json!(format!("{type}--{uuid}")));
    }
    object
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_the_id_that_every_other_producer_gives_it() {
        // As the `stix2` library of OASIS makes it.
        let address = network_address("198.51.100.3".parse().unwrap());
        assert_eq!(address["id"], "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4");
    }
}
