//! Diagnostic setting of a subscription → audit log (SEMANTICS A.4): where its Activity Log is kept.

use serde_json::{Map, Value};

use super::identity;
use crate::model::{Confidence, Kind, Location, Uid};
use crate::sources::azure::GLOBAL;
use crate::sources::{Element, Field, Form, Hints, Odd, Reading};

/// Fields of `Microsoft.Insights/diagnosticSettings` (API 2021-05-01-preview).
const FIELDS: &[Field] = &[
    Field::config("eventHubAuthorizationRuleId", Form::Plain),
    Field::config("eventHubName", Form::Plain),
    Field::config("logAnalyticsDestinationType", Form::Plain),
    Field::config("marketplacePartnerId", Form::Plain),
    Field::config("serviceBusRuleId", Form::Plain),
    Field::config("storageAccountId", Form::Plain),
    Field::config("workspaceId", Form::Plain),
    Field::volatile("identity"),
    Field::volatile("kind"),
    // An Activity Log has none.
    Field::volatile("metrics"),
];

const LOG: &[Field] = &[
    Field::config("enabled", Form::Plain),
    Field::config("retentionPolicy.days", Form::Plain),
    Field::config("retentionPolicy.enabled", Form::Plain),
];

/// Reads a diagnostic setting; a category, or a group of them, is told under its name.
///
/// It has no GUID: its id is all that it is (SEMANTICS A.1).
pub(super) fn read(mut element: Element, _: &Map<String, Value>, hints: &Hints) -> Result<Reading, Odd> {
    let mut resource = identity::begin(Kind::AuditLog, None, &mut element, hints)?;
    resource.key.uid = Uid::new(resource.locator.as_str());
    resource.uid_confidence = Confidence::High;
    resource.location = Location::new(GLOBAL);
    for mut log in element.take_elements("logs") {
        let category = log.take_text("category");
        let group = log.take_text("categoryGroup");
        let path = format!("logs[{}].", category.or(group).unwrap_or_default());
        log.take_fields(LOG, &path, &mut resource);
        element.leave_nested(log, &path, &mut resource);
    }
    element.take_fields(FIELDS, "", &mut resource);
    Ok(element.finish(resource))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::resource;
    use super::*;

    const WORKSPACE: &str =
        "/subscriptions/S/resourceGroups/Logs/providers/Microsoft.OperationalInsights/workspaces/W";

    fn logs(enabled: bool) -> Value {
        json!([{"category": "Administrative", "categoryGroup": null, "enabled": enabled,
                "retentionPolicy": {"enabled": false, "days": 0}},
            {"category": null, "categoryGroup": "allLogs", "enabled": true}])
    }

    fn arm(enabled: bool) -> Value {
        json!({"id": "/subscriptions/S/providers/microsoft.insights/diagnosticSettings/Export", "type": null,
            "name": "Export", "location": null, "kind": null, "tags": null,
            "properties": {"workspaceId": WORKSPACE, "storageAccountId": null, "logs": logs(enabled), "metrics": [],
                "logAnalyticsDestinationType": null}})
    }

    #[test]
    fn a_diagnostic_setting_tells_which_categories_it_keeps_and_where() {
        let setting = resource(&arm(true));
        assert_eq!(setting.key.kind, Kind::AuditLog);
        let id = "/subscriptions/s/providers/microsoft.insights/diagnosticsettings/export";
        assert_eq!(setting.key.uid.as_str(), id);
        assert_eq!((setting.account.as_str(), setting.location.as_str()), ("s", "global"));
        assert_eq!(setting.name.as_deref(), Some("Export"));
        assert_eq!(setting.config["logs[Administrative].enabled"], true);
        assert_eq!(setting.config["logs[allLogs].enabled"], true);
        assert_eq!(setting.config["workspaceId"], WORKSPACE.to_lowercase());
        assert_eq!(setting.unmapped, [].into());
        assert_ne!(resource(&arm(false)).config, setting.config);
    }

    #[test]
    fn the_arm_body_and_what_az_prints_are_equal() {
        let az = json!({"id": "/subscriptions/S/providers/microsoft.insights/diagnosticSettings/Export",
            "name": "Export", "logs": logs(true), "metrics": [], "workspaceId": WORKSPACE,
            "type": "Microsoft.Insights/diagnosticSettings"});
        assert_eq!(resource(&az), resource(&arm(true)));
    }
}
