//! What is lost with a snapshot.

use super::*;

#[test]
fn the_body_of_an_image_is_no_last_copy_of_a_disk_that_is_long_gone() {
    let mut world = World::default();
    let key = ResourceKey { provider: Provider::Aws, kind: Kind::Image, uid: Uid::new("ami-1") };
    let mut image =
        Resource::new(key, AccountId::new(ACCOUNT), Location::new("eu-west-1"), Locator::new("ami-1"));
    image.links.insert(Link::to_uid(Rel::BackedBy, Kind::Snapshot, "snap-1"));
    world.changes.push(change(ChangeKind::Vanished, image, None, TraceState::Explained));
    let body = snapshot("snap-1", "vol-1", at(-10 * 24 * 60));
    world.vanished(10, body, person("alice"), TraceState::Explained);
    world.past.remaining = Some(Vec::new());
    assert_eq!(world.kinds(), [ChurnKind::LastCopyLost], "the disk may still be there");
    world.past.gone_disks.insert("vol-1".to_owned());
    assert_eq!(world.kinds(), []);
    world.changes.remove(0);
    assert_eq!(world.kinds(), [ChurnKind::LastCopyLost], "and no image was made of it");
}

#[test]
fn a_copy_of_a_disk_that_is_gone_is_kept_for_a_month_and_of_one_in_use_for_good() {
    let gone = |days: i64, disk_is_gone: bool| {
        let mut world = World::default();
        let copy = snapshot("snap-1", "vol-1", at(-days * 24 * 60));
        world.vanished(10, copy, person("alice"), TraceState::Explained);
        world.past.remaining = Some(Vec::new());
        world.past.gone_disks.extend(disk_is_gone.then(|| "vol-1".to_owned()));
        world.kinds()
    };
    assert_eq!(gone(60, true), []);
    assert_eq!(gone(20, true), [ChurnKind::LastCopyLost]);
    assert_eq!(gone(60, false), [ChurnKind::LastCopyLost]);
}

#[test]
fn who_made_a_copy_is_known_by_its_address_where_the_log_names_no_id() {
    let by = |maker: &str| {
        let mut world = World::default();
        let made = event("made", -60 * 48, Class::SnapshotCreate, person(maker));
        let mut made = on(made, Role::Source, Kind::Volume, "vol-1");
        made.targets.insert(Target::by_locator(
            Role::Created,
            Kind::Snapshot,
            Locator::new("snapshots/before"),
        ));
        let mut copy = snapshot("guid-1", "vol-1", at(-60 * 48));
        copy.locator = Locator::new("snapshots/before");
        world.events.push(made);
        world.vanished(10, copy, person("alice"), TraceState::Explained);
        world.past.remaining = Some(Vec::new());
        world.kinds()
    };
    assert_eq!((by("alice"), by("bob")), (vec![], vec![ChurnKind::LastCopyLost]));
}

#[test]
fn who_takes_back_copies_of_its_own_week_loses_none_and_who_deletes_older_ones_does() {
    let gone = |days: i64| {
        let mut world = World::default();
        for uid in ["snap-1", "snap-2"] {
            let taken_at = -days * 24 * 60;
            world.events.push(taken(taken_at, uid, "vol-1", person("alice")));
            world.vanished(10, snapshot(uid, "vol-1", at(taken_at)), person("alice"), TraceState::Explained);
        }
        world.past.remaining = Some(Vec::new());
        world.kinds()
    };
    assert_eq!((gone(3), gone(9)), (vec![], vec![ChurnKind::LastCopyLost]));
}

#[test]
fn a_snapshot_is_superseded_by_a_newer_one_unless_it_leaves_a_hole() {
    let counted = |gone: &[(&str, i64)], kept: &[i64]| {
        let mut world = World::default();
        for (uid, days) in gone {
            let state = snapshot(uid, "vol-1", at(-days * 24 * 60));
            world.vanished(10, state, person("alice"), TraceState::Explained);
        }
        let kept = kept.iter().map(|days| left(&format!("snap-left-{days}"), "vol-1", *days));
        world.past.remaining = Some(kept.collect());
        let ground = Ground {
            changes: &world.changes,
            residues: &[],
            events: &world.events,
            time: hour(),
            gone_policies: &world.gone,
            retention: &BTreeMap::new(),
            own_accounts: &world.own,
            established: &BTreeSet::new(),
        };
        superseded(&lives(&ground), &world.past).len()
    };
    assert_eq!(counted(&[("snap-1", 5)], &[1]), 1, "the oldest of a rotation");
    assert_eq!(counted(&[("snap-1", 5)], &[9, 1]), 1, "a year's copy is kept longer");
    assert_eq!(counted(&[("snap-1", 5)], &[9]), 0, "the newest is gone");
    assert_eq!(counted(&[("snap-1", 5), ("snap-2", 4)], &[9, 1]), 0, "a stretch of its history is gone");
    assert_eq!(counted(&[("snap-1", 5), ("snap-2", 4)], &[1]), 2);
}

#[test]
fn the_last_copy_is_lost_only_if_none_is_left_and_nobody_takes_back_its_own() {
    let world = |remaining: Vec<Remaining>, made: Option<&str>| {
        let mut world = World::default();
        world.past.remaining = Some(remaining);
        world.vanished(10, old("snap-1", "vol-1"), person("eve"), TraceState::Explained);
        world.events.extend(made.map(|name| taken(-60 * 24 * 2, "snap-1", "vol-1", person(name))));
        world
    };
    assert_eq!(world(vec![], None).kinds(), [ChurnKind::LastCopyLost]);
    assert_eq!(world(vec![], None).judged()[0].lost_sources, ["vol-1"]);
    assert_eq!(world(vec![left("snap-2", "vol-1", 1)], None).kinds(), []);
    assert_eq!(world(vec![left("snap-2", "vol-2", 1)], None).kinds(), [ChurnKind::LastCopyLost]);
    assert_eq!(world(vec![], Some("eve")).kinds(), []);
    assert_eq!(world(vec![], Some("alice")).kinds(), [ChurnKind::LastCopyLost]);
    let recycled = Remaining {
        key: NodeKey::new(Provider::Aws, Kind::Recycled, "snap-1"),
        ..left("snap-1", "vol-1", 30)
    };
    assert_eq!(world(vec![recycled], None).kinds(), []);
}

#[test]
fn the_middle_of_a_history_is_a_restore_gap_and_its_beginning_is_tidy() {
    let deletion = |remaining: Vec<Remaining>| {
        let mut world = World::default();
        for number in 0..6 {
            let created = FROM - SignedDuration::from_hours((30 - number) * 24);
            let state = snapshot(&format!("snap-{number}"), "vol-1", created);
            world.vanished(number, state, person("eve"), TraceState::Explained);
        }
        world.past.remaining = Some(remaining);
        world.judged().remove(0)
    };
    let gap = deletion(vec![left("snap-a", "vol-1", 40), left("snap-b", "vol-1", 2)]);
    assert_eq!((gap.restore_gaps.len(), gap.oldest_only), (1, false));
    assert_eq!(gap.restore_gaps[0].deleted, 6);
    let tidy = deletion(vec![left("snap-b", "vol-1", 2)]);
    assert_eq!((tidy.restore_gaps.len(), tidy.oldest_only), (0, true));
}
