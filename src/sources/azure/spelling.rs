//! One spelling for the ARM body of a resource and for what `az` prints of it, and no secret in either.
//!
//! `az` lifts the members of `properties` beside `id`, here and in nested resources; spells some names
//! after its SDK's (`diskSizeGb`); cuts times to microseconds; adds `resourceGroup` to everything that has
//! an `id`; and prints what is absent as null, which the canonical form drops anyway.

use serde_json::{Map, Value};

use super::arm;
use crate::model::conceal;

/// Names that the SDK behind `az` spells otherwise (`key` of `_attribute_map` in `azure-mgmt-compute`,
/// against the camel case of its attribute); in ARM's spelling.
const NAMES: &[&str] = &[
    "LastOwnershipUpdateTime",
    "diskIOPSReadOnly",
    "diskIOPSReadWrite",
    "diskMBpsReadOnly",
    "diskMBpsReadWrite",
    "diskSizeGB",
    "enableIPForwarding",
    "enableVMAgentPlatformUpdates",
    "privateIPAddressVersion",
    "provisionVMAgent",
    "publicIPAddressConfiguration",
    "publicIPAddressVersion",
    "publicIPAllocationMethod",
    "publicIPPrefix",
    "secureVMDiskEncryptionSetId",
    "ultraSSDEnabled",
    "vCPUsAvailable",
    "vCPUsPerCore",
    "winRM",
];

/// Members that hold key material, passwords, boot scripts or an extension's settings, wherever they stand.
const SECRETS: &[&str] = &[
    "accessSAS",
    "adminPassword",
    "content",
    "customData",
    "keyData",
    "password",
    "protectedSettings",
    "settings",
    "userData",
];

/// Returns the members of a native object in the one spelling that the tables know: `properties` lifted,
/// names, ids and times canonical, secrets concealed, signed URLs without their query.
pub(super) fn respell(members: Map<String, Value>) -> Map<String, Value> {
    let mut out = Map::new();
    let mut lifted = None;
    for (name, value) in members {
        match (name.as_str(), value) {
            ("properties", Value::Object(inner)) => lifted = Some(inner),
            ("tags", Value::Object(tags)) => {
                let tags = tags.into_iter().map(|(key, tag)| (key, without_signature(tag))).collect();
                out.insert(name, Value::Object(tags));
            }
            (_, value) => {
                let value = if is_secret(&name) { concealed(value) } else { respell_value(value) };
                out.insert(canonical_name(name), value);
            }
        }
    }
    if let Some(inner) = lifted {
        lift(respell(inner), &mut out);
    }
    if out.contains_key("id") {
        out.remove("resourceGroup");
    }
    out
}

/// Lifts members out of `properties`; those that a member outside overshadows stay inside.
fn lift(inner: Map<String, Value>, out: &mut Map<String, Value>) {
    let mut rest = Map::new();
    for (name, value) in inner {
        match out.get(&name) {
            None | Some(Value::Null) => drop(out.insert(name, value)),
            Some(outer) if *outer == value => {}
            Some(_) => drop(rest.insert(name, value)),
        }
    }
    if !rest.is_empty() {
        out.insert("properties".to_owned(), Value::Object(rest));
    }
}

/// Where the seventh digit behind the second stands (`2026-01-02T03:04:05.1234567`).
const TICK: usize = 26;

fn respell_value(value: Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(respell(members)),
        Value::Array(items) => Value::Array(items.into_iter().map(respell_value).collect()),
        Value::String(text) if arm::is_id(&text) => Value::String(arm::canonical(&text)),
        Value::String(text) if has_ticks(&text) => Value::String(in_microseconds(&text)),
        other => without_signature(other),
    }
}

/// Whether text is a time in ARM's own precision: seven digits behind the second.
fn has_ticks(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() > TICK
        && (bytes[4], bytes[10], bytes[19]) == (b'-', b'T', b'.')
        && bytes[20..=TICK].iter().all(u8::is_ascii_digit)
}

/// The SDK behind `az` cuts a time to microseconds.
fn in_microseconds(time: &str) -> String {
    time.char_indices().filter(|(at, _)| *at != TICK).map(|(_, c)| c).collect()
}

/// The query of a signed URL (`sig=`, `X-Amz-Signature=`) is a credential; what stands before it is not.
fn without_signature(value: Value) -> Value {
    let Value::String(mut text) = value else { return value };
    if let Some((url, query)) = text.split_once('?')
        && url.contains("://")
        && query.to_ascii_lowercase().contains("sig")
    {
        text.truncate(url.len());
    }
    Value::String(text)
}

fn concealed(value: Value) -> Value {
    match value {
        Value::String(text) if !text.is_empty() => conceal(text.as_bytes()),
        value @ (Value::Array(_) | Value::Object(_)) => conceal(value.to_string().as_bytes()),
        other => other,
    }
}

fn is_secret(name: &str) -> bool {
    SECRETS.iter().any(|secret| secret.eq_ignore_ascii_case(name))
}

fn canonical_name(name: String) -> String {
    match NAMES.iter().find(|canonical| canonical.eq_ignore_ascii_case(&name)) {
        Some(canonical) => (*canonical).to_owned(),
        None => name,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn respelled(value: Value) -> Value {
        respell_value(value)
    }

    #[test]
    fn the_arm_body_and_what_az_prints_are_spelled_alike() {
        let nic = "/subscriptions/S/resourceGroups/G/providers/Microsoft.Network/networkInterfaces/n";
        let arm = json!({"id": nic, "properties": {
            "diskSizeGB": 30, "nics": [{"id": nic, "properties": {"primary": true}}]}});
        let az = json!({"id": nic.to_uppercase(), "resourceGroup": "G", "diskSizeGb": 30,
            "nics": [{"id": nic, "resourceGroup": "G", "primary": true}]});
        assert_eq!(respelled(arm), respelled(az));
    }

    #[test]
    fn a_member_that_would_be_overshadowed_stays_in_properties() {
        let value = json!({"type": "outer", "properties": {"type": "inner", "x": 1}});
        assert_eq!(respelled(value), json!({"type": "outer", "x": 1, "properties": {"type": "inner"}}));
    }

    #[test]
    fn no_secret_keeps_its_text() {
        let value = json!({
            "osProfile": {"adminPassword": "hunter2", "customData": "c2NyaXB0", "adminUsername": "ops"},
            "ssh": {"publicKeys": [{"path": "/p", "keyData": "ssh-rsa AAAA"}]},
            "resources": [{"properties": {"settings": {"a": "hunter2"}, "protectedSettings": "hunter2"}}],
            "creationData": {"sourceUri": "https://x.blob.core.windows.net/v/d.vhd?sv=1&sig=hunter2"},
            "tags": {"link": "https://x/?sig=hunter2"},
            "unheardOf": {"deep": ["https://x/y?sig=hunter2"]},
        });
        let text = respelled(value).to_string();
        for secret in ["hunter2", "c2NyaXB0", "AAAA", "sig="] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
        for kept in ["ops", "d.vhd", "sha256"] {
            assert!(text.contains(kept), "{kept} not in {text}");
        }
    }

    #[test]
    fn a_time_is_as_precise_as_az_prints_it() {
        let arm =
            json!(["2026-01-02T03:04:05.1234567+00:00", "2026-01-02T03:04:05.12Z", "2026-01-02T03:04:05Z"]);
        let az =
            json!(["2026-01-02T03:04:05.123456+00:00", "2026-01-02T03:04:05.12Z", "2026-01-02T03:04:05Z"]);
        assert_eq!(respelled(arm), az);
    }

    #[test]
    fn the_names_of_tags_are_the_users_own() {
        let value = json!({"tags": {"diskSizeGb": "x", "settings": "y", "properties": "z"}});
        assert_eq!(respelled(value.clone()), value);
    }
}
