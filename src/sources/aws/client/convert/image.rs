//! `DescribeImages`.

use aws_sdk_ec2::types;

use super::{shapes, words};

shapes! {
    types::Image {
        architecture, block_device_mappings, boot_mode, creation_date, deprecation_time,
        deregistration_protection, description, ena_support, free_tier_eligible, hypervisor, image_allowed,
        image_id, image_location, image_owner_alias, image_type, image_watermarks, imds_support,
        instance_type_specification, kernel_id, last_launched_time, name, owner_id, platform,
        platform_details, product_codes, public, public_ssm_parameter_name, ramdisk_id, root_device_name,
        root_device_type, scan_results, source_image_id, source_image_region, source_instance_id,
        sriov_net_support, state, state_reason, tags, tpm_support, usage_operation, virtualization_type,
    }
    types::ImageWatermark {
        source_image_creation_time, source_image_id, source_image_region, watermark_creation_time,
        watermark_key,
    }
    types::InstanceTypeItem { instance_type }
    types::InstanceTypeSpecification { supported_instance_types, unsupported_instance_types }
    types::ScanResults {
        critical_fix_available_since, finding_scan_date, high_fix_available_since,
        highest_finding_severity_label, informational_fix_available_since, low_fix_available_since,
        medium_fix_available_since,
    }
}

words! {
    types::ImageState, types::ImageTypeValues, types::ImdsSupportValues, types::TpmSupportValues,
}
