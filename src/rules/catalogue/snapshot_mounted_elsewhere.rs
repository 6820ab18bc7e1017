//! `snapshot-mounted-elsewhere`.

use serde_json::json;

use crate::model::{Class as EventClass, Finding, Kind, Link, Rel, Role};
use crate::rules::fixture::{
    Specimen, act, appeared, attached, change, instance, modified, snapshot, volume,
};
use crate::rules::score::Class;
use crate::rules::timeline::{Step, Thing, Timeline, chain, lasting};
use crate::rules::{Drift, Example, Parameter, Rule, RuleMeta, Tier};

/// A copy of one instance's disk was attached to another.
pub(super) struct SnapshotMountedElsewhere;

static META: RuleMeta = RuleMeta {
    id: "snapshot-mounted-elsewhere",
    tier: Tier::Chain,
    title: "A copy of one instance's disk was attached to another instance",
    impact: 65,
    explanation: "\
## What it says

A volume was made from a snapshot (or cloned from a volume), and attached within a day to an instance that the
original disk is not known to have belonged to. It says so only where it is known which instance the original
belonged to; disks that come with an image are none of this.

## Why it matters

Who may not log in to a machine can read its disk in another. The test of ATT&CK on created instances is a
snapshot mounted by a new or unexpected user; being new raises the risk here, and is no condition.

## What to check

Who can log in to the instance that holds the copy, whether a restore was ordered, and which secrets lie on the
original disk.",
    techniques: &["T1578.001", "T1578.002", "T1537"],
    references: &["https://attack.mitre.org/techniques/T1578/002/"],
    parameters: &[Parameter { name: "within", default: "24h", meaning: "how soon the copy is attached" }],
};

impl Rule for SnapshotMountedElsewhere {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn examples(&self) -> Vec<Example> {
        use EventClass::{VolumeAttach, VolumeCreate};
        let copy = || {
            act(
                "e-1",
                1,
                (VolumeCreate, "CreateVolume"),
                [(Role::Created, "vol-2"), (Role::Source, "snap-1")],
            )
        };
        let mount = |to: &'static str| {
            let on = [(Role::Subject, "vol-2"), (Role::AttachedTo, to)];
            act("e-2", 3, (VolumeAttach, "AttachVolume"), on)
        };
        let owner = || instance("i-1", "vol-1");
        let of = Link::to_uid(Rel::TakenFrom, Kind::Volume, "vol-1");
        let known = || {
            let taken = snapshot("snap-1").link(of.clone());
            [modified(owner(), owner().tagged("a", "b")), modified(taken.clone(), taken.tagged("a", "b"))]
        };
        let restored = || volume("vol-2").link(Link::to_uid(Rel::CreatedFrom, Kind::Snapshot, "snap-1"));
        let other = || instance("i-2", "vol-9");
        let holder = other().link(attached("/dev/xvdf", "vol-2", false));
        let [owner_seen, taken_seen] = known();
        vec![
            Example::fires("a snapshot restored into another instance", 85, known())
                .logged([], [copy(), mount("i-2")]),
            Example::fires(
                "the same, from the state alone",
                85,
                [
                    owner_seen,
                    taken_seen,
                    appeared(restored()),
                    change(crate::model::ChangeKind::Attached, Some(other()), Some(holder)),
                ],
            ),
            Example::quiet("a snapshot restored into the instance that it was taken from", known())
                .logged([], [copy(), mount("i-1")]),
            Example::quiet("a snapshot of a disk of which nobody knows where it was", [])
                .logged([], [copy(), mount("i-2")]),
        ]
    }

    fn check(&self, drift: &Drift<'_>) -> Vec<Finding> {
        const MOUNTS: &[EventClass] =
            &[EventClass::VolumeAttach, EventClass::InstanceCreate, EventClass::InstanceModify];
        let mounts = drift.timeline().of_class(MOUNTS).filter(|step| step.now && !step.automated);
        let told = mounts.flat_map(|step| {
            step.mounts.iter().filter_map(move |(volume, instance)| told(step, volume, instance, drift))
        });
        let mut findings: Vec<Finding> = Vec::new();
        for finding in told {
            if findings.iter().all(|known| known.id != finding.id) {
                findings.push(finding);
            }
        }
        findings
    }
}

fn told(mount: &Step<'_>, volume: &Thing, instance: &Thing, drift: &Drift<'_>) -> Option<Finding> {
    let (timeline, within) = (drift.timeline(), drift.time(&META, "within"));
    let made = |step: &&&Step<'_>| {
        step.class == EventClass::VolumeCreate && !step.automated && mount.follows(step, within)
    };
    let named = timeline.naming(volume, &[Role::Created]);
    let made = *named.iter().rfind(made)?;
    let copied =
        timeline.parents(volume).into_iter().find(|it| it.is_a(Kind::Snapshot) || it.is_a(Kind::Volume))?;
    let (original, owners) = origin(timeline, volume)?;
    let launched = mount.class == EventClass::InstanceCreate;
    if owners.iter().any(|owner| owner.is(instance)) || (launched && !timeline.is_older(volume, mount)) {
        return None;
    }
    let things = [volume, instance, copied];
    let begin = timeline.naming(copied, &[Role::Created]);
    let begin = begin.into_iter().filter(|step| mount.follows(step, within));
    let steps: Vec<Step<'_>> = begin.chain([made, mount]).map(|step| step.about(&things)).collect();
    let owner = owners.first().map(|owner| owner.label()).unwrap_or_default();
    let title = format!(
        "A copy of {}, the disk of instance {owner}, was attached to instance {}{}",
        original.label(),
        instance.label(),
        lasting(made, mount)
    );
    let facts = vec![
        ("copy", json!(volume.label())),
        ("made_from", json!(copied.label())),
        ("original", json!(original.label())),
        ("original_of", json!(owners.iter().map(|owner| owner.label()).collect::<Vec<_>>())),
    ];
    let steps: Vec<&Step<'_>> = steps.iter().collect();
    Some(chain(&META, (Class::MountElsewhere, drift.bonus(META.id)), &steps, drift, title, facts))
}

/// Returns the nearest volume that a volume descends from and of which it is known whose it was.
fn origin<'s>(timeline: &'s Timeline<'_>, volume: &Thing) -> Option<(&'s Thing, Vec<&'s Thing>)> {
    let originals =
        timeline.ancestors(volume).into_iter().filter(|it| it.is_a(Kind::Volume) && !it.is(volume));
    originals.map(|original| (original, timeline.owners(original))).find(|(_, owners)| !owners.is_empty())
}
