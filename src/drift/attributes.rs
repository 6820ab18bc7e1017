//! What differs between two states of one resource, attribute by attribute.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::model::{AttributeChange, Attributes, Grant, Link, Rel, Resource, Sight};

/// Returns every attribute that differs, sorted by path; what stands in the slots and lifecycle states are
/// told by changes of their own kinds and left out here.
///
/// Equal states give none. What only one side could see is not compared: unmapped attributes where a
/// source sees only what it models, grants and per-resource calls where one side did not ask.
pub fn attribute_changes(before: &Resource, after: &Resource) -> Vec<AttributeChange> {
    let (mut old, mut new) = (comparable(before), comparable(after));
    retain_common(&mut old, &mut new, before, after);
    difference(&old, &new)
}

/// Applies attribute changes to the comparable attributes of a state, which gives those of the other.
///
/// The counterpart of [`attribute_changes`], which the property tests hold against each other.
pub fn apply(attributes: &mut Attributes, changes: &[AttributeChange]) {
    for change in changes {
        match &change.after {
            Some(value) => attributes.insert(change.path.clone(), value.clone()),
            None => attributes.remove(&change.path),
        };
    }
}

/// Returns the paths that differ between two maps.
pub(super) fn difference(old: &Attributes, new: &Attributes) -> Vec<AttributeChange> {
    let paths: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    paths
        .into_iter()
        .filter(|path| old.get(*path) != new.get(*path))
        .map(|path| AttributeChange {
            path: path.clone(),
            before: old.get(path).cloned(),
            after: new.get(path).cloned(),
        })
        .collect()
}

/// Returns everything of a resource that drift compares, under one set of paths.
pub(super) fn comparable(resource: &Resource) -> Attributes {
    let mut all = Attributes::new();
    let prefixed = |prefix: &str, attributes: &Attributes, all: &mut Attributes| {
        all.extend(attributes.iter().map(|(path, value)| (format!("{prefix}{path}"), value.clone())));
    };
    prefixed("config.", &resource.config, &mut all);
    prefixed("unmapped.", &resource.unmapped, &mut all);
    all.extend(resource.tags.iter().map(|(key, value)| (format!("tags.{key}"), value.clone().into())));
    all.extend(link_attributes(&resource.links));
    if let Some(name) = &resource.name {
        all.insert("name".to_owned(), name.clone().into());
    }
    if let Some(zone) = &resource.zone {
        all.insert("zone".to_owned(), zone.clone().into());
    }
    all.extend(granted(&resource.exposure.grants).map(|grants| (GRANTS.to_owned(), grants)));
    if let Some(export) = &resource.exposure.export {
        all.insert("exposure.export".to_owned(), export.clone().into());
    }
    if let Some(managed_by) = &resource.managed_by {
        all.insert("managed_by".to_owned(), managed_by.service.clone().into());
    }
    all
}

const GRANTS: &str = "exposure.grants";

/// Returns grants as one value; `None` if there are none.
fn granted(grants: &BTreeSet<Grant>) -> Option<Value> {
    let grants = grants.iter().map(|grant| format!("{}:{}", grant.kind, grant.principal));
    let grants: Vec<Value> = grants.map(Value::from).collect();
    (!grants.is_empty()).then(|| Value::from(grants))
}

/// Drops what one of the two states could not see.
fn retain_common(old: &mut Attributes, new: &mut Attributes, before: &Resource, after: &Resource) {
    let sighted = before.sight == Sight::Everything && after.sight == Sight::Everything;
    let overlaid: BTreeSet<String> =
        before.overlaid.union(&after.overlaid).map(|path| format!("config.{path}")).collect();
    let lopsided: BTreeSet<String> =
        overlaid.into_iter().filter(|path| old.contains_key(path) != new.contains_key(path)).collect();
    let mut still = after.exposure.clone();
    if still.keep_untold(&before.exposure) {
        // Grants that nobody asked for again are not gone; one that is told all the same is news.
        new.extend(granted(&still.grants).map(|grants| (GRANTS.to_owned(), grants)));
    }
    for side in [old, new] {
        side.retain(|path, _| {
            let unseen = (!sighted && path.starts_with("unmapped.")) || lopsided.contains(path);
            !unseen
        });
    }
}

/// Returns the links that no change kind of its own tells, as attributes.
fn link_attributes(links: &BTreeSet<Link>) -> Attributes {
    let mut targets: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for link in links.iter().filter(|link| !matches!(link.rel, Rel::Attached | Rel::AttachedTo)) {
        let slot = link.slot.as_ref().map_or_else(String::new, |slot| format!("[{slot}]"));
        targets.entry(format!("links.{}{slot}", link.rel)).or_default().insert(link.target().to_owned());
    }
    let single = |targets: BTreeSet<String>| {
        let mut targets: Vec<Value> = targets.into_iter().map(Value::from).collect();
        if targets.len() == 1 { targets.remove(0) } else { Value::from(targets) }
    };
    targets.into_iter().map(|(path, targets)| (path, single(targets))).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::model::{
        AccountId, Exposure, Kind, Location, Locator, PrincipalKind, Provider, ResourceKey, Uid,
    };

    fn resource() -> Resource {
        let key = ResourceKey { provider: Provider::Aws, kind: Kind::Instance, uid: Uid::new("i-1") };
        Resource::new(key, AccountId::new("1"), Location::new("x"), Locator::new("i-1"))
    }

    fn paths(before: &Resource, after: &Resource) -> Vec<String> {
        attribute_changes(before, after).into_iter().map(|change| change.path).collect()
    }

    #[test]
    fn evidence_is_never_drift() {
        let mut after = resource();
        after.evidence.insert("LaunchTime".into(), json!("2026-01-01T00:00:00Z"));
        assert_eq!(paths(&resource(), &after), [""; 0]);
    }

    #[test]
    fn what_a_typed_client_cannot_see_is_not_gone() {
        let (mut before, mut after) = (resource(), resource());
        before.unmapped.insert("NewField".into(), json!(1));
        assert_eq!(paths(&before, &after), ["unmapped.NewField"]);
        after.sight = Sight::Modelled;
        assert_eq!(paths(&before, &after), [""; 0]);
    }

    #[test]
    fn an_attribute_that_nobody_asked_for_again_is_not_gone() {
        let mut before = resource();
        before.config.insert("DisableApiTermination".into(), json!(true));
        before.overlaid.insert("DisableApiTermination".into());
        assert_eq!(paths(&before, &resource()), [""; 0]);
        let mut after = before.clone();
        after.config.insert("DisableApiTermination".into(), json!(false));
        assert_eq!(paths(&before, &after), ["config.DisableApiTermination"]);
    }

    #[test]
    fn grants_that_nobody_asked_for_again_are_not_gone() {
        let mut before = resource();
        let grant = Grant { kind: PrincipalKind::Account, principal: "999988887777".into() };
        before.exposure = Exposure { known: true, grants: [grant].into(), ..Exposure::default() };
        assert_eq!(paths(&before, &resource()), [""; 0]);
        let mut after = resource();
        after.exposure.known = true;
        assert_eq!(paths(&before, &after), ["exposure.grants"]);
    }

    #[test]
    fn a_grant_that_is_told_is_news_though_nobody_asked_for_the_others_again() {
        let grant = |kind, principal: &str| Grant { kind, principal: principal.into() };
        let mut before = resource();
        let shared = grant(PrincipalKind::Account, "999988887777");
        before.exposure = Exposure { known: true, grants: [shared].into(), ..Exposure::default() };
        let mut after = resource();
        after.exposure.grants = [grant(PrincipalKind::Public, "all")].into();
        let changes = attribute_changes(&before, &after);
        assert_eq!(changes[0].after, Some(json!(["public:all", "account:999988887777"])));
    }

    #[test]
    fn whether_everybody_may_use_it_is_compared_only_when_asked_again() {
        let told = |exposure| Resource { exposure, ..resource() };
        let (public, private) = (told(Exposure::public_only(true)), told(Exposure::public_only(false)));
        assert_eq!(paths(&public, &private), ["exposure.grants"]);
        assert_eq!(paths(&private, &public), ["exposure.grants"]);
        assert_eq!(paths(&public, &resource()), [""; 0]);
        let grant = |kind, principal: &str| Grant { kind, principal: principal.into() };
        let (all, other) =
            (grant(PrincipalKind::Public, "all"), grant(PrincipalKind::Account, "999988887777"));
        let grants = |grants: &[Grant]| {
            let grants = grants.iter().cloned().collect();
            told(Exposure { known: true, grants, ..Exposure::default() })
        };
        // The account was not asked for again, and stands.
        let changes = attribute_changes(&grants(&[all, other.clone()]), &private);
        assert_eq!(changes[0].after, Some(json!(["account:999988887777"])));
        assert_eq!(paths(&grants(&[other]), &private), [""; 0]);
    }

    fn any_resource() -> impl Strategy<Value = Resource> {
        let attributes = prop::collection::btree_map("[a-c]{1,2}", (0..3_i32).prop_map(Value::from), 0..4);
        let tags = prop::collection::btree_map("[a-c]", "[x-z]", 0..3);
        let links = prop::collection::btree_set(("[a-b]", "[v-w]"), 0..3);
        (attributes.clone(), attributes, tags, links, any::<Option<bool>>()).prop_map(
            |(config, unmapped, tags, links, name)| {
                let mut resource = resource();
                resource.config = config;
                resource.unmapped = unmapped;
                resource.tags = tags;
                resource.name = name.map(|name| name.to_string());
                let link = |(slot, target)| Link::to_uid(Rel::BackedBy, Kind::Snapshot, target).in_slot(slot);
                resource.links =
                    links.into_iter().map(|(slot, target): (String, String)| link((slot, target))).collect();
                resource
            },
        )
    }

    proptest! {
        #[test]
        fn equal_states_do_not_differ(state in any_resource()) {
            prop_assert_eq!(attribute_changes(&state, &state.clone()), []);
        }

        #[test]
        fn applying_the_difference_gives_the_other_state(
            before in any_resource(), after in any_resource(),
        ) {
            let mut attributes = comparable(&before);
            apply(&mut attributes, &attribute_changes(&before, &after));
            prop_assert_eq!(attributes, comparable(&after));
        }
    }
}
