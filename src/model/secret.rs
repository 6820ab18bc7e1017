//! Secrets become a digest and a length before they enter the model.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// Returns `{"length": bytes, "sha256": hex}` for a secret.
///
/// Applies to user data, custom data, metadata values, SAS URLs and key material (DESIGN §4): a changed
/// secret still shows as drift, its text never does.
pub fn conceal(secret: &[u8]) -> Value {
    json!({ "length": secret.len(), "sha256": sha256(secret) })
}

/// Returns the SHA-256 of bytes as 64 lower-case hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut hex, byte| {
        use std::fmt::Write as _;
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_leaves_only_its_digest_and_length() {
        let concealed = conceal(b"hunter2");
        assert_eq!(concealed["length"], 7);
        assert_eq!(concealed["sha256"], "f52fbd32b2b3b86ff88ef6c490628285f482af15ddcb29541f94bcf526a3f6c7");
        assert!(!concealed.to_string().contains("hunter2"));
    }
}
