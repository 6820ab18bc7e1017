//! What disks and snapshots share: the table, where they come from, and whether an export is open.

use crate::model::{Exposure, Kind, Link, Locator, Rel, Resource};
use crate::sources::azure::arm;
use crate::sources::{Element, Field, Form};

/// Fields of both (`Microsoft.Compute/disks` and `snapshots`, API 2024-03-02 and what came since).
///
/// Volatile ones after SEMANTICS B.1: they follow a copy's progress, or the platform fills them in later.
const FIELDS: &[Field] = &[
    Field::config("sku.name", Form::Plain),
    Field::config("diskSizeGB", Form::Integer),
    Field::config("osType", Form::Plain),
    Field::config("hyperVGeneration", Form::Plain),
    Field::config("purchasePlan.name", Form::Plain),
    Field::config("purchasePlan.publisher", Form::Plain),
    Field::config("purchasePlan.product", Form::Plain),
    Field::config("purchasePlan.promotionCode", Form::Plain),
    Field::config("encryption.type", Form::Plain),
    Field::config("encryption.diskEncryptionSetId", Form::Canonical(arm::canonical)),
    Field::config("encryptionSettingsCollection.enabled", Form::Plain),
    Field::config("encryptionSettingsCollection.encryptionSettings", Form::Set),
    Field::config("encryptionSettingsCollection.encryptionSettingsVersion", Form::Plain),
    Field::config("networkAccessPolicy", Form::Plain),
    Field::config("publicNetworkAccess", Form::Plain),
    Field::config("dataAccessAuthMode", Form::Plain),
    Field::config("diskAccessId", Form::Canonical(arm::canonical)),
    Field::config("securityProfile.securityType", Form::Plain),
    Field::config("securityProfile.secureVMDiskEncryptionSetId", Form::Canonical(arm::canonical)),
    Field::config("creationData.createOption", Form::Plain),
    Field::config("creationData.storageAccountId", Form::Canonical(arm::canonical)),
    Field::config("creationData.sourceUri", Form::Plain),
    Field::config("creationData.securityDataUri", Form::Plain),
    Field::config("creationData.securityMetadataUri", Form::Plain),
    Field::config("creationData.elasticSanResourceId", Form::Canonical(arm::canonical)),
    Field::config("creationData.uploadSizeBytes", Form::Integer),
    Field::config("creationData.logicalSectorSize", Form::Integer),
    Field::config("creationData.performancePlus", Form::Plain),
    Field::config("creationData.instantAccessDurationMinutes", Form::Integer),
    Field::config("creationData.provisionedBandwidthCopySpeed", Form::Plain),
    Field::config("creationData.imageReference.lun", Form::Integer),
    Field::config("creationData.imageReference.sharedGalleryImageId", Form::Plain),
    Field::config("creationData.imageReference.communityGalleryImageId", Form::Plain),
    Field::config("creationData.galleryImageReference.lun", Form::Integer),
    Field::config("creationData.galleryImageReference.sharedGalleryImageId", Form::Plain),
    Field::config("creationData.galleryImageReference.communityGalleryImageId", Form::Plain),
    Field::volatile("sku.tier"),
    Field::volatile("completionPercent"),
    Field::volatile("propertyUpdatesInProgress"),
    Field::volatile("supportedCapabilities"),
    Field::volatile("supportsHibernation"),
];

/// Takes what disks and snapshots share.
pub(super) fn take(element: &mut Element, resource: &mut Resource) {
    take_source(element, resource);
    for path in ["creationData.imageReference.id", "creationData.galleryImageReference.id"] {
        if let Some(image) = element.take_text(path) {
            let locator = Locator::new(arm::canonical(&image));
            resource.links.insert(Link::to_locator(Rel::CreatedFrom, Kind::Image, locator));
        }
    }
    // Bytes say the same as gigabytes, and some API versions leave them out.
    if element.peek("diskSizeGB").is_some_and(|size| !size.is_null()) {
        element.take("diskSizeBytes");
    } else {
        element.take_fields(&[Field::config("diskSizeBytes", Form::Integer)], "", resource);
    }
    take_disk_state(element, resource);
    element.take_fields(FIELDS, "", resource);
}

/// Takes what it was copied from: `sourceUniqueId` names the very incarnation, `sourceResourceId` its
/// address.
///
/// A source in a restore point leads to the restore point, which has no unique id of its own; which of
/// its disks it was stays in config. So does a source of a kind that driftline does not list.
fn take_source(element: &mut Element, resource: &mut Resource) {
    const SOURCE: &[Field] = &[
        Field::config("creationData.sourceResourceId", Form::Canonical(arm::canonical)),
        Field::config("creationData.sourceUniqueId", Form::Canonical(str::to_lowercase)),
    ];
    let source = element.peek_text("creationData.sourceResourceId").map(arm::canonical);
    match source.as_deref().and_then(arm::kind) {
        Some(Kind::RestorePoint) => {
            let point = source.as_deref().and_then(|id| arm::ancestor(id, "restorepoints"));
            let link = |point| Link::to_locator(Rel::CreatedFrom, Kind::RestorePoint, Locator::new(point));
            resource.links.extend(point.map(link));
        }
        Some(kind) => {
            element.take("creationData.sourceResourceId");
            let uid = element.take_text("creationData.sourceUniqueId");
            let rel = source_rel(resource.key.kind, kind);
            let mut link = Link::to_locator(rel, kind, Locator::new(source.unwrap_or_default()));
            link.uid = uid.map(|guid| crate::model::Uid::new(guid.to_lowercase()));
            resource.links.insert(link);
        }
        None => {}
    }
    element.take_fields(SOURCE, "", resource);
}

/// What "made from" means between two kinds.
const fn source_rel(made: Kind, source: Kind) -> Rel {
    match (made, source) {
        (Kind::Volume, Kind::Volume) | (Kind::Snapshot, Kind::Snapshot) => Rel::CopiedFrom,
        (Kind::Snapshot, Kind::Volume) => Rel::TakenFrom,
        _ => Rel::CreatedFrom,
    }
}

/// Takes `diskState`: evidence that moves with its machine (SEMANTICS B.4), and while a shared access
/// signature is live an open export (A.6).
///
/// The grants stay unknown: they are role assignments, which neither body tells.
fn take_disk_state(element: &mut Element, resource: &mut Resource) {
    let export = element.peek_text("diskState").filter(|state| {
        let live = ["ActiveSAS", "ActiveSASFrozen", "ActiveUpload"];
        live.iter().any(|word| word.eq_ignore_ascii_case(state))
    });
    resource.exposure = Exposure { export: export.map(str::to_owned), ..Exposure::default() };
    element.take_fields(&[Field::evidence("diskState", Form::Plain)], "", resource);
}
