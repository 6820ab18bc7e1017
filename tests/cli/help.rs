//! The whole command line, as its help tells it.

use std::fmt::Write as _;

use super::support::Site;

/// Returns the commands that a help text lists.
fn commands(help: &str) -> Vec<String> {
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let rows = listed.take_while(|line| !line.is_empty());
    let names = rows.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    names.filter_map(|line| line.split_whitespace().next().map(str::to_owned)).collect()
}

/// Returns the helps of a command and of all that are below it, each with its own name.
pub(crate) fn helps(site: &Site, path: &[&str]) -> Vec<(String, String)> {
    let help = site.driftline(&[path, &["--help"]].concat()).without("DRIFTLINE_STORE").run().stdout;
    let below = commands(&help);
    let mut all = vec![(path.join(" "), site.redact(&help))];
    for name in below {
        all.extend(helps(site, &[path, &[name.as_str()]].concat()));
    }
    all
}

/// Returns a help without the options that every command takes.
fn own_part(help: &str) -> String {
    let (before, global) = help.split_once("\nGlobal options:\n").unwrap();
    let after = global.split_once("\nExit statuses:").map(|(_, after)| format!("\nExit statuses:{after}"));
    format!("{before}{}", after.unwrap_or_default())
}

#[test]
fn the_command_line_is_as_reviewed() {
    let site = Site::new();
    let all = helps(&site, &[]);
    let mut names = String::new();
    for (path, help) in &all {
        writeln!(names, "driftline {path}").unwrap();
        let name = if path.is_empty() { "driftline".to_owned() } else { path.replace(' ', "_") };
        let shown = if path.is_empty() { help.clone() } else { own_part(help) };
        insta::assert_snapshot!(name, shown);
    }
    insta::assert_snapshot!("all", names);
}

#[test]
fn every_command_takes_the_global_options_alike() {
    let site = Site::new();
    let all = helps(&site, &[]);
    let global = |help: &str| {
        let (_, global) = help.split_once("\nGlobal options:\n").unwrap();
        global.split_once("\nExit statuses:").map_or(global, |(global, _)| global).trim_end().to_owned()
    };
    let of_main = global(&all[0].1);
    for (path, help) in &all {
        assert_eq!(global(help), of_main, "driftline {path}");
    }
}

#[test]
fn the_short_help_fits_a_screen() {
    let site = Site::new();
    let help = site.driftline(&["-h"]).run().stdout;
    assert!(help.lines().count() <= 50, "{help}");
}

#[test]
fn the_version_is_the_packages() {
    let site = Site::new();
    assert_eq!(site.redact(&site.driftline(&["--version"]).run().stdout), "driftline @@VERSION@@\n");
}
