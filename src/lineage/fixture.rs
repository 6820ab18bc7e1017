//! Lives and events for the tests of ancestry.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use super::graph;
use crate::model::{
    AccountId, AuditEvent, Class, EventId, Kind, Life, Lineage, Link, Location, Locator, NodeKey, Phase,
    Provider, Rel, Resource, ResourceKey, Role, ScanId, Spell, State, Target, Timestamp, Uid, Window,
};

pub(super) fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A moment of the first of January 2026: `at("05:00")`.
pub(super) fn at(clock: &str) -> Timestamp {
    time(&format!("2026-01-01T{clock}:00Z"))
}

/// A moment that is known.
pub(super) fn moment(clock: &str) -> Window {
    span(clock, clock)
}

pub(super) fn span(from: &str, to: &str) -> Window {
    Window { from: at(from), to: at(to) }
}

fn resource(provider: Provider, kind: Kind, uid: &str, locator: &str, account: &str) -> Resource {
    let key = ResourceKey { provider, kind, uid: Uid::new(uid) };
    Resource::new(key, AccountId::new(account), Location::new("here"), Locator::new(locator))
}

pub(super) fn aws(kind: Kind, uid: &str) -> Resource {
    resource(Provider::Aws, kind, uid, uid, "111122223333")
}

/// The ARM id of what bears a name.
pub(super) fn arm(kind: Kind, name: &str) -> String {
    let collection = match kind {
        Kind::Volume => "disks",
        Kind::Snapshot => "snapshots",
        Kind::Image => "images",
        Kind::RestorePoint => "restorepointcollections/c/restorepoints",
        _ => "virtualmachines",
    };
    format!("/subscriptions/s/resourcegroups/g/providers/microsoft.compute/{collection}/{name}")
}

pub(super) fn azure(kind: Kind, uid: &str, name: &str) -> Resource {
    resource(Provider::Azure, kind, uid, &arm(kind, name), "s")
}

/// The address of what bears a name.
pub(super) fn path(kind: Kind, name: &str) -> String {
    match kind {
        Kind::Volume => format!("projects/p/zones/z/disks/{name}"),
        Kind::Instance => format!("projects/p/zones/z/instances/{name}"),
        kind => format!("projects/p/global/{kind}s/{name}"),
    }
}

pub(super) fn gcp(kind: Kind, uid: &str, name: &str) -> Resource {
    resource(Provider::Gcp, kind, uid, &path(kind, name), "p")
}

/// Adds parts to a resource.
pub(super) trait Specimen: Sized {
    fn born(self, clock: &str) -> Self;
    fn with(self, path: &str, value: &str) -> Self;
    fn proving(self, path: &str, clock: &str) -> Self;
    fn linked(self, link: Link) -> Self;
    fn from(self, kind: Kind, uid: &str) -> Self;
    fn holding(self, slot: &str, volume: &str) -> Self;
    fn gone(self) -> Self;
}

impl Specimen for Resource {
    fn born(self, clock: &str) -> Self {
        Self { created_at: Some(at(clock)), ..self }
    }

    fn with(mut self, path: &str, value: &str) -> Self {
        self.config.insert(path.to_owned(), value.into());
        self
    }

    fn proving(mut self, path: &str, clock: &str) -> Self {
        self.evidence.insert(path.to_owned(), Value::from(at(clock).to_string()));
        self
    }

    fn linked(mut self, link: Link) -> Self {
        self.links.insert(link);
        self
    }

    /// Links to what it was made from, by uid.
    fn from(self, kind: Kind, uid: &str) -> Self {
        let rel = match (self.key.kind, kind) {
            (Kind::Snapshot, Kind::Volume) => Rel::TakenFrom,
            (Kind::Instance, Kind::Image) => Rel::LaunchedFrom,
            (Kind::Image, Kind::Snapshot) => Rel::BackedBy,
            (one, other) if one == other => Rel::CopiedFrom,
            _ => Rel::CreatedFrom,
        };
        self.linked(Link::to_uid(rel, kind, uid))
    }

    /// Holds a volume in a slot: by uid on AWS, else by address.
    fn holding(self, slot: &str, volume: &str) -> Self {
        let link = match self.key.provider {
            Provider::Aws => Link::to_uid(Rel::Attached, Kind::Volume, volume),
            Provider::Azure => {
                Link::to_locator(Rel::Attached, Kind::Volume, Locator::new(arm(Kind::Volume, volume)))
            }
            Provider::Gcp => {
                Link::to_locator(Rel::Attached, Kind::Volume, Locator::new(path(Kind::Volume, volume)))
            }
        };
        self.linked(link.in_slot(slot))
    }

    fn gone(self) -> Self {
        let state = State { native: "terminated".to_owned(), phase: Phase::Terminated };
        Self { state: Some(state), ..self }
    }
}

/// When each scan looked: scan 1 at 01:00, scan 2 at 02:00.
fn scan(number: i64) -> Window {
    let clock = format!("{number:02}:00");
    span(&clock, &clock)
}

/// A life of states, each from one scan to before another; 0 for one that is current. Scan 9 is the last.
pub(super) fn life(states: &[(i64, i64, Resource)]) -> Life {
    let spells = states.iter().map(|(from, until, state)| Spell {
        from_scan: ScanId(*from),
        until_scan: (*until > 0).then_some(ScanId(*until)),
        state: Arc::new(state.clone()),
        first: scan(*from),
        last: scan(if *until > 0 { until - 1 } else { 9 }),
        until: (*until > 0).then(|| scan(*until).to),
    });
    Life { key: states[0].2.key.clone(), spells: spells.collect() }
}

/// A life of one state, from a scan on.
pub(super) fn since(scan: i64, state: Resource) -> Life {
    life(&[(scan, 0, state)])
}

/// An event of the log of the account that the fixture's resources are in.
pub(super) fn event(provider: Provider, clock: &str, class: Class, targets: &[Target]) -> AuditEvent {
    let targets: BTreeSet<Target> = targets.iter().cloned().collect();
    AuditEvent {
        id: EventId::new(format!("{class}@{clock}")),
        account: AccountId::new(match provider {
            Provider::Aws => "111122223333",
            Provider::Azure => "s",
            Provider::Gcp => "p",
        }),
        location: Location::new("here"),
        log: "log".to_owned(),
        service: "service".to_owned(),
        operation: "Operation/write".to_owned(),
        class,
        targets,
        ..AuditEvent::blank(provider, at(clock))
    }
}

pub(super) fn uid(role: Role, kind: Kind, uid: &str) -> Target {
    Target::by_uid(role, kind, uid)
}

pub(super) fn address(role: Role, kind: Kind, locator: String) -> Target {
    Target::by_locator(role, kind, Locator::new(locator))
}

/// The target in a slot.
pub(super) fn slotted(target: Target, slot: &str) -> Target {
    Target { slot: Some(slot.to_owned()), ..target }
}

/// Says the edges: `vol-2 from-snapshot snap-1`.
pub(super) fn edges(lineage: &Lineage) -> Vec<String> {
    lineage
        .edges
        .iter()
        .map(|edge| format!("{} {} {}", edge.child.id, edge.descent, edge.parent.id))
        .collect()
}

/// Says who stood in the slots: `vol-1 00:10..03:00`, `?` for a bound that nobody knows, `01:00~02:00` for a window.
pub(super) fn stood(lineage: &Lineage) -> Vec<String> {
    let clock = |at: Timestamp| {
        if at == Timestamp::MIN { "?".to_owned() } else { at.strftime("%H:%M").to_string() }
    };
    let said = |window: Window| {
        if window.from == window.to {
            clock(window.to)
        } else {
            format!("{}~{}", clock(window.from), clock(window.to))
        }
    };
    let held = lineage.occupancies.iter();
    held.map(|held| {
        let out = held.detached.map_or_else(String::new, said);
        format!("{} {}..{out}", held.volume.id, said(held.attached))
    })
    .collect()
}

pub(super) fn node<'l>(lineage: &'l Lineage, kind: Kind, id: &str) -> &'l crate::model::Node {
    let found = lineage.nodes.iter().find(|(key, _)| key.kind == kind && key.id == id);
    found.map(|(_, node)| node).unwrap()
}

pub(super) fn key(provider: Provider, kind: Kind, id: &str) -> NodeKey {
    NodeKey::new(provider, kind, id)
}

pub(super) fn of(lives: &[Life]) -> Lineage {
    graph(lives, &[])
}
