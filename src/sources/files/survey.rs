//! A first look at every file: what must be known before the elements are read.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Map, Value};

use super::dump::Dump;
use super::elements::{Fault, Sink, cut};
use super::open::OpenError;
use crate::model::{AccountId, Kind, Location, Provider};
use crate::sources::{
    CLOUDS, Cloud, Element, Header, Hints, Odd, Overlays, Place, Reading, Shape, envelopes,
};

/// An element that tells more about a resource, and that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OddOverlay {
    /// The file that it stands in.
    pub name: String,
    /// Its first byte in the file.
    pub offset: u64,
    /// What is wrong with it.
    pub odd: Odd,
    /// Its JSON.
    pub raw: Vec<u8>,
}

/// What a first look at a dump finds.
#[derive(Debug, Default)]
pub struct Survey {
    /// What separate calls told of resources.
    pub overlays: Overlays,
    /// The files that hold nothing but overlays, and what ended the reading of them early; whatever is
    /// wrong with another file is told when it is read.
    pub overlay_files: BTreeMap<String, Option<Fault>>,
    /// Overlays that could not be read.
    pub odd: Vec<OddOverlay>,
    /// The accounts and locations that the first AWS element of each list proves, by folder.
    folders: BTreeMap<String, Proof>,
}

#[derive(Debug, Default)]
struct Proof {
    accounts: BTreeSet<AccountId>,
    locations: BTreeSet<Location>,
}

impl Survey {
    /// Looks at the first element of every list, and reads the files of overlays whole.
    ///
    /// When it is `interrupted` it looks no further, and what it returns is of no use.
    ///
    /// # Errors
    ///
    /// As [`Dump::visit`].
    pub fn of(dump: &Dump, interrupted: &AtomicBool) -> Result<Self, OpenError> {
        let mut survey = Self::default();
        dump.visit(&mut |name, opened| {
            let Ok(input) = opened else { return };
            let claim = dump.claim(name);
            let hints = Hints { account: claim.account, location: claim.location, ..Hints::default() };
            let mut look = Look {
                survey: &mut survey,
                name,
                hints,
                overlays: false,
                resources: false,
                settled: None,
                interrupted,
            };
            let outcome = cut(input, &envelopes(), &mut look);
            if look.overlays && !look.resources {
                survey.overlay_files.insert(name.to_owned(), outcome.err());
            }
        })?;
        Ok(survey)
    }

    /// Returns the hints for a file: what it is said to list, else what its neighbours prove.
    ///
    /// `describe-volumes` tells no account, `describe-snapshots` no region. Where all other files of the
    /// folder prove one and the same, it holds for them too; where they prove several, it stays unknown.
    pub fn hints(&self, name: &str, account: Option<&AccountId>, location: Option<&Location>) -> Hints {
        let proof = self.folders.get(folder(name));
        Hints {
            account: account.cloned().or_else(|| only(&proof?.accounts)),
            location: location.cloned().or_else(|| only(&proof?.locations)),
            ..Hints::default()
        }
    }
}

/// Returns the one member of a set that has no other.
fn only<T: Clone + Ord>(set: &BTreeSet<T>) -> Option<T> {
    set.first().filter(|_| set.len() == 1).cloned()
}

fn folder(name: &str) -> &str {
    name.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// How far into a file overlays are looked for once a resource was found: outputs of several calls are
/// joined by hand, and nobody joins this much.
const JOINED: u64 = 64 << 20;

/// Looks at what each list of a file holds.
struct Look<'a> {
    survey: &'a mut Survey,
    name: &'a str,
    hints: Hints,
    overlays: bool,
    resources: bool,
    /// A list that holds something else than overlays, which need not be looked at any more.
    settled: Option<Place>,
    interrupted: &'a AtomicBool,
}

impl Sink for Look<'_> {
    fn element(&mut self, place: &Place, offset: u64, raw: &[u8]) -> ControlFlow<()> {
        let enough = self.resources && offset > JOINED;
        if enough || self.interrupted.load(Ordering::Relaxed) {
            return ControlFlow::Break(());
        }
        if self.settled.as_ref() == Some(place) && place.envelope.is_some() {
            return ControlFlow::Continue(());
        }
        let Some(First { cloud, shape, element, around }) = recognised(raw, place) else {
            self.settled = Some(place.clone());
            return ControlFlow::Continue(());
        };
        match shape {
            Shape::Overlay(..) => match cloud.read(shape, element, &around, &self.hints) {
                Ok(Reading::Overlay(overlay)) => {
                    self.overlays = true;
                    self.survey.overlays.add(overlay);
                }
                Ok(Reading::Resource { .. } | Reading::Parts(_)) => {}
                Err(odd) => self.keep_odd(odd, offset, raw),
            },
            Shape::Resource(kind) => {
                // A list of regions or accounts is of none of them.
                if cloud.provider() == Provider::Aws && !matches!(kind, Kind::Region | Kind::Account) {
                    let account = cloud.listing_account(element.members(), place);
                    let account = account.or_else(|| cloud.listing_account(&around, place));
                    let reading = cloud.read(shape, element, &around, &self.hints);
                    self.prove(account, reading.ok());
                }
                return self.settle(place);
            }
            Shape::Part(_) => return self.settle(place),
        }
        ControlFlow::Continue(())
    }

    fn body(&mut self, _: Header) {}

    fn oversize(&mut self, _: &Place, _: u64) {}
}

impl Look<'_> {
    /// Ends the look at a list that is no overlays, and at a bare one with it the look at the file.
    fn settle(&mut self, place: &Place) -> ControlFlow<()> {
        self.resources = true;
        self.settled = Some(place.clone());
        if place.envelope.is_none() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn keep_odd(&mut self, odd: Odd, offset: u64, raw: &[u8]) {
        self.overlays = true;
        self.survey.odd.push(OddOverlay { name: self.name.to_owned(), offset, odd, raw: raw.to_vec() });
    }

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
