//! Who acts: people, pipelines, programs and the vendors' own services, each with an identity in every cloud.

/// A principal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    /// A person who signs in centrally.
    Person(String),
    /// A person with a long-lived key of one cloud.
    KeyHolder(String),
    /// A pipeline, and the name of its run.
    Pipeline(&'static str, String),
    /// A program of the company's own.
    Program(&'static str),
    /// A service of the vendor's: `autoscaling`, `dlm`, `snapshot-schedule`, `instance-schedule`, `spot`.
    Service(&'static str),
}

impl Who {
    /// Returns a person.
    pub(crate) fn person(name: impl Into<String>) -> Self {
        Self::Person(name.into())
    }

    /// Returns the name by which ids are made.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Person(name) | Self::KeyHolder(name) => name,
            Self::Pipeline(name, _) | Self::Program(name) | Self::Service(name) => name,
        }
    }

    /// Returns the address that it calls from.
    pub(crate) fn address(&self) -> String {
        let hash = hash(self.name());
        match self {
            Self::Person(_) => format!("198.51.100.{}", hash % 250 + 1),
            _ => format!("203.0.113.{}", hash % 250 + 1),
        }
    }

    /// Returns the program that it calls with.
    pub(crate) fn agent(&self) -> &'static str {
        match self {
            Self::Person(_) => "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0",
            Self::KeyHolder(_) => "aws-cli/2.31.0 md/Botocore#1.40.0",
            Self::Pipeline(..) => "Terraform/1.13.0 (+https://www.terraform.io)",
            Self::Program(_) | Self::Service(_) => "Boto3/1.40.0 md/Botocore#1.40.0",
        }
    }
}

/// Returns a number that stands for a name.
pub(crate) fn hash(name: &str) -> u64 {
    name.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Returns an id in capitals, as AWS gives one to a principal.
pub(crate) fn code(prefix: &str, name: &str) -> String {
    format!("{prefix}{:016X}", hash(name))
}

/// Returns an id of the shape that Azure gives to everything.
pub(crate) fn guid(name: &str) -> String {
    let (one, two) = (hash(name), hash(&format!("{name}'")));
    let hex = format!("{one:016x}{two:016x}");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..32])
}
