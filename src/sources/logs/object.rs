//! What the name of a CloudTrail object in S3 tells (SEMANTICS E.1.6).

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::model::{AccountId, Location, Timestamp};

/// What is told by `ACCOUNT_CloudTrail_REGION_YYYYMMDDTHHmmZ_UNIQUE.json.gz`, or by the folders
/// `AWSLogs/[ORGANIZATION/]ACCOUNT/CloudTrail/REGION/` around another name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ObjectName {
    /// Whose log it is.
    pub(super) account: Option<AccountId>,
    /// Of which region.
    pub(super) location: Option<Location>,
    /// When it was delivered.
    pub(super) delivered_at: Option<Timestamp>,
    /// Whether it is a digest, which lists log objects with their hashes.
    pub(super) is_digest: bool,
}

impl ObjectName {
    /// Reads a path with `/`, absolute or relative.
    pub(super) fn parse(path: &str) -> Self {
        let (folders, file) = path.rsplit_once('/').unwrap_or(("", path));
        let mut told = Self::of_file(file).unwrap_or_default();
        let steps: Vec<&str> = folders.split('/').collect();
        let log = steps.windows(3).rev().find_map(|steps| match steps {
            [account, kind @ ("CloudTrail" | "CloudTrail-Digest"), region] if is_account(account) => {
                Some((*account, *kind, *region))
            }
            _ => None,
        });
        if let Some((account, kind, region)) = log {
            told.account.get_or_insert_with(|| AccountId::new(account));
            told.location.get_or_insert_with(|| Location::new(region));
            told.is_digest |= kind == "CloudTrail-Digest";
        }
        told
    }

    fn of_file(file: &str) -> Option<Self> {
        let parts: Vec<&str> = file.split('_').collect();
        let [account, kind, region, rest @ ..] = parts.as_slice() else { return None };
        if !is_account(account) {
            return None;
        }
        let time = |text: &str| {
            let time = DateTime::strptime("%Y%m%dT%H%MZ", text).ok()?;
            Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp())
        };
        let is_digest = *kind == "CloudTrail-Digest";
        (is_digest || *kind == "CloudTrail").then(|| Self {
            account: Some(AccountId::new(*account)),
            location: Some(Location::new(*region)),
            delivered_at: rest.first().and_then(|text| time(text)).filter(|_| !is_digest),
            is_digest,
        })
    }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_account_region_and_delivery() {
        let name = "AWSLogs/o-abc/111122223333/CloudTrail/eu-west-1/2026/01/02/\
                    111122223333_CloudTrail_eu-west-1_20260102T0305Z_AbCdEfGhIjKlMnOp.json.gz";
        let told = ObjectName {
            account: Some(AccountId::new("111122223333")),
            location: Some(Location::new("eu-west-1")),
            delivered_at: Some("2026-01-02T03:05:00Z".parse().unwrap()),
            is_digest: false,
        };
        assert_eq!(ObjectName::parse(name), told);
        let file = name.rsplit_once('/').unwrap().1;
        assert_eq!(ObjectName::parse(file), told);
        let renamed = "b/AWSLogs/111122223333/CloudTrail/eu-west-1/2026/01/02/0001.json";
        assert_eq!(ObjectName::parse(renamed), ObjectName { delivered_at: None, ..told });
    }

    #[test]
    fn a_digest_is_told_by_its_name_or_its_folder() {
        for name in [
            "111122223333_CloudTrail-Digest_eu-west-1_trail_eu-west-1_20260102T030500Z.json.gz",
            "AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2026/01/02/x.json.gz",
        ] {
            assert!(ObjectName::parse(name).is_digest, "{name}");
        }
    }

    #[test]
    fn any_other_name_tells_nothing() {
        for name in ["events.json", "a_b_c_d.json", "x/CloudTrail/y/z.json", "", "___"] {
            assert_eq!(ObjectName::parse(name), ObjectName::default(), "{name}");
        }
    }
}
