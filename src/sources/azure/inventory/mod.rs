//! One native element → one resource, or more about one; a file per kind.
//!
//! Every element comes in the one spelling of [`super::spelling`], so paths are ARM's without
//! `properties.`, and every id is canonical.

mod account;
mod diagnostic_setting;
mod grant;
mod identity;
mod image;
mod instance;
mod lock;
mod machine_disk;
mod policy_assignment;
mod region;
mod registration;
mod restore_point;
mod snapshot;
mod storage;
mod usage;
mod volume;

use serde_json::{Map, Value};

use crate::model::Kind;
use crate::sources::{Element, Hints, Odd, Reading, Shape};

/// Reads one element; the map holds the members of the element that it was nested in.
type Read = fn(Element, &Map<String, Value>, &Hints) -> Result<Reading, Odd>;

/// One row of the table of kinds.
pub(super) struct Row {
    /// The ARM resource type.
    pub(super) resource_type: &'static str,
    /// Members of which an element of this kind has at least one.
    pub(super) marks: &'static [&'static str],
    /// What such an element is.
    pub(super) shape: Shape,
    read: Read,
}

impl Row {
    const fn new(
        resource_type: &'static str,
        marks: &'static [&'static str],
        shape: Shape,
        read: Read,
    ) -> Self {
        Self { resource_type, marks, shape, read }
    }
}

const INSTANCE: Shape = Shape::Resource(Kind::Instance);
const STATUS: Shape = Shape::Overlay(Kind::Instance, "statusOnly=true");
const SETTING: Shape = Shape::Resource(Kind::Setting);
const DISK_RESTORE_POINT: Shape = Shape::Overlay(Kind::RestorePoint, "diskRestorePoints");

/// What stands for the resource type of a subscription, which has none.
pub(super) const SUBSCRIPTION: &str = "subscriptions";

/// What stands for the resource type of a location of a subscription.
pub(super) const REGION: &str = "region";

/// What stands for the resource type of a usage, which has none and no id.
pub(super) const USAGE: &str = "usages";

/// What is recognised, first match first.
///
/// A machine of a uniform scale set is of a kind of its own: only its set lists it, so that the list of a
/// subscription's machines, complete as it is, would make it vanish. A machine with its status only
/// (`statusOnly=true`) is no machine, but more about one.
#[rustfmt::skip]
pub(super) const TABLE: &[Row] = &[
    Row::new("microsoft.compute/virtualmachines", &["storageProfile", "hardwareProfile"], INSTANCE, instance::read),
    Row::new("microsoft.compute/virtualmachines", &["instanceView"], STATUS, instance::read_status),
    Row::new("microsoft.compute/virtualmachinescalesets/virtualmachines", &["storageProfile", "hardwareProfile"], Shape::Resource(Kind::ScaleSetInstance), instance::read_of_scale_set),
    Row::new("microsoft.compute/disks", &["creationData", "diskState"], Shape::Resource(Kind::Volume), volume::read),
    Row::new("microsoft.compute/snapshots", &["creationData", "diskState"], Shape::Resource(Kind::Snapshot), snapshot::read),
    Row::new("microsoft.compute/images", &["storageProfile", "sourceVirtualMachine"], Shape::Resource(Kind::Image), image::read),
    Row::new("microsoft.compute/restorepointcollections/restorepoints", &["timeCreated", "sourceMetadata", "consistencyMode"], Shape::Resource(Kind::RestorePoint), restore_point::read),
    Row::new("microsoft.compute/restorepointcollections/restorepoints/diskrestorepoints", &["timeCreated", "sourceResourceId"], DISK_RESTORE_POINT, restore_point::read_disk),
    Row::new("microsoft.authorization/locks", &["level"], Shape::Resource(Kind::Lock), lock::read),
    Row::new("microsoft.authorization/roleassignments", &["roleDefinitionId"], Shape::Part("roleAssignments"), grant::read_assignment),
    Row::new("microsoft.authorization/roledefinitions", &["permissions"], Shape::Part("roleDefinitions"), grant::read_definition),
    Row::new("microsoft.authorization/policyassignments", &["policyDefinitionId"], SETTING, read_setting),
    Row::new("microsoft.compute", &["registrationState"], SETTING, read_setting),
    Row::new("microsoft.insights/diagnosticsettings", &["logs"], Shape::Resource(Kind::AuditLog), diagnostic_setting::read),
    Row::new(REGION, &["metadata", "regionalDisplayName"], Shape::Resource(Kind::Region), region::read),
    Row::new(USAGE, &["limit"], Shape::Resource(Kind::Quota), usage::read),
    Row::new(SUBSCRIPTION, &["subscriptionId", "cloudName", "homeTenantId"], Shape::Resource(Kind::Account), account::read),
];

/// Reads an element of a recognised shape.
pub(super) fn read(
    shape: Shape,
    element: Element,
    around: &Map<String, Value>,
    hints: &Hints,
) -> Result<Reading, Odd> {
    let row = TABLE.iter().find(|row| row.shape == shape);
    let row = row.ok_or_else(|| Odd::new("wrong-type", "no mapping reads such an element"))?;
    (row.read)(element, around, hints)
}

/// Reads a setting of either sort.
fn read_setting(element: Element, around: &Map<String, Value>, hints: &Hints) -> Result<Reading, Odd> {
    match element.peek("registrationState") {
        Some(_) => registration::read(element, around, hints),
        None => policy_assignment::read(element, around, hints),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Resource;
    use crate::sources::azure::Azure;
    use crate::sources::{Cloud, Overlay, Place};

    /// Reads one native element the way a reader of files does.
    fn readings(native: &Value) -> Vec<Reading> {
        let raw = native.to_string();
        let place = Place::default();
        let pieces = Azure.split(raw.as_bytes(), &place).unwrap();
        let read = |element: Element, around| {
            let shape = Azure.recognise(element.members(), &place).unwrap();
            Azure.read(shape, element, around, &Hints::default()).unwrap()
        };
        pieces.iter().map(|piece| read(Element::parse(&piece.raw).unwrap(), &piece.around)).collect()
    }

    /// Reads the resources in one native element, of which no field is odd.
    pub(super) fn resources(native: &Value) -> Vec<Resource> {
        let plain = |(resource, odd): (Resource, Vec<&str>)| {
            assert_eq!(odd, [""; 0]);
            resource
        };
        odd_resources(native).into_iter().map(plain).collect()
    }

    /// Reads the resources in one native element, with the codes of what is odd about them.
    pub(super) fn odd_resources(native: &Value) -> Vec<(Resource, Vec<&'static str>)> {
        let only_resource = |reading| match reading {
            Reading::Resource { resource, odd } => (*resource, odd.iter().map(|odd| odd.code).collect()),
            other => panic!("{other:?} is no resource"),
        };
        readings(native).into_iter().map(only_resource).collect()
    }

    /// Reads the one resource that a native element is.
    pub(super) fn resource(native: &Value) -> Resource {
        let [resource] = resources(native).try_into().unwrap();
        resource
    }

    /// Reads the parts of grants that a native element is.
    pub(super) fn parts(native: &Value) -> crate::sources::grants::Parts {
        match readings(native).pop() {
            Some(Reading::Parts(parts)) => parts,
            other => panic!("{other:?} is no part"),
        }
    }

    /// Reads the one overlay that a native element is.
    pub(super) fn overlay(native: &Value) -> Overlay {
        match readings(native).pop() {
            Some(Reading::Overlay(overlay)) => overlay,
            other => panic!("{other:?} is no overlay"),
        }
    }
}
