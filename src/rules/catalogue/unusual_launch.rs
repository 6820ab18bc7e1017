//! `unusual-launch`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::model::{Class as EventClass, Finding, Kind, Provider, Role, Usage, printable};
use crate::rules::fixture::{
    Specimen, act, appeared, denied, explained, instance, of_service, telling, unused, used,
};
use crate::rules::heavy::heavy;
use crate::rules::score::Class;
use crate::rules::timeline::{Step, Thing, chain, listed};
use crate::rules::{Drift, Example, Rule, RuleMeta, Tier};

/// A costly instance was made where nothing was, or by somebody new.
pub(super) struct UnusualLaunch;

static META: RuleMeta = RuleMeta {
    id: "unusual-launch",
    tier: Tier::Chain,
    title: "A costly instance was made where nothing was, or by somebody new",
    impact: 60,
    explanation: "\
## What it says

An instance was made whose type has accelerators, is made for high-performance computing or very large memory,
or has 64 vCPUs or more, in a region in which no scan of the last 30 days saw anything; or by somebody new or
unexpected, wherever. `usage` says whether scans tell that the region was unused; where they do not (`unknown`)
it is told as well, and adds nothing to the risk. What a scaling group made is none of this.

The families: AWS `p`, `g`, `gr`, `trn`, `inf`, `dl`, `vt`, `f`, `hpc`, `u`, `x`; Azure `NC`, `ND`, `NV`, `NG`,
`NP`, `HB`, `HC`, `HX`, `M`; Google Cloud `a2` to `a4`, `g2`, `g4`, TPU, `h3`, `h4d`, `m1` to `m4`, `x4`.

## Why it matters

It is what stolen credentials are turned into money with, and the bill comes at the end of the month.

## What to check

Who launched it, what it runs, and whether there are more in other regions.",
    techniques: &["T1578.002", "T1496", "T1535"],
    references: &["https://attack.mitre.org/techniques/T1496/"],
    parameters: &[],
};

impl Rule for UnusualLaunch {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn examples(&self) -> Vec<Example> {
        let call = (EventClass::InstanceCreate, "RunInstances");
        let run = |sort: &str| telling(act("e-1", 1, call, [(Role::Created, "i-1")]), "instance_type", sort);
        let made = |sort: &str| appeared(instance("i-1", "vol-1").with("InstanceType", sort));
        let (here, big, small) = ("eu-west-1", "p5.48xlarge", "t3.micro");
        vec![
            Example::fires("a machine with accelerators where nothing was for 30 days", 75, [])
                .logged([], [run(big)])
                .after(unused(here)),
            Example::fires("the same, from the state alone", 75, [made(big)]).after(unused(here)),
            Example::fires("where scans do not tell what was there", 60, []).logged([], [run(big)]),
            Example::quiet("where others run", [explained(made(big), &[&run(big)])])
                .logged([], [run(big)])
                .after(used(here)),
            Example::quiet("a small machine", []).logged([], [run(small)]).after(unused(here)),
            Example::quiet("a refused launch", []).logged([], [denied(run(big))]).after(unused(here)),
            Example::quiet("what a scaling group made", [])
                .logged([], [of_service(run(big), "autoscaling")])
                .after(unused(here)),
        ]
    }

    fn check(&self, drift: &Drift<'_>) -> Vec<Finding> {
        let launches = drift.timeline().of_class(&[EventClass::InstanceCreate]);
        let mut groups: BTreeMap<Group, Vec<&Step<'_>>> = BTreeMap::new();
        for launch in launches.filter(|launch| launch.now && !launch.automated) {
            let told =
                types(launch).into_iter().find_map(|name| Some((heavy(launch.provider, &name)?, name)));
            let Some((what, name)) = told else { continue };
            let (account, place) = (launch.account.to_string(), launch.location.clone().unwrap_or_default());
            let who = launch.actor.map(|actor| actor.key.clone());
            groups.entry((launch.provider, account, place, name, what, who)).or_default().push(launch);
        }
        groups.into_iter().filter_map(|(group, launches)| told(group, &launches, drift)).collect()
    }
}

/// Cloud, account, place, type, what is heavy about it, and who.
type Group = (Provider, String, String, String, &'static str, Option<String>);

fn told(
    (provider, _, place, name, what, _): Group,
    launches: &[&Step<'_>],
    drift: &Drift<'_>,
) -> Option<Finding> {
    let first = launches.first()?;
    let usage = drift.estate().map_or(Usage::Unknown, |estate| estate.usage(provider, first.account, &place));
    let events = launches.iter().filter_map(|launch| launch.event).map(|event| &event.id);
    if usage == Usage::Used && !drift.is_novel(events) {
        return None;
    }
    let bonus = drift.bonus(if usage == Usage::Unused { META.id } else { "unusual-launch-elsewhere" });
    let made: BTreeSet<String> = launches
        .iter()
        .flat_map(|step| step.things(Role::Created, Kind::Instance))
        .map(Thing::label)
        .collect();
    let place = if place.is_empty() { "an unknown place".to_owned() } else { printable(&place) };
    let nothing = if usage == Usage::Unused { ", where nothing was for 30 days" } else { "" };
    let title = format!("{} ({what}) was made in {place}{nothing}: {}", printable(&name), listed(&made));
    let facts = vec![
        ("instance_type", json!(name)),
        ("heavy", json!(what)),
        ("usage", json!(usage)),
        ("instances", json!(made)),
    ];
    Some(chain(&META, (Class::Proceed, bonus), launches, drift, title, facts))
}

/// Returns the types that a launch tells.
fn types(launch: &Step<'_>) -> Vec<String> {
    let told = ["instance_type", "vm_size", "machine_type"].into_iter().filter_map(|fact| {
        launch.event.and_then(|event| event.facts.get(fact)).and_then(Value::as_str).map(str::to_owned)
    });
    let seen = launch.changes.iter().filter_map(|change| change.after.as_ref());
    let seen = seen.flat_map(|resource| {
        let paths = ["InstanceType", "hardwareProfile.vmSize", "machineType"];
        paths.into_iter().filter_map(|path| resource.config.get(path)).filter_map(Value::as_str)
    });
    told.chain(seen.map(|name| name.rsplit('/').next().unwrap_or(name).to_owned())).collect()
}
