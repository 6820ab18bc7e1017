//! Audit events as a report shows them, and what they left.

use std::collections::BTreeSet;

use super::Material;
use super::view::{
    Actor, Approval, Client, Event, Lineage, LogCoverage, MovedVerdict, Residue, Resource, Target, Trace,
    UnusedApproval,
};
use crate::model::{self, EventId, Locator};

/// Returns the events that anything in the report cites, in the order of time.
pub(super) fn cited(material: &Material<'_>, lineage: &Lineage) -> Vec<Event> {
    let moved = material.moved.iter().map(|moved| &moved.change);
    let of_changes = material.changes.iter().chain(moved).flat_map(|change| {
        let trace = &change.trace;
        trace.events.iter().chain(&trace.candidates).chain(&trace.caused_by)
    });
    let of_residues = material.residues.iter().flat_map(|residue| &residue.events);
    let of_findings = material.findings.iter().flat_map(|finding| &finding.events);
    let wanted: BTreeSet<&EventId> = of_changes.chain(of_residues).chain(of_findings).collect();
    let of_lineage: BTreeSet<&str> = lineage.events().map(String::as_str).collect();
    let is_cited = |id: &EventId| wanted.contains(id) || of_lineage.contains(id.as_str());
    let mut events: Vec<_> = material.events.iter().filter(|event| is_cited(&event.id)).collect();
    events.sort_by_key(|event| (event.time, &event.id));
    events.into_iter().map(Event::from).collect()
}

impl From<&model::Trace> for Trace {
    fn from(trace: &model::Trace) -> Self {
        Self {
            state: trace.state,
            reason: trace.reason.clone(),
            events: trace.events.iter().map(ToString::to_string).collect(),
            actor: trace.actor.as_ref().map(Actor::from),
            candidates: trace.candidates.iter().map(ToString::to_string).collect(),
            caused_by: trace.caused_by.as_ref().map(ToString::to_string),
            approval: trace.approval.as_ref().map(Approval::from),
        }
    }
}

impl From<&model::ApprovalMatch> for Approval {
    fn from(approval: &model::ApprovalMatch) -> Self {
        Self { id: approval.id.clone(), full: approval.full, reason: approval.reason.clone() }
    }
}

impl From<&model::Actor> for Actor {
    fn from(actor: &model::Actor) -> Self {
        Self {
            key: actor.key.clone(),
            kind: actor.kind.to_string(),
            session: actor.session.clone(),
            name: actor.name.clone(),
            label: actor.label(),
            service: actor.service.clone(),
            external: actor.external,
        }
    }
}

impl From<&model::AuditEvent> for Event {
    fn from(event: &model::AuditEvent) -> Self {
        let client = &event.client;
        let told = client.ip.is_some() || client.user_agent.is_some();
        let outcome = &event.outcome;
        let failure: Vec<&str> =
            [&outcome.code, &outcome.message].into_iter().flatten().map(String::as_str).collect();
        Self {
            id: event.id.to_string(),
            time: event.time,
            provider: event.provider,
            service: event.service.clone(),
            operation: event.operation.clone(),
            class: event.class.to_string(),
            outcome: outcome.end.to_string(),
            failure: (!failure.is_empty()).then(|| failure.join(": ")),
            account: Some(event.account.clone()),
            location: Some(event.location.clone()),
            log: event.log.clone(),
            actor: Some(Actor::from(&event.actor)),
            client: told.then(|| Client { ip: client.ip.clone(), user_agent: client.user_agent.clone() }),
            targets: event.targets.iter().map(Target::from).collect(),
        }
    }
}

impl From<&model::Target> for Target {
    fn from(target: &model::Target) -> Self {
        Self {
            role: target.role.to_string(),
            kind: target.kind.map(|kind| kind.to_string()),
            uid: target.uid.clone(),
            locator: target.locator.clone(),
        }
    }
}

impl From<&model::Residue> for Residue {
    fn from(residue: &model::Residue) -> Self {
        let target = residue.target.as_ref();
        let resource = target.and_then(|target| {
            let known = target.uid.as_ref().map(ToString::to_string);
            let locator = target.locator.clone().or_else(|| known.as_deref().map(Locator::new))?;
            Some(Resource {
                provider: residue.provider,
                kind: target.kind.map_or_else(|| "other".to_owned(), |kind| kind.to_string()),
                uid: model::Uid::new(known.unwrap_or_else(|| locator.to_string())),
                name: target.name.clone(),
                locator,
                account: residue.account.clone(),
                location: residue.location.clone(),
            })
        });
        Self {
            id: residue.id.clone(),
            kind: residue.kind,
            resource,
            window: residue.window,
            events: residue.events.iter().map(ToString::to_string).collect(),
            actor: residue.actor.as_ref().map(Actor::from),
            reason: residue.reason.clone(),
        }
    }
}

impl From<&model::LogInterval> for LogCoverage {
    fn from(interval: &model::LogInterval) -> Self {
        let model::LogScope { provider, account, location, source } = interval.scope.clone();
        Self {
            provider,
            account,
            location,
            source,
            from: interval.window.from,
            to: interval.window.to,
            status: interval.status,
            reason: interval.reason.clone(),
        }
    }
}

impl From<&model::Moved> for MovedVerdict {
    fn from(moved: &model::Moved) -> Self {
        Self {
            before: moved.scans.0,
            after: moved.scans.1,
            was: moved.was,
            change: super::view::Change::from(&moved.change),
        }
    }
}

impl From<&model::Approval> for UnusedApproval {
    fn from(approval: &model::Approval) -> Self {
        Self {
            id: approval.id.clone(),
            from: approval.from,
            to: approval.to,
            origin: approval.origin.clone(),
        }
    }
}
