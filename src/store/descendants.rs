//! What was made from a thing.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::reader::Reader;
use super::unfold::read_all;
use super::{Error, Store};
use crate::model::{DocumentError, Link, Locator, NodeKey, Rel};

/// As much of a document as a search for descendants reads.
#[derive(Deserialize)]
struct Origins {
    #[serde(default)]
    links: Vec<Link>,
    locator: Option<Locator>,
}

/// A resource, with what it can be called beside its uid, and what it names as its origins; in lower case.
struct Child {
    latest: i64,
    locator: Option<String>,
    origins: Vec<String>,
}

impl Store {
    /// Returns what says of itself that it was made from these things, or from what was, that many generations
    /// down; by what they are called, which another may have been called before.
    ///
    /// Reads the last document of every resource, once.
    pub fn descendants(
        &self,
        of: &BTreeSet<NodeKey>,
        generations: usize,
    ) -> Result<BTreeSet<NodeKey>, Error> {
        let known = self.last_known()?;
        let latest = known.iter().map(|found| found.latest).collect();
        let children = read_all(&self.connection, latest, |latest, document| {
            let read: Origins = serde_json::from_slice(document).map_err(DocumentError::from)?;
            let origins =
                read.links.iter().filter(|link| !matches!(link.rel, Rel::Attached | Rel::AttachedTo));
            let names = |link: &Link| {
                let uid = link.uid.as_ref().map(|uid| uid.as_str().to_lowercase());
                [uid, link.locator.as_ref().map(|locator| locator.as_str().to_lowercase())]
            };
            let origins = origins.flat_map(names).flatten().collect();
            let locator = read.locator.map(|locator| locator.as_str().to_lowercase());
            Ok(Child { latest, locator, origins })
        })?;
        let children: Vec<Child> = children.into_iter().map(|(_, child)| child).collect();
        let reader = Reader::new(self)?;
        let mut found = BTreeSet::new();
        let mut needles: BTreeSet<String> = of.iter().map(|key| key.id.to_lowercase()).collect();
        for _ in 0..generations {
            let mut next = BTreeSet::new();
            for child in children.iter().filter(|child| child.origins.iter().any(|id| needles.contains(id))) {
                let index = known.binary_search_by_key(&child.latest, |found| found.latest);
                let Some(row) = index.ok().and_then(|index| known.get(index)) else { continue };
                let key = NodeKey::from(&reader.key(row.row)?);
                if found.insert(key.clone()) {
                    next.insert(key.id.to_lowercase());
                    next.extend(child.locator.clone());
                }
            }
            needles = next;
        }
        Ok(found)
    }
}
