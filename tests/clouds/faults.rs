//! Every cloud × every fault, through the binary: what a scan ends with, and that nothing vanishes falsely.

use std::thread;

use serde_json::Value;

use crate::fault::Fault;
use crate::site::Site;

/// A cloud's test server.
pub struct Cloud {
    pub name: &'static str,
    /// The keys of its entry that ask for everything there is.
    pub everything: &'static str,
    /// Starts one; returns what keeps it alive, and the configuration that reaches it.
    pub start: fn(Option<Fault>) -> Running,
}

/// What keeps a server alive, and the configuration that reaches it.
type Running = (Box<dyn Send>, String);

#[rustfmt::skip]
pub const CLOUDS: &[Cloud] = &[
    #[cfg(feature = "aws")]
    Cloud { name: "aws", everything: "user-data = true\ninstance-attributes = true\nsharing = true", start: |fault| { let estate = crate::ec2::start(fault); (Box::new(estate.server), estate.config) } },
    #[cfg(feature = "azure")]
    Cloud { name: "azure", everything: "disk-restore-points = true", start: |fault| { let estate = crate::arm::start(fault); (Box::new(estate.server), estate.config) } },
    #[cfg(feature = "gcp")]
    Cloud { name: "gcp", everything: "iam-policies = true", start: |fault| { let estate = crate::compute::start(fault); (Box::new(estate.server), estate.config) } },
];

/// What a scan makes of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// Nothing is missing.
    Harmless,
    /// Some scope has one of these statuses, and the run ends with 3.
    Incomplete(&'static [&'static str]),
    /// Nobody gets in, and the run ends with 30.
    Refused,
}

fn fate(cloud: &str, fault: Fault) -> Fate {
    match fault {
        Fault::ThrottledOnce
        | Fault::ThrottledOnceWithout
        | Fault::EmptyPageWithToken
        | Fault::UnknownEnumValue => Fate::Harmless,
        // A page token of AWS is opaque: it goes back to AWS as it came.
        Fault::ForeignNextLink if cloud == "aws" => Fate::Harmless,
        Fault::ThrottledForGood => Fate::Incomplete(&["throttled"]),
        Fault::DeniedKind | Fault::DeniedLocation => Fate::Incomplete(&["denied"]),
        Fault::TruncatedBody | Fault::Stall | Fault::ProxyHtml => Fate::Incomplete(&["failed"]),
        Fault::UnreachablePlace => Fate::Incomplete(&["failed", "partial"]),
        Fault::FailsMidPaging
        | Fault::RepeatedToken
        | Fault::ForeignNextLink
        | Fault::MissingRequiredField => Fate::Incomplete(&["partial"]),
        Fault::ExpiredCredentials => Fate::Refused,
    }
}

/// Scans; returns the exit status and the report, if there is one.
fn scan(site: &Site, cloud: &Cloud, fault: Option<Fault>) -> (i32, Value) {
    let (_server, config) = (cloud.start)(fault);
    let environment =
        [("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI-planted-secret")];
    let environment = environment.map(|(name, value)| (name, value.to_owned()));
    let patience = ["--fail-on", "never", "--retries", "1", "--call-timeout", "2s"];
    let output = site.run(&config, &environment, &patience);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!said.contains("planted-secret"), "{said}");
    let report = serde_json::from_slice(&output.stdout).unwrap_or_default();
    (output.status.code().unwrap(), report)
}

/// Returns the statuses of the scopes that were complete before and are not now.
fn lost(before: &Value, after: &Value) -> Vec<String> {
    let rows = |report: &Value| report["coverage"].as_array().cloned().unwrap_or_default();
    let place = |row: &Value| ["provider", "account", "location", "kind"].map(|name| row[name].to_string());
    let was_complete = |row: &Value| {
        let earlier = rows(before).into_iter().find(|earlier| place(earlier) == place(row));
        earlier.is_none_or(|earlier| earlier["status"] == "complete")
    };
    let lost = rows(after).into_iter().filter(|row| row["status"] != "complete" && was_complete(row));
    lost.map(|row| row["status"].as_str().unwrap().to_owned()).collect()
}

fn changes(report: &Value, kinds: &[&str]) -> Vec<Value> {
    let changes = report["changes"].as_array().cloned().unwrap_or_default();
    changes.into_iter().filter(|change| kinds.contains(&change["kind"].as_str().unwrap())).collect()
}

fn befall(cloud: &Cloud, fault: Fault) {
    let (site, what) = (Site::new(), format!("{} × {fault:?}", cloud.name));
    let (sound, before) = scan(&site, cloud, None);
    let (status, after) = scan(&site, cloud, Some(fault));
    match fate(cloud.name, fault) {
        Fate::Harmless => {
            assert_eq!(status, sound, "{what}");
            assert_eq!(lost(&before, &after), Vec::<String>::new(), "{what}");
        }
        Fate::Incomplete(statuses) => {
            assert_eq!(status, 3, "{what}");
            let lost = lost(&before, &after);
            assert!(!lost.is_empty(), "{what}");
            assert!(lost.iter().all(|status| statuses.contains(&status.as_str())), "{what}: {lost:?}");
        }
        Fate::Refused => assert_eq!((status, after.clone()), (30, Value::Null), "{what}"),
    }
    let gone = ["vanished", "recreated", "appeared", "reappeared"];
    assert_eq!(changes(&after, &gone), Vec::<Value>::new(), "{what}");
    let (recovered, later) = scan(&site, cloud, None);
    assert_eq!(recovered, sound, "{what}");
    assert_eq!(changes(&later, &gone), Vec::<Value>::new(), "{what}, afterwards");
}

#[test]
fn no_fault_of_any_cloud_makes_anything_vanish() {
    for faults in Fault::ALL.chunks(4) {
        thread::scope(|threads| {
            for (cloud, fault) in
                CLOUDS.iter().flat_map(|cloud| faults.iter().map(move |fault| (cloud, *fault)))
            {
                threads.spawn(move || befall(cloud, fault));
            }
        });
    }
}
