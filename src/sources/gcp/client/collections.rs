//! The collections of Compute Engine, and what a scan asks of each.

use super::super::calls;
use super::super::wire::Address;
use super::GLOBAL;
use crate::model::{EVERYWHERE, Kind, Location};
use crate::sources::live::Call;

/// Where the resources of a collection are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Site {
    /// In zones.
    Zone,
    /// In regions.
    Region,
    /// In neither.
    Global,
}

/// One collection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Collection {
    /// The kind of its resources.
    pub(super) kind: Kind,
    /// Its name in URLs.
    pub(super) name: &'static str,
    /// Where they are.
    pub(super) site: Site,
    /// What lists it; an `aggregatedList` lists the zonal and the regional collection of a kind together.
    pub(super) list: &'static Call,
    /// What looks up one of it.
    pub(super) get: &'static Call,
    /// What tells who may use one of it.
    pub(super) policy: Option<&'static Call>,
}

/// Every collection that a scan lists, in the order in which it lists them: what was made of a disk before
/// the disk, and the disk before what uses it, so that the targets of links are the later state (SEMANTICS
/// H.4).
pub(super) const COLLECTIONS: &[Collection] = &[
    Collection {
        kind: Kind::Snapshot,
        name: "snapshots",
        site: Site::Global,
        list: &calls::SNAPSHOTS_LIST,
        get: &calls::SNAPSHOTS_GET,
        policy: Some(&calls::SNAPSHOTS_POLICY),
    },
    Collection {
        kind: Kind::Snapshot,
        name: "snapshots",
        site: Site::Region,
        list: &calls::REGION_SNAPSHOTS_LIST,
        get: &calls::REGION_SNAPSHOTS_GET,
        policy: Some(&calls::REGION_SNAPSHOTS_POLICY),
    },
    Collection {
        kind: Kind::InstantSnapshot,
        name: "instantSnapshots",
        site: Site::Zone,
        list: &calls::INSTANT_SNAPSHOTS_LIST,
        get: &calls::INSTANT_SNAPSHOTS_GET,
        policy: None,
    },
    Collection {
        kind: Kind::InstantSnapshot,
        name: "instantSnapshots",
        site: Site::Region,
        list: &calls::INSTANT_SNAPSHOTS_LIST,
        get: &calls::REGION_INSTANT_SNAPSHOTS_GET,
        policy: None,
    },
    Collection {
        kind: Kind::Volume,
        name: "disks",
        site: Site::Zone,
        list: &calls::DISKS_LIST,
        get: &calls::DISKS_GET,
        policy: Some(&calls::DISKS_POLICY),
    },
    Collection {
        kind: Kind::Volume,
        name: "disks",
        site: Site::Region,
        list: &calls::DISKS_LIST,
        get: &calls::REGION_DISKS_GET,
        policy: Some(&calls::REGION_DISKS_POLICY),
    },
    Collection {
        kind: Kind::Instance,
        name: "instances",
        site: Site::Zone,
        list: &calls::INSTANCES_LIST,
        get: &calls::INSTANCES_GET,
        policy: None,
    },
    Collection {
        kind: Kind::Image,
        name: "images",
        site: Site::Global,
        list: &calls::IMAGES_LIST,
        get: &calls::IMAGES_GET,
        policy: Some(&calls::IMAGES_POLICY),
    },
    Collection {
        kind: Kind::MachineImage,
        name: "machineImages",
        site: Site::Global,
        list: &calls::MACHINE_IMAGES_LIST,
        get: &calls::MACHINE_IMAGES_GET,
        policy: Some(&calls::MACHINE_IMAGES_POLICY),
    },
    Collection {
        kind: Kind::ResourcePolicy,
        name: "resourcePolicies",
        site: Site::Region,
        list: &calls::RESOURCE_POLICIES_LIST,
        get: &calls::RESOURCE_POLICIES_GET,
        policy: None,
    },
];

impl Collection {
    /// Returns the collection that a listing of a kind in a location begins with; `None` for a kind that
    /// Compute Engine does not list there.
    pub(super) fn listed(kind: Kind, location: &Location) -> Option<&'static Self> {
        let site = match location.as_str() {
            EVERYWHERE => None,
            GLOBAL => Some(Site::Global),
            _ => Some(Site::Region),
        };
        let mut collections = COLLECTIONS.iter().filter(|collection| collection.kind == kind);
        collections.find(|collection| site.is_none_or(|site| site == collection.site))
    }

    /// Returns the collection that an address lies in.
    pub(super) fn at(address: &Address<'_>) -> Option<&'static Self> {
        let site = match (address.zonal, address.location) {
            (true, _) => Site::Zone,
            (false, GLOBAL) => Site::Global,
            (false, _) => Site::Region,
        };
        COLLECTIONS.iter().find(|collection| collection.name == address.collection && collection.site == site)
    }

    /// Whether one call lists it for every location together.
    pub(super) fn is_aggregated(&self) -> bool {
        self.list.name.ends_with(".aggregatedList")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_finds_the_calls_of_its_site() {
        let get = |path: &str| {
            Address::parse(path).as_ref().and_then(Collection::at).map(|collection| collection.get.name)
        };
        assert_eq!(get("projects/p/zones/z/disks/d"), Some("disks.get"));
        assert_eq!(get("projects/p/regions/r/disks/d"), Some("regionDisks.get"));
        assert_eq!(get("projects/p/global/snapshots/s"), Some("snapshots.get"));
        assert_eq!(get("projects/p/regions/r/snapshots/s"), Some("regionSnapshots.get"));
        assert_eq!(get("projects/p/global/networks/n"), None);
    }

    #[test]
    fn a_scope_finds_the_call_that_lists_it() {
        let list = |kind, location: &str| {
            Collection::listed(kind, &Location::new(location)).map(|collection| collection.list.name)
        };
        assert_eq!(list(Kind::Volume, EVERYWHERE), Some("disks.aggregatedList"));
        assert_eq!(list(Kind::Snapshot, GLOBAL), Some("snapshots.list"));
        assert_eq!(list(Kind::Snapshot, "europe-west1"), Some("regionSnapshots.list"));
        assert_eq!(list(Kind::Image, "europe-west1"), None);
        assert_eq!(list(Kind::Lock, EVERYWHERE), None);
    }
}
