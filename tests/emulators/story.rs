//! Changes of an estate that nobody here wrote, traced to what a recorder says of them: from the event history
//! and from a trail's bucket.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use driftline::config::Config;
use driftline::model::{Change, Finding, Provider, Residue, ResidueKind, Timestamp, TraceState};
use driftline::pipeline::{Fetch, Judged, Terms, fetch, judge};
use driftline::sources::cloud;
use driftline::sources::live::Ledger;
use driftline::store::{Access, LogOpening, Store};
use driftline::trace::Budgets;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::emulator::{Emulator, credentials};
use crate::recorder::Recorder;
use crate::shapes::assert_as_recorded;
use crate::site::{Report, Site};
use crate::{REGIONS, config, scan_at};

/// Tells the second process of a test what to read: the SDK takes its credentials from the environment.
const CONFIG: &str = "DRIFTLINE_TEST_RECORDER_CONFIG";

/// Tells the second process where the store is.
const STORE: &str = "DRIFTLINE_TEST_RECORDER_STORE";

/// How an entry reads the trail that the recorder delivers.
const TRAIL: &str = "{ trail = 's3://recorded', region = 'eu-west-1' }";

/// How much later than its scans a test judges again: nothing is outstanding then.
const LATER: SignedDuration = SignedDuration::from_mins(60);

#[test]
fn changes_are_traced_to_the_event_history_and_what_it_lacks_is_unlogged() {
    story("story::changes_are_traced_to_the_event_history_and_what_it_lacks_is_unlogged", "'lookup'");
}

#[test]
fn changes_are_traced_to_a_trail_s_bucket_and_what_it_lacks_is_unlogged() {
    story("story::changes_are_traced_to_a_trail_s_bucket_and_what_it_lacks_is_unlogged", TRAIL);
}

#[test]
fn what_ministack_records_itself_names_no_operation_and_explains_nothing() {
    let Some(ministack) = Emulator::recording_ministack() else { return };
    let (site, url) = (Site::new(), &ministack.url);
    let config = config(url, "'lookup'");
    let estate = ministack.script("estate.py", &Value::Null);
    scan_at(&site, &config, url, &[]).assert_complete(crate::KINDS, REGIONS);
    let told = ministack.script("change.py", &estate);
    let report = scan_at(&site, &config, url, &[]);
    report.assert_complete(crate::KINDS, REGIONS);
    let expected: BTreeSet<(String, String)> = serde_json::from_value(told["expected"].clone()).unwrap();
    assert_eq!(report.changes(), expected);
    for change in report.0["changes"].as_array().unwrap() {
        assert_eq!(change["trace"]["state"], "pending", "{change:#}");
        assert_eq!(change["trace"]["events"], json!([]), "{change:#}");
    }
    let listed = site.command(&["events", "list", "--operation", "POST.ec2", "--format", "ndjson"]);
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert!(listed.lines().count() > 5, "{listed}");
}

/// What the scripts say of a story.
struct Told {
    logged: Value,
    unlogged: Value,
    records: Vec<Value>,
}

impl Told {
    /// Returns what must be found, kind and resource, and the operation; `None` where nothing was recorded.
    fn expected(&self) -> BTreeMap<(String, String), Option<String>> {
        let parts = [&self.logged, &self.unlogged].map(|part| part["expected"].clone());
        let rows = parts
            .into_iter()
            .flat_map(|rows| serde_json::from_value::<Vec<(String, String, Option<String>)>>(rows).unwrap());
        rows.map(|(kind, uid, operation)| ((kind, uid), operation)).collect()
    }

    fn record(&self, event: &str) -> Option<&Value> {
        self.records.iter().find(|record| record["eventID"] == event)
    }

    fn operation(&self, event: &str) -> Option<&str> {
        self.record(event)?["eventName"].as_str()
    }
}

fn story(test: &str, events: &str) {
    if let (Ok(config), Ok(store)) = (env::var(CONFIG), env::var(STORE)) {
        return fetch_settled(&config, Path::new(&store));
    }
    let Some(moto) = Emulator::moto() else { return };
    let (site, recorder) = (Site::new(), Recorder::before(&moto));
    let url = recorder.url();
    let config = config(&url, events);
    let scan = || scan_at(&site, &config, &url, &[]);

    let before = moto.script("story.py", &json!({ "regions": REGIONS, "part": "before" }));
    let mut estate = moto.script("estate.py", &Value::Null);
    estate.as_object_mut().unwrap().extend(before.as_object().unwrap().clone());
    scan().assert_complete(crate::KINDS, REGIONS);
    estate["part"] = "logged".into();
    let logged = moto.script_through(&url, "story.py", &estate);
    estate["part"] = "unlogged".into();
    let unlogged = recorder.silenced(|| moto.script_through(&url, "story.py", &estate));
    let told = Told { logged, unlogged, records: recorder.records() };
    assert_as_recorded(&told.records);
    recorder.add(REGIONS[1], by_ministack(estate["away-volume"].as_str().unwrap()));
    moto.script("trail.py", &recorder.delivered(REGIONS, Timestamp::now() + SignedDuration::from_mins(2)));

    assert_at_once(&scan(), &told);
    let store = site.path("driftline.db");
    fetch_apart(test, &config, &store, &url);
    assert_later(&judged_later(&store), &told);
    assert!(events == TRAIL || recorder.further_pages() > 0, "the history had one page");
}

/// Returns a record as ministack 1.5 writes of every call of EC2: of no operation that EC2 has.
fn by_ministack(volume: &str) -> Value {
    json!({
        "eventVersion": "1.08",
        "userIdentity": {
            "type": "IAMUser", "principalId": "AKIAIOSFODNN7EXAMPLE",
            "arn": "arn:aws:iam::123456789012:user/AKIAIOSFODNN7EXAMPLE", "accountId": "123456789012",
            "accessKeyId": "AKIAIOSFODNN7EXAMPLE", "userName": "AKIAIOSFODNN7EXAMPLE",
        },
        "eventTime": Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "eventSource": "ec2.amazonaws.com", "eventName": "POST.ec2", "awsRegion": REGIONS[1],
        "sourceIPAddress": "127.0.0.1", "userAgent": "Boto3/1.43.106",
        "requestParameters": { "Action": "DeleteVolume", "Version": "2016-11-15", "VolumeId": volume },
        "responseElements": null, "requestID": "3f5ae2a4-0000-4000-8000-000000000001",
        "eventID": "3f5ae2a4-0000-4000-8000-000000000002", "eventType": "AwsApiCall", "readOnly": "false",
        "recipientAccountId": "123456789012",
    })
}

/// Asserts that every change is explained by its own event at once, and that the one without waits.
fn assert_at_once(report: &Report, told: &Told) {
    report.assert_complete(crate::KINDS, REGIONS);
    let expected = told.expected();
    assert_eq!(report.changes(), expected.keys().cloned().collect(), "{:#}", report.0["changes"]);
    for change in report.0["changes"].as_array().unwrap() {
        let [kind, uid] =
            [&change["kind"], &change["resource"]["uid"]].map(|it| it.as_str().unwrap().to_owned());
        let trace = &change["trace"];
        // Only what the recorder wrote explains anything.
        let of_trace = trace["events"].as_array().unwrap().iter();
        let records: Vec<_> = of_trace.map(|event| told.record(event.as_str().unwrap()).unwrap()).collect();
        match &expected[&(kind, uid.clone())] {
            Some(operation) => {
                // What comes with an instance is implied by what names the instance.
                let named = if trace["state"] == "implied" { String::new() } else { uid };
                assert!(matches!(trace["state"].as_str(), Some("explained" | "implied")), "{change:#}");
                let mut records = records.iter().filter(|record| record["eventName"] == **operation);
                assert!(
                    records.any(|record| record.to_string().contains(&named)),
                    "no {operation}: {change:#}"
                );
            }
            None => assert_eq!(trace["state"], "pending", "{change:#}"),
        }
    }
    let residues = report.0["residues"].as_array().unwrap();
    let ghost = residues.iter().find(|residue| residue["kind"] == "ghost");
    assert_eq!(ghost.unwrap()["resource"]["uid"], told.logged["ghost"], "{residues:#?}");
}

/// Asserts what is said when everything was delivered.
fn assert_later(judged: &Judged, told: &Told) {
    let unlogged: BTreeSet<_> =
        told.expected().into_iter().filter(|(_, it)| it.is_none()).map(|(it, _)| it).collect();
    let settled =
        |change: &&Change| matches!(change.trace.state, TraceState::Explained | TraceState::Implied);
    let unsettled: Vec<_> = judged.changes.iter().filter(|change| !settled(change)).collect();
    let told_of = |change: &Change| (change.kind.to_string(), change.resource().unwrap().key.uid.to_string());
    assert_eq!(unsettled.iter().map(|it| told_of(it)).collect::<BTreeSet<_>>(), unlogged, "{unsettled:#?}");
    assert!(
        unsettled.iter().all(|it| it.trace.state == TraceState::Unexplained),
        "{unsettled:#?} {:#?}",
        judged.log_coverage
    );

    let of_rule = |rule: &str| judged.findings.iter().filter(|it| it.rule == rule).collect::<Vec<&Finding>>();
    let unsettled: BTreeSet<_> = unsettled.iter().map(|change| &change.id).collect();
    let blamed: BTreeSet<_> = of_rule("unlogged-change").into_iter().flat_map(|it| &it.changes).collect();
    assert!(blamed.is_subset(&unsettled), "{:#?}", judged.findings);
    // What is a step of a chain is told by the chain, which says so.
    let chains = judged.findings.iter().filter(|it| it.also.contains(&"unlogged-change"));
    let named: BTreeSet<_> = blamed.into_iter().chain(chains.flat_map(|it| &it.changes)).collect();
    assert!(named.is_superset(&unsettled), "{:#?}", judged.findings);
    let ghosts = judged.findings.iter().filter(|it| it.says("ghost-resource"));
    assert_eq!(ghosts.count(), 1, "{:#?}", judged.findings);

    let of_kind = |kind| judged.residues.iter().filter(|it| it.kind == kind).collect::<Vec<&Residue>>();
    let [ghost] = of_kind(ResidueKind::Ghost)[..] else { panic!("{:#?}", judged.residues) };
    let uid = ghost.target.as_ref().and_then(|target| target.uid.as_ref()).unwrap();
    assert_eq!(uid.as_str(), told.logged["ghost"]);
    let operations: Vec<_> = ghost.events.iter().filter_map(|event| told.operation(event.as_str())).collect();
    assert_eq!(operations, ["RunInstances", "TerminateInstances"]);
    let [attempt] = of_kind(ResidueKind::Attempt)[..] else { panic!("{:#?}", judged.residues) };
    assert_eq!(told.operation(attempt.events[0].as_str()), told.logged["refused"].as_str());

    // What ministack wrote is kept, and nothing is made of it.
    assert!(judged.events.iter().any(|event| event.operation == "POST.ec2"), "{:#?}", judged.events);
    let cited = judged.residues.iter().flat_map(|it| &it.events);
    let cited = cited.chain(judged.changes.iter().flat_map(|it| &it.trace.events));
    assert!(cited.into_iter().all(|event| told.record(event.as_str()).is_some()));
}

/// Runs a test again, in a process that has the credentials.
fn fetch_apart(test: &str, config: &str, store: &Path, url: &str) {
    let output = Command::new(env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture"])
        .envs(credentials(url))
        .env(CONFIG, config)
        .env(STORE, store)
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && out.contains("1 passed"), "{out}{err}");
}

/// Fetches once more, from a log that delivers at once, as the recorder does.
fn fetch_settled(config: &str, store: &Path) {
    let config = Config::parse(config, "test").unwrap();
    let ledger = Arc::new(Ledger::default());
    let collectors = cloud(Provider::Aws).collectors(&config, &ledger).unwrap();
    let mut store = Store::open(store, Access::Write).unwrap();
    let (known, now) = (store.log_intervals().unwrap(), Timestamp::now());
    let mut import = store.import_log(&LogOpening { started_at: now, origin: "live".to_owned() }).unwrap();
    let request = Fetch {
        collectors,
        ledger,
        places: [].into(),
        known: &known,
        since: now - SignedDuration::from_hours(1),
        about: BTreeSet::new(),
        budgets: Budgets { aws: 0, ..Budgets::default() },
        now,
        interrupted: &AtomicBool::new(false),
        progress: &|_| {},
    };
    let fetched = fetch(request, &mut import).unwrap();
    import.finish(&fetched.tally).unwrap();
    assert_eq!((fetched.troubles, fetched.violations), (vec![], vec![]));
}

fn judged_later(store: &Path) -> Judged {
    let store = Store::open(store, Access::Read).unwrap();
    let after = store.latest().unwrap().unwrap().id;
    let before = store.previous(after).unwrap().map(|scan| scan.id);
    judge(&store, before, after, &Terms::at(Timestamp::now() + LATER)).unwrap()
}
