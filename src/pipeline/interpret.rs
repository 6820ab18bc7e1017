//! Raw elements → observations, on any number of threads.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use crate::model::{Resource, Scope};
use crate::sources::grants::{Part, Parts};
use crate::sources::{
    Batch, CLOUDS, Cloud, Element, Header, MAPPING_VERSION, Odd, Overlay, Overlays, Piece, Place, Reading,
    concealed,
};
use crate::store::{Fingerprint, Known, Observation, OddElement, ResourceRow};

/// What interprets batches: what the store knows, and what separate calls told of resources.
#[derive(Debug)]
pub(super) struct Interpreter {
    known: Arc<Known>,
    overlays: Overlays,
    context: blake3::Hasher,
}

/// What came of one batch.
#[derive(Debug, Default)]
pub(super) struct Interpreted {
    /// Which file, or which listing.
    pub(super) source: usize,
    /// Resources whose bytes did not change.
    pub(super) confirmed: Vec<ResourceRow>,
    /// Resources that were read.
    pub(super) observations: Vec<Observation>,
    /// Elements and fields that are not what they should be.
    pub(super) odd: Vec<OddElement>,
    /// How many resources of each scope, by the resource's own location.
    pub(super) listed: BTreeMap<Scope, u64>,
    /// What tells grants only together with others.
    pub(super) parts: Vec<Part>,
    /// How many elements no cloud knows.
    pub(super) unrecognised: u64,
    /// How many elements told more about a resource, in a file that also lists resources.
    pub(super) overlays: u64,
    /// Bodies without a list: Compute Engine leaves `items` out of an empty one.
    pub(super) headers: Vec<Header>,
}

impl Interpreter {
    pub(super) fn new(key: &[u8; 32], known: Arc<Known>, overlays: Overlays) -> Self {
        let mut context = blake3::Hasher::new_keyed(key);
        context.update(&MAPPING_VERSION.to_le_bytes());
        context.update(&overlays.digest().0);
        Self { known, overlays, context }
    }

    /// Interprets one batch; the same batch always gives the same.
    pub(super) fn interpret(&self, batch: &Batch) -> Interpreted {
        let mut out = Interpreted { source: batch.source, ..Interpreted::default() };
        let mut context = self.context.clone();
        context.update(format!("{:?}{:?}", batch.place, batch.hints).as_bytes());
        if !batch.overlays.is_empty() {
            context.update(&batch.overlays.digest().0);
        }
        let mut reader = Reader { interpreter: self, batch, context, guess: None, offset: 0 };
        for span in &batch.spans {
            reader.offset = span.offset;
            let range: Range<usize> = span.start..span.end;
            reader.element(batch.bytes.get(range).unwrap_or_default(), &mut out);
        }
        out
    }
}

/// Reads the elements of one batch.
struct Reader<'a> {
    interpreter: &'a Interpreter,
    batch: &'a Batch,
    context: blake3::Hasher,
    /// The cloud of the element before: lists are of one cloud.
    guess: Option<&'static dyn Cloud>,
    offset: u64,
}

impl Reader<'_> {
    /// Tries the cloud of the element before, then the others.
    fn element(&mut self, raw: &[u8], out: &mut Interpreted) {
        let others = CLOUDS.iter().copied();
        let guess = self.guess;
        let others = others.filter(|cloud| guess.is_none_or(|guess| guess.provider() != cloud.provider()));
        for cloud in guess.into_iter().chain(others) {
            if self.of_cloud(cloud, raw, out) {
                self.guess = Some(cloud);
                return;
            }
        }
        match self.as_empty_list(raw) {
            Some(header) => out.headers.push(header),
            None => out.unrecognised += 1,
        }
    }

    /// Returns a lone object that says which list it is, though it holds none.
    fn as_empty_list(&self, raw: &[u8]) -> Option<Header> {
        if *self.batch.place != Place::default() {
            return None;
        }
        let members = Element::parse(raw).ok()?.members().clone();
        let header = Header { members, ..Header::default() };
        CLOUDS.iter().any(|cloud| cloud.statement(&header).kind.is_some()).then_some(header)
    }

    /// Reads an element as one of this cloud's; `false` if it is none.
    fn of_cloud(&self, cloud: &dyn Cloud, raw: &[u8], out: &mut Interpreted) -> bool {
        let pieces = match cloud.split(raw, &self.batch.place) {
            Ok(pieces) => pieces,
            Err(odd) => {
                self.keep_odd(&odd, raw, out);
                return true;
            }
        };
        let mut pieces = pieces.iter();
        // What nests a list may hold none: that it was taken apart shows whose it is.
        let Some(first) = pieces.next() else { return true };
        if !self.piece(cloud, first, out) {
            return false;
        }
        for piece in pieces {
            out.unrecognised += u64::from(!self.piece(cloud, piece, out));
        }
        true
    }

    /// Reads a piece; `false` if this cloud does not know it.
    fn piece(&self, cloud: &dyn Cloud, piece: &Piece<'_>, out: &mut Interpreted) -> bool {
        let fingerprint = self.fingerprint(piece);
        if let Some((row, scope)) = self.interpreter.known.find(fingerprint) {
            count(&mut out.listed, scope);
            out.confirmed.push(row);
            return true;
        }
        match self.read(cloud, piece) {
            Ok(None) => return false,
            Ok(Some(Reading::Resource { resource, odd })) => {
                // An odd element is read anew by each scan, so that each scan tells that it is odd.
                let fingerprint = if odd.is_empty() { fingerprint } else { unrepeatable(fingerprint) };
                for odd in odd {
                    self.keep_odd(&odd, &piece.raw, out);
                }
                self.observe(*resource, fingerprint, piece, out);
            }
            Ok(Some(Reading::Overlay(_))) => out.overlays += 1,
            Ok(Some(Reading::Parts(Parts { parts, odd }))) => {
                for odd in odd {
                    self.keep_odd(&odd, &piece.raw, out);
                }
                out.parts.extend(parts);
                out.overlays += 1;
            }
            Err(odd) => self.keep_odd(&odd, &piece.raw, out),
        }
        true
    }

    fn read(&self, cloud: &dyn Cloud, piece: &Piece<'_>) -> Result<Option<Reading>, Odd> {
        let element = Element::parse(&piece.raw)?;
        let Some(shape) = cloud.recognise(element.members(), &self.batch.place) else { return Ok(None) };
        cloud.read(shape, element, &piece.around, &self.batch.hints).map(Some)
    }

    fn observe(
        &self,
        mut resource: Resource,
        fingerprint: Fingerprint,
        piece: &Piece<'_>,
        out: &mut Interpreted,
    ) {
        resource.sight = self.batch.hints.sight;
        Self::overlay(&self.interpreter.overlays, &mut resource);
        Self::overlay(&self.batch.overlays, &mut resource);
        count(&mut out.listed, &resource.scope());
        match Observation::new(resource, fingerprint) {
            Ok(observation) => out.observations.push(observation),
            Err(error) => self.keep_odd(&Odd::new("not-canonical", error.to_string()), &piece.raw, out),
        }
    }

    fn overlay(overlays: &Overlays, resource: &mut Resource) {
        let (provider, kind) = (resource.key.provider, resource.key.kind);
        let (uid, locator) = (resource.key.uid.as_str(), resource.locator.as_str());
        let by_uid = overlays.of(provider, kind, uid);
        let by_locator = if locator == uid { &[] } else { overlays.of(provider, kind, locator) };
        let told: Vec<&Overlay> = by_uid.iter().chain(by_locator).collect();
        for overlay in told {
            overlay.apply(resource);
        }
    }

    fn fingerprint(&self, piece: &Piece<'_>) -> Fingerprint {
        let mut hasher = self.context.clone();
        if !piece.around.is_empty() {
            hasher.update(serde_json::to_string(&piece.around).unwrap_or_default().as_bytes());
            hasher.update(&[0]);
        }
        hasher.update(&piece.raw);
        let mut fingerprint = [0; 16];
        hasher.finalize_xof().fill(&mut fingerprint);
        Fingerprint(fingerprint)
    }

    fn keep_odd(&self, odd: &Odd, raw: &[u8], out: &mut Interpreted) {
        out.odd.push(OddElement {
            source: self.batch.name.to_string(),
            position: self.offset,
            scope: None,
            code: odd.code.to_owned(),
            message: odd.message.clone(),
            raw: concealed(raw),
        });
    }
}

/// Returns a fingerprint that no element has.
fn unrepeatable(fingerprint: Fingerprint) -> Fingerprint {
    Fingerprint(fingerprint.0.map(|byte| !byte))
}

fn count(listed: &mut BTreeMap<Scope, u64>, scope: &Scope) {
    match listed.get_mut(scope) {
        Some(count) => *count += 1,
        None => {
            listed.insert(scope.clone(), 1);
        }
    }
}
