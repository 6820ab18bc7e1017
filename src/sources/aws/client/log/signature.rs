//! Whether a digest is the vendor's: RSA with PKCS #1 v1.5 and SHA-256, by the public keys of its region.

use std::collections::BTreeMap;

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use aws_smithy_types::DateTime;

use crate::model::{Location, Window};
use crate::sources::aws::calls::LIST_PUBLIC_KEYS;
use crate::sources::aws::client::session::Session;
use crate::sources::aws::client::walk::collect;
use crate::sources::aws::digest::{Digest, Signature};
use crate::sources::live::Refusal;

/// The public keys of a region by fingerprint, each a DER `RSAPublicKey`; or why there are none.
pub(super) struct PublicKeys(Result<BTreeMap<String, Vec<u8>>, Refusal>);

impl PublicKeys {
    /// Asks for the keys that signed in some time.
    pub(super) async fn of(session: &Session, region: &Location, window: Window) -> Self {
        let client = session.cloudtrail(region);
        let lane = session.lane_of("cloudtrail-keys", region, 1.0, 1);
        let request = client
            .list_public_keys()
            .start_time(DateTime::from_secs(window.from.as_second()))
            .end_time(DateTime::from_secs(window.to.as_second()));
        let lane = &lane;
        let keys = collect(|token| {
            let request = request.clone().set_next_token(token);
            async move {
                let answer = session.ask(lane, &LIST_PUBLIC_KEYS, || request.clone().send()).await?;
                Ok((answer.public_key_list.unwrap_or_default(), answer.next_token))
            }
        });
        let named =
            |key: aws_sdk_cloudtrail::types::PublicKey| Some((key.fingerprint?, key.value?.into_inner()));
        Self(keys.await.map(|keys| keys.into_iter().filter_map(named).collect()))
    }

    /// Judges the signature that stands beside a digest, in hexadecimal.
    pub(super) fn judge(&self, digest: &Digest, signed: &str, signature: Option<&str>) -> Signature {
        let keys = match &self.0 {
            Ok(keys) => keys,
            Err(refusal) => return Signature::Unchecked(refusal.to_string()),
        };
        let Some(key) = digest.fingerprint.as_ref().and_then(|fingerprint| keys.get(fingerprint)) else {
            return Signature::Unchecked("the vendor names no such key".to_owned());
        };
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key);
        let verified = signature.and_then(bytes).map(|signature| key.verify(signed.as_bytes(), &signature));
        if verified.is_some_and(|verified| verified.is_ok()) { Signature::Valid } else { Signature::Invalid }
    }
}

/// Reads hexadecimal digits.
fn bytes(hex: &str) -> Option<Vec<u8>> {
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    hex.len().is_multiple_of(2).then(|| hex.as_bytes().chunks(2).map(pair).collect())?
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::rsa::{KeyPair, KeySize};
    use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};

    use super::*;
    use crate::sources::live::RefusalKind;

    #[test]
    fn only_what_the_vendor_s_key_signed_is_valid() {
        let content = br#"{"awsAccountId":"1","digestStartTime":"2026-03-01T00:00:00Z",
            "digestEndTime":"2026-03-01T01:00:00Z","digestS3Bucket":"b","digestS3Object":"k",
            "digestPublicKeyFingerprint":"f"}"#;
        let digest = Digest::parse(content).unwrap();
        let signed = digest.signed_text("hash", content);
        let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).unwrap();
        let signature = signature.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
        let public = pair.public_key().as_ref().to_vec();
        let keys = PublicKeys(Ok([("f".to_owned(), public.clone())].into()));
        assert_eq!(keys.judge(&digest, &signed, Some(&signature)), Signature::Valid);
        assert_eq!(
            keys.judge(&digest, &signed.replace("hash", "Hash"), Some(&signature)),
            Signature::Invalid
        );
        assert_eq!(keys.judge(&digest, &signed, None), Signature::Invalid);
        assert_eq!(keys.judge(&digest, &signed, Some("no hex")), Signature::Invalid);
        let others = PublicKeys(Ok([("g".to_owned(), public)].into()));
        assert!(matches!(others.judge(&digest, &signed, Some(&signature)), Signature::Unchecked(_)));
        let denied = PublicKeys(Err(Refusal::new(RefusalKind::Denied, "AccessDenied", "no")));
        let told = denied.judge(&digest, &signed, Some(&signature));
        assert_eq!(told, Signature::Unchecked("AccessDenied: no".to_owned()));
    }
}
