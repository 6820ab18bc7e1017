//! What several kinds have in common: keys, what a disk's contents need, and where they came from.

use serde_json::Value;

use super::wire;
use crate::model::{Kind, Link, Phase, Rel, Resource, State};
use crate::sources::{Element, Field, Form};

/// A resource's URL, as its canonical path.
pub(super) const URL: Form = Form::Canonical(wire::relative);

/// An encryption key (`CustomerEncryptionKey`): its name stays, key material never does.
pub(super) const KEY: &[Field] = &[
    Field::config("kmsKeyName", URL),
    Field::config("kmsKeyServiceAccount", Form::Plain),
    Field::config("rawKey", Form::Secret),
    Field::config("rsaEncryptedKey", Form::Secret),
    Field::config("sha256", Form::Plain),
];

/// What disks, snapshots and images say of the system on them.
pub(super) const SYSTEM: &[Field] = &[
    Field::config("architecture", Form::Plain),
    Field::config("enableConfidentialCompute", Form::Plain),
    Field::config("guestOsFeatures", Form::Keyed("type")),
    Field::config("licenseCodes", Form::Set),
    Field::config("licenses", URL),
    Field::config("userLicenses", URL),
];

/// Takes an object that several kinds share by its own table; its paths begin with `prefix` and `member`.
pub(super) fn take_object(
    element: &mut Element,
    member: &str,
    fields: &[Field],
    prefix: &str,
    resource: &mut Resource,
) {
    if !element.peek(member).is_some_and(Value::is_object) {
        return;
    }
    let prefix = format!("{prefix}{member}.");
    for mut nested in element.take_elements(member) {
        nested.take_fields(fields, &prefix, resource);
        element.leave_nested(nested, &prefix, resource);
    }
}

/// Takes `<member>` and `<member>Id` as an edge to what the resource was made from.
///
/// A source image's URL goes when the image is deleted, its id stays (API reference, `disks`): the end
/// of an edge is its id where the id is told, so that this is no drift.
pub(super) fn take_source(
    element: &mut Element,
    member: &str,
    rel: Rel,
    kind: Kind,
    resource: &mut Resource,
) {
    let locator = element.take_text(member).map(|url| wire::locator(&url, &resource.account));
    let uid = element.take_text(&format!("{member}Id"));
    let link = match (uid, locator) {
        (Some(uid), locator) => Link { locator, ..Link::to_uid(rel, kind, uid) },
        (None, Some(locator)) => Link::to_locator(rel, kind, locator),
        (None, None) => return,
    };
    resource.links.insert(link);
}

/// Takes `status` where only trouble is drift: `folded` names the states that come and go by themselves.
pub(super) fn take_trouble(element: &mut Element, folded: &[&str]) -> Option<State> {
    let native = element.take_text("status")?;
    let phase = match native.as_str() {
        "DELETING" => Phase::Deleting,
        "FAILED" | "INVALID" => Phase::Error,
        name if folded.contains(&name) => return None,
        _ => Phase::Unknown,
    };
    Some(State { native, phase })
}
