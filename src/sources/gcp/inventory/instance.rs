//! Compute Engine instances.

use std::collections::BTreeMap;

use super::shared::{KEY, URL, take_object};
use super::{disks, metadata, network, wire};
use crate::model::{Confidence, Kind, Link, ManagedBy, Phase, Rel, Resource, State};
use crate::sources::{Element, Field, Form};

/// Maps an instance.
pub(super) fn map(element: &mut Element, resource: &mut Resource) {
    resource.state = element.take_text("status").map(|native| State { phase: phase(&native), native });
    if let Some(image) = element.take_text("sourceMachineImage") {
        let image = wire::locator(&image, &resource.account);
        resource.links.insert(Link::to_locator(Rel::CreatedFrom, Kind::MachineImage, image));
    }
    take_object(element, "instanceEncryptionKey", KEY, "", resource);
    take_object(element, "sourceMachineImageEncryptionKey", KEY, "", resource);
    element.take_fields(LIFE, "", resource);
    let creator = take_properties(element, "", resource);
    let attached = disks::take(element, "", resource);
    resource.links.extend(attached);
    resource.managed_by = managed_by(&resource.tags, creator);
}

/// Takes what an instance and a machine image's `instanceProperties` have in common, but for the disks;
/// returns the group manager that made the instance, where its metadata names one.
pub(super) fn take_properties(
    element: &mut Element,
    prefix: &str,
    resource: &mut Resource,
) -> Option<String> {
    let creator = metadata::take(element, "metadata", prefix, &mut resource.config);
    network::take(element, prefix, resource);
    for mut accelerators in element.take_elements("guestAccelerators") {
        let name = accelerators.take_text("acceleratorType").unwrap_or_default();
        let prefix = format!("{prefix}guestAccelerators[{}].", wire::last_segment(&name));
        accelerators.take_fields(&[Field::config("acceleratorCount", Form::Integer)], &prefix, resource);
        element.leave_nested(accelerators, &prefix, resource);
    }
    element.take_fields(PROPERTIES, prefix, resource);
    creator
}

/// Returns the phase of a `status`.
///
/// `TERMINATED` is stopped: a deleted instance is not listed. `REPAIRING` is an error: the instance is
/// down and nobody asked for it.
fn phase(status: &str) -> Phase {
    match status {
        "PROVISIONING" | "STAGING" | "PENDING" => Phase::Pending,
        "RUNNING" => Phase::Running,
        "PENDING_STOP" | "STOPPING" => Phase::Stopping,
        "STOPPED" | "TERMINATED" => Phase::Stopped,
        "SUSPENDING" | "SUSPENDED" => Phase::Suspended,
        "REPAIRING" => Phase::Error,
        "DEPROVISIONING" => Phase::Deleting,
        _ => Phase::Unknown,
    }
}

/// Anyone who may edit an instance can write its labels and metadata: low confidence, both.
fn managed_by(labels: &BTreeMap<String, String>, creator: Option<String>) -> Option<ManagedBy> {
    let service = match (labels.contains_key("goog-gke-node"), &creator) {
        (true, _) => "gke",
        (false, Some(_)) => "managed-instance-group",
        (false, None) => return None,
    };
    Some(ManagedBy { confidence: Confidence::Low, controller: creator, service: service.to_owned() })
}

/// What only a living instance has.
const LIFE: &[Field] = &[
    Field::config("deletionProtection", Form::Plain),
    Field::config("hostname", Form::Plain),
    Field::config("startRestricted", Form::Plain),
    Field::evidence("lastStartTimestamp", Form::Time),
    Field::evidence("lastStopTimestamp", Form::Time),
    Field::evidence("lastSuspendedTimestamp", Form::Time),
    Field::volatile("cpuPlatform"),
    Field::volatile("resourceStatus"),
];

const PROPERTIES: &[Field] = &[
    Field::config("advancedMachineFeatures.enableNestedVirtualization", Form::Plain),
    Field::config("advancedMachineFeatures.enableUefiNetworking", Form::Plain),
    Field::config("advancedMachineFeatures.performanceMonitoringUnit", Form::Plain),
    Field::config("advancedMachineFeatures.threadsPerCore", Form::Integer),
    Field::config("advancedMachineFeatures.turboMode", Form::Plain),
    Field::config("advancedMachineFeatures.visibleCoreCount", Form::Integer),
    Field::config("canIpForward", Form::Plain),
    Field::config("confidentialInstanceConfig.confidentialInstanceType", Form::Plain),
    Field::config("confidentialInstanceConfig.enableConfidentialCompute", Form::Plain),
    Field::config("displayDevice.enableDisplay", Form::Plain),
    Field::config("keyRevocationActionType", Form::Plain),
    Field::config("machineType", URL),
    Field::config("minCpuPlatform", Form::Plain),
    Field::config("networkPerformanceConfig.totalEgressBandwidthTier", Form::Plain),
    Field::config("privateIpv6GoogleAccess", Form::Plain),
    Field::config("reservationAffinity.consumeReservationType", Form::Plain),
    Field::config("reservationAffinity.key", Form::Plain),
    Field::config("reservationAffinity.values", Form::Set),
    Field::config("resourcePolicies", URL),
    Field::config("scheduling.automaticRestart", Form::Plain),
    Field::config("scheduling.availabilityDomain", Form::Integer),
    Field::config("scheduling.exposeHostTopology", Form::Plain),
    Field::config("scheduling.gracefulShutdown.enabled", Form::Plain),
    Field::config("scheduling.gracefulShutdown.maxDuration.seconds", Form::Integer),
    Field::config("scheduling.hostErrorTimeoutSeconds", Form::Integer),
    Field::config("scheduling.instanceTerminationAction", Form::Plain),
    Field::config("scheduling.localSsdRecoveryTimeout.seconds", Form::Integer),
    Field::config("scheduling.locationHint", Form::Plain),
    Field::config("scheduling.maxRunDuration.seconds", Form::Integer),
    Field::config("scheduling.minNodeCpus", Form::Integer),
    Field::config("scheduling.nodeAffinities", Form::Set),
    Field::config("scheduling.onHostMaintenance", Form::Plain),
    Field::config("scheduling.onInstanceStopAction.discardLocalSsd", Form::Plain),
    Field::config("scheduling.preemptible", Form::Plain),
    Field::config("scheduling.preemptionNoticeDuration.seconds", Form::Integer),
    Field::config("scheduling.provisioningModel", Form::Plain),
    Field::config("scheduling.skipGuestOsShutdown", Form::Plain),
    Field::config("scheduling.terminationTime", Form::Time),
    Field::config("serviceAccounts", Form::Keyed("email")),
    Field::config("shieldedInstanceConfig.enableIntegrityMonitoring", Form::Plain),
    Field::config("shieldedInstanceConfig.enableSecureBoot", Form::Plain),
    Field::config("shieldedInstanceConfig.enableVtpm", Form::Plain),
    Field::config("shieldedInstanceIntegrityPolicy.updateAutoLearnPolicy", Form::Plain),
    Field::config("tags.items", Form::Set),
    Field::config("workloadIdentityConfig.identity", Form::Plain),
    Field::config("workloadIdentityConfig.identityCertificateEnabled", Form::Plain),
    Field::volatile("tags.fingerprint"),
];

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::tests::{read, resource};
    use super::*;

    fn instance() -> Value {
        json!({
            "kind": "compute#instance", "id": "7001", "name": "web", "status": "RUNNING",
            "selfLink": "https://www.googleapis.com/compute/v1/projects/p/zones/z/instances/web",
            "machineType": "https://www.googleapis.com/compute/v1/projects/p/zones/z/machineTypes/e2-micro",
            "lastStartTimestamp": "2026-01-01T19:04:05.000-08:00",
            "startRestricted": false, "cpuPlatform": "Intel Broadwell", "fingerprint": "a",
            "tags": {"items": ["web", "db"], "fingerprint": "b"},
            "metadata": {"fingerprint": "c", "items": [{"key": "ssh-keys", "value": "me:ssh-rsa AAAA"}]},
            "serviceAccounts": [{"email": "sa@p", "scopes": ["s2", "s1"]}],
            "guestAccelerators": [{
                "acceleratorType": "https://www.googleapis.com/compute/v1/projects/p/zones/z/acceleratorTypes/t4",
                "acceleratorCount": 1,
            }],
            "networkInterfaces": [{
                "name": "nic0", "networkIP": "10.0.0.2", "fingerprint": "d",
                "network": "https://www.googleapis.com/compute/v1/projects/p/global/networks/default",
                "accessConfigs": [{"name": "External NAT", "type": "ONE_TO_ONE_NAT", "natIP": "192.0.2.1"}],
            }],
            "disks": [
                {"index": 0, "boot": true, "type": "PERSISTENT", "mode": "READ_WRITE", "autoDelete": true,
                 "deviceName": "web", "diskSizeGb": "10",
                 "source": "https://www.googleapis.com/compute/v1/projects/p/zones/z/disks/web",
                 "guestOsFeatures": [{"type": "UEFI_COMPATIBLE"}],
                 "shieldedInstanceInitialState": {"dbxs": [{"content": "AAAA"}]}},
                {"index": 1, "boot": false, "type": "SCRATCH", "deviceName": "local-ssd-0",
                 "diskSizeGb": "375", "autoDelete": true, "savedState": "PRESERVED"},
            ],
            "scheduling": {"preemptible": false, "maxRunDuration": {"seconds": "3600"}},
        })
    }

    #[test]
    fn every_field_finds_its_place() {
        let instance = resource(Kind::Instance, &instance());
        assert_eq!(instance.unmapped, BTreeMap::new());
        assert_eq!(instance.config["machineType"], "projects/p/zones/z/machineTypes/e2-micro");
        assert_eq!(instance.config["tags.items"], json!(["db", "web"]));
        assert_eq!(instance.config["serviceAccounts[sa@p].scopes"], json!(["s1", "s2"]));
        assert_eq!(instance.config["guestAccelerators[t4].acceleratorCount"], 1);
        assert_eq!(instance.config["networkInterfaces[nic0].network"], "projects/p/global/networks/default");
        assert_eq!(instance.config["scheduling.maxRunDuration.seconds"], 3600);
        assert_eq!(instance.config["metadata[ssh-keys].length"], 15);
        assert_eq!(instance.evidence["lastStartTimestamp"], "2026-01-02T03:04:05Z");
        assert!(!instance.exposure.known, "IAM policies are not in the listing");
        assert!(!format!("{instance:?}").contains("ssh-rsa"));
    }

    #[test]
    fn the_boot_disk_is_an_edge_and_a_local_ssd_is_config() {
        let instance = resource(Kind::Instance, &instance());
        let links: Vec<_> = instance.links.iter().collect();
        assert_eq!(links.len(), 1);
        assert_eq!(links[0].target(), "projects/p/zones/z/disks/web");
        assert_eq!((links[0].rel, links[0].slot.as_deref()), (Rel::Attached, Some("boot")));
        assert_eq!(links[0].delete_with, Some(true));
        assert_eq!(instance.config["disks[local-ssd-0].type"], "SCRATCH");
        assert_eq!(instance.config["disks[local-ssd-0].diskSizeGb"], 375);
        assert_eq!(instance.evidence["disks[local-ssd-0].savedState"], "PRESERVED");
        assert!(!instance.config.contains_key("disks[boot].diskSizeGb"), "the volume tells it");
    }

    #[test]
    fn a_data_disk_called_boot_does_not_hide_the_boot_disk() {
        let mut value = instance();
        value["disks"][1]["deviceName"] = json!("boot");
        let instance = resource(Kind::Instance, &value);
        assert_eq!(instance.config["disks[boot].type"], "PERSISTENT");
        assert_eq!(instance.config["disks[device:boot].type"], "SCRATCH");
    }

    #[test]
    fn an_external_address_that_goes_with_a_stop_is_no_drift() {
        let mut value = instance();
        let running = resource(Kind::Instance, &value);
        value["networkInterfaces"][0]["accessConfigs"][0].as_object_mut().unwrap().remove("natIP");
        value["cpuPlatform"] = json!("Unknown CPU Platform");
        let stopped = resource(Kind::Instance, &value);
        assert_eq!(running.config, stopped.config);
        assert_ne!(running.evidence, stopped.evidence);
    }

    #[test]
    fn every_status_has_its_phase() {
        for (native, expected) in [
            ("PROVISIONING", Phase::Pending),
            ("TERMINATED", Phase::Stopped),
            ("SUSPENDED", Phase::Suspended),
            ("REPAIRING", Phase::Error),
            ("DEPROVISIONING", Phase::Deleting),
            ("HIBERNATING", Phase::Unknown),
        ] {
            let state = resource(Kind::Instance, &json!({"id": "1", "status": native})).state.unwrap();
            assert_eq!((state.native.as_str(), state.phase), (native, expected));
        }
    }

    #[test]
    fn marks_that_anyone_can_write_are_low_confidence() {
        let group = "projects/12/zones/z/instanceGroupManagers/web";
        let made = json!({"id": "1", "metadata": {"items": [{"key": "created-by", "value": group}]}});
        let made = resource(Kind::Instance, &made).managed_by.unwrap();
        assert_eq!(
            (made.service.as_str(), made.controller.as_deref()),
            ("managed-instance-group", Some(group))
        );
        assert_eq!(made.confidence, Confidence::Low);
        let node = resource(Kind::Instance, &json!({"id": "1", "labels": {"goog-gke-node": ""}}));
        assert_eq!(node.managed_by.unwrap().service, "gke");
        assert_eq!(resource(Kind::Instance, &instance()).managed_by, None);
    }

    #[test]
    fn an_odd_time_is_noted_and_costs_nothing_else() {
        let mut value = instance();
        value["lastStopTimestamp"] = json!("yesterday");
        let (instance, odd) = read(Kind::Instance, &value);
        assert_eq!(odd.len(), 1);
        assert_eq!(instance.unmapped["lastStopTimestamp"], "yesterday");
        assert_eq!(instance.config, resource(Kind::Instance, &self::instance()).config);
    }

    #[test]
    fn a_machine_image_is_what_its_instance_was_made_from() {
        let image = "https://www.googleapis.com/compute/v1/projects/p/global/machineImages/m";
        let instance = resource(Kind::Instance, &json!({"id": "1", "sourceMachineImage": image}));
        let link = instance.links.first().unwrap();
        assert_eq!((link.rel, link.kind), (Rel::CreatedFrom, Kind::MachineImage));
        assert_eq!(link.target(), "projects/p/global/machineImages/m");
    }
}
