//! Each command once, as a person would use it.

use std::fs;

use serde_json::{Value, json};

use super::support::{Ran, Site, incident, volume};

#[test]
fn the_same_dump_twice_changes_nothing() {
    let site = Site::new();
    site.driftline(&["scan", "--from", &incident("before")]).run();
    let ran = site.driftline(&["scan", "--from", &incident("before")]).run();
    insta::assert_snapshot!("scan_again", site.redact(&ran.stdout));
    let json = site.driftline(&["report", "--format", "json"]).run().json();
    assert_eq!(json["changes"], json!([]));
    assert_eq!(json["findings"], json!([]));
}

#[test]
fn any_two_scans_compare_by_number_name_or_place() {
    let site = Site::with_incident();
    site.driftline(&["baseline", "set", "golden", "1"]).run();
    let drift = |args: &[&str]| {
        let args = [&["drift", "--format", "json"], args].concat();
        site.driftline(&args).status(10).run().json()["changes"].clone()
    };
    let whole = drift(&[]);
    assert!(whole.as_array().unwrap().len() > 50);
    for args in [&["1", "2"][..], &["golden"], &["golden", "latest"], &["previous", "2"], &["1"]] {
        assert_eq!(drift(args), whole, "{args:?}");
    }
    let same = site.driftline(&["drift", "2", "2", "--format", "json"]).status(3).run().json();
    assert_eq!(same["changes"], json!([]), "nothing differs from itself");
}

#[test]
fn a_comparison_needs_two_scans() {
    let site = Site::new();
    let dump = site.volumes("dump", 1, &[volume("vol-1")]);
    site.driftline(&["scan", "--from", &dump]).run();
    let ran = site.driftline(&["drift"]).status(2).run();
    let expected = "error: the store has one sealed scan, and a comparison needs two\n\
                    hint: add one with `driftline scan --from PATH`\n";
    assert_eq!(ran.stderr, expected);
}

#[test]
fn baselines_are_set_listed_shown_moved_and_removed() {
    let site = Site::with_incident();
    let told = |args: &[&str]| {
        let ran = site.driftline(&[&["baseline"], args].concat()).run();
        site.redact(&format!("{}{}", ran.stderr, ran.stdout))
    };
    assert_eq!(told(&["list"]), "");
    assert_eq!(
        told(&["set", "golden", "1", "--note", "agreed on Monday"]),
        "Baseline `golden` points at scan 1.\n"
    );
    let row = "golden  scan 1  set @@@@@@@TIME@@@@@@@@Z  agreed on Monday\n";
    assert_eq!(told(&["list"]), row);
    let seal = format!("{:@^64}", "SEAL");
    assert_eq!(told(&["show", "golden"]), format!("{row}state as of 2026-03-02T06:00:00Z\nseal {seal}\n"));
    assert_eq!(told(&["set", "golden"]), "Baseline `golden` points at scan 2.\n");
    assert_eq!(told(&["list"]), "golden  scan 2  set @@@@@@@TIME@@@@@@@@Z\n");
    assert_eq!(told(&["remove", "golden"]), "Baseline `golden` is removed.\n");
    assert_eq!(told(&["list"]), "");
}

#[test]
fn history_finds_a_resource_by_id_name_and_locator() {
    let site = Site::with_incident();
    let history = |resource: &str| site.driftline(&["history", resource]).run().stdout;
    let by_name = history("bastion-1");
    assert_eq!(history("i-01a52c1a296e535ec"), by_name);
    insta::assert_snapshot!("history", by_name);
    let locator = "/subscriptions/3f6d1c2a-7b48-4e19-9c05-8d2e6a1b4f70/resourcegroups/rg-erp-prod/providers/\
                   microsoft.compute/disks/erp-db-01-data";
    let both = history(locator);
    assert_eq!(both.matches("azure volume `erp-db-01-data`").count(), 2, "two disks bore it: {both}");
    assert_eq!(history("erp-db-01-data"), both, "a name leads also to what is gone");
    assert!(history("log-1").contains("vanished: a complete listing of scan 2 lacks it"));
}

#[test]
fn history_in_json_tells_revisions_and_what_changed() {
    let site = Site::with_incident();
    let lives = site.driftline(&["history", "bastion-1", "--format", "json"]).run().json();
    let [life] = lives.as_array().unwrap().as_slice() else { panic!("{lives}") };
    assert_eq!(
        life["resource"],
        json!({ "provider": "aws", "kind": "instance", "uid": "i-01a52c1a296e535ec" })
    );
    let revisions = life["revisions"].as_array().unwrap();
    assert_eq!(revisions.len(), 2);
    assert_eq!((&revisions[0]["from_scan"], &revisions[0]["until_scan"]), (&json!(1), &json!(2)));
    assert_eq!((&revisions[1]["from_scan"], &revisions[1]["until_scan"]), (&json!(2), &Value::Null));
    let kinds: Vec<&str> = revisions[1]["changes"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|change| change["kind"].as_str())
        .collect();
    assert_eq!(kinds, ["slot-swapped", "restarted"]);
}

#[test]
fn history_shows_long_values_as_a_diff() {
    let site = Site::new();
    let with = |hosts: &[&str]| {
        let mut volume = volume("vol-1");
        volume["Tags"] = json!([{ "Key": "note", "Value": hosts.join("\n") }]);
        volume
    };
    let hosts = ["the first host of the list", "the second host of the list", "the third host of the list"];
    let before = site.volumes("before", 1, &[with(&hosts)]);
    site.driftline(&["scan", "--from", &before]).run();
    let after = site.volumes("after", 2, &[with(&[hosts[0], "another host", hosts[2]])]);
    site.driftline(&["scan", "--from", &after]).run();
    let ran = site.driftline(&["history", "vol-1"]).run();
    insta::assert_snapshot!("history_diff", ran.stdout);
}

#[test]
fn history_tells_of_a_vanished_and_of_a_reappeared_resource() {
    let site = Site::new();
    for (hour, volumes) in [(1, vec!["vol-1", "vol-2"]), (2, vec!["vol-1"]), (3, vec!["vol-1", "vol-2"])] {
        let volumes: Vec<Value> = volumes.into_iter().map(volume).collect();
        let dump = site.volumes("dump", hour, &volumes);
        site.driftline(&["scan", "--from", &dump, "--fail-on", "never"]).run();
        let told = site.driftline(&["history", "vol-2"]).run().stdout;
        assert_eq!(told.contains("vanished: a complete listing of scan 2 lacks it"), hour == 2, "{told}");
    }
    let told = site.driftline(&["history", "vol-2"]).run().stdout;
    assert!(told.contains("reappeared"), "{told}");
}

#[test]
fn reports_are_listed_and_rendered_again() {
    let site = Site::with_incident();
    let list = site.driftline(&["report", "--list"]).run();
    insta::assert_snapshot!("report_list", site.redact(&list.stdout));
    let at_once =
        site.driftline(&["scan", "--from", &incident("after"), "--format", "markdown"]).status(3).run();
    let again = site.driftline(&["report", "3", "--format", "markdown"]).status(3).run();
    assert_eq!(again.stdout, at_once.stdout);
    assert_eq!(site.driftline(&["report", "--format", "markdown"]).status(3).run().stdout, at_once.stdout);
    let id = |ran: Ran| ran.json()["run"]["id"].clone();
    assert_eq!(id(site.driftline(&["report", "2", "--format", "json"]).status(10).run()), "2");
}

#[test]
fn a_period_is_named_by_scans_baselines_and_days_and_is_the_same_again() {
    let site = Site::with_incident();
    site.driftline(&["baseline", "set", "golden", "1"]).run();
    let sum = |from: &str, to: &str| {
        let args = ["report", "--between", from, to, "--format", "json"];
        site.driftline(&args).status(10).run().stdout
    };
    let period = sum("1", "2");
    for (from, to) in [("1", "2"), ("golden", "latest"), ("previous", "2")] {
        assert_eq!(sum(from, to), period, "{from} {to}");
    }
    let days: Value = serde_json::from_str(&sum("2026-03-01", "2026-03-03")).unwrap();
    assert_eq!(days["scans"]["sealed"], 2, "both are dated to these days");
    let told = site.driftline(&["report", "--between", "2", "2"]).status(10).run().stdout;
    assert!(told.contains("No scan was sealed in this period"), "{told}");
}

#[test]
fn an_acceptance_counts_in_the_period_whose_last_scan_was_sealed_after_it() {
    let site = Site::with_incident();
    let open = site.driftline(&["report", "--between", "1", "2", "--format", "json"]).status(10).run().json();
    let id = open["open"][0]["id"].as_str().unwrap().to_owned();
    site.driftline(&["findings", "accept", &id, "--owner", "storage", "--reason", "CHG-7"]).run();
    let accepted = |to: &str| {
        let period =
            site.driftline(&["report", "--between", "1", to, "--format", "json"]).status(10).run().json();
        period["acceptances"].as_array().unwrap().iter().map(|one| one["findings"][0]["id"].clone()).collect()
    };
    let none: Vec<Value> = accepted("2");
    assert_eq!(none, Vec::<Value>::new());
    site.driftline(&["scan", "--from", &incident("after"), "--fail-on", "never"]).status(3).run();
    let one: Vec<Value> = accepted("3");
    assert_eq!(one, [json!(id)]);
}

#[test]
fn what_has_no_place_for_a_period_or_a_life_says_what_has() {
    let site = Site::with_incident();
    let told = |args: &[&str]| site.driftline(args).status(2).run().stderr;
    let sarif = told(&["report", "--between", "1", "2", "--format", "sarif"]);
    let expected = "error: the format `sarif` has no place for a period\n\
                    hint: `terminal`, `json`, `markdown`, `html` have one\n";
    assert_eq!(sarif, expected);
    let csv = told(&["history", "bastion-1", "--format", "csv"]);
    assert!(csv.contains("`csv` has no place for one resource's life"), "{csv}");
    assert!(told(&["report", "--between", "2", "1"]).contains("error: `2` is later than `1`"));
    assert!(told(&["report", "--between", "1", "nope"]).contains("no scan or baseline is `nope`"));
}

#[test]
fn history_as_a_page_tells_findings_events_and_when_nobody_could_look() {
    let site = Site::with_incident();
    let target = format!("html={}", site.text("life.html"));
    site.driftline(&["history", "bastion-1", "--format", &target]).run();
    let page = fs::read_to_string(site.path("life.html")).unwrap();
    for told in ["Revision 2", "slot-swapped", "Every listing of its place was complete", "taken of volume"] {
        assert!(page.contains(told), "{told}");
    }
    assert!(page.contains("evidence-destroyed"), "a finding about it");
    let page = site.driftline(&["history", "snap-05b1abb079285c259", "--format", "html"]).run().stdout;
    assert!(page.contains("next-token"), "the second scan did not list every snapshot");
}

#[test]
fn rules_are_listed_and_each_of_them_explained() {
    let site = Site::new();
    let list = site.driftline(&["rules", "list"]).run().stdout;
    insta::assert_snapshot!("rules_list", list);
    let all = site.driftline(&["rules", "explain", "--all"]).run().stdout;
    for row in list.lines() {
        let id = row.split_whitespace().next().unwrap();
        let page = site.driftline(&["rules", "explain", id]).run().stdout;
        assert!(page.starts_with("# ") && page.contains(id), "{id}: {page}");
        assert!(all.contains(&page), "{id} is not among all");
    }
    site.driftline(&["rules", "explain"]).status(2).run();
    site.driftline(&["rules", "explain", "coverage-gap", "--all"]).status(2).run();
}

#[test]
fn store_info_tells_what_is_there() {
    let site = Site::with_incident();
    site.driftline(&["baseline", "set", "golden"]).run();
    let ran = site.driftline(&["store", "info"]).run();
    let told = site.redact(&ran.stdout);
    let told: String = told
        .lines()
        .map(|line| {
            if line.starts_with("size ") { "size       @@BYTES@@\n".to_owned() } else { format!("{line}\n") }
        })
        .collect();
    insta::assert_snapshot!("store_info", told);
}

#[test]
fn store_verify_tells_depth_and_head() {
    let site = Site::with_incident();
    let head = site.driftline(&["report"]).status(10).run().seal();
    let quick = site.driftline(&["store", "verify"]).run().stdout;
    assert_eq!(quick, format!("The chain of 2 scans holds.\nhead {head}\n"));
    let full = site.driftline(&["store", "verify", "--full"]).run().stdout;
    assert!(full.contains("documents read back as sealed."), "{full}");
}

#[test]
fn a_backup_is_a_store_and_export_tells_all_of_it() {
    let site = Site::with_incident();
    site.driftline(&["store", "backup", "copy.db"]).run();
    let ran = site.driftline(&["store", "backup", "copy.db"]).status(2).run();
    assert!(ran.stderr.contains("`copy.db` exists already"), "{}", ran.stderr);
    site.driftline(&["store", "verify", "--full", "--store", "copy.db"]).run();
    let export = site.driftline(&["store", "export"]).run().stdout;
    let copied = site.driftline(&["store", "export", "--store", "copy.db"]).run().stdout;
    assert_eq!(export, copied);
    site.driftline(&["store", "export", "--to", "all.ndjson"]).run();
    assert_eq!(fs::read_to_string(site.path("all.ndjson")).unwrap(), export);
    let records: Vec<Value> = export.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(records.iter().filter(|record| record["record"] == "scan").count(), 2);
}

#[test]
fn standard_input_is_a_dump_like_any_other() {
    let site = Site::new();
    let body = json!({ "Volumes": [volume("vol-1")] }).to_string();
    let flags = ["--account", "111122223333", "--location", "eu-west-1", "--complete"];
    let ran = site.driftline(&[&["scan", "--from", "-"], &flags[..]].concat()).stdin(body.clone()).run();
    assert!(ran.stdout.contains("1 resource listed"), "{}", ran.stdout);
    site.write("v.json", body);
    site.shell(&format!("mkfifo pipe; cat v.json >pipe & driftline scan --from pipe {}", flags.join(" ")))
        .run();
    let info = site.driftline(&["store", "info"]).run().stdout;
    assert!(info.contains("scans      2 sealed") && info.contains("1 present, 1 ever seen"), "{info}");
    let piped = "tar cf - dump | driftline scan --from -";
    site.volumes("dump", 23, &[volume("vol-1")]);
    let ran = site.shell(&format!("{piped} --as-of 2099-01-01T00:00:00Z")).run();
    assert!(ran.stdout.contains("no changes"), "{}", ran.stdout);
}
