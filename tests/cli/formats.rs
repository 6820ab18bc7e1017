//! Where reports go, and that nothing else goes there.

use std::fs;

use driftline::report::FORMATS;
use serde_json::Value;

use super::schema_check::violations;
use super::support::{Site, incident, volume};

#[test]
fn standard_output_is_the_report_alone_and_standard_error_the_rest() {
    let site = Site::new();
    let ran = site.driftline(&["scan", "--from", &incident("before"), "--format", "json"]).run();
    assert_eq!(ran.json()["schema"], "driftline/report/v1");
    assert_eq!(ran.stderr, "Read 69 resources from 20 files.\n");
}

#[test]
fn quiet_leaves_standard_error_empty() {
    let site = Site::new();
    let kept = site.text("kept");
    for (args, status) in [
        (vec!["scan", "--from", &incident("before")], 0),
        (vec!["scan", "--from", &incident("after")], 10),
        (vec!["drift"], 10),
        (vec!["baseline", "set", "x"], 0),
        (vec!["baseline", "remove", "x"], 0),
        (vec!["store", "backup", "copy.db"], 0),
        (vec!["store", "export", "--to", "all.ndjson"], 0),
        (vec!["generate", "man", "--out", "man"], 0),
        (vec!["generate", "schemas", "--out", "schemas"], 0),
        (vec!["demo", "--keep", &kept], 0),
    ] {
        let ran = site.driftline(&[args, vec!["--quiet"]].concat()).status(status).run();
        assert_eq!(ran.stderr, "");
    }
}

#[test]
fn quiet_shortens_the_report_and_verbose_lengthens_it() {
    let site = Site::with_incident();
    let lines = |flag: &str| {
        let args = ["drift", flag].into_iter().filter(|arg| !arg.is_empty()).collect::<Vec<_>>();
        site.driftline(&args).status(10).run().stdout.lines().count()
    };
    let (quiet, normal, verbose) = (lines("-q"), lines(""), lines("-v"));
    assert!(quiet < normal && normal < verbose, "{quiet} {normal} {verbose}");
    site.driftline(&["drift", "-q", "-v"]).status(2).run();
}

#[test]
fn formats_are_repeatable_and_each_file_holds_what_standard_output_would() {
    let site = Site::with_incident();
    let run = |args: &[&str]| site.driftline(&[&["report"], args].concat()).status(10).run().stdout;
    let targets: Vec<String> =
        FORMATS.iter().map(|format| format!("{}={}", format.id(), site.text(format.id()))).collect();
    let args: Vec<&str> = targets.iter().flat_map(|target| ["--format", target]).collect();
    assert_eq!(run(&args), "");
    for format in FORMATS {
        let file = fs::read_to_string(site.path(format.id())).unwrap();
        assert_eq!(file, run(&["--format", format.id()]), "{}", format.id());
    }
    let both = run(&["--format", "terminal", "--format", &format!("json={}", site.text("both.json"))]);
    assert_eq!(both, run(&[]));
    assert_eq!(
        fs::read_to_string(site.path("both.json")).unwrap(),
        fs::read_to_string(site.path("json")).unwrap()
    );
}

#[test]
fn what_cannot_be_delivered_is_refused() {
    let site = Site::with_incident();
    if cfg!(not(feature = "notify")) {
        let args = ["report", "--syslog", "tls://siem.example:6514"];
        let ran = site.driftline(&args).status(2).run();
        assert!(ran.stderr.contains("this build cannot send syslog over TLS"), "{}", ran.stderr);
    }
    for (args, said) in [
        (vec!["--format", "json", "--format", "csv"], "only one format can go to standard output"),
        (vec!["--format", "json="], "`json=` names no file"),
        (vec!["--format", "json=x", "--format", "csv=x"], "two formats would go to `x`"),
        (
            vec!["--syslog", "siem.example"],
            "`siem.example` is not of the form `tcp://HOST:PORT`, `udp://HOST:PORT` or `tls://HOST:PORT`",
        ),
        (vec!["--syslog-format", "cef"], "--syslog <RECEIVER>"),
        (vec!["--format", "json=/nowhere/x.json"], "cannot write `/nowhere/x.json`"),
        (vec!["--format", "pdf"], "no format is `pdf`; known are terminal, json, "),
    ] {
        let ran = site.driftline(&[vec!["report"], args].concat()).status(2).run();
        assert!(ran.stderr.contains(said), "{}", ran.stderr);
        assert_eq!(ran.stdout, "");
    }
}

#[test]
fn a_report_that_cannot_be_asked_for_seals_nothing() {
    let site = Site::new();
    let dump = site.volumes("dump", 1, &[volume("vol-1")]);
    site.driftline(&["scan", "--from", &dump, "--format", "json", "--format", "csv"]).status(2).run();
    site.driftline(&["scan", "--from", &dump]).run();
    let info = site.driftline(&["store", "info"]).run();
    assert!(info.stdout.contains("scans      1 sealed"), "{}", info.stdout);
}

#[test]
fn colour_is_there_when_asked_for_and_never_in_a_file() {
    let site = Site::with_incident();
    let colored = |run: super::support::Run<'_>| run.status(10).run().stdout.contains('\u{1b}');
    assert!(!colored(site.driftline(&["drift"])), "no terminal, no colour");
    assert!(!colored(site.driftline(&["drift", "--color", "never"])));
    assert!(colored(site.driftline(&["drift", "--color", "always"])));
    assert!(colored(site.driftline(&["drift", "--color", "always"]).env("NO_COLOR", "1")), "the option wins");
    site.driftline(&["drift", "--color", "sometimes"]).status(2).run();
    for format in FORMATS.iter().map(|format| format.id()).filter(|id| *id != "terminal") {
        assert!(!colored(site.driftline(&["drift", "--color", "always", "--format", format])), "{format}");
    }
    let file = format!("terminal={}", site.text("report.txt"));
    site.driftline(&["drift", "--color", "always", "--format", &file]).status(10).run();
    assert!(!fs::read_to_string(site.path("report.txt")).unwrap().contains('\u{1b}'));
}

#[test]
fn on_a_terminal_colour_is_there_unless_no_color_says_otherwise() {
    let site = Site::with_incident();
    let on_a_terminal = |assignment: &str| {
        let script = format!("{assignment} script -qec \"$DRIFTLINE_TESTED drift\" /dev/null");
        site.shell(&script).env("TERM", "xterm").status(10).run().stdout
    };
    if site.shell("command -v script >/dev/null && echo yes || true").run().stdout.is_empty() {
        eprintln!("skipped: there is no `script` to make a terminal");
        return;
    }
    assert!(on_a_terminal("").contains("\u{1b}["));
    assert!(on_a_terminal("NO_COLOR=").contains("\u{1b}["), "an empty variable says nothing");
    assert!(!on_a_terminal("NO_COLOR=1").contains('\u{1b}'));
}

#[test]
fn what_is_longer_than_the_terminal_goes_through_the_pager() {
    let site = Site::with_incident();
    if site.shell("command -v script >/dev/null && echo yes || true").run().stdout.is_empty() {
        eprintln!("skipped: there is no `script` to make a terminal");
        return;
    }
    let on_a_terminal = |rows: u32, pager: &str, arguments: &str| {
        let command = format!("stty rows {rows} cols 80; \"$DRIFTLINE_TESTED\" drift {arguments}");
        let run = site.shell(&format!("script -qec '{command}' /dev/null"));
        run.env("TERM", "xterm").env("DRIFTLINE_PAGER", pager).status(10).run().stdout
    };
    let pager = "sed 's/^/paged: /'";
    let went = |text: &str| text.contains("paged: driftline: 9 critical");
    assert!(went(&on_a_terminal(24, pager, "--color never")));
    assert!(!went(&on_a_terminal(5000, pager, "--color never")), "it fits");
    assert!(!went(&on_a_terminal(24, pager, "--color never --no-pager")));
    for none in ["", "cat", "driftline-has-no-such-pager"] {
        let text = on_a_terminal(24, none, "--color never");
        assert!(text.contains("driftline: 9 critical") && text.contains("Seal "), "`{none}`: {text}");
    }
}

#[test]
fn a_stored_run_is_rendered_again_byte_for_byte() {
    let site = Site::new();
    site.driftline(&["scan", "--from", &incident("before")]).run();
    let after = incident("after");
    let folder = |name: &str| {
        fs::create_dir_all(site.path(name)).unwrap();
        let target = |id| format!("{id}={}", site.text(&format!("{name}/{id}")));
        FORMATS.iter().flat_map(|format| ["--format".to_owned(), target(format.id())]).collect::<Vec<_>>()
    };
    for (args, name) in [
        (&["scan", "--from", &after][..], "first"),
        (&["report", "--run", "latest"], "again"),
        (&["report"], "more"),
    ] {
        let targets = folder(name);
        let args = args.iter().copied().chain(targets.iter().map(String::as_str)).collect::<Vec<_>>();
        site.driftline(&args).status(10).run();
    }
    for id in FORMATS.iter().map(|format| format.id()) {
        let read = |name: &str| fs::read(site.path(&format!("{name}/{id}"))).unwrap();
        assert!(read("first") == read("again") && read("again") == read("more"), "{id}");
    }
}

#[test]
fn every_json_report_fits_the_committed_schema() {
    let committed = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/report.v1.json");
    let schema: Value = serde_json::from_str(&fs::read_to_string(committed).unwrap()).unwrap();
    let site = Site::with_incident();
    let first = site.driftline(&["report", "1", "--format", "json"]).run().json();
    let second = site.driftline(&["report", "2", "--format", "json"]).status(10).run().json();
    let approved = incident("approved.csv");
    let drift = ["drift", "1", "2", "--approved", &approved, "--format", "json"];
    let drift = site.driftline(&drift).status(10).run().json();
    let demo = site.driftline(&["demo", "--format", "json"]).run().json();
    for report in [&first, &second, &drift, &demo] {
        assert_eq!(violations(&schema, report), Vec::<String>::new());
    }
    assert_eq!(second["run"]["exit_status"], 10);
    assert_eq!(second["findings"], demo["findings"]);
    assert_eq!(second["changes"], drift["changes"]);
}

#[test]
fn a_narrow_terminal_is_kept_to() {
    let site = Site::with_incident();
    for columns in [40, 60, 80, 200] {
        let ran = site.driftline(&["drift"]).env("COLUMNS", columns.to_string()).status(10).run();
        let long = ran.stdout.lines().filter(|line| line.chars().count() > columns);
        // A single word is kept whole, so that it can be copied.
        let broken: Vec<&str> = long.filter(|line| line.rsplit("  ").next().unwrap().contains(' ')).collect();
        assert_eq!(broken, Vec::<&str>::new(), "{columns}");
    }
}

#[test]
fn a_quiet_run_tells_in_ten_lines_whether_to_worry() {
    let site = Site::with_incident();
    let told = site.driftline(&["drift", "--quiet"]).env("COLUMNS", "200").status(10).run().stdout;
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines.len(), 10, "{told}");
    assert!(lines[0].starts_with("driftline: 9 critical, "), "{told}");
    let calm = site.driftline(&["drift", "2", "2", "--quiet"]).env("COLUMNS", "40").status(3).run().stdout;
    assert_eq!(calm.lines().count(), 1, "{calm}");
}
