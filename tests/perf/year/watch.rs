//! The product at work: each hour a scan, what the logs delivered since, and a judgement.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use driftline::model::{AccountId, EVERYWHERE, Location};
use driftline::model::{
    Coverage, CoverageStatus, Finding, Kind, LogInterval, LogScope, LogStatus, Provider, Reason, ScanId,
    Scope, Timestamp, Window,
};
use driftline::pipeline::{Terms, judge, settle};
use driftline::sources;
use driftline::store::{Fingerprint, LogOpening, LogTally, Observation, Opening, Store};
use driftline::trace::Budgets;
use jiff::{SignedDuration, ToSpan};

use crate::Outcome;
use crate::estate::{Id, SITES, STAGING, Site, Thing};
use crate::native;
use crate::people::hash;
use crate::world::{Delivery, World};

/// What is listed in every site.
const KINDS: [Kind; 4] = [Kind::Instance, Kind::Volume, Kind::Snapshot, Kind::Image];

/// How long after the listing began the logs are read.
const READING: SignedDuration = SignedDuration::from_secs(120);

/// Where the time goes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Spent {
    pub(crate) scanning: Duration,
    pub(crate) importing: Duration,
    pub(crate) judging: Duration,
    pub(crate) settling: Duration,
    pub(crate) scans: u32,
    pub(crate) events: u64,
    /// Events that came too late to be read at all.
    pub(crate) missed: u64,
}

/// One installation.
pub(crate) struct Watch {
    store: Store,
    previous: Option<ScanId>,
    /// How far back the logs are read with the first scan.
    history: SignedDuration,
    /// Up to when each log was read.
    read_to: BTreeMap<LogScope, Timestamp>,
    pub(crate) spent: Spent,
}

impl Watch {
    pub(crate) fn new(history: SignedDuration) -> Outcome<Self> {
        Ok(Self {
            store: Store::in_memory()?,
            previous: None,
            history,
            read_to: BTreeMap::new(),
            spent: Spent::default(),
        })
    }

    /// Scans, reads the logs and judges; returns what is found.
    pub(crate) fn hour(&mut self, world: &mut World) -> Outcome<Vec<Finding>> {
        let began = Instant::now();
        let after = self.scan(world)?;
        self.spent.scanning += began.elapsed();
        let began = Instant::now();
        self.read_logs(world)?;
        self.spent.importing += began.elapsed();
        let terms = Terms {
            approvals: &world.approvals,
            ..Terms::at(world.now + READING + SignedDuration::from_secs(30))
        };
        let began = Instant::now();
        let mut judged = judge(&self.store, self.previous, after, &terms)?;
        self.spent.judging += began.elapsed();
        let began = Instant::now();
        settle(&self.store, &mut judged, &terms)?;
        self.store.save_verdicts(&judged.verdicts)?;
        self.spent.settling += began.elapsed();
        self.previous = Some(after);
        self.spent.scans += 1;
        Ok(judged.findings)
    }

    fn scan(&mut self, world: &mut World) -> Outcome<ScanId> {
        let opening = Opening {
            started_at: world.now,
            taken_at: world.now,
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            holder: "a year".to_owned(),
            origin: "live".to_owned(),
        };
        let mut scan = self.store.begin_scan(&opening)?;
        let known = scan.known()?;
        let mut listed: BTreeMap<Scope, u64> = BTreeMap::new();
        let dark = |site: &Site| {
            world
                .blind
                .iter()
                .any(|(of, outage)| *of == site && outage.from <= world.now && world.now < outage.to)
        };
        let blind: BTreeSet<usize> = (0..SITES.len()).filter(|number| dark(&SITES[*number])).collect();
        for site in &SITES {
            for kind in KINDS {
                listed.entry(listing(site, kind)).or_default();
            }
        }
        for kind in KINDS {
            for id in world.alive.get(&kind).into_iter().flatten() {
                let thing = &world.things[*id];
                if blind.iter().any(|number| std::ptr::eq(&raw const SITES[*number], thing.site)) {
                    continue;
                }
                *listed.entry(listing(thing.site, kind)).or_default() += 1;
                let fingerprint = fingerprint(thing, *id);
                match known.find(fingerprint) {
                    Some((row, _)) => scan.confirm(row)?,
                    None => scan.observe(Observation::new(native::read_thing(world, *id), fingerprint)?)?,
                };
            }
        }
        let refused: BTreeSet<Scope> =
            blind.iter().flat_map(|number| KINDS.map(|kind| listing(&SITES[*number], kind))).collect();
        let finished_at = world.now + 90.seconds();
        let coverage: Vec<Coverage> = listed
            .into_iter()
            .map(|(scope, listed)| {
                let denied = refused.contains(&scope);
                let reason =
                    Reason { code: "denied".to_owned(), message: "UnauthorizedOperation".to_owned() };
                Coverage {
                    status: if denied { CoverageStatus::Denied } else { CoverageStatus::Complete },
                    listed: if denied { 0 } else { listed },
                    reasons: if denied { vec![reason] } else { Vec::new() },
                    started_at: world.now,
                    finished_at,
                    scope,
                }
            })
            .collect();
        world.touched.clear();
        Ok(scan.seal(&coverage, finished_at)?.id)
    }

    fn read_logs(&mut self, world: &mut World) -> Outcome<()> {
        let now = world.now + READING;
        let logs: BTreeSet<LogScope> = SITES.iter().map(log_of).collect();
        let windows: BTreeMap<LogScope, Window> =
            logs.iter().map(|log| (log.clone(), self.window(world, log, now))).collect();
        let mut mail: BTreeMap<LogScope, Vec<Delivery>> = BTreeMap::new();
        for delivery in std::mem::take(&mut world.mail) {
            let scope = LogScope {
                provider: delivery.event.provider,
                account: delivery.event.account.clone(),
                location: delivery.event.location.clone(),
                source: delivery.event.log.clone(),
            };
            mail.entry(scope).or_default().push(delivery);
        }
        let opening = LogOpening { started_at: now, origin: "live".to_owned() };
        let mut import = self.store.import_log(&opening)?;
        let mut tally = LogTally::default();
        for (scope, window) in windows {
            let post = mail.remove(&scope).unwrap_or_default();
            let out = |(of, outage, _): &&(LogScope, crate::world::Outage, bool)| {
                *of == scope && outage.from <= now && now < outage.to
            };
            if let Some((_, outage, recovers)) = world.log_outages.iter().find(out).cloned() {
                let kept = post.into_iter().filter(|delivery| recovers || delivery.event.time < outage.from);
                world.mail.extend(kept);
                continue;
            }
            for delivery in post {
                if delivery.at > now {
                    world.mail.push(delivery);
                } else if delivery.event.time < window.from && self.previous.is_some() {
                    self.spent.missed += 1;
                } else {
                    import.take(&delivery.event)?;
                    self.spent.events += 1;
                    tally.new += 1;
                    tally.records += 1;
                }
            }
            if !world.stopped_trails.contains_key(scope.account.as_str()) {
                let settled = now - SignedDuration::from_secs(Budgets::default().of(scope.provider));
                let (known, fresh) = (Window { to: settled, ..window }, Window { from: settled, ..window });
                import.cover(&covered(&scope, known))?;
                let reason = "the log may still deliver events of this time".to_owned();
                let (status, log) = (LogStatus::Unknown, scope.clone());
                import.cover(&LogInterval { scope: log, window: fresh, status, reason })?;
                self.read_to.insert(scope, now);
            }
        }
        assert!(mail.is_empty(), "nobody reads {:?}", mail.keys());
        import.finish(&tally)?;
        Ok(())
    }

    /// Returns which time of a log is read: from where it was read, with an overlap as long as it may be late.
    fn window(&self, world: &World, scope: &LogScope, now: Timestamp) -> Window {
        let lag = SignedDuration::from_secs(Budgets::default().of(scope.provider));
        let last = self.read_to.get(scope).copied().unwrap_or(now - self.history);
        // What was lost for good is not read again.
        let gone = world
            .log_outages
            .iter()
            .filter(|(of, outage, recovers)| of == scope && !recovers && outage.to <= now);
        let from = gone.map(|(_, outage, _)| outage.to).max().filter(|to| *to > last - lag);
        Window { from: from.unwrap_or(last - lag), to: now }
    }
}

fn covered(scope: &LogScope, window: Window) -> LogInterval {
    let reason = match scope.provider {
        Provider::Aws if scope.account.as_str() == STAGING => "the digest chain is valid",
        Provider::Aws => "LookupEvents was read to its end",
        Provider::Azure => "the Activity Log was read to its end",
        Provider::Gcp => "entries.list was read to its end, for activity and system events",
    };
    LogInterval { scope: scope.clone(), window, status: LogStatus::Complete, reason: reason.to_owned() }
}

/// Returns the log of a site.
pub(crate) fn log_of(site: &Site) -> LogScope {
    let (location, source) = match site.provider {
        Provider::Aws => (site.location, "cloudtrail"),
        Provider::Azure => (EVERYWHERE, "activity-log"),
        Provider::Gcp => (EVERYWHERE, "cloud-audit"),
    };
    LogScope {
        provider: site.provider,
        account: AccountId::new(site.account),
        location: Location::new(location),
        source: source.to_owned(),
    }
}

/// Returns the scope of the listing that shows a kind of a site.
fn listing(site: &Site, kind: Kind) -> Scope {
    let location = match (site.provider, kind) {
        (Provider::Gcp, Kind::Snapshot | Kind::Image) => Location::new("global"),
        _ => Location::new(site.location),
    };
    Scope {
        provider: site.provider,
        account: AccountId::new(site.account),
        location: sources::cloud(site.provider).listing_location(kind, &location),
        kind,
    }
}

fn fingerprint(thing: &Thing, id: Id) -> Fingerprint {
    let (one, two) = (hash(&thing.uid), (id as u64) << 32 | u64::from(thing.version));
    let mut bytes = [0; 16];
    let (left, right) = bytes.split_at_mut(8);
    left.copy_from_slice(&one.rotate_left(17).wrapping_add(two).to_le_bytes());
    right.copy_from_slice(&(one ^ two.wrapping_mul(0x9e37_79b9_7f4a_7c15)).to_le_bytes());
    Fingerprint(bytes)
}

/// Returns a duration in words.
pub(crate) fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

/// Returns how much of it fell on each scan.
pub(crate) fn each(duration: Duration, scans: u32) -> String {
    format!("{:.1} ms", duration.as_secs_f64() * 1e3 / f64::from(scans.max(1)))
}
