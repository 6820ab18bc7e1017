//! `DescribeTrails`, `GetTrailStatus` and `GetEventSelectors` → audit log (SEMANTICS A.3).

use serde_json::{Map, Value};

use super::identity::{self, Origin};
use super::{Call, Native};
use crate::model::{Kind, Location, Locator, Uid};
use crate::sources::aws::audit::trails;
use crate::sources::{Element, Field, Form, Hints, Odd, Overlay, Reading};

/// How CloudTrail lists the trails of a region.
pub(super) const NATIVE: Native = Native {
    kind: Kind::AuditLog,
    envelopes: &["trailList"],
    id: "TrailARN",
    prefixes: &["arn:"],
    marks: &["HomeRegion", "IsMultiRegionTrail"],
    strangers: &[],
    // `list-trails` tells name, ARN and region alone.
    needs: Some("S3BucketName"),
    read,
};

/// Whether a trail records: the answer does not say of which, so that whoever keeps it adds the `TrailARN`.
pub(super) const STATUS: Call = Call {
    name: "get-trail-status",
    kind: Kind::AuditLog,
    envelope: None,
    is_answer: |body| names_trail(body) && body.get("IsLogging").is_some_and(Value::is_boolean),
    read: |element| overlay(element, STATUS_FIELDS),
};

/// What a trail records.
pub(super) const SELECTORS: Call = Call {
    name: "get-event-selectors",
    kind: Kind::AuditLog,
    envelope: None,
    is_answer: |body| {
        let tells = ["EventSelectors", "AdvancedEventSelectors"];
        names_trail(body) && tells.iter().any(|name| body.get(*name).is_some_and(Value::is_array))
    },
    read: read_selectors,
};

const FIELDS: &[Field] = &[
    Field::config("CloudWatchLogsLogGroupArn", Form::Plain),
    Field::config("CloudWatchLogsRoleArn", Form::Plain),
    Field::config("HasCustomEventSelectors", Form::Plain),
    Field::config("HasInsightSelectors", Form::Plain),
    Field::config("IncludeGlobalServiceEvents", Form::Plain),
    Field::config("IsMultiRegionTrail", Form::Plain),
    Field::config("IsOrganizationTrail", Form::Plain),
    Field::config("KmsKeyId", Form::Plain),
    Field::config("LogFileValidationEnabled", Form::Plain),
    Field::config("RecursiveLogging", Form::Plain),
    Field::config("S3BucketName", Form::Plain),
    Field::config("S3KeyPrefix", Form::Plain),
    Field::config("SnsTopicARN", Form::Plain),
    // The name of the topic is the end of its ARN.
    Field::volatile("SnsTopicName"),
];

/// Deliveries move all the time; that one fails proves something.
const STATUS_FIELDS: &[Field] = &[
    Field::config("IsLogging", Form::Plain),
    Field::evidence("LatestDeliveryError", Form::Plain),
    Field::evidence("LatestDigestDeliveryError", Form::Plain),
    Field::evidence("StartLoggingTime", Form::Time),
    Field::evidence("StopLoggingTime", Form::Time),
];

/// What no selector of a trail selects: `write events, events of ec2.amazonaws.com`.
const NOT_RECORDED: &str = "NotRecorded";

/// Absence would be that nobody asked.
const NOTHING: &str = "nothing";

const SELECTOR_FIELDS: &[Field] = &[
    Field::config("AdvancedEventSelectors", Form::Set),
    Field::config("EventSelectors", Form::Set),
    Field::config(NOT_RECORDED, Form::Plain),
];

fn names_trail(body: &Map<String, Value>) -> bool {
    body.get("TrailARN").and_then(Value::as_str).is_some_and(|arn| arn.starts_with("arn:"))
}

/// Reads a trail. An organization's stands in each member account, too: there it is the member's view of it.
fn read(mut element: Element, _: &Map<String, Value>, hints: &Hints) -> Result<Reading, Odd> {
    let arn = element.take_id("TrailARN")?;
    // `arn:aws:cloudtrail:<home region>:<account>:trail/<name>`
    let owner = arn.split(':').nth(4).filter(|owner| !owner.is_empty()).map(str::to_owned);
    let origin = Origin { hints, owner: owner.clone(), zone: None };
    let mut resource = identity::resource(Kind::AuditLog, arn.clone(), origin);
    if owner.is_some_and(|owner| owner != resource.account.as_str()) {
        resource.key.uid = Uid::new(format!("{}/{arn}", resource.account));
        resource.locator = Locator::new(arn);
    }
    if let Some(home) = element.take_text("HomeRegion") {
        resource.location = Location::new(home);
    }
    resource.name = element.take_text("Name");
    element.take_fields(FIELDS, "", &mut resource);
    Ok(element.finish(resource))
}

/// What no selector selects stands beside the selectors, in the words of the audit log: of the two sorts, which take
/// each other's place, a trail has one.
fn read_selectors(element: Element) -> Result<Reading, Odd> {
    let told = element.respelled(|mut told| {
        let left_out =
            trails::selected(&Value::Object(told.clone())).map(|left_out| match left_out.as_slice() {
                [] => NOTHING.to_owned(),
                left_out => left_out.join(", "),
            });
        told.extend(left_out.map(|left_out| (NOT_RECORDED.to_owned(), left_out.into())));
        told
    });
    overlay(told, SELECTOR_FIELDS)
}

/// Reads what a separate call tells of a trail; what no table names is not kept.
fn overlay(mut element: Element, fields: &[Field]) -> Result<Reading, Odd> {
    let arn = element.take_id("TrailARN")?;
    let origin = Origin { hints: &Hints::default(), owner: None, zone: None };
    let mut resource = identity::resource(Kind::AuditLog, arn.clone(), origin);
    element.take_fields(fields, "", &mut resource);
    let overlay = Overlay::new(super::PROVIDER, Kind::AuditLog, arn);
    Ok(Reading::Overlay(Overlay { config: resource.config, evidence: resource.evidence, ..overlay }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::plain;
    use super::*;
    use crate::model::AccountId;

    const ARN: &str = "arn:aws:cloudtrail:eu-west-1:111122223333:trail/main";

    fn trail() -> Value {
        json!({
            "Name": "main", "S3BucketName": "logs", "S3KeyPrefix": "p", "SnsTopicName": "t",
            "SnsTopicARN": "arn:aws:sns:eu-west-1:111122223333:t", "IncludeGlobalServiceEvents": true,
            "IsMultiRegionTrail": true, "HomeRegion": "eu-west-1", "TrailARN": ARN,
            "LogFileValidationEnabled": true, "HasCustomEventSelectors": true, "HasInsightSelectors": false,
            "IsOrganizationTrail": false,
            "CloudWatchLogsLogGroupArn": "arn:aws:logs:eu-west-1:111122223333:log-group:g:*",
            "CloudWatchLogsRoleArn": "arn:aws:iam::111122223333:role/r",
            "KmsKeyId": "arn:aws:kms:eu-west-1:111122223333:key/k",
        })
    }

    fn told(call: &Call, answer: Value) -> Overlay {
        let Value::Object(answer) = answer else { panic!() };
        assert!((call.is_answer)(&answer));
        let Ok(Reading::Overlay(overlay)) = (call.read)(Element::new(answer)) else { panic!() };
        overlay
    }

    #[test]
    fn a_trail_is_its_arn_and_stands_in_its_home_region() {
        let trail = plain(read, trail());
        assert_eq!(trail.key.uid.as_str(), ARN);
        assert_eq!((trail.account.as_str(), trail.location.as_str()), ("111122223333", "eu-west-1"));
        assert_eq!(trail.name.as_deref(), Some("main"));
        assert_eq!(trail.config["IsMultiRegionTrail"], true);
        assert_eq!(trail.unmapped, [].into());
    }

    #[test]
    fn an_organization_s_trail_is_another_resource_in_each_member() {
        let hints = Hints { account: Some(AccountId::new("444455556666")), ..Hints::default() };
        let Value::Object(native) = trail() else { panic!() };
        let Ok(Reading::Resource { resource, .. }) = read(Element::new(native), &Map::new(), &hints) else {
            panic!()
        };
        assert_eq!(resource.key.uid.as_str(), format!("444455556666/{ARN}"));
        assert_eq!((resource.account.as_str(), resource.locator.as_str()), ("444455556666", ARN));
        assert_eq!(resource.config["OwnerId"], "111122223333");
    }

    #[test]
    fn status_and_selectors_are_told_of_the_trail_that_they_name() {
        let status = json!({ "TrailARN": ARN, "IsLogging": false, "LatestDeliveryTime": 1_767_323_045.0,
            "StopLoggingTime": "2026-01-02T03:04:05Z" });
        let status = told(&STATUS, status);
        assert_eq!(status.target, ARN);
        assert_eq!(status.config, [("IsLogging".to_owned(), json!(false))].into());
        assert_eq!(status.evidence.len(), 1);
        let basic = json!([{ "ReadWriteType": "All", "IncludeManagementEvents": true }]);
        let selectors = told(&SELECTORS, json!({ "TrailARN": ARN, "EventSelectors": basic.clone() }));
        assert_eq!(selectors.config["EventSelectors"], basic);
    }

    #[test]
    fn what_is_not_recorded_is_told_whichever_sort_of_selectors_a_trail_has() {
        let not_recorded = |sort: &str, selector: Value| {
            told(&SELECTORS, json!({ "TrailARN": ARN, sort: [selector] })).config[NOT_RECORDED].clone()
        };
        let basic = |kept: &str| json!({ "ReadWriteType": kept, "IncludeManagementEvents": true });
        let of_category = |category: &str| json!({ "FieldSelectors": [{ "Field": "eventCategory", "Equals": [category] }] });
        assert_eq!(not_recorded("EventSelectors", basic("All")), NOTHING);
        assert_eq!(not_recorded("EventSelectors", basic("ReadOnly")), "write events");
        assert_eq!(not_recorded("AdvancedEventSelectors", of_category("Management")), NOTHING);
        assert_eq!(not_recorded("AdvancedEventSelectors", of_category("Data")), "management events");
    }

    #[test]
    fn a_status_that_names_no_trail_is_nobody_s() {
        let Value::Object(status) = json!({ "IsLogging": true }) else { panic!() };
        assert!(!(STATUS.is_answer)(&status));
    }
}
