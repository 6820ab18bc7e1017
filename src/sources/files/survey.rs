//! A first look at every file: what must be known before the elements are read.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use serde_json::{Map, Value};

use super::dump::Dump;
use super::elements::{Sink, cut};
use super::open::OpenError;
use crate::model::{AccountId, Digest, Kind, Location, Provider};
use crate::sources::{CLOUDS, Cloud, Element, Header, Hints, Overlay, Place, Reading, Shape, envelopes};

/// Which resource an overlay belongs to: by uid or canonical locator.
pub type OverlayKey = (Provider, Kind, String);

/// What separate calls told of resources.
#[derive(Clone, Debug, Default)]
pub struct Overlays(BTreeMap<OverlayKey, Vec<Overlay>>);

impl Overlays {
    /// Returns what was told of a resource, by its uid or its locator.
    pub fn of<'a>(&'a self, provider: Provider, kind: Kind, id: &str) -> &'a [Overlay] {
        if self.0.is_empty() {
            return &[];
        }
        self.0.get(&(provider, kind, id.to_owned())).map_or(&[], Vec::as_slice)
    }

    /// Returns the digest of everything told: part of what an element's reading depends on.
    pub fn digest(&self) -> Digest {
        Digest::of(format!("{:?}", self.0).as_bytes())
    }

    /// Adds one; the order in which overlays of one resource are read means nothing.
    pub fn add(&mut self, overlay: Overlay) {
        let key = (overlay.provider, overlay.kind, overlay.target.clone());
        let told = self.0.entry(key).or_default();
        told.push(overlay);
        told.sort_by_cached_key(|overlay| format!("{overlay:?}"));
        told.dedup();
    }

    /// Takes over what another survey found.
    pub fn absorb(&mut self, other: Self) {
        other.0.into_values().flatten().for_each(|overlay| self.add(overlay));
    }

    /// Returns how many resources were told of.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing was told.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What a first look at a dump finds.
#[derive(Debug, Default)]
pub struct Survey {
    /// What separate calls told of resources.
    pub overlays: Overlays,
    /// The files that hold nothing but overlays.
    pub overlay_files: BTreeSet<String>,
    /// The accounts and locations that the first AWS element of each file proves, by folder.
    folders: BTreeMap<String, Proof>,
}

#[derive(Debug, Default)]
struct Proof {
    accounts: BTreeSet<AccountId>,
    locations: BTreeSet<Location>,
}

impl Survey {
    /// Looks at the first element of every file, and reads the files of overlays whole.
    ///
    /// # Errors
    ///
    /// As [`Dump::visit`].
    pub fn of(dump: &Dump) -> Result<Self, OpenError> {
        let mut survey = Self::default();
        dump.visit(&mut |name, opened| {
            let Ok(input) = opened else { return };
            let claim = dump.claim(name);
            let hints = Hints { account: claim.account, location: claim.location };
            let mut look = Look { survey: &mut survey, name, hints, overlays: false };
            // Whatever is wrong with the file is told when it is read.
            let _ = cut(input, &envelopes(), &mut look);
        })?;
        Ok(survey)
    }

    /// Returns the hints for a file: what it is said to list, else what its neighbours prove.
    ///
    /// `describe-volumes` tells no account, `describe-snapshots` no region. Where all other files of the
    /// folder prove one and the same, it holds for them too; where they prove several, it stays unknown.
    pub fn hints(&self, name: &str, account: Option<&AccountId>, location: Option<&Location>) -> Hints {
        let proof = self.folders.get(folder(name));
        let only = |set: Option<&BTreeSet<AccountId>>| match set {
            Some(set) if set.len() == 1 => set.first().cloned(),
            _ => None,
        };
        let only_location = proof.filter(|proof| proof.locations.len() == 1);
        Hints {
            account: account.cloned().or_else(|| only(proof.map(|proof| &proof.accounts))),
            location: location
                .cloned()
                .or_else(|| only_location.and_then(|proof| proof.locations.first().cloned())),
        }
    }
}

fn folder(name: &str) -> &str {
    name.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Looks at elements until the first that is no overlay.
struct Look<'a> {
    survey: &'a mut Survey,
    name: &'a str,
    hints: Hints,
    overlays: bool,
}

impl Sink for Look<'_> {
    fn element(&mut self, place: &Place, _: u64, raw: &[u8]) -> ControlFlow<()> {
        let Some(First { cloud, shape, element, around }) = recognised(raw, place) else {
            return ControlFlow::Break(());
        };
        match shape {
            Shape::Overlay(..) => {
                let read = cloud.read(shape, element, &around, &self.hints);
                if let Ok(Reading::Overlay(overlay)) = read {
                    self.survey.overlays.add(overlay);
                }
                if !self.overlays {
                    self.overlays = true;
                    self.survey.overlay_files.insert(self.name.to_owned());
                }
                ControlFlow::Continue(())
            }
            Shape::Resource(_) => {
                if cloud.provider() == Provider::Aws {
                    let account = cloud.listing_account(element.members(), place);
                    let account = account.or_else(|| cloud.listing_account(&around, place));
                    let reading = cloud.read(shape, element, &around, &self.hints);
                    self.prove(account, reading.ok());
                }
                ControlFlow::Break(())
            }
        }
    }

    fn body(&mut self, _: Header) {}

    fn oversize(&mut self, _: &Place, _: u64) {}
}

impl Look<'_> {
    fn prove(&mut self, account: Option<AccountId>, reading: Option<Reading>) {
        let proof = self.survey.folders.entry(folder(self.name).to_owned()).or_default();
        proof.accounts.extend(account);
        if let Some(Reading::Resource { resource, .. }) = reading
            && resource.location != Location::unknown()
        {
            proof.locations.insert(resource.location);
        }
    }
}

/// The first piece of an element, recognised.
struct First {
    cloud: &'static dyn Cloud,
    shape: Shape,
    element: Element,
    around: Map<String, Value>,
}

fn recognised(raw: &[u8], place: &Place) -> Option<First> {
    CLOUDS.iter().copied().find_map(|cloud| {
        let piece = cloud.split(raw, place).ok()?.into_iter().next()?;
        let element = Element::parse(&piece.raw).ok()?;
        let shape = cloud.recognise(element.members(), place)?;
        Some(First { cloud, shape, element, around: piece.around })
    })
}
