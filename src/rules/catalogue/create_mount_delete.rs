//! `create-mount-delete`.

use serde_json::json;

use crate::model::{Class as EventClass, Finding, Kind, ResidueKind, Role};
use crate::rules::fixture::{Specimen, appeared, denied, vanished};
use crate::rules::fixture::{
    act, attached, born, by, explained, instance, of_service, residue, the_day_before, volume,
};
use crate::rules::score::Class;
use crate::rules::timeline::{Step, Thing, Timeline, chain, lasting};
use crate::rules::{Drift, Example, Parameter, Past, Rule, RuleMeta, Tier};

/// An instance was made, given a copy of a disk, and deleted.
pub(super) struct CreateMountDelete;

static META: RuleMeta = RuleMeta {
    id: "create-mount-delete",
    tier: Tier::Chain,
    title: "An instance was made, given a copy of a disk, and deleted",
    impact: 60,
    explanation: "\
## What it says

Within a day an instance was made, a volume that comes from a snapshot or from another volume was put into it,
and the instance was deleted. The steps are joined by the resources, whoever took them, and each may be known
from the log or from the state alone; `steps` names them in order. Disks that come with the image that an
instance was launched from do not count, nor do instances that a scaling group or another service of the vendor
made or removed.

## Why it matters

It is how copied disk contents are read without a trace: the machine that read them is gone before anybody
looks. The test of ATT&CK for deleted instances is this chain, by a new account.

## What to check

Whose disk the copy was of (`of`), who took the snapshot and who may use it still, where the instance stood and
what left the network while it lived.",
    techniques: &["T1578.002", "T1578.003"],
    references: &["https://attack.mitre.org/techniques/T1578/003/"],
    parameters: &[Parameter { name: "within", default: "24h", meaning: "how long the whole chain may take" }],
};

impl Rule for CreateMountDelete {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn examples(&self) -> Vec<Example> {
        use EventClass::{InstanceCreate, InstanceDelete, VolumeAttach, VolumeCreate};
        let copy = || {
            act(
                "e-1",
                1,
                (VolumeCreate, "CreateVolume"),
                [(Role::Created, "vol-2"), (Role::Source, "snap-1")],
            )
        };
        let run = || act("e-2", 2, (InstanceCreate, "RunInstances"), [(Role::Created, "i-1")]);
        let mount = || {
            let on = [(Role::Subject, "vol-2"), (Role::AttachedTo, "i-1")];
            act("e-3", 5, (VolumeAttach, "AttachVolume"), on)
        };
        let end = || act("e-4", 14, (InstanceDelete, "TerminateInstances"), [(Role::Subject, "i-1")]);
        let ghost = || residue(ResidueKind::Ghost, "i-1", &["e-2", "e-4"]);
        let direct = || {
            act(
                "e-2",
                2,
                (InstanceCreate, "RunInstances"),
                [(Role::Created, "i-1"), (Role::Source, "snap-1")],
            )
        };
        let mounted = || instance("i-1", "vol-1").link(attached("/dev/xvdf", "vol-2", false));
        let restored = || {
            use crate::model::{Link, Rel};
            let up = Link::to_uid(Rel::AttachedTo, Kind::Instance, "i-1");
            born(volume("vol-2"), -90).link(Link::to_uid(Rel::CreatedFrom, Kind::Snapshot, "snap-1")).link(up)
        };
        vec![
            Example::fires("an instance that no scan saw, with a restored volume", 85, [])
                .logged([ghost()], [copy(), run(), mount(), end()]),
            Example::fires("a launch that maps a snapshot to a device", 85, [])
                .logged([ghost()], [direct(), end()]),
            Example::fires("three people taking one step each", 85, [])
                .logged([ghost()], [copy(), by(run(), "bob"), by(mount(), "carol"), end()]),
            Example::fires(
                "an instance of the scan before, that is gone now, without any log",
                85,
                [vanished(mounted())],
            )
            .after(Past {
                changes: [appeared(born(mounted(), -60)), appeared(restored())].map(the_day_before).into(),
                ..Past::default()
            }),
            Example::quiet(
                "an instance whose launch the log explains, still there",
                [explained(appeared(mounted()), &[&run()])],
            )
            .logged([], [copy(), run(), mount()]),
            Example::quiet("a refused attachment", [])
                .logged([ghost()], [copy(), run(), denied(mount()), end()]),
            Example::quiet("an instance that a scaling group made and removed", []).logged(
                [ghost()],
                [copy(), of_service(run(), "autoscaling"), mount(), of_service(end(), "autoscaling")],
            ),
            Example::quiet("an instance without another disk", []).logged([ghost()], [run(), end()]),
        ]
    }

    fn check(&self, drift: &Drift<'_>) -> Vec<Finding> {
        let ends = drift.timeline().of_class(&[EventClass::InstanceDelete]);
        let ends = ends.filter(|end| end.now && !end.automated);
        ends.flat_map(|end| {
            end.things(Role::Subject, Kind::Instance).filter_map(|instance| told(end, instance, drift))
        })
        .collect()
    }
}

fn told(end: &Step<'_>, instance: &Thing, drift: &Drift<'_>) -> Option<Finding> {
    let (timeline, within) = (drift.timeline(), drift.time(&META, "within"));
    let named = timeline.naming(instance, &[Role::Created, Role::Subject, Role::AttachedTo]);
    let makes = |step: &&&Step<'_>| {
        step.class == EventClass::InstanceCreate
            && step.has(&[Role::Created], instance)
            && !step.automated
            && end.follows(step, within)
    };
    let begin = *named.iter().rfind(makes)?;
    let between =
        named.iter().copied().filter(|step| end.follows(step, within) && step.follows(begin, within));
    let between: Vec<&Step<'_>> = between.collect();
    let mut copies: Vec<&Thing> = between
        .iter()
        .flat_map(|step| step.mounts.iter().map(move |mount| (step, mount)))
        .filter(|(step, (volume, holder))| holder.is(instance) && is_copy(timeline, step, begin, volume))
        .map(|(_, (volume, _))| volume)
        .collect();
    copies.extend(begin.asked.iter().filter(|source| source.is_a(Kind::Snapshot)));
    copies.sort_unstable();
    copies.dedup();
    let first = *copies.first()?;
    let mut things = vec![instance];
    things.extend(copies.iter().copied());
    things.extend(copies.iter().flat_map(|copy| timeline.parents(copy)));
    let rest = copies.iter().flat_map(|copy| timeline.naming(copy, &[Role::Created, Role::Subject]));
    let rest = rest.filter(|step| step.now || end.follows(step, within));
    let steps: Vec<Step<'_>> = between.iter().copied().chain(rest).map(|step| step.about(&things)).collect();
    let of: Vec<String> = timeline.ancestors(first).iter().map(|thing| thing.label()).collect();
    let title = format!(
        "Instance {} was made, given a copy of a disk ({}) and deleted{}",
        instance.label(),
        first.label(),
        lasting(begin, end)
    );
    let labels: Vec<String> = copies.iter().map(|copy| copy.label()).collect();
    let facts = vec![("copies", json!(labels)), ("of", json!(of))];
    Some(chain(
        &META,
        (Class::Proceed, drift.bonus("create-mount-delete")),
        &steps.iter().collect::<Vec<_>>(),
        drift,
        title,
        facts,
    ))
}

/// Whether a volume holds another disk's contents, and did not come with the image of its instance.
fn is_copy(timeline: &Timeline<'_>, step: &Step<'_>, begin: &Step<'_>, volume: &Thing) -> bool {
    let launches = step.class == EventClass::InstanceCreate;
    let parents = timeline.parents(volume);
    (!launches || timeline.is_older(volume, begin))
        && parents.iter().any(|parent| parent.is_a(Kind::Snapshot) || parent.is_a(Kind::Volume))
}
