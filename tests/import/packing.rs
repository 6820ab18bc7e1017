//! However a dump is packed, it reads alike.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use driftline::model::Kind;
use driftline::store::Store;

use super::support::{Dump, scan, volume, volumes};

#[test]
fn a_folder_a_zip_and_a_tarball_of_one_dump_give_one_seal() {
    let body = volumes(&[volume("vol-1"), volume("vol-2")]);
    let folder = Dump::complete(&[("aws/v.json", Kind::Volume, &body)]);
    let packed = tempfile::tempdir().unwrap();
    let tarball = packed.path().join("dump.tar.gz");
    let status = Command::new("tar")
        .args(["-czf", tarball.to_str().unwrap(), "-C", folder.path().to_str().unwrap(), "."])
        .status()
        .expect("tar runs");
    assert!(status.success());
    let zipped = packed.path().join("dump.zip");
    let mut writer = zip::ZipWriter::new(std::fs::File::create(&zipped).unwrap());
    for name in ["manifest.json", "aws/v.json"] {
        writer.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(&std::fs::read(folder.path().join(name)).unwrap()).unwrap();
    }
    writer.finish().unwrap();
    let seal = |path: &Path| scan(&mut Store::in_memory().unwrap(), 1, path).scan.seal;
    let expected = seal(folder.path());
    assert_eq!(seal(&tarball), expected);
    assert_eq!(seal(&zipped), expected);
}
