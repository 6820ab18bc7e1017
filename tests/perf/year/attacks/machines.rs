//! T1578.002 and .005: machines made, changed and hidden.

use driftline::model::{Kind, Provider};

use super::{prey, snapshot, stranger, target};
use crate::acts::Order;
use crate::estate::{HUGE, Source};
use crate::native::Act;
use crate::people::Who;
use crate::world::World;

/// Makes a machine, mounts a copy of data, reads it, and leaves nothing.
pub(super) fn ghost(world: &mut World, who: &Who) -> bool {
    let who = who.clone();
    let site = target(world);
    let Some(copy) = snapshot(world, 2, |snapshot| snapshot.site == site) else { return false };
    let machine = world.launch(&who, Order::of(site, "tmp"));
    world.step(format!("launched {} in {}", world.things[machine].uid, site.location));
    let (quick, read) = (world.rng.i64(1..6), world.rng.i64(4..90));
    world.later(quick, move |world| {
        let disk = world.make_disk(&who, site, "tmp", Source::Thing(copy));
        world.later(1, move |world| {
            let slot = world.things[machine].free_slot();
            world.attach(&who, disk, machine, &slot);
            world.step("mounted");
            world.later(read, move |world| {
                world.detach(&who, disk);
                world.terminate(&who, machine);
                world.delete_disk(&who, disk);
                world.step("deleted");
            });
        });
    });
    true
}

/// Asks for more quota where nothing stands, and launches large machines there.
pub(super) fn surge(world: &mut World, who: &Who) -> bool {
    let who = who.clone();
    let site = target(world).unused_of();
    world.did(&who, site, &Act::EnableRegion);
    for number in 0..3 {
        let who = who.clone();
        world.later(i64::from(number) * 4 + 1, move |world| world.did(&who, site, &Act::AskQuota(number)));
    }
    world.step(format!("asked for quota in {}", site.location));
    let after = world.rng.i64(60..600);
    world.later(after, move |world| {
        for _ in 0..4 {
            world.launch(&who, Order { size: HUGE, ..Order::of(site, "node") });
        }
        world.step("launched");
    });
    true
}

/// Launches large machines where others stand.
pub(super) fn mine(world: &mut World, _: &Who) -> bool {
    let (site, who) = (target(world), stranger(world));
    for _ in 0..world.rng.usize(2..6) {
        world.launch(&who, Order { size: HUGE, ..Order::of(site, "worker") });
    }
    world.step(format!("launched in {}", site.location));
    true
}

/// Gives a new principal rights, and uses them soon after.
pub(super) fn grant_then_use(world: &mut World, who: &Who) -> bool {
    let who = who.clone();
    let (site, puppet) = (target(world), stranger(world));
    let Some(victim) = prey(world, site) else { return false };
    world.did(&who, site, &Act::Grant(puppet.clone()));
    world.step(format!("gave rights to {}", puppet.name()));
    let after = world.rng.i64(5..1200);
    world.later(after, move |world| {
        if world.things[victim].gone {
            return;
        }
        if let Some(root) = world.things[victim].root() {
            world.snap(&puppet, root, None);
        }
        world.launch(&puppet, Order::of(site, "jump"));
        world.terminate(&puppet, victim);
        world.step("used them");
    });
    true
}

/// Stops a machine, changes what it runs or may do, and starts it.
pub(super) fn modify_stopped(world: &mut World, who: &Who) -> bool {
    let who = who.clone();
    let site = target(world);
    let Some(victim) = prey(world, site) else { return false };
    world.stop(&who, victim);
    let after = world.rng.i64(2..20);
    world.later(after, move |world| {
        if world.things[victim].gone {
            return;
        }
        world.change(&who, victim, &Act::Script(victim), |machine| machine.script += 1);
        world.step(format!("changed {}", world.things[victim].uid));
        let after = world.rng.i64(1..15);
        world.later(after, move |world| {
            if !world.things[victim].running {
                world.start(&who, victim);
            }
        });
    });
    true
}

/// Changes something by a way that no log shows.
pub(super) fn unlogged(world: &mut World, who: &Who) -> bool {
    let who = who.clone();
    let site = target(world);
    let Some(victim) = prey(world, site) else { return false };
    let way = world.rng.u32(0..3);
    world.silent = true;
    match way {
        0 => {
            let root = world.things[victim].root();
            if let Some(root) = root {
                world.snap(&who, root, None);
            }
        }
        1 if site.provider != Provider::Azure => {
            world.change(&who, victim, &Act::Profile(victim), |machine| machine.profile += 7);
        }
        _ => {
            let copy =
                world.one(Kind::Snapshot, |snapshot| snapshot.site == site && snapshot.expires.is_none());
            if let Some(copy) = copy {
                world.delete_snap(&who, copy);
            }
        }
    }
    world.silent = false;
    world.step(format!("way {way} in {}", site.location));
    true
}

/// Opens a port, or what a machine runs, for a while.
pub(super) fn transient(world: &mut World, who: &Who) -> bool {
    let who = who.clone();
    let site = target(world);
    let Some(victim) = prey(world, site) else { return false };
    if site.provider == Provider::Aws && world.things[victim].locked {
        world.change(&who, victim, &Act::Lock(victim, false), |machine| machine.locked = false);
        let after = world.rng.i64(2..30);
        world.later(after, move |world| {
            if !world.things[victim].gone {
                world.change(&who, victim, &Act::Lock(victim, true), |machine| machine.locked = true);
            }
        });
        world.step("unlocked and locked");
        return true;
    }
    world.did(&who, site, &Act::Firewall(true));
    let after = world.rng.i64(2..30);
    world.later(after, move |world| world.did(&who, site, &Act::Firewall(false)));
    world.step("opened and closed a port");
    true
}
