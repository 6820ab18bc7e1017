//! What a step names.

use crate::model::{Kind, Lineage, Link, Locator, NodeKey, Provider, Resource, Target, Uid, printable};
use crate::rules::finding::family;

/// A resource as a state, a link or an event names it; on Azure in lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::rules) struct Thing {
    pub(in crate::rules) provider: Provider,
    pub(in crate::rules) kind: Option<Kind>,
    uid: Option<String>,
    locator: Option<String>,
}

impl Thing {
    /// Names what an event's target is; `None` for one that bears neither uid nor locator.
    pub(super) fn of_target(provider: Provider, target: &Target) -> Option<Self> {
        let uid = target.uid.as_ref().map(Uid::as_str);
        Self::new(provider, target.kind, uid, target.locator.as_ref().map(Locator::as_str))
    }

    /// Names a resource.
    pub(in crate::rules) fn of_resource(resource: &Resource) -> Self {
        let key = &resource.key;
        let spell = |text: &str| Some(spelled(key.provider, text));
        let (uid, locator) = (spell(key.uid.as_str()), spell(resource.locator.as_str()));
        Self { provider: key.provider, kind: Some(key.kind), uid, locator }
    }

    /// Names the other end of a link.
    pub(super) fn of_link(provider: Provider, link: &Link) -> Option<Self> {
        let uid = link.uid.as_ref().map(Uid::as_str);
        Self::new(provider, Some(link.kind), uid, link.locator.as_ref().map(Locator::as_str))
    }

    /// Names a thing of the ancestry.
    pub(super) fn of_node(key: &NodeKey, lineage: &Lineage) -> Self {
        let node = lineage.node(key);
        if let Some(state) = node.and_then(|node| node.state.as_deref()) {
            return Self::of_resource(state);
        }
        let spell = |text: &str| spelled(key.provider, text);
        let (uid, address) = if key.id.contains('/') { (None, Some(&key.id)) } else { (Some(&key.id), None) };
        let locator = node.and_then(|node| node.locator.as_ref()).map(Locator::as_str);
        let locator = locator.or(address.map(String::as_str)).map(spell);
        Self { provider: key.provider, kind: Some(key.kind), uid: uid.map(|uid| spell(uid)), locator }
    }

    /// Names a thing by whatever is known of it.
    pub(super) fn new(
        provider: Provider,
        kind: Option<Kind>,
        uid: Option<&str>,
        locator: Option<&str>,
    ) -> Option<Self> {
        let spell = |text: &str| spelled(provider, text);
        let (uid, locator) = (uid.map(spell), locator.map(spell));
        (uid.is_some() || locator.is_some()).then_some(Self { provider, kind, uid, locator })
    }

    /// Whether two names name the same: the uid decides where both bear one, else any name in common.
    pub(in crate::rules) fn is(&self, other: &Self) -> bool {
        let kinds = self.kind.zip(other.kind).is_none_or(|(one, other)| family(one) == family(other));
        let uids = self.uid.as_ref().zip(other.uid.as_ref()).map(|(one, other)| one == other);
        let any = || self.names().any(|name| other.names().any(|known| name == known));
        self.provider == other.provider && kinds && uids.unwrap_or_else(any)
    }

    /// Returns one name of what two name.
    pub(super) fn merged(&self, other: &Self) -> Self {
        Self {
            provider: self.provider,
            kind: self.kind.or(other.kind),
            uid: self.uid.clone().or_else(|| other.uid.clone()),
            locator: self.locator.clone().or_else(|| other.locator.clone()),
        }
    }

    /// Returns its uid and its locator.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.uid.iter().chain(&self.locator).map(String::as_str)
    }

    /// Whether it is of the family of a kind ([`family`]).
    pub(in crate::rules) fn is_a(&self, kind: Kind) -> bool {
        self.kind.is_some_and(|own| family(own) == kind)
    }

    /// Returns the zone or region that its address names, on Google Cloud.
    pub(super) fn place(&self) -> Option<&str> {
        let locator = self.locator.as_deref().filter(|_| self.provider == Provider::Gcp)?;
        let mut parts = locator.split('/');
        parts.find(|part| matches!(*part, "zones" | "regions"))?;
        parts.next()
    }

    /// Whether it is, or locks, a scope that another thing lies in: on Azure ids say so by how they begin.
    pub(in crate::rules) fn covers(&self, other: &Self) -> bool {
        let scope = self.locator.as_deref().filter(|_| self.provider == Provider::Azure);
        let scope =
            scope.map(|scope| scope.split("/providers/microsoft.authorization/").next().unwrap_or(scope));
        let below = |locator: &String| {
            scope.is_some_and(|scope| {
                locator.strip_prefix(scope).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })
        };
        self.provider == other.provider && other.locator.as_ref().is_some_and(below)
    }

    /// Names it for people: its uid if that is no address, else the last part of its locator.
    pub(in crate::rules) fn label(&self) -> String {
        let uid = self.uid.as_deref().filter(|uid| !uid.contains('/'));
        let last = |locator: &str| locator.rsplit('/').next().unwrap_or_default().to_owned();
        let by_name = self.provider != Provider::Aws;
        let locator = self.locator.as_deref().map(last);
        let label =
            if by_name { locator.or(uid.map(str::to_owned)) } else { uid.map(str::to_owned).or(locator) };
        printable(&label.or_else(|| self.uid.as_deref().map(last)).unwrap_or_default())
    }
}

/// Azure compares without case (SEMANTICS A.2).
fn spelled(provider: Provider, text: &str) -> String {
    if provider == Provider::Azure { text.to_lowercase() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn thing(provider: Provider, uid: Option<&str>, locator: Option<&str>) -> Thing {
        Thing::new(provider, Some(Kind::Volume), uid, locator).unwrap()
    }

    #[test]
    fn another_uid_under_the_same_locator_is_another_thing() {
        let old = thing(Provider::Gcp, Some("1"), Some("projects/p/zones/z/disks/d"));
        let new = thing(Provider::Gcp, Some("2"), Some("projects/p/zones/z/disks/d"));
        let called = thing(Provider::Gcp, None, Some("projects/p/zones/z/disks/d"));
        assert!(!old.is(&new));
        assert!(called.is(&old) && called.is(&new));
    }

    #[test]
    fn azure_knows_no_case() {
        let one = thing(Provider::Azure, None, Some("/SUBSCRIPTIONS/S/disks/D"));
        assert!(one.is(&thing(Provider::Azure, None, Some("/subscriptions/s/disks/d"))));
    }
}
