//! Which clouds to reach, and how gently: the configuration, the environment and the flags, in one.

use std::sync::Arc;
use std::time::Duration;

use super::Failure;
use super::global::Global;
use crate::config::{self, Config, Overrides};
use crate::model::Provider;
use crate::pipeline::{Plan, ScanError};
use crate::sources::CLOUDS;
use crate::sources::live::{Collector, Ledger, RefusalKind};

/// Options of every command that reaches the clouds.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Live collection")]
pub(super) struct LiveArgs {
    /// Reach only this cloud; with the ambient credentials where the configuration has no entry for it;
    /// repeatable.
    #[arg(long, value_name = "CLOUD", value_parser = providers())]
    provider: Vec<String>,

    /// How many requests may begin each second in one account and location.
    #[arg(long, value_name = "N", value_parser = config::requests_per_second)]
    requests_per_second: Option<f64>,

    /// How many requests may begin at once in one account and location after a pause.
    #[arg(long, value_name = "N", value_parser = config::burst)]
    burst: Option<u32>,

    /// How many listings are under way at once.
    #[arg(long, value_name = "N", value_parser = config::concurrency)]
    concurrency: Option<usize>,

    /// How often a request that was throttled, or that failed in passing, is made again.
    #[arg(long, value_name = "N", value_parser = config::retries)]
    retries: Option<u32>,

    /// How long one request may take.
    #[arg(long, value_name = "TIME", value_parser = config::timeout)]
    call_timeout: Option<Duration>,

    /// How long one listing may take, with all its pages and retries.
    #[arg(long, value_name = "TIME", value_parser = config::timeout)]
    scope_timeout: Option<Duration>,
}

fn providers() -> Vec<&'static str> {
    Provider::ALL.iter().map(|provider| provider.as_str()).collect()
}

/// Everything that reaches the clouds.
pub(super) struct Collection {
    pub(super) collectors: Vec<Box<dyn Collector>>,
    /// What counts their requests.
    pub(super) ledger: Arc<Ledger>,
}

/// Fails if every entry was refused for its credentials, so that there is nothing to tell of any.
pub(super) fn anybody_got_in<'a>(plans: impl Iterator<Item = &'a Plan>) -> Result<(), Failure> {
    let mut entries = Vec::new();
    for plan in plans {
        match &plan.accounts {
            Err(refusal) if refusal.kind == RefusalKind::Credentials => {
                entries.push((plan.entry.clone(), refusal.clone()));
            }
            _ => return Ok(()),
        }
    }
    if entries.is_empty() { Ok(()) } else { Err(ScanError::Credentials { entries }.into()) }
}

impl LiveArgs {
    /// Returns a collector for each entry.
    pub(super) fn collection(&self, global: &Global) -> Result<Collection, Failure> {
        let config = self.config(global)?;
        let ledger = Arc::new(Ledger::default());
        let mut collectors = Vec::new();
        for cloud in CLOUDS {
            collectors.extend(cloud.collectors(&config, &ledger)?);
        }
        Ok(Collection { collectors, ledger })
    }

    /// Returns the configuration: flags over the environment, the environment over the file.
    fn config(&self, global: &Global) -> Result<Config, Failure> {
        let wanted: Vec<Provider> =
            self.provider.iter().map(|name| name.parse()).collect::<Result<_, _>>()?;
        let file = global.config_path();
        let mut config = match &file {
            Some(path) => Config::read(path)?,
            None => Config::default(),
        };
        if wanted.is_empty() {
            if config.is_empty() {
                return Err(Failure::NothingToScan { config: file });
            }
        } else {
            config.retain(&wanted);
            config.fill(&wanted);
        }
        let lookup = |name: &str| std::env::var(name).ok();
        config.apply(&Overrides::from_environment(lookup)?);
        config.apply(&self.overrides());
        Ok(config)
    }

    const fn overrides(&self) -> Overrides {
        Overrides {
            concurrency: self.concurrency,
            requests_per_second: self.requests_per_second,
            burst: self.burst,
            retries: self.retries,
            call_timeout: self.call_timeout,
            scope_timeout: self.scope_timeout,
        }
    }
}
