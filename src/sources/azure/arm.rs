//! Azure Resource Manager ids: one spelling, and what their segments tell (SEMANTICS A.2).
//!
//! Azure compares ids without regard to case, and one response may spell one resource group in two ways.
//! Every other function here takes the canonical spelling.

use crate::model::Kind;

/// Returns the canonical spelling: lower case, one leading slash, none trailing, none doubled.
pub(super) fn canonical(id: &str) -> String {
    let mut out = String::with_capacity(id.len() + 1);
    for segment in id.split('/').filter(|segment| !segment.is_empty()) {
        out.push('/');
        out.push_str(segment);
    }
    if out.is_ascii() {
        out.make_ascii_lowercase();
        out
    } else {
        out.to_lowercase()
    }
}

/// Whether text is the id of something in a subscription, in any spelling.
pub(super) fn is_id(text: &str) -> bool {
    const START: &str = "subscriptions/";
    let text = text.trim_start_matches('/');
    text.get(..START.len()).is_some_and(|start| start.eq_ignore_ascii_case(START))
}

/// Returns the subscription that an id lies in.
pub(super) fn subscription(id: &str) -> Option<&str> {
    after(id, "subscriptions")
}

/// Returns the resource group that an id lies in.
pub(super) fn resource_group(id: &str) -> Option<&str> {
    after(id, "resourcegroups")
}

/// Returns the last segment.
pub(super) fn name(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}

/// Returns the resource type: the provider, and every other segment behind it
/// (`microsoft.compute/virtualmachines/extensions`).
pub(super) fn resource_type(id: &str) -> Option<String> {
    let (_, path) = id.rsplit_once("/providers/")?;
    let mut segments = path.split('/');
    let mut out = segments.next()?.to_owned();
    for segment in segments.step_by(2) {
        out.push('/');
        out.push_str(segment);
    }
    Some(out)
}

/// Returns the id cut behind the name of its ancestor in `collection`
/// (`restorepoints` of the id of a disk restore point: the restore point's id).
pub(super) fn ancestor<'a>(id: &'a str, collection: &str) -> Option<&'a str> {
    let mut end = 0;
    let mut segments = id.split_inclusive('/');
    for segment in segments.by_ref() {
        end += segment.len();
        if segment.trim_end_matches('/') == collection {
            break;
        }
    }
    end += segments.next()?.trim_end_matches('/').len();
    id.get(..end)
}

/// Returns the kind of the resource that an id names; a disk restore point counts as its restore point,
/// an image in a gallery or the marketplace as an image.
pub(super) fn kind(id: &str) -> Option<Kind> {
    let resource_type = resource_type(id)?;
    match resource_type.strip_prefix("microsoft.compute/")? {
        "virtualmachines" => Some(Kind::Instance),
        "virtualmachinescalesets/virtualmachines" => Some(Kind::ScaleSetInstance),
        "disks" => Some(Kind::Volume),
        "snapshots" => Some(Kind::Snapshot),
        "images" => Some(Kind::Image),
        path if path.starts_with("galleries/images") => Some(Kind::Image),
        path if path.starts_with("locations/publishers/artifacttypes") => Some(Kind::Image),
        path if path.starts_with("restorepointcollections/restorepoints") => Some(Kind::RestorePoint),
        _ => None,
    }
}

/// Returns the segment that follows the first one of this name.
fn after<'a>(id: &'a str, name: &str) -> Option<&'a str> {
    let mut segments = id.split('/');
    segments.find(|segment| *segment == name)?;
    segments.next()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert_eq, proptest};

    use super::*;

    const POINT: &str = "/subscriptions/s/resourcegroups/g/providers/microsoft.compute/restorepointcollections/c/restorepoints/r/diskrestorepoints/d";

    #[test]
    fn every_spelling_of_an_id_has_one_canonical_form() {
        let expected = "/subscriptions/s-1/resourcegroups/rg/providers/microsoft.compute/disks/d";
        for spelling in [
            expected,
            "/subscriptions/S-1/resourceGroups/RG/providers/Microsoft.Compute/disks/D",
            "subscriptions/s-1/resourcegroups/rg/providers/microsoft.compute/disks/d/",
            "/Subscriptions/s-1//resourceGroups/rg/Providers/microsoft.compute/disks/d//",
        ] {
            assert_eq!(canonical(spelling), expected, "{spelling}");
            assert!(is_id(spelling), "{spelling}");
        }
        assert!(!is_id("https://example.com/subscriptions/s-1"));
        assert!(!is_id("subscription"));
    }

    proptest! {
        #[test]
        fn the_canonical_form_is_its_own_and_knows_no_case(id in "/?[a-zA-Z0-9_.()-]{0,9}(//?[a-zA-Z0-9-]{0,9}){0,9}") {
            let once = canonical(&id);
            prop_assert_eq!(&canonical(&once), &once);
            prop_assert_eq!(&canonical(&id.to_uppercase()), &once);
        }
    }

    #[test]
    fn segments_tell_subscription_group_type_and_name() {
        assert_eq!(subscription(POINT), Some("s"));
        assert_eq!(resource_group(POINT), Some("g"));
        assert_eq!(name(POINT), "d");
        let expected = "microsoft.compute/restorepointcollections/restorepoints/diskrestorepoints";
        assert_eq!(resource_type(POINT).as_deref(), Some(expected));
        let lock = format!("{POINT}/providers/microsoft.authorization/locks/l");
        assert_eq!(resource_type(&lock).as_deref(), Some("microsoft.authorization/locks"));
        assert_eq!(resource_type("/subscriptions/s"), None);
    }

    #[test]
    fn a_disk_restore_point_leads_to_its_restore_point() {
        assert_eq!(kind(POINT), Some(Kind::RestorePoint));
        assert_eq!(ancestor(POINT, "restorepoints"), POINT.strip_suffix("/diskrestorepoints/d"));
        assert_eq!(ancestor(POINT, "disks"), None);
    }

    #[test]
    fn an_image_in_a_gallery_or_the_marketplace_is_an_image() {
        let compute = "/subscriptions/s/providers/microsoft.compute";
        let market = "locations/westus/publishers/p/artifacttypes/vmimage/offers/o/skus/k/versions/1";
        for path in ["images/i", "galleries/g/images/i/versions/1.0.0", market] {
            assert_eq!(kind(&format!("{compute}/{path}")), Some(Kind::Image), "{path}");
        }
        assert_eq!(kind(&format!("{compute}/virtualmachines/v/extensions/e")), None);
    }
}
