//! The IAM policies of the resources of a page, one call for each.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};

use futures_util::{StreamExt as _, stream};
use serde_json::{Map, Value};

use super::super::{iam_policy, wire};
use super::collections::Collection;
use super::connection::Connection;
use super::{ComputeEngine, list};
use crate::sources::live::{Call, Lane, Page, Refusal, RefusalKind, Trouble};
use crate::sources::{Overlay, Place};

/// How many of these calls are under way at once; the lane decides how fast they begin.
pub(super) const AT_ONCE: usize = 16;

/// Asks for the policies of a listing's resources, where the entry wants them.
pub(super) struct Policies<'a> {
    engine: &'a ComputeEngine,
    connection: &'a Connection,
    lane: &'a Lane,
    wanted: bool,
    /// Whether the policy of one resource is enough.
    one_only: bool,
    /// What was refused, by call and code: how often, and in which words the first time.
    refused: Mutex<BTreeMap<(&'static str, String), Refused>>,
}

struct Refused {
    call: &'static Call,
    count: u64,
    refusal: Refusal,
}

impl<'a> Policies<'a> {
    /// Makes ready for one listing.
    pub(super) fn new(
        engine: &'a ComputeEngine,
        connection: &'a Connection,
        lane: &'a Lane,
        collection: &Collection,
        one_only: bool,
    ) -> Self {
        let wanted = engine.entry.cloud.iam_policies && collection.policy.is_some();
        Self { engine, connection, lane, wanted, one_only, refused: Mutex::default() }
    }

    /// Makes a page of elements, with the policies that were told.
    pub(super) async fn page(&self, place: Place, elements: &[Value]) -> Page {
        let mut page = list::page(place, elements);
        if self.wanted {
            let most = if self.one_only { 1 } else { elements.len() };
            let asked = elements.iter().take(most).filter_map(Value::as_object);
            // Made before they are streamed: the compiler cannot prove a stream of borrowing closures `Send`.
            let asked: Vec<_> = asked.map(|element| self.policy(element)).collect();
            let told: Vec<_> = stream::iter(asked).buffer_unordered(AT_ONCE).collect().await;
            told.into_iter().flatten().for_each(|overlay| page.tell(overlay));
        }
        page
    }

    /// Returns what keeps the policies from being known: one trouble for each sort of refusal.
    pub(super) fn troubles(&self) -> Vec<Trouble> {
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let trouble = |Refused { call, count, refusal }: &Refused| {
            let mut trouble = Trouble::from(refusal).of(call);
            let _ = write!(trouble.reason.message, " ({count} not answered)");
            trouble
        };
        refused.values().map(trouble).collect()
    }

    async fn policy(&self, element: &Map<String, Value>) -> Option<Overlay> {
        let address = wire::address_in(element, "selfLink")?;
        let collection = Collection::at(&address)?;
        let call = collection.policy?;
        let path = format!("{}/getIamPolicy", address.to_locator());
        // Version 3 shows conditions; a policy without any comes in version 1 all the same.
        let parameters = [("optionsRequestedPolicyVersion", "3")];
        let ledger = self.engine.pace.ledger();
        let asked = self
            .engine
            .pace
            .call(self.lane, call, || self.connection.rest.compute(&path, &parameters, ledger));
        match asked.await {
            Ok(policy) => Some(iam_policy(collection.kind, address.to_locator().as_str(), &policy)),
            // Deleted since the page was made.
            Err(refusal) if refusal.kind == RefusalKind::Absent => None,
            Err(refusal) => {
                let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
                let known = refused.entry((call.name, refusal.code.clone()));
                known.or_insert_with(|| Refused { call, count: 0, refusal }).count += 1;
                None
            }
        }
    }
}
