//! The clock, the queue of what is to be done, and what the clouds record of it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use driftline::model::{Approval, AuditEvent, EventId, Kind, LogScope, Provider, Timestamp};
use fastrand::Rng;
use jiff::{SignedDuration, ToSpan};

use crate::estate::{Id, Site, Thing};
use crate::native;
use crate::people::Who;

/// Something to be done at a time.
type Task = Box<dyn FnOnce(&mut World)>;

/// An attack, and what it left behind.
#[derive(Debug)]
pub(crate) struct Plot {
    /// What sort.
    pub(crate) kind: &'static str,
    /// The rules that should speak of it.
    pub(crate) expects: &'static [&'static str],
    pub(crate) began: Timestamp,
    pub(crate) ended: Timestamp,
    pub(crate) uids: BTreeSet<String>,
    pub(crate) events: BTreeSet<EventId>,
    /// What it did, in words, in order.
    pub(crate) steps: Vec<String>,
}

/// One record on its way into a log.
pub(crate) struct Delivery {
    pub(crate) at: Timestamp,
    pub(crate) event: AuditEvent,
}

/// A time for which something does not work.
#[derive(Clone, Debug)]
pub(crate) struct Outage {
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
}

/// The estate in motion.
pub(crate) struct World {
    pub(crate) now: Timestamp,
    pub(crate) rng: Rng,
    pub(crate) things: Vec<Thing>,
    /// Those that are there, by kind.
    pub(crate) alive: BTreeMap<Kind, BTreeSet<Id>>,
    /// Those that differ from what the last scan saw.
    pub(crate) touched: BTreeSet<Id>,
    pub(crate) mail: Vec<Delivery>,
    pub(crate) approvals: Vec<Approval>,
    pub(crate) plots: Vec<Plot>,
    /// The attack whose step is being done.
    pub(crate) plot: Option<usize>,
    /// Whether what is done leaves no record.
    pub(crate) silent: bool,
    /// Since when the trail of an account is stopped.
    pub(crate) stopped_trails: BTreeMap<&'static str, Timestamp>,
    /// When which log cannot be read, and whether it is read later.
    pub(crate) log_outages: Vec<(LogScope, Outage, bool)>,
    /// When which site cannot be listed.
    pub(crate) blind: Vec<(&'static Site, Outage)>,
    pub(crate) serial: u64,
    /// Who works here.
    pub(crate) staff: Vec<Who>,
    /// The disks of which each policy takes snapshots.
    pub(crate) policies: Vec<(&'static str, Vec<Id>)>,
    /// The machines that rest at night.
    pub(crate) sleepers: Vec<Id>,
    /// A machine of staging, and the disk of production that its data comes from.
    pub(crate) mirror: Option<(Id, Id)>,
    queue: BinaryHeap<Reverse<(Timestamp, u64)>>,
    tasks: BTreeMap<u64, (Task, Option<usize>)>,
}

impl World {
    /// Begins with nothing.
    pub(crate) fn new(seed: u64, now: Timestamp) -> Self {
        Self {
            now,
            rng: Rng::with_seed(seed),
            things: Vec::new(),
            alive: BTreeMap::new(),
            touched: BTreeSet::new(),
            mail: Vec::new(),
            approvals: Vec::new(),
            plots: Vec::new(),
            plot: None,
            silent: false,
            stopped_trails: BTreeMap::new(),
            log_outages: Vec::new(),
            blind: Vec::new(),
            serial: 0,
            staff: Vec::new(),
            policies: Vec::new(),
            sleepers: Vec::new(),
            mirror: None,
            queue: BinaryHeap::new(),
            tasks: BTreeMap::new(),
        }
    }

    /// Returns a number that was never given.
    pub(crate) fn next(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    /// Lets something be done at a time.
    pub(crate) fn at(&mut self, time: Timestamp, task: impl FnOnce(&mut Self) + 'static) {
        let number = self.next();
        self.queue.push(Reverse((time.max(self.now), number)));
        self.tasks.insert(number, (Box::new(task), self.plot));
    }

    /// Lets something be done so many minutes from now.
    pub(crate) fn later(&mut self, minutes: i64, task: impl FnOnce(&mut Self) + 'static) {
        let seconds = self.rng.i64(0..60);
        self.at(self.now + minutes.minutes() + seconds.seconds(), task);
    }

    /// Does everything that is due before a time.
    pub(crate) fn run_until(&mut self, time: Timestamp) {
        while let Some(Reverse((due, number))) = self.queue.peek().copied() {
            if due >= time {
                break;
            }
            self.queue.pop();
            self.now = due;
            if let Some((task, plot)) = self.tasks.remove(&number) {
                self.plot = plot;
                task(self);
                self.plot = None;
            }
        }
        self.now = time;
    }

    /// Returns those of a kind that are there and fit.
    pub(crate) fn those(&self, kind: Kind, fits: impl Fn(&Thing) -> bool) -> Vec<Id> {
        let all = self.alive.get(&kind).into_iter().flatten().copied();
        all.filter(|id| fits(&self.things[*id])).collect()
    }

    /// Returns one of a kind that is there and fits.
    pub(crate) fn one(&mut self, kind: Kind, fits: impl Fn(&Thing) -> bool) -> Option<Id> {
        let fitting = self.those(kind, fits);
        (!fitting.is_empty()).then(|| fitting[self.rng.usize(..fitting.len())])
    }

    /// Takes in a new thing.
    pub(crate) fn add(&mut self, thing: Thing) -> Id {
        let id = self.things.len();
        self.alive.entry(thing.kind).or_default().insert(id);
        self.things.push(thing);
        self.touch(id);
        id
    }

    /// Notes that a listing would show a difference.
    pub(crate) fn touch(&mut self, id: Id) {
        self.things[id].version += 1;
        self.touched.insert(id);
        if let Some(plot) = self.plot {
            let uid = self.things[id].uid.clone();
            self.plots[plot].uids.insert(uid);
        }
    }

    /// Lets a thing be gone.
    pub(crate) fn remove(&mut self, id: Id) {
        self.touch(id);
        let thing = &mut self.things[id];
        thing.gone = true;
        if let Some(alive) = self.alive.get_mut(&thing.kind) {
            alive.remove(&id);
        }
    }

    /// Records what was done, in the words of its cloud.
    pub(crate) fn record(&mut self, site: &'static Site, records: Vec<serde_json::Value>) {
        if let Some(plot) = self.plot {
            self.plots[plot].ended = self.now;
        }
        let stopped = self.stopped_trails.contains_key(site.account);
        if self.silent || stopped {
            return;
        }
        for record in records {
            let lag = self.lag(site.provider);
            let at = self.now + lag;
            let Some(event) = native::read_record(site, record, at) else { continue };
            if let Some(plot) = self.plot {
                self.plots[plot].events.insert(event.id.clone());
            }
            self.mail.push(Delivery { at, event });
        }
    }

    fn lag(&mut self, provider: Provider) -> SignedDuration {
        let late = self.rng.u32(0..100) == 0;
        let seconds = match provider {
            Provider::Aws | Provider::Azure if late => self.rng.i64(600..2400),
            Provider::Aws => 90 + self.rng.i64(0..300) + self.rng.i64(0..420),
            Provider::Azure => self.rng.i64(120..600),
            Provider::Gcp => self.rng.i64(1..40),
        };
        SignedDuration::from_secs(seconds)
    }

    /// Writes down a step of the attack that is going on.
    pub(crate) fn step(&mut self, words: impl Into<String>) {
        if let Some(plot) = self.plot {
            let words = format!("{} {}", self.now.strftime("%m-%d %H:%M"), words.into());
            self.plots[plot].steps.push(words);
        }
    }

    /// Returns whether a chance of one in so many comes true.
    pub(crate) fn chance(&mut self, of: u32) -> bool {
        self.rng.u32(0..of.max(1)) == 0
    }

    /// Returns a number around a mean, as independent acts make it.
    pub(crate) fn around(&mut self, mean: f64) -> u32 {
        let (limit, mut product, mut count) = ((-mean).exp(), self.rng.f64(), 0);
        while product > limit && count < 200 {
            product *= self.rng.f64();
            count += 1;
        }
        count
    }
}
