//! Events, read back and looked for.

use std::fmt::Write as _;

use rusqlite::types::Value;

use super::codec::nanoseconds;
use super::event_bodies::BodyReader;
use super::events::names;
use super::observation::locator_hash;
use super::{Error, Store};
use crate::model::{AccountId, AuditEvent, Class, End, Location, Provider, Window};

/// Which events; `None` is any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// Between which moments they happened, both included.
    pub window: Option<Window>,
    /// In which cloud.
    pub provider: Option<Provider>,
    /// Which account's log told them.
    pub account: Option<AccountId>,
    /// Which location's log told them; [`crate::model::EVERYWHERE`] is a location of its own.
    pub location: Option<Location>,
    /// Of which class.
    pub class: Option<Class>,
    /// What was called, in the vendor's words, whatever the case.
    pub operation: Option<String>,
    /// A part of the actor's key, name or session, whatever the case.
    pub actor: Option<String>,
    /// How they ended.
    pub end: Option<End>,
    /// What a resource that they name is called: its uid, its locator, its name; exact, on Azure whatever
    /// the case.
    pub target: Option<String>,
    /// Whether only what was refused or only tried ([`crate::model::Outcome::is_attempt`]).
    pub attempts_only: bool,
    /// How many at most: the latest ones.
    pub limit: Option<usize>,
}

impl Store {
    /// Returns the events of a window, both of its moments included, by time and id; each native record for
    /// itself.
    pub fn events_between(&self, window: Window) -> Result<Vec<AuditEvent>, Error> {
        self.events(&EventFilter { window: Some(window), ..EventFilter::default() })
    }

    /// Returns the events that a filter lets through, by time and id; each native record for itself.
    ///
    /// Those that name a target are found by an index, those of a window by another; the rest is read
    /// through.
    pub fn events(&self, filter: &EventFilter) -> Result<Vec<AuditEvent>, Error> {
        let (sql, values) = filter.to_sql();
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut rows = statement.query(rusqlite::params_from_iter(values))?;
        let mut reader = BodyReader::new(&self.connection);
        let limit = filter.limit.unwrap_or(usize::MAX);
        let mut events = Vec::new();
        while events.len() < limit
            && let Some(row) = rows.next()?
        {
            let event = reader.event_at(row, 0)?;
            if filter.lets_through(&event) {
                events.push(event);
            }
        }
        events.sort_by(|a, b| (a.time, &a.id).cmp(&(b.time, &b.id)));
        Ok(events)
    }
}

impl EventFilter {
    /// Returns the statement that yields every event that may pass, the latest first, and its parameters.
    fn to_sql(&self) -> (String, Vec<Value>) {
        let mut values: Vec<Value> = Vec::new();
        let mut conditions = String::new();
        let mut equal = |column: &str, value: Option<&str>| {
            if let Some(value) = value {
                values.push(value.to_owned().into());
                let _ = write!(conditions, " and {column} = ?{}", values.len());
            }
        };
        equal("log_scope.provider", self.provider.map(Provider::as_str));
        equal("log_scope.account", self.account.as_ref().map(AccountId::as_str));
        equal("log_scope.location", self.location.as_ref().map(Location::as_str));
        equal("operation.class", self.class.map(Class::as_str));
        equal("operation.name collate nocase", self.operation.as_deref());
        equal("event.outcome", self.end.map(End::as_str));
        if self.attempts_only {
            conditions += " and event.outcome in ('failed', 'denied', 'dry-run')";
        }
        if let Some(Window { from, to }) = self.window {
            values.extend([nanoseconds(from).into(), nanoseconds(to).into()]);
            let (from, to) = (values.len() - 1, values.len());
            let _ = write!(conditions, " and event.time between ?{from} and ?{to}");
        }
        let from = match &self.target {
            None => "event".to_owned(),
            Some(target) => {
                values.push(locator_hash(target).into());
                let _ = write!(conditions, " and event_target.hash = ?{}", values.len());
                // A cross join is made in the order in which it is written.
                "event_target cross join event on event.id = event_target.event".to_owned()
            }
        };
        // Ties by key, so that the order of imports never decides what a limit cuts off.
        let sql = format!(
            "select event.dictionary, event.body, event.ingested_at from {from}
             join log_scope on log_scope.id = event.log
             join operation on operation.id = event.operation
             where true{conditions} order by event.time desc, event.key desc"
        );
        (sql, values)
    }

    /// Checks what no column tells.
    fn lets_through(&self, event: &AuditEvent) -> bool {
        self.actor.as_ref().is_none_or(|part| acted(event, part))
            && self.target.as_ref().is_none_or(|name| is_named(event, name))
    }
}

/// Whether a text is a part of what an event's actor is called.
fn acted(event: &AuditEvent, part: &str) -> bool {
    let part = part.to_lowercase();
    let actor = &event.actor;
    let names = [Some(&actor.key), Some(&actor.name), actor.session.as_ref()];
    names.into_iter().flatten().any(|name| name.to_lowercase().contains(&part))
}

/// Whether an event names a resource.
fn is_named(event: &AuditEvent, needle: &str) -> bool {
    let same = |name: &str| {
        name == needle || event.provider == Provider::Azure && name.to_lowercase() == needle.to_lowercase()
    };
    event.targets.iter().flat_map(names).any(same)
}
