//! `snapshot-then-instance`.

use std::collections::BTreeSet;

use serde_json::json;

use crate::model::{Class as EventClass, Finding, Kind, Role};
use crate::rules::fixture::{Specimen, act, appeared, attached, by, instance, of_service, snapshot, volume};
use crate::rules::score::Class;
use crate::rules::timeline::{Step, Thing, Timeline, chain, lasting, listed};
use crate::rules::{Drift, Example, Parameter, Rule, RuleMeta, Tier};

/// A snapshot was taken, and an instance made that holds its contents.
pub(super) struct SnapshotThenInstance;

/// What takes a copy of a disk.
const TAKEN: &[EventClass] =
    &[EventClass::SnapshotCreate, EventClass::SnapshotCopy, EventClass::RestorePointCreate];

static META: RuleMeta = RuleMeta {
    id: "snapshot-then-instance",
    tier: Tier::Chain,
    title: "A snapshot was taken, and an instance made from it or beside it",
    impact: 60,
    explanation: "\
## What it says

Somebody took a snapshot and within a day made an instance whose disks, or whose image, come from it
(`join`: `lineage`). Or the same principal made an instance within an hour of taking a snapshot, and nothing
says that the two have to do with each other (`join`: `principal`); that is weak, and says so.

Snapshots that a schedule or a backup service took, and instances that a scaling group made, begin and end no
such chain.

## Why it matters

Whoever may not read a disk can copy it and mount the copy in a machine of their own.

## What to check

Whose disk was copied, who can log in to the new instance, and whether a restore was due.",
    techniques: &["T1578.001", "T1578.002"],
    references: &["https://attack.mitre.org/techniques/T1578/001/"],
    parameters: &[
        Parameter {
            name: "within",
            default: "24h",
            meaning: "how soon an instance that holds the contents follows",
        },
        Parameter {
            name: "near",
            default: "1h",
            meaning: "how soon any instance of the same principal follows",
        },
    ],
};

impl Rule for SnapshotThenInstance {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn examples(&self) -> Vec<Example> {
        use EventClass::{InstanceCreate, SnapshotCreate, VolumeAttach, VolumeCreate};
        let taken = || {
            act(
                "e-1",
                1,
                (SnapshotCreate, "CreateSnapshot"),
                [(Role::Created, "snap-1"), (Role::Source, "vol-9")],
            )
        };
        let copy = || {
            act(
                "e-2",
                2,
                (VolumeCreate, "CreateVolume"),
                [(Role::Created, "vol-2"), (Role::Source, "snap-1")],
            )
        };
        let run =
            |minutes: i64| act("e-3", minutes, (InstanceCreate, "RunInstances"), [(Role::Created, "i-1")]);
        let mount = || {
            let on = [(Role::Subject, "vol-2"), (Role::AttachedTo, "i-1")];
            act("e-4", 150, (VolumeAttach, "AttachVolume"), on)
        };
        let restored = {
            use crate::model::{Link, Rel};
            volume("vol-2").link(Link::to_uid(Rel::CreatedFrom, Kind::Snapshot, "snap-1"))
        };
        let holder = instance("i-1", "vol-1").link(attached("/dev/xvdf", "vol-2", false));
        vec![
            Example::fires("a snapshot restored into a new instance hours later", 75, [])
                .logged([], [taken(), copy(), run(149), mount()]),
            Example::fires(
                "the same, from the state alone",
                75,
                [appeared(snapshot("snap-1")), appeared(restored), appeared(holder)],
            ),
            Example::fires("an instance within the hour, and nothing that joins the two", 65, [])
                .logged([], [taken(), run(40)]),
            Example::quiet("an instance hours later, and nothing that joins the two", [])
                .logged([], [taken(), run(149)]),
            Example::quiet("a snapshot of one and an instance of another person", [])
                .logged([], [taken(), by(run(40), "bob")]),
            Example::quiet("a snapshot that a schedule took", [])
                .logged([], [of_service(taken(), "dlm"), copy(), run(149), mount()]),
        ]
    }

    fn check(&self, drift: &Drift<'_>) -> Vec<Finding> {
        let timeline = drift.timeline();
        let taken: Vec<&Step<'_>> = timeline.of_class(TAKEN).filter(|step| !step.automated).collect();
        let mut findings = Vec::new();
        let mut loose: Vec<&Step<'_>> = Vec::new();
        for launch in timeline.of_class(&[EventClass::InstanceCreate]).filter(|step| !step.automated) {
            let instances = launch.things(Role::Created, Kind::Instance);
            let joined: Vec<_> = instances.filter_map(|it| strong(launch, it, &taken, drift)).collect();
            if joined.is_empty() && launch.now {
                loose.push(launch);
            }
            findings.extend(joined);
        }
        findings.extend(weak(&loose, &taken, drift));
        findings
    }
}

/// A snapshot whose contents an instance holds.
fn strong(launch: &Step<'_>, instance: &Thing, taken: &[&Step<'_>], drift: &Drift<'_>) -> Option<Finding> {
    let (timeline, within) = (drift.timeline(), drift.time(&META, "within"));
    let named = timeline.naming(instance, &[Role::Created, Role::Subject, Role::AttachedTo]);
    let mounting = |step: &&Step<'_>| step.mounts.iter().any(|(_, holder)| holder.is(instance));
    let mounting: Vec<&Step<'_>> = named.into_iter().filter(mounting).collect();
    let held = held(timeline, launch, instance, &mounting);
    let holds = |step: &&&Step<'_>| {
        let made = step.parts.iter().filter(|(role, _)| *role == Role::Created);
        made.into_iter().any(|(_, copy)| held.iter().any(|held| held.is(copy)))
    };
    let begins: Vec<&Step<'_>> = taken
        .iter()
        .filter(holds)
        .filter(|step| launch.follows(step, within) && launch.may_be_by(step))
        .copied()
        .collect();
    let begin = *begins.first()?;
    let snapshots: Vec<&Thing> = held
        .iter()
        .copied()
        .filter(|held| begins.iter().any(|step| step.has(&[Role::Created], held)))
        .collect();
    let relevant = |step: &&Step<'_>| {
        let volumes = step.mounts.iter().filter(|(_, holder)| holder.is(instance));
        volumes.into_iter().any(|(volume, _)| descends(timeline, volume, &snapshots))
    };
    let mounting: Vec<&Step<'_>> = mounting.into_iter().filter(relevant).collect();
    let last = mounting.iter().copied().chain([launch]).max_by_key(|step| step.window)?;
    if !last.now {
        return None;
    }
    let volumes: Vec<&Thing> = mounting
        .iter()
        .flat_map(|step| &step.mounts)
        .filter(|(volume, holder)| holder.is(instance) && descends(timeline, volume, &snapshots))
        .map(|(volume, _)| volume)
        .collect();
    let made = volumes.iter().flat_map(|volume| timeline.naming(volume, &[Role::Created]));
    let things: Vec<&Thing> = snapshots.iter().chain(&volumes).copied().chain([instance]).collect();
    let steps = begins.iter().copied().chain(made).chain([launch]).chain(mounting.iter().copied());
    let steps: Vec<Step<'_>> = steps.map(|step| step.about(&things)).collect();
    let labels: BTreeSet<String> = snapshots.iter().map(|copy| copy.label()).collect();
    let title = format!(
        "A snapshot was taken ({}) and instance {} made to hold its contents{}",
        listed(&labels),
        instance.label(),
        lasting(begin, last)
    );
    let facts = vec![("join", json!("lineage")), ("copies", json!(labels))];
    let steps: Vec<&Step<'_>> = steps.iter().collect();
    Some(chain(&META, (Class::Proceed, drift.bonus(META.id)), &steps, drift, title, facts))
}

/// Returns whatever an instance holds, with all that it descends from.
fn held<'s>(
    timeline: &'s Timeline<'_>,
    launch: &'s Step<'_>,
    instance: &Thing,
    mounting: &[&'s Step<'_>],
) -> Vec<&'s Thing> {
    let images = launch.parts.iter().filter(|(role, _)| *role == Role::Image).map(|(_, image)| image);
    let volumes = mounting.iter().flat_map(|step| &step.mounts);
    let volumes = volumes.filter(|(_, holder)| holder.is(instance)).map(|(volume, _)| volume);
    let mut held: Vec<&Thing> = launch.asked.iter().chain(images).chain(volumes).collect();
    let ancestors: Vec<&Thing> = held.iter().flat_map(|thing| timeline.ancestors(thing)).collect();
    held.extend(ancestors);
    held.sort_unstable();
    held.dedup();
    held
}

fn descends(timeline: &Timeline<'_>, volume: &Thing, copies: &[&Thing]) -> bool {
    timeline.ancestors(volume).iter().any(|ancestor| copies.iter().any(|copy| copy.is(ancestor)))
}

/// Instances that a principal made within the hour of taking snapshots: one finding for each principal.
fn weak(launches: &[&Step<'_>], taken: &[&Step<'_>], drift: &Drift<'_>) -> Vec<Finding> {
    let soon = drift.time(&META, "near");
    let mut groups: Vec<Vec<&Step<'_>>> = Vec::new();
    for launch in launches {
        let near = |step: &&&Step<'_>| launch.follows(step, soon) && launch.is_by(step);
        let mut steps: Vec<&Step<'_>> = taken.iter().filter(near).copied().collect();
        if steps.is_empty() {
            continue;
        }
        steps.push(launch);
        match groups.iter_mut().find(|group| group.iter().any(|step| step.is_by(launch))) {
            Some(group) => group.extend(steps),
            None => groups.push(steps),
        }
    }
    let told = |steps: Vec<&Step<'_>>| {
        let made = |kind: Kind| -> BTreeSet<String> {
            steps.iter().flat_map(|step| step.things(Role::Created, kind)).map(Thing::label).collect()
        };
        let by = steps.iter().find_map(|step| step.by()).unwrap_or_default();
        let (copies, instances) = (made(Kind::Snapshot), made(Kind::Instance));
        let title = format!(
            "{by} took a snapshot ({}) and made an instance ({}) within the hour",
            listed(&copies),
            listed(&instances)
        );
        let facts = vec![("join", json!("principal")), ("copies", json!(copies))];
        chain(
            &META,
            (Class::Proceed, drift.bonus("snapshot-then-instance-weak")),
            &steps,
            drift,
            title,
            facts,
        )
    };
    groups.into_iter().map(told).collect()
}
