//! The resources that events name, as two scans saw them.

use std::sync::Arc;

use rusqlite::types::{Value, ValueRef};
use rustc_hash::{FxHashMap, FxHashSet};

use super::observation::locator_hash;
use super::reader::Reader;
use super::{Error, Store, uid};
use crate::model::{Confidence, Kind, Locator, Provider, Resource, ResourceKey, ScanId, Target, Uid};

/// One resource at an earlier and at a later scan.
type Seen = (Option<Arc<Resource>>, Option<Arc<Resource>>);

/// A resource that a target may name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) row: u32,
    pub(super) latest: i64,
}

impl Store {
    /// Returns for each target the resource that it names, as the two scans saw it.
    ///
    /// A target that bears a uid names the resource with that uid; by its locator only one whose own uid is
    /// not the vendor's ([`Resource::uid_confidence`]), since another resource may stand there by now. A
    /// target without one names whatever stood under its locator at each of the scans; without case on Azure.
    /// A resource that has moved is found under its last locator. Reads the resources' table once, whatever
    /// the number of targets.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownScan`].
    pub fn presence(
        &self,
        before: Option<ScanId>,
        after: ScanId,
        targets: &[(Provider, Target)],
    ) -> Result<Vec<Seen>, Error> {
        let before = before.map(|scan| self.last_revision(scan)).transpose()?;
        let after = self.last_revision(after)?;
        let wanted = Wanted::of(targets);
        let candidates = self.candidates(&wanted)?;
        let mut scene = Scene { store: self, reader: Reader::new(self)?, states: FxHashMap::default() };
        let seen = targets.iter().zip(&wanted.keys).map(|((provider, target), keys)| {
            let found: Vec<_> = keys.iter().filter_map(|key| candidates.get(key)).flatten().collect();
            let mut at = |until| scene.find(*provider, target, &found, until);
            Ok((before.map_or(Ok(None), &mut at)?, at(after)?))
        });
        seen.collect()
    }

    /// Returns the resources that may be wanted, by what they are wanted by.
    pub(super) fn candidates(&self, wanted: &Wanted) -> Result<FxHashMap<u64, Vec<Candidate>>, Error> {
        let mut found: FxHashMap<u64, Vec<Candidate>> = FxHashMap::default();
        if wanted.all.is_empty() {
            return Ok(found);
        }
        let mut statement = self.connection.prepare("select id, uid, locator_hash, latest from resource")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let locator: Option<i64> = row.get(2)?;
            let names = [Some(uid_name(row.get_ref(1)?)), locator.map(locator_name)];
            for name in names.into_iter().flatten().filter(|name| wanted.all.contains(name)) {
                let candidate = Candidate { row: row.get(0)?, latest: row.get(3)? };
                found.entry(name).or_default().push(candidate);
            }
        }
        Ok(found)
    }
}

/// By which hashes targets are looked for.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    all: FxHashSet<u64>,
    /// By target.
    keys: Vec<Vec<u64>>,
}

impl Wanted {
    fn of(targets: &[(Provider, Target)]) -> Self {
        let mut wanted = Self::default();
        for (provider, target) in targets {
            let uid = target.uid.as_ref().map(Uid::as_str);
            wanted.add(*provider, target.kind, uid, target.locator.as_ref().map(Locator::as_str));
        }
        wanted
    }

    /// Adds what bears this uid or stands at this locator.
    pub(super) fn add(
        &mut self,
        provider: Provider,
        kind: Option<Kind>,
        uid: Option<&str>,
        locator: Option<&str>,
    ) {
        let mut keys: Vec<u64> =
            locator.map(|locator| locator_name(locator_hash(locator))).into_iter().collect();
        // The store keeps no hash of a locator that is the uid.
        for text in [uid, locator].into_iter().flatten() {
            keys.extend(uids(provider, kind, text).iter().map(|way| uid_name(way.into())));
        }
        keys.sort_unstable();
        keys.dedup();
        self.all.extend(&keys);
        self.keys.push(keys);
    }
}

/// Returns every way in which the store may keep a uid.
fn uids(provider: Provider, kind: Option<Kind>, uid: &str) -> Vec<Value> {
    let kinds = kind.as_ref().map_or(Kind::ALL, std::slice::from_ref);
    let mut ways: Vec<Value> = kinds.iter().map(|&kind| uid::packed(provider, kind, uid)).collect();
    if provider == Provider::Azure {
        let lower = uid.to_lowercase();
        ways.extend(kinds.iter().map(|&kind| uid::packed(provider, kind, &lower)));
    }
    ways
}

/// Returns a hash that stands for a uid, whatever its cloud and kind.
fn uid_name(packed: ValueRef<'_>) -> u64 {
    uid::hash(Provider::Aws, Kind::Instance, packed)
}

/// Returns a hash that stands for a locator.
const fn locator_name(hash: i64) -> u64 {
    hash.cast_unsigned()
}

/// Reads resources as scans saw them, each once.
struct Scene<'s> {
    store: &'s Store,
    reader: Reader<'s>,
    /// By revision.
    states: FxHashMap<i64, Option<Arc<Resource>>>,
}

impl Scene<'_> {
    /// Returns the resource that a target names, at the scan with this last revision.
    fn find(
        &mut self,
        provider: Provider,
        target: &Target,
        candidates: &[&Candidate],
        until: i64,
    ) -> Result<Option<Arc<Resource>>, Error> {
        let mut found: Vec<Arc<Resource>> = Vec::new();
        for candidate in candidates {
            let key = self.reader.key(candidate.row)?;
            if key.provider == provider && target.kind.is_none_or(|kind| kind == key.kind) {
                found.extend(self.state(&key, candidate, until)?);
            }
        }
        found.sort_by(|a, b| a.key.cmp(&b.key));
        let by_uid = found.iter().find(|resource| bears_uid(resource, target));
        let by_locator = || found.iter().find(|resource| stands_at(resource, target));
        Ok(by_uid.or_else(by_locator).cloned())
    }

    /// Returns a resource as the scan with this last revision saw it.
    fn state(
        &mut self,
        key: &ResourceKey,
        candidate: &Candidate,
        until: i64,
    ) -> Result<Option<Arc<Resource>>, Error> {
        let mut next = Some(candidate.latest);
        while let Some(id) = next {
            let row = self.store.revision(id)?;
            if id > until {
                next = row.previous;
                continue;
            }
            if let Some(known) = self.states.get(&id) {
                return Ok(known.clone());
            }
            let state = self.reader.state(key, &row)?.map(Arc::new);
            self.states.insert(id, state.clone());
            return Ok(state);
        }
        Ok(None)
    }
}

fn same(provider: Provider, one: &str, other: &str) -> bool {
    one == other || provider == Provider::Azure && one.to_lowercase() == other.to_lowercase()
}

fn bears_uid(resource: &Resource, target: &Target) -> bool {
    let key = &resource.key;
    target.uid.as_ref().is_some_and(|uid| same(key.provider, uid.as_str(), key.uid.as_str()))
}

fn stands_at(resource: &Resource, target: &Target) -> bool {
    let at = |locator: &Locator| same(resource.key.provider, locator.as_str(), resource.locator.as_str());
    let may = target.uid.is_none() || resource.uid_confidence == Confidence::Low;
    may && target.locator.as_ref().is_some_and(at)
}
