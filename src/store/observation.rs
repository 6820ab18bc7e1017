//! One resource on its way into the store.

use serde::Serialize;

use crate::model::{
    AccountId, Digest, Document, DocumentError, Kind, Location, Provider, Resource, ResourceKey, Scope, Uid,
};

/// Stands for the native bytes that an observation was read from, and for everything else that decides the
/// reading (place, hints, version of the mappings): equal fingerprints, equal readings.
///
/// Remembered per resource, so that an element whose bytes did not change need not be read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(pub [u8; 16]);

/// As much of a fingerprint as the store keeps: 96 bits, so that nobody can make other bytes that stand for
/// the same.
pub(super) type Mark = [u8; 12];

impl Fingerprint {
    /// Returns what the store keeps of it.
    pub(super) fn mark(self) -> Mark {
        self.0.first_chunk().copied().unwrap_or_default()
    }
}

/// One resource as a scan saw it, ready to be stored.
///
/// Made on the threads that read; canonicalising and digesting is most of the work.
#[derive(Clone, Debug)]
pub struct Observation {
    pub(super) key: ResourceKey,
    pub(super) account: AccountId,
    pub(super) location: Location,
    /// 64 bits for the locator; `None` where it equals the uid.
    pub(super) locator_hash: Option<i64>,
    /// The canonical document.
    pub(super) body: Vec<u8>,
    /// What the manifest says of it, as a digest.
    pub(super) entry: Digest,
    pub(super) fingerprint: Fingerprint,
}

impl Observation {
    /// Brings a resource into its canonical form.
    pub fn new(resource: Resource, fingerprint: Fingerprint) -> Result<Self, DocumentError> {
        let (key, account, location, document) = Document::from_resource(resource);
        let locator_hash = document.locator().map(|locator| locator_hash(locator.as_str()));
        let body = document.to_bytes()?;
        let entry = opened_entry(&key, &account, &location, &Digest::of(&body))?;
        Ok(Self { key, account, location, locator_hash, body, entry, fingerprint })
    }

    /// Returns the observation with another document.
    pub(super) fn with_document(self, document: &Document) -> Result<Self, DocumentError> {
        let body = document.to_bytes()?;
        let entry = opened_entry(&self.key, &self.account, &self.location, &Digest::of(&body))?;
        Ok(Self { body, entry, ..self })
    }

    /// Returns the key of the resource.
    pub const fn key(&self) -> &ResourceKey {
        &self.key
    }

    /// Returns the scope of a listing that would have shown it.
    pub(super) fn scope(&self) -> Scope {
        Scope {
            provider: self.key.provider,
            account: self.account.clone(),
            location: self.location.clone(),
            kind: self.key.kind,
        }
    }
}

/// Returns 64 bits that stand for a locator, whatever its case.
pub(super) fn locator_hash(locator: &str) -> i64 {
    let digest = Digest::of(locator.to_lowercase().as_bytes());
    digest.0.first_chunk().copied().map_or(0, i64::from_le_bytes)
}

/// What the manifest says of one change. Fields stand in the order of their names, as canonical JSON has
/// them.
#[derive(Serialize)]
struct Entry<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<&'a AccountId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<&'a Digest>,
    key: EntryKey<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<&'a Location>,
}

#[derive(Serialize)]
struct EntryKey<'a> {
    kind: Kind,
    provider: Provider,
    uid: &'a Uid,
}

impl<'a> Entry<'a> {
    const fn new(key: &'a ResourceKey) -> Self {
        let key = EntryKey { kind: key.kind, provider: key.provider, uid: &key.uid };
        Self { account: None, document: None, key, location: None }
    }

    fn digest(&self) -> Result<Digest, DocumentError> {
        Ok(Digest::of(&serde_json::to_vec(self)?))
    }
}

/// Returns the digest of the manifest's entry for a revision that a scan opened.
pub(super) fn opened_entry(
    key: &ResourceKey,
    account: &AccountId,
    location: &Location,
    document: &Digest,
) -> Result<Digest, DocumentError> {
    let (account, location, document) = (Some(account), Some(location), Some(document));
    Entry { account, document, location, ..Entry::new(key) }.digest()
}

/// Returns the digest of the manifest's entry for a resource that a scan found absent.
pub(super) fn closed_entry(key: &ResourceKey) -> Result<Digest, DocumentError> {
    Entry::new(key).digest()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::model::canonical_json;

    #[test]
    fn an_entry_is_canonical_json() {
        let key = ResourceKey { provider: Provider::Aws, kind: Kind::Volume, uid: Uid::new("vol-1") };
        let (account, location) = (AccountId::new("a"), Location::new("l"));
        let digest = Digest([7; 32]);
        let (account, location, document) = (Some(&account), Some(&location), Some(&digest));
        let entry = Entry { account, document, location, ..Entry::new(&key) };
        let written = serde_json::to_string(&entry).unwrap();
        let value: Value = serde_json::from_str(&written).unwrap();
        assert_eq!(canonical_json(&value), written);
    }
}
