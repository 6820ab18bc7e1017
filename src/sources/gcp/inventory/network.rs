//! Network interfaces, keyed by name, and the addresses on them.

use super::shared::URL;
use crate::model::Resource;
use crate::sources::{Element, Field, Form};

/// Takes `networkInterfaces` under `networkInterfaces[name]`; one without a name, as some exports print
/// it, is known by its place (`nic0`), which is what Compute Engine calls it.
pub(super) fn take(element: &mut Element, prefix: &str, resource: &mut Resource) {
    for (index, mut interface) in element.take_elements("networkInterfaces").into_iter().enumerate() {
        let name = interface.take_text("name").unwrap_or_else(|| format!("nic{index}"));
        let prefix = format!("{prefix}networkInterfaces[{name}].");
        for list in ["accessConfigs", "ipv6AccessConfigs"] {
            take_access(&mut interface, list, &prefix, resource);
        }
        interface.take_fields(INTERFACE, &prefix, resource);
        element.leave_nested(interface, &prefix, resource);
    }
}

fn take_access(interface: &mut Element, list: &str, prefix: &str, resource: &mut Resource) {
    for (index, mut access) in interface.take_elements(list).into_iter().enumerate() {
        let name = access.take_text("name").unwrap_or_else(|| index.to_string());
        let prefix = format!("{prefix}{list}[{name}].");
        access.take_fields(ACCESS, &prefix, resource);
        interface.leave_nested(access, &prefix, resource);
    }
}

const INTERFACE: &[Field] = &[
    Field::config("aliasIpRanges", Form::Set),
    Field::config("aliasIpv6Ranges", Form::Set),
    Field::config("enableVpcScopedDns", Form::Plain),
    Field::config("igmpQuery", Form::Plain),
    Field::config("internalIpv6PrefixLength", Form::Integer),
    Field::config("ipv6AccessType", Form::Plain),
    Field::config("ipv6Address", Form::Plain),
    Field::config("network", URL),
    Field::config("networkAttachment", URL),
    Field::config("networkIP", Form::Plain),
    Field::config("nicType", Form::Plain),
    Field::config("parentNicName", Form::Plain),
    Field::config("queueCount", Form::Integer),
    Field::config("serviceClassId", Form::Plain),
    Field::config("stackType", Form::Plain),
    Field::config("subnetwork", URL),
    Field::config("vlan", Form::Integer),
    Field::volatile("fingerprint"),
    Field::volatile("kind"),
];

/// An instance does not tell a reserved external address from one that it loses when it stops
/// (SEMANTICS B.1): whether there is a door is config, which address it has is evidence.
const ACCESS: &[Field] = &[
    Field::config("networkTier", Form::Plain),
    Field::config("publicPtrDomainName", Form::Plain),
    Field::config("securityPolicy", URL),
    Field::config("setPublicPtr", Form::Plain),
    Field::config("type", Form::Plain),
    Field::evidence("externalIpv6", Form::Plain),
    Field::evidence("externalIpv6PrefixLength", Form::Integer),
    Field::evidence("natIP", Form::Plain),
    Field::volatile("kind"),
];
