//! `driftline generate policies`: the least that a live scan must be allowed to do, derived from the calls
//! that it makes.
//!
//! Each cloud's file renders any choice of calls, so that `doctor` can print the policy that mends what it
//! found refused.

mod aws;
mod azure;
mod explain;
mod gcp;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use clap::builder::PossibleValuesParser;
use serde::Serialize;

use super::Failure;
use super::global::Global;
use super::output::write_stdout;
use crate::model::Provider;
use crate::sources::live::Call;
use crate::sources::{CLOUDS, cloud};

use aws::{Partition, RoleName, Trusted};

/// The word that asks for every option.
const ALL: &str = "all";

/// Print the least-privilege policy for what a live scan calls.
///
/// AWS: an IAM policy. Azure: a custom role, whose `AssignableScopes` must name your subscriptions before
/// `az role definition create` takes it. Google Cloud: a custom role for `gcloud iam roles create --file`.
///
/// What an option of the configuration asks for is left out unless `--option` names it. On AWS,
/// `instance-attributes` and `user-data` take the same permission: whoever allows the one lets the
/// credentials read user data, too.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// Which cloud.
    #[arg(long, value_name = "CLOUD", value_parser = ["aws", "azure", "gcp"],
          required_unless_present_any = ["explain", "out"])]
    provider: Option<String>,

    /// Allow what this key of the configuration asks for, too, or `all` of them; repeatable.
    #[arg(long = "option", value_name = "NAME", value_parser = option_names())]
    options: Vec<String>,

    /// Print a Markdown table instead: permission, call, kinds, option, and what the call tells.
    #[arg(long, conflicts_with_all = ["options", "member_role", "trust"])]
    explain: bool,

    /// Write the policies of all clouds, and the table as `README.md`, to this folder.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["provider", "explain", "member_role", "trust"])]
    out: Option<PathBuf>,

    /// AWS: allow assuming the role of this name in every account, which its trust policy must allow, too.
    #[arg(long, value_name = "NAME", conflicts_with = "trust")]
    member_role: Option<RoleName>,

    /// AWS: print the trust policy of a member account's role instead, for a scanner in this account; the
    /// ARN of the scanner's own role is narrower.
    #[arg(long, value_name = "ACCOUNT|ARN", conflicts_with = "options")]
    trust: Option<Trusted>,

    /// AWS: the external id that the trust policy asks for.
    #[arg(long, value_name = "ID", requires = "trust")]
    external_id: Option<String>,

    /// AWS: the partition that the role's ARN is in.
    #[arg(long, value_name = "PARTITION", default_value = "aws", requires = "member_role")]
    partition: Partition,
}

/// Returns the policy that allows exactly some calls of a cloud, in the form that its own command line takes.
///
/// Calls that an option asks for stand apart where the form lets them. `sts:AssumeRole` is left to
/// [`aws::policy`], which allows it for named roles only.
pub(super) fn policy(provider: Provider, calls: &[&Call]) -> String {
    match provider {
        Provider::Aws => aws::policy(calls, None),
        Provider::Azure => azure::role(calls),
        Provider::Gcp => gcp::role(calls),
    }
}

/// Returns the calls that are always made, and those that one of `options` asks for.
pub(super) fn select<'a>(calls: &[&'a Call], options: &[String]) -> Vec<&'a Call> {
    let wanted = |option: &str| options.iter().any(|name| name == ALL || name == option);
    calls.iter().copied().filter(|call| call.option.is_none_or(wanted)).collect()
}

/// Returns every option of some calls, in the order of the calls.
fn options<'a>(calls: &[&'a Call]) -> Vec<&'a str> {
    let mut seen = BTreeSet::new();
    calls.iter().filter_map(|call| call.option).filter(|option| seen.insert(*option)).collect()
}

fn option_names() -> PossibleValuesParser {
    let calls: Vec<_> = CLOUDS.iter().flat_map(|cloud| cloud.calls()).copied().collect();
    PossibleValuesParser::new(options(&calls).into_iter().chain([ALL]))
}

impl Args {
    pub(super) fn run(self, global: &Global) -> Result<(), Failure> {
        if let Some(folder) = &self.out {
            return self.write(folder, global);
        }
        let text = self.text()?;
        write_stdout(|out| out.write_all(text.as_bytes()))
    }

    fn text(&self) -> Result<String, Failure> {
        let provider: Option<Provider> = self.provider.as_deref().map(str::parse).transpose()?;
        if self.explain {
            return Ok(explain::page(provider));
        }
        let provider = provider.unwrap_or(Provider::Aws);
        if provider != Provider::Aws && (self.trust.is_some() || self.member_role.is_some()) {
            return Err(Failure::Usage(format!(
                "`--trust` and `--member-role` are for `--provider aws`, not `{provider}`"
            )));
        }
        if let Some(trusted) = &self.trust {
            return Ok(aws::trust(trusted, self.external_id.as_deref()));
        }
        let calls = select(cloud(provider).calls(), &self.options);
        let role = self.member_role.as_ref().map(|role| role.arns(self.partition));
        Ok(if let Some(role) = role { aws::policy(&calls, Some(&role)) } else { policy(provider, &calls) })
    }

    fn write(&self, folder: &Path, global: &Global) -> Result<(), Failure> {
        let unwritable = |path: &Path, error| Failure::Output { path: path.display().to_string(), error };
        fs::create_dir_all(folder).map_err(|error| unwritable(folder, error))?;
        let policies = CLOUDS.iter().map(|cloud| {
            let name = file_name(cloud.provider());
            (name, policy(cloud.provider(), &select(cloud.calls(), &self.options)))
        });
        for (name, text) in policies.chain([("README.md", explain::page(None))]) {
            let path = folder.join(name);
            fs::write(&path, text).map_err(|error| unwritable(&path, error))?;
        }
        global.tell(format_args!("Wrote the policies to `{}`.", folder.display()));
        Ok(())
    }
}

/// Returns JSON as people read it, with a line's end.
fn json(value: &impl Serialize) -> String {
    // Plain structures of text cannot fail to serialise.
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}

/// Returns what a cloud's policy is called in a folder.
const fn file_name(provider: Provider) -> &'static str {
    match provider {
        Provider::Aws => "aws.json",
        Provider::Azure => "azure.json",
        Provider::Gcp => "gcp.yaml",
    }
}

#[cfg(test)]
mod tests;
