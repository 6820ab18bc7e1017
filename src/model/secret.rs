//! Secrets become a digest and a length before they enter the model.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// Returns `{"length": bytes, "sha256": hex}` for a secret.
///
/// Applies to user data, custom data, metadata values, SAS URLs and key material (DESIGN §4): a changed
/// secret still shows as drift, its text never does.
pub fn conceal(secret: &[u8]) -> Value {
    let digest = Sha256::digest(secret);
    let hex = digest.iter().fold(String::with_capacity(64), |mut hex, byte| {
        use std::fmt::Write as _;
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    json!({ "length": secret.len(), "sha256": hex })
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
