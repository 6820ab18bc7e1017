//! Reports against the schemas that the standards' bodies publish, in `schema/vendor`.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use driftline::report::{Style, View};
use jsonschema::{Registry, Validator};
use serde_json::Value;

use super::{estate, render};

/// OCSF's classes of events.
const CLASSES: [(u64, &str); 3] =
    [(2004, "detection_finding"), (6003, "api_activity"), (5023, "cloud_resources_inventory_info")];

static SARIF: LazyLock<Validator> = LazyLock::new(|| {
    let mut schema = vendored("sarif/sarif-2.1.0-rtm.5.json");
    for owner in ["run", "toolComponent"] {
        // Its pattern is a regular expression to lenient readers alone; reports name no language.
        schema["definitions"][owner]["properties"]["language"].as_object_mut().unwrap().remove("pattern");
    }
    jsonschema::validator_for(&schema).unwrap()
});

static OCSF: LazyLock<BTreeMap<u64, Validator>> = LazyLock::new(|| {
    let class = |(uid, name)| {
        let schema = vendored(&format!("ocsf/{name}.json"));
        (uid, jsonschema::validator_for(&schema).unwrap())
    };
    CLASSES.into_iter().map(class).collect()
});

/// STIX's schemas by the type of object; they name each other.
static STIX: LazyLock<BTreeMap<String, Validator>> = LazyLock::new(|| {
    let mut schemas = BTreeMap::new();
    for folder in ["common", "observables", "sdos", "sros"] {
        for entry in fs::read_dir(folder_of("stix").join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let schema: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
            schemas.insert(path.file_stem().unwrap().to_str().unwrap().to_owned(), schema);
        }
    }
    let registry = schemas.values().fold(Registry::new(), |registry, schema| {
        registry.add(schema["$id"].as_str().unwrap(), schema).unwrap()
    });
    let registry = registry.prepare().unwrap();
    let validator = |schema| jsonschema::options().with_registry(&registry).build(schema).unwrap();
    schemas.iter().map(|(name, schema)| (name.clone(), validator(schema))).collect()
});

fn folder_of(standard: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/vendor").join(standard)
}

fn vendored(path: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(folder_of(path)).unwrap()).unwrap()
}

fn assert_valid(validator: &Validator, document: &Value) {
    let problems: Vec<String> = validator
        .iter_errors(document)
        .map(|error| format!("{}: {error:.300}", error.instance_path()))
        .collect();
    assert!(problems.is_empty(), "{problems:#?}");
}

/// Reads a SARIF report and holds it against its schema.
pub(crate) fn sarif(report: &str) -> Value {
    let log: Value = serde_json::from_str(report).unwrap();
    assert_valid(&SARIF, &log);
    log
}

/// Reads the events of an OCSF report and holds each against the schema of its class.
pub(crate) fn ocsf(report: &str) -> Vec<Value> {
    let events: Vec<Value> = report.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for event in &events {
        assert_valid(&OCSF[&event["class_uid"].as_u64().unwrap()], event);
    }
    events
}

/// Reads the objects of a STIX bundle, holds it and each of them against its schema, and every reference against what
/// is there.
pub(crate) fn stix(report: &str) -> Vec<Value> {
    let bundle: Value = serde_json::from_str(report).unwrap();
    let objects = bundle["objects"].as_array().unwrap();
    // The bundle's schema does not know notes, though there is one of them; each is held against its own below.
    let mut without_notes = bundle.clone();
    without_notes["objects"].as_array_mut().unwrap().retain(|object| object["type"] != "note");
    assert_valid(&STIX["bundle"], &without_notes);
    let ids: Vec<&str> = objects.iter().map(|object| object["id"].as_str().unwrap()).collect();
    for object in objects {
        assert_valid(&STIX[object["type"].as_str().unwrap()], object);
        for (name, member) in object.as_object().unwrap() {
            let named = match member {
                Value::Array(items) if name.ends_with("_refs") => items.clone(),
                _ if name.ends_with("_ref") => vec![member.clone()],
                _ => Vec::new(),
            };
            for id in named {
                assert!(ids.contains(&id.as_str().unwrap()), "{name} names {id}, which is not there");
            }
        }
    }
    objects.clone()
}

/// Every view that reports are held against.
fn views() -> Vec<View> {
    vec![estate::empty(), estate::quiet(), estate::first(), estate::incident("web-1"), demo()]
}

/// Returns the view of the shipped incident.
pub(crate) fn demo() -> View {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_driftline"));
    command.args(["demo", "--quiet", "--format", "json", "--keep"]).arg(folder.path().join("kept"));
    let output = command.env("HOME", folder.path()).output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn sarif_follows_the_schema_of_oasis() {
    for view in views() {
        let log = sarif(&render("sarif", &view, &Style::default()));
        let run = &log["runs"][0];
        assert_eq!(run["results"].as_array().unwrap().len(), view.findings.len());
        assert_eq!(run["invocations"][0]["executionSuccessful"], view.incomplete_scopes().is_empty());
        for result in run["results"].as_array().unwrap() {
            let rule = &run["tool"]["driver"]["rules"]
                [usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
            assert_eq!(rule["id"], result["ruleId"]);
            for taxon in result["taxa"].as_array().unwrap() {
                let place = usize::try_from(taxon["index"].as_u64().unwrap()).unwrap();
                assert_eq!(run["taxonomies"][0]["taxa"][place]["id"], taxon["id"]);
            }
        }
    }
}

#[test]
fn every_sarif_rule_of_the_demo_explains_itself_and_every_result_has_a_place() {
    let log = sarif(&render("sarif", &demo(), &Style::default()));
    let run = &log["runs"][0];
    for rule in run["tool"]["driver"]["rules"].as_array().unwrap() {
        let help = rule["help"]["markdown"].as_str().unwrap_or_default();
        assert!(help.starts_with("## "), "{rule:#}");
        let severity: f64 = rule["properties"]["security-severity"].as_str().unwrap().parse().unwrap();
        assert!((0.0..=10.0).contains(&severity), "{rule:#}");
    }
    for result in run["results"].as_array().unwrap() {
        let path = &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
        assert!(path.as_str().is_some_and(|path| !path.is_empty()), "{result:#}");
    }
}

#[test]
fn sarif_tells_states_suppressions_and_what_was_not_seen() {
    let log = sarif(&render("sarif", &estate::incident("web-1"), &Style::default()));
    let run = &log["runs"][0];
    let results = run["results"].as_array().unwrap();
    let of =
        |id: &str| results.iter().find(|result| result["partialFingerprints"]["driftline/v1"] == id).unwrap();
    assert_eq!(of("f-critical")["baselineState"], "new");
    assert_eq!(of("f-high")["baselineState"], "unchanged");
    assert_eq!(of("f-resolved")["baselineState"], "absent");
    let suppressed: Vec<&Value> =
        results.iter().filter(|result| result["suppressions"] != Value::Array(Vec::new())).collect();
    assert_eq!(suppressed, [of("f-accepted")]);
    assert_eq!(suppressed[0]["suppressions"][0]["kind"], "external");
    let notifications = run["invocations"][0]["toolExecutionNotifications"].as_array().unwrap();
    let count = |id: &str| notifications.iter().filter(|told| told["descriptor"]["id"] == id).count();
    let view = estate::incident("web-1");
    let gaps = view.log_coverage.iter().filter(|log| log.status != driftline::model::LogStatus::Complete);
    assert_eq!(
        (count("coverage-incomplete"), count("log-gap")),
        (view.incomplete_scopes().len(), gaps.count())
    );
}

#[test]
fn ocsf_follows_the_schema_of_each_class() {
    for view in views() {
        let events = ocsf(&render("ocsf", &view, &Style::default()));
        let count = |uid: u64| events.iter().filter(|event| event["class_uid"] == uid).count();
        assert_eq!((count(2004), count(6003)), (view.findings.len(), view.events.len()));
        for event in &events {
            let class = event["class_uid"].as_u64().unwrap();
            let activity = event["activity_id"].as_u64().unwrap();
            assert_eq!(event["type_uid"], class * 100 + activity);
        }
    }
}

#[test]
fn stix_follows_the_schemas_of_oasis_and_names_nothing_that_is_not_there() {
    for view in views() {
        let objects = stix(&render("stix", &view, &Style::default()));
        let count = |sort: &str| objects.iter().filter(|object| object["type"] == sort).count();
        assert_eq!((count("report"), count("note")), (1, view.findings.len()));
    }
}

#[test]
fn the_same_view_gives_the_same_bytes_and_a_later_one_new_versions_of_the_same_objects() {
    let view = estate::incident("web-1");
    let first = render("stix", &view, &Style::default());
    assert_eq!(first, render("stix", &view, &Style::default()));
    let mut later = view.clone();
    for finding in &mut later.findings {
        finding.since = Some(finding.since.unwrap_or(view.run.finished_at));
    }
    later.run.finished_at += jiff::SignedDuration::from_hours(24);
    let (earlier, later) = (stix(&first), stix(&render("stix", &later, &Style::default())));
    let note = |objects: &[Value]| objects.iter().find(|object| object["type"] == "note").unwrap().clone();
    let (before, after) = (note(&earlier), note(&later));
    assert_eq!((&before["id"], &before["created"]), (&after["id"], &after["created"]));
    assert!(before["modified"].as_str() < after["modified"].as_str());
}

/// Ends with status 0 if the STIX bundle and the metrics that it is given are what they should be.
const VALIDATE: &str = "
import sys
from prometheus_client.parser import text_string_to_metric_families
from stix2validator import ValidationOptions, validate_file
result = validate_file(sys.argv[1], ValidationOptions(version='2.1'))
for error in getattr(result.object_results[0], 'errors', None) or []:
    print(error)
families = list(text_string_to_metric_families(open(sys.argv[2]).read()))
sys.exit(0 if result.is_valid and families else 1)
";

#[test]
fn validators_that_nobody_here_wrote_take_the_reports() {
    let Some(python) = env::var_os("DRIFTLINE_FORMATS_PYTHON") else {
        assert!(
            env::var_os("CI").is_none() || cfg!(not(feature = "aws")),
            "run `eval \"$(.ci/emulators)\"` first"
        );
        eprintln!("skipped: `DRIFTLINE_FORMATS_PYTHON` is not set; `eval \"$(.ci/emulators)\"` sets it");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    for view in views() {
        let (bundle, metrics) = (folder.path().join("bundle.json"), folder.path().join("metrics.prom"));
        fs::write(&bundle, render("stix", &view, &Style::default())).unwrap();
        fs::write(&metrics, render("metrics", &view, &Style::default())).unwrap();
        let output = Command::new(&python).args(["-c", VALIDATE]).args([bundle, metrics]).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }
}

#[test]
fn a_schema_that_a_report_departs_from_is_seen() {
    let mut event = ocsf(&render("ocsf", &estate::incident("web-1"), &Style::default())).pop().unwrap();
    event["severity_id"] = Value::from(7);
    assert!(!OCSF[&2004].is_valid(&event));
    let mut log = sarif(&render("sarif", &estate::incident("web-1"), &Style::default()));
    log["runs"][0]["results"][0]["level"] = Value::from("severe");
    assert!(!SARIF.is_valid(&log));
    let mut objects = stix(&render("stix", &estate::incident("web-1"), &Style::default()));
    let note = objects.iter_mut().find(|object| object["type"] == "note").unwrap();
    note["created"] = Value::from("yesterday");
    assert!(!STIX["note"].is_valid(note));
}
