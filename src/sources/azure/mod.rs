//! Microsoft Azure: ARM bodies and what `az` prints of them.

mod arm;
pub mod audit;
mod calls;
#[cfg(feature = "azure")]
mod client;
mod inventory;
mod spelling;
mod wire;

use std::sync::Arc;

use serde_json::{Map, Value};

use super::live::{Call, Collector, Ledger};
use super::{
    AuditLog, Cloud, Element, Header, Hints, NotBuilt, Odd, Piece, Place, Reading, Shape, Statement,
};
use crate::config::Config;
use crate::model::{AccountId, EVERYWHERE, Kind, Location, Provider};

/// The location of what no location holds.
const GLOBAL: &str = "global";

/// Microsoft Azure.
pub struct Azure;

impl Cloud for Azure {
    fn provider(&self) -> Provider {
        Provider::Azure
    }

    fn audit(&self) -> &'static dyn AuditLog {
        &audit::ActivityLog
    }

    fn calls(&self) -> &'static [&'static Call] {
        calls::CALLS
    }

    #[cfg(feature = "azure")]
    fn collectors(&self, config: &Config, ledger: &Arc<Ledger>) -> Result<Vec<Box<dyn Collector>>, NotBuilt> {
        Ok(config.azure.iter().map(|entry| client::collector(entry, ledger)).collect())
    }

    #[cfg(not(feature = "azure"))]
    fn collectors(&self, config: &Config, _: &Arc<Ledger>) -> Result<Vec<Box<dyn Collector>>, NotBuilt> {
        if config.azure.is_empty() { Ok(Vec::new()) } else { Err(NotBuilt(Provider::Azure)) }
    }

    fn envelopes(&self) -> &'static [&'static str] {
        &["value"]
    }

    fn split<'a>(&self, raw: &'a [u8], _place: &Place) -> Result<Vec<Piece<'a>>, Odd> {
        let whole = || vec![Piece { raw: raw.into(), around: Map::new() }];
        Ok(wire::split(raw)?.unwrap_or_else(whole))
    }

    fn recognise(&self, element: &Map<String, Value>, _place: &Place) -> Option<Shape> {
        wire::recognise(element).map(|row| row.shape)
    }

    fn read(
        &self,
        shape: Shape,
        element: Element,
        around: &Map<String, Value>,
        hints: &Hints,
    ) -> Result<Reading, Odd> {
        inventory::read(shape, element.respelled(spelling::respell), around, hints)
    }

    fn statement(&self, header: &Header) -> Statement {
        wire::statement(header)
    }

    /// One call lists a subscription, and one its tenant's subscriptions; only a uniform scale set's machines
    /// come in calls of their own, and what a location may hold is asked of each location.
    fn listing_location(&self, kind: Kind, resource: &Location) -> Location {
        match kind {
            Kind::Account => Location::new(GLOBAL),
            Kind::Quota => resource.clone(),
            _ => Location::new(EVERYWHERE),
        }
    }

    fn listing_account(&self, element: &Map<String, Value>, _place: &Place) -> Option<AccountId> {
        wire::account(element)
    }
}
