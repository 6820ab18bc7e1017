//! `snapshot-exfiltration`.

use crate::model::{ChurnKind, Finding, PrincipalKind, SnapshotChurn, TraceState, printable};
use crate::rules::churn::{Verdict, findings, subject};
use crate::rules::fixture::{Specimen, churn, snapshot, traced, vanished};
use crate::rules::score::Class;
use crate::rules::{Drift, Example, Parameter, Rule, RuleMeta, Tier};

/// A snapshot was handed outside, and the trace of it taken away.
pub(super) struct SnapshotExfiltration;

static META: RuleMeta = RuleMeta {
    id: "snapshot-exfiltration",
    tier: Tier::Chain,
    title: "A snapshot was handed to somebody outside, and closed or deleted again",
    impact: 80,
    explanation: "\
## What it says

A snapshot or image was shared with an account outside those that are known here, or with everybody, or opened for
download, and within a day the grant was taken back or the snapshot deleted; or AWS told that another account made a
volume or a copy of it (`SharedSnapshotVolumeCreated`, `SharedSnapshotCopyInitiated`). Known are the accounts that were
scanned, whose logs were read, or that the organization lists, and other accounts that have made use of shared
snapshots for more than a week. The steps may lie in different scans.

A link for download that merely ends says nothing; only if the snapshot is deleted too.

## Why it matters

The copy in the other account stays. What is taken back here only hides that it was made.

## What to check

Whose account it is (`shared_with`, `used_by`) and what the disk held. Only the other account's logs know what became of
the copy. Take back every other grant, and rotate what stood on the disk.",
    techniques: &["T1537", "T1578.001"],
    references: &[
        "https://attack.mitre.org/techniques/T1537/",
        "https://docs.aws.amazon.com/ebs/latest/userguide/ebs-modifying-snapshot-permissions.html",
    ],
    parameters: &[Parameter {
        name: "within",
        default: "24h",
        meaning: "within which time after it was opened it is closed or deleted",
    }],
};

impl Rule for SnapshotExfiltration {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn examples(&self) -> Vec<Example> {
        let shared = || snapshot("snap-1").shared(PrincipalKind::Account, "999988887777");
        let gone = || vec![traced(vanished(shared()), TraceState::Explained)];
        let mut record = churn(ChurnKind::Exfiltration, &gone());
        for life in &mut record.lives {
            life.shared_with.insert("999988887777".to_owned());
        }
        vec![
            Example::fires("shared with another account, and deleted", 100, gone()).churned([record]),
            Example::quiet("deleted a month after it was shared", gone()),
        ]
    }

    fn check(&self, drift: &Drift<'_>) -> Vec<Finding> {
        findings(&META, ChurnKind::Exfiltration, drift, |record| Verdict {
            class: Class::ShareOutside,
            bonus: drift.bonus(META.id),
            title: title(record),
        })
    }
}

fn title(record: &SnapshotChurn) -> String {
    let verb = if record.lives.len() == 1 { "was" } else { "were" };
    let used = record.lives.iter().flat_map(|life| &life.used_by).next();
    if let Some(account) = used {
        return format!("{} {verb} copied by account {}", subject(record), printable(account));
    }
    let with = record.lives.iter().flat_map(|life| &life.shared_with).next();
    let end = if record.deleted > 0 { "deleted" } else { "closed" };
    match with.map(String::as_str) {
        Some("all" | "allUsers" | "allAuthenticatedUsers") => {
            format!("{} {verb} opened to everybody, and {end} again", subject(record))
        }
        Some(with) => format!("{} {verb} shared with {}, and {end} again", subject(record), printable(with)),
        None => format!("{} {verb} opened for download, and {end} again", subject(record)),
    }
}
