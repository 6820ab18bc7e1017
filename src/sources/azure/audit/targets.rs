//! What an operation was done to, with and from, as inventory spells it (SEMANTICS E.2.2).

use std::collections::BTreeSet;

use serde_json::Value;

use super::body::{Body, at};
use super::class::Act;
use crate::model::{Class, Kind, Locator, Role, Target, Uid};
use crate::sources::azure::arm;

/// Providers whose resources stand on others: the lock of a machine, the console of one, its tags.
const ON_OTHERS: &[&str] = &[
    "microsoft.authorization",
    "microsoft.insights",
    "microsoft.resources",
    "microsoft.serialconsole",
    "microsoft.recoveryservices",
];

/// Returns the targets of an operation.
pub(super) fn read(act: &Act<'_>, class: Class) -> BTreeSet<Target> {
    let mut targets = Targets { act, all: BTreeSet::new() };
    if !act.resource.is_empty() {
        targets.add_subject(class);
    }
    targets.add_scaled();
    if act.operation.to_lowercase().contains("/protecteditems/") {
        targets.add_protected();
    }
    targets.add_sources();
    targets.add_disks();
    targets.add_moved();
    targets.all
}

/// Whether an id names something of the subscription as a whole, as its diagnostic settings are.
pub(super) fn is_of_subscription(resource: &str) -> bool {
    let scope = resource.rsplit_once("/providers/").map_or(resource, |(scope, _)| scope);
    arm::resource_group(scope).is_none() && !scope.contains("/providers/")
}

/// Returns where a backup is restored to, in lower case: `originallocation`, `alternatelocation`, `restoredisks`.
pub(super) fn recovery(body: &Body) -> Option<&'static str> {
    let told = body.text("properties.recoveryType")?.to_lowercase();
    ["originallocation", "alternatelocation", "restoredisks"].into_iter().find(|place| *place == told)
}

struct Targets<'a> {
    act: &'a Act<'a>,
    all: BTreeSet<Target>,
}

impl Targets<'_> {
    fn add(&mut self, role: Role, kind: Option<Kind>, id: &str) {
        self.all.insert(Target::by_locator(role, kind, Locator::new(id)));
    }

    /// Adds what an id at a path of the body names.
    fn add_told(&mut self, role: Role, id: Option<&Value>) {
        if let Some(id) = id.and_then(Value::as_str).filter(|id| arm::is_id(id)) {
            self.add_id(role, &arm::canonical(id));
        }
    }

    fn add_id(&mut self, role: Role, id: &str) {
        let kind = arm::kind(id);
        let point = arm::ancestor(id, "restorepoints").filter(|_| kind == Some(Kind::RestorePoint));
        self.add(role, kind, point.unwrap_or(id));
    }

    /// Adds the resource of the record: what a scan lists of it, with what it is part of, and what is part of it.
    fn add_subject(&mut self, class: Class) {
        let resource = self.act.resource;
        if class == Class::GroupDelete {
            return self.add(Role::Parent, None, resource);
        }
        if let Some((scope, own)) = scope(resource) {
            return self.add_on_other(scope, own);
        }
        match arm::kind(resource) {
            Some(Kind::RestorePoint) => self.add_point(),
            Some(kind) => self.add_resource(kind),
            None => match machine(resource) {
                Some(machine) => {
                    self.add_id(Role::Subject, machine);
                    self.add(Role::Related, None, resource);
                }
                None => self.add_group_or_other(),
            },
        }
    }

    /// Adds a resource that a scan lists, with the uid that the answer tells: of what is there already, at least.
    fn add_resource(&mut self, kind: Kind) {
        let resource = self.act.resource;
        let path = match kind {
            Kind::Instance | Kind::ScaleSetInstance => "properties.vmId",
            _ => "properties.uniqueId",
        };
        let uid = self.act.body.answered(path).and_then(Value::as_str).filter(|_| self.act.writes());
        let mut target = Target::by_locator(Role::Subject, kind, Locator::new(resource));
        target.uid = uid.map(|uid| Uid::new(uid.to_lowercase()));
        self.all.insert(target);
        if let Some(set) = arm::ancestor(resource, "virtualmachinescalesets") {
            self.add(Role::Parent, None, set);
        }
    }

    fn add_point(&mut self) {
        let resource = self.act.resource;
        let point = arm::ancestor(resource, "restorepoints").unwrap_or(resource);
        self.add(Role::Subject, Some(Kind::RestorePoint), point);
        if point != resource {
            self.add(Role::Related, None, resource);
        }
        if let Some(collection) = arm::ancestor(resource, "restorepointcollections") {
            self.add(Role::Parent, None, collection);
        }
    }

    /// Adds what stands on another resource: its tags and its console are its own, a lock or a role assignment
    /// is a thing of its own.
    fn add_on_other(&mut self, scope: &str, own: &str) {
        if own.starts_with("microsoft.resources/tags") || own.starts_with("microsoft.serialconsole/") {
            return self.add_id(Role::Subject, scope);
        }
        let kind = own.starts_with("microsoft.authorization/locks/").then_some(Kind::Lock);
        self.add(Role::Subject, kind, self.act.resource);
        self.add(Role::Parent, arm::kind(scope), scope);
    }

    /// Adds the machines of a scale set that an operation names, else the resource itself: a set, a group, a
    /// vault, a subscription.
    fn add_group_or_other(&mut self) {
        let resource = self.act.resource;
        let ids = self.act.body.list("instanceIds").iter().filter_map(Value::as_str);
        let ids: Vec<String> = ids.filter(|id| *id != "*").map(str::to_lowercase).collect();
        if ids.is_empty() || arm::ancestor(resource, "virtualmachinescalesets") != Some(resource) {
            return self.add(Role::Subject, None, resource);
        }
        self.add(Role::Parent, None, resource);
        for id in ids {
            // A uniform set numbers its machines; a flexible one's stand beside it, by name.
            let flexible = resource.rsplit_once('/').and_then(|(sets, _)| sets.strip_suffix("scalesets"));
            match flexible.filter(|_| !id.bytes().all(|byte| byte.is_ascii_digit())) {
                Some(machines) => self.add(Role::Subject, Some(Kind::Instance), &format!("{machines}s/{id}")),
                None => {
                    self.add(
                        Role::Subject,
                        Some(Kind::ScaleSetInstance),
                        &format!("{resource}/virtualmachines/{id}"),
                    );
                }
            }
        }
    }

    /// Adds what autoscale scaled: `properties.resourceName` holds its id.
    fn add_scaled(&mut self) {
        if self.act.known.class == Class::GroupScale {
            let name = super::body::member(&self.act.record.properties, "resourceName");
            self.add_told(Role::Parent, name);
        }
    }

    /// Adds the machine that a backup protects, which the backup's own id names
    /// (`VM;iaasvmcontainerv2;GROUP;NAME`), and what a restore makes.
    fn add_protected(&mut self) {
        let body = self.act.body;
        let reverts = self.act.known.class == Class::InstanceRevert
            && !matches!(recovery(body), Some("alternatelocation" | "restoredisks"));
        let role = if reverts { Role::Subject } else { Role::Related };
        if let Some(machine) = protected(self.act.resource) {
            self.add(role, Some(Kind::Instance), &machine);
        }
        self.add_told(Role::Created, body.get("properties.targetVirtualMachineId").filter(|_| !reverts));
    }

    /// Adds what the subject is made from.
    fn add_sources(&mut self) {
        let body = self.act.body;
        if !self.act.writes() {
            return;
        }
        let id = body.text("properties.creationData.sourceResourceId").filter(|id| arm::is_id(id));
        if let Some(id) = id.map(arm::canonical) {
            let kind = arm::kind(&id);
            let point = arm::ancestor(&id, "restorepoints").filter(|_| kind == Some(Kind::RestorePoint));
            // A restore point has no unique id of its own: the one told is that of one of its disks.
            let uid = body.text("properties.creationData.sourceUniqueId").filter(|_| point.is_none());
            let mut target = Target::by_locator(Role::Source, kind, Locator::new(point.unwrap_or(&id)));
            target.uid = uid.map(|uid| Uid::new(uid.to_lowercase()));
            self.all.insert(target);
        }
        for path in [
            "properties.creationData.imageReference.id",
            "properties.creationData.galleryImageReference.id",
            "properties.storageProfile.imageReference.id",
        ] {
            self.add_told(Role::Image, body.get(path));
        }
        for path in [
            "properties.sourceVirtualMachine.id",
            "properties.source.id",
            "properties.storageProfile.source.id",
            "properties.publishingProfile.source.id",
            "properties.storageProfile.osDisk.snapshot.id",
        ] {
            self.add_told(Role::Source, body.get(path));
        }
        if self.act.is("networkInterfaces/write") {
            self.add_told(Role::Related, body.get("properties.virtualMachine.id"));
        }
        if let Some(machine) = body.text("properties.sourceMetadata.vmId") {
            self.all.insert(Target::by_uid(Role::Source, Kind::Instance, machine.to_lowercase()));
        }
    }

    /// Adds the disks that the new description of a machine names, by slot, and what new ones are copied from;
    /// an image names the disks that it is made from.
    fn add_disks(&mut self) {
        let body = self.act.body;
        let image = arm::kind(self.act.resource) == Some(Kind::Image);
        let role = if image { Role::Source } else { Role::Attached };
        for profile in ["properties.storageProfile", "storageProfile"] {
            if let Some(disk) = body.get(&format!("{profile}.osDisk")) {
                self.add_disk(role, "os", disk);
            }
        }
        for path in ["properties.storageProfile.dataDisks", "dataDisks", "dataDisksToAttach"] {
            for disk in body.list(path) {
                let lun = at(disk, "lun").and_then(Value::as_i64);
                self.add_disk(role, &lun.map_or_else(String::new, |lun| format!("lun:{lun}")), disk);
                self.add_told(Role::Source, at(disk, "sourceResource.id"));
            }
        }
        for disk in body.list("dataDisksToDetach") {
            self.add_told(Role::Related, at(disk, "diskId"));
        }
    }

    fn add_disk(&mut self, role: Role, slot: &str, disk: &Value) {
        let id = at(disk, "managedDisk.id").or_else(|| at(disk, "diskId")).and_then(Value::as_str);
        let Some(id) = id.filter(|id| arm::is_id(id)) else { return };
        let target = Target::by_locator(role, Kind::Volume, Locator::new(arm::canonical(id)));
        let slot = Some(slot.to_owned()).filter(|slot| !slot.is_empty() && role == Role::Attached);
        self.all.insert(Target { slot, ..target });
    }

    /// Adds what is moved to another group: the record's own resource is the group that it leaves.
    fn add_moved(&mut self) {
        if self.act.is("subscriptions/resourceGroups/moveResources/action") {
            for id in self.act.body.list("resources") {
                self.add_told(Role::Subject, Some(id));
            }
            self.add_told(Role::Related, self.act.body.get("targetResourceGroup"));
        }
    }
}

/// Cuts the id of a resource that stands on another into that one's id and its own path.
fn scope(resource: &str) -> Option<(&str, &str)> {
    let (scope, own) = resource.rsplit_once("/providers/")?;
    let provider = own.split('/').next()?;
    let stands = ON_OTHERS.contains(&provider) && !own.starts_with("microsoft.recoveryservices/vaults");
    let alone =
        provider == "microsoft.insights" && !own.starts_with("microsoft.insights/diagnosticsettings/");
    (stands && !alone && !scope.is_empty()).then_some((scope, own))
}

/// Returns the machine that something is part of: an extension, a command.
fn machine(resource: &str) -> Option<&str> {
    let machine = arm::ancestor(resource, "virtualmachines")?;
    matches!(arm::kind(machine), Some(Kind::Instance | Kind::ScaleSetInstance)).then_some(machine)
}

/// Returns the machine that a protected item is the backup of.
fn protected(resource: &str) -> Option<String> {
    let item = arm::name(arm::ancestor(resource, "protecteditems")?);
    let mut parts = item.split(';').skip_while(|part| *part != "iaasvmcontainerv2").skip(1);
    let (group, name) = (parts.next()?, parts.next()?);
    let subscription = arm::subscription(resource)?;
    let provider = "providers/microsoft.compute/virtualmachines";
    Some(format!("/subscriptions/{subscription}/resourcegroups/{group}/{provider}/{name}"))
}
