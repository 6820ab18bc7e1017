//! The lives of one resource, or of the several that bore one name, for people to look at.

use serde::Serialize;

use super::view::{
    Change, Event, Finding, Lineage, LogCoverage, Residue, Resource, Rule, Run, Scan, Scans, Schema, Summary,
    View,
};
use crate::model::{AccountId, CoverageStatus, Location, Provider, ScanId, Timestamp};

/// The lives of one resource, or of several that bore one name.
#[derive(Clone, Debug)]
pub struct History {
    /// The lives.
    pub lives: Vec<Life>,
    /// What runs and logs say of them.
    pub view: View,
    /// The sealed scans, in order.
    pub scans: Vec<Scan>,
    /// The times in which they could not be seen.
    pub blind: Vec<Blind>,
}

/// One life.
#[derive(Clone, Debug)]
pub struct Life {
    /// The resource in its latest known state.
    pub resource: Resource,
    /// When it came to be, by the vendor's word.
    pub created_at: Option<Timestamp>,
    /// Its states, the first one first.
    pub revisions: Vec<Revision>,
    /// How it ended, as a sentence; `None` while it is there.
    pub ending: Option<String>,
    /// Where its disks come from, drawn as text.
    pub ancestry: String,
}

/// One state of a resource.
#[derive(Clone, Debug)]
pub struct Revision {
    /// The scan from which on it was so.
    pub from: ScanId,
    /// When that was taken.
    pub taken_at: Timestamp,
    /// The scan by which it was otherwise; `None` while it is so.
    pub until: Option<ScanId>,
    /// What differs from the state before; nothing of the first state, and of one in which only evidence moved.
    pub changes: Vec<Change>,
}

/// A time in which a place could not be seen: from its last complete listing to the next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Blind {
    /// The cloud.
    pub provider: Provider,
    /// The AWS account, Azure subscription or Google Cloud project.
    pub account: AccountId,
    /// The region or zone.
    pub location: Location,
    /// When it was last listed completely, or first listed at all.
    pub from: Timestamp,
    /// When it was next listed completely, or last listed at all.
    pub to: Timestamp,
    /// How completely it was listed in between, at last.
    pub status: CoverageStatus,
    /// Why.
    pub reason: Option<String>,
}

/// What runs and logs say of a resource.
#[derive(Clone, Debug, Default)]
pub struct Said {
    /// Its changes, in the order of time.
    pub changes: Vec<Change>,
    /// What the logs say of it and no state shows.
    pub residues: Vec<Residue>,
    /// The events that name it, or that anything else here cites, in the order of time.
    pub events: Vec<Event>,
    /// The findings about it, in the order of falling risk.
    pub findings: Vec<Finding>,
    /// The rules that these name.
    pub rules: Vec<Rule>,
    /// For which times its logs are known to be complete.
    pub log_coverage: Vec<LogCoverage>,
    /// Where its disks come from.
    pub lineage: Lineage,
}

impl Said {
    /// Makes the view that pages are drawn from; its run is none of the store, and is dated to the last scan.
    pub fn view(self, scans: &[Scan]) -> View {
        let (first, last) = (scans.first().cloned(), scans.last().cloned());
        let at = last.as_ref().map_or(Timestamp::UNIX_EPOCH, |scan| scan.taken_at);
        let run = Run {
            id: None,
            command: "history".to_owned(),
            started_at: at,
            finished_at: at,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            rules_version: String::new(),
            seal: last.as_ref().and_then(|scan| scan.seal),
            exit_status: 0,
        };
        View {
            schema: Schema::V1,
            run,
            scans: Scans { before: first, after: last },
            coverage: Vec::new(),
            log_coverage: self.log_coverage,
            summary: Summary::of(&[], &self.changes, &self.findings),
            changes: self.changes,
            residues: self.residues,
            events: self.events,
            findings: self.findings,
            rules: self.rules,
            moved_verdicts: Vec::new(),
            unused_approvals: Vec::new(),
            lineage: self.lineage,
        }
    }
}
