//! Principals that nobody knows yet, or that do what they never did (SEMANTICS F.6).

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use serde_json::Value;

use super::{hops, person};
use crate::model::{
    AccountId, Actor, ActorRecord, AuditEvent, Class, EVERYWHERE, EventId, Location, Provider, Timestamp,
    printable,
};

/// How long a principal is new.
const NEW: SignedDuration = SignedDuration::from_hours(72);

/// How long a ledger must have been kept before a first sight in it means anything.
const BASELINE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What is unusual about whoever caused an event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Novelty {
    /// First seen within 72 hours: the principal, the person behind a shared one, or who became it.
    pub new: bool,
    /// Another identity bore the same name before: it was deleted and made anew.
    pub recreated: bool,
    /// The event, at most 72 hours earlier, that made the principal or gave it rights: the strongest sign.
    pub granted_by: Option<EventId>,
    /// What it never did before, in words.
    pub unexpected: Vec<String>,
    /// Whether the ledger is younger than seven days: then nothing is called new or unexpected for being first
    /// seen, because everybody is.
    pub baseline_insufficient: bool,
    /// All of it in words.
    pub reasons: Vec<String>,
}

impl Novelty {
    /// Whether the principal is new in any way.
    pub const fn is_new(&self) -> bool {
        self.new || self.recreated || self.granted_by.is_some()
    }
}

/// Returns what is unusual about the actor of each event, and about whoever is known to be behind it.
///
/// An event about which there is nothing to say is left out, and so is one by a service of the vendor.
///
/// The ledger may stand as it stood before the events, or have counted them: what the events from this one on add
/// to a class is taken off before it is asked whether the principal ever did such a thing. Locations are not
/// counted, so that only a ledger from before the events knows one as unused. The order of records and events
/// means nothing.
pub fn novelty(records: &[ActorRecord], events: &[AuditEvent], now: Timestamp) -> BTreeMap<EventId, Novelty> {
    let ledger = Ledger::of(records, events, now);
    let mut chains = hops(events);
    let of = |event: &AuditEvent| {
        let chain = chains.remove(&event.id).unwrap_or_else(|| vec![event.actor.clone()]);
        (event.id.clone(), ledger.novelty(event, &chain))
    };
    let known = events.iter().filter(|event| is_judged(&event.actor)).map(of);
    known.filter(|(_, novelty)| *novelty != Novelty::default()).collect()
}

/// Whether it can be told who an actor is, and that it is no service of the vendor.
fn is_judged(actor: &Actor) -> bool {
    actor.service.is_none() && actor.key != Actor::unknown().key
}

/// A principal, and the person where it is shared.
type Key<'a> = (Provider, &'a str, Option<&'a str>);

/// What is known of principals, arranged for the questions.
struct Ledger<'a> {
    seen: BTreeMap<Key<'a>, Seen<'a>>,
    /// The identities that bore a name, with when the first was seen first and last.
    names: BTreeMap<(Provider, &'a str), BTreeMap<&'a str, (Timestamp, Timestamp)>>,
    /// Since when each account's actors are recorded.
    since: BTreeMap<(Provider, &'a AccountId), Timestamp>,
    /// When each principal used each class, by the events.
    uses: BTreeMap<(Key<'a>, Class), Vec<(Timestamp, u64)>>,
    /// The grants, by whom they name.
    grants: BTreeMap<(Provider, String), Vec<&'a AuditEvent>>,
    now: Timestamp,
}

/// What is known of one principal.
#[derive(Default)]
struct Seen<'a> {
    first: Option<Timestamp>,
    classes: BTreeMap<Class, u64>,
    locations: BTreeSet<&'a Location>,
}

impl<'a> Ledger<'a> {
    fn of(records: &'a [ActorRecord], events: &'a [AuditEvent], now: Timestamp) -> Self {
        let mut ledger = Self {
            seen: BTreeMap::new(),
            names: BTreeMap::new(),
            since: BTreeMap::new(),
            uses: BTreeMap::new(),
            grants: BTreeMap::new(),
            now,
        };
        for record in records {
            ledger.read(record);
        }
        for event in events {
            let weight = u64::try_from(event.records.len().max(1)).unwrap_or(u64::MAX);
            for key in keys(event.provider, &event.actor) {
                ledger.uses.entry((key, event.class)).or_default().push((event.time, weight));
            }
            if event.class == Class::IamGrant && event.outcome.has_effect() {
                for name in granted(event) {
                    ledger.grants.entry((event.provider, name)).or_default().push(event);
                }
            }
        }
        ledger
    }

    fn read(&mut self, record: &'a ActorRecord) {
        let (provider, actor) = (record.provider, &record.actor);
        for key in keys(provider, actor) {
            let seen = self.seen.entry(key).or_default();
            seen.first = Some(seen.first.map_or(record.first_seen, |first| first.min(record.first_seen)));
            for (class, count) in &record.classes {
                *seen.classes.entry(*class).or_default() += count;
            }
            seen.locations.extend(&record.locations);
        }
        if actor.name != actor.key && is_judged(actor) {
            let bearers = self.names.entry((provider, actor.name.as_str())).or_default();
            let (first, last) = bearers.entry(&actor.key).or_insert((record.first_seen, record.last_seen));
            *first = (*first).min(record.first_seen);
            *last = (*last).max(record.last_seen);
        }
        for account in &record.accounts {
            let since = self.since.entry((provider, account)).or_insert(record.first_seen);
            *since = (*since).min(record.first_seen);
        }
    }

    fn novelty(&self, event: &AuditEvent, chain: &[Actor]) -> Novelty {
        let mut novelty = Novelty { baseline_insufficient: self.is_young(event), ..Novelty::default() };
        for actor in chain.iter().filter(|actor| is_judged(actor)) {
            if !novelty.baseline_insufficient {
                self.first_sight(event, actor, &mut novelty);
            }
            self.recreation(event, actor, &mut novelty);
            self.grant(event, actor, &mut novelty);
        }
        if !novelty.baseline_insufficient {
            self.first_use(event, &mut novelty);
        }
        novelty
    }

    /// Whether the actors of an event's account are not recorded long enough.
    fn is_young(&self, event: &AuditEvent) -> bool {
        let since = self.since.get(&(event.provider, &event.account));
        since.is_none_or(|since| event.time.min(self.now).duration_since(*since) < BASELINE)
    }

    /// The principal and the person are asked for apart: a known role in the hands of a new person is new.
    fn first_sight(&self, event: &AuditEvent, actor: &Actor, novelty: &mut Novelty) {
        for key @ (_, _, person) in keys(event.provider, actor) {
            let first = self.seen.get(&key).and_then(|seen| seen.first).unwrap_or(event.time).min(event.time);
            let age = event.time.duration_since(first);
            if age <= NEW {
                novelty.new = true;
                let who = person.map_or_else(
                    || printable(&actor.name),
                    |person| format!("{} as {}", printable(person), printable(&actor.name)),
                );
                novelty.reasons.push(format!("{who} was first seen {} h before", age.as_hours()));
            }
        }
    }

    fn recreation(&self, event: &AuditEvent, actor: &Actor, novelty: &mut Novelty) {
        let Some(bearers) = self.names.get(&(event.provider, actor.name.as_str())) else { return };
        let first = bearers.get(actor.key.as_str()).map_or(event.time, |(first, _)| *first).min(event.time);
        let before = bearers.iter().any(|(key, (_, last))| *key != actor.key && *last <= first);
        if before && event.time.duration_since(first) <= NEW {
            novelty.recreated = true;
            let name = printable(&actor.name);
            novelty.reasons.push(format!("{name} is another identity than the one that bore this name before"));
        }
    }

    fn grant(&self, event: &AuditEvent, actor: &Actor, novelty: &mut Novelty) {
        let recent = |grant: &&&AuditEvent| {
            grant.id != event.id && grant.time <= event.time && event.time.duration_since(grant.time) <= NEW
        };
        let names = aliases(event.provider, actor);
        let grants = names.iter().filter_map(|name| self.grants.get(&(event.provider, name.clone()))).flatten();
        let Some(grant) = grants.filter(recent).max_by_key(|grant| (grant.time, &grant.id)) else { return };
        novelty.granted_by = Some(grant.id.clone());
        novelty.reasons.push(format!(
            "{} was made or given rights by {} with `{}` {} min before",
            printable(&actor.name),
            printable(&grant.actor.name),
            printable(&grant.operation),
            event.time.duration_since(grant.time).as_mins()
        ));
    }

    /// What a known principal does for the first time; a new one does everything for the first time.
    fn first_use(&self, event: &AuditEvent, novelty: &mut Novelty) {
        for key @ (_, _, person) in keys(event.provider, &event.actor) {
            let Some(seen) = self.seen.get(&key).filter(|_| !novelty.new) else { continue };
            let who = printable(person.unwrap_or(&event.actor.name));
            let uses = self.uses.get(&(key, event.class)).into_iter().flatten();
            let since: u64 = uses.filter(|(time, _)| *time >= event.time).map(|(_, weight)| weight).sum();
            let counted = seen.classes.get(&event.class).copied().unwrap_or_default();
            if counted <= since {
                novelty.unexpected.push(format!("{who} never caused {} before", event.class));
            }
            if event.location.as_str() != EVERYWHERE && !seen.locations.contains(&event.location) {
                novelty.unexpected.push(format!("{who} never acted in {} before", printable(event.location.as_str())));
            }
        }
        novelty.unexpected.sort();
        novelty.unexpected.dedup();
        novelty.reasons.extend(novelty.unexpected.iter().cloned());
    }
}

/// Returns by what a principal is asked for: itself, and the person where it is shared.
fn keys(provider: Provider, actor: &Actor) -> Vec<Key<'_>> {
    let key = actor.key.as_str();
    let shared = person(provider, actor).map(|person| (provider, key, Some(person)));
    std::iter::once((provider, key, None)).chain(shared).collect()
}

/// Returns the spellings by which a grant can name an actor, in lower case.
fn aliases(provider: Provider, actor: &Actor) -> BTreeSet<String> {
    let mut aliases: BTreeSet<&str> = [actor.key.as_str(), actor.name.as_str()].into();
    aliases.extend(actor.credential.as_deref());
    match provider {
        Provider::Aws => {
            aliases.extend(actor.key.split('#'));
            aliases.extend(actor.name.rsplit('/').next());
        }
        Provider::Azure => aliases.extend(actor.key.split('@').next()),
        Provider::Gcp => {
            // A member is `user:alice@example.com`, an actor may be either.
            aliases.extend(actor.key.split_once(':').map(|(_, address)| address));
        }
    }
    aliases.into_iter().filter(|alias| !alias.is_empty()).map(str::to_lowercase).collect()
}

/// Returns whom a grant names, in lower case: its targets, and every text among its facts.
fn granted(event: &AuditEvent) -> BTreeSet<String> {
    let targets = event.targets.iter().flat_map(|target| {
        let uid = target.uid.as_ref().map(|uid| uid.as_str());
        let locator = target.locator.as_ref().map(|locator| locator.as_str());
        [uid, locator, target.name.as_deref()]
    });
    let mut names: BTreeSet<String> = targets.flatten().map(str::to_lowercase).collect();
    for (fact, value) in &event.facts {
        let names_policy = fact.contains("policy") || fact.contains("definition");
        if !names_policy {
            collect(value, &mut names);
        }
    }
    let addresses: Vec<String> =
        names.iter().filter_map(|name| name.split_once(':').map(|(_, address)| address.to_owned())).collect();
    if event.provider == Provider::Gcp {
        names.extend(addresses);
    }
    names
}

fn collect(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => drop(names.insert(text.to_lowercase())),
        Value::Array(items) => items.iter().for_each(|item| collect(item, names)),
        Value::Object(members) => members.values().for_each(|member| collect(member, names)),
        _ => {}
    }
}
