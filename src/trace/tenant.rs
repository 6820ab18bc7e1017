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
];

/// Returns the events that speak of a setting or a region without its id, in the order of classes.
pub(super) fn hits<'a>(inquiry: &Inquiry<'_, 'a>, resource: &Resource) -> Vec<Hit<'a>> {
    if !matches!(resource.key.kind, Kind::Setting | Kind::Region) {
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
        // `EnableSerialConsoleAccess` sets `serial-console-access`, in the region that it is called in.
        (Provider::Aws, _) => {
            let here = event.location == resource.location || event.location.as_str() == EVERYWHERE;
            here && letters(&event.operation).contains(&letters(name))
        }
        (Provider::Gcp, _) => {
            let quota = told("quota").map(letters);
            let of_quota = matches!(event.class, Class::QuotaRequest | Class::QuotaGranted);
            let metric = |path: &String| quota.as_ref().is_some_and(|quota| letters(path).contains(quota));
            let project = event.operation.to_lowercase().contains("compute.projects.");
            project || (of_quota && resource.config.keys().any(metric))
        }
        (Provider::Azure, _) => false,
    }
}

fn letters(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}
