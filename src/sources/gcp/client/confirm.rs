//! Looking up, one by one, what a list lacks.

use std::collections::BTreeSet;

use futures_util::{StreamExt as _, stream};
use serde_json::{Map, Value};

use super::super::wire;
use super::ComputeEngine;
use super::collections::Collection;
use super::connection::Connection;
use super::list::{self, ENVELOPE};
use super::policies::AT_ONCE;
use crate::model::Uid;
use crate::sources::gcp::Gcp;
use crate::sources::live::{Lane, Listing, Missing, Pages, Refusal, RefusalKind};
use crate::sources::{Cloud, Element, Hints, Place, Reading};

/// What a lookup found: an element, and where such elements stand.
type Found = (Place, Map<String, Value>);

impl ComputeEngine {
    /// Looks resources up by their address; sends what is there, and returns the ids of those that are
    /// still the same: a name can be used again.
    pub(super) async fn look_up(
        &self,
        listing: &Listing,
        missing: &[Missing],
        pages: &Pages,
    ) -> Result<BTreeSet<Uid>, Refusal> {
        let connection = self.connection().await?;
        let lane = self.pace.lane(&listing.scope.account, &listing.scope.location);
        let lane = &*lane;
        let lookup = |missing| async move { (missing, self.look_up_one(connection, lane, missing).await) };
        let lookups: Vec<_> = missing.iter().map(lookup).collect();
        let answers: Vec<_> = stream::iter(lookups).buffer_unordered(AT_ONCE).collect().await;
        let mut there = BTreeSet::new();
        let mut open = None;
        for (missing, found) in answers {
            match found {
                Ok(None) => {}
                Err(refusal) => open = Some(refusal),
                Ok(Some((place, element))) => {
                    match uid(missing, &element, &place, &listing.hints) {
                        Ok(uid) if uid == missing.key.uid => drop(there.insert(uid)),
                        // Another resource under the same name: the one that is missing is gone.
                        Ok(_) => {}
                        Err(refusal) => open = Some(refusal),
                    }
                    let page = list::page(place, &[Value::Object(element)]);
                    let stopped =
                        |stopped| Refusal::new(RefusalKind::Failed, "stopped", format!("{stopped}"));
                    pages.send(page).await.map_err(stopped)?;
                }
            }
        }
        open.map_or(Ok(there), Err)
    }

    /// Looks one resource up; `None` if nothing is at its address.
    async fn look_up_one(
        &self,
        connection: &Connection,
        lane: &Lane,
        missing: &Missing,
    ) -> Result<Option<Found>, Refusal> {
        let address = wire::Address::parse(missing.locator.as_str()).filter(|address| address.name.is_some());
        let known = address.and_then(|address| Some((address, Collection::at(&address)?)));
        let Some((address, collection)) = known else {
            let message = format!("`{}` is no address that can be looked up", missing.locator);
            return Err(Refusal::new(RefusalKind::Failed, "no-address", message));
        };
        let (path, ledger) = (address.to_locator().to_string(), self.pace.ledger());
        let asked = self.pace.call(lane, collection.get, || connection.rest.compute(&path, &[], ledger));
        match asked.await {
            Ok(element) => {
                let list = Some(collection.name.to_owned());
                Ok(Some((Place { envelope: Some(ENVELOPE.to_owned()), scope: None, list }, element)))
            }
            Err(refusal) if refusal.kind == RefusalKind::Absent => Ok(None),
            Err(refusal) => Err(refusal),
        }
    }
}

/// Returns the uid that an element is read with.
fn uid(
    missing: &Missing,
    element: &Map<String, Value>,
    place: &Place,
    hints: &Hints,
) -> Result<Uid, Refusal> {
    let read = Gcp
        .recognise(element, place)
        .and_then(|shape| Gcp.read(shape, Element::new(element.clone()), &Map::new(), hints).ok());
    if let Some(Reading::Resource { resource, .. }) = read {
        return Ok(resource.key.uid);
    }
    let message = format!("what is at `{}` cannot be read", missing.locator);
    Err(Refusal::new(RefusalKind::Failed, "unreadable", message))
}
