use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use driftline::sources::files::Manifest;
use serde_json::Value;
use tempfile::TempDir;

use crate::generator::{Format, Layout, Options, Provider, Tally, generate};

fn options(out: &Path) -> Options {
    Options {
        resources: 3_000,
        churn: 0.02,
        seed: 7,
        generation: 0,
        provider: Provider::All,
        format: Format::Cli,
        layout: Layout::Compact,
        shuffle: None,
        out: out.to_owned(),
    }
}

/// Makes an estate and returns its files by path.
fn make(change: impl FnOnce(&mut Options)) -> (Tally, BTreeMap<String, String>) {
    let folder = TempDir::new().unwrap();
    let mut options = options(folder.path());
    change(&mut options);
    let tally = generate(&options).unwrap();
    let manifest = fs::read_to_string(folder.path().join("manifest.json")).unwrap();
    let listed = Manifest::parse(manifest.as_bytes()).unwrap().unwrap().files;
    let read = |path: String| {
        let text = fs::read_to_string(folder.path().join(&path)).unwrap();
        (path, text)
    };
    let mut files: BTreeMap<_, _> = listed.into_iter().map(|file| read(file.path)).collect();
    files.insert("manifest.json".to_owned(), manifest);
    (tally, files)
}

/// Returns every element by its id.
fn elements(files: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let lines = files.iter().filter(|(path, _)| path.ends_with(".ndjson")).flat_map(|(_, text)| text.lines());
    lines.map(|line| (id_of(&serde_json::from_str(line).unwrap()), line.to_owned())).collect()
}

fn id_of(element: &Value) -> String {
    // An attribute of the same name may refer to another resource: the most specific id counts.
    let id = ["InstanceId", "SnapshotId", "VolumeId", "vmId", "uniqueId", "id"].into_iter();
    let mut id = id.filter(|name| *name != "SnapshotId" || element.get("StartTime").is_some());
    id.find_map(|name| element.get(name)?.as_str()).unwrap().to_owned()
}

#[expect(clippy::cast_precision_loss, reason = "counts are small")]
fn share(count: usize, of: usize) -> f64 {
    count as f64 / of as f64
}

#[test]
fn the_same_options_give_the_same_bytes_and_another_seed_gives_others() {
    let one = make(|options| options.generation = 1);
    assert_eq!(one, make(|options| options.generation = 1));
    assert_ne!(one.1, make(|options| (options.generation, options.seed) = (1, 8)).1);
}

#[test]
fn a_generation_differs_from_the_one_before_in_the_share_that_was_asked_for() {
    for generation in [1, 2] {
        let at = |generation| {
            make(|options| {
                (options.resources, options.format, options.generation) =
                    (30_000, Format::Ndjson, generation);
            })
        };
        let ((_, before), (tally, after)) = (at(generation - 1), at(generation));
        let (before, after) = (elements(&before), elements(&after));
        let created = after.keys().filter(|id| !before.contains_key(*id)).count();
        let deleted = before.keys().filter(|id| !after.contains_key(*id)).count();
        let changed = before.iter().filter(|(id, old)| after.get(*id).is_some_and(|new| new != *old)).count();
        let count = |number: usize| u64::try_from(number).unwrap();
        assert_eq!((tally.created, tally.deleted), (count(created), count(deleted)));
        assert_eq!(tally.modified + tally.moved, count(changed));
        let all = created + deleted + changed;
        assert!((share(all, before.len()) - 0.02).abs() < 0.002, "{all} of {}", before.len());
        assert!((share(created, all) - 0.2).abs() < 0.05, "{created} of {all}");
        assert!((share(deleted, all) - 0.2).abs() < 0.05, "{deleted} of {all}");
    }
}

#[test]
fn an_estate_has_the_size_that_was_asked_for_and_each_id_once() {
    let (tally, files) = make(|options| options.format = Format::Ndjson);
    assert_eq!((tally.resources, elements(&files).len()), (3_000, 3_000));
}

#[test]
fn a_shuffled_estate_holds_the_same_elements_in_another_order() {
    let (tally, plain) = make(|options| options.format = Format::Ndjson);
    let (again, shuffled) = make(|options| (options.format, options.shuffle) = (Format::Ndjson, Some(1)));
    assert_eq!((tally, elements(&plain)), (again, elements(&shuffled)));
    assert_ne!(plain, shuffled);
}

#[test]
fn a_listing_is_the_same_document_in_either_layout() {
    let parse = |layout| {
        let (_, files) = make(|options| (options.resources, options.layout) = (300, layout));
        files.into_values().map(|text| serde_json::from_str::<Value>(&text).unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(parse(Layout::Compact), parse(Layout::Pretty));
}

#[test]
fn what_is_attached_is_attached_on_both_sides() {
    let (_, files) = make(|options| {
        (options.provider, options.churn, options.generation) = (Provider::Aws, 0.2, 2);
    });
    let list = |path: &str| {
        let texts = files.iter().filter(move |(name, _)| name.ends_with(path));
        texts.map(|(_, text)| serde_json::from_str::<Value>(text).unwrap()).collect::<Vec<_>>()
    };
    let at = |value: &Value, path: &str| value.pointer(path).and_then(Value::as_array).cloned().unwrap();
    let text = |value: &Value, path: &str| value.pointer(path).unwrap().as_str().unwrap().to_owned();
    let mut of_instances = Vec::new();
    for reservation in list("instances.json").iter().flat_map(|body| at(body, "/Reservations")) {
        for mapping in at(&reservation, "/Instances/0/BlockDeviceMappings") {
            let instance = text(&reservation, "/Instances/0/InstanceId");
            of_instances.push((instance, text(&mapping, "/Ebs/VolumeId"), text(&mapping, "/DeviceName")));
        }
    }
    let mut of_volumes = Vec::new();
    for volume in list("volumes.json").iter().flat_map(|body| at(body, "/Volumes")) {
        for attachment in at(&volume, "/Attachments") {
            let [instance, device] = ["/InstanceId", "/Device"].map(|path| text(&attachment, path));
            of_volumes.push((instance, text(&volume, "/VolumeId"), device));
        }
    }
    of_instances.sort();
    of_volumes.sort();
    assert!(of_volumes.len() > 500);
    assert_eq!(of_instances, of_volumes);
}
