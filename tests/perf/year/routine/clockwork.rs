//! What runs by the clock: groups, policies, schedules, the vendors' own acts, and what fails now and then.

use driftline::model::{Kind, Provider};
use jiff::{SignedDuration, ToSpan};

use crate::acts::Order;
use crate::estate::{Id, SITES, STAGING, Source};
use crate::native::Act;
use crate::people::Who;
use crate::routine::moment;
use crate::watch::log_of;
use crate::world::{Outage, World};

/// Groups that scale: the number of their site, their name, how many they are at night.
pub(crate) const GROUPS: &[(usize, &str, u32)] =
    &[(0, "web-asg", 12), (0, "spot-asg", 6), (1, "edge-asg", 8), (2, "staging-asg", 4), (4, "batch-mig", 8)];

const SCALER: Who = Who::Service("autoscaling");

/// Lets groups grow in the morning and shrink in the evening.
pub(super) fn groups(world: &mut World, workday: bool) {
    for (site, group, size) in GROUPS {
        let more = if workday { size / 3 + world.around(1.0) } else { world.around(0.6) };
        for _ in 0..more {
            let (up, down) = (moment(world, 6, 10), moment(world, 17, 23));
            world.at(up, move |world| grow(world, *site, group));
            world.at(down, move |world| shrink(world, *site, group));
        }
        // Health checks replace a member now and then.
        if world.chance(6) {
            let at = moment(world, 0, 24);
            world.at(at, move |world| {
                shrink(world, *site, group);
                world.later(2, move |world| grow(world, *site, group));
            });
        }
    }
}

fn grow(world: &mut World, site: usize, group: &'static str) {
    let site = &SITES[site];
    let image =
        world.those(Kind::Image, |image| image.site == site && image.name.contains("golden")).last().copied();
    let order = Order {
        image: image.map_or(Source::Stock, Source::Thing),
        group: Some(group.to_owned()),
        spot: group == "spot-asg",
        ..Order::of(site, group)
    };
    world.launch(&SCALER, order);
}

fn shrink(world: &mut World, site: usize, group: &'static str) {
    let member = world.one(Kind::Instance, |machine| {
        machine.keeper.as_deref() == Some(group) && machine.site == &SITES[site]
    });
    if let Some(member) = member {
        world.terminate(&SCALER, member);
    }
}

/// Lets policies take their snapshots, and delete those whose time has come.
pub(super) fn policies(world: &mut World, day: u32) {
    for (policy, disks) in world.policies.clone() {
        let (hour, days) = match policy {
            "policy-0weekly" if day % 7 != 6 => continue,
            "policy-0weekly" => (1, 21),
            "nightly-azure" => (2, 5),
            _ => (3, 7),
        };
        for disk in disks {
            let at = world.now + hour.hours() + SignedDuration::from_secs(world.rng.i64(0..1500));
            world.at(at, move |world| keep(world, policy, disk, days));
        }
    }
}

fn keep(world: &mut World, policy: &'static str, disk: Id, days: i64) {
    // Whoever deleted the policy ended this.
    if !world.policies.iter().any(|(name, _)| *name == policy) || world.things[disk].gone {
        return;
    }
    let who = match policy {
        "nightly-azure" => Who::Program("snapshot-automation"),
        "daily-gcp" => Who::Service("snapshot-schedule"),
        _ => Who::Service("dlm"),
    };
    let snapshot = world.snap(&who, disk, Some((policy, days)));
    let who = if policy == "daily-gcp" { Who::Service("instance-schedule") } else { who };
    let late = world.rng.i64(5..50);
    world.later(days * 24 * 60 + late, move |world| {
        if !world.things[snapshot].gone {
            world.delete_snap(&who, snapshot);
        }
    });
}

/// Lets machines that nobody needs at night rest.
pub(super) fn rests(world: &mut World, workday: bool) {
    if !workday {
        return;
    }
    for machine in world.sleepers.clone() {
        let who = match world.things[machine].site.provider {
            Provider::Aws => Who::Program("InstanceScheduler"),
            Provider::Azure => Who::Program("start-stop-automation"),
            Provider::Gcp => Who::Service("instance-schedule"),
        };
        let evening = who.clone();
        let (up, down) = (
            world.now + 6.hours() + world.rng.i64(0..300).seconds(),
            world.now + 19.hours() + world.rng.i64(0..300).seconds(),
        );
        world.at(up, move |world| {
            if !world.things[machine].gone && !world.things[machine].running {
                world.start(&who, machine);
            }
        });
        world.at(down, move |world| {
            if !world.things[machine].gone && world.things[machine].running {
                world.stop(&evening, machine);
            }
        });
    }
}

/// Lets the vendor take spot capacity back, and guests shut themselves down.
pub(super) fn platform(world: &mut World) {
    for _ in 0..world.around(0.7) {
        let at = moment(world, 0, 24);
        world.at(at, |world| {
            let Some(victim) = world.one(Kind::Instance, |machine| machine.spot) else { return };
            let site = world.things[victim].site;
            world.did(&Who::Service("spot"), site, &Act::Evict(victim));
            world.vanish(victim);
            world.later(3, |world| grow(world, 0, "spot-asg"));
        });
    }
    if world.chance(6) {
        let at = moment(world, 0, 24);
        world.at(at, |world| {
            let pet = world.one(Kind::Instance, |machine| {
                machine.running && machine.is_pet() && machine.site.provider == Provider::Aws
            });
            let Some(pet) = pet else { return };
            world.halt(pet, "Client.InstanceInitiatedShutdown");
            let who = world.someone();
            let after = world.rng.i64(20..400);
            world.later(after, move |world| {
                if !world.things[pet].gone && !world.things[pet].running {
                    world.start(&who, pet);
                }
            });
        });
    }
}

/// Gives staging the data of production, early on Sundays.
pub(super) fn refresh(world: &mut World, day: u32) {
    let Some((staging, prod)) = world.mirror.filter(|_| day % 7 == 6) else { return };
    let at = moment(world, 4, 5);
    world.at(at, move |world| {
        if world.things[staging].gone || world.things[prod].gone {
            return;
        }
        let who = Who::Pipeline("db-refresh", "GitHubActions".to_owned());
        let snapshot = world.snap(&who, prod, None);
        world.later(9, move |world| {
            let site = world.things[staging].site;
            let fresh = world.make_disk(&who, site, "staging-data", Source::Thing(snapshot));
            let slot = world.things[staging].data_slot(1);
            world.later(3, move |world| {
                let old = world.things[staging].slots.get(&slot).map(|held| held.disk);
                if let Some(old) = old {
                    world.detach(&who, old);
                    world.delete_disk(&who, old);
                }
                world.attach(&who, fresh, staging, &slot);
                world.delete_snap(&who, snapshot);
            });
        });
    });
}

/// Lets a listing be refused, or a log be unreadable, for some hours now and then.
pub(super) fn blindness(world: &mut World) {
    if world.chance(30) {
        let site = &SITES[[0, 1, 2][world.rng.usize(..3)]];
        let from = moment(world, 0, 24);
        let to = from + SignedDuration::from_hours(world.rng.i64(1..4));
        world.blind.push((site, Outage { from, to }));
    }
    if world.chance(25) {
        let site = &SITES[world.rng.usize(..5)];
        let from = moment(world, 0, 24);
        let to = from + SignedDuration::from_hours(world.rng.i64(2..7));
        // The vendors' own histories go back for months; what a trail failed to write to its bucket is lost.
        let recovers = site.account != STAGING || !world.chance(3);
        world.log_outages.push((log_of(site), Outage { from, to }, recovers));
    }
}

impl World {
    /// Returns somebody who works here.
    pub(crate) fn someone(&mut self) -> Who {
        let number = self.rng.usize(..self.staff.len());
        self.staff[number].clone()
    }
}
