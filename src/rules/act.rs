//! Which changes are one act: a terminated instance and the volumes that go with it are one finding.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use rustc_hash::{FxHashMap, FxHashSet};

use super::path::covers;
use super::timeline::Timeline;
use super::{Bonus, RuleMeta, Tuning, Weights, slot};
use crate::model::{
    Acquaintance, Actor, AttributeChange, AuditEvent, Change, ChangeKind, Class as EventClass, Estate,
    EventId, Familiarity, GrantUse, Kind, Lineage, Link, LogInterval, Provider, Rel, Residue, Resource,
    Revert, SnapshotChurn, Trace, TraceState,
};

/// The changes between two scans and what the logs say beside them, as rules see it.
#[derive(Debug)]
pub struct Drift<'a> {
    changes: Vec<&'a Change>,
    acts: Vec<Act<'a>>,
    testimony: Testimony<'a>,
    events: FxHashMap<&'a EventId, &'a AuditEvent>,
    acquaintances: FxHashMap<&'a EventId, &'a Acquaintance>,
    granted: FxHashMap<&'a EventId, &'a EventId>,
    timeline: Timeline<'a>,
}

/// What the logs say beside the traces of the changes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Testimony<'a> {
    /// What they say and no state shows.
    pub residues: &'a [Residue],
    /// The events of the time that is judged, and those that traces and residues cite.
    pub events: &'a [AuditEvent],
    /// How well the actors of events are known (SEMANTICS F.6); of those that are left out nobody can tell.
    pub acquaintances: &'a [(EventId, Acquaintance)],
    /// What proves that a log was tampered with: an object missing, or not as its digest says.
    pub violations: &'a [LogInterval],
    /// What the ancestry says of disks that were put back, replaced or moved.
    pub reverts: &'a [Revert],
    /// The grants that became dormant in the time that is judged.
    pub dormant: &'a [GrantUse],
    /// What is out of the ordinary about snapshots' comings and goings.
    pub churn: &'a [SnapshotChurn],
    /// The ids of the changes by which snapshots went of whose disks newer ones are left; `None` where nobody counted.
    pub superseded: Option<&'a BTreeSet<String>>,
    /// The events before the time that is judged with which something can have begun.
    pub before: &'a [AuditEvent],
    /// What differed in the day before, explained as far as the log tells.
    pub earlier: &'a [Change],
    /// Who is behind the actor of an event, the outermost identity first, where the log proves it.
    pub behind: &'a [(EventId, Vec<Actor>)],
    /// The events whose actor was made or given rights within 72 hours before, each with the event that did it.
    pub granted: &'a [(EventId, EventId)],
    /// What the estate was like before; `None` where nobody looked.
    pub estate: Option<&'a Estate>,
    /// Where the disks come from that slots are about; `None` where nobody looked.
    pub lineage: Option<&'a Lineage>,
    /// By which numbers rules judge.
    pub tuning: &'a Tuning,
}

/// A change that stands for itself, and the changes that came about with it.
#[derive(Clone, Debug, PartialEq)]
pub struct Act<'a> {
    /// The change that a finding is about.
    pub lead: &'a Change,
    /// The changes that it brought about, by id.
    pub rest: Vec<&'a Change>,
    /// How well whoever did it is known.
    pub acquaintance: Acquaintance,
    /// By which numbers it is scored.
    pub(super) weights: &'a Weights,
}

impl<'a> Drift<'a> {
    /// Groups changes into acts.
    ///
    /// | what | goes with | if |
    /// | --- | --- | --- |
    /// | a volume that vanished | an instance that vanished or was recreated | it was attached, to be deleted together |
    /// | a volume that appeared | an instance that appeared or was recreated | it is attached |
    /// | a volume that is back | an instance that is back | it is attached |
    /// | a volume that was recreated | an instance that was recreated | it was attached, to be deleted together, and is attached |
    /// | a volume of which only the attachment differs | the instance's own change | it is or was attached |
    /// | an instance that was modified | its own change of slots | only the description of what stands in them differs |
    /// | an instance whose slot was swapped | a volume that was recreated | it is at both ends of the swap |
    /// | a snapshot that vanished | an image that vanished | it backed it: deregistration can delete both (SEMANTICS E.1.7) |
    /// | a snapshot that appeared | an image that appeared | it backs it, and one call made both: the image was captured or copied |
    /// | a grant that came, went or differs | another of the same principal | the same happened to both: one policy gives many |
    ///
    /// A snapshot under an image that was *registered* from it stays an act of its own: taking the
    /// snapshot and registering the image are two calls, and the first two steps of a revert.
    pub fn new(changes: &'a [Change], testimony: Testimony<'a>) -> Self {
        let mut changes: Vec<_> = changes.iter().collect();
        changes.sort_by(|one, other| one.id.cmp(&other.id));
        let index = Index::of(&changes);
        let leads: Vec<_> =
            changes.iter().enumerate().map(|(at, change)| index.lead_of(at, change, &changes)).collect();
        let mut acts: Vec<_> = changes.iter().map(|lead| Act::alone(lead)).collect();
        for (at, change) in changes.iter().enumerate() {
            if let Some(act) = final_lead(at, &leads).and_then(|lead| acts.get_mut(lead)) {
                act.rest.push(change);
            }
        }
        let acts = acts.into_iter().zip(&leads).filter(|(_, lead)| lead.is_none()).map(|(act, _)| act);
        let mut acts: Vec<_> = acts.collect();
        let acquaintances =
            testimony.acquaintances.iter().map(|(id, acquaintance)| (id, acquaintance)).collect();
        let events =
            testimony.before.iter().chain(testimony.events).map(|event| (&event.id, event)).collect();
        for act in &mut acts {
            act.weights = &testimony.tuning.weights;
            act.acquaintance = acquaintance(&acquaintances, &events, &act.lead.trace.events);
        }
        let timeline = Timeline::of(&changes, testimony);
        let granted = testimony.granted.iter().map(|(id, grant)| (id, grant)).collect();
        Self { changes, acts, testimony, events, acquaintances, granted, timeline }
    }

    /// Returns what the logs say and no state shows.
    pub const fn residues(&self) -> &'a [Residue] {
        self.testimony.residues
    }

    /// Returns every event of the time that is judged, and those that are cited.
    pub const fn events(&self) -> &'a [AuditEvent] {
        self.testimony.events
    }

    /// Returns the events before the time that is judged with which something can have begun.
    pub const fn before(&self) -> &'a [AuditEvent] {
        self.testimony.before
    }

    /// Returns events and changes as one sequence of steps.
    pub(super) const fn timeline(&self) -> &Timeline<'a> {
        &self.timeline
    }

    /// Returns the event by which the actor of an event was made or given rights shortly before.
    pub fn grant(&self, event: &EventId) -> Option<&'a EventId> {
        self.granted.get(event).copied()
    }

    /// Returns what the estate was like before, if somebody looked.
    pub const fn estate(&self) -> Option<&'a Estate> {
        self.testimony.estate
    }

    /// Returns the events of the time, of some classes, that had an effect which no change and no residue shows.
    pub fn unseen(&self, classes: &[EventClass]) -> Vec<&'a AuditEvent> {
        let of_changes = self.changes.iter().flat_map(|change| &change.trace.events);
        let of_residues = self.residues().iter().flat_map(|residue| &residue.events);
        let seen: FxHashSet<&EventId> = of_changes.chain(of_residues).collect();
        let unseen = |event: &&AuditEvent| {
            classes.contains(&event.class) && event.outcome.has_effect() && !seen.contains(&event.id)
        };
        self.events().iter().filter(unseen).collect()
    }

    /// Returns an event that a trace or a residue cites.
    pub fn event(&self, id: &EventId) -> Option<&'a AuditEvent> {
        self.events.get(id).copied()
    }

    /// Returns how well the actors of some events are known: the least known tells.
    pub fn acquaintance<'e>(&self, events: impl IntoIterator<Item = &'e EventId>) -> Acquaintance {
        acquaintance(&self.acquaintances, &self.events, events)
    }

    /// Whether the actor of any of some events is new, or does what it never did.
    pub fn is_novel<'e>(&self, events: impl IntoIterator<Item = &'e EventId>) -> bool {
        self.acquaintance(events).familiarity >= Familiarity::Unexpected
    }

    /// Returns what proves that a log was tampered with.
    pub const fn violations(&self) -> &'a [LogInterval] {
        self.testimony.violations
    }

    /// Returns what the ancestry says of disks that were put back, replaced or moved.
    pub const fn reverts(&self) -> &'a [Revert] {
        self.testimony.reverts
    }

    /// Returns the grants that became dormant in the time that is judged.
    pub const fn dormant(&self) -> &'a [GrantUse] {
        self.testimony.dormant
    }

    /// Returns what is out of the ordinary about snapshots' comings and goings.
    pub const fn churn(&self) -> &'a [SnapshotChurn] {
        self.testimony.churn
    }

    /// Whether by a change a snapshot went of whose disk newer ones are left.
    pub fn is_superseded(&self, change: &str) -> bool {
        self.testimony.superseded.is_some_and(|superseded| superseded.contains(change))
    }

    /// Returns the numbers that a risk is made of.
    pub const fn weights(&self) -> &'a Weights {
        &self.testimony.tuning.weights
    }

    /// Returns what a pattern or chain adds to the risk of its steps, by its name in `weights.toml`; nothing for a
    /// name that is not there.
    pub fn bonus(&self, name: &str) -> Bonus {
        self.weights().bonus(name)
    }

    /// Returns the value of a rule's parameter that is a number or a share; 0 if there is none.
    pub fn number(&self, meta: &RuleMeta, parameter: &str) -> f64 {
        self.testimony.tuning.number(meta.id, parameter)
    }

    /// Returns the value of a rule's parameter that is a whole number; 0 if there is none.
    pub fn count(&self, meta: &RuleMeta, parameter: &str) -> usize {
        self.testimony.tuning.count(meta.id, parameter)
    }

    /// Returns the value of a rule's parameter that is a time; 0 if there is none.
    pub fn time(&self, meta: &RuleMeta, parameter: &str) -> SignedDuration {
        self.testimony.tuning.time(meta.id, parameter)
    }

    /// Returns every change, by id.
    pub fn changes(&self) -> &[&'a Change] {
        &self.changes
    }

    /// Returns every act, by the id of its lead; each change belongs to exactly one.
    pub fn acts(&self) -> &[Act<'a>] {
        &self.acts
    }
}

impl<'a> Act<'a> {
    /// Makes an act of one change, by the shipped numbers.
    pub fn alone(lead: &'a Change) -> Self {
        let acquaintance = Acquaintance::default();
        Self { lead, rest: Vec::new(), acquaintance, weights: Weights::shipped() }
    }

    /// Returns the trace by which the act is judged: of all its changes the one that is least accounted for.
    pub fn trace(&self) -> &'a Trace {
        let unsettled = |trace: &&Trace| trace.state.doubt() > 0;
        let rest = self.rest.iter().map(|change| &change.trace).filter(unsettled);
        let lead = &self.lead.trace;
        rest.fold(lead, |worst, trace| if trace.state.doubt() > worst.state.doubt() { trace } else { worst })
    }

    /// Returns the lead and then the rest.
    pub fn changes(&self) -> impl Iterator<Item = &'a Change> {
        std::iter::once(self.lead).chain(self.rest.iter().copied())
    }
}

/// Returns how well the actors of some events are known: the least known tells, and a service of the vendor only where
/// nobody else takes part.
fn acquaintance<'e>(
    acquaintances: &FxHashMap<&EventId, &Acquaintance>,
    known: &FxHashMap<&EventId, &AuditEvent>,
    events: impl IntoIterator<Item = &'e EventId>,
) -> Acquaintance {
    let is_service = |id: &&EventId| known.get(*id).is_some_and(|event| event.actor.service.is_some());
    let (services, others): (Vec<_>, Vec<_>) = events.into_iter().partition(is_service);
    let told = if others.is_empty() { services } else { others };
    let each = told.into_iter().map(|id| acquaintances.get(id).copied().cloned().unwrap_or_default());
    let together = |one: Acquaintance, other: Acquaintance| Acquaintance {
        familiarity: one.familiarity.max(other.familiarity),
        reasons: [one.reasons, other.reasons].concat(),
    };
    each.reduce(together).unwrap_or_default()
}

/// How little a trace excuses its change: silence first, then people, then the platform and its services.
pub(super) const fn open(state: TraceState) -> u8 {
    match state {
        TraceState::BySystem | TraceState::ExpectedAutomation => 0,
        TraceState::Implied => 1,
        TraceState::Explained => 2,
        other => 2 + other.doubt(),
    }
}

/// Follows leads to the one that has none. No chain of the table in [`Drift::new`] comes back.
fn final_lead(at: usize, leads: &[Option<usize>]) -> Option<usize> {
    let lead_of = |at: &usize| leads.get(*at).copied().flatten();
    std::iter::successors(lead_of(&at), lead_of).last()
}

/// Where an end of an edge stands among the changes: provider, kind, and uid or locator.
type End<'a> = (Provider, Kind, &'a str);

/// Which changes are about a resource, and which have an edge to it.
#[derive(Default)]
struct Index<'a> {
    about: FxHashMap<End<'a>, Vec<usize>>,
    linked: FxHashMap<End<'a>, Vec<usize>>,
    /// By what happened and to whose grants: the first of the changes.
    granted: FxHashMap<(ChangeKind, Provider, &'a str, &'a str), usize>,
}

impl<'a> Index<'a> {
    fn of(changes: &[&'a Change]) -> Self {
        let mut index = Self::default();
        for (at, change) in changes.iter().enumerate() {
            if let Some(holder) = holder(change) {
                index.granted.entry(holder).or_insert(at);
            }
            for state in states(change) {
                for end in ends(state) {
                    index.about.entry(end).or_default().push(at);
                }
                for link in state.links.iter().filter(|link| joins(link)) {
                    index.linked.entry(target(state, link)).or_default().push(at);
                }
            }
        }
        index
    }

    /// Returns the change that a change goes with: of several, one that still has it, then the first.
    fn lead_of(&self, at: usize, change: &Change, changes: &[&Change]) -> Option<usize> {
        if let Some(holder) = holder(change) {
            return self.granted.get(&holder).copied().filter(|first| *first != at);
        }
        let mut near: Vec<usize> = Vec::new();
        for state in states(change) {
            for end in ends(state) {
                near.extend(self.linked.get(&end).into_iter().flatten());
                near.extend(self.about.get(&end).into_iter().flatten());
            }
            for link in state.links.iter().filter(|link| joins(link)) {
                near.extend(self.about.get(&target(state, link)).into_iter().flatten());
            }
        }
        let leads = near.into_iter().filter(|lead| *lead != at);
        let leads = leads.filter(|lead| changes.get(*lead).is_some_and(|lead| goes_with(change, lead)));
        leads.min_by_key(|lead| {
            let keeps = changes
                .get(*lead)
                .is_some_and(|lead| attachment(lead.after.as_deref(), change.after.as_deref()).is_some());
            (!keeps, *lead)
        })
    }
}

/// Returns what happened to a grant, and whose it is.
fn holder(change: &Change) -> Option<(ChangeKind, Provider, &str, &str)> {
    let grant = change.resource().filter(|resource| resource.key.kind == Kind::Grant)?;
    let principal = grant.config.get("principal_key")?.as_str()?;
    Some((change.kind, grant.key.provider, grant.account.as_str(), principal))
}

fn states(change: &Change) -> impl Iterator<Item = &Resource> {
    change.before.as_deref().into_iter().chain(change.after.as_deref())
}

fn ends(resource: &Resource) -> [End<'_>; 2] {
    let (provider, kind) = (resource.key.provider, resource.key.kind);
    [(provider, kind, resource.key.uid.as_str()), (provider, kind, resource.locator.as_str())]
}

fn target<'a>(from: &Resource, link: &'a Link) -> End<'a> {
    (from.key.provider, link.kind, link.target())
}

/// Whether an edge can make two changes one act.
const fn joins(link: &Link) -> bool {
    matches!(link.rel, Rel::Attached | Rel::AttachedTo | Rel::BackedBy)
}

/// Whether a change came about with another; the table in [`Drift::new`].
fn goes_with(change: &Change, lead: &Change) -> bool {
    use ChangeKind::{Appeared, Attached, Detached, Modified, Reappeared, Recreated, SlotSwapped, Vanished};
    let (Some(resource), Some(lead_resource)) = (change.resource(), lead.resource()) else { return false };
    let before = || (lead.before.as_deref(), change.before.as_deref());
    let after = || (lead.after.as_deref(), change.after.as_deref());
    let dies_with = || attachment(before().0, before().1).is_some_and(|link| link.delete_with == Some(true));
    let attached = || attachment(after().0, after().1).is_some();
    match (part(resource.key.kind), change.kind, part(lead_resource.key.kind), lead.kind) {
        (Kind::Volume, Vanished, Kind::Instance, Vanished | Recreated) => dies_with(),
        (Kind::Volume, Appeared, Kind::Instance, Appeared | Recreated)
        | (Kind::Volume, Reappeared, Kind::Instance, Reappeared) => attached(),
        (Kind::Volume, Recreated, Kind::Instance, Recreated) => dies_with() && attached(),
        (Kind::Volume, Modified, Kind::Instance, _) => {
            only_attachment(change)
                && tells_attachments(lead)
                && (attached() || attachment(before().0, before().1).is_some())
        }
        (Kind::Instance, Modified, Kind::Instance, Attached | Detached | SlotSwapped) => {
            resource.key == lead_resource.key && only_descriptions(change)
        }
        (Kind::Instance, SlotSwapped, Kind::Volume, Recreated) => swaps_only(change, lead),
        (Kind::Snapshot, Vanished, Kind::Image, Vanished) => backs(before().0, before().1),
        (Kind::Snapshot, Appeared, Kind::Image, Appeared) => {
            backs(after().0, after().1) && after().0.is_some_and(made_its_snapshots)
        }
        _ => false,
    }
}

/// Returns the part that a kind plays in an act: a machine of a scale set is one like any other.
const fn part(kind: Kind) -> Kind {
    match kind {
        Kind::ScaleSetInstance => Kind::Instance,
        other => other,
    }
}

/// Returns the edge between an instance and a volume, whichever of the two tells it; one that tells
/// whether they are deleted together if there is one.
fn attachment<'a>(instance: Option<&'a Resource>, volume: Option<&'a Resource>) -> Option<&'a Link> {
    let (instance, volume) = (instance?, volume?);
    let down = instance.links.iter().filter(|link| link.rel == Rel::Attached && reaches(link, volume));
    let up = volume.links.iter().filter(|link| link.rel == Rel::AttachedTo && reaches(link, instance));
    down.chain(up).max_by_key(|link| link.delete_with)
}

fn backs(image: Option<&Resource>, snapshot: Option<&Resource>) -> bool {
    let (Some(image), Some(snapshot)) = (image, snapshot) else { return false };
    image.links.iter().any(|link| link.rel == Rel::BackedBy && reaches(link, snapshot))
}

/// Whether the call that made an image made the snapshots under it too.
fn made_its_snapshots(image: &Resource) -> bool {
    image.links.iter().any(|link| matches!(link.rel, Rel::CapturedFrom | Rel::CopiedFrom))
}

/// Whether an edge ends at a resource: by uid where it tells one, else by locator.
fn reaches(link: &Link, resource: &Resource) -> bool {
    link.kind == resource.key.kind
        && link
            .uid
            .as_ref()
            .map_or_else(|| link.locator.as_ref() == Some(&resource.locator), |uid| *uid == resource.key.uid)
}

fn only_attachment(change: &Change) -> bool {
    let is_attachment = |attribute: &AttributeChange| covers("links.attached-to", &attribute.path);
    !change.attributes.is_empty() && change.attributes.iter().all(is_attachment)
}

fn only_descriptions(change: &Change) -> bool {
    !change.attributes.is_empty()
        && change.attributes.iter().all(|attribute| slot::describes(&attribute.path))
}

/// Whether an instance's change says what is attached to it.
fn tells_attachments(lead: &Change) -> bool {
    match lead.kind {
        ChangeKind::Started | ChangeKind::Stopped | ChangeKind::Restarted | ChangeKind::CoverageGap => false,
        ChangeKind::Modified | ChangeKind::Moved => {
            lead.attributes.iter().any(|attribute| slot::named(&attribute.path).is_some())
        }
        _ => true,
    }
}

/// Whether a swap replaces nothing but the earlier incarnation of a volume with the later one.
fn swaps_only(swap: &Change, recreated: &Change) -> bool {
    let (Some(old), Some(new)) = (recreated.before.as_deref(), recreated.after.as_deref()) else {
        return false;
    };
    let slots = slot::slots(swap);
    !slots.is_empty()
        && slots.iter().all(|slot| {
            slot.before.is_some_and(|link| reaches(link, old))
                && slot.after.is_some_and(|link| reaches(link, new))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ChangeKind, Locator, Provider, Role};
    use crate::rules::fixture::{Specimen, attached, change, instance, modified, resource, vanished, volume};

    fn ids(act: &Act<'_>) -> Vec<String> {
        act.changes().map(|change| change.id.clone()).collect()
    }

    #[test]
    fn a_service_of_the_vendor_makes_nobody_a_stranger() {
        use crate::rules::fixture::{event, of_service};
        let taken = of_service(event("e-1", "CreateSnapshot", Role::Created, "snap-1"), "dlm");
        let mounted = event("e-2", "AttachVolume", Role::Subject, "vol-1");
        let by = |familiarity| [(mounted.id.clone(), Acquaintance { familiarity, reasons: Vec::new() })];
        let events = [taken.clone(), mounted.clone()];
        for familiarity in [Familiarity::Known, Familiarity::Unknown, Familiarity::New] {
            let acquaintances = by(familiarity);
            let testimony =
                Testimony { events: &events, acquaintances: &acquaintances, ..Testimony::default() };
            let drift = Drift::new(&[], testimony);
            assert_eq!(drift.acquaintance([&taken.id, &mounted.id]).familiarity, familiarity);
            assert_eq!(drift.acquaintance([&taken.id]).familiarity, Familiarity::Unknown);
        }
    }

    #[test]
    fn a_volume_that_changed_hands_goes_with_the_instance_that_has_it_now() {
        let held_by = |uid: &str| volume("vol-9").link(Link::to_uid(Rel::AttachedTo, Kind::Instance, uid));
        let with = |uid: &str| instance(uid, "vol-1").link(attached("/dev/xvdb", "vol-9", false));
        let changes = [
            change(ChangeKind::Detached, Some(with("i-1")), Some(instance("i-1", "vol-1"))),
            change(ChangeKind::Attached, Some(instance("i-2", "vol-1")), Some(with("i-2"))),
            modified(held_by("i-1"), held_by("i-2")),
        ];
        let drift = Drift::new(&changes, Testimony::default());
        let acts: Vec<_> = drift.acts().iter().map(ids).collect();
        assert_eq!(acts, [vec!["attached-i-2", "modified-vol-9"], vec!["detached-i-1"]]);
    }

    #[test]
    fn a_machine_of_a_scale_set_and_the_disk_that_went_with_it_are_one_act() {
        let machine =
            resource(Provider::Azure, Kind::ScaleSetInstance, "v-1").link(attached("os", "d-1", true));
        let changes = [vanished(machine), vanished(resource(Provider::Azure, Kind::Volume, "d-1"))];
        let drift = Drift::new(&changes, Testimony::default());
        let acts: Vec<_> = drift.acts().iter().map(ids).collect();
        assert_eq!(acts, [["vanished-v-1", "vanished-d-1"]]);
    }

    #[test]
    fn what_goes_with_a_change_that_goes_with_another_is_one_act() {
        let disk = |uid: &str, of: &str| {
            let disk = resource(Provider::Azure, Kind::Volume, uid);
            let disk = disk.link(Link::to_uid(Rel::AttachedTo, Kind::Instance, of));
            Resource { locator: Locator::new("/disks/os"), ..disk }
        };
        let machine = |disk: &str| {
            let machine = resource(Provider::Azure, Kind::Instance, "v-1");
            machine.with("storageProfile.osDisk.name", disk).link(attached("os", disk, false))
        };
        let described = |disk: &str| Resource { links: [].into(), ..machine(disk) };
        let changes = [
            modified(described("d-1"), described("d-2")),
            change(ChangeKind::SlotSwapped, Some(machine("d-1")), Some(machine("d-2"))),
            change(ChangeKind::Recreated, Some(disk("d-1", "v-1")), Some(disk("d-2", "v-1"))),
        ];
        let drift = Drift::new(&changes, Testimony::default());
        let acts: Vec<_> = drift.acts().iter().map(ids).collect();
        assert_eq!(acts, [["recreated-d-2", "modified-v-1", "slot-swapped-v-1"]]);
    }
}
