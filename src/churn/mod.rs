//! Snapshots' comings and goings: what is out of the ordinary about them (SEMANTICS D).
//!
//! Pure; names `model` only. What states and logs tell of each snapshot becomes its life ([`lives()`]); the
//! lives of the time that is judged are held against fixed thresholds or, once enough is known, against the
//! earlier hours of the same principal, disk, account and region ([`judge()`]). What has to be looked up for
//! that is asked for by
//! [`wanted`]: most of the time nothing.

mod automation;
mod burst;
mod judge;
mod lives;
mod metrics;
mod outside;
mod series;
mod statistics;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;

use crate::model::{
    AccountId, AuditEvent, Change, ChurnKind, LogInterval, NodeKey, Provider, Remaining, Residue,
    SnapshotLife, Step, Tally, Window,
};

pub use judge::judge;

/// By which numbers lives are judged: the parameters of the rules that tell of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// From when on what was made is a burst.
    pub made: Burst,
    /// From when on what was deleted is a burst.
    pub deleted: Burst,
    /// Of how many disks snapshots are a burst while too little is known.
    pub many_sources: usize,
    /// What share of the snapshots older than a day is much of them.
    pub much: f64,
    /// Within how long a snapshot that was made and deleted was short-lived.
    pub short_life: SignedDuration,
    /// Within how long what was opened to somebody outside is closed, to look as if it had not been.
    pub cover_up: SignedDuration,
    /// How far back counts are compared.
    pub look_back: SignedDuration,
}

/// From when on turns of one way are a burst.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Burst {
    /// How many there are at least.
    pub many: usize,
    /// Within which time, while too little is known.
    pub within: SignedDuration,
}

impl Default for Limits {
    fn default() -> Self {
        let burst = Burst { many: 5, within: SignedDuration::from_mins(10) };
        Self {
            made: burst,
            deleted: burst,
            many_sources: 3,
            much: 0.2,
            short_life: SignedDuration::from_hours(1),
            cover_up: SignedDuration::from_hours(24),
            look_back: SignedDuration::from_hours(28 * 24),
        }
    }
}

impl Limits {
    const fn of(&self, kind: ChurnKind) -> Burst {
        match kind {
            ChurnKind::Burst => self.made,
            _ => self.deleted,
        }
    }
}

/// What snapshots' lives are made from.
#[derive(Clone, Copy, Debug)]
pub struct Ground<'a> {
    /// What differs between the two scans, with its traces.
    pub changes: &'a [Change],
    /// What the logs say and no state shows.
    pub residues: &'a [Residue],
    /// The events, by time; also those of the days before, and of the past of what was deleted.
    pub events: &'a [AuditEvent],
    /// The time that is judged.
    pub time: Window,
    /// The policies of keepers that are known to be gone since before that time, as marks name them.
    pub gone_policies: &'a BTreeSet<String>,
    /// For how many days policies keep snapshots.
    pub retention: &'a BTreeMap<String, i64>,
    /// Accounts, subscriptions and projects that are one's own.
    pub own_accounts: &'a BTreeSet<String>,
    /// The keys of actors from other accounts who have long been known to act.
    pub established: &'a BTreeSet<String>,
}

/// What the lives are held against.
#[derive(Clone, Debug, Default)]
pub struct Past {
    /// How often snapshots were made and deleted in the look-back.
    pub tallies: Vec<Tally>,
    /// How often snapshots of a disk were, by the disk.
    pub of_sources: BTreeMap<String, Vec<Tally>>,
    /// How many snapshots came and went by scan, where no log is known.
    pub steps: Vec<Step>,
    /// For which time the logs are known.
    pub logs: Vec<LogInterval>,
    /// The snapshots that are left, in the accounts where any was deleted; `None` where nobody counted.
    pub remaining: Option<Vec<Remaining>>,
    /// The disks of deleted snapshots that complete listings show to be gone since before, by uid or locator.
    pub gone_disks: BTreeSet<String>,
    /// Whether the keepers' policies were listed: else nobody knows whether one is gone.
    pub lists_policies: bool,
    /// By which numbers they are judged.
    pub limits: Limits,
}

/// What has to be looked up before lives can be judged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The accounts whose look-back is needed.
    pub look_back: BTreeSet<(Provider, AccountId)>,
    /// The keys of the principals whose look-back is needed.
    pub principals: BTreeSet<String>,
    /// The disks whose own look-back is needed.
    pub sources: BTreeSet<(Provider, String)>,
    /// The accounts whose remaining snapshots have to be known.
    pub accounts: BTreeSet<(Provider, AccountId)>,
    /// The snapshots that somebody deleted, and whose makers are to be known.
    pub deleted: BTreeSet<NodeKey>,
}

/// Returns the lives of the snapshots that changes and events tell of.
pub fn lives(ground: &Ground<'_>) -> Vec<SnapshotLife> {
    lives::lives(ground)
}

/// Returns the ids of the changes by which snapshots went without any loss: newer ones of their disks are left.
pub fn superseded(lives: &[SnapshotLife], past: &Past) -> BTreeSet<String> {
    let remaining = past.remaining.as_deref();
    remaining.map(|remaining| metrics::superseded(lives, remaining, &past.gone_disks)).unwrap_or_default()
}

/// Returns what has to be looked up to judge these lives.
pub fn wanted(lives: &[SnapshotLife], limits: &Limits) -> Wanted {
    let unexpected = |life: &&SnapshotLife| {
        lives::is_copy(life.key.kind) && life.gone.as_ref().is_some_and(|gone| gone.now && !gone.expected)
    };
    let deleted: Vec<&SnapshotLife> = lives.iter().filter(unexpected).collect();
    Wanted {
        accounts: deleted.iter().map(|life| (life.key.provider, life.account.clone())).collect(),
        deleted: deleted.iter().map(|life| life.key.clone()).collect(),
        ..burst::look_back(lives, limits)
    }
}
