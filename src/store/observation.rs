//! One resource on its way into the store.

use serde_json::{Value, json};

use crate::model::{
    AccountId, Digest, Document, DocumentError, Location, Resource, ResourceKey, Scope, canonical_json,
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
        let entry = opened_entry(&key, &account, &location, &Digest::of(&body));
        Ok(Self { key, account, location, locator_hash, body, entry, fingerprint })
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

/// Returns the digest of the manifest's entry for a revision that a scan opened.
pub(super) fn opened_entry(
    key: &ResourceKey,
    account: &AccountId,
    location: &Location,
    document: &Digest,
) -> Digest {
    entry(&json!({ "account": account, "document": document, "key": key, "location": location }))
}

/// Returns the digest of the manifest's entry for a resource that a scan found absent.
pub(super) fn closed_entry(key: &ResourceKey) -> Digest {
    entry(&json!({ "key": key }))
}

fn entry(entry: &Value) -> Digest {
    Digest::of(canonical_json(entry).as_bytes())
}
