//! Which snapshots everybody may use, in one call a region (SEMANTICS A.3).
//!
//! `DescribeSnapshots` with `OwnerIds=["self"]` and `RestorableByUserIds=["all"]` lists the account's public
//! snapshots and no other, so that it tells of each snapshot whether it is public. Who else may use it takes a
//! `DescribeSnapshotAttribute` call each, and stands as that told last.

use crate::model::{Exposure, Kind};
use crate::sources::Overlay;

/// Lays over a snapshot that the list of the account's public ones shows it.
pub fn public_snapshot(id: &str) -> Overlay {
    told(id, true)
}

/// Lays over a snapshot that the list of the account's public ones, listed to its end, does not show it.
///
/// Without this a snapshot counts as not asked about, and what was known of it before stands.
pub fn private_snapshot(id: &str) -> Overlay {
    told(id, false)
}

fn told(id: &str, public: bool) -> Overlay {
    let overlay = Overlay::new(super::PROVIDER, Kind::Snapshot, id);
    Overlay { exposure: Some(Exposure::public_only(public)), ..overlay }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::Hints;
    use crate::sources::aws::inventory::identity::{Origin, resource};

    #[test]
    fn a_snapshot_is_public_or_not_and_nobody_else_is_told() {
        let exposure = |overlay: &Overlay| {
            let origin = Origin { hints: &Hints::default(), owner: None, zone: None };
            let mut snapshot = resource(Kind::Snapshot, "snap-1".to_owned(), origin);
            overlay.apply(&mut snapshot);
            snapshot.exposure
        };
        let public = exposure(&public_snapshot("snap-1"));
        assert!(public.is_public() && public.tells_public() && !public.known);
        let private = exposure(&private_snapshot("snap-1"));
        assert!(!private.is_public() && private.tells_public() && !private.known);
    }
}
