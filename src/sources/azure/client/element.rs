//! What the collector itself looks up in an element; what an element means is told by the same mapping that
//! reads files.

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::value::RawValue;

use super::http::Reply;
use crate::model::Resource;
use crate::sources::azure::{Azure, arm};
use crate::sources::live::{Refusal, RefusalKind};
use crate::sources::{Cloud as _, Element, Hints, Piece, Place, Reading};

/// An object whose members are not looked into.
pub(super) type Members = BTreeMap<String, Box<RawValue>>;

/// Returns the members of an object; `None` if it is none.
pub(super) fn members(raw: &RawValue) -> Option<Members> {
    serde_json::from_str(raw.get()).ok()
}

/// Returns the canonical ARM id of an element.
pub(super) fn id(raw: &RawValue) -> Option<String> {
    let id: String = serde_json::from_str(members(raw)?.get("id")?.get()).ok()?;
    arm::is_id(&id).then(|| arm::canonical(&id))
}

/// Returns the body of a reply, as it came.
///
/// # Errors
///
/// `not-json`.
pub(super) fn body(reply: &Reply) -> Result<Box<RawValue>, Refusal> {
    let text = String::from_utf8_lossy(&reply.body).into_owned();
    RawValue::from_string(text).map_err(|_| reply.not_json(RefusalKind::Failed, "not-json"))
}

/// Reads an element as the mapping does: its resources and what it tells of others; `None` if no mapping
/// reads it.
pub(super) fn readings(raw: &RawValue, hints: &Hints) -> Option<Vec<Reading>> {
    let place = Place { envelope: Some("value".to_owned()), ..Place::default() };
    let pieces = Azure.split(raw.get().as_bytes(), &place).ok()?;
    let read = |piece: &Piece<'_>| {
        let element = Element::parse(&piece.raw).ok()?;
        let shape = Azure.recognise(element.members(), &place)?;
        Azure.read(shape, element, &piece.around, hints).ok()
    };
    pieces.iter().map(read).collect()
}

/// Returns the resources among readings.
pub(super) fn resources(readings: Vec<Reading>) -> impl Iterator<Item = Resource> {
    readings.into_iter().filter_map(|reading| match reading {
        Reading::Resource { resource, .. } => Some(*resource),
        Reading::Overlay(_) | Reading::Parts(_) => None,
    })
}

/// Returns a member of an object's `properties`.
pub(super) fn property(raw: &RawValue, name: &str) -> Option<Value> {
    let inner = members(raw)?.remove("properties")?;
    let property = members(&inner)?.remove(name)?;
    serde_json::from_str(property.get()).ok()
}
