//! T1578.003 and its kin: what is deleted, and what kept it from being deleted.

use std::collections::BTreeMap;

use driftline::model::Kind;

use super::{prey, target};
use crate::estate::{Id, SITES, STAGING, Source};
use crate::native::Act;
use crate::people::Who;
use crate::world::World;

/// Takes a protection away and deletes what it protected.
pub(super) fn unprotect(world: &mut World, who: &Who) -> bool {
    let who = who.clone();
    let victim = world.one(Kind::Instance, |machine| machine.locked && machine.is_pet());
    let Some(victim) = victim else { return false };
    world.change(&who, victim, &Act::Lock(victim, false), |machine| machine.locked = false);
    world.step(format!("unlocked {}", world.things[victim].uid));
    let after = world.rng.i64(1..300);
    world.later(after, move |world| {
        if !world.things[victim].gone {
            world.terminate(&who, victim);
            world.step("terminated");
        }
    });
    true
}

/// Stops the log, deletes, and lets it run again.
pub(super) fn blind(world: &mut World, who: &Who) -> bool {
    let who = who.clone();
    let site = if world.chance(2) { &SITES[2] } else { target(world) };
    let Some(victim) = prey(world, site) else { return false };
    world.did(&who, site, &Act::Trail(false));
    // A trail that is read from its bucket ends here; what the vendor itself lists does not.
    if site.account == STAGING {
        let now = world.now;
        world.stopped_trails.insert(site.account, now);
    }
    world.step(format!("stopped the log of {}", site.account));
    let (soon, long) = (world.rng.i64(3..40), world.rng.i64(45..200));
    let by = who.clone();
    world.later(soon, move |world| {
        if !world.things[victim].gone {
            world.terminate(&by, victim);
            world.step(format!("terminated {}", world.things[victim].uid));
        }
    });
    world.later(long, move |world| {
        world.stopped_trails.remove(site.account);
        world.did(&who, site, &Act::Trail(true));
    });
    true
}

/// Terminates machine after machine.
pub(super) fn mass(world: &mut World, who: &Who) -> bool {
    let site = target(world);
    let count = world.rng.usize(6..15);
    let mut victims =
        world.those(Kind::Instance, |machine| machine.site == site && machine.is_pet() && !machine.locked);
    world.rng.shuffle(&mut victims);
    victims.truncate(count);
    world.step(format!("terminates {count} in {}", site.location));
    for (number, victim) in victims.into_iter().enumerate() {
        let who = who.clone();
        world.later(i64::try_from(number).unwrap_or_default(), move |world| {
            if !world.things[victim].gone {
                world.terminate(&who, victim);
            }
        });
    }
    true
}

/// Deletes every copy of a disk.
pub(super) fn last_copies(world: &mut World, who: &Who) -> bool {
    let mut copies: BTreeMap<Id, Vec<Id>> = BTreeMap::new();
    for snapshot in world.those(Kind::Snapshot, |snapshot| snapshot.expires.is_none()) {
        if let Source::Thing(disk) = world.things[snapshot].source
            && world.things[disk].kind == Kind::Volume
            && !world.things[disk].gone
            && !world.policies.iter().any(|(_, kept)| kept.contains(&disk))
        {
            copies.entry(disk).or_default().push(snapshot);
        }
    }
    let few: Vec<Vec<Id>> = copies.into_values().filter(|copies| (1..=4).contains(&copies.len())).collect();
    if few.is_empty() {
        return false;
    }
    let chosen = few[world.rng.usize(..few.len())].clone();
    world.step(format!("deletes {} copies", chosen.len()));
    for (number, snapshot) in chosen.into_iter().enumerate() {
        let who = who.clone();
        world.later(i64::try_from(number).unwrap_or_default() * 3, move |world| {
            if !world.things[snapshot].gone {
                world.delete_snap(&who, snapshot);
            }
        });
    }
    true
}

/// Deletes what a policy was to keep longer.
pub(super) fn early(world: &mut World, who: &Who) -> bool {
    let soon = world.now + jiff::SignedDuration::from_hours(30);
    // Azure knows no such mark: there nobody can tell that it was early.
    let mut kept = world.those(Kind::Snapshot, |snapshot| {
        snapshot.keeper.is_some() && snapshot.expires.is_some_and(|expires| expires > soon)
    });
    let Some(first) = kept.first().copied() else { return false };
    let (of, site) = (world.rng.usize(..kept.len()), world.things[first].site);
    let source = world.things[kept[of]].source;
    kept.retain(|snapshot| world.things[*snapshot].source == source);
    world.step(format!("deletes {} kept copies in {}", kept.len(), site.location));
    for (number, snapshot) in kept.into_iter().enumerate() {
        let who = who.clone();
        world.later(i64::try_from(number).unwrap_or_default(), move |world| {
            if !world.things[snapshot].gone {
                world.delete_snap(&who, snapshot);
            }
        });
    }
    true
}

/// Deletes a policy or opens a vault, and then what it kept.
pub(super) fn backups(world: &mut World, who: &Who) -> bool {
    let who = who.clone();
    let number = world.rng.usize(..world.policies.len());
    let (policy, disks) = world.policies[number].clone();
    let Some(disk) = disks.iter().copied().find(|disk| !world.things[*disk].gone) else { return false };
    let site = world.things[disk].site;
    world.did(&who, site, &Act::DropPolicy(policy.to_owned()));
    world.did(&who, site, &Act::Vault);
    world.policies.retain(|(name, _)| *name != policy);
    world.step(format!("deleted policy {policy}"));
    let restored = (policy, disks);
    world.later(3 * 24 * 60, move |world| {
        // Somebody sets it up again; that is no part of the attack.
        world.plot = None;
        world.policies.push(restored);
    });
    let after = world.rng.i64(5..300);
    world.later(after, move |world| {
        let mut copies = world.those(Kind::Snapshot, |snapshot| snapshot.source == Source::Thing(disk));
        copies.truncate(6);
        for copy in copies {
            world.delete_snap(&who, copy);
        }
        world.step(format!("deleted copies of {}", world.things[disk].uid));
    });
    true
}
