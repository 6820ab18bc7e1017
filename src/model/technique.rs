//! MITRE ATT&CK techniques as versioned data.

use std::sync::LazyLock;

use serde::Deserialize;

/// The ATT&CK release that the data stands for.
pub static ATTACK_VERSION: LazyLock<&'static str> = LazyLock::new(|| DATA.version.as_str());

/// One technique or sub-technique.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Technique {
    /// Its id, for instance `T1578.004`.
    pub id: String,
    /// Its name; a sub-technique's begins with its parent's.
    pub name: String,
    /// The tactics that this release files it under.
    pub tactics: Vec<String>,
}

/// Returns a technique by id.
pub fn technique(id: &str) -> Option<&'static Technique> {
    DATA.techniques.iter().find(|technique| technique.id == id)
}

#[derive(Debug, Deserialize)]
struct Data {
    version: String,
    techniques: Vec<Technique>,
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
        assert!(!ATTACK_VERSION.is_empty());
    }
}
