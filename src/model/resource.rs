//! One resource as a scan saw it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::id::names;
use super::{AccountId, Kind, Location, Locator, Provider, Scope, State, Timestamp, Uid};

/// Attribute path → value, both canonical.
///
/// Paths are the vendor's own field names joined by dots, with `[key]` for a member of a keyed list
/// (`NetworkInterfaces[eni-0a1].SourceDestCheck`); an Azure path leaves out `properties.`, so that the
/// ARM body and the `az` output of one resource agree. Values are scalars, or lists in canonical order.
pub type Attributes = BTreeMap<String, Value>;

/// What makes a resource the same resource in two scans.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ResourceKey {
    /// The cloud.
    pub provider: Provider,
    /// The kind.
    pub kind: Kind,
    /// The immutable id.
    pub uid: Uid,
}

/// One thing with an immutable uid, in canonical form.
///
/// *Identity* (`key` to `created_at`), *config* (what drift compares: `state`, `tags`, `config`, `links`,
/// `exposure`, `managed_by`), *evidence* (moves in normal life but proves something; compared by named
/// rules only) and *unmapped* (what no mapping knows, compared only between revisions that both could
/// see it).
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    /// Immutable identity.
    pub key: ResourceKey,
    /// The owning account.
    pub account: AccountId,
    /// AWS region, Azure location, Google Cloud zone, region or `global`.
    pub location: Location,
    /// The zone inside the location, where the vendor tells one.
    pub zone: Option<String>,
    /// The address by which the API reaches it; equals the uid on AWS.
    pub locator: Locator,
    /// The display name (AWS: tag `Name`).
    pub name: Option<String>,
    /// When the vendor says that it came to be.
    pub created_at: Option<Timestamp>,
    /// Whether the uid is the vendor's immutable id, or composed because the listing lacks one
    /// (SEMANTICS A1.1).
    pub uid_confidence: Confidence,
    /// Lifecycle state; `None` where state changes are never drift (volumes).
    pub state: Option<State>,
    /// User tags or labels.
    pub tags: BTreeMap<String, String>,
    /// What drift compares.
    pub config: Attributes,
    /// What moves in normal life but proves something.
    pub evidence: Attributes,
    /// The config paths that a separate call told, per resource and only when asked: such a path is
    /// compared only between revisions that both have it.
    pub overlaid: BTreeSet<String>,
    /// Typed edges to other resources.
    pub links: BTreeSet<Link>,
    /// Who outside the account can reach it.
    pub exposure: Exposure,
    /// The service that manages it, if any.
    pub managed_by: Option<ManagedBy>,
    /// Native fields that no mapping knows, under their native path.
    pub unmapped: Attributes,
    /// Whether the source could see fields that no mapping knows.
    pub sight: Sight,
}

impl Resource {
    /// Makes a resource with identity only; the mapping fills in the rest.
    pub fn new(key: ResourceKey, account: AccountId, location: Location, locator: Locator) -> Self {
        Self {
            key,
            account,
            location,
            zone: None,
            locator,
            name: None,
            created_at: None,
            uid_confidence: Confidence::High,
            state: None,
            tags: BTreeMap::new(),
            config: Attributes::new(),
            evidence: Attributes::new(),
            overlaid: BTreeSet::new(),
            links: BTreeSet::new(),
            exposure: Exposure::default(),
            managed_by: None,
            unmapped: Attributes::new(),
            sight: Sight::Everything,
        }
    }

    /// Returns the scope of a listing that would have shown this resource.
    pub fn scope(&self) -> Scope {
        Scope {
            provider: self.key.provider,
            account: self.account.clone(),
            location: self.location.clone(),
            kind: self.key.kind,
        }
    }

    /// Whether the vendor says that it is gone, though it is still listed.
    pub fn is_gone(&self) -> bool {
        self.state.as_ref().is_some_and(|state| state.phase.is_gone())
    }
}

names! {
    /// What an edge between two resources means.
    Rel as "link" {
        /// On an instance: the volume in this slot. The slot is the device name (AWS), `os` or
        /// `lun:N` (Azure), `boot` or the device name (Google Cloud).
        Attached = "attached",
        /// On a volume: the instance that it is attached to.
        AttachedTo = "attached-to",
        /// The snapshot, volume, image or restore point that it was made from.
        CreatedFrom = "created-from",
        /// On a snapshot or restore point: the volume or instance that it was taken from.
        TakenFrom = "taken-from",
        /// On an instance: the image that it was launched from.
        LaunchedFrom = "launched-from",
        /// The original that it is a copy of.
        CopiedFrom = "copied-from",
        /// On an image: the snapshot that holds its blocks.
        BackedBy = "backed-by",
        /// On an image: the instance that it was captured from.
        CapturedFrom = "captured-from",
    }
}

/// A typed edge to another resource: by uid where the source tells it, else by locator.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Link {
    /// Whether the thing at the other end is deleted together with this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delete_with: Option<bool>,
    /// The kind at the other end.
    pub kind: Kind,
    /// The canonical locator at the other end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locator: Option<Locator>,
    /// What the edge means.
    pub rel: Rel,
    /// The slot, for [`Rel::Attached`] and [`Rel::BackedBy`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slot: Option<String>,
    /// The immutable id at the other end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<Uid>,
}

impl Link {
    /// Makes an edge to a resource known by uid.
    pub fn to_uid(rel: Rel, kind: Kind, uid: impl Into<String>) -> Self {
        Self { rel, slot: None, kind, uid: Some(Uid::new(uid)), locator: None, delete_with: None }
    }

    /// Makes an edge to a resource known by its canonical locator.
    pub fn to_locator(rel: Rel, kind: Kind, locator: Locator) -> Self {
        Self { rel, slot: None, kind, uid: None, locator: Some(locator), delete_with: None }
    }

    /// Returns the edge with a slot.
    #[must_use]
    pub fn in_slot(self, slot: impl Into<String>) -> Self {
        Self { slot: Some(slot.into()), ..self }
    }

    /// Returns the uid if known, else the locator.
    pub fn target(&self) -> &str {
        let uid = self.uid.as_ref().map(Uid::as_str);
        uid.or_else(|| self.locator.as_ref().map(Locator::as_str)).unwrap_or_default()
    }
}

names! {
    /// Who a grant admits.
    PrincipalKind as "principal kind" {
        /// Everybody.
        Public = "public",
        /// Another account, subscription or project.
        Account = "account",
        /// An organization or a unit of one.
        Org = "org",
        /// One user, group or service account.
        User = "user",
    }
}

/// One outside principal that may use the resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Grant {
    /// Who it admits.
    pub kind: PrincipalKind,
    /// The vendor's name for the principal (`all` for everybody).
    pub principal: String,
}

/// Who outside the account can reach the resource (SEMANTICS A.6).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exposure {
    /// An export that is open right now, in the vendor's words (Azure `ActiveSAS`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub export: Option<String>,
    /// Who may use it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub grants: BTreeSet<Grant>,
    /// Whether the source told the grants at all; where it did not, their absence is no evidence.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub known: bool,
    /// Whether the source told if everybody may use it, though perhaps not who else may (the list of one's
    /// public snapshots, an image's `Public`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub public_known: bool,
}

impl Exposure {
    /// What a source tells that says whether everybody may use it, and nothing of anybody else.
    pub fn public_only(public: bool) -> Self {
        let everybody = Grant { kind: PrincipalKind::Public, principal: "all".to_owned() };
        Self {
            grants: public.then_some(everybody).into_iter().collect(),
            public_known: true,
            ..Self::default()
        }
    }

    /// Whether the source told if everybody may use it.
    pub const fn tells_public(&self) -> bool {
        self.known || self.public_known
    }

    /// Adds the grants of an earlier state that this one could not tell; returns whether this one now tells
    /// more than it did.
    ///
    /// Grants that nobody asked for again are not gone. Whether everybody may use it can be asked alone:
    /// then only the other grants are kept.
    pub fn keep_untold(&mut self, earlier: &Self) -> bool {
        let (told_all, told_public) = (self.known, self.tells_public());
        let untold = |grant: &&Grant| match grant.kind {
            PrincipalKind::Public => earlier.tells_public() && !told_public,
            _ => earlier.known && !told_all,
        };
        self.grants.extend(earlier.grants.iter().filter(untold).cloned());
        self.known |= earlier.known;
        self.public_known |= earlier.public_known;
        (self.known, self.tells_public()) != (told_all, told_public)
    }

    /// Whether everybody may use it.
    pub fn is_public(&self) -> bool {
        self.grants.iter().any(|grant| grant.kind == PrincipalKind::Public)
    }
}

names! {
    /// How far a statement can be trusted.
    Confidence as "confidence" {
        /// Written by the vendor; an ordinary principal cannot forge it.
        High = "high",
        /// Anyone with access to the resource could have written it.
        Low = "low",
    }
}

/// The service that manages a resource, and the mark that says so (SEMANTICS D.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManagedBy {
    /// `high` for marks that an ordinary principal cannot write (class U).
    pub confidence: Confidence,
    /// The controller's id or name, where the mark tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub controller: Option<String>,
    /// The service, for instance `autoscaling`, `dlm`, `backup`, `snapshot-schedule`.
    pub service: String,
}

names! {
    /// What a source can see of a resource.
    Sight as "sight" {
        /// Every field that the vendor sent.
        Everything = "everything",
        /// Only the fields that a typed client models.
        Modelled = "modelled",
    }
}

impl Default for Sight {
    /// A body as the vendor sent it shows everything.
    fn default() -> Self {
        Self::Everything
    }
}
