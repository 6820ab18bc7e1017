//! One native element → one resource or overlay, a file per kind.

mod account;
mod attribute;
pub(super) mod grant;
mod identity;
mod image;
mod instance;
mod instance_storage;
mod interface;
mod public_snapshot;
mod quota;
mod recycled;
mod region;
mod root_volume_task;
pub(super) mod setting;
mod snapshot;
mod state;
mod tags;
mod trail;
mod volume;

use serde_json::{Map, Value};

use crate::model::{Kind, Provider};
use crate::sources::{Element, Hints, Odd, Reading, Shape};

pub use instance_storage::instance_storage;
pub use public_snapshot::{private_snapshot, public_snapshot};

const PROVIDER: Provider = Provider::Aws;

/// How EC2 lists one kind, and what reads its elements.
pub(super) struct Native {
    /// The kind.
    pub(super) kind: Kind,
    /// The members that hold lists of it.
    pub(super) envelopes: &'static [&'static str],
    /// The member that holds the id.
    pub(super) id: &'static str,
    /// What its ids begin with; other services list other things under the same member.
    pub(super) prefixes: &'static [&'static str],
    /// Members (or `member.member`) of which a bare element must bear one.
    pub(super) marks: &'static [&'static str],
    /// Members that only another call's elements bear.
    pub(super) strangers: &'static [&'static str],
    /// The member that only its elements bear, and that each of them bears, in a list by any name.
    pub(super) needs: Option<&'static str>,
    /// Reads one element.
    pub(super) read: Read,
}

/// Reads one element, given the members around it and what is known of the listing.
type Read = fn(Element, &Map<String, Value>, &Hints) -> Result<Reading, Odd>;

/// A call that tells more about a resource.
pub(super) struct Call {
    /// Its name in the AWS CLI.
    pub(super) name: &'static str,
    /// The kind of the resource.
    pub(super) kind: Kind,
    /// The member that holds a list of its answers; `None` if the answer is the whole body.
    pub(super) envelope: Option<&'static str>,
    /// Whether an object is such an answer.
    pub(super) is_answer: fn(&Map<String, Value>) -> bool,
    /// Reads one answer.
    pub(super) read: fn(Element) -> Result<Reading, Odd>,
}

/// Every kind that is listed; of several rows of one kind, the first reads them all.
///
/// The recycle bins' lists bear the names of what they hold, so that their rows come after those kinds'.
pub(super) const KINDS: &[Native] = &[
    instance::NATIVE,
    volume::NATIVE,
    snapshot::NATIVE,
    image::NATIVE,
    recycled::SNAPSHOT,
    recycled::IMAGE,
    recycled::VOLUME,
    region::NATIVE,
    account::NATIVE,
    quota::NATIVE,
    trail::NATIVE,
];

/// Every call that tells more.
pub(super) const CALLS: &[Call] = &[
    root_volume_task::CALL,
    attribute::INSTANCE,
    attribute::SNAPSHOT,
    attribute::IMAGE,
    trail::STATUS,
    trail::SELECTORS,
];

/// Reads one recognised element.
pub(super) fn read(
    shape: Shape,
    element: Element,
    around: &Map<String, Value>,
    hints: &Hints,
) -> Result<Reading, Odd> {
    let unknown = || Odd::new("wrong-type", format!("{shape:?} is no shape of EC2"));
    match shape {
        Shape::Part(name) => grant::read(name, &element, hints),
        Shape::Resource(Kind::Setting) => setting::read(element, hints),
        Shape::Resource(kind) => {
            let native = KINDS.iter().find(|native| native.kind == kind).ok_or_else(unknown)?;
            (native.read)(element, around, hints)
        }
        Shape::Overlay(_, name) => {
            let call = CALLS.iter().find(|call| call.name == name).ok_or_else(unknown)?;
            (call.read)(element)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Resource;

    /// Reads one element of which no field is odd, with nothing known from beside it.
    pub(super) fn plain(read: Read, native: Value) -> Resource {
        let Value::Object(native) = native else { panic!("{native} is no element") };
        match read(Element::new(native), &Map::new(), &Hints::default()).unwrap() {
            Reading::Resource { resource, odd } => {
                assert_eq!(odd, []);
                *resource
            }
            other => panic!("{other:?} is no resource"),
        }
    }
}
