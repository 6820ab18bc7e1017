//! `disk-replaced`.

use crate::model::{Finding, Revert, RevertKind, TraceState};
use crate::rules::fixture::{revert, root_swap, swapped};
use crate::rules::revert::{Saying, finding, pick, place, subject};
use crate::rules::score::Class;
use crate::rules::{Drift, Example, Rule, RuleMeta, Tier};

/// A disk that has nothing to do with the old one stands in its slot.
pub(super) struct DiskReplaced;

static META: RuleMeta = RuleMeta {
    id: "disk-replaced",
    tier: Tier::Pattern,
    title: "A disk was replaced by another one",
    impact: 65,
    explanation: "\
## What it says

Another disk stands in a slot of an instance, and it is known what it was made of: of nothing, or of something that
has nothing to do with what stood there. The impact of the root disk is 65, of another one 50.

## Why it matters

Another root disk is another machine behind the same id, address and identity. It is no revert, as nothing comes
back; what stood there is gone from the instance all the same.

## What to check

Where the new disk comes from, who swapped it, and what became of the old one (`old_volume_fate`).",
    techniques: &["T1578.005"],
    references: &["https://learn.microsoft.com/azure/virtual-machines/windows/os-disk-swap"],
    parameters: &[],
};

impl Rule for DiskReplaced {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn examples(&self) -> Vec<Example> {
        let other =
            || Revert { kind: RevertKind::Replaced, reverted_to: None, lost: None, source: None, ..revert() };
        vec![
            Example::fires("a root disk of another image", 65, [root_swap()]).put_back([other()]),
            Example::fires("a data disk", 50, [root_swap()]).put_back([Revert { root: false, ..other() }]),
            Example::fires("a root disk, by somebody known", 36, [swapped(TraceState::Explained)])
                .put_back([other()]),
            Example::quiet("a disk from a snapshot of the old one", [root_swap()]).put_back([revert()]),
        ]
    }

    fn check(&self, drift: &Drift<'_>) -> Vec<Finding> {
        let picked = pick(drift, |revert| revert.fresh && revert.kind == RevertKind::Replaced);
        let found = picked.groups.iter().filter_map(|reverts| {
            let head = reverts.first()?;
            let title = format!("{} has another disk instead of {}", subject(head, drift), place(head));
            let class = if head.root { Class::SwapRoot } else { Class::ChangeSlots };
            finding(&META, &picked, Saying { class, bonus: None, reverts, title, facts: Vec::new() })
        });
        found.collect()
    }
}
