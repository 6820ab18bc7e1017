//! The disks of an instance, or of a machine image: which slot holds what.

use super::shared::{KEY, URL, take_object};
use super::wire;
use crate::model::{Kind, Link, Rel, Resource};
use crate::sources::{Element, Field, Form};

/// Takes `disks` under `disks[slot]`; returns an edge for each that has a source.
///
/// The slot is `boot` for the boot disk, else the device name, by which the guest finds it. The order of
/// the list and `index` mean nothing. A local SSD (`SCRATCH`) has no source and thus no edge.
pub(super) fn take(element: &mut Element, prefix: &str, resource: &mut Resource) -> Vec<Link> {
    let mut links = Vec::new();
    for (index, mut disk) in element.take_elements("disks").into_iter().enumerate() {
        let slot = take_slot(&mut disk, index);
        let prefix = format!("{prefix}disks[{slot}].");
        if let Some(source) = disk.take_text("source") {
            let locator = wire::locator(&source, &resource.account);
            let delete_with = disk.take_flag("autoDelete");
            let link = Link::to_locator(Rel::Attached, Kind::Volume, locator).in_slot(slot);
            links.push(Link { delete_with, ..link });
            disk.take_fields(TOLD_BY_SOURCE, &prefix, resource);
        }
        take_object(&mut disk, "diskEncryptionKey", KEY, &prefix, resource);
        disk.take_fields(FIELDS, &prefix, resource);
        element.leave_nested(disk, &prefix, resource);
    }
    links
}

/// Takes what makes the slot.
fn take_slot(disk: &mut Element, index: usize) -> String {
    let boot = disk.take_flag("boot") == Some(true);
    let name = if boot { None } else { disk.take_text("deviceName") };
    slot(boot, name.as_deref()).unwrap_or_else(|| format!("index:{index}"))
}

/// Returns the slot of a disk, where boot flag or device name tell it; a data disk cannot pass for the boot
/// disk by its device name.
pub(in crate::sources::gcp) fn slot(boot: bool, device_name: Option<&str>) -> Option<String> {
    match device_name {
        _ if boot => Some("boot".to_owned()),
        Some("boot") => Some("device:boot".to_owned()),
        name => name.map(str::to_owned),
    }
}

/// What the attached disk tells of itself in its own listing: a resize is one change, not two.
const TOLD_BY_SOURCE: &[Field] = &[Field::volatile("diskSizeGb")];

const FIELDS: &[Field] = &[
    Field::config("architecture", Form::Plain),
    Field::config("autoDelete", Form::Plain),
    Field::config("deviceName", Form::Plain),
    Field::config("diskSizeGb", Form::Integer),
    Field::config("guestOsFeatures", Form::Keyed("type")),
    Field::config("interface", Form::Plain),
    Field::config("licenses", URL),
    Field::config("mode", Form::Plain),
    Field::config("type", Form::Plain),
    Field::evidence("savedState", Form::Plain),
    Field::volatile("forceAttach"),
    Field::volatile("index"),
    Field::volatile("kind"),
    Field::volatile("shieldedInstanceInitialState"),
];
