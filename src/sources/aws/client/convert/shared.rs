//! What shapes of several families are made of.

use aws_sdk_ec2::types;

use super::{shapes, words};

shapes! {
    types::BlockDeviceMapping { device_name, ebs, no_device, virtual_name }
    types::EbsBlockDevice {
        availability_zone, availability_zone_id, delete_on_termination, ebs_card_index, encrypted, iops,
        kms_key_id, outpost_arn, snapshot_id, throughput, volume_initialization_rate, volume_size,
        volume_type,
    }
    types::EbsInstanceBlockDevice {
        associated_resource, attach_time, delete_on_termination, ebs_card_index, operator, status, volume_id,
        volume_owner_id,
    }
    types::EnclaveOptions { enabled }
    types::GroupIdentifier { group_id, group_name }
    types::InstanceBlockDeviceMapping { device_name, ebs }
    types::OperatorResponse { hidden_by_default, managed, principal }
    types::ProductCode { product_code_id, product_code_type }
    types::StateReason { code, message }
    types::Tag { key, value }
}

words! {
    types::ArchitectureValues, types::AttachmentStatus, types::BootModeValues, types::DeviceType,
    types::HttpTokensState, types::HypervisorType, types::InstanceMetadataEndpointState,
    types::InstanceMetadataTagsState, types::PlatformValues, types::ProductCodeValues, types::SeverityLabel,
    types::SseType, types::VirtualizationType, types::VolumeState, types::VolumeType,
}
