//! The lives of resources, as far as audit events tell them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::model::{AuditEvent, Class, Kind, Locator, Provider, Role, Target, Uid};

/// What one resource went through.
#[derive(Clone, Debug)]
pub(super) struct Life<'a> {
    /// All that events tell of its identity.
    pub(super) target: Target,
    /// The event that made it.
    pub(super) born: &'a AuditEvent,
    /// The event that deleted it, or what held it.
    pub(super) died: Option<&'a AuditEvent>,
    /// The last event that may have ended it, and does not say so: its instance was deleted, its group was
    /// scaled, a service of the vendor stopped it.
    pub(super) perhaps: Option<&'a AuditEvent>,
    /// Every event that names it, in the order of time.
    pub(super) events: Vec<&'a AuditEvent>,
    /// Names of the instances that it was attached to.
    pub(super) mounts: BTreeSet<Name>,
    /// Whether the log shows that another life under the same name had ended before.
    pub(super) follows: bool,
    /// Whether another life under the same name began later.
    pub(super) precedes: bool,
}

impl Life<'_> {
    /// Returns the provider.
    pub(super) fn provider(&self) -> Provider {
        self.born.provider
    }
}

/// A uid or a locator of a provider's resource, comparable.
pub(super) type Name = (Provider, String);

/// Returns the names of a target: its uid, and its locator.
pub(super) fn names(provider: Provider, target: &Target) -> impl Iterator<Item = Name> {
    let uid = target.uid.as_ref().map(Uid::as_str);
    let locator = target.locator.as_ref().map(Locator::as_str);
    [uid, locator].into_iter().flatten().map(move |text| (provider, comparable(provider, text)))
}

/// Azure compares without case (SEMANTICS A.2).
fn comparable(provider: Provider, text: &str) -> String {
    if provider == Provider::Azure { text.to_lowercase() } else { text.to_owned() }
}

/// Returns the lives that began in some events, which stand in the order of time.
///
/// A locator can be used again: after a deletion, or with another uid, another life begins under it.
pub(super) fn lives<'a>(events: &[&'a AuditEvent]) -> Vec<Life<'a>> {
    let mut told = Told::default();
    for event in events.iter().filter(|event| event.outcome.has_effect()) {
        told.tell(event);
    }
    told.lives
}

#[derive(Debug, Default)]
struct Told<'a> {
    lives: Vec<Life<'a>>,
    /// The latest life under each name.
    latest: BTreeMap<Name, usize>,
    /// The lives of volumes that were attached to each instance.
    mounted: BTreeMap<Name, BTreeSet<usize>>,
    /// Names of what was deleted and began before the log does.
    gone: BTreeSet<Name>,
}

impl<'a> Told<'a> {
    fn tell(&mut self, event: &'a AuditEvent) {
        // What was made first: the other parts may name it.
        let (made, named): (Vec<&Target>, Vec<&Target>) =
            event.targets.iter().partition(|target| makes(event, target) || may_make(event, target));
        for target in made {
            self.begin(event, target);
        }
        for target in named {
            self.name(event, target);
            if ends_what_it_holds(event, target) {
                self.end_held(event, target);
            }
        }
        self.mount(event);
    }

    fn find(&self, provider: Provider, target: &Target) -> Option<usize> {
        let index = names(provider, target).find_map(|name| self.latest.get(&name))?;
        let life = self.lives.get(*index)?;
        let other =
            life.target.uid.as_ref().zip(target.uid.as_ref()).is_some_and(|(one, other)| one != other);
        (!other).then_some(*index)
    }

    fn begin(&mut self, event: &'a AuditEvent, target: &Target) {
        if let Some(index) = self.find(event.provider, target) {
            let same = self.lives.get(index).is_some_and(|life| {
                life.died.is_none() || (target.uid.is_some() && life.target.uid == target.uid)
            });
            if same {
                return self.name(event, target);
            }
        }
        let index = self.lives.len();
        let mut follows = false;
        for name in names(event.provider, target) {
            follows |= self.gone.contains(&name);
            if let Some(former) = self.latest.insert(name, index).and_then(|index| self.lives.get_mut(index))
            {
                former.precedes = true;
                follows = true;
            }
        }
        self.lives.push(Life {
            target: target.clone(),
            born: event,
            died: None,
            perhaps: None,
            events: vec![event],
            mounts: BTreeSet::new(),
            follows,
            precedes: false,
        });
    }

    /// Notes that an event names something, and whether it ended it.
    fn name(&mut self, event: &'a AuditEvent, target: &Target) {
        let Some(index) = self.find(event.provider, target) else {
            if deletes(event, target, None) {
                self.gone.extend(names(event.provider, target));
            }
            return;
        };
        for name in names(event.provider, target) {
            self.latest.insert(name, index);
        }
        let Some(life) = self.lives.get_mut(index) else { return };
        life.target.uid = life.target.uid.take().or_else(|| target.uid.clone());
        life.target.locator = life.target.locator.take().or_else(|| target.locator.clone());
        life.target.name = life.target.name.take().or_else(|| target.name.clone());
        if life.events.last().is_none_or(|last| last.id != event.id) {
            life.events.push(event);
        }
        if deletes(event, target, life.target.kind) {
            life.died = life.died.or(Some(event));
        } else if may_end(event, target, life.target.kind) && life.died.is_none() {
            life.perhaps = Some(event);
        }
    }

    /// Notes the end of everything under a locator: a resource group, a scale set, a collection.
    fn end_held(&mut self, event: &'a AuditEvent, holder: &Target) {
        let Some(locator) = &holder.locator else { return };
        let under = format!("{}/", comparable(event.provider, locator.as_str()));
        let held = self.latest.range((event.provider, under.clone())..);
        let held: BTreeSet<usize> =
            held.take_while(|((_, name), _)| name.starts_with(&under)).map(|(_, index)| *index).collect();
        for index in held {
            if let Some(life) = self.lives.get_mut(index).filter(|life| life.died.is_none()) {
                if event.class == Class::GroupScale {
                    life.perhaps = Some(event);
                } else {
                    life.died = Some(event);
                    life.events.push(event);
                }
            }
        }
    }

    /// Notes which volumes stand in which instance from here on, and what goes when it goes.
    fn mount(&mut self, event: &'a AuditEvent) {
        let instances: Vec<Name> = event
            .targets
            .iter()
            .filter(|target| target.kind == Some(Kind::Instance) || target.role == Role::AttachedTo)
            .flat_map(|target| names(event.provider, target))
            .collect();
        let volumes: BTreeSet<usize> = event
            .targets
            .iter()
            .filter(|target| target.kind == Some(Kind::Volume))
            .filter(|target| {
                // A disk that is made with a machine stands in it.
                let with = event.class == Class::InstanceCreate && target.role == Role::Created;
                with || event.class == Class::VolumeAttach || target.role == Role::Attached
            })
            .filter_map(|target| self.find(event.provider, target))
            .collect();
        for index in volumes {
            if let Some(life) = self.lives.get_mut(index) {
                life.mounts.extend(instances.iter().cloned());
            }
            for instance in &instances {
                self.mounted.entry(instance.clone()).or_default().insert(index);
            }
        }
        if event.class == Class::InstanceDelete {
            for index in instances.iter().filter_map(|instance| self.mounted.get(instance)).flatten() {
                if let Some(life) =
                    self.lives.get_mut(*index).filter(|life| life.died.is_none() && !stays(life))
                {
                    life.perhaps = Some(event);
                }
            }
        }
    }
}

/// Whether the log says that a volume stays when the instance goes that it was last attached to.
fn stays(life: &Life<'_>) -> bool {
    let last = life.events.iter().rev().find(|event| event.class == Class::VolumeAttach);
    last.is_some_and(|event| event.facts.get("delete_on_termination").and_then(Value::as_bool) == Some(false))
}

/// Whether an event made a target.
///
/// An AWS call names what it makes apart from what it acts on; Azure and Google Cloud name one resource, and
/// the class tells whether it was made.
pub(super) fn makes(event: &AuditEvent, target: &Target) -> bool {
    let Some(kind) = target.kind else { return false };
    match target.role {
        Role::Created => !matches!(kind, Kind::Setting | Kind::Region | Kind::Account | Kind::Recycled),
        Role::Subject => event.provider != Provider::Aws && made_by(event.class).contains(&kind),
        _ => false,
    }
}

/// Whether an event made its target unless it was there before: Azure has one operation for both, and its log
/// does not always tell which it was (SEMANTICS E.2.6).
pub(super) fn may_make(event: &AuditEvent, target: &Target) -> bool {
    let writes = event.operation.to_lowercase().ends_with("/write");
    let changed = event.facts.get("created").and_then(Value::as_bool) == Some(false);
    let kinds: &[Kind] = match event.class {
        Class::InstanceModify => made_by(Class::InstanceCreate),
        Class::VolumeModify => made_by(Class::VolumeCreate),
        Class::SnapshotModify => made_by(Class::SnapshotCreate),
        Class::ImageModify => made_by(Class::ImageCreate),
        _ => &[],
    };
    let fits = target.role == Role::Subject && target.kind.is_some_and(|kind| kinds.contains(&kind));
    event.provider == Provider::Azure && writes && !changed && fits
}

/// Whether an event deleted a target, which is of a kind that may be known from elsewhere.
pub(super) fn deletes(event: &AuditEvent, target: &Target, kind: Option<Kind>) -> bool {
    let kind = target.kind.or(kind);
    target.role == Role::Subject && kind.is_some_and(|kind| deleted_by(event.class).contains(&kind))
}

const fn made_by(class: Class) -> &'static [Kind] {
    match class {
        Class::InstanceCreate => &[Kind::Instance, Kind::ScaleSetInstance],
        Class::VolumeCreate => &[Kind::Volume],
        Class::SnapshotCreate | Class::SnapshotCopy => &[Kind::Snapshot, Kind::InstantSnapshot],
        Class::RestorePointCreate => &[Kind::RestorePoint],
        Class::ImageCreate => &[Kind::Image, Kind::MachineImage],
        _ => &[],
    }
}

const fn deleted_by(class: Class) -> &'static [Kind] {
    match class {
        Class::InstanceDelete => &[Kind::Instance, Kind::ScaleSetInstance],
        Class::VolumeDelete => &[Kind::Volume],
        Class::SnapshotDelete => &[Kind::Snapshot, Kind::InstantSnapshot],
        Class::RestorePointDelete => &[Kind::RestorePoint],
        Class::BackupTamper => &[Kind::RestorePoint, Kind::Snapshot],
        Class::ImageDelete => &[Kind::Image, Kind::MachineImage],
        Class::ProtectRemove => &[Kind::Lock],
        _ => &[],
    }
}

/// Whether an event may have ended a target that it does not say to have deleted.
fn may_end(event: &AuditEvent, target: &Target, kind: Option<Kind>) -> bool {
    let with = match event.class {
        Class::InstanceDelete => kind == Some(Kind::Volume),
        Class::ImageDelete => kind == Some(Kind::Snapshot),
        Class::InstanceStop => event.actor.service.is_some() && target.role == Role::Subject,
        _ => false,
    };
    with && target.kind.or(kind) == kind
}

/// Whether what stands under a target's locator goes with it, or may: no scan lists such a holder itself.
fn ends_what_it_holds(event: &AuditEvent, target: &Target) -> bool {
    let acted_on = matches!(target.role, Role::Subject | Role::Parent);
    let ends = matches!(event.class, Class::GroupDelete | Class::GroupScale);
    acted_on && (ends || (target.kind.is_none() && !deleted_by(event.class).is_empty()))
}
