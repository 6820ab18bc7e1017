//! Instance types that cost much and can compute much: what whoever mines with stolen credentials launches.

use crate::model::Provider;

/// How many vCPUs are large.
const LARGE: u32 = 64;

/// Families with accelerators, or of machines for high-performance computing or very large memory, by how their
/// names begin, and what they have.
///
/// | cloud | source |
/// | --- | --- |
/// | AWS | "Accelerated computing", "High-performance computing", "Memory optimized" in the EC2 instance type guide |
/// | Azure | "GPU - accelerated compute", "High performance compute", "FPGA", M series in the VM size overview |
/// | Google Cloud | "Accelerator-optimized", "Compute-optimized H", "Memory-optimized" in the machine family guide |
const FAMILIES: &[(Provider, &[&str], &str)] = &[
    (Provider::Aws, &["p", "g", "gr", "trn", "inf", "dl", "vt", "f"], "accelerators"),
    (Provider::Aws, &["hpc"], "high-performance computing"),
    (Provider::Aws, &["u", "x"], "very large memory"),
    (Provider::Azure, &["nc", "nd", "nv", "ng", "np"], "accelerators"),
    (Provider::Azure, &["hb", "hc", "hx"], "high-performance computing"),
    (Provider::Azure, &["m"], "very large memory"),
    (
        Provider::Gcp,
        &["a2", "a3", "a4", "a4x", "g2", "g4", "ct3", "ct3p", "ct4p", "ct5l", "ct5lp", "ct5p", "ct6e"],
        "accelerators",
    ),
    (Provider::Gcp, &["h3", "h4d"], "high-performance computing"),
    (Provider::Gcp, &["m1", "m2", "m3", "m4", "x4"], "very large memory"),
];

/// Returns what is heavy about an instance type, if anything is.
pub(super) fn heavy(provider: Provider, name: &str) -> Option<&'static str> {
    let name = name.to_lowercase();
    let family = family(provider, &name);
    let known = FAMILIES.iter().filter(|(cloud, ..)| *cloud == provider);
    let of_family =
        known.filter(|(_, families, _)| families.contains(&family)).map(|(.., what)| *what).next();
    of_family.or_else(|| (vcpus(provider, &name)? >= LARGE).then_some("64 vCPUs or more"))
}

/// Returns the letters of a type's family; on Google Cloud its generation belongs to it.
fn family(provider: Provider, name: &str) -> &str {
    let letters = |text: &'_ str| text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len());
    match provider {
        Provider::Aws => name.get(..letters(name)).unwrap_or_default(),
        Provider::Azure => {
            let size = name.strip_prefix("standard_").unwrap_or(name);
            size.get(..letters(size)).unwrap_or_default()
        }
        Provider::Gcp => name.split('-').next().unwrap_or_default(),
    }
}

/// Returns how many vCPUs a type has, as far as its name tells.
fn vcpus(provider: Provider, name: &str) -> Option<u32> {
    match provider {
        Provider::Aws => {
            let size = name.split('.').nth(1)?;
            if size.starts_with("metal") && !name.starts_with("mac") {
                return Some(LARGE);
            }
            Some(size.strip_suffix("xlarge")?.parse::<u32>().ok()?.saturating_mul(4))
        }
        Provider::Azure => {
            let size = name.strip_prefix("standard_").unwrap_or(name);
            let digits: String =
                size.chars().skip_while(char::is_ascii_alphabetic).take_while(char::is_ascii_digit).collect();
            digits.parse().ok()
        }
        Provider::Gcp => name.split('-').find_map(|part| part.parse().ok()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accelerators_and_large_machines_are_heavy() {
        use Provider::{Aws, Azure, Gcp};
        for (provider, name, expected) in [
            (Aws, "p5.48xlarge", Some("accelerators")),
            (Aws, "g5.xlarge", Some("accelerators")),
            (Aws, "gr6.4xlarge", Some("accelerators")),
            (Aws, "u-6tb1.metal", Some("very large memory")),
            (Aws, "x2iedn.xlarge", Some("very large memory")),
            (Aws, "c7i.24xlarge", Some("64 vCPUs or more")),
            (Aws, "m5.metal", Some("64 vCPUs or more")),
            (Aws, "c7i.8xlarge", None),
            (Aws, "t3.micro", None),
            (Aws, "mac2.metal", None),
            (Azure, "Standard_NC24ads_A100_v4", Some("accelerators")),
            (Azure, "Standard_HB120rs_v3", Some("high-performance computing")),
            (Azure, "Standard_D64s_v5", Some("64 vCPUs or more")),
            (Azure, "Standard_D4s_v5", None),
            (Gcp, "a2-highgpu-1g", Some("accelerators")),
            (Gcp, "n2-standard-80", Some("64 vCPUs or more")),
            (Gcp, "e2-standard-4", None),
            (Gcp, "n2-custom-8-16384", None),
        ] {
            assert_eq!(heavy(provider, name), expected, "{name}");
        }
    }
}
