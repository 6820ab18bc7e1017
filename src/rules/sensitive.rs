//! Attributes whose change matters to security, one by one, and why.

use super::finding::family;
use super::path::covers;
use super::weakening::weakening;
use crate::model::{AttributeChange, Change, Kind, Provider, Resource};

/// One security-relevant attribute.
struct Sensitive {
    provider: Option<Provider>,
    kind: Kind,
    path: &'static str,
    reason: &'static str,
}

/// How much a change of an attribute matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    /// It takes away what protected all compute of an account: what it leads to.
    Weaker(&'static str),
    /// It matters to security, for this reason.
    Security(&'static str),
    /// It is an ordinary setting.
    Ordinary,
    /// It is a label, or nothing that driftline knows, or a grant that one of the scans could not see.
    Minor,
}

/// Weighs one attribute of a change.
pub(super) fn weigh(change: &Change, attribute: &AttributeChange) -> Weight {
    let path = attribute.path.as_str();
    let Some(resource) = change.resource() else { return Weight::Ordinary };
    let is_grant = covers("exposure", path) && path != "exposure.export";
    let states = [change.before.as_deref(), change.after.as_deref()];
    let unseen = || states.into_iter().flatten().any(|state| !state.exposure.known);
    if is_label(path) || (is_grant && unseen()) {
        return Weight::Minor;
    }
    let weaker = weakening(resource.key.provider, resource.key.kind, attribute).map(Weight::Weaker);
    let security = || reason(resource, path).map(Weight::Security);
    weaker.or_else(security).unwrap_or(Weight::Ordinary)
}

/// Tags and labels, the name (a tag on AWS), and fields that no mapping knows.
fn is_label(path: &str) -> bool {
    path == "name" || path.starts_with("tags.") || path.starts_with("unmapped.")
}

fn reason(resource: &Resource, path: &str) -> Option<&'static str> {
    let applies = |row: &&Sensitive| {
        row.provider.is_none_or(|provider| provider == resource.key.provider)
            && row.kind == family(resource.key.kind)
            && covers(row.path, path)
    };
    TABLE.iter().copied().flatten().find(applies).map(|row| row.reason)
}

const TABLE: &[&[Sensitive]] = &[EVERYWHERE, AWS, AZURE, GCP];

const fn row(provider: Provider, kind: Kind, path: &'static str, reason: &'static str) -> Sensitive {
    Sensitive { provider: Some(provider), kind, path, reason }
}

const fn any(kind: Kind, path: &'static str, reason: &'static str) -> Sensitive {
    Sensitive { provider: None, kind, path, reason }
}

const EVERYWHERE: &[Sensitive] = &[
    any(Kind::Instance, "links.attached", "other volumes, or volumes that are now deleted with it"),
    any(
        Kind::Instance,
        "links.launched-from",
        "it names another image only after its root volume was replaced",
    ),
    any(Kind::Volume, "links.attached-to", "another instance can read and write it"),
    any(Kind::Volume, "exposure", "who outside the account can reach its contents"),
    any(Kind::Snapshot, "exposure", "who outside the account can restore it"),
    any(Kind::Image, "exposure", "who outside the account can launch it"),
    any(Kind::Image, "links.backed-by", "other disk contents stand under the same image"),
];

const AWS: &[Sensitive] = {
    use Kind::{Image, Instance, Setting, Snapshot, Volume};
    const A: Provider = Provider::Aws;
    &[
        row(A, Instance, "config.MetadataOptions", "the metadata service hands out the role's credentials"),
        row(A, Instance, "config.IamInstanceProfile", "the role whose credentials everything on it can use"),
        row(A, Instance, "config.SecurityGroups", "who can reach it over the network"),
        row(A, Instance, "config.NetworkInterfaces[*].Groups", "who can reach it over the network"),
        row(A, Instance, "config.NetworkInterfaces[*].Association", "whether the internet can reach it"),
        row(A, Instance, "config.NetworkInterfaces[*].SubnetId", "which network it stands in"),
        row(
            A,
            Instance,
            "config.NetworkInterfaces[*].SourceDestCheck",
            "whether it can pass on others' traffic",
        ),
        row(A, Instance, "config.PublicIpAddress", "whether the internet can reach it"),
        row(A, Instance, "config.SourceDestCheck", "whether it can pass on others' traffic"),
        row(A, Instance, "config.UserData", "a script that can run as root at the next start"),
        row(A, Instance, "config.KeyName", "whose key opens it"),
        row(
            A,
            Instance,
            "config.InstanceInitiatedShutdownBehavior",
            "whether a shutdown from inside deletes it",
        ),
        row(A, Volume, "config.Encrypted", "whether a copy can be read without a key"),
        row(A, Volume, "config.KmsKeyId", "whose key opens its contents"),
        row(A, Volume, "config.MultiAttachEnabled", "whether a second instance can mount it"),
        row(A, Snapshot, "config.Encrypted", "whether a copy can be read without a key"),
        row(A, Snapshot, "config.KmsKeyId", "whose key opens its contents"),
        row(A, Snapshot, "config.StorageTier", "an archived snapshot takes days to restore"),
        row(
            A,
            Image,
            "config.ImdsSupport",
            "whether what it launches accepts unauthenticated metadata requests",
        ),
        row(A, Image, "config.TpmSupport", "whether what it launches can attest its boot"),
        row(A, Setting, "config.KmsKeyId", "whose key opens new volumes"),
        row(A, Setting, "config.ImageCriteria", "which images can be launched"),
        row(A, Setting, "config.AccountLevel", "how the metadata service of new instances answers"),
        row(A, Setting, "config.ManagedBy", "who holds the setting"),
        row(A, Setting, "config.Value", "how much can be made there"),
        row(A, Setting, "config.OptInStatus", "whether what is in it can be used, and seen"),
    ]
};

const AZURE: &[Sensitive] = {
    use Kind::{Instance, Setting, Snapshot, Volume};
    const Z: Provider = Provider::Azure;
    &[
        row(Z, Instance, "config.identity", "the identity whose tokens everything on it can use"),
        row(Z, Instance, "config.osProfile", "who can log in, and whether extensions can run code"),
        row(Z, Instance, "config.securityProfile", "secure boot, its TPM, and encryption at the host"),
        row(Z, Instance, "config.applicationProfile", "applications that are installed and run on it"),
        row(Z, Instance, "config.resources", "extensions run code as root or SYSTEM"),
        row(Z, Instance, "config.userData", "text that scripts on it read and act on"),
        row(Z, Instance, "config.networkProfile", "which networks it stands in"),
        row(Z, Instance, "config.diagnosticsProfile", "the serial console depends on it"),
        row(Z, Instance, "config.storageProfile*.createOption", "a disk that was attached ready-made"),
        row(Z, Instance, "config.storageProfile*.diskEncryptionSet", "whose key opens its disks"),
        row(Z, Instance, "config.storageProfile*.securityProfile", "whose key opens its disks"),
        row(Z, Volume, "config.networkAccessPolicy", "from where its contents can be exported"),
        row(Z, Volume, "config.publicNetworkAccess", "from where its contents can be exported"),
        row(Z, Volume, "config.diskAccessId", "from where its contents can be exported"),
        row(Z, Volume, "config.dataAccessAuthMode", "whether a link alone is enough to download it"),
        row(Z, Volume, "config.encryption", "whose key opens its contents"),
        row(Z, Volume, "config.encryptionSettingsCollection", "whose key opens its contents"),
        row(Z, Volume, "config.securityProfile", "trusted launch, and whose key opens its contents"),
        row(Z, Volume, "config.maxShares", "whether a second instance can mount it"),
        row(Z, Snapshot, "config.networkAccessPolicy", "from where its contents can be exported"),
        row(Z, Snapshot, "config.publicNetworkAccess", "from where its contents can be exported"),
        row(Z, Snapshot, "config.diskAccessId", "from where its contents can be exported"),
        row(Z, Snapshot, "config.dataAccessAuthMode", "whether a link alone is enough to download it"),
        row(Z, Snapshot, "config.encryption", "whose key opens its contents"),
        row(Z, Snapshot, "config.encryptionSettingsCollection", "whose key opens its contents"),
        row(Z, Setting, "config.subscriptionPolicies", "what can be spent in it, and where"),
        row(Z, Setting, "config.limit", "how much can be made there"),
        row(Z, Setting, "config.registrationState", "whether it has compute at all"),
        row(Z, Setting, "config.parameters", "what it allows and forbids"),
        row(Z, Setting, "config.policyDefinitionId", "what it allows and forbids"),
        row(Z, Setting, "config.managedByTenants", "which other tenants manage it"),
    ]
};

const GCP: &[Sensitive] = {
    use Kind::{Image, Instance, Setting, Snapshot, Volume};
    const G: Provider = Provider::Gcp;
    &[
        row(G, Instance, "config.serviceAccounts", "the identity whose tokens everything on it can use"),
        row(G, Instance, "config.metadata[*startup-script*]", "a script that runs as root at the next start"),
        row(G, Instance, "config.metadata[*shutdown-script*]", "a script that runs as root at the next stop"),
        row(G, Instance, "config.metadata[*specialize-script*]", "a script that runs as SYSTEM"),
        row(G, Instance, "config.metadata[user-data]", "a script that runs as root at the next start"),
        row(G, Instance, "config.metadata[ssh-keys]", "whose keys open it"),
        row(G, Instance, "config.metadata[sshKeys]", "whose keys open it"),
        row(G, Instance, "config.metadata[windows-keys]", "whose keys reset its passwords"),
        row(G, Instance, "config.metadata[block-project-ssh-keys]", "whether the project's keys open it"),
        row(G, Instance, "config.metadata[enable-oslogin*]", "who can log in"),
        row(
            G,
            Instance,
            "config.metadata[serial-port-enable]",
            "whether its console is open to the internet",
        ),
        row(G, Instance, "config.canIpForward", "whether it can pass on others' traffic"),
        row(G, Instance, "config.tags", "network tags decide which firewall rules apply"),
        row(G, Instance, "config.networkInterfaces[*].accessConfigs", "whether the internet can reach it"),
        row(
            G,
            Instance,
            "config.networkInterfaces[*].ipv6AccessConfigs",
            "whether the internet can reach it",
        ),
        row(G, Instance, "config.networkInterfaces[*].network", "which network it stands in"),
        row(G, Instance, "config.networkInterfaces[*].subnetwork", "which network it stands in"),
        row(G, Instance, "config.shieldedInstance*", "secure boot, its TPM, and integrity monitoring"),
        row(G, Instance, "config.disks[*].diskEncryptionKey", "whose key opens its disks"),
        row(G, Instance, "config.confidentialInstanceConfig", "whether its memory is encrypted"),
        row(G, Instance, "config.startRestricted", "Google found suspicious activity on it"),
        row(G, Instance, "config.scheduling.instanceTerminationAction", "whether an eviction deletes it"),
        row(G, Instance, "config.resourcePolicies", "schedules that start and stop it"),
        row(G, Volume, "config.diskEncryptionKey", "whose key opens its contents"),
        row(G, Volume, "config.accessMode", "whether a second instance can mount it"),
        row(G, Volume, "config.resourcePolicies", "which schedule takes its snapshots"),
        row(G, Snapshot, "config.snapshotEncryptionKey", "whose key opens its contents"),
        row(G, Image, "config.imageEncryptionKey", "whose key opens its contents"),
        row(G, Image, "config.family", "which image new instances of a family boot"),
        row(G, Image, "config.deprecated", "which image new instances of a family boot"),
        row(G, Setting, "config.defaultServiceAccount", "the identity of new instances"),
        row(G, Setting, "config.enabledFeatures", "what its instances can do"),
        row(G, Setting, "config.xpnProjectStatus", "whether it shares its networks with other projects"),
        row(G, Setting, "config.usageExportLocation", "who reads what is used in it"),
        row(G, Setting, "config.limit", "how much can be made in it"),
        row(G, Setting, "config.storageLocation", "where new snapshots are kept"),
        row(G, Setting, "config.snapshotSchedulePolicy", "when snapshots are taken, and how long they stay"),
        row(G, Setting, "config.instanceSchedulePolicy", "when instances are started and stopped"),
    ]
};
