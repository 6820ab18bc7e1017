//! What an event does to one side of a resource: does it, undoes it, or sets it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::life::Name;
use super::view::label;
use crate::model::{AuditEvent, Class, Confidence, Kind, Role, Target};

/// One act on one side of one resource.
#[derive(Clone, Debug)]
pub(super) struct Step<'a> {
    /// By which event.
    pub(super) event: &'a AuditEvent,
    /// The resource; `None` for a setting of the place itself.
    pub(super) subject: Option<Target>,
    /// What of it, in words that two opposite acts share.
    pub(super) aspect: String,
    /// What was done.
    pub(super) act: Act,
    /// What it was done with: two acts with different ones are not opposite.
    pub(super) marks: BTreeMap<String, BTreeSet<String>>,
}

/// What an act does.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Act {
    /// Opens, adds, enables, starts.
    Do,
    /// Closes, removes, disables, stops.
    Undo,
    /// Sets a value, where the log tells it.
    Set(Option<Value>),
}

impl Step<'_> {
    /// By what steps on the same side of the same resource are brought together. What a value is set for is
    /// told by what the event touches as well as by the name of the fact.
    pub(super) fn key(&self) -> (Name, String, Vec<&str>) {
        let place = format!("{}/{}/{}", self.event.account, self.event.location, self.event.service);
        // What is made anew under its address is the same to whoever is let in.
        let address = |target: &Target| target.locator.as_ref().map(|locator| locator.as_str().to_owned());
        let subject =
            self.subject.as_ref().map_or(place, |target| address(target).unwrap_or_else(|| label(target)));
        let subject = unqualified(&subject).to_lowercase();
        let touches = match self.act {
            Act::Set(_) => self.event.touches.iter().map(String::as_str).collect(),
            Act::Do | Act::Undo => Vec::new(),
        };
        ((self.event.provider, subject), self.aspect.clone(), touches)
    }

    /// Whether two steps can be about the same thing: what both tell overlaps.
    pub(super) fn agrees(&self, other: &Self) -> bool {
        let both = self.marks.iter().filter_map(|(name, one)| Some((one, other.marks.get(name)?)));
        both.into_iter().all(|(one, other)| !one.is_disjoint(other))
    }
}

/// Verbs that undo each other, as they begin the last part of an operation's name. Longer ones stand before
/// those that they begin with.
const OPPOSITES: &[(&str, &[&str], &[&str])] = &[
    ("open", &["authorize"], &["revoke"]),
    ("enable", &["enable"], &["disable"]),
    ("run", &["start", "resume"], &["stop", "poweroff", "deallocate", "suspend"]),
    ("associate", &["associate"], &["disassociate"]),
    ("attach", &["attach"], &["detach"]),
    ("lock", &["lock"], &["unlock"]),
    ("monitor", &["monitor"], &["unmonitor"]),
    ("assign", &["assign"], &["unassign"]),
    ("access", &["begin"], &["end"]),
    ("make", &["create", "insert", "write", "put", "add"], &["delete", "remove"]),
];

/// Classes whose events set values.
const SETS: &[Class] = &[
    Class::InstanceModify,
    Class::VolumeModify,
    Class::SnapshotModify,
    Class::ImageModify,
    Class::SettingModify,
    Class::ProtectRemove,
    Class::ProtectAdd,
    Class::LogTamper,
    Class::LogRestore,
];

/// Classes whose events change nothing that could be changed back.
const WITHOUT_BACK: &[Class] = &[
    Class::InstanceAccess,
    Class::InstanceReboot,
    Class::InstanceRevert,
    Class::IamAssume,
    Class::QuotaRequest,
    Class::QuotaGranted,
    Class::GroupScale,
    Class::GroupDelete,
    Class::TagModify,
];

/// Returns what an event does.
pub(super) fn steps(event: &AuditEvent) -> Vec<Step<'_>> {
    if WITHOUT_BACK.contains(&event.class) || !event.outcome.has_effect() {
        return Vec::new();
    }
    let acted_on = |target: &&Target| match target.role {
        Role::Subject => true,
        Role::Created => !lives(target),
        _ => false,
    };
    let subjects: Vec<Option<&Target>> = event.targets.iter().filter(acted_on).map(Some).collect();
    let subjects = if subjects.is_empty() { vec![None] } else { subjects };
    subjects.into_iter().flat_map(|subject| steps_on(event, subject)).collect()
}

fn steps_on<'a>(event: &'a AuditEvent, subject: Option<&Target>) -> Vec<Step<'a>> {
    let step =
        |aspect: String, act: Act, marks| Step { event, subject: subject.cloned(), aspect, act, marks };
    let members = members(event);
    if !members.is_empty() {
        let one = |(list, act, member): (String, Act, String)| {
            step(format!("{list} {member}"), act, [(list, [member].into())].into())
        };
        return members.into_iter().map(one).collect();
    }
    let verb = verb(&event.operation);
    // Making and deleting what scans list is its life; of what nobody knows it means little.
    let unknown = event.class == Class::Other || event.confidence == Confidence::Low;
    let makes_none = unknown || subject.is_some_and(lives);
    let mut steps = Vec::new();
    if let Some((pair, act, noun)) = verb.clone().filter(|(pair, ..)| *pair != "make" || !makes_none) {
        steps.push(step(format!("{pair} {noun}"), act, marks(event)));
    }
    if SETS.contains(&event.class) && verb.is_none_or(|_| writes(&event.operation)) {
        steps.extend(settings(event).into_iter().map(|(aspect, act)| step(aspect, act, BTreeMap::new())));
    }
    steps
}

/// Whether scans list such a thing, so that its life is told by [`super::life`].
pub(super) fn lives(target: &Target) -> bool {
    !matches!(
        target.kind,
        None | Some(
            Kind::Lock
                | Kind::ResourcePolicy
                | Kind::Setting
                | Kind::Region
                | Kind::Quota
                | Kind::AuditLog
                | Kind::Grant
        )
    )
}

/// Returns what an event adds to a list or removes from it, one by one (`add_principals`).
fn members(event: &AuditEvent) -> Vec<(String, Act, String)> {
    let of = |name: &str| {
        let added = name.strip_prefix("add_").map(|list| (list.to_owned(), Act::Do));
        added.or_else(|| name.strip_prefix("remove_").map(|list| (list.to_owned(), Act::Undo)))
    };
    let lists = event.facts.iter().filter_map(|(name, value)| Some((of(name)?, texts(value))));
    lists
        .flat_map(|((list, act), members)| {
            members.into_iter().map(move |member| (list.clone(), act.clone(), member))
        })
        .collect()
}

/// Returns the values that an event sets, each by its fact; without any, what it touches with no value, or
/// which of two opposite classes it has.
fn settings(event: &AuditEvent) -> Vec<(String, Act)> {
    let told = event.facts.iter().filter(|(name, value)| {
        let name = name.as_str();
        !BESIDE.contains(&name) && !ABOUT.contains(&name) && !value.is_object()
    });
    let told: Vec<_> = told.map(|(name, value)| (name.clone(), Act::Set(Some(value.clone())))).collect();
    if !told.is_empty() {
        return told;
    }
    let touches: Vec<&str> = event.touches.iter().map(String::as_str).collect();
    match event.class {
        Class::ProtectAdd | Class::LogRestore => vec![(event.operation.to_lowercase(), Act::Do)],
        Class::ProtectRemove | Class::LogTamper => vec![(event.operation.to_lowercase(), Act::Undo)],
        _ if touches.is_empty() => Vec::new(),
        _ => vec![(touches.join(", "), Act::Set(None))],
    }
}

/// Facts that tell no value that was set: what the call was about, or how things stood.
const BESIDE: &[&str] =
    &["attribute", "created", "previous_states", "reduces", "sets_user_data", "user_data"];

/// Facts of one value that tell what an act was about, and not how it left things.
const ABOUT: &[&str] = &[
    "access_key",
    "device",
    "group",
    "issued_credential",
    "policy",
    "policy_arn",
    "policy_name",
    "region",
    "role",
    "role_definition",
    "rule",
    "scope",
    "target",
    "trail",
    "user",
];

/// Returns what an event was done with, by names that do not say which way: every list, and what it was
/// about.
fn marks(event: &AuditEvent) -> BTreeMap<String, BTreeSet<String>> {
    let plain = |name: &str| {
        let ways = ["open_", "opened_", "close_", "closed_", "added_", "removed_"];
        match ways.iter().find_map(|way| name.strip_prefix(way)).unwrap_or(name) {
            "issued_credential" => "access_key".to_owned(),
            bare => bare.to_owned(),
        }
    };
    let about = event.facts.iter().filter(|(name, value)| {
        let name = name.as_str();
        ABOUT.contains(&name) || (value.is_array() && !BESIDE.contains(&name))
    });
    let mut marks: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, texts) in about.map(|(name, value)| (plain(name), texts(value))) {
        if !texts.is_empty() {
            marks.entry(name).or_default().extend(texts);
        }
    }
    marks
}

fn texts(value: &Value) -> BTreeSet<String> {
    match value {
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::String(text) => [unqualified(text).to_owned()].into(),
        Value::Number(number) => [number.to_string()].into(),
        Value::Null | Value::Bool(_) | Value::Object(_) => BTreeSet::new(),
    }
}

/// A trail or a user is called by its ARN in one call and by its name in the next.
fn unqualified(text: &str) -> &str {
    let arn = text.starts_with("arn:");
    text.rsplit('/').next().filter(|name| arn && !name.is_empty()).unwrap_or(text)
}

/// Whether an operation writes a whole, made or there before.
fn writes(operation: &str) -> bool {
    let operation = operation.to_lowercase();
    operation.ends_with("/write") || operation.starts_with("put")
}

/// Cuts an operation's name into a pair of verbs, which of the two it is, and the rest.
fn verb(operation: &str) -> Option<(&'static str, Act, String)> {
    let operation = operation.to_lowercase();
    let operation = operation.strip_suffix("/action").unwrap_or(&operation);
    let operation =
        ["v1.", "beta.", "alpha."].iter().find_map(|v| operation.strip_prefix(v)).unwrap_or(operation);
    let (head, last) = operation.rsplit_once(['/', '.']).unwrap_or(("", operation));
    let find = |verbs: &[&str]| verbs.iter().find_map(|verb| last.strip_prefix(verb)).map(str::to_owned);
    let (pair, act, rest) = OPPOSITES.iter().find_map(|(pair, does, undoes)| {
        let done = find(does).map(|rest| (*pair, Act::Do, rest));
        done.or_else(|| find(undoes).map(|rest| (*pair, Act::Undo, rest)))
    })?;
    Some((pair, act, format!("{head} {rest}").trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_is_known_by_its_verb_in_every_spelling() {
        let of = |operation| verb(operation).map(|(pair, act, noun)| (pair, act == Act::Do, noun));
        let ingress = "securitygroupingress".to_owned();
        assert_eq!(of("AuthorizeSecurityGroupIngress"), Some(("open", true, ingress.clone())));
        assert_eq!(of("RevokeSecurityGroupIngress"), Some(("open", false, ingress)));
        assert_eq!(of("UnlockSnapshot"), Some(("lock", false, "snapshot".to_owned())));
        let disks = "microsoft.compute/disks getaccess".to_owned();
        assert_eq!(
            of("MICROSOFT.COMPUTE/DISKS/BEGINGETACCESS/ACTION"),
            Some(("access", true, disks.clone()))
        );
        assert_eq!(of("Microsoft.Compute/disks/endGetAccess/action"), Some(("access", false, disks)));
        assert_eq!(
            of("beta.compute.firewalls.delete"),
            Some(("make", false, "compute.firewalls".to_owned()))
        );
        assert_eq!(of("ModifyInstanceAttribute"), None);
    }
}
