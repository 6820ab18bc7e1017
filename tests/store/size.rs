//! How large and how fast the store is; measured and printed, never asserted.
//!
//! ```text
//! cargo test --release --no-default-features --test store -- --ignored --nocapture size
//! ```

use std::io::Write as _;
use std::path::Path;
use std::time::Instant;

use driftline::model::{
    AccountId, Document, Kind, Link, Location, Locator, Phase, Provider, Rel, Resource, ResourceKey, State,
    Timestamp, Uid,
};
use driftline::store::{Access, Depth, Observation, OpenScan, Store};
use serde_json::json;

use crate::support::{coverage, fingerprint, hour, opening};

/// How many resources; `DRIFTLINE_SIZE` overrides it.
fn count() -> u64 {
    std::env::var("DRIFTLINE_SIZE").map_or(1_000_000, |count| count.parse().unwrap())
}

/// A stream of numbers that looks random and is always the same.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.roll() % bound
    }

    fn id(&mut self, prefix: &str) -> String {
        format!("{prefix}-0{:016x}", self.roll())
    }

    fn one_of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[usize::try_from(self.below(choices.len() as u64)).unwrap()]
    }

    fn moment(&mut self) -> Timestamp {
        let second = 1_700_000_000 + i64::try_from(self.below(60_000_000)).unwrap();
        let milli = i64::try_from(self.below(1000)).unwrap();
        Timestamp::from_millisecond(second * 1000 + milli).unwrap()
    }
}

const REGIONS: [&str; 4] = ["eu-central-1", "eu-west-1", "us-east-1", "us-west-2"];
const TEAMS: [&str; 6] = ["payments", "search", "identity", "ml-platform", "web-frontend", "data-eng"];

/// Returns the resource with a number, in one of its states: one instance, two volumes, seven snapshots of
/// ten, as vendors' dumps have them.
fn resource(number: u64, state: u64) -> Resource {
    let mut dice = Dice(number.wrapping_mul(0x51_7cc1_b727_2202));
    let kind = match number % 10 {
        0 => Kind::Instance,
        1 | 2 => Kind::Volume,
        _ => Kind::Snapshot,
    };
    let uid = dice.id(match kind {
        Kind::Instance => "i",
        Kind::Volume => "vol",
        _ => "snap",
    });
    let region = REGIONS[usize::try_from(number / 10 % 4).unwrap()];
    let account = format!("{:012}", 111_111_111_111 * (1 + number / 40 % 8));
    let key = ResourceKey { provider: Provider::Aws, kind, uid: Uid::new(uid.clone()) };
    let mut resource =
        Resource::new(key, AccountId::new(account.clone()), Location::new(region), Locator::new(uid));
    let team = dice.one_of(&TEAMS);
    resource.tags.insert("team".into(), team.into());
    resource.tags.insert("env".into(), dice.one_of(&["prod", "staging", "dev"]).into());
    resource.tags.insert("revision".into(), state.to_string());
    match kind {
        Kind::Instance => instance(&mut resource, &mut dice, region, team),
        Kind::Volume => disk(&mut resource, &mut dice, region),
        _ => snapshot(&mut resource, &mut dice),
    }
    resource
}

fn instance(resource: &mut Resource, dice: &mut Dice, region: &str, team: &str) {
    let name = format!("{team}-{}-{:03}", dice.one_of(&["api", "worker", "db", "cache"]), dice.below(500));
    resource.tags.insert("Name".into(), name.clone());
    resource.tags.insert("aws:autoscaling:groupName".into(), format!("{team}-asg-{}", dice.below(9)));
    resource.name = Some(name);
    resource.zone = Some(format!("{region}{}", dice.one_of(&["a", "b", "c"])));
    resource.state = Some(State { native: "running".into(), phase: Phase::Running });
    let subnet = dice.below(60);
    let config = [
        ("Architecture", json!("x86_64")),
        ("BootMode", json!("uefi-preferred")),
        ("CpuOptions.CoreCount", json!(2)),
        ("CpuOptions.ThreadsPerCore", json!(2)),
        ("EbsOptimized", json!(true)),
        ("EnaSupport", json!(true)),
        ("Hypervisor", json!("xen")),
        (
            "IamInstanceProfile.Arn",
            json!(format!("arn:aws:iam::{}:instance-profile/{team}", resource.account)),
        ),
        (
            "InstanceType",
            json!(dice.one_of(&["m5.large", "m5.xlarge", "c6i.2xlarge", "r5.large", "t3.medium"])),
        ),
        ("KeyName", json!(format!("{team}-key"))),
        ("MetadataOptions.HttpEndpoint", json!("enabled")),
        ("MetadataOptions.HttpPutResponseHopLimit", json!(2)),
        ("MetadataOptions.HttpTokens", json!("required")),
        ("Monitoring.State", json!("disabled")),
        ("PlatformDetails", json!("Linux/UNIX")),
        (
            "PrivateDnsName",
            json!(format!(
                "ip-10-{}-{}-{}.{region}.compute.internal",
                subnet,
                dice.below(256),
                dice.below(256)
            )),
        ),
        ("PrivateIpAddress", json!(format!("10.{}.{}.{}", subnet, dice.below(256), dice.below(256)))),
        ("RootDeviceName", json!("/dev/xvda")),
        ("RootDeviceType", json!("ebs")),
        (
            "SecurityGroups[].GroupId",
            json!([format!("sg-0{:016x}", subnet * 7), format!("sg-0{:016x}", subnet * 11)]),
        ),
        ("SourceDestCheck", json!(true)),
        ("SubnetId", json!(format!("subnet-0{:016x}", subnet * 13))),
        ("VirtualizationType", json!("hvm")),
        ("VpcId", json!(format!("vpc-0{:016x}", subnet * 17))),
    ];
    resource.config.extend(config.map(|(path, value)| (path.to_owned(), value)));
    let mac = dice.roll();
    resource.config.insert(
        format!("NetworkInterfaces[{}].MacAddress", dice.id("eni")),
        json!(format!("{mac:012x}")[..12]),
    );
    resource.evidence.insert("LaunchTime".into(), json!(dice.moment()));
    resource.created_at = Some(dice.moment());
    resource.links.insert(Link::to_uid(Rel::Attached, Kind::Volume, dice.id("vol")).in_slot("/dev/xvda"));
    resource.links.insert(Link::to_uid(Rel::Attached, Kind::Volume, dice.id("vol")).in_slot("/dev/sdf"));
    resource.links.insert(Link::to_uid(
        Rel::LaunchedFrom,
        Kind::Image,
        format!("ami-0{:016x}", dice.below(40)),
    ));
}

fn disk(resource: &mut Resource, dice: &mut Dice, region: &str) {
    resource.zone = Some(format!("{region}{}", dice.one_of(&["a", "b", "c"])));
    resource.created_at = Some(dice.moment());
    let config = [
        ("Encrypted", json!(true)),
        ("Iops", json!(3000)),
        ("KmsKeyId", json!(format!("arn:aws:kms:{region}:{}:key/{:032x}", resource.account, dice.below(5)))),
        ("MultiAttachEnabled", json!(false)),
        ("Size", json!(dice.one_of(&["8", "20", "50", "100", "500"]).parse::<u32>().unwrap())),
        ("Throughput", json!(125)),
        ("VolumeType", json!("gp3")),
    ];
    resource.config.extend(config.map(|(path, value)| (path.to_owned(), value)));
    resource.evidence.insert("Attachments.AttachTime".into(), json!(dice.moment()));
    resource.links.insert(Link::to_uid(Rel::AttachedTo, Kind::Instance, dice.id("i")).in_slot("/dev/xvda"));
    resource.links.insert(Link::to_uid(Rel::CreatedFrom, Kind::Snapshot, dice.id("snap")));
}

fn snapshot(resource: &mut Resource, dice: &mut Dice) {
    resource.created_at = Some(dice.moment());
    resource.state = Some(State { native: "completed".into(), phase: Phase::Available });
    let policy = format!("policy-0{:016x}", dice.below(12));
    resource.tags.insert("aws:dlm:lifecycle-policy-id".into(), policy.clone());
    let config = [
        ("Description", json!(format!("Created for policy: {policy} schedule: Default Schedule"))),
        ("Encrypted", json!(true)),
        (
            "KmsKeyId",
            json!(format!(
                "arn:aws:kms:{}:{}:key/{:032x}",
                resource.location,
                resource.account,
                dice.below(5)
            )),
        ),
        ("OwnerId", json!(resource.account)),
        ("StorageTier", json!("standard")),
        ("VolumeSize", json!(dice.one_of(&["8", "20", "50", "100", "500"]).parse::<u32>().unwrap())),
    ];
    resource.config.extend(config.map(|(path, value)| (path.to_owned(), value)));
    resource.links.insert(Link::to_uid(Rel::TakenFrom, Kind::Volume, dice.id("vol")));
}

/// Counts what zstd -3 makes of canonical documents, alone and with the identity that the store keeps beside
/// them (`store export`).
struct Reference {
    alone: zstd::Encoder<'static, Counter>,
    named: zstd::Encoder<'static, Counter>,
}

#[derive(Default)]
struct Counter(u64);

impl std::io::Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Reference {
    fn new() -> Self {
        let encoder = || zstd::Encoder::new(Counter::default(), 3).unwrap();
        Self { alone: encoder(), named: encoder() }
    }

    fn add(&mut self, resource: &Resource) {
        let (key, account, location, document) = Document::from_resource(resource.clone());
        let body = document.to_bytes().unwrap();
        self.alone.write_all(&body).unwrap();
        self.alone.write_all(b"\n").unwrap();
        let name = json!({ "account": account, "key": key, "location": location });
        writeln!(self.named, "{name}").unwrap();
        self.named.write_all(&body).unwrap();
    }

    fn bytes(self) -> [u64; 2] {
        [self.alone, self.named].map(|encoder| encoder.finish().unwrap().0)
    }
}

fn see(open: &mut OpenScan<'_>, resource: Resource) {
    let fingerprint = fingerprint(&resource);
    open.observe(Observation::new(resource, fingerprint).unwrap()).unwrap();
}

/// The state of a resource at a scan: each scan after the first revises six of a thousand; the other four
/// are two that vanish and two that appear.
fn churn(scan: u64, number: u64) -> bool {
    number.wrapping_mul(0x9e37_79b9) % 1000 / 6 == scan
}

fn seal(open: OpenScan<'_>, scan: i64) {
    let mut listings = Vec::new();
    for account in 1..=8_u64 {
        for region in REGIONS {
            for kind in [Kind::Instance, Kind::Volume, Kind::Snapshot] {
                let scope = driftline::model::Scope {
                    provider: Provider::Aws,
                    account: AccountId::new(format!("{:012}", 111_111_111_111 * account)),
                    location: Location::new(region),
                    kind,
                };
                listings.push(coverage(scope, driftline::model::CoverageStatus::Complete, scan));
            }
        }
    }
    open.seal(&listings, hour(scan)).unwrap();
}

#[expect(clippy::cast_precision_loss, reason = "printed with two digits")]
fn report(what: &str, path: &Path, grown: u64, reference: [u64; 2], begun: Instant) {
    let [alone, named] = reference;
    let ratio = |reference: u64| grown as f64 / reference as f64;
    let size = std::fs::metadata(path).unwrap().len();
    eprintln!(
        "{what}: +{grown} bytes = {:.2} x zstd -3 of the documents ({alone}), {:.2} x with identity ({named}); \
         store {size} bytes; {:.1?}; {}",
        ratio(alone),
        ratio(named),
        begun.elapsed(),
        peak_memory()
    );
}

/// The most memory that this process ever held, where the kernel tells.
fn peak_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default().to_owned()
}

#[test]
#[ignore = "takes minutes; prints the figures of DESIGN §10"]
fn size_and_speed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("driftline.db");
    let count = count();
    let size = || std::fs::metadata(&path).unwrap().len();
    let mut reference = Reference::new();
    (0..count).for_each(|number| reference.add(&resource(number, 0)));
    let reference = reference.bytes();
    let begun = Instant::now();
    let mut store = Store::open(&path, Access::Create).unwrap();
    let mut open = store.begin_scan(&opening(1)).unwrap();
    (0..count).for_each(|number| see(&mut open, resource(number, 0)));
    seal(open, 1);
    report("first scan", &path, size(), reference, begun);

    for scan in 2..6_u64 {
        let before = size();
        let begun = Instant::now();
        let mut reference = Reference::new();
        let mut open = store.begin_scan(&opening(i64::try_from(scan).unwrap())).unwrap();
        let known = open.known().unwrap();
        eprintln!("  begun after {:.1?}, {} known", begun.elapsed(), known.len());
        let (gone, here) = (count / 500 * (scan - 2), count / 500 * (scan - 1));
        let collected = Instant::now();
        for number in here..count + here {
            let last = (2..=scan).rev().find(|&scan| churn(scan, number)).unwrap_or(0);
            let changed = churn(scan, number) || number >= count + gone;
            let resource = resource(number, last);
            if changed {
                reference.add(&resource);
                see(&mut open, resource);
            } else {
                let (row, _) = known.find(fingerprint(&resource)).unwrap();
                open.confirm(row).unwrap();
            }
        }
        eprintln!("  collected in {:.1?} (most of it making the estate)", collected.elapsed());
        let sealing = Instant::now();
        seal(open, i64::try_from(scan).unwrap());
        eprintln!("  sealed in {:.1?}", sealing.elapsed());
        report("1 % churn", &path, size() - before, reference.bytes(), begun);
    }
    questions(&store, count);
}

/// Prints how long questions take.
fn questions(store: &Store, count: u64) {
    let scans = store.scans().unwrap();
    for (before, after) in [(0, 1), (3, 4), (0, 4)] {
        let begun = Instant::now();
        let changes = store.transitions(scans[before].id, scans[after].id).unwrap().len();
        eprintln!("drift of scans {before} and {after}: {changes} transitions in {:.1?}", begun.elapsed());
    }
    for depth in [Depth::Quick, Depth::Full] {
        let begun = Instant::now();
        store.verify(depth, None).unwrap();
        eprintln!("verify {depth:?}: {:.1?}", begun.elapsed());
    }
    for needle in [resource(count - 1, 0).key.uid.as_str(), "payments-api-007"] {
        let begun = Instant::now();
        let found = store.find(needle).unwrap().len();
        eprintln!("find {needle}: {found} in {:.1?}", begun.elapsed());
    }
}
