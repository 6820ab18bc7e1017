//! The ancestry of made-up estates.

use proptest::prelude::{Just, Strategy as _, prop_assert_eq, proptest};

use super::fixture::*;
use super::graph;
use crate::model::{
    AuditEvent, Class, End, Kind, Life, Link, Locator, Outcome, Provider, Rel, Resource, Role,
};

const XVDA: &str = "/dev/xvda";
const ROOT_TIME: &str = "BlockDeviceMappings[/dev/xvda].AttachTime";

fn machine(volume: &str) -> Resource {
    aws(Kind::Instance, "i-1").born("00:10").with("RootDeviceName", XVDA).holding(XVDA, volume)
}

fn volume(id: &str) -> Resource {
    aws(Kind::Volume, id)
}

fn snapshot(id: &str) -> Resource {
    aws(Kind::Snapshot, id)
}

/// A root volume that was put back to a snapshot of itself.
fn reverted() -> Vec<Life> {
    vec![
        life(&[
            (1, 3, machine("vol-1").proving(ROOT_TIME, "00:10")),
            (3, 0, machine("vol-2").proving(ROOT_TIME, "02:30")),
        ]),
        since(1, volume("vol-1").born("00:10")),
        since(1, snapshot("snap-1").born("00:40").from(Kind::Volume, "vol-1")),
        since(3, volume("vol-2").born("02:20").from(Kind::Snapshot, "snap-1")),
    ]
}

#[test]
fn a_volume_of_a_snapshot_descends_from_the_volume_that_was_there_before() {
    let lineage = of(&reverted());
    assert_eq!(edges(&lineage), ["vol-2 from-snapshot snap-1", "snap-1 of-volume vol-1"]);
    assert_eq!(stood(&lineage), ["vol-1 00:10..02:00~02:30", "vol-2 02:30.."]);
    assert!(lineage.occupancies.iter().all(|held| held.root && held.known_by.state));
    let ancestors: Vec<_> = lineage
        .ancestors(&key(Provider::Aws, Kind::Volume, "vol-2"))
        .iter()
        .map(|it| it.key.id.as_str())
        .collect();
    assert_eq!(ancestors, ["snap-1", "vol-1"]);
    assert_eq!(node(&lineage, Kind::Snapshot, "snap-1").content_at, Some(at("00:40")));
    assert_eq!(node(&lineage, Kind::Volume, "vol-2").content_at, Some(at("00:40")));
    assert_eq!(node(&lineage, Kind::Volume, "vol-1").content_at, Some(at("00:10")), "made empty");
}

#[test]
fn two_volumes_of_a_snapshot_that_nobody_saw_meet_in_a_phantom() {
    let lives = [
        since(1, volume("vol-1").from(Kind::Snapshot, "snap-9")),
        since(2, volume("vol-2").from(Kind::Snapshot, "snap-9")),
    ];
    let lineage = of(&lives);
    assert_eq!(edges(&lineage), ["vol-1 from-snapshot snap-9", "vol-2 from-snapshot snap-9"]);
    let phantom = node(&lineage, Kind::Snapshot, "snap-9");
    assert_eq!((phantom.seen, phantom.content_at, phantom.created_at), (None, None, None));
}

#[test]
fn what_a_complete_listing_lacks_is_gone_and_still_known() {
    let lives = [life(&[(1, 4, snapshot("snap-1").born("00:40").from(Kind::Volume, "vol-1"))])];
    let lineage = of(&lives);
    let gone = node(&lineage, Kind::Snapshot, "snap-1");
    assert_eq!((gone.seen, gone.gone), (Some(span("01:00", "03:00")), Some(span("03:00", "04:00"))));
    assert!(gone.state.is_some());
    let deleted =
        event(Provider::Aws, "03:30", Class::SnapshotDelete, &[uid(Role::Subject, Kind::Snapshot, "snap-1")]);
    let lineage = graph(&lives, &[deleted]);
    assert_eq!(node(&lineage, Kind::Snapshot, "snap-1").gone, Some(moment("03:30")));
}

#[test]
fn what_the_vendor_says_is_terminated_is_gone() {
    let instance = aws(Kind::Instance, "i-1").born("00:10");
    let lineage = of(&[life(&[(1, 3, instance.clone()), (3, 0, instance.gone())])]);
    let node = node(&lineage, Kind::Instance, "i-1");
    assert_eq!((node.seen, node.gone), (Some(span("01:00", "02:00")), Some(span("02:00", "03:00"))));
}

#[test]
fn a_volume_of_the_snapshot_behind_its_instances_image_descends_from_the_image() {
    let lives = [
        since(1, machine("vol-1").from(Kind::Image, "ami-1")),
        since(1, volume("vol-1").from(Kind::Snapshot, "snap-1")),
        since(1, aws(Kind::Image, "ami-1").born("00:05").from(Kind::Snapshot, "snap-1")),
        since(1, snapshot("snap-1").born("00:02").from(Kind::Volume, "vol-0")),
    ];
    let lineage = of(&lives);
    assert!(edges(&lineage).contains(&"vol-1 from-image ami-1".to_owned()));
    assert_eq!(node(&lineage, Kind::Image, "ami-1").content_at, Some(at("00:02")), "of its snapshot");
    let other = [
        lives[0].clone(),
        lives[1].clone(),
        since(1, aws(Kind::Image, "ami-1").from(Kind::Snapshot, "snap-2")),
    ];
    assert!(!edges(&of(&other)).contains(&"vol-1 from-image ami-1".to_owned()));
}

#[test]
fn a_copy_holds_what_its_original_held() {
    let made = [uid(Role::Created, Kind::Snapshot, "snap-2"), uid(Role::Source, Kind::Snapshot, "snap-1")];
    let copied = event(Provider::Aws, "02:30", Class::SnapshotCopy, &made);
    let lives = [since(1, snapshot("snap-1").born("00:40")), since(3, snapshot("snap-2").born("02:30"))];
    assert_eq!(edges(&of(&lives)), <[&str; 0]>::default());
    assert_eq!(node(&of(&lives), Kind::Snapshot, "snap-2").content_at, Some(at("02:30")));
    let lineage = graph(&lives, std::slice::from_ref(&copied));
    assert_eq!(edges(&lineage), ["snap-2 copy-of snap-1"]);
    assert_eq!(node(&lineage, Kind::Snapshot, "snap-2").content_at, Some(at("00:40")));
    let edge = lineage.edges.first().unwrap();
    assert!(!edge.known_by.state && edge.known_by.events.contains(&copied.id));
}

#[test]
fn an_operation_that_failed_adds_nothing() {
    let made = [uid(Role::Created, Kind::Snapshot, "snap-2"), uid(Role::Source, Kind::Snapshot, "snap-1")];
    let attach = [
        slotted(uid(Role::Subject, Kind::Volume, "vol-2"), XVDA),
        uid(Role::AttachedTo, Kind::Instance, "i-1"),
    ];
    let events = [
        event(Provider::Aws, "02:30", Class::SnapshotCopy, &made),
        event(Provider::Aws, "02:30", Class::VolumeAttach, &attach),
        event(Provider::Aws, "02:30", Class::VolumeDelete, &[uid(Role::Subject, Kind::Volume, "vol-1")]),
    ];
    for end in [End::Failed, End::Denied, End::DryRun, End::Started] {
        let failed: Vec<AuditEvent> =
            events.iter().map(|event| AuditEvent { outcome: Outcome::plain(end), ..event.clone() }).collect();
        assert_eq!(graph(&reverted(), &failed), of(&reverted()), "{end}");
    }
}

#[test]
fn what_one_operation_made_of_several_things_is_told_by_their_states_alone() {
    let targets = [
        uid(Role::Created, Kind::Snapshot, "snap-1"),
        uid(Role::Created, Kind::Snapshot, "snap-2"),
        uid(Role::Source, Kind::Volume, "vol-1"),
        uid(Role::Source, Kind::Volume, "vol-2"),
    ];
    let lineage = graph(&[], &[event(Provider::Aws, "01:30", Class::SnapshotCreate, &targets)]);
    assert_eq!(edges(&lineage), <[&str; 0]>::default());
    assert_eq!(node(&lineage, Kind::Snapshot, "snap-1").created_at, Some(at("01:30")));
}

#[test]
fn a_disk_under_the_same_name_is_another_occupant() {
    let instance = gcp(Kind::Instance, "1", "web").born("00:10").holding("boot", "web");
    let lives = [
        since(1, instance),
        life(&[(1, 3, gcp(Kind::Volume, "101", "web").born("00:10"))]),
        since(3, gcp(Kind::Volume, "102", "web").born("02:30").from(Kind::Snapshot, "201")),
        since(2, gcp(Kind::Snapshot, "201", "s").born("01:30").from(Kind::Volume, "101")),
    ];
    let lineage = of(&lives);
    assert_eq!(stood(&lineage), ["101 00:10~01:00..02:00~03:00", "102 02:30~03:00.."]);
    assert_eq!(edges(&lineage), ["102 from-snapshot 201", "201 of-volume 101"]);
    let attach = [
        slotted(address(Role::Subject, Kind::Volume, path(Kind::Volume, "web")), "boot"),
        address(Role::AttachedTo, Kind::Instance, path(Kind::Instance, "web")),
    ];
    let lineage = graph(&lives, &[event(Provider::Gcp, "02:40", Class::VolumeAttach, &attach)]);
    assert_eq!(stood(&lineage), ["101 00:10~01:00..02:00~02:40", "102 02:40.."]);
}

#[test]
fn an_address_leads_to_what_stood_there_when_the_child_was_made() {
    let image = |uid, born| azure(Kind::Image, uid, "golden").born(born);
    let link = Link::to_locator(Rel::CreatedFrom, Kind::Image, Locator::new(arm(Kind::Image, "golden")));
    let disk = |uid: &str, born: &str| azure(Kind::Volume, uid, uid).born(born).linked(link.clone());
    let lives = [
        life(&[(1, 3, image("golden-1", "00:10"))]),
        since(3, image("golden-2", "02:30")),
        since(2, disk("d-1", "01:30")),
        since(4, disk("d-2", "03:30")),
        since(1, disk("d-0", "00:05")),
    ];
    let arm = arm(Kind::Image, "golden");
    let expected = [
        format!("d-0 from-image {arm}"),
        "d-1 from-image golden-1".to_owned(),
        "d-2 from-image golden-2".to_owned(),
    ];
    assert_eq!(edges(&of(&lives)), expected, "what came before both images comes from neither");
}

#[test]
fn ids_of_azure_know_no_case() {
    let disk = Link { locator: None, ..Link::to_uid(Rel::TakenFrom, Kind::Volume, "AB-1") };
    let lives = [
        since(1, azure(Kind::Volume, "ab-1", "d")),
        since(1, azure(Kind::Snapshot, "cd-1", "s").linked(disk)),
    ];
    let lineage = of(&lives);
    assert_eq!(edges(&lineage), ["cd-1 of-volume ab-1"]);
    assert_eq!(lineage.nodes.len(), 2);
}

#[test]
fn a_swap_of_an_azure_disk_is_dated_by_what_both_disks_prove() {
    let vm = |disk| azure(Kind::Instance, "vm", "web").born("00:10").holding("os", disk);
    let owned = "LastOwnershipUpdateTime";
    let lives = [
        life(&[(1, 3, vm("old")), (3, 0, vm("new"))]),
        life(&[
            (1, 3, azure(Kind::Volume, "v-old", "old").born("00:10").proving(owned, "00:20")),
            (3, 0, azure(Kind::Volume, "v-old", "old").born("00:10").proving(owned, "02:21")),
        ]),
        since(3, azure(Kind::Volume, "v-new", "new").born("02:10").proving(owned, "02:25")),
    ];
    assert_eq!(stood(&of(&lives)), ["v-old 00:10~00:20..02:21", "v-new 02:21~02:25.."]);
}

#[test]
fn a_disk_that_was_out_and_back_between_two_scans_is_there_twice() {
    let vm = gcp(Kind::Instance, "1", "web").born("00:10").holding("boot", "web");
    let disk = |out: &str, back: &str| {
        let disk = gcp(Kind::Volume, "101", "web").born("00:10");
        disk.proving("lastDetachTimestamp", out).proving("lastAttachTimestamp", back)
    };
    let lives =
        [since(1, vm.clone()), life(&[(1, 3, disk("00:01", "00:10")), (3, 0, disk("02:20", "02:50"))])];
    assert_eq!(stood(&of(&lives)), ["101 00:10..02:20", "101 02:50.."]);
    let swap = |clock, class, role, name: &str| {
        let machine = if class == Class::VolumeAttach { Role::AttachedTo } else { Role::Subject };
        let machine = address(machine, Kind::Instance, path(Kind::Instance, "web"));
        match class {
            Class::VolumeDetach => event(Provider::Gcp, clock, class, &[slotted(machine, "boot")]),
            _ => event(
                Provider::Gcp,
                clock,
                class,
                &[machine, slotted(address(role, Kind::Volume, path(Kind::Volume, name)), "boot")],
            ),
        }
    };
    let events = [
        swap("02:20", Class::VolumeDetach, Role::Subject, "web"),
        swap("02:22", Class::VolumeAttach, Role::Subject, "evil"),
        swap("02:45", Class::VolumeDetach, Role::Subject, "evil"),
        swap("02:50", Class::VolumeAttach, Role::Subject, "web"),
    ];
    let evil = format!("{} 02:22..02:45", path(Kind::Volume, "evil"));
    assert_eq!(stood(&graph(&lives, &events)), ["101 00:10..02:20", &evil, "101 02:50.."]);
    // The log alone tells it as well.
    let unproven = [since(1, vm), since(1, gcp(Kind::Volume, "101", "web").born("00:10"))];
    assert_eq!(stood(&graph(&unproven, &events)), ["101 00:10~01:00..02:20", &evil, "101 02:50.."]);
}

#[test]
fn an_attach_time_that_moves_is_a_volume_that_was_out() {
    let lives = [life(&[
        (1, 3, machine("vol-1").proving(ROOT_TIME, "00:10")),
        (3, 0, machine("vol-1").proving(ROOT_TIME, "02:40")),
    ])];
    assert_eq!(stood(&of(&lives)), ["vol-1 00:10..02:00~02:40", "vol-1 02:40.."]);
}

#[test]
fn a_replaced_root_is_dated_by_the_operation() {
    let lives = [life(&[(1, 3, machine("vol-1")), (3, 0, machine("vol-2"))])];
    let replaced = event(
        Provider::Aws,
        "02:15",
        Class::InstanceRevert,
        &[uid(Role::Subject, Kind::Instance, "i-1"), uid(Role::Source, Kind::Snapshot, "snap-1")],
    );
    let lineage = graph(&lives, std::slice::from_ref(&replaced));
    assert_eq!(stood(&lineage), ["vol-1 00:10~01:00..02:15", "vol-2 02:15.."]);
    assert!(lineage.occupancies.iter().all(|held| held.known_by.events.contains(&replaced.id)));
}

#[test]
fn a_swap_that_no_scan_saw_is_told_by_the_log_alone() {
    let on = |role, volume: &str| {
        [slotted(uid(Role::Subject, Kind::Volume, volume), XVDA), uid(role, Kind::Instance, "i-7")]
    };
    let made = [uid(Role::Created, Kind::Volume, "vol-2"), uid(Role::Source, Kind::Snapshot, "snap-1")];
    let taken = [uid(Role::Created, Kind::Snapshot, "snap-1"), uid(Role::Source, Kind::Volume, "vol-1")];
    let events = [
        event(Provider::Aws, "01:00", Class::SnapshotCreate, &taken),
        event(Provider::Aws, "02:10", Class::VolumeDetach, &on(Role::AttachedTo, "vol-1")),
        event(Provider::Aws, "02:11", Class::VolumeCreate, &made),
        event(Provider::Aws, "02:12", Class::VolumeAttach, &on(Role::AttachedTo, "vol-2")),
    ];
    let lineage = graph(&[], &events);
    assert_eq!(stood(&lineage), ["vol-1 ?~02:10..02:10", "vol-2 02:12.."]);
    assert_eq!(edges(&lineage), ["vol-2 from-snapshot snap-1", "snap-1 of-volume vol-1"]);
    assert_eq!(node(&lineage, Kind::Volume, "vol-2").content_at, Some(at("01:00")));
    assert!(lineage.occupancies.iter().all(|held| held.root && !held.known_by.state));
}

#[test]
fn a_write_that_had_not_taken_effect_when_the_scan_looked_swaps_once() {
    let vm = |disk| azure(Kind::Instance, "vm", "web").born("00:10").holding("os", disk);
    let disk = |uid: &str, name: &str| azure(Kind::Volume, uid, name).born("00:10");
    let lives = [
        life(&[(1, 3, vm("old")), (3, 0, vm("new"))]),
        since(1, disk("v-old", "old")),
        since(1, disk("v-new", "new")),
    ];
    let written = [
        uid(Role::Subject, Kind::Instance, "vm"),
        slotted(address(Role::Attached, Kind::Volume, arm(Kind::Volume, "new")), "os"),
    ];
    let lineage = graph(&lives, &[event(Provider::Azure, "01:50", Class::InstanceModify, &written)]);
    assert_eq!(stood(&lineage), ["v-old 00:10~01:00..02:00", "v-new 02:00.."]);
    let lineage = graph(&lives, &[event(Provider::Azure, "02:50", Class::InstanceModify, &written)]);
    assert_eq!(stood(&lineage), ["v-old 00:10~01:00..02:00~02:50", "v-new 02:50.."]);
}

#[test]
fn an_image_of_another_account_is_foreign() {
    let link = |locator: &str| Link::to_locator(Rel::CreatedFrom, Kind::Image, Locator::new(locator));
    let market =
        "/subscriptions/s/providers/microsoft.compute/locations/l/publishers/p/artifacttypes/vmimage";
    let lives = [
        since(1, azure(Kind::Volume, "d-1", "a").linked(link(market))),
        since(1, azure(Kind::Volume, "d-2", "b").linked(link(&arm(Kind::Image, "golden")))),
        since(1, gcp(Kind::Volume, "1", "c").linked(link("projects/debian-cloud/global/images/debian"))),
        since(1, gcp(Kind::Volume, "2", "d").linked(link("projects/p/global/images/own"))),
    ];
    let lineage = of(&lives);
    let foreign: Vec<_> =
        lineage.nodes.values().filter(|node| node.foreign).map(|node| node.key.id.as_str()).collect();
    assert_eq!(foreign, [market, "projects/debian-cloud/global/images/debian"]);
}

#[test]
fn what_lies_in_a_recycle_bin_keeps_its_ancestry() {
    let recycled = aws(Kind::Recycled, "snap-1").linked(Link::to_uid(Rel::TakenFrom, Kind::Volume, "vol-1"));
    let lineage = of(&[since(1, recycled)]);
    assert_eq!(edges(&lineage), ["snap-1 of-volume vol-1"]);
    assert_eq!(node(&lineage, Kind::Snapshot, "snap-1").seen, None);
}

#[test]
fn an_ancestry_that_goes_in_circles_ends() {
    let lives = [
        since(1, volume("vol-1").from(Kind::Volume, "vol-2")),
        since(1, volume("vol-2").from(Kind::Volume, "vol-1")),
        since(1, snapshot("snap-1").from(Kind::Snapshot, "snap-1")),
    ];
    let lineage = of(&lives);
    assert_eq!(edges(&lineage), ["vol-1 from-volume vol-2", "vol-2 from-volume vol-1"]);
}

#[test]
fn an_address_that_no_scan_saw_is_what_others_say_stood_there() {
    let source = Link::to_uid(Rel::CopiedFrom, Kind::Volume, "v-old");
    let source = Link { locator: Some(Locator::new(arm(Kind::Volume, "old"))), ..source };
    let copy = azure(Kind::Volume, "v-new", "new").born("02:10").linked(source.clone());
    let vm = |disk| azure(Kind::Instance, "vm", "web").born("00:10").holding("os", disk);
    let lives = [life(&[(1, 3, vm("old")), (3, 0, vm("new"))]), since(3, copy)];
    let lineage = of(&lives);
    assert_eq!(stood(&lineage), ["v-old 00:10~01:00..02:00~03:00", "v-new 02:10~03:00.."]);
    assert_eq!(edges(&lineage), ["v-new from-volume v-old"]);
    // Where others say that two stood there, it is neither.
    let other = Link { uid: Some(crate::model::Uid::new("v-other")), ..source };
    let second = azure(Kind::Snapshot, "s", "s").born("02:20").linked(Link { rel: Rel::TakenFrom, ..other });
    let lineage = of(&[lives[0].clone(), lives[1].clone(), since(3, second)]);
    assert_eq!(stood(&lineage)[0], format!("{} 00:10~01:00..02:00~03:00", arm(Kind::Volume, "old")));
}

#[test]
fn a_snapshot_that_lived_between_the_scans_joins_its_disk_to_its_child() {
    let taken = event(
        Provider::Gcp,
        "02:05",
        Class::SnapshotCreate,
        &[
            address(Role::Created, Kind::Snapshot, path(Kind::Snapshot, "s")),
            address(Role::Source, Kind::Volume, path(Kind::Volume, "web")),
        ],
    );
    let source = Link::to_uid(Rel::CreatedFrom, Kind::Snapshot, "201");
    let source = Link { locator: Some(Locator::new(path(Kind::Snapshot, "s"))), ..source };
    let lives = [
        since(1, gcp(Kind::Volume, "101", "web").born("00:10")),
        since(3, gcp(Kind::Volume, "102", "new").born("02:30").linked(source)),
    ];
    let lineage = graph(&lives, &[taken]);
    assert_eq!(edges(&lineage), ["102 from-snapshot 201", "201 of-volume 101"]);
    assert_eq!(node(&lineage, Kind::Volume, "102").content_at, Some(at("02:05")));
}

/// Lives and events of which several tell of the same.
fn tangle() -> (Vec<Life>, Vec<AuditEvent>) {
    let mut lives = reverted();
    lives.push(since(1, gcp(Kind::Instance, "1", "web").born("00:10").holding("boot", "web")));
    lives.push(life(&[(1, 3, gcp(Kind::Volume, "101", "web").born("00:10"))]));
    lives.push(since(3, gcp(Kind::Volume, "102", "web").born("02:30").from(Kind::Snapshot, "201")));
    lives.push(life(&[(1, 2, snapshot("snap-7")), (4, 6, snapshot("snap-7"))]));
    let snap = |clock, uid: Option<&str>, name| {
        let made = address(Role::Created, Kind::Snapshot, path(Kind::Snapshot, name));
        let made = crate::model::Target { uid: uid.map(crate::model::Uid::new), ..made };
        let disk = address(Role::Source, Kind::Volume, path(Kind::Volume, "web"));
        event(Provider::Gcp, clock, Class::SnapshotCreate, &[made, disk])
    };
    let attach = [
        slotted(uid(Role::Subject, Kind::Volume, "vol-9"), XVDA),
        uid(Role::AttachedTo, Kind::Instance, "i-1"),
    ];
    let events = vec![
        snap("01:20", None, "s"),
        snap("01:40", None, "s"),
        snap("02:40", Some("201"), "s"),
        event(Provider::Aws, "01:30", Class::VolumeAttach, &attach),
        event(Provider::Aws, "01:45", Class::VolumeDetach, &attach),
        event(Provider::Aws, "05:45", Class::SnapshotDelete, &[uid(Role::Subject, Kind::Snapshot, "snap-7")]),
    ];
    (lives, events)
}

#[test]
fn ghosts_under_one_name_are_two() {
    let (lives, events) = tangle();
    let lineage = graph(&lives, &events);
    let ghosts: Vec<_> = lineage
        .nodes
        .keys()
        .filter(|key| key.kind == Kind::Snapshot && key.id.starts_with("projects/"))
        .collect();
    assert_eq!(ghosts.len(), 2, "{ghosts:?}");
}

proptest! {
    #[test]
    fn the_order_of_lives_and_events_means_nothing(
        lives in Just(tangle().0).prop_shuffle(),
        events in Just(tangle().1).prop_shuffle(),
    ) {
        let (all, told) = tangle();
        prop_assert_eq!(graph(&lives, &events), graph(&all, &told));
    }

    #[test]
    fn events_that_are_told_twice_tell_it_once(events in Just([tangle().1, tangle().1].concat()).prop_shuffle()) {
        let (all, told) = tangle();
        prop_assert_eq!(graph(&all, &events), graph(&all, &told));
    }

    #[test]
    fn whoever_stands_in_a_slot_stands_there_alone_and_in_order(events in Just(tangle().1).prop_shuffle()) {
        let lineage = graph(&tangle().0, &events);
        for pair in lineage.occupancies.windows(2) {
            if (&pair[0].instance, &pair[0].slot) == (&pair[1].instance, &pair[1].slot) {
                let out = pair[0].detached.unwrap();
                proptest::prop_assert!(out.from <= pair[1].attached.to, "{:?}", pair);
                proptest::prop_assert!(pair[0].attached.from <= out.to);
            }
        }
    }
}
