//! Findings as flat lines of keys and values, which the line formats of SIEMs share.

use std::collections::BTreeSet;

use super::index::{Index, Place, address};
use super::view::{Actor, Event, Finding, View};
use super::wording;
use crate::model::{Timestamp, printable};

/// A finding with what its line tells of who, where and when.
pub(super) struct Alert<'a> {
    /// The finding.
    pub(super) finding: &'a Finding,
    /// Its main place.
    pub(super) place: Option<Place<'a>>,
    /// Who did it.
    pub(super) actor: Option<&'a Actor>,
    /// What the logs tell of it, in the order of time.
    pub(super) events: Vec<&'a Event>,
    /// Since when it happened.
    pub(super) from: Timestamp,
    /// Until when it happened.
    pub(super) to: Timestamp,
}

/// What a line tells, under which key in each format; `None` where the format has no place for it.
pub(super) struct Field {
    /// The key in LEEF: a predefined one, or a custom one.
    pub(super) leef: Option<&'static str>,
    /// The key in CEF: one of its dictionary.
    pub(super) cef: Option<&'static str>,
    /// What CEF labels the key with, of a custom one.
    pub(super) label: Option<&'static str>,
    /// How many characters CEF's dictionary allows the key.
    pub(super) room: usize,
    /// The value.
    pub(super) value: fn(&Alert<'_>) -> Option<String>,
}

/// Every field but the times and the source address, whose forms differ.
pub(super) const FIELDS: &[Field] = &[
    both("cat", "cat", 1023, |alert| Some(alert.category())),
    both("usrName", "suser", 1023, |alert| alert.user().map(str::to_owned)),
    both("userId", "suid", 1023, |alert| alert.actor.map(|actor| actor.key.clone())),
    both("externalId", "externalId", 40, |alert| Some(alert.finding.id.clone())),
    leef("title", |alert| Some(alert.finding.title.clone())),
    both("msg", "msg", 1023, |alert| Some(alert.why())),
    both("action", "act", 63, |alert| Some(alert.joined(|event| Some(event.operation.as_str())))),
    both("outcome", "outcome", 63, |alert| Some(alert.joined(|event| Some(event.outcome.as_str())))),
    both("userAgent", "requestClientApplication", 1023, |alert| {
        Some(alert.joined(|event| event.client.as_ref()?.user_agent.as_deref()))
    }),
    custom("techniques", "cs1", |alert| Some(alert.finding.techniques.join(" "))),
    custom("resource", "cs2", |alert| alert.resource(|resource| resource.uid.to_string())),
    custom("locator", "cs3", |alert| alert.resource(|resource| resource.locator.to_string())),
    labelled("scope", "cs4", |alert| Some(alert.place?.scope())),
    custom("status", "cs5", |alert| Some(alert.finding.status.to_string())),
    custom("alsoRules", "cs6", |alert| Some(alert.finding.also.join(" "))),
    custom("risk", "cn1", |alert| Some(alert.finding.risk.to_string())),
    custom("impact", "cn2", |alert| Some(alert.finding.impact.to_string())),
    leef("band", |alert| Some(alert.finding.band.to_string())),
    leef("resourceName", |alert| alert.place?.resource?.name.clone()),
    leef("provider", |alert| Some(alert.place?.provider.to_string())),
    leef("accountName", |alert| Some(alert.place?.account.to_owned())),
    leef("location", |alert| Some(alert.place?.location.to_owned())),
    leef("kind", |alert| Some(alert.place?.kind?.to_owned())),
];

/// How many characters a value may take that no dictionary limits.
pub(super) const ROOM: usize = 1023;

type Value = fn(&Alert<'_>) -> Option<String>;

const fn both(leef: &'static str, cef: &'static str, room: usize, value: Value) -> Field {
    Field { leef: Some(leef), cef: Some(cef), label: None, room, value }
}

const fn leef(key: &'static str, value: Value) -> Field {
    Field { leef: Some(key), cef: None, label: None, room: ROOM, value }
}

const fn custom(name: &'static str, cef: &'static str, value: Value) -> Field {
    Field { leef: Some(name), cef: Some(cef), label: Some(name), room: ROOM, value }
}

const fn labelled(name: &'static str, cef: &'static str, value: Value) -> Field {
    Field { leef: None, cef: Some(cef), label: Some(name), room: ROOM, value }
}

impl Field {
    /// Returns the value in one line of some characters at most; `None` where there is nothing to tell.
    pub(super) fn text(&self, alert: &Alert<'_>, room: usize) -> Option<String> {
        (self.value)(alert).map(|value| line(&value, room)).filter(|value| !value.is_empty())
    }
}

/// Returns text without characters that mislead, cut to some characters.
pub(super) fn line(text: &str, room: usize) -> String {
    let text = printable(text);
    if text.chars().count() <= room { text } else { wording::excerpt(&text, 0, room.saturating_sub(1)) }
}

impl<'a> Alert<'a> {
    /// Returns a line for each finding, in the order of the view.
    pub(super) fn all(view: &'a View) -> impl Iterator<Item = Self> {
        let index = Index::new(view);
        view.findings.iter().map(move |finding| {
            let (from, to) = index.span(finding).unwrap_or((view.run.started_at, view.run.finished_at));
            Self {
                finding,
                place: index.places(finding).first().copied(),
                actor: index.actor(finding),
                events: index.events(finding),
                from,
                to,
            }
        })
    }

    /// Returns the risk on the scale of 0 to 10.
    pub(super) fn severity(&self) -> u8 {
        self.finding.risk.saturating_add(5) / 10
    }

    /// Returns the address that the first event with one was called from.
    pub(super) fn source(&self) -> Option<std::net::IpAddr> {
        self.events.iter().find_map(|event| address(event))
    }

    /// Returns who did it, by the name that other logs know.
    fn user(&self) -> Option<&str> {
        let actor = self.actor?;
        [&actor.label, &actor.name, &actor.key].into_iter().find(|text| !text.is_empty()).map(String::as_str)
    }

    /// Returns the finding's first technique: with the rule, all that a map of event categories needs.
    fn category(&self) -> String {
        self.finding.techniques.first().cloned().unwrap_or_else(|| "drift".to_owned())
    }

    fn why(&self) -> String {
        self.finding.why.iter().map(|points| points.reason.as_str()).collect::<Vec<_>>().join("; ")
    }

    fn resource(&self, show: fn(&super::view::Resource) -> String) -> Option<String> {
        self.place?.resource.map(show)
    }

    /// Returns what its events say, each once, the earliest first.
    fn joined(&self, show: fn(&Event) -> Option<&str>) -> String {
        let mut seen = BTreeSet::new();
        let told = self.events.iter().filter_map(|event| show(event)).filter(|text| seen.insert(*text));
        told.collect::<Vec<_>>().join(", ")
    }
}
