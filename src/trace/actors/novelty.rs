//! Principals that nobody knows yet, or that do what they never did (SEMANTICS F.6).

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use serde_json::Value;

use super::{hops, person};
use crate::model::{
    AccountId, Acquaintance, Actor, ActorKind, ActorRecord, AuditEvent, Class, EVERYWHERE, EventId,
    Familiarity, Location, Locator, Provider, Timestamp, Uid, printable,
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
    /// Whether the ledger is younger than seven days: then nothing is called new or unexpected for being
    /// first seen, because everybody is.
    pub baseline_insufficient: bool,
    /// All of it in words.
    pub reasons: Vec<String>,
}

impl Novelty {
    /// Whether the principal is new in any way.
    pub const fn is_new(&self) -> bool {
        self.new || self.recreated || self.granted_by.is_some()
    }

    /// Returns how well the actor is known by it.
    pub fn acquaintance(self) -> Acquaintance {
        let familiarity = match &self {
            Self { recreated: true, .. } => Familiarity::Recreated,
            novelty if novelty.is_new() => Familiarity::New,
            novelty if !novelty.unexpected.is_empty() => Familiarity::Unexpected,
            novelty if novelty.baseline_insufficient => Familiarity::Unknown,
            _ => Familiarity::Known,
        };
        Acquaintance { familiarity, reasons: self.reasons }
    }
}

/// Returns what is unusual about the actor of each event, and about whoever is known to be behind it.
///
/// An event whose actor cannot be told is left out, and so is one by a service of the vendor.
///
/// The ledger may stand as it stood before the events, or have counted them: what the events from this one on
/// add to a class is taken off before it is asked whether the principal ever did such a thing. Locations are
/// not counted, so that only a ledger from before the events knows one as unused. The order of records and
/// events means nothing.
pub fn novelty(records: &[ActorRecord], events: &[AuditEvent], now: Timestamp) -> BTreeMap<EventId, Novelty> {
    let ledger = Ledger::of(records, events, now);
    let mut chains = hops(events);
    let of = |event: &AuditEvent| {
        let chain = chains.remove(&event.id).unwrap_or_else(|| vec![event.actor.clone()]);
        (event.id.clone(), ledger.novelty(event, &chain))
    };
    events.iter().filter(|event| is_judged(&event.actor)).map(of).collect()
}

/// Whether it can be told who an actor is, and that it is no service of the vendor.
fn is_judged(actor: &Actor) -> bool {
    actor.service.is_none() && actor.key != Actor::unknown().key
}

/// A principal, and the person where it is shared.
type Key<'a> = (Provider, &'a str, Option<&'a str>);

/// The identities that bore one name, by key, each with when it was first seen and last.
type Bearers<'a> = BTreeMap<&'a str, (Timestamp, Timestamp)>;

/// What is known of principals, arranged for the questions.
struct Ledger<'a> {
    seen: BTreeMap<Key<'a>, Seen<'a>>,
    /// Who bore each name.
    names: BTreeMap<(Provider, &'a str), Bearers<'a>>,
    /// Since when each person is known, in any cloud.
    people: BTreeMap<&'a str, Timestamp>,
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
            people: BTreeMap::new(),
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
        if let Some(person) = individual(provider, actor) {
            let since = self.people.entry(person).or_insert(record.first_seen);
            *since = (*since).min(record.first_seen);
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
            if age > NEW {
                continue;
            }
            let elsewhere = individual(event.provider, actor).and_then(|person| self.people.get(person));
            if elsewhere.is_some_and(|since| event.time.duration_since(*since) > NEW) {
                let who = printable(person.unwrap_or(&actor.name));
                novelty.unexpected.push(format!("{who} is known, and new to {}", event.provider));
            } else {
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
            novelty
                .reasons
                .push(format!("{name} is another identity than the one that bore this name before"));
        }
    }

    fn grant(&self, event: &AuditEvent, actor: &Actor, novelty: &mut Novelty) {
        let recent = |grant: &&&AuditEvent| {
            grant.id != event.id && grant.time <= event.time && event.time.duration_since(grant.time) <= NEW
        };
        let names = aliases(event.provider, actor);
        let grants =
            names.iter().filter_map(|name| self.grants.get(&(event.provider, name.clone()))).flatten();
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
                novelty
                    .unexpected
                    .push(format!("{who} never acted in {} before", printable(event.location.as_str())));
            }
        }
        novelty.unexpected.sort();
        novelty.unexpected.dedup();
        novelty.reasons.extend(novelty.unexpected.iter().cloned());
    }
}

/// Returns the address by which one person signs in to every cloud; `None` for what is no person, or may share it.
///
/// A tenant vouches for it in Azure and Google Cloud, and IAM Identity Center in AWS.
fn individual(provider: Provider, actor: &Actor) -> Option<&str> {
    let vouched = actor.kind == ActorKind::Human && provider != Provider::Aws;
    let address = person(provider, actor).or_else(|| vouched.then_some(actor.name.as_str()))?;
    (address.contains('@') && !actor.external).then_some(address)
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
pub(in crate::trace) fn granted(event: &AuditEvent) -> BTreeSet<String> {
    let targets = event.targets.iter().flat_map(|target| {
        let uid = target.uid.as_ref().map(Uid::as_str);
        let locator = target.locator.as_ref().map(Locator::as_str);
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::model::{ActorKind, End, Role};
    use crate::trace::specimen::{Specimen, actor, at, event};

    const DAY: i64 = 24 * 60;

    /// Who was seen from one day to another.
    fn record(actor: Actor, first: i64, last: i64, classes: &[(Class, u64)]) -> ActorRecord {
        ActorRecord {
            provider: Provider::Aws,
            actor,
            first_seen: at(first * DAY),
            last_seen: at(last * DAY),
            classes: classes.iter().copied().collect(),
            accounts: [AccountId::new("111122223333")].into(),
            locations: [Location::new("eu-west-1")].into(),
        }
    }

    /// A ledger of thirty days, kept by somebody else.
    fn ledger(records: &[ActorRecord]) -> Vec<ActorRecord> {
        let old = record(actor("alice"), -30, 0, &[(Class::InstanceStart, 9)]);
        [&[old], records].concat()
    }

    fn of(records: &[ActorRecord], events: &[AuditEvent], id: &str) -> Novelty {
        novelty(records, events, at(DAY)).remove(&EventId::new(id)).unwrap_or_default()
    }

    fn act() -> AuditEvent {
        event("e1", 60, Class::InstanceDelete, "TerminateInstances")
    }

    fn role(suffix: &str, session: &str) -> Actor {
        let arn = "arn:aws:iam::111122223333:role/admin";
        Actor {
            key: format!("{arn}#AROA{suffix}"),
            name: arn.to_owned(),
            kind: ActorKind::RoleSession,
            session: Some(session.to_owned()),
            ..Actor::unknown()
        }
    }

    #[test]
    fn who_was_first_seen_within_three_days_is_new() {
        let used = [(Class::InstanceDelete, 5)];
        let known = |first| record(actor("mallory"), first, 0, &used);
        assert!(of(&ledger(&[known(-2)]), &[act()], "e1").new);
        assert_eq!(of(&ledger(&[known(-4)]), &[act()], "e1"), Novelty::default());
        assert!(of(&ledger(&[]), &[act()], "e1").new, "nobody ever saw it");
    }

    #[test]
    fn in_a_ledger_of_less_than_seven_days_nobody_is_new() {
        let young = [record(actor("alice"), -6, 0, &[])];
        let novelty = of(&young, &[act()], "e1");
        assert!(novelty.baseline_insufficient && !novelty.is_new() && novelty.unexpected.is_empty());
        let old = [record(actor("alice"), -8, 0, &[])];
        assert!(of(&old, &[act()], "e1").new);
    }

    #[test]
    fn j39_a_role_that_was_deleted_and_made_anew_is_another_identity() {
        let records = ledger(&[record(role("1", "s"), -30, -5, &[]), record(role("2", "s"), 0, 0, &[])]);
        let anew = of(&records, &[act().by(role("2", "s"))], "e1");
        assert!(anew.recreated && anew.is_new());
        let records = ledger(&[record(role("1", "s"), -30, 0, &[(Class::InstanceDelete, 3)])]);
        assert_eq!(of(&records, &[act().by(role("1", "s"))], "e1"), Novelty::default());
        let young = [record(role("1", "s"), -3, -2, &[]), record(role("2", "s"), 0, 0, &[])];
        assert!(of(&young, &[act().by(role("2", "s"))], "e1").recreated, "the log proves it, however young");
    }

    #[test]
    fn of_a_shared_role_the_vouched_person_is_new_and_a_chosen_session_name_is_not() {
        let sso = |person: &str| {
            let arn = "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_01";
            Actor { key: format!("{arn}#AROA1"), name: arn.to_owned(), ..role("1", person) }
        };
        let used = [(Class::InstanceDelete, 5)];
        let records = ledger(&[record(sso("alice@example.com"), -30, 0, &used)]);
        assert_eq!(of(&records, &[act().by(sso("alice@example.com"))], "e1"), Novelty::default());
        let novelty = of(&records, &[act().by(sso("mallory@example.com"))], "e1");
        assert!(novelty.new && novelty.reasons[0].contains("mallory@example.com"), "{novelty:?}");
        let records = ledger(&[record(role("1", "ci-1"), -30, 0, &used)]);
        assert_eq!(of(&records, &[act().by(role("1", "ci-2"))], "e1"), Novelty::default());
    }

    #[test]
    fn a_class_and_a_location_that_it_never_used_are_unexpected() {
        let known = |classes: &[(Class, u64)]| ledger(&[record(actor("mallory"), -30, 0, classes)]);
        let start = [(Class::InstanceStart, 9)];
        assert_eq!(of(&known(&start), &[act()], "e1").unexpected.len(), 1);
        let counted = [(Class::InstanceStart, 9), (Class::InstanceDelete, 1)];
        assert_eq!(of(&known(&counted), &[act()], "e1").unexpected.len(), 1, "the count is this event");
        let more = [(Class::InstanceDelete, 2)];
        assert_eq!(of(&known(&more), &[act()], "e1").unexpected, [""; 0]);
        let again = event("e2", 70, Class::InstanceDelete, "TerminateInstances");
        assert_eq!(of(&known(&more), &[act(), again.clone()], "e1").unexpected.len(), 1);
        assert_eq!(of(&known(&more), &[act(), again], "e2").unexpected, [""; 0], "it did so an hour before");
        let elsewhere = AuditEvent { location: Location::new("ap-east-1"), ..act() };
        let unexpected = of(&known(&more), &[elsewhere], "e1").unexpected;
        assert!(unexpected[0].contains("ap-east-1"), "{unexpected:?}");
    }

    fn grant(id: &str, minutes: i64) -> AuditEvent {
        event(id, minutes, Class::IamGrant, "AttachUserPolicy")
            .by(actor("admin"))
            .fact("user_name", "mallory")
    }

    #[test]
    fn who_was_given_rights_within_three_days_before_is_told_with_the_grant() {
        let records = ledger(&[record(actor("mallory"), -30, 0, &[(Class::InstanceDelete, 5)])]);
        let by = |grant: AuditEvent| of(&records, &[grant, act()], "e1").granted_by;
        assert_eq!(by(grant("g", 30)), Some(EventId::new("g")));
        assert_eq!(by(grant("g", 90)), None, "later");
        assert_eq!(by(grant("g", -3 * DAY)), None, "too early");
        assert_eq!(by(grant("g", 30).ending(End::Denied)), None);
        assert_eq!(by(grant("g", 30).fact("user_name", "bob")), None);
        let named = event("g", 30, Class::IamGrant, "CreateAccessKey");
        let mut named = named.by(actor("admin"));
        named.targets.insert(crate::model::Target {
            uid: Some(Uid::new(actor("mallory").name)),
            ..crate::model::Target::by_uid(Role::Subject, None, "")
        });
        assert_eq!(by(named), Some(EventId::new("g")));
    }

    #[test]
    fn a_google_cloud_member_and_an_azure_principal_are_found_in_a_grant() {
        let found = |provider: Provider, key: &str, fact: Value| {
            let who = Actor { key: key.to_owned(), name: "shown".to_owned(), ..actor("x") };
            let given = grant("g", 30).of(provider).fact("add_principals", fact);
            of(&[], &[given, act().of(provider).by(who)], "e1").granted_by.is_some()
        };
        assert!(found(Provider::Gcp, "user:eve@example.com", json!(["user:eve@example.com"])));
        assert!(found(Provider::Gcp, "eve@example.com", json!(["user:Eve@example.com"])));
        assert!(!found(Provider::Gcp, "user:eve@example.com", json!(["user:bob@example.com"])));
        assert!(found(Provider::Azure, "1111-22@tenant", json!("1111-22")));
        assert!(!found(Provider::Azure, "1111-22@tenant", json!("1111-23")));
    }

    #[test]
    fn a_new_person_behind_a_known_role_is_new() {
        let arn = "arn:aws:iam::111122223333:role/admin";
        let known = Actor { credential: Some("ASIA1".to_owned()), ..role("1", "s") };
        let records = ledger(&[record(known.clone(), -30, 0, &[(Class::InstanceDelete, 5)])]);
        let assume = event("a", 30, Class::IamAssume, "AssumeRole").fact("assumed_role", arn);
        let assume = assume.fact("issued_credential", "ASIA1");
        let act = act().by(known);
        assert!(of(&records, &[assume, act.clone()], "e1").new);
        assert_eq!(of(&records, &[act], "e1"), Novelty::default());
    }

    #[test]
    fn services_of_the_vendor_are_never_new() {
        let service = Actor { service: Some("autoscaling".to_owned()), ..actor("autoscaling") };
        assert_eq!(novelty(&ledger(&[]), &[act().by(service)], at(DAY)), BTreeMap::new());
    }

    proptest! {
        #[test]
        fn the_order_of_events_and_records_means_nothing(
            minutes in prop::collection::vec((0..200i64, any::<bool>()), 0..8),
        ) {
            let events: Vec<_> = minutes.iter().enumerate().map(|(id, (minutes, grants))| {
                let id = format!("e{id}");
                let acts = AuditEvent { id: EventId::new(id.clone()), time: at(*minutes), ..act() };
                if *grants { grant(&id, *minutes) } else { acts }
            }).collect();
            let records = ledger(&[record(actor("mallory"), -1, 0, &[(Class::InstanceDelete, 2)])]);
            let reversed: Vec<_> = events.iter().rev().cloned().collect();
            let backwards: Vec<_> = records.iter().rev().cloned().collect();
            prop_assert_eq!(novelty(&records, &events, at(DAY)), novelty(&backwards, &reversed, at(DAY)));
        }
    }
}
