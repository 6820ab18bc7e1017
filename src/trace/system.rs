//! What the vendor itself did, and says so in the state (SEMANTICS E.1.7, E.2.7, E.3.6).

use super::found::Explanation;
use super::window::moment;
use crate::model::{
    ActorKind, AttributeChange, AuditEvent, Change, ChangeKind, Class, Kind, Phase, Provider, Resource,
    printable,
};

/// Why EC2 says that an instance stopped or was terminated, where no user asked for it.
const STATE_REASONS: &[(&str, &str)] = &[
    ("Client.InstanceInitiatedShutdown", "its own operating system shut it down, which no log records"),
    ("Client.InternalError", "it could not be launched"),
    ("Client.InvalidSnapshot.NotFound", "the snapshot of its image was not found"),
    ("Client.VolumeLimitExceeded", "the account may have no more volumes"),
    ("Server.InsufficientInstanceCapacity", "EC2 had no capacity for it"),
    ("Server.InternalError", "EC2 failed"),
    ("Server.ScheduledStop", "EC2 stopped it as announced"),
    ("Server.SpotInstanceShutdown", "EC2 took the spot capacity back"),
    ("Server.SpotInstanceTermination", "EC2 took the spot capacity back"),
];

/// Operations that only the platform performs, in lower case: the interruptions of spot capacity, and what
/// Google Cloud's system event log calls its own acts.
const OPERATIONS: &[&str] = &[
    "bidevictedevent",
    "compute.instances.automaticrestart",
    "compute.instances.deferredstop",
    "compute.instances.guestterminate",
    "compute.instances.hosterror",
    "compute.instances.migrateonhostmaintenance",
    "compute.instances.preempted",
    "compute.instances.terminateonhostmaintenance",
    "compute.instances.upcomingmaintenance",
];

/// Returns the cause that the state itself tells.
///
/// EC2 keeps the reason of the last transition only: it is the cause even where somebody also called for it.
pub(super) fn told<'a>(change: &Change) -> Option<Explanation<'a>> {
    let ended = matches!(change.kind, ChangeKind::Stopped | ChangeKind::Vanished);
    let after = change.after.as_deref().filter(|_| ended);
    let reason = after.and_then(by_state_reason).or_else(|| left_bin(change));
    reason.map(Explanation::by_system)
}

fn by_state_reason(resource: &Resource) -> Option<String> {
    let code = resource.evidence.get("StateReason.Code")?.as_str()?;
    let machine = matches!(resource.key.kind, Kind::Instance | Kind::ScaleSetInstance);
    let (_, meaning) = STATE_REASONS.iter().find(|(known, _)| *known == code)?;
    machine.then(|| format!("`{code}`: {meaning}"))
}

/// A recycle bin lets go by itself of what nobody fetched.
fn left_bin(change: &Change) -> Option<String> {
    let gone = change.before.as_deref().filter(|_| change.kind == ChangeKind::Vanished)?;
    let exit = moment(gone, "RecycleBinExitTime").filter(|exit| *exit <= change.window.to)?;
    (gone.key.kind == Kind::Recycled).then(|| format!("its time in the recycle bin ended at {exit}"))
}

/// Returns why an attribute needs no operation of anybody's.
pub(super) fn sets(change: &Change, attribute: &AttributeChange) -> Option<String> {
    let path = attribute.path.as_str();
    if let Some(key) = path.strip_prefix("tags.") {
        let reserved = ["aws:", "goog-", "hidden-"].iter().any(|prefix| key.starts_with(prefix));
        return reserved.then(|| format!("the tag `{}` is written by the vendor's services", printable(key)));
    }
    let after = change.after.as_deref()?;
    match path {
        "managed_by" => {
            let high = |resource: &Resource| {
                let mark = resource.managed_by.as_ref();
                mark.is_some_and(|mark| mark.confidence == crate::model::Confidence::High)
            };
            let marked = high(after) || change.before.as_deref().is_some_and(high);
            marked.then(|| "only the vendor's services write the mark of a manager".to_owned())
        }
        "state" => {
            let failed = after.state.as_ref().is_some_and(|state| state.phase == Phase::Error);
            failed.then(|| "the vendor says that it failed".to_owned())
        }
        "exposure.export" if attribute.after.is_none() => {
            Some("an export ends by itself when its link expires".to_owned())
        }
        _ => None,
    }
}

/// Whether no log of the account would record a change that somebody made: the vendor raises quotas, lists new
/// ones and builds regions without a record, and grants a quota long after it was asked for; what an organization
/// or a management group holds over an account is logged there.
pub(super) fn acts_unseen(change: &Change) -> bool {
    let Some(resource) = change.resource() else { return false };
    match resource.key.kind {
        Kind::Quota => true,
        Kind::Region => !change.attributes.iter().any(|attribute| attribute.path == "config.OptInStatus"),
        Kind::AuditLog => resource.config.contains_key("OwnerId"),
        Kind::Setting => resource.locator.as_str().starts_with("/providers/microsoft.management/"),
        _ => false,
    }
}

/// Whether an event is an act of the platform, done for nobody.
///
/// Only the vendor writes the service of an actor, and the names of operations.
pub(super) fn is_platform(event: &AuditEvent) -> bool {
    let by_vendor = event.actor.kind == ActorKind::CloudService;
    let operation = event.operation.to_lowercase();
    let ends = matches!(event.class, Class::InstanceDelete | Class::InstanceStop);
    let spot = ends && event.actor.service.as_deref() == Some("spot");
    let health = event.provider == Provider::Azure
        && (event.service.to_lowercase().contains("health") || operation.contains("resourcehealth"));
    by_vendor && (OPERATIONS.contains(&operation.as_str()) || spot || health)
}
