//! `az account get-access-token`.
//!
//! Run here and not by `azure_identity`, which takes no tenant: somebody who is logged in to several would
//! scan the wrong one.

use std::io;
use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize;
use tokio::process::Command;
use tokio::time::timeout;

use super::identity::Issued;
use crate::sources::live::{Refusal, RefusalKind};

/// How much of what `az` complains about is shown.
const EXCERPT: usize = 200;

/// What `az account get-access-token --output json` prints, from 2.54 on.
#[derive(Deserialize)]
struct Printed {
    #[serde(rename = "accessToken")]
    token: String,
    expires_on: i64,
}

/// Has `az` issue a token.
///
/// # Errors
///
/// `Credentials` with what `az` complains about.
pub(super) async fn issue(scope: &str, tenant: Option<&str>, longest: Duration) -> Result<Issued, Refusal> {
    let mut command = az();
    command.args(["account", "get-access-token", "--output", "json", "--scope", scope]);
    if let Some(tenant) = tenant {
        command.args(["--tenant", tenant]);
    }
    command.stdin(Stdio::null()).kill_on_drop(true);
    let late = |_| refused("az-timeout", format!("`az` gave no token within {} s", longest.as_secs_f32()));
    let output = timeout(longest, command.output()).await.map_err(late)?.map_err(|error| not_run(&error))?;
    if output.status.success() { printed(&output.stdout) } else { Err(complaint(&output.stderr)) }
}

/// On Windows `az` is a batch file, which only its shell finds.
fn az() -> Command {
    if cfg!(windows) {
        let mut command = Command::new("cmd");
        command.args(["/C", "az"]);
        command
    } else {
        Command::new("az")
    }
}

fn printed(stdout: &[u8]) -> Result<Issued, Refusal> {
    let odd =
        |_| refused("az-output", "`az` printed no token with `expires_on`; use 2.54 or newer".to_owned());
    let Printed { token, expires_on } = serde_json::from_slice(stdout).map_err(odd)?;
    Ok(Issued::new(&token, expires_on))
}

fn complaint(stderr: &[u8]) -> Refusal {
    let text = String::from_utf8_lossy(stderr);
    let words: Vec<_> = text.split_whitespace().collect();
    let excerpt: String = words.join(" ").chars().take(EXCERPT).collect();
    refused("az", format!("`az account get-access-token` failed: {excerpt}"))
}

fn not_run(error: &io::Error) -> Refusal {
    match error.kind() {
        io::ErrorKind::NotFound => refused("no-az", "`az` is not installed".to_owned()),
        _ => refused("az", format!("`az` does not run: {error}")),
    }
}

fn refused(code: &str, message: String) -> Refusal {
    Refusal::new(RefusalKind::Credentials, code, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_az_prints_is_a_token() {
        let issued = printed(
            br#"{"accessToken": "t0ken", "expiresOn": "2024-01-01 19:23:16.000000", "expires_on": 1704158596,
                "subscription": "s", "tenant": "t", "tokenType": "Bearer"}"#,
        );
        assert_eq!(issued.unwrap().token.secret(), "t0ken");
    }

    #[test]
    fn an_old_az_is_named_as_the_cause() {
        let refusal =
            printed(br#"{"accessToken": "t0ken", "expiresOn": "2024-01-01 19:23:16.000000"}"#).unwrap_err();
        assert_eq!((refusal.kind, refusal.code.as_str()), (RefusalKind::Credentials, "az-output"));
        assert!(!refusal.message.contains("t0ken"));
    }

    #[test]
    fn what_az_complains_about_is_told() {
        let refusal = complaint(b"ERROR: Please run 'az login'\n  to setup account.\n");
        assert!(refusal.message.ends_with("failed: ERROR: Please run 'az login' to setup account."));
    }
}
