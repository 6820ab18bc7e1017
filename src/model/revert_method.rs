//! The ways in which a disk comes to hold an earlier state (SEMANTICS C.3).

/// A way in which a disk comes to hold an earlier state.
#[derive(Debug, PartialEq, Eq)]
pub struct Method {
    /// Its code: `A…` on AWS, `Z…` on Azure, `G…` on Google Cloud.
    pub code: &'static str,
    /// Its name, as a noun.
    pub name: &'static str,
    /// What one must see to tell it.
    pub takes: &'static str,
    /// How surely that tells it: 5 the provider's own record of the task, 4 ids that prove the ancestry, 3 the same
    /// origin, 2 signs, 1 timestamps alone.
    pub strength: u8,
}

impl Method {
    /// Returns a method by its code; `None` for a code that the table lacks.
    pub fn by_code(code: &str) -> Option<&'static Self> {
        METHODS.iter().find(|method| method.code == code)
    }
}

const fn method(code: &'static str, strength: u8, name: &'static str, takes: &'static str) -> Method {
    Method { code, name, takes, strength }
}

/// Every method, cloud by cloud.
pub const METHODS: &[Method] = &[
    method(
        "A1",
        5,
        "replaced root volume",
        "a task or its call; else another root volume and the same launch time",
    ),
    method(
        "A2",
        4,
        "root volume from a snapshot, swapped in",
        "the snapshot was taken of an earlier occupant",
    ),
    method(
        "A3",
        4,
        "data volume from a snapshot, swapped in",
        "the snapshot was taken of an earlier occupant",
    ),
    method("A4", 3, "stop and start of an instance with instance store", "the launch time moved"),
    method(
        "A5",
        4,
        "image registered from a snapshot, then launched",
        "the snapshot was taken of the old root",
    ),
    method("A6", 4, "image captured from the instance, then launched", "the image names the old instance"),
    method("A7", 4, "restore by AWS Backup", "the reserved tag, or the restore job's call"),
    method("A8", 3, "snapshot or volume out of the recycle bin", "the restored resource stands in the slot"),
    method("A9", 4, "clone of a volume, swapped in", "the volume names an earlier occupant as its source"),
    method("A10", 1, "fast restore of a snapshot", "the volume was restored fast"),
    method("A11", 2, "replacement by infrastructure as code", "the instance plays the same part"),
    method("A12", 4, "restore by a Systems Manager document", "Systems Manager swapped the volume"),
    method("A13", 1, "snapshot out of the archive", "the snapshot was restored from the archive for a time"),
    method("Z1", 4, "OS disk swap", "the new OS disk descends from the old one"),
    method("Z2", 4, "disk made anew under its name", "the new disk descends from the one that bore its id"),
    method("Z3", 4, "machine made anew from a restored disk", "its OS disk descends from the old machine's"),
    method("Z4", 5, "replacement of disks by Azure Backup", "the restore's operation"),
    method("Z5", 4, "new machine by Azure Backup", "its disks come from a restore point of the old one"),
    method(
        "Z6",
        4,
        "disk from a restore point, swapped in",
        "the restore point was taken of an earlier occupant",
    ),
    method("Z7", 5, "reimage", "the operation; else a new OS disk of the same image"),
    method("Z8", 5, "reimage of an ephemeral OS disk", "the operation: no state shows it"),
    method("Z9", 3, "deallocation or redeployment with a temporary disk", "the size has one"),
    method("Z10", 4, "data disk swap", "the new disk descends from the old one"),
    method("Z11", 5, "reimage of a scale set's machine", "the operation"),
    method("Z12", 2, "failover by Site Recovery", "a machine in another region"),
    method("Z13", 2, "disk from an upload, swapped in", "the disk was uploaded or imported"),
    method("G1", 4, "disk from a snapshot, swapped in", "the snapshot was taken of an earlier occupant"),
    method("G2", 4, "disk made anew under its name", "its snapshot was taken of the disk that bore its name"),
    method("G3", 4, "instance made anew from a restored disk", "its boot disk descends from the old one's"),
    method("G4", 4, "instance from a machine image", "the machine image was taken of the old instance"),
    method("G5", 4, "disk from an instant snapshot", "the instant snapshot was taken of an earlier occupant"),
    method("G6", 4, "disk from an image of the disk", "the image was made of an earlier occupant"),
    method("G7", 4, "clone of a disk, swapped in", "the disk names an earlier occupant as its source"),
    method(
        "G8",
        4,
        "regional disk from a recovery checkpoint",
        "the checkpoint was taken of an earlier occupant",
    ),
    method("G9", 3, "failover to an asynchronous replica", "the disk was the replica of an earlier occupant"),
    method("G10", 3, "loss of local SSDs by a stop", "the instance has local SSDs and was stopped"),
    method("G11", 4, "restore by Backup and DR", "the restore's call"),
    method("G12", 1, "reset", "the call: memory alone is lost"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_code_is_one_of_its_kind_and_none_is_missing() {
        let codes: BTreeSet<&str> = METHODS.iter().map(|method| method.code).collect();
        assert_eq!(codes.len(), METHODS.len());
        for (letter, last) in [('A', 13), ('Z', 13), ('G', 12)] {
            for number in 1..=last {
                assert!(Method::by_code(&format!("{letter}{number}")).is_some(), "{letter}{number}");
            }
        }
    }
}
