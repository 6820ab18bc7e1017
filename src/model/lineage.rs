//! Where disks come from: the ancestry of volumes, snapshots, images, restore points and instances
//! (SEMANTICS C.1).

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::id::names;
use super::{EventId, Kind, Locator, Provider, Resource, ResourceKey, ScanId, Timestamp, Window};

/// One state of a resource, with the listings that show it.
#[derive(Clone, Debug, PartialEq)]
pub struct Spell {
    /// The first scan that saw it.
    pub from_scan: ScanId,
    /// The first scan that no longer did; `None` while it is current.
    pub until_scan: Option<ScanId>,
    /// The state.
    pub state: Arc<Resource>,
    /// From the beginning to the end of the first listing that shows it.
    pub first: Window,
    /// From the beginning to the end of the last complete one that does.
    pub last: Window,
    /// When the listing ended that first no longer showed it; `None` while it is current.
    pub until: Option<Timestamp>,
}

/// A resource over all scans: its states, the earliest first; between two that do not touch it was absent.
#[derive(Clone, Debug, PartialEq)]
pub struct Life {
    /// Which resource.
    pub key: ResourceKey,
    /// What scans saw of it.
    pub spells: Vec<Spell>,
}

/// What a thing in the ancestry is called: by its uid where that is known, else by its canonical locator, in
/// lower case on Azure.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NodeKey {
    /// The cloud.
    pub provider: Provider,
    /// The kind.
    pub kind: Kind,
    /// The uid, else the locator.
    pub id: String,
}

impl NodeKey {
    /// Names a thing; Azure ids know no case.
    pub fn new(provider: Provider, kind: Kind, id: &str) -> Self {
        let id = if provider == Provider::Azure { id.to_lowercase() } else { id.to_owned() };
        Self { provider, kind, id }
    }
}

impl From<&ResourceKey> for NodeKey {
    fn from(key: &ResourceKey) -> Self {
        Self::new(key.provider, key.kind, key.uid.as_str())
    }
}

/// A thing that a scan saw, that a log tells of, or that another thing names.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What it is called.
    pub key: NodeKey,
    /// Its name for people, where known.
    pub name: Option<String>,
    /// Its address, where known.
    pub locator: Option<Locator>,
    /// When it came to be.
    pub created_at: Option<Timestamp>,
    /// The moment whose contents it holds: of a snapshot or restore point when it was taken, of an image the
    /// earliest of its snapshots', of an empty volume its creation.
    pub content_at: Option<Timestamp>,
    /// From the first to the last scan that saw it; `None` for a phantom, which only others name.
    pub seen: Option<Window>,
    /// Between which moments it went, if it is gone.
    pub gone: Option<Window>,
    /// Its last state that a scan saw.
    pub state: Option<Arc<Resource>>,
    /// Whether it is a public or somebody else's image, at which ancestry ends.
    pub foreign: bool,
}

impl Node {
    /// A thing of which nothing is known but what others call it.
    pub const fn phantom(key: NodeKey) -> Self {
        Self {
            key,
            name: None,
            locator: None,
            created_at: None,
            content_at: None,
            seen: None,
            gone: None,
            state: None,
            foreign: false,
        }
    }
}

names! {
    /// How a thing descends from another.
    Descent as "descent" {
        /// A volume that was made from a snapshot.
        FromSnapshot = "from-snapshot",
        /// A volume that was cloned from a volume.
        FromVolume = "from-volume",
        /// A volume that was made from an image.
        FromImage = "from-image",
        /// A volume that was made from a restore point.
        FromRestorePoint = "from-restore-point",
        /// A snapshot or restore point that was taken of a volume.
        OfVolume = "of-volume",
        /// A copy.
        CopyOf = "copy-of",
        /// An image that a snapshot holds the blocks of.
        BackedBy = "backed-by",
        /// An image or restore point that was captured from an instance.
        CapturedFrom = "captured-from",
        /// An instance that was launched from an image.
        LaunchedFrom = "launched-from",
    }
}

/// By what a part of the ancestry is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct KnownBy {
    /// Whether a scan saw it.
    pub state: bool,
    /// The events that tell it.
    pub events: BTreeSet<EventId>,
}

/// An edge from a thing to what it descends from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    /// The descendant.
    pub child: NodeKey,
    /// How it descends.
    pub descent: Descent,
    /// The ancestor.
    pub parent: NodeKey,
    /// By what it is known.
    pub known_by: KnownBy,
}

/// A volume in a slot of an instance for some time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occupancy {
    /// The instance.
    pub instance: NodeKey,
    /// The slot, as [`super::Link::slot`] spells it.
    pub slot: String,
    /// Whether the instance boots from it.
    pub root: bool,
    /// The volume.
    pub volume: NodeKey,
    /// Between which moments it was put there; both the same where the moment is known.
    pub attached: Window,
    /// Between which moments it was taken out; `None` while it is there.
    pub detached: Option<Window>,
    /// By what it is known.
    pub known_by: KnownBy,
}

/// The ancestry of what a comparison is about: its nodes, edges, and who stood in which slot.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lineage {
    /// By key.
    pub nodes: BTreeMap<NodeKey, Node>,
    /// In order.
    pub edges: BTreeSet<Edge>,
    /// By instance and slot, the earliest first.
    pub occupancies: Vec<Occupancy>,
}

impl Lineage {
    /// Returns a thing.
    pub fn node(&self, key: &NodeKey) -> Option<&Node> {
        self.nodes.get(key)
    }

    /// Returns the edges from a thing to what it descends from.
    pub fn parents<'l>(&'l self, key: &NodeKey) -> impl Iterator<Item = &'l Edge> + use<'l> {
        let least = NodeKey { provider: Provider::Aws, kind: Kind::Instance, id: String::new() };
        let from = Edge {
            child: key.clone(),
            descent: Descent::FromSnapshot,
            parent: least,
            known_by: KnownBy::default(),
        };
        let child = key.clone();
        self.edges.range(from..).take_while(move |edge| edge.child == child)
    }

    /// Returns what a thing descends from, however remotely, the nearest first; not itself, and nothing beyond a
    /// foreign image.
    pub fn ancestors(&self, key: &NodeKey) -> Vec<&Node> {
        let mut met: BTreeSet<&NodeKey> = BTreeSet::new();
        let mut found = Vec::new();
        let mut next: VecDeque<&NodeKey> = self.parents(key).map(|edge| &edge.parent).collect();
        while let Some(parent) = next.pop_front() {
            if parent == key || !met.insert(parent) {
                continue;
            }
            let Some(node) = self.nodes.get(parent) else { continue };
            found.push(node);
            if !node.foreign {
                next.extend(self.parents(parent).map(|edge| &edge.parent));
            }
        }
        found
    }

    /// Returns who stood in a slot, the earliest first.
    pub fn occupants<'l>(
        &'l self,
        instance: &'l NodeKey,
        slot: &'l str,
    ) -> impl Iterator<Item = &'l Occupancy> + use<'l> {
        fn place(held: &Occupancy) -> (&NodeKey, &str) {
            (&held.instance, &held.slot)
        }
        let start = self.occupancies.partition_point(|held| place(held) < (instance, slot));
        let from = self.occupancies.get(start..).unwrap_or_default().iter();
        from.take_while(move |held| place(held) == (instance, slot))
    }

    /// Returns the slots in which anything ever stood, in order.
    pub fn slots(&self) -> BTreeSet<(&NodeKey, &str)> {
        self.occupancies.iter().map(|held| (&held.instance, held.slot.as_str())).collect()
    }

    /// Returns the part that is about these things and slots: who stood in the slots, and what all of them descend
    /// from.
    #[must_use]
    pub fn part(&self, things: &BTreeSet<NodeKey>, slots: &BTreeSet<(NodeKey, String)>) -> Self {
        let here = slots.iter().flat_map(|(instance, slot)| self.occupants(instance, slot));
        let occupancies: Vec<Occupancy> = here.cloned().collect();
        let held = occupancies.iter().flat_map(|held| [&held.instance, &held.volume]);
        let mut keys: BTreeSet<&NodeKey> = things.iter().chain(held).collect();
        for key in keys.clone() {
            keys.extend(self.ancestors(key).into_iter().map(|node| &node.key));
        }
        let within = |edge: &&Edge| keys.contains(&edge.child) && keys.contains(&edge.parent);
        Self {
            nodes: keys.iter().filter_map(|key| Some(((*key).clone(), self.node(key)?.clone()))).collect(),
            edges: keys.iter().flat_map(|key| self.parents(key)).filter(within).cloned().collect(),
            occupancies,
        }
    }
}
