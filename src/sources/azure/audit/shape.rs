//! The spellings of one record → one (SEMANTICS E.2.1, E.2.3).
//!
//! | | REST, `az`, alert | diagnostic setting | Log Analytics |
//! | --- | --- | --- | --- |
//! | time | `eventTimestamp` | `time` | `TimeGenerated` |
//! | operation | `operationName.value` | `operationName` | `OperationNameValue` |
//! | status | `status.value` | `resultType` | `ActivityStatusValue` |
//! | who | `caller`, `claims` | `identity.claims` | `Caller`, `Claims` |

use serde_json::{Map, Value};

use super::body::{at, member, unpacked};
use crate::model::{AccountId, Timestamp};
use crate::sources::azure::arm;
use crate::sources::{LogHints, Odd, parse_time};

/// The categories of the log, by which an export is told from the logs of single resources; the last three are
/// those of older exports.
const CATEGORIES: &[&str] = &[
    "administrative",
    "alert",
    "autoscale",
    "policy",
    "recommendation",
    "resourcehealth",
    "security",
    "servicehealth",
    "action",
    "delete",
    "write",
];

const TIMES: &[&str] = &["eventTimestamp", "time", "TimeGenerated"];
const OPERATIONS: &[&str] = &["OperationNameValue", "operationName"];

/// One record, in one spelling; absent is what the record does not tell, or tells as null or empty.
#[derive(Debug)]
pub(super) struct Record {
    members: Map<String, Value>,
    /// Who called: the claims of the token.
    pub(super) claims: Map<String, Value>,
    /// What was asked for, and by which role it was allowed.
    pub(super) authorization: Map<String, Value>,
    /// What belongs to the category and the operation.
    pub(super) properties: Map<String, Value>,
    http: Map<String, Value>,
}

impl Record {
    /// Takes a record in any spelling.
    pub(super) fn new(members: Map<String, Value>) -> Self {
        let nested = |names: &[&str]| {
            let unpack = |name: &&str| unpacked(path(&members, name)?)?.as_object().cloned();
            names.iter().find_map(unpack).unwrap_or_default()
        };
        let properties = nested(&["properties", "Properties_d", "Properties"]);
        let in_properties = || properties.get("httpRequest").and_then(unpacked)?.as_object().cloned();
        let http = nested(&["httpRequest", "HTTPRequest"]);
        Self {
            claims: nested(&["claims", "identity.claims", "Claims_d", "Claims"]),
            authorization: nested(&[
                "authorization",
                "identity.authorization",
                "Authorization_d",
                "Authorization",
            ]),
            http: if http.is_empty() { in_properties().unwrap_or_default() } else { http },
            properties,
            members,
        }
    }

    /// Returns the first of these members that holds text, alone or as the `value` of a localised text.
    fn first(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| text(self.members.get(*name)?))
    }

    /// Returns when it happened.
    ///
    /// # Errors
    ///
    /// `no-time` where no member tells, else what [`parse_time`] says of it.
    pub(super) fn time(&self) -> Result<Timestamp, Odd> {
        let named = TIMES.iter().filter_map(|name| Some((name, self.members.get(*name)?)));
        let told = named.into_iter().find(|(_, value)| !value.is_null());
        let (name, value) =
            told.ok_or_else(|| Odd::new("no-time", "no `eventTimestamp`, `time` or `TimeGenerated`"))?;
        parse_time(value).map_err(|odd| Odd::new(odd.code, format!("`{name}`: {}", odd.message)))
    }

    /// Returns the operation as it stands.
    pub(super) fn operation(&self) -> Option<&str> {
        self.first(OPERATIONS).or_else(|| text(self.authorization.get("action")?))
    }

    /// Returns the operation as it stands elsewhere, mostly in mixed case.
    pub(super) fn operation_elsewhere(&self) -> [Option<&str>; 2] {
        [self.authorization.get("action").and_then(text), member(&self.properties, "message").and_then(text)]
    }

    /// Returns the category in lower case, without spaces.
    pub(super) fn category(&self) -> Option<String> {
        let told = self.first(&["category", "CategoryValue", "Category", "eventSource"]);
        let told = told.or_else(|| member(&self.properties, "eventCategory").and_then(text));
        told.map(plain)
    }

    /// Returns the status in lower case: `started`, `success`, `failed`, `active`.
    pub(super) fn status(&self) -> Option<String> {
        let told = self.first(&["status", "ActivityStatusValue", "resultType", "ActivityStatus"]);
        told.or_else(|| Some(self.signature()?.0)).map(plain)
    }

    /// Returns how HTTP was answered, as one word: `Created`, `Forbidden`.
    pub(super) fn answer(&self) -> Option<&str> {
        let told = self.first(&["subStatus", "ActivitySubstatusValue", "ActivitySubstatus"]);
        let told = told.or_else(|| Some(self.signature()?.1).filter(|word| !word.is_empty()));
        let told = told.or_else(|| member(&self.properties, "statusCode").and_then(text));
        // `Created (HTTP Status Code: 201)`
        told.map(|told| told.split(" (").next().unwrap_or(told).trim())
    }

    /// `Accepted.Created` is a status and an answer.
    fn signature(&self) -> Option<(&str, &str)> {
        let signature = self.first(&["resultSignature"])?;
        Some(signature.split_once('.').unwrap_or((signature, "")))
    }

    /// Returns the canonical id of what was acted on; empty where nothing tells.
    ///
    /// Some exports cut the name of an extension resource off, which `entity` still holds.
    pub(super) fn resource(&self) -> String {
        let told = self.first(&["resourceId", "_ResourceId", "ResourceId", "resourceUri", "ResourceUri"]);
        let entity = member(&self.properties, "entity").and_then(text).map(arm::canonical);
        let scope = || self.authorization.get("scope").and_then(text).map(arm::canonical);
        let own = || self.own_id().map(|(resource, _)| arm::canonical(resource));
        match (told.map(arm::canonical), entity) {
            (Some(told), Some(entity)) if entity.starts_with(&format!("{told}/")) => entity,
            (Some(told), _) => told,
            (None, entity) => entity.or_else(own).or_else(scope).unwrap_or_default(),
        }
    }

    /// The record's own id: that of the resource, and its number.
    fn own_id(&self) -> Option<(&str, &str)> {
        let (resource, event) = self.first(&["id"])?.rsplit_once("/events/")?;
        Some((resource, event.split('/').next()?))
    }

    /// Returns the number by which it counts once, in lower case; exports have none.
    pub(super) fn number(&self) -> Option<String> {
        let told = self.first(&["eventDataId", "EventDataId"]);
        told.or_else(|| Some(self.own_id()?.1)).map(str::to_lowercase)
    }

    /// Returns the id that the operations of one act share, in lower case.
    pub(super) fn correlation(&self) -> Option<String> {
        self.first(&["correlationId", "CorrelationId"]).map(str::to_lowercase)
    }

    /// Returns the id that the caller gave its request.
    pub(super) fn client_request(&self) -> Option<&str> {
        member(&self.http, "clientRequestId").and_then(text)
    }

    /// Returns the method of the request; `PATCH` never makes anything.
    pub(super) fn method(&self) -> Option<&str> {
        member(&self.http, "method").and_then(text)
    }

    /// Returns the caller as the log names it.
    pub(super) fn caller(&self) -> Option<&str> {
        self.first(&["caller", "Caller"])
    }

    /// Returns the address of the caller.
    pub(super) fn address(&self) -> Option<&str> {
        let told = member(&self.http, "clientIpAddress").and_then(text);
        told.or_else(|| self.first(&["callerIpAddress", "CallerIpAddress"]))
            .or_else(|| self.claims.get("ipaddr").and_then(text))
    }

    /// Returns the tenant of the subscription; what Log Analytics calls `TenantId` is a workspace.
    pub(super) fn tenant(&self) -> Option<String> {
        self.first(&["tenantId"]).map(str::to_lowercase)
    }

    /// Returns when the log delivered it.
    pub(super) fn ingested_at(&self, hints: &LogHints) -> Option<Timestamp> {
        let told = ["submissionTimestamp", "EventSubmissionTimestamp"].iter();
        let told = told.filter_map(|name| self.members.get(*name)).find_map(|time| parse_time(time).ok());
        told.or(hints.ingested_at)
    }

    /// Returns the subscription whose log it stands in.
    pub(super) fn account(&self, resource: &str, hints: &LogHints) -> AccountId {
        let told = || self.first(&["subscriptionId", "SubscriptionId"]).map(str::to_lowercase);
        let own =
            || self.own_id().and_then(|(id, _)| arm::subscription(&arm::canonical(id)).map(str::to_owned));
        let account = arm::subscription(resource).map(str::to_owned).or_else(told).or_else(own);
        account.map(AccountId::new).or_else(|| hints.account.clone()).unwrap_or_else(AccountId::unknown)
    }

    /// Returns the whole record.
    pub(super) fn into_value(self) -> Value {
        Value::Object(self.members)
    }
}

/// Tells a record of the log, in any of its spellings, by its members.
pub(super) fn recognise(record: &Map<String, Value>) -> bool {
    let has = |name: &str| record.get(name).is_some_and(|value| !value.is_null());
    let any = |names: &[&str]| names.iter().any(|name| has(name));
    let rest = has("eventTimestamp") && any(&["operationName", "eventDataId", "correlationId"]);
    let analytics = has("TimeGenerated")
        && (any(&["OperationNameValue", "ActivityStatusValue"])
            || record.get("Type").is_some_and(|name| name == "AzureActivity"));
    rest || analytics || is_export(record)
}

/// Whether a record came through a diagnostic setting, and from no log of a single resource, which are alike.
fn is_export(record: &Map<String, Value>) -> bool {
    let has = |name: &str| record.contains_key(name);
    let like = has("time") && has("operationName") && has("resourceId");
    let category = record.get("category").and_then(text).map(plain);
    match category {
        Some(category) => like && CATEGORIES.contains(&category.as_str()),
        None => like && path(record, "identity.authorization").is_some(),
    }
}

/// Returns text that stands alone, or as the `value` of a localised text; no empty one.
fn text(value: &Value) -> Option<&str> {
    let value = value.get("value").unwrap_or(value);
    value.as_str().map(str::trim).filter(|text| !text.is_empty())
}

fn path<'a>(members: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    match path.split_once('.') {
        Some((name, rest)) => at(members.get(name)?, rest),
        None => members.get(path).filter(|value| !value.is_null()),
    }
}

/// One spelling of a word: `Service Health` and `ServiceHealth`, `Started.` and `started` are one.
fn plain(word: &str) -> String {
    word.trim_end_matches('.').split_whitespace().collect::<String>().to_lowercase()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn members(value: Value) -> Map<String, Value> {
        let Value::Object(members) = value else { panic!() };
        members
    }

    fn record(value: Value) -> Record {
        Record::new(members(value))
    }

    #[test]
    fn each_spelling_is_recognised_and_no_log_of_a_single_resource_is() {
        for native in [
            json!({"eventTimestamp": "t", "operationName": {"value": "o"}, "caller": "c", "id": "i"}),
            json!({"time": "t", "operationName": "o", "resourceId": "r", "category": "Administrative"}),
            json!({"time": "t", "operationName": "o", "resourceId": "r", "category": "Write"}),
            json!({"time": "t", "operationName": "o", "resourceId": "r", "identity": {"authorization": {}}}),
            json!({"TimeGenerated": "t", "OperationNameValue": "o"}),
            json!({"TimeGenerated": "t", "Type": "AzureActivity"}),
        ] {
            assert!(recognise(&members(native.clone())), "{native}");
        }
        for native in [
            json!({"time": "t", "operationName": "VaultGet", "resourceId": "r", "category": "AuditEvent"}),
            json!({"time": "t", "operationName": "Sign-in activity", "resourceId": "r", "category": "SignInLogs"}),
            json!({"eventTime": "t", "eventName": "RunInstances", "eventSource": "ec2.amazonaws.com"}),
            json!({"timestamp": "t", "protoPayload": {}, "logName": "l"}),
        ] {
            assert!(!recognise(&members(native.clone())), "{native}");
        }
    }

    #[test]
    fn plain_text_and_localised_text_are_one_and_null_is_absent() {
        for status in [json!("Failed"), json!({"value": "Failed", "localizedValue": "Fehler"})] {
            assert_eq!(record(json!({"status": status})).status().as_deref(), Some("failed"));
        }
        let null = record(json!({"status": {"value": null}, "subStatus": {"value": ""}, "category": null}));
        assert_eq!((null.status(), null.answer(), null.category()), (None, None, None));
    }

    #[test]
    fn an_export_s_signature_tells_status_and_answer() {
        let told = record(json!({"resultSignature": "Accepted.Created"}));
        assert_eq!((told.status().as_deref(), told.answer()), (Some("accepted"), Some("Created")));
        let bare = record(json!({"resultType": "Start", "resultSignature": "Started."}));
        assert_eq!((bare.status().as_deref(), bare.answer()), (Some("start"), None));
        let long = record(json!({"ActivitySubstatus": "Created (HTTP Status Code: 201)"}));
        assert_eq!(long.answer(), Some("Created"));
    }

    #[test]
    fn columns_that_hold_json_as_text_are_read() {
        let told = record(json!({"Claims": "{\"ipaddr\":\"203.0.113.5\"}",
            "HTTPRequest": "{\"clientRequestId\":\"q\"}", "TenantId": "workspace"}));
        assert_eq!((told.address(), told.client_request()), (Some("203.0.113.5"), Some("q")));
        assert_eq!(told.tenant(), None);
    }

    #[test]
    fn a_name_that_an_export_cut_off_is_taken_from_the_entity() {
        let told = record(json!({"resourceId": "/SUBSCRIPTIONS/S/PROVIDERS/MICROSOFT.AUTHORIZATION",
            "properties": {"entity": "/subscriptions/S/providers/Microsoft.Authorization/locks/L"}}));
        assert_eq!(told.resource(), "/subscriptions/s/providers/microsoft.authorization/locks/l");
    }

    #[test]
    fn the_record_s_own_id_tells_number_and_resource_where_nothing_else_does() {
        let own =
            record(json!({"id": "/subscriptions/S/resourcegroups/G/providers/p/t/n/events/AB/ticks/7"}));
        assert_eq!(own.number().as_deref(), Some("ab"));
        assert_eq!(own.resource(), "/subscriptions/s/resourcegroups/g/providers/p/t/n");
    }
}
