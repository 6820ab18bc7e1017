//! Raw elements that are kept, without what must never be kept.

use serde_json::{Map, Value};

use crate::model::conceal;

/// Members whose value is a secret, whatever it is made of, in any case: user data of all three clouds,
/// passwords, keys, signed addresses, and the credentials that a log shows with the call that issued them.
const SECRETS: &[&str] = &[
    "userdata",
    "customdata",
    "uefidata",
    "adminpassword",
    "rawkey",
    "rsaencryptedkey",
    "accesssas",
    "protectedsettings",
    "secreturl",
    "sessiontoken",
    "secretaccesskey",
    "password",
    "privatekeydata",
    "accesstoken",
];

/// Members whose `items` hold secrets under `value`: metadata of Compute Engine.
const METADATA: &[&str] = &["metadata", "commoninstancemetadata"];

/// What marks the query of a signed address, which is a credential.
const SIGNATURES: &[&str] = &["sig=", "signature="];

/// Returns an element that could not be read with the digest and length of each secret in its place.
///
/// Bytes that are no JSON cannot be told apart; where any member of them may hold a secret, only their own
/// digest and length are left.
pub fn concealed(raw: &[u8]) -> Vec<u8> {
    if !may_hold_secrets(raw) {
        return raw.to_vec();
    }
    match serde_json::from_slice(raw) {
        Ok(element) => hide(element).to_string().into_bytes(),
        Err(_) => conceal(raw).to_string().into_bytes(),
    }
}

/// A cheap sieve: few elements have any such member.
fn may_hold_secrets(raw: &[u8]) -> bool {
    let lower = raw.to_ascii_lowercase();
    let names = SECRETS.iter().chain(METADATA).chain(SIGNATURES);
    names.into_iter().any(|name| memchr::memmem::find(&lower, name.as_bytes()).is_some())
}

fn hide(value: Value) -> Value {
    match value {
        Value::Array(list) => list.into_iter().map(hide).collect(),
        Value::Object(members) => {
            let hidden = |(name, value): (String, Value)| {
                let lower = name.to_ascii_lowercase();
                let value = match value {
                    value if SECRETS.contains(&lower.as_str()) => digest(&value),
                    Value::Object(metadata) if METADATA.contains(&lower.as_str()) => hide_items(metadata),
                    value => hide(value),
                };
                (name, value)
            };
            Value::Object(members.into_iter().map(hidden).collect())
        }
        Value::String(text) => Value::String(unsigned(text)),
        scalar => scalar,
    }
}

/// Cuts the query off a signed address.
fn unsigned(mut text: String) -> String {
    if let Some((address, query)) = text.split_once('?') {
        let query = query.to_ascii_lowercase();
        if address.contains("://") && SIGNATURES.iter().any(|mark| query.contains(mark)) {
            text.truncate(address.len());
        }
    }
    text
}

/// Hides the value of each item.
fn hide_items(mut metadata: Map<String, Value>) -> Value {
    for item in metadata.values_mut().filter_map(Value::as_array_mut).flatten() {
        if let Some(value) = item.get_mut("value") {
            *value = digest(value);
        }
    }
    Value::Object(metadata)
}

fn digest(secret: &Value) -> Value {
    match secret {
        Value::Null => Value::Null,
        Value::String(text) => conceal(text.as_bytes()),
        other => conceal(other.to_string().as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn hidden(element: &Value) -> String {
        String::from_utf8(concealed(element.to_string().as_bytes())).unwrap()
    }

    #[test]
    fn no_secret_of_any_cloud_is_left() {
        for element in [
            json!({ "InstanceId": 7, "UserData": { "Value": "hunter2" } }),
            json!({ "properties": { "userData": "hunter2", "osProfile": { "customData": "hunter2" } } }),
            json!({ "metadata": { "items": [{ "key": "startup-script", "value": "hunter2" }] } }),
            json!({ "commonInstanceMetadata": { "items": [{ "key": "ssh-keys", "value": "hunter2" }] } }),
            json!([{ "disks": [{ "diskEncryptionKey": { "rawKey": "hunter2" } }] }]),
            json!({ "responseElements": { "credentials": { "sessionToken": "hunter2" } } }),
            json!({ "sourceUri": "https://a.blob.core.windows.net/c/b.vhd?sv=1&sig=hunter2" }),
        ] {
            let hidden = hidden(&element);
            assert!(!hidden.contains("hunter2"), "{hidden}");
            assert!(hidden.contains("sha256") || hidden.contains("b.vhd"), "{hidden}");
        }
    }

    #[test]
    fn broken_bytes_that_may_hold_a_secret_leave_only_their_digest() {
        let broken = br#"{"InstanceId":"i-1","UserData":"hunter2"#;
        let left = String::from_utf8(concealed(broken)).unwrap();
        assert!(!left.contains("hunter2") && left.contains("sha256"), "{left}");
    }

    #[test]
    fn everything_else_stands_as_it_is() {
        let raw = br#"{ "VolumeId":7,"Tags":[ {"Key":"a","Value":"b"} ]}"#;
        assert_eq!(concealed(raw), raw);
        assert_eq!(concealed(b"{broken"), b"{broken");
        let kept = hidden(&json!({ "id": 7, "metadata": { "items": [{ "key": "k", "value": "v" }] } }));
        assert!(kept.contains(r#""id":7"#) && kept.contains(r#""key":"k""#), "{kept}");
    }
}
