//! The part of the ancestry that a report shows.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Material;
use crate::model::{self, Descent, Locator, NodeKey, Provider, Timestamp, Window};

/// Where the disks come from that stand in slots which changed, and those that lineage findings are about.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Lineage {
    /// The things.
    pub nodes: Vec<Node>,
    /// What descends from what.
    pub edges: Vec<Edge>,
    /// Who stood in which slot, and when.
    pub slots: Vec<Occupancy>,
}

/// What a thing in the ancestry is called.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Thing {
    /// The cloud.
    pub provider: Provider,
    /// The kind of resource; later releases may name more.
    pub kind: String,
    /// Its immutable id; its address, where only that is known.
    pub id: String,
}

/// A thing that a scan saw, that a log tells of, or that another thing names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Node {
    /// What it is called.
    pub thing: Thing,
    /// Its display name.
    pub name: Option<String>,
    /// Its address.
    pub locator: Option<Locator>,
    /// When it came to be.
    pub created_at: Option<Timestamp>,
    /// The moment whose contents it holds, or was made with.
    pub content_at: Option<Timestamp>,
    /// From the first to the last listing that shows it; `null` if no scan ever saw it.
    pub seen: Option<Window>,
    /// Between which moments it went; `null` if it is there, or nobody knows.
    pub gone: Option<Window>,
    /// Whether it is somebody else's image, at which ancestry ends.
    pub foreign: bool,
}

/// A step of descent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Edge {
    /// The descendant.
    pub child: Thing,
    /// How it descends.
    pub descent: Descent,
    /// The ancestor.
    pub parent: Thing,
    /// Whether a scan shows it.
    pub seen: bool,
    /// The ids of the events that tell it.
    pub events: Vec<String>,
}

/// A volume in a slot of an instance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Occupancy {
    /// The instance.
    pub instance: Thing,
    /// The slot: the device name on AWS, `os` or `lun:N` on Azure, `boot` or the device name on Google Cloud.
    pub slot: String,
    /// Whether the instance boots from it.
    pub root: bool,
    /// The volume.
    pub volume: Thing,
    /// When it was put there.
    pub attached: Moment,
    /// When it was taken out; `null` while it is there.
    pub detached: Option<Moment>,
    /// Whether a scan saw it there.
    pub seen: bool,
    /// The ids of the events that tell it.
    pub events: Vec<String>,
}

/// A moment as far as it is known: both ends are the same where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Moment {
    /// Not before; `null` where nothing is known.
    pub from: Option<Timestamp>,
    /// Not after.
    pub to: Timestamp,
}

impl Lineage {
    /// Returns what a report shows of the ancestry: the slots that changed hands between its scans, and the things
    /// and slots of findings that name one.
    pub(super) fn of(material: &Material<'_>) -> Self {
        let whole = material.lineage;
        let mut slots: BTreeSet<(NodeKey, String)> = whole
            .slots()
            .into_iter()
            .filter(|(instance, slot)| changed_hands(material, instance, slot))
            .map(|(instance, slot)| (instance.clone(), slot.to_owned()))
            .collect();
        let mut things = BTreeSet::new();
        for finding in material.findings {
            let slot = finding.facts.iter().find(|(name, _)| *name == "slot");
            let Some(slot) = slot.and_then(|(_, slot)| slot.as_str()) else { continue };
            for resource in &finding.resources {
                let key = NodeKey::from(&resource.key);
                slots.insert((key.clone(), slot.to_owned()));
                things.insert(key);
            }
        }
        things.retain(|key| whole.node(key).is_some());
        Self::from(&whole.part(&things, &slots))
    }

    /// Returns the ids of the events that tell any of it.
    pub(super) fn events(&self) -> impl Iterator<Item = &String> {
        self.edges.iter().flat_map(|edge| &edge.events).chain(self.slots.iter().flat_map(|held| &held.events))
    }
}

/// Whether more than one volume stood in a slot, and one came or went between the two scans.
fn changed_hands(material: &Material<'_>, instance: &NodeKey, slot: &str) -> bool {
    let Some((before, after)) = material.before.zip(material.after) else { return false };
    let held: Vec<_> = material.lineage.occupants(instance, slot).collect();
    let moved = |at: Window| before.taken_at <= at.to && at.from <= after.taken_at;
    held.len() > 1 && held.iter().skip(1).any(|held| moved(held.attached))
}

impl From<&model::Lineage> for Lineage {
    fn from(lineage: &model::Lineage) -> Self {
        Self {
            nodes: lineage.nodes.values().map(Node::from).collect(),
            edges: lineage.edges.iter().map(Edge::from).collect(),
            slots: lineage.occupancies.iter().map(Occupancy::from).collect(),
        }
    }
}

impl From<&NodeKey> for Thing {
    fn from(key: &NodeKey) -> Self {
        Self { provider: key.provider, kind: key.kind.to_string(), id: key.id.clone() }
    }
}

impl From<&model::Node> for Node {
    fn from(node: &model::Node) -> Self {
        Self {
            thing: Thing::from(&node.key),
            name: node.name.clone(),
            locator: node.locator.clone(),
            created_at: node.created_at,
            content_at: node.content_at,
            seen: node.seen,
            gone: node.gone,
            foreign: node.foreign,
        }
    }
}

impl From<&model::Edge> for Edge {
    fn from(edge: &model::Edge) -> Self {
        Self {
            child: Thing::from(&edge.child),
            descent: edge.descent,
            parent: Thing::from(&edge.parent),
            seen: edge.known_by.state,
            events: edge.known_by.events.iter().map(ToString::to_string).collect(),
        }
    }
}

impl From<&model::Occupancy> for Occupancy {
    fn from(held: &model::Occupancy) -> Self {
        Self {
            instance: Thing::from(&held.instance),
            slot: held.slot.clone(),
            root: held.root,
            volume: Thing::from(&held.volume),
            attached: Moment::from(held.attached),
            detached: held.detached.map(Moment::from),
            seen: held.known_by.state,
            events: held.known_by.events.iter().map(ToString::to_string).collect(),
        }
    }
}

impl From<Window> for Moment {
    fn from(window: Window) -> Self {
        Self { from: (window.from != Timestamp::MIN).then_some(window.from), to: window.to }
    }
}
