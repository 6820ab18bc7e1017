//! Whether an instance plays the part of another one (SEMANTICS C.5).

use std::collections::BTreeSet;

use serde_json::Value;

use crate::model::{Confidence, ManagedBy, Resource};

/// What two instances must have in common to play one part.
pub(super) const SAME: u8 = 3;

/// One thing that two instances can have in common, and how much it counts.
struct Sign {
    points: u8,
    tells: fn(&Resource) -> BTreeSet<String>,
}

/// Signs of one part, by what they count.
const SIGNS: &[Sign] = &[
    Sign { points: 3, tells: interfaces },
    Sign { points: 3, tells: locator },
    Sign { points: 2, tells: public_address },
    Sign { points: 2, tells: private_address },
    Sign { points: 1, tells: name },
    Sign { points: 1, tells: logical_id },
];

/// Returns how much two instances have in common.
pub(super) fn likeness(old: &Resource, new: &Resource) -> u8 {
    let common = SIGNS.iter().filter(|sign| {
        let (one, other) = ((sign.tells)(old), (sign.tells)(new));
        one.intersection(&other).next().is_some()
    });
    common.map(|sign| sign.points).sum()
}

/// Whether one controller made both: it replaces its instances as it goes.
pub(super) fn same_controller(old: &Resource, new: &Resource) -> bool {
    let mark = |resource: &'_ Resource| -> Option<ManagedBy> {
        resource
            .managed_by
            .clone()
            .filter(|mark| mark.confidence == Confidence::High && mark.controller.is_some())
    };
    let (old, new) = (mark(old), mark(new));
    old.is_some() && old == new
}

fn texts<'a>(values: impl IntoIterator<Item = &'a Value>) -> BTreeSet<String> {
    let each = values.into_iter().flat_map(|value| match value {
        Value::Array(members) => members.iter().filter_map(Value::as_str).collect::<Vec<_>>(),
        other => other.as_str().into_iter().collect(),
    });
    each.filter(|text| !text.is_empty()).map(str::to_owned).collect()
}

/// The network interfaces: EC2's are keys of a path, Azure's stand in a list.
fn interfaces(instance: &Resource) -> BTreeSet<String> {
    let keys =
        instance.config.keys().filter_map(|path| path.strip_prefix("NetworkInterfaces[")?.split_once(']'));
    let mut found: BTreeSet<String> = keys.map(|(key, _)| key.to_owned()).collect();
    found.extend(texts(instance.config.get("networkProfile.networkInterfaces")));
    found
}

/// Of an EC2 instance this is its id, which no other bears.
fn locator(instance: &Resource) -> BTreeSet<String> {
    [instance.locator.as_str().to_owned()].into()
}

/// An address that is config is one that was reserved.
fn public_address(instance: &Resource) -> BTreeSet<String> {
    let of_config = instance.config.iter().filter(|(path, _)| {
        *path == "PublicIpAddress" || path.ends_with(".natIP") || path.ends_with("Association.PublicIp")
    });
    texts(of_config.map(|(_, value)| value))
}

/// A private address counts in its own subnet only.
fn private_address(instance: &Resource) -> BTreeSet<String> {
    let text = |path: &str| instance.config.get(path).and_then(Value::as_str);
    let aws = text("SubnetId").zip(text("PrivateIpAddress"));
    let gcp = instance.config.iter().filter_map(|(path, address)| {
        let interface = path.strip_suffix(".networkIP")?;
        Some((text(&format!("{interface}.subnetwork"))?, address.as_str()?))
    });
    gcp.chain(aws).map(|(subnet, address)| format!("{subnet} {address}")).collect()
}

fn name(instance: &Resource) -> BTreeSet<String> {
    instance.name.iter().filter(|name| name.as_str() != instance.key.uid.as_str()).cloned().collect()
}

fn logical_id(instance: &Resource) -> BTreeSet<String> {
    let stack = instance.tags.get("aws:cloudformation:stack-id");
    let id = instance.tags.get("aws:cloudformation:logical-id");
    stack.zip(id).map(|(stack, id)| format!("{stack} {id}")).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::{AccountId, Kind, Location, Locator, Provider, ResourceKey, Uid};

    fn instance(uid: &str) -> Resource {
        let key = ResourceKey { provider: Provider::Aws, kind: Kind::Instance, uid: Uid::new(uid) };
        Resource::new(key, AccountId::new("1"), Location::new("eu-west-1"), Locator::new(uid))
    }

    fn with(mut instance: Resource, path: &str, value: Value) -> Resource {
        instance.config.insert(path.to_owned(), value);
        instance
    }

    fn addressed(uid: &str) -> Resource {
        let instance = with(instance(uid), "SubnetId", json!("subnet-1"));
        Resource { name: Some("web".to_owned()), ..with(instance, "PrivateIpAddress", json!("10.0.0.5")) }
    }

    #[test]
    fn a_name_alone_is_no_part_and_an_address_with_it_is_one() {
        let named = |uid| Resource { name: Some("web".to_owned()), ..instance(uid) };
        assert_eq!(likeness(&named("i-1"), &named("i-2")), 1);
        assert_eq!(likeness(&addressed("i-1"), &addressed("i-2")), SAME);
        let elsewhere = with(addressed("i-2"), "SubnetId", json!("subnet-2"));
        assert_eq!(likeness(&addressed("i-1"), &elsewhere), 1);
    }

    #[test]
    fn an_interface_or_an_address_in_the_cloud_is_a_part_of_its_own() {
        let path = "NetworkInterfaces[eni-1].SourceDestCheck";
        let on = |uid| with(instance(uid), path, json!(true));
        assert_eq!(likeness(&on("i-1"), &on("i-2")), 3);
        assert_eq!(likeness(&instance("i-1"), &instance("i-1")), 3);
    }

    #[test]
    fn one_controller_excuses_and_two_do_not() {
        let managed = |uid, group: &str| {
            let mark = ManagedBy {
                confidence: Confidence::High,
                controller: Some(group.to_owned()),
                service: "autoscaling".to_owned(),
            };
            Resource { managed_by: Some(mark), ..instance(uid) }
        };
        assert!(same_controller(&managed("i-1", "web"), &managed("i-2", "web")));
        assert!(!same_controller(&managed("i-1", "web"), &managed("i-2", "db")));
        assert!(!same_controller(&instance("i-1"), &instance("i-2")));
    }
}
