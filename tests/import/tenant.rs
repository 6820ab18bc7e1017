//! Quotas, audit logs and settings of all three clouds, from what their command lines print to findings.

use driftline::model::{ChangeKind, CoverageStatus, Kind};
use driftline::pipeline::{Terms, judge};
use driftline::store::Store;
use serde_json::{Value, json};

use super::support::{ACCOUNT, Dump, REGION, kinds, scan};

const SUBSCRIPTION: &str = "11111111-1111-4111-8111-111111111111";

/// A file, what the manifest says of it, and what it holds.
type File = (&'static str, Value, Value);

fn row(provider: &str, account: &str, location: Option<&str>, kind: Option<Kind>) -> Value {
    let mut row = json!({ "provider": provider, "account": account, "complete": true });
    if let Some(location) = location {
        row["location"] = json!(location);
    }
    if let Some(kind) = kind {
        row["kind"] = json!(kind);
    }
    row
}

/// What the three command lines print of one account each: `raised` says how much may be made, `open` whether the
/// logs are cut.
fn files(raised: bool, open: bool) -> Vec<File> {
    let limit = if raised { 2400 } else { 24 };
    let arn = format!("arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/main");
    let aws = |kind| row("aws", ACCOUNT, Some(REGION), kind);
    let azure = |location, kind| row("azure", SUBSCRIPTION, location, Some(kind));
    let gcp = |location, kind| row("gcp", "p", location, Some(kind));
    let host = "https://www.googleapis.com/compute/v1/projects/p";
    let flattened = |kind: &str, name: &str, below: &str, metric: &str| {
        json!({ "kind": kind, "name": name, "selfLink": format!("{host}{below}"),
            "quotas": { "limit": limit, "metric": metric, "usage": 1.0 } })
    };
    let mut sink = json!({ "name": "audit", "destination": "storage.googleapis.com/logs", "filter": "logName:activity",
        "writerIdentity": "serviceAccount:x@example.com" });
    if open {
        sink["disabled"] = json!(true);
    }
    vec![
        (
            "aws/quotas.json",
            aws(Some(Kind::Quota)),
            json!({ "Quotas": [{ "ServiceCode": "ec2", "QuotaCode": "L-1", "QuotaName": "vCPUs", "Value": limit,
                "QuotaArn": format!("arn:aws:servicequotas:{REGION}:{ACCOUNT}:ec2/L-1") }] }),
        ),
        (
            "aws/trails.json",
            aws(Some(Kind::AuditLog)),
            json!([{ "Name": "main", "S3BucketName": "logs", "HomeRegion": REGION, "TrailARN": arn,
                "IsMultiRegionTrail": true }]),
        ),
        (
            "aws/status.json",
            aws(None),
            json!({ "TrailARN": arn, "IsLogging": !open, "StopLoggingTime": null }),
        ),
        (
            "aws/selectors.json",
            aws(None),
            json!({ "TrailARN": arn, "EventSelectors": [{ "ReadWriteType": "All", "IncludeManagementEvents": true }] }),
        ),
        (
            "azure/usages.json",
            azure(Some("westeurope"), Kind::Quota),
            json!([{ "currentValue": "4", "limit": limit.to_string(), "localName": "Total Regional vCPUs",
                "name": { "localizedValue": "Total Regional vCPUs", "value": "cores" }, "unit": "Count" }]),
        ),
        (
            "azure/diagnostics.json",
            azure(None, Kind::AuditLog),
            json!({ "value": [{ "id": format!("/subscriptions/{SUBSCRIPTION}/providers/microsoft.insights/diagnosticSettings/export"),
                "name": "export", "workspaceId": "/subscriptions/s/resourceGroups/g/providers/x/y/z",
                "logs": [{ "category": "Administrative", "enabled": !open }] }] }),
        ),
        (
            "gcp/regions.json",
            gcp(None, Kind::Quota),
            json!([flattened("compute#region", "r1", "/regions/r1", "CPUS")]),
        ),
        (
            "gcp/project.json",
            gcp(None, Kind::Quota),
            json!([flattened("compute#project", "p", "", "SNAPSHOTS")]),
        ),
        ("gcp/sinks.json", gcp(Some("global"), Kind::AuditLog), json!([sink])),
        (
            "gcp/settings.json",
            gcp(Some("global"), Kind::Setting),
            json!({ "storageLocation": { "policy": "NEAREST_MULTI_REGION" } }),
        ),
    ]
}

fn dump(files: &[File]) -> Dump {
    let texts: Vec<_> = files.iter().map(|(name, _, body)| (*name, body.to_string())).collect();
    let dump = Dump::new(&texts.iter().map(|(name, text)| (*name, text.as_str())).collect::<Vec<_>>());
    let rows = files.iter().map(|(name, row, _)| {
        let mut row = row.clone();
        row["path"] = json!(name);
        row
    });
    dump.manifest(&rows.collect::<Vec<_>>());
    dump
}

#[test]
fn what_governs_an_account_is_listed_completely_and_an_unchanged_one_does_not_differ() {
    let mut store = Store::in_memory().unwrap();
    let first = scan(&mut store, 1, dump(&files(false, false)).path());
    let mut scopes: Vec<_> = first.coverage.iter().map(|row| (row.scope.to_string(), row.listed)).collect();
    scopes.sort();
    let expected = [
        (format!("aws/{ACCOUNT}/{REGION}/audit-log"), 1),
        (format!("aws/{ACCOUNT}/{REGION}/quota"), 1),
        (format!("azure/{SUBSCRIPTION}/*/audit-log"), 1),
        (format!("azure/{SUBSCRIPTION}/westeurope/quota"), 1),
        ("gcp/p/*/quota".to_owned(), 2),
        ("gcp/p/global/audit-log".to_owned(), 1),
        ("gcp/p/global/setting".to_owned(), 1),
    ];
    assert_eq!(scopes, expected);
    assert!(first.coverage.iter().all(|row| row.status == CoverageStatus::Complete), "{:?}", first.coverage);
    scan(&mut store, 2, dump(&files(false, false)).path());
    assert_eq!(kinds(&store), []);
}

#[test]
fn greater_quotas_and_logs_that_were_cut_are_told_from_state_alone() {
    let mut store = Store::in_memory().unwrap();
    scan(&mut store, 1, dump(&files(false, false)).path());
    let second = scan(&mut store, 2, dump(&files(true, true)).path());
    assert_eq!(kinds(&store).len(), 4 + 3);
    assert!(kinds(&store).iter().all(|(kind, _)| *kind == ChangeKind::Modified));
    let now = driftline::model::Timestamp::now();
    let previous = store.previous(second.scan.id).unwrap().map(|scan| scan.id);
    let judged = judge(&store, previous, second.scan.id, &Terms::at(now)).unwrap();
    let mut told: Vec<_> = judged.findings.iter().map(|finding| (finding.rule, finding.risk)).collect();
    told.sort_unstable();
    let tampering = [("log-tampering", 90); 3];
    let raised = [("tenant-setting-changed", 50); 4];
    assert_eq!(told, [tampering.as_slice(), &raised].concat());
}

#[test]
fn a_listing_of_quotas_that_failed_leaves_every_other_kind_as_complete_as_it_was() {
    let mut store = Store::in_memory().unwrap();
    scan(&mut store, 1, dump(&files(false, false)).path());
    let mut refused = files(false, false);
    for (_, row, body) in refused.iter_mut().filter(|(_, row, _)| row["kind"] == "quota") {
        row["complete"] = json!(false);
        *body = json!([]);
    }
    let second = scan(&mut store, 2, dump(&refused).path());
    for row in &second.coverage {
        let is_whole = row.status == CoverageStatus::Complete;
        assert_eq!(is_whole, row.scope.kind != Kind::Quota, "{}", row.scope);
    }
    assert!(kinds(&store).iter().all(|(kind, _)| *kind == ChangeKind::CoverageGap), "{:?}", kinds(&store));
}
