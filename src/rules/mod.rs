//! What drift means: changes, traces and events → findings. Names `model` only.
//!
//! A rule is one file in `catalogue/` and its line in [`RULES`]: its documentation, its ATT&CK ids, the
//! examples that it must fire on and stay quiet on, and the check. What rules share stands beside the
//! catalogue: which changes are one act ([`Drift`]), how risk is counted (`score`), and the tables of
//! attributes that matter (`sensitive`, `protection`, `exposure`).

mod absorb;
mod act;
mod catalogue;
mod churn;
mod explain;
mod exposure;
mod finding;
mod fixture;
mod grant;
mod heavy;
mod judge;
mod legacy;
pub mod life;
mod modification;
mod navigator;
mod path;
mod presence;
mod protection;
mod revert;
mod rule;
mod score;
mod sensitive;
mod slot;
mod timeline;
mod tuning;
mod weakening;
mod weights;

use crate::model::Finding;

pub use act::{Act, Drift, Testimony};
pub use catalogue::RULES;
pub use explain::explain;
pub use judge::{judge, worst_first};
pub use legacy::{legacy_alert_type, legacy_qradar_score};
pub use navigator::{Fired, navigator};
pub use rule::{Example, Expectation, Parameter, Past, RuleMeta, Tier};
pub use score::{Bonus, Class};
pub use timeline::{DELETIONS, may_end_a_chain, may_open_a_region, places};
pub use tuning::{Setting, Tuning};
pub use weights::{Effect, Table, Tag, Weight, Weights};

/// The version of the rules; a new one may judge the same changes differently.
pub const RULES_VERSION: u32 = 4;

/// One thing that drift can mean.
///
/// Pure, and blind to the order of changes: the same changes always give the same findings.
pub trait Rule: Sync {
    /// What the rule says of itself.
    fn meta(&self) -> &'static RuleMeta;

    /// Changes that the rule must fire on, and changes that it must stay quiet on.
    fn examples(&self) -> Vec<Example>;

    /// Returns what the rule finds.
    fn check(&self, drift: &Drift<'_>) -> Vec<Finding>;
}

/// Returns a rule by id.
pub fn rule(id: &str) -> Option<&'static dyn Rule> {
    RULES.iter().copied().find(|rule| rule.meta().id == id)
}
