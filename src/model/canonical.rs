//! Canonical form: same state, same bytes, wherever it came from.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Number, Value};
use thiserror::Error;

use super::{
    AccountId, Attributes, Confidence, Exposure, Link, Location, Locator, ManagedBy, Resource, ResourceKey,
    Sight, State, Timestamp, UnknownName,
};

/// A BLAKE3 digest, written as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema)]
#[schemars(with = "String")]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// Returns the digest of some bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(*blake3::hash(bytes).as_bytes())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

impl FromStr for Digest {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = || UnknownName { what: "digest", found: text.to_owned() };
        let hash = blake3::Hash::from_hex(text).map_err(|_| unknown())?;
        Ok(Self(*hash.as_bytes()))
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A stored document that does not read back.
#[derive(Debug, Error)]
#[error("a stored document is no canonical resource: {0}")]
pub struct DocumentError(#[from] serde_json::Error);

/// What a revision stores: a resource without its key, account and location.
///
/// Those three stand in the store's own columns, so that a document is free of place and two resources
/// in the same state share one. Fields are declared in the order of their names: the derived serialiser
/// then writes canonical JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Document {
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    config: Attributes,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    created_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    evidence: Attributes,
    #[serde(default, skip_serializing_if = "is_default")]
    exposure: Exposure,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    links: BTreeSet<Link>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    locator: Option<Locator>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    managed_by: Option<ManagedBy>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    overlaid: BTreeSet<String>,
    #[serde(default = "everything", skip_serializing_if = "is_everything")]
    sight: Sight,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    state: Option<State>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    tags: BTreeMap<String, String>,
    #[serde(default = "high", skip_serializing_if = "is_high")]
    uid_confidence: Confidence,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    unmapped: Attributes,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    zone: Option<String>,
}

impl Document {
    /// Takes a resource apart into the document and what the store keeps in columns.
    pub fn from_resource(resource: Resource) -> (ResourceKey, AccountId, Location, Self) {
        let same = resource.locator.as_str() == resource.key.uid.as_str();
        let document = Self {
            config: resource.config,
            created_at: resource.created_at,
            evidence: resource.evidence,
            exposure: resource.exposure,
            links: resource.links,
            locator: (!same).then_some(resource.locator),
            managed_by: resource.managed_by,
            name: resource.name,
            overlaid: resource.overlaid,
            sight: resource.sight,
            state: resource.state,
            tags: resource.tags,
            uid_confidence: resource.uid_confidence,
            unmapped: resource.unmapped,
            zone: resource.zone,
        };
        (resource.key, resource.account, resource.location, document)
    }

    /// Puts the resource together again.
    pub fn into_resource(self, key: ResourceKey, account: AccountId, location: Location) -> Resource {
        let locator = self.locator.unwrap_or_else(|| Locator::new(key.uid.as_str()));
        Resource {
            key,
            account,
            location,
            zone: self.zone,
            locator,
            name: self.name,
            created_at: self.created_at,
            uid_confidence: self.uid_confidence,
            state: self.state,
            tags: self.tags,
            config: self.config,
            evidence: self.evidence,
            overlaid: self.overlaid,
            links: self.links,
            exposure: self.exposure,
            managed_by: self.managed_by,
            unmapped: self.unmapped,
            sight: self.sight,
        }
    }

    /// Returns the canonical JSON.
    pub fn to_bytes(&self) -> Result<Vec<u8>, DocumentError> {
        Ok(serde_json::to_vec(self)?)
    }

    /// Reads canonical JSON back.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DocumentError> {
        Ok(serde_json::from_slice(bytes)?)
    }

    /// Keeps what separate calls told of an earlier state and nobody asked for again: settings and grants
    /// stand until the call that tells them is made anew. Returns whether there was anything to keep.
    ///
    /// Without this, a sweep that asks for everything once a day would be compared with the hourly scan
    /// before it, which did not ask, and a protection taken away in between would never show.
    pub fn keep_told(&mut self, earlier: &Self) -> bool {
        let setting = |path: &str| path.split('.').next().unwrap_or_default().to_owned();
        let asked: BTreeSet<String> = self.overlaid.iter().map(|path| setting(path)).collect();
        let unasked = earlier.overlaid.iter().filter(|path| !asked.contains(&setting(path)));
        let mut kept = false;
        for path in unasked {
            if let (Some(value), false) = (earlier.config.get(path), self.config.contains_key(path)) {
                self.config.insert(path.clone(), value.clone());
                self.overlaid.insert(path.clone());
                kept = true;
            }
        }
        self.exposure.keep_untold(&earlier.exposure) || kept
    }

    /// Returns the locator where it differs from the uid.
    pub fn locator(&self) -> Option<&Locator> {
        self.locator.as_ref()
    }

    /// Whether the vendor says that the resource is gone, though it is still listed.
    pub fn is_gone(&self) -> bool {
        self.state.as_ref().is_some_and(|state| state.phase.is_gone())
    }
}

const fn everything() -> Sight {
    Sight::Everything
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
fn is_everything(sight: &Sight) -> bool {
    *sight == Sight::Everything
}

const fn high() -> Confidence {
    Confidence::High
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
fn is_high(confidence: &Confidence) -> bool {
    *confidence == Confidence::High
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Returns a value as canonical JSON: sorted keys, no white space.
pub fn canonical_json(value: &Value) -> String {
    // `serde_json::Map` is a `BTreeMap` as long as nobody turns on `preserve_order`; a test holds that.
    value.to_string()
}

/// Returns a value in canonical form: nulls and empty containers and strings dropped (SEMANTICS A.2:
/// empty, absent and null are equal), floats without a fraction as integers; `None` if nothing is left.
pub fn normalise(value: Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Bool(_) => Some(value),
        Value::Number(number) => Some(Value::Number(normalise_number(number))),
        Value::String(text) => (!text.is_empty()).then_some(Value::String(text)),
        Value::Array(items) => {
            let items: Vec<_> = items.into_iter().filter_map(normalise).collect();
            (!items.is_empty()).then_some(Value::Array(items))
        }
        Value::Object(members) => {
            let members: Map<_, _> =
                members.into_iter().filter_map(|(key, member)| Some((key, normalise(member)?))).collect();
            (!members.is_empty()).then_some(Value::Object(members))
        }
    }
}

/// Writes a value under `path` into `out`: objects member by member, everything else as one normalised
/// value; what is empty leaves no trace.
pub fn flatten(path: &str, value: Value, out: &mut Attributes) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                let path = if path.is_empty() { key } else { format!("{path}.{key}") };
                flatten(&path, member, out);
            }
        }
        leaf => {
            if let Some(leaf) = normalise(leaf) {
                out.insert(path.to_owned(), leaf);
            }
        }
    }
}

/// The largest integer below which every integer is an exact `f64`.
const EXACT: f64 = 9_007_199_254_740_992.0;

fn normalise_number(number: Number) -> Number {
    match number.as_f64() {
        Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() < EXACT => {
            #[expect(clippy::cast_possible_truncation, reason = "checked to be an exact integer")]
            let integer = float as i64;
            Number::from(integer)
        }
        _ => number,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn object_keys_are_sorted() {
        let value: Value = serde_json::from_str(r#"{"b":1,"a":{"d":2,"c":3}}"#).unwrap();
        assert_eq!(canonical_json(&value), r#"{"a":{"c":3,"d":2},"b":1}"#);
    }

    #[test]
    fn empty_absent_and_null_are_equal() {
        let value = json!({"a": null, "b": "", "c": [], "d": {"e": [null, {}]}, "f": 2.0});
        assert_eq!(normalise(value), Some(json!({"f": 2})));
        assert_eq!(normalise(json!({"a": [""]})), None);
    }

    #[test]
    fn flattening_joins_paths_and_keeps_lists_whole() {
        let mut out = Attributes::new();
        flatten("A", json!({"b": {"c": 1, "d": []}, "e": [1, 2]}), &mut out);
        let expected: Attributes = [("A.b.c".to_owned(), json!(1)), ("A.e".to_owned(), json!([1, 2]))].into();
        assert_eq!(out, expected);
    }

    #[test]
    fn what_nobody_asked_for_again_is_kept_and_what_was_asked_again_is_not() {
        use crate::model::{Grant, Kind, PrincipalKind, Provider, Uid};
        let document = |exposure: &Exposure| {
            let key = ResourceKey { provider: Provider::Aws, kind: Kind::Snapshot, uid: Uid::new("snap-1") };
            let locator = Locator::new("snap-1");
            let mut resource = Resource::new(key, AccountId::new("1"), Location::new("x"), locator);
            resource.exposure = exposure.clone();
            Document::from_resource(resource).3
        };
        let kept = |now: &Exposure, earlier: &Exposure| {
            let mut now = document(now);
            now.keep_told(&document(earlier)).then_some(now.exposure)
        };
        let (unasked, public) = (Exposure::default(), Exposure::public_only(true));
        let private = Exposure::public_only(false);
        assert_eq!(kept(&unasked, &public), Some(public.clone()));
        assert_eq!(kept(&private, &public), None);
        assert_eq!(kept(&public, &private), None);
        let account = Grant { kind: PrincipalKind::Account, principal: "999988887777".to_owned() };
        let mut all = Exposure { known: true, ..public };
        all.grants.insert(account.clone());
        assert_eq!(kept(&unasked, &all).map(|exposure| exposure.grants), Some(all.grants.clone()));
        assert_eq!(kept(&private, &all).map(|exposure| exposure.grants), Some([account].into()));
        assert_eq!(kept(&all, &unasked), None);
    }

    #[test]
    fn a_document_reads_back_as_the_same_resource_and_its_bytes_are_sorted() {
        use crate::model::{Kind, Phase, Provider, Rel, Uid};
        let key = ResourceKey {
            provider: Provider::Azure,
            kind: Kind::Instance,
            uid: Uid::new("11111111-2222-3333-4444-555555555555"),
        };
        let mut resource = Resource::new(
            key,
            AccountId::new("sub"),
            Location::new("westeurope"),
            Locator::new("/subscriptions/sub/vm"),
        );
        resource.name = Some("vm".into());
        resource.state = Some(State { phase: Phase::Running, native: "PowerState/running".into() });
        resource.config.insert("hardwareProfile.vmSize".into(), json!("Standard_D2s_v5"));
        resource
            .links
            .insert(Link::to_locator(Rel::Attached, Kind::Volume, Locator::new("/disk")).in_slot("os"));
        let copy = resource.clone();
        let (key, account, location, document) = Document::from_resource(resource);
        let bytes = document.to_bytes().unwrap();
        let value: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(canonical_json(&value).as_bytes(), bytes, "derived order is not canonical");
        let back = Document::from_bytes(&bytes).unwrap().into_resource(key, account, location);
        assert_eq!(back, copy);
    }
}
