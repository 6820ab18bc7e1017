//! Who stood under which address, and when: names and ARM ids are used again (SEMANTICS A.1).

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use jiff::SignedDuration;

use super::descent::{made, makes};
use crate::model::{
    AccountId, AuditEvent, Kind, Life, Link, Locator, NodeKey, Provider, Resource, ResourceKey, ScanId,
    Target, Timestamp, Uid, folded,
};

/// How far the moment that a resource tells as its creation may stand from the event that made it.
const NEAR: SignedDuration = SignedDuration::from_mins(10);

/// One thing that stood under an address.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tenant {
    pub(super) key: NodeKey,
    /// When it came to be, as far as it is told; else when it was first seen.
    born: Timestamp,
    /// When it was first known to be gone.
    gone: Option<Timestamp>,
    /// From which scan until before which one it stood there; none of what only a log tells.
    scans: Option<(ScanId, Option<ScanId>)>,
}

/// Everything that ever stood under each address.
#[derive(Debug, Default)]
pub(super) struct Addresses {
    /// In the order of births.
    tenants: BTreeMap<NodeKey, Vec<Tenant>>,
    /// What others say stood there, by uid, and at which moments.
    told: BTreeMap<NodeKey, BTreeSet<(Timestamp, NodeKey)>>,
    /// When something came to be there.
    births: BTreeMap<NodeKey, BTreeSet<Timestamp>>,
}

impl Addresses {
    /// Takes what scans saw and what logs tell; `events` are those with effect. Their order means nothing.
    pub(super) fn of(lives: &[Life], events: &[&AuditEvent]) -> Self {
        let mut addresses = Self::default();
        for event in events {
            addresses.hear(event);
        }
        for life in lives {
            let key = own_key(&life.key);
            for spell in &life.spells {
                let resource = &spell.state;
                let tenant = Tenant {
                    key: key.clone(),
                    born: resource.created_at.unwrap_or(spell.first.from),
                    gone: spell.until,
                    scans: Some((spell.from_scan, spell.until_scan)),
                };
                let at =
                    address(resource.key.provider, resource.key.kind, &resource.locator, &resource.account);
                addresses.births.entry(at.clone()).or_default().insert(tenant.born);
                addresses.add(at, tenant);
                for link in &resource.links {
                    addresses.hear_link(link, resource, spell.first.from);
                }
            }
        }
        addresses
    }

    fn hear(&mut self, event: &AuditEvent) {
        for target in &event.targets {
            let (Some(kind), Some(locator)) = (target.kind, &target.locator) else { continue };
            let at = address(event.provider, kind, locator, &event.account);
            if let Some(uid) = &target.uid {
                let key = NodeKey::new(event.provider, kind, uid.as_str());
                self.told.entry(at).or_default().insert((event.time, key));
            }
        }
        for target in made(event).filter(|_| makes(event)) {
            let (Some(kind), Some(locator)) = (target.kind, &target.locator) else { continue };
            let at = address(event.provider, kind, locator, &event.account);
            self.births.entry(at).or_default().insert(event.time);
        }
    }

    fn hear_link(&mut self, link: &Link, from: &Resource, first_seen: Timestamp) {
        let (Some(uid), Some(locator)) = (&link.uid, &link.locator) else { return };
        let provider = from.key.provider;
        let at = address(provider, link.kind, locator, &from.account);
        let key = NodeKey::new(provider, link.kind, uid.as_str());
        self.told.entry(at).or_default().insert((from.created_at.unwrap_or(first_seen), key));
    }

    /// Returns the one thing that others say stood under an address at a moment, or while nothing else came to be
    /// there.
    fn heard(&self, at: &NodeKey, moment: Timestamp) -> Option<NodeKey> {
        let births = self.births.get(at);
        let since = births.and_then(|births| births.range(..=moment).next_back());
        let until =
            births.and_then(|births| births.range((Bound::Excluded(moment), Bound::Unbounded)).next());
        let then = |told: &Timestamp| {
            since.is_none_or(|since| since <= told) && until.is_none_or(|until| told < until)
        };
        let told = self.told.get(at)?.iter().filter(|(when, _)| then(when));
        let keys: BTreeSet<&NodeKey> = told.map(|(_, key)| key).collect();
        let mut keys = keys.into_iter();
        keys.next().filter(|_| keys.next().is_none()).cloned()
    }

    /// Adds a tenant; the states of one life that touch are one tenancy.
    fn add(&mut self, at: NodeKey, tenant: Tenant) {
        let tenants = self.tenants.entry(at).or_default();
        match tenants.iter_mut().find(|known| known.touches(&tenant)) {
            Some(known) => known.stay(&tenant),
            None => tenants.push(tenant),
        }
        tenants.sort_by(|one, other| {
            (one.born, &one.key, one.scans).cmp(&(other.born, &other.key, other.scans))
        });
    }

    /// Adds what an event made and no scan saw; returns what it is called from now on.
    fn bear(&mut self, at: &NodeKey, event: &AuditEvent) -> NodeKey {
        let tenants = self.tenants.entry(at.clone()).or_default();
        let id = if tenants.is_empty() { at.id.clone() } else { format!("{}#{}", at.id, event.time) };
        let key = NodeKey { id, ..at.clone() };
        tenants.push(Tenant { key: key.clone(), born: event.time, gone: None, scans: None });
        tenants.sort_by(|one, other| {
            (one.born, &one.key, one.scans).cmp(&(other.born, &other.key, other.scans))
        });
        key
    }

    /// Returns what a link of a resource leads to: by uid, else what stood under the address when the resource
    /// came to be.
    pub(super) fn linked(&self, link: &Link, from: &Resource, first_seen: Timestamp) -> NodeKey {
        let provider = from.key.provider;
        if let Some(uid) = &link.uid {
            return NodeKey::new(provider, link.kind, uid.as_str());
        }
        let Some(locator) = &link.locator else { return NodeKey::new(provider, link.kind, "") };
        let at = address(provider, link.kind, locator, &from.account);
        self.standing(at, from.created_at.unwrap_or(first_seen))
    }

    /// Returns what stood under an address at a moment: as scans saw it, else as others say; else the address.
    fn standing(&self, at: NodeKey, moment: Timestamp) -> NodeKey {
        self.seen(&at, moment).or_else(|| self.heard(&at, moment)).unwrap_or(at)
    }

    fn seen(&self, at: &NodeKey, moment: Timestamp) -> Option<NodeKey> {
        let tenants = self.tenants.get(at)?.iter().rev();
        let mut there =
            tenants.filter(|tenant| tenant.born <= moment && tenant.gone.is_none_or(|gone| gone >= moment));
        there.next().map(|tenant| tenant.key.clone())
    }

    /// Returns what stood where a link leads in each part of a time between scans, with the scans that it
    /// stood there from and until before; the link's own target alone where it bears a uid. `moment` is when the
    /// resource was first seen so.
    pub(super) fn during(
        &self,
        link: &Link,
        from: &Resource,
        (start, end): (ScanId, Option<ScanId>),
        moment: Timestamp,
    ) -> Vec<(NodeKey, ScanId, Option<ScanId>)> {
        let provider = from.key.provider;
        let own = |key| vec![(key, start, end)];
        let Some(locator) = link.locator.as_ref().filter(|_| link.uid.is_none()) else {
            return own(NodeKey::new(provider, link.kind, link.target()));
        };
        let at = address(provider, link.kind, locator, &from.account);
        let before = |one: Option<ScanId>, other: ScanId| one.is_none_or(|one| one > other);
        let tenants = self.tenants.get(&at).into_iter().flatten();
        let found: Vec<_> = tenants
            .filter_map(|tenant| {
                let (since, until) = tenant.scans?;
                let overlaps = before(until, start) && before(end, since);
                let last = [until, end].into_iter().flatten().min();
                overlaps.then(|| (tenant.key.clone(), since.max(start), last))
            })
            .collect();
        if found.is_empty() { own(self.standing(at, moment)) } else { found }
    }

    /// Returns what a target of an event is: by uid, else what stood under its address at a moment, else something
    /// that nobody saw; `None` for one that is named by neither, or of no kind that a scan lists.
    pub(super) fn named(&self, target: &Target, event: &AuditEvent, moment: Timestamp) -> Option<NodeKey> {
        let known = Self::told(target, event)?;
        Some(known.unwrap_or_else(|at| self.standing(at, moment)))
    }

    /// Returns what an event made: by uid, else what stood under its address and was born then, else something
    /// that nobody saw.
    pub(super) fn made(&mut self, target: &Target, event: &AuditEvent) -> Option<NodeKey> {
        let at = match Self::told(target, event)? {
            Ok(key) => return Some(key),
            Err(at) => at,
        };
        let (from, to) = (event.time.saturating_sub(NEAR).ok()?, event.last_at().saturating_add(NEAR).ok()?);
        let mut tenants = self.tenants.get(&at).into_iter().flatten();
        let known = tenants.find(|tenant| from <= tenant.born && tenant.born <= to);
        let known = known.map(|tenant| tenant.key.clone()).or_else(|| self.heard(&at, event.time));
        Some(known.unwrap_or_else(|| self.bear(&at, event)))
    }

    /// Returns a target's key by its uid, else its address.
    fn told(target: &Target, event: &AuditEvent) -> Option<Result<NodeKey, NodeKey>> {
        let kind = target.kind?;
        let at =
            target.locator.as_ref().map(|locator| address(event.provider, kind, locator, &event.account));
        let by_uid = target.uid.as_ref().map(|uid: &Uid| NodeKey::new(event.provider, kind, uid.as_str()));
        match (by_uid, at) {
            (Some(uid), _) => Some(Ok(uid)),
            (None, Some(at)) => Some(Err(at)),
            (None, None) => None,
        }
    }
}

impl Tenant {
    fn touches(&self, other: &Self) -> bool {
        let meets = |one: Option<(ScanId, Option<ScanId>)>, two: Option<(ScanId, Option<ScanId>)>| {
            one.and_then(|(_, until)| until).is_some_and(|until| two.is_some_and(|(from, _)| from == until))
        };
        self.key == other.key && (meets(self.scans, other.scans) || meets(other.scans, self.scans))
    }

    fn stay(&mut self, other: &Self) {
        let later = other.scans > self.scans;
        self.born = self.born.min(other.born);
        if later {
            self.gone = other.gone;
        }
        if let (Some((from, until)), Some((start, end))) = (self.scans, other.scans) {
            self.scans = Some((from.min(start), if later { end } else { until }));
        }
    }
}

/// Returns what a resource is called in the ancestry: what lies in an AWS recycle bin as what it was.
pub(super) fn own_key(key: &ResourceKey) -> NodeKey {
    let kind = match key.uid.as_str().split_once('-') {
        Some((prefix, _)) if key.kind == Kind::Recycled => match prefix {
            "vol" => Kind::Volume,
            "snap" => Kind::Snapshot,
            "ami" => Kind::Image,
            _ => key.kind,
        },
        _ => key.kind,
    };
    NodeKey { kind, ..NodeKey::from(key) }
}

/// Returns an address as a key.
pub(super) fn address(provider: Provider, kind: Kind, locator: &Locator, account: &AccountId) -> NodeKey {
    NodeKey::new(provider, kind, &folded(provider, locator.as_str(), account))
}
