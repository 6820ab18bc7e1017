//! `probing`.

use std::collections::BTreeMap;

use serde_json::json;

use crate::model::{AuditEvent, End, Finding, Plural, Residue, ResidueKind, Role, printable};
use crate::rules::finding::{Cited, woven};
use crate::rules::fixture::{denied, event, residue};
use crate::rules::score::Class;
use crate::rules::timeline::{Who, identity};
use crate::rules::{Drift, Example, Parameter, Rule, RuleMeta, Tier};

/// Somebody tries what it may do.
pub(super) struct Probing;

static META: RuleMeta = RuleMeta {
    id: "probing",
    tier: Tier::Change,
    title: "Somebody tries what it may do to compute",
    impact: 40,
    explanation: "\
## What it says

One principal was refused at least five times within ten minutes, or dry-ran as often, on operations that
create, change or delete instances, volumes, snapshots or images. Nothing changed: refused calls never explain
a change.

## Why it matters

Whoever holds a stolen credential first learns what it may do. The operations that were tried say what for.

## What to check

Whose credential it is and from where it was used, and what the same principal was allowed to do before and
after.",
    techniques: &["T1578"],
    references: &["https://docs.aws.amazon.com/AWSEC2/latest/APIReference/CommonErrors.html"],
    parameters: &[
        Parameter { name: "refusals", default: "5", meaning: "how many refusals make probing" },
        Parameter { name: "within", default: "10m", meaning: "within which time" },
    ],
};

impl Rule for Probing {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn examples(&self) -> Vec<Example> {
        let refused = |id: &str| denied(event(id, "DeleteSnapshot", Role::Subject, "snap-1"));
        let ids = ["e-1", "e-2", "e-3", "e-4", "e-5"];
        vec![
            Example::fires("five refused deletions in a row", 40, [])
                .logged([residue(ResidueKind::Attempt, "snap-1", &ids)], ids.map(refused)),
            Example::quiet("four refused deletions", []).logged(
                [residue(ResidueKind::Attempt, "snap-1", &ids[..4])],
                ids.into_iter().take(4).map(refused),
            ),
            Example::quiet("five deletions that were allowed", [])
                .logged([], ids.map(|id| event(id, "DeleteSnapshot", Role::Subject, "snap-1"))),
        ]
    }

    fn check(&self, drift: &Drift<'_>) -> Vec<Finding> {
        let mut by_actor: BTreeMap<Who<'_>, Tried<'_>> = BTreeMap::new();
        for residue in drift.residues().iter().filter(|residue| residue.kind == ResidueKind::Attempt) {
            let refused =
                residue.events.iter().filter_map(|id| drift.event(id)).filter(|event| is_probe(event));
            let refused: Vec<&AuditEvent> = refused.collect();
            if let Some(first) = refused.first() {
                let tried = by_actor.entry(identity(first.provider, &first.actor)).or_default();
                tried.residues.push(residue);
                tried.events.extend(refused);
            }
        }
        let (refusals, within) = (drift.count(&META, "refusals").max(1), drift.time(&META, "within"));
        let found = by_actor.into_values().filter_map(|mut tried| {
            tried.events.sort_by_key(|event| (event.time, &event.id));
            let dense = tried.events.windows(refusals).any(|run| match run {
                [first, .., last] => last.time.duration_since(first.time) <= within,
                _ => refusals == 1,
            });
            dense.then(|| finding(&tried, drift))
        });
        found.collect()
    }
}

/// What one principal was refused.
#[derive(Default)]
struct Tried<'a> {
    residues: Vec<&'a Residue>,
    events: Vec<&'a AuditEvent>,
}

/// Whether somebody was not allowed to do something to compute, or tried without doing it.
fn is_probe(event: &AuditEvent) -> bool {
    let compute = ["instance.", "volume.", "snapshot.", "image.", "restore-point.", "protect."];
    matches!(event.outcome.end, End::Denied | End::DryRun)
        && event.actor.service.is_none()
        && compute.iter().any(|start| event.class.as_str().starts_with(start))
}

fn finding(Tried { residues, events }: &Tried<'_>, drift: &Drift<'_>) -> Finding {
    let mut operations: BTreeMap<&str, u64> = BTreeMap::new();
    for event in events {
        *operations.entry(&event.operation).or_default() += 1;
    }
    let actor = events.first().map(|event| printable(&event.actor.label())).unwrap_or_default();
    let count = Plural(u64::try_from(events.len()).unwrap_or(u64::MAX), "time");
    let kinds = Plural(u64::try_from(operations.len()).unwrap_or(u64::MAX), "operation");
    let title = format!("{actor} was refused {count}, on {kinds} on compute");
    let facts = vec![("operations", json!(operations)), ("actor", json!(actor))];
    let cited = Cited { residues: residues.clone(), ..Cited::default() };
    woven(&META, (Class::Probe, drift.bonus(META.id)), &cited, drift, title, facts)
}
