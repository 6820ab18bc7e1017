//! `unlogged-change`.

use serde_json::json;

use crate::model::{ChangeKind, Finding, ResidueKind, Role, TraceState};
use crate::rules::finding::{about, deed, left, main_resource, named, subject};
use crate::rules::fixture::{event, instance, residue, traced, vanished, volume};
use crate::rules::score::Class;
use crate::rules::{Drift, Example, Rule, RuleMeta, Tier};

/// The state differs, the log is complete, and no event explains it.
pub(super) struct UnloggedChange;

static META: RuleMeta = RuleMeta {
    id: "unlogged-change",
    tier: Tier::Silence,
    title: "A change that a complete log does not explain",
    impact: 90,
    explanation: "\
## What it says

Two scans differ, the audit log of that account and place is known to be complete for the whole time in which
it happened, its delivery lag is over, and no event in it accounts for the difference. Or the log shows that
something was made, a complete listing lacks it, and no event shows that it was deleted. A log of which
nobody knows whether it is complete never gives this finding.

## Why it matters

Every change of state goes through an API that is logged. A change without a record means that records were
kept from the log or taken out of it, that somebody acts where the log does not reach, or that the platform
itself did it: the first two are what an intruder wants.

## What to check

Whether the log's completeness is proven by digests or only said; whether trails, diagnostic settings or sinks
were changed in that time; whether the vendor announced maintenance; and what else happened to the same
resources.",
    techniques: &["T1578", "T1562.008"],
    references: &[
        "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-intro.html",
        "https://learn.microsoft.com/azure/azure-monitor/platform/activity-log",
        "https://cloud.google.com/logging/docs/audit",
    ],
    parameters: &[],
};

impl Rule for UnloggedChange {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn examples(&self) -> Vec<Example> {
        let gone = || vanished(instance("i-1", "vol-1"));
        let left = || residue(ResidueKind::VanishedUnexplained, "i-2", &["e-1"]);
        let made = || event("e-1", "RunInstances", Role::Created, "i-2");
        vec![
            Example::fires(
                "an instance vanished, and the complete log names no cause",
                100,
                [traced(gone(), TraceState::Unexplained)],
            ),
            Example::fires(
                "an instance was terminated, and the volume that should have outlived it is gone without a record",
                100,
                [
                    traced(gone(), TraceState::Explained),
                    traced(vanished(volume("vol-9")), TraceState::Unexplained),
                ],
            ),
            Example::fires("the log shows a launch, a complete listing lacks it, no event ends it", 100, [])
                .logged([left()], [made()]),
            Example::quiet("the log says who did it", [traced(gone(), TraceState::Explained)]),
            Example::quiet("the log may still deliver", [traced(gone(), TraceState::Pending)]),
            Example::quiet("the log has a gap", [traced(gone(), TraceState::LogGap)]),
            Example::quiet(
                "nobody proves that the log is complete",
                [traced(gone(), TraceState::UnexplainedLowConfidence)],
            ),
        ]
    }

    fn check(&self, drift: &Drift<'_>) -> Vec<Finding> {
        let acts = drift.acts().iter().filter(|act| act.trace().state == TraceState::Unexplained);
        let of_acts = acts.filter(|act| act.lead.kind != ChangeKind::CoverageGap).filter_map(|act| {
            // What goes with a recorded change can be what has no record.
            let change = act.changes().find(|change| change.trace.state == TraceState::Unexplained)?;
            let resource = main_resource(change)?;
            let title = format!("{}: {} without a record in a complete log", named(resource), change.kind);
            let facts = vec![("change", json!(change.kind)), ("reason", json!(change.trace.reason))];
            Some(about(&META, Class::GoUnlogged, act, title, facts))
        });
        let gone = drift.residues().iter().filter(|residue| residue.kind == ResidueKind::VanishedUnexplained);
        let of_residues = gone.map(|residue| {
            let title = format!("{} was made and is gone, and no record says how", subject(residue));
            let events: Vec<_> = residue.events.iter().filter_map(|id| drift.event(id)).collect();
            left(&META, Class::GoUnlogged, residue, drift, title, deed(&events))
        });
        of_acts.chain(of_residues).collect()
    }
}
