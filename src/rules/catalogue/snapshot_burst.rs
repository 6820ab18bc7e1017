//! `snapshot-burst`.

use crate::model::{Centre, ChurnBaseline, ChurnKind, Finding, Plural, SnapshotChurn, Tail, TraceState};
use crate::rules::churn::{Verdict, by_keeper, doer, findings, place, width};
use crate::rules::fixture::{appeared, churn, snapshot, traced};
use crate::rules::score::{Bonus, Class};
use crate::rules::{Drift, Example, Parameter, Rule, RuleMeta, Tier};

/// Many snapshots were made in a short time.
pub(super) struct SnapshotBurst;

static META: RuleMeta = RuleMeta {
    id: "snapshot-burst",
    tier: Tier::Pattern,
    title: "Snapshots were made in a burst",
    impact: 70,
    explanation: "\
## What it says

Within an hour more snapshots, restore points or instant snapshots were made than the last four weeks let expect of
the same principal, disk, account or region. Resources are counted, not calls, from states and logs together, so that
a snapshot that was made and deleted between two scans counts as well. The count is compared with earlier hours in
which the log is known: it must be an outlier (modified z-score above 3.5 by the median absolute deviation) and no
chance (probability below 1 in 10,000 under a Poisson, for uneven counts a negative binomial distribution; over all
keys corrected after Benjamini and Hochberg). Hours that were out of the ordinary themselves teach nothing, until the
same was told on three days.

While less than a week is known, fixed thresholds decide: five snapshots within ten minutes, or snapshots of three
disks; such a finding weighs less, because every estate has a job that copies many disks. Snapshots that bear the mark of a keeper which only the vendor writes (Data Lifecycle Manager, AWS Backup, a
snapshot schedule) do not count, as long as their policy is not known to be gone.

## Why it matters

Who wants the contents of an estate takes snapshots of all its disks at once, to mount or share them elsewhere.

## What to check

Who made them, of which disks, and whether a volume was made from them, or they were shared or copied
(`exposure-opened`, `snapshot-exfiltration`). The facts hold the numbers: the count, the median, the rate, the
probability and how many hours were compared.",
    techniques: &["T1578.001"],
    references: &[
        "https://attack.mitre.org/techniques/T1578/001/",
        "https://www.itl.nist.gov/div898/handbook/eda/section3/eda35h.htm",
    ],
    parameters: &[
        Parameter { name: "many", default: "5", meaning: "how many snapshots are a burst at least" },
        Parameter {
            name: "many-disks",
            default: "3",
            meaning: "of how many disks snapshots are a burst, while too little is known to compare",
        },
        Parameter {
            name: "within",
            default: "10m",
            meaning: "within which time, while too little is known to compare",
        },
        Parameter { name: "look-back", default: "28d", meaning: "how far back earlier hours are compared" },
    ],
};

impl Rule for SnapshotBurst {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn examples(&self) -> Vec<Example> {
        let new =
            |number: usize| traced(appeared(snapshot(&format!("snap-{number}"))), TraceState::Explained);
        let many: Vec<_> = (1..=6).map(new).collect();
        let few: Vec<_> = (1..=3).map(new).collect();
        let baseline = ChurnBaseline {
            buckets: 672,
            left_out: 0,
            centre: Centre { median: 2.0, mad: 0.5, mean_ad: 0.5 },
            tail: Tail { lambda: 2.0, dispersion: 1.0, distribution: "poisson", p: 5e-5 },
            z: Some(5.4),
        };
        vec![
            Example::fires("six snapshots in five minutes, where there are two an hour", 85, many.clone())
                .churned([SnapshotChurn { baseline: Some(baseline), ..churn(ChurnKind::Burst, &many) }]),
            Example::fires("six snapshots in five minutes, and little is known", 60, many.clone())
                .churned([churn(ChurnKind::Burst, &many)]),
            Example::fires("snapshots of three disks, and little is known", 60, few.clone())
                .churned([churn(ChurnKind::Burst, &few)]),
            Example::quiet("six snapshots over a day", many),
        ]
    }

    fn check(&self, drift: &Drift<'_>) -> Vec<Finding> {
        findings(&META, ChurnKind::Burst, drift, |record| {
            let (class, bonus) = match &record.baseline {
                Some(_) if !by_keeper(record) => (Class::BurstOfCopies, drift.bonus(META.id)),
                // Every estate has a job that copies many disks, and nobody knows yet whether this is it; and a
                // keeper's snapshots may come when no scan can see their marks.
                _ => (Class::CopySeveral, Bonus::NONE),
            };
            Verdict { class, bonus, title: title(record) }
        })
    }
}

fn title(record: &SnapshotChurn) -> String {
    let count = |count: usize, noun| Plural(u64::try_from(count).unwrap_or(u64::MAX), noun);
    let sources = match record.distinct_sources {
        0 => String::new(),
        sources => format!(" of {}", count(sources, "disk")),
    };
    let (made, width) = (count(record.created, "snapshot"), width(record.window));
    match doer(record) {
        Some(doer) => format!("{doer} made {made}{sources} within {width}"),
        None => format!("{made}{sources} came within {width}{}", place(record)),
    }
}
