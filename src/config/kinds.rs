//! Which kinds each cloud has.

use crate::model::{Kind, Provider};

/// Returns the kinds that a cloud has, in presentation order.
pub const fn kinds_of(provider: Provider) -> &'static [Kind] {
    match provider {
        Provider::Aws => &[
            Kind::Instance,
            Kind::Volume,
            Kind::Snapshot,
            Kind::Image,
            Kind::Recycled,
            Kind::Setting,
            Kind::Region,
            Kind::Account,
            Kind::Quota,
            Kind::AuditLog,
            Kind::Grant,
        ],
        Provider::Azure => &[
            Kind::Instance,
            Kind::Volume,
            Kind::Snapshot,
            Kind::Image,
            Kind::RestorePoint,
            Kind::ScaleSetInstance,
            Kind::Lock,
            Kind::Setting,
            Kind::Region,
            Kind::Account,
            Kind::Quota,
            Kind::AuditLog,
            Kind::Grant,
        ],
        Provider::Gcp => &[
            Kind::Instance,
            Kind::Volume,
            Kind::Snapshot,
            Kind::Image,
            Kind::MachineImage,
            Kind::InstantSnapshot,
            Kind::ResourcePolicy,
            Kind::Setting,
            Kind::Region,
            Kind::Account,
            Kind::Quota,
            Kind::AuditLog,
            Kind::Grant,
        ],
    }
}
