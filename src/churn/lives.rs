//! The lives of snapshots: what states and logs tell of each, taken together (SEMANTICS D.1).
//!
//! A snapshot that was made and deleted between two scans is in the log alone, one whose log is lost in the
//! states alone: both count, and what is in both counts once. Refused calls and dry runs count nothing.

use std::collections::BTreeSet;

use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::Value;

use super::Ground;
use super::automation;
use super::outside::{is_outside, outsiders, user};
use crate::model::{
    AuditEvent, Change, ChangeKind, Class, Kind, Link, Locator, NodeKey, Provider, Rel, Residue, ResidueKind,
    Resource, Role, SnapshotLife, Target, Timestamp, TraceState, Turn, Uid, Window,
};

/// Whether a kind is a copy of a disk's contents that is counted.
pub(super) const fn is_copy(kind: Kind) -> bool {
    matches!(kind, Kind::Snapshot | Kind::RestorePoint | Kind::InstantSnapshot)
}

/// Whether a kind holds disk contents that can be handed on.
const fn holds_contents(kind: Kind) -> bool {
    is_copy(kind) || matches!(kind, Kind::Image | Kind::MachineImage)
}

/// Returns the lives of all snapshots, and of the images that hold disk contents too, that changes or events
/// tell of: those of changes first, then those of events alone, in the order of time.
pub(super) fn lives(ground: &Ground<'_>) -> Vec<SnapshotLife> {
    let mut told = Told::default();
    let by_id: FxHashMap<_, _> = ground.events.iter().map(|event| (&event.id, event)).collect();
    for change in ground.changes {
        let made = change.trace.events.iter().find_map(|id| by_id.get(id)).copied();
        told.change(change, made, ground);
    }
    let mut seen = FxHashSet::default();
    for event in ground.events.iter().filter(|event| event.outcome.has_effect()) {
        if seen.insert((event.provider, &event.id)) {
            told.event(event, ground);
        }
    }
    for residue in ground.residues {
        told.residue(residue);
    }
    told.lives
}

/// What was told so far.
#[derive(Default)]
struct Told {
    lives: Vec<SnapshotLife>,
    /// The latest life under each name.
    latest: FxHashMap<(Provider, String), usize>,
}

impl Told {
    fn change(&mut self, change: &Change, made: Option<&AuditEvent>, ground: &Ground<'_>) {
        let of = |state: Option<&Resource>| state.is_some_and(|state| holds_contents(state.key.kind));
        let (before, after) = (change.before.as_deref(), change.after.as_deref());
        if !of(before) && !of(after) {
            return;
        }
        let turn = |exact: Option<Timestamp>| Turn {
            at: exact.map_or(change.window, |at| Window { from: at, to: at }),
            by: change.trace.actor.clone(),
            operation: made.map(|event| event.operation.clone()),
            expected: matches!(change.trace.state, TraceState::ExpectedAutomation | TraceState::BySystem),
            now: true,
        };
        let gone = matches!(change.kind, ChangeKind::Vanished | ChangeKind::Recreated);
        if let Some(before) = before.filter(|_| gone)
            && let Some(life) = self.seen(before, change, ground)
        {
            end(life, turn(made.map(|event| event.time)));
        }
        let Some(life) = after.and_then(|after| self.seen(after, change, ground)) else { return };
        if matches!(change.kind, ChangeKind::Appeared | ChangeKind::Recreated) {
            let at = life.created_at.filter(|at| *at <= change.window.to);
            let turn = turn(at.or_else(|| made.map(|event| event.time)));
            let expected = turn.expected && !automation::is_orphan(life, ground.gone_policies);
            life.born = Some(Turn { expected, ..turn });
        }
    }

    /// Returns the life of a resource that a scan saw.
    fn seen(&mut self, state: &Resource, change: &Change, ground: &Ground<'_>) -> Option<&mut SnapshotLife> {
        let provider = state.key.provider;
        let key = NodeKey::from(&state.key);
        let [uid, locator] = [state.key.uid.as_str(), state.locator.as_str()]
            .map(|name| (provider, comparable(provider, name)));
        let known = self.latest.get(&uid).copied();
        let known = known.filter(|index| self.lives.get(*index).is_some_and(|life| life.key == key));
        let index = known.unwrap_or(self.lives.len());
        if known.is_none() {
            let life = SnapshotLife::of(key, state.account.clone(), state.location.clone());
            self.lives.push(SnapshotLife { created_at: state.created_at, ..life });
        }
        self.latest.extend([(uid, index), (locator, index)]);
        let life = self.lives.get_mut(index)?;
        life.name = state.name.clone().or_else(|| life.name.take());
        life.sources = sources(state);
        life.managed_by.clone_from(&state.managed_by);
        life.expires_at = automation::expiry(state, ground.retention);
        let outside = state.exposure.grants.iter().filter(|grant| is_outside(grant, ground));
        life.shared_with.extend(outside.map(|grant| grant.principal.clone()));
        if !life.changes.contains(&change.id) {
            life.changes.push(change.id.clone());
        }
        for event in &change.trace.events {
            if !life.events.contains(event) {
                life.events.push(event.clone());
            }
        }
        Some(life)
    }

    fn event(&mut self, event: &AuditEvent, ground: &Ground<'_>) {
        for target in event.targets.iter().filter(|target| target.kind.is_none_or(holds_contents)) {
            if makes(event, target) {
                self.born(event, target, ground);
            }
        }
        for target in event.targets.iter().filter(|target| target.kind.is_none_or(holds_contents)) {
            if !makes(event, target) && matches!(target.role, Role::Subject | Role::Source) {
                self.named(event, target, ground);
            }
        }
    }

    fn find(&self, provider: Provider, target: &Target) -> Option<usize> {
        names(provider, target).find_map(|name| self.latest.get(&name)).copied()
    }

    fn born(&mut self, event: &AuditEvent, target: &Target, ground: &Ground<'_>) {
        let known = self.find(event.provider, target).filter(|index| {
            // Under the same address another can be made once the first is gone.
            let life = self.lives.get(*index);
            life.is_some_and(|life| {
                life.gone.as_ref().is_none_or(|gone| gone.at.to > event.time) || target.uid.is_some()
            })
        });
        let index = known.unwrap_or_else(|| self.open(event, target));
        let Some(life) = self.lives.get_mut(index) else { return };
        note(life, event);
        if life.sources.is_empty() {
            life.sources = of_event(event);
        }
        if life.born.is_none() {
            life.created_at = life.created_at.or(Some(event.time));
            life.born = Some(turn(event, ground));
        }
    }

    /// Begins a life that no change tells.
    fn open(&mut self, event: &AuditEvent, target: &Target) -> usize {
        let uid = target.uid.as_ref().map(Uid::as_str);
        let id = uid.or(target.locator.as_ref().map(Locator::as_str)).unwrap_or_default();
        let key = NodeKey::new(event.provider, target.kind.unwrap_or(Kind::Snapshot), id);
        let mut life = SnapshotLife::of(key, event.account.clone(), event.location.clone());
        life.name.clone_from(&target.name);
        let index = self.lives.len();
        self.lives.push(life);
        self.latest.extend(names(event.provider, target).map(|name| (name, index)));
        index
    }

    /// Notes what an event did to something that it names.
    fn named(&mut self, event: &AuditEvent, target: &Target, ground: &Ground<'_>) {
        let matters = deletes(event.class)
            || matches!(event.class, Class::SnapshotShare | Class::ImageShare | Class::VolumeCreate)
            || matches!(event.class, Class::SnapshotCopy | Class::SnapshotExport | Class::ImageExport)
            || closes(event);
        let of_kind = target.kind.is_some_and(holds_contents);
        let index = match self.find(event.provider, target) {
            Some(index) => index,
            None if matters && of_kind => self.open(event, target),
            None => return,
        };
        // What a service of the vendor does for itself hands nothing to anybody.
        let own = automation::acts_itself(&event.actor) && !deletes(event.class);
        let Some(life) = self.lives.get_mut(index).filter(|_| matters && !own) else { return };
        note(life, event);
        match event.class {
            class if deletes(class) && target.role == Role::Subject && life.gone.is_none() => {
                end(life, turn(event, ground));
            }
            Class::VolumeCreate if !event.actor.external => {
                let made = event.targets(Role::Created).filter(|made| made.kind == Some(Kind::Volume));
                life.volumes.extend(made.map(|made| label(event.provider, made)));
            }
            Class::SnapshotShare | Class::ImageShare => {
                let gained = outsiders(event, "add_principals", ground);
                let lost = outsiders(event, "remove_principals", ground);
                if !gained.is_empty() {
                    life.opened_at = life.opened_at.or(Some(event.time));
                    life.shared_with.extend(gained);
                }
                if !lost.is_empty() || event.operation.starts_with("Reset") {
                    life.closed_at = Some(event.time);
                }
            }
            Class::SnapshotExport | Class::ImageExport => {
                life.exported = true;
                life.opened_at = life.opened_at.or(Some(event.time));
            }
            _ if closes(event) => life.closed_at = Some(event.time),
            _ => {}
        }
        if target.role == Role::Source
            && let Some(outsider) = user(event, ground)
        {
            life.opened_at = life.opened_at.or(Some(event.time));
            life.used_at = Some(event.time);
            life.used_by.insert(outsider);
        }
    }

    fn residue(&mut self, residue: &Residue) {
        let counts = matches!(
            residue.kind,
            ResidueKind::Ghost | ResidueKind::VanishedUnexplained | ResidueKind::TransientChange
        );
        let Some(target) = residue.target.as_ref().filter(|_| counts) else { return };
        let Some(index) = self.find(residue.provider, target) else { return };
        if let Some(life) = self.lives.get_mut(index) {
            life.residues.push(residue.id.clone());
        }
    }
}

/// Whether an export ended by an event.
fn closes(event: &AuditEvent) -> bool {
    event.class == Class::SnapshotModify && event.touches.contains("exposure.")
}

/// Ends a life; what ends before its time was nobody's routine.
fn end(life: &mut SnapshotLife, turn: Turn) {
    let expected = turn.expected;
    life.gone = Some(turn);
    let expected = expected && !automation::is_early(life);
    if let Some(gone) = &mut life.gone {
        gone.expected = expected;
    }
}

fn note(life: &mut SnapshotLife, event: &AuditEvent) {
    if !life.events.contains(&event.id) {
        life.events.push(event.id.clone());
    }
}

fn turn(event: &AuditEvent, ground: &Ground<'_>) -> Turn {
    Turn {
        at: Window { from: event.time, to: event.time },
        by: Some(event.actor.clone()),
        operation: Some(event.operation.clone()),
        expected: automation::acts_itself(&event.actor),
        now: ground.time.from <= event.time && event.time <= ground.time.to,
    }
}

/// Whether an event made a target: an AWS call names what it makes apart; of the others' the class tells.
fn makes(event: &AuditEvent, target: &Target) -> bool {
    let class = matches!(
        event.class,
        Class::SnapshotCreate | Class::SnapshotCopy | Class::RestorePointCreate | Class::ImageCreate
    );
    let part = match target.role {
        Role::Created => true,
        Role::Subject => event.provider != Provider::Aws,
        _ => false,
    };
    class && part && target.kind.is_some_and(holds_contents)
}

/// Whether operations of a class delete what they act on.
const fn deletes(class: Class) -> bool {
    matches!(
        class,
        Class::SnapshotDelete | Class::RestorePointDelete | Class::ImageDelete | Class::BackupTamper
    )
}

/// Returns the disks that a state says that it was taken from; where it names none, the instances.
pub(super) fn sources(state: &Resource) -> BTreeSet<String> {
    let of = |kind: Kind| {
        let links = state.links.iter().filter(move |link| link.rel == Rel::TakenFrom && link.kind == kind);
        links.map(|link| source(state.key.provider, link))
    };
    let disks: BTreeSet<String> = of(Kind::Volume).collect();
    if disks.is_empty() { of(Kind::Instance).collect() } else { disks }
}

/// Names a disk as an event would: by uid on AWS, elsewhere by its address.
fn source(provider: Provider, link: &Link) -> String {
    let locator = link.locator.as_ref().map(Locator::as_str).filter(|_| provider != Provider::Aws);
    comparable(provider, locator.unwrap_or_else(|| link.target()))
}

fn of_event(event: &AuditEvent) -> BTreeSet<String> {
    let of = |kind: Kind| {
        let targets = event.targets.iter().filter(move |target| target.kind == Some(kind));
        targets
            .filter(|target| matches!(target.role, Role::Source))
            .map(|target| label(event.provider, target))
    };
    let disks: BTreeSet<String> = of(Kind::Volume).collect();
    if disks.is_empty() { of(Kind::Instance).collect() } else { disks }
}

fn label(provider: Provider, target: &Target) -> String {
    let uid = target.uid.as_ref().map(Uid::as_str);
    let locator = target.locator.as_ref().map(Locator::as_str);
    let id = if provider == Provider::Aws { uid.or(locator) } else { locator.or(uid) };
    comparable(provider, id.or(target.name.as_deref()).unwrap_or_default())
}

fn names(provider: Provider, target: &Target) -> impl Iterator<Item = (Provider, String)> {
    let uid = target.uid.as_ref().map(Uid::as_str);
    let locator = target.locator.as_ref().map(Locator::as_str);
    [uid, locator].into_iter().flatten().map(move |name| (provider, comparable(provider, name)))
}

/// Azure compares without case (SEMANTICS A.2).
pub(super) fn comparable(provider: Provider, text: &str) -> String {
    if provider == Provider::Azure { text.to_lowercase() } else { text.to_owned() }
}

/// Returns the principals that a fact of an event names.
pub(super) fn principals<'e>(event: &'e AuditEvent, fact: &str) -> impl Iterator<Item = &'e str> {
    let list = event.facts.get(fact).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str)
}
