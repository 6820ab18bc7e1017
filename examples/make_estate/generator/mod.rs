//! Makes estates: of any size, of any churn, the same from the same options.

mod aws;
mod azure;
mod dump;
mod gcp;
mod json;
mod random;
mod unit;
mod vendor;
mod words;

use std::io;
use std::path::PathBuf;

use clap::ValueEnum;

use random::Draw;
use unit::Fate;
use vendor::Vendor;

/// What to make.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// How many resources generation 0 has; rounded up to whole units of ten.
    pub(crate) resources: u64,
    /// Which share of the resources changes from one generation to the next.
    pub(crate) churn: f64,
    /// Where all values are drawn from.
    pub(crate) seed: u64,
    /// How often the estate has changed.
    pub(crate) generation: u32,
    /// Which clouds it stands in.
    pub(crate) provider: Provider,
    /// How a listing is written.
    pub(crate) format: Format,
    /// How JSON is laid out.
    pub(crate) layout: Layout,
    /// Writes the same elements in the order that this seed decides.
    pub(crate) shuffle: Option<u64>,
    /// The folder to write into.
    pub(crate) out: PathBuf,
}

/// Which clouds an estate stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Provider {
    Aws,
    Azure,
    Gcp,
    /// A third of the resources in each.
    All,
}

impl Provider {
    fn vendors(self) -> &'static [&'static dyn Vendor] {
        match self {
            Self::Aws => &[&aws::Aws],
            Self::Azure => &[&azure::Azure],
            Self::Gcp => &[&gcp::Gcp],
            Self::All => &[&aws::Aws, &azure::Azure, &gcp::Gcp],
        }
    }
}

/// How a listing is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// One JSON document, as the vendor's tool prints it.
    Cli,
    /// One element on each line.
    Ndjson,
}

/// How JSON is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Layout {
    /// Without white space, as scripts store it.
    Compact,
    /// Indented, as the vendor's tool prints it; twice as large.
    Pretty,
}

/// What was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// The resources that were written.
    pub(crate) resources: u64,
    /// The bytes that they took.
    pub(crate) bytes: u64,
    /// Those whose attributes or tags changed since the generation before.
    pub(crate) modified: u64,
    /// Those started, stopped, attached, detached or archived since.
    pub(crate) moved: u64,
    /// Those created since.
    pub(crate) created: u64,
    /// Those deleted since.
    pub(crate) deleted: u64,
}

impl Tally {
    fn count(&mut self, fate: Fate) {
        let counter = match fate {
            Fate::Same => return,
            Fate::Modified => &mut self.modified,
            Fate::Moved => &mut self.moved,
            Fate::Created => &mut self.created,
            Fate::Deleted => &mut self.deleted,
        };
        *counter += 1;
    }
}

/// Writes an estate and its manifest.
///
/// # Errors
///
/// Whatever the file system refuses.
pub(crate) fn generate(options: &Options) -> io::Result<Tally> {
    let vendors = options.provider.vendors();
    let units = options.resources.div_ceil(unit::UNIT_SIZE * vendors.len() as u64);
    let mut dump = dump::Dump::new(options);
    for vendor in vendors {
        let seed = Draw::new(options.seed).of(vendor.name());
        let scopes = vendor.scopes();
        let weight: u64 = scopes.iter().map(|scope| scope.weight).sum();
        let mut before = 0;
        for scope in &scopes {
            let from = units * before / weight;
            before += scope.weight;
            dump.scope(*vendor, scope, seed, from..units * before / weight)?;
        }
    }
    dump.finish()
}
