//! The operations that a scan makes, as data.

use std::collections::BTreeSet;

use crate::model::Kind;

/// One operation of a vendor's API: the row from which policies, `doctor` and `--dry-run` derive.
#[derive(Debug, PartialEq, Eq)]
pub struct Call {
    /// The vendor's name of the operation: `DescribeInstances`, `VirtualMachines_ListAll`,
    /// `instances.aggregatedList`.
    pub name: &'static str,
    /// The permissions that it takes, in the vendor's words; none where the vendor asks for none.
    pub permissions: &'static [&'static str],
    /// The kinds that it is made for; empty for what every scan needs (identity, regions).
    pub kinds: &'static [Kind],
    /// The configuration key that asks for it; `None` for a call that is always made.
    pub option: Option<&'static str>,
    /// What it tells, as a phrase: `instances and their state`.
    pub tells: &'static str,
}

/// Returns every permission that some calls take, in the vendor's words: what a policy for them must hold, and
/// what a test holds against the requests that a server saw.
pub fn permissions(calls: &[&Call]) -> BTreeSet<&'static str> {
    calls.iter().flat_map(|call| call.permissions).copied().collect()
}
