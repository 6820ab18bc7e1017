//! Who stands behind a role: the chain of identities that the log proves.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde_json::Value;

use crate::model::{Actor, AuditEvent, Class, EventId, Provider};

/// How much later than its first use the log may date the issue of a credential: a call is dated when it
/// ends.
const SKEW: SignedDuration = SignedDuration::from_mins(5);

/// No chain of roles is longer; a log that says so is not believed.
const LONGEST: usize = 16;

/// Returns for each event by an assumed identity who is behind it: the outermost first, the event's own actor
/// last. An event whose actor nobody is known to have become is left out.
///
/// Two proofs count (SEMANTICS F.7): the credential that was used is one that a call to assume a role issued
/// (fact `issued_credential`); or the source identity, which no later hop can change, is one that such a call
/// set for this role. The same address or program proves nothing. The order of the events means nothing.
pub fn hops(events: &[AuditEvent]) -> BTreeMap<EventId, Vec<Actor>> {
    let assumptions = Assumptions::of(events);
    let chains = events.iter().map(|event| (event.id.clone(), assumptions.chain(event)));
    chains.filter(|(_, chain)| chain.len() > 1).collect()
}

/// The calls that made one identity another.
struct Assumptions<'a> {
    by_credential: BTreeMap<(Provider, &'a str), Vec<&'a AuditEvent>>,
    by_source: BTreeMap<(Provider, &'a str), Vec<&'a AuditEvent>>,
}

impl<'a> Assumptions<'a> {
    fn of(events: &'a [AuditEvent]) -> Self {
        let assume = |event: &&AuditEvent| event.class == Class::IamAssume && event.outcome.has_effect();
        let mut assumptions = Self { by_credential: BTreeMap::new(), by_source: BTreeMap::new() };
        for event in events.iter().filter(assume) {
            if let Some(credential) = text(event, "issued_credential") {
                assumptions.by_credential.entry((event.provider, credential)).or_default().push(event);
            }
            if let Some(source) = source_identity(event) {
                assumptions.by_source.entry((event.provider, source)).or_default().push(event);
            }
        }
        let lists = assumptions.by_credential.values_mut().chain(assumptions.by_source.values_mut());
        for calls in lists {
            calls.sort_by(|one, other| (one.time, &one.id).cmp(&(other.time, &other.id)));
        }
        assumptions
    }

    /// Returns the actors behind an event, and its own.
    fn chain(&self, event: &'a AuditEvent) -> Vec<Actor> {
        let mut chain = vec![event.actor.clone()];
        let mut current = event;
        let mut passed = vec![&event.id];
        while let Some(call) = self.before(current).filter(|call| !passed.contains(&&call.id)) {
            if chain.len() >= LONGEST {
                break;
            }
            if chain.last().is_none_or(|last| !same(last, &call.actor)) {
                chain.push(call.actor.clone());
            }
            passed.push(&call.id);
            current = call;
        }
        chain.reverse();
        chain
    }

    /// Returns the call by which an event's actor came to be.
    fn before(&self, event: &AuditEvent) -> Option<&'a AuditEvent> {
        let credential = event.actor.credential.as_deref()?;
        let issued = self.by_credential.get(&(event.provider, credential));
        let latest = |calls: &Vec<&'a AuditEvent>, wanted: &dyn Fn(&AuditEvent) -> bool| {
            calls.iter().copied().rfind(|call| call.time <= event.time + SKEW && wanted(call))
        };
        issued.and_then(|calls| latest(calls, &|_| true)).or_else(|| {
            let calls = self.by_source.get(&(event.provider, source_identity(event)?))?;
            latest(calls, &|call| call.id != event.id && became(call, &event.actor))
        })
    }
}

/// Whether a call made its caller this actor, and not one that it was already.
fn became(call: &AuditEvent, actor: &Actor) -> bool {
    let assumed = text(call, "assumed_role");
    let role = assumed.is_some_and(|role| role == actor.name || actor.key.split('#').next() == Some(role));
    role && !same(&call.actor, actor)
}

fn same(one: &Actor, other: &Actor) -> bool {
    (&one.key, &one.session) == (&other.key, &other.session)
}

fn text<'a>(event: &'a AuditEvent, fact: &str) -> Option<&'a str> {
    event.facts.get(fact).and_then(Value::as_str).filter(|text| !text.is_empty())
}

fn source_identity(event: &AuditEvent) -> Option<&str> {
    event.change_marks.get("source-identity").map(String::as_str).filter(|source| !source.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ActorKind, End};
    use crate::trace::specimen::{Specimen, event};

    fn role(name: &str, credential: &str) -> Actor {
        Actor {
            key: format!("arn:aws:iam::111122223333:role/{name}#AROA{name}"),
            name: format!("arn:aws:iam::111122223333:role/{name}"),
            kind: ActorKind::RoleSession,
            session: Some("session".to_owned()),
            credential: Some(credential.to_owned()),
            ..Actor::unknown()
        }
    }

    fn assume(id: &str, minutes: i64, name: &str, credential: &str) -> AuditEvent {
        let role = format!("arn:aws:iam::111122223333:role/{name}");
        let call = event(id, minutes, Class::IamAssume, "AssumeRole");
        call.fact("assumed_role", role).fact("issued_credential", credential)
    }

    fn names(events: &[AuditEvent], id: &str) -> Vec<String> {
        let chain = hops(events).remove(&EventId::new(id)).unwrap_or_default();
        chain.iter().map(|actor| actor.name.rsplit('/').next().unwrap_or_default().to_owned()).collect()
    }

    #[test]
    fn the_person_behind_two_roles_is_the_one_whose_credentials_lead_to_the_second() {
        let act = event("e3", 30, Class::InstanceDelete, "TerminateInstances").by(role("B", "ASIA2"));
        let calls = [assume("e1", 10, "A", "ASIA1"), assume("e2", 20, "B", "ASIA2").by(role("A", "ASIA1"))];
        let events = [calls.to_vec(), vec![act.clone()]].concat();
        assert_eq!(names(&events, "e3"), ["mallory", "A", "B"]);
        assert_eq!(names(&events, "e2"), ["mallory", "A"]);
        let reversed: Vec<_> = events.iter().rev().cloned().collect();
        assert_eq!(hops(&reversed), hops(&events));
        let other = [calls.to_vec(), vec![act.by(role("B", "ASIA3"))]].concat();
        assert_eq!(names(&other, "e3"), [""; 0], "another credential of the same role proves nothing");
    }

    #[test]
    fn a_refused_or_later_call_joins_nobody() {
        let act = event("e3", 30, Class::InstanceDelete, "TerminateInstances").by(role("A", "ASIA1"));
        assert_eq!(names(&[assume("e1", 10, "A", "ASIA1").ending(End::Denied), act.clone()], "e3"), [""; 0]);
        assert_eq!(names(&[assume("e1", 90, "A", "ASIA1"), act], "e3"), [""; 0]);
    }

    #[test]
    fn an_equal_source_identity_joins_the_role_that_it_was_set_for() {
        let mut call = assume("e1", 10, "A", "ASIA1");
        call.change_marks.insert("source-identity".to_owned(), "alice".to_owned());
        let mut act = event("e2", 30, Class::InstanceDelete, "TerminateInstances").by(role("A", "ASIA9"));
        act.change_marks.insert("source-identity".to_owned(), "alice".to_owned());
        assert_eq!(names(&[call.clone(), act.clone()], "e2"), ["mallory", "A"]);
        assert_eq!(names(&[call.clone(), act.clone().by(role("B", "ASIA9"))], "e2"), [""; 0]);
        act.change_marks.insert("source-identity".to_owned(), "bob".to_owned());
        assert_eq!(names(&[call, act], "e2"), [""; 0]);
    }

    #[test]
    fn credentials_that_issue_each_other_end_somewhere() {
        let one = assume("e1", 10, "A", "ASIA1").by(role("B", "ASIA2"));
        let other = assume("e2", 10, "B", "ASIA2").by(role("A", "ASIA1"));
        assert_eq!(names(&[one, other], "e1"), ["A", "B"]);
    }
}
