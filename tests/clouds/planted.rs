//! Secrets that are planted where a scan meets them, and where they must not come out.

use std::fs;

use crate::fault::Fault;
use crate::faults::CLOUDS;
use crate::site::Site;

/// What stands in the environment, in user data and in metadata of the test estates.
const PLANTED: &[&str] = &[
    "wJalrXUtnFEMI-planted-secret",
    "planted-session-token",
    // The user data of an instance of `examples/incident`, as EC2 gives it and as it is meant.
    "IyEvYmluL3NoCi9vcHQvY2kvcmVnaXN0ZXIgLS1wb29sIGRlZmF1bHQK",
    "/opt/ci/register --pool default",
    // The start-up script of every made-up instance of Compute Engine.
    "echo made up",
    "Bearer ",
];

#[test]
fn no_secret_comes_out_of_a_scan() {
    for cloud in CLOUDS {
        for fault in
            [None, Some(Fault::MissingRequiredField), Some(Fault::ProxyHtml), Some(Fault::ExpiredCredentials)]
        {
            let site = Site::new();
            let (_server, config) = (cloud.start)(fault);
            let config = format!("{config}{}\n", cloud.everything);
            let environment = [
                ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
                ("AWS_SECRET_ACCESS_KEY", PLANTED[0]),
                ("AWS_SESSION_TOKEN", PLANTED[1]),
            ];
            let environment = environment.map(|(name, value)| (name, value.to_owned()));
            let patience = ["--fail-on", "never", "--retries", "0", "--call-timeout", "5s", "-vv"];
            let scanned = site.run(&config, &environment, &patience);
            let exported = site.command(&["store", "export"]);
            let mut shown = [scanned.stdout, scanned.stderr, exported.stdout, exported.stderr].concat();
            for file in fs::read_dir(site.path("")).unwrap().map(Result::unwrap) {
                if file.file_name() != "driftline.toml" {
                    shown.extend(fs::read(file.path()).unwrap());
                }
            }
            for planted in PLANTED {
                let found = memchr::memmem::find(&shown, planted.as_bytes());
                assert_eq!(found, None, "{} × {fault:?} shows `{planted}`", cloud.name);
            }
        }
    }
}

#[test]
fn the_secrets_are_where_a_scan_meets_them() {
    // Without this, the test above would hold for an estate without secrets, too.
    for cloud in CLOUDS.iter().filter(|cloud| cloud.name != "azure") {
        let site = Site::new();
        let (_server, config) = (cloud.start)(None);
        let environment = [("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", PLANTED[0])];
        let environment = environment.map(|(name, value)| (name, value.to_owned()));
        let config = format!("{config}{}\n", cloud.everything);
        site.run(&config, &environment, &["--fail-on", "never"]);
        let exported = site.command(&["store", "export"]).stdout;
        let digests = memchr::memmem::find_iter(&exported, b"sha256").count();
        assert!(digests > 0, "{} concealed nothing", cloud.name);
    }
}
