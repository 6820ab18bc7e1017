//! `region-opened`.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::model::{Class as EventClass, Estate, Finding, Kind, Provider, Role, Usage, printable};
use crate::rules::fixture::{act, denied, telling};
use crate::rules::score::Class;
use crate::rules::timeline::{Step, Thing, chain, lies_in, listed};
use crate::rules::{Drift, Example, Parameter, Past, Rule, RuleMeta, Tier};

/// A region was enabled, and an instance made there.
pub(super) struct RegionOpened;

static META: RuleMeta = RuleMeta {
    id: "region-opened",
    tier: Tier::Chain,
    title: "A region was enabled, and an instance made there",
    impact: 60,
    explanation: "\
## What it says

Within seven days a region was enabled for an account (or a policy that kept resources out of it was loosened)
and an instance was made there; quota increases for the region in between are told with it. Where a loosened
policy does not name its regions, only a region counts in which scans saw nothing for 30 days.

## Why it matters

Regions that nobody uses are regions that nobody watches: alarms, dashboards and baselines leave them out.

## What to check

Whether anybody planned to use the region, what runs there now, and that logs and scans cover it.",
    techniques: &["T1578.002", "T1578.005", "T1535"],
    references: &["https://attack.mitre.org/techniques/T1535/"],
    parameters: &[Parameter { name: "within", default: "7d", meaning: "how soon an instance follows" }],
};

impl Rule for RegionOpened {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn examples(&self) -> Vec<Example> {
        let enabled = |region: &str| {
            telling(act("e-1", -5 * 1440, (EventClass::RegionEnable, "EnableRegion"), []), "region", region)
        };
        let asked = |region: &str| {
            let call = (EventClass::QuotaRequest, "RequestServiceQuotaIncrease");
            telling(act("e-2", -60, call, []), "region", region)
        };
        let run = || act("e-3", 5, (EventClass::InstanceCreate, "RunInstances"), [(Role::Created, "i-1")]);
        let past = |event| Past { events: vec![event], ..Past::default() };
        vec![
            Example::fires("a region enabled five days before", 85, [])
                .logged([], [run()])
                .after(past(enabled("eu-west-1"))),
            Example::fires("the same, with a quota request in between", 85, [])
                .logged([], [run()])
                .after(Past { events: vec![enabled("eu-west-1"), asked("eu-west-1")], ..Past::default() }),
            Example::quiet("another region enabled", [])
                .logged([], [run()])
                .after(past(enabled("ap-east-1"))),
            Example::quiet("a region that nobody was allowed to enable", [])
                .logged([], [run()])
                .after(past(denied(enabled("eu-west-1")))),
            Example::quiet("a region enabled, and nothing made there", []).logged([], [enabled("eu-west-1")]),
        ]
    }

    fn check(&self, drift: &Drift<'_>) -> Vec<Finding> {
        let opened = drift.timeline().of_class(&[EventClass::RegionEnable]);
        opened.filter_map(|opened| told(opened, drift)).collect()
    }
}

fn told(opened: &Step<'_>, drift: &Drift<'_>) -> Option<Finding> {
    let (timeline, within) = (drift.timeline(), drift.time(&META, "within"));
    let launches = timeline.of_class(&[EventClass::InstanceCreate]).filter(|launch| {
        launch.now
            && (launch.provider, launch.account) == (opened.provider, opened.account)
            && launch.follows(opened, within)
            && launch.location.as_deref().is_some_and(|place| opens(opened, place, drift))
    });
    let launches: Vec<&Step<'_>> = launches.collect();
    let place = launches.first()?.location.clone()?;
    let quotas = timeline.of_class(&[EventClass::QuotaRequest, EventClass::QuotaGranted]).filter(|quota| {
        let region = quota.location.as_deref();
        (quota.provider, quota.account) == (opened.provider, opened.account)
            && quota.follows(opened, within)
            && launches.iter().any(|launch| launch.follows(quota, within))
            && region.is_some_and(|region| lies_in(quota.provider, &place, region))
    });
    let made: BTreeSet<String> = launches
        .iter()
        .flat_map(|launch| launch.things(Role::Created, Kind::Instance))
        .map(Thing::label)
        .collect();
    let title = format!("Region {} was enabled, and {} made there", printable(&place), listed(&made));
    let facts = vec![("region", json!(place)), ("instances", json!(made))];
    let steps: Vec<&Step<'_>> = [opened].into_iter().chain(quotas).chain(launches.iter().copied()).collect();
    Some(chain(&META, (Class::OpenRegion, drift.bonus(META.id)), &steps, drift, title, facts))
}

/// Whether a step opened the region that a place lies in.
fn opens(opened: &Step<'_>, place: &str, drift: &Drift<'_>) -> bool {
    let named: Vec<String> = opened.things(Role::Subject, Kind::Setting).map(Thing::label).collect();
    let asked = opened.event.and_then(|event| event.facts.get("region")).and_then(Value::as_str);
    let mut regions = asked.into_iter().chain(named.iter().map(String::as_str));
    if opened.provider != Provider::Gcp {
        return regions.any(|region| lies_in(opened.provider, place, region));
    }
    let allowed = opened.event.and_then(|event| event.facts.get("allowed_values")).and_then(Value::as_array);
    if let Some(allowed) = allowed.filter(|allowed| !allowed.is_empty()) {
        return allowed.iter().filter_map(Value::as_str).any(|value| allows(value, place));
    }
    let usage = |estate: &Estate| estate.usage(opened.provider, opened.account, place);
    drift.estate().map(usage) == Some(Usage::Unused)
}

/// Whether a value of a location constraint names the region of a place: `in:us-east1-locations`.
fn allows(value: &str, place: &str) -> bool {
    let named = value.rsplit(':').next().unwrap_or(value);
    let named = named.strip_suffix("-locations").unwrap_or(named);
    lies_in(Provider::Gcp, place, named)
}
