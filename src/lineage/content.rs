//! The moment whose contents a thing holds (SEMANTICS C.1).

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Descent, Kind, Lineage, Node, NodeKey, Provider, Resource, Timestamp};

/// Tells of every node the moment whose contents it holds.
pub(super) fn tell(lineage: &mut Lineage) {
    let mut teller = Teller { parents: BTreeMap::new(), nodes: &lineage.nodes, told: BTreeMap::new() };
    for edge in &lineage.edges {
        teller.parents.entry(&edge.child).or_default().push((edge.descent, &edge.parent));
    }
    for key in lineage.nodes.keys() {
        teller.content(key, &mut BTreeSet::new());
    }
    let told: BTreeMap<NodeKey, Option<Timestamp>> =
        teller.told.iter().map(|(key, at)| ((*key).clone(), *at)).collect();
    for (key, node) in &mut lineage.nodes {
        node.content_at = told.get(key).copied().flatten();
    }
}

struct Teller<'a> {
    parents: BTreeMap<&'a NodeKey, Vec<(Descent, &'a NodeKey)>>,
    nodes: &'a BTreeMap<NodeKey, Node>,
    told: BTreeMap<&'a NodeKey, Option<Timestamp>>,
}

impl<'a> Teller<'a> {
    /// `path` holds what is being asked already: a forged ancestry may go in circles.
    fn content(&mut self, key: &'a NodeKey, path: &mut BTreeSet<&'a NodeKey>) -> Option<Timestamp> {
        if let Some(told) = self.told.get(key) {
            return *told;
        }
        let node = self.nodes.get(key)?;
        if !path.insert(key) {
            return None;
        }
        let parents = self.parents.get(key).cloned().unwrap_or_default();
        let mut of = |descents: &[Descent]| -> Option<Timestamp> {
            let those = parents.iter().filter(|(descent, _)| descents.contains(descent));
            those.filter_map(|(_, parent)| self.content(parent, path)).min()
        };
        let content = match key.kind {
            Kind::Volume => volume(node, &parents, &mut of),
            // Of a copy the original's; where that is unknown no later than the copy itself.
            Kind::Snapshot | Kind::InstantSnapshot | Kind::RestorePoint | Kind::MachineImage => {
                of(&[Descent::CopyOf]).or(node.created_at)
            }
            Kind::Image => of(&[Descent::BackedBy]).or_else(|| of(&[Descent::CopyOf])).or(node.created_at),
            _ => None,
        };
        path.remove(key);
        self.told.insert(key, content);
        content
    }
}

/// A volume begins with the contents of what it was made from; a clone with those of its own creation, and an
/// empty one with none.
fn volume(
    node: &Node,
    parents: &[(Descent, &NodeKey)],
    of: &mut impl FnMut(&[Descent]) -> Option<Timestamp>,
) -> Option<Timestamp> {
    if parents.iter().any(|(descent, _)| *descent == Descent::FromVolume) {
        return node.created_at;
    }
    if parents.is_empty() {
        return node.state.as_deref().filter(|state| is_empty(state)).and(node.created_at);
    }
    of(&[Descent::FromSnapshot, Descent::FromRestorePoint, Descent::FromImage])
}

/// Whether a volume says that it was made empty; one that was uploaded or imported holds what nobody tells.
fn is_empty(state: &Resource) -> bool {
    match state.key.provider {
        Provider::Aws => true,
        Provider::Azure => state
            .config
            .get("creationData.createOption")
            .and_then(|option| option.as_str())
            .is_some_and(|option| option.eq_ignore_ascii_case("empty")),
        Provider::Gcp => !state.config.contains_key("sourceStorageObject"),
    }
}
