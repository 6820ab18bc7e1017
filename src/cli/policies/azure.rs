//! Azure custom roles, as `az role definition create --role-definition @FILE` takes them.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::sources::live::{Call, permissions};

/// Where the role can be assigned; to be replaced, since Azure has no scope that fits everybody.
pub(super) const SCOPE: &str = "/subscriptions/00000000-0000-0000-0000-000000000000";

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Role {
    name: &'static str,
    is_custom: bool,
    description: &'static str,
    actions: BTreeSet<&'static str>,
    not_actions: [&'static str; 0],
    data_actions: [&'static str; 0],
    not_data_actions: [&'static str; 0],
    assignable_scopes: [&'static str; 1],
}

/// Returns the custom role that allows some calls.
pub(super) fn role(calls: &[&Call]) -> String {
    super::json(&Role {
        name: "driftline",
        is_custom: true,
        description: "Reads what driftline scans: the metadata of compute resources. Changes nothing.",
        actions: permissions(calls),
        not_actions: [],
        data_actions: [],
        not_data_actions: [],
        assignable_scopes: [SCOPE],
    })
}
