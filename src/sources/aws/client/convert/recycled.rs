//! What the three recycle bins list.

use aws_sdk_ec2::types;

use super::shapes;

shapes! {
    types::SnapshotRecycleBinInfo {
        description, recycle_bin_enter_time, recycle_bin_exit_time, snapshot_id, volume_id,
    }
    types::ImageRecycleBinInfo { description, image_id, name, recycle_bin_enter_time, recycle_bin_exit_time }
    types::VolumeRecycleBinInfo {
        availability_zone, availability_zone_id, create_time, iops, operator, outpost_arn,
        recycle_bin_enter_time, recycle_bin_exit_time, size, snapshot_id, source_volume_id, state, throughput,
        volume_id, volume_type,
    }
}
