//! systemd: the journal hears what the script says, with its level.

use super::path::Place;
use super::script::Script;
use super::{File, Plan, fill};

const SAY: &str = r#"    case $1 in
        notice) level=5 ;;
        warning) level=4 ;;
        *) level=3 ;;
    esac
    printf '<%s>%s\n' "$level" "$2""#;

/// The folder that systemd makes, and owns, for a machine's store.
const STATE: &str = "/var/lib/driftline";

const OWN_PLACE: &str = "\
# A user that exists only while it runs, and /var/lib/driftline for the store and the reports.
DynamicUser=yes
StateDirectory=driftline
StateDirectoryMode=0700
Environment=HOME=%S/driftline
ProtectHome=yes";

const OTHER_PLACE: &str = "\
# Make both first: useradd --system driftline; install -d -o driftline -m 700 @@FOLDER@@
User=driftline
ReadWritePaths=@@QUOTED_FOLDER@@
ProtectHome=read-only";

const INSTALL: &str = "\
#   install -D -m 755 driftline-scan /usr/local/libexec/driftline-scan
#   install -m 644 driftline.service driftline.timer /etc/systemd/system/
#   systemctl daemon-reload
#   systemctl start driftline.service           # one scan now
#   systemctl enable --now driftline.timer";

const USER_INSTALL: &str = "\
#   install -D -m 755 driftline-scan ~/.local/libexec/driftline-scan
#   install -D -m 644 -t ~/.config/systemd/user driftline.service driftline.timer
#   systemctl --user daemon-reload
#   systemctl --user start driftline.service    # one scan now
#   systemctl --user enable --now driftline.timer
#   loginctl enable-linger                      # scans while you are not logged in, too";

/// Network targets are the machine's: a user's units cannot wait for them.
const ORDER: &str = "Wants=network-online.target\nAfter=network-online.target\n";

/// Returns the script, the service and the timer.
pub(super) fn files(plan: &Plan) -> Vec<File> {
    let script = Script {
        places: &places(plan),
        say: SAY,
        show: "    :",
        log: false,
        only_failures: false,
        last: "",
        formats: &[],
    };
    let units = if plan.user { "~/.config/systemd/user" } else { "/etc/systemd/system" };
    let timer = fill(
        include_str!("timer"),
        &[
            ("PATH", units),
            ("INSTALL", if plan.user { USER_INSTALL } else { INSTALL }),
            ("EVERY", &plan.every.to_string()),
            ("CALENDAR", &plan.every.calendar()),
            ("DELAY", &plan.every.delay().to_string()),
        ],
    );
    vec![
        File::script(script.render()),
        File::new("driftline.service", service(plan, units)),
        File::new("driftline.timer", timer),
    ]
}

fn service(plan: &Plan, units: &str) -> String {
    let folder = store(plan).folder();
    let place = if folder.text() == STATE { OWN_PLACE } else { OTHER_PLACE };
    let (sandbox, libexec, environment) = if plan.user {
        (include_str!("sandbox_user"), "%h/.local/libexec", "%h/.config/driftline/environment")
    } else {
        (include_str!("sandbox"), "/usr/local/libexec", "/etc/driftline/environment")
    };
    fill(
        include_str!("service"),
        &[
            ("SANDBOX", sandbox.trim_end()),
            ("PLACE", place),
            ("FOLDER", &folder.word()),
            ("QUOTED_FOLDER", &folder.quoted()),
            ("PATH", units),
            ("ORDER", if plan.user { "" } else { ORDER }),
            ("SCRIPT", &format!("{libexec}/driftline-scan")),
            ("JOURNAL", if plan.user { "--user " } else { "" }),
            ("READER", if plan.user { "you" } else { "root" }),
            ("ENVIRONMENT", environment),
            ("LIMIT", &plan.every.limit().to_string()),
        ],
    )
}

/// Returns where a machine's store is; a user's own stands in a variable of the shell.
pub(super) fn store(plan: &Plan) -> Place {
    plan.store.clone().unwrap_or_else(|| Place::plain("/var/lib/driftline/driftline.db"))
}

/// Returns the script's places on a machine or in a home.
pub(super) fn places(plan: &Plan) -> String {
    let or = |place: &Option<Place>, of_user: &str, of_machine: &str| match place {
        Some(place) => place.word(),
        None => if plan.user { of_user } else { of_machine }.to_owned(),
    };
    let data = "${XDG_DATA_HOME:-$HOME/.local/share}/driftline/driftline.db";
    let store = or(&plan.store, data, "/var/lib/driftline/driftline.db");
    let settings = "${XDG_CONFIG_HOME:-$HOME/.config}/driftline/driftline.toml";
    let config = or(&plan.config, settings, "/etc/driftline/driftline.toml");
    let path = if plan.user { "PATH=$HOME/.cargo/bin:$HOME/.local/bin:$PATH\n" } else { "" };
    format!("{path}store={store}\nconfig={config}\nreports=${{store%/*}}/reports")
}
