//! Attacks, written from ATT&CK T1578 and its neighbours: what an intruder wants, not what a rule looks for.

mod copies;
mod destruction;
mod machines;
mod reverts;

use std::collections::BTreeSet;

use driftline::model::{Kind, Timestamp};
use jiff::SignedDuration;

use crate::estate::{Id, Site, Thing};
use crate::people::Who;
use crate::world::{Plot, World};

/// One sort of attack.
pub(crate) struct Sort {
    /// What it is.
    name: &'static str,
    /// The rules that should speak of it.
    expects: &'static [&'static str],
    /// Plans its steps; `false` if there is nothing to be attacked that way.
    plan: fn(&mut World, &Who) -> bool,
}

const fn sort(
    name: &'static str,
    expects: &'static [&'static str],
    plan: fn(&mut World, &Who) -> bool,
) -> Sort {
    Sort { name, expects, plan }
}

/// Every sort.
pub(crate) const SORTS: &[Sort] = &[
    sort(
        ".001 burst, share outside, delete",
        &["snapshot-burst", "snapshot-exfiltration"],
        copies::exfiltrate,
    ),
    sort(".001 one copy shared outside", &["exposure-opened", "snapshot-exfiltration"], copies::share_one),
    sort(".001 burst of copies", &["snapshot-burst"], copies::burst),
    sort(".001/.002 snapshot, then instance", &["snapshot-then-instance"], copies::stage),
    sort(".002 snapshot mounted elsewhere", &["snapshot-mounted-elsewhere"], copies::mount_elsewhere),
    sort(".002/.003 create, mount, delete", &["create-mount-delete", "ghost-resource"], machines::ghost),
    sort(".002 quota surge, launch in unused region", &["quota-surge", "unusual-launch"], machines::surge),
    sort(".002 large machines by a newcomer", &["unusual-launch"], machines::mine),
    sort(".002 rights given, then used", &["grant-then-use"], machines::grant_then_use),
    sort(".003 protection removed, then deleted", &["protection-then-delete"], destruction::unprotect),
    sort(".003 log stopped, then deleted", &["log-tampering"], destruction::blind),
    sort(".003 mass deletion", &["mass-deletion"], destruction::mass),
    sort(".003 last copies deleted", &["last-copy-lost"], destruction::last_copies),
    sort(".003 scheduled snapshots deleted early", &["early-deletion"], destruction::early),
    sort(".003 backups tampered with", &["backup-tampering"], destruction::backups),
    sort(".004 root swapped for an old snapshot", &["disk-reverted"], reverts::swap),
    sort(".004 root replaced", &["disk-reverted"], reverts::replace),
    sort(
        ".004 swapped, and evidence deleted",
        &["disk-reverted", "evidence-destroyed"],
        reverts::swap_and_destroy,
    ),
    sort(
        ".004 rebuilt from an old snapshot",
        &["instance-rebuilt", "image-from-snapshot-launched"],
        reverts::rebuild,
    ),
    sort(".004 ephemeral disks reset amid other acts", &["ephemeral-reset"], reverts::reset),
    sort(".005 stop, modify, start", &["stop-modify-start"], machines::modify_stopped),
    sort(".005 changed without a record", &["unlogged-change"], machines::unlogged),
    sort(".005 changed and changed back", &["transient-change"], machines::transient),
];

/// Plants attacks at random times.
pub(crate) fn plant(world: &mut World, count: u32, from: Timestamp, to: Timestamp) {
    let mut order: Vec<usize> = (0..SORTS.len()).collect();
    for number in 0..count as usize {
        if number % order.len() == 0 {
            world.rng.shuffle(&mut order);
        }
        let sort = order[number % order.len()];
        let span = to.duration_since(from).as_secs().max(1);
        let at = from + SignedDuration::from_secs(world.rng.i64(0..span));
        world.at(at, move |world| begin(world, sort));
    }
}

/// Begins an attack, of another sort if there is nothing to be attacked that way.
fn begin(world: &mut World, sort: usize) {
    for number in 0..SORTS.len() {
        let sort = &SORTS[(sort + number) % SORTS.len()];
        let plot = world.plots.len();
        world.plots.push(Plot {
            kind: sort.name,
            expects: sort.expects,
            began: world.now,
            ended: world.now,
            uids: BTreeSet::new(),
            events: BTreeSet::new(),
            steps: Vec::new(),
        });
        world.plot = Some(plot);
        let who = intruder(world);
        world.step(format!("by {who:?}"));
        if (sort.plan)(world, &who) {
            return;
        }
        world.plots.truncate(plot);
    }
    world.plot = None;
}

/// Returns whom an intruder acts as: a colleague whose session was stolen, a key that nobody knew, or a pipeline.
fn intruder(world: &mut World) -> Who {
    match world.rng.u32(0..3) {
        0 => world.someone(),
        1 => stranger(world),
        _ => {
            let run = world.next();
            Who::Pipeline("deploy", format!("session-{run}"))
        }
    }
}

/// Returns somebody who was never seen.
fn stranger(world: &mut World) -> Who {
    let number = world.next();
    Who::KeyHolder(format!("svc-backup-{number}"))
}

/// Returns a site where something stands, as likely as much stands there.
fn target(world: &mut World) -> &'static Site {
    world.some_site()
}

/// Returns a machine of a site that people keep and that runs.
fn prey(world: &mut World, site: &'static Site) -> Option<Id> {
    world.one(Kind::Instance, |machine| machine.site == site && machine.is_pet() && machine.running)
}

/// Returns disks of a site that machines hold, in random order.
fn disks(world: &mut World, site: &'static Site, count: usize) -> Vec<Id> {
    let mut disks = world.those(Kind::Volume, |disk| disk.site == site && disk.held.is_some());
    world.rng.shuffle(&mut disks);
    disks.truncate(count);
    disks
}

/// Returns a snapshot that fits, of a disk, older than so many hours.
fn snapshot(world: &mut World, hours: i64, fits: impl Fn(&Thing) -> bool) -> Option<Id> {
    let before = world.now - SignedDuration::from_hours(hours);
    world.one(Kind::Snapshot, |snapshot| {
        snapshot.born < before && snapshot.expires.is_none() && fits(snapshot)
    })
}
