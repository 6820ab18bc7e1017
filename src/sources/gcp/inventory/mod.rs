//! One native element → one resource, one file per kind (SEMANTICS A.5).

mod account;
mod disks;
pub(super) mod grant;
mod iam_policy;
mod identity;
mod image;
mod instance;
mod instant_snapshot;
mod machine_image;
mod metadata;
mod network;
mod project;
pub(super) mod quota;
mod region;
mod resource_policy;
mod shared;
mod sink;
mod snapshot;
pub(super) mod snapshot_settings;
mod volume;

pub(super) use disks::slot;
pub use iam_policy::iam_policy;

use super::wire;
use crate::model::{Kind, Resource};
use crate::sources::{Element, Hints, Odd, Reading};

/// Maps what is left of an element once its identity is taken.
type Mapping = fn(&mut Element, &mut Resource);

/// Every kind's mapping.
const MAPPINGS: &[(Kind, Mapping)] = &[
    (Kind::Instance, instance::map),
    (Kind::Volume, volume::map),
    (Kind::Snapshot, snapshot::map),
    (Kind::Image, image::map),
    (Kind::MachineImage, machine_image::map),
    (Kind::InstantSnapshot, instant_snapshot::map),
    (Kind::ResourcePolicy, resource_policy::map),
    (Kind::Setting, project::map),
];

/// Reads one element of a kind.
///
/// # Errors
///
/// `no-id` if nothing tells it from its neighbours, `wrong-type` for a kind that Compute Engine lacks.
pub(super) fn read(kind: Kind, mut element: Element, hints: &Hints) -> Result<Reading, Odd> {
    match kind {
        Kind::Account => return account::read(element, hints),
        Kind::AuditLog => return sink::read(element, hints),
        Kind::Quota => return quota::read(&element, hints),
        Kind::Region => return region::read(element, hints),
        Kind::Setting if snapshot_settings::is_answer(element.members()) => {
            return Ok(snapshot_settings::read(element, hints));
        }
        _ => {}
    }
    let Some((_, map)) = MAPPINGS.iter().find(|(mapped, _)| *mapped == kind) else {
        return Err(Odd::new("wrong-type", format!("Compute Engine has no {kind}")));
    };
    let mut resource = identity::take(kind, &mut element, hints)?;
    map(&mut element, &mut resource);
    Ok(element.finish(resource))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    /// Reads a synthetic element, with what was odd about it.
    pub(super) fn read(kind: Kind, value: &Value) -> (Resource, Vec<Odd>) {
        let element = Element::parse(value.to_string().as_bytes()).unwrap();
        match super::read(kind, element, &Hints::default()).unwrap() {
            Reading::Resource { resource, odd } => (*resource, odd),
            other => panic!("{other:?} is no resource"),
        }
    }

    /// Reads a synthetic element that has nothing odd.
    pub(super) fn resource(kind: Kind, value: &Value) -> Resource {
        let (resource, odd) = read(kind, value);
        assert_eq!(odd, []);
        resource
    }

    #[test]
    fn a_kind_that_compute_engine_lacks_is_odd() {
        let odd = super::read(Kind::RestorePoint, Element::default(), &Hints::default()).unwrap_err();
        assert_eq!(odd.code, "wrong-type");
    }
}
