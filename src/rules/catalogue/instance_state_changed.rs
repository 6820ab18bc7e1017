//! `instance-state-changed`.

use serde_json::json;

use crate::model::{ChangeKind, Finding};
use crate::rules::finding::{Facts, about, main_resource, named};
use crate::rules::fixture::{Specimen, change, instance, modified};
use crate::rules::score::Class;
use crate::rules::{Drift, Example, Rule, RuleMeta, Tier};

/// An instance was started, stopped or restarted.
pub(super) struct InstanceStateChanged;

static META: RuleMeta = RuleMeta {
    id: "instance-state-changed",
    tier: Tier::Change,
    title: "An instance was started, stopped or restarted",
    impact: 50,
    explanation: "\
## What it says

The instance runs and did not, does not run and did, or runs as it did but was stopped and started in
between, which the vendor's start time shows even if no scan saw it stopped. A reboot moves no start time
on EC2 and gives no finding.

## Why it matters

A stop ends what runs, wipes memory and ephemeral disks, and lets attributes be changed that cannot be
changed on a running instance: its user data, its size, its root volume. A start runs what was changed.

## What to check

What else changed on the instance in the same window (`instance-modified`), and whether it has instance
store, local SSD or a temporary disk. Schedules that stop machines at night are the usual harmless cause.",
    techniques: &["T1578"],
    references: &["https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Stop_Start.html"],
    parameters: &[],
};

impl Rule for InstanceStateChanged {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn examples(&self) -> Vec<Example> {
        let plain = || instance("i-1", "vol-1").named("web-1");
        let changed = |kind| change(kind, Some(plain()), Some(plain()));
        vec![
            Example::fires("an instance that was stopped", 50, [changed(ChangeKind::Stopped)]),
            Example::fires("an instance that was started", 50, [changed(ChangeKind::Started)]),
            Example::fires("a start time that moved while it ran", 50, [changed(ChangeKind::Restarted)]),
            Example::quiet(
                "another size",
                [modified(
                    plain().with("InstanceType", "t3.small"),
                    plain().with("InstanceType", "t3.large"),
                )],
            ),
        ]
    }

    fn check(&self, drift: &Drift<'_>) -> Vec<Finding> {
        let findings = drift.acts().iter().filter_map(|act| {
            let verb = match act.lead.kind {
                ChangeKind::Started => "was started",
                ChangeKind::Stopped => "was stopped",
                ChangeKind::Restarted => "was stopped and started",
                _ => return None,
            };
            let resource = main_resource(act.lead)?;
            let mut facts = Facts::new();
            if let Some(state) = &resource.state {
                facts.push(("state", json!(state.native)));
            }
            Some(about(&META, Class::ChangeState, act, format!("{} {verb}", named(resource)), facts))
        });
        findings.collect()
    }
}
