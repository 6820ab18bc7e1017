//! What is asked of one instance, snapshot or image.

use aws_sdk_ec2::operation::{
    describe_image_attribute, describe_instance_attribute, describe_snapshot_attribute,
};
use aws_sdk_ec2::types;

use super::{shapes, words};

shapes! {
    describe_instance_attribute::DescribeInstanceAttributeOutput {
        block_device_mappings, disable_api_stop, disable_api_termination, ebs_optimized, ena_support,
        enclave_options, groups, instance_id, instance_initiated_shutdown_behavior, instance_type, kernel_id,
        product_codes, ramdisk_id, root_device_name, source_dest_check, sriov_net_support, user_data,
    }
    describe_snapshot_attribute::DescribeSnapshotAttributeOutput {
        create_volume_permissions, product_codes, snapshot_id,
    }
    describe_image_attribute::DescribeImageAttributeOutput {
        block_device_mappings, boot_mode, deregistration_protection, description, image_id, imds_support,
        kernel_id, last_launched_time, launch_permissions, product_codes, ramdisk_id, sriov_net_support,
        tpm_support, uefi_data,
    }
    types::AttributeBooleanValue { value }
    types::AttributeValue { value }
    types::CreateVolumePermission { group, user_id }
    types::LaunchPermission { group, organization_arn, organizational_unit_arn, user_id }
}

words! {
    types::PermissionGroup,
}
