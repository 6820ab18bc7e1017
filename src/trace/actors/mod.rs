//! Who is behind an event, and whether anybody knows them (SEMANTICS F.6, F.7).

mod hops;
mod novelty;

pub use hops::hops;
pub use novelty::{Novelty, novelty};

use crate::model::{Actor, Provider};

/// Returns the person behind a principal that several share ([`Actor::person`]).
pub(crate) fn person(provider: Provider, actor: &Actor) -> Option<&str> {
    actor.person(provider)
}
