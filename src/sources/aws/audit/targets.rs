//! On what an operation acted (SEMANTICS E.1.2, E.1.3): a table of paths decides the parts that resources play,
//! and a walk over everything else finds the ids that no path names.

use std::collections::BTreeSet;

use serde_json::Value;

use super::native::Part::{self, Details, Request, Response};
use super::native::{Native, at};
use super::paths::{NAMES, PATHS, Path, SETTINGS, SUBJECTS};
use crate::model::{Kind, Role, Target, Uid};

/// What ids begin with, and the kind of what they name; `None` for what no scan lists.
const PREFIXES: &[(&str, Option<Kind>)] = &[
    ("i", Some(Kind::Instance)),
    ("vol", Some(Kind::Volume)),
    ("snap", Some(Kind::Snapshot)),
    ("ami", Some(Kind::Image)),
    ("eipalloc", None),
    ("eni", None),
    ("fleet", None),
    ("lt", None),
    ("mi", None),
    ("replacevol", None),
    ("rtb", None),
    ("sfr", None),
    ("sg", None),
    ("sir", None),
];

/// Members in which a caller writes what it likes; an id that stands there acts on nothing.
const FREE_TEXT: &[&str] = &[
    "clienttoken",
    "description",
    "name",
    "parameters",
    "tag",
    "tags",
    "tagset",
    "tagspecification",
    "tagspecificationset",
];

/// Returns the targets of a record.
///
/// `is_known` says that the operation has a row: then its table tells the parts that matter, and whatever else
/// the record names is only related.
pub(super) fn targets(
    native: &Native,
    operation: &str,
    is_known: bool,
    place: (&str, &str),
) -> BTreeSet<Target> {
    let mut found = Found::default();
    for row in PATHS.iter().filter(|row| row.operations.contains(&operation)).chain(SUBJECTS) {
        found.add_all(native, row);
    }
    for part in [Request, Response, Details] {
        walk(native.part(part), "", &mut |name, text| {
            if let Some(id) = whole_id(text) {
                found.add(role_of(name, part, is_known), id);
            }
        });
    }
    found.stand_in_slot(native, operation);
    let mut targets: BTreeSet<Target> = found.0.into_iter().collect();
    targets.extend(named(native, operation));
    targets.extend(placed(native, operation, place));
    targets
}

/// The targets so far; whoever names an id first decides the part that it plays.
#[derive(Default)]
struct Found(Vec<Target>);

impl Found {
    fn add_all(&mut self, native: &Native, row: &Path) {
        let values = native.at(row.part, row.path).into_iter().filter_map(Value::as_str);
        values.filter_map(id).for_each(|id| self.add(row.role, id));
    }

    fn add(&mut self, role: Role, id: &str) {
        let is_new = |target: &Target| target.uid.as_ref().is_none_or(|uid| uid.as_str() != id);
        if self.0.iter().all(is_new) {
            self.0.push(Target::by_uid(role, kind(id), id));
        }
    }

    /// The device of an attachment is the slot of its volume.
    fn stand_in_slot(&mut self, native: &Native, operation: &str) {
        if !matches!(operation, "AttachVolume" | "DetachVolume") {
            return;
        }
        let device = [Request, Response].into_iter().find_map(|part| native.text_at(part, "device"));
        for target in self.0.iter_mut().filter(|target| target.kind == Some(Kind::Volume)) {
            target.slot = device.map(str::to_owned);
        }
    }
}

/// The part that an id plays that no path names, by the member that it stands in.
fn role_of(name: &str, part: Part, is_known: bool) -> Role {
    let name = name.to_ascii_lowercase();
    if name.starts_with("source") || (part == Request && matches!(&*name, "snapshotid" | "imageid")) {
        Role::Source
    } else if is_known {
        Role::Related
    } else if part == Response {
        Role::Created
    } else {
        Role::Subject
    }
}

/// Calls `visit` for every text outside of what callers write freely, with the member that it stands in.
fn walk<'a>(value: &'a Value, name: &'a str, visit: &mut impl FnMut(&'a str, &'a str)) {
    match value {
        Value::String(text) => visit(name, text),
        Value::Array(items) => items.iter().for_each(|item| walk(item, name, visit)),
        Value::Object(members) => {
            for (member, value) in members {
                let lower = member.to_ascii_lowercase();
                if FREE_TEXT.contains(&lower.as_str()) {
                    continue;
                }
                // What only wraps has the name of what it wraps.
                let is_wrapper = matches!(&*lower, "items" | "item" | "member" | "content");
                walk(value, if is_wrapper { name } else { member }, visit);
            }
        }
        _ => {}
    }
}

/// Returns the kind of what an id names, by its prefix.
fn kind(id: &str) -> Option<Kind> {
    let prefix = id.split_once('-')?.0;
    PREFIXES.iter().find(|(known, _)| *known == prefix).and_then(|(_, kind)| *kind)
}

/// Returns the id in a text that stands where an id belongs: itself, or the end of an ARN.
///
/// Lenient in its length: the path already says that it is one.
fn id(text: &str) -> Option<&str> {
    let id = if text.starts_with("arn:") { text.rsplit(['/', ':']).next()? } else { text };
    let (prefix, rest) = id.split_once('-')?;
    let is_hex = rest.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f' | b'-'));
    let is_known = PREFIXES.iter().any(|(known, _)| *known == prefix);
    (is_known && is_hex && !rest.is_empty()).then_some(id)
}

/// Returns the id in a text that may be anything: only what has the length of one.
fn whole_id(text: &str) -> Option<&str> {
    let id = id(text)?;
    let (prefix, rest) = id.split_once('-')?;
    let is_whole = match prefix {
        "fleet" | "sfr" => rest.len() == 36,
        "sir" => true,
        _ => matches!(rest.len(), 8 | 17) && !rest.contains('-'),
    };
    is_whole.then_some(id)
}

/// What has a name or an ARN and no id of EC2: users, roles, trails, groups, keys.
fn named(native: &Native, operation: &str) -> Vec<Target> {
    let rows = NAMES.iter().filter(|row| row.operations.contains(&operation));
    let texts = rows.flat_map(|row| {
        let values = native.at(row.part, row.path).into_iter().filter_map(Value::as_str);
        values.filter(|text| !text.is_empty()).map(|text| (row.role, text))
    });
    texts
        .map(|(role, text)| {
            let is_arn = text.starts_with("arn:");
            let uid = is_arn.then(|| Uid::new(text));
            let name = (!is_arn).then(|| text.to_owned());
            Target { role, kind: None, uid, locator: None, name, slot: None }
        })
        .collect()
}

/// What inventory lists under account and place: settings, regions, accounts (`inventory::identity::within`).
fn placed(native: &Native, operation: &str, (account, location): (&str, &str)) -> Vec<Target> {
    let mut targets = Vec::new();
    if let Some((_, setting)) = SETTINGS.iter().find(|(operations, _)| operations.contains(&operation)) {
        let uid = format!("{account}/{location}/{setting}");
        targets.push(Target::by_uid(Role::Subject, Kind::Setting, uid));
    }
    match operation {
        "EnableRegion" | "DisableRegion" => {
            let region = native.text_at(Request, "regionName");
            targets.extend(
                region.map(|it| Target::by_uid(Role::Subject, Kind::Region, format!("{account}/{it}"))),
            );
        }
        "CloseAccount" | "MoveAccount" | "RemoveAccountFromOrganization" => {
            let of_request = at(native.part(Request), "accountId").into_iter().find_map(Value::as_str);
            targets.extend(of_request.map(|it| Target::by_uid(Role::Subject, Kind::Account, it)));
        }
        "LeaveOrganization" => targets.push(Target::by_uid(Role::Subject, Kind::Account, account)),
        _ => {}
    }
    targets
}
