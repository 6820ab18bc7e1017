//! Google Cloud: Compute Engine resources and projects as the REST APIs, `gcloud … --format=json` and Cloud
//! Asset Inventory exports write them.

mod asset;
pub mod audit;
mod calls;
#[cfg(feature = "gcp")]
mod client;
mod inventory;
mod wire;

use std::sync::Arc;

use serde_json::{Map, Value};

use super::live::{Call, Collector, Ledger};
use super::{AuditLog, Cloud, Element, Header, Hints, NotBuilt, Odd, Place, Reading, Shape, Statement};
use crate::config::Config;
use crate::model::{AccountId, EVERYWHERE, Kind, Location, Provider};

use inventory::grant;
pub use inventory::iam_policy;

/// Google Cloud.
pub struct Gcp;

impl Cloud for Gcp {
    fn provider(&self) -> Provider {
        Provider::Gcp
    }

    fn audit(&self) -> &'static dyn AuditLog {
        &audit::CloudAudit
    }

    fn calls(&self) -> &'static [&'static Call] {
        calls::CALLS
    }

    #[cfg(feature = "gcp")]
    fn collectors(&self, config: &Config, ledger: &Arc<Ledger>) -> Result<Vec<Box<dyn Collector>>, NotBuilt> {
        Ok(config.gcp.iter().map(|entry| client::collector(entry, ledger)).collect())
    }

    #[cfg(not(feature = "gcp"))]
    fn collectors(&self, config: &Config, _: &Arc<Ledger>) -> Result<Vec<Box<dyn Collector>>, NotBuilt> {
        if config.gcp.is_empty() { Ok(Vec::new()) } else { Err(NotBuilt(Provider::Gcp)) }
    }

    fn envelopes(&self) -> &'static [&'static str] {
        &["items", "assets", "projects", "sinks", grant::BINDINGS, grant::ROLES]
    }

    fn recognise(&self, element: &Map<String, Value>, place: &Place) -> Option<Shape> {
        if let Some(name) = grant::part(element, place) {
            return Some(Shape::Part(name));
        }
        let kind = if asset::is_asset(element) { asset::kind(element) } else { wire::kind(element, place) };
        kind.map(Shape::Resource)
    }

    fn read(
        &self,
        shape: Shape,
        element: Element,
        _: &Map<String, Value>,
        hints: &Hints,
    ) -> Result<Reading, Odd> {
        let kind = match shape {
            Shape::Resource(kind) | Shape::Overlay(kind, _) => kind,
            Shape::Part(name) => return grant::read(name, element, hints),
        };
        let element = if asset::is_asset(element.members()) { asset::unwrap(element)? } else { element };
        inventory::read(kind, element, hints)
    }

    fn statement(&self, header: &Header) -> Statement {
        wire::statement(header)
    }

    fn listing_location(&self, kind: Kind, resource: &Location) -> Location {
        match native(kind).map(|native| native.reach) {
            // Its regions and its own settings tell the quotas of a project.
            None if kind == Kind::Quota => Location::new(EVERYWHERE),
            Some(Reach::Project) => Location::new(EVERYWHERE),
            Some(Reach::Location) | None => resource.clone(),
        }
    }

    fn listing_account(&self, element: &Map<String, Value>, _: &Place) -> Option<AccountId> {
        let project = match asset::contents(element) {
            Some(resource) => wire::project(resource).or_else(|| asset::project(element)),
            None => wire::project(element),
        };
        project.map(AccountId::new)
    }
}

/// One native kind and its three spellings.
#[derive(Clone, Copy, Debug)]
struct NativeKind {
    kind: Kind,
    /// In `kind`, after `compute#`.
    name: &'static str,
    /// In URLs and aggregated lists.
    collection: &'static str,
    /// In Cloud Asset Inventory, after `compute.googleapis.com/`.
    asset: &'static str,
    reach: Reach,
}

/// What one listing call spans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    /// Every zone and region (`aggregatedList`).
    Project,
    /// `global` or one region, each a collection of its own (SEMANTICS H.3).
    Location,
}

/// Every kind that this wing reads.
const KINDS: &[NativeKind] = &[
    NativeKind {
        kind: Kind::Instance,
        name: "instance",
        collection: "instances",
        asset: "Instance",
        reach: Reach::Project,
    },
    NativeKind {
        kind: Kind::Volume,
        name: "disk",
        collection: "disks",
        asset: "Disk",
        reach: Reach::Project,
    },
    NativeKind {
        kind: Kind::Snapshot,
        name: "snapshot",
        collection: "snapshots",
        asset: "Snapshot",
        reach: Reach::Location,
    },
    NativeKind {
        kind: Kind::Image,
        name: "image",
        collection: "images",
        asset: "Image",
        reach: Reach::Location,
    },
    NativeKind {
        kind: Kind::MachineImage,
        name: "machineImage",
        collection: "machineImages",
        asset: "MachineImage",
        reach: Reach::Location,
    },
    NativeKind {
        kind: Kind::InstantSnapshot,
        name: "instantSnapshot",
        collection: "instantSnapshots",
        asset: "InstantSnapshot",
        reach: Reach::Project,
    },
    NativeKind {
        kind: Kind::ResourcePolicy,
        name: "resourcePolicy",
        collection: "resourcePolicies",
        asset: "ResourcePolicy",
        reach: Reach::Project,
    },
    NativeKind {
        kind: Kind::Region,
        name: "region",
        collection: "regions",
        asset: "Region",
        reach: Reach::Project,
    },
    // A project's own settings; its address ends where a collection's would begin.
    NativeKind {
        kind: Kind::Setting,
        name: "project",
        collection: "projects",
        asset: "Project",
        reach: Reach::Location,
    },
];

/// Returns the native side of a kind; `None` for kinds that Compute Engine lacks.
fn native(kind: Kind) -> Option<&'static NativeKind> {
    KINDS.iter().find(|native| native.kind == kind)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn account(element: &Value) -> Option<AccountId> {
        Gcp.listing_account(element.as_object().unwrap(), &Place::default())
    }

    #[test]
    fn the_listing_is_the_project_s_that_the_resource_names() {
        let link = "https://www.googleapis.com/compute/v1/projects/p/zones/z";
        let name = "//compute.googleapis.com/projects/p/zones/z/disks/d";
        let expected = Some(AccountId::new("p"));
        assert_eq!(account(&json!({"selfLink": format!("{link}/disks/d")})), expected);
        assert_eq!(account(&json!({"name": "d", "zone": link})), expected);
        let asset =
            json!({"name": name, "assetType": "compute.googleapis.com/Disk", "resource": {"data": {}}});
        assert_eq!(account(&asset), expected);
        assert_eq!(account(&json!({"VolumeId": "vol-1"})), None);
    }

    #[test]
    fn one_call_lists_every_zone_but_one_region_s_snapshots() {
        let (zone, region) = (Location::new("r1-b"), Location::new("r1"));
        for kind in [Kind::Instance, Kind::Volume, Kind::InstantSnapshot, Kind::ResourcePolicy] {
            assert_eq!(Gcp.listing_location(kind, &zone), Location::new(EVERYWHERE));
        }
        for kind in [Kind::Snapshot, Kind::Image, Kind::MachineImage] {
            assert_eq!(Gcp.listing_location(kind, &region), region);
        }
        for kind in [Kind::Setting, Kind::Account] {
            let global = Location::new("global");
            assert_eq!(Gcp.listing_location(kind, &global), global);
        }
    }
}
