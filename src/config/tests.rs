//! `driftline.toml` from text to data, and everything that can be wrong with it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use proptest::prelude::{prop_assert, proptest};
use serde_json::Value;

use super::*;
use crate::model::{AccountId, Location, is_treacherous};

const EXAMPLE: &str = include_str!("../../examples/driftline.toml");

/// Ten mistakes of ten sorts.
const TEN_MISTAKES: &str = r#"kinds = ["instance", "volumes"]

[limits]
burst = 0

[[aws]]
name = "production"
regoins = ["eu-west-1"]
external-id = "x"
role = arn:aws:iam::123456789012:role/driftline

[[aws]]
name = "production"
regions = []
kinds = ["restore-point"]

[[azure]]
credential = { client-secret = "hunter2" }

[[gcp]]
endpoint = "http://compute.example.com"
projects = { folder = "1", organization = "2" }
"#;

pub(super) fn parse(text: &str) -> Config {
    Config::parse(text, "driftline.toml").unwrap_or_else(|errors| panic!("{errors}"))
}

fn errors(text: &str) -> ConfigErrors {
    Config::parse(text, "driftline.toml").expect_err(text)
}

/// Returns the message of a text with one mistake.
pub(super) fn error(text: &str) -> String {
    let errors = errors(text);
    assert_eq!(errors.problems().len(), 1, "{errors}");
    let problem = &errors.problems()[0];
    format!("{problem} / {}", problem.hint().unwrap_or_default())
}

#[test]
fn ten_mistakes_are_told_at_once_with_their_lines() {
    let errors = errors(TEN_MISTAKES);
    let lines: Vec<usize> =
        errors.problems().iter().filter_map(Problem::position).map(|(line, _)| line).collect();
    assert_eq!(lines, [1, 4, 8, 10, 13, 14, 15, 18, 21, 22]);
    insta::assert_snapshot!("ten_mistakes", errors);
}

#[test]
fn an_entry_without_keys_has_every_default() {
    let expected = Config {
        aws: vec![Entry::new("aws 1", Aws::default()), Entry::new("aws 2", Aws::default())],
        azure: vec![Entry::new("azure 1", Azure::default())],
        gcp: vec![Entry::new("gcp 1", Gcp::default())],
        tuning: Tuning::default(),
    };
    assert_eq!(parse("[[aws]]\n[[aws]]\n[[azure]]\n[[gcp]]\n"), expected);
    assert_eq!(parse(""), Config::default());
}

#[test]
fn the_example_states_the_defaults() {
    let expected = Config {
        aws: vec![Entry::new("aws 1", Aws::default())],
        azure: vec![Entry::new("azure 1", Azure::default())],
        gcp: vec![Entry::new("gcp 1", Gcp::default())],
        tuning: Tuning::default(),
    };
    assert_eq!(parse(EXAMPLE), expected);
}

#[test]
fn the_schema_states_the_defaults() {
    let schema = Config::json_schema();
    let defaults = |table: &str| {
        let properties = schema["$defs"][table]["properties"].as_object().unwrap().clone();
        let stated = |(key, about): (String, Value)| Some((key, about.get("default")?.clone()));
        Value::Object(properties.into_iter().filter_map(stated).collect())
    };
    assert_eq!(defaults("LimitsTable").as_object().unwrap().len(), 6);
    let text = toml::to_string(&serde_json::json!({
        "limits": defaults("LimitsTable"),
        "aws": [defaults("AwsTable")],
        "azure": [defaults("AzureTable")],
        "gcp": [defaults("GcpTable")],
    }));
    assert_eq!(parse(&text.unwrap()), parse("[[aws]]\n[[azure]]\n[[gcp]]"));
}

/// Returns the key of a line of the example, and whether the line is commented out.
fn key(line: &str) -> Option<(&str, bool)> {
    let bare = line.strip_prefix('#').unwrap_or(line);
    let (key, _) = bare.split_once(" = ")?;
    key.chars().all(|c| c.is_ascii_lowercase() || c == '-').then_some((key, bare != line))
}

#[test]
fn every_alternative_in_the_example_reads() {
    let lines: Vec<&str> = EXAMPLE.lines().collect();
    let section = |nth: usize| lines[..nth].iter().filter(|line| line.starts_with('[')).count();
    let alternatives: Vec<usize> =
        (0..lines.len()).filter(|&nth| key(lines[nth]).is_some_and(|(_, commented)| commented)).collect();
    assert!(alternatives.len() > 30, "{alternatives:?}");
    for &chosen in &alternatives {
        // Of each key the chosen alternative, else the last one.
        let mut text = String::new();
        for (nth, line) in lines.iter().enumerate() {
            let same = |other: usize| {
                section(other) == section(nth)
                    && key(lines[other]).map(|(key, _)| key) == key(line).map(|(key, _)| key)
            };
            let taken = match alternatives.iter().rfind(|&&other| same(other)) {
                _ if key(line).is_none() => true,
                None => true,
                Some(_) if same(chosen) => nth == chosen,
                Some(&last) => nth == last,
            };
            let bare = if key(line).is_some() { line.trim_start_matches('#') } else { line };
            let _ = writeln!(text, "{}", if taken { bare } else { "" });
        }
        let config = parse(&text);
        assert_ne!(config.aws[0].cloud.role, None, "{}", lines[chosen]);
    }
}

#[test]
fn the_reader_knows_the_keys_of_the_schema_and_the_example_shows_them() {
    let schema = Config::json_schema();
    let properties = |table: &str| -> Vec<String> {
        let path =
            if table.is_empty() { "/properties".to_owned() } else { format!("/$defs/{table}/properties") };
        schema.pointer(&path).and_then(Value::as_object).expect(table).keys().cloned().collect()
    };
    let tables = [
        ("", "zzz = 1"),
        ("LimitsTable", "[limits]\nzzz = 1"),
        ("AwsTable", "[[aws]]\nzzz = 1"),
        ("OrganizationTable", "[[aws]]\norganization = { zzz = 1, member-role = 'x' }"),
        ("TrailTable", "[[aws]]\nevents = { zzz = 1, trail = 's3://xyz' }"),
        ("AzureTable", "[[azure]]\nzzz = 1"),
        ("AzureCredentialTable", "[[azure]]\ncredential.zzz = 1"),
        ("ManagedIdentityTable", "[[azure]]\ncredential.managed-identity.zzz = 1"),
        (
            "ClientSecretTable",
            "[[azure]]\ntenant = 'x'\n[azure.credential.client-secret]\nclient-id = 'x'\nsecret-variable = 'X'\nzzz = 1",
        ),
        ("SubscriptionsTable", "[[azure]]\nsubscriptions.zzz = 1"),
        ("GcpTable", "[[gcp]]\nzzz = 1"),
        ("GcpCredentialTable", "[[gcp]]\ncredential.zzz = 1"),
        ("ProjectsTable", "[[gcp]]\nprojects.zzz = 1"),
        ("WeightsTable", "[weights]\nzzz = 1"),
    ];
    for (table, text) in tables {
        let error = error(text);
        let keys = error.strip_prefix("unknown key `zzz` / the keys here are ").expect(&error);
        let mut keys: Vec<&str> = keys.split(", ").map(|key| key.trim_matches('`')).collect();
        keys.sort_unstable();
        assert_eq!(keys, properties(table), "{table}");
        for key in keys {
            assert!(EXAMPLE.contains(key), "{key}");
        }
    }
    let defined = schema["$defs"].as_object().unwrap().keys().filter(|name| name.ends_with("Table")).count();
    assert_eq!(defined, tables.len() - 1);
}

#[test]
fn every_key_of_an_entry_is_read() {
    let config = parse(
        r#"
        [[aws]]
        name = "org"
        profile = "audit"
        role = "arn:aws-us-gov:iam::123456789012:role/path/driftline"
        external-id = "x"
        regions = ["eu-west-1", "us-gov-east-1"]
        organization = { member-role = "driftline", external-id = "y", exclude = ["210987654321"] }
        endpoint = "http://localhost:4566/"
        sharing = true
        instance-attributes = true
        user-data = true
        events = { trail = "s3://northwick-trail/audit/", region = "eu-west-1" }
        [[azure]]
        tenant = "t"
        subscriptions = ["3F6D1C2A-7b48-4e19-9c05-8d2e6a1b4f70"]
        endpoint = "https://management.usgovcloudapi.net"
        authority = "http://[::1]:80"
        disk-restore-points = true
        events = "off"
        [azure.credential.client-secret]
        client-id = "app"
        secret-variable = "SECRET"
        [[gcp]]
        credential = { token-variable = "TOKEN" }
        projects = { organization = "456" }
        endpoint = "http://127.0.0.1:1"
        resource-manager-endpoint = "http://127.0.0.1:2/path/"
        iam-endpoint = "http://127.0.0.1:4"
        logging-endpoint = "http://127.0.0.1:3"
        iam-policies = true
        events = "off"
        "#,
    );
    let organization = AwsOrganization {
        member_role: "driftline".to_owned(),
        external_id: Some("y".to_owned()),
        exclude: vec![AccountId::new("210987654321")],
    };
    let aws = Aws {
        profile: Some("audit".to_owned()),
        role: Some("arn:aws-us-gov:iam::123456789012:role/path/driftline".to_owned()),
        external_id: Some("x".to_owned()),
        regions: Regions::Listed(vec![Location::new("eu-west-1"), Location::new("us-gov-east-1")]),
        organization: Some(organization),
        endpoint: Some("http://localhost:4566".to_owned()),
        sharing: true,
        instance_attributes: true,
        user_data: true,
        events: AwsEvents::Trail(Trail {
            bucket: "northwick-trail".to_owned(),
            prefix: "audit".to_owned(),
            region: Some(Location::new("eu-west-1")),
        }),
    };
    let secret =
        AzureCredential::ClientSecret { client_id: "app".to_owned(), secret_variable: "SECRET".to_owned() };
    let azure = Azure {
        credential: secret,
        tenant: Some("t".to_owned()),
        subscriptions: Subscriptions::Listed(vec![AccountId::new("3f6d1c2a-7b48-4e19-9c05-8d2e6a1b4f70")]),
        endpoint: Some("https://management.usgovcloudapi.net".to_owned()),
        authority: Some("http://[::1]:80".to_owned()),
        disk_restore_points: true,
        events: Events::Off,
    };
    let gcp = Gcp {
        credential: GcpCredential::Token { variable: "TOKEN".to_owned() },
        projects: Projects::Organization("456".to_owned()),
        endpoint: Some("http://127.0.0.1:1".to_owned()),
        resource_manager_endpoint: Some("http://127.0.0.1:2/path".to_owned()),
        iam_endpoint: Some("http://127.0.0.1:4".to_owned()),
        logging_endpoint: Some("http://127.0.0.1:3".to_owned()),
        iam_policies: true,
        events: Events::Off,
    };
    assert_eq!(config.aws, [Entry::new("org", aws)]);
    assert_eq!(config.azure, [Entry::new("azure 1", azure)]);
    assert_eq!(config.gcp, [Entry::new("gcp 1", gcp)]);
}

#[test]
fn credentials_and_choices_read_in_each_of_their_forms() {
    let credential =
        |value: &str| parse(&format!("[[azure]]\ncredential = {value}")).azure[0].cloud.credential.clone();
    assert_eq!(credential("\"cli\""), AzureCredential::Cli);
    assert_eq!(credential("\"workload-identity\""), AzureCredential::WorkloadIdentity);
    let own = AzureCredential::ManagedIdentity { client_id: None };
    assert_eq!(credential("\"managed-identity\""), own);
    assert_eq!(credential("{ managed-identity = {} }"), own);
    let assigned = AzureCredential::ManagedIdentity { client_id: Some("x".to_owned()) };
    assert_eq!(credential("{ managed-identity = { client-id = 'x' } }"), assigned);
    assert_eq!(credential("{ token-variable = 'T' }"), AzureCredential::Token { variable: "T".to_owned() });
    let events = |value: &str| parse(&format!("[[aws]]\nevents = {value}")).aws[0].cloud.events.clone();
    assert_eq!((events("'lookup'"), events("'off'")), (AwsEvents::Lookup, AwsEvents::Off));
    for (url, prefix) in [
        ("s3://a-trail", ""),
        ("s3://a-trail/", ""),
        ("s3://a-trail/x/y/", "x/y"),
        // Copied from the console, with more than stands before the folder of all trails.
        ("s3://a-trail/x/AWSLogs/111122223333/CloudTrail/", "x"),
        ("s3://a-trail/AWSLogs/o-abc/", ""),
    ] {
        let trail = Trail { bucket: "a-trail".to_owned(), prefix: prefix.to_owned(), region: None };
        assert_eq!(events(&format!("{{ trail = '{url}' }}")), AwsEvents::Trail(trail), "{url}");
    }
    let group = parse("[[azure]]\nsubscriptions = { management-group = 'g' }");
    assert_eq!(group.azure[0].cloud.subscriptions, Subscriptions::ManagementGroup("g".to_owned()));
    let folder = parse("[[gcp]]\nprojects = { folder = '1' }");
    assert_eq!(folder.gcp[0].cloud.projects, Projects::Folder("1".to_owned()));
    let listed = parse("[[gcp]]\nprojects = ['a-b']");
    assert_eq!(listed.gcp[0].cloud.projects, Projects::Listed(vec![AccountId::new("a-b")]));
    let quiet = parse("[[azure]]\nevents = 'off'\n[[gcp]]\nevents = 'fetch'");
    assert_eq!((quiet.azure[0].cloud.events, quiet.gcp[0].cloud.events), (Events::Off, Events::Fetch));
    let anonymous = parse("[[gcp]]\ncredential = 'anonymous'\nendpoint = 'http://localhost:1'");
    assert_eq!(anonymous.gcp[0].cloud.credential, GcpCredential::Anonymous);
}

#[test]
fn a_credentials_file_is_relative_to_the_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("driftline.toml");
    for (written, expected) in
        [("key.json", folder.path().join("key.json")), ("/etc/k", PathBuf::from("/etc/k"))]
    {
        std::fs::write(&path, format!("[[gcp]]\ncredential = {{ file = '{written}' }}")).unwrap();
        let config = Config::read(&path).unwrap();
        assert_eq!(config.gcp[0].cloud.credential, GcpCredential::File(expected));
    }
}

#[test]
fn kinds_of_an_entry_win_over_those_of_the_top_level() {
    let config = parse(
        "kinds = ['instance', 'restore-point']\nskip-kinds = ['region']\n\
         [[aws]]\n[[aws]]\nkinds = ['region', 'image']\nskip-kinds = []\n[[azure]]\nskip-kinds = ['instance']",
    );
    let kinds = |list: &[Kind]| list.iter().copied().collect::<BTreeSet<_>>();
    assert_eq!(config.aws[0].kinds, kinds(&[Kind::Instance, Kind::RestorePoint]));
    assert_eq!(config.aws[1].kinds, kinds(&[Kind::Region, Kind::Image]));
    assert_eq!(config.azure[0].kinds, kinds(&[Kind::RestorePoint]));
    let skipping = parse("[[gcp]]\nskip-kinds = ['machine-image']");
    assert!(!skipping.gcp[0].kinds.contains(&Kind::MachineImage));
    assert_eq!(skipping.gcp[0].kinds.len(), Kind::ALL.len() - 1);
}

#[test]
fn options_win_over_the_environment_over_the_file_over_the_defaults() {
    let mut config = parse(
        "[limits]\nconcurrency = 2\nburst = 3\nretries = 1_0\ncall-timeout = '1m30s'\n\
         [[aws]]\nlimits = { burst = 4, requests-per-second = 0.5 }\n[[gcp]]\n[gcp.limits]\nscope-timeout = '1h'",
    );
    let from_file = Limits {
        concurrency: 2,
        requests_per_second: 0.5,
        burst: 4,
        retries: 10,
        call_timeout: Duration::from_secs(90),
        scope_timeout: Limits::default().scope_timeout,
    };
    assert_eq!(config.aws[0].limits, from_file);
    let environment = Overrides::from_environment(|name| match name {
        "DRIFTLINE_CONCURRENCY" => Some("5".to_owned()),
        "DRIFTLINE_RETRIES" => Some("0".to_owned()),
        "DRIFTLINE_CALL_TIMEOUT" => Some("250ms".to_owned()),
        "DRIFTLINE_SCOPE_TIMEOUT" => Some(String::new()),
        _ => None,
    });
    config.apply(&environment.unwrap());
    config.apply(&Overrides { retries: Some(1), ..Overrides::default() });
    let expected =
        Limits { concurrency: 5, retries: 1, call_timeout: Duration::from_millis(250), ..from_file };
    assert_eq!(config.aws[0].limits, expected);
    let gcp =
        Limits { burst: 3, requests_per_second: 10.0, scope_timeout: Duration::from_hours(1), ..expected };
    assert_eq!(config.gcp[0].limits, gcp);
}

#[test]
fn every_wrong_variable_is_told() {
    let errors = Overrides::from_environment(|name| match name {
        "DRIFTLINE_BURST" => None,
        "DRIFTLINE_REQUESTS_PER_SECOND" => Some("NaN".to_owned()),
        _ => Some("\u{1b}[2Jmany".to_owned()),
    });
    insta::assert_snapshot!("environment", errors.unwrap_err());
}

#[test]
fn only_the_wanted_clouds_entries_stay() {
    let mut config = Config::ambient(Provider::ALL);
    config.retain(&[Provider::Azure, Provider::Gcp]);
    assert_eq!((config.aws.len(), config.azure.len(), config.gcp.len()), (0, 1, 1));
}

#[test]
fn every_single_mistake_is_told_with_what_to_write_instead() {
    let texts = [
        "[aws]\nregions = 'enabled'",
        "aws = 1",
        "[[aws]]\nregions = 'eu-west-1'",
        "[[aws]]\nregions = ['eu-west-1a']",
        "[[aws]]\nregions = ['eu-west-1', 'eu-west-1']",
        "[[aws]]\nregions = { all = true }",
        "[[aws]]\nregions = true",
        "[[aws]]\nrole = 'driftline'",
        "[[aws]]\norganization = { external-id = 'x' }",
        "[[aws]]\norganization = { member-role = 'arn:aws:iam::123456789012:role/x' }",
        "[[aws]]\norganization = { member-role = 'x', exclude = ['12'] }",
        "[[aws]]\nsecret_access_key = 'x'",
        "[[aws]]\nexternal_id = 'x'",
        "[[aws]]\nsharing = 'yes'",
        "[[aws]]\nprofile = ''",
        "[[aws]]\nevents = 'cloudtrail'",
        "[[aws]]\nevents = { region = 'eu-west-1' }",
        "[[aws]]\nevents = { trail = 'arn:aws:s3:::northwick-trail' }",
        "[[aws]]\nkinds = ['volume']\nskip-kinds = ['volume', 'image']",
        "[[aws]]\nkinds = []",
        "skip-kinds = ['volume']\n[[aws]]\nkinds = ['volume']",
        "[[aws]]\nname = 'aws 2'\n[[aws]]",
        "[[azure]]\ncredential = 'clii'",
        "[[azure]]\ncredential = 'sso'",
        "[[azure]]\ncredential = {}",
        "[[azure]]\ntenant = 'x'\ncredential = { client-secret = { client-id = 'x' } }",
        "[[azure]]\ncredential = { client-secret = { client-id = 'x', secret-variable = 'X' } }",
        "[[azure]]\ncredential = { token = 'x' }",
        "[[azure]]\nsubscriptions = 'production'",
        "[[azure]]\nsubscriptions = ['production']",
        "[[gcp]]\ncredential = 'anonymous'",
        "[[gcp]]\nprojects = ['123']",
        "[[gcp]]\nprojects = { folder = 'folders/1' }",
        "[[azure]]\nevents = 'lookup'",
        "[[gcp]]\nevents = 'fetched'",
        "[[gcp]]\nevents = { sink = 'x' }",
        "[[gcp]]\nevents = false",
        "[[aws]]\nprofile = 5",
        "[[azure]]\nsubscriptions = 5",
        "[[gcp]]\nprojects = { folder = 1 }",
        "[limits]\ncall-timeout = 30",
        "[limits]\ncall-timeout = '30'",
        "[limits]\ncall-timeout = '-1s'",
        "[limits]\nscope-timeout = '25h'",
        "[limits]\nrequests-per-second = nan",
        "[limits]\nrequests-per-second = 1979-05-27",
        "[limits]\nconcurrency = 99999999999999999999",
        "[limits]\nconcurrency = 1.5",
    ];
    let mut page = String::new();
    for text in texts {
        let _ = writeln!(page, "{text}\n    {}\n", error(text).replace(" / ", "\n    "));
    }
    insta::assert_snapshot!("single_mistakes", page);
}

#[test]
fn a_token_travels_to_no_other_machine_in_the_open() {
    let with = |url: &str| format!("[[gcp]]\nendpoint = '{url}'");
    for good in
        ["https://h", "https://h:8443/path", "HTTP://LocalHost", "http://127.9.9.9:1", "http://[::1]/"]
    {
        parse(&with(good));
    }
    for bad in [
        "http://h",
        "http://localhost.example.com",
        "http://127.0.0.1.example.com",
        "http://127.0.0.1@example.com",
        "http://127.0.0.1\\@example.com",
        "http://127.1",
        "https://",
        "https:///path",
        "h",
        "localhost:80",
        "ftp://localhost",
        "https://h:0",
        "https://h:99999",
        "https://h:",
        "https://h?x=1",
        "https://h#f",
        "https://h x",
        "",
    ] {
        assert_eq!(errors(&with(bad)).problems().len(), 1, "{bad}");
    }
}

#[test]
fn a_secret_in_the_file_is_refused_and_never_shown() {
    for text in [
        "[[azure]]\nclient-secret = \"hunter2\"",
        "[[azure]]\ntenant = 'x'\nclient_secret = 'hunter2'",
        "[[azure]]\ncredential = { client-secret = \"hunter2\", tenat = 1 }",
        "[[azure]]\ntenant = 'x'\ncredential = { client-secret = { client-id = 'x', secret-variable = 'hunter2!' } }",
        "[[azure]]\ntenant = 'x'\ncredential = { client-secret = { client-id = 'x', secret-varible = 'hunter2' } }",
        "[[azure]]\ncredential = { token = \"hunter2\" }",
        "[[gcp]]\nendpoint = 'https://me:hunter2@example.com'",
        "[[aws]]\nsecret-access-key = \"\"\"\nhunter2\"\"\"",
        "[[azure]]\nclient-secret = \"hunter2",
        "[[azure\nclient-secret = \"hunter2",
        "[[azure]]\nclient-secret = hunter2",
        "[[azure]]\nclient-secret = { client-id = 'x' secret = 'hunter2' }",
        "[[azure]]\nclient-secret = \"hunter2\"\nclient-secret = \"hunter2\"",
    ] {
        let shown = errors(text).to_string();
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}

#[test]
fn a_hostile_file_gives_an_error_with_a_position() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("drift\u{1b}[31mline.toml");
    let long = "x".repeat(1 << 20);
    let files: Vec<(&str, Vec<u8>, (usize, usize))> = vec![
        ("controls", b"[[aws]]\nname = \"\x1b[31m\"\n".to_vec(), (2, 9)),
        ("hidden controls", b"[[aws]]\nname = \"a\\u001b\"\n".to_vec(), (2, 8)),
        ("right to left", "[[aws]]\n\"na\u{202e}me\" = 1\n".into(), (2, 1)),
        ("one long line", format!("a = \"{long}\n").into_bytes(), (1, 6 + long.len())),
        ("a long key", format!("{long} = 1\n").into_bytes(), (1, 1)),
        ("a long value", format!("kinds = [\"{long}\"]\n").into_bytes(), (1, 10)),
        ("many values", format!("kinds = [{}]\n", "1,".repeat(1 << 14)).into_bytes(), (1, 10)),
        (
            "a list without end",
            format!("kinds = [{}\n", "1,".repeat(1 << 14)).into_bytes(),
            (1, 10 + (1 << 15)),
        ),
        ("many errors", "= ".repeat(1 << 18).into_bytes(), (1, 3)),
        ("many lines of errors", "=\n".repeat(1 << 16).into_bytes(), (1, 1)),
        ("deep lists", format!("[limits]\na = {}", "[".repeat(1 << 18)).into_bytes(), (2, 85)),
        ("deep tables", format!("a = {}", "{a=".repeat(1 << 16)).into_bytes(), (1, 245)),
        ("deep keys", format!("{}b = 1", "a.".repeat(1 << 16)).into_bytes(), (1, 1)),
        ("no text", b"[[aws]]\nname = \"a\xff\"\n".to_vec(), (2, 10)),
        ("UTF-16", b"\xff\xfe[\0[\0".to_vec(), (1, 1)),
        ("a byte order mark inside", "[[aws]]\n\u{feff}name = 'x'\n".into(), (2, 1)),
        ("an error after a byte order mark", "\u{feff}nmae = 'x'\n".into(), (1, 1)),
        ("returns", b"[[aws]]\r\nregoins = 1\r\n".to_vec(), (2, 1)),
        ("zeros", vec![0; 1 << 16], (1, 1 + (1 << 16))),
    ];
    for (what, bytes, position) in files {
        std::fs::write(&path, bytes).unwrap();
        let ConfigError::Invalid(errors) = Config::read(&path).expect_err(what) else { panic!("{what}") };
        assert_eq!(errors.problems()[0].position(), Some(position), "{what}: {errors}");
        let shown = errors.to_string();
        let treacherous = |c: char| c != '\n' && is_treacherous(c);
        assert!(!shown.contains(treacherous), "{what}: {shown:?}");
        assert!(shown.len() < 40_000, "{what}: {}", shown.len());
        assert!(shown.lines().all(|line| line.chars().count() < 2_000), "{what}: {shown}");
    }
}

proptest! {
    #[test]
    fn no_text_is_too_odd_to_read_or_to_refuse(
        cut in 0..EXAMPLE.len(), length in 0..80_usize, put in r#"[\[\]{}=,."'#\\\n\r\t a-c0-9\u{0}\u{1b}\u{202e}é漢]{0,12}"#,
    ) {
        let (from, to) = (EXAMPLE.floor_char_boundary(cut), EXAMPLE.floor_char_boundary(cut + length));
        let text = [&EXAMPLE[..from], &put, &EXAMPLE[to..]].concat();
        if let Err(errors) = Config::parse(&text, "driftline.toml") {
            let shown = errors.to_string();
            prop_assert!(!shown.contains(|c| c != '\n' && is_treacherous(c)), "{}", shown);
        }
    }

    #[test]
    fn no_text_around_a_secret_brings_it_to_light(
        before in r"(\[\[azure\]\]|credential|client-id|[\[\]{}=,.# \n]){0,8}", after in r"[\[\]{}=,.# \na]{0,8}",
    ) {
        let text = format!("{before}\nclient-secret = \"hunter2\"\n{after}");
        let shown = Config::parse(&text, "driftline.toml").expect_err(&text).to_string();
        prop_assert!(!shown.contains("hunter2"), "{}", shown);
    }
}

#[test]
fn a_byte_order_mark_at_the_beginning_is_no_error() {
    assert_eq!(parse("\u{feff}[[aws]]\n").aws.len(), 1);
}

#[test]
fn a_file_that_is_not_there_or_too_large_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = Config::read(&folder.path().join("none.toml")).unwrap_err().to_string();
    assert!(missing.contains("none.toml"), "{missing}");
    assert!(matches!(Config::read(Path::new("/dev/zero")), Err(ConfigError::TooLarge { .. })));
}
