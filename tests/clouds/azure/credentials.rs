//! Tokens: got, refused, renewed, never shown.

use driftline::config::AzureCredential;
use driftline::model::Kind;
use driftline::sources::live::{Refusal, RefusalKind};

use super::{Driver, entry};
use crate::arm::world::World;
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
