//! What the logs say of each change: exactly one state, with its reason (DESIGN §7, SEMANTICS F.3).

use jiff::SignedDuration;

use super::attributes::{modified, once};
use super::coverage::{Cover, Ledger};
use super::evidence::Evidence;
use super::explains::Act;
use super::found::{Explanation, Found, Inquiry, Silence, explained};
use super::implied::{Kin, Relations, implied};
use super::index::Index;
use super::join::{Answer, ask, hits, unnamed};
use super::words::{act as named, acts, limits};
use super::{approve, automation, grant, slots, system, tenant};
use crate::model::{
    AuditEvent, Change, ChangeKind, Class, EVENTS_MISSING, EventId, Resource, Trace, TraceState, printable,
};

/// How long an operation of which only the beginning is recorded may still end (SEMANTICS E.2.2).
const YOUNG: SignedDuration = SignedDuration::from_hours(24);
/// How many events a trace names that do not explain its change.
const CANDIDATES: usize = 20;

/// Sets what connects each change to the audit logs, or why nothing does.
///
/// A coverage gap keeps its own trace. The order of changes, events and intervals means nothing.
///
/// | state | when |
/// | --- | --- |
/// | `explained` | an event that had an effect names the resource and is of a class that does this |
/// | `implied` | such an event names what the resource belongs to, comes from or goes with |
/// | `by-system` | the vendor did it, and its inventory or its log says so |
/// | `expected-automation` | a controller did it, by a mark that only the vendor writes |
/// | `pending` | nothing yet, and the log may still deliver |
/// | `log-gap` | nothing, and for some of the time events are missing or no log speaks |
/// | `unexplained-low-confidence` | nothing, and for some of the time nobody proves that the log is complete |
/// | `unexplained` | nothing, though the log is complete for all of the time |
pub fn explain(changes: &mut [Change], evidence: &Evidence<'_>) {
    let index = Index::new(evidence.events);
    let ledger = Ledger::new(evidence.logs, evidence.events);
    let traces: Vec<Option<Trace>> = {
        let changes = &*changes;
        let cases: Vec<Option<Inquiry<'_, '_>>> = changes
            .iter()
            .map(|change| {
                let of_resource = change.kind != ChangeKind::CoverageGap;
                of_resource.then(|| Inquiry::new(change, &index, &ledger, evidence))
            })
            .collect();
        let firsts: Vec<_> = cases.iter().map(|inquiry| inquiry.as_ref().map(own)).collect();
        let kin = Kin::of(changes);
        let all = Relations { changes, kin: &kin, firsts: &firsts };
        let judged = cases.iter().zip(&firsts).map(|(inquiry, first)| {
            let (inquiry, first) = (inquiry.as_ref()?, first.as_ref()?);
            Some(trace(inquiry, with_kin(inquiry, first, &all)))
        });
        judged.collect()
    };
    for (change, trace) in changes.iter_mut().zip(traces) {
        if let Some(trace) = trace {
            change.trace = trace;
        }
    }
}

/// Looks for what a change's own resource tells, and for the events on it and on its group.
fn own<'a>(inquiry: &Inquiry<'_, 'a>) -> Found<'a> {
    if let Some(cause) = system::told(inquiry.change) {
        return Ok(with_record(inquiry, cause));
    }
    match inquiry.change.kind {
        ChangeKind::Appeared => whole(inquiry, inquiry.change.after.as_deref(), Act::Create),
        ChangeKind::Vanished => whole(inquiry, inquiry.change.before.as_deref(), Act::Delete),
        ChangeKind::Reappeared => reappeared(inquiry),
        ChangeKind::Recreated => {
            let (gone, made) = halves(inquiry);
            both(gone, made)
        }
        ChangeKind::Moved => moved(inquiry),
        ChangeKind::Attached | ChangeKind::Detached | ChangeKind::SlotSwapped => slots::changed(inquiry),
        ChangeKind::Started | ChangeKind::Restarted => {
            whole(inquiry, inquiry.change.after.as_deref(), Act::Start)
        }
        ChangeKind::Stopped => whole(inquiry, inquiry.change.after.as_deref(), Act::Stop),
        ChangeKind::Modified => modified(inquiry),
        ChangeKind::CoverageGap => Err(Silence::default()),
    }
}

/// Adds the vendor's own records of what the state tells already, and what else was called for.
fn with_record<'a>(inquiry: &Inquiry<'_, 'a>, cause: Explanation<'a>) -> Explanation<'a> {
    let Some(resource) = inquiry.change.resource() else { return cause };
    let act = if inquiry.change.kind == ChangeKind::Stopped { Act::Stop } else { Act::Delete };
    let answer = ask(&hits(inquiry.index, resource, &inquiry.narrowed), act, resource, inquiry.narrowed.at);
    let all = answer.chosen.map(|hit| hit.event).into_iter().chain(answer.others).chain(answer.refused);
    let (events, candidates) = all.partition(|event| system::is_platform(event));
    Explanation { events: once(events), candidates: once(candidates), ..cause }
}

/// A resource that as a whole came, went, started or stopped.
fn whole<'a>(inquiry: &Inquiry<'_, 'a>, resource: Option<&Resource>, act: Act<'_>) -> Found<'a> {
    let Some(resource) = resource else { return Err(Silence::default()) };
    single(inquiry, resource, act).or_else(|silence| {
        let by_mark = || automation::marked(inquiry);
        automation::of_group(inquiry, act).or_else(by_mark).ok_or(silence)
    })
}

/// The events on one resource that do one thing.
fn single<'a>(inquiry: &Inquiry<'_, 'a>, resource: &Resource, act: Act<'_>) -> Found<'a> {
    let mut hits = hits(inquiry.index, resource, &inquiry.narrowed);
    hits.extend(tenant::hits(inquiry, resource));
    hits.extend(grant::hits(inquiry, resource));
    let at =
        inquiry.narrowed.at.filter(|_| act != Act::Delete || inquiry.change.kind == ChangeKind::Vanished);
    let answer = ask(&hits, act, resource, at);
    if answer.chosen.is_none()
        && act == Act::Create
        && let Some(hit) = unnamed(inquiry.index, resource, &inquiry.narrowed)
    {
        return explained(inquiry, Answer { chosen: Some(hit), ..answer }, act, resource);
    }
    explained(inquiry, answer, act, resource)
}

/// A resource that came back: by an operation on it, or because all of its sort can be seen again.
fn reappeared<'a>(inquiry: &Inquiry<'_, 'a>) -> Found<'a> {
    let Some(after) = inquiry.change.after.as_deref() else { return Err(Silence::default()) };
    single(inquiry, after, Act::Restore).or_else(|silence| {
        let scope = &inquiry.change.scope;
        let of =
            |class| inquiry.index.of_class(scope.provider, &scope.account, class, inquiry.narrowed.search);
        let region = |event: &&AuditEvent| {
            event.facts.get("region").and_then(|region| region.as_str()) == Some(scope.location.as_str())
        };
        let visibility = |event: &&AuditEvent| event.operation == "ModifyManagedResourceVisibility";
        let seen_again = of(Class::RegionEnable)
            .filter(region)
            .chain(of(Class::SettingModify).filter(|event| visibility(event) && after.managed_by.is_some()))
            .filter(|event| event.outcome.has_effect())
            .max_by_key(|event| (event.time, &event.id));
        seen_again.map_or(Err(silence), |event| {
            let reason = format!("since {} it can be seen again", named(event));
            Ok(Explanation::of(TraceState::Implied, reason, vec![event]))
        })
    })
}

/// A resource that stands elsewhere: by an operation on it, or on the resource group that it was in.
fn moved<'a>(inquiry: &Inquiry<'_, 'a>) -> Found<'a> {
    let change = inquiry.change;
    let mut silence = Silence::default();
    for resource in [&change.after, &change.before].into_iter().flatten() {
        match single(inquiry, resource, Act::Move) {
            Ok(cause) => return Ok(cause),
            Err(other) => silence.add(other),
        }
    }
    let before = change.before.as_deref();
    let group = before.and_then(automation::resource_group);
    let namings = group.into_iter().flat_map(|group| {
        inquiry.index.naming(change.scope.provider, &change.scope.account, group, inquiry.narrowed.search)
    });
    let moves = namings.map(|naming| naming.event).filter(|event| {
        event.outcome.has_effect() && event.operation.to_lowercase().contains("moveresources")
    });
    moves.max_by_key(|event| (event.time, &event.id)).map_or(Err(silence), |event| {
        let reason = format!("{} on its resource group brings it", named(event));
        Ok(Explanation::of(TraceState::Implied, reason, vec![event]))
    })
}

/// The deletion of the resource that stood there, and the creation of the one that stands there.
fn halves<'a>(inquiry: &Inquiry<'_, 'a>) -> (Found<'a>, Found<'a>) {
    let half = |resource: Option<&Resource>, act: Act<'_>| {
        resource.map_or(Err(Silence::default()), |resource| {
            let found = single(inquiry, resource, act);
            found.or_else(|silence| automation::of_group(inquiry, act).ok_or(silence))
        })
    };
    let (before, after) = (inquiry.change.before.as_deref(), inquiry.change.after.as_deref());
    (half(before, Act::Delete), half(after, Act::Create))
}

/// Both halves, or what is known of one.
fn both<'a>(gone: Found<'a>, made: Found<'a>) -> Found<'a> {
    let first = |cause: &Explanation<'a>| cause.events.first().copied();
    let in_order = |gone: &Explanation<'a>, made: &Explanation<'a>| {
        first(gone).zip(first(made)).is_none_or(|(gone, made)| gone.time <= made.last_at())
    };
    match (gone, made) {
        (Ok(gone), Ok(made)) if in_order(&gone, &made) => {
            let same = gone.state == made.state;
            let implied = [gone.state, made.state].contains(&TraceState::Implied);
            let state = match (same, implied) {
                (true, _) => made.state,
                (false, true) => TraceState::Implied,
                (false, false) => TraceState::Explained,
            };
            let reason = format!("{}, and deletes the old; {}, and makes the new", gone.reason, made.reason);
            let events = made.events.into_iter().chain(gone.events).collect();
            let candidates = once(made.candidates.into_iter().chain(gone.candidates).collect());
            let caused_by = made.caused_by.or(gone.caused_by);
            Ok(Explanation { candidates, caused_by, ..Explanation::of(state, reason, events) })
        }
        (gone, made) => {
            let mut silence = Silence::default();
            for (half, says) in [
                (gone, "deletes the old, and no event makes the new"),
                (made, "makes the new, and no event deletes the old"),
            ] {
                match half {
                    Ok(cause) => {
                        silence.note(format!("{}: {says}", cause.reason));
                        silence.weak.extend(cause.events);
                    }
                    Err(other) => silence.add(other),
                }
            }
            Err(silence)
        }
    }
}

/// Adds what the changes and events around imply, where a change's own events do not explain it.
fn with_kin<'a>(inquiry: &Inquiry<'_, 'a>, first: &Found<'a>, all: &Relations<'_, 'a>) -> Found<'a> {
    let silence = match first {
        Ok(cause) => return Ok(cause.clone()),
        Err(silence) => silence.clone(),
    };
    let or_implied = |found: Found<'a>, act: Act<'_>| {
        found.or_else(|mut silence| {
            implied(inquiry, all, act).map_err(|against| {
                if let Some(note) = against {
                    silence.note(note);
                }
                silence
            })
        })
    };
    match inquiry.change.kind {
        ChangeKind::Appeared => or_implied(Err(silence), Act::Create),
        ChangeKind::Vanished => or_implied(Err(silence), Act::Delete),
        ChangeKind::Recreated => {
            let (gone, made) = halves(inquiry);
            both(or_implied(gone, Act::Delete), or_implied(made, Act::Create))
        }
        _ => Err(silence),
    }
}

/// For how long a log that was read before may be read on, before that counts as a gap.
const OVERDUE: SignedDuration = SignedDuration::from_hours(24);

/// Makes the trace of what was found.
fn trace(inquiry: &Inquiry<'_, '_>, found: Found<'_>) -> Trace {
    let ids = |events: &[&AuditEvent]| -> Vec<EventId> {
        events.iter().take(CANDIDATES).map(|event| event.id.clone()).collect()
    };
    match found {
        Ok(cause) => {
            let actor = cause.events.first().map(|event| event.actor.clone());
            let events = once(cause.events);
            let approval = approve::matched(inquiry.change, &inquiry.narrowed, &events, inquiry.evidence);
            let is_cause = |event: &&AuditEvent| events.iter().any(|cause| cause.id == event.id);
            let candidates: Vec<_> =
                once(cause.candidates).into_iter().filter(|event| !is_cause(event)).collect();
            Trace {
                events: events.iter().map(|event| event.id.clone()).collect(),
                candidates: ids(&candidates),
                actor,
                caused_by: cause.caused_by.map(|event| event.id.clone()),
                approval,
                ..Trace::of(cause.state, cause.reason)
            }
        }
        Err(silence) => {
            let (state, reason) = verdict(inquiry, &silence);
            let all = silence.refused.iter().chain(&silence.begun).chain(&silence.weak);
            let candidates = once(all.copied().collect());
            let approval = approve::matched(inquiry.change, &inquiry.narrowed, &[], inquiry.evidence);
            Trace { candidates: ids(&candidates), approval, ..Trace::of(state, reason) }
        }
    }
}

/// Decides what the absence of a cause means: how much of it is evidence.
fn verdict(inquiry: &Inquiry<'_, '_>, silence: &Silence<'_>) -> (TraceState, String) {
    let (change, evidence) = (inquiry.change, inquiry.evidence);
    let scope = &change.scope;
    let budget = SignedDuration::from_secs(evidence.budgets.of(scope.provider));
    let (young, old): (Vec<_>, Vec<_>) =
        once(silence.begun.clone()).into_iter().partition(|event| evidence.now < event.time + YOUNG);
    if !young.is_empty() {
        let reason = format!("{} was begun, and the log does not tell yet how it ended", acts(&young));
        return (TraceState::Pending, reason);
    }
    if !inquiry.ledger.knows(scope) && !inquiry.index.knows(scope.provider, &scope.account) {
        let Trace { state, reason, .. } = Trace::without_logs();
        return (state, noted(reason, silence, &old));
    }
    let (from, to) = (inquiry.narrowed.proof.from, inquiry.narrowed.proof.to);
    let place = format!("{} in {}", printable(scope.account.as_str()), printable(scope.location.as_str()));
    let (state, reason) = match inquiry.cover() {
        Cover::Gap(why) => {
            let reason = format!("{EVENTS_MISSING} from the log of {place} between {from} and {to}: {why}");
            (TraceState::LogGap, reason)
        }
        _ if evidence.now < to + budget => {
            let reason = format!("the log of {place} may still deliver until {}", to + budget);
            (TraceState::Pending, reason)
        }
        Cover::Missing
            if inquiry.ledger.reached(scope).is_some_and(|at| at < to && evidence.now < at + OVERDUE) =>
        {
            let reason = format!("the log of {place} was not read on to {to}, and may be by the next run");
            (TraceState::Pending, reason)
        }
        Cover::Missing => {
            let reason = format!("no log of {place} covers all the time from {from} to {to}");
            (TraceState::LogGap, reason)
        }
        Cover::Unknown => {
            let reason = format!(
                "no event explains it, and nobody proves that the log of {place} is complete from {from} to {to}"
            );
            (TraceState::UnexplainedLowConfidence, reason)
        }
        Cover::Complete if system::acts_unseen(change) => {
            let reason = format!("no event in the log of {place} explains it, which need not hold any");
            (TraceState::UnexplainedLowConfidence, reason)
        }
        Cover::Complete => {
            let reason =
                format!("the log of {place} is complete from {from} to {to}, and no event explains it");
            (TraceState::Unexplained, reason)
        }
    };
    (state, noted(reason, silence, &old))
}

/// Adds to a reason what was seen on the way.
fn noted(reason: String, silence: &Silence<'_>, old: &[&AuditEvent]) -> String {
    let mut parts = vec![reason];
    parts.extend(silence.notes.iter().cloned());
    let refused = once(silence.refused.clone());
    if !refused.is_empty() {
        parts.push(format!("{} came to nothing", acts(&refused)));
    }
    if !old.is_empty() {
        parts.push(format!("{} was begun, and never ended in the log", acts(old)));
    }
    if silence.notes.is_empty()
        && let Some(event) = once(silence.weak.clone()).last()
    {
        parts.push(format!("{} on it does something else{}", named(event), limits(event)));
    }
    parts.join("; ")
}
