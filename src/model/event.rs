//! What an audit log says happened, in one shape for all three clouds (SEMANTICS E.0).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::id::{names, text_id};
use super::{AccountId, Confidence, EVERYWHERE, Kind, Location, Locator, Provider, Timestamp, Uid};

text_id! {
    /// The id of an audit record in its log, by which it counts once: CloudTrail `eventID`, Activity Log
    /// `eventDataId`, Cloud Audit Logs `insertId`, `timestamp` and `logName` (SEMANTICS E.0).
    EventId
}

names! {
    /// What sort of act an operation is (SEMANTICS E.4).
    Class as "operation class" {
        /// An instance was made.
        InstanceCreate = "instance.create",
        /// An instance was deleted.
        InstanceDelete = "instance.delete",
        /// An instance was started.
        InstanceStart = "instance.start",
        /// An instance was stopped.
        InstanceStop = "instance.stop",
        /// An instance was rebooted, redeployed or reset.
        InstanceReboot = "instance.reboot",
        /// An instance's disk was put back by an operation made for that.
        InstanceRevert = "instance.revert",
        /// An instance's configuration was changed.
        InstanceModify = "instance.modify",
        /// Somebody reached into the guest: a console, a password, a command.
        InstanceAccess = "instance.access",
        /// A volume was made.
        VolumeCreate = "volume.create",
        /// A volume was deleted.
        VolumeDelete = "volume.delete",
        /// A volume was attached.
        VolumeAttach = "volume.attach",
        /// A volume was detached.
        VolumeDetach = "volume.detach",
        /// A volume's configuration was changed.
        VolumeModify = "volume.modify",
        /// A volume's contents can be downloaded.
        VolumeExport = "volume.export",
        /// A snapshot was taken or imported.
        SnapshotCreate = "snapshot.create",
        /// A snapshot was deleted.
        SnapshotDelete = "snapshot.delete",
        /// A snapshot was copied.
        SnapshotCopy = "snapshot.copy",
        /// It was changed who may use a snapshot.
        SnapshotShare = "snapshot.share",
        /// A snapshot's contents can be downloaded.
        SnapshotExport = "snapshot.export",
        /// A snapshot came back from a recycle bin or an archive.
        SnapshotRestore = "snapshot.restore",
        /// A snapshot's configuration was changed.
        SnapshotModify = "snapshot.modify",
        /// An image was made.
        ImageCreate = "image.create",
        /// An image was deleted.
        ImageDelete = "image.delete",
        /// It was changed who may use an image.
        ImageShare = "image.share",
        /// An image's contents can be downloaded.
        ImageExport = "image.export",
        /// An image's configuration was changed.
        ImageModify = "image.modify",
        /// A restore point was made.
        RestorePointCreate = "restore-point.create",
        /// A restore point was deleted.
        RestorePointDelete = "restore-point.delete",
        /// A backup was restored.
        BackupRestore = "backup.restore",
        /// Backups, their policy or their vault were weakened or deleted.
        BackupTamper = "backup.tamper",
        /// A protection was taken away.
        ProtectRemove = "protect.remove",
        /// A protection was added.
        ProtectAdd = "protect.add",
        /// A setting of an account, a region or a network was changed.
        SettingModify = "setting.modify",
        /// A region was enabled.
        RegionEnable = "region.enable",
        /// A region was disabled.
        RegionDisable = "region.disable",
        /// A higher quota was asked for.
        QuotaRequest = "quota.request",
        /// A higher quota was granted.
        QuotaGranted = "quota.granted",
        /// Somebody was given rights, or an identity was made.
        IamGrant = "iam.grant",
        /// Somebody's rights were taken.
        IamRevoke = "iam.revoke",
        /// A role was assumed: one identity acts as another from here on.
        IamAssume = "iam.assume",
        /// A log was stopped, deleted, or made to record less.
        LogTamper = "log.tamper",
        /// A log was started, or made to record more.
        LogRestore = "log.restore",
        /// Tags or labels were changed.
        TagModify = "tag.modify",
        /// A group of instances was scaled, or its controller changed.
        GroupScale = "group.scale",
        /// A group of resources, with all that it holds, was deleted.
        GroupDelete = "group.delete",
        /// A state change that no other class names.
        Other = "other",
    }
}

names! {
    /// Which of the records of one operation a record is.
    Stage as "stage" {
        /// The only one.
        Single = "single",
        /// The first: the call was received.
        First = "first",
        /// One between.
        Middle = "middle",
        /// The last: the operation ended.
        Last = "last",
    }
}

names! {
    /// How an operation ended, as far as its log tells.
    End as "outcome" {
        /// It was done.
        Success = "success",
        /// The vendor took it on, and did not say yet how it ended.
        Accepted = "accepted",
        /// The call was received; whether it was allowed is not told.
        Started = "started",
        /// It failed.
        Failed = "failed",
        /// The caller may not.
        Denied = "denied",
        /// A permission was probed without doing anything (`Client.DryRunOperation`).
        DryRun = "dry-run",
    }
}

/// How an operation ended, with the vendor's own words for a failure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// How.
    pub end: End,
    /// The vendor's error code, for instance `Client.UnauthorizedOperation`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The vendor's message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

impl Outcome {
    /// An end of which nothing more is to be said.
    pub const fn plain(end: End) -> Self {
        Self { end, code: None, message: None }
    }

    /// Whether it may have changed anything: only such an event explains a change (SEMANTICS F.3).
    pub const fn has_effect(&self) -> bool {
        matches!(self.end, End::Success | End::Accepted)
    }

    /// Whether it was refused, or only tried.
    pub const fn is_attempt(&self) -> bool {
        matches!(self.end, End::Failed | End::Denied | End::DryRun)
    }
}

names! {
    /// What sort of principal an actor is (SEMANTICS E.5).
    ActorKind as "actor kind" {
        /// A user of the cloud's own directory.
        Human = "human",
        /// A session of a role that people or programs assume.
        RoleSession = "role-session",
        /// A role that only one service of the vendor can assume.
        ServiceLinked = "service-linked",
        /// The vendor, or one of its services.
        CloudService = "cloud-service",
        /// A program of the account's own: an instance's role, a managed identity, a service account.
        Workload = "workload",
        /// The account's root user.
        Root = "root",
        /// The log does not tell.
        Unknown = "unknown",
    }
}

/// Who did something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// The identity, never used again: AWS `arn#AROA…`, `root:111122223333`, `service:autoscaling.amazonaws.com`;
    /// Azure `oid@tenant`; Google Cloud `principalSubject`.
    pub key: String,
    /// The name that another identity could bear later: a role's or user's ARN, a UPN, an e-mail address.
    pub name: String,
    /// What sort of principal.
    pub kind: ActorKind,
    /// The person or program behind a shared principal: a session name or source identity, the client
    /// application, the impersonating account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// The vendor's service that acted, known by a mark that no principal can write: `invokedBy`, a
    /// service-linked role, a first-party application, a service agent (SEMANTICS F.5).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// The account, tenant or organization that the principal belongs to, where told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub home: Option<String>,
    /// Whether the principal belongs elsewhere than the account that recorded it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub external: bool,
    /// Whether it proved itself with a second factor, where told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mfa: Option<bool>,
    /// The credential that it used, for instance an access key id: what joins a role's session to whoever
    /// assumed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
}

impl Actor {
    /// Returns who it is for people: the person behind a role before the role, a user without the account.
    ///
    /// `alice@example.com as Admin`, `svc-backup`, `the service autoscaling`.
    pub fn label(&self) -> String {
        let last = self.name.rsplit('/').next().unwrap_or_default();
        match (self.kind, &self.service, &self.session) {
            (ActorKind::Unknown, ..) => "somebody whom the log does not name".to_owned(),
            (ActorKind::Human | ActorKind::Root, Some(service), _) => format!("{last} through {service}"),
            (_, Some(service), _) => format!("the service {service}"),
            (ActorKind::RoleSession, None, Some(session)) if last.is_empty() || last == session => {
                session.clone()
            }
            (ActorKind::RoleSession, None, Some(session)) => format!("{session} as {last}"),
            _ if self.name.starts_with("arn:") && !last.is_empty() => last.to_owned(),
            _ => self.name.clone(),
        }
    }

    /// Returns the person behind a principal that several share, where the vendor vouches for the name: the user
    /// of an IAM Identity Center role, whose path no principal of the account can use, or the account that
    /// impersonates a Google Cloud service account. Any other session's name is its own word.
    pub fn person(&self, provider: Provider) -> Option<&str> {
        let vouched = match provider {
            Provider::Aws => self.key.contains(":role/aws-reserved/sso.amazonaws.com/"),
            Provider::Azure => false,
            Provider::Gcp => true,
        };
        self.session.as_deref().filter(|session| vouched && !session.is_empty())
    }

    /// The actor of a record that names none.
    pub fn unknown() -> Self {
        Self {
            key: "unknown".to_owned(),
            name: "unknown".to_owned(),
            kind: ActorKind::Unknown,
            session: None,
            service: None,
            home: None,
            external: false,
            mfa: None,
            credential: None,
        }
    }
}

/// From where and with what an operation was called; whatever the caller writes here is its own word.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// The address, or the name of the vendor's service that called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip: Option<String>,
    /// The program, in its own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// Whether the vendor says that it was called from its console.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub console: bool,
}

names! {
    /// The part that a resource plays in an operation.
    Role as "role" {
        /// It was acted on.
        Subject = "subject",
        /// It was made.
        Created = "created",
        /// Something was made from it.
        Source = "source",
        /// On an attach or detach: the instance; the volume is the subject.
        AttachedTo = "attached-to",
        /// A disk that the new description of an instance names.
        Attached = "attached",
        /// The image that was launched.
        Image = "image",
        /// What holds the subject: a resource group, a scale set, an instance group.
        Parent = "parent",
        /// It was named, and the part that it plays is not known.
        Related = "related",
    }
}

/// A resource that an operation names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Target {
    /// The part that it plays.
    pub role: Role,
    /// What sort of resource; `None` for one that no scan lists (a security group).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// Its immutable id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<Uid>,
    /// Its canonical address, as inventory spells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locator: Option<Locator>,
    /// Its name, where the record tells neither id nor address, or the slot that it stands in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The slot of an attachment, as [`super::Link`] spells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slot: Option<String>,
}

impl Target {
    /// Names a resource by uid.
    pub fn by_uid(role: Role, kind: impl Into<Option<Kind>>, uid: impl Into<String>) -> Self {
        let kind = kind.into();
        Self { role, kind, uid: Some(Uid::new(uid)), locator: None, name: None, slot: None }
    }

    /// Names a resource by its canonical locator.
    pub fn by_locator(role: Role, kind: impl Into<Option<Kind>>, locator: Locator) -> Self {
        let kind = kind.into();
        Self { role, kind, uid: None, locator: Some(locator), name: None, slot: None }
    }
}

/// One normalised audit record, or the several records of one operation folded into one.
///
/// | field | CloudTrail | Activity Log | Cloud Audit Logs |
/// | --- | --- | --- | --- |
/// | `time` | the request was answered | the first record of the operation | the first entry of the operation |
/// | `ingested_at` | time of the S3 object | `submissionTimestamp` | `receiveTimestamp` |
/// | `operation` | `RunInstances` | `Microsoft.Compute/disks/write` | `v1.compute.disks.insert` |
/// | `group` | – | correlation, operation, resource | `operation.id` |
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuditEvent {
    /// By which it counts once.
    pub id: EventId,
    /// The cloud.
    pub provider: Provider,
    /// The account whose log recorded it.
    pub account: AccountId,
    /// The location whose log recorded it; [`super::EVERYWHERE`] for a log of all locations.
    pub location: Location,
    /// The log: `cloudtrail`, `activity-log`, `cloud-audit`.
    pub log: String,
    /// The service: `ec2.amazonaws.com`, `Microsoft.Compute`, `compute.googleapis.com`.
    pub service: String,
    /// The operation, in the vendor's words and case.
    pub operation: String,
    /// Its class.
    pub class: Class,
    /// `low` where the class was guessed from the operation's name (SEMANTICS E.4).
    pub confidence: Confidence,
    /// When, by the vendor's clock.
    pub time: Timestamp,
    /// When its last record was written, for several folded into one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// When the log delivered it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ingested_at: Option<Timestamp>,
    /// Which of the operation's records it is.
    pub stage: Stage,
    /// How it ended.
    pub outcome: Outcome,
    /// Who.
    pub actor: Actor,
    /// From where.
    pub client: Client,
    /// On what, in canonical order.
    pub targets: BTreeSet<Target>,
    /// What the records of one operation have in common; `None` for an operation of one record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Ids that several operations of one act share: request ids, correlation ids, root triggers.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub correlation: BTreeSet<String>,
    /// Client tokens and reservations, which join a truncated record to what it made.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub tokens: BTreeSet<String>,
    /// The attribute paths that it can have changed, each a path or the beginning of one
    /// ([`super::AttributeChange::path`]); empty where the operation can change any.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub touches: BTreeSet<String>,
    /// Parameters that matter, by short stable names (`disable_api_termination`, `add_user_ids`), with the
    /// values that the log shows; secrets never.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub facts: BTreeMap<String, Value>,
    /// Where an identifier of change management can stand, and what stands there: `session`,
    /// `source-identity`, `tag:change-id`, `correlation` (DESIGN §8).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub change_marks: BTreeMap<String, String>,
    /// The earlier record that this one replaces (CloudTrail `addendum.originalEventID`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supersedes: Option<EventId>,
    /// Whether the log left parts of the record out (CloudTrail `omitted`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
    /// The ids of the records that were folded into it; empty for one record.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub records: BTreeSet<EventId>,
}

impl AuditEvent {
    /// Makes an event that succeeded, of which nothing else is known but where and when: to be filled in.
    pub fn blank(provider: Provider, time: Timestamp) -> Self {
        Self {
            id: EventId::new(""),
            provider,
            account: AccountId::new(""),
            location: Location::new(EVERYWHERE),
            log: String::new(),
            service: String::new(),
            operation: String::new(),
            class: Class::Other,
            confidence: Confidence::High,
            time,
            ended_at: None,
            ingested_at: None,
            stage: Stage::Single,
            outcome: Outcome::plain(End::Success),
            actor: Actor::unknown(),
            client: Client::default(),
            targets: BTreeSet::new(),
            group: None,
            correlation: BTreeSet::new(),
            tokens: BTreeSet::new(),
            touches: BTreeSet::new(),
            facts: BTreeMap::new(),
            change_marks: BTreeMap::new(),
            supersedes: None,
            truncated: false,
            records: BTreeSet::new(),
        }
    }

    /// Returns the targets that play a part.
    pub fn targets(&self, role: Role) -> impl Iterator<Item = &Target> {
        self.targets.iter().filter(move |target| target.role == role)
    }

    /// Returns the moment after which nothing more of it is recorded.
    pub fn last_at(&self) -> Timestamp {
        self.ended_at.unwrap_or(self.time)
    }
}

/// How well whoever caused something is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Familiarity {
    /// It has long acted here, and done such things.
    Known,
    /// Nobody can tell: no log tells who it was, or no ledger has been kept for long enough.
    #[default]
    Unknown,
    /// It has long acted here, and never did such a thing.
    Unexpected,
    /// It is new here, or was given rights shortly before.
    New,
    /// It is new here and bears the name of another identity, that was deleted.
    Recreated,
}

/// How well whoever caused something is known, and by what (SEMANTICS F.6).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Acquaintance {
    /// How well.
    pub familiarity: Familiarity,
    /// Why it is new or unexpected, in words.
    pub reasons: Vec<String>,
}

/// What the ledger of actors knows of one (SEMANTICS F.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActorRecord {
    /// The cloud.
    pub provider: Provider,
    /// Who: one record for each key and session.
    pub actor: Actor,
    /// The time of its first event.
    pub first_seen: Timestamp,
    /// The time of its last event.
    pub last_seen: Timestamp,
    /// How many events of each class it caused; attempts count as well.
    pub classes: BTreeMap<Class, u64>,
    /// From which accounts' logs it is known.
    pub accounts: BTreeSet<AccountId>,
    /// In which locations it acted.
    pub locations: BTreeSet<Location>,
}
