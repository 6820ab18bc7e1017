//! What an estate was like before the compared time: by which the size and the place of an act are judged.

use std::collections::{BTreeMap, BTreeSet};

use super::id::names;
use super::{AccountId, Location, Provider, Scope};

names! {
    /// Whether anything ran or was kept in a place (SEMANTICS F.7, CH5).
    Usage as "usage" {
        /// A scan saw something there.
        Used = "used",
        /// Scans reach back far enough, cover the place completely, and saw nothing there.
        Unused = "unused",
        /// Scans do not tell.
        Unknown = "unknown",
    }
}

/// A location of an account.
pub type Place = (Provider, AccountId, Location);

/// What an estate was like before the compared time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Estate {
    /// How many resources the earlier scan found in each scope that it listed completely.
    pub held: BTreeMap<Scope, u64>,
    /// The accounts that are one's own: scanned, or members of an organization that was.
    pub accounts: BTreeSet<(Provider, AccountId)>,
    /// Whether the places that the compared time is about were used in the 30 days before it.
    pub usage: BTreeMap<Place, Usage>,
    /// How many calls that delete each principal who deletes now is used to make within an hour, by its key: as
    /// many as on the third-busiest of the 28 days before.
    pub used_to_delete: BTreeMap<(Provider, AccountId, String), u32>,
}

impl Estate {
    /// Returns how many resources a scope held, or the listing of everywhere that it was part of; `None` if it
    /// was not listed completely.
    pub fn held(&self, scope: &Scope) -> Option<u64> {
        self.held.get(scope).or_else(|| self.held.get(&scope.everywhere())).copied()
    }

    /// Whether an account is one's own.
    pub fn owns(&self, provider: Provider, account: &AccountId) -> bool {
        self.accounts.contains(&(provider, account.clone()))
    }

    /// Returns how many calls that delete a principal is used to make within an hour.
    pub fn used_to_delete(&self, provider: Provider, account: &AccountId, actor: &str) -> u32 {
        self.used_to_delete.get(&(provider, account.clone(), actor.to_owned())).copied().unwrap_or_default()
    }

    /// Returns whether a place was used.
    pub fn usage(&self, provider: Provider, account: &AccountId, location: &str) -> Usage {
        let place = (provider, account.clone(), Location::new(location));
        self.usage.get(&place).copied().unwrap_or(Usage::Unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{EVERYWHERE, Kind};

    #[test]
    fn a_place_that_nobody_asked_for_is_unknown() {
        let account = AccountId::new("111122223333");
        assert_eq!(Estate::default().usage(Provider::Aws, &account, "eu-west-1"), Usage::Unknown);
    }

    #[test]
    fn a_listing_of_everywhere_holds_what_its_places_hold() {
        let scope = |location: &str| Scope {
            provider: Provider::Azure,
            account: AccountId::new("a"),
            location: Location::new(location),
            kind: Kind::Instance,
        };
        let estate = Estate { held: [(scope(EVERYWHERE), 9)].into(), ..Estate::default() };
        assert_eq!(estate.held(&scope("westeurope")), Some(9));
        assert_eq!(Estate::default().held(&scope("westeurope")), None);
    }
}
