//! The published schema of the JSON report, and that the check of documents against it sees what is wrong.

use std::path::Path;

use driftline::report::View;
use serde_json::{Value, json};

use super::estate;
use super::schema_check::violations;

#[test]
fn the_published_schema_is_that_of_the_view() {
    assert_published("report.v1", &View::json_schema());
}

/// Holds the committed schema of that name to the one that the types give.
pub(crate) fn assert_published(name: &str, schema: &Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("schema/{name}.json"));
    let generated = format!("{}\n", serde_json::to_string_pretty(schema).unwrap());
    if std::env::var_os("DRIFTLINE_UPDATE_SCHEMAS").is_some() {
        std::fs::write(&path, &generated).unwrap();
    }
    let published = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        published == generated,
        "{} differs from the view; `DRIFTLINE_UPDATE_SCHEMAS=1 cargo test` rewrites it",
        path.display()
    );
}

#[test]
fn no_member_of_the_view_is_ever_missing() {
    for missing in ["schema", "run", "scans", "coverage", "log_coverage", "changes", "residues", "events"] {
        let mut document = serde_json::to_value(estate::quiet()).unwrap();
        document.as_object_mut().unwrap().remove(missing);
        assert_eq!(violations(&View::json_schema(), &document), [format!("/: `{missing}` is missing")]);
    }
}

#[test]
fn the_check_sees_a_wrong_type_name_and_number() {
    let schema = View::json_schema();
    for (pointer, wrong) in [
        ("/run/id", json!(7)),
        ("/run/exit_status", json!(-1)),
        ("/findings/0/band", json!("severe")),
        ("/findings/0/risk", json!(101)),
        ("/changes/0/resource/uid", Value::Null),
        ("/schema", json!("driftline/report/v2")),
        ("/summary/findings/high", json!("2")),
    ] {
        let mut document = serde_json::to_value(estate::incident("web-1")).unwrap();
        *document.pointer_mut(pointer).unwrap() = wrong;
        assert_ne!(violations(&schema, &document), Vec::<String>::new(), "{pointer}");
    }
}
