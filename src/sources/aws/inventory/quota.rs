//! `ListServiceQuotas` of EC2 and EBS → quota (SEMANTICS A.3).

use serde_json::{Map, Value};

use super::Native;
use super::identity::{self, Origin};
use crate::model::{AccountId, Kind, Location, Locator};
use crate::sources::{Element, Field, Form, Hints, Odd, Reading};

/// How Service Quotas lists the quotas of one service in a region.
pub(super) const NATIVE: Native = Native {
    kind: Kind::Quota,
    envelopes: &["Quotas"],
    id: "QuotaCode",
    prefixes: &["L-"],
    marks: &["Value", "ErrorReason"],
    strangers: &[],
    // `list-requested-service-quota-change-history` tells no `Value`, but a `DesiredValue`.
    needs: Some("QuotaArn"),
    read,
};

/// What the vendor says of a quota is the same for everybody, and no drift of one account.
const FIELDS: &[Field] = &[
    // Ahead of the rest of the context, which is taken whole.
    Field::volatile("QuotaContext.AdjustableAtLevel"),
    Field::config("Period", Form::Plain),
    Field::config("QuotaAppliedAtLevel", Form::Plain),
    Field::config("QuotaContext", Form::Plain),
    Field::config("Unit", Form::Plain),
    Field::config("Value", Form::Plain),
    Field::evidence("ErrorReason", Form::Plain),
    Field::volatile("Adjustable"),
    Field::volatile("Description"),
    Field::volatile("GlobalQuota"),
    Field::volatile("ServiceName"),
    Field::volatile("UsageMetric"),
];

/// Reads a quota; its ARN names region and account, its code the same quota in all of them.
///
/// # Errors
///
/// `no-id` without a code; `wrong-type` for a default of the service, which its ARN puts into no account.
fn read(mut element: Element, _: &Map<String, Value>, hints: &Hints) -> Result<Reading, Odd> {
    let code = element.take_id("QuotaCode")?;
    let arn = element.take_id("QuotaArn")?;
    // `arn:aws:servicequotas:<region>:<account>:<service>/<code>`
    let part = |at: usize| arn.split(':').nth(at).filter(|part| !part.is_empty());
    let Some(owner) = part(4).map(str::to_owned) else {
        return Err(Odd::new(
            "wrong-type",
            format!("`{code}` is a service's default, and no account's quota"),
        ));
    };
    let region = part(3).map(Location::new).or_else(|| hints.location.clone());
    let region = region.unwrap_or_else(Location::unknown);
    let service = element.take_text("ServiceCode").unwrap_or_else(|| "unknown".to_owned());
    let account = hints.account.as_ref().map_or(owner.as_str(), |account| account.as_str());
    let hints = Hints { account: Some(AccountId::new(account)), ..hints.clone() };
    let id = format!("{region}/{service}/{code}");
    let origin = Origin { hints: &hints, owner: Some(owner), zone: None };
    let mut resource = identity::within(Kind::Quota, &id, origin);
    resource.location = region;
    resource.locator = Locator::new(arn);
    resource.name = element.take_text("QuotaName").or(Some(code));
    element.take_fields(FIELDS, "", &mut resource);
    Ok(element.finish(resource))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::plain;
    use super::*;
    use crate::model::{Confidence, Resource};

    fn native(value: f64) -> Value {
        json!({
            "ServiceCode": "ec2", "ServiceName": "Amazon Elastic Compute Cloud (Amazon EC2)",
            "QuotaArn": "arn:aws:servicequotas:eu-west-1:111122223333:ec2/L-1216C47A",
            "QuotaCode": "L-1216C47A", "QuotaName": "Running On-Demand Standard instances",
            "Value": value, "Unit": "None", "Adjustable": true, "GlobalQuota": false,
            "UsageMetric": { "MetricNamespace": "AWS/Usage", "MetricName": "ResourceCount",
                "MetricDimensions": { "Class": "Standard/OnDemand", "Resource": "vCPU", "Service": "EC2",
                    "Type": "Resource" }, "MetricStatisticRecommendation": "Maximum" },
            "QuotaAppliedAtLevel": "ACCOUNT", "Description": "vCPUs",
            "QuotaContext": { "ContextScope": "RESOURCE", "ContextId": "*", "AdjustableAtLevel": "ACCOUNT" },
        })
    }

    fn quota(value: f64) -> Resource {
        plain(read, native(value))
    }

    #[test]
    fn a_quota_is_its_code_in_an_account_and_a_region() {
        let quota = quota(256.0);
        assert_eq!(quota.key.uid.as_str(), "111122223333/eu-west-1/ec2/L-1216C47A");
        assert_eq!(quota.uid_confidence, Confidence::High);
        assert_eq!((quota.account.as_str(), quota.location.as_str()), ("111122223333", "eu-west-1"));
        assert_eq!(quota.name.as_deref(), Some("Running On-Demand Standard instances"));
        assert_eq!(quota.config["Value"], 256);
        assert_eq!(quota.config["QuotaContext.ContextScope"], "RESOURCE");
        assert_eq!(quota.unmapped, [].into());
    }

    #[test]
    fn a_raised_quota_is_drift_and_another_wording_of_the_vendor_is_none() {
        assert_ne!(quota(512.0).config, quota(256.0).config);
        let mut reworded = native(256.0);
        reworded["Description"] = json!("virtual CPUs");
        reworded["Adjustable"] = json!(false);
        reworded["QuotaContext"]["AdjustableAtLevel"] = json!("ALL");
        assert_eq!(plain(read, reworded), quota(256.0));
    }

    #[test]
    fn a_default_of_the_service_is_no_account_s_quota() {
        let Value::Object(mut native) = native(5.0) else { panic!() };
        native.insert("QuotaArn".to_owned(), json!("arn:aws:servicequotas:eu-west-1::ec2/L-1216C47A"));
        let odd = read(Element::new(native), &Map::new(), &Hints::default()).unwrap_err();
        assert_eq!(odd.code, "wrong-type");
    }
}
