//! Events by what they name, so that no search looks at more than the few that can matter.

use jiff::SignedDuration;
use rustc_hash::{FxHashMap, FxHashSet};

use super::automation;
pub(super) use crate::model::folded;
use crate::model::{
    AccountId, AuditEvent, Class, Confidence, Kind, Locator, Provider, Resource, Target, Timestamp, Uid,
    Window,
};

/// How long an operation may run; one that began earlier is no longer looked for.
const LONGEST: SignedDuration = SignedDuration::from_hours(24);

/// The events of the time that is judged.
pub(super) struct Index<'a> {
    named: FxHashMap<(Provider, String), Vec<Naming<'a>>>,
    tokens: FxHashMap<(Provider, String), Vec<&'a AuditEvent>>,
    classes: FxHashMap<(Provider, AccountId, Class), Vec<&'a AuditEvent>>,
    /// The deletions of groups alone: in a long log every event may name its group.
    groups: FxHashMap<(Provider, String), Vec<Naming<'a>>>,
    accounts: FxHashSet<(Provider, AccountId)>,
    /// How long the longest operation ran.
    longest: SignedDuration,
}

/// An event, and the target by which it names a resource.
#[derive(Clone, Copy, Debug)]
pub(super) struct Naming<'a> {
    /// The event.
    pub(super) event: &'a AuditEvent,
    /// What it names.
    pub(super) target: &'a Target,
}

/// By what an event is joined to a resource, the surest first (SEMANTICS F.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum By {
    /// Its immutable id.
    Uid,
    /// Its address, which another resource can have borne.
    Locator,
    /// A client token or a reservation.
    Token,
    /// Its name, and the time.
    Name,
    /// The time alone, as the log left out what was made.
    Time,
}

impl<'a> Index<'a> {
    /// Sorts events in; one that stands there twice counts once, and their order means nothing.
    pub(super) fn new(events: &'a [AuditEvent]) -> Self {
        let mut sorted: Vec<&AuditEvent> = events.iter().collect();
        sorted.sort_by(|one, other| order(one).cmp(&order(other)));
        sorted.dedup_by(|one, other| order(one) == order(other));
        let mut index = Self {
            named: FxHashMap::default(),
            tokens: FxHashMap::default(),
            classes: FxHashMap::default(),
            groups: FxHashMap::default(),
            accounts: FxHashSet::default(),
            longest: SignedDuration::ZERO,
        };
        for event in sorted {
            index.add(event);
        }
        index
    }

    fn add(&mut self, event: &'a AuditEvent) {
        let provider = event.provider;
        self.longest = self.longest.max(event.last_at().duration_since(event.time)).min(LONGEST);
        self.accounts.insert((provider, event.account.clone()));
        self.classes.entry((provider, event.account.clone(), event.class)).or_default().push(event);
        for token in &event.tokens {
            self.tokens.entry((provider, token.clone())).or_default().push(event);
        }
        for target in &event.targets {
            let uid = target.uid.as_ref().map(Uid::as_str);
            let locator = target.locator.as_ref().map(Locator::as_str);
            let mut texts: Vec<String> = [uid, locator, target.name.as_deref()]
                .into_iter()
                .flatten()
                .map(|text| folded(provider, text, &event.account))
                .collect();
            texts.dedup();
            for text in texts {
                let naming = Naming { event, target };
                if automation::deletes_all(event) {
                    self.groups.entry((provider, text.clone())).or_default().push(naming);
                }
                self.named.entry((provider, text)).or_default().push(naming);
            }
        }
    }

    /// Whether any event is of an account's log.
    pub(super) fn knows(&self, provider: Provider, account: &AccountId) -> bool {
        self.accounts.contains(&(provider, account.clone()))
    }

    /// Returns the events of a window that name something by this text, in the order of time.
    pub(super) fn naming<'s>(
        &'s self,
        provider: Provider,
        account: &AccountId,
        text: &str,
        window: Window,
    ) -> impl Iterator<Item = Naming<'a>> {
        let namings = self.named.get(&(provider, folded(provider, text, account)));
        self.within(namings, window, |naming| naming.event)
    }

    /// Returns the events of a window that delete a group of this address, in the order of time.
    pub(super) fn deleting<'s>(
        &'s self,
        provider: Provider,
        account: &AccountId,
        group: &str,
        window: Window,
    ) -> impl Iterator<Item = Naming<'a>> {
        let namings = self.groups.get(&(provider, folded(provider, group, account)));
        self.within(namings, window, |naming| naming.event)
    }

    /// Returns the events of a window that bear a token, in the order of time.
    pub(super) fn bearing<'s>(
        &'s self,
        provider: Provider,
        token: &str,
        window: Window,
    ) -> impl Iterator<Item = &'a AuditEvent> {
        let events = self.tokens.get(&(provider, token.to_owned()));
        self.within(events, window, |event| event)
    }

    /// Returns the events of a class in an account's log, in the order of time.
    pub(super) fn of_class<'s>(
        &'s self,
        provider: Provider,
        account: &AccountId,
        class: Class,
        window: Window,
    ) -> impl Iterator<Item = &'a AuditEvent> {
        let events = self.classes.get(&(provider, account.clone(), class));
        self.within(events, window, |event| event)
    }

    /// Returns the members of a list in the order of time whose events began or ended in a window.
    fn within<'s, T: Copy>(
        &self,
        list: Option<&'s Vec<T>>,
        window: Window,
        event: fn(&T) -> &'a AuditEvent,
    ) -> impl Iterator<Item = T> + use<'s, 'a, T> {
        let list = list.map_or(&[][..], Vec::as_slice);
        let first = window.from - self.longest;
        let start = list.partition_point(|item| event(item).time < first);
        let list = list.get(start..).unwrap_or_default().iter().copied();
        list.take_while(move |item| event(item).time <= window.to)
            .filter(move |item| event(item).last_at() >= window.from)
    }
}

fn order(event: &AuditEvent) -> (Timestamp, &str, Provider) {
    (event.time, event.id.as_str(), event.provider)
}

/// Whether two texts name the same thing.
pub(super) fn same(provider: Provider, account: &AccountId, one: &str, other: &str) -> bool {
    one == other || folded(provider, one, account) == folded(provider, other, account)
}

/// Tells by what a target is a resource; `None` if it is another.
///
/// The same address with another id is another resource, which bore the address at another time.
pub(super) fn is(target: &Target, event: &AuditEvent, resource: &Resource) -> Option<By> {
    let kind = target.kind.is_none_or(|kind| kin(kind, resource.key.kind));
    if !kind || event.provider != resource.key.provider {
        return None;
    }
    let same = |one: &str, other: &str| same(event.provider, &event.account, one, other);
    match &target.uid {
        Some(uid) if same(uid.as_str(), resource.key.uid.as_str()) => return Some(By::Uid),
        Some(_) if resource.uid_confidence == Confidence::High => return None,
        _ => {}
    }
    let locator = target.locator.as_ref()?;
    same(locator.as_str(), resource.locator.as_str()).then_some(By::Locator)
}

/// Whether an event and a scan can call the same thing by these two kinds.
fn kin(one: Kind, other: Kind) -> bool {
    let family = |kind| match kind {
        Kind::ScaleSetInstance => Kind::Instance,
        Kind::MachineImage => Kind::Image,
        Kind::InstantSnapshot | Kind::RestorePoint => Kind::Snapshot,
        kind => kind,
    };
    one == other || family(one) == family(other) || [one, other].contains(&Kind::Recycled)
}
