//! (in progress)
use serde_json::{Map, Value};

use super::{Cloud, Element, Header, Hints, Odd, Place, Reading, Shape, Statement};
use crate::model::{AccountId, Kind, Location, Provider};

/// (in progress)
pub struct Aws;

impl Cloud for Aws {
    fn provider(&self) -> Provider {
        Provider::Aws
    }
    fn envelopes(&self) -> &'static [&'static str] {
        &[]
    }
    fn recognise(&self, _: &Map<String, Value>, _: &Place) -> Option<Shape> {
        None
    }
    fn read(&self, _: Shape, _: Element, _: &Map<String, Value>, _: &Hints) -> Result<Reading, Odd> {
        Err(Odd::new("wrong-type", "not built yet"))
    }
    fn statement(&self, _: &Header) -> Statement {
        Statement::default()
    }
    fn listing_location(&self, _: Kind, resource: &Location) -> Location {
        resource.clone()
    }
    fn listing_account(&self, _: &Map<String, Value>, _: &Place) -> Option<AccountId> {
        None
    }
}
