//! The settings of an account in a region.

use aws_sdk_ec2::operation::{
    get_allowed_images_settings, get_ebs_default_kms_key_id, get_ebs_encryption_by_default,
    get_image_block_public_access_state, get_instance_metadata_defaults, get_managed_resource_visibility,
    get_serial_console_access_status, get_snapshot_block_public_access_state,
};
use aws_sdk_ec2::types;

use super::{shapes, words};

shapes! {
    get_ebs_encryption_by_default::GetEbsEncryptionByDefaultOutput { ebs_encryption_by_default, sse_type }
    get_ebs_default_kms_key_id::GetEbsDefaultKmsKeyIdOutput { kms_key_id }
    get_snapshot_block_public_access_state::GetSnapshotBlockPublicAccessStateOutput { managed_by, state }
    get_image_block_public_access_state::GetImageBlockPublicAccessStateOutput {
        image_block_public_access_state, managed_by,
    }
    get_serial_console_access_status::GetSerialConsoleAccessStatusOutput {
        managed_by, serial_console_access_enabled,
    }
    get_instance_metadata_defaults::GetInstanceMetadataDefaultsOutput { account_level }
    get_allowed_images_settings::GetAllowedImagesSettingsOutput { image_criteria, managed_by, state }
    get_managed_resource_visibility::GetManagedResourceVisibilityOutput { visibility }
    types::CreationDateCondition { maximum_days_since_created }
    types::DeprecationTimeCondition { maximum_days_since_deprecated }
    types::ImageCriterion {
        creation_date_condition, deprecation_time_condition, image_names, image_providers, image_watermarks,
        marketplace_product_codes, scan_result_condition,
    }
    types::ImageWatermarkFilterResponse {
        maximum_days_since_source_image_created, maximum_days_since_watermark_created, source_image_region,
        watermark_key,
    }
    types::InstanceMetadataDefaultsResponse {
        http_endpoint, http_put_response_hop_limit, http_tokens, http_tokens_enforced, instance_metadata_tags,
        managed_by, managed_exception_message,
    }
    types::ManagedResourceVisibilitySettings { default_visibility }
    types::ScanResultCondition {
        max_days_since_critical_fix_available, max_days_since_high_fix_available,
        max_days_since_informational_fix_available, max_days_since_last_finding_scan,
        max_days_since_low_fix_available, max_days_since_medium_fix_available, maximum_severity_label,
    }
}

words! {
    types::HttpTokensEnforcedState, types::ManagedBy, types::ManagedResourceDefaultVisibility,
    types::SnapshotBlockPublicAccessState,
}
