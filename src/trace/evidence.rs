//! What traces are made from.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::{
    Approval, AuditEvent, Coverage, Kind, Locator, LogInterval, Provider, Resource, Target, Timestamp, Uid,
};

/// Everything that is known beside the changes themselves.
#[derive(Clone, Debug)]
pub struct Evidence<'a> {
    /// The events of the time that is judged, folded, with some of the time before it (controllers that were
    /// configured, roles that were assumed, operations that run long). In any order.
    pub events: &'a [AuditEvent],
    /// What is known of the logs' completeness.
    pub logs: &'a [LogInterval],
    /// The present: a log may still deliver what happened shortly before it.
    pub now: Timestamp,
    /// How late logs may deliver.
    pub budgets: Budgets,
    /// What was approved beforehand.
    pub approvals: &'a [Approval],
    /// Where the identifiers of change management stand.
    pub change_marks: ChangeMarks,
    /// The resources that events name, as the two scans saw them.
    pub sightings: &'a Sightings,
    /// How completely the earlier scan listed each scope, with when; empty where there is none.
    pub before: &'a [Coverage],
    /// How completely the later scan did.
    pub after: &'a [Coverage],
}

/// How late a log may deliver, in seconds, by provider (SEMANTICS F.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budgets {
    /// CloudTrail.
    pub aws: i64,
    /// The Azure Activity Log.
    pub azure: i64,
    /// Cloud Audit Logs.
    pub gcp: i64,
}

impl Budgets {
    /// Returns a provider's budget in seconds.
    pub const fn of(&self, provider: Provider) -> i64 {
        match provider {
            Provider::Aws => self.aws,
            Provider::Azure => self.azure,
            Provider::Gcp => self.gcp,
        }
    }
}

impl Default for Budgets {
    /// 45, 45 and 10 minutes: twice and more what the vendors call typical, for no vendor guarantees it, and that
    /// nobody logged something is not to be said an hour too early.
    fn default() -> Self {
        Self { aws: 45 * 60, azure: 45 * 60, gcp: 10 * 60 }
    }
}

/// Where the identifiers of change management stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeMarks {
    /// The keys of tags and labels whose values are identifiers, compared without case.
    pub tags: Vec<String>,
}

impl Default for ChangeMarks {
    /// `change-id` and `change_id` (labels know no hyphens everywhere).
    fn default() -> Self {
        Self { tags: vec!["change-id".to_owned(), "change_id".to_owned()] }
    }
}

/// One resource at the two scans.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Presence {
    /// At the earlier one.
    pub before: Option<Arc<Resource>>,
    /// At the later one.
    pub after: Option<Arc<Resource>>,
}

/// The resources that events name, by what names them: a target's uid, else its locator; without case on Azure.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sightings(BTreeMap<(Provider, Option<Kind>, String), Presence>);

impl Sightings {
    /// Adds what is known of the resource that a target names.
    pub fn add(&mut self, provider: Provider, target: &Target, presence: &Presence) {
        let Some(first) = key(provider, target) else { return };
        self.0.insert(first, presence.clone());
        // Whatever stands under an address is told by whoever asks for the address alone.
        let addressed = Target { uid: None, ..target.clone() };
        if let Some(address) = key(provider, &addressed) {
            let held = self.0.entry(address).or_default();
            if *held == Presence::default() {
                held.clone_from(presence);
            }
        }
    }

    /// Returns what is known of the resource that a target names; `None` if nobody looked.
    pub fn of(&self, provider: Provider, target: &Target) -> Option<&Presence> {
        self.0.get(&key(provider, target)?)
    }
}

fn key(provider: Provider, target: &Target) -> Option<(Provider, Option<Kind>, String)> {
    let uid = target.uid.as_ref().map(Uid::as_str);
    let text = uid.or_else(|| target.locator.as_ref().map(Locator::as_str))?;
    let text = if provider == Provider::Azure { text.to_lowercase() } else { text.to_owned() };
    Some((provider, target.kind, text))
}
