//! Google Cloud custom roles, as `gcloud iam roles create --file FILE` takes them.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::options;
use crate::sources::live::{Call, permissions};

/// Returns the custom role that allows some calls, with the permissions of each option below its name.
pub(super) fn role(calls: &[&Call]) -> String {
    let of = |option: Option<&str>| {
        let calls: Vec<_> = calls.iter().copied().filter(|call| call.option == option).collect();
        permissions(&calls)
    };
    let mut text = "title: driftline\n\
         description: Reads what driftline scans, the metadata of compute resources. Changes nothing.\n\
         stage: GA\n\
         includedPermissions:\n"
        .to_owned();
    let mut written = BTreeSet::new();
    for option in [None].into_iter().chain(options(calls).into_iter().map(Some)) {
        let fresh: Vec<_> = of(option).into_iter().filter(|name| written.insert(*name)).collect();
        if let Some(option) = option.filter(|_| !fresh.is_empty()) {
            let _ = writeln!(text, "# For `{option}`:");
        }
        for name in fresh {
            let _ = writeln!(text, "- {name}");
        }
    }
    text
}
