//! `driftline doctor`: what a live scan would miss, and what mends it.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::collection::{Collection, LiveArgs, anybody_got_in};
use super::global::Global;
use super::output::write_stdout;
use super::{Failure, Status, interrupt, policies};
use crate::model::{Location, Plural, Provider, printable};
use crate::pipeline::{Examination, examine};
use crate::sources::live::{Call, CallRecord, Ledger, Refusal, RefusalKind, permissions};

/// From how many seconds on a clock that is wrong matters: vendors refuse signatures that are minutes off,
/// and a change's window is only as good as the clock that dated it.
const SKEW: i64 = 30;

/// Try the credentials, every call and the clock; say what a live scan would miss, and what mends it.
///
/// Makes the calls of a live scan up to the first page of each list, and keeps nothing of what it reads.
/// Ends with status 0 if a scan would miss nothing, with 3 if it would, with 30 if nobody gets in anywhere.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    #[command(flatten)]
    live: LiveArgs,
}

impl Args {
    pub(super) fn run(&self, global: &Global) -> Result<Status, Failure> {
        let Collection { collectors, ledger } = self.live.collection(global)?;
        let examined = examine(collectors, interrupt::listen())?;
        let calls = ledger.calls();
        write_stdout(|out| {
            for examination in &examined {
                print_entry(examination, &calls, out)?;
            }
            print_clock(&ledger, out)?;
            print_missed(&examined, out)?;
            print_policies(&calls, out)
        })?;
        let requests = ledger.requests();
        let (made, again) = (Plural(requests.made, "request"), requests.retries);
        global.tell(format_args!("Made {made}, {again} of them again; nothing was stored."));
        status(&examined)
    }
}

fn status(examined: &[Examination]) -> Result<Status, Failure> {
    anybody_got_in(examined.iter().map(|examination| &examination.plan))?;
    let whole = |examination: &Examination| {
        examination.troubles.is_empty()
            && examination.plan.accounts.is_ok()
            && examination.plan.surveys.values().all(Result::is_ok)
    };
    Ok(if examined.iter().all(whole) { Status::Clean } else { Status::Incomplete })
}

/// Prints how the credentials and each call of an entry fared.
fn print_entry(examination: &Examination, calls: &[CallRecord], out: &mut dyn Write) -> io::Result<()> {
    let plan = &examination.plan;
    writeln!(out, "{} ({})", printable(&plan.entry), plan.provider)?;
    match &plan.accounts {
        Ok(found) => {
            let accounts = Plural(found.accounts.len() as u64, "account");
            line(out, true, "credentials", &format!("reach {accounts}"))?;
        }
        Err(refusal) => line(out, false, "credentials", &refusal.to_string())?,
    }
    for (account, survey) in &plan.surveys {
        if let Err(refusal) = survey {
            line(out, false, &format!("account {}", account.id), &refusal.to_string())?;
        }
    }
    let mut by_call: BTreeMap<&str, Vec<&CallRecord>> = BTreeMap::new();
    let reaches = |record: &&CallRecord| {
        let of_plan = plan.surveys.keys().any(|account| account.id == record.account);
        record.provider == plan.provider && (of_plan || plan.surveys.is_empty())
    };
    for record in calls.iter().filter(reaches) {
        by_call.entry(record.call.name).or_default().push(record);
    }
    for (name, records) in by_call {
        let refused: Vec<(&Refusal, &Location)> =
            records.iter().filter_map(|record| Some((record.refusal.as_ref()?, &record.location))).collect();
        let places = Plural(records.len() as u64, "place");
        match refused.first() {
            None => line(out, true, name, &format!("answered in {places}"))?,
            Some((refusal, location)) => {
                let count = refused.len();
                let text = format!("refused in {count} of {places}, first in {location}: {refusal}");
                line(out, false, name, &text)?;
            }
        }
    }
    Ok(())
}

fn line(out: &mut dyn Write, good: bool, what: &str, text: &str) -> io::Result<()> {
    let mark = if good { "ok" } else { "FAIL" };
    writeln!(out, "  {mark:<4}  {:<40}  {}", printable(what), printable(text))
}

fn print_clock(ledger: &Ledger, out: &mut dyn Write) -> io::Result<()> {
    let skew = ledger.skew_seconds();
    let text = match skew {
        0 => "agrees with the vendors'".to_owned(),
        1.. => format!("is {skew} s ahead of the vendors'"),
        _ => format!("is {} s behind the vendors'", -skew),
    };
    writeln!(out, "this machine")?;
    line(out, skew.abs() < SKEW, "clock", &text)
}

/// Prints the scopes that a scan would not list completely.
fn print_missed(examined: &[Examination], out: &mut dyn Write) -> io::Result<()> {
    let troubles = || examined.iter().flat_map(|examination| &examination.troubles);
    if troubles().next().is_none() {
        return Ok(());
    }
    writeln!(out, "a scan would not list completely")?;
    for (scope, troubles) in troubles() {
        let why: Vec<String> = troubles
            .iter()
            .map(|trouble| format!("{}: {}", trouble.reason.code, trouble.reason.message))
            .collect();
        writeln!(out, "  {}  {}", printable(&scope.to_string()), printable(&why.join("; ")))?;
    }
    Ok(())
}

/// Prints, for each cloud, the policy that allows the calls that were denied.
fn print_policies(calls: &[CallRecord], out: &mut dyn Write) -> io::Result<()> {
    for provider in Provider::ALL {
        let denied = |record: &&CallRecord| {
            let refusal = record.refusal.as_ref();
            record.provider == *provider && refusal.is_some_and(|refusal| refusal.kind == RefusalKind::Denied)
        };
        let mut denied: Vec<&Call> = calls.iter().filter(denied).map(|record| record.call).collect();
        denied.dedup();
        if !permissions(&denied).is_empty() {
            writeln!(out, "this policy mends it on {provider}")?;
            out.write_all(policies::policy(*provider, &denied).as_bytes())?;
        }
    }
    Ok(())
}
