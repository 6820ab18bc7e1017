//! The estate as it stands when the year begins.

use driftline::model::{Kind, Provider, Timestamp};
use jiff::SignedDuration;

use crate::acts::Order;
use crate::estate::{Id, SCRATCH, SITES, Site, Source};
use crate::people::Who;
use crate::routine::clockwork::GROUPS;
use crate::world::World;

const STAFF: &[&str] = &[
    "alice", "bruno", "chiara", "david", "elena", "farid", "greta", "hugo", "ines", "jonas", "katya", "liam",
    "mona", "nils",
];

const ROLES: &[&str] =
    &["web", "api", "db", "cache", "queue", "build", "ci", "ldap", "mail", "wiki", "etl", "report"];

/// Lets everything that is there when the year begins come to be, over the year before, without a record.
pub(crate) fn settle(world: &mut World, resources: usize, start: Timestamp) {
    world.staff = STAFF.iter().map(|name| Who::person(*name)).collect();
    world.staff.push(Who::KeyHolder("olga".to_owned()));
    world.silent = true;
    let founder = Who::person("alice");
    let images: Vec<Id> =
        SITES.iter().filter(|site| site.share > 0).flat_map(|site| images(world, &founder, site)).collect();
    let machines = resources / 5;
    for number in 0..machines {
        machine(world, &founder, &images, number);
        world.now += SignedDuration::from_secs(380 * 86_400 / i64::try_from(machines).unwrap_or(1));
    }
    for (number, (site, group, size)) in GROUPS.iter().enumerate() {
        for _ in 0..*size {
            let image = images.iter().copied().find(|image| world.things[*image].site == &SITES[*site]);
            let order = Order {
                image: image.map_or(Source::Stock, Source::Thing),
                group: Some((*group).to_owned()),
                spot: number == 1,
                ..Order::of(&SITES[*site], *group)
            };
            world.launch(&Who::Service("autoscaling"), order);
        }
    }
    keepers(world);
    snapshots(world, &founder, resources, start);
    mirror(world, &founder);
    world.now = start;
    world.silent = false;
}

/// Makes the images of a site, from a machine that was built for it.
fn images(world: &mut World, who: &Who, site: &'static Site) -> Vec<Id> {
    let mut made = Vec::new();
    for name in ["base", "web", "data"] {
        let builder = world.launch(who, Order::of(site, "builder"));
        made.push(world.capture(who, builder, &format!("golden-{name}")));
        world.terminate(who, builder);
    }
    made
}

fn machine(world: &mut World, who: &Who, images: &[Id], number: usize) {
    let site = world.some_site();
    let of_site: Vec<Id> = images.iter().copied().filter(|image| world.things[*image].site == site).collect();
    let image = match world.rng.usize(..4) {
        0 => Source::Stock,
        draw => Source::Thing(of_site[draw - 1]),
    };
    let model = match world.rng.usize(..20) {
        0 => SCRATCH,
        draw => draw % 4,
    };
    let role = ROLES[world.rng.usize(..ROLES.len())];
    let locked = world.chance(6);
    let order = Order { size: model, image, locked, ..Order::of(site, format!("{role}-{number:03}")) };
    let machine = world.launch(who, order);
    let data = match role {
        "db" | "queue" | "mail" => 2,
        "web" | "ci" | "ldap" => 0,
        _ => 1,
    };
    for _ in 0..data {
        let slot = world.things[machine].free_slot();
        let name = format!("{role}-data");
        let disk = world.make_disk(who, site, &name, Source::Nothing);
        world.things[disk].size = 100;
        world.attach(who, disk, machine, &slot);
    }
    let dev = matches!(role, "build" | "report" | "etl" | "wiki");
    world.things[machine].tags.insert("env".to_owned(), if dev { "dev" } else { "prod" }.to_owned());
    if dev && world.sleepers.len() < 80 && world.chance(2) {
        world.sleepers.push(machine);
    }
}

/// Chooses the disks that policies keep.
fn keepers(world: &mut World) {
    for (policy, provider, count) in [
        ("policy-0daily", Provider::Aws, 28),
        ("daily-gcp", Provider::Gcp, 14),
        ("nightly-azure", Provider::Azure, 14),
    ] {
        let mut disks = world.those(Kind::Volume, |disk| {
            disk.site.provider == provider && disk.held.is_some() && disk.size == 100
        });
        world.rng.shuffle(&mut disks);
        disks.truncate(count);
        world.policies.push((policy, disks));
    }
    let mut weekly =
        world.those(Kind::Volume, |disk| disk.site.provider == Provider::Aws && disk.held.is_some());
    world.rng.shuffle(&mut weekly);
    weekly.truncate(90);
    world.policies.push(("policy-0weekly", weekly));
}

/// Takes snapshots until there are as many resources as there should be.
fn snapshots(world: &mut World, who: &Who, resources: usize, start: Timestamp) {
    let there: usize = world.alive.values().map(std::collections::BTreeSet::len).sum();
    let disks = world.those(Kind::Volume, |disk| disk.held.is_some());
    let count = resources.saturating_sub(there);
    let span = start.duration_since(world.now).as_secs() - 86_400;
    let begun = world.now - SignedDuration::from_hours(24 * 200);
    for number in 0..count {
        let part = i64::try_from(number).unwrap_or_default() * (span + 200 * 86_400);
        world.now = begun + SignedDuration::from_secs(part / i64::try_from(count).unwrap_or(1));
        let disk = disks[world.rng.usize(..disks.len())];
        if world.things[disk].born < world.now {
            let by = world.rng.usize(..world.staff.len());
            let by = world.staff[by].clone();
            world.snap(if number % 3 == 0 { who } else { &by }, disk, None);
        }
    }
}

/// Chooses the machine of staging that gets production's data each week.
fn mirror(world: &mut World, who: &Who) {
    let site = &SITES[0];
    let Some(prod) =
        world.one(Kind::Volume, |disk| disk.site == site && disk.size == 100 && disk.held.is_some())
    else {
        return;
    };
    let staging = world.launch(who, Order::of(site, "staging-db"));
    let disk = world.make_disk(who, site, "staging-data", Source::Nothing);
    let slot = world.things[staging].free_slot();
    world.attach(who, disk, staging, &slot);
    world.mirror = Some((staging, prod));
}
