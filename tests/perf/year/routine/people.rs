//! What people do, and the pipelines that they push.

use driftline::model::{Approval, Kind, Provider};
use jiff::SignedDuration;

use crate::acts::Order;
use crate::estate::{Id, SITES, Source, Thing};
use crate::native::Act;
use crate::people::Who;
use crate::routine::moment;
use crate::world::World;

const DEPLOY: &str = "deploy";

/// Lets pipelines deploy, run plans, and build images.
pub(super) fn pipelines(world: &mut World, day: u32, workday: bool) {
    let deploys = if workday { world.around(2.5) } else { 0 };
    for _ in 0..deploys {
        let at = moment(world, 8, 17);
        world.at(at, blue_green);
    }
    if workday && world.chance(2) {
        let at = moment(world, 8, 17);
        world.at(at, plan);
    }
    if day % 7 == 2 {
        let at = moment(world, 5, 7);
        world.at(at, build_image);
    }
    if day % 30 == 11 {
        let at = moment(world, 9, 16);
        world.at(at, hand_over);
    }
}

/// Launches a successor of a machine, and terminates the machine when it serves.
fn blue_green(world: &mut World) {
    let who = Who::Pipeline(DEPLOY, "GitHubActions".to_owned());
    let old = world.one(Kind::Instance, |machine| {
        machine.name.starts_with("web-") && machine.is_pet() && machine.slots.len() == 1
    });
    let Some(old) = old else { return };
    let (site, model, locked) = (world.things[old].site, world.things[old].size, world.things[old].locked);
    let role = base_name(&world.things[old]);
    let image =
        world.those(Kind::Image, |image| image.site == site && image.name.contains("golden")).last().copied();
    let order =
        Order { image: image.map_or(Source::Stock, Source::Thing), size: model, ..Order::of(site, role) };
    world.launch(&who, order);
    if locked {
        return;
    }
    let after = world.rng.i64(15..120);
    world.later(after, move |world| {
        if !world.things[old].gone {
            world.terminate(&who, old);
        }
    });
}

fn base_name(thing: &Thing) -> String {
    thing.name.split('-').take(2).collect::<Vec<_>>().join("-")
}

/// Lets a plan resize a machine or grow its disk, from a run of its own.
fn plan(world: &mut World) {
    let run = world.next();
    let who = Who::Pipeline("terraform", format!("run-{run}"));
    let Some(machine) = pet(world) else { return };
    if world.chance(2) {
        resize(world, &who, machine);
    } else if let Some(disk) = world.things[machine].root() {
        grow_disk(world, &who, disk);
    }
}

/// Builds an image on a machine of its own, shares it with staging, and deletes the oldest.
fn build_image(world: &mut World) {
    let who = Who::Pipeline("image-builder", "GitHubActions".to_owned());
    for site in [&SITES[0], &SITES[3], &SITES[4]] {
        let builder = world.launch(&who, Order::of(site, "image-builder"));
        let who = who.clone();
        world.later(25, move |world| {
            let number = world.next();
            world.capture(&who, builder, &format!("golden-base-{number}"));
            world.later(12, move |world| {
                world.terminate(&who, builder);
                let golden = world
                    .those(Kind::Image, |image| image.site == site && image.name.starts_with("golden-base"));
                if golden.len() > 4 {
                    world.delete_image(&who, golden[0], true);
                }
            });
        });
    }
}

/// Lets staging use the newest image of production.
fn hand_over(world: &mut World) {
    let who = Who::Pipeline("image-builder", "GitHubActions".to_owned());
    let golden =
        world.those(Kind::Image, |image| image.site == &SITES[0] && image.name.starts_with("golden-base"));
    if let Some(image) = golden.last() {
        world.share(&who, *image, crate::estate::STAGING, true);
    }
}

/// Returns a machine that people keep.
fn pet(world: &mut World) -> Option<Id> {
    world.one(Kind::Instance, |machine| {
        machine.is_pet() && machine.running && !machine.name.starts_with("image-builder")
    })
}

/// Lets whoever is on call, and others, do what comes up.
pub(super) fn shift(world: &mut World, workday: bool) {
    let acts = if workday { world.around(5.0) } else { world.around(0.8) };
    for _ in 0..acts {
        let at = if world.chance(8) { moment(world, 0, 24) } else { moment(world, 8, 18) };
        world.at(at, |world| {
            let who = world.someone();
            act(world, &who);
        });
    }
}

fn act(world: &mut World, who: &Who) {
    let Some(machine) = pet(world) else { return };
    match world.rng.u32(0..100) {
        0..18 => restart(world, who, machine),
        18..28 => resize(world, who, machine),
        28..36 => {
            let site = world.things[machine].site;
            world.did(who, site, &Act::Reboot(machine));
        }
        36..46 => add_disk(world, who, machine),
        46..62 => before_maintenance(world, who, machine),
        62..70 => grow_root(world, who, machine),
        70..78 => world.tag(who, machine, "owner", who.name()),
        78..82 => new_machine(world, who),
        82..86 => decommission(world, who, machine),
        86..89 => recover_files(world, who, machine),
        89..92 => world.change(who, machine, &Act::Profile(machine), |machine| machine.profile += 1),
        92..95 => edit_script(world, who, machine),
        95..98 => {
            let site = world.things[machine].site;
            world.refused(who, site, &Act::Terminate(machine));
        }
        _ => emergency(world, who, machine),
    }
}

fn restart(world: &mut World, who: &Who, machine: Id) {
    world.stop(who, machine);
    let (who, after) = (who.clone(), world.rng.i64(2..15));
    world.later(after, move |world| {
        if !world.things[machine].gone && !world.things[machine].running {
            world.start(&who, machine);
        }
    });
}

/// Gives a machine another size; Google Cloud changes none of a machine with local SSDs.
fn resize(world: &mut World, who: &Who, machine: Id) {
    if world.things[machine].has_scratch() && world.things[machine].site.provider == Provider::Gcp {
        return;
    }
    world.stop(who, machine);
    let who = who.clone();
    world.later(3, move |world| {
        if world.things[machine].gone {
            return;
        }
        let size = (world.things[machine].size + 1) % 4;
        world.change(&who, machine, &Act::Resize(machine), |machine| machine.size = size);
        world.later(2, move |world| {
            if !world.things[machine].gone && !world.things[machine].running {
                world.start(&who, machine);
            }
        });
    });
}

fn add_disk(world: &mut World, who: &Who, machine: Id) {
    let (site, slot) = (world.things[machine].site, world.things[machine].free_slot());
    let disk = world.make_disk(who, site, "extra-data", Source::Nothing);
    let who = who.clone();
    world.later(2, move |world| {
        if !world.things[machine].gone && !world.things[machine].slots.contains_key(&slot) {
            world.attach(&who, disk, machine, &slot);
        }
    });
}

/// Takes snapshots, does something, and deletes them when it held.
fn before_maintenance(world: &mut World, who: &Who, machine: Id) {
    let disks: Vec<Id> = world.things[machine].slots.values().map(|slot| slot.disk).collect();
    let made: Vec<Id> = disks.into_iter().map(|disk| world.snap(who, disk, None)).collect();
    if world.chance(3) {
        restart(world, who, machine);
    }
    let (who, after) = (who.clone(), world.rng.i64(20..5000));
    world.later(after, move |world| {
        for snapshot in made {
            if !world.things[snapshot].gone {
                world.delete_snap(&who, snapshot);
            }
        }
    });
}

fn grow_root(world: &mut World, who: &Who, machine: Id) {
    if let Some(disk) = world.things[machine].root() {
        grow_disk(world, who, disk);
    }
}

fn grow_disk(world: &mut World, who: &Who, disk: Id) {
    let site = world.things[disk].site;
    world.things[disk].size += 20;
    world.touch(disk);
    world.did(who, site, &Act::Grow(disk));
}

fn new_machine(world: &mut World, who: &Who) {
    let site = world.some_site();
    let machine = world.launch(who, Order::of(site, format!("test-{}", who.name())));
    // Some stay a day, some for good.
    if world.chance(2) {
        let (who, after) = (who.clone(), world.rng.i64(30..3000));
        world.later(after, move |world| {
            if !world.things[machine].gone {
                world.terminate(&who, machine);
            }
        });
    }
}

/// Takes a last snapshot of a machine, unlocks it and lets it go; its data goes a week later.
fn decommission(world: &mut World, who: &Who, machine: Id) {
    let disks: Vec<Id> = world.things[machine].slots.values().map(|slot| slot.disk).collect();
    if let Some(root) = world.things[machine].root() {
        world.snap(who, root, None);
    }
    if world.things[machine].locked {
        world.change(who, machine, &Act::Lock(machine, false), |machine| machine.locked = false);
    }
    let who = who.clone();
    world.later(6, move |world| {
        if world.things[machine].gone {
            return;
        }
        world.terminate(&who, machine);
        world.later(7 * 24 * 60, move |world| {
            for disk in disks {
                if !world.things[disk].gone && world.things[disk].held.is_none() {
                    world.delete_disk(&who, disk);
                }
            }
        });
    });
}

/// Mounts a copy of a disk beside it to fetch a file, and clears it away.
fn recover_files(world: &mut World, who: &Who, machine: Id) {
    let source = world.one(Kind::Snapshot, |snapshot| snapshot.size <= 100);
    let Some(source) = source else { return };
    let site = world.things[source].site;
    let Some(machine) = (if world.things[machine].site == site {
        Some(machine)
    } else {
        world.one(Kind::Instance, |other| other.site == site && other.is_pet() && other.running)
    }) else {
        return;
    };
    let disk = world.make_disk(who, site, "recovery", Source::Thing(source));
    let (who, slot) = (who.clone(), world.things[machine].free_slot());
    world.later(3, move |world| {
        if world.things[machine].gone || world.things[machine].slots.contains_key(&slot) {
            return;
        }
        world.attach(&who, disk, machine, &slot);
        let after = world.rng.i64(20..200);
        world.later(after, move |world| {
            if !world.things[disk].gone {
                world.detach(&who, disk);
                world.delete_disk(&who, disk);
            }
        });
    });
}

fn edit_script(world: &mut World, who: &Who, machine: Id) {
    world.stop(who, machine);
    let who = who.clone();
    world.later(4, move |world| {
        if world.things[machine].gone {
            return;
        }
        world.change(&who, machine, &Act::Script(machine), |machine| machine.script += 1);
        if !world.things[machine].running {
            world.start(&who, machine);
        }
    });
}

/// Opens a port to look, and closes it again.
fn emergency(world: &mut World, who: &Who, machine: Id) {
    let site = world.things[machine].site;
    world.did(who, site, &Act::Firewall(true));
    let (who, after) = (who.clone(), world.rng.i64(10..90));
    world.later(after, move |world| world.did(&who, site, &Act::Firewall(false)));
}

/// Lets what comes up once in a while come up: clean-ups, migrations, roll-backs, hires, growth.
pub(super) fn projects(world: &mut World, day: u32, workday: bool) {
    if day % 30 == 17 {
        let at = moment(world, 9, 16);
        world.at(at, clean_up);
    }
    if day % 45 == 26 {
        let at = moment(world, 20, 22);
        let approved = day % 90 == 26;
        world.at(at, move |world| encrypt(world, approved));
    }
    if workday && world.chance(40) {
        let at = moment(world, 0, 24);
        world.at(at, roll_back);
    }
    if workday && world.chance(15) {
        let at = moment(world, 9, 12);
        world.at(at, hire);
    }
    if day % 60 == 33 {
        let at = moment(world, 9, 16);
        world.at(at, |world| {
            let (who, site) = (Who::person("alice"), &SITES[[0, 1, 3, 4][world.rng.usize(..4)]]);
            world.did(&who, site, &Act::AskQuota(0));
        });
    }
    if day % 120 == 75 {
        let at = moment(world, 9, 12);
        world.at(at, expand);
    }
}

/// Deletes old snapshots that nobody needs, a dozen or two in some minutes.
fn clean_up(world: &mut World) {
    let who = world.someone();
    let site = world.some_site();
    let month = world.now - SignedDuration::from_hours(24 * 60);
    let mut old = world.those(Kind::Snapshot, |snapshot| {
        snapshot.site == site
            && snapshot.born < month
            && snapshot.keeper.is_none()
            && snapshot.name.ends_with("snap")
    });
    old.truncate(world.rng.usize(8..24));
    for (number, snapshot) in old.into_iter().enumerate() {
        let (who, after) = (who.clone(), i64::try_from(number / 3).unwrap_or_default());
        world.later(after, move |world| {
            let backs_image =
                world.those(Kind::Image, |image| image.slots.values().any(|slot| slot.disk == snapshot));
            // Nobody in their senses leaves a disk in use without any copy.
            let Source::Thing(disk) = world.things[snapshot].source else { return };
            let copies = world.those(Kind::Snapshot, |other| other.source == Source::Thing(disk));
            let needed = copies.len() == 1 && !world.things[disk].gone;
            if !world.things[snapshot].gone && backs_image.is_empty() && !needed {
                world.delete_snap(&who, snapshot);
            }
        });
    }
}

/// Returns the id of a change that was approved for a machine, and writes it on it.
fn approve(world: &mut World, who: &Who, machine: Id, hours: i64) {
    let id = format!("chg-{}", world.next());
    world.approvals.retain(|approval| approval.to + SignedDuration::from_hours(24 * 10) > world.now);
    world.approvals.push(Approval {
        id: id.clone(),
        provider: None,
        account: None,
        resources: Vec::new(),
        principals: Vec::new(),
        from: world.now - SignedDuration::from_hours(1),
        to: world.now + SignedDuration::from_hours(hours),
        origin: "approved.csv".to_owned(),
    });
    world.tag(who, machine, "change-id", &id);
}

/// Encrypts the roots of some machines: stop, snapshot, copy, new disk, swap, start; the old disks go days later.
fn encrypt(world: &mut World, approved: bool) {
    let who = world.someone();
    for number in 0..4 {
        let who = who.clone();
        world.later(number * 20, move |world| {
            let machine = world.one(Kind::Instance, |machine| {
                machine.site.provider == Provider::Aws
                    && machine.is_pet()
                    && machine.running
                    && machine.name.starts_with("db-")
            });
            let Some(machine) = machine else { return };
            if approved {
                approve(world, &who, machine, 12);
            }
            world.stop(&who, machine);
            world.later(2, move |world| {
                let Some(root) = world.things[machine].root() else { return };
                let plain = world.snap(&who, root, None);
                world.later(5, move |world| {
                    let site = world.things[machine].site;
                    let sealed = world.copy_snap(&who, plain, site);
                    world.later(5, move |world| {
                        let disk = world.make_disk(&who, site, "encrypted-root", Source::Thing(sealed));
                        world.swap_root(&who, machine, disk);
                        world.start(&who, machine);
                        world.delete_snap(&who, plain);
                        world.later(3 * 24 * 60, move |world| {
                            if !world.things[root].gone && world.things[root].held.is_none() {
                                world.delete_disk(&who, root);
                            }
                        });
                    });
                });
            });
        });
    }
}

/// Puts a machine back to an older snapshot because a release broke it, approved half of the time.
fn roll_back(world: &mut World) {
    let who = world.someone();
    let Some((machine, snapshot)) = world.old_root(24) else { return };
    if world.chance(2) {
        approve(world, &who, machine, 6);
    }
    if world.things[machine].running {
        world.stop(&who, machine);
    }
    world.later(6, move |world| {
        let site = world.things[machine].site;
        if world.things[machine].gone || world.things[snapshot].gone {
            return;
        }
        let disk = world.make_disk(&who, site, "rolled-back", Source::Thing(snapshot));
        world.later(4, move |world| {
            world.swap_root(&who, machine, disk);
            world.start(&who, machine);
        });
    });
}

/// Gives a new colleague rights, who then does what colleagues do.
fn hire(world: &mut World) {
    let number = world.next();
    let newcomer = Who::person(format!("new{number}"));
    let admin = Who::person("bruno");
    for site in [&SITES[3], &SITES[4]] {
        world.did(&admin, site, &Act::Grant(newcomer.clone()));
    }
    let after = world.rng.i64(200..4000);
    world.later(after, move |world| {
        new_machine(world, &newcomer);
        world.staff.push(newcomer.clone());
        let number = world.rng.usize(1..world.staff.len() - 1);
        if world.staff.len() > 18 {
            world.staff.remove(number);
        }
    });
}

/// Opens a new place for the business, as was approved.
fn expand(world: &mut World) {
    let who = Who::person("alice");
    let site = &SITES[[5, 7, 8][world.rng.usize(..3)]];
    for number in 0..3 {
        let who = who.clone();
        world.later(number * 3, move |world| {
            let machine = world.launch(&who, Order::of(site, "pilot"));
            approve(world, &who, machine, 12);
        });
    }
}

impl World {
    /// Returns a machine that runs, and a snapshot of its root that is at least so many hours old.
    pub(crate) fn old_root(&mut self, hours: i64) -> Option<(Id, Id)> {
        let before = self.now - SignedDuration::from_hours(hours);
        let snapshots = self.those(Kind::Snapshot, |snapshot| {
            let Source::Thing(disk) = snapshot.source else { return false };
            snapshot.born < before && self.things[disk].kind == Kind::Volume && !self.things[disk].gone
        });
        let mut found: Vec<(Id, Id)> = Vec::new();
        for snapshot in snapshots {
            let Source::Thing(disk) = self.things[snapshot].source else { continue };
            let Some((machine, slot, _)) = &self.things[disk].held else { continue };
            let thing = &self.things[*machine];
            if slot == thing.root_slot() && thing.running && thing.is_pet() {
                found.push((*machine, snapshot));
            }
        }
        (!found.is_empty()).then(|| found[self.rng.usize(..found.len())])
    }
}
