//! T1578.004: machines put back to what they were.

use driftline::model::{Kind, Provider};

use crate::acts::Order;
use crate::estate::{Id, Source};
use crate::native::Act;
use crate::people::Who;
use crate::world::World;

/// Boots a machine from a disk of an old snapshot.
pub(super) fn swap(world: &mut World, who: &Who) -> bool {
    swapped(world, who, false)
}

/// Boots it from a disk of an old snapshot, and deletes the disk and the snapshots that show what was.
pub(super) fn swap_and_destroy(world: &mut World, who: &Who) -> bool {
    swapped(world, who, true)
}

fn swapped(world: &mut World, who: &Who, destroy: bool) -> bool {
    let who = who.clone();
    let Some((machine, snapshot)) = world.old_root(48) else { return false };
    world.stop(&who, machine);
    world.step(format!("stopped {} in {}", world.things[machine].uid, world.things[machine].site.location));
    let after = world.rng.i64(2..30);
    world.later(after, move |world| {
        if world.things[machine].gone || world.things[snapshot].gone {
            return;
        }
        let (site, old) = (world.things[machine].site, world.things[machine].root());
        let disk = world.make_disk(&who, site, "root", Source::Thing(snapshot));
        world.later(3, move |world| {
            world.swap_root(&who, machine, disk);
            world.start(&who, machine);
            world.step(format!("swapped its root for one of {}", world.things[snapshot].uid));
            if let Some(old) = old.filter(|_| destroy) {
                let after = world.rng.i64(5..300);
                world.later(after, move |world| forget(world, &who, old, snapshot));
            }
        });
    });
    true
}

/// Deletes a disk, and every snapshot of it that is younger than the one that it was put back to.
fn forget(world: &mut World, who: &Who, disk: Id, snapshot: Id) {
    if world.things[disk].gone || world.things[disk].held.is_some() {
        return;
    }
    let since = world.things[snapshot].born;
    let younger = world.those(Kind::Snapshot, |copy| copy.source == Source::Thing(disk) && copy.born > since);
    world.delete_disk(who, disk);
    for copy in younger {
        world.delete_snap(who, copy);
    }
    world.step("deleted the old disk and what is younger");
}

/// Lets EC2 put a root back.
pub(super) fn replace(world: &mut World, who: &Who) -> bool {
    let who = who.clone();
    let found = (0..40).find_map(|_| {
        world.old_root(48).filter(|(machine, _)| world.things[*machine].site.provider == Provider::Aws)
    });
    let Some((machine, snapshot)) = found else { return false };
    world.replace_root(&who, machine, snapshot);
    world.step(format!("replaced the root of {}", world.things[machine].uid));
    true
}

/// Builds a machine anew from an old snapshot of its root, in its place.
pub(super) fn rebuild(world: &mut World, who: &Who) -> bool {
    let who = who.clone();
    let Some((machine, snapshot)) = world.old_root(48) else { return false };
    let thing = world.things[machine].clone();
    let site = thing.site;
    if site.provider == Provider::Aws {
        let image = world.register(&who, snapshot, "restore");
        world.step(format!("image of {}", world.things[snapshot].uid));
        world.later(6, move |world| {
            let order = Order {
                image: Source::Thing(image),
                size: thing.size,
                ..Order::of(site, thing.name.clone())
            };
            let new = world.launch(&who, order);
            world.things[new].address = thing.address;
            world.touch(new);
            world.step(format!("launched {} in place of {}", world.things[new].uid, thing.uid));
            let after = world.rng.i64(5..60);
            world.later(after, move |world| {
                if !world.things[machine].gone {
                    world.terminate(&who, machine);
                }
            });
        });
        return true;
    }
    let disk = world.make_disk(&who, site, "os", Source::Thing(snapshot));
    world.later(4, move |world| {
        if world.things[machine].gone {
            return;
        }
        world.terminate(&who, machine);
        world.step(format!("terminated {}", thing.uid));
        world.later(3, move |world| {
            let new = world.relaunch(&who, &thing, disk);
            world.step(format!("launched {} in its place", world.things[new].uid));
        });
    });
    true
}

/// Stops and starts a machine with disks of its host's, between other acts on it.
pub(super) fn reset(world: &mut World, who: &Who) -> bool {
    let who = who.clone();
    let victim =
        world.one(Kind::Instance, |machine| machine.has_scratch() && machine.running && machine.is_pet());
    let Some(victim) = victim else { return false };
    let site = world.things[victim].site;
    world.change(&who, victim, &Act::Profile(victim), |machine| machine.profile += 3);
    world.did(&who, site, &Act::Firewall(true));
    world.step(format!("changed {}", world.things[victim].uid));
    let after = world.rng.i64(10..120);
    world.later(after, move |world| {
        if world.things[victim].gone || !world.things[victim].running {
            return;
        }
        world.stop(&who, victim);
        let after = world.rng.i64(2..30);
        world.later(after, move |world| {
            world.start(&who, victim);
            world.did(&who, site, &Act::Firewall(false));
            world.step("stopped and started it");
        });
    });
    true
}
