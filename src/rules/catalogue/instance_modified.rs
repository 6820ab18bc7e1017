//! `instance-modified`.

use serde_json::json;

use crate::model::{ChangeKind, Finding, Kind, Link, Provider, Rel};
use crate::rules::fixture::{Specimen, attached, change, instance, modified, resource, volume};
use crate::rules::{Drift, Example, Rule, RuleMeta, Tier, modification};

/// An instance's configuration, slots or place differ.
pub(super) struct InstanceModified;

static META: RuleMeta = RuleMeta {
    id: "instance-modified",
    tier: Tier::Change,
    title: "An instance was modified",
    impact: 65,
    explanation: "\
## What it says

The instance is the same, and its configuration, its attached volumes or its address differ. The fact
`security_relevant` names each attribute that matters to security, and why; `slots` names each slot that
holds another volume. What `protection-removed` says is not said again.

| what differs | impact |
| --- | --- |
| another volume in the root slot | 65 |
| other volumes in other slots, or a security-relevant attribute | 50 |
| any other attribute | 40 |
| tags, the name, or fields that driftline does not know, and nothing else | 20 |

## Why it matters

Configuration is how an instance is taken over without touching what runs on it: a start-up script, a
weaker metadata service, a stronger identity, a wider security group. Another root volume is another
machine behind the same id.

## What to check

Who changed it, whether the instance was stopped and started around it (`instance-state-changed`), and for
a swapped volume what it was made from.",
    techniques: &["T1578.005"],
    references: &[
        "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html",
        "https://learn.microsoft.com/azure/virtual-machines/windows/os-disk-swap",
    ],
    parameters: &[],
};

impl Rule for InstanceModified {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn examples(&self) -> Vec<Example> {
        let plain = || instance("i-1", "vol-1").named("web-1");
        let imds = |tokens: &str| plain().with("MetadataOptions.HttpTokens", tokens);
        let machine = || resource(Provider::Gcp, Kind::Instance, "1");
        let script = |hash: &str| machine().with("metadata[startup-script].sha256", hash);
        let data = || plain().link(attached("/dev/xvdb", "vol-2", false));
        let azure = || resource(Provider::Azure, Kind::Instance, "v-1");
        let vm = |disk: &str| azure().link(attached("os", disk, false));
        let named = |disk: &str| azure().with("storageProfile.osDisk.name", disk);
        let renamed = modified(named("d-1"), named("d-2"));
        let up = Link::to_uid(Rel::AttachedTo, Kind::Instance, "i-1");
        vec![
            Example::fires(
                "metadata requests without a token are accepted",
                50,
                [modified(imds("required"), imds("optional"))],
            ),
            Example::fires("another start-up script", 50, [modified(script("a"), script("b"))]),
            Example::fires(
                "another size",
                40,
                [modified(
                    plain().with("InstanceType", "t3.small"),
                    plain().with("InstanceType", "t3.large"),
                )],
            ),
            Example::fires("a tag", 20, [modified(plain(), plain().tagged("team", "web"))]),
            Example::fires(
                "another volume in the root slot",
                65,
                [change(ChangeKind::SlotSwapped, Some(plain()), Some(instance("i-1", "vol-9")))],
            ),
            Example::fires(
                "a volume attached, which says the same of itself, as one finding",
                50,
                [
                    change(ChangeKind::Attached, Some(plain()), Some(data())),
                    modified(volume("vol-2"), volume("vol-2").link(up)),
                ],
            ),
            Example::fires(
                "another OS disk, told by the slot and by the disk's name, as one finding",
                65,
                [change(ChangeKind::SlotSwapped, Some(vm("d-1")), Some(vm("d-2"))), renamed],
            ),
            Example::quiet(
                "termination protection switched off, and nothing else",
                [modified(
                    plain().with("DisableApiTermination", json!(true)),
                    plain().with("DisableApiTermination", json!(false)),
                )],
            ),
            Example::quiet(
                "an instance that was stopped",
                [change(ChangeKind::Stopped, Some(plain()), Some(plain()))],
            ),
        ]
    }

    fn check(&self, drift: &Drift<'_>) -> Vec<Finding> {
        modification::modified(&META, Kind::Instance, drift)
    }
}
