//! `log-tampering`.

use serde_json::json;

use crate::model::{Class as EventClass, Finding, Role, printable};
use crate::rules::finding::{deed, told};
use crate::rules::fixture::{denied, event, of_class};
use crate::rules::score::Class;
use crate::rules::{Drift, Example, Rule, RuleMeta, Tier};

/// A log was stopped, deleted, or made to record less.
pub(super) struct LogTampering;

static META: RuleMeta = RuleMeta {
    id: "log-tampering",
    tier: Tier::Change,
    title: "A log was stopped, deleted, or made to record less",
    impact: 90,
    explanation: "\
## What it says

The log itself shows that a trail was stopped or deleted, its selectors or its bucket were changed, a diagnostic
setting or a sink was deleted, or a recorder was switched off. From that moment the log counts as having a
gap, until it is proven to record again.

## Why it matters

It is the step before the step that nobody is to see. Changes in the same time are judged with the gap in
mind, never as explained by silence.

## What to check

Who did it and why, everything that differs after it, and whether a second log (an organisation trail, the
event history, a copy elsewhere) covers the time.",
    techniques: &["T1562.008"],
    references: &["https://attack.mitre.org/techniques/T1562/008/"],
    parameters: &[],
};

impl Rule for LogTampering {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn examples(&self) -> Vec<Example> {
        let stop = || of_class(event("e-1", "StopLogging", Role::Subject, "trail"), EventClass::LogTamper);
        vec![
            Example::fires("a trail was stopped", 90, []).logged([], [stop()]),
            Example::quiet("somebody was not allowed to stop a trail", []).logged([], [denied(stop())]),
            Example::quiet("an instance was launched", [])
                .logged([], [event("e-1", "RunInstances", Role::Created, "i-1")]),
        ]
    }

    fn check(&self, drift: &Drift<'_>) -> Vec<Finding> {
        let tampering = |event: &&_| is_tampering(event);
        let found = drift.events().iter().filter(tampering).map(|event| {
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
            told(&META, Class::TamperLog, &[event], drift, title, facts)
        });
        found.collect()
    }
}

fn is_tampering(event: &crate::model::AuditEvent) -> bool {
    event.class == EventClass::LogTamper && event.outcome.has_effect()
}
