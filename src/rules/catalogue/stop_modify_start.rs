//! `stop-modify-start`.

use std::collections::BTreeSet;

use serde_json::json;

use crate::model::{
    Change, ChangeKind, Class as EventClass, Finding, Kind, Revert, RevertKind, Role, printable,
};
use crate::rules::fixture::{Specimen, act, change, denied, explained, instance, modified};
use crate::rules::path::covers;
use crate::rules::score::Class;
use crate::rules::slot::{Part, slots};
use crate::rules::timeline::{Step, Thing, chain, lasting};
use crate::rules::{Drift, Example, Parameter, Rule, RuleMeta, Tier};

/// An instance was stopped, changed where it hurts, and started.
pub(super) struct StopModifyStart;

/// What matters that a start brings into force: scripts, identities, how the metadata service answers.
const PATHS: &[(&str, &str)] = &[
    ("config.UserData", "start-up script"),
    ("config.IamInstanceProfile", "role"),
    ("config.MetadataOptions", "metadata service"),
    ("config.userData", "user data"),
    ("config.osProfile", "logins and extensions"),
    ("config.identity", "identity"),
    ("config.metadata", "metadata"),
    ("config.serviceAccounts", "service account"),
];

/// What swapping the root disk is called.
const ROOT: &str = "root disk";

static META: RuleMeta = RuleMeta {
    id: "stop-modify-start",
    tier: Tier::Chain,
    title: "An instance was stopped, changed where it hurts, and started",
    impact: 65,
    explanation: "\
## What it says

Within two hours an instance was stopped, its start-up script, its role or identity, its metadata or its root
disk was changed, and it was started again. Another size or another tag is none of this. Where no log tells the
order, a restart and such a change between the same two scans are told together.

## Why it matters

A start-up script runs as root at the next start, and EC2 lets it be replaced only while the instance is
stopped. A swapped root disk boots whatever is on it.

## What to check

What the script or the disk does (driftline keeps only digests), which role the instance has now, and who can
stop instances that matter.",
    techniques: &["T1578.004", "T1578.005"],
    references: &["https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html"],
    parameters: &[Parameter { name: "within", default: "2h", meaning: "how long the whole chain may take" }],
};

impl Rule for StopModifyStart {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn examples(&self) -> Vec<Example> {
        use EventClass::{InstanceModify, InstanceStart, InstanceStop};
        let on = || [(Role::Subject, "i-1")];
        let stop = || act("e-1", 1, (InstanceStop, "StopInstances"), on());
        let modify = || {
            let mut event = act("e-2", 5, (InstanceModify, "ModifyInstanceAttribute"), on());
            event.touches.insert("config.UserData".to_owned());
            event
        };
        let resize = || {
            let mut event = act("e-2", 5, (InstanceModify, "ModifyInstanceAttribute"), on());
            event.touches.insert("config.InstanceType".to_owned());
            event
        };
        let start = || act("e-3", 9, (InstanceStart, "StartInstances"), on());
        let plain = || instance("i-1", "vol-1");
        let script = |hash: &str| plain().with("UserData", json!({ "sha256": hash }));
        let restarted = || change(ChangeKind::Restarted, Some(plain()), Some(plain()));
        let swap = || change(ChangeKind::SlotSwapped, Some(plain()), Some(instance("i-1", "vol-9")));
        vec![
            Example::fires(
                "another start-up script in between",
                65,
                [
                    explained(restarted(), &[&stop(), &start()]),
                    explained(modified(script("a"), script("b")), &[&modify()]),
                ],
            )
            .logged([], [stop(), modify(), start()]),
            Example::fires("a script that was put back, so that no state shows it", 65, [])
                .logged([], [stop(), modify(), start()]),
            Example::fires("a restart and another root disk, without any log", 80, [restarted(), swap()]),
            Example::quiet("another size in between", []).logged([], [stop(), resize(), start()]),
            Example::quiet("a refused modification", []).logged([], [stop(), denied(modify()), start()]),
            Example::quiet("an instance that was not started again", []).logged([], [stop(), modify()]),
        ]
    }

    fn check(&self, drift: &Drift<'_>) -> Vec<Finding> {
        let starts = drift.timeline().of_class(&[EventClass::InstanceStart]).filter(|start| start.now);
        starts
            .flat_map(|start| {
                start
                    .things(Role::Subject, Kind::Instance)
                    .filter_map(move |instance| told(start, instance, drift))
            })
            .collect()
    }
}

fn told(start: &Step<'_>, instance: &Thing, drift: &Drift<'_>) -> Option<Finding> {
    let within = drift.time(&META, "within");
    let named = drift.timeline().naming(instance, &[Role::Subject, Role::AttachedTo]);
    let before: Vec<&Step<'_>> = named.into_iter().filter(|step| start.follows(step, within)).collect();
    let stop = *before.iter().rfind(|step| step.class == EventClass::InstanceStop)?;
    let mut changed: BTreeSet<&'static str> = BTreeSet::new();
    let mut between: Vec<&Step<'_>> = Vec::new();
    for step in before.iter().filter(|step| step.follows(stop, within) && !step.automated) {
        let what = modifies(step, instance);
        if !what.is_empty() {
            changed.extend(what);
            between.push(step);
        }
    }
    let migrated = |revert: &Revert| {
        let machine = revert.machine.as_deref();
        revert.kind == RevertKind::Migrated && machine.is_some_and(|it| instance.is(&Thing::of_resource(it)))
    };
    if drift.reverts().iter().any(migrated) {
        // The disk was replaced by its own latest copy: that is what a migration does between stop and start.
        changed.remove(ROOT);
    }
    if changed.is_empty() {
        return None;
    }
    let class = if changed.contains(ROOT) { Class::SwapRoot } else { Class::ModifySecurity };
    let what = changed.iter().copied().collect::<Vec<_>>().join(" and ");
    let title = format!(
        "Instance {} was stopped, its {what} changed, and started{}",
        instance.label(),
        lasting(stop, start)
    );
    let steps: Vec<Step<'_>> =
        [stop].into_iter().chain(between).chain([start]).map(|step| step.about(&[instance])).collect();
    let steps: Vec<&Step<'_>> = steps.iter().collect();
    let facts = vec![("changed", json!(changed)), ("instance", json!(printable(&instance.label())))];
    Some(chain(&META, (class, drift.bonus(META.id)), &steps, drift, title, facts))
}

/// Returns what of an instance a step changed that matters.
fn modifies(step: &Step<'_>, instance: &Thing) -> BTreeSet<&'static str> {
    let mut found = BTreeSet::new();
    match step.class {
        EventClass::InstanceRevert => drop(found.insert(ROOT)),
        EventClass::InstanceModify | EventClass::VolumeAttach => {}
        _ => return found,
    }
    let of_event = step.event.into_iter().flat_map(|event| &event.touches).map(String::as_str);
    let own = |change: &&&Change| {
        let mut states = change.before.iter().chain(&change.after);
        states.any(|state| instance.is(&Thing::of_resource(state)))
    };
    let changes: Vec<&&Change> = step.changes.iter().filter(own).collect();
    let of_changes = changes.iter().flat_map(|change| &change.attributes).map(|it| it.path.as_str());
    for path in of_event.chain(of_changes) {
        found.extend(PATHS.iter().filter(|(pattern, _)| covers(pattern, path)).map(|(_, name)| *name));
    }
    let scripted = step.event.is_some_and(|event| event.facts.contains_key("sets_user_data"));
    found.extend(scripted.then_some("user data"));
    let swapped = changes.iter().filter(|change| change.kind == ChangeKind::SlotSwapped);
    let root =
        swapped.flat_map(|change| slots(change)).any(|slot| slot.part == Part::Root && slot.is_swapped());
    found.extend(root.then_some(ROOT));
    found
}
