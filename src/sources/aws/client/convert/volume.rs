//! `DescribeVolumes`.

use aws_sdk_ec2::types;

use super::{shapes, words};

shapes! {
    types::Volume {
        attachments, availability_zone, availability_zone_id, create_time, encrypted, fast_restored, iops,
        kms_key_id, multi_attach_enabled, operator, outpost_arn, owner_id, size, snapshot_id,
        source_volume_id, sse_type, state, tags, throughput, volume_arn, volume_id,
        volume_initialization_rate, volume_type,
    }
    types::VolumeAttachment {
        associated_resource, attach_time, delete_on_termination, device, ebs_card_index, instance_id,
        instance_owning_service, state, volume_id,
    }
}

words! {
    types::VolumeAttachmentState,
}
