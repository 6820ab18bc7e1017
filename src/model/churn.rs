//! How snapshots come and go, and what is out of the ordinary about it (SEMANTICS D).

use std::collections::BTreeSet;

use super::id::names;
use super::{AccountId, Actor, Class, EventId, Location, ManagedBy, NodeKey, Provider, Timestamp, Window};

names! {
    /// What is out of the ordinary.
    ChurnKind as "churn kind" {
        /// Many snapshots were made in a short time, or of many disks.
        Burst = "burst",
        /// Many snapshots were deleted in a short time, or much of what there was.
        DeletionBurst = "deletion-burst",
        /// The last snapshot of a disk is gone.
        LastCopyLost = "last-copy-lost",
        /// A snapshot was made and deleted within an hour.
        ShortLived = "short-lived",
        /// A snapshot that a keeper made was deleted before its time, or by somebody else.
        EarlyDeletion = "early-deletion",
        /// A snapshot's contents were handed to somebody outside, and the trace of it was taken away.
        Exfiltration = "exfiltration",
    }
}

names! {
    /// By what snapshots are counted together.
    ChurnKey as "churn key" {
        /// By who acted.
        Principal = "principal",
        /// By the disk that they hold.
        Source = "source",
        /// By the account.
        Account = "account",
        /// By account and region.
        Region = "region",
    }
}

/// One snapshot, restore point or instant snapshot, as far as states and logs tell its life (SEMANTICS D.1).
#[derive(Clone, Debug, PartialEq)]
pub struct SnapshotLife {
    /// What it is called.
    pub key: NodeKey,
    /// Its account.
    pub account: AccountId,
    /// Its location.
    pub location: Location,
    /// Its name for people, where known.
    pub name: Option<String>,
    /// The disks, or where no disk is told the instances, that it was taken from: uid, else locator.
    pub sources: BTreeSet<String>,
    /// When and by whom it was made.
    pub born: Option<Turn>,
    /// When and by whom it was deleted.
    pub gone: Option<Turn>,
    /// When the vendor says that it was made, also where that was long ago.
    pub created_at: Option<Timestamp>,
    /// Until when its keeper was to keep it.
    pub expires_at: Option<Timestamp>,
    /// What keeps it, by its mark.
    pub managed_by: Option<ManagedBy>,
    /// Who outside was given the use of it.
    pub shared_with: BTreeSet<String>,
    /// Who outside made something of it.
    pub used_by: BTreeSet<String>,
    /// Whether its contents were opened for download.
    pub exported: bool,
    /// When its contents were first opened to somebody outside.
    pub opened_at: Option<Timestamp>,
    /// When somebody outside last made something of it.
    pub used_at: Option<Timestamp>,
    /// When it was last taken back.
    pub closed_at: Option<Timestamp>,
    /// The volumes that were made from it.
    pub volumes: BTreeSet<String>,
    /// The ids of its changes.
    pub changes: Vec<String>,
    /// The ids of its residues.
    pub residues: Vec<String>,
    /// The ids of its events, in the order of time.
    pub events: Vec<EventId>,
}

impl SnapshotLife {
    /// Returns the turn that a kind of churn is about: how it was made for a burst, how it went for all else.
    pub const fn turn(&self, kind: ChurnKind) -> &Option<Turn> {
        match kind {
            ChurnKind::Burst => &self.born,
            _ => &self.gone,
        }
    }

    /// The life of a snapshot of which nothing is known but what it is called and where it is.
    pub const fn of(key: NodeKey, account: AccountId, location: Location) -> Self {
        Self {
            key,
            account,
            location,
            name: None,
            sources: BTreeSet::new(),
            born: None,
            gone: None,
            created_at: None,
            expires_at: None,
            managed_by: None,
            shared_with: BTreeSet::new(),
            used_by: BTreeSet::new(),
            exported: false,
            opened_at: None,
            used_at: None,
            closed_at: None,
            volumes: BTreeSet::new(),
            changes: Vec::new(),
            residues: Vec::new(),
            events: Vec::new(),
        }
    }
}

/// The beginning or the end of a life.
#[derive(Clone, Debug, PartialEq)]
pub struct Turn {
    /// Between which moments; both the same where the moment is known.
    pub at: Window,
    /// Who, where a log tells.
    pub by: Option<Actor>,
    /// What was called, where a log tells.
    pub operation: Option<String>,
    /// Whether a controller did it as it should, known by a mark that no ordinary principal can write.
    pub expected: bool,
    /// Whether it lies in the time that is judged.
    pub now: bool,
}

impl Turn {
    /// Whether the very moment is known.
    pub fn is_exact(&self) -> bool {
        self.at.from == self.at.to
    }
}

/// How often operations on snapshots succeeded in a stretch of ten minutes, as the store's columns tell.
#[derive(Clone, Debug, PartialEq)]
pub struct Tally {
    /// When the stretch begins.
    pub at: Timestamp,
    /// The cloud.
    pub provider: Provider,
    /// The account whose log tells it.
    pub account: AccountId,
    /// The location whose log tells it.
    pub location: Location,
    /// Who, by the key that is never used again.
    pub actor: String,
    /// Whether one of the vendor's services did it: a series of its own.
    pub by_service: bool,
    /// The class of the operation.
    pub class: Class,
    /// The operation, in the vendor's words.
    pub operation: String,
    /// How often.
    pub count: u32,
}

/// How many snapshots a scan saw for the first time in a place, and how many it no longer saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The moment that the scan is dated.
    pub at: Timestamp,
    /// The cloud.
    pub provider: Provider,
    /// The account.
    pub account: AccountId,
    /// The location.
    pub location: Location,
    /// How many came.
    pub made: u32,
    /// How many went.
    pub gone: u32,
}

/// A snapshot that is there at the later scan, or that a recycle bin holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Remaining {
    /// What it is called.
    pub key: NodeKey,
    /// Its account.
    pub account: AccountId,
    /// Its location.
    pub location: Location,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// The disks that it was taken from: every uid and locator that it tells.
    pub sources: BTreeSet<String>,
}

/// Where the middle of some counts lies, and how far they lie around it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Centre {
    /// The median.
    pub median: f64,
    /// The median absolute deviation from it.
    pub mad: f64,
    /// The mean absolute deviation from it.
    pub mean_ad: f64,
}

/// How probable a count is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tail {
    /// The rate in one bucket.
    pub lambda: f64,
    /// Variance over mean.
    pub dispersion: f64,
    /// The distribution that the counts follow.
    pub distribution: &'static str,
    /// The probability of as many or more.
    pub p: f64,
}

/// The earlier hours that a count was compared with.
#[derive(Clone, Debug, PartialEq)]
pub struct ChurnBaseline {
    /// How many hours counted.
    pub buckets: usize,
    /// How many did not, as they overlap a gap of the log or were out of the ordinary themselves.
    pub left_out: usize,
    /// Their middle.
    pub centre: Centre,
    /// How probable the count is.
    pub tail: Tail,
    /// The modified z-score of the count; `None` where all earlier hours were alike.
    pub z: Option<f64>,
}

/// What somebody hides who deletes the middle of a disk's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestoreGap {
    /// The disk.
    pub source: String,
    /// From the last older snapshot that is left to the first newer one.
    pub window: Window,
    /// How many were deleted between them.
    pub deleted: usize,
}

/// Something out of the ordinary about snapshots (SEMANTICS D.5).
#[derive(Clone, Debug, PartialEq)]
pub struct SnapshotChurn {
    /// What.
    pub kind: ChurnKind,
    /// By what they were counted together.
    pub counted_by: ChurnKey,
    /// What that is: the principal's name, the disk, the account, the region.
    pub key: String,
    /// Between which moments.
    pub window: Window,
    /// The snapshots, in the order of time.
    pub lives: Vec<SnapshotLife>,
    /// How many were made in the window.
    pub created: usize,
    /// How many were deleted in the window.
    pub deleted: usize,
    /// Of how many disks.
    pub distinct_sources: usize,
    /// How many were made and deleted within an hour.
    pub short_lived: usize,
    /// How many were deleted by somebody else than who made them.
    pub deleted_by_other: usize,
    /// How many were deleted before their keeper was to delete them.
    pub before_expiry: usize,
    /// What share of the snapshots older than a day was deleted; `None` where nobody counted what was left.
    pub fraction_deleted: Option<f64>,
    /// The middles of histories that were deleted.
    pub restore_gaps: Vec<RestoreGap>,
    /// Whether only the oldest snapshots of each disk were deleted, and newer ones are left.
    pub oldest_only: bool,
    /// The disks of which no snapshot is left.
    pub lost_sources: Vec<String>,
    /// How many of the deleted ones a recycle bin still holds.
    pub in_recycle_bin: usize,
    /// What it was compared with; `None` where fixed thresholds decide, because too little is known yet.
    pub baseline: Option<ChurnBaseline>,
    /// The policies whose snapshots in the same time were not counted, and how many those were.
    pub expected: (BTreeSet<String>, usize),
    /// What is to be known of how it was judged, in words.
    pub notes: Vec<String>,
}

impl SnapshotChurn {
    /// A record in which nothing is counted yet.
    pub fn of(kind: ChurnKind, counted_by: ChurnKey, key: impl Into<String>, window: Window) -> Self {
        Self {
            kind,
            counted_by,
            key: key.into(),
            window,
            lives: Vec::new(),
            created: 0,
            deleted: 0,
            distinct_sources: 0,
            short_lived: 0,
            deleted_by_other: 0,
            before_expiry: 0,
            fraction_deleted: None,
            restore_gaps: Vec::new(),
            oldest_only: false,
            lost_sources: Vec::new(),
            in_recycle_bin: 0,
            baseline: None,
            expected: (BTreeSet::new(), 0),
            notes: Vec::new(),
        }
    }
}
