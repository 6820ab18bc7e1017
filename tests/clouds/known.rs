//! What a store knows, resource by resource.

use driftline::model::Resource;
use driftline::store::{Access, Store};

use crate::site::Site;

/// Returns what the last scan of a site knows of every resource of these kinds.
pub fn resources(site: &Site, kinds: &[&str]) -> Vec<Resource> {
    let store = Store::open(&site.path("driftline.db"), Access::Read).unwrap();
    let scan = store.latest().unwrap().unwrap();
    let mut resources = store.resources_at(scan.id).unwrap();
    resources.retain(|resource| kinds.contains(&resource.key.kind.as_str()));
    resources.sort_by(|one, other| one.key.cmp(&other.key));
    resources
}

/// Asserts that a live scan and files know the same of the same resources.
///
/// What only one of them was told by a separate call, and what only one could see, is left out.
pub fn assert_alike(live: Vec<Resource>, filed: Vec<Resource>) {
    assert_eq!(live.len(), filed.len());
    for (mut live, mut filed) in live.into_iter().zip(filed) {
        for path in live.overlaid.symmetric_difference(&filed.overlaid) {
            live.config.remove(path);
            filed.config.remove(path);
        }
        let knows = |resource: &Resource| (resource.exposure.known, resource.exposure.public_known);
        if knows(&live) != knows(&filed) {
            filed.exposure = live.exposure.clone();
        }
        // `DescribeInstanceTypes`, of which no file of an inventory tells.
        for resource in [&mut live, &mut filed] {
            resource.evidence.retain(|path, _| !path.starts_with("InstanceStorage."));
        }
        filed.sight = live.sight;
        filed.overlaid = live.overlaid.clone();
        assert!(live == filed, "{live:#?}\nis not\n{filed:#?}");
    }
}
