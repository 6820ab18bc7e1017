//! Every exit status that can happen without live clients.

use std::fs;

use driftline::model::Timestamp;
use driftline::store::{Access, Opening, Store};
use rusqlite::Connection;
use serde_json::json;

use super::support::{Site, incident, volume};

/// Makes a site with two sealed scans of volumes; `vol-2` vanished between them.
fn with_a_vanished_volume() -> Site {
    let site = Site::new();
    let before = site.volumes("before", 1, &[volume("vol-1"), volume("vol-2")]);
    site.driftline(&["scan", "--from", &before]).run();
    let after = site.volumes("after", 2, &[volume("vol-1")]);
    site.driftline(&["scan", "--from", &after]).status(10).run();
    site
}

#[test]
fn findings_end_with_10_and_fail_on_moves_the_threshold() {
    let site = with_a_vanished_volume();
    site.driftline(&["drift"]).status(10).run();
    site.driftline(&["drift", "--fail-on", "critical"]).status(10).run();
    site.driftline(&["drift", "--fail-on", "never"]).run();
    site.driftline(&["report"]).status(10).run();
    site.driftline(&["report", "--fail-on", "never"]).run();
}

#[test]
fn a_low_finding_counts_only_from_its_own_band_on() {
    let site = Site::new();
    let before = site.volumes("before", 1, &[volume("vol-1")]);
    site.driftline(&["scan", "--from", &before]).run();
    let mut new = volume("vol-2");
    new["CreateTime"] = json!("2020-03-01T01:30:00.000Z");
    let after = site.volumes("after", 2, &[volume("vol-1"), new]);
    site.driftline(&["scan", "--from", &after]).run();
    for (band, status) in [("critical", 0), ("high", 0), ("medium", 0), ("low", 10), ("info", 10)] {
        site.driftline(&["drift", "--fail-on", band]).status(status).run();
    }
}

#[test]
fn incomplete_coverage_ends_with_3_and_findings_win_unless_coverage_is_required() {
    let site = Site::new();
    let before = site.volumes("before", 1, &[volume("vol-1")]);
    site.driftline(&["scan", "--from", &before]).run();
    let bare = site.write("bare.json", json!({ "Volumes": [volume("vol-1")] }).to_string());
    let scan = ["scan", "--from", &bare, "--account", "111122223333", "--as-of", "2020-03-01T02:00:00Z"];
    let told = site.driftline(&scan).status(3).run();
    assert!(told.stdout.contains("1 of 1 scope is not complete"), "{}", told.stdout);
    let site = Site::with_incident();
    site.driftline(&["drift"]).status(10).run();
    site.driftline(&["drift", "--fail-on", "never"]).status(3).run();
    site.driftline(&["drift", "--require-coverage"]).status(3).run();
}

#[test]
fn wrong_usage_and_input_end_with_2_and_say_what_is_wrong() {
    let site = with_a_vanished_volume();
    let empty = site.path("empty");
    fs::create_dir(&empty).unwrap();
    let older = site.volumes("older", 0, &[volume("vol-1")]);
    let misspelt = site.path("misspelt.toml").display().to_string();
    fs::write(&misspelt, "[[aws]]\nregion = [\"eu-west-1\"]\n").unwrap();
    let barren = site.path("barren.toml").display().to_string();
    fs::write(&barren, "[limits]\nretries = 1\n").unwrap();
    for (args, said) in [
        (vec!["nonsense"], "unrecognized subcommand 'nonsense'"),
        (vec!["scan"], "there is nothing to scan"),
        (vec!["scan", "--config", "absent.toml"], "cannot read `absent.toml`"),
        (vec!["scan", "--config", &misspelt], "unknown key `region`"),
        (vec!["scan", "--config", &barren], "has no entry to collect from"),
        (vec!["scan", "--provider", "aws", "--from", "absent"], "cannot be used with"),
        (vec!["scan", "--provider", "oracle"], "invalid value 'oracle'"),
        (vec!["scan", "--requests-per-second", "0"], "invalid value '0'"),
        (vec!["doctor"], "there is nothing to scan"),
        (vec!["scan", "--from", "absent"], "cannot read `absent`"),
        (vec!["scan", "--from", empty.to_str().unwrap()], "no inventory was found in an empty folder"),
        (vec!["scan", "--from", &older], "before the last scan of aws account `111122223333`"),
        (vec!["scan", "--from", &older, "--as-of", "noon"], "noon"),
        (vec!["drift", "9"], "no scan or baseline is `9`"),
        (vec!["drift", "monday"], "no scan or baseline is `monday`"),
        (vec!["drift", "2", "1"], "scan `2` is later than scan `1`"),
        (vec!["report", "9"], "no run is `9`"),
        (vec!["baseline", "set", "7"], "`7` is no baseline name"),
        (vec!["baseline", "show", "monday"], "no baseline is named `monday`"),
        (vec!["rules", "explain", "monday"], "no rule is `monday`"),
        (vec!["history", "monday"], "no resource has the id, locator or name `monday`"),
        (vec!["generate", "schemas", "monday"], "monday"),
        (vec!["store", "backup", "driftline.db"], "`driftline.db` exists already"),
    ] {
        let ran = site.driftline(&args).status(2).run();
        assert!(ran.stderr.starts_with("error: "), "{args:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(said), "{args:?}: {}", ran.stderr);
        assert_eq!(ran.stdout, "", "{args:?}");
    }
}

#[test]
fn errors_of_driftline_are_lower_case_without_a_full_stop_and_followed_by_hints() {
    let site = Site::new();
    let ran = site.driftline(&["store", "info"]).status(20).run();
    let expected = "error: no store at `@@STORE@@`\nhint: make one with `driftline scan`\n\
                    hint: name another with `--store PATH`\n";
    assert_eq!(site.redact(&ran.stderr), expected);
}

#[test]
fn a_bad_manifest_is_named_with_line_and_column() {
    let site = Site::new();
    site.write("dump/volumes.json", r#"{"Volumes":[]}"#);
    let manifest = "{\"driftline_dump\": 1,\n \"files\": [\n  {\"path\": \"v.json\", \"kind\": \"bucket\"}]}";
    site.write("dump/manifest.json", manifest);
    let ran = site.driftline(&["scan", "--from", "dump"]).status(2).run();
    assert!(ran.stderr.contains("`manifest.json`"), "{}", ran.stderr);
    assert!(ran.stderr.contains("`bucket`"), "{}", ran.stderr);
    assert!(ran.stderr.contains("line 3 column 37"), "{}", ran.stderr);
}

#[test]
fn status_lines_and_errors_can_be_read_by_programs() {
    let site = Site::new();
    let lines = |stderr: &str| -> Vec<serde_json::Value> {
        stderr.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let ran = site.driftline(&["--log-format", "json", "drift"]).status(20).run();
    let error = &lines(&ran.stderr)[0];
    assert_eq!((&error["level"], &error["status"]), (&"error".into(), &20.into()));
    assert!(error["hints"][0].as_str().unwrap().contains("driftline scan"), "{error}");
    let incident = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/incident/before");
    let ran = site.driftline(&["scan", "--from", incident, "--log-format", "json"]).run();
    assert_eq!(lines(&ran.stderr)[0]["message"], "Read 69 resources from 20 files.");
}

#[test]
fn a_missing_store_is_20_for_every_command_that_only_reads() {
    let site = Site::new();
    for args in [
        vec!["drift"],
        vec!["history", "vol-1"],
        vec!["report"],
        vec!["baseline", "list"],
        vec!["baseline", "set", "x"],
        vec!["store", "verify"],
    ] {
        site.driftline(&args).status(20).run();
        assert!(!site.store().exists(), "{args:?} made a store");
    }
}

#[test]
fn without_a_home_there_is_no_default_store() {
    let site = Site::new();
    let run = site.driftline(&["store", "info"]).without("DRIFTLINE_STORE").without("HOME");
    let ran = run.status(2).run();
    assert!(ran.stderr.contains("neither `XDG_DATA_HOME` nor `HOME` is set"), "{}", ran.stderr);
}

#[test]
fn the_default_store_lies_in_the_data_folder() {
    let site = Site::new();
    let dump = site.volumes("dump", 1, &[volume("vol-1")]);
    site.driftline(&["scan", "--from", &dump]).without("DRIFTLINE_STORE").run();
    assert!(site.path("home/.local/share/driftline/driftline.db").is_file());
    let run = site.driftline(&["scan", "--from", &dump]).without("DRIFTLINE_STORE");
    run.env("XDG_DATA_HOME", site.path("data")).run();
    assert!(site.path("data/driftline/driftline.db").is_file());
}

#[test]
fn a_store_that_another_run_holds_is_21_and_names_it() {
    let site = with_a_vanished_volume();
    let mut store = Store::open(&site.store(), Access::Write).unwrap();
    let opening = Opening {
        started_at: Timestamp::now(),
        taken_at: Timestamp::now(),
        tool_version: "0.1.0".into(),
        holder: "the test's own run".into(),
        origin: "files".into(),
    };
    let open = store.begin_scan(&opening).unwrap();
    let ran = site.driftline(&["scan", "--from", "after"]).status(21).run();
    assert!(ran.stderr.contains("locked by another run: the test's own run, since"), "{}", ran.stderr);
    // Readers are not kept out.
    site.driftline(&["drift"]).status(10).run();
    drop(open);
    site.driftline(&["scan", "--from", "after"]).run();
}

#[test]
fn a_store_of_a_newer_release_is_22() {
    let site = with_a_vanished_volume();
    Connection::open(site.store()).unwrap().pragma_update(None, "user_version", 1_000).unwrap();
    for args in [vec!["drift"], vec!["scan", "--from", "after"], vec!["store", "verify"]] {
        let ran = site.driftline(&args).status(22).run();
        assert!(ran.stderr.contains("written by a newer release (schema 1000"), "{}", ran.stderr);
    }
}

#[test]
fn a_file_that_is_no_store_is_23_and_is_left_as_it_was() {
    let site = Site::new();
    let dump = site.volumes("dump", 1, &[volume("vol-1")]);
    Connection::open(site.path("other.db")).unwrap().execute_batch("create table t (a)").unwrap();
    site.write("text.db", "not a database at all, but long enough to be looked at".repeat(9));
    for name in ["other.db", "text.db"] {
        let bytes = fs::read(site.path(name)).unwrap();
        for args in [vec!["drift"], vec!["scan", "--from", &dump]] {
            let args = [args, vec!["--store", name]].concat();
            let ran = site.driftline(&args).status(23).run();
            assert!(ran.stderr.contains("is no driftline store"), "{name}: {}", ran.stderr);
        }
        assert_eq!(fs::read(site.path(name)).unwrap(), bytes, "{name}");
    }
}

#[test]
fn a_tampered_store_is_23() {
    let site = with_a_vanished_volume();
    site.driftline(&["store", "verify", "--full"]).run();
    let connection = Connection::open(site.store()).unwrap();
    connection.execute("update scan set taken_at = taken_at - 1 where id = 1", []).unwrap();
    drop(connection);
    let ran = site.driftline(&["store", "verify"]).status(23).run();
    assert!(ran.stderr.contains("the store fails verification"), "{}", ran.stderr);
    assert!(ran.stderr.contains("hint: keep the file as evidence"), "{}", ran.stderr);
}

#[test]
fn a_seal_that_is_not_in_the_chain_is_23_and_one_that_is_says_where() {
    let site = Site::new();
    let first = site.driftline(&["scan", "--from", &incident("before")]).run().seal();
    let second = site.driftline(&["scan", "--from", &incident("after")]).status(10).run().seal();
    let ran = site.driftline(&["store", "verify", "--expect-seal", &second]).run();
    assert!(ran.stdout.contains("is the head of the chain"), "{}", ran.stdout);
    let ran = site.driftline(&["store", "verify", "--expect-seal", &first]).run();
    assert!(ran.stdout.contains("1 scan before its head"), "{}", ran.stdout);
    site.driftline(&["store", "verify", "--expect-seal", &"0".repeat(64)]).status(23).run();
    site.driftline(&["store", "verify", "--expect-seal", "abc"]).status(2).run();
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let site = Site::with_incident();
    for command in [
        "drift --format terminal",
        "drift --format json",
        "drift --format ndjson",
        "drift --format csv",
        "drift --format markdown",
        "store export",
        "rules explain --all",
        "generate completions bash",
        "generate man",
        "history bastion-1",
        "--help",
    ] {
        // The reader is gone before the first byte is written.
        let script = format!("(sleep 0.1; driftline {command}; echo $? >status) | true; cat status");
        let ran = site.shell(&script).run();
        assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("0\n", ""), "{command}");
    }
}
