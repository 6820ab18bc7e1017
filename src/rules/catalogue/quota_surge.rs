//! `quota-surge`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::model::{AccountId, Class as EventClass, Finding, Kind, Plural, Provider, Role, Usage, printable};
use crate::rules::fixture::Specimen;
use crate::rules::fixture::{act, denied, modified, of_service, resource, telling, unused};
use crate::rules::score::Class;
use crate::rules::timeline::{Step, Thing, chain, listed};
use crate::rules::{Drift, Example, Parameter, Rule, RuleMeta, Tier};

/// More was asked for than is usual: several quotas, in several regions, or where nothing runs.
pub(super) struct QuotaSurge;

static META: RuleMeta = RuleMeta {
    id: "quota-surge",
    tier: Tier::Chain,
    title: "Quotas were raised several times, in several regions, or where nothing runs",
    impact: 50,
    explanation: "\
## What it says

In one account three quota increases were asked for or seen within an hour, or increases in two regions within
a day, or one in a region in which no scan of the last 30 days saw anything. A request and its grant count
once. Increases that the vendor's automatic management made do not count.

`unused` names a region only if scans reach back 30 days and covered it completely; what they do not tell is
`unknown` in `usage`, and adds nothing.

## Why it matters

Stolen credentials are turned into compute for mining where nobody looks: quotas are raised first, everywhere.

## What to check

Who asked, whether the account needs the capacity, and what was launched since, in those regions above all.",
    techniques: &["T1578.005", "T1535"],
    references: &[
        "https://attack.mitre.org/techniques/T1535/",
        "https://attack.mitre.org/techniques/T1578/005/",
    ],
    parameters: &[
        Parameter { name: "requests", default: "3", meaning: "how many increases are a surge" },
        Parameter { name: "short", default: "1h", meaning: "within which time so many are one" },
        Parameter { name: "regions", default: "2", meaning: "in how many regions they are one" },
        Parameter { name: "within", default: "24h", meaning: "within which time so many regions are" },
    ],
};

impl Rule for QuotaSurge {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn examples(&self) -> Vec<Example> {
        let ask = |id: &str, minutes: i64, quota: &str, region: &str| {
            let call = (EventClass::QuotaRequest, "RequestServiceQuotaIncrease");
            telling(telling(act(id, minutes, call, []), "quota", quota), "region", region)
        };
        let (here, p) = ("eu-west-1", "L-P");
        let three = || [ask("e-1", 1, p, here), ask("e-2", 20, "L-G", here), ask("e-3", 30, "L-V", here)];
        let quota = |uid: &str, value: u16| resource(Provider::Aws, Kind::Quota, uid).with("Value", value);
        let raised = |uid: &str| modified(quota(uid, 5), quota(uid, 500));
        vec![
            Example::fires("three requests in half an hour", 65, []).logged([], three()),
            Example::fires("requests in two regions", 65, [])
                .logged([], [ask("e-1", 1, p, here), ask("e-2", 300, p, "eu-north-1")]),
            Example::fires("a request where nothing was for 30 days", 75, [])
                .logged([], [ask("e-1", 1, p, "ap-east-1")])
                .after(unused("ap-east-1")),
            Example::fires(
                "three quotas that are higher, of which no log tells",
                65,
                [raised("q-1"), raised("q-2"), raised("q-3")],
            ),
            Example::quiet("one request", []).logged([], [ask("e-1", 1, p, here)]),
            Example::quiet("one request where scans do not tell what was there", [])
                .logged([], [ask("e-1", 1, p, "ap-east-1")]),
            Example::quiet("three refused requests", []).logged([], three().map(denied)),
            Example::quiet("three increases by automatic management", [])
                .logged([], three().map(|event| of_service(event, "servicequotas"))),
            Example::quiet("one quota that is lower", [modified(quota("q-1", 500), quota("q-1", 5))]),
        ]
    }

    fn check(&self, drift: &Drift<'_>) -> Vec<Finding> {
        let raising = drift.timeline().of_class(&[EventClass::QuotaRequest, EventClass::QuotaGranted]);
        let mut by_account: BTreeMap<(Provider, &AccountId), Vec<&Step<'_>>> = BTreeMap::new();
        for step in raising.filter(|step| !step.automated && !step.what.ends_with("AutoManagement")) {
            by_account.entry((step.provider, step.account)).or_default().push(step);
        }
        by_account.into_values().filter_map(|steps| told(&steps, drift)).collect()
    }
}

fn told(steps: &[&Step<'_>], drift: &Drift<'_>) -> Option<Finding> {
    let last = steps.iter().rfind(|step| step.now)?;
    let near: Vec<&Step<'_>> =
        steps.iter().copied().filter(|step| last.follows(step, drift.time(&META, "within"))).collect();
    let (requests, short) = (drift.count(&META, "requests"), drift.time(&META, "short"));
    let surge = near.iter().filter(|end| end.now).any(|end| {
        let soon = near.iter().filter(|step| end.follows(step, short));
        soon.map(|step| asked(step)).collect::<BTreeSet<_>>().len() >= requests
    });
    let regions: BTreeSet<String> = near.iter().filter_map(|step| region(step)).collect();
    let usage = |region: &str| {
        let first = near.first();
        let estate = drift.estate().zip(first);
        estate.map_or(Usage::Unknown, |(estate, step)| estate.usage(step.provider, step.account, region))
    };
    let now = near.iter().filter(|step| step.now).filter_map(|step| region(step));
    let unused: BTreeSet<String> = now.filter(|region| usage(region) == Usage::Unused).collect();
    if !surge && regions.len() < drift.count(&META, "regions") && unused.is_empty() {
        return None;
    }
    let requests: BTreeSet<_> = near.iter().map(|step| asked(step)).collect();
    let count = Plural(u64::try_from(requests.len()).unwrap_or(u64::MAX), "quota increase");
    let mut title = format!("{count} in {} {}", last.provider, printable(last.account.as_str()));
    if !regions.is_empty() {
        title = format!("{title}, in {}", listed(&regions));
    }
    if !unused.is_empty() {
        title = format!("{title}; nothing was in {} for 30 days", listed(&unused));
    }
    let bonus = drift.bonus(if unused.is_empty() { META.id } else { "quota-surge-unused-region" });
    let known: BTreeMap<&String, Usage> = regions.iter().map(|region| (region, usage(region))).collect();
    let facts = vec![
        ("increases", json!(requests.len())),
        ("regions", json!(regions)),
        ("usage", json!(known)),
        ("unused", json!(unused)),
    ];
    Some(chain(&META, (Class::RaiseQuota, bonus), &near, drift, title, facts))
}

/// By what a request and its grant are one: the vendor's number of it, else quota and region.
fn asked(step: &Step<'_>) -> String {
    let told = |fact: &str| {
        step.event.and_then(|event| event.facts.get(fact)).and_then(Value::as_str).map(str::to_owned)
    };
    let thing = || step.things(Role::Subject, Kind::Setting).next().map(Thing::label);
    let quota = || told("quota").or_else(thing).unwrap_or_else(|| step.what.to_owned());
    told("request").unwrap_or_else(|| format!("{} {}", region(step).unwrap_or_default(), quota()))
}

/// Returns the region of an increase; none for one of all regions.
fn region(step: &Step<'_>) -> Option<String> {
    step.location.clone().filter(|region| region != "global").map(|region| printable(&region))
}
