//! The secret that signs notices.

use std::fs::File;
use std::io::{self, Read as _};
use std::str::FromStr;
use std::{env, fmt};

use crate::cli::Failure;

/// The environment variable that holds the secret.
const VARIABLE: &str = "DRIFTLINE_NOTIFY_SECRET";

/// The longest secret that a file can hold.
const LONGEST: u64 = 4096;

/// The secret that signs notices; never shown.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Secret(Vec<u8>);

impl Secret {
    /// Returns the secret of the environment; `None` if there is none.
    pub(super) fn from_environment() -> Result<Option<Self>, Failure> {
        match env::var_os(VARIABLE).map(|value| Self::of(value.as_encoded_bytes())) {
            None => Ok(None),
            Some(Some(secret)) => Ok(Some(secret)),
            Some(None) => Err(Failure::NoSecret(VARIABLE)),
        }
    }

    /// Returns the secret without the line end that editors leave; `None` where nothing is left.
    fn of(bytes: &[u8]) -> Option<Self> {
        let secret = bytes.trim_ascii();
        (!secret.is_empty()).then(|| Self(secret.to_owned()))
    }

    /// Returns the signature of a body sent at a moment, in seconds of Unix time: `t=SECONDS,v1=HEX`.
    ///
    /// The moment is signed too, so that a receiver can refuse what was recorded and sent again later.
    #[cfg(feature = "notify")]
    pub(super) fn sign(&self, seconds: i64, body: &str) -> String {
        use std::fmt::Write as _;

        use hmac::{Hmac, KeyInit as _, Mac as _};

        // HMAC takes keys of any length.
        let Ok(mut mac) = Hmac::<sha2::Sha256>::new_from_slice(&self.0) else { return String::new() };
        mac.update(format!("{seconds}.{body}").as_bytes());
        let mut signature = format!("t={seconds},v1=");
        for byte in mac.finalize().into_bytes() {
            let _ = write!(signature, "{byte:02x}");
        }
        signature
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a secret of {} bytes", self.0.len())
    }
}

/// Reads the file of that name.
impl FromStr for Secret {
    type Err = String;

    fn from_str(path: &str) -> Result<Self, Self::Err> {
        let unreadable = |error: io::Error| error.to_string();
        let file = File::open(path).map_err(unreadable)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = file.metadata().map_err(unreadable)?.permissions().mode();
            if mode & 0o007 != 0 {
                return Err(
                    "everybody on this machine can read it or write to it; `chmod o= FILE` mends that"
                        .to_owned(),
                );
            }
        }
        let mut held = Vec::new();
        file.take(LONGEST + 1).read_to_end(&mut held).map_err(unreadable)?;
        if held.len() as u64 > LONGEST {
            return Err(format!("it holds more than {LONGEST} bytes"));
        }
        Self::of(&held).ok_or_else(|| "it holds nothing".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_file_that_everybody_can_read_holds_no_secret() {
        use std::fs::{self, Permissions};
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        fs::write(&path, "s3cret\n").unwrap();
        let read = |mode| {
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            path.to_str().unwrap().parse::<Secret>()
        };
        assert!(read(0o644).unwrap_err().contains("everybody on this machine"));
        assert_eq!(read(0o440), Ok(Secret(b"s3cret".to_vec())));
        assert_eq!(format!("{:?}", read(0o600).unwrap()), "a secret of 6 bytes");
        fs::write(&path, "\n").unwrap();
        assert_eq!(read(0o600).unwrap_err(), "it holds nothing");
        fs::write(&path, "x".repeat(4097)).unwrap();
        assert!(read(0o600).unwrap_err().contains("more than 4096 bytes"));
        assert!("/nonexistent/secret".parse::<Secret>().is_err());
    }

    #[cfg(feature = "notify")]
    #[test]
    fn a_signature_is_that_of_other_implementations() {
        // printf '%s' '1700000000.{"a":1}' | openssl dgst -sha256 -hmac Jefe
        let signature = Secret(b"Jefe".to_vec()).sign(1_700_000_000, "{\"a\":1}");
        assert_eq!(
            signature,
            "t=1700000000,v1=fa5f6481efc59da48b19c9dc10196c9953e5651f8304b3a318b6b87d70272e0a"
        );
    }
}
