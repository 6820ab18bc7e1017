//! `log-integrity`.

use serde_json::json;

use crate::model::{Digest, Finding, printable};
use crate::rules::finding::fingerprint;
use crate::rules::fixture::violation;
use crate::rules::score::{Case, Class, score};
use crate::rules::{Drift, Example, Rule, RuleMeta, Tier};

/// A log is not what its digests say.
pub(super) struct LogIntegrity;

static META: RuleMeta = RuleMeta {
    id: "log-integrity",
    tier: Tier::Change,
    title: "A log is not what its digests say",
    impact: 90,
    explanation: "\
## What it says

CloudTrail's digest files name every log object with its hash. An object that they name is missing or
differs, or a digest of the chain is missing or does not follow from the one before. The time that it covers
counts as a gap.

## Why it matters

Log objects do not change by themselves: somebody with write access to the bucket deleted or edited them.

## What to check

The bucket's own access log and versioning, who may write there, and a copy of the log elsewhere (the event
history of 90 days, another account).",
    techniques: &["T1562.008", "T1070"],
    references: &[
        "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html",
    ],
    parameters: &[],
};

impl Rule for LogIntegrity {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn examples(&self) -> Vec<Example> {
        let missing = || violation("the digest names an object that is missing");
        vec![
            Example {
                violations: vec![missing()],
                ..Example::fires("an object that a digest names is missing", 90, [])
            },
            Example::quiet("a log without digests", []),
        ]
    }

    fn check(&self, drift: &Drift<'_>) -> Vec<Finding> {
        let found = drift.violations().iter().map(|interval| {
            let (risk, why) = score(&Case::of(Class::TamperLog, drift.weights()));
            let scope = &interval.scope;
            let key = format!("{scope:?} {} {}", interval.window.from, interval.reason);
            let (account, location) = (printable(scope.account.as_str()), printable(scope.location.as_str()));
            Finding {
                id: fingerprint(META.id, &[Digest::of(key.as_bytes()).to_string()]),
                rule: META.id,
                also: Vec::new(),
                title: format!(
                    "{} of {account} in {location} is not what its digests say: {}",
                    printable(&scope.source),
                    printable(&interval.reason)
                ),
                impact: drift.weights().base(Class::TamperLog).0,
                risk,
                techniques: META.techniques.to_vec(),
                resources: Vec::new(),
                scopes: Vec::new(),
                changes: Vec::new(),
                residues: Vec::new(),
                events: Vec::new(),
                facts: vec![
                    ("log", json!(scope.source)),
                    ("account", json!(scope.account)),
                    ("location", json!(scope.location)),
                    ("from", json!(interval.window.from)),
                    ("to", json!(interval.window.to)),
                ],
                why,
            }
        });
        found.collect()
    }
}
