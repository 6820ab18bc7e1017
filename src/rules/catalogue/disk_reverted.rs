//! `disk-reverted`.

use crate::model::{Finding, RevertKind, SeenIn, TraceState};
use crate::rules::fixture::{revert, reverting, root_swap, swapped};
use crate::rules::revert::{Saying, class, finding, is_put_back, pick, place, subject};
use crate::rules::{Drift, Example, Rule, RuleMeta, Tier};

/// A disk holds an earlier state of what stood in its slot.
pub(super) struct DiskReverted;

static META: RuleMeta = RuleMeta {
    id: "disk-reverted",
    tier: Tier::Pattern,
    title: "A disk was put back to an earlier state",
    impact: 80,
    explanation: "\
## What it says

Another disk stands in a slot of an instance, and it descends from an earlier state of the disk that stood there:
from a snapshot, restore point, image or clone of it, or from the very thing that it was made of. Everything that
was written between `reverted_to` and `reverted_at` is gone from the instance. Only ancestry by id, or the
provider's own record of the task, says so; a disk made of a copy that nobody knows the origin of is `suspected`,
and one that stood there only between two scans is `transient`. A disk that descends from the last state, taken
after the instance had stopped or the disk was detached, is `disk-migrated`.

| what | impact |
| --- | --- |
| the root disk | 80 |
| another disk | 70 |
| suspected, transient, or told by signs alone | 65 |
| nothing but a timestamp that moved | 50 |

| fact | meaning |
| --- | --- |
| `slot`, `root`, `old_volume`, `new_volume` | what stands where, instead of what |
| `source` | what the new disk was made of, and the moment whose contents that holds |
| `reverted_to`, `reverted_at`, `lost_seconds` | to when, when, and how much is gone |
| `method`, `method_name`, `strength` | how, and how surely from 1 (a timestamp) to 5 (the provider's record) |
| `old_volume_fate` | `kept`, `deleted`, or `unknown` where nobody looked |
| `seen_in` | `state` where only scans show it, `log` where only logs do, or `both` |

## Why it matters

Putting a machine back removes what an intruder did, and the evidence with it (T1578.004); it also brings old
holes and old credentials back.

## What to check

Whether somebody restored on purpose (`expected_by`), who swapped the disk, and what was written in the lost
time. Keep the old volume and the snapshots of that time: they are what is left of it.",
    techniques: &["T1578.004"],
    references: &[
        "https://attack.mitre.org/techniques/T1578/004/",
        "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/replace-root.html",
        "https://learn.microsoft.com/azure/virtual-machines/windows/os-disk-swap",
        "https://cloud.google.com/compute/docs/disks/restore-snapshot",
    ],
    parameters: &[],
};

impl Rule for DiskReverted {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn examples(&self) -> Vec<Example> {
        let data = || crate::model::Revert { root: false, slot: Some("/dev/sdf".to_owned()), ..revert() };
        let of = |kind| crate::model::Revert { kind, ..revert() };
        vec![
            Example::fires("a root from last month's snapshot, and no log", 80, [root_swap()])
                .put_back([revert()]),
            Example::fires(
                "the same in a complete log that does not tell it",
                100,
                [swapped(TraceState::Unexplained)],
            )
            .put_back([revert()]),
            Example::fires("the same by somebody known", 60, [swapped(TraceState::Explained)])
                .put_back([revert()]),
            Example::fires("a data disk", 70, [root_swap()]).put_back([data()]),
            Example::fires("a root of which nobody knows the origin", 65, [root_swap()])
                .put_back([of(RevertKind::Suspected)]),
            Example::fires("two disks of one instance, as one finding", 80, [root_swap()])
                .put_back([data(), revert()]),
            Example::fires("a reimage that the log alone tells", 80, [])
                .logged([], [reverting("e-1")])
                .put_back([crate::model::Revert {
                    changes: vec![],
                    events: vec![reverting("e-1").id],
                    seen_in: SeenIn::Log,
                    ..revert()
                }]),
            Example::quiet("a disk that lost nothing", [root_swap()]).put_back([of(RevertKind::Migrated)]),
            Example::quiet("another volume, of which nothing is known", [root_swap()]),
        ]
    }

    fn check(&self, drift: &Drift<'_>) -> Vec<Finding> {
        let picked = pick(drift, |revert| is_put_back(revert) && revert.image.is_none());
        let found = picked.groups.iter().filter_map(|reverts| {
            let head = reverts.first()?;
            let instance = subject(head, drift);
            let place = place(head);
            let title = match (head.kind, head.reverted_to) {
                (RevertKind::Transient, _) => {
                    format!("{instance} had another disk for a while instead of {place}")
                }
                (RevertKind::Suspected, _) => format!("{instance} may have {place} as it was earlier"),
                (RevertKind::ResetToLaunch, _) => format!("{instance} has {place} again as it was at first"),
                (_, Some(then)) => format!("{instance} has {place} again as it was at {then}"),
                (_, None) => format!("{instance} has {place} again as it was earlier"),
            };
            let saying = Saying { class: class(head), bonus: None, reverts, title, facts: Vec::new() };
            finding(&META, &picked, saying)
        });
        found.collect()
    }
}
