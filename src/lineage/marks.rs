//! What scans, evidence and events say of slots, each by itself.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;

use super::addresses::Addresses;
use super::slots::{Track, Tracks, is_instance, is_root};
use super::track::moment;
use crate::model::{
    AuditEvent, Class, EventId, Kind, Life, Link, NodeKey, Provider, Rel, Resource, Role, Spell, Target,
    Timestamp, Window,
};

/// How long after an event what stands under an address may have come to be: operations run, clocks differ.
const LATE: SignedDuration = SignedDuration::from_mins(1);

/// One thing that is said of a slot.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Mark {
    /// When: of a sighting the listing, of all else the moment.
    pub(super) at: Window,
    pub(super) what: What,
    /// The event that says it; `None` for a scan.
    pub(super) event: Option<EventId>,
}

/// What is said.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    /// This volume was put there.
    Put(NodeKey),
    /// The vendor's own operation put another volume there; which, it does not say.
    Replaced,
    /// This volume, or whatever stood there, was taken out.
    Taken(Option<NodeKey>),
    /// The description of the instance says that this volume is to stand there, or none.
    Says(Option<NodeKey>),
    /// A scan saw this volume there, or none.
    Seen(Option<NodeKey>),
}

impl Mark {
    const fn seen(at: Window, volume: Option<NodeKey>) -> Self {
        Self { at, what: What::Seen(volume), event: None }
    }

    fn told(event: &AuditEvent, what: What) -> Self {
        let at = event.last_at();
        Self { at: Window { from: at, to: at }, what, event: Some(event.id.clone()) }
    }
}

type Lives<'l> = BTreeMap<NodeKey, &'l Life>;

/// Takes what scans say of an instance's slots.
pub(super) fn of_life(life: &Life, lives: &Lives<'_>, addresses: &Addresses, tracks: &mut Tracks) {
    let instance = NodeKey::from(&life.key);
    let links = life.spells.iter().flat_map(|spell| &spell.state.links);
    let slots: BTreeSet<&String> =
        links.filter(|link| link.rel == Rel::Attached).filter_map(|link| link.slot.as_ref()).collect();
    for slot in slots {
        let mut sightings = Sightings { slot, lives, addresses, marks: Vec::new(), proven: None };
        for (spell, next) in life.spells.iter().zip(life.spells.iter().skip(1).map(Some).chain([None])) {
            sightings.take(spell, next);
        }
        let mut marks = sightings.marks;
        again(&mut marks, lives);
        let track = tracks.entry((instance.clone(), slot.clone())).or_default();
        track.root |= life.spells.iter().any(|spell| is_root(instance.provider, slot, Some(&spell.state)));
        track.marks.extend(marks);
    }
}

/// What scans say of one slot.
struct Sightings<'a> {
    slot: &'a str,
    lives: &'a Lives<'a>,
    addresses: &'a Addresses,
    marks: Vec<Mark>,
    /// What EC2 said last of when a volume was put there.
    proven: Option<(NodeKey, Timestamp)>,
}

impl Sightings<'_> {
    fn take(&mut self, spell: &Spell, next: Option<&Spell>) {
        let mut links = spell.state.links.iter().filter(|link| link.rel == Rel::Attached);
        match links.find(|link| link.slot.as_deref() == Some(self.slot)) {
            Some(link) => self.take_held(spell, link),
            None => self.marks.extend([spell.first, spell.last].map(|at| Mark::seen(at, None))),
        }
        // Between two states that do not touch the instance was absent.
        let touches = next.is_some_and(|next| Some(next.from_scan) == spell.until_scan);
        if let Some(until) = spell.until.filter(|_| !touches) {
            self.marks.push(Mark::seen(Window { from: until, to: until }, None));
        }
    }

    fn take_held(&mut self, spell: &Spell, link: &Link) {
        // When it was put there says nothing of how long it was still seen.
        let before = self.marks.iter().rfind(|mark| matches!(mark.what, What::Seen(_))).cloned();
        let span = (spell.from_scan, spell.until_scan);
        for (volume, since, until) in self.addresses.during(link, &spell.state, span, spell.first.to) {
            let of_volume = |wanted: &dyn Fn(&&Spell) -> bool| {
                self.lives.get(&volume).and_then(|life| life.spells.iter().find(wanted))
            };
            let came = of_volume(&|it| it.from_scan == since).filter(|_| since != spell.from_scan);
            let went = of_volume(&|it| it.until_scan == until).filter(|_| until != spell.until_scan);
            let (first, last) =
                (came.map_or(spell.first, |it| it.first), went.map_or(spell.last, |it| it.last));
            self.marks.extend([first, last].map(|at| Mark::seen(at, Some(volume.clone()))));
            let proof = attach_time(&spell.state, self.slot).map(|at| (volume, at));
            if proof != self.proven {
                let put = proof.clone().and_then(|(volume, at)| proves(volume, at, spell, before.as_ref()));
                self.marks.extend(put);
                self.proven = proof;
            }
        }
    }
}

/// When EC2 says that the volume in a slot was put there.
fn attach_time(state: &Resource, slot: &str) -> Option<Timestamp> {
    moment(state, &format!("BlockDeviceMappings[{slot}].AttachTime"))
}

/// A moment before the last sight of another volume, or after its own listing, proves nothing.
fn proves(volume: NodeKey, at: Timestamp, spell: &Spell, before: Option<&Mark>) -> Option<Mark> {
    let too_early = before.is_some_and(|before| at < before.at.from);
    let window = Window { from: at, to: at };
    let put = Mark { at: window, what: What::Put(volume), event: None };
    Some(put).filter(|_| !too_early && at <= spell.last.to)
}

/// Adds that a volume which both scans saw in a slot was taken out and put back, where its own times prove both
/// (Google Cloud).
fn again(marks: &mut Vec<Mark>, lives: &Lives<'_>) {
    let held: BTreeSet<NodeKey> = marks.iter().filter_map(|mark| mark.holds().cloned()).collect();
    for volume in held {
        let Some(life) = lives.get(&volume) else { continue };
        for (before, after) in life.spells.iter().zip(life.spells.iter().skip(1)) {
            let moved =
                |path| moment(&after.state, path).filter(|at| moment(&before.state, path) != Some(*at));
            let times = moved("lastDetachTimestamp").zip(moved("lastAttachTimestamp"));
            let Some((out, back)) = times.filter(|(out, back)| out <= back) else { continue };
            let was = marks.iter().rev().find(|mark| mark.at.from <= out);
            if was.and_then(Mark::holds) != Some(&volume) {
                continue;
            }
            for (at, what) in [(out, What::Taken(Some(volume.clone()))), (back, What::Put(volume.clone()))] {
                marks.push(Mark { at: Window { from: at, to: at }, what, event: None });
            }
        }
    }
}

/// Takes what events say of slots; they must have had an effect.
pub(super) fn of_events(
    events: &[&AuditEvent],
    lives: &Lives<'_>,
    addresses: &mut Addresses,
    tracks: &mut Tracks,
) {
    for event in events {
        let mut told = Told { event, lives, addresses, tracks };
        match event.class {
            Class::VolumeAttach => told.attach(),
            Class::VolumeDetach => told.detach(),
            Class::InstanceDelete => told.delete(),
            Class::InstanceRevert => told.replace(),
            Class::InstanceCreate | Class::InstanceModify => told.describe(),
            _ => {}
        }
    }
}

struct Told<'a, 'l> {
    event: &'a AuditEvent,
    lives: &'a Lives<'l>,
    addresses: &'a mut Addresses,
    tracks: &'a mut Tracks,
}

impl Told<'_, '_> {
    fn mark(&mut self, instance: &NodeKey, slot: &str, what: What) {
        let state = self.lives.get(instance).and_then(|life| life.spells.last()).map(|spell| &*spell.state);
        let root = is_root(instance.provider, slot, state);
        let track: &mut Track = self.tracks.entry((instance.clone(), slot.to_owned())).or_default();
        track.root |= root;
        track.marks.push(Mark::told(self.event, what));
    }

    /// The instance that the event is about.
    fn instance(&self) -> Option<NodeKey> {
        let is = |target: &&Target| target.kind.is_some_and(is_instance);
        let mut instances = self
            .event
            .targets
            .iter()
            .filter(is)
            .filter(|target| matches!(target.role, Role::AttachedTo | Role::Subject | Role::Created));
        self.addresses.named(instances.next()?, self.event, self.event.time)
    }

    fn volume(&self, target: &Target, at: Timestamp) -> Option<NodeKey> {
        self.addresses.named(target, self.event, at).filter(|key| key.kind == Kind::Volume)
    }

    /// When what the event puts somewhere stood under its address.
    fn after(&self) -> Timestamp {
        self.event.last_at().saturating_add(LATE).unwrap_or(Timestamp::MAX)
    }

    fn attach(&mut self) {
        let Some(instance) = self.instance() else { return };
        let at = self.after();
        let put: Vec<_> = self
            .event
            .targets(Role::Subject)
            .filter_map(|target| Some((self.volume(target, at)?, target.slot.clone()?)))
            .collect();
        for (volume, slot) in put {
            self.mark(&instance, &slot, What::Put(volume));
        }
    }

    /// EC2 names the volume, Google Cloud the device.
    fn detach(&mut self) {
        let volume =
            self.event.targets(Role::Subject).find_map(|target| self.volume(target, self.event.time));
        let called = self.event.targets.iter().find_map(|target| target.slot.clone());
        let instance = self.instance();
        let is_called = |(at, slot): &(NodeKey, String)| {
            let state = |life: &Life| {
                life.spells.iter().any(|spell| is_device(&spell.state, slot, called.as_deref()))
            };
            called.as_deref() == Some(slot.as_str()) || self.lives.get(at).is_some_and(|life| state(life))
        };
        let holds = |track: &Track| {
            track.marks.iter().any(|mark| volume.is_some() && mark.holds() == volume.as_ref())
        };
        let found = self.tracks.iter().filter(|(at, track)| {
            instance.as_ref().is_none_or(|instance| at.0 == *instance)
                && match &volume {
                    Some(_) => holds(track) || instance.is_some() && is_called(at),
                    None => instance.is_some() && is_called(at),
                }
        });
        let mut slots: Vec<(NodeKey, String)> = found.map(|(at, _)| at.clone()).collect();
        if let (true, Some(instance), Some(slot)) = (slots.is_empty(), &instance, called) {
            slots.push((instance.clone(), slot));
        }
        for (instance, slot) in slots {
            self.mark(&instance, &slot, What::Taken(volume.clone()));
        }
    }

    fn delete(&mut self) {
        let gone = self
            .event
            .targets(Role::Subject)
            .filter_map(|target| self.addresses.named(target, self.event, self.event.time));
        let gone: Vec<NodeKey> = gone.collect();
        self.each_slot(&gone, |_, _| true, &What::Taken(None));
    }

    /// EC2 replaces roots only, Azure images anew only what a machine boots from, and a backup brings every disk
    /// back.
    fn replace(&mut self) {
        let Some(instance) = self.instance() else { return };
        let operation = self.event.operation.to_lowercase();
        let root_only = self.event.provider == Provider::Aws || operation.contains("reimage");
        self.each_slot(&[instance], |_, track| track.root || !root_only, &What::Replaced);
    }

    fn each_slot(&mut self, of: &[NodeKey], wanted: impl Fn(&str, &Track) -> bool, what: &What) {
        for ((instance, slot), track) in self.tracks.iter_mut() {
            if of.contains(instance) && wanted(slot, track) {
                track.marks.push(Mark::told(self.event, what.clone()));
            }
        }
    }

    /// The description of an instance names what is to stand in its slots; an Azure write that names the OS disk
    /// names all, and what it does not name is taken out.
    fn describe(&mut self) {
        let Some(instance) = self.instance() else { return };
        let at = self.after();
        let mut said: BTreeMap<String, NodeKey> = BTreeMap::new();
        for target in &self.event.targets {
            let Some(slot) = &target.slot else { continue };
            let volume = match target.role {
                Role::Attached => self.volume(target, at),
                Role::Created if target.kind == Some(Kind::Volume) => self.addresses.made(target, self.event),
                _ => None,
            };
            said.extend(volume.map(|volume| (slot.clone(), volume)));
        }
        let whole = self.event.provider == Provider::Azure
            && self.event.operation.to_lowercase().ends_with("/write")
            && !self.event.truncated
            && said.contains_key("os");
        if whole {
            let named: Vec<String> = said.keys().cloned().collect();
            let unnamed = |slot: &str, _: &Track| !named.iter().any(|name| name == slot);
            self.each_slot(std::slice::from_ref(&instance), unnamed, &What::Says(None));
        }
        for (slot, volume) in said {
            self.mark(&instance, &slot, What::Says(Some(volume)));
        }
    }
}

/// Whether a slot of a Google Cloud instance has this device name.
fn is_device(state: &Resource, slot: &str, called: Option<&str>) -> bool {
    let device = state.config.get(&format!("disks[{slot}].deviceName")).and_then(|name| name.as_str());
    called.is_some() && device == called
}
