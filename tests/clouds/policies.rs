//! The policies that driftline prints, held against the requests that servers saw.

use std::collections::BTreeSet;

use driftline::model::Provider;
use driftline::sources::cloud;
use driftline::sources::live::permissions;
#[cfg(feature = "gcp")]
use serde_json::json;

#[cfg(any(feature = "azure", feature = "gcp"))]
use crate::log_reads::fetched;
use crate::server::Request;
use crate::site::Site;

/// Scans everything there is, and returns the permissions that the requests took and those that a policy gives.
fn held(
    provider: Provider,
    requests: &[Request],
    permission: fn(&Request) -> Option<String>,
) -> [BTreeSet<String>; 2] {
    let taken = requests.iter().filter_map(permission).collect();
    let given = permissions(cloud(provider).calls()).into_iter().map(str::to_owned).collect();
    [taken, given]
}

fn scan(config: &str, everything: &str) {
    let environment = [("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "none")];
    let environment = environment.map(|(name, value)| (name, value.to_owned()));
    let output = Site::new().run(&format!("{config}{everything}\n"), &environment, &["--fail-on", "never"]);
    assert!(matches!(output.status.code(), Some(0 | 3)), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Asserts that a policy gives what requests took, and nothing else but what no plain scan takes.
fn assert_in_step([taken, given]: [BTreeSet<String>; 2], not_in_a_plain_scan: fn(&str) -> bool) {
    let lacking: Vec<_> = taken.difference(&given).collect();
    assert_eq!(lacking, Vec::<&String>::new(), "the policy lacks what a scan takes");
    let idle: Vec<_> =
        given.difference(&taken).filter(|permission| !not_in_a_plain_scan(permission)).collect();
    assert_eq!(idle, Vec::<&String>::new(), "the policy gives what no scan takes");
}

#[cfg(feature = "aws")]
#[test]
fn the_policy_of_aws_gives_what_a_scan_takes() {
    use crate::ec2::logs::Ask;

    crate::aws::alone_with_credentials("policies::the_policy_of_aws_gives_what_a_scan_takes", || {
        let estate = crate::aws_fetch::fetch_everything(crate::ec2::incident("before"));
        scan(&estate.config, "user-data = true\ninstance-attributes = true\nsharing = true");
        let permission = |request: &Request| {
            if let Some(ask) = Ask::of(request) {
                return Some(match ask.operation {
                    "ListObjectsV2" => "s3:ListBucket".to_owned(),
                    "GetObject" => "s3:GetObject".to_owned(),
                    operation => format!("cloudtrail:{operation}"),
                });
            }
            if let Some(target) = request.header("x-amz-target") {
                let (service, action) = target.split_once('.')?;
                let service =
                    if service.starts_with("ServiceQuotas") { "servicequotas" } else { "cloudtrail" };
                return Some(format!("{service}:{}", action.rsplit('.').next()?));
            }
            let action = request.parameter("Action")?;
            if request.header("authorization")?.contains("/iam/") {
                return Some(format!("iam:{action}"));
            }
            let of_sts = request.header("authorization")?.contains("/sts/");
            // Nobody needs to be allowed to ask who they are.
            (!of_sts).then(|| format!("ec2:{action}"))
        };
        let held = held(Provider::Aws, &estate.server.requests(), permission);
        assert_in_step(held, |permission| {
            // The estate has no trail that could be asked what it records.
            let of_trails = ["cloudtrail:GetTrailStatus", "cloudtrail:GetEventSelectors"];
            of_trails.contains(&permission)
                || matches!(permission, "sts:AssumeRole" | "organizations:ListAccounts")
        });
    });
}

#[cfg(feature = "azure")]
#[test]
fn the_role_of_azure_gives_what_a_scan_takes() {
    let estate = crate::arm::start(None);
    scan(&estate.config, "disk-restore-points = true");
    assert_eq!(fetched(Provider::Azure, &estate.config, &[]).troubles, []);
    let permission = |request: &Request| {
        let path = request.path.to_ascii_lowercase();
        if request.method != "GET" {
            return None;
        }
        if path.ends_with("/locations") || path.ends_with("/providers/microsoft.compute") {
            let (_, sort) = path.trim_end_matches("/microsoft.compute").rsplit_once('/')?;
            return Some(format!("microsoft.resources/subscriptions/{sort}/read"));
        }
        let Some((_, provider)) = path.rsplit_once("/providers/") else {
            return path
                .starts_with("/subscriptions")
                .then(|| "microsoft.resources/subscriptions/read".to_owned());
        };
        // Types and names take turns behind the provider.
        let segments: Vec<&str> = provider.split('/').filter(|segment| !segment.is_empty()).collect();
        let (namespace, rest) = segments.split_first()?;
        let types: Vec<&str> = rest.iter().step_by(2).copied().collect();
        Some(format!("{namespace}/{}/read", types.join("/")))
    };
    let [taken, given] = held(Provider::Azure, &estate.server.requests(), permission);
    let given = given.into_iter().map(|permission| permission.to_ascii_lowercase()).collect();
    assert_in_step([taken, given], |permission| {
        // Management groups are asked only where they are configured, and what `$expand` tells takes a permission
        // that its path does not show.
        let expanded = ["/instanceview/read", "/restorepoints/read"];
        permission.starts_with("microsoft.management/")
            || expanded.iter().any(|end| permission.ends_with(end))
    });
}

#[cfg(feature = "gcp")]
#[test]
fn the_role_of_google_cloud_gives_what_a_scan_takes() {
    let mut shown = crate::compute::estate();
    // A role from elsewhere, which is asked for by its name.
    let binding = json!({"role": "organizations/1/roles/end", "members": ["user:ann@example.com"]});
    shown["policies"]["example-prod"] = json!({"version": 1, "bindings": [binding]});
    let estate = crate::compute::turning(shown.clone(), shown, None);
    scan(&estate.config, "iam-policies = true");
    assert_eq!(fetched(Provider::Gcp, &estate.config, &[]).troubles, []);
    let permission = |request: &Request| {
        let path = request.path.trim_start_matches('/');
        if path == "v2/entries:list" {
            return Some("logging.logEntries.list".to_owned());
        }
        if path.starts_with("v2/") && path.ends_with("/sinks") {
            return Some("logging.sinks.list".to_owned());
        }
        if path.ends_with(":getIamPolicy") {
            return Some("resourcemanager.projects.getIamPolicy".to_owned());
        }
        if let Some(path) = path.strip_prefix("v1/") {
            let verb = if path.ends_with("/roles") { "list" } else { "get" };
            return Some(format!("iam.roles.{verb}"));
        }
        if let Some(path) = path.strip_prefix("v3/") {
            let collection = path.split(['/', ':', '?']).next()?;
            let verb = if path.ends_with(":search") { "get" } else { "list" };
            return Some(format!("resourcemanager.{collection}.{verb}"));
        }
        let segments: Vec<&str> = path.strip_prefix("compute/v1/projects/")?.split('/').skip(1).collect();
        let (collection, verb) = match segments.as_slice() {
            [] => ("projects", "get"),
            ["global", "snapshotSettings"] => ("snapshotSettings", "get"),
            ["aggregated" | "global", collection] | [_, _, collection] | [collection] => {
                (*collection, "list")
            }
            [.., collection, _, "getIamPolicy"] => (*collection, "getIamPolicy"),
            [.., collection, _] => (*collection, "get"),
        };
        Some(format!("compute.{collection}.{verb}"))
    };
    let held = held(Provider::Gcp, &estate.server.requests(), permission);
    assert_in_step(held, |permission| {
        // A `get` confirms what a listing lacks; folders and organizations are listed where they are configured.
        let by_id = permission.starts_with("compute.") && permission.strip_suffix(".get").is_some();
        by_id || matches!(permission, "resourcemanager.projects.list" | "resourcemanager.folders.list")
    });
}
