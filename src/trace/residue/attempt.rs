//! What was tried and refused.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;

use super::Survey;
use super::view::{View, residue, who};
use crate::model::{
    AccountId, Actor, AuditEvent, Class, End, EventId, Provider, Residue, ResidueKind, Role, Target,
    Timestamp, Window, printable,
};
use crate::trace::actors::person;

/// How many refused operations within [`PROBING_WITHIN`] are no slip (SEMANTICS F.4).
const PROBING: usize = 5;

/// Within which time.
const PROBING_WITHIN: SignedDuration = SignedDuration::from_mins(10);

/// Somebody who tried what they may do.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    /// The cloud.
    pub provider: Provider,
    /// The account that refused.
    pub account: AccountId,
    /// Who.
    pub actor: Actor,
    /// From the first refusal to the last.
    pub window: Window,
    /// The refused events, in the order of time.
    pub events: Vec<EventId>,
}

/// Finds principals that were refused five operations on instances, volumes or snapshots within ten minutes,
/// one probe for each such time; a dry run, which asks whether one may, counts as well (SEMANTICS F.4).
///
/// The order of the events means nothing; the probes stand in the order of time.
pub fn probing(events: &[AuditEvent]) -> Vec<Probe> {
    let mut by_principal: BTreeMap<_, BTreeMap<(Timestamp, &EventId), &AuditEvent>> = BTreeMap::new();
    for event in events.iter().filter(|event| is_probe(event)) {
        by_principal.entry(principal(event)).or_default().insert((event.time, &event.id), event);
    }
    let mut probes: Vec<Probe> = by_principal
        .into_values()
        .flat_map(|refused| bursts(&refused.into_values().collect::<Vec<_>>()))
        .collect();
    probes.sort_by(|one, other| (one.window, &one.events).cmp(&(other.window, &other.events)));
    probes
}

fn is_probe(event: &AuditEvent) -> bool {
    let family = event.class.as_str().split('.').next().unwrap_or_default();
    matches!(event.outcome.end, End::Denied | End::DryRun)
        && matches!(family, "instance" | "volume" | "snapshot")
        && event.actor.service.is_none()
}

/// Who tried, and where. A session counts only where it names a person: whoever chooses its name could else
/// spread refusals over as many as it takes.
fn principal(event: &AuditEvent) -> (Provider, &AccountId, &str, Option<&str>) {
    (event.provider, &event.account, event.actor.key.as_str(), person(event.provider, &event.actor))
}

/// Returns the times in which one principal's refusals, in the order of time, stand close enough.
fn bursts(refused: &[&AuditEvent]) -> Vec<Probe> {
    let mut marked: BTreeSet<usize> = BTreeSet::new();
    for (start, few) in refused.windows(PROBING).enumerate() {
        let close =
            |first: &AuditEvent, last: &AuditEvent| last.time.duration_since(first.time) <= PROBING_WITHIN;
        if matches!(few, [first, .., last] if close(first, last)) {
            marked.extend(start..start + PROBING);
        }
    }
    let mut bursts: Vec<Vec<&AuditEvent>> = Vec::new();
    for event in marked.iter().filter_map(|index| refused.get(*index)) {
        let near = |burst: &&mut Vec<&AuditEvent>| {
            burst.last().is_some_and(|last| event.time.duration_since(last.time) <= PROBING_WITHIN)
        };
        match bursts.last_mut().filter(near) {
            Some(burst) => burst.push(event),
            None => bursts.push(vec![event]),
        }
    }
    bursts.iter().filter_map(|burst| probe(burst)).collect()
}

fn probe(burst: &[&AuditEvent]) -> Option<Probe> {
    let (first, last) = (burst.first()?, burst.last()?);
    Some(Probe {
        provider: first.provider,
        account: first.account.clone(),
        actor: first.actor.clone(),
        window: Window { from: first.time, to: last.time },
        events: burst.iter().map(|event| event.id.clone()).collect(),
    })
}

/// Finds what was refused, failed or only tried: one residue for each principal and class.
pub(super) fn find<'a>(view: &View<'a>, survey: &mut Survey<'a>) {
    let probing: BTreeSet<EventId> =
        probing(view.evidence.events).into_iter().flat_map(|probe| probe.events).collect();
    let mut groups: BTreeMap<_, Vec<&AuditEvent>> = BTreeMap::new();
    for event in view.window().filter(|event| event.outcome.is_attempt()) {
        groups.entry((principal(event), event.class)).or_default().push(event);
    }
    for ((_, class), events) in groups {
        survey.add(attempts(class, &events, &probing));
    }
}

/// Returns the only resource that was to be acted on; where none was, the only one that was named.
fn sole(events: &[&AuditEvent]) -> Option<Target> {
    let named: BTreeSet<&Target> = events.iter().flat_map(|event| &event.targets).collect();
    let meant = |target: &&Target| matches!(target.role, Role::Subject | Role::Created);
    let acted_on: BTreeSet<&Target> = named.iter().copied().filter(meant).collect();
    let targets = if acted_on.is_empty() { named } else { acted_on };
    targets.first().filter(|_| targets.len() == 1).map(|target| (**target).clone())
}

fn attempts(class: Class, events: &[&AuditEvent], probing: &BTreeSet<EventId>) -> Option<Residue> {
    let (first, last) = (events.first()?, events.last()?);
    let mut counts: BTreeMap<(End, Option<&str>), u64> = BTreeMap::new();
    for event in events {
        *counts.entry((event.outcome.end, event.outcome.code.as_deref())).or_default() += 1;
    }
    let counts: Vec<String> = counts
        .iter()
        .map(|((end, code), count)| match code {
            Some(code) => format!("{count} × {end} ({})", printable(code)),
            None => format!("{count} × {end}"),
        })
        .collect();
    let operations: BTreeSet<&str> = events.iter().map(|event| event.operation.as_str()).collect();
    let operations: Vec<String> = operations.iter().map(|name| format!("`{}`", printable(name))).collect();
    let mut reason = format!(
        "{} tried {} ({class}) without effect: {}",
        who(&first.actor),
        operations.join(", "),
        counts.join(", ")
    );
    if events.iter().any(|event| probing.contains(&event.id)) {
        reason.push_str("; probing: part of five or more refusals within 10 min");
    }
    let window = Window { from: first.time, to: last.last_at() };
    residue(ResidueKind::Attempt, sole(events), window, events, reason)
}
