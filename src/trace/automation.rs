//! Which acts are the routine of a controller, known by marks that an ordinary principal cannot write
//! (SEMANTICS D.2, F.5).
//!
//! Two such marks count: the service of an actor, which only the vendor writes into its log, and a resource's
//! `managed_by` of high confidence, which only the vendor writes into its inventory. Names, descriptions and
//! tags that users can write excuse nothing.

use jiff::SignedDuration;

use super::coverage::Cover;
use super::explains::Act;
use super::found::{Explanation, Inquiry};
use super::index::Index;
use super::system;
use super::words::act as named;
use crate::model::{
    ActorKind, AuditEvent, ChangeKind, Class, Confidence, Kind, Locator, ManagedBy, Provider, Resource, Role,
    Timestamp, TraceState, Uid, Window, printable,
};

/// One sort of controller: its services in the words of logs and inventory, and what is routine to it.
struct Routine {
    services: &'static [&'static str],
    classes: &'static [Class],
}

/// Services that only pass on what somebody asked of them (`cloudformation`, `ssm`) are none of these.
const ROUTINES: &[Routine] = &[
    Routine { services: &["autoscaling"], classes: SCALING },
    Routine { services: &["ec2fleet", "ec2-fleet", "spot", "spot-fleet", "spotfleet"], classes: SCALING },
    Routine { services: &["eks", "eks.amazonaws.com", "eks-nodegroup.amazonaws.com"], classes: SCALING },
    Routine { services: &["gke", "container.googleapis.com"], classes: SCALING },
    Routine { services: &["aks"], classes: SCALING },
    Routine { services: &["mig", "managed-instance-group"], classes: SCALING },
    Routine { services: &["scale-set", "autoscale"], classes: SCALING },
    Routine { services: &["dlm"], classes: KEEPING },
    Routine { services: &["backup"], classes: KEEPING },
    Routine { services: &["snapshot-schedule", "compute-system"], classes: SCHEDULE },
];

const SCALING: &[Class] = &[
    Class::InstanceCreate,
    Class::InstanceDelete,
    Class::InstanceStart,
    Class::InstanceStop,
    Class::InstanceReboot,
    Class::VolumeCreate,
    Class::VolumeDelete,
    Class::VolumeAttach,
    Class::VolumeDetach,
    Class::GroupScale,
    Class::TagModify,
];

const KEEPING: &[Class] = &[
    Class::SnapshotCreate,
    Class::SnapshotCopy,
    Class::SnapshotDelete,
    Class::SnapshotModify,
    Class::ImageCreate,
    Class::ImageDelete,
    Class::RestorePointCreate,
    Class::RestorePointDelete,
    Class::TagModify,
];

const SCHEDULE: &[Class] =
    &[Class::SnapshotCreate, Class::SnapshotDelete, Class::InstanceStart, Class::InstanceStop];

/// How much earlier than its expiry a deletion may be and still be on time.
const EARLY: SignedDuration = SignedDuration::from_mins(5);
/// How long after somebody configured a controller its acts are put down to that.
const RECENT: SignedDuration = SignedDuration::from_hours(1);

/// What an event's actor makes of the change that it explains.
pub(super) struct Judged<'a> {
    pub(super) state: TraceState,
    pub(super) note: Option<String>,
    pub(super) caused_by: Option<&'a AuditEvent>,
}

/// Judges who caused what an event explains.
pub(super) fn judge<'a>(
    index: &Index<'a>,
    event: &'a AuditEvent,
    act: Act<'_>,
    resource: &Resource,
) -> Judged<'a> {
    if system::is_platform(event) {
        let note = Some("the platform did it by itself".to_owned());
        return Judged { state: TraceState::BySystem, note, caused_by: None };
    }
    let caused_by = configured(index, event, resource);
    match routinely(event, act, resource) {
        Ok(()) => Judged { state: TraceState::ExpectedAutomation, note: None, caused_by },
        Err(note) => Judged { state: TraceState::Explained, note, caused_by },
    }
}

/// Tells whether an event is the routine of a controller.
///
/// # Errors
///
/// What speaks against it; nothing for what is nobody's routine to begin with.
fn routinely(event: &AuditEvent, act: Act<'_>, resource: &Resource) -> Result<(), Option<String>> {
    let mark = resource.managed_by.as_ref().filter(|mark| mark.confidence == Confidence::High);
    let kept = mark.filter(|mark| act == Act::Delete && routine(&mark.service).is_some_and(keeps));
    let not_by = |mark: &ManagedBy| format!("it is kept by {}, which did not do this", mark.service);
    let routine = controller(event, mark).ok_or_else(|| kept.map(not_by))?;
    if !routine.classes.contains(&event.class) {
        return Err(Some("this is no routine of the service".to_owned()));
    }
    if let Some(mark) = kept.filter(|mark| !of(routine, mark)) {
        return Err(Some(not_by(mark)));
    }
    let early = expiry(resource).filter(|expiry| act == Act::Delete && event.time < *expiry - EARLY);
    if let Some(expiry) = early {
        return Err(Some(format!("it was to be kept until {expiry}")));
    }
    let known = resource.managed_by.as_ref().is_some_and(|mark| of(routine, mark))
        || event.targets(Role::Parent).next().is_some()
        || event.class == Class::GroupScale;
    if known { Ok(()) } else { Err(Some("no controller of that service is known for it".to_owned())) }
}

/// Returns the controller that acted by itself.
///
/// A person who calls through a service stays a person, though the vendor writes the service beside. A keeper of
/// backups acts by a role of the account's own, which the record of a person's call would show in the same way:
/// there the keeper's mark on the resource must agree.
fn controller(event: &AuditEvent, mark: Option<&ManagedBy>) -> Option<&'static Routine> {
    let routine = event.actor.service.as_deref().and_then(routine)?;
    let itself = match event.actor.kind {
        ActorKind::CloudService | ActorKind::ServiceLinked => true,
        ActorKind::RoleSession => keeps(routine) && mark.is_some_and(|mark| of(routine, mark)),
        _ => false,
    };
    itself.then_some(routine)
}

fn keeps(routine: &Routine) -> bool {
    routine.classes.contains(&Class::SnapshotDelete)
}

fn routine(service: &str) -> Option<&'static Routine> {
    ROUTINES.iter().find(|routine| routine.services.contains(&service))
}

fn of(routine: &Routine, mark: &ManagedBy) -> bool {
    routine.services.contains(&mark.service.as_str())
}

/// Whether a service acted, and not somebody through it.
fn acts_itself(event: &AuditEvent) -> bool {
    let itself = matches!(event.actor.kind, ActorKind::CloudService | ActorKind::ServiceLinked);
    let keeper = || event.actor.service.as_deref().and_then(routine).is_some_and(keeps);
    event.actor.service.is_some() && (itself || keeper())
}

/// Until when a snapshot was to be kept, as its keeper wrote it down.
fn expiry(resource: &Resource) -> Option<Timestamp> {
    resource.tags.get("aws:dlm:expirationTime")?.parse().ok()
}

/// Returns the last event by which somebody configured the controller that acts, or the template that it launches.
fn configured<'a>(index: &Index<'a>, event: &AuditEvent, resource: &Resource) -> Option<&'a AuditEvent> {
    if !acts_itself(event) {
        return None;
    }
    let (provider, account) = (event.provider, &event.account);
    let mark = resource.managed_by.as_ref().and_then(|mark| mark.controller.as_deref());
    let template = resource.tags.get("aws:ec2launchtemplate:id").map(String::as_str);
    let parents = event.targets(Role::Parent).filter_map(|parent| {
        let locator = parent.locator.as_ref().map(Locator::as_str);
        parent.uid.as_ref().map(Uid::as_str).or(locator).or(parent.name.as_deref())
    });
    let names = mark.into_iter().chain(template).chain(parents);
    let window = Window { from: event.time - RECENT, to: event.time };
    let namings = names.flat_map(|name| index.naming(provider, account, name, window));
    let by_people = namings.map(|naming| naming.event).filter(|cause| {
        let class = matches!(
            cause.class,
            Class::GroupScale
                | Class::BackupTamper
                | Class::SettingModify
                | Class::ProtectRemove
                | Class::InstanceModify
                | Class::Other
        );
        class && !acts_itself(cause) && cause.outcome.has_effect() && cause.id != event.id
    });
    by_people.max_by_key(|cause| (cause.time, &cause.id))
}

/// Returns the cause that a resource's mark proves where no event names it.
///
/// A keeper's mark on a snapshot proves who made it. Membership of a group proves less, as an instance can be
/// put into one by hand: it counts only where the log does not speak, as its keeper's every launch is logged.
/// A deletion after the expiry is the keeper's as long as the log does not speak.
pub(super) fn marked<'a>(inquiry: &Inquiry<'_, 'a>) -> Option<Explanation<'a>> {
    let change = inquiry.change;
    let resource = change.resource()?;
    let mark = resource.managed_by.as_ref().filter(|mark| mark.confidence == Confidence::High)?;
    let routine = routine(&mark.service)?;
    let silent = || matches!(inquiry.cover(), Cover::Missing | Cover::Unknown);
    let keeps = !matches!(resource.key.kind, Kind::Instance | Kind::ScaleSetInstance | Kind::Volume);
    let does = |class: Class| routine.classes.contains(&class);
    let proves = match change.kind {
        ChangeKind::Appeared if keeps => does(Class::SnapshotCreate),
        ChangeKind::Appeared => does(Class::InstanceCreate) && silent(),
        ChangeKind::Vanished if keeps => {
            let due = expiry(resource).is_some_and(|expiry| expiry <= change.window.to);
            due && does(Class::SnapshotDelete) && silent()
        }
        _ => false,
    };
    let reason = match change.kind {
        ChangeKind::Vanished => format!("{} was to delete it by then", mark.service),
        _ => format!("it bears the mark of {}, which only the vendor writes", mark.service),
    };
    proves.then(|| Explanation::of(TraceState::ExpectedAutomation, reason, Vec::new()))
}

/// Returns the cause that an operation on the group of a resource implies.
pub(super) fn of_group<'a>(inquiry: &Inquiry<'_, 'a>, act: Act<'_>) -> Option<Explanation<'a>> {
    let resource = inquiry.change.resource()?;
    let mark = resource.managed_by.as_ref().filter(|mark| mark.confidence == Confidence::High);
    let owner = mark.and_then(|mark| mark.controller.as_deref());
    let groups = groups(resource).into_iter().filter(|_| act == Act::Delete);
    let moves = |class| match act {
        Act::Create => matches!(class, Class::GroupScale | Class::InstanceModify),
        Act::Delete => matches!(class, Class::GroupScale | Class::GroupDelete | Class::InstanceDelete),
        Act::Start => matches!(class, Class::GroupScale | Class::InstanceStart),
        Act::Stop => matches!(class, Class::GroupScale | Class::InstanceStop),
        _ => false,
    };
    let naming =
        |name| inquiry.index.naming(resource.key.provider, &resource.account, name, inquiry.narrowed.search);
    // Only the members of a scale set come and go without a record of their own.
    let by_set = |event: &AuditEvent| event.provider == Provider::Azure || acts_itself(event);
    let scaled = owner.into_iter().flat_map(naming);
    let scaled = scaled.filter(|naming| moves(naming.event.class) && by_set(naming.event));
    let groups: Vec<String> = groups.collect();
    let deleted = groups.iter().flat_map(|group| {
        inquiry.index.deleting(resource.key.provider, &resource.account, group, inquiry.narrowed.search)
    });
    let acted = |role| matches!(role, Role::Subject | Role::Parent | Role::Related | Role::Created);
    let events = scaled.chain(deleted).filter(|naming| acted(naming.target.role));
    let event = events
        .map(|naming| naming.event)
        .filter(|event| event.outcome.has_effect())
        .max_by_key(|event| (event.time, &event.id))?;
    let state =
        if controller(event, None).is_some() { TraceState::ExpectedAutomation } else { TraceState::Implied };
    let name = if deletes_all(event) { "group" } else { "controller" };
    let reason = format!("{} on its {name} brings it", printable(&named(event)));
    Some(Explanation::of(state, reason, vec![event]))
}

/// What holds a resource, and takes it along when it is deleted: a resource group, the collection of a restore
/// point, a project.
fn groups(resource: &Resource) -> Vec<String> {
    let locator = resource.locator.as_str();
    match resource.key.provider {
        Provider::Aws => Vec::new(),
        Provider::Azure => {
            let collection = locator.rsplit_once("/restorepoints/").map(|(collection, _)| collection);
            resource_group(resource).into_iter().chain(collection).map(str::to_owned).collect()
        }
        Provider::Gcp => vec![format!("projects/{}", resource.account)],
    }
}

/// Whether an event deletes what holds others.
pub(super) fn deletes_all(event: &AuditEvent) -> bool {
    let collection = || {
        let operation = event.operation.to_lowercase();
        event.class == Class::RestorePointDelete && operation.ends_with("/restorepointcollections/delete")
    };
    event.class == Class::GroupDelete || collection()
}

/// The resource group of an Azure resource.
pub(super) fn resource_group(resource: &Resource) -> Option<&str> {
    let locator = resource.locator.as_str();
    let lower = locator.to_lowercase();
    let start = lower.find("/resourcegroups/")? + "/resourcegroups/".len();
    let end = locator.get(start..)?.find('/')? + start;
    locator.get(..end)
}
