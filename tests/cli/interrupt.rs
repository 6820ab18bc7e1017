//! Ctrl-C and termination end a run at once, and nothing is sealed.

use std::fs;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::support::{Run, Site, volume};

/// How long a run may take to end when it is asked to, on a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(20);

/// Waits until a process handles SIGINT itself, so that a signal does not meet it too early.
fn wait_until_it_listens(child: &Child) {
    for _ in 0..1_000 {
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
        let caught = caught.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default();
        if caught & (1 << 1) != 0 {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("it never listened");
}

/// Starts a run, sends it a signal as soon as it listens, and returns its status and what it said.
fn interrupted(run: Run<'_>, signal: &str) -> (Option<i32>, String) {
    let mut child = run.spawn();
    // Standard input stays open: dropped, it would end by itself.
    let stdin = child.stdin.take();
    wait_until_it_listens(&child);
    let asked = Instant::now();
    Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
    while child.try_wait().unwrap().is_none() {
        if asked.elapsed() > PATIENCE * 2 {
            child.kill().unwrap();
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let took = asked.elapsed();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    eprintln!("it took {took:?}");
    assert!(took < PATIENCE, "it took {took:?}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

/// Makes a site with one sealed scan.
fn sealed_once() -> Site {
    let site = Site::new();
    let dump = site.volumes("dump", 1, &[volume("vol-1")]);
    site.driftline(&["scan", "--from", &dump]).run();
    site
}

fn assert_untouched(site: &Site) {
    site.driftline(&["store", "verify", "--full"]).run();
    let info = site.driftline(&["store", "info"]).run().stdout;
    assert!(info.contains("scans      1 sealed"), "{info}");
    site.driftline(&["scan", "--from", "dump"]).run();
}

#[test]
fn a_run_that_waits_for_standard_input_can_be_interrupted() {
    for signal in ["-INT", "-TERM"] {
        let site = sealed_once();
        let ended = interrupted(site.driftline(&["scan", "--from", "-"]), signal);
        assert_eq!(ended, (Some(130), "error: interrupted; nothing was sealed\n".to_owned()), "{signal}");
        assert_untouched(&site);
    }
}

#[test]
fn a_run_that_waits_for_a_pipe_that_nobody_writes_can_be_interrupted() {
    let site = sealed_once();
    site.shell("mkfifo pipe").run();
    let ended = interrupted(site.driftline(&["scan", "--from", "pipe"]), "-INT");
    assert_eq!(ended, (Some(130), "error: interrupted; nothing was sealed\n".to_owned()));
    assert_untouched(&site);
}

#[test]
fn a_run_amid_a_large_dump_can_be_interrupted() {
    let site = sealed_once();
    let volumes: Vec<Value> = (0..40_000).map(|number| volume(&format!("vol-{number:017x}"))).collect();
    let large = site.volumes("large", 2, &volumes);
    let ended = interrupted(site.driftline(&["scan", "--from", &large]), "-INT");
    assert_eq!(ended, (Some(130), "error: interrupted; nothing was sealed\n".to_owned()));
    assert_untouched(&site);
}
