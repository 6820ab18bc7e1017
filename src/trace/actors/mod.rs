//! Who is behind an event, and whether anybody knows them (SEMANTICS F.6, F.7).

mod hops;
mod novelty;
mod usage;

pub use hops::hops;
pub(super) use novelty::granted;
pub use novelty::{Novelty, novelty};
pub use usage::{Place, usage};

use crate::model::{Actor, Provider};

/// Returns the person behind a principal that several share ([`Actor::person`]).
pub(crate) fn person(provider: Provider, actor: &Actor) -> Option<&str> {
    actor.person(provider)
}
