//! What all compute of an account depends on: quotas and trails.

use serde_json::{Value, json};

use super::*;

/// An answer in the JSON of the newer services.
fn answer_json(body: &Value) -> Reply {
    Reply::new(200, "application/x-amz-json-1.1", body.to_string())
}

/// A refusal in the JSON of the newer services.
fn refuse_json(code: &str) -> Reply {
    let body = json!({ "__type": code, "message": "User is not authorized" });
    Reply::new(400, "application/x-amz-json-1.1", body.to_string())
}

#[test]
fn quotas_are_listed_service_by_service_and_a_refused_one_leaves_the_other() {
    alone_with_credentials(
        "aws::settings::quotas_are_listed_service_by_service_and_a_refused_one_leaves_the_other",
        || {
            let bench = Bench::new(Aws::default(), |action, request| {
                (action == "ListServiceQuotas").then(|| {
                    let body: Value = serde_json::from_slice(&request.body).unwrap();
                    if body["ServiceCode"] == "ebs" {
                        return refuse_json("AccessDeniedException");
                    }
                    let quota = |code: &str, value: f64| {
                        json!({ "ServiceCode": "ec2", "QuotaCode": code, "QuotaName": code, "Value": value,
                        "QuotaArn": format!("arn:aws:servicequotas:us-east-1:{OWN}:ec2/{code}"),
                        "UsageMetric": { "MetricDimensions": { "Class": "Standard/OnDemand" } } })
                    };
                    match body["NextToken"].as_str() {
                        None => answer_json(&json!({ "Quotas": [quota("L-1", 5.0)], "NextToken": "two" })),
                        Some(_) => answer_json(&json!({ "Quotas": [quota("L-2", 256.0)] })),
                    }
                })
            });
            let (quotas, troubles) = bench.list(Kind::Quota);
            assert_eq!(
                uids(&quotas),
                [format!("{OWN}/us-east-1/ec2/L-1"), format!("{OWN}/us-east-1/ec2/L-2")]
            );
            assert_eq!(quotas[0].config["Value"], 5);
            assert!(quotas.iter().all(|quota| quota.unmapped.is_empty()));
            let told: Vec<_> = troubles.iter().map(|trouble| trouble.status).collect();
            assert_eq!(told, [CoverageStatus::Denied]);
        },
    );
}

#[test]
fn a_region_tells_the_trails_at_home_in_it_and_what_the_account_s_own_record() {
    alone_with_credentials(
        "aws::settings::a_region_tells_the_trails_at_home_in_it_and_what_the_account_s_own_record",
        || {
            let bench = Bench::new(Aws::default(), |action, request| {
                let body = || -> Value { serde_json::from_slice(&request.body).unwrap() };
                let trail = |account: &str, home: &str, name: &str| {
                    json!({ "Name": name, "S3BucketName": "logs", "HomeRegion": home, "IsMultiRegionTrail": true,
                    "TrailARN": format!("arn:aws:cloudtrail:{home}:{account}:trail/{name}") })
                };
                match action {
                    "DescribeTrails" => Some(answer_json(&json!({ "trailList": [
                    trail(OWN, "us-east-1", "main"), trail(OWN, "eu-west-1", "shadow"),
                    trail("999988887777", "us-east-1", "organization"),
                ] }))),
                    "GetTrailStatus" => {
                        assert!(body()["Name"].as_str().unwrap().ends_with(":trail/main"));
                        Some(answer_json(&json!({ "IsLogging": false, "StopLoggingTime": 1_767_323_045.0 })))
                    }
                    "GetEventSelectors" => Some(answer_json(&json!({ "TrailARN": body()["TrailName"],
                    "AdvancedEventSelectors": [{ "Name": "data", "FieldSelectors": [
                        { "Field": "eventCategory", "Equals": ["Data"] }] }] }))),
                    _ => None,
                }
            });
            let (trails, troubles) = bench.list(Kind::AuditLog);
            assert_eq!(troubles, []);
            let names: Vec<_> = trails.iter().filter_map(|trail| trail.name.as_deref()).collect();
            assert_eq!(names, ["main", "organization"]);
            assert!(
                trails
                    .iter()
                    .all(|trail| trail.location.as_str() == "us-east-1" && trail.unmapped.is_empty())
            );
            assert_eq!(bench.asked("GetTrailStatus").len(), 1);
        },
    );
}
