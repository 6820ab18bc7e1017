//! The network interfaces of an instance.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::model::{Resource, Timestamp};
use crate::sources::{Element, Field, Form, parse_time};

const FIELDS: &[Field] = &[
    Field::config("Attachment.DeleteOnTermination", Form::Plain),
    Field::config("Attachment.DeviceIndex", Form::Plain),
    Field::config("Attachment.EnaQueueCount", Form::Plain),
    Field::config("Attachment.EnaSrdSpecification", Form::Plain),
    Field::config("Attachment.NetworkCardIndex", Form::Plain),
    Field::config("ConnectionTrackingConfiguration", Form::Plain),
    Field::config("Description", Form::Plain),
    Field::config("InterfaceType", Form::Plain),
    Field::config("Ipv4Prefixes", Form::Keyed("Ipv4Prefix")),
    Field::config("Ipv6Addresses", Form::Keyed("Ipv6Address")),
    Field::config("Ipv6Prefixes", Form::Keyed("Ipv6Prefix")),
    Field::config("MacAddress", Form::Plain),
    Field::config("OwnerId", Form::Plain),
    Field::config("PrivateIpAddress", Form::Plain),
    Field::config("SecondaryNetworkId", Form::Plain),
    Field::config("SecondarySubnetId", Form::Plain),
    Field::config("SourceDestCheck", Form::Plain),
    Field::config("SubnetId", Form::Plain),
    Field::config("VpcId", Form::Plain),
    Field::evidence("Attachment.AttachTime", Form::Time),
    Field::evidence("Attachment.AttachmentId", Form::Plain),
    Field::evidence("Operator", Form::Plain),
    Field::volatile("Attachment.Status"),
    Field::volatile("PrivateDnsName"),
    Field::volatile("Status"),
];

const ADDRESS: &[Field] = &[Field::config("Primary", Form::Plain), Field::volatile("PrivateDnsName")];

/// The interface itself tells the association of its primary address.
const TOLD_ABOVE: &[Field] = &[Field::volatile("Association")];

const ELASTIC: &[Field] = &[
    Field::config("Association.CarrierIp", Form::Plain),
    Field::config("Association.CustomerOwnedIp", Form::Plain),
    Field::config("Association.IpOwnerId", Form::Plain),
    Field::config("Association.PublicIp", Form::Plain),
    Field::evidence("Association.PublicDnsName", Form::Plain),
];

const EPHEMERAL: &[Field] = &[
    Field::evidence("Association.CarrierIp", Form::Plain),
    Field::evidence("Association.CustomerOwnedIp", Form::Plain),
    Field::evidence("Association.IpOwnerId", Form::Plain),
    Field::evidence("Association.PublicDnsName", Form::Plain),
    Field::evidence("Association.PublicIp", Form::Plain),
];

/// Takes an instance's interfaces, each under its id; returns the public addresses that an account holds.
///
/// The first attachment of device 0 is when the instance came to be: `LaunchTime` moves at every start, and
/// the primary interface cannot be detached (SEMANTICS A.3).
pub(super) fn take_interfaces(element: &mut Element, resource: &mut Resource) -> BTreeSet<String> {
    let mut elastic = BTreeSet::new();
    for (list, id) in
        [("NetworkInterfaces", "NetworkInterfaceId"), ("SecondaryInterfaces", "SecondaryInterfaceId")]
    {
        for mut interface in element.take_elements(list) {
            let id = interface.take_text(id).unwrap_or_default();
            let path = format!("{list}[{id}].");
            if let Some(attached) = primary_attachment(&interface) {
                let earlier = resource.created_at.is_none_or(|known| attached < known);
                resource.created_at = if earlier { Some(attached) } else { resource.created_at };
            }
            take_security_groups(&mut interface, "Groups", &path, resource);
            take_association(&mut interface, &path, resource, &mut elastic);
            take_addresses(&mut interface, &path, resource, &mut elastic);
            interface.take_fields(FIELDS, &path, resource);
            element.leave_nested(interface, &path, resource);
        }
    }
    elastic
}

/// Takes a list of security groups as the set of their ids; EC2-Classic groups have a name only.
pub(super) fn take_security_groups(element: &mut Element, list: &str, path: &str, resource: &mut Resource) {
    let mut ids = BTreeSet::new();
    for mut group in element.take_elements(list) {
        let name = group.take_text("GroupName");
        let id = group.take_text("GroupId").or(name).unwrap_or_default();
        element.leave_nested(group, &format!("{path}{list}[{id}]."), resource);
        ids.insert(id);
    }
    if !ids.is_empty() {
        resource.config.insert(format!("{path}{list}"), ids.into_iter().map(Value::String).collect());
    }
}

fn primary_attachment(interface: &Element) -> Option<Timestamp> {
    let is_primary = interface.peek("Attachment.DeviceIndex")?.as_u64() == Some(0);
    let time = interface.peek("Attachment.AttachTime").filter(|_| is_primary)?;
    parse_time(time).ok()
}

fn take_addresses(
    interface: &mut Element,
    path: &str,
    resource: &mut Resource,
    elastic: &mut BTreeSet<String>,
) {
    for mut address in interface.take_elements("PrivateIpAddresses") {
        let name = address.take_text("PrivateIpAddress").unwrap_or_default();
        let path = format!("{path}PrivateIpAddresses[{name}].");
        if address.peek("Primary") == Some(&Value::Bool(true)) {
            address.take_fields(TOLD_ABOVE, &path, resource);
        } else {
            take_association(&mut address, &path, resource, elastic);
        }
        address.take_fields(ADDRESS, &path, resource);
        interface.leave_nested(address, &path, resource);
    }
}

/// A public address is config if an account holds it, and evidence if it is lent by Amazon until the next
/// stop (`IpOwnerId` `amazon`).
fn take_association(
    element: &mut Element,
    path: &str,
    resource: &mut Resource,
    elastic: &mut BTreeSet<String>,
) {
    let is_held =
        element.peek_text("Association.IpOwnerId").is_some_and(|owner| !owner.starts_with("amazon"));
    if is_held {
        elastic.extend(element.peek_text("Association.PublicIp").map(str::to_owned));
    }
    element.take_fields(if is_held { ELASTIC } else { EPHEMERAL }, path, resource);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::Kind;
    use crate::sources::Hints;
    use crate::sources::aws::inventory::identity::{Origin, resource};

    fn read(interfaces: &Value) -> (Resource, BTreeSet<String>) {
        let origin = Origin { hints: &Hints::default(), owner: None, zone: None };
        let mut resource = resource(Kind::Instance, "i-1".to_owned(), origin);
        let members = [("NetworkInterfaces".to_owned(), interfaces.clone())].into_iter().collect();
        let elastic = take_interfaces(&mut Element::new(members), &mut resource);
        (resource, elastic)
    }

    #[test]
    fn an_instance_is_as_old_as_the_attachment_of_its_primary_interface() {
        let (resource, _) = read(&json!([
            { "Attachment": { "DeviceIndex": 1, "AttachTime": "2020-01-01T00:00:00Z" } },
            { "Attachment": { "DeviceIndex": 0, "AttachTime": "2026-01-02T00:00:00Z" } },
            { "Attachment": { "DeviceIndex": 0, "AttachTime": "2026-01-01T00:00:00Z" } },
        ]));
        assert_eq!(resource.created_at, Some("2026-01-01T00:00:00Z".parse().unwrap()));
    }

    #[test]
    fn groups_and_addresses_are_sets() {
        let groups = |ids: [&str; 2]| ids.map(|id| json!({ "GroupId": id, "GroupName": "n" }));
        let addresses = |ids: [&str; 2]| ids.map(|ip| json!({ "PrivateIpAddress": ip, "Primary": false }));
        let native = |groups: Value, addresses: Value| {
            read(
                &json!([{ "NetworkInterfaceId": "eni-1", "Groups": groups, "PrivateIpAddresses": addresses }]),
            )
        };
        let (one, _) = native(json!(groups(["sg-1", "sg-2"])), json!(addresses(["10.0.0.1", "10.0.0.2"])));
        let (other, _) = native(json!(groups(["sg-2", "sg-1"])), json!(addresses(["10.0.0.2", "10.0.0.1"])));
        assert_eq!(one, other);
        assert_eq!(one.config["NetworkInterfaces[eni-1].Groups"], json!(["sg-1", "sg-2"]));
        assert!(one.unmapped.is_empty());
    }

    #[test]
    fn a_held_address_is_config_and_a_lent_one_evidence() {
        let native = |owner: &str| {
            json!([{ "NetworkInterfaceId": "eni-1", "PrivateIpAddresses": [{
                "PrivateIpAddress": "10.0.0.2", "Primary": false,
                "Association": { "IpOwnerId": owner, "PublicIp": "192.0.2.1", "PublicDnsName": "n" } }] }])
        };
        let path = "NetworkInterfaces[eni-1].PrivateIpAddresses[10.0.0.2].Association.PublicIp";
        let (held, elastic) = read(&native("111111111111"));
        assert_eq!(held.config[path], "192.0.2.1");
        assert_eq!(elastic, ["192.0.2.1".to_owned()].into());
        let (lent, elastic) = read(&native("amazon"));
        assert_eq!(lent.evidence[path], "192.0.2.1");
        assert!(!lent.config.contains_key(path) && elastic.is_empty());
    }

    #[test]
    fn an_attachment_under_way_is_no_drift() {
        let native = |status: &str| {
            read(
                &json!([{ "NetworkInterfaceId": "eni-1", "Status": status, "Attachment": { "Status": status } }]),
            )
        };
        assert_eq!(native("attaching"), native("attached"));
    }
}
