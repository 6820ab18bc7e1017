//! Whatever the input: a clear error or a named partial scope, never a panic, never a lost good record,
//! never a false vanish.

use driftline::model::{CoverageStatus, Kind};
use driftline::pipeline::{Imported, ScanError};
use driftline::sources::files::Defaults;
use driftline::store::Store;
use serde_json::{Value, json};

use super::support::{Dump, REGION, claim, codes, kinds, scan, try_scan, volume, volumes};

/// Imports a good listing of two volumes, then a bad one that is called complete; asserts that nothing
/// vanished and that the scope is partial, and returns the second import.
fn partial(body: &[u8]) -> (Store, Imported) {
    let mut store = Store::in_memory().unwrap();
    let good = volumes(&[volume("vol-1"), volume("vol-2")]);
    scan(&mut store, 1, Dump::complete(&[("v.json", Kind::Volume, &good)]).path());
    let dump = Dump::complete(&[("v.json", Kind::Volume, "")]);
    dump.write("v.json", body);
    let imported = scan(&mut store, 2, dump.path());
    assert_eq!(kinds(&store), [], "a false change");
    let status = imported.coverage.iter().map(|row| row.status).collect::<Vec<_>>();
    assert_eq!(status, [CoverageStatus::Partial], "{imported:#?}");
    (store, imported)
}

#[test]
fn what_is_no_json_is_named() {
    let (_, imported) = partial(b"Unable to locate credentials");
    assert_eq!(codes(&imported), ["not-json"]);
}

#[test]
fn truncated_json_keeps_what_came_before_the_cut() {
    let body = volumes(&[volume("vol-1"), volume("vol-2")]);
    let (_, imported) = partial(&body.as_bytes()[..body.len() - 40]);
    assert_eq!(codes(&imported), ["truncated"]);
    assert_eq!(imported.progress.resources, 1);
}

#[test]
fn truncated_gzip_keeps_what_came_before_the_cut() {
    use std::io::Write as _;
    let many: Vec<Value> = (0..2_000).map(|number| volume(&format!("vol-{number:017x}"))).collect();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(volumes(&many).as_bytes()).unwrap();
    let packed = encoder.finish().unwrap();
    let mut store = Store::in_memory().unwrap();
    let dump = Dump::complete(&[("v.json.gz", Kind::Volume, "")]);
    dump.write("v.json.gz", &packed[..packed.len() / 2]);
    let imported = scan(&mut store, 1, dump.path());
    assert_eq!(codes(&imported), ["truncated"]);
    assert!(imported.progress.resources > 100, "{}", imported.progress.resources);
}

#[test]
fn an_element_without_an_id_is_kept_raw_and_its_neighbours_are_read() {
    let nameless = json!({ "AvailabilityZone": "eu-west-1a", "Size": 8, "VolumeType": "gp3" });
    let (store, imported) = partial(volumes(&[volume("vol-1"), nameless, volume("vol-2")]).as_bytes());
    assert_eq!(codes(&imported), ["no-id"]);
    assert_eq!(imported.progress.resources, 2);
    let odd = store.odd_elements(imported.scan.id).unwrap();
    assert_eq!(odd.len(), 1);
    assert!(String::from_utf8_lossy(&odd[0].raw).contains("gp3"));
}

#[test]
fn an_element_that_is_no_object_is_kept_raw() {
    let (_, imported) = partial(volumes(&[volume("vol-1"), json!("oops")]).as_bytes());
    assert_eq!(codes(&imported), ["wrong-type"]);
    assert_eq!(imported.progress.resources, 1);
}

#[test]
fn invalid_utf8_costs_its_element_only() {
    let mut body = volumes(&[volume("vol-1"), volume("vol-X"), volume("vol-2")]).into_bytes();
    let at = body.windows(5).position(|window| window == b"vol-X").unwrap();
    body[at + 4] = 0xff;
    let (_, imported) = partial(&body);
    assert_eq!(codes(&imported), ["not-json"]);
    assert_eq!(imported.progress.resources, 2);
}

#[test]
fn deep_nesting_costs_its_element_only() {
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let body = volumes(&[volume("vol-1"), json!("DEEP"), volume("vol-2")]).replace("\"DEEP\"", &deep);
    let (_, imported) = partial(body.as_bytes());
    assert_eq!(imported.progress.resources, 2);
    assert_eq!(codes(&imported), ["not-json"]);
}

#[test]
fn a_date_out_of_range_costs_its_field_only() {
    let mut strange = volume("vol-2");
    strange["CreateTime"] = json!("0001-01-01T00:00:00Z");
    let mut store = Store::in_memory().unwrap();
    let body = volumes(&[volume("vol-1"), strange]);
    let imported = scan(&mut store, 1, Dump::complete(&[("v.json", Kind::Volume, &body)]).path());
    assert_eq!(codes(&imported), ["date-out-of-range"]);
    assert_eq!(imported.progress.resources, 2);
}

#[test]
fn an_odd_element_is_told_by_every_scan_that_sees_it() {
    let mut strange = volume("vol-1");
    strange["CreateTime"] = json!("soon");
    let mut store = Store::in_memory().unwrap();
    let dump = Dump::complete(&[("v.json", Kind::Volume, &volumes(&[strange]))]);
    for hour in [1, 2] {
        assert_eq!(codes(&scan(&mut store, hour, dump.path())), ["wrong-type"], "scan {hour}");
    }
}

#[test]
fn a_known_state_and_another_of_one_uid_make_the_scope_partial_whatever_the_order() {
    let mut other = volume("vol-1");
    other["Size"] = json!(16);
    let mut seals = Vec::new();
    for listing in [[volume("vol-1"), other.clone()], [other, volume("vol-1")]] {
        let mut store = Store::in_memory().unwrap();
        scan(&mut store, 1, Dump::complete(&[("v.json", Kind::Volume, &volumes(&[volume("vol-1")]))]).path());
        let dump = Dump::complete(&[("v.json", Kind::Volume, &volumes(&listing))]);
        let imported = scan(&mut store, 2, dump.path());
        assert_eq!(codes(&imported), ["duplicate-uid"]);
        seals.push(imported.scan.seal);
    }
    assert_eq!(seals[0], seals[1]);
}

#[test]
fn the_same_uid_twice_in_two_states_makes_the_scope_partial_whatever_the_order() {
    let mut other = volume("vol-1");
    other["Size"] = json!(16);
    let mut seals = Vec::new();
    for listing in [[volume("vol-1"), other.clone()], [other, volume("vol-1")]] {
        let mut store = Store::in_memory().unwrap();
        let dump = Dump::complete(&[("v.json", Kind::Volume, &volumes(&listing))]);
        let imported = scan(&mut store, 1, dump.path());
        assert_eq!(codes(&imported), ["duplicate-uid"]);
        seals.push(imported.scan.seal);
    }
    assert_eq!(seals[0], seals[1]);
}

/// Two files that both list `vol-1`, each called complete, in this order.
fn two_listings(names: [&str; 2], other: &Value, location: &str) -> Dump {
    let dump = Dump::new(&[
        (names[0], &volumes(&[volume("vol-1")])),
        (names[1], &volumes(std::slice::from_ref(other))),
    ]);
    let mut claims = names.map(|name| claim(name, Kind::Volume));
    claims[1]["location"] = json!(location);
    dump.manifest(&claims);
    dump
}

#[test]
fn the_same_uid_in_two_locations_makes_both_partial_whichever_is_read_first() {
    let mut other = volume("vol-1");
    other["AvailabilityZone"] = json!("us-east-1a");
    for names in [["a.json", "b.json"], ["b.json", "a.json"]] {
        let mut store = Store::in_memory().unwrap();
        let dump = two_listings(names, &other, "us-east-1");
        for hour in [1, 2] {
            let imported = scan(&mut store, hour, dump.path());
            assert_eq!(codes(&imported), ["duplicate-uid", "duplicate-uid"], "{names:?} at {hour}");
            assert_eq!(kinds(&store), [], "{names:?} at {hour}");
        }
    }
}

#[test]
fn the_same_uid_in_two_states_is_trouble_in_every_scan_that_sees_it() {
    let mut other = volume("vol-1");
    other["Size"] = json!(16);
    for names in [["a.json", "b.json"], ["b.json", "a.json"]] {
        let mut store = Store::in_memory().unwrap();
        let dump = two_listings(names, &other, REGION);
        for hour in [1, 2, 3] {
            let imported = scan(&mut store, hour, dump.path());
            assert_eq!(codes(&imported), ["duplicate-uid"], "{names:?} at {hour}");
        }
    }
}

#[test]
fn the_same_uid_twice_in_the_same_state_is_no_trouble() {
    let mut store = Store::in_memory().unwrap();
    let body = volumes(&[volume("vol-1"), volume("vol-1")]);
    let imported = scan(&mut store, 1, Dump::complete(&[("v.json", Kind::Volume, &body)]).path());
    assert_eq!(codes(&imported), [""; 0]);
}

#[test]
fn a_listing_of_the_wrong_cloud_confirms_nothing_and_is_read_all_the_same() {
    let disk = json!([{ "id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/disks/d",
        "type": "Microsoft.Compute/disks", "name": "d", "location": "westeurope", "uniqueId": "u-1",
        "timeCreated": "2026-01-01T00:00:00Z", "diskSizeGB": 8, "creationData": { "createOption": "Empty" } }]);
    let mut store = Store::in_memory().unwrap();
    let dump = Dump::complete(&[("v.json", Kind::Volume, &disk.to_string())]);
    let imported = scan(&mut store, 1, dump.path());
    assert_eq!(imported.progress.resources, 1);
    assert!(imported.coverage.iter().all(|row| row.status != CoverageStatus::Complete), "{imported:#?}");
    assert!(codes(&imported).contains(&"mismatch".to_owned()));
}

#[test]
fn an_unreadable_file_in_a_folder_is_named_and_the_others_are_read() {
    let mut store = Store::in_memory().unwrap();
    let dump = Dump::new(&[("v.json", &volumes(&[volume("vol-1")]))]);
    std::os::unix::fs::symlink("nowhere", dump.path().join("w.json")).unwrap();
    let imported = scan(&mut store, 1, dump.path());
    assert_eq!(imported.progress.resources, 1);
    assert_eq!(imported.strays.len(), 1);
    assert!(imported.strays[0].fault.is_some());
}

#[test]
fn a_broken_answer_about_one_resource_is_named_and_kept() {
    let mut store = Store::in_memory().unwrap();
    let dump = Dump::complete(&[("v.json", Kind::Volume, &volumes(&[volume("vol-1")]))]);
    let good = json!({ "SnapshotId": "snap-1", "CreateVolumePermissions": [{ "Group": "all" }] }).to_string();
    dump.write("cut.json", format!("{good}{}", &good[..20]).as_bytes());
    let imported = scan(&mut store, 1, dump.path());
    assert_eq!(imported.strays.len(), 1, "{imported:#?}");
    assert_eq!(imported.strays[0].name, "cut.json");
    assert!(imported.coverage.iter().all(|row| row.status == CoverageStatus::Complete));
}

#[test]
fn a_folder_without_inventory_is_an_error_that_names_what_is_there() {
    let mut store = Store::in_memory().unwrap();
    let dump = Dump::new(&[("other.json", r#"{"Vpcs":[{"VpcId":"vpc-1"}]}"#)]);
    let refused = try_scan(&mut store, 1, &[dump.path()], Defaults::default());
    let Err(ScanError::Nothing { strays }) = refused else { panic!("{refused:?}") };
    assert_eq!(strays[0].name, "other.json");
    assert_eq!(store.latest().unwrap(), None);
}

#[test]
fn an_answer_about_a_resource_that_nothing_lists_is_named() {
    let mut store = Store::in_memory().unwrap();
    let answer = r#"{"SnapshotId":"snap-1","CreateVolumePermissions":[{"Group":"all"}]}"#;
    let dump = Dump::new(&[("grants.json", answer)]);
    let refused = try_scan(&mut store, 1, &[dump.path()], Defaults::default());
    let Err(ScanError::Nothing { strays }) = refused else { panic!("{refused:?}") };
    assert_eq!(strays[0].name, "grants.json");
    assert!(strays[0].fault.as_ref().is_some_and(|fault| fault.contains("no file lists")), "{strays:?}");
}

#[test]
fn a_file_that_was_named_is_never_passed_over_for_its_name() {
    let mut store = Store::in_memory().unwrap();
    let dump = Dump::new(&[("notes.txt", "not json")]);
    let refused = try_scan(&mut store, 1, &[&dump.path().join("notes.txt")], Defaults::default());
    let Err(ScanError::Nothing { strays }) = refused else { panic!("{refused:?}") };
    assert!(strays[0].fault.is_some());
}

#[test]
fn a_refused_import_leaves_the_store_ready_for_the_next() {
    let mut store = Store::in_memory().unwrap();
    let empty = Dump::new(&[]);
    try_scan(&mut store, 1, &[empty.path()], Defaults::default()).unwrap_err();
    let good = Dump::complete(&[("v.json", Kind::Volume, &volumes(&[volume("vol-1")]))]);
    assert_eq!(scan(&mut store, 2, good.path()).progress.resources, 1);
}

/// A listing cut, flipped or repeated anywhere must not panic, and must not invent a vanish.
#[test]
fn no_damage_to_a_listing_makes_a_volume_vanish_that_it_still_holds() {
    let good = volumes(&[volume("vol-1"), volume("vol-2")]);
    for at in (0..good.len()).step_by(7) {
        let mut store = Store::in_memory().unwrap();
        scan(&mut store, 1, Dump::complete(&[("v.json", Kind::Volume, &good)]).path());
        let mut bytes = good.clone().into_bytes();
        bytes.truncate(at);
        let dump = Dump::complete(&[("v.json", Kind::Volume, "")]);
        dump.write("v.json", &bytes);
        scan(&mut store, 2, dump.path());
        assert_eq!(kinds(&store), [], "cut at {at}");
    }
}
