//! The page of the configuration, from the tables that read it.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use super::markdown::{Page, code, link};
use super::schema::{Document, Fields, Section, fields};
use crate::config::Config;

/// The definition of the keys that options and variables of the environment stand above.
const LIMITS: &str = "LimitsTable";

/// Returns the page.
pub(super) fn page() -> Page {
    let schema = Config::json_schema();
    let text = format!(
        "# Configuration\n\nThe file is `--config FILE`, else `DRIFTLINE_CONFIG`, else \
         `driftline/driftline.toml` in the user's configuration folder; {} prints its JSON Schema for editors. \
         Each of [`[limits]`](#limits) can be set by an option and by a variable of the environment, too: \
         `--burst` wins over `DRIFTLINE_BURST`, that over the file.\n\n{}",
        link("`driftline generate schemas config.v1`", "commands/generate.md#driftline-generate-schemas"),
        Document::new(&schema, Fields::Given, heading).render(),
    );
    Page::new("configuration.md", text)
}

/// Returns the variable of the environment that stands in for an option, if the option is one of the limits.
pub(super) fn limit_variable(option: &str) -> Option<String> {
    static NAMES: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
        let schema = Config::json_schema();
        fields(&schema, LIMITS).into_iter().flatten().map(|(name, _)| name.clone()).collect()
    });
    let variable = || format!("DRIFTLINE_{}", option.to_uppercase().replace('-', "_"));
    NAMES.contains(option).then(variable)
}

/// Returns what heads a table in the file: `[[aws]]`, `[aws.organization]`.
fn heading(section: &Section<'_>) -> String {
    if section.is_words() {
        return section.name().to_owned();
    }
    match section.place() {
        "" => "Top level".to_owned(),
        place => match place.strip_suffix("[]") {
            Some(list) => code(&format!("[[{}]]", list.replace("[]", ""))),
            None => code(&format!("[{}]", place.replace("[]", ""))),
        },
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;
    use crate::config::Overrides;

    #[test]
    fn every_limit_has_a_variable_and_no_other_option_has() {
        let asked = RefCell::new(BTreeSet::new());
        let lookup = |name: &str| {
            asked.borrow_mut().insert(name.to_owned());
            None
        };
        Overrides::from_environment(lookup).unwrap();
        let schema = Config::json_schema();
        let limits = fields(&schema, LIMITS).unwrap().keys();
        assert_eq!(limits.filter_map(|key| limit_variable(key)).collect::<BTreeSet<_>>(), asked.into_inner());
        assert_eq!(limit_variable("provider"), None);
    }
}
