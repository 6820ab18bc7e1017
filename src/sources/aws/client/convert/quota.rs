//! What Service Quotas tells.

use aws_sdk_servicequotas::types;

use super::{shapes, words};

shapes! {
    types::ErrorReason { error_code, error_message }
    types::MetricInfo {
        metric_dimensions, metric_name, metric_namespace, metric_statistic_recommendation,
    }
    types::QuotaContextInfo { adjustable_at_level, context_id, context_scope, context_scope_type }
    types::QuotaPeriod { period_unit, period_value }
    types::ServiceQuota {
        adjustable, description, error_reason, global_quota, period, quota_applied_at_level, quota_arn,
        quota_code, quota_context, quota_name, service_code, service_name, unit, usage_metric, value,
    }
}

words! {
    types::AdjustableAtLevelEnum, types::AppliedLevelEnum, types::ErrorCode, types::PeriodUnit,
    types::QuotaContextScope,
}
