//! The network interfaces of `DescribeInstances`.

use aws_sdk_ec2::types;

use super::{shapes, words};

shapes! {
    types::InstanceNetworkInterface {
        association, attachment, connection_tracking_configuration, description, groups, interface_type,
        ipv4_prefixes, ipv6_addresses, ipv6_prefixes, mac_address, network_interface_id, operator, owner_id,
        private_dns_name, private_ip_address, private_ip_addresses, source_dest_check, status, subnet_id,
        vpc_id,
    }
    types::InstanceSecondaryInterface {
        attachment, interface_type, mac_address, owner_id, private_ip_addresses, secondary_interface_id,
        secondary_network_id, secondary_subnet_id, source_dest_check, status,
    }
    types::ConnectionTrackingSpecificationResponse {
        tcp_established_timeout, udp_stream_timeout, udp_timeout,
    }
    types::InstanceAttachmentEnaSrdSpecification { ena_srd_enabled, ena_srd_udp_specification }
    types::InstanceAttachmentEnaSrdUdpSpecification { ena_srd_udp_enabled }
    types::InstanceIpv4Prefix { ipv4_prefix }
    types::InstanceIpv6Address { ipv6_address, is_primary_ipv6 }
    types::InstanceIpv6Prefix { ipv6_prefix }
    types::InstanceNetworkInterfaceAssociation {
        carrier_ip, customer_owned_ip, ip_owner_id, public_dns_name, public_ip,
    }
    types::InstanceNetworkInterfaceAttachment {
        attach_time, attachment_id, delete_on_termination, device_index, ena_queue_count,
        ena_srd_specification, network_card_index, status,
    }
    types::InstancePrivateIpAddress { association, primary, private_dns_name, private_ip_address }
    types::InstanceSecondaryInterfaceAttachment {
        attach_time, attachment_id, delete_on_termination, device_index, network_card_index, status,
    }
    types::InstanceSecondaryInterfacePrivateIpAddress { private_ip_address }
}

words! {
    types::NetworkInterfaceStatus, types::SecondaryInterfaceStatus, types::SecondaryInterfaceType,
}
