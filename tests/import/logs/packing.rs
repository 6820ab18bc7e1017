//! The same log in a file, a folder, an archive, compressed or not.

use std::io::Write as _;

use driftline::pipeline::LogTree;
use driftline::sources::files::{Defaults, Dump as Opened};
use serde_json::json;

use super::support::{call, gzip, ingest_trees, look, read, records};
use crate::support::{ACCOUNT, Dump, REGION};

const OBJECT: &str = "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/01/\
                      111122223333_CloudTrail_eu-west-1_20260301T1015Z_AbCdEfGhIjKlMnOp.json.gz";

/// Packs files into a tar archive.
fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, *bytes).unwrap();
    }
    builder.into_inner().unwrap()
}

#[test]
fn every_packing_of_a_trail_holds_the_same_events() {
    let body = gzip(&records(&[call("1", 10), look("2", 11), call("3", 12)]));
    let other = records(&[call("4", 13)]);
    let files: &[(&str, &[u8])] = &[(OBJECT, &body), ("more/lines.json", other.as_bytes())];
    let folder = Dump::new(&[]);
    for (name, bytes) in files {
        folder.write(&format!("plain/{name}"), bytes);
    }
    let packed = tar(files);
    folder.write("trail.tar", &packed);
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(&packed).unwrap();
    folder.write("trail.tar.gz", &encoder.finish().unwrap());
    folder.write("trail.tar.zst", &zstd::encode_all(packed.as_slice(), 3).unwrap());
    folder.write("nested/trail.tar", &packed);
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    folder.write("trail.zip", &zip.finish().unwrap().into_inner());
    for name in ["plain", "trail.tar", "trail.tar.gz", "trail.tar.zst", "trail.zip", "nested"] {
        let read = read(&folder.path().join(name));
        let ids: Vec<_> = read.events.keys().map(String::as_str).collect();
        assert_eq!((ids, read.told.records, read.told.files), (vec!["1", "3", "4"], 4, 2), "{name}");
        assert_eq!((read.told.odd.count, read.told.strays.count), (0, 0), "{name}");
    }
}

#[test]
fn the_name_of_an_object_tells_when_it_was_delivered() {
    let folder = Dump::new(&[]);
    folder.write(OBJECT, &gzip(&records(&[call("1", 10)])));
    let read = read(folder.path());
    let delivered = "2026-03-01T10:15:00Z".parse().unwrap();
    assert_eq!(read.events["1"].ingested_at, Some(delivered));
}

#[test]
fn a_path_into_a_trail_tells_as_much_as_the_trail() {
    let folder = Dump::new(&[]);
    let mut record = call("1", 10);
    let members = record.as_object_mut().unwrap();
    members.remove("recipientAccountId");
    members.remove("awsRegion");
    members["userIdentity"].as_object_mut().unwrap().remove("accountId");
    let file = folder.write(&OBJECT.replace("_CloudTrail_", "-"), &gzip(&records(&[record])));
    for path in [folder.path().to_owned(), file.parent().unwrap().to_owned(), file] {
        let read = read(&path);
        let event = &read.events["1"];
        assert_eq!(
            (event.account.as_str(), event.location.as_str()),
            (ACCOUNT, REGION),
            "{}",
            path.display()
        );
    }
}

#[test]
fn digests_are_handed_out_and_other_files_are_named() {
    let folder = Dump::new(&[("README.md", "# What this is\n"), ("package.json", r#"{"name":"x"}"#)]);
    let digest = json!({ "awsAccountId": ACCOUNT, "digestStartTime": "2026-03-01T10:00:00Z",
        "digestEndTime": "2026-03-01T11:00:00Z", "logFiles": [] });
    let by_folder = "AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2026/03/01/x.json.gz";
    folder.write(by_folder, &gzip(&digest.to_string()));
    folder.write("renamed.json", digest.to_string().as_bytes());
    folder.write(OBJECT, &gzip(&records(&[call("1", 10)])));
    let read = read(folder.path());
    assert_eq!((read.told.files, read.told.digests, read.told.records), (1, 2, 1));
    let strays: Vec<_> = read.told.strays.first.iter().map(|note| note.file.as_str()).collect();
    assert_eq!(strays, ["README.md", "package.json"]);
    let mut names: Vec<_> = read.digests.iter().map(|digest| digest.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, [by_folder, "renamed.json"]);
    assert!(read.digests.iter().all(|found| found.bytes == digest.to_string().as_bytes()));
}

#[test]
fn a_manifest_says_which_part_of_a_dump_is_a_log_and_whether_it_is_complete() {
    let folder = Dump::new(&[]);
    folder.write("aws/trail/a.json", records(&[call("1", 10)]).as_bytes());
    folder.write("aws/trailing/b.json", records(&[call("2", 10)]).as_bytes());
    let manifest = json!({ "driftline_dump": 1, "logs": [{ "path": "./aws/trail/", "source": "cloudtrail",
        "account": ACCOUNT, "location": REGION, "complete_from": "2026-03-01T09:00:00Z",
        "complete_to": "2026-03-01T11:00:00Z" }] });
    folder.write("manifest.json", manifest.to_string().as_bytes());
    let dump = Opened::open(folder.path(), Defaults::default(), &false.into()).unwrap();
    let read = ingest_trees(&LogTree::of_dump(&dump).unwrap()).unwrap();
    assert_eq!(read.events.keys().collect::<Vec<_>>(), ["1"]);
    let statuses: Vec<_> = read.intervals.iter().map(|row| row.status.as_str()).collect();
    assert_eq!(statuses, ["complete"]);
}
