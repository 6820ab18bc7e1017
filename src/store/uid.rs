//! Uids as the store keeps them: without what every uid of a kind has in common.

use std::fmt::Write as _;
use std::hash::{Hash, Hasher};

use rusqlite::types::{Value, ValueRef};
use rustc_hash::FxHasher;

use super::Error;
use crate::model::{Kind, Provider, ResourceKey, Uid};

/// Returns a uid as the store keeps it; the SQL view `identity` spells it out again.
///
/// An EC2 id (SEMANTICS A.1: a prefix and 17, of old 8, hexadecimal digits) and a UUID become bytes, a
/// Compute Engine id becomes a number. What is not written exactly so stays text.
pub(super) fn packed(provider: Provider, kind: Kind, uid: &str) -> Value {
    let packed = match provider {
        Provider::Aws => {
            prefix(kind).and_then(|prefix| uid.strip_prefix(prefix)).and_then(|digits| match digits.len() {
                17 => bytes(&format!("0{digits}")),
                8 => bytes(digits),
                _ => None,
            })
        }
        Provider::Azure => {
            let digits = uid.replace('-', "");
            bytes(&digits).filter(|bytes| hyphenated(bytes) == uid)
        }
        Provider::Gcp => {
            let number = uid.parse().ok().filter(|number: &i64| number.to_string() == uid);
            return number.map_or_else(|| Value::Text(uid.to_owned()), Value::Integer);
        }
    };
    packed.map_or_else(|| Value::Text(uid.to_owned()), Value::Blob)
}

/// Returns a uid in the vendor's spelling.
pub(super) fn unpacked(provider: Provider, kind: Kind, packed: ValueRef<'_>) -> Result<Uid, Error> {
    let unknown = || Error::damaged("a uid is no uid");
    let uid = match packed {
        ValueRef::Text(text) => std::str::from_utf8(text).map_err(|_| unknown())?.to_owned(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Blob(bytes) if provider == Provider::Azure => hyphenated(bytes),
        ValueRef::Blob(bytes) => {
            let digits = hexadecimal(bytes);
            let digits = if bytes.len() == 9 { digits.get(1..) } else { Some(digits.as_str()) };
            format!("{}{}", prefix(kind).ok_or_else(unknown)?, digits.ok_or_else(unknown)?)
        }
        _ => return Err(unknown()),
    };
    Ok(Uid::new(uid))
}

/// Returns every way in which the store may keep a uid of some provider and kind.
pub(super) fn any_packed(uid: &str) -> Vec<Value> {
    let mut ways = Vec::new();
    for &provider in Provider::ALL {
        for &kind in Kind::ALL {
            for uid in [uid, uid.to_lowercase().as_str()] {
                let way = packed(provider, kind, uid);
                if !ways.contains(&way) {
                    ways.push(way);
                }
            }
        }
    }
    ways
}

/// Returns the key of a resource, given what the store keeps of it.
pub(super) fn key(provider: Provider, kind: Kind, packed: ValueRef<'_>) -> Result<ResourceKey, Error> {
    Ok(ResourceKey { provider, kind, uid: unpacked(provider, kind, packed)? })
}

/// Returns the hash by which a run finds a resource in memory.
pub(super) fn hash(provider: Provider, kind: Kind, packed: ValueRef<'_>) -> u64 {
    let mut hasher = FxHasher::default();
    (provider, kind).hash(&mut hasher);
    match packed {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes.hash(&mut hasher),
        ValueRef::Integer(number) => number.hash(&mut hasher),
        ValueRef::Null | ValueRef::Real(_) => {}
    }
    hasher.finish()
}

const fn prefix(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Instance => Some("i-"),
        Kind::Volume => Some("vol-"),
        Kind::Snapshot => Some("snap-"),
        Kind::Image => Some("ami-"),
        _ => None,
    }
}

/// Returns the bytes of lower-case hexadecimal digits.
fn bytes(digits: &str) -> Option<Vec<u8>> {
    let digit = |&digit: &u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let (pairs, rest) = digits.as_bytes().as_chunks();
    let byte = |[high, low]: &[u8; 2]| Some(digit(high)? << 4 | digit(low)?);
    if rest.is_empty() { pairs.iter().map(byte).collect() } else { None }
}

/// Returns bytes as lower-case hexadecimal digits.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut digits, byte| {
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

/// Returns sixteen bytes as a UUID; text that no UUID equals for any other number.
fn hyphenated(bytes: &[u8]) -> String {
    let digits = hexadecimal(bytes);
    let part = |from: usize, until: usize| digits.get(from..until).unwrap_or_default();
    format!(
        "{}-{}-{}-{}-{}",
        part(0, 8),
        part(8, 12),
        part(12, 16),
        part(16, 20),
        digits.get(20..).unwrap_or_default()
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn round(provider: Provider, kind: Kind, uid: &str) -> (Value, String) {
        let packed = packed(provider, kind, uid);
        let back = unpacked(provider, kind, ValueRef::from(&packed)).unwrap();
        (packed, back.to_string())
    }

    #[test]
    fn ids_as_vendors_make_them_take_few_bytes() {
        let (packed, back) = round(Provider::Aws, Kind::Volume, "vol-0123456789abcdef0");
        assert_eq!(back, "vol-0123456789abcdef0");
        assert!(matches!(packed, Value::Blob(bytes) if bytes.len() == 9));
        let (packed, back) = round(Provider::Azure, Kind::Instance, "12345678-90ab-cdef-0123-456789abcdef");
        assert_eq!(back, "12345678-90ab-cdef-0123-456789abcdef");
        assert!(matches!(packed, Value::Blob(bytes) if bytes.len() == 16));
        assert_eq!(
            round(Provider::Gcp, Kind::Instance, "4567890123456789012").0,
            Value::Integer(4_567_890_123_456_789_012)
        );
    }

    proptest! {
        #[test]
        fn every_uid_reads_back(
            uid in prop_oneof![
                "(i|vol|snap|ami)-[0-9a-fA-F]{7,18}", "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
                "[-+]?[0-9]{1,22}", "[0-9a-f-]{0,40}", any::<String>(),
            ],
            provider in prop::sample::select(Provider::ALL),
            kind in prop::sample::select(Kind::ALL),
        ) {
            prop_assert_eq!(round(provider, kind, &uid).1, uid);
        }

        #[test]
        fn the_view_spells_uids_as_the_store_does(
            uid in prop_oneof![
                "(i|vol|snap|ami)-[0-9a-f]{17}", "(i|vol)-[0-9a-f]{8}", "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
                "[1-9][0-9]{0,19}", "[a-z/-]{1,40}",
            ],
            provider in prop::sample::select(Provider::ALL),
            kind in prop::sample::select(Kind::ALL),
        ) {
            let store = crate::store::Store::in_memory().unwrap();
            let names = (provider.as_str(), kind.as_str());
            store.connection.execute("insert into scope values (1, ?1, 'a', 'l', ?2)", names).unwrap();
            let row = "insert into resource (id, uid, scope, latest) values (1, ?1, 1, 1)";
            store.connection.execute(row, [packed(provider, kind, &uid)]).unwrap();
            let seen: String =
                store.connection.query_row("select uid from identity", [], |row| row.get(0)).unwrap();
            prop_assert_eq!(seen, uid);
        }
    }
}
