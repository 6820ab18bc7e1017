//! Kill and a full disk: a run may be lost, what was sealed before it never.

use std::time::Instant;

use driftline::store::{Access, Store};
use serde_json::{Value, json};

use super::support::{Site, volume};

/// How often the binary is killed.
const KILLS: u32 = 50;

/// How many volumes each dump lists.
const VOLUMES: usize = 3_000;

/// Where a kill met the run.
#[derive(Debug, Default)]
struct Hits {
    before: u32,
    during: u32,
    after: u32,
}

/// Writes a large dump in which every tenth volume has a size of its own.
fn large(site: &Site, name: &str, hour: u8, gigabytes: u64) -> String {
    let volumes: Vec<Value> = (0..VOLUMES)
        .map(|number| {
            let mut volume = volume(&format!("vol-{number:017x}"));
            volume["Size"] = json!(if number % 10 == 0 { gigabytes } else { 8 });
            volume
        })
        .collect();
    site.volumes(name, hour, &volumes)
}

/// Returns how many scans the store has begun, and how many it has sealed.
fn counts(site: &Site) -> (usize, usize) {
    let scans = Store::open(&site.store(), Access::Read).unwrap().scans().unwrap();
    (scans.len(), scans.iter().filter(|scan| scan.seal.is_some()).count())
}

#[test]
fn a_killed_scan_costs_itself_and_nothing_else() {
    let site = Site::new();
    let dumps = [large(&site, "even", 1, 16), large(&site, "odd", 1, 32)];
    let scan = |number: usize| {
        site.driftline(&["scan", "--fail-on", "never", "--format", "json", "--from", &dumps[number % 2]])
    };
    scan(0).run();
    let start = Instant::now();
    let first = scan(1).run().json();
    assert_eq!(first["summary"]["changes"]["modified"], VOLUMES / 10);
    // Follows where the kills meet the run, so that most of them meet it at work however fast this machine is.
    let mut reach = start.elapsed();
    let mut next = 0;
    let mut hits = Hits::default();
    for kill in 0..KILLS {
        let (begun, sealed) = counts(&site);
        let head = site.driftline(&["report", "--format", "json", "--fail-on", "never"]).run().json();
        let head = head["run"]["seal"].as_str().unwrap().to_owned();
        let mut child = scan(next).spawn();
        // Anywhere up to there, without a pattern.
        std::thread::sleep(reach * (kill * 617 % 1_000) / 1_000);
        child.kill().unwrap();
        child.wait().unwrap();
        let (begun_since, sealed_since) = counts(&site);
        if sealed_since > sealed {
            hits.after += 1;
            next += 1;
            reach = reach.mul_f64(0.85);
        } else if begun_since > begun {
            hits.during += 1;
        } else {
            hits.before += 1;
            reach = reach.mul_f64(1.1);
        }
        site.driftline(&["store", "verify", "--full", "--expect-seal", &head]).run();
        // Whatever was lost, the next run sees the whole difference to the last sealed scan.
        let report = scan(next).run().json();
        assert_eq!(report["coverage"][0]["listed"], VOLUMES);
        assert_eq!(report["summary"]["changes"]["modified"], VOLUMES / 10, "after kill {kill}: {hits:?}");
        next += 1;
    }
    eprintln!(
        "{KILLS} kills: {} before the scan was begun, {} during it, {} after its seal",
        hits.before, hits.during, hits.after
    );
    assert!(hits.during > 0, "{hits:?}");
}

/// Runs in a folder on a disk of one MiB: a small scan, one that does not fit, and what comes after.
const ON_A_SMALL_DISK: &str = r#"
    set -e
    mkdir disk
    mount -t tmpfs -o size=1m tmpfs disk 2>/dev/null || { echo skipped; exit 0; }
    export DRIFTLINE_STORE=disk/driftline.db
    driftline scan -q --from small >/dev/null
    set +e
    driftline scan -q --from large >out 2>err
    echo "large $?"
    driftline store verify --full >/dev/null
    echo "verify $?"
    driftline scan -q --from small >/dev/null
    echo "small $?"
    cat err
"#;

#[test]
fn a_full_disk_is_named_and_the_store_stays_sound() {
    let site = Site::new();
    site.volumes("small", 1, &[volume("vol-1")]);
    let noisy = |number: usize| {
        let mut volume = volume(&format!("vol-{number:017x}"));
        let noise = blake3::hash(&number.to_le_bytes());
        volume["Tags"] = json!([{ "Key": "noise", "Value": format!("{noise}{noise}") }]);
        volume
    };
    site.volumes("large", 2, &(0..20_000).map(noisy).collect::<Vec<_>>());
    site.write(
        "small-disk.sh",
        format!("driftline() {{ \"$DRIFTLINE_TESTED\" \"$@\"; }}\n{ON_A_SMALL_DISK}"),
    );
    let script = "unshare --mount --map-root-user sh small-disk.sh 2>/dev/null || echo skipped";
    let ran = site.shell(script).run();
    if ran.stdout.contains("skipped") {
        eprintln!("skipped: no file system of limited size can be mounted here");
        return;
    }
    let expected = "large 1\nverify 0\nsmall 0\nerror: the disk that holds the store is full\n\
                    hint: free some room; the store is as the last sealed scan left it\n";
    assert_eq!(ran.stdout, expected);
}

#[test]
fn a_limit_on_the_size_of_files_is_an_error_and_the_store_stays_sound() {
    let site = Site::new();
    let small = site.volumes("small", 1, &[volume("vol-1")]);
    site.driftline(&["scan", "--from", &small]).run();
    large(&site, "large", 2, 16);
    // In blocks of 512 bytes; the signal would end the run as a kill does.
    let script = "trap '' XFSZ; ulimit -f 200; driftline scan -q --from large";
    let ran = site.shell(script).status(1).run();
    assert!(ran.stderr.starts_with("error: "), "{}", ran.stderr);
    assert_eq!(ran.stdout, "");
    site.driftline(&["store", "verify", "--full"]).run();
    let info = site.driftline(&["store", "info"]).run().stdout;
    assert!(info.contains("scans      1 sealed"), "{info}");
    site.driftline(&["scan", "--from", "large", "--fail-on", "never"]).run();
}

#[test]
fn of_runs_that_make_a_store_at_once_each_seals_its_scan_or_is_told_to_wait() {
    let mut told_to_wait = 0;
    for _ in 0..10 {
        let site = Site::new();
        let dump = site.volumes("dump", 1, &[volume("vol-1")]);
        let runs = [(); 4].map(|()| site.driftline(&["scan", "-q", "--from", &dump]).spawn());
        let ended = runs.map(|child| child.wait_with_output().unwrap());
        for output in &ended {
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(matches!(output.status.code(), Some(0 | 21)), "{}: {said}", output.status);
        }
        let sealed = ended.iter().filter(|output| output.status.success()).count();
        assert!(sealed > 0);
        assert_eq!(counts(&site).1, sealed);
        site.driftline(&["store", "verify", "--full"]).run();
        told_to_wait += ended.len() - sealed;
    }
    eprintln!("{told_to_wait} of 40 runs met another one and were told to wait");
}
