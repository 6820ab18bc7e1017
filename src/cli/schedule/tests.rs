use super::*;

const EVERY: &[&str] =
    &["5m", "6m", "10m", "12m", "15m", "20m", "30m", "1h", "2h", "3h", "4h", "6h", "8h", "12h", "1d", "1w"];

fn plan(every: &str, user: bool) -> Plan {
    Plan { every: every.parse().unwrap(), user, store: None, config: None }
}

fn place(path: &str) -> Place {
    Place::new("--store", Path::new(path), false).unwrap()
}

fn all(plan: &Plan) -> Vec<File> {
    let mut files = cron::files(plan);
    files.extend(systemd::files(plan));
    files.extend(kubernetes::files(plan).unwrap());
    files.extend(github_actions::files(plan));
    files
}

fn named<'a>(files: &'a [File], name: &str) -> &'a str {
    &files.iter().find(|file| file.name == name).unwrap().text
}

#[test]
fn a_period_is_one_that_every_scheduler_can_repeat() {
    for text in EVERY {
        text.parse::<Every>().unwrap();
    }
    for (text, same) in [("60m", "1h"), ("24h", "1d"), ("7d", "1w"), ("180m", "3h")] {
        assert_eq!(text.parse::<Every>(), same.parse::<Every>());
    }
    for wrong in
        ["", "h", "1", "0m", "1m", "7m", "45m", "90m", "5h", "2d", "2w", "-1h", "1.5h", "1ä", "99999999w"]
    {
        assert!(wrong.parse::<Every>().is_err(), "{wrong}");
    }
}

#[test]
fn a_period_starts_as_often_as_it_says() {
    for (text, cron, calendar, limit, delay) in [
        ("5m", "2-59/5 * * * *", "*-*-* *:02/5:00", 300, 25),
        ("15m", "7-59/15 * * * *", "*-*-* *:07/15:00", 900, 75),
        ("1h", "7 * * * *", "*-*-* *:07:00", 3600, 300),
        ("6h", "7 */6 * * *", "*-*-* 00/6:07:00", 21600, 600),
        ("1d", "7 4 * * *", "*-*-* 04:07:00", 21600, 600),
        ("1w", "7 4 * * 1", "Mon *-*-* 04:07:00", 21600, 600),
    ] {
        let every: Every = text.parse().unwrap();
        assert_eq!((every.cron().as_str(), every.calendar().as_str()), (cron, calendar));
        assert_eq!((every.limit(), every.delay()), (limit, delay), "{text}");
    }
}

#[test]
fn nothing_is_left_to_fill_in() {
    for every in EVERY {
        for user in [false, true] {
            for file in all(&plan(every, user)) {
                assert!(!file.text.contains("@@"), "{}: {}", file.name, file.text);
                assert!(!file.text.ends_with('\n') && !file.text.contains(" \n"), "{}", file.name);
            }
        }
    }
}

#[test]
fn the_line_of_cron_has_five_fields_and_a_command() {
    for every in EVERY {
        for (user, command) in [
            (false, "driftline /usr/local/libexec/driftline-scan"),
            (true, "\"$HOME/.local/libexec/driftline-scan\""),
        ] {
            let files = cron::files(&plan(every, user));
            let line = named(&files, "crontab").lines().last().unwrap();
            let fields: Vec<_> = line.splitn(6, ' ').collect();
            assert_eq!(fields[5], command);
            for field in &fields[..5] {
                assert!(field.chars().all(|c| c.is_ascii_digit() || "*/-".contains(c)), "{line}");
            }
        }
    }
}

#[test]
fn a_named_store_is_where_the_service_may_write() {
    let own = systemd::files(&plan("1h", false));
    let own = named(&own, "driftline.service");
    assert!(own.contains("\nDynamicUser=yes\n") && own.contains("\nStateDirectory=driftline\n"), "{own}");
    let elsewhere = systemd::files(&Plan { store: Some(place("/srv/my store/s.db")), ..plan("1h", false) });
    let service = named(&elsewhere, "driftline.service");
    assert!(service.contains("\nReadWritePaths=\"/srv/my store\"\n"), "{service}");
    assert!(service.contains("\nUser=driftline\n") && !service.contains("DynamicUser"), "{service}");
    assert!(named(&elsewhere, "driftline-scan").contains("\nstore='/srv/my store/s.db'\n"));
}

#[test]
fn a_path_that_a_scheduler_would_read_as_more_than_text_is_refused() {
    for wrong in ["relative.db", "", "/a\nb", "/a\"b", "/a$b", "/a`b`", "/a%b", "/a\\b"] {
        assert!(Place::new("--store", Path::new(wrong), false).is_err(), "{wrong:?}");
    }
    assert!(Place::new("--store", Path::new("folder/relative.db"), true).is_ok());
}

#[test]
fn two_volumes_never_share_a_folder() {
    let same =
        Plan { store: Some(place("/data/s.db")), config: Some(place("/data/c.toml")), ..plan("1h", false) };
    assert!(kubernetes::files(&same).is_err());
}

#[test]
fn findings_are_uploaded_to_code_scanning_only_if_there_is_a_report_for_it() {
    let plan = plan("1h", false);
    let without = github_actions::workflow(&plan, false);
    assert!(!without.contains("sarif") && !without.contains("security-events"), "{without}");
    let with = github_actions::workflow(&plan, true);
    assert!(
        with.contains("--format \"sarif=$partial.sarif\"") && with.contains("for kind in json md sarif;")
    );
    assert!(with.contains("\n  security-events: write\n") && with.contains("upload-sarif"), "{with}");
}
