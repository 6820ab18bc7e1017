//! Whether the store still says what its seals say.

use std::fmt;

/// Something that is not as the chain says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// To be written.
    Other(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Other(text) = self;
        f.write_str(text)
    }
}
