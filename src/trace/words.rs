//! How traces speak of events.

use crate::model::{Actor, ActorKind, AuditEvent, Confidence, End, Plural, printable};

/// Names an event: operation and actor.
pub(super) fn act(event: &AuditEvent) -> String {
    format!("`{}` by {}", printable(&event.operation), who(&event.actor))
}

/// Names an actor: whoever stands behind a shared role before the role.
pub(super) fn who(actor: &Actor) -> String {
    if *actor == Actor::unknown() {
        return "somebody whom the log does not name".to_owned();
    }
    let name = printable(&actor.name);
    let itself = matches!(actor.kind, ActorKind::CloudService | ActorKind::ServiceLinked);
    match (actor.service.as_deref().map(printable), &actor.session) {
        (Some(service), _) if itself => format!("the service {service}"),
        (service, session) => {
            let session = session.as_deref().filter(|_| actor.kind == ActorKind::RoleSession);
            let person = match (session.map(printable), name.rsplit('/').next()) {
                (Some(session), Some(role)) if !role.is_empty() && role != session => {
                    format!("{session} as {role}")
                }
                (Some(session), _) => session,
                (None, _) => name.rsplit(":user/").next().unwrap_or_default().to_owned(),
            };
            service.map_or(person.clone(), |service| format!("{person} through {service}"))
        }
    }
}

/// Names several events, the first few of them.
pub(super) fn acts(events: &[&AuditEvent]) -> String {
    const SHOWN: usize = 3;
    let mut named: Vec<String> = events.iter().take(SHOWN).map(|event| act(event)).collect();
    named.dedup();
    let text = named.join(", ");
    match events.len().saturating_sub(SHOWN) {
        0 => text,
        more => format!("{text} and {}", Plural(more as u64, "more event")),
    }
}

/// Says what of an event's record limits what it proves; empty if nothing does.
pub(super) fn limits(event: &AuditEvent) -> String {
    let mut limits = String::new();
    if event.outcome.end == End::Accepted {
        limits.push_str("; it was accepted, and the log does not tell how it ended");
    }
    if event.confidence == Confidence::Low {
        limits.push_str("; what the operation does is guessed from its name");
    }
    limits
}
