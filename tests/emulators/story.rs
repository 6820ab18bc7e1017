//! Changes of an estate that nobody here wrote, traced to what a recorder says of them: from the event history
//! and from a trail's bucket.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::path::{Path, PathBuf};
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
use serde_json::Value;

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

/// When everything that happened in a test was delivered.
const LATER: SignedDuration = SignedDuration::from_mins(40);

#[test]
fn changes_are_traced_to_the_event_history_and_what_it_lacks_is_unlogged() {
    story("story::changes_are_traced_to_the_event_history_and_what_it_lacks_is_unlogged", "'lookup'");
}

#[test]
fn changes_are_traced_to_a_trail_s_bucket_and_what_it_lacks_is_unlogged() {
    story("story::changes_are_traced_to_a_trail_s_bucket_and_what_it_lacks_is_unlogged", TRAIL);
}

/// What the scripts say of a story.
struct Told {
    logged: Value,
    unlogged: Value,
    records: Vec<Value>,
}

impl Told {
    /// Returns what must be found of what was recorded: kind and resource, and the operation.
    fn expected(&self) -> BTreeMap<(String, String), String> {
        let rows: Vec<(String, String, String)> =
            serde_json::from_value(self.logged["expected"].clone()).unwrap();
        rows.into_iter().map(|(kind, uid, operation)| ((kind, uid), operation)).collect()
    }

    /// Returns the change that nothing was recorded of.
    fn unlogged(&self) -> (String, String) {
        let [kind, uid, _]: [String; 3] =
            serde_json::from_value(self.unlogged["expected"][0].clone()).unwrap();
        (kind, uid)
    }

    fn operation(&self, event: &str) -> Option<&str> {
        let record = self.records.iter().find(|record| record["eventID"] == event)?;
        record["eventName"].as_str()
    }
}

fn story(test: &str, events: &str) {
    if let (Ok(config), Ok(store)) = (env::var(CONFIG), env::var(STORE)) {
        return fetch_later(&config, Path::new(&store));
    }
    let Some(moto) = Emulator::moto() else { return };
    let (site, recorder) = (Site::new(), Recorder::before(&moto));
    let url = recorder.url();
    let config = config(&url, events);
    let scan = || scan_at(&site, &config, &url, &[]);

    let mut estate = moto.script("estate.py", &Value::Null);
    scan().assert_complete(crate::KINDS, REGIONS);
    estate["part"] = "logged".into();
    let logged = moto.script_through(&url, "story.py", &estate);
    estate["part"] = "unlogged".into();
    let unlogged = recorder.silenced(|| moto.script_through(&url, "story.py", &estate));
    let told = Told { logged, unlogged, records: recorder.records() };
    assert_as_recorded(&told.records);
    moto.script("trail.py", &recorder.delivered(REGIONS, Timestamp::now() + LATER));

    assert_at_once(&scan(), &told);
    let store = site.path("driftline.db");
    run_later(test, &config, &store, &url);
    assert_later(&judged_later(&store), &told);
    assert!(events == TRAIL || recorder.further_pages() > 0, "the history had one page");
}

/// Asserts that every change is explained by its own event at once, and that the one without waits.
fn assert_at_once(report: &Report, told: &Told) {
    report.assert_complete(crate::KINDS, REGIONS);
    let all: BTreeSet<_> = told.expected().into_keys().chain([told.unlogged()]).collect();
    assert_eq!(report.changes(), all, "{:#}", report.0["changes"]);
    for change in report.0["changes"].as_array().unwrap() {
        let [kind, uid] = [&change["kind"], &change["resource"]["uid"]].map(|it| it.as_str().unwrap().to_owned());
        let trace = &change["trace"];
        let operations: BTreeSet<_> = trace["events"]
            .as_array()
            .unwrap()
            .iter()
            .map(|event| told.operation(event.as_str().unwrap()).unwrap().to_owned())
            .collect();
        match told.expected().get(&(kind, uid)) {
            Some(operation) => {
                assert!(matches!(trace["state"].as_str(), Some("explained" | "implied")), "{change:#}");
                assert!(operations.contains(operation), "not by {operation} but {operations:?}: {change:#}");
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
    let (kind, uid) = told.unlogged();
    let uid_of = |change: &Change| change.resource().map(|resource| resource.key.uid.to_string());
    let mut unexplained = judged
        .changes
        .iter()
        .filter(|change| !matches!(change.trace.state, TraceState::Explained | TraceState::Implied));
    let only = unexplained.next().unwrap();
    assert_eq!(uid_of(only), Some(uid), "{only:#?}");
    assert_eq!((only.kind.as_str(), only.trace.state), (&*kind, TraceState::Unexplained), "{only:#?}");
    assert_eq!(unexplained.next(), None);

    let of_rule = |rule: &str| judged.findings.iter().filter(|it| it.rule == rule).collect::<Vec<&Finding>>();
    let [finding] = of_rule("unlogged-change")[..] else { panic!("{:#?}", judged.findings) };
    assert_eq!(finding.changes, [only.id.clone()]);
    assert_eq!(of_rule("ghost-resource").len(), 1);

    let of_kind = |kind| judged.residues.iter().filter(|it| it.kind == kind).collect::<Vec<&Residue>>();
    let [ghost] = of_kind(ResidueKind::Ghost)[..] else { panic!("{:#?}", judged.residues) };
    let uid = ghost.target.as_ref().and_then(|target| target.uid.as_ref()).unwrap();
    assert_eq!(uid.as_str(), told.logged["ghost"]);
    let operations: Vec<_> = ghost.events.iter().filter_map(|event| told.operation(event.as_str())).collect();
    assert_eq!(operations, ["RunInstances", "TerminateInstances"]);
    let [attempt] = of_kind(ResidueKind::Attempt)[..] else { panic!("{:#?}", judged.residues) };
    assert_eq!(told.operation(attempt.events[0].as_str()), told.logged["refused"].as_str());
}

/// Runs a test again, in a process that has the credentials.
fn run_later(test: &str, config: &str, store: &Path, url: &str) {
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

/// Fetches as if it were later.
fn fetch_later(config: &str, store: &Path) {
    let config = Config::parse(config, "test").unwrap();
    let ledger = Arc::new(Ledger::default());
    let collectors = cloud(Provider::Aws).collectors(&config, &ledger).unwrap();
    let mut store = Store::open(store, Access::Write).unwrap();
    let (known, now) = (store.log_intervals().unwrap(), Timestamp::now() + LATER);
    let mut import = store.import_log(&LogOpening { started_at: now, origin: "live".to_owned() }).unwrap();
    let request = Fetch {
        collectors,
        ledger,
        places: [].into(),
        known: &known,
        since: Timestamp::now() - SignedDuration::from_hours(1),
        about: BTreeSet::new(),
        budgets: Budgets::default(),
        now,
        interrupted: &AtomicBool::new(false),
        progress: &|_| {},
    };
    let fetched = fetch(request, &mut import).unwrap();
    import.finish(&fetched.tally).unwrap();
    assert_eq!((fetched.troubles, fetched.violations), (vec![], vec![]));
}

fn judged_later(store: &PathBuf) -> Judged {
    let store = Store::open(store, Access::Read).unwrap();
    let after = store.latest().unwrap().unwrap().id;
    let before = store.previous(after).unwrap().map(|scan| scan.id);
    judge(&store, before, after, &Terms::at(Timestamp::now() + LATER)).unwrap()
}
