//! Where the token goes, and where it does not.

use driftline::store::Store;

use super::{scan, try_scan};
use crate::compute::{self, config};
use crate::server::{Reply, Server};

/// A variable that Cargo sets for every test, so that none needs to be set: its value stands in for a token.
const VARIABLE: &str = "CARGO_PKG_NAME";

fn with_token(server: &Server, keys: &str) -> String {
    let keyed = config(server, keys);
    keyed
        .replace("credential = \"anonymous\"", &format!("credential = {{ token-variable = \"{VARIABLE}\" }}"))
}

#[test]
fn every_request_carries_the_token_and_no_message_does() {
    let server = compute::start(None);
    let collected = scan(&mut Store::in_memory().unwrap(), &with_token(&server.server, ""));
    for request in server.server.requests() {
        assert_eq!(request.header("authorization"), Some("Bearer driftline"), "{}", request.path);
        // Resource Manager takes what version of a policy is wanted in a body.
        let method = if request.path.ends_with(":getIamPolicy") { "POST" } else { "GET" };
        assert_eq!(request.method, method, "a scan changes nothing: {}", request.path);
    }
    assert!(!format!("{:?}", collected.coverage).contains("Bearer"));
}

#[test]
fn a_redirect_takes_the_token_nowhere() {
    let foreign = Server::start(|_| Reply::new(404, "text/plain", "here I am"));
    let target = foreign.url().replace("127.0.0.1", "localhost");
    let server = Server::start(move |_| {
        Reply::new(307, "text/plain", "").with_header("location", &format!("{target}/steal"))
    });
    let keys = "projects = [\"example-prod\"]";
    let collected = scan(&mut Store::in_memory().unwrap(), &with_token(&server, keys));
    assert!(collected.coverage.iter().all(|row| row.listed == 0));
    assert!(foreign.requests().iter().all(|request| request.header("authorization").is_none()));
}

#[test]
fn a_sign_in_that_was_revoked_is_named_as_such() {
    let server = Server::start(|request| match request.path.as_str() {
        "/token" => {
            let body =
                r#"{"error": "invalid_grant", "error_description": "Token has been expired or revoked."}"#;
            Reply::new(400, "application/json", body)
        }
        _ => panic!("nobody asks for {} without a token", request.path),
    });
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("adc.json");
    let content = serde_json::json!({"type": "authorized_user", "client_id": "c",
        "client_secret": "TOPSECRET", "refresh_token": "REFRESHED", "token_uri": format!("{}/token", server.url())});
    std::fs::write(&path, content.to_string()).unwrap();
    let file = format!("credential = {{ file = {:?} }}", path.display().to_string());
    let config = config(&server, "").replace("credential = \"anonymous\"", &file);
    let error = try_scan(&mut Store::in_memory().unwrap(), &config).unwrap_err().to_string();
    assert!(error.contains("have expired or were revoked"), "{error}");
    assert!(!error.contains("TOPSECRET") && !error.contains("REFRESHED"), "{error}");
}
