//! What an entry itself says of its class, where the operation's name leaves it open (SEMANTICS E.3.3).

use serde_json::Value;

use super::entry::Entry;
use super::operations::Interest;
use super::spelling::{at, flag, items, text};
use crate::model::{Class, Confidence};

/// The constraint that says in which regions resources may be: Google Cloud has no other switch for a region
/// (SEMANTICS A.5).
const RESOURCE_LOCATIONS: &str = "gcp.resourceLocations";

/// Returns the class of an entry, and how far it can be trusted.
pub(super) fn class(entry: &Entry, method: &str, interest: Interest) -> Option<(Class, Confidence)> {
    let (class, confidence) = interest.class()?;
    let verb = method.rsplit('.').next().unwrap_or(method);
    let refined = match class {
        Class::ProtectRemove if verb == "setDeletionProtection" => Some(protection(entry)),
        Class::SnapshotCreate if verb == "ScheduledSnapshots" => schedule(entry),
        Class::IamGrant if verb.eq_ignore_ascii_case("setIamPolicy") => policy(entry),
        Class::LogTamper | Class::LogRestore => logging(entry, verb),
        Class::BackupTamper if method.ends_with(".resourcePolicies.patch") => resource_policy(entry),
        Class::SettingModify if is_location_policy(entry) => regions(entry, verb),
        _ => None,
    };
    Some(refined.unwrap_or((class, confidence)))
}

/// The value is a parameter of the call, which the log may leave out: then it counts as taken away, in low
/// confidence.
fn protection(entry: &Entry) -> (Class, Confidence) {
    match flag(entry.request(), "deletionProtection") {
        Some(true) => (Class::ProtectAdd, Confidence::High),
        Some(false) => (Class::ProtectRemove, Confidence::High),
        None => (Class::ProtectRemove, Confidence::Low),
    }
}

/// A schedule takes snapshots, and deletes those that are old enough, under one name.
fn schedule(entry: &Entry) -> Option<(Class, Confidence)> {
    let told = entry.text("protoPayload.response.operationType");
    let deletes = match told {
        Some(operation) => operation.ends_with("delete"),
        None => entry.text("protoPayload.resourceName").is_some_and(|name| name.contains("/snapshots/")),
    };
    deletes.then_some((Class::SnapshotDelete, Confidence::High))
}

/// A policy that only takes rights is a revocation; one that records less is tampering, whatever else it does.
fn policy(entry: &Entry) -> Option<(Class, Confidence)> {
    let audits = deltas(entry, "auditConfigDeltas");
    // Who is exempted is recorded less.
    let weakens =
        |delta: &Value| (text(delta, "action") == Some("ADD")) == text(delta, "exemptedMember").is_some();
    if audits.iter().any(weakens) {
        return Some((Class::LogTamper, Confidence::High));
    }
    let bindings = deltas(entry, "bindingDeltas");
    let adds = bindings.iter().any(|delta| text(delta, "action") == Some("ADD"));
    match (bindings.is_empty(), audits.is_empty()) {
        (false, _) if !adds => Some((Class::IamRevoke, Confidence::High)),
        (true, false) => Some((Class::LogRestore, Confidence::High)),
        _ => None,
    }
}

/// Returns what a new policy changes, wherever the service puts it.
pub(super) fn deltas<'a>(entry: &'a Entry, name: &str) -> &'a [Value] {
    let found = ["serviceData", "metadata"].into_iter().find_map(|place| {
        let deltas = items(entry.payload(), &format!("{place}.policyDelta.{name}"));
        (!deltas.is_empty()).then_some(deltas)
    });
    found.unwrap_or_default()
}

/// A sink that is switched on again, or an exclusion that is switched off, records more.
fn logging(entry: &Entry, verb: &str) -> Option<(Class, Confidence)> {
    let disabled = |part: &str| flag(entry.request(), &format!("{part}.disabled"));
    let only_switches = entry.text("protoPayload.request.updateMask") == Some("disabled");
    let more = match verb {
        "UpdateSink" => only_switches && disabled("sink") != Some(true),
        "UpdateExclusion" => only_switches && disabled("exclusion") == Some(true),
        _ => false,
    };
    more.then_some((Class::LogRestore, Confidence::High))
}

/// A resource policy can also place or schedule instances, which backs nothing up.
fn resource_policy(entry: &Entry) -> Option<(Class, Confidence)> {
    const OTHERS: [&str; 4] =
        ["diskConsistencyGroupPolicy", "groupPlacementPolicy", "instanceSchedulePolicy", "workloadPolicy"];
    let request = entry.request();
    let other = OTHERS.iter().any(|policy| request.get(policy).is_some());
    let backs_up = request.get("snapshotSchedulePolicy").is_some();
    (other && !backs_up).then_some((Class::SettingModify, Confidence::High))
}

fn is_location_policy(entry: &Entry) -> bool {
    constraint(entry).is_some_and(|constraint| constraint == RESOURCE_LOCATIONS)
}

/// Returns the constraint that a call on an organization policy names, without `constraints/`.
pub(super) fn constraint(entry: &Entry) -> Option<&str> {
    let request = entry.request();
    let named = ["policy.name", "name", "policy.constraint", "constraint"]
        .into_iter()
        .filter_map(|path| text(request, path))
        .chain(entry.text("protoPayload.resourceName"));
    named.into_iter().find_map(|name| {
        let (before, constraint) = name.rsplit_once('/')?;
        (before.ends_with("policies") || before == "constraints").then_some(constraint)
    })
}

/// What is deleted or allows everything opens regions; a changed list may, which is said in low confidence;
/// one that only denies closes them.
fn regions(entry: &Entry, verb: &str) -> Option<(Class, Confidence)> {
    if verb.starts_with("Delete") || verb.starts_with("Clear") {
        return Some((Class::RegionEnable, Confidence::High));
    }
    let rules = rules(entry);
    let any = |found: &dyn Fn(&Value) -> bool| rules.iter().any(|rule| found(rule));
    let allows_all =
        |rule: &Value| flag(rule, "allowAll") == Some(true) || text(rule, "allValues") == Some("ALLOW");
    if any(&allows_all) {
        Some((Class::RegionEnable, Confidence::High))
    } else if any(&|rule| !values(rule, "allowedValues").is_empty()) {
        (!verb.starts_with("Create")).then_some((Class::RegionEnable, Confidence::Low))
    } else {
        (!rules.is_empty()).then_some((Class::RegionDisable, Confidence::High))
    }
}

/// Returns the rules of an organization policy, in either version of the API.
pub(super) fn rules(entry: &Entry) -> Vec<&Value> {
    let request = entry.request();
    let modern = items(request, "policy.spec.rules").iter();
    modern.chain(at(request, "policy.listPolicy")).collect()
}

/// Returns the allowed or denied values of a rule.
pub(super) fn values<'a>(rule: &'a Value, name: &str) -> Vec<&'a str> {
    let listed = [format!("values.{name}"), name.to_owned()];
    listed.iter().flat_map(|path| super::spelling::texts(rule, path)).collect()
}
