//! What an estate is made of: units of one machine, its disks and their snapshots, and how they age.
//!
//! A unit is a function of seed and number alone, so that an estate of any size is written without ever
//! being held.

use super::random::Draw;
use super::words::VOLUME_SIZES;

/// How many resources a new unit holds: one instance, three volumes, six snapshots.
pub(crate) const UNIT_SIZE: u64 = 10;

/// Milliseconds since 1970.
pub(crate) type Millis = i64;

/// When generation 0 is listed: 2026-03-01T00:00:00Z. Each further generation is listed a day later.
const FIRST_LISTING: Millis = 1_772_323_200_000;
const DAY: Millis = 86_400_000;
const THREE_YEARS: u64 = 3 * 365 * 86_400_000;

/// Returns when a generation is listed.
pub(crate) fn listed_at(generation: u32) -> Millis {
    FIRST_LISTING + Millis::from(generation) * DAY
}

/// What became of a resource since the generation before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Nothing.
    #[default]
    Same,
    /// Its attributes or tags differ.
    Modified,
    /// It was started, stopped, attached, detached or archived.
    Moved,
    /// It was created.
    Created,
    /// It was deleted.
    Deleted,
}

/// What every resource has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Life {
    /// Where its values are drawn from.
    pub(crate) draw: Draw,
    /// When it was created.
    pub(crate) born: Millis,
    /// How often its tags were modified.
    pub(crate) tags: u32,
    /// How often its attributes were modified.
    pub(crate) settings: u32,
    /// What became of it since the generation before.
    pub(crate) fate: Fate,
}

/// A machine.
#[derive(Clone, Debug)]
pub(crate) struct Instance {
    pub(crate) life: Life,
    /// When it was last started.
    pub(crate) started: Millis,
    /// When it was stopped, if it is.
    pub(crate) stopped: Option<Millis>,
}

/// Where a volume is attached.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attachment {
    /// The instance.
    pub(crate) instance: Draw,
    /// Its slot: 0 is the root.
    pub(crate) slot: usize,
    /// Since when.
    pub(crate) since: Millis,
}

/// A disk.
#[derive(Clone, Debug)]
pub(crate) struct Volume {
    pub(crate) life: Life,
    pub(crate) attachment: Option<Attachment>,
    /// The snapshot of this unit that it was created from.
    pub(crate) source: Option<Draw>,
}

/// A snapshot.
#[derive(Clone, Debug)]
pub(crate) struct Snapshot {
    pub(crate) life: Life,
    /// The volume that it was taken from, and that volume's size then.
    pub(crate) volume: Draw,
    pub(crate) gigabytes: u64,
    /// Whether it was moved to cheaper storage.
    pub(crate) archived: bool,
}

/// One machine, its disks and their snapshots; those deleted since the generation before are still there.
#[derive(Clone, Debug)]
pub(crate) struct Unit {
    pub(crate) draw: Draw,
    pub(crate) instances: Vec<Instance>,
    pub(crate) volumes: Vec<Volume>,
    pub(crate) snapshots: Vec<Snapshot>,
}

enum Act {
    Modify,
    Delete,
    Create,
    Move,
}

impl Act {
    fn draw(draw: Draw, churn: f64) -> Option<Self> {
        draw.of("act").happens(churn).then(|| match draw.of("which").share() {
            share if share < 0.5 => Self::Modify,
            share if share < 0.7 => Self::Delete,
            share if share < 0.9 => Self::Create,
            _ => Self::Move,
        })
    }
}

impl Life {
    fn before(draw: Draw, now: Millis) -> Self {
        let age = Millis::try_from(draw.of("age").below(THREE_YEARS)).unwrap_or_default();
        Self::at(draw, now - age - DAY)
    }

    const fn at(draw: Draw, born: Millis) -> Self {
        Self { draw, born, tags: 0, settings: 0, fate: Fate::Same }
    }

    fn created(draw: Draw, now: Millis) -> Self {
        Self { fate: Fate::Created, ..Self::at(draw, recently(draw, now)) }
    }

    fn modify(&mut self, draw: Draw) {
        if draw.of("tags").happens(0.6) {
            self.tags += 1;
        } else {
            self.settings += 1;
        }
        self.touch(Fate::Modified);
    }

    fn touch(&mut self, fate: Fate) {
        if matches!(self.fate, Fate::Same | Fate::Modified) {
            self.fate = fate;
        }
    }

    /// Whether it is still listed.
    pub(crate) fn is_listed(&self) -> bool {
        self.fate != Fate::Deleted
    }

    /// Returns a moment at most an hour after its creation.
    pub(crate) fn soon(&self, why: &str) -> Millis {
        self.born + Millis::try_from(self.draw.of(why).below(3_600_000)).unwrap_or_default()
    }
}

/// A moment between the listing before and this one.
fn recently(draw: Draw, now: Millis) -> Millis {
    now - Millis::try_from(draw.of("recently").below(DAY.unsigned_abs())).unwrap_or_default()
}

impl Volume {
    /// Returns the size that it was created with.
    pub(crate) fn gigabytes(&self) -> u64 {
        self.life.draw.of("size").pick(VOLUME_SIZES)
    }
}

impl Unit {
    /// Makes a unit as it was at generation 0.
    pub(crate) fn new(draw: Draw) -> Self {
        let mut unit = Self { draw, instances: Vec::new(), volumes: Vec::new(), snapshots: Vec::new() };
        let now = listed_at(0);
        let instance = Instance::new(Life::before(draw.of("instance"), now), now);
        for slot in 0..3 {
            let mut life = Life::before(draw.of("volume").nth(slot), now);
            let is_attached = slot < 2 || life.draw.of("attached").happens(0.3);
            life.born = if slot == 0 { instance.life.born } else { life.born };
            let since = life.born.max(instance.life.born) + 2_000;
            let slot = usize::try_from(slot).unwrap_or_default();
            let attachment = Attachment { instance: instance.life.draw, slot, since };
            unit.volumes.push(Volume { life, attachment: is_attached.then_some(attachment), source: None });
        }
        unit.instances.push(instance);
        for (number, volume) in (0..).zip([0, 0, 1, 1, 1, 2]) {
            let volume = &unit.volumes[volume];
            let life = Life::before(draw.of("snapshot").nth(number), now);
            unit.snapshots
                .push(Snapshot::new(Life { born: life.born.max(volume.life.born) + 60_000, ..life }, volume));
        }
        let is_restored = draw.of("restored").happens(0.4);
        unit.volumes[2].source = is_restored.then_some(unit.snapshots[2].life.draw);
        unit
    }

    /// Lets a day pass.
    pub(crate) fn age(&mut self, generation: u32, churn: f64) {
        self.instances.retain(|instance| instance.life.is_listed());
        self.volumes.retain(|volume| volume.life.is_listed());
        self.snapshots.retain(|snapshot| snapshot.life.is_listed());
        self.lives().for_each(|life| life.fate = Fate::Same);
        let now = listed_at(generation);
        let acts = |draw: Draw| {
            let draw = draw.nth(u64::from(generation));
            Some((Act::draw(draw, churn)?, draw))
        };
        for index in 0..self.instances.len() {
            if let Some((act, draw)) = acts(self.instances[index].life.draw) {
                self.age_instance(index, &act, draw, now);
            }
        }
        for index in 0..self.volumes.len() {
            if let Some((act, draw)) = acts(self.volumes[index].life.draw) {
                self.age_volume(index, &act, draw, now);
            }
        }
        for index in 0..self.snapshots.len() {
            if let Some((act, draw)) = acts(self.snapshots[index].life.draw) {
                self.age_snapshot(index, &act, draw, now);
            }
        }
    }

    /// Returns what every resource became.
    pub(crate) fn fates(&mut self) -> impl Iterator<Item = Fate> {
        self.lives().map(|life| life.fate)
    }

    /// Returns the volumes that are attached to an instance.
    pub(crate) fn attached(&self, instance: Draw) -> impl Iterator<Item = (&Volume, Attachment)> {
        let attached = self.volumes.iter().filter(|volume| volume.life.is_listed());
        attached.filter_map(move |volume| {
            let attachment = volume.attachment.filter(|attachment| attachment.instance == instance)?;
            Some((volume, attachment))
        })
    }

    fn lives(&mut self) -> impl Iterator<Item = &mut Life> {
        let instances = self.instances.iter_mut().map(|instance| &mut instance.life);
        let volumes = self.volumes.iter_mut().map(|volume| &mut volume.life);
        instances.chain(volumes).chain(self.snapshots.iter_mut().map(|snapshot| &mut snapshot.life))
    }

    fn age_instance(&mut self, index: usize, act: &Act, draw: Draw, now: Millis) {
        let id = self.instances[index].life.draw;
        match act {
            Act::Modify => self.instances[index].life.modify(draw),
            Act::Move => {
                let instance = &mut self.instances[index];
                let then = recently(draw, now);
                let starts = instance.stopped.is_some();
                instance.stopped = (!starts).then_some(then);
                instance.started = if starts { then } else { instance.started };
                instance.life.touch(Fate::Moved);
            }
            Act::Delete if counts(draw, 1 + self.attached(id).count()) => {
                self.instances[index].life.fate = Fate::Deleted;
                for volume in &mut self.volumes {
                    match volume.attachment {
                        Some(Attachment { instance, slot: 0, .. }) if instance == id => {
                            volume.life.fate = Fate::Deleted;
                        }
                        Some(Attachment { instance, .. }) if instance == id => volume.detach(),
                        _ => {}
                    }
                }
            }
            Act::Create if counts(draw, 2) => {
                let instance = Instance::new(Life::created(draw.of("created"), now), now);
                let life = Life { draw: draw.of("root"), ..instance.life };
                let attachment =
                    Attachment { instance: instance.life.draw, slot: 0, since: life.born + 2_000 };
                self.volumes.push(Volume { life, attachment: Some(attachment), source: None });
                self.instances.push(instance);
            }
            Act::Delete | Act::Create => {}
        }
    }

    fn age_volume(&mut self, index: usize, act: &Act, draw: Draw, now: Millis) {
        let volume = &mut self.volumes[index];
        let host = volume.attachment.and_then(|attachment| {
            self.instances.iter_mut().find(|host| host.life.draw == attachment.instance)
        });
        match (act, host, volume.attachment.map(|attachment| attachment.slot)) {
            _ if !volume.life.is_listed() => {}
            (Act::Create, ..) => {
                let life = Life::created(draw.of("created"), now);
                let source = self.snapshots.first().map(|snapshot| snapshot.life.draw);
                self.volumes.push(Volume { life, attachment: None, source });
            }
            // The root stays as long as its machine.
            (Act::Modify, ..) | (_, _, Some(0)) => volume.life.modify(draw),
            (Act::Delete, None, _) => volume.life.fate = Fate::Deleted,
            (Act::Delete, Some(host), _) if counts(draw, 2) => {
                volume.life.fate = Fate::Deleted;
                host.life.touch(Fate::Moved);
            }
            (Act::Move, Some(host), _) if counts(draw, 2) => {
                volume.detach();
                host.life.touch(Fate::Moved);
            }
            (Act::Move, None, _) if counts(draw, 2) => self.attach(index, recently(draw, now)),
            (Act::Delete | Act::Move, ..) => {}
        }
    }

    fn age_snapshot(&mut self, index: usize, act: &Act, draw: Draw, now: Millis) {
        let snapshot = &mut self.snapshots[index];
        match act {
            Act::Modify => {
                // All else about a snapshot is fixed.
                snapshot.life.tags += 1;
                snapshot.life.touch(Fate::Modified);
            }
            Act::Delete => snapshot.life.fate = Fate::Deleted,
            Act::Create => {
                let life = Life::created(draw.of("created"), now);
                let again = Snapshot { life, archived: false, ..snapshot.clone() };
                self.snapshots.push(again);
            }
            Act::Move => {
                snapshot.archived = !snapshot.archived;
                snapshot.life.touch(Fate::Moved);
            }
        }
    }

    /// Attaches a volume to the first machine there is.
    fn attach(&mut self, index: usize, since: Millis) {
        let Some(host) = self.instances.iter_mut().find(|host| host.life.is_listed()) else { return };
        host.life.touch(Fate::Moved);
        let instance = host.life.draw;
        let taken: Vec<usize> = self.attached(instance).map(|(_, attachment)| attachment.slot).collect();
        let slot = (1..=taken.len() + 1).find(|slot| !taken.contains(slot)).unwrap_or_default();
        let volume = &mut self.volumes[index];
        volume.attachment = Some(Attachment { instance, slot, since });
        volume.life.touch(Fate::Moved);
    }
}

impl Volume {
    fn detach(&mut self) {
        self.attachment = None;
        self.life.touch(Fate::Moved);
    }
}

impl Instance {
    fn new(life: Life, now: Millis) -> Self {
        let started = life.draw.of("started");
        let is_restarted = started.happens(0.3);
        let since = started.nth(1).below((now - life.born).unsigned_abs().max(1));
        let restarted = life.born + Millis::try_from(since).unwrap_or_default();
        let stopped = life.draw.of("stopped").happens(0.15).then_some(restarted);
        Self { started: if is_restarted { restarted } else { life.born }, stopped, life }
    }
}

impl Snapshot {
    fn new(life: Life, volume: &Volume) -> Self {
        let archived = life.draw.of("archived").happens(0.1);
        Self { volume: volume.life.draw, gigabytes: volume.gigabytes(), archived, life }
    }
}

/// Whether an act that changes several resources happens: as much rarer as it changes more, so that the
/// share of changed resources stays the one that was asked for.
fn counts(draw: Draw, changed: usize) -> bool {
    draw.of("counts").below(changed as u64) == 0
}
