//! `grant-changed`.

use serde_json::json;

use crate::model::{Change, ChangeKind, Confidence, Finding, Kind, Provider, Resource, TraceState};
use crate::rules::finding::{about, main_resource};
use crate::rules::fixture::{Specimen, appeared, change, instance, modified, resource, traced, vanished};
use crate::rules::grant::{capabilities, facts, phrase, who};
use crate::rules::score::Class;
use crate::rules::{Act, Drift, Example, Rule, RuleMeta, Tier};

/// Somebody may do to compute what it could not, or no longer what it could.
pub(super) struct GrantChanged;

static META: RuleMeta = RuleMeta {
    id: "grant-changed",
    tier: Tier::Change,
    title: "Who may do what to compute was changed",
    impact: 50,
    explanation: "\
## What it says

A principal may do something to compute that it could not do at the last complete listing: delete, create,
modify or revert instances, take, delete or share snapshots, remove protection, tamper with logs, or grant
rights. All that one principal gained is one finding. What it lost, and what it holds by other means than
before, is a note; a limit that was lifted counts as a gain.

Grants are **approximate**: policies, groups, roles and assignments are matched against a table of actions
with their wildcards. Organization policies, permission boundaries, deny assignments and conditions are not
evaluated, and where there is doubt a capability counts as held. The fact `limited` says that each way to it
bears a condition or names its resources.

## Why it matters

Rights come before acts: an account that may delete instances, share snapshots or stop logs today is the
account that does so tomorrow. One call is enough, and it leaves no trace in any instance.

## What to check

Who gave it (`events`), by what (`via`), and whether the principal should have it; of a role, who may assume
it (`assumable_by`). `driftline access --who NAME` lists all that it may do.",
    techniques: &["T1098"],
    references: &[
        "https://attack.mitre.org/mitigations/M1018/",
        "https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html",
    ],
    parameters: &[],
};

impl Rule for GrantChanged {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn examples(&self) -> Vec<Example> {
        let limited = || grant("ann", "share-snapshot").with("conditions_hash", "aa");
        vec![
            Example::fires(
                "somebody may delete instances now",
                50,
                [appeared(grant("ann", "delete-instance"))],
            ),
            Example::fires(
                "one policy gave three capabilities at once",
                50,
                [
                    appeared(grant("ann", "delete-instance")),
                    appeared(grant("ann", "log-tamper")),
                    appeared(grant("ann", "grant")),
                ],
            ),
            Example::fires(
                "the log says who gave it",
                28,
                [traced(appeared(grant("ann", "revert")), TraceState::Explained)],
            ),
            Example::fires(
                "a complete log is silent on it",
                70,
                [traced(appeared(grant("ann", "revert")), TraceState::Unexplained)],
            ),
            Example::fires("a limit was lifted", 50, [modified(limited(), grant("ann", "share-snapshot"))]),
            Example::fires(
                "it is held by another policy",
                20,
                [modified(grant("ann", "revert"), other_way())],
            ),
            Example::fires("somebody may no longer do it", 20, [vanished(grant("ann", "delete-instance"))]),
            Example::fires(
                "a role that only a service of the vendor can assume",
                20,
                [appeared(grant("r", "create-instance").managed("autoscaling", Confidence::High))],
            ),
            Example::fires(
                "it is back",
                50,
                [change(ChangeKind::Reappeared, None, Some(grant("ann", "delete-instance")))],
            ),
            Example::quiet("an instance that vanished", [vanished(instance("i-1", "vol-1"))]),
        ]
    }

    fn check(&self, drift: &Drift<'_>) -> Vec<Finding> {
        let acts = drift.acts().iter().filter(|act| of_grant(act.lead));
        acts.filter_map(finding).collect()
    }
}

fn grant(principal: &str, capability: &str) -> Resource {
    let grant = resource(Provider::Aws, Kind::Grant, &format!("{principal}-{capability}"));
    let arn = format!("arn:aws:iam::111122223333:user/{principal}");
    let grant = grant.with("principal", arn.as_str()).with("principal_key", format!("{arn}#AIDA"));
    let grant = grant.with("principal_kind", "user").with("capability", capability);
    grant.with("scope", "111122223333").with("via", json!(["policy ops"]))
}

fn other_way() -> Resource {
    grant("ann", "revert").with("via", json!(["group devs / policy ops"]))
}

fn of_grant(change: &Change) -> bool {
    main_resource(change).is_some_and(|resource| resource.key.kind == Kind::Grant)
}

fn finding(act: &Act<'_>) -> Option<Finding> {
    let grants: Vec<&Resource> = act.changes().filter_map(main_resource).collect();
    let first = grants.first()?;
    let what = phrase(&capabilities(grants.iter().copied()));
    let lifted = act.changes().any(lifts_limit);
    let (class, title) = match act.lead.kind {
        ChangeKind::Appeared | ChangeKind::Reappeared => {
            (Class::GrantCapability, format!("{} may now {what}", who(first)))
        }
        ChangeKind::Vanished => (Class::Note, format!("{} may no longer {what}", who(first))),
        ChangeKind::CoverageGap => return None,
        _ if lifted => (Class::GrantCapability, format!("{} may now {what} without limits", who(first))),
        _ => (Class::Note, format!("{} may {what} by other means than before", who(first))),
    };
    // What only a service of the vendor can use, the vendor gives and takes as it sees fit.
    let is_service = |grant: &&Resource| {
        grant.managed_by.as_ref().is_some_and(|managed| managed.confidence == Confidence::High)
    };
    let class = if grants.iter().all(is_service) { Class::Note } else { class };
    Some(about(&META, class, act, title, facts(&grants)))
}

/// Whether what was limited by conditions or to some resources no longer is.
fn lifts_limit(change: &Change) -> bool {
    change.attributes.iter().any(|attribute| {
        attribute.path == "config.conditions_hash" && attribute.before.is_some() && attribute.after.is_none()
    })
}
