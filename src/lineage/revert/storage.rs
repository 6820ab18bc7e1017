//! Which instances have storage that does not outlive a stop (SEMANTICS C.4).

use serde_json::Value;

use crate::model::{Provider, Resource, printable};

/// Storage that does not outlive a stop, and by what it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Storage {
    /// In words: `an instance store of 75 GB, as its instance type tells`.
    pub(super) reason: String,
}

/// Returns the storage that an instance loses when it stops; `None` where it has none or nobody can tell.
pub(super) fn storage(instance: &Resource) -> Option<Storage> {
    let reason = match instance.key.provider {
        Provider::Aws => instance_store(instance)?,
        Provider::Azure => temporary_disk(instance)?,
        Provider::Gcp => local_ssd(instance)?,
    };
    Some(Storage { reason })
}

fn text<'a>(instance: &'a Resource, path: &str) -> Option<&'a str> {
    instance.config.get(path).and_then(Value::as_str)
}

/// Collected instance types tell; where they were not collected, the shipped table does.
fn instance_store(instance: &Resource) -> Option<String> {
    if let Some(size) = instance.evidence.get("InstanceStorage.TotalSizeInGB").and_then(Value::as_u64) {
        return Some(format!("it has an instance store of {size} GB, as its collected instance type tells"));
    }
    if instance.evidence.contains_key("InstanceStorage.Supported") {
        return None;
    }
    let name = text(instance, "InstanceType")?;
    let family = name.split('.').next().unwrap_or_default();
    has_instance_store(family).then(|| {
        format!("it has an instance store, as the shipped table of families tells of `{}`", printable(name))
    })
}

/// EC2 families every size of which has an instance store, beside those with a `d` after the generation
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-store-volumes.html>).
const WITH_INSTANCE_STORE: &[&str] = &[
    "c1", "c3", "cc2", "cr1", "d2", "d3", "d3en", "dl1", "f1", "g2", "g5", "g6", "g6e", "gr6", "h1", "hs1",
    "i2", "i3", "i3en", "i4g", "i4i", "i7i", "i7ie", "i8g", "i8ge", "im4gn", "is4gen", "m1", "m2", "m3",
    "p5", "p5e", "p5en", "r3", "trn1", "trn1n", "x1", "x1e", "z1d",
];

/// Whether every size of an EC2 family has an instance store: `m5d`, `c6gd`, `r5dn`, `g4dn`, `x2idn`; `d` as the
/// family's own letter, as in `d2`, is in the table.
fn has_instance_store(family: &str) -> bool {
    let letters = family.find(|letter: char| letter.is_ascii_digit());
    let features = letters.and_then(|at| family.get(at..)).unwrap_or_default();
    let features = features.trim_start_matches(|letter: char| letter.is_ascii_digit());
    WITH_INSTANCE_STORE.contains(&family) || features.split('-').next().is_some_and(|it| it.contains('d'))
}

/// No list of machines tells it: the shipped rule on names of sizes does.
fn temporary_disk(instance: &Resource) -> Option<String> {
    let size = text(instance, "hardwareProfile.vmSize")?;
    has_temporary_disk(size).then(|| {
        format!("it has a temporary disk, as the shipped table of sizes tells of `{}`", printable(size))
    })
}

/// Whether an Azure size has a temporary disk (<https://learn.microsoft.com/azure/virtual-machines/vm-naming-conventions>).
///
/// Up to the third version most sizes have one; since then those with a `d`, those of the fourth version on AMD, and
/// the families for storage and accelerators do. A size that is not known has none.
fn has_temporary_disk(size: &str) -> bool {
    let lower = size.to_lowercase();
    let mut words = lower.trim_start_matches("standard_").trim_start_matches("basic_").split('_');
    let Some(word) = words.next() else { return false };
    let version =
        words.filter_map(|word| word.strip_prefix('v')?.parse::<u8>().ok()).next_back().unwrap_or(1);
    let Some(digits) = word.find(|letter: char| letter.is_ascii_digit()) else { return false };
    let (family, rest) = word.split_at(digits);
    let features: String = rest.chars().filter(char::is_ascii_alphabetic).collect();
    let big = ["l", "h", "n"].iter().any(|letter| family.starts_with(letter));
    let latest = match family {
        "b" | "m" => 1,
        "dc" | "ec" => 2,
        _ => 3,
    };
    features.contains('d') || big || version <= latest || (version == 4 && features.contains('a'))
}

/// The instance tells its own local SSDs; while it is stopped also whether they are kept.
fn local_ssd(instance: &Resource) -> Option<String> {
    let scratch = instance.config.iter().filter_map(|(path, value)| {
        let disk = path.strip_suffix(".type")?;
        (disk.starts_with("disks[") && value.as_str() == Some("SCRATCH")).then_some(disk)
    });
    let kept = |disk: &&str| text(instance, &format!("{disk}.savedState")) == Some("PRESERVED");
    let lost = scratch.filter(|disk| !kept(disk)).count();
    (lost > 0).then(|| {
        format!("it has {lost} local SSD{}, as its own disks tell", if lost == 1 { "" } else { "s" })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_with_an_instance_store_are_told_by_their_letter_or_the_table() {
        for family in
            ["m5d", "c6gd", "r5dn", "g4dn", "x2idn", "i3", "i4i", "d3en", "z1d", "p4d", "g5", "hpc6id"]
        {
            assert!(has_instance_store(family), "{family}");
        }
        for family in ["t3", "m5", "c7g", "r6i", "a1", "m7i-flex", "u-6tb1", "mac2", "inf1", "p3", "g4"] {
            assert!(!has_instance_store(family), "{family}");
        }
    }

    #[test]
    fn sizes_with_a_temporary_disk_are_told_by_version_and_letter() {
        for size in [
            "Standard_D2s_v3",
            "Standard_DS1_v2",
            "Standard_F2s_v2",
            "Standard_B2ms",
            "Standard_D4ds_v5",
            "Standard_E8-4ds_v4",
            "Standard_D2as_v4",
            "Standard_L8s_v3",
            "Standard_NV36ads_A10_v5",
            "Standard_A1",
        ] {
            assert!(has_temporary_disk(size), "{size}");
        }
        for size in [
            "Standard_D4s_v5",
            "Standard_E2s_v4",
            "Standard_D2as_v5",
            "Standard_B2s_v2",
            "Standard_DC2s_v3",
            "Standard_M32ms_v2",
            "",
            "Standard",
        ] {
            assert!(!has_temporary_disk(size), "{size}");
        }
    }
}
