//! What a configuration makes of the weights reaches the report, and the report says so.

use serde_json::Value;

use super::support::{Site, incident};

/// Returns the report of the shipped incident, judged by a configuration.
fn judged(config: &str) -> Value {
    let site = Site::new();
    let config = site.write("driftline.toml", config);
    site.driftline(&["scan", "--from", &incident("before")]).run();
    let after = incident("after");
    let scan = ["scan", "--config", &config, "--from", &after, "--format", "json", "--fail-on", "never"];
    site.driftline(&scan).status(3).run().json()
}

/// Returns impact, risk and band of each finding of a rule, in the report's order.
fn numbers(report: &Value, rule: &str) -> Vec<(u64, u64, String)> {
    let findings = report["findings"].as_array().unwrap().iter().filter(|finding| finding["rule"] == rule);
    let number = |finding: &Value, name: &str| finding[name].as_u64().unwrap();
    findings
        .map(|finding| {
            let band = finding["band"].as_str().unwrap().to_owned();
            (number(finding, "impact"), number(finding, "risk"), band)
        })
        .collect()
}

#[test]
fn a_report_by_other_weights_has_other_risks_and_says_so() {
    let shipped = judged("");
    let tuned = judged("[weights.classes]\nlose-sight = 35\n[weights.bands]\nlow = 36\n");
    assert_eq!(numbers(&shipped, "coverage-gap"), [(50, 50, "medium".to_owned())]);
    assert_eq!(numbers(&tuned, "coverage-gap"), [(35, 35, "info".to_owned())]);
    let versions = [&shipped, &tuned].map(|report| report["run"]["rules_version"].as_str().unwrap());
    assert!(versions[1].starts_with(&format!("{}+tuned.", versions[0])), "{versions:?}");
}

#[test]
fn a_configuration_that_is_wrong_stops_a_scan_of_files_before_a_store_is_made() {
    let site = Site::new();
    let config = site.write("driftline.toml", "[weights.classes]\ndelte = 35\n");
    let scan = ["scan", "--config", &config, "--from", &incident("before")];
    let ran = site.driftline(&scan).status(2).run();
    assert!(
        ran.stderr.contains("driftline.toml:2:1") && ran.stderr.contains("did you mean `delete`?"),
        "{}",
        ran.stderr
    );
    assert!(!site.store().exists());
}
