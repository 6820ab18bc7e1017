//! `DescribeInstances`.

use aws_sdk_ec2::types;

use super::{shapes, words};

shapes! {
    types::Reservation { groups, instances, owner_id, requester_id, reservation_id }
    types::Instance {
        ami_launch_index, architecture, block_device_mappings, boot_mode, capacity_block_id,
        capacity_reservation_id, capacity_reservation_specification, client_token, cpu_options,
        current_instance_boot_mode, ebs_optimized, elastic_gpu_associations,
        elastic_inference_accelerator_associations, ena_support, enclave_options, hibernation_options,
        hypervisor, iam_instance_profile, image_id, instance_id, instance_lifecycle, instance_type,
        ipv6_address, kernel_id, key_name, launch_time, licenses, maintenance_options, metadata_options,
        monitoring, network_interfaces, network_performance_options, operator, outpost_arn, placement,
        platform, platform_details, private_dns_name, private_dns_name_options, private_ip_address,
        product_codes, public_dns_name, public_ip_address, ramdisk_id, root_device_name, root_device_type,
        secondary_interfaces, security_groups, source_dest_check, spot_instance_request_id, sriov_net_support,
        state, state_reason, state_transition_reason, subnet_id, tags, tpm_support, usage_operation,
        usage_operation_update_time, virtualization_type, vpc_id,
    }
    types::CapacityReservationSpecificationResponse {
        capacity_reservation_preference, capacity_reservation_target,
    }
    types::CapacityReservationTargetResponse {
        capacity_reservation_id, capacity_reservation_resource_group_arn,
    }
    types::CpuOptions { amd_sev_snp, core_count, nested_virtualization, threads_per_core }
    types::ElasticGpuAssociation {
        elastic_gpu_association_id, elastic_gpu_association_state, elastic_gpu_association_time,
        elastic_gpu_id,
    }
    types::ElasticInferenceAcceleratorAssociation {
        elastic_inference_accelerator_arn, elastic_inference_accelerator_association_id,
        elastic_inference_accelerator_association_state, elastic_inference_accelerator_association_time,
    }
    types::HibernationOptions { configured }
    types::IamInstanceProfile { arn, id }
    types::InstanceMaintenanceOptions { auto_recovery, reboot_migration }
    types::InstanceMetadataOptionsResponse {
        http_endpoint, http_protocol_ipv6, http_put_response_hop_limit, http_tokens, instance_metadata_tags,
        state,
    }
    types::InstanceNetworkPerformanceOptions { bandwidth_weighting }
    types::InstanceState { code, name }
    types::LicenseConfiguration { license_configuration_arn }
    types::Monitoring { state }
    types::Placement {
        affinity, availability_zone, availability_zone_id, group_id, group_name, host_id,
        host_resource_group_arn, partition_number, spread_domain, tenancy,
    }
    types::PrivateDnsNameOptionsResponse {
        enable_resource_name_dns_a_record,
        enable_resource_name_dns_aaaa_record as "EnableResourceNameDnsAAAARecord", hostname_type,
    }
}

words! {
    types::AmdSevSnpSpecification, types::CapacityReservationPreference, types::HostnameType,
    types::InstanceAutoRecoveryState, types::InstanceBandwidthWeighting, types::InstanceBootModeValues,
    types::InstanceLifecycleType, types::InstanceMetadataOptionsState, types::InstanceMetadataProtocolState,
    types::InstanceRebootMigrationState, types::InstanceStateName, types::InstanceType,
    types::MonitoringState, types::NestedVirtualizationSpecification, types::Tenancy,
}
