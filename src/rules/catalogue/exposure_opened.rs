//! `exposure-opened`.

use serde_json::{Value, json};

use crate::model::{
    AccountId, AuditEvent, Class as EventClass, Confidence, Estate, Finding, Kind, Locator, PrincipalKind,
    Provider, Role, Uid, printable,
};
use crate::rules::exposure::opening;
use crate::rules::finding::{about, deed, main_resource, named, told};
use crate::rules::fixture::{
    Specimen, appeared, denied, event, image, modified, of_class, resource, snapshot, telling,
};
use crate::rules::score::Class;
use crate::rules::{Act, Drift, Example, Past, Rule, RuleMeta, Tier};

/// A resource was opened to someone outside.
pub(super) struct ExposureOpened;

static META: RuleMeta = RuleMeta {
    id: "exposure-opened",
    tier: Tier::Change,
    title: "Disk contents were opened to someone outside",
    impact: 80,
    explanation: "\
## What it says

A snapshot, image or volume can be used by someone who could not use it before: everybody, another
account, an organization or a user; or an access link to it is open; or a setting no longer stands in the way
of one (Azure `networkAccessPolicy` and `publicNetworkAccess`, from shut to open; their open defaults are
not a finding). A resource that appears shared gives this finding beside the one that it appeared.

A share that the log tells and no scan could see, because nobody asked who may use the copy, is told from the log
alone.

Where the earlier scan could not see grants, only a public one is told, with the fact `first_known`: it may
have been given long ago.

## Why it matters

Who can use a snapshot has the whole disk, at leisure, in an account that you do not see. An Azure access
link lets whoever holds it download the disk until it expires. Sharing is often undone after the copy
is made, and the copy stays.

## What to check

Who the other party is. Take the grant back or end the export first, then find out what was copied: only
the other account's logs know. A mark of automation excuses no sharing.",
    techniques: &["T1537"],
    references: &[
        "https://docs.aws.amazon.com/ebs/latest/userguide/ebs-modifying-snapshot-permissions.html",
        "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/sharing-amis.html",
        "https://learn.microsoft.com/azure/virtual-machines/disks-restrict-import-export-overview",
    ],
    parameters: &[],
};

impl Rule for ExposureOpened {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn examples(&self) -> Vec<Example> {
        let foreign = || snapshot("snap-1").shared(PrincipalKind::Account, "999988887777");
        let public = |uid: &str| image(uid, "snap-1").shared(PrincipalKind::Public, "all");
        let disk =
            |policy: &str| resource(Provider::Azure, Kind::Volume, "d-1").with("networkAccessPolicy", policy);
        let copy = || resource(Provider::Azure, Kind::Snapshot, "s-1");
        let shared = |account: &str| {
            let call = event("e-1", "ModifySnapshotAttribute", Role::Subject, "snap-1");
            telling(of_class(call, EventClass::SnapshotShare), "add_principals", json!([account]))
        };
        vec![
            Example::fires(
                "a snapshot shared with another account",
                80,
                [modified(snapshot("snap-1").private(), foreign())],
            ),
            Example::fires("an image that is public from the first", 90, [appeared(public("ami-1"))]),
            Example::fires(
                "an image that is public, seen for the first time",
                90,
                [modified(image("ami-1", "snap-1"), public("ami-1"))],
            ),
            Example::fires(
                "a snapshot that the account's list of public ones shows, and did not",
                90,
                [modified(snapshot("snap-1").public(false), snapshot("snap-1").public(true))],
            ),
            Example::fires(
                "a snapshot of a lifecycle policy, shared",
                80,
                [appeared(foreign().managed("dlm", Confidence::High))],
            ),
            Example::fires(
                "a snapshot shared with another account of one's own",
                70,
                [modified(snapshot("snap-1").private(), foreign())],
            )
            .after(Past {
                estate: Some(Estate {
                    accounts: [(Provider::Aws, AccountId::new("999988887777"))].into(),
                    ..Estate::default()
                }),
                ..Past::default()
            }),
            Example::fires("an open access link to a snapshot", 80, [modified(copy(), copy().exported())]),
            Example::fires(
                "an open access link to a disk",
                70,
                [modified(disk("AllowAll"), disk("AllowAll").exported())],
            ),
            Example::fires(
                "a disk that may be exported over any network",
                70,
                [modified(disk("DenyAll"), disk("AllowAll"))],
            ),
            Example::fires("a share that only the log tells", 80, []).logged([], [shared("999988887777")]),
            Example::quiet("a share within the log that was refused", [])
                .logged([], [denied(shared("999988887777"))]),
            Example::quiet("a share that was taken back in the log", []).logged(
                [],
                [of_class(
                    event("e-1", "ModifySnapshotAttribute", Role::Subject, "snap-1"),
                    EventClass::SnapshotShare,
                )],
            ),
            Example::quiet("a disk that appears with the open default", [appeared(disk("AllowAll"))]),
            Example::quiet(
                "a grant that the earlier scan could not see",
                [modified(snapshot("snap-1"), foreign())],
            ),
            Example::quiet(
                "a snapshot that the account's list of public ones no longer shows",
                [modified(snapshot("snap-1").public(true), snapshot("snap-1").public(false))],
            ),
            Example::quiet(
                "a grant that was taken back",
                [modified(foreign(), snapshot("snap-1").private())],
            ),
        ]
    }

    fn check(&self, drift: &Drift<'_>) -> Vec<Finding> {
        let findings = drift.acts().iter().flat_map(|act| {
            let rest = act.rest.iter().map(|change| finding(&Act::alone(change), drift));
            std::iter::once(finding(act, drift)).chain(rest).flatten()
        });
        findings.chain(drift.unseen(SHARES).into_iter().filter_map(|event| by_log(event, drift))).collect()
    }
}

/// What hands a copy to somebody.
const SHARES: &[EventClass] = &[EventClass::SnapshotShare, EventClass::ImageShare];

/// Finds a share that no scan could see, because nobody asked who may use the copy.
fn by_log(event: &AuditEvent, drift: &Drift<'_>) -> Option<Finding> {
    let own = |principal: &str| {
        let known =
            |estate: &Estate| estate.accounts.iter().any(|(_, account)| principal.contains(account.as_str()));
        drift.estate().is_some_and(known)
    };
    let added = event.facts.get("add_principals").and_then(Value::as_array)?.iter().filter_map(Value::as_str);
    let outside: Vec<&str> = added.filter(|principal| !own(principal)).collect();
    let first = outside.first()?;
    let who = match outside.len() - 1 {
        0 => printable(first),
        more => format!("{} and {more} more", printable(first)),
    };
    let target = event.targets(Role::Subject).next()?;
    let seen = drift.changes().iter().filter(|change| opening(change).is_some());
    let mut seen = seen.filter_map(|change| change.resource()).map(|resource| &resource.key.uid);
    if seen.any(|uid| target.uid.as_ref() == Some(uid)) {
        // A scan shows it, too, and is told already.
        return None;
    }
    let uid =
        target.uid.as_ref().map(Uid::as_str).or_else(|| target.locator.as_ref().map(Locator::as_str))?;
    let kind = target.kind.unwrap_or(Kind::Snapshot);
    let title = format!("{} {} was opened to {who}, as the log tells", sentence(kind), printable(uid));
    let mut facts = deed(&[event]);
    facts.push(("grants", json!(outside)));
    Some(told(&META, Class::ShareOutside, &[event], drift, title, facts))
}

/// Names a kind at the start of a sentence.
const fn sentence(kind: Kind) -> &'static str {
    match kind {
        Kind::Image | Kind::MachineImage => "Image",
        _ => "Snapshot",
    }
}

fn finding(act: &Act<'_>, drift: &Drift<'_>) -> Option<Finding> {
    let opening = opening(act.lead)?;
    let resource = main_resource(act.lead)?;
    let title = format!("{} {}", named(resource), opening.sentence());
    Some(about(&META, opening.class(resource, drift.estate()), act, title, opening.facts()))
}
