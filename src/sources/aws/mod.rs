//! Amazon Web Services, as the AWS CLI, boto3 and the EC2 API (2016-11-15) print it.

pub mod audit;
mod calls;
#[cfg(feature = "aws")]
mod client;
pub mod digest;
mod inventory;
mod wire;

use std::sync::Arc;

use serde_json::{Map, Value};

pub use inventory::{instance_storage, private_snapshot, public_snapshot};

use super::live::{Call, Collector, Ledger};
use super::{
    AuditLog, Cloud, Element, Header, Hints, NotBuilt, Odd, Piece, Place, Reading, Shape, Statement,
};
use crate::config::Config;
use crate::model::{AccountId, EVERYWHERE, Kind, Location, Provider};

/// The location of what no region holds.
const GLOBAL: &str = "global";

/// The native shapes of EC2, and what Organizations lists.
pub struct Aws;

impl Cloud for Aws {
    fn provider(&self) -> Provider {
        Provider::Aws
    }

    fn audit(&self) -> &'static dyn AuditLog {
        &audit::CloudTrail
    }

    fn calls(&self) -> &'static [&'static Call] {
        calls::CALLS
    }

    #[cfg(feature = "aws")]
    fn collectors(&self, config: &Config, ledger: &Arc<Ledger>) -> Result<Vec<Box<dyn Collector>>, NotBuilt> {
        Ok(config.aws.iter().map(|entry| client::collector(entry, ledger)).collect())
    }

    #[cfg(not(feature = "aws"))]
    fn collectors(&self, config: &Config, _: &Arc<Ledger>) -> Result<Vec<Box<dyn Collector>>, NotBuilt> {
        if config.aws.is_empty() { Ok(Vec::new()) } else { Err(NotBuilt(Provider::Aws)) }
    }

    fn envelopes(&self) -> &'static [&'static str] {
        wire::ENVELOPES
    }

    fn split<'a>(&self, raw: &'a [u8], place: &Place) -> Result<Vec<Piece<'a>>, Odd> {
        wire::split(raw, place)
    }

    fn recognise(&self, element: &Map<String, Value>, place: &Place) -> Option<Shape> {
        wire::recognise(element, place)
    }

    fn read(
        &self,
        shape: Shape,
        element: Element,
        around: &Map<String, Value>,
        hints: &Hints,
    ) -> Result<Reading, Odd> {
        inventory::read(shape, element, around, hints)
    }

    fn statement(&self, header: &Header) -> Statement {
        wire::statement(header)
    }

    /// One EC2 listing covers one region, and a resource's location is its region; only the regions
    /// themselves come in one list.
    fn listing_location(&self, kind: Kind, resource: &Location) -> Location {
        match kind {
            Kind::Region => Location::new(EVERYWHERE),
            Kind::Account | Kind::Grant => Location::new(GLOBAL),
            _ => resource.clone(),
        }
    }

    fn listing_account(&self, element: &Map<String, Value>, _: &Place) -> Option<AccountId> {
        wire::listing_account(element)
    }
}
