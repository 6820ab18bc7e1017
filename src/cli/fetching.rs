//! Live reading of audit logs, as `scan` and `events fetch` do it.

use std::collections::{BTreeMap, BTreeSet};

use super::collection::Collection;
use super::global::Global;
use super::meter::Meter;
use super::{Failure, interrupt};
use crate::model::{AccountId, Location, Plural, Provider, Timestamp, printable};
use crate::pipeline::{Fetch, Fetched, fetch};
use crate::sources::live::Requests;
use crate::store::{LogOpening, Store};
use crate::trace::Budgets;

/// The locations of each account whose logs are wanted.
pub(super) type Places = BTreeMap<(Provider, AccountId), BTreeSet<Location>>;

/// Reads the logs of every configured entry since a moment into the store, and says what came of it.
///
/// An account that is not among the places is surveyed for its locations.
pub(super) fn fetch_logs(
    store: &mut Store,
    collection: Collection,
    places: Places,
    since: Timestamp,
    global: &Global,
) -> Result<(), Failure> {
    let now = Timestamp::now();
    let known = store.log_intervals()?;
    let Collection { collectors, ledger } = collection;
    let meter = Meter::new(global);
    let mut import = store.import_log(&LogOpening { started_at: now, origin: "live".to_owned() })?;
    let fetched = fetch(
        Fetch {
            collectors,
            ledger,
            places,
            known: &known,
            since,
            about: BTreeSet::new(),
            budgets: Budgets::default(),
            now,
            interrupted: interrupt::listen(),
            progress: &|progress| {
                let (events, made) = (Plural(progress.events, "event"), progress.requests.made);
                let reads = Plural(progress.reads, "log");
                let requests = Plural(made, "request");
                meter.show(format_args!("{} of {reads} · {events} · {requests}", progress.reads_done));
            },
        },
        &mut import,
    );
    meter.clear();
    let fetched = fetched?;
    import.finish(&fetched.tally)?;
    tell(&fetched, global);
    Ok(())
}

/// Says on standard error what was read, and what kept a log from being read whole.
fn tell(fetched: &Fetched, global: &Global) {
    for (entry, refusal) in &fetched.refused {
        let refusal = refusal.to_string();
        global.tell(format_args!("Left out the logs of `{}`: {}.", printable(entry), printable(&refusal)));
    }
    for (provider, account, refusal) in &fetched.unknown {
        let (account, refusal) = (printable(account.as_str()), refusal.to_string());
        global.tell(format_args!("The logs of {provider} {account} are not known: {}.", printable(&refusal)));
    }
    let troubles: BTreeSet<String> = fetched
        .troubles
        .iter()
        .map(|(log, trouble)| {
            format!(
                "{} of {} {} {}: {}",
                log.source, log.provider, log.account, log.location, trouble.reason.message
            )
        })
        .collect();
    for trouble in &troubles {
        global.tell(format_args!("Not read whole: {}.", printable(trouble)));
    }
    let (records, events) = (Plural(fetched.tally.records, "record"), Plural(fetched.tally.new, "new event"));
    let Requests { made, retries, throttled } = fetched.progress.requests;
    let made = Plural(made, "request");
    global.tell(format_args!(
        "Read {records} from the logs, {events}: {made}, {retries} of them again, {throttled} throttled."
    ));
}
