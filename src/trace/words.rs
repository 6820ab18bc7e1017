//! How traces speak of events.

use crate::model::{Actor, ActorKind, AuditEvent, Confidence, End, Plural, printable};

/// Names an event: operation and actor.
pub(super) fn act(event: &AuditEvent) -> String {
    format!("`{}` by {}", printable(&event.operation), who(&event.actor))
}

/// Names an actor: whoever stands behind a shared role before the role.
pub(super) fn who(actor: &Actor) -> String {
    let name = printable(&actor.name);
    let text = match (&actor.service, &actor.session) {
        (Some(service), _) => format!("the service {}", printable(service)),
        (None, Some(session)) if actor.kind == ActorKind::RoleSession => {
            let role = name.rsplit('/').next().unwrap_or_default().to_owned();
            let session = printable(session);
            if role.is_empty() || role == session { session } else { format!("{session} as {role}") }
        }
        _ => name.rsplit(":user/").next().unwrap_or_default().to_owned(),
    };
    if actor.kind == ActorKind::Unknown { "somebody whom the log does not name".to_owned() } else { text }
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
