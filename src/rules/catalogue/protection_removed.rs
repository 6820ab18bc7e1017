//! `protection-removed`.

use serde_json::json;

use crate::model::{Finding, Kind, Link, Provider, Rel, printable};
use crate::rules::finding::{Facts, about, main_resource, named};
use crate::rules::fixture::{Specimen, attached, image, instance, modified, resource, vanished, volume};
use crate::rules::protection::{lost, removals};
use crate::rules::score::Class;
use crate::rules::{Act, Drift, Example, Rule, RuleMeta, Tier};

/// A protection against deletion or loss was taken away.
pub(super) struct ProtectionRemoved;

static META: RuleMeta = RuleMeta {
    id: "protection-removed",
    tier: Tier::Change,
    title: "A protection against deletion or loss was taken away",
    impact: 70,
    explanation: "\
## What it says

One of these is weaker than it was:

- EC2 termination protection, stop protection, deregistration protection of an image; Compute Engine
  deletion protection; the immutability policy of an Azure snapshot
- the snapshot schedule of a Compute Engine disk; a snapshot schedule itself, which is gone, takes snapshots
  less often, or keeps them for a shorter time
- an Azure management lock, which is gone, or only stops deletion and no longer modification
- a volume that would have outlived its instance, and is now deleted with it

What a separate call tells (EC2 instance attributes) counts only if the later scan says that it is off.

## Why it matters

Protection is switched off before the deletion that it would have stopped. The deletion may follow within
minutes, or long after, when nobody connects the two.

## What to check

Who switched it off, and what was deleted since (`instance-vanished`, `volume-vanished`,
`image-vanished`). Switch it on again before anything else.",
    techniques: &["T1578.005"],
    references: &[
        "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_ChangingDisableAPITermination.html",
        "https://cloud.google.com/compute/docs/instances/preventing-accidental-vm-deletion",
        "https://learn.microsoft.com/azure/azure-resource-manager/management/lock-resources",
    ],
    parameters: &[],
};

impl Rule for ProtectionRemoved {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn examples(&self) -> Vec<Example> {
        let ec2 = |on: bool| instance("i-1", "vol-1").named("db").with("DisableApiTermination", on);
        let gce = || resource(Provider::Gcp, Kind::Instance, "1");
        let ami = |state: &str| image("ami-1", "snap-1").with("DeregistrationProtection", state);
        let immutable =
            |days: u8| resource(Provider::Azure, Kind::Snapshot, "s-1").with("immutabilityPolicy.days", days);
        let disk = || resource(Provider::Gcp, Kind::Volume, "2");
        let kept = |keep: bool| instance("i-1", "vol-1").link(attached("/dev/xvdb", "vol-2", !keep));
        let up = |doomed: bool| {
            let link = Link::to_uid(Rel::AttachedTo, Kind::Instance, "i-1");
            volume("vol-2").link(Link { delete_with: Some(doomed), ..link })
        };
        let attributes = vec![
            Example::fires("termination protection switched off", 70, [modified(ec2(true), ec2(false))]),
            Example::fires(
                "deletion protection no longer told, which means off",
                70,
                [modified(gce().with("deletionProtection", true), gce())],
            ),
            Example::fires(
                "deregistration protection switched off",
                70,
                [modified(ami("enabled-without-cooldown"), ami("disabled"))],
            ),
            Example::fires(
                "a disk taken off its snapshot schedule",
                70,
                [modified(disk().with("resourcePolicies", json!(["daily"])), disk())],
            ),
            Example::fires(
                "a volume that is now deleted with its instance, told by both, as one finding",
                70,
                [modified(kept(true), kept(false)), modified(up(false), up(true))],
            ),
            Example::fires("a shorter immutability policy", 70, [modified(immutable(30), immutable(7))]),
            Example::fires(
                "an immutability policy that is gone",
                70,
                [modified(immutable(30), resource(Provider::Azure, Kind::Snapshot, "s-1"))],
            ),
            Example::quiet("a longer immutability policy", [modified(immutable(7), immutable(30))]),
            Example::quiet("termination protection switched on", [modified(ec2(false), ec2(true))]),
            Example::quiet(
                "termination protection that the later scan did not ask for",
                [modified(ec2(true), instance("i-1", "vol-1").named("db"))],
            ),
            Example::quiet(
                "an instance taken off its start and stop schedule",
                [modified(gce().with("resourcePolicies", json!(["office-hours"])), gce())],
            ),
        ];
        [attributes, examples_of_protectors()].concat()
    }

    fn check(&self, drift: &Drift<'_>) -> Vec<Finding> {
        drift.acts().iter().filter_map(finding).collect()
    }
}

/// The examples of what does nothing but protect others.
fn examples_of_protectors() -> Vec<Example> {
    let lock = |level: &str| {
        resource(Provider::Azure, Kind::Lock, "/subscriptions/s/locks/keep")
            .named("keep")
            .with("level", level)
    };
    let policy = |name: &str| resource(Provider::Gcp, Kind::ResourcePolicy, "3").named(name);
    let schedule = |kept: u8, every: u8| {
        policy("nightly")
            .with("snapshotSchedulePolicy.retentionPolicy.maxRetentionDays", kept)
            .with("snapshotSchedulePolicy.schedule.dailySchedule.daysInCycle", every)
    };
    let placement = policy("spread").with("groupPlacementPolicy.availabilityDomainCount", 2);
    vec![
        Example::fires("a lock that is gone", 70, [vanished(lock("CanNotDelete"))]),
        Example::fires(
            "a lock that no longer stops modification",
            70,
            [modified(lock("ReadOnly"), lock("CanNotDelete"))],
        ),
        Example::fires("a snapshot schedule that is gone", 70, [vanished(schedule(14, 1))]),
        Example::fires(
            "a snapshot schedule that keeps its snapshots for fewer days",
            70,
            [modified(schedule(14, 1), schedule(1, 1))],
        ),
        Example::fires(
            "a snapshot schedule that runs less often",
            70,
            [modified(schedule(14, 1), schedule(14, 7))],
        ),
        Example::quiet(
            "a lock that stops modification, too",
            [modified(lock("CanNotDelete"), lock("ReadOnly"))],
        ),
        Example::quiet(
            "a snapshot schedule that runs more often and keeps more",
            [modified(schedule(14, 7), schedule(30, 1))],
        ),
        Example::quiet("a placement policy that is gone", [vanished(placement)]),
    ]
}

fn finding(act: &Act<'_>) -> Option<Finding> {
    let resource = main_resource(act.lead)?;
    if let Some(what) = lost(act.lead) {
        let mut facts = Facts::from([("protections", json!([{ "what": what }]))]);
        facts.extend(resource.config.get("scope").map(|scope| ("locked", scope.clone())));
        return Some(about(
            &META,
            Class::RemoveProtection,
            act,
            format!("{}: {what}", named(resource)),
            facts,
        ));
    }
    let removals = removals(act.lead);
    let first = removals.first()?;
    let others = match removals.len() - 1 {
        0 => String::new(),
        others => format!(", and {others} more"),
    };
    let title = format!("{}: {}{others}", named(resource), printable(first.what));
    let removed = removals.iter().map(|removal| json!({ "path": removal.path, "what": removal.what }));
    let facts = Facts::from([("protections", removed.collect())]);
    Some(about(&META, Class::RemoveProtection, act, title, facts))
}
