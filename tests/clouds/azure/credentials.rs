//! Tokens: got, refused, renewed, never shown.

use std::process::Command;

use driftline::config::AzureCredential;
use driftline::model::Kind;
use driftline::sources::live::{Refusal, RefusalKind};

use super::{Driver, entry, entry_of};
use crate::arm::world::{TENANT, World};
use crate::arm::{EXPIRED_VARIABLE, Estate, GOOD_VARIABLE, Manner, serve, start};

fn with_secret(estate: &Estate, variable: &str) -> Driver {
    let mut entry = entry(estate);
    entry.cloud.credential = AzureCredential::ClientSecret {
        client_id: "an-app".to_owned(),
        secret_variable: variable.to_owned(),
    };
    Driver::new(entry)
}

fn tokens(estate: &Estate) -> usize {
    estate.server.requests().iter().filter(|request| request.path.ends_with("/token")).count()
}

fn refused(refusal: &Refusal, code: &str) {
    assert_eq!((refusal.kind, refusal.code.as_str()), (RefusalKind::Credentials, code), "{refusal}");
}

#[test]
fn a_client_secret_buys_one_token_for_many_requests() {
    let estate = start(None);
    let driver = with_secret(&estate, GOOD_VARIABLE);
    assert_eq!(driver.accounts().unwrap().accounts.len(), 2);
    assert_eq!(driver.list(Kind::Volume).elements.len(), 8);
    assert_eq!(tokens(&estate), 1);
    let bearers = estate.server.requests();
    let bearers = bearers.iter().filter_map(|request| request.header("authorization"));
    assert!(bearers.clone().count() > 3 && bearers.into_iter().all(|bearer| bearer == "Bearer issued-0"));
}

#[test]
fn the_authoritys_code_tells_what_is_wrong_with_a_secret() {
    let estate = start(None);
    for (variable, code, meaning) in [
        (EXPIRED_VARIABLE, "AADSTS7000222", "the client secret has expired"),
        ("CARGO_PKG_LICENSE", "AADSTS7000215", "the client secret is wrong"),
    ] {
        let refusal = with_secret(&estate, variable).accounts().unwrap_err();
        refused(&refusal, code);
        assert!(refusal.message.starts_with(meaning), "{refusal}");
        assert!(!refusal.message.contains(&std::env::var(variable).unwrap()), "{refusal}");
        assert!(!refusal.message.contains("Trace ID"), "{refusal}");
    }
}

#[test]
fn a_tenant_that_is_not_there_is_named_as_the_cause() {
    let estate = start(None);
    let mut entry = entry(&estate);
    entry.cloud.tenant = Some("contoso.example".to_owned());
    entry.cloud.credential = AzureCredential::ClientSecret {
        client_id: "an-app".to_owned(),
        secret_variable: GOOD_VARIABLE.to_owned(),
    };
    let refusal = Driver::new(entry).accounts().unwrap_err();
    refused(&refusal, "AADSTS90002");
    assert!(refusal.message.starts_with("there is no such tenant"), "{refusal}");
}

#[test]
fn a_token_that_expires_on_the_way_is_renewed_once() {
    let estate = serve(World::made_up(), Manner { lifetime: 2, ..Manner::default() });
    let driver = with_secret(&estate, GOOD_VARIABLE);
    let came = driver.list(Kind::Volume);
    assert_eq!((came.elements.len(), came.troubles.as_slice()), (8, &[][..]));
    assert_eq!(tokens(&estate), 2);
    // The second one is as short-lived: another renewal would change nothing.
    let came = driver.list(Kind::Snapshot);
    assert_eq!(came.troubles[0].reason.code, "ExpiredAuthenticationToken");
    assert_eq!(tokens(&estate), 2);
}

#[test]
fn a_ready_token_that_is_not_accepted_is_told_and_not_shown() {
    let estate = start(None);
    let mut entry = entry(&estate);
    entry.cloud.credential = AzureCredential::Token { variable: EXPIRED_VARIABLE.to_owned() };
    let refusal = Driver::new(entry).accounts().unwrap_err();
    refused(&refusal, "InvalidAuthenticationToken");
    assert!(!refusal.message.contains(&std::env::var(EXPIRED_VARIABLE).unwrap()), "{refusal}");
}

#[test]
fn an_authority_that_is_not_there_passes_or_not_and_quotes_no_secret() {
    let estate = start(None);
    let mut entry = entry(&estate);
    entry.cloud.authority = Some("http://127.0.0.1:1".to_owned());
    entry.cloud.credential = AzureCredential::ClientSecret {
        client_id: "an-app".to_owned(),
        secret_variable: GOOD_VARIABLE.to_owned(),
    };
    let refusal = Driver::new(entry).accounts().unwrap_err();
    assert_eq!((refusal.kind, refusal.code.as_str()), (RefusalKind::Passing, "connection"), "{refusal}");
}

/// Runs a test of this program in a process of its own, with an environment of its own.
fn child(estate: &Estate, credential: &str, environment: &[(&str, &str)]) -> bool {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "azure::credentials::in_an_environment_of_its_own", "--ignored"]);
    let config = estate.config.lines().filter(|line| !line.starts_with("credential"));
    let config: Vec<_> = config.chain([credential]).collect();
    command.env("DRIFTLINE_TEST_CONFIG", config.join("\n")).envs(environment.iter().copied());
    command.output().unwrap().status.success()
}

#[test]
#[ignore = "run by the tests below, in an environment that they make up"]
fn in_an_environment_of_its_own() {
    let config = std::env::var("DRIFTLINE_TEST_CONFIG").unwrap();
    assert_eq!(Driver::new(entry_of(&config)).accounts().unwrap().accounts.len(), 2);
}

#[test]
fn the_default_takes_what_the_environment_says() {
    let estate = start(None);
    let secret = std::env::var(GOOD_VARIABLE).unwrap();
    let environment = |secret| [("AZURE_CLIENT_ID", "an-app"), ("AZURE_CLIENT_SECRET", secret)];
    assert!(child(&estate, "credential = \"default\"", &environment(&secret)));
    let asked = estate.server.requests().len();
    // A secret that is set and wrong is not followed by whatever else this machine may be.
    assert!(!child(&estate, "credential = \"default\"", &environment("wrong")));
    assert_eq!(estate.server.requests().len(), asked + 1);
}

#[test]
fn a_workload_shows_its_federated_token() {
    let estate = start(None);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "federated").unwrap();
    let environment =
        [("AZURE_CLIENT_ID", "an-app"), ("AZURE_FEDERATED_TOKEN_FILE", file.path().to_str().unwrap())];
    for credential in ["credential = \"workload-identity\"", "credential = \"default\""] {
        assert!(child(&estate, credential, &environment), "{credential}");
    }
    std::fs::write(file.path(), "another").unwrap();
    assert!(!child(&estate, "credential = \"workload-identity\"", &environment));
}

#[test]
fn a_machine_has_an_identity_or_the_one_that_is_named() {
    let estate = start(None);
    let endpoint = format!("{}/identity", estate.server.url());
    let environment = [("IDENTITY_ENDPOINT", endpoint.as_str()), ("IDENTITY_HEADER", "proof")];
    for (credential, accepted) in [
        ("credential = \"managed-identity\"", true),
        ("credential = { managed-identity = { client-id = \"an-app\" } }", true),
        ("credential = { managed-identity = { client-id = \"another\" } }", false),
    ] {
        assert_eq!(child(&estate, credential, &environment), accepted, "{credential}");
    }
}

#[cfg(unix)]
#[test]
fn az_is_asked_for_a_token_of_the_tenant() {
    use std::os::unix::fs::PermissionsExt as _;

    let estate = start(None);
    let folder = tempfile::tempdir().unwrap();
    let az = folder.path().join("az");
    let token = std::env::var(GOOD_VARIABLE).unwrap();
    let script = format!(
        "#!/bin/sh\ncase \"$*\" in\n\"account get-access-token --output json --scope {}/.default --tenant {TENANT}\")\n\
         echo '{{\"accessToken\": \"{token}\", \"expires_on\": 4102444800}}' ;;\n*) exit 1 ;;\nesac\n",
        estate.server.url()
    );
    std::fs::write(&az, script).unwrap();
    std::fs::set_permissions(&az, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = folder.path().to_str().unwrap();
    assert!(child(&estate, "credential = \"cli\"", &[("PATH", path)]));
    std::fs::remove_file(&az).unwrap();
    assert!(!child(&estate, "credential = \"cli\"", &[("PATH", path)]));
}
