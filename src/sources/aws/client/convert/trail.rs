//! What CloudTrail tells of trails.
#![expect(deprecated, reason = "what the AWS CLI prints")]

use aws_sdk_cloudtrail::operation::{get_event_selectors, get_trail_status};
use aws_sdk_cloudtrail::types;
use serde_json::{Map, Value};

use super::{Print, put, shapes, words};

shapes! {
    get_event_selectors::GetEventSelectorsOutput {
        advanced_event_selectors, event_selectors, trail_arn as "TrailARN",
    }
    get_trail_status::GetTrailStatusOutput {
        is_logging, latest_cloud_watch_logs_delivery_error, latest_cloud_watch_logs_delivery_time,
        latest_delivery_attempt_succeeded, latest_delivery_attempt_time, latest_delivery_error,
        latest_delivery_time, latest_digest_delivery_error, latest_digest_delivery_time,
        latest_notification_attempt_succeeded, latest_notification_attempt_time, latest_notification_error,
        latest_notification_time, start_logging_time, stop_logging_time, time_logging_started,
        time_logging_stopped,
    }
    types::DataResource { r#type as "Type", values }
    types::EventSelector {
        data_resources, exclude_management_event_sources, include_management_events, read_write_type,
    }
    types::Trail {
        cloud_watch_logs_log_group_arn, cloud_watch_logs_role_arn, has_custom_event_selectors,
        has_insight_selectors, home_region, include_global_service_events, is_multi_region_trail,
        is_organization_trail, kms_key_id, log_file_validation_enabled, name, recursive_logging,
        s3_bucket_name, s3_key_prefix, sns_topic_arn as "SnsTopicARN", sns_topic_name,
        trail_arn as "TrailARN",
    }
}

words! {
    types::ReadWriteType,
}

/// Apart from the table, since the SDK makes none without its members.
impl Print for types::AdvancedEventSelector {
    fn print(&self) -> Option<Value> {
        let mut members = Map::new();
        put(&mut members, &["Name"], &self.name);
        put(&mut members, &["FieldSelectors"], &self.field_selectors);
        Some(members.into())
    }
}

impl Print for types::AdvancedFieldSelector {
    fn print(&self) -> Option<Value> {
        let mut members = Map::new();
        put(&mut members, &["Field"], &self.field);
        for (name, values) in [
            ("Equals", &self.equals),
            ("StartsWith", &self.starts_with),
            ("EndsWith", &self.ends_with),
            ("NotEquals", &self.not_equals),
            ("NotStartsWith", &self.not_starts_with),
            ("NotEndsWith", &self.not_ends_with),
        ] {
            put(&mut members, &[name], values);
        }
        Some(members.into())
    }
}

/// The status of a trail, with the trail: the answer alone does not name it.
pub(in super::super) struct Status<'a> {
    pub(in super::super) arn: &'a str,
    pub(in super::super) answer: &'a get_trail_status::GetTrailStatusOutput,
}

impl Print for Status<'_> {
    fn print(&self) -> Option<Value> {
        let Some(Value::Object(mut members)) = self.answer.print() else { return None };
        members.insert("TrailARN".to_owned(), self.arn.into());
        Some(members.into())
    }
}
