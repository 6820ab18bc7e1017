//! The disks of a storage profile, slot by slot: of a machine, an image, or a restore point.

use crate::model::Resource;
use crate::sources::Element;

/// What a kind takes of one disk: the disk, its slot (`os`, `lun:N`), the prefix of its attribute paths.
pub(super) type TakeDisk = fn(&mut Element, &str, &str, &mut Resource);

/// Takes `osDisk` and every member of `dataDisks` below `profile`; data disks are told apart by their LUN,
/// whatever their order.
pub(super) fn each(element: &mut Element, profile: &str, resource: &mut Resource, take: TakeDisk) {
    for mut disk in element.take_elements(&format!("{profile}.osDisk")) {
        let prefix = format!("{profile}.osDisk.");
        take(&mut disk, "os", &prefix, resource);
        element.leave_nested(disk, &prefix, resource);
    }
    for mut disk in element.take_elements(&format!("{profile}.dataDisks")) {
        let lun = disk.take_text("lun").unwrap_or_default();
        let prefix = format!("{profile}.dataDisks[{lun}].");
        take(&mut disk, &format!("lun:{lun}"), &prefix, resource);
        element.leave_nested(disk, &prefix, resource);
    }
}
