//! `tenant-setting-changed`.

use serde_json::{Value, json};

use crate::model::{
    AuditEvent, Change, ChangeKind, Class as EventClass, Finding, Kind, Locator, Provider, Resource, Role,
    Uid, printable,
};
use crate::rules::finding::{Facts, about, deed, family, main_resource, named, told};
use crate::rules::fixture::{
    Specimen, appeared, change, event, instance, modified, of_class, resource, telling, vanished,
};
use crate::rules::presence::identity;
use crate::rules::protection::lost;
use crate::rules::score::Class;
use crate::rules::weakening::silenced;
use crate::rules::{Act, Drift, Example, Rule, RuleMeta, Tier, modification};

/// What all compute of an account depends on differs.
pub(super) struct TenantSettingChanged;

static META: RuleMeta = RuleMeta {
    id: "tenant-setting-changed",
    tier: Tier::Change,
    title: "A setting that all compute of an account depends on was changed",
    impact: 70,
    explanation: "\
## What it says

A setting of an account, region, subscription or project, a region, a quota, an audit log, a management lock, a
resource policy, or an account of the organization appeared, vanished or differs. The fact `security_relevant`
names each attribute that matters, and what it leads to. What `protection-removed` says of locks and snapshot
schedules, and `log-tampering` of logs that record less, is not said again. A rule of a network that lets everybody
in is told from the log, since no scan lists such rules.

| what | impact |
| --- | --- |
| a setting is weaker: a policy that is no longer enforced or allows other locations, encryption by default, block public access, serial console, defaults of the metadata service, allowed images, visibility of managed resources, a declarative policy that no longer holds it | 70 |
| a region can be used that could not be | 70 |
| project-wide metadata, with its keys and scripts | 70 |
| the state, the owner or the root mailbox of an account, subscription or project | 70 |
| a setting, an account or a policy is gone | 70 |
| a new account, subscription or project | 60 |
| more can be made than before: a greater quota | 50 |
| another security-relevant attribute: a default key, a service account, a schedule | 50 |
| anything else, and a stronger setting | 40 |
| a quota, or a region that nobody can use or a vendor built, appears or goes; tags and fields that driftline does not know | 20 |

## Why it matters

One call changes what every later instance, volume and snapshot is like, and no instance shows it. Public
access is unblocked before a snapshot is shared with everybody, a region is opened because nobody watches it,
and a key in the metadata of a project opens all its instances.

## What to check

Who changed it, and what was made or shared since (`exposure-opened`, `instance-appeared`). Set it back first:
it costs nothing, and what exists keeps what it has.",
    techniques: &["T1578.005"],
    references: &[
        "https://docs.aws.amazon.com/ebs/latest/userguide/block-public-access-snapshots.html",
        "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-IMDS-new-instances.html",
        "https://cloud.google.com/compute/docs/metadata/setting-custom-metadata#set-projectwide",
    ],
    parameters: &[],
};

impl Rule for TenantSettingChanged {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn examples(&self) -> Vec<Example> {
        let setting = |name: &str| {
            let uid = format!("111122223333/eu-west-1/{name}");
            resource(Provider::Aws, Kind::Setting, &uid).named(name)
        };
        let encryption = |on: bool| setting("ebs-encryption-by-default").with("EbsEncryptionByDefault", on);
        let block = |state: &str| setting("snapshot-block-public-access").with("State", state);
        let key = |id: &str| setting("ebs-default-kms-key-id").with("KmsKeyId", id);
        let region = |status: &str| {
            let region = resource(Provider::Aws, Kind::Region, "111122223333/ap-east-1").named("ap-east-1");
            region.with("OptInStatus", status)
        };
        let settings = vec![
            Example::fires(
                "encryption by default is off",
                70,
                [modified(encryption(true), encryption(false))],
            ),
            Example::fires(
                "snapshots can be shared with everybody",
                70,
                [modified(block("block-all-sharing"), block("unblocked"))],
            ),
            Example::fires(
                "snapshots can no longer be shared with everybody",
                40,
                [modified(block("unblocked"), block("block-all-sharing"))],
            ),
            Example::fires(
                "another key for new volumes",
                50,
                [modified(key("alias/aws/ebs"), key("arn:aws:kms:eu-west-1:999988887777:key/k"))],
            ),
            Example::fires(
                "a region that was opened",
                70,
                [modified(region("not-opted-in"), region("opted-in"))],
            ),
            Example::fires(
                "a region that was closed",
                50,
                [modified(region("opted-in"), region("not-opted-in"))],
            ),
            Example::fires("a region that a vendor built", 20, [appeared(region("not-opted-in"))]),
        ];
        [settings, examples_of_accounts()].concat()
    }

    fn check(&self, drift: &Drift<'_>) -> Vec<Finding> {
        let presences = drift.acts().iter().filter_map(presence);
        let opened = drift.unseen(&[EventClass::SettingModify]).into_iter();
        let opened = opened.filter_map(|event| by_log(event, drift));
        presences.chain(modification::modified(&META, Kind::Setting, drift)).chain(opened).collect()
    }
}

/// Finds a rule of a network that lets everybody in: no scan lists those, and the log tells them.
fn by_log(event: &AuditEvent, drift: &Drift<'_>) -> Option<Finding> {
    let (cidrs, ports) = (event.facts.get("open_cidrs")?, event.facts.get("open_ports"));
    let target = event.targets(Role::Subject).next()?;
    let address =
        target.uid.as_ref().map(Uid::as_str).or_else(|| target.locator.as_ref().map(Locator::as_str))?;
    let name = address.rsplit('/').next().unwrap_or(address);
    let on = ports.and_then(Value::as_array).map(|ports| {
        let ports: Vec<&str> = ports.iter().filter_map(Value::as_str).collect();
        format!(" on port {}", printable(&ports.join(", ")))
    });
    let title = format!("Network rule {} lets everybody in{}", printable(name), on.unwrap_or_default());
    let mut facts = deed(&[event]);
    facts.extend([("cidrs", cidrs.clone()), ("rule", json!(address))]);
    Some(told(&META, Class::WeakenTenant, &[event], drift, title, facts))
}

/// The examples of projects, subscriptions, locks, policies and what is none of these.
fn examples_of_accounts() -> Vec<Example> {
    let project = || resource(Provider::Gcp, Kind::Setting, "12").named("example-project");
    let keys = |hash: &str| project().with("commonInstanceMetadata[ssh-keys].sha256", hash);
    let quota = |limit: u32| {
        let uid = "projects/example-project/regions/europe-west1/quotas/CPUS";
        resource(Provider::Gcp, Kind::Quota, uid).named("CPUS").with("limit", limit)
    };
    let trail = |on: bool| {
        let uid = "arn:aws:cloudtrail:eu-west-1:111122223333:trail/main";
        resource(Provider::Aws, Kind::AuditLog, uid).named("main").with("IsLogging", on)
    };
    let subscription =
        |state: &str| resource(Provider::Azure, Kind::Account, "s-1").named("prod").with("state", state);
    let lock = || {
        resource(Provider::Azure, Kind::Lock, "/subscriptions/s/locks/keep")
            .named("keep")
            .with("level", "ReadOnly")
    };
    let policy = || resource(Provider::Gcp, Kind::ResourcePolicy, "3").named("spread");
    let schedule = || policy().with("snapshotSchedulePolicy.schedule.dailySchedule.daysInCycle", 1);
    let recycled = || resource(Provider::Aws, Kind::Recycled, "snap-1");
    vec![
        Example::fires("another key for every instance of a project", 70, [modified(keys("a"), keys("b"))]),
        Example::fires("a key for every instance of a project", 70, [modified(project(), keys("a"))]),
        Example::fires("a greater quota", 50, [modified(quota(24), quota(2400))]),
        Example::fires(
            "a location that the vendor built",
            20,
            [appeared(resource(Provider::Azure, Kind::Region, "/subscriptions/s/locations/x").named("x"))],
        ),
        Example::fires("a smaller quota", 40, [modified(quota(2400), quota(24))]),
        Example::fires("a quota that a vendor invented", 20, [appeared(quota(24))]),
        Example::fires("a trail that records again", 40, [modified(trail(false), trail(true))]),
        Example::fires("a network rule that lets everybody in, as the log tells", 70, []).logged(
            [],
            [telling(
                of_class(
                    event("e-1", "AuthorizeSecurityGroupIngress", Role::Subject, "sg-1"),
                    EventClass::SettingModify,
                ),
                "open_cidrs",
                json!(["0.0.0.0/0"]),
            )],
        ),
        Example::quiet("a trail that stopped is log tampering", [modified(trail(true), trail(false))]),
        Example::quiet("a trail that is gone is, too", [vanished(trail(true))]),
        Example::fires(
            "a subscription that was switched off",
            70,
            [modified(subscription("Enabled"), subscription("Disabled"))],
        ),
        Example::fires("a subscription that is gone", 70, [vanished(subscription("Enabled"))]),
        Example::fires("a new subscription", 60, [appeared(subscription("Enabled"))]),
        Example::fires("a policy that is gone", 70, [vanished(policy())]),
        Example::fires("a lock", 40, [appeared(lock())]),
        Example::fires(
            "a subscription that is back",
            60,
            [change(ChangeKind::Reappeared, None, Some(subscription("Enabled")))],
        ),
        Example::quiet("a lock that is gone, which is a protection removed", [vanished(lock())]),
        Example::quiet("a snapshot schedule that is gone, which is one too", [vanished(schedule())]),
        Example::quiet(
            "what came into the recycle bin and left it",
            [appeared(recycled()), vanished(recycled())],
        ),
        Example::quiet("an instance that vanished", [vanished(instance("i-1", "vol-1"))]),
    ]
}

/// What tells at a glance which setting came or went, and the fact that tells it.
const TOLD: &[(&str, &str)] = &[
    ("level", "level"),
    ("locked", "scope"),
    ("opt_in_status", "OptInStatus"),
    ("parent", "parent"),
    ("limit", "Value"),
    ("limit", "limit"),
    ("state", "State"),
    ("state", "state"),
];

/// Finds what came or went, unless it is a protection that was removed.
fn presence(act: &Act<'_>) -> Option<Finding> {
    let verb = match act.lead.kind {
        ChangeKind::Appeared => "appeared",
        ChangeKind::Reappeared => "is back",
        ChangeKind::Vanished if lost(act.lead).is_none() && silenced(act.lead).is_empty() => "vanished",
        _ => return None,
    };
    let resource = main_resource(act.lead).filter(|resource| family(resource.key.kind) == Kind::Setting)?;
    let mut facts: Facts = identity(resource);
    facts.extend(TOLD.iter().filter_map(|(name, path)| Some((*name, resource.config.get(*path)?.clone()))));
    let title = format!("{} {verb}", named(resource));
    Some(about(&META, class(act.lead, resource), act, title, facts))
}

fn class(change: &Change, resource: &Resource) -> Class {
    let status = resource.config.get("OptInStatus").and_then(Value::as_str);
    match (resource.key.kind, change.kind) {
        (Kind::Quota, _) => Class::Note,
        // Azure and Google Cloud ask nobody who uses a region: the vendor built it.
        (Kind::Region, _) if status.is_none_or(|status| status == "not-opted-in") => Class::Note,
        (Kind::Region, _) | (_, ChangeKind::Vanished) => Class::WeakenTenant,
        (Kind::Account, _) => Class::Create,
        _ => Class::Modify,
    }
}
