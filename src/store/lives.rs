//! Resources over all scans, for the ancestry of disks.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::listings::Listings;
use super::presence::Wanted;
use super::reader::Reader;
use super::revisions::RevisionRow;
use super::{Error, Store};
use crate::model::{Kind, Life, NodeKey, Provider, Resource, ResourceKey, ScanId, Spell, Timestamp, Window};

impl Store {
    /// Returns the life of every resource that bears one of these ids as its uid, or stood at it as its locator,
    /// by key; what the store does not know is left out.
    ///
    /// Every incarnation of a locator is returned, the gone ones too; one that has moved is found under its last
    /// locator. An id of something on AWS finds it in the recycle bin as well. Reads the resources' table once,
    /// whatever the number of ids.
    pub fn lives(&self, wanted: &BTreeSet<NodeKey>) -> Result<Vec<Life>, Error> {
        let mut sought = Wanted::default();
        for key in wanted {
            sought.add(key.provider, Some(key.kind), Some(&key.id), Some(&key.id));
            if key.provider == Provider::Aws {
                sought.add(key.provider, Some(Kind::Recycled), Some(&key.id), None);
            }
        }
        let found: BTreeMap<u32, i64> = self
            .candidates(&sought)?
            .into_values()
            .flatten()
            .map(|candidate| (candidate.row, candidate.latest))
            .collect();
        let mut historian =
            Historian { store: self, reader: Reader::new(self)?, listings: Listings::new(self) };
        let mut lives = Vec::new();
        for (row, latest) in found {
            let key = historian.reader.key(row)?;
            let spells = historian.spells(&key, latest)?;
            let life = Life { key, spells };
            if is_wanted(&life, wanted) {
                lives.push(life);
            }
        }
        lives.sort_by(|one, other| one.key.cmp(&other.key));
        Ok(lives)
    }
}

/// Whether a life is one of those that were asked for: hashes can collide.
fn is_wanted(life: &Life, wanted: &BTreeSet<NodeKey>) -> bool {
    let kinds = match &life.key.kind {
        Kind::Recycled => &[Kind::Volume, Kind::Snapshot, Kind::Image],
        kind => std::slice::from_ref(kind),
    };
    let asked =
        |id: &str| kinds.iter().any(|&kind| wanted.contains(&NodeKey::new(life.key.provider, kind, id)));
    let mut locators = life.spells.iter().map(|spell| spell.state.locator.as_str());
    asked(life.key.uid.as_str()) || locators.any(asked)
}

/// Puts lives together.
struct Historian<'s> {
    store: &'s Store,
    reader: Reader<'s>,
    listings: Listings<'s>,
}

impl Historian<'_> {
    /// Returns the states of a resource, the earliest first, given its latest revision.
    fn spells(&mut self, key: &ResourceKey, latest: i64) -> Result<Vec<Spell>, Error> {
        let (mut spells, mut ended) = (Vec::new(), None);
        let mut next = Some(latest);
        while let Some(id) = next {
            let row = self.store.revision(id)?;
            let from_scan = self.reader.scan_of(id)?;
            let state = self.reader.state(key, &row)?;
            if let Some((state, scope)) = state.zip(row.scope) {
                spells.push(self.spell(state, scope, from_scan, ended)?);
            }
            ended = Some((from_scan, row));
            next = row.previous;
        }
        spells.reverse();
        Ok(spells)
    }

    /// Returns a state with when scans saw it; `ended` is the revision that follows it.
    fn spell(
        &mut self,
        state: Resource,
        scope: u32,
        from_scan: ScanId,
        ended: Option<(ScanId, RevisionRow)>,
    ) -> Result<Spell, Error> {
        let first = self.listing(scope, from_scan)?;
        let until_scan = ended.map(|(scan, _)| scan);
        let scopes = &self.reader.scopes;
        let last = self.listings.complete_before(scopes, scope, until_scan.unwrap_or(ScanId(i64::MAX)))?;
        let last = match last.filter(|(scan, _)| *scan > from_scan) {
            Some((scan, _)) => self.listing(scope, scan)?,
            None => first,
        };
        let until = ended.map(|(scan, row)| self.listing(row.scope.unwrap_or(scope), scan)).transpose()?;
        let until: Option<Timestamp> = until.map(|listing| listing.to);
        Ok(Spell { from_scan, until_scan, state: Arc::new(state), first, last, until })
    }

    /// Returns from when to when a scan listed a scope; where it does not say, the moment that it is dated.
    fn listing(&mut self, scope: u32, scan: ScanId) -> Result<Window, Error> {
        if let Some((from, to)) = self.listings.of(&self.reader.scopes, scope, scan)? {
            return Ok(Window { from, to });
        }
        let at = self.store.scan(scan)?.taken_at;
        Ok(Window { from: at, to: at })
    }
}
