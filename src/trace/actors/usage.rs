//! Which grants are used, and which are not while a complete log looks on (SEMANTICS A.7, F.6).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::SignedDuration;

use crate::model::{
    AccountId, Actor, Capability, EVERYWHERE, GrantUse, LastAct, Location, LogInterval, LogStatus, Provider,
    Resource, Timestamp,
};

/// How long before a moment a log may end that still tells of that moment: what was fetched a day before counts.
const FRESH: SignedDuration = SignedDuration::from_hours(48);

/// The sorts of principal that a log names as actors; all others act through somebody.
const ACTORS: &[&str] = &["user", "role", "service-account", "service-principal", "federated-identity"];

/// An account of a cloud.
pub type Place = (Provider, AccountId);

/// Tells of each grant when it was last used, and since when it is not.
///
/// `logs` are settled ([`super::super::settled_coverage`]), `places` where each account has compute: only where every
/// such place has a log that is complete until `at` is silence on all of them known. What was used for the last time
/// may be an attempt that came to nothing: that is a use of the grant, too.
pub fn usage(
    grants: impl IntoIterator<Item = Resource>,
    acts: &[LastAct],
    logs: &[LogInterval],
    places: &BTreeMap<Place, BTreeSet<Location>>,
    at: Timestamp,
) -> Vec<GrantUse> {
    let mut complete: BTreeMap<Place, Option<Timestamp>> = BTreeMap::new();
    let told = grants.into_iter().map(|grant| {
        let place = (grant.key.provider, grant.account.clone());
        let from = *complete.entry(place).or_insert_with_key(|place| complete_from(place, logs, places, at));
        let used = last_use(&grant, acts);
        let acts_itself = text(&grant, "principal_kind").is_some_and(|kind| ACTORS.contains(&kind));
        let quiet_since = from.filter(|_| acts_itself).map(|from| used.map_or(from, |used| used.max(from)));
        GrantUse { grant: Arc::new(grant), used, quiet_since }
    });
    told.collect()
}

/// Returns since when every log of an account is complete until a moment; `None` if one is not, or a place has none.
fn complete_from(
    (provider, account): &Place,
    logs: &[LogInterval],
    places: &BTreeMap<Place, BTreeSet<Location>>,
    at: Timestamp,
) -> Option<Timestamp> {
    let own = logs.iter().filter(|log| log.scope.provider == *provider && log.scope.account == *account);
    let mut last: BTreeMap<&Location, Option<Timestamp>> = BTreeMap::new();
    for interval in own {
        let from = last.entry(&interval.scope.location).or_default();
        let covers = interval.status == LogStatus::Complete
            && interval.window.from <= at
            && interval.window.to.saturating_add(FRESH).is_ok_and(|to| to >= at);
        if covers {
            *from = Some(from.map_or(interval.window.from, |known| known.min(interval.window.from)));
        }
    }
    let everywhere = last.keys().any(|location| location.as_str() == EVERYWHERE);
    let wanted = places.get(&(*provider, account.clone())).into_iter().flatten();
    let watched = everywhere || wanted.into_iter().all(|location| last.contains_key(location));
    let all: Option<Vec<Timestamp>> = last.into_values().collect();
    all.filter(|_| watched)?.into_iter().max()
}

/// Returns when a grant's principal last did what it allows.
fn last_use(grant: &Resource, acts: &[LastAct]) -> Option<Timestamp> {
    let capability: Capability = text(grant, "capability")?.parse().ok()?;
    let own = acts.iter().filter(|act| {
        act.provider == grant.key.provider
            && act.account == grant.account
            && capability.classes().contains(&act.class)
            && is_held_by(grant, &act.actor)
    });
    own.map(|act| act.last_at).max()
}

/// Whether an actor is the principal of a grant: by the id that is never used again, or by the name that a log
/// without such an id tells.
fn is_held_by(grant: &Resource, actor: &Actor) -> bool {
    let (Some(key), Some(name)) = (text(grant, "principal_key"), text(grant, "principal")) else {
        return false;
    };
    match grant.key.provider {
        Provider::Aws => actor.key == key || (!actor.key.contains('#') && actor.name == name),
        Provider::Azure => actor.key.split('@').next().is_some_and(|object| object.eq_ignore_ascii_case(key)),
        Provider::Gcp => actor.key == key || actor.key == name,
    }
}

fn text<'a>(grant: &'a Resource, path: &str) -> Option<&'a str> {
    grant.config.get(path).and_then(|value| value.as_str())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::{ActorKind, Class, Kind, LogScope, Window};
    use crate::trace::specimen::{at, resource};

    const DAY: i64 = 24 * 60;
    const KEY: &str = "arn:aws:iam::111122223333:user/ann#AIDA1";

    fn grant(kind: &str) -> Resource {
        let mut grant = resource(Provider::Aws, Kind::Grant, "00", "00");
        let told = [
            ("capability", "delete-instance"),
            ("principal", "arn:aws:iam::111122223333:user/ann"),
            ("principal_key", KEY),
            ("principal_kind", kind),
        ];
        grant.config.extend(told.map(|(path, value)| (path.to_owned(), json!(value))));
        grant
    }

    fn act(key: &str, class: Class, day: i64) -> LastAct {
        let actor = Actor { key: key.to_owned(), kind: ActorKind::Human, ..Actor::unknown() };
        let account = grant("user").account;
        LastAct { provider: Provider::Aws, actor, account, class, last_at: at(day * DAY) }
    }

    fn log(location: &str, from: i64, to: i64) -> LogInterval {
        LogInterval {
            scope: LogScope {
                provider: Provider::Aws,
                account: grant("user").account,
                location: Location::new(location),
                source: "cloudtrail".to_owned(),
            },
            window: Window { from: at(from * DAY), to: at(to * DAY) },
            status: LogStatus::Complete,
            reason: "was read to its end".to_owned(),
        }
    }

    fn of(kind: &str, acts: &[LastAct], logs: &[LogInterval]) -> (Option<Timestamp>, Option<Timestamp>) {
        let place = (Provider::Aws, grant(kind).account);
        let places = [(place, [Location::new("eu-west-1")].into())].into();
        let usage = usage([grant(kind)], acts, logs, &places, at(100 * DAY)).remove(0);
        (usage.used, usage.quiet_since)
    }

    #[test]
    fn a_grant_is_quiet_since_its_log_is_complete_or_since_its_last_use() {
        let logs = [log("eu-west-1", 0, 100), log("us-east-1", 5, 99)];
        assert_eq!(of("user", &[], &logs), (None, Some(at(5 * DAY))));
        let used = [act(KEY, Class::InstanceDelete, 60), act(KEY, Class::SnapshotCreate, 90)];
        assert_eq!(of("user", &used, &logs), (Some(at(60 * DAY)), Some(at(60 * DAY))));
    }

    #[test]
    fn another_identity_of_the_same_name_is_no_use() {
        let other = act("arn:aws:iam::111122223333:user/ann#AIDA2", Class::InstanceDelete, 60);
        assert_eq!(of("user", &[other], &[log("*", 0, 100)]), (None, Some(at(0))));
    }

    #[test]
    fn where_the_log_is_not_complete_until_now_nothing_is_known() {
        assert_eq!(of("user", &[], &[]).1, None);
        assert_eq!(of("user", &[], &[log("eu-west-1", 0, 90)]).1, None);
        assert_eq!(of("user", &[], &[log("us-east-1", 0, 100)]).1, None, "a region without a log");
        let gap = LogInterval { status: LogStatus::Gap, ..log("us-east-1", 0, 100) };
        assert_eq!(of("user", &[], &[log("eu-west-1", 0, 100), gap]).1, None);
    }

    #[test]
    fn a_group_acts_through_its_members() {
        assert_eq!(of("group", &[], &[log("*", 0, 100)]), (None, None));
    }
}
