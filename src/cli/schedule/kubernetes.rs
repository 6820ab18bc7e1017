//! Kubernetes: a job's log hears what the script says.

use super::path::Place;
use super::script::Script;
use super::{File, Plan, fill, indent};
use crate::cli::Failure;

const SAY: &str = r#"    printf '{"level":"%s","message":"%s"}\n' "$1" "$2""#;

/// Returns the manifest.
///
/// # Errors
///
/// If store and configuration are in one folder: a volume cannot be mounted over another.
pub(super) fn files(plan: &Plan) -> Result<Vec<File>, Failure> {
    let store = plan.store.clone().unwrap_or_else(|| Place::plain("/var/lib/driftline/driftline.db"));
    let config = plan.config.clone().unwrap_or_else(|| Place::plain("/etc/driftline/driftline.toml"));
    if store.folder() == config.folder() {
        let folder = store.folder();
        return Err(Failure::Usage(format!(
            "store and configuration are both in `{}`, where only one volume can be mounted",
            folder.text()
        )));
    }
    let places = format!("store={}\nconfig={}\nreports=${{store%/*}}/reports", store.word(), config.word());
    let script = Script {
        places: &places,
        say: SAY,
        show: "    cat \"$1\"",
        log: false,
        only_failures: true,
        last: "",
        formats: &[],
    };
    let manifest = fill(
        include_str!("kubernetes.yaml"),
        &[
            ("SCRIPT", &indent(&script.render(), 4)),
            ("EVERY", &plan.every.to_string()),
            ("CRON", &plan.every.cron()),
            ("LIMIT", &plan.every.limit().to_string()),
            ("STORE_FOLDER", &store.folder().quoted()),
            ("CONFIG_FOLDER", &config.folder().quoted()),
            ("CONFIG_FILE", &config.file_name().quoted()),
        ],
    );
    Ok(vec![File::new("driftline.yaml", manifest)])
}
