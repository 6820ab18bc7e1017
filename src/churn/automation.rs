//! What keepers of snapshots are expected to do (SEMANTICS D.2).
//!
//! Only marks that no ordinary principal can write suppress anything, and only what a keeper is for: making a
//! snapshot on schedule, and deleting it when its time has come.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;

use crate::model::{Actor, ActorKind, Confidence, Resource, SnapshotLife, Timestamp};

/// How much earlier than its expiry a deletion may be and still be on time.
const EARLY: SignedDuration = SignedDuration::from_mins(5);

/// Whether a service of the vendor acted, and no principal through it: no role of the account's own bears
/// that mark.
pub(super) fn acts_itself(actor: &Actor) -> bool {
    actor.service.is_some() && matches!(actor.kind, ActorKind::CloudService | ActorKind::ServiceLinked)
}

/// Whether a keeper's own mark stands on a snapshot.
pub(super) fn is_kept(life: &SnapshotLife) -> bool {
    life.managed_by.as_ref().is_some_and(|mark| mark.confidence == Confidence::High)
}

/// Whether the policy that a snapshot's mark names is known to be gone: then the mark proves less.
pub(super) fn is_orphan(life: &SnapshotLife, gone: &BTreeSet<String>) -> bool {
    let policy = life.managed_by.as_ref().and_then(|mark| mark.controller.as_deref());
    policy.is_some_and(|policy| gone.contains(policy))
}

/// Returns until when a snapshot was to be kept: as its keeper wrote it down, or by the retention of its
/// policy.
pub(super) fn expiry(state: &Resource, retention: &BTreeMap<String, i64>) -> Option<Timestamp> {
    let written = state.tags.get("aws:dlm:expirationTime").and_then(|text| text.parse().ok());
    written.or_else(|| {
        let mark = state.managed_by.as_ref().filter(|mark| mark.confidence == Confidence::High)?;
        let days = retention.get(mark.controller.as_deref()?)?;
        state.created_at?.checked_add(SignedDuration::from_hours(days.checked_mul(24)?)).ok()
    })
}

/// Whether a snapshot is known to have gone before its time.
pub(super) fn is_early(life: &SnapshotLife) -> bool {
    let Some((gone, expiry)) = life.gone.as_ref().zip(life.expires_at) else { return false };
    gone.at.to < expiry - EARLY
}
