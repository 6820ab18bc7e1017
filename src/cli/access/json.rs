//! Who may do what, as JSON.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::{APPROXIMATE, Listing, text};
use crate::model::{Resource, printable_json};
use crate::pipeline::Held;
use crate::sources::grants::EVALUATION;

pub(super) fn write(listing: &Listing, out: &mut dyn Write) -> io::Result<()> {
    let grants: Value = listing.held.iter().map(held).collect();
    let all = |grants: &[Resource]| -> Value { grants.iter().map(pair).collect() };
    let before = listing.before.as_ref().map(|scan| json!({ "id": scan.id, "taken_at": scan.taken_at }));
    let told = json!({
        "schema": "driftline/access/v1",
        "grant_evaluation": EVALUATION,
        "note": APPROXIMATE,
        "scan": { "id": listing.scan.id, "taken_at": listing.scan.taken_at },
        "before": before,
        "coverage": listing.coverage,
        "grants": grants,
        "new": all(&listing.came),
        "gone": all(&listing.went),
    });
    writeln!(out, "{}", printable_json(&format!("{told:#}")))
}

fn held(held: &Held) -> Value {
    let grant = &held.usage.grant;
    let mut value = pair(grant);
    let told = [
        ("uid", json!(grant.key.uid)),
        ("via", grant.config.get("via").cloned().unwrap_or_default()),
        ("limited", json!(grant.config.contains_key("conditions_hash"))),
        ("assumable_by", grant.evidence.get("assumable_by").cloned().unwrap_or(json!([]))),
        ("managed_by", json!(grant.managed_by.as_ref().map(|managed| &managed.service))),
        ("since_scan", json!(held.since)),
        ("last_used", json!(held.usage.used)),
        ("quiet_since", json!(held.usage.quiet_since)),
    ];
    if let Some(members) = value.as_object_mut() {
        members.extend(told.map(|(name, value)| (name.to_owned(), value)));
    }
    value
}

/// Tells who may do what, where.
fn pair(grant: &Resource) -> Value {
    json!({
        "provider": grant.key.provider,
        "account": grant.account,
        "scope": text(grant, "scope"),
        "principal": text(grant, "principal"),
        "principal_key": text(grant, "principal_key"),
        "principal_kind": text(grant, "principal_kind"),
        "principal_name": grant.evidence.get("principal_name"),
        "capability": text(grant, "capability"),
    })
}
