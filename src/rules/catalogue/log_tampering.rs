//! `log-tampering`.

use std::collections::BTreeSet;

use serde_json::json;

use crate::model::{
    AuditEvent, Change, ChangeKind, Class as EventClass, EVERYWHERE, Finding, Kind, Plural, Provider, Role,
    Timestamp, TraceState, printable,
};
use crate::rules::finding::{Cited, deed, main_resource, named, woven};
use crate::rules::fixture::{
    Specimen, act, denied, event, explained, modified, of_class, resource, snapshot, traced, vanished,
};
use crate::rules::score::{Bonus, Class};
use crate::rules::weakening::silenced;
use crate::rules::{Act, Drift, Example, Parameter, Rule, RuleMeta, Tier};

/// A log was stopped, deleted, or made to record less.
pub(super) struct LogTampering;

/// How many changes a finding spells out.
const SHOWN: usize = 40;

static META: RuleMeta = RuleMeta {
    id: "log-tampering",
    tier: Tier::Pattern,
    title: "A log was stopped, deleted, or made to record less",
    impact: 90,
    explanation: "\
## What it says

The log itself shows that a trail was stopped or deleted, its selectors or its bucket were changed, a diagnostic
setting or a sink was deleted, or a recorder was switched off. From that moment the log counts as having a
gap, until it is proven to record again. Changes of the same account within an hour of it, other than by
automation, are told in `drift` and raise the risk; each keeps a finding of its own.

The state alone shows it, too, whatever the log holds: a trail, a diagnostic setting of a subscription or a sink
of a project is gone, or records less than it did at the earlier scan. The fact `weakened` names each attribute,
and what it leads to. One that recorded nothing before is no loss.

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
        let of_events = vec![
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
        ];
        [of_events, examples_of_states(&stop())].concat()
    }

    fn check(&self, drift: &Drift<'_>) -> Vec<Finding> {
        let of_states: Vec<_> = drift.acts().iter().filter_map(|act| less(act, drift)).collect();
        // What the state shows is told with the event that explains it.
        let shown: BTreeSet<_> = of_states.iter().flat_map(|finding| finding.events.clone()).collect();
        let events = drift.events().iter().filter(|event| is_tampering(event) && !shown.contains(&event.id));
        let of_events = events.map(|event| finding(event, drift)).collect();
        [of_states, of_events].concat()
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
    // That the log was started again is part of the same.
    let residues: Vec<_> =
        drift.residues().iter().filter(|residue| residue.events.contains(&event.id)).collect();
    if near.is_empty() {
        let cited = Cited { events: vec![event], residues, ..Cited::default() };
        let bonus = Bonus::NONE;
        return woven(&META, (Class::TamperLog, bonus), &cited, drift, title, facts);
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
    woven(
        &META,
        (Class::TamperLog, drift.bonus("log-tampering")),
        &Cited { residues, events, ..Cited::default() },
        drift,
        title,
        facts,
    )
}

/// Whether something changed within an hour of the tampering, in what the log recorded, and not by automation.
fn is_near(event: &AuditEvent, change: &Change, drift: &Drift<'_>) -> bool {
    let within = drift.time(&META, "within");
    let recorded = (event.provider, &event.account) == (change.scope.provider, &change.scope.account)
        && (event.location.as_str() == EVERYWHERE
            || change.scope.location == event.location
            || event.facts.get("multi_region") == Some(&json!(true)));
    let automatic = matches!(change.trace.state, TraceState::ExpectedAutomation | TraceState::BySystem);
    let near = |from: Timestamp, to: Timestamp| {
        from.duration_since(event.time) <= within && event.time.duration_since(to) <= within
    };
    let mut moments =
        change.trace.events.iter().filter_map(|id| drift.event(id)).map(|event| event.time).peekable();
    let when = match moments.peek() {
        Some(_) => moments.any(|moment| near(moment, moment)),
        None => near(change.window.from, change.window.to),
    };
    recorded && !automatic && change.kind != ChangeKind::CoverageGap && when
}

/// The examples of what the state shows.
fn examples_of_states(stop: &AuditEvent) -> Vec<Example> {
    let log = |provider: Provider, uid: &str| resource(provider, Kind::AuditLog, uid).named("main");
    let trail = || log(Provider::Aws, "arn:aws:cloudtrail:eu-west-1:111122223333:trail/main");
    let logging = |on: bool| trail().with("IsLogging", on);
    let selected = |left_out: &str| trail().with("NotRecorded", left_out);
    let setting =
        || log(Provider::Azure, "/subscriptions/s/providers/microsoft.insights/diagnosticsettings/main");
    let kept = |on: bool| setting().with("logs[Administrative].enabled", on);
    let sink = || log(Provider::Gcp, "projects/p/sinks/main");
    let stopped = || {
        let mut stopped = traced(modified(logging(true), logging(false)), TraceState::Explained);
        stopped.trace.events = vec![stop.id.clone()];
        stopped
    };
    vec![
        Example::fires(
            "a trail that stopped, with the event that stopped it, as one finding",
            90,
            [stopped()],
        )
        .logged([], [stop.clone()]),
        Example::fires("a trail that stopped", 90, [modified(logging(true), logging(false))]),
        Example::fires("a trail that is gone", 90, [vanished(trail())]),
        Example::fires(
            "a trail that no longer records writes",
            90,
            [modified(selected("nothing"), selected("write events"))],
        ),
        Example::fires("a setting that lost a category", 90, [modified(kept(true), setting())]),
        Example::fires("a sink that was disabled", 90, [modified(sink(), sink().with("disabled", true))]),
        Example::fires(
            "a sink that leaves something out",
            90,
            [modified(sink(), sink().with("exclusions[all].filter", "true"))],
        ),
        Example::quiet("a trail that records again", [modified(logging(false), logging(true))]),
        Example::quiet("a trail that recorded nothing is gone", [vanished(logging(false))]),
        Example::quiet(
            "a sink that leaves out less",
            [modified(sink().with("exclusions[all].filter", "true"), sink())],
        ),
    ]
}

/// Finds a log that is gone, or records less than it did, by its state.
fn less(act: &Act<'_>, drift: &Drift<'_>) -> Option<Finding> {
    let silenced = silenced(act.lead);
    let (_, first) = silenced.first()?;
    let others = match silenced.len() - 1 {
        0 => String::new(),
        others => format!(", and {others} more"),
    };
    let title = format!("{}: {first}{others}", named(main_resource(act.lead)?));
    let weakened = silenced.iter().map(|(path, reason)| json!({ "path": path, "reason": reason }));
    let cited = Cited { changes: act.changes().collect(), residues: Vec::new(), events: Vec::new() };
    let facts = vec![("weakened", weakened.collect())];
    // A record of it is no excuse: whoever may do it is whom the log is there for.
    Some(woven(&META, (Class::TamperLog, Bonus::NONE), &cited, drift, title, facts))
}

fn is_tampering(event: &AuditEvent) -> bool {
    event.class == EventClass::LogTamper && event.outcome.has_effect()
}
