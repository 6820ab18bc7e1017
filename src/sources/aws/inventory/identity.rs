//! Whose an element is, and where.

use serde_json::Value;

use crate::model::{AccountId, Confidence, Kind, Location, Locator, Provider, Resource, ResourceKey, Uid};
use crate::sources::Hints;

/// What an element and its listing tell of account and place.
pub(super) struct Origin<'a> {
    /// What is known from beside the listing.
    pub(super) hints: &'a Hints,
    /// The account that owns it, by its own word.
    pub(super) owner: Option<String>,
    /// Its availability zone, by its own word.
    pub(super) zone: Option<String>,
}

/// Makes the resource of an id.
///
/// The account is that of the listing where it is known, since that is the scope that will miss it; an
/// owner that differs is kept as `OwnerId`. The location is the region of the zone, else the one that was
/// asked.
pub(super) fn resource(kind: Kind, id: String, origin: Origin<'_>) -> Resource {
    let Origin { hints, owner, zone } = origin;
    let of_owner = || owner.as_deref().map_or_else(AccountId::unknown, AccountId::new);
    let account = hints.account.clone().unwrap_or_else(of_owner);
    let location = zone.as_deref().and_then(region).or_else(|| hints.location.clone());
    let key = ResourceKey { provider: Provider::Aws, kind, uid: Uid::new(id.as_str()) };
    let location = location.unwrap_or_else(Location::unknown);
    let mut resource = Resource::new(key, account, location, Locator::new(id));
    resource.zone = zone;
    if let Some(owner) = owner.filter(|owner| owner != resource.account.as_str()) {
        resource.config.insert("OwnerId".to_owned(), Value::String(owner));
    }
    resource
}

/// Makes the resource of what has an id only within its account: `<account>/<id>`, in low confidence where
/// account or place is unknown (SEMANTICS A.1).
pub(super) fn within(kind: Kind, id: &str, origin: Origin<'_>) -> Resource {
    let account = origin.hints.account.as_ref().map_or("unknown", AccountId::as_str);
    let uid = format!("{account}/{id}");
    let placed = !uid.split('/').any(|part| part == "unknown");
    let resource = resource(kind, uid, origin);
    Resource { uid_confidence: if placed { Confidence::High } else { Confidence::Low }, ..resource }
}

/// Returns the region of an availability, local (`us-west-2-lax-1a`) or wavelength zone
/// (`us-east-1-wl1-bos-wlz-1`): all up to its first number.
pub(super) fn region(zone: &str) -> Option<Location> {
    let start = zone.find(|c: char| c.is_ascii_digit())?;
    let rest = zone.get(start..)?;
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let region = zone.get(..start + digits)?;
    // An `AvailabilityZoneId` (`use1-az2`) stands in the same place in some dumps and names no region.
    region.contains('-').then(|| Location::new(region))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_region_of_a_zone_is_all_up_to_its_first_number() {
        for (zone, expected) in [
            ("us-east-1a", "us-east-1"),
            ("us-gov-west-1b", "us-gov-west-1"),
            ("us-west-2-lax-1a", "us-west-2"),
            ("us-east-1-wl1-bos-wlz-1", "us-east-1"),
            ("ap-southeast-12c", "ap-southeast-12"),
        ] {
            assert_eq!(region(zone), Some(Location::new(expected)), "{zone}");
        }
        assert_eq!(region("use1-az2"), None);
        assert_eq!(region("somewhere"), None);
    }

    #[test]
    fn the_account_of_the_listing_wins_and_another_owner_is_kept() {
        let hints =
            Hints { account: Some(AccountId::new("111122223333")), location: None, ..Hints::default() };
        let read = |hints: &Hints| {
            let origin = Origin { hints, owner: Some("444455556666".to_owned()), zone: None };
            resource(Kind::Snapshot, "snap-1".to_owned(), origin)
        };
        let hinted = read(&hints);
        assert_eq!(hinted.account.as_str(), "111122223333");
        assert_eq!(hinted.config["OwnerId"], "444455556666");
        let unhinted = read(&Hints::default());
        assert_eq!(unhinted.account.as_str(), "444455556666");
        assert!(unhinted.config.is_empty());
    }
}
