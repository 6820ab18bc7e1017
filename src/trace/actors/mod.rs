//! Who is behind an event, and whether anybody knows them (SEMANTICS F.6, F.7).

mod hops;
mod novelty;
mod usage;

pub use hops::hops;
pub(super) use novelty::granted;
pub use novelty::{Novelty, novelty};
pub use usage::{Place, usage};

use crate::model::{Actor, Provider};

/// Returns the person behind a principal that several share, where the vendor vouches for the name: the user
/// of an IAM Identity Center role, whose path no principal of the account can use, or the account that
/// impersonates a Google Cloud service account. Any other session's name is its own word.
pub(crate) fn person(provider: Provider, actor: &Actor) -> Option<&str> {
    let vouched = match provider {
        Provider::Aws => actor.key.contains(":role/aws-reserved/sso.amazonaws.com/"),
        Provider::Azure => false,
        Provider::Gcp => true,
    };
    actor.session.as_deref().filter(|session| vouched && !session.is_empty())
}
