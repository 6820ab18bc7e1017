//! What `DescribeInstanceTypes` tells of instance stores.

use aws_sdk_ec2::types;

use super::{shapes, words};

shapes! {
    types::InstanceStorageInfo {
        disks, encryption_support, nvme_support, total_size_in_gb as "TotalSizeInGB",
    }
    types::DiskInfo { count, size_in_gb as "SizeInGB", r#type as "Type" }
}

words! {
    types::DiskType, types::EphemeralNvmeSupport, types::InstanceStorageEncryptionSupport,
}
