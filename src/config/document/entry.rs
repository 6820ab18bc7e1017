//! What the entries of all clouds have in common: names, kinds and limits.

use std::collections::BTreeSet;
use std::time::Duration;

use super::super::diagnosis::{Problem, Problems, Span, listed, quoted};
use super::super::number::{Burst, Concurrency, Rate, Retries};
use super::super::overrides::widen;
use super::super::shape::{At, Distinct, Key, Shape, table};
use super::super::text::{EntryName, Timeout};
use super::super::{Entry, Limits, Overrides, kinds_of};
use crate::model::{Kind, Provider};

table! {
    /// How gently to collect.
    LimitsTable {
        /// How many listings are under way at once.
        #[schemars(extend("default" = Limits::default().concurrency))]
        concurrency: Concurrency,
        /// How many requests may begin each second in one account and location, on average.
        #[schemars(extend("default" = Limits::default().requests_per_second))]
        requests_per_second: Rate,
        /// How many requests may begin at once in one account and location after a pause.
        #[schemars(extend("default" = Limits::default().burst))]
        burst: Burst,
        /// How often a call that was throttled or failed for a passing reason is made again.
        #[schemars(extend("default" = Limits::default().retries))]
        retries: Retries,
        /// How long one request may take.
        #[schemars(extend("default" = written(Limits::default().call_timeout)))]
        call_timeout: Timeout,
        /// How long one listing may take, with all its pages and retries.
        #[schemars(extend("default" = written(Limits::default().scope_timeout)))]
        scope_timeout: Timeout,
    }
}

/// Returns a duration as the file writes it.
fn written(duration: Duration) -> String {
    jiff::SignedDuration::try_from(duration).map(|duration| format!("{duration:#}")).unwrap_or_default()
}

impl LimitsTable {
    fn settle(&self) -> Overrides {
        Overrides {
            concurrency: self.concurrency.value.map(widen),
            requests_per_second: self.requests_per_second.value,
            burst: self.burst.value,
            retries: self.retries.value,
            call_timeout: self.call_timeout.value,
            scope_timeout: self.scope_timeout.value,
        }
    }
}

/// Declares the table of an entry: the keys that every cloud's has, and the cloud's own.
macro_rules! entry_table {
    ($(#[$attribute:meta])* $name:ident { $($keys:tt)* }) => {
        $crate::config::shape::table! {
            $(#[$attribute])*
            $name {
                /// What messages call the entry; without it `aws 1`, after the cloud and its place.
                name: $crate::config::text::EntryName,
                /// The kinds to collect; without it, those of the top level.
                kinds: $crate::config::shape::Distinct<$crate::model::Kind>,
                /// The kinds to leave out; without it, those of the top level.
                skip_kinds: $crate::config::shape::Distinct<$crate::model::Kind>,
                /// How gently to collect; each key without a value is that of the top level.
                limits: $crate::config::document::entry::LimitsTable,
                $($keys)*
            }
        }

        impl $crate::config::document::entry::Commons for $name {
            fn take_common(&mut self) -> $crate::config::document::entry::Common {
                $crate::config::document::entry::Common {
                    name: std::mem::take(&mut self.name),
                    kinds: std::mem::take(&mut self.kinds),
                    skip_kinds: std::mem::take(&mut self.skip_kinds),
                    limits: std::mem::take(&mut self.limits),
                }
            }
        }
    };
}
pub(super) use entry_table;

/// What all clouds' entries have in common, and, but for the name, the top level of the file.
#[derive(Default)]
pub(super) struct Common {
    pub(super) name: Key<EntryName>,
    pub(super) kinds: Key<Distinct<Kind>>,
    pub(super) skip_kinds: Key<Distinct<Kind>>,
    pub(super) limits: Key<LimitsTable>,
}

/// The table of an entry, as [`entry_table`] declares it.
pub(super) trait Commons {
    /// Takes out the keys that every cloud's entry has.
    fn take_common(&mut self) -> Common;
}

/// The table of an entry of one cloud.
pub(super) trait EntryTable: Commons + Shape<Value = Self> {
    /// What the cloud's own keys come to.
    type Cloud;

    /// Returns what the cloud's own keys come to; tells where they contradict each other.
    fn settle(self, problems: &mut Problems<'_>) -> Self::Cloud;
}

/// The names of entries so far.
#[derive(Default)]
pub(super) struct Names(BTreeSet<String>);

/// Returns the entries of one cloud; what they leave open is as at the top level.
pub(super) fn entries<T: EntryTable>(
    provider: Provider,
    tables: Key<Vec<T>>,
    top: &Common,
    names: &mut Names,
    problems: &mut Problems<'_>,
) -> Vec<Entry<T::Cloud>> {
    let mut entries = Vec::new();
    for (nth, At { span, value: mut table }) in tables.value.unwrap_or_default().into_iter().enumerate() {
        let own = table.take_common();
        let sound = own.check(problems) & own.check_kinds_of(provider, problems);
        let limits = top.overrides().over(Limits::default());
        let kinds = own.kinds_below(top);
        if sound && !kinds_of(provider).iter().any(|kind| kinds.contains(kind)) {
            let hint = "look at `kinds` and `skip-kinds`, here and at the top level";
            problems.add(span.clone(), Problem::new("no kind is left to collect").with_hint(hint));
        }
        entries.push(Entry {
            kinds,
            limits: own.overrides().over(limits),
            name: names.name(own.name, format!("{provider} {}", nth + 1), span, problems),
            cloud: table.settle(problems),
        });
    }
    entries
}

impl Names {
    fn name(
        &mut self,
        given: Key<EntryName>,
        otherwise: String,
        entry: Span,
        problems: &mut Problems<'_>,
    ) -> String {
        let name = given.value.unwrap_or(otherwise);
        if !self.0.insert(name.clone()) {
            let problem = Problem::new(format!("another entry is named {}, too", quoted(&name)));
            problems.add(given.at.unwrap_or(entry), problem.with_hint("give each entry a name of its own"));
        }
        name
    }
}

impl Common {
    /// Tells which kinds are both wanted and not; returns whether there is none.
    pub(super) fn check(&self, problems: &mut Problems<'_>) -> bool {
        let mut sound = true;
        for skipped in self.skip_kinds.value.iter().flatten() {
            if self.kinds.value.iter().flatten().any(|kind| kind.value == skipped.value) {
                let message = format!("`{}` is in `kinds`, too", skipped.value);
                let hint = "leave it out of both lists: with `kinds` nothing else is collected";
                problems.add(skipped.span.clone(), Problem::new(message).with_hint(hint));
                sound = false;
            }
        }
        sound
    }

    /// Tells which kinds the cloud never has; returns whether there is none.
    fn check_kinds_of(&self, provider: Provider, problems: &mut Problems<'_>) -> bool {
        let mut sound = true;
        let known = kinds_of(provider);
        for kind in self.kinds.value.iter().chain(self.skip_kinds.value.iter()).flatten() {
            if !known.contains(&kind.value) {
                let problem = Problem::new(format!("`{provider}` has no `{}`", kind.value));
                let hint = format!("its kinds are {}", listed(known.iter().map(|kind| kind.as_str())));
                problems.add(kind.span.clone(), problem.with_hint(hint));
                sound = false;
            }
        }
        sound
    }

    /// Returns the kinds that are wanted and not skipped, here or else at the top level.
    fn kinds_below(&self, top: &Self) -> BTreeSet<Kind> {
        let wanted = if self.kinds.is_given() { &self.kinds } else { &top.kinds };
        let skipped = if self.skip_kinds.is_given() { &self.skip_kinds } else { &top.skip_kinds };
        let names = |list: &[At<Kind>], kind| list.iter().any(|one| one.value == kind);
        let wants = |kind| wanted.value.as_deref().is_none_or(|list| names(list, kind));
        let skips = |kind| skipped.value.as_deref().is_some_and(|list| names(list, kind));
        Kind::ALL.iter().copied().filter(|&kind| wants(kind) && !skips(kind)).collect()
    }

    fn overrides(&self) -> Overrides {
        self.limits.value.as_ref().map(LimitsTable::settle).unwrap_or_default()
    }
}
