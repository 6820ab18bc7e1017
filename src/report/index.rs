//! What findings cite, looked up.

use std::collections::BTreeSet;
use std::net::IpAddr;

use rustc_hash::FxHashMap;

use super::view::{Actor, Change, Event, Finding, Residue, Resource, Scope, View};
use crate::model::{Provider, Timestamp};

/// The changes, residues and events of a view by their ids.
pub(super) struct Index<'a> {
    changes: FxHashMap<&'a str, &'a Change>,
    residues: FxHashMap<&'a str, &'a Residue>,
    events: FxHashMap<&'a str, &'a Event>,
}

/// Where a finding points: a resource, a scope, or the account whose log tells it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Place<'a> {
    /// The cloud.
    pub(super) provider: Provider,
    /// The AWS account, Azure subscription or Google Cloud project.
    pub(super) account: &'a str,
    /// The region or zone, or `*`.
    pub(super) location: &'a str,
    /// The kind of resource; `None` where only a log tells of the place.
    pub(super) kind: Option<&'a str>,
    /// The resource, where it is one.
    pub(super) resource: Option<&'a Resource>,
}

impl<'a> Index<'a> {
    /// Indexes a view.
    pub(super) fn new(view: &'a View) -> Self {
        Self { changes: view.changes_by_id(), residues: view.residues_by_id(), events: view.events_by_id() }
    }

    /// Returns the changes that a finding cites.
    pub(super) fn changes(&self, finding: &'a Finding) -> impl Iterator<Item = &'a Change> {
        finding.changes.iter().filter_map(|id| self.changes.get(id.as_str()).copied())
    }

    /// Returns the residues that a finding cites.
    pub(super) fn residues(&self, finding: &'a Finding) -> impl Iterator<Item = &'a Residue> {
        finding.residues.iter().filter_map(|id| self.residues.get(id.as_str()).copied())
    }

    /// Returns the events that a finding cites, and those that explain its changes, in the order of time.
    pub(super) fn events(&self, finding: &'a Finding) -> Vec<&'a Event> {
        let traced = self.changes(finding).flat_map(|change| &change.trace.events);
        let ids: BTreeSet<&str> = finding.events.iter().chain(traced).map(String::as_str).collect();
        let mut events: Vec<_> = ids.into_iter().filter_map(|id| self.events.get(id).copied()).collect();
        events.sort_by(|a, b| (a.time, &a.id).cmp(&(b.time, &b.id)));
        events
    }

    /// Returns who did what a finding tells of, as far as anything says.
    pub(super) fn actor(&self, finding: &'a Finding) -> Option<&'a Actor> {
        let of_events = self.events(finding).into_iter().find_map(|event| event.actor.as_ref());
        let of_changes = || self.changes(finding).find_map(|change| change.trace.actor.as_ref());
        let of_residues = || self.residues(finding).find_map(|residue| residue.actor.as_ref());
        of_events.or_else(of_changes).or_else(of_residues)
    }

    /// Returns since when and until when it happened: its events' times, else the windows of what it cites.
    pub(super) fn span(&self, finding: &'a Finding) -> Option<(Timestamp, Timestamp)> {
        let times = self.events(finding).into_iter().map(|event| (event.time, event.time));
        let changes = self.changes(finding).map(|change| change.window);
        let residues = self.residues(finding).map(|residue| residue.window);
        let windows = changes.chain(residues).map(|window| (window.from, window.to));
        let union = |spans: &mut dyn Iterator<Item = (Timestamp, Timestamp)>| {
            spans.reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)))
        };
        union(&mut { times }).or_else(|| union(&mut { windows }))
    }

    /// Returns where a finding points: its resources, else its scopes, else the accounts whose logs tell it.
    pub(super) fn places(&self, finding: &'a Finding) -> Vec<Place<'a>> {
        let resources: Vec<_> = finding.resources.iter().map(Place::from).collect();
        if !resources.is_empty() {
            return resources;
        }
        let scopes: Vec<_> = finding.scopes.iter().map(Place::from).collect();
        if !scopes.is_empty() {
            return scopes;
        }
        let mut places: Vec<Place<'a>> = Vec::new();
        for place in self.events(finding).into_iter().filter_map(Place::of_log) {
            if !places.contains(&place) {
                places.push(place);
            }
        }
        places
    }
}

impl<'a> From<&'a Resource> for Place<'a> {
    fn from(resource: &'a Resource) -> Self {
        Self {
            provider: resource.provider,
            account: resource.account.as_str(),
            location: resource.location.as_str(),
            kind: Some(&resource.kind),
            resource: Some(resource),
        }
    }
}

impl<'a> From<&'a Scope> for Place<'a> {
    fn from(scope: &'a Scope) -> Self {
        Self {
            provider: scope.provider,
            account: scope.account.as_str(),
            location: scope.location.as_str(),
            kind: Some(&scope.kind),
            resource: None,
        }
    }
}

impl<'a> Place<'a> {
    /// Returns the place whose log tells an event; `None` of an event that does not say.
    pub(super) fn of_log(event: &'a Event) -> Option<Self> {
        Some(Self {
            provider: event.provider,
            account: event.account.as_ref()?.as_str(),
            location: event.location.as_ref()?.as_str(),
            kind: None,
            resource: None,
        })
    }

    /// Returns its steps from the cloud down to the resource's id.
    pub(super) fn steps(&self) -> Vec<&'a str> {
        let uid = self.resource.map(|resource| resource.uid.as_str());
        let down = [Some(self.account), Some(self.location), self.kind, uid];
        [Some(self.provider.as_str())].into_iter().chain(down).flatten().collect()
    }

    /// Returns where it is, without the resource: `provider/account/location/kind`.
    pub(super) fn scope(&self) -> String {
        Self { resource: None, ..*self }.steps().join("/")
    }
}

/// Returns the network address that an operation was called from; a vendor's service names itself there instead.
pub(super) fn address(event: &Event) -> Option<IpAddr> {
    event.client.as_ref()?.ip.as_deref()?.parse().ok()
}
