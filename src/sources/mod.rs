//! The outside world → model: one folder per cloud, all three built alike, the files that hold what they
//! list (`files`) and what they log (`logs`), and what live collection from all three has in common.
//!
//! Each cloud has the same rooms: `wire` (native shapes: how to tell them and what they say of themselves),
//! `inventory` (one native element → one [`Resource`], one file per kind), `audit` (one native record → one
//! [`crate::model::AuditEvent`], with the table of operations), and `client` (the live API).

pub mod aws;
pub mod azure;
pub mod files;
pub mod gcp;
pub mod grants;
pub mod live;
pub mod logs;

mod audit;
mod batch;
mod concealed;
mod element;
mod time;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};
use thiserror::Error;

use crate::config::Config;
use crate::model::{
    AccountId, Attributes, Exposure, Kind, Location, Provider, Reason, Resource, Sight, State,
};

use live::{Call, Collector, Ledger};

pub use audit::{AuditLog, Ignored, LogHints, Operation, RecordReading, guess};
pub use batch::{Batch, OverlayKey, Overlays, Span};
pub use concealed::concealed;
pub use element::{Element, Field, Form, Part};
pub use time::parse_time;

/// The version of the mappings; a new one re-reads every element, even one whose bytes did not change.
pub const MAPPING_VERSION: u32 = 2;

/// Every cloud, in presentation order.
pub const CLOUDS: &[&dyn Cloud] = &[&aws::Aws, &azure::Azure, &gcp::Gcp];

/// Returns the cloud of a provider.
pub fn cloud(provider: Provider) -> &'static dyn Cloud {
    match provider {
        Provider::Aws => &aws::Aws,
        Provider::Azure => &azure::Azure,
        Provider::Gcp => &gcp::Gcp,
    }
}

/// Returns the audit log with a name.
pub fn audit_log(name: &str) -> Option<&'static dyn AuditLog> {
    CLOUDS.iter().map(|cloud| cloud.audit()).find(|log| log.name() == name)
}

/// Returns the members of a top-level object that hold a list of elements, for any cloud.
pub fn envelopes() -> Vec<&'static str> {
    CLOUDS.iter().flat_map(|cloud| cloud.envelopes()).copied().collect()
}

/// One cloud's native shapes.
///
/// Pure: the same element, place and hints always give the same reading, so that an element whose bytes
/// did not change need not be read again.
pub trait Cloud: Sync {
    /// Which cloud it is.
    fn provider(&self) -> Provider;

    /// The cloud's audit log.
    fn audit(&self) -> &'static dyn AuditLog;

    /// The operations that live collection makes, in the order in which policies print them.
    fn calls(&self) -> &'static [&'static Call];

    /// Returns the collector of each entry that a configuration has for this cloud.
    ///
    /// # Errors
    ///
    /// If there is an entry, and this build has no live client for the cloud.
    fn collectors(&self, config: &Config, ledger: &Arc<Ledger>) -> Result<Vec<Box<dyn Collector>>, NotBuilt>;

    /// Members of a top-level object that hold a list of elements (`Volumes`, `value`, `items`).
    fn envelopes(&self) -> &'static [&'static str];

    /// Takes an element of one of this cloud's lists apart, where a list nests another (reservations);
    /// elsewhere returns it whole.
    fn split<'a>(&self, raw: &'a [u8], place: &Place) -> Result<Vec<Piece<'a>>, Odd> {
        let _ = place;
        Ok(vec![Piece { raw: raw.into(), around: Map::new() }])
    }

    /// Tells what an element is by its content; `None` if this cloud does not know it.
    fn recognise(&self, element: &Map<String, Value>, place: &Place) -> Option<Shape>;

    /// Reads one recognised element.
    ///
    /// `around` holds the members of the nesting element ([`Cloud::split`]); an [`Odd`] keeps the element
    /// raw and makes its scope partial, never loses its neighbours.
    fn read(
        &self,
        shape: Shape,
        element: Element,
        around: &Map<String, Value>,
        hints: &Hints,
    ) -> Result<Reading, Odd>;

    /// Returns what a body says of itself: which scope it lists, and what it admits to lack.
    fn statement(&self, header: &Header) -> Statement;

    /// Returns the location that one listing of `kind` spans, given where one of its resources is:
    /// [`crate::model::EVERYWHERE`] where one call lists them all.
    fn listing_location(&self, kind: Kind, resource: &Location) -> Location;

    /// Returns the account that an element proves its listing to belong to, whoever owns the element
    /// itself; `None` if it proves none.
    fn listing_account(&self, element: &Map<String, Value>, place: &Place) -> Option<AccountId>;
}

/// This build cannot collect from a cloud.
#[derive(Debug, Error)]
#[error("this build has no live client for `{0}`")]
pub struct NotBuilt(pub Provider);

/// Where in a body an element stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Place {
    /// The member that holds the list: `Volumes`, `value`, `items`; `None` for a bare array, a single
    /// object or a line of its own.
    pub envelope: Option<String>,
    /// Inside `items` of an aggregated list: the scope, for instance `zones/europe-west1-b`.
    pub scope: Option<String>,
    /// Inside `items` of an aggregated list: the list's name, for instance `instances`.
    pub list: Option<String>,
}

/// An element to be read, out of a list's element.
#[derive(Clone, Debug)]
pub struct Piece<'a> {
    /// Its JSON.
    pub raw: std::borrow::Cow<'a, [u8]>,
    /// The other members of the element that it was nested in.
    pub around: Map<String, Value>,
}

/// What an element is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A resource of this kind.
    Resource(Kind),
    /// More about a resource of this kind, told apart from it (`describe-snapshot-attribute`). The text
    /// names the native call for the reader.
    Overlay(Kind, &'static str),
    /// A part of what tells grants, which only several elements together do (`roleDefinitions`). The text names
    /// it for the reader.
    Part(&'static str),
}

/// What a reader knows of a listing from beside it: the manifest, flags, or its neighbours.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Hints {
    /// The account whose listing it is.
    pub account: Option<AccountId>,
    /// The location that was asked.
    pub location: Option<Location>,
    /// Whether the source could see fields that no mapping knows.
    pub sight: Sight,
}

/// What an element told.
#[derive(Clone, Debug, PartialEq)]
pub enum Reading {
    /// A resource, and the fields of it that were not what they should be.
    Resource {
        /// The resource.
        resource: Box<Resource>,
        /// What was odd; the fields stand among its unmapped attributes, and its scope is partial.
        odd: Vec<Odd>,
    },
    /// More about a resource.
    Overlay(Overlay),
    /// Parts of grants.
    Parts(grants::Parts),
}

/// What another call tells about a resource; laid over it before its document is made.
#[derive(Clone, Debug, PartialEq)]
pub struct Overlay {
    /// The cloud.
    pub provider: Provider,
    /// The kind.
    pub kind: Kind,
    /// The resource's uid, or its canonical locator.
    pub target: String,
    /// Config to add. A call that says that something is not set says so in a value (`false`, length 0):
    /// absence is not compared.
    pub config: Attributes,
    /// Evidence to add.
    pub evidence: Attributes,
    /// Grants, where the call tells them.
    pub exposure: Option<Exposure>,
    /// State, where the call tells it.
    pub state: Option<State>,
}

impl Overlay {
    /// Makes one that tells nothing yet.
    pub fn new(provider: Provider, kind: Kind, target: impl Into<String>) -> Self {
        Self {
            provider,
            kind,
            target: target.into(),
            config: Attributes::new(),
            evidence: Attributes::new(),
            exposure: None,
            state: None,
        }
    }

    /// Lays it over its resource.
    pub fn apply(&self, resource: &mut Resource) {
        resource.overlaid.extend(self.config.keys().cloned());
        resource.config.extend(self.config.clone());
        resource.evidence.extend(self.evidence.clone());
        if let Some(exposure) = &self.exposure {
            resource.exposure.known |= exposure.known;
            resource.exposure.public_known |= exposure.public_known;
            resource.exposure.grants.extend(exposure.grants.iter().cloned());
            if exposure.export.is_some() {
                resource.exposure.export.clone_from(&exposure.export);
            }
        }
        if let Some(state) = &self.state {
            resource.state = Some(state.clone());
        }
    }
}

/// Why an element cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Odd {
    /// A short, stable word: `no-id`, `wrong-type`, `date-out-of-range`, `not-json`.
    pub code: &'static str,
    /// What is wrong, as a lower-case fragment that names the field.
    pub message: String,
}

impl Odd {
    /// Makes one.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

/// What stands in a body beside its elements.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Header {
    /// The members of the top-level object that hold no list of elements.
    pub members: Map<String, Value>,
    /// The list-holding members that were seen, even if empty.
    pub envelopes: Vec<String>,
    /// Inside `items` of an aggregated list: what each scope says beside its list.
    pub scopes: BTreeMap<String, Map<String, Value>>,
}

/// What a body says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statement {
    /// The kind that it lists, where it says so even when empty.
    pub kind: Option<Kind>,
    /// The account that it lists.
    pub account: Option<AccountId>,
    /// The location that it lists.
    pub location: Option<Location>,
    /// What it admits to lack.
    pub caveats: Vec<Caveat>,
}

/// Something that a body admits to lack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caveat {
    /// Where; everywhere if `None`.
    pub location: Option<Location>,
    /// What.
    pub reason: Reason,
}
