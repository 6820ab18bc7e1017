//! Digest files of a trail (SEMANTICS E.1.6, F.1): what the trail says that it delivered, hour by hour, held against
//! the objects that are there.
//!
//! Pure: whoever reads the objects, from a bucket or from a folder, hands over what was found.

mod chain;

use jiff::SignedDuration;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::Deserialize;
use sha2::Sha256;

pub use chain::{Found, Question, check};

use crate::model::Timestamp;
use crate::sources::Odd;

/// How precise the names of objects are.
pub const MINUTE: SignedDuration = SignedDuration::from_mins(1);

/// What a digest file says.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Digest {
    /// The account whose log it is about.
    #[serde(rename = "awsAccountId")]
    pub account: String,
    /// From when its objects were delivered.
    #[serde(rename = "digestStartTime")]
    pub start: Timestamp,
    /// Until when.
    #[serde(rename = "digestEndTime")]
    pub end: Timestamp,
    /// The bucket that it was delivered to.
    #[serde(rename = "digestS3Bucket")]
    pub bucket: String,
    /// Its own key there.
    #[serde(rename = "digestS3Object")]
    pub object: String,
    /// Which of the vendor's keys signed it.
    #[serde(rename = "digestPublicKeyFingerprint", default)]
    pub fingerprint: Option<String>,
    /// The key of the digest before it; none for the first of a trail.
    #[serde(rename = "previousDigestS3Object", default)]
    pub previous: Option<String>,
    /// The SHA-256 of that digest, uncompressed, in hexadecimal.
    #[serde(rename = "previousDigestHashValue", default)]
    pub previous_hash: Option<String>,
    /// The signature of that digest, in hexadecimal.
    #[serde(rename = "previousDigestSignature", default)]
    pub previous_signature: Option<String>,
    /// What was delivered.
    #[serde(rename = "logFiles", default)]
    pub files: Vec<DigestFile>,
}

/// An object that a digest lists.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DigestFile {
    /// Its bucket.
    #[serde(rename = "s3Bucket")]
    pub bucket: String,
    /// Its key.
    #[serde(rename = "s3Object")]
    pub object: String,
    /// The SHA-256 of its uncompressed content, in hexadecimal.
    #[serde(rename = "hashValue")]
    pub hash: String,
    /// The time of its oldest event.
    #[serde(rename = "oldestEventTime", default)]
    pub oldest: Option<Timestamp>,
    /// The time of its newest event.
    #[serde(rename = "newestEventTime", default)]
    pub newest: Option<Timestamp>,
}

/// A digest as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundDigest {
    /// What it says.
    pub digest: Digest,
    /// The SHA-256 of its own uncompressed content.
    pub hash: String,
    /// Whether the vendor signed it.
    pub signature: Signature,
}

/// What is known of a digest's signature, which stands beside its object and not in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signature {
    /// It is the vendor's.
    Valid,
    /// It is not, or there is none.
    Invalid,
    /// Nobody could check it; the reason.
    Unchecked(String),
}

impl Digest {
    /// Reads the uncompressed content of a digest file.
    ///
    /// # Errors
    ///
    /// `not-a-digest` for anything else.
    pub fn parse(content: &[u8]) -> Result<Self, Odd> {
        serde_json::from_slice(content).map_err(|error| Odd::new("not-a-digest", error.to_string()))
    }

    /// Returns what the keys of one trail's digests have in common: account, region, and the trail with its own.
    fn trail(&self) -> &str {
        let name = self.object.rsplit('/').next().unwrap_or_default();
        name.rsplit_once('_').map_or(name, |(trail, _)| trail)
    }

    /// Returns the text that the vendor signs, for a digest whose content has this SHA-256 (CloudTrail user guide,
    /// "Custom implementations of log file integrity validation").
    ///
    /// `content` is the digest as it was delivered: the time that is signed is spelt as it stands there.
    pub fn signed_text(&self, hash: &str, content: &[u8]) -> String {
        #[derive(Deserialize)]
        struct Spelling<'a> {
            #[serde(rename = "digestEndTime", borrow)]
            end: std::borrow::Cow<'a, str>,
        }
        let spelling = serde_json::from_slice::<Spelling<'_>>(content);
        let end = spelling.map_or_else(|_| self.end.to_string(), |spelling| spelling.end.into_owned());
        let before = self.previous_signature.as_deref().unwrap_or("null");
        format!("{end}\n{}/{}\n{hash}\n{before}", self.bucket, self.object)
    }
}

/// Returns when an object was delivered, by its name: `…_20260301T0355Z_….json.gz`, `…_20260301T040131Z.json.gz`.
pub fn delivered_at(key: &str) -> Option<Timestamp> {
    let name = key.rsplit('/').next()?.strip_suffix(".json.gz")?;
    let digits =
        |part: &&str| part.len() >= 14 && part.ends_with('Z') && part.as_bytes().get(8) == Some(&b'T');
    let stamp = name.rsplit('_').find(digits)?.trim_end_matches('Z');
    let format = if stamp.len() == 13 { "%Y%m%dT%H%M" } else { "%Y%m%dT%H%M%S" };
    let civil = DateTime::strptime(format, stamp).ok()?;
    Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

/// Returns the SHA-256 of some bytes, in lower-case hexadecimal.
pub fn sha256(content: &[u8]) -> String {
    use sha2::Digest as _;
    use std::fmt::Write as _;
    Sha256::digest(content).iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_signed_is_spelt_as_it_was_delivered() {
        let content = br#"{"awsAccountId":"111122223333","digestStartTime":"2026-03-01T00:00:00Z",
            "digestEndTime":"2026-03-01T01:00:00Z","digestS3Bucket":"b","digestS3Object":"k",
            "previousDigestSignature":null,"previousDigestS3Object":null,"logFiles":[]}"#;
        let digest = Digest::parse(content).unwrap();
        assert_eq!(digest.signed_text("abc", content), "2026-03-01T01:00:00Z\nb/k\nabc\nnull");
        assert_eq!(Digest::parse(b"{}").unwrap_err().code, "not-a-digest");
    }

    #[test]
    fn a_name_tells_when_its_object_was_delivered() {
        let log = "p/2026/03/01/111122223333_CloudTrail_eu-west-1_20260301T0355Z_aBcDeFgHiJkLmNoP.json.gz";
        assert_eq!(delivered_at(log), Some(time("2026-03-01T03:55:00Z")));
        let digest = "p/1_CloudTrail-Digest_eu-west-1_my_trail_eu-west-1_20260301T040131Z.json.gz";
        assert_eq!(delivered_at(digest), Some(time("2026-03-01T04:01:31Z")));
        assert_eq!(delivered_at("p/readme.txt"), None);
        assert_eq!(delivered_at("p/1_CloudTrail_r_20269901T0355Z_x.json.gz"), None);
    }
}
