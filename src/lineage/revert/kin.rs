//! How the new disk of a slot is related to the old one (SEMANTICS C.2).

use std::collections::{BTreeMap, BTreeSet};

use super::scene::{Scene, Side, copies};
use crate::model::{Descent, Edge, Kind, Node, NodeKey, Timestamp};

/// How a disk is related to those that stood in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kin<'a> {
    /// It holds what one of them held once.
    Restored(Source<'a>),
    /// It was made of the same thing as the last of them.
    SameOrigin(Source<'a>),
    /// It was made of a copy of which nobody knows what it was taken of; with why it may be one of them.
    Unclear(Source<'a>, Option<String>),
    /// It was made of something else, or of nothing.
    Unrelated,
    /// Nobody knows what it was made of.
    Unknown,
}

/// What a disk was made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Source<'a> {
    /// The copy, or the disk that was cloned.
    pub(super) key: &'a NodeKey,
    /// The moment whose contents it holds.
    pub(super) content_at: Option<Timestamp>,
    /// How the disk itself was made, where that is known.
    pub(super) made: Option<Descent>,
}

/// Compares the ancestry of a disk, and of the instance that came with it, with what stood in its place.
///
/// `old` is the last that stood there, `past` all that ever did, `owner` the instance whose place it is.
pub(super) fn kin<'a>(
    scene: &Scene<'a>,
    new: &NodeKey,
    old: &NodeKey,
    past: &BTreeSet<NodeKey>,
    owner: &NodeKey,
) -> Kin<'a> {
    let Some(new) = scene.known(new) else { return Kin::Unknown };
    let descent = scene.descent(new);
    let made = scene.parents(new).first().map(|edge| edge.descent);
    if let Some(back) = put_back(scene, new, past, owner) {
        return Kin::Restored(Source { made, ..back });
    }
    let copied = |holds: &dyn Fn(&NodeKey, Option<Timestamp>) -> bool| {
        let from = descent.iter().filter(|edge| copies(edge)).map(|edge| (edge, source(scene, edge)));
        let from = from.filter(|(edge, source)| holds(&edge.parent, source.content_at));
        let sources = from.map(|(_, source)| Source { made, ..source });
        // Of several the latest: what was restored last.
        sources.reduce(|best, next| if next.content_at > best.content_at { next } else { best })
    };
    if let Some(source) = copied(&|parent, _| past.contains(parent) || parent == owner) {
        return Kin::Restored(source);
    }
    if let Some(origin) = same_origin(scene, new, old) {
        return Kin::SameOrigin(Source { key: origin, content_at: scene.content_at(origin), made });
    }
    // A later copy of what the old disk was a copy of is no earlier state of the old one: staging gets the data of
    // production anew.
    let elders = elders(scene, past);
    let is_earlier = |parent: &NodeKey, content: Option<Timestamp>| {
        elders.get(parent).is_some_and(|taken| taken.zip(content).is_none_or(|(old, new)| new <= old))
    };
    if let Some(source) = copied(&is_earlier) {
        return Kin::Restored(source);
    }
    if let Some(primary) = replica(scene, new, past) {
        return Kin::Restored(Source { key: primary, content_at: None, made: Some(Descent::FromVolume) });
    }
    if let Some(copy) = orphan(scene, new, &descent) {
        let source = Source { key: copy, content_at: scene.content_at(copy), made };
        return Kin::Unclear(source, same_key(scene, copy, past));
    }
    match scene.node(new) {
        Some(node) if made.is_none() && node.state.is_none() => Kin::Unknown,
        _ => Kin::Unrelated,
    }
}

/// Returns the disks that those of the past were copied from, each with the latest moment whose contents they hold
/// of it, where that is known.
fn elders<'a>(scene: &Scene<'a>, past: &BTreeSet<NodeKey>) -> BTreeMap<&'a NodeKey, Option<Timestamp>> {
    let mut elders: BTreeMap<&NodeKey, Option<Timestamp>> = BTreeMap::new();
    let known = past.iter().filter_map(|volume| scene.known(volume));
    for edge in known.flat_map(|volume| scene.descent(volume)) {
        if edge.parent.kind == Kind::Volume {
            let latest = elders.entry(&edge.parent).or_default();
            *latest = source(scene, edge).content_at.max(*latest);
        }
    }
    elders
}

/// Finds that the disk itself stood there before, and was taken out.
fn put_back<'a>(
    scene: &Scene<'a>,
    new: &'a NodeKey,
    past: &BTreeSet<NodeKey>,
    owner: &NodeKey,
) -> Option<Source<'a>> {
    if !past.contains(new) {
        return None;
    }
    let taken =
        scene.held(new).iter().filter(|held| held.instance == *owner).filter_map(|held| held.detached);
    let content_at = taken.map(|window| window.to).max();
    content_at.is_some().then_some(Source { key: new, content_at, made: None })
}

/// Finds that the disk replicated one of them: Google Cloud tells it until the replication stops. How far behind it
/// was then, nobody tells.
fn replica<'a>(scene: &Scene<'a>, new: &NodeKey, past: &BTreeSet<NodeKey>) -> Option<&'a NodeKey> {
    let states = [Side::Before, Side::After].into_iter().filter_map(|side| scene.state(new, side));
    let primaries = states.filter_map(|state| state.config.get("asyncPrimaryDisk.diskId")?.as_str());
    let keys = primaries.map(|id| NodeKey::new(new.provider, Kind::Volume, id));
    keys.filter(|key| past.contains(key)).find_map(|key| scene.known(&key))
}

/// Returns the copy that an edge is about, with the moment of its contents: a clone is one of its source.
fn source<'a>(scene: &Scene<'a>, edge: &'a Edge) -> Source<'a> {
    let child = scene.content_at(&edge.child);
    let (key, content_at) = match edge.descent {
        Descent::FromVolume => {
            let made = scene.node(&edge.child).and_then(|node| node.created_at);
            (&edge.parent, child.or(made))
        }
        _ => (&edge.child, child),
    };
    Source { key, content_at, made: None }
}

/// Returns what both disks were made of, of all that they have in common the nearest.
fn same_origin<'a>(scene: &Scene<'a>, new: &NodeKey, old: &NodeKey) -> Option<&'a NodeKey> {
    let made = |edge: &&&Edge| {
        let from =
            [Descent::FromSnapshot, Descent::FromImage, Descent::FromRestorePoint, Descent::FromVolume];
        from.contains(&edge.descent)
    };
    let of_old: BTreeSet<&NodeKey> =
        scene.parents(old).iter().filter(made).map(|edge| &edge.parent).collect();
    let mut common = scene.parents(new).iter().filter(made).map(|edge| &edge.parent);
    common.find(|parent| of_old.contains(parent))
}

/// Returns the nearest copy of which nobody knows what it was taken of: nothing is told, or a disk that no scan and
/// no log ever saw made.
fn orphan<'a>(scene: &Scene<'a>, new: &NodeKey, descent: &[&'a Edge]) -> Option<&'a NodeKey> {
    let direct = scene.parents(new);
    // A disk of an image that is known, or of somebody else's, has nothing to do with the old one.
    if direct.iter().any(|edge| edge.descent == Descent::FromImage) {
        return None;
    }
    let copies = descent.iter().map(|edge| &edge.parent).filter(|parent| is_copy(parent.kind));
    let mut copies = copies.filter(|copy| {
        let taken = scene.parents(copy);
        let of = |edge: &&&Edge| edge.descent == Descent::OfVolume;
        let known = |volume: &NodeKey| scene.node(volume).is_some_and(is_known);
        let next = taken.iter().any(|edge| is_copy(edge.parent.kind));
        !next && !taken.iter().filter(of).any(|edge| known(&edge.parent))
    });
    copies.next()
}

const fn is_copy(kind: Kind) -> bool {
    matches!(kind, Kind::Snapshot | Kind::RestorePoint | Kind::InstantSnapshot)
}

fn is_known(node: &Node) -> bool {
    node.seen.is_some() || node.state.is_some() || node.created_at.is_some()
}

/// Returns why a copy may be one of the disks' after all: EC2 gives the blocks of one lineage one key, and copies
/// of other disks another (SEMANTICS A.3, `DataEncryptionKeyId`).
fn same_key(scene: &Scene<'_>, copy: &NodeKey, past: &BTreeSet<NodeKey>) -> Option<String> {
    let key = |snapshot: &NodeKey| {
        let state = scene.node(snapshot)?.state.as_deref()?;
        Some(state.config.get("DataEncryptionKeyId")?.as_str()?.to_owned())
    };
    let own = key(copy)?;
    let edges = scene.lineage.edges.iter().filter(|edge| edge.descent == Descent::OfVolume);
    let mut of_past = edges.filter(|edge| past.contains(&edge.parent)).filter(|edge| edge.child != *copy);
    let same = of_past.any(|edge| key(&edge.child).as_deref() == Some(own.as_str()));
    same.then(|| "a snapshot of the old disk is encrypted by the same data key".to_owned())
}
