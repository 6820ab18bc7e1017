//! Between which moments two scans looked, and how completely.

use std::collections::BTreeMap;

use jiff::SignedDuration;

use crate::model::{
    AccountId, AuditEvent, Coverage, CoverageStatus, EVERYWHERE, Kind, Location, Provider, Timestamp,
};
use crate::trace::Evidence;

/// How long before a listing something must have happened for the listing to have to show it (SEMANTICS F.4).
pub(super) const SETTLED: SignedDuration = SignedDuration::from_mins(10);

/// The time that is compared, for each place that a log speaks of.
#[derive(Debug)]
pub(super) struct Horizon<'a> {
    spans: BTreeMap<Place<'a>, Span>,
    before: Listings<'a>,
    after: Listings<'a>,
    now: Timestamp,
}

/// A place, from a location of an account to everything: what is not known of the narrower is taken from the
/// wider.
type Place<'a> = (Option<Provider>, Option<&'a AccountId>, Option<&'a Location>);

/// The listings of each kind in each account.
type Listings<'a> = BTreeMap<(Provider, &'a AccountId, Kind), Vec<&'a Coverage>>;

/// From the start of the earliest listing of the earlier scan to the end of the last one of the later scan.
#[derive(Clone, Copy, Debug, Default)]
struct Span {
    from: Option<Timestamp>,
    to: Option<Timestamp>,
}

/// What one scan's listings of a kind prove together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Listing {
    /// Whether all are complete.
    pub(super) complete: bool,
    /// When the first began.
    pub(super) started_at: Timestamp,
    /// When the last ended.
    pub(super) finished_at: Timestamp,
}

impl<'a> Horizon<'a> {
    /// Sums up what two scans listed.
    pub(super) fn of(evidence: &Evidence<'a>) -> Self {
        let mut spans: BTreeMap<Place<'a>, Span> = BTreeMap::new();
        for coverage in evidence.before {
            for place in places(coverage) {
                let from = &mut spans.entry(place).or_default().from;
                *from = Some(from.map_or(coverage.started_at, |known| known.min(coverage.started_at)));
            }
        }
        for coverage in evidence.after {
            for place in places(coverage) {
                let to = &mut spans.entry(place).or_default().to;
                *to = (*to).max(Some(coverage.finished_at));
            }
        }
        let (before, after) = (listings(evidence.before), listings(evidence.after));
        Self { spans, before, after, now: evidence.now }
    }

    /// Returns the moment since which an event belongs to the comparison; `None` where no earlier scan is.
    pub(super) fn from(&self, event: &AuditEvent) -> Option<Timestamp> {
        self.span(event, |span| span.from)
    }

    /// Whether an event lies in the time that is compared: the boundary is the start of the earlier listing
    /// and the end of the later one, because either may have seen the state before or after it (SEMANTICS
    /// F.2).
    pub(super) fn contains(&self, event: &AuditEvent) -> bool {
        let to = self.span(event, |span| span.to).unwrap_or(self.now);
        self.from(event).is_none_or(|from| event.time >= from) && event.time <= to
    }

    /// Returns what the narrowest place tells that tells anything.
    fn span(&self, event: &AuditEvent, end: fn(&Span) -> Option<Timestamp>) -> Option<Timestamp> {
        let (provider, account) = (Some(event.provider), Some(&event.account));
        let located = (event.location.as_str() != EVERYWHERE).then_some(&event.location);
        [(provider, account, located), (provider, account, None), (provider, None, None), (None, None, None)]
            .into_iter()
            .find_map(|place| self.spans.get(&place).and_then(end))
    }

    /// Returns how the earlier scan listed a kind where an event happened; `None` if it did not.
    pub(super) fn before(&self, event: &AuditEvent, kind: Kind) -> Option<Listing> {
        listing(&self.before, event, kind)
    }

    /// Returns how the later scan listed a kind where an event happened; `None` if it did not.
    pub(super) fn after(&self, event: &AuditEvent, kind: Kind) -> Option<Listing> {
        listing(&self.after, event, kind)
    }
}

fn places(coverage: &Coverage) -> [Place<'_>; 4] {
    let scope = &coverage.scope;
    let (provider, account) = (Some(scope.provider), Some(&scope.account));
    [
        (provider, account, Some(&scope.location)),
        (provider, account, None),
        (provider, None, None),
        (None, None, None),
    ]
}

fn listings(coverage: &[Coverage]) -> Listings<'_> {
    let mut listings = Listings::new();
    for coverage in coverage {
        let scope = &coverage.scope;
        listings.entry((scope.provider, &scope.account, scope.kind)).or_default().push(coverage);
    }
    listings
}

/// A log of all locations does not tell which one it was: then every listing of the account counts.
fn listing(listings: &Listings<'_>, event: &AuditEvent, kind: Kind) -> Option<Listing> {
    let known = listings.get(&(event.provider, &event.account, kind))?;
    let at = |location: &str| -> Vec<&Coverage> {
        known.iter().copied().filter(|coverage| coverage.scope.location.as_str() == location).collect()
    };
    let located = if event.location.as_str() == EVERYWHERE {
        known.clone()
    } else {
        let exact = at(event.location.as_str());
        if exact.is_empty() { at(EVERYWHERE) } else { exact }
    };
    Some(Listing {
        complete: located.iter().all(|coverage| coverage.status == CoverageStatus::Complete),
        started_at: located.iter().map(|coverage| coverage.started_at).min()?,
        finished_at: located.iter().map(|coverage| coverage.finished_at).max()?,
    })
}
