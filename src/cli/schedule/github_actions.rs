//! GitHub Actions: annotations and the summary of a run hear what the script says.

use super::path::Place;
use super::script::Script;
use super::{File, Plan, fill, indent};
use crate::report::FORMATS;

const SAY: &str = r#"    printf '::%s::%s\n' "$1" "$2""#;

/// A summary takes 1 MiB.
const SHOW: &str = r#"    head -c 1000000 "$1" >>"$GITHUB_STEP_SUMMARY""#;

const LAST: &str = "echo \"status=$status\" >>\"$GITHUB_OUTPUT\"\n";

const REPORTS: &str = "driftline-reports";

const SARIF_PERMISSION: &str = "  # To show findings under Security.\n  security-events: write\n";

const SARIF_UPLOAD: &str = "
      - name: Show the findings under Security
        # A report without findings, too: by it those of the reports before are closed.
        if: always() && (steps.scan.outputs.status == '0' || steps.scan.outputs.status == '3' || steps.scan.outputs.status == '10')
        uses: github/codeql-action/upload-sarif@v3
        with:
          sarif_file: driftline-reports/latest.sarif
          category: driftline
";

/// Returns the workflow; with an upload to code scanning once there is a report that it takes.
pub(super) fn files(plan: &Plan) -> Vec<File> {
    let sarif = FORMATS.iter().any(|format| format.id() == "sarif");
    vec![File::new("driftline.yml", workflow(plan, sarif))]
}

pub(super) fn workflow(plan: &Plan, sarif: bool) -> String {
    let store = plan.store.clone().unwrap_or_else(|| Place::plain("driftline-store/driftline.db"));
    let config = plan.config.clone().unwrap_or_else(|| Place::plain("driftline.toml"));
    let places = format!("store={}\nconfig={}\nreports={REPORTS}", store.word(), config.word());
    let script = Script {
        places: &places,
        say: SAY,
        show: SHOW,
        log: false,
        only_failures: true,
        last: LAST,
        formats: if sarif { &["sarif"] } else { &[] },
    };
    fill(
        include_str!("github_actions.yml"),
        &[
            ("SCRIPT", &indent(&script.render(), 10)),
            ("EVERY", &plan.every.to_string()),
            ("CRON", &plan.every.cron()),
            ("LIMIT", &(plan.every.limit() / 60).to_string()),
            ("STORE_FOLDER", &store.folder().quoted()),
            ("STORE", &store.quoted()),
            ("REPORTS", REPORTS),
            ("SARIF_PERMISSION", if sarif { SARIF_PERMISSION } else { "" }),
            ("SARIF_UPLOAD", if sarif { SARIF_UPLOAD } else { "" }),
        ],
    )
}
