//! `log-tampering`.

use serde_json::json;

use crate::model::{
    AuditEvent, Change, ChangeKind, Class as EventClass, EVERYWHERE, Finding, Plural, Role, Timestamp,
    TraceState, printable,
};
use crate::rules::finding::{Cited, deed, named, told, woven};
use crate::rules::fixture::{act, denied, event, explained, of_class, snapshot, traced, vanished};
use crate::rules::score::{Bonus, Class};
use crate::rules::{Drift, Example, Parameter, Rule, RuleMeta, Tier};

/// A log was stopped, deleted, or made to record less.
pub(super) struct LogTampering;

/// How far from it a change is told with it, in seconds.
const WITHIN: i64 = 3_600;

/// How many changes a finding spells out.
const SHOWN: usize = 40;

const BONUS: Bonus = Bonus { points: 20, reason: "something changed within an hour of it" };

static META: RuleMeta = RuleMeta {
    id: "log-tampering",
    tier: Tier::Change,
    title: "A log was stopped, deleted, or made to record less",
    impact: 90,
    explanation: "\
## What it says

The log itself shows that a trail was stopped or deleted, its selectors or its bucket were changed, a diagnostic
setting or a sink was deleted, or a recorder was switched off. From that moment the log counts as having a
gap, until it is proven to record again. Changes of the same account within an hour of it, other than by
automation, are told in `drift` and raise the risk; each keeps a finding of its own.

## Why it matters

It is the step before the step that nobody is to see. Changes in the same time are judged with the gap in
mind, never as explained by silence.

## What to check

Who did it and why, everything that differs after it, and whether a second log (an organisation trail, the
event history, a copy elsewhere) covers the time.",
    techniques: &["T1562.008"],
    references: &["https://attack.mitre.org/techniques/T1562/008/"],
    parameters: &[Parameter {
        name: "within",
        default: "1h",
        meaning: "how far from it changes are told with it",
    }],
};

impl Rule for LogTampering {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn examples(&self) -> Vec<Example> {
        let stop = || of_class(event("e-1", "StopLogging", Role::Subject, "trail"), EventClass::LogTamper);
        let later = |minutes: i64| {
            act("e-2", minutes, (EventClass::SnapshotDelete, "DeleteSnapshot"), [(Role::Subject, "snap-1")])
        };
        vec![
            Example::fires("a trail was stopped", 90, []).logged([], [stop()]),
            Example::fires(
                "a trail was stopped, then a snapshot deleted",
                100,
                [explained(vanished(snapshot("snap-1")), &[&later(9)])],
            )
            .logged([], [stop(), later(9)]),
            Example::fires(
                "a trail was stopped, and the log tells no more",
                100,
                [traced(vanished(snapshot("snap-1")), TraceState::LogGap)],
            )
            .logged([], [stop()]),
            Example::fires(
                "a snapshot deleted hours later",
                90,
                [explained(vanished(snapshot("snap-1")), &[&later(300)])],
            )
            .logged([], [stop(), later(300)]),
            Example::quiet("somebody was not allowed to stop a trail", []).logged([], [denied(stop())]),
            Example::quiet("an instance was launched", [])
                .logged([], [event("e-1", "RunInstances", Role::Created, "i-1")]),
        ]
    }

    fn check(&self, drift: &Drift<'_>) -> Vec<Finding> {
        let tampering = |event: &&_| is_tampering(event);
        drift.events().iter().filter(tampering).map(|event| finding(event, drift)).collect()
    }
}

fn finding(event: &AuditEvent, drift: &Drift<'_>) -> Finding {
    let mut facts = deed(&[event]);
    facts.push(("time", json!(event.time)));
    facts.extend(event.facts.get("trail").map(|trail| ("trail", trail.clone())));
    let title = format!(
        "{} by {} in {} {}: the log tells less from then on",
        printable(&event.operation),
        printable(&event.actor.label()),
        event.provider,
        printable(event.account.as_str()),
    );
    let near: Vec<&Change> =
        drift.changes().iter().copied().filter(|change| is_near(event, change, drift)).collect();
    if near.is_empty() {
        return told(&META, Class::TamperLog, &[event], drift, title, facts);
    }
    let told: Vec<_> = near
        .iter()
        .take(SHOWN)
        .map(|change| {
            let name = change.resource().map(|resource| named(resource));
            json!({ "change": change.id, "kind": change.kind, "on": name, "state": change.trace.state })
        })
        .collect();
    facts.extend([("drift", json!(told)), ("drift_count", json!(near.len()))]);
    let count = Plural(u64::try_from(near.len()).unwrap_or(u64::MAX), "change");
    let title = format!("{title}; {count} within the hour around it");
    let explaining = near.iter().flat_map(|change| &change.trace.events).filter_map(|id| drift.event(id));
    let mut events = vec![event];
    events.extend(explaining.filter(|other| other.id != event.id));
    // Each change has a finding of its own; this one is about the log, and is told by none of them.
    woven(&META, (Class::TamperLog, BONUS), &Cited { events, ..Cited::default() }, drift, title, facts)
}

/// Whether something changed within an hour of the tampering, in what the log recorded, and not by automation.
fn is_near(event: &AuditEvent, change: &Change, drift: &Drift<'_>) -> bool {
    let recorded = (event.provider, &event.account) == (change.scope.provider, &change.scope.account)
        && (event.location.as_str() == EVERYWHERE
            || change.scope.location == event.location
            || event.facts.get("multi_region") == Some(&json!(true)));
    let automatic = matches!(change.trace.state, TraceState::ExpectedAutomation | TraceState::BySystem);
    let near = |from: Timestamp, to: Timestamp| {
        from.duration_since(event.time).as_secs() <= WITHIN
            && event.time.duration_since(to).as_secs() <= WITHIN
    };
    let mut moments =
        change.trace.events.iter().filter_map(|id| drift.event(id)).map(|event| event.time).peekable();
    let when = match moments.peek() {
        Some(_) => moments.any(|moment| near(moment, moment)),
        None => near(change.window.from, change.window.to),
    };
    recorded && !automatic && change.kind != ChangeKind::CoverageGap && when
}

fn is_tampering(event: &AuditEvent) -> bool {
    event.class == EventClass::LogTamper && event.outcome.has_effect()
}
