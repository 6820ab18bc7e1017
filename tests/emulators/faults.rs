//! What microburst does to a scan: passing faults are sat out, lasting ones are told, and nothing vanishes.

use serde_json::{Value, json};

use crate::emulator::Emulator;
use crate::site::Site;
use crate::{KINDS, REGIONS, scan};

#[test]
fn passing_faults_are_sat_out() {
    let Some(moto) = Emulator::moto() else { return };
    let site = Site::new();
    moto.script("estate.py", &Value::Null);
    scan(&site, &moto, &[]).assert_complete(KINDS, REGIONS);
    let rules = json!([
        { "service": "ec2", "operation": "DescribeVolumes", "times": 3,
          "error": { "code": "RequestLimitExceeded", "status": 503 } },
        { "service": "ec2", "operation": "DescribeInstances", "times": 2, "reset": true },
        { "service": "ec2", "operation": "DescribeImages", "times": 2,
          "error": { "code": "InternalError", "status": 500 } },
        { "service": "ec2", "operation": "DescribeSnapshots", "times": 1, "response": { "abort_frac": 0.3 } },
        { "service": "sts", "operation": "GetCallerIdentity", "times": 1,
          "error": { "code": "Throttling", "status": 400 } },
    ]);
    let stormy = moto.behind_microburst(&rules);
    let report = scan(&site, &stormy, &["--retries", "5"]);
    report.assert_complete(KINDS, REGIONS);
    report.assert_no_change();
    assert_eq!(fired(&stormy), 9);
}

#[test]
fn lasting_faults_are_told_and_nothing_vanishes() {
    let Some(moto) = Emulator::moto() else { return };
    let site = Site::new();
    moto.script("estate.py", &Value::Null);
    scan(&site, &moto, &[]).assert_complete(KINDS, REGIONS);
    let home = REGIONS[0];
    let rules = json!([
        { "service": "ec2", "operation": "DescribeVolumes", "region": home,
          "error": { "code": "RequestLimitExceeded", "status": 503 } },
        { "service": "ec2", "operation": "DescribeInstances", "region": home, "reset": true },
        { "service": "ec2", "operation": "DescribeImages", "region": home,
          "error": { "code": "UnauthorizedOperation", "status": 403 } },
        { "service": "ec2", "operation": "DescribeSnapshots", "region": home,
          "response": { "abort_frac": 0.5 } },
    ]);
    let stormy = moto.behind_microburst(&rules);
    let report = scan(&site, &stormy, &[]);
    for (kind, status) in
        [("volume", "throttled"), ("instance", "failed"), ("image", "denied"), ("snapshot", "failed")]
    {
        report.assert_coverage(kind, home, status);
        report.assert_coverage(kind, REGIONS[1], "complete");
    }
    report.assert_only(&["coverage-gap"]);
    assert!(fired(&stormy) >= 8);
    let after = scan(&site, &moto, &[]);
    after.assert_complete(KINDS, REGIONS);
    after.assert_no_change();
}

/// Returns how many faults a microburst injected.
fn fired(microburst: &Emulator) -> usize {
    let fired = microburst.json("/_microburst/fired");
    fired.as_array().unwrap_or_else(|| panic!("{fired}")).len()
}
