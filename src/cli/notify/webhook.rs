//! Where a notice goes: a URL, which is a secret, for who knows it may post.

use std::ffi::OsStr;
use std::net::IpAddr;
use std::{fmt, fs};

use clap::builder::TypedValueParser;
use clap::error::ErrorKind;
use clap::{Arg, Command};
use http::Uri;

use crate::model::printable;
use crate::report::notice::{self, Shape};

const FORM: &str = "`--notify` takes `https://HOST/PATH`, or `@FILE` that holds it";

/// Where a notice goes; shown as scheme and host alone.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Webhook(Uri);

impl Webhook {
    fn of(text: &str) -> Result<Self, String> {
        match text.strip_prefix('@') {
            None => Self::at(text),
            Some(file) => {
                let held =
                    fs::read_to_string(file).map_err(|error| format!("cannot read `{file}`: {error}"))?;
                Self::at(held.trim()).map_err(|error| format!("`{file}`: {error}"))
            }
        }
    }

    fn at(text: &str) -> Result<Self, String> {
        let webhook = text.parse().map(Self).map_err(|_| FORM.to_owned())?;
        match webhook.0.scheme_str() {
            Some("https") => Ok(webhook),
            Some("http") if webhook.is_here() => Ok(webhook),
            Some("http") => Err(format!(
                "`{webhook}` would carry the notice where others can read it; take `https`, or a relay on this machine"
            )),
            _ => Err(FORM.to_owned()),
        }
    }

    /// Returns the shape that its host takes.
    pub(super) fn shape(&self) -> &'static dyn Shape {
        notice::shape_of(self.host())
    }

    /// Returns the whole URL, which must not be shown.
    #[cfg(feature = "notify")]
    pub(super) fn url(&self) -> String {
        self.0.to_string()
    }

    /// Whether it is on this machine.
    pub(super) fn is_here(&self) -> bool {
        let host = self.host().trim_start_matches('[').trim_end_matches(']');
        host.eq_ignore_ascii_case("localhost")
            || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
    }

    fn host(&self) -> &str {
        self.0.host().unwrap_or_default()
    }
}

impl fmt::Display for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.0.scheme_str().unwrap_or_default(), self.host())
    }
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Reads a webhook from the command line; unlike others, its errors do not repeat what was given.
#[derive(Clone)]
pub(super) struct WebhookParser;

impl TypedValueParser for WebhookParser {
    type Value = Webhook;

    fn parse_ref(&self, cmd: &Command, _: Option<&Arg>, value: &OsStr) -> Result<Webhook, clap::Error> {
        let webhook = value.to_str().ok_or_else(|| FORM.to_owned()).and_then(Webhook::of);
        webhook.map_err(|error| {
            clap::Error::raw(ErrorKind::ValueValidation, format!("{}\n", printable(&error))).with_cmd(cmd)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_webhook_is_https_or_on_this_machine() {
        for (text, shown) in [
            ("https://hooks.slack.com/services/T0/B0/token", "https://hooks.slack.com"),
            ("https://user:password@soc.example:8443/?sig=token", "https://soc.example"),
            ("http://127.0.0.1:9/token", "http://127.0.0.1"),
            ("http://[::1]:9/token", "http://[::1]"),
            ("http://localhost/token", "http://localhost"),
        ] {
            let webhook = Webhook::of(text).unwrap();
            assert_eq!((webhook.to_string().as_str(), format!("{webhook:?}").as_str()), (shown, shown));
        }
    }

    #[test]
    fn no_error_repeats_what_may_be_a_token() {
        for text in
            ["", "token", "ftp://h/token", "https:///token", "http://h/token", "https://h/to ken", "/token"]
        {
            let error = Webhook::of(text).unwrap_err();
            assert!(!error.contains("to ken") && !error.contains("token"), "{error}");
        }
        assert!(
            Webhook::of("http://127.0.0.1.evil.example/").unwrap_err().contains("where others can read it")
        );
    }

    #[test]
    fn a_file_can_hold_the_url() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("url");
        fs::write(&file, "https://soc.example/token\n").unwrap();
        let given = format!("@{}", file.display());
        assert_eq!(Webhook::of(&given), Webhook::of("https://soc.example/token"));
        fs::write(&file, "http://soc.example/token\n").unwrap();
        assert!(!Webhook::of(&given).unwrap_err().contains("token"));
        assert!(Webhook::of("@/nonexistent/url").unwrap_err().contains("cannot read `/nonexistent/url`"));
    }
}
