//! Notices of a run, posted to webhooks.

#[cfg(feature = "notify")]
mod delivery;
mod secret;
mod webhook;

use std::str::FromStr;

use clap::Args;
use clap::builder::PossibleValuesParser;

use self::secret::Secret;
use self::webhook::{Webhook, WebhookParser};
use super::Failure;
use super::global::Global;
use crate::model::Band;
use crate::report::View;
use crate::report::notice::{Notice, Occasion, SHAPES, Shape};

/// Whom to tell of a run, of which runs, and how much.
#[derive(Args, Debug)]
#[command(next_help_heading = "Notifications")]
pub(super) struct NotifyArgs {
    /// Also tell a webhook of the run, if there is something new; `@FILE` names a file that holds the URL; repeatable.
    ///
    /// What goes out by POST once the report is written: the verdict; the run's command, number, times, status, seal and
    /// versions; counts of findings by band and of scopes by coverage; and of the ten worst open findings the id, the rule
    /// with its title, risk, impact, band, status, ATT&CK ids and cloud. No resource, account, principal or address is
    /// named. Only `https`, or `http` to this machine. What cannot be sent is told and changes no exit status.
    #[arg(long, value_name = "URL", value_parser = WebhookParser)]
    notify: Vec<Webhook>,

    /// How to write the notice [default: as hosts of Slack and Teams take it, else json].
    ///
    /// `json` is described by `schema/notify.v1.json`.
    #[arg(long, value_name = "NAME", requires = "notify", value_parser = shapes())]
    notify_shape: Option<String>,

    /// Notify if a new or changed finding is in this band or above, or if coverage is incomplete; `always`: of every run.
    #[arg(long, value_name = "BAND", default_value = "medium", requires = "notify",
          value_parser = ["critical", "high", "medium", "low", "info", "always"])]
    notify_on: String,

    /// Also tell the titles of those findings, their resources and accounts, and who did it.
    #[arg(long, requires = "notify")]
    notify_detail: bool,

    /// Sign notices with the secret in this file, else with the one in `DRIFTLINE_NOTIFY_SECRET`, if there is one.
    ///
    /// The header is `X-Driftline-Signature: t=SECONDS,v1=HEX`, the HMAC-SHA-256 of `SECONDS.BODY`.
    #[arg(long, value_name = "FILE", requires = "notify", value_parser = Secret::from_str)]
    notify_secret_file: Option<Secret>,
}

fn shapes() -> PossibleValuesParser {
    PossibleValuesParser::new(SHAPES.iter().map(|shape| shape.id()))
}

/// One notice, as one webhook takes it.
#[cfg_attr(not(feature = "notify"), expect(dead_code, reason = "only what posts it reads it"))]
struct Letter<'a> {
    webhook: &'a Webhook,
    /// The notice's id, the same at every try.
    id: &'a str,
    occasion: Occasion,
    body: String,
    secret: Option<&'a Secret>,
}

impl NotifyArgs {
    /// Refuses what [`NotifyArgs::send`] could not do, before anything is done.
    pub(super) fn check(&self) -> Result<(), Failure> {
        if self.notify.is_empty() {
            Ok(())
        } else if cfg!(not(feature = "notify")) {
            Err(Failure::NotifyNotBuilt)
        } else {
            self.secret().map(drop)
        }
    }

    /// Posts the notice of a run to every webhook, if there is an occasion; what fails is told.
    pub(super) fn send(&self, view: &View, global: &Global) {
        if self.notify.is_empty() {
            return;
        }
        let threshold = self.notify_on.parse().unwrap_or(Band::Info);
        let notice = Notice::new(view, threshold, self.notify_detail);
        if notice.occasion == Occasion::Routine && self.notify_on != "always" {
            return;
        }
        if let Err(reason) = self.post(&notice, global) {
            global.warn(format_args!("nobody was notified: {reason}"), &[&again(&notice)]);
        }
    }

    fn post(&self, notice: &Notice, global: &Global) -> Result<(), String> {
        let secret = self.secret().map_err(|failure| failure.to_string())?;
        let letters: Vec<_> = self
            .notify
            .iter()
            .map(|webhook| {
                let body = self.shape(webhook).body(notice).map_err(|error| error.to_string())?;
                let (id, occasion) = (notice.id.as_str(), notice.occasion);
                Ok(Letter { webhook, id, occasion, body, secret: secret.as_ref() })
            })
            .collect::<Result<_, String>>()?;
        for (letter, outcome) in letters.iter().zip(post(&letters)) {
            let webhook = letter.webhook;
            match outcome {
                Ok(()) if global.verbosity() > 0 => global.tell(format_args!("Notified {webhook}.")),
                Ok(()) => {}
                Err(reason) => {
                    let again = again(notice);
                    global.warn(format_args!("the notice did not reach {webhook}: {reason}"), &[&again]);
                }
            }
        }
        Ok(())
    }

    fn shape(&self, webhook: &Webhook) -> &'static dyn Shape {
        let named = |id: &String| SHAPES.iter().copied().find(|shape| shape.id() == id);
        self.notify_shape.as_ref().and_then(named).unwrap_or_else(|| webhook.shape())
    }

    fn secret(&self) -> Result<Option<Secret>, Failure> {
        self.notify_secret_file.clone().map_or_else(Secret::from_environment, |secret| Ok(Some(secret)))
    }
}

/// Says how the notice can be sent again.
fn again(notice: &Notice) -> String {
    match &notice.run.id {
        Some(run) => format!("`driftline report {run} --notify URL` sends it again"),
        None => "check the webhook and the way to it".to_owned(),
    }
}

#[cfg(feature = "notify")]
use delivery::post;

/// Posts nothing: [`NotifyArgs::check`] has said so.
#[cfg(not(feature = "notify"))]
fn post(letters: &[Letter<'_>]) -> Vec<Result<(), String>> {
    letters.iter().map(|_| Err(Failure::NotifyNotBuilt.to_string())).collect()
}
