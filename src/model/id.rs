//! Names and ids as types, so that an account can never stand where a location should.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A name that none of a closed set's members bears.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("`{found}` is no {what}")]
pub struct UnknownName {
    /// What was looked for, for instance `provider`.
    pub what: &'static str,
    /// The text that was found.
    pub found: String,
}

/// Declares a closed set of kebab-case names with `ALL`, `as_str`, `Display` and `FromStr`.
macro_rules! names {
    ($(#[$doc:meta])* $name:ident as $what:literal { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash,
            serde::Serialize, serde::Deserialize, schemars::JsonSchema,
        )]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $text)] $variant,)+
        }

        impl $name {
            /// Every member, in presentation order.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// Returns the name used in SQL, JSON, on the command line and in documents.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::model::UnknownName;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::ALL.iter().copied().find(|name| name.as_str() == text).ok_or_else(|| {
                    $crate::model::UnknownName { what: $what, found: text.to_owned() }
                })
            }
        }
    };
}
pub(crate) use names;

names! {
    /// A cloud.
    Provider as "provider" {
        /// Amazon Web Services.
        Aws = "aws",
        /// Microsoft Azure.
        Azure = "azure",
        /// Google Cloud.
        Gcp = "gcp",
    }
}

names! {
    /// What sort of thing a resource is.
    Kind as "kind" {
        /// EC2 instance, Azure virtual machine, Compute Engine instance.
        Instance = "instance",
        /// EBS volume, Azure managed disk, Compute Engine disk.
        Volume = "volume",
        /// EBS snapshot, Azure snapshot, Compute Engine snapshot.
        Snapshot = "snapshot",
        /// AMI, Azure managed image, Compute Engine image.
        Image = "image",
        /// Azure restore point (of a restore point collection).
        RestorePoint = "restore-point",
        /// Compute Engine machine image.
        MachineImage = "machine-image",
        /// Compute Engine instant snapshot.
        InstantSnapshot = "instant-snapshot",
        /// Machine of a uniform Azure scale set, which the subscription's list does not show.
        ScaleSetInstance = "scale-set-instance",
        /// Snapshot, image or volume that was deleted and that an AWS recycle bin still holds.
        Recycled = "recycled",
        /// Compute Engine resource policy: snapshot schedule, instance schedule, placement.
        ResourcePolicy = "resource-policy",
        /// Azure management lock.
        Lock = "lock",
        /// Setting of an account, region, subscription or project that all its compute depends on.
        Setting = "setting",
        /// AWS region, with whether the account may use it.
        Region = "region",
        /// AWS account of an organization, Azure subscription, Google Cloud project.
        Account = "account",
        /// How much of something an account may use in one place.
        Quota = "quota",
        /// What keeps an audit log: CloudTrail trail, Azure diagnostic setting, Google Cloud log sink.
        AuditLog = "audit-log",
        /// What a principal may do to compute: one capability, approximately (SEMANTICS A.7).
        Grant = "grant",
    }
}

/// Declares a newtype over `String`.
macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
        )]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Wraps the text as it stands.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// Returns the text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(&self.0)
            }
        }
    };
}
pub(crate) use text_id;

text_id! {
    /// The immutable id of a resource: EC2 id, Azure `vmId` / `uniqueId`, Compute Engine numeric id
    /// (SEMANTICS A.1).
    Uid
}

text_id! {
    /// An address that the vendor's API takes, canonicalised; can be re-used by another resource
    /// (SEMANTICS A.2).
    Locator
}

text_id! {
    /// An AWS account, an Azure subscription (lower case) or a Google Cloud project.
    AccountId
}

impl AccountId {
    /// The account of a listing that does not tell it.
    pub fn unknown() -> Self {
        Self::new("unknown")
    }
}

text_id! {
    /// An AWS region, an Azure location, a Google Cloud zone, region or `global`.
    Location
}

impl Location {
    /// The location of a listing that does not tell it.
    pub fn unknown() -> Self {
        Self::new("unknown")
    }
}

/// Returns the one spelling of an id or address: Azure's are without case, and Google Cloud writes a project by
/// id or by number.
pub(crate) fn folded(provider: Provider, text: &str, account: &AccountId) -> String {
    match provider {
        Provider::Aws => text.to_owned(),
        Provider::Azure => text.to_lowercase(),
        Provider::Gcp => {
            let Some(project) = text.strip_prefix("projects/") else { return text.to_owned() };
            let (project, rest) = project.find('/').map_or((project, ""), |at| project.split_at(at));
            let numbered = !project.is_empty() && project.bytes().all(|byte| byte.is_ascii_digit());
            if numbered { format!("projects/{account}{rest}") } else { text.to_owned() }
        }
    }
}

/// The number of a scan in its store, ascending in time.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(transparent)]
pub struct ScanId(pub i64);

impl fmt::Display for ScanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl FromStr for ScanId {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self).map_err(|_| UnknownName { what: "scan number", found: text.to_owned() })
    }
}
