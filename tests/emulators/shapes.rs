//! The recorder's records beside those that CloudTrail wrote: no path is made up.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::{Map, Value};

use crate::recorder::recorded;

/// Where records of CloudTrail lie that others published.
const RECORDINGS: &str = "../shared/recordings/aws/audit";

/// The paths of the records of each event of EC2, and whether any of them was answered.
type Shapes = BTreeMap<String, (BTreeSet<String>, bool)>;

/// Asserts that every path of some records stands in some recorded event of the same name.
///
/// Says which names no recording has, and of which only refusals are recorded: their answers stand in none.
#[expect(clippy::print_stderr, reason = "who runs the tests should know what was left out")]
pub(crate) fn assert_as_recorded(records: &[Value]) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(RECORDINGS);
    if !root.is_dir() {
        eprintln!("skipped: no recordings of CloudTrail at `{RECORDINGS}`");
        return;
    }
    let (mut known, mut written) = (Shapes::new(), Shapes::new());
    read(&root, &mut known);
    for record in records {
        take(record, &mut written);
    }
    let (mut compared, mut unanswered, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
    for (name, (paths, _)) in &written {
        let Some((recorded, is_answered)) = known.get(name) else {
            unknown.push(name.as_str());
            continue;
        };
        let comparable = |path: &&String| *is_answered || !path.starts_with("responseElements.");
        let made_up: Vec<_> = paths.difference(recorded).filter(comparable).collect();
        assert!(made_up.is_empty(), "CloudTrail never wrote {made_up:?} of {name}");
        if *is_answered { &mut compared } else { &mut unanswered }.push(name.as_str());
    }
    let unheard: Vec<_> = recorded().into_iter().filter(|name| !written.contains_key(*name)).collect();
    assert!(unheard.is_empty(), "the story never calls {unheard:?}");
    assert!(compared.len() > 5, "{compared:?}");
    eprintln!(
        "compared with recordings whole: {compared:?}; but for what was answered: {unanswered:?}; not: {unknown:?}"
    );
}

fn read(folder: &Path, shapes: &mut Shapes) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.path().is_dir() {
            read(&entry.path(), shapes);
            continue;
        }
        let text = fs::read_to_string(entry.path()).unwrap_or_default();
        let text = text.trim_start_matches('\u{feff}');
        serde_json::Deserializer::from_str(text)
            .into_iter::<Value>()
            .map_while(Result::ok)
            .for_each(|value| take(&value, shapes));
    }
}

/// Takes the shapes of every record within a value.
fn take(value: &Value, shapes: &mut Shapes) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| take(item, shapes)),
        Value::Object(members) if members.contains_key("eventTime") => shape(members, shapes),
        Value::Object(members) => members.values().for_each(|member| take(member, shapes)),
        Value::String(text) if text.starts_with('{') => {
            if let Ok(value) = serde_json::from_str(text) {
                take(&value, shapes);
            }
        }
        _ => {}
    }
}

/// Takes the shape of a record of EC2.
fn shape(record: &Map<String, Value>, shapes: &mut Shapes) {
    let text = |name: &str| record.get(name).and_then(Value::as_str);
    let (Some("ec2.amazonaws.com"), Some(name)) = (text("eventSource"), text("eventName")) else { return };
    let (paths, is_answered) = shapes.entry(name.to_owned()).or_default();
    *is_answered |= record.get("responseElements").is_some_and(Value::is_object);
    for (member, value) in record {
        walk(value, member, paths);
    }
}

fn walk(value: &Value, path: &str, paths: &mut BTreeSet<String>) {
    paths.insert(path.to_owned());
    match value {
        Value::Array(items) => items.iter().for_each(|item| walk(item, &format!("{path}[]"), paths)),
        Value::Object(members) => {
            for (name, value) in members {
                walk(value, &format!("{path}.{name}"), paths);
            }
        }
        _ => {}
    }
}
