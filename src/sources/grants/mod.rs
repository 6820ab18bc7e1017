//! Who may do what to compute, approximately (SEMANTICS A.7).
//!
//! No vendor lists it: policies, groups, role definitions and assignments tell it together. Each native element
//! becomes a [`Part`], a giver or a holder, with as much of it as the table of capabilities asks for; [`join()`]
//! puts the parts of one account together.
//!
//! Approximate means: service control policies, permission boundaries, session policies, deny assignments and
//! conditions are not evaluated. Where there is doubt, a capability counts as possible.

mod capabilities;
mod join;
mod pattern;
mod shipped;

use std::collections::{BTreeMap, BTreeSet};

use super::Odd;
use crate::model::{AccountId, ManagedBy, Provider, canonical_json, sha256};

pub use join::{Joined, join};
pub use pattern::matches;
pub use shipped::is_shipped;

/// What every grant says of how it was found.
pub const EVALUATION: &str = "approximate";

/// What one native element tells of who may do what.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parts {
    /// Its parts; none for an element that gives nobody anything.
    pub parts: Vec<Part>,
    /// What could not be read of it; its listing is partial.
    pub odd: Vec<Odd>,
}

/// One side of a grant.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// The cloud.
    pub provider: Provider,
    /// The account whose listing it is, where the element tells.
    pub account: Option<AccountId>,
    /// Which side.
    pub side: Side,
}

/// Who gives, and who holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Side {
    /// A policy, a group or a role definition: what it gives to whoever holds it.
    Giver {
        /// What holders name it by.
        id: String,
        /// What it gives.
        sources: Vec<Source>,
    },
    /// A principal, and what it holds at a scope.
    Holder(Holder),
}

/// A principal, and what it holds at a scope.
#[derive(Clone, Debug, PartialEq)]
pub struct Holder {
    /// Where: an account, a project, or the canonical ARM scope.
    pub scope: String,
    /// Who, as the log names the actor: `arn#AIDA…`, an object id, `user:a@example.com`.
    pub key: String,
    /// Its name, ARN or id, as every listing of it tells.
    pub name: String,
    /// What people call it, where the listing tells more than an id.
    pub label: Option<String>,
    /// The id of the assignment, where what it holds is a thing of its own.
    pub assignment: Option<String>,
    /// What sort of principal, in the vendor's words: `user`, `role`, `group`, `service-account`.
    pub kind: String,
    /// What it holds.
    pub sources: Vec<Source>,
    /// Who may become it.
    pub assumable_by: BTreeSet<String>,
    /// The vendor's own service that it belongs to, by a mark that nobody else can write.
    pub managed_by: Option<ManagedBy>,
}

/// Where powers come from.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// They are told here.
    Here {
        /// What tells them: `policy ops`.
        via: String,
        /// The powers.
        powers: Powers,
    },
    /// Another element tells them.
    There {
        /// What points there: `group admins`.
        via: String,
        /// The giver's id.
        id: String,
        /// The digest of the condition under which it gives.
        condition: Option<String>,
    },
}

/// Which actions of the table something allows and denies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Powers {
    /// What it allows; `None` for anywhere and always, else digests of what it is limited to.
    allowed: BTreeMap<&'static str, Option<BTreeSet<String>>>,
    /// What it denies everywhere and always.
    denied: BTreeSet<&'static str>,
}

impl Powers {
    /// Allows every action of the table that `is_meant`, within a limit if there is one.
    pub fn allow(&mut self, provider: Provider, limit: Option<&str>, is_meant: impl Fn(&str) -> bool) {
        for action in capabilities::actions(provider).filter(|action| is_meant(action)) {
            match (self.allowed.get_mut(action), limit) {
                (None, _) => {
                    let limits = limit.map(|limit| [limit.to_owned()].into());
                    self.allowed.insert(action, limits);
                }
                (Some(limits), None) => *limits = None,
                (Some(Some(limits)), Some(limit)) => drop(limits.insert(limit.to_owned())),
                (Some(None), Some(_)) => {}
            }
        }
    }

    /// Denies every action of the table that `is_meant`, everywhere and always.
    pub fn deny(&mut self, provider: Provider, is_meant: impl Fn(&str) -> bool) {
        self.denied.extend(capabilities::actions(provider).filter(|action| is_meant(action)));
    }

    /// Whether it says nothing of any action of the table.
    pub fn is_empty(&self) -> bool {
        self.allowed.is_empty() && self.denied.is_empty()
    }
}

/// Returns the digest of a condition, which is all that is kept of it.
pub fn condition_digest(condition: &serde_json::Value) -> String {
    sha256(canonical_json(condition).as_bytes())
}
