//! `DescribeSnapshots`.

use aws_sdk_ec2::types;

use super::{shapes, words};

shapes! {
    types::Snapshot {
        availability_zone, completion_duration_minutes, completion_time, data_encryption_key_id, description,
        encrypted, full_snapshot_size_in_bytes, kms_key_id, outpost_arn, owner_alias, owner_id, progress,
        restore_expiry_time, snapshot_id, sse_type, start_time, state, state_message, storage_tier, tags,
        transfer_type, volume_id, volume_size,
    }
}

words! {
    types::SnapshotState, types::StorageTier, types::TransferType,
}
