//! What Google's predefined roles allow, where nobody tells it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::{Powers, Source, matches};
use crate::model::Provider;

/// One role: what it includes of the table of capabilities, less what it leaves out.
struct Role {
    name: &'static str,
    includes: &'static [&'static str],
    less: &'static [&'static str],
}

const fn role(name: &'static str, includes: &'static [&'static str]) -> Role {
    Role { name, includes, less: &[] }
}

/// As `roles.get` told them in 2026; those without anything are known to give nothing of the table.
#[rustfmt::skip]
const ROLES: &[Role] = &[
    role("roles/owner", &["*"]),
    Role { name: "roles/editor", includes: &["compute.*"], less: &["*.setIamPolicy"] },
    role("roles/compute.admin", &["compute.*"]),
    Role { name: "roles/compute.instanceAdmin", includes: &["compute.instances.*", "compute.instanceGroupManagers.*", "compute.disks.*"], less: &[] },
    role("roles/compute.instanceAdmin.v1", &["compute.*"]),
    role("roles/compute.storageAdmin", &["compute.disks.*", "compute.images.*", "compute.snapshots.*"]),
    role("roles/iam.securityAdmin", &["*.setIamPolicy"]),
    role("roles/iam.roleAdmin", &["iam.roles.update"]),
    role("roles/resourcemanager.projectIamAdmin", &["resourcemanager.projects.setIamPolicy"]),
    role("roles/logging.admin", &["logging.*"]),
    role("roles/logging.configWriter", &["logging.*"]),
    role("roles/storage.admin", &["storage.*"]),
    role("roles/storage.objectAdmin", &["storage.*"]),
    role("roles/storage.objectCreator", &["storage.*"]),
    role("roles/browser", &[]),
    role("roles/compute.networkAdmin", &[]),
    role("roles/compute.networkUser", &[]),
    role("roles/compute.networkViewer", &[]),
    role("roles/compute.osLogin", &[]),
    role("roles/compute.viewer", &[]),
    role("roles/iam.securityReviewer", &[]),
    role("roles/iam.serviceAccountTokenCreator", &[]),
    role("roles/iam.serviceAccountUser", &[]),
    role("roles/logging.logWriter", &[]),
    role("roles/logging.privateLogViewer", &[]),
    role("roles/logging.viewer", &[]),
    role("roles/monitoring.metricWriter", &[]),
    role("roles/monitoring.viewer", &[]),
    role("roles/storage.objectViewer", &[]),
    role("roles/viewer", &[]),
];

static SOURCES: LazyLock<BTreeMap<&'static str, Vec<Source>>> = LazyLock::new(|| {
    let any =
        |patterns: &[&str], action: &str| patterns.iter().any(|pattern| matches(pattern, action, false));
    let sources = |role: &Role| {
        let mut powers = Powers::default();
        powers.allow(Provider::Gcp, None, |action| any(role.includes, action) && !any(role.less, action));
        vec![Source::Here { via: String::new(), powers }]
    };
    ROLES.iter().map(|role| (role.name, sources(role))).collect()
});

/// Returns what a predefined role gives, if this release knows it.
pub(super) fn sources(provider: Provider, id: &str) -> Option<&'static [Source]> {
    SOURCES.get(id).map(Vec::as_slice).filter(|_| provider == Provider::Gcp)
}

/// Whether this release knows a predefined role, so that nobody need tell it.
pub fn is_shipped(role: &str) -> bool {
    SOURCES.contains_key(role)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shipped_role_is_one_of_google_s_and_no_other_cloud_has_it() {
        assert!(is_shipped("roles/editor") && !is_shipped("projects/p/roles/editor"));
        assert!(sources(Provider::Aws, "roles/editor").is_none());
        assert_eq!(SOURCES.len(), ROLES.len());
    }
}
