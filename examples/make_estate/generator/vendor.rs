//! What the three clouds have in common: scopes, listings, and elements in their own words.

use jiff::{Timestamp, tz::TimeZone};

use super::json::Json;
use super::random::Draw;
use super::unit::{Instance, Millis, Snapshot, Unit, Volume};
use super::words;

/// What a file lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Machines.
    Instance,
    /// Disks.
    Volume,
    /// Snapshots of disks.
    Snapshot,
}

impl Kind {
    /// Every kind.
    pub(crate) const ALL: [Self; 3] = [Self::Instance, Self::Volume, Self::Snapshot];

    /// Returns the manifest's word for it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Instance => "instance",
            Self::Volume => "volume",
            Self::Snapshot => "snapshot",
        }
    }
}

/// What one call of the vendor's tool covers.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    /// Where its files go.
    pub(crate) folder: String,
    /// The account, subscription or project.
    pub(crate) account: &'static str,
    /// The region, or where its resources are if the call covers all regions.
    pub(crate) location: &'static str,
    /// Its share of the estate.
    pub(crate) weight: u64,
    /// Where what its resources share is drawn from.
    pub(crate) draw: Draw,
}

/// How the vendor's tool prints a kind.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Listing {
    /// The file's name, without ending.
    pub(crate) file: &'static str,
    /// The member that holds the list, if it is no bare array.
    pub(crate) envelope: Option<&'static str>,
    /// Whether it covers one region only.
    pub(crate) is_regional: bool,
}

/// One cloud.
pub(crate) trait Vendor {
    /// Returns its name in the manifest.
    fn name(&self) -> &'static str;

    /// Returns the white space by which its tool indents.
    fn indent(&self) -> &'static [u8];

    /// Returns its scopes.
    fn scopes(&self) -> Vec<Scope>;

    /// Returns how a kind is printed.
    fn listing(&self, kind: Kind) -> Listing;

    /// Returns a machine as its tool prints it.
    fn instance(&self, instance: &Instance, unit: &Unit, scope: &Scope) -> Json;

    /// Returns a disk as its tool prints it.
    fn volume(&self, volume: &Volume, unit: &Unit, scope: &Scope) -> Json;

    /// Returns a snapshot as its tool prints it.
    fn snapshot(&self, snapshot: &Snapshot, unit: &Unit, scope: &Scope) -> Json;

    /// Returns an element as the listing nests it.
    fn nested(&self, _kind: Kind, _draw: Draw, element: Json, _scope: &Scope) -> Json {
        element
    }
}

impl Unit {
    pub(crate) fn environment(&self) -> &'static str {
        self.draw.of("environment").pick(words::ENVIRONMENTS)
    }

    pub(crate) fn service(&self) -> &'static str {
        self.draw.of("service").pick(words::SERVICES)
    }

    /// Returns the name of its machine, which others may share.
    pub(crate) fn name(&self) -> String {
        let number = 1 + self.draw.of("number").below(40);
        format!(
            "{}-{}-{}-{number:02}",
            self.environment(),
            self.service(),
            self.draw.of("role").pick(words::ROLES)
        )
    }

    /// Returns the name of one of its resources, which no other has.
    pub(crate) fn name_of(&self, draw: Draw) -> String {
        format!("{}-{}", self.name(), draw.of("name").hex(10))
    }
}

/// Returns a time as text.
pub(crate) fn moment(at: Millis, format: &str) -> String {
    let at = Timestamp::from_millisecond(at).unwrap_or_default();
    at.to_zoned(TimeZone::UTC).strftime(format).to_string()
}
