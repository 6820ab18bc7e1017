//! One native audit record → [`AuditEvent`].

use serde_json::{Map, Value};

use super::Odd;
use crate::model::{AccountId, AuditEvent, Class, Confidence, Location, Timestamp};

/// One cloud's audit log.
///
/// Pure: the same record and hints always give the same reading. How records are packed (S3 objects, pages,
/// exports, streams) is not its business: it reads one native record that was unwrapped before.
pub trait AuditLog: Sync {
    /// The log's name in events and log coverage: `cloudtrail`, `activity-log`, `cloud-audit`.
    fn name(&self) -> &'static str;

    /// Tells by its members whether a record is of this log, in any of its spellings.
    fn recognise(&self, record: &Map<String, Value>) -> bool;

    /// Tells by a quick look at its bytes that a record cannot matter; `None` where only reading it tells.
    ///
    /// Never passes over a record that [`AuditLog::read`] would return as an event: a look that is not sure
    /// returns `None`. Text that a caller controls must not be able to make it sure.
    fn dismiss(&self, raw: &[u8]) -> Option<Ignored>;

    /// The operations whose class is known, in the order of the documentation.
    fn operations(&self) -> &'static [Operation];

    /// Reads one recognised record.
    ///
    /// # Errors
    ///
    /// An [`Odd`] for a record that cannot be an event: it is kept raw, named and counted.
    fn read(&self, record: Map<String, Value>, hints: &LogHints) -> Result<RecordReading, Odd>;
}

/// What is known of a record from beside it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogHints {
    /// The account whose log it is, from the path or a flag.
    pub account: Option<AccountId>,
    /// The location whose log it is, from the path.
    pub location: Option<Location>,
    /// When the log delivered it, from the object's name or its envelope.
    pub ingested_at: Option<Timestamp>,
}

/// What a record is.
#[derive(Clone, Debug, PartialEq)]
pub enum RecordReading {
    /// An event of interest.
    Event(Box<AuditEvent>),
    /// A record that tells nothing about compute, with the reason.
    Ignored(Ignored),
}

crate::model::names! {
    /// Why a record is passed over.
    Ignored as "reason to ignore" {
        /// It only read.
        ReadOnly = "read-only",
        /// Its service has nothing to do with compute, its logs or its permissions.
        OtherService = "other-service",
        /// Its category is no operation of anybody: service health, advice, insight.
        OtherCategory = "other-category",
    }
}

/// One row of a cloud's table of operations (SEMANTICS E.1.3, E.2.6, E.3.3, E.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    /// The service: `ec2.amazonaws.com`, `Microsoft.Compute`, `compute.googleapis.com`.
    pub service: &'static str,
    /// The operation in the vendor's words, without API version; compared without case.
    pub name: &'static str,
    /// Its class where nothing in the record says otherwise.
    pub class: Class,
    /// The attribute paths that it can change, each a path or the beginning of one, as drift spells them
    /// (`config.InstanceType`); empty where it can change any.
    pub touches: &'static [&'static str],
}

/// Returns the class of an operation that no table knows, by the words of its name (SEMANTICS E.4); `None` for
/// one that only reads.
pub fn guess(operation: &str) -> Option<(Class, Confidence)> {
    let words = words(operation);
    let any = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
    if any(&["get", "list", "describe", "read", "aggregatedlist"]) {
        return None;
    }
    let delete = any(&["delete", "terminate", "destroy", "deregister", "remove", "purge"]);
    let create = any(&["create", "insert", "run", "register", "import", "copy", "bulkinsert"]);
    let class = if any(&["instance", "instances", "machine", "machines", "virtualmachines"])
        && !any(&["image", "images"])
    {
        verb(delete, create, Class::InstanceDelete, Class::InstanceCreate, Class::InstanceModify)
    } else if any(&["snapshot", "snapshots", "point", "points"]) {
        verb(delete, create, Class::SnapshotDelete, Class::SnapshotCreate, Class::SnapshotModify)
    } else if any(&["image", "images", "ami"]) {
        verb(delete, create, Class::ImageDelete, Class::ImageCreate, Class::ImageModify)
    } else if any(&["volume", "volumes", "disk", "disks"]) {
        verb(delete, create, Class::VolumeDelete, Class::VolumeCreate, Class::VolumeModify)
    } else {
        Class::Other
    };
    Some((class, Confidence::Low))
}

const fn verb(delete: bool, create: bool, deleted: Class, created: Class, modified: Class) -> Class {
    match (delete, create) {
        (true, _) => deleted,
        (false, true) => created,
        (false, false) => modified,
    }
}

/// Cuts an operation's name into lower-case words, at every `/`, `.`, `_`, `-` and change to upper case.
fn words(operation: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut lower = false;
    for letter in operation.chars() {
        if !letter.is_alphanumeric() || (lower && letter.is_uppercase()) {
            words.push(String::new());
        }
        lower = letter.is_lowercase() || letter.is_numeric();
        if let Some(word) = words.last_mut().filter(|_| letter.is_alphanumeric()) {
            word.extend(letter.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_operation_is_classified_by_its_words() {
        let class = |operation| guess(operation).map(|(class, _)| class);
        assert_eq!(class("TerminateInstancesNow"), Some(Class::InstanceDelete));
        assert_eq!(class("Microsoft.Compute/virtualMachines/frobnicate/action"), Some(Class::InstanceModify));
        assert_eq!(class("beta.compute.disks.bulkInsert"), Some(Class::VolumeCreate));
        assert_eq!(class("compute.machineImages.insert"), Some(Class::ImageCreate));
        assert_eq!(class("PurgeSnapshots"), Some(Class::SnapshotDelete));
        assert_eq!(class("FrobnicateGateway"), Some(Class::Other));
        assert_eq!(class("DescribeInstances"), None);
    }
}
