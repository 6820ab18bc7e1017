//! T1578.001 and .002 over copies of data: snapshots taken, shared, mounted.

use driftline::model::{Kind, Provider};

use super::{disks, prey, snapshot, target};
use crate::acts::Order;
use crate::estate::{Id, Source};
use crate::people::Who;
use crate::world::World;

/// Returns an account outside, in the words of a cloud.
fn outside(provider: Provider) -> &'static str {
    match provider {
        Provider::Aws => "999988887777",
        Provider::Azure => "sas",
        Provider::Gcp => "user:collector@elsewhere.example",
    }
}

/// Takes snapshots of many disks at once, shares them outside, and deletes them when they are copied.
pub(super) fn exfiltrate(world: &mut World, who: &Who) -> bool {
    let who = who.clone();
    let site = target(world);
    let count = world.rng.usize(5..14);
    let disks = disks(world, site, count);
    world.step(format!("{count} snapshots in {} {}", site.account, site.location));
    let mut made = Vec::new();
    for disk in disks {
        made.push(world.snap(&who, disk, None));
    }
    let after = world.rng.i64(10..40);
    world.later(after, move |world| {
        for snapshot in &made {
            world.share(&who, *snapshot, outside(site.provider), true);
        }
        world.step("shared");
        let after = world.rng.i64(30..240);
        world.later(after, move |world| {
            for snapshot in
                made.into_iter().filter(|snapshot| !snapshot_gone(world, *snapshot)).collect::<Vec<_>>()
            {
                world.share(&who, snapshot, outside(site.provider), false);
                world.delete_snap(&who, snapshot);
            }
            world.step("deleted");
        });
    });
    true
}

fn snapshot_gone(world: &World, snapshot: Id) -> bool {
    world.things[snapshot].gone
}

/// Shares one snapshot that was there, or one of its own, and takes the permission back later.
pub(super) fn share_one(world: &mut World, who: &Who) -> bool {
    let who = who.clone();
    let site = target(world);
    let Some(snapshot) = snapshot(world, 1, |snapshot| snapshot.site == site) else { return false };
    world.share(&who, snapshot, outside(site.provider), true);
    world.step(format!("shared {}", world.things[snapshot].uid));
    let after = world.rng.i64(20..600);
    world.later(after, move |world| {
        if !world.things[snapshot].gone {
            world.share(&who, snapshot, outside(site.provider), false);
        }
    });
    true
}

/// Takes snapshots of many disks and leaves them.
pub(super) fn burst(world: &mut World, who: &Who) -> bool {
    let site = target(world);
    let count = world.rng.usize(6..20);
    world.step(format!("{count} snapshots in {}", site.location));
    for (number, disk) in disks(world, site, count).into_iter().enumerate() {
        let who = who.clone();
        world.later(i64::try_from(number / 3).unwrap_or_default(), move |world| {
            if !world.things[disk].gone {
                world.snap(&who, disk, None);
            }
        });
    }
    true
}

/// Takes a snapshot of a disk, makes a disk of it, and mounts that on a machine of its own.
pub(super) fn stage(world: &mut World, who: &Who) -> bool {
    let who = who.clone();
    let site = target(world);
    let Some(disk) = disks(world, site, 1).first().copied() else { return false };
    let copy = world.snap(&who, disk, None);
    world.step(format!("snapshot of {}", world.things[disk].uid));
    let after = world.rng.i64(3..45);
    world.later(after, move |world| {
        let machine = world.launch(&who, Order::of(site, "tools"));
        world.step("launched");
        world.later(3, move |world| {
            let data = world.make_disk(&who, site, "data", Source::Thing(copy));
            let slot = world.things[machine].free_slot();
            world.later(2, move |world| {
                world.attach(&who, data, machine, &slot);
                world.step("mounted");
            });
        });
    });
    true
}

/// Mounts somebody's data on a machine that it already holds.
pub(super) fn mount_elsewhere(world: &mut World, who: &Who) -> bool {
    let who = who.clone();
    let site = target(world);
    let Some(machine) = prey(world, site) else { return false };
    let own: Vec<Id> = world.things[machine].slots.values().map(|slot| slot.disk).collect();
    let foreign = |source: Source| matches!(source, Source::Thing(disk) if !own.contains(&disk));
    let copy = snapshot(world, 2, |snapshot| snapshot.site == site && foreign(snapshot.source));
    let Some(copy) = copy.filter(|copy| world.things[*copy].kind == Kind::Snapshot) else { return false };
    let disk = world.make_disk(&who, site, "vol", Source::Thing(copy));
    world.step(format!("disk of {}", world.things[copy].uid));
    world.later(4, move |world| {
        let slot = world.things[machine].free_slot();
        if !world.things[machine].gone {
            world.attach(&who, disk, machine, &slot);
            world.step(format!("mounted on {}", world.things[machine].uid));
        }
    });
    true
}
