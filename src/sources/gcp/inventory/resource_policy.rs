//! Compute Engine resource policies: snapshot schedules, instance schedules, placement, consistency groups.

use super::shared::take_trouble;
use crate::model::Resource;
use crate::sources::{Element, Field, Form};

/// Maps a resource policy.
pub(super) fn map(element: &mut Element, resource: &mut Resource) {
    resource.state = take_trouble(element, &["CREATING", "READY"]);
    // An empty object: that it is there says what sort of policy it is.
    if element.take(CONSISTENCY_GROUP).is_some_and(|policy| policy.is_object()) {
        resource.config.insert(CONSISTENCY_GROUP.to_owned(), true.into());
    }
    element.take_fields(FIELDS, "", resource);
}

const CONSISTENCY_GROUP: &str = "diskConsistencyGroupPolicy";

const FIELDS: &[Field] = &[
    Field::config("groupPlacementPolicy", Form::Plain),
    Field::config("instanceSchedulePolicy", Form::Plain),
    Field::config("snapshotSchedulePolicy.retentionPolicy", Form::Plain),
    Field::config("snapshotSchedulePolicy.schedule.dailySchedule", Form::Plain),
    Field::config("snapshotSchedulePolicy.schedule.hourlySchedule", Form::Plain),
    Field::config("snapshotSchedulePolicy.schedule.weeklySchedule.dayOfWeeks", Form::Keyed("day")),
    Field::config("snapshotSchedulePolicy.snapshotProperties.chainName", Form::Plain),
    Field::config("snapshotSchedulePolicy.snapshotProperties.guestFlush", Form::Plain),
    Field::config("snapshotSchedulePolicy.snapshotProperties.labels", Form::Plain),
    Field::config("snapshotSchedulePolicy.snapshotProperties.storageLocations", Form::Set),
    Field::config("workloadPolicy", Form::Plain),
    // When the schedule ran last, and runs next.
    Field::volatile("resourceStatus"),
];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::resource;
    use crate::model::{Kind, Phase};

    #[test]
    fn a_snapshot_schedule_is_config_and_its_next_run_is_not() {
        let policy = |weekly: bool| {
            let schedule = if weekly {
                json!({"weeklySchedule": {"dayOfWeeks": [{"day": "SUNDAY", "startTime": "04:00", "duration": "PT14400S"}]}})
            } else {
                json!({"dailySchedule": {"daysInCycle": 1, "startTime": "04:00", "duration": "PT14400S"}})
            };
            json!({
                "kind": "compute#resourcePolicy", "id": "701", "name": "daily", "status": "READY",
                "creationTimestamp": "2026-01-01T19:04:05.000-08:00", "description": "",
                "region": "https://www.googleapis.com/compute/v1/projects/p/regions/r",
                "selfLink": "https://www.googleapis.com/compute/v1/projects/p/regions/r/resourcePolicies/daily",
                "snapshotSchedulePolicy": {"schedule": schedule,
                    "retentionPolicy": {"maxRetentionDays": 14, "onSourceDiskDelete": "KEEP_AUTO_SNAPSHOTS"},
                    "snapshotProperties": {"storageLocations": ["us"], "guestFlush": false, "labels": {"a": "b"}}},
                "resourceStatus": {"instanceSchedulePolicy": {"nextRunStartTime": "2026-01-02T00:00:00Z"}},
            })
        };
        let daily = resource(Kind::ResourcePolicy, &policy(false));
        assert_eq!(daily.unmapped, [].into());
        assert_eq!((daily.key.uid.as_str(), daily.location.as_str()), ("701", "r"));
        assert_eq!(daily.locator.as_str(), "projects/p/regions/r/resourcePolicies/daily");
        assert_eq!(daily.config["snapshotSchedulePolicy.retentionPolicy.maxRetentionDays"], 14);
        assert_eq!(daily.config["snapshotSchedulePolicy.schedule.dailySchedule.daysInCycle"], 1);
        assert_eq!(daily.state, None);
        let weekly = resource(Kind::ResourcePolicy, &policy(true));
        let path = "snapshotSchedulePolicy.schedule.weeklySchedule.dayOfWeeks[SUNDAY].startTime";
        assert_eq!(weekly.config[path], "04:00");
    }

    #[test]
    fn a_consistency_group_is_told_by_an_empty_object() {
        let policy = json!({"id": "701", "name": "n", "diskConsistencyGroupPolicy": {}});
        let policy = resource(Kind::ResourcePolicy, &policy);
        assert_eq!(policy.config, [("diskConsistencyGroupPolicy".to_owned(), json!(true))].into());
    }

    #[test]
    fn a_policy_that_expires_or_goes_says_so() {
        let phase = |status: &str| {
            let policy = json!({"id": "701", "name": "n", "status": status});
            resource(Kind::ResourcePolicy, &policy).state.map(|state| state.phase)
        };
        assert_eq!(phase("READY"), None);
        assert_eq!(phase("DELETING"), Some(Phase::Deleting));
        assert_eq!(phase("EXPIRED"), Some(Phase::Unknown));
    }
}
