//! Events on what all compute of an account depends on: such an event seldom names the setting as inventory does.

use super::found::Inquiry;
use super::index::By;
use super::join::Hit;
use crate::model::{AuditEvent, Class, EVERYWHERE, Kind, Provider, Resource, Role};

/// The classes of operation that set what belongs to a whole account, region or project.
const CLASSES: &[Class] = &[
    Class::SettingModify,
    Class::RegionEnable,
    Class::RegionDisable,
    Class::QuotaRequest,
    Class::QuotaGranted,
    Class::InstanceModify,
    Class::ProtectRemove,
    Class::ProtectAdd,
    Class::LogTamper,
    Class::LogRestore,
];

/// Returns the events that speak of a setting, a region, a quota or a log without its id, in the order of classes.
pub(super) fn hits<'a>(inquiry: &Inquiry<'_, 'a>, resource: &Resource) -> Vec<Hit<'a>> {
    if !matches!(resource.key.kind, Kind::Setting | Kind::Region | Kind::Quota | Kind::AuditLog) {
        return Vec::new();
    }
    let (provider, account) = (resource.key.provider, &resource.account);
    let events = CLASSES
        .iter()
        .flat_map(|class| inquiry.index.of_class(provider, account, *class, inquiry.narrowed.search));
    let speaking = events.filter(|event| speaks_of(event, resource));
    speaking.map(|event| Hit { event, by: By::Name, role: Role::Subject }).collect()
}

fn speaks_of(event: &AuditEvent, resource: &Resource) -> bool {
    let Some(name) = resource.name.as_deref().filter(|name| !name.is_empty()) else { return false };
    let told = |fact: &str| event.facts.get(fact).and_then(|value| value.as_str());
    match (resource.key.provider, resource.key.kind) {
        (_, Kind::Region) => told("region") == Some(name),
        (_, Kind::Quota) => {
            let is_quota = matches!(event.class, Class::QuotaRequest | Class::QuotaGranted);
            is_quota && is_there(event, resource) && told("quota").is_some_and(|quota| means(quota, resource))
        }
        (provider, Kind::AuditLog) => {
            let is_log = matches!(event.class, Class::LogTamper | Class::LogRestore);
            let here = provider != Provider::Aws || event.location == resource.location;
            is_log && here && told("trail") == Some(name)
        }
        // `EnableSerialConsoleAccess` sets `serial-console-access`, in the region that it is called in.
        (Provider::Aws, _) => {
            let here = event.location == resource.location || event.location.as_str() == EVERYWHERE;
            here && letters(&event.operation).contains(&letters(name))
        }
        (Provider::Gcp, _) => {
            let of =
                if name == "snapshot-settings" { "compute.snapshotsettings." } else { "compute.projects." };
            event.operation.to_lowercase().contains(of)
        }
        (Provider::Azure, _) => false,
    }
}

/// Whether a quota was asked for where a resource is; one that names no region is for all of them.
fn is_there(event: &AuditEvent, resource: &Resource) -> bool {
    match event.facts.get("region").and_then(|region| region.as_str()) {
        Some(region) => region == resource.location.as_str() || region == "global",
        None => [resource.location.as_str(), "global", EVERYWHERE].contains(&event.location.as_str()),
    }
}

/// Whether an audit log and a listing call the same quota by these two names.
///
/// AWS tells the code when it is asked for, and the name when it is granted. Cloud Quotas says
/// `CPUS-per-project-region` of the metric `CPUS`; Service Usage puts a service before it
/// (`compute.googleapis.com/cpus`).
fn means(quota: &str, resource: &Resource) -> bool {
    let name = resource.name.as_deref().unwrap_or_default();
    if resource.key.provider == Provider::Aws {
        return quota == name || resource.key.uid.as_str().ends_with(&format!("/{quota}"));
    }
    let quota = quota.rsplit_once('/').map_or(quota, |(_, quota)| quota);
    let (quota, name) = (letters(quota), letters(name));
    let rest = quota.strip_prefix(&name).filter(|_| !name.is_empty());
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("per"))
}

fn letters(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}
