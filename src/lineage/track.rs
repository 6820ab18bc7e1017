//! What is said of one slot → who stood there, and when.

use std::collections::BTreeMap;

use jiff::SignedDuration;

use super::marks::{Mark, What};
use super::slots::Track;
use crate::model::{Life, NodeKey, Occupancy, Provider, Resource, Timestamp, Window};

/// How long after its event an operation may take effect, and how far clocks and listings lag (SEMANTICS F.2).
const fn lag(provider: Provider) -> SignedDuration {
    match provider {
        Provider::Aws => SignedDuration::from_mins(5),
        Provider::Azure => SignedDuration::from_mins(60),
        Provider::Gcp => SignedDuration::from_mins(2),
    }
}

/// Returns who stood in a slot, the earliest first; `born` is when the instance came to be.
pub(super) fn fold(
    instance: &NodeKey,
    slot: &str,
    track: Track,
    born: Option<Timestamp>,
    lives: &BTreeMap<NodeKey, &Life>,
) -> Vec<Occupancy> {
    let Track { root, mut marks } = track;
    let lag = lag(instance.provider);
    sort(&mut marks);
    marks.dedup();
    put_off(&mut marks, lag);
    let here = |volume: NodeKey, attached: Window| Occupancy {
        instance: instance.clone(),
        slot: slot.to_owned(),
        root,
        volume,
        attached,
        detached: None,
        known_by: crate::model::KnownBy::default(),
    };
    let mut slot =
        Slot { here: &here, lag, born, lives, past: Vec::new(), current: None, last: None, replaced: None };
    for mark in marks {
        slot.take(&mark);
    }
    slot.past.extend(slot.current);
    slot.past
}

/// Of marks at one moment, what scans say comes last: it holds from then on.
fn sort(marks: &mut [Mark]) {
    marks.sort_by(|one, other| {
        (one.at, order(&one.what), &one.what, &one.event).cmp(&(
            other.at,
            order(&other.what),
            &other.what,
            &other.event,
        ))
    });
}

/// What is taken out makes room for what is put in.
const fn order(what: &What) -> u8 {
    match what {
        What::Taken(_) | What::Says(None) => 0,
        What::Replaced => 1,
        What::Put(_) | What::Says(Some(_)) => 2,
        What::Seen(_) => 3,
    }
}

/// Moves what an event says behind a sighting that contradicts it and follows at once: the operation had not yet
/// taken effect when the scan looked.
fn put_off(marks: &mut [Mark], lag: SignedDuration) {
    for index in 1..marks.len() {
        let Some([told, seen]) = marks.get_mut(index - 1..=index) else { continue };
        let at_once = seen.event.is_none() && told.at.to + lag >= seen.at.from;
        let What::Seen(volume) = &seen.what else { continue };
        let contradicts = match &told.what {
            What::Put(put) | What::Says(Some(put)) => volume.as_ref() != Some(put),
            What::Taken(Some(taken)) => volume.as_ref() == Some(taken),
            What::Taken(None) | What::Says(None) => volume.is_some(),
            What::Replaced | What::Seen(_) => false,
        };
        if told.event.is_some() && at_once && contradicts {
            told.at = Window { from: seen.at.to.max(told.at.from), to: seen.at.to.max(told.at.to) };
            marks.swap(index - 1, index);
        }
    }
}

struct Slot<'f> {
    here: &'f dyn Fn(NodeKey, Window) -> Occupancy,
    lag: SignedDuration,
    born: Option<Timestamp>,
    lives: &'f BTreeMap<NodeKey, &'f Life>,
    past: Vec<Occupancy>,
    current: Option<Occupancy>,
    /// The last moment of which anything is known.
    last: Option<Timestamp>,
    /// An operation of the vendor's that put something there, and nobody saw yet what.
    replaced: Option<Mark>,
}

impl Slot<'_> {
    fn take(&mut self, mark: &Mark) {
        match &mark.what {
            What::Seen(volume) => self.see(volume.as_ref(), mark),
            What::Says(Some(volume)) if self.holds(volume) => self.tell(mark),
            What::Put(volume) | What::Says(Some(volume)) => self.put(volume, mark),
            What::Says(None) => self.remove(None, mark),
            What::Taken(volume) => self.remove(volume.as_ref(), mark),
            What::Replaced => self.replaced = Some(mark.clone()),
        }
        self.last = Some(self.last.map_or(mark.at.from, |last| last.max(mark.at.from)));
    }

    fn holds(&self, volume: &NodeKey) -> bool {
        self.current.as_ref().is_some_and(|held| held.volume == *volume)
    }

    fn see(&mut self, volume: Option<&NodeKey>, mark: &Mark) {
        let same = self.current.as_ref().map(|held| &held.volume) == volume;
        if !same {
            // Where the vendor's own operation put it there, both ends are known.
            let replaced = self
                .replaced
                .take()
                .filter(|replaced| self.current.is_some() && replaced.at.to <= mark.at.to);
            let gap = match &replaced {
                Some(replaced) => replaced.at,
                None => Window { from: self.last.unwrap_or(Timestamp::MIN).min(mark.at.to), to: mark.at.to },
            };
            self.close(gap, replaced.as_ref());
            if let Some(volume) = volume {
                let room = self.past.last().and_then(|held| held.detached).map_or(gap.from, |out| out.from);
                let gap = Window { from: gap.from.max(room).min(gap.to), to: gap.to };
                let attached = if replaced.is_some() { gap } else { self.narrowed(volume, gap) };
                self.open(volume, attached, replaced.as_ref());
            }
        }
        if let (Some(held), true) = (&mut self.current, volume.is_some()) {
            held.known_by.state = true;
        }
    }

    fn put(&mut self, volume: &NodeKey, mark: &Mark) {
        let lag = self.lag;
        let same = self.current.as_mut().filter(|held| held.volume == *volume);
        if let Some(held) = same {
            let attached = held.attached;
            // An event of the attachment that is known already, or a moment that it lies at.
            if mark.at.from <= attached.to.saturating_add(lag).unwrap_or(Timestamp::MAX) {
                if attached.from != attached.to {
                    let at = mark.at.to.clamp(attached.from, attached.to);
                    held.attached = Window { from: at, to: at };
                }
                return self.tell(mark);
            }
        }
        let gap = Window { from: self.last.unwrap_or(mark.at.from).min(mark.at.to), to: mark.at.to };
        self.close(gap, None);
        self.open(volume, mark.at, Some(mark));
        self.replaced = None;
    }

    fn remove(&mut self, volume: Option<&NodeKey>, mark: &Mark) {
        if volume.is_none_or(|volume| self.holds(volume)) {
            return self.close(mark.at, Some(mark));
        }
        // Of what nobody saw there it is known that it stood there.
        if let (None, None, Some(volume)) = (&self.current, self.last, volume) {
            let attached = self.narrowed(volume, Window { from: Timestamp::MIN, to: mark.at.to });
            self.open(volume, attached, None);
            self.close(mark.at, Some(mark));
        }
    }

    fn open(&mut self, volume: &NodeKey, attached: Window, told: Option<&Mark>) {
        let mut held = (self.here)(volume.clone(), attached);
        held.known_by.events.extend(told.and_then(|mark| mark.event.clone()));
        self.current = Some(held);
    }

    fn close(&mut self, at: Window, told: Option<&Mark>) {
        let Some(mut held) = self.current.take() else { return };
        let from = at.from.max(held.attached.from);
        let at = Window { from, to: at.to.max(from) };
        let moments = self.moments(&held.volume, &["LastOwnershipUpdateTime", "lastDetachTimestamp"], at);
        let moment = moments.into_iter().max().filter(|_| at.from != at.to);
        held.detached = Some(moment.map_or(at, |at| Window { from: at, to: at }));
        held.known_by.events.extend(told.and_then(|mark| mark.event.clone()));
        self.past.push(held);
    }

    /// Adds an event that says what is known already.
    fn tell(&mut self, mark: &Mark) {
        if let Some(held) = &mut self.current {
            let near = mark.at.from <= held.attached.to.saturating_add(self.lag).unwrap_or(Timestamp::MAX);
            held.known_by.events.extend(mark.event.clone().filter(|_| near));
        }
    }

    /// Narrows when a volume was put somewhere by its own times: it was not there before it was made, nor before
    /// the instance was.
    fn narrowed(&self, volume: &NodeKey, gap: Window) -> Window {
        let made =
            self.lives.get(volume).and_then(|life| life.spells.iter().find_map(|it| it.state.created_at));
        let from = [made, self.born].into_iter().flatten().fold(gap.from, Timestamp::max).min(gap.to);
        let gap = Window { from, to: gap.to };
        if let Some(at) = self.moments(volume, &["lastAttachTimestamp"], gap).into_iter().min() {
            return Window { from: at, to: at };
        }
        // It moves at every start as well: the disk was there by then.
        let by = self.moments(volume, &["LastOwnershipUpdateTime"], gap).into_iter().min();
        Window { from, to: by.unwrap_or(gap.to) }
    }

    /// Returns what a volume proves of a time: moments at which it was attached or detached.
    fn moments(&self, volume: &NodeKey, paths: &[&str], within: Window) -> Vec<Timestamp> {
        let spells = self.lives.get(volume).into_iter().flat_map(|life| &life.spells);
        let moments = spells.flat_map(|spell| paths.iter().filter_map(|path| moment(&spell.state, path)));
        moments.filter(|at| within.from <= *at && *at <= within.to).collect()
    }
}

/// Returns a moment of a resource's evidence.
pub(super) fn moment(resource: &Resource, path: &str) -> Option<Timestamp> {
    resource.evidence.get(path)?.as_str()?.parse().ok()
}
