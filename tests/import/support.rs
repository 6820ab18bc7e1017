//! Small dumps, imported into a store in memory.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use driftline::model::{Change, ChangeKind, CoverageStatus, Kind, Timestamp};
use driftline::pipeline::{Import, Imported, ScanError, import, judge};
use driftline::sources::files::Defaults;
use driftline::store::Store;
use serde_json::{Value, json};
use tempfile::TempDir;

/// The account of every synthetic listing.
pub(crate) const ACCOUNT: &str = "111122223333";

/// The region of every synthetic listing.
pub(crate) const REGION: &str = "eu-west-1";

/// A folder to be imported.
pub(crate) struct Dump(TempDir);

impl Dump {
    /// Makes a folder of files.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let dump = Self(tempfile::tempdir().unwrap());
        for (name, text) in files {
            dump.write(name, text.as_bytes());
        }
        dump
    }

    /// Makes a folder of files with a manifest that calls each of them a complete AWS listing of its kind.
    pub(crate) fn complete(files: &[(&str, Kind, &str)]) -> Self {
        let dump = Self::new(&files.iter().map(|(name, _, text)| (*name, *text)).collect::<Vec<_>>());
        let rows = files.iter().map(|(name, kind, _)| claim(name, *kind));
        dump.manifest(&rows.collect::<Vec<_>>());
        dump
    }

    /// Writes a file.
    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    /// Writes the manifest.
    pub(crate) fn manifest(&self, files: &[Value]) {
        let manifest = json!({ "driftline_dump": 1, "files": files });
        self.write("manifest.json", manifest.to_string().as_bytes());
    }

    /// Returns the folder.
    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }
}

/// Returns a manifest's row for a complete AWS listing.
pub(crate) fn claim(name: &str, kind: Kind) -> Value {
    json!({ "path": name, "provider": "aws", "account": ACCOUNT, "location": REGION, "kind": kind,
            "complete": true })
}

/// Imports paths as of an hour of one day.
pub(crate) fn try_scan(
    store: &mut Store,
    hour: u8,
    paths: &[&Path],
    defaults: Defaults,
) -> Result<Imported, ScanError> {
    let interrupted = AtomicBool::new(false);
    let as_of = at(hour);
    import(
        store,
        &Import {
            paths: paths.iter().map(|path| path.to_path_buf()).collect(),
            defaults,
            as_of: Some(as_of),
            started_at: as_of,
            holder: "a test".to_owned(),
            interrupted: &interrupted,
            progress: &|_| {},
            logs: Vec::new(),
        },
    )
}

/// Imports one path as of an hour of one day.
pub(crate) fn scan(store: &mut Store, hour: u8, path: &Path) -> Imported {
    try_scan(store, hour, &[path], Defaults::default()).unwrap()
}

/// As [`scan`], with `--complete`.
pub(crate) fn scan_complete(store: &mut Store, hour: u8, path: &Path) -> Imported {
    let defaults = Defaults { complete: Some(true), ..Defaults::default() };
    try_scan(store, hour, &[path], defaults).unwrap()
}

/// Returns an hour of the day that all tests play on.
pub(crate) fn at(hour: u8) -> Timestamp {
    format!("2026-03-01T{hour:02}:00:00Z").parse().unwrap()
}

/// Returns what changed between the last two scans.
pub(crate) fn changes(store: &Store) -> Vec<Change> {
    let latest = store.latest().unwrap().unwrap().id;
    let previous = store.previous(latest).unwrap().map(|scan| scan.id);
    judge(store, previous, latest, &driftline::pipeline::Terms::at(Timestamp::now())).unwrap().changes
}

/// Returns kind and uid of what changed between the last two scans, coverage gaps left out.
pub(crate) fn kinds(store: &Store) -> Vec<(ChangeKind, String)> {
    let changes = changes(store);
    let resources = changes
        .iter()
        .filter_map(|change| Some((change.kind, change.resource()?.key.uid.as_str().to_owned())));
    resources.collect()
}

/// Returns the statuses of an import's coverage.
pub(crate) fn statuses(imported: &Imported) -> Vec<(Kind, CoverageStatus)> {
    imported.coverage.iter().map(|row| (row.scope.kind, row.status)).collect()
}

/// Returns the codes of all coverage reasons of an import.
pub(crate) fn codes(imported: &Imported) -> Vec<String> {
    let reasons = imported.coverage.iter().flat_map(|row| row.reasons.iter());
    reasons.map(|reason| reason.code.clone()).collect()
}

/// Returns a volume as `describe-volumes` prints it.
pub(crate) fn volume(uid: &str) -> Value {
    json!({
        "VolumeId": uid, "AvailabilityZone": "eu-west-1a", "Size": 8, "VolumeType": "gp3", "State": "available",
        "CreateTime": "2026-01-01T00:00:00.000Z", "Encrypted": false, "Attachments": [],
    })
}

/// Returns a running instance as `describe-instances` prints it, with a root volume.
pub(crate) fn instance(uid: &str, root: &str) -> Value {
    json!({
        "InstanceId": uid, "ImageId": "ami-0123456789abcdef0", "InstanceType": "t3.micro",
        "State": { "Code": 16, "Name": "running" }, "LaunchTime": "2026-01-01T00:00:00.000Z",
        "Placement": { "AvailabilityZone": "eu-west-1a", "Tenancy": "default" },
        "RootDeviceName": "/dev/xvda", "RootDeviceType": "ebs",
        "MetadataOptions": { "HttpTokens": "required", "State": "applied" },
        "BlockDeviceMappings": [{ "DeviceName": "/dev/xvda", "Ebs": {
            "VolumeId": root, "DeleteOnTermination": true, "Status": "attached",
            "AttachTime": "2026-01-01T00:00:01.000Z" } }],
        "NetworkInterfaces": [], "SecurityGroups": [], "Tags": [],
    })
}

/// Returns the body of `describe-volumes`.
pub(crate) fn volumes(volumes: &[Value]) -> String {
    json!({ "Volumes": volumes }).to_string()
}

/// Returns the body of `describe-instances`.
pub(crate) fn instances(instances: &[Value]) -> String {
    json!({ "Reservations": [{ "OwnerId": ACCOUNT, "ReservationId": "r-1", "Instances": instances }] })
        .to_string()
}
