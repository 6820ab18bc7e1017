//! What a project sets for all its instances: `compute#project` → setting (SEMANTICS A.5).

use super::metadata;
use crate::model::Resource;
use crate::sources::{Element, Field, Form};

/// Maps a project's settings.
pub(super) fn map(element: &mut Element, resource: &mut Resource) {
    metadata::take(element, "commonInstanceMetadata", "", &mut resource.config);
    element.take_fields(FIELDS, "", resource);
}

const FIELDS: &[Field] = &[
    Field::config("cloudArmorTier", Form::Plain),
    Field::config("defaultNetworkTier", Form::Plain),
    Field::config("defaultServiceAccount", Form::Plain),
    Field::config("enabledFeatures", Form::Set),
    Field::config("usageExportLocation.bucketName", Form::Plain),
    Field::config("usageExportLocation.reportNamePrefix", Form::Plain),
    Field::config("vmDnsSetting", Form::Plain),
    Field::config("xpnProjectStatus", Form::Plain),
    // Resources of their own, which a listing of quotas tells.
    Field::volatile("quotas"),
];

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::tests::resource;
    use crate::model::Kind;

    fn project() -> Value {
        json!({
            "kind": "compute#project", "id": "1234567890", "name": "example-project",
            "creationTimestamp": "2026-01-01T19:04:05.000-08:00",
            "selfLink": "https://www.googleapis.com/compute/v1/projects/example-project",
            "commonInstanceMetadata": {"kind": "compute#metadata", "fingerprint": "f", "items": [
                {"key": "ssh-keys", "value": "ops:ssh-rsa AAAA ops"}, {"key": "enable-oslogin", "value": "TRUE"}]},
            "quotas": [{"metric": "SNAPSHOTS", "limit": 5000.0, "usage": 1.0},
                {"metric": "NETWORKS", "limit": 15.0, "usage": 2.0}],
            "defaultServiceAccount": "1234567890-compute@developer.gserviceaccount.com",
            "defaultNetworkTier": "PREMIUM", "xpnProjectStatus": "UNSPECIFIED_XPN_PROJECT_STATUS",
            "usageExportLocation": {"bucketName": "b", "reportNamePrefix": "p"},
            "enabledFeatures": ["B", "A"], "vmDnsSetting": "ZONAL_ONLY", "cloudArmorTier": "CA_STANDARD",
        })
    }

    #[test]
    fn a_project_s_settings_are_its_own_by_number_and_everywhere_alike() {
        let setting = resource(Kind::Setting, &project());
        assert_eq!(setting.unmapped, [].into());
        assert_eq!(
            (setting.key.uid.as_str(), setting.locator.as_str()),
            ("1234567890", "projects/example-project")
        );
        assert_eq!((setting.account.as_str(), setting.location.as_str()), ("example-project", "global"));
        assert_eq!((setting.name.as_deref(), setting.zone.as_deref()), (Some("example-project"), None));
        assert_eq!(setting.config["enabledFeatures"], json!(["A", "B"]));
        let unaddressed = resource(Kind::Setting, &json!({"id": "1", "name": "p"}));
        assert_eq!((unaddressed.account.as_str(), unaddressed.locator.as_str()), ("p", "projects/p"));
    }

    #[test]
    fn its_metadata_is_concealed_as_an_instance_s_is_and_a_quota_is_no_setting() {
        let setting = resource(Kind::Setting, &project());
        assert!(!format!("{setting:?}").contains("AAAA"));
        assert!(setting.config.contains_key("commonInstanceMetadata[ssh-keys].sha256"));
        assert_eq!(setting.config["commonInstanceMetadata[enable-oslogin]"], "TRUE");
        let mut used = project();
        used["quotas"][0]["limit"] = json!(17.0);
        used["commonInstanceMetadata"]["fingerprint"] = json!("g");
        assert_eq!(resource(Kind::Setting, &used), setting);
    }
}
