//! `backup-tampering`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use crate::model::{AccountId, Class as EventClass, Finding, Kind, Provider, Role, printable};
use crate::rules::fixture::{act, denied, explained, of_service, snapshot, vanished};
use crate::rules::score::Class;
use crate::rules::timeline::{Step, Thing, chain, lasting, listed};
use crate::rules::{Drift, Example, Parameter, Rule, RuleMeta, Tier};

/// Backups were weakened, and perhaps deleted then.
pub(super) struct BackupTampering;

/// What weakens backups, and what deletes a copy.
const ACTS: &[EventClass] =
    &[EventClass::SnapshotDelete, EventClass::RestorePointDelete, EventClass::BackupTamper];

/// How operations are called that may as well strengthen what they change.
const CHANGES: &[&str] = &["update", "put", "patch", "write", "create"];

static META: RuleMeta = RuleMeta {
    id: "backup-tampering",
    tier: Tier::Chain,
    title: "Backups were weakened, and copies deleted",
    impact: 90,
    explanation: "\
## What it says

A backup plan, policy, vault, selection or lock, a snapshot schedule, or soft delete was removed, switched off
or changed; each such act is told by itself. If snapshots or recovery points of the account were deleted by
hand within a day after it, they are told with it, and the risk is higher. Whether a change of a plan or policy
strengthens or weakens it, the log does not tell: it counts for less than a removal, and only deletions by the
same principal are told with it. What retention deletes of itself is none of this.

## Why it matters

Ransom and sabotage begin with the backups. Once plan, vault and copies are gone, nothing comes back.

## What to check

What can still be restored, at once: soft-deleted items, recycle bins, copies in other accounts and regions.
Then who did it and what it deleted since.",
    techniques: &["T1490", "T1485"],
    references: &["https://attack.mitre.org/techniques/T1490/"],
    parameters: &[Parameter { name: "within", default: "24h", meaning: "how soon copies are deleted" }],
};

impl Rule for BackupTampering {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn examples(&self) -> Vec<Example> {
        use EventClass::{BackupTamper, SnapshotDelete};
        let removed = || act("e-1", 1, (BackupTamper, "DeleteBackupPlan"), []);
        let changed = || act("e-1", 1, (BackupTamper, "UpdateLifecyclePolicy"), []);
        let end = || act("e-2", 9, (SnapshotDelete, "DeleteSnapshot"), [(Role::Subject, "snap-1")]);
        let gone = || explained(vanished(snapshot("snap-1")), &[&end()]);
        vec![
            Example::fires("a backup plan deleted, then a snapshot", 100, [gone()])
                .logged([], [removed(), end()]),
            Example::fires("a policy changed, then a snapshot deleted by the same", 90, [gone()])
                .logged([], [changed(), end()]),
            Example::fires("a backup plan deleted by somebody known", 50, []).logged([], [removed()]),
            Example::fires("a policy changed", 40, []).logged([], [changed()]),
            Example::fires("a policy changed, and what retention deletes then", 40, [])
                .logged([], [changed(), of_service(end(), "dlm")]),
            Example::quiet("a backup plan that nobody was allowed to delete", [gone()])
                .logged([], [denied(removed()), end()]),
            Example::quiet("a snapshot deleted", [gone()]).logged([], [end()]),
        ]
    }

    fn check(&self, drift: &Drift<'_>) -> Vec<Finding> {
        let mut accounts: BTreeMap<(Provider, &AccountId), Vec<&Step<'_>>> = BTreeMap::new();
        for step in drift.timeline().of_class(ACTS).filter(|step| !step.automated) {
            accounts.entry((step.provider, step.account)).or_default().push(step);
        }
        accounts.into_values().flat_map(|steps| of_account(&steps, drift)).collect()
    }
}

/// What is told of one account: the weakenings with the deletions after them, and each of the others by itself.
fn of_account(steps: &[&Step<'_>], drift: &Drift<'_>) -> Vec<Finding> {
    let (deletions, weakenings): (Vec<&Step<'_>>, Vec<&Step<'_>>) =
        steps.iter().partition(|it| deletes_copy(it));
    let within = drift.time(&META, "within");
    let after = |end: &Step<'_>, weak: &Step<'_>| {
        end.now && end.follows(weak, within) && (!is_change(weak) || end.is_by(weak))
    };
    let (linked, alone): (Vec<&Step<'_>>, Vec<&Step<'_>>) =
        weakenings.into_iter().partition(|weak| deletions.iter().any(|end| after(end, weak)));
    let (ends, other): (Vec<&Step<'_>>, Vec<&Step<'_>>) =
        deletions.into_iter().partition(|end| linked.iter().any(|weak| after(end, weak)));
    let alone =
        alone.into_iter().chain(other.into_iter().filter(|step| step.class == EventClass::BackupTamper));
    // What a state alone shows of a schedule is told as a protection that was removed.
    let alone = alone.filter(|step| step.now && step.event.is_some()).map(|step| by_itself(step, drift));
    alone.chain(chained(&linked, &ends, drift)).collect()
}

/// Whether a step deletes a copy itself, and not what makes or keeps copies.
fn deletes_copy(step: &Step<'_>) -> bool {
    let name = step.what.rsplit(['/', '.']).next().unwrap_or_default().to_lowercase();
    let of_backup = ["deleterecoverypoint", "deletebackup"].contains(&name.as_str());
    step.class != EventClass::BackupTamper || of_backup
}

/// Whether a step may as well strengthen what it changes.
fn is_change(step: &Step<'_>) -> bool {
    let lower = step.what.to_lowercase();
    let mut words = lower.split(['/', '.']);
    words.any(|word| CHANGES.iter().any(|verb| word.starts_with(verb)))
}

fn chained(weakenings: &[&Step<'_>], deletions: &[&Step<'_>], drift: &Drift<'_>) -> Option<Finding> {
    let (first, last) = (*weakenings.first()?, *deletions.last()?);
    let copies: BTreeSet<String> = deletions
        .iter()
        .flat_map(|end| end.things(Role::Subject, Kind::Snapshot))
        .map(Thing::label)
        .collect();
    let what = if copies.is_empty() { "recovery points".to_owned() } else { listed(&copies) };
    let title = format!(
        "Backups of {} {} were weakened ({}), and {what} deleted{}",
        first.provider,
        printable(first.account.as_str()),
        printable(first.what),
        lasting(first, last)
    );
    let steps = [weakenings, deletions].concat();
    let facts = vec![("deleted", json!(copies))];
    let sure = weakenings.iter().any(|weak| !is_change(weak));
    let class = if sure { Class::TamperBackup } else { Class::RemoveProtection };
    Some(chain(&META, (class, drift.bonus("backup-tampering")), &steps, drift, title, facts))
}

fn by_itself(tamper: &Step<'_>, drift: &Drift<'_>) -> Finding {
    let known = !drift.is_novel(tamper.event.map(|event| &event.id));
    let class = match (is_change(tamper), known) {
        (true, _) => Class::Modify,
        (false, true) => Class::ModifySecurity,
        (false, false) => Class::TamperBackup,
    };
    let by = tamper.by().map(|by| format!(" by {by}")).unwrap_or_default();
    let title = format!(
        "{}{by} in {} {}: backups may protect less",
        printable(tamper.what),
        tamper.provider,
        printable(tamper.account.as_str())
    );
    chain(&META, (class, drift.bonus("backup-tampering-alone")), &[tamper], drift, title, Vec::new())
}
