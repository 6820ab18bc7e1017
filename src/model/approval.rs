//! Changes that somebody approved beforehand (DESIGN §8, SEMANTICS F.8).

use serde::{Deserialize, Serialize};

use super::{AccountId, Provider, Timestamp};

/// One approved change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// The identifier that the change bears: in a tag, a session name, a correlation id.
    pub id: String,
    /// The cloud that it is for; every one if `None`.
    pub provider: Option<Provider>,
    /// The account that it is for; every one if `None`.
    pub account: Option<AccountId>,
    /// Which resources: globs over uid, name and locator (`web-*`); any if empty.
    pub resources: Vec<String>,
    /// Which principals: globs over an actor's key, name and session; any if empty.
    pub principals: Vec<String>,
    /// Since when.
    pub from: Timestamp,
    /// Until when.
    pub to: Timestamp,
    /// Where it stands, for people: `approved.csv:4`.
    pub origin: String,
}

/// What connects a change to an approval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalMatch {
    /// The identifier.
    pub id: String,
    /// Whether identifier, time, resource and principal all match; an identifier alone can be copied.
    pub full: bool,
    /// What matched and what did not, in words.
    pub reason: String,
}
