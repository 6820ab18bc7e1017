//! The operations of EC2, STS and Organizations that a scan makes.

use crate::sources::live::Call;

/// Every operation, in the order in which policies print them.
pub(super) const CALLS: &[&Call] = &[];
