//! What principals can do: each act changes the estate and leaves its records.

use std::collections::{BTreeMap, BTreeSet};

use driftline::model::{Kind, Provider};

use crate::estate::{Id, SITES, Site, Slot, Source, Thing};
use crate::native::{self, Act};
use crate::people::{Who, guid};
use crate::world::World;

/// What is to be launched.
pub(crate) struct Order {
    pub(crate) site: &'static Site,
    pub(crate) name: String,
    pub(crate) size: usize,
    pub(crate) image: Source,
    pub(crate) group: Option<String>,
    pub(crate) spot: bool,
    pub(crate) locked: bool,
}

impl Order {
    /// Orders a machine of the vendor's image.
    pub(crate) fn of(site: &'static Site, name: impl Into<String>) -> Self {
        let (image, name) = (Source::Stock, name.into());
        Self { site, name, size: 1, image, group: None, spot: false, locked: false }
    }
}

impl World {
    /// Records an act.
    pub(crate) fn did(&mut self, who: &Who, site: &'static Site, act: &Act) {
        let records = native::records(self, site, who, act);
        self.record(site, records);
    }

    /// Records an act that was refused.
    pub(crate) fn refused(&mut self, who: &Who, site: &'static Site, act: &Act) {
        let records = native::denied(self, site, who, act);
        self.record(site, records);
    }

    /// Describes something new.
    fn blank(&mut self, kind: Kind, site: &'static Site, name: &str) -> Thing {
        let number = self.next();
        let noise = self.rng.u64(..);
        let uid = match (site.provider, kind) {
            (Provider::Aws, Kind::Instance) => format!("i-0{noise:016x}"),
            (Provider::Aws, Kind::Volume) => format!("vol-0{noise:016x}"),
            (Provider::Aws, Kind::Snapshot) => format!("snap-0{noise:016x}"),
            (Provider::Aws, _) => format!("ami-0{noise:016x}"),
            (Provider::Azure, _) => guid(&noise.to_string()),
            (Provider::Gcp, _) => (1_000_000_000_000_000_000 + noise % 8_000_000_000_000_000_000).to_string(),
        };
        let name = if site.provider == Provider::Aws { name.to_owned() } else { format!("{name}-{number}") };
        Thing {
            kind,
            site,
            uid,
            name,
            born: self.now,
            gone: false,
            version: 0,
            tags: BTreeMap::new(),
            size: 20,
            running: true,
            started: self.now,
            stopped: None,
            stop_code: "",
            slots: BTreeMap::new(),
            held: None,
            moved: self.now,
            source: Source::Nothing,
            keeper: None,
            expires: None,
            guests: BTreeSet::new(),
            locked: false,
            profile: u32::try_from(number % 5).unwrap_or_default(),
            script: 0,
            spot: false,
            encrypted: site.account != crate::estate::STAGING,
            address: u32::try_from(number % (1 << 24)).unwrap_or_default(),
        }
    }

    /// Launches a machine with a root disk.
    pub(crate) fn launch(&mut self, who: &Who, order: Order) -> Id {
        let Order { site, name, size, image, group, spot, locked } = order;
        let mut machine = self.blank(Kind::Instance, site, &name);
        (machine.size, machine.source, machine.spot, machine.locked) = (size, image, spot, locked);
        if let Some(group) = group.as_ref().filter(|_| site.provider == Provider::Aws) {
            machine.tags.insert("aws:autoscaling:groupName".to_owned(), group.clone());
        }
        machine.keeper = group;
        let slot = machine.root_slot();
        let name = machine.name.clone();
        let machine = self.add(machine);
        let mut disk = self.blank(Kind::Volume, site, &name);
        disk.source = image;
        let disk = self.add(disk);
        self.plug(disk, machine, slot, true);
        self.did(who, site, &Act::Launch(machine));
        machine
    }

    /// Launches a machine that boots from a disk, under the name and address of one that is gone.
    pub(crate) fn relaunch(&mut self, who: &Who, gone: &Thing, root: Id) -> Id {
        let mut machine = self.blank(Kind::Instance, gone.site, &gone.name);
        machine.name.clone_from(&gone.name);
        (machine.address, machine.size, machine.source) = (gone.address, gone.size, gone.source);
        let slot = machine.root_slot();
        let machine = self.add(machine);
        self.plug(root, machine, slot, false);
        self.did(who, gone.site, &Act::Launch(machine));
        machine
    }

    /// Terminates a machine, and with it the disks that go along.
    pub(crate) fn terminate(&mut self, who: &Who, machine: Id) {
        let site = self.things[machine].site;
        self.did(who, site, &Act::Terminate(machine));
        self.vanish(machine);
    }

    /// Lets a machine be gone without a word.
    pub(crate) fn vanish(&mut self, machine: Id) {
        for (slot, held) in self.things[machine].slots.clone() {
            self.unplug(machine, &slot);
            if held.along {
                self.remove(held.disk);
            }
        }
        self.remove(machine);
    }

    fn plug(&mut self, disk: Id, machine: Id, slot: &str, along: bool) {
        let now = self.now;
        self.things[machine].slots.insert(slot.to_owned(), Slot { disk, since: now, along });
        self.things[disk].held = Some((machine, slot.to_owned(), now));
        self.things[disk].moved = now;
        self.touch(machine);
        self.touch(disk);
    }

    fn unplug(&mut self, machine: Id, slot: &str) {
        let Some(held) = self.things[machine].slots.remove(slot) else { return };
        self.things[held.disk].held = None;
        self.things[held.disk].moved = self.now;
        self.touch(machine);
        self.touch(held.disk);
    }

    /// Stops a machine.
    pub(crate) fn stop(&mut self, who: &Who, machine: Id) {
        self.halt(machine, "Client.UserInitiatedShutdown");
        let site = self.things[machine].site;
        self.did(who, site, &Act::Stop(machine));
    }

    /// Lets a machine stop for a reason of the vendor's words.
    pub(crate) fn halt(&mut self, machine: Id, code: &'static str) {
        let thing = &mut self.things[machine];
        thing.running = false;
        thing.stopped = Some(self.now);
        thing.stop_code = code;
        self.power(machine);
    }

    /// Starts a machine.
    pub(crate) fn start(&mut self, who: &Who, machine: Id) {
        let thing = &mut self.things[machine];
        thing.running = true;
        thing.started = self.now;
        self.power(machine);
        let site = self.things[machine].site;
        self.did(who, site, &Act::Start(machine));
    }

    fn power(&mut self, machine: Id) {
        self.touch(machine);
        if self.things[machine].site.provider == Provider::Azure {
            let disks: Vec<Id> = self.things[machine].slots.values().map(|slot| slot.disk).collect();
            for disk in disks {
                self.things[disk].moved = self.now;
                self.touch(disk);
            }
        }
    }

    /// Changes a machine and records it as an act on it.
    pub(crate) fn change(&mut self, who: &Who, machine: Id, act: &Act, change: impl FnOnce(&mut Thing)) {
        change(&mut self.things[machine]);
        self.touch(machine);
        let site = self.things[machine].site;
        self.did(who, site, act);
    }

    /// Makes a disk.
    pub(crate) fn make_disk(&mut self, who: &Who, site: &'static Site, name: &str, source: Source) -> Id {
        let mut disk = self.blank(Kind::Volume, site, name);
        disk.source = source;
        if let Source::Thing(from) = source {
            disk.size = self.things[from].size;
        }
        let disk = self.add(disk);
        self.did(who, site, &Act::MakeDisk(disk));
        disk
    }

    /// Attaches a disk to a machine.
    pub(crate) fn attach(&mut self, who: &Who, disk: Id, machine: Id, slot: &str) {
        self.plug(disk, machine, slot, false);
        let site = self.things[machine].site;
        self.did(who, site, &Act::Attach(disk, machine, slot.to_owned()));
    }

    /// Detaches a disk from its machine.
    pub(crate) fn detach(&mut self, who: &Who, disk: Id) {
        let Some((machine, slot, _)) = self.things[disk].held.clone() else { return };
        self.unplug(machine, &slot);
        let site = self.things[machine].site;
        self.did(who, site, &Act::Detach(disk, machine, slot));
    }

    /// Lets a machine boot from another disk.
    pub(crate) fn swap_root(&mut self, who: &Who, machine: Id, disk: Id) {
        let (site, slot) = (self.things[machine].site, self.things[machine].root_slot());
        if site.provider == Provider::Azure {
            self.unplug(machine, slot);
            self.plug(disk, machine, slot, false);
            self.did(who, site, &Act::Swap(machine));
            return;
        }
        if let Some(old) = self.things[machine].root() {
            self.detach(who, old);
        }
        self.attach(who, disk, machine, slot);
    }

    /// Lets EC2 put a root back to a snapshot.
    pub(crate) fn replace_root(&mut self, who: &Who, machine: Id, snapshot: Id) {
        let site = self.things[machine].site;
        let slot = self.things[machine].root_slot();
        let mut disk = self.blank(Kind::Volume, site, "");
        disk.source = Source::Thing(snapshot);
        disk.size = self.things[snapshot].size;
        let disk = self.add(disk);
        self.unplug(machine, slot);
        self.plug(disk, machine, slot, true);
        self.did(who, site, &Act::Replace(machine, snapshot));
    }

    /// Deletes a disk.
    pub(crate) fn delete_disk(&mut self, who: &Who, disk: Id) {
        let site = self.things[disk].site;
        self.did(who, site, &Act::DeleteDisk(disk));
        self.remove(disk);
    }

    /// Takes a snapshot of a disk; a policy marks what it takes.
    pub(crate) fn snap(&mut self, who: &Who, disk: Id, keeper: Option<(&str, i64)>) -> Id {
        let site = self.things[disk].site;
        let name = format!("{}-snap", self.things[disk].name);
        let mut snapshot = self.blank(Kind::Snapshot, site, &name);
        snapshot.size = self.things[disk].size;
        snapshot.encrypted = self.things[disk].encrypted;
        snapshot.source = Source::Thing(disk);
        if let Some((policy, days)) = keeper {
            let expires = self.now + jiff::SignedDuration::from_hours(days * 24);
            snapshot.expires = Some(expires);
            snapshot.keeper = Some(policy.to_owned()).filter(|_| site.provider != Provider::Azure);
            if site.provider == Provider::Aws {
                snapshot.tags.insert("aws:dlm:lifecycle-policy-id".to_owned(), policy.to_owned());
                snapshot.tags.insert("aws:dlm:managed".to_owned(), "true".to_owned());
                let until = expires.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
                snapshot.tags.insert("aws:dlm:expirationTime".to_owned(), until);
            }
        }
        let snapshot = self.add(snapshot);
        self.did(who, site, &Act::Snap(snapshot));
        snapshot
    }

    /// Copies a snapshot.
    pub(crate) fn copy_snap(&mut self, who: &Who, from: Id, site: &'static Site) -> Id {
        let mut snapshot = self.blank(Kind::Snapshot, site, "copy");
        snapshot.size = self.things[from].size;
        snapshot.encrypted = true;
        snapshot.source = Source::Thing(from);
        let snapshot = self.add(snapshot);
        self.did(who, site, &Act::CopySnap(snapshot, from));
        snapshot
    }

    /// Deletes a snapshot.
    pub(crate) fn delete_snap(&mut self, who: &Who, snapshot: Id) {
        let site = self.things[snapshot].site;
        self.did(who, site, &Act::DeleteSnap(snapshot));
        self.remove(snapshot);
    }

    /// Lets somebody outside use a snapshot or an image, or no longer.
    pub(crate) fn share(&mut self, who: &Who, id: Id, guest: &str, add: bool) {
        let site = self.things[id].site;
        if add {
            self.things[id].guests.insert(guest.to_owned());
        } else {
            self.things[id].guests.remove(guest);
        }
        self.touch(id);
        self.did(who, site, &Act::Share(id, guest.to_owned(), add));
    }

    /// Makes an image of a machine.
    pub(crate) fn capture(&mut self, who: &Who, machine: Id, name: &str) -> Id {
        let site = self.things[machine].site;
        let mut image = self.blank(Kind::Image, site, name);
        image.source = Source::Thing(machine);
        match (site.provider, self.things[machine].root()) {
            (Provider::Aws, Some(root)) => {
                let mut snapshot = self.blank(Kind::Snapshot, site, "");
                snapshot.source = Source::Thing(root);
                let snapshot = self.add(snapshot);
                image
                    .slots
                    .insert("/dev/xvda".to_owned(), Slot { disk: snapshot, since: self.now, along: true });
            }
            (Provider::Gcp, Some(root)) => image.source = Source::Thing(root),
            _ => {}
        }
        let image = self.add(image);
        self.did(who, site, &Act::Capture(image));
        image
    }

    /// Makes an image of a snapshot.
    pub(crate) fn register(&mut self, who: &Who, snapshot: Id, name: &str) -> Id {
        let site = self.things[snapshot].site;
        let mut image = self.blank(Kind::Image, site, name);
        image.source = Source::Thing(snapshot);
        image.slots.insert("/dev/xvda".to_owned(), Slot { disk: snapshot, since: self.now, along: true });
        let image = self.add(image);
        self.did(who, site, &Act::Register(image, snapshot));
        image
    }

    /// Deletes an image, and what it was kept in.
    pub(crate) fn delete_image(&mut self, who: &Who, image: Id, with_snapshots: bool) {
        let site = self.things[image].site;
        self.did(who, site, &Act::DeleteImage(image));
        let snapshots: Vec<Id> = self.things[image].slots.values().map(|slot| slot.disk).collect();
        self.remove(image);
        for snapshot in snapshots.into_iter().filter(|_| with_snapshots) {
            if !self.things[snapshot].gone {
                self.delete_snap(who, snapshot);
            }
        }
    }

    /// Writes a tag.
    pub(crate) fn tag(&mut self, who: &Who, id: Id, key: &'static str, value: &str) {
        let value = if self.things[id].site.provider == Provider::Gcp {
            value.to_lowercase()
        } else {
            value.to_owned()
        };
        self.things[id].tags.insert(key.to_owned(), value.clone());
        self.touch(id);
        let site = self.things[id].site;
        self.did(who, site, &Act::Tag(id, key, value));
    }

    /// Returns a site that holds something, as likely as it holds much.
    pub(crate) fn some_site(&mut self) -> &'static Site {
        let mut draw = self.rng.u32(0..100);
        for site in &SITES {
            if draw < site.share {
                return site;
            }
            draw -= site.share;
        }
        &SITES[0]
    }
}
