//! Small logs, ingested into memory.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use driftline::model::{AuditEvent, LogInterval, LogStatus, Timestamp};
use driftline::pipeline::{Ingest, IngestError, Ingested, LogTree, Said, ingest};
use driftline::sources::CLOUDS;
use driftline::sources::logs::DigestFile;
use driftline::store::{EventFilter, LogOpening, Store};
use serde_json::{Value, json};

use crate::support::{ACCOUNT, REGION};

/// What came of an ingestion.
pub(crate) struct Read {
    pub(crate) told: Ingested,
    /// What the store holds, by id.
    pub(crate) events: BTreeMap<String, AuditEvent>,
    pub(crate) intervals: Vec<LogInterval>,
    pub(crate) digests: Vec<DigestFile>,
}

impl Read {
    /// Returns the codes of the odd records, in order of file and offset.
    pub(crate) fn codes(&self) -> Vec<&str> {
        self.told.odd.first.iter().map(|note| note.code.as_str()).collect()
    }

    /// Returns status, first and last second of each interval.
    pub(crate) fn statuses(&self) -> Vec<(LogStatus, String, String)> {
        let minute = |time: Timestamp| time.strftime("%H:%M:%S").to_string();
        self.intervals
            .iter()
            .map(|row| (row.status, minute(row.window.from), minute(row.window.to)))
            .collect()
    }
}

/// Ingests one path; asserts that every record is counted.
pub(crate) fn try_ingest(path: &Path, said: Said) -> Result<Read, IngestError> {
    let interrupted = AtomicBool::new(false);
    let tree = LogTree::open(path, said, &interrupted)?;
    ingest_trees(&[tree])
}

/// Ingests trees into a new store; asserts that every record is counted.
pub(crate) fn ingest_trees(trees: &[LogTree]) -> Result<Read, IngestError> {
    let interrupted = AtomicBool::new(false);
    let now: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
    let logs: Vec<_> = CLOUDS.iter().map(|cloud| cloud.audit()).collect();
    let digests = RefCell::new(Vec::new());
    let mut store = Store::in_memory().unwrap();
    let mut import = store.import_log(&LogOpening { started_at: now, origin: "a test".to_owned() }).unwrap();
    let request = Ingest {
        trees: &trees.iter().collect::<Vec<_>>(),
        logs: &logs,
        now,
        interrupted: &interrupted,
        digest: &|digest| digests.borrow_mut().push(digest),
        progress: &|_| {},
    };
    let told = ingest(&mut import, &request)?;
    import.finish(&told.tally()).unwrap();
    let ignored: u64 = told.ignored.values().sum();
    assert_eq!(told.records, told.events() + ignored + told.odd.count, "{told:#?}");
    let events = store.events(&EventFilter::default()).unwrap().into_iter();
    Ok(Read {
        told,
        events: events.map(|event| (event.id.as_str().to_owned(), event)).collect(),
        intervals: store.log_intervals().unwrap(),
        digests: digests.into_inner(),
    })
}

/// Ingests one path of which nothing is said.
pub(crate) fn read(path: &Path) -> Read {
    try_ingest(path, Said::default()).unwrap()
}

/// Returns what is said of a log that is complete from 09:00 to 11:00.
pub(crate) fn complete() -> Said {
    Said {
        complete_from: Some("2026-03-01T09:00:00Z".parse().unwrap()),
        complete_to: Some("2026-03-01T11:00:00Z".parse().unwrap()),
        ..Said::default()
    }
}

/// Returns a record of `TerminateInstances`, some minutes after ten.
pub(crate) fn call(id: &str, minute: u8) -> Value {
    json!({
        "eventVersion": "1.11",
        "userIdentity": { "type": "IAMUser", "principalId": "AIDAEXAMPLE", "accountId": ACCOUNT,
            "arn": format!("arn:aws:iam::{ACCOUNT}:user/alice"), "userName": "alice" },
        "eventTime": format!("2026-03-01T10:{minute:02}:00Z"),
        "eventSource": "ec2.amazonaws.com", "eventName": "TerminateInstances", "awsRegion": REGION,
        "sourceIPAddress": "203.0.113.5", "userAgent": "aws-cli/2",
        "requestParameters": { "instancesSet": { "items": [{ "instanceId": "i-0123456789abcdef0" }] } },
        "responseElements": { "instancesSet": { "items": [{ "instanceId": "i-0123456789abcdef0" }] } },
        "requestID": "r", "eventID": id, "readOnly": false, "eventType": "AwsApiCall",
        "managementEvent": true, "recipientAccountId": ACCOUNT, "eventCategory": "Management",
    })
}

/// Returns a record that only reads.
pub(crate) fn look(id: &str, minute: u8) -> Value {
    let mut record = call(id, minute);
    record["eventName"] = json!("DescribeInstances");
    record["requestParameters"] = json!({});
    record["responseElements"] = Value::Null;
    record["readOnly"] = json!(true);
    record
}

/// Returns the body of an S3 object.
pub(crate) fn records(records: &[Value]) -> String {
    json!({ "Records": records }).to_string()
}

/// Compresses as S3 objects are.
pub(crate) fn gzip(text: &str) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}
