//! Who stood in which slot of which instance, and when: sightings, narrowed by what volumes prove and logs tell.

use std::collections::BTreeMap;

use super::addresses::{Addresses, own_key};
use super::marks::{Mark, What, of_events, of_life};
use super::track::fold;
use crate::model::{AuditEvent, Kind, Life, NodeKey, Occupancy, Provider, Resource};

/// The marks of one slot.
#[derive(Debug, Default)]
pub(super) struct Track {
    /// Whether the instance boots from it.
    pub(super) root: bool,
    pub(super) marks: Vec<Mark>,
}

/// The slots of every instance, by instance and slot.
pub(super) type Tracks = BTreeMap<(NodeKey, String), Track>;

/// Returns who stood in every slot, by instance and slot, the earliest first. `events` are those with effect, in
/// the order of time.
pub(super) fn occupancies(
    lives: &[Life],
    events: &[&AuditEvent],
    addresses: &mut Addresses,
) -> Vec<Occupancy> {
    let by_key: BTreeMap<NodeKey, &Life> = lives.iter().map(|life| (own_key(&life.key), life)).collect();
    let mut tracks = Tracks::new();
    for life in lives.iter().filter(|life| is_instance(life.key.kind)) {
        of_life(life, &by_key, addresses, &mut tracks);
    }
    of_events(events, &by_key, addresses, &mut tracks);
    let folded = tracks.into_iter().flat_map(|((instance, slot), track)| {
        let born =
            by_key.get(&instance).and_then(|life| life.spells.iter().find_map(|it| it.state.created_at));
        fold(&instance, &slot, track, born, &by_key)
    });
    folded.collect()
}

pub(super) const fn is_instance(kind: Kind) -> bool {
    matches!(kind, Kind::Instance | Kind::ScaleSetInstance)
}

/// Whether an instance boots from a slot: by `RootDeviceName` on EC2, or the names that EC2 keeps for roots where
/// no state tells it; `os` on Azure, `boot` on Google Cloud.
pub(super) fn is_root(provider: Provider, slot: &str, state: Option<&Resource>) -> bool {
    match provider {
        Provider::Aws => match state.and_then(|state| state.config.get("RootDeviceName")?.as_str()) {
            Some(root) => root == slot,
            None => matches!(slot, "/dev/xvda" | "/dev/sda1"),
        },
        Provider::Azure => slot == "os",
        Provider::Gcp => slot == "boot",
    }
}

impl Mark {
    /// What stood in the slot after it, as far as it tells.
    pub(super) const fn holds(&self) -> Option<&NodeKey> {
        match &self.what {
            What::Seen(volume) | What::Says(volume) => volume.as_ref(),
            What::Put(volume) => Some(volume),
            What::Taken(_) | What::Replaced => None,
        }
    }
}
