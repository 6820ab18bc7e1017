//! The schedules that are printed: that what is committed is what is printed, that the schedulers can read
//! it, and what the script does at every status.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use driftline::config::Config;
use saphyr::{LoadableYamlNode as _, Yaml};

use super::support::{Ran, Run, Site, assert_published, names};

const SCHEDULERS: &[&str] = &["cron", "systemd", "kubernetes", "github-actions"];

/// Every status that a scan can end with, and what the shell says where there is no driftline.
const STATUSES: &[i32] = &[0, 1, 2, 3, 10, 20, 21, 22, 23, 30, 127, 130];

/// Writes what it is told as each report, tells its arguments, and ends as it is told.
const FAKE: &str = r#"#!/bin/sh
printf '%s\n' "$@" >arguments
for word; do
    case $word in
        *=*) [ -n "${FAKE_NO_REPORT:-}" ] || printf 'a report\n' >"${word#*=}" ;;
    esac
done
if [ -n "${FAKE_WAITS:-}" ]; then
    trap 'exit 130' TERM
    : >ready
    i=0
    while [ $i -lt 200 ]; do
        sleep 0.05
        i=$((i + 1))
    done
fi
[ "$FAKE_STATUS" = 0 ] || echo '{"level":"error","message":"a line of the log"}' >&2
exit "$FAKE_STATUS"
"#;

/// Tells how it was called.
const ALERT: &str = "#!/bin/sh\nprintf '%s ' \"$@\" >>alerts\n";

/// A folder with the script of one scheduler, and a driftline that does as it is told.
struct Scene {
    site: Site,
    scheduler: &'static str,
}

impl Scene {
    fn new(scheduler: &'static str) -> Self {
        let site = Site::new();
        generate(&site, scheduler, &[]);
        let script = script(&site, scheduler);
        site.write("driftline-scan", script);
        for (name, text) in [("bin/driftline", FAKE), ("bin/alert", ALERT)] {
            site.write(name, text);
        }
        site.shell("chmod 755 bin/*").run();
        Self { site, scheduler }
    }

    /// Prepares a run of the script as its scheduler would run it.
    fn scan(&self, status: i32) -> Run<'_> {
        let shell = if self.scheduler == "github-actions" { "sh -e" } else { "sh" };
        let run = self.site.shell(&format!("exec env PATH=\"$PWD/bin:$PATH\" {shell} driftline-scan"));
        run.env("FAKE_STATUS", status.to_string())
            .env("DRIFTLINE_ALERT", "alert")
            .env("GITHUB_OUTPUT", self.site.path("outputs"))
            .env("GITHUB_STEP_SUMMARY", self.site.path("summary"))
    }

    /// Runs it to its end.
    fn run(&self, status: i32) -> Ran {
        self.scan(status).status(self.expected(status)).run()
    }

    /// The status that the script ends with when driftline ends with `status`.
    fn expected(&self, status: i32) -> i32 {
        let told = matches!(status, 3 | 10 | 21);
        let only_failures = matches!(self.scheduler, "kubernetes" | "github-actions");
        if told && only_failures { 0 } else { status }
    }

    fn reports(&self) -> Vec<String> {
        names(&self.site.path(if self.scheduler == "github-actions" {
            "driftline-reports"
        } else {
            "data/reports"
        }))
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.site.path(name)).unwrap_or_default()
    }
}

/// Writes a schedule whose places are in the site to its folder `generated`.
fn generate(site: &Site, scheduler: &str, more: &[&str]) {
    let (flag, store, config) =
        (format!("--{scheduler}"), site.text("data/s.db"), site.text("config/c.toml"));
    let places = ["--store", store.as_str(), "--config", config.as_str(), "--out", "generated"];
    site.driftline(&[&["generate", "schedule", flag.as_str()], &places[..], more].concat()).run();
}

/// Returns the script that a scheduler runs, out of whatever holds it.
fn script(site: &Site, scheduler: &str) -> String {
    let generated = site.path("generated");
    match scheduler {
        "kubernetes" => {
            let text = fs::read_to_string(generated.join("driftline.yaml")).unwrap();
            let maps = Yaml::load_from_str(&text).unwrap();
            let mut scripts =
                maps.iter().filter_map(|map| map.as_mapping_get("data")?.as_mapping_get("driftline-scan"));
            scripts.next().unwrap().as_str().unwrap().to_owned()
        }
        "github-actions" => step_of(&generated, "Scan"),
        _ => fs::read_to_string(generated.join("driftline-scan")).unwrap(),
    }
}

/// Returns what a step of the workflow runs.
fn step_of(generated: &Path, name: &str) -> String {
    let text = fs::read_to_string(generated.join("driftline.yml")).unwrap();
    let workflow = Yaml::load_from_str(&text).unwrap().remove(0);
    let steps = workflow["jobs"]["scan"]["steps"].as_sequence().unwrap();
    let named =
        |step: &&Yaml<'_>| step.as_mapping_get("name").is_some_and(|told| told.as_str() == Some(name));
    steps.iter().find(named).unwrap()["run"].as_str().unwrap().to_owned()
}

#[test]
fn the_published_schedules_are_the_generated_ones() {
    let site = Site::new();
    for scheduler in SCHEDULERS {
        let flag = format!("--{scheduler}");
        let generate = |more: &[&str]| {
            let run = site.driftline(&[&["generate", "schedule", flag.as_str()], more].concat());
            run.without("DRIFTLINE_STORE").run()
        };
        generate(&["--out", scheduler]);
        assert_published(&site.path(scheduler), &format!("schedule/{scheduler}"));
        let printed = generate(&[]).stdout;
        for name in names(&site.path(scheduler)) {
            let file = fs::read_to_string(site.path(scheduler).join(&name)).unwrap();
            assert!(printed.contains(&file), "{scheduler} prints no {name}");
        }
    }
}

#[test]
fn the_script_does_at_every_status_what_the_scheduler_needs() {
    for scheduler in SCHEDULERS {
        let scene = Scene::new(scheduler);
        for status in STATUSES {
            let alerts = scene.read("alerts");
            let ran = scene.run(*status);
            let case = format!("{scheduler} at {status}: {ran:?}");
            let said = format!("{}{}", ran.stdout, ran.stderr);
            match status {
                0 => assert_eq!(said, "", "{case}"),
                3 => assert!(said.contains("warning") || said.contains("<4>"), "{case}"),
                10 => assert!(said.contains("findings"), "{case}"),
                21 => assert!(!said.contains("error: ") && !said.contains("::error::"), "{case}"),
                _ => assert!(said.contains("error") || said.contains("<3>"), "{case}"),
            }
            let sealed = matches!(status, 0 | 3 | 10);
            assert!(!sealed || scene.reports().contains(&"latest.md".to_owned()), "{case}");
            assert!(
                scene.reports().iter().all(|name| !name.starts_with('.')),
                "{case}: {:?}",
                scene.reports()
            );
            let alerted = scene.read("alerts").len() > alerts.len();
            assert_eq!(alerted, !matches!(status, 0 | 21), "{case}");
        }
    }
}

#[test]
fn a_report_is_published_under_its_time_and_as_the_latest() {
    for scheduler in SCHEDULERS {
        let scene = Scene::new(scheduler);
        scene.run(10);
        let reports = scene.reports();
        let dated = |ending: &str| {
            reports.iter().any(|name| name.starts_with("driftline-2") && name.ends_with(ending))
        };
        // Code scanning takes SARIF, which nobody else needs.
        let endings: &[&str] =
            if *scheduler == "github-actions" { &["json", "md", "sarif"] } else { &["json", "md"] };
        assert_eq!(reports.len(), 2 * endings.len(), "{scheduler}: {reports:?}");
        for ending in endings {
            assert!(dated(&format!("Z.{ending}")), "{scheduler}: {reports:?}");
            assert!(reports.contains(&format!("latest.{ending}")), "{scheduler}: {reports:?}");
        }
        let folder = if *scheduler == "github-actions" { "driftline-reports" } else { "data/reports" };
        assert_eq!(scene.read(&format!("{folder}/latest.md")), "a report\n");
        assert!(scene.read("alerts").starts_with("10 ") && scene.read("alerts").contains("latest.md"));
    }
}

#[test]
fn a_scan_that_failed_leaves_the_latest_report_and_no_rubbish() {
    let scene = Scene::new("cron");
    scene.run(0);
    let before = scene.reports();
    for status in [1, 21, 23, 30, 130] {
        scene.run(status);
        assert_eq!(scene.reports(), before, "{status}");
    }
}

#[test]
fn a_report_that_cannot_be_written_is_a_failure() {
    for scheduler in SCHEDULERS {
        let scene = Scene::new(scheduler);
        let ran = scene.scan(0).env("FAKE_NO_REPORT", "1").status(1).run();
        assert!(ran.stdout.contains("report cannot be written"), "{scheduler}: {ran:?}");
        assert!(scene.read("alerts").starts_with("1 "), "{scheduler}");
    }
}

#[test]
fn old_reports_go_and_other_files_stay() {
    let scene = Scene::new("systemd");
    for name in ["driftline-20200101T000000Z.json", "driftline-20200101T000000Z.md", "mine.md"] {
        scene.site.write(&format!("data/reports/{name}"), "old");
        scene.site.shell(&format!("touch -t 202001010000 data/reports/{name}")).run();
    }
    scene.run(0);
    let reports = scene.reports();
    assert!(reports.contains(&"mine.md".to_owned()) && !reports.iter().any(|name| name.contains("2020")));
}

#[test]
fn cron_mails_what_is_to_be_told_and_logs_the_rest() {
    let scene = Scene::new("cron");
    let found = scene.run(10);
    assert!(found.stdout.starts_with("driftline: warning: there are findings"), "{found:?}");
    assert!(found.stdout.ends_with("a report\n") && found.stderr.is_empty(), "{found:?}");
    let busy = scene.run(21);
    assert_eq!((busy.stdout.as_str(), busy.stderr.as_str()), ("", ""));
    let log = scene.read("data/scan.log");
    for line in log.lines() {
        serde_json::from_str::<serde_json::Value>(line).unwrap();
    }
    assert!(log.contains("a line of the log") && log.contains("another run holds the store"), "{log}");
}

#[test]
fn the_journal_hears_how_bad_it_is() {
    let scene = Scene::new("systemd");
    for (status, prefix) in [(3, "<4>"), (10, "<4>"), (21, "<5>"), (23, "<3>")] {
        let ran = scene.run(status);
        assert!(ran.stdout.starts_with(prefix), "{status}: {ran:?}");
    }
}

#[test]
fn a_workflow_knows_the_status_and_shows_the_report() {
    let scene = Scene::new("github-actions");
    let ran = scene.run(10);
    assert!(ran.stdout.starts_with("::warning::there are findings"), "{ran:?}");
    assert_eq!(scene.read("summary"), "a report\n");
    assert_eq!(scene.read("outputs"), "status=10\n");
    scene.run(30);
    assert_eq!(scene.read("outputs"), "status=10\nstatus=30\n");
}

#[test]
fn a_script_without_a_driftline_says_so() {
    let scene = Scene::new("systemd");
    fs::remove_file(scene.site.path("bin/driftline")).unwrap();
    let ran = scene.scan(0).status(127).run();
    assert!(ran.stdout.contains("driftline is not on PATH"), "{ran:?}");
}

#[test]
fn a_script_that_is_told_to_stop_tells_driftline_and_waits() {
    for scheduler in SCHEDULERS {
        let scene = Scene::new(scheduler);
        let mut child = scene.scan(0).env("FAKE_WAITS", "1").spawn();
        let begun = Instant::now();
        while !scene.site.path("ready").exists() {
            assert!(begun.elapsed() < Duration::from_secs(20), "{scheduler} does not start");
            std::thread::sleep(Duration::from_millis(20));
        }
        Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(130), "{scheduler}");
        assert_eq!(scene.reports(), Vec::<String>::new(), "{scheduler}");
    }
}

#[test]
fn driftline_knows_every_option_that_the_script_gives() {
    let scene = Scene::new("cron");
    scene.run(0);
    let help = scene.site.driftline(&["scan", "--help"]).run().stdout;
    let arguments = scene.read("arguments");
    assert!(arguments.starts_with("scan\n--config\n"), "{arguments}");
    for option in arguments.lines().filter(|word| word.starts_with("--")) {
        assert!(help.contains(&format!("{option} ")) || help.contains(&format!("{option}\n")), "{option}");
    }
    for format in arguments.lines().filter_map(|word| word.split_once('=')) {
        assert!(help.contains(&format!("\n            {} ", format.0)), "{format:?}");
    }
}

#[test]
fn the_real_command_is_run_as_it_wants_to_be() {
    let scene = Scene::new("systemd");
    scene.site.shell("ln -sf \"$DRIFTLINE_TESTED\" bin/driftline").run();
    let ran = scene.scan(0).status(2).run();
    let line: serde_json::Value = serde_json::from_str(ran.stderr.lines().next().unwrap()).unwrap();
    assert!(line["message"].as_str().unwrap().contains("config/c.toml"), "{ran:?}");
    assert!(ran.stdout.starts_with("<3>the scan failed with status 2"), "{ran:?}");
}

#[test]
fn shells_parse_every_script() {
    for scheduler in SCHEDULERS {
        let scene = Scene::new(scheduler);
        for shell in ["sh", "bash", "dash", "busybox sh"] {
            let program = shell.split(' ').next().unwrap();
            let check = format!("! command -v {program} >/dev/null || {shell} -n driftline-scan");
            scene.site.shell(&check).run();
        }
    }
    let site = Site::new();
    generate(&site, "github-actions", &[]);
    for name in ["Verify the store", "Tell of findings"] {
        site.write("step", step_of(&site.path("generated"), name));
        site.shell("sh -n step").run();
    }
}

#[test]
fn systemd_finds_nothing_wrong_with_the_units() {
    let present = Command::new("systemd-analyze").arg("--version").output().is_ok();
    if !present {
        eprintln!("not verified: there is no systemd-analyze");
        return;
    }
    for more in [&[][..], &["--user"], &["--every", "5m"], &["--every", "12h"], &["--every", "1w"]] {
        let site = Site::new();
        generate(&site, "systemd", more);
        let service = site.path("generated/driftline.service");
        let text = fs::read_to_string(&service).unwrap();
        let (_, started) = text.split_once("\nExecStart=").unwrap();
        let started = started.lines().next().unwrap();
        fs::write(&service, text.replace(started, &site.text("generated/driftline-scan"))).unwrap();
        let whose = if more == ["--user"] { "--user" } else { "--system" };
        let verify = format!(
            "XDG_RUNTIME_DIR=\"$PWD\" systemd-analyze {whose} verify --man=no \
             generated/driftline.service generated/driftline.timer"
        );
        let ran = site.shell(&verify).run();
        assert_eq!(ran.stderr, "", "{more:?}");
    }
}

#[test]
fn the_manifest_is_one_job_that_never_runs_twice_and_writes_only_where_it_may() {
    let site = Site::new();
    generate(&site, "kubernetes", &["--every", "6h"]);
    let text = fs::read_to_string(site.path("generated/driftline.yaml")).unwrap();
    let objects = Yaml::load_from_str(&text).unwrap();
    let kinds: Vec<_> = objects.iter().map(|object| object["kind"].as_str().unwrap()).collect();
    let expected =
        ["Namespace", "ServiceAccount", "ConfigMap", "ConfigMap", "PersistentVolumeClaim", "CronJob"];
    assert_eq!(kinds, expected);
    let spec = &objects[5]["spec"];
    assert_eq!(spec["schedule"].as_str(), Some("7 */6 * * *"));
    assert_eq!(spec["concurrencyPolicy"].as_str(), Some("Forbid"));
    let job = &spec["jobTemplate"]["spec"];
    assert_eq!(job["backoffLimit"].as_integer(), Some(0));
    assert_eq!(job["activeDeadlineSeconds"].as_integer(), Some(21600));
    let pod = &job["template"]["spec"];
    assert_eq!(pod["securityContext"]["runAsNonRoot"].as_bool(), Some(true));
    let container = &pod["containers"][0];
    assert_eq!(container["securityContext"]["readOnlyRootFilesystem"].as_bool(), Some(true));
    let mounts = container["volumeMounts"].as_sequence().unwrap();
    let folders: Vec<_> = mounts.iter().map(|mount| mount["mountPath"].as_str().unwrap()).collect();
    assert_eq!(folders, [&site.text("data"), &site.text("config"), "/opt/driftline", "/tmp"]);
    let volumes = pod["volumes"].as_sequence().unwrap();
    let name = |volume: &Yaml<'_>| volume["name"].as_str().unwrap().to_owned();
    let mounted: Vec<_> = mounts.iter().map(name).collect();
    assert_eq!(mounted, volumes.iter().map(name).collect::<Vec<_>>());
}

#[test]
fn the_configuration_in_the_manifest_reads() {
    let site = Site::new();
    generate(&site, "kubernetes", &[]);
    let text = fs::read_to_string(site.path("generated/driftline.yaml")).unwrap();
    let objects = Yaml::load_from_str(&text).unwrap();
    let config = objects[2]["data"]["driftline.toml"].as_str().unwrap();
    let config = Config::read(Path::new(&site.write("c.toml", config))).unwrap();
    assert_eq!((config.aws.len(), config.azure.len(), config.gcp.len()), (1, 0, 0));
}

#[test]
fn a_schedule_is_for_one_scheduler_in_places_that_it_can_find() {
    let site = Site::new();
    for wrong in [
        &[][..],
        &["--cron", "--systemd"],
        &["--kubernetes", "--user"],
        &["--github-actions", "--user"],
        &["--cron", "--every", "7m"],
        &["--cron", "--store", "relative.db"],
        &["--systemd", "--config", "/etc/50%.toml"],
    ] {
        site.driftline(&[&["generate", "schedule"], wrong].concat()).status(2).run();
    }
    let relative = ["generate", "schedule", "--github-actions", "--store", "kept/store.db"];
    assert!(site.driftline(&relative).run().stdout.contains("path: \"kept\"\n"));
}
