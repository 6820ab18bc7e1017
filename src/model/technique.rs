//! MITRE ATT&CK techniques as versioned data.

use std::sync::LazyLock;

use serde::Deserialize;

/// The latest ATT&CK release that the data knows, for instance `19.2`.
pub static ATTACK_VERSION: LazyLock<&'static str> =
    LazyLock::new(|| DATA.versions.last().map_or("", String::as_str));

/// One technique or sub-technique, as one release has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Technique {
    /// Its id in that release, for instance `T1578.004`.
    pub id: &'static str,
    /// Its name; a sub-technique's begins with its parent's.
    pub name: &'static str,
    /// The tactics that the release files it under.
    pub tactics: &'static [String],
}

/// Returns a technique as the latest release has it, by the id that rules write.
///
/// That id never changes; where a release renumbers, [`Technique::id`] is another.
pub fn technique(id: &str) -> Option<Technique> {
    technique_in(id, &ATTACK_VERSION)
}

/// Returns a technique as a release has it, by the id that rules write; `None` for a release that is not one of
/// [`attack_versions`].
pub fn technique_in(id: &str, version: &str) -> Option<Technique> {
    let major: u32 =
        attack_versions().iter().find(|known| *known == version)?.split('.').next()?.parse().ok()?;
    let entry = DATA.techniques.iter().find(|technique| technique.id == id)?;
    let form = entry.forms.iter().rfind(|form| form.since <= major)?;
    let id = form.id.as_deref().unwrap_or(&entry.id);
    Some(Technique { id, name: &form.name, tactics: &form.tactics })
}

/// Returns the ATT&CK releases that the data knows, the earliest first.
pub fn attack_versions() -> &'static [String] {
    &DATA.versions
}

#[derive(Debug, Deserialize)]
struct Data {
    versions: Vec<String>,
    techniques: Vec<Entry>,
}

/// A technique in all its forms, the earliest first.
#[derive(Debug, Deserialize)]
struct Entry {
    id: String,
    forms: Vec<Form>,
}

/// What a technique is called from a major release on.
#[derive(Debug, Deserialize)]
struct Form {
    since: u32,
    id: Option<String>,
    name: String,
    tactics: Vec<String>,
}

static DATA: LazyLock<Data> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "the data is compiled in and a test parses it")]
    serde_json::from_str(include_str!("attack.json")).expect("attack.json parses")
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_data_knows_every_technique_that_driftline_is_for() {
        for id in ["T1578", "T1578.001", "T1578.002", "T1578.003", "T1578.004", "T1578.005"] {
            assert!(technique(id).is_some_and(|found| !found.tactics.is_empty()), "{id}");
        }
        assert_eq!(*ATTACK_VERSION, "19.2");
    }

    #[test]
    fn every_technique_has_a_form_in_every_release() {
        for entry in &DATA.techniques {
            assert!(entry.forms.is_sorted_by_key(|form| form.since), "{}", entry.id);
            for version in attack_versions() {
                let form = technique_in(&entry.id, version);
                assert!(
                    form.is_some_and(|form| !form.name.is_empty() && !form.tactics.is_empty()),
                    "{}",
                    entry.id
                );
            }
        }
    }

    #[test]
    fn a_release_that_moved_or_renumbered_a_technique_changes_its_form() {
        let form = |id, version| technique_in(id, version).map(|form| (form.id, form.tactics.join(", ")));
        assert_eq!(form("T1578.004", "18.1"), Some(("T1578.004", "Defense Evasion".to_owned())));
        assert_eq!(form("T1578.004", "19.2"), Some(("T1578.004", "Defense Impairment".to_owned())));
        assert_eq!(form("T1562.008", "18.1"), Some(("T1562.008", "Defense Evasion".to_owned())));
        assert_eq!(form("T1562.008", "19.2"), Some(("T1685.002", "Defense Impairment".to_owned())));
        assert_eq!(form("T1578.004", "20.0"), None);
    }
}
