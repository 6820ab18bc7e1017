//! `DescribeReplaceRootVolumeTasks`.

use aws_sdk_ec2::types;

use super::{shapes, words};

shapes! {
    types::ReplaceRootVolumeTask {
        complete_time, delete_replaced_root_volume, image_id, instance_id, replace_root_volume_task_id,
        snapshot_id, start_time, tags, task_state,
    }
}

words! {
    types::ReplaceRootVolumeTaskState,
}
