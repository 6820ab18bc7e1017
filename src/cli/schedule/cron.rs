//! cron: what the script says is mailed, and its status is nobody's.

use super::script::Script;
use super::{File, Plan, fill, systemd};

const SAY: &str = r#"    printf '{"level":"%s","message":"%s"}\n' "$1" "$2" >&2
    [ "$1" = notice ] || printf 'driftline: %s: %s\n' "$1" "$2""#;

const SYSTEM: &str = "\
# /etc/cron.d/driftline. Install:
#   useradd --system driftline
#   install -d -o driftline -m 700 @@FOLDER@@
#   install -D -m 755 driftline-scan /usr/local/libexec/driftline-scan
#   install -m 644 crontab /etc/cron.d/driftline";

const SYSTEM_JOB: &str = "\
#
# Credentials that stand in variables (AWS_PROFILE, GOOGLE_APPLICATION_CREDENTIALS, …) can be set here, too.
SHELL=/bin/sh
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
MAILTO=root
@@CRON@@ driftline /usr/local/libexec/driftline-scan";

const USER: &str = "\
# Lines for your crontab. Install:
#   install -D -m 755 driftline-scan ~/.local/libexec/driftline-scan
#   (crontab -l; cat crontab) | crontab -";

const USER_JOB: &str = "@@CRON@@ \"$HOME/.local/libexec/driftline-scan\"";

/// Returns the crontab and the script.
pub(super) fn files(plan: &Plan) -> Vec<File> {
    let places = format!("{}\nlog=${{store%/*}}/scan.log", systemd::places(plan));
    let script = Script {
        places: &places,
        say: SAY,
        show: "    cat \"$1\"",
        log: true,
        only_failures: false,
        last: "",
        formats: &[],
    };
    let (install, job, mailto) =
        if plan.user { (USER, USER_JOB, "you") } else { (SYSTEM, SYSTEM_JOB, "root (MAILTO)") };
    let crontab = fill(
        include_str!("crontab"),
        &[
            ("INSTALL", install),
            ("JOB", job),
            ("MAILTO", mailto),
            ("EVERY", &plan.every.to_string()),
            ("CRON", &plan.every.cron()),
            ("FOLDER", &systemd::store(plan).folder().word()),
        ],
    );
    vec![File::new("crontab", crontab), File::script(script.render())]
}
