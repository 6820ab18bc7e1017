//! One log entry, spelled as the API spells it, and where its resources are.

use serde_json::{Map, Value};

use super::super::wire;
use super::spelling::{at, text};
use crate::model::{AccountId, Locator, canonical_json};
use crate::sources::{LogHints, Odd, parse_time};

/// One log entry.
pub(super) struct Entry {
    whole: Value,
    /// The account whose log it is.
    pub(super) account: AccountId,
    /// The project of `resourceName`, by id where the entry tells it.
    project: AccountId,
    /// The number by which `resourceName` calls that project.
    number: Option<String>,
}

impl Entry {
    /// Takes an entry in camel case.
    pub(super) fn new(members: Map<String, Value>, hints: &LogHints) -> Self {
        let whole = Value::Object(members);
        let labelled = text(&whole, "resource.labels.project_id").filter(|project| !is_number(project));
        let account = account(text(&whole, "logName"), labelled, hints);
        let named = text(&whole, "protoPayload.resourceName").and_then(project_in);
        let (project, number) = match (named, labelled) {
            (Some(number), Some(id)) if is_number(number) => (AccountId::new(id), Some(number.to_owned())),
            (Some(named), _) => (AccountId::new(named), None),
            (None, Some(id)) => (AccountId::new(id), None),
            (None, None) => (account.clone(), None),
        };
        Self { whole, account, project, number }
    }

    /// Returns the value at a dotted path of the entry.
    pub(super) fn at(&self, path: &str) -> Option<&Value> {
        at(&self.whole, path)
    }

    /// Returns the text at a dotted path of the entry.
    pub(super) fn text(&self, path: &str) -> Option<&str> {
        text(&self.whole, path)
    }

    /// Returns the audit record.
    pub(super) fn payload(&self) -> &Value {
        self.at("protoPayload").unwrap_or(&Value::Null)
    }

    /// Returns the request, as far as the log shows it.
    pub(super) fn request(&self) -> &Value {
        self.at("protoPayload.request").unwrap_or(&Value::Null)
    }

    /// Returns the project of the resource that the call named.
    pub(super) fn project(&self) -> &AccountId {
        &self.project
    }

    /// Returns the number of [`Entry::project`], where the entry tells id and number.
    pub(super) fn project_number(&self) -> Option<&str> {
        self.number.as_deref()
    }

    /// Whether it stands in the log of this name: `activity`, `system_event`, `data_access`, `policy`.
    pub(super) fn is_in(&self, log: &str) -> bool {
        self.text("logName").is_some_and(|name| name.ends_with(log))
    }

    /// Returns a URL as inventory spells it; a project's number becomes its id where the entry tells both.
    pub(super) fn locator(&self, url: &str) -> Locator {
        let locator = wire::locator(url, &self.project);
        let numbered = self.number.as_ref().and_then(|number| {
            let rest = locator.as_str().strip_prefix("projects/")?.strip_prefix(number.as_str())?;
            (rest.is_empty() || rest.starts_with('/')).then(|| format!("projects/{}{rest}", self.project))
        });
        numbered.map_or(locator, Locator::new)
    }

    /// Returns a label of the entry, also as a `BigQuery` export spells it.
    pub(super) fn label(&self, name: &str) -> Option<&str> {
        let labels = self.at("labels")?;
        let column: String =
            name.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '_' }).collect();
        let label = labels.get(name).or_else(|| labels.get(&column))?;
        label.as_str().filter(|text| !text.is_empty())
    }

    /// Returns a time in the entry; `2026-01-02 03:04:05 UTC` is how a `BigQuery` export writes one.
    ///
    /// # Errors
    ///
    /// `no-time` if it is absent, `wrong-type` and `date-out-of-range` as [`parse_time`] has them.
    pub(super) fn time(&self, name: &str) -> Result<crate::model::Timestamp, Odd> {
        let value = self.at(name).ok_or_else(|| Odd::new("no-time", format!("`{name}` is absent")))?;
        let bare = value.as_str().and_then(|text| text.strip_suffix(" UTC")).map(Value::from);
        parse_time(bare.as_ref().unwrap_or(value))
            .map_err(|odd| Odd::new(odd.code, format!("`{name}`: {}", odd.message)))
    }

    /// Returns the whole entry in canonical form.
    pub(super) fn canonical(&self) -> String {
        canonical_json(&self.whole)
    }
}

/// Returns the account whose log it is: the log's project by id, else what the resource, the hints, or at
/// last the log's name say.
fn account(log: Option<&str>, labelled: Option<&str>, hints: &LogHints) -> AccountId {
    let owner = log.and_then(|name| name.split_once("/logs/")).map(|(owner, _)| owner);
    let project = owner.and_then(|owner| owner.strip_prefix("projects/"));
    let by_id = project.filter(|project| !is_number(project)).or(labelled).map(AccountId::new);
    by_id
        .or_else(|| hints.account.clone())
        .or_else(|| project.or(owner).map(AccountId::new))
        .unwrap_or_else(AccountId::unknown)
}

/// Returns the project in a resource name, whichever service's it is.
fn project_in(name: &str) -> Option<&str> {
    let path = match name.strip_prefix("//") {
        Some(rest) => rest.split_once('/')?.1,
        None => name,
    };
    path.strip_prefix("projects/")?.split('/').next().filter(|project| !matches!(*project, "" | "-" | "_"))
}

/// Whether it is a project's number, and no id: an id begins with a letter.
pub(super) fn is_number(project: &str) -> bool {
    !project.is_empty() && project.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn entry(value: &Value, hints: &LogHints) -> Entry {
        Entry::new(value.as_object().cloned().unwrap(), hints)
    }

    #[test]
    fn the_account_is_the_log_s_project_by_id() {
        let account = |log: &str, label: &str, hint: Option<&str>| {
            let hints = LogHints { account: hint.map(AccountId::new), ..LogHints::default() };
            let value = json!({"logName": format!("{log}/logs/x"),
                "resource": {"labels": {"project_id": label}}});
            entry(&value, &hints).account.to_string()
        };
        assert_eq!(account("projects/p", "q", Some("r")), "p");
        assert_eq!(account("projects/12", "q", Some("r")), "q");
        assert_eq!(account("organizations/1", "", Some("r")), "r");
        assert_eq!(account("organizations/1", "", None), "organizations/1");
        assert_eq!(account("projects/12", "", None), "12");
    }

    #[test]
    fn a_project_s_number_becomes_its_id_only_where_both_are_told() {
        let locator = |resource: &str, label: &str, url: &str| {
            let value = json!({"resource": {"labels": {"project_id": label}},
                "protoPayload": {"resourceName": resource}});
            entry(&value, &LogHints::default()).locator(url).to_string()
        };
        let numbered = "projects/12/zones/z/disks/d";
        assert_eq!(locator(numbered, "p", numbered), "projects/p/zones/z/disks/d");
        assert_eq!(locator(numbered, "", numbered), numbered);
        assert_eq!(locator(numbered, "p", "projects/123/global/images/i"), "projects/123/global/images/i");
        assert_eq!(locator(numbered, "p", "global/snapshots/s"), "projects/p/global/snapshots/s");
        let link = "https://www.googleapis.com/compute/beta/projects/12/zones/z/disks/d";
        assert_eq!(locator(numbered, "p", link), "projects/p/zones/z/disks/d");
    }

    #[test]
    fn a_label_and_a_time_are_read_as_bigquery_writes_them() {
        let value = json!({"labels": {"compute_googleapis_com_root_trigger_id": "r"},
            "timestamp": "2026-01-02 03:04:05.100000 UTC", "receiveTimestamp": "soon"});
        let entry = entry(&value, &LogHints::default());
        assert_eq!(entry.label("compute.googleapis.com/root_trigger_id"), Some("r"));
        assert_eq!(entry.time("timestamp").unwrap().to_string(), "2026-01-02T03:04:05.1Z");
        assert_eq!(entry.time("receiveTimestamp").unwrap_err().code, "wrong-type");
        assert_eq!(entry.time("insertTime").unwrap_err().code, "no-time");
    }
}
