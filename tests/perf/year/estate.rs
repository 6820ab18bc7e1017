//! The estate: sites in three clouds, and what stands in them.

use std::collections::{BTreeMap, BTreeSet};

use driftline::model::{Kind, Provider, Timestamp};

/// A place where resources stand: one location of one account.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Site {
    pub(crate) provider: Provider,
    pub(crate) account: &'static str,
    /// AWS region, Azure location, Google Cloud zone.
    pub(crate) location: &'static str,
    /// Of a hundred machines, how many stand here when the year begins.
    pub(crate) share: u32,
}

const fn site(provider: Provider, account: &'static str, location: &'static str, share: u32) -> Site {
    Site { provider, account, location, share }
}

pub(crate) const PRODUCTION: &str = "111122223333";
pub(crate) const STAGING: &str = "444455556666";
pub(crate) const SUBSCRIPTION: &str = "3f6d1c2a-7b48-4e19-9c05-8d2e6a1b4f70";
pub(crate) const PROJECT: &str = "northwick";

/// Every site; those that hold nothing are scanned as well.
pub(crate) static SITES: [Site; 9] = [
    site(Provider::Aws, PRODUCTION, "eu-west-1", 30),
    site(Provider::Aws, PRODUCTION, "us-east-1", 15),
    site(Provider::Aws, STAGING, "eu-west-1", 15),
    site(Provider::Azure, SUBSCRIPTION, "westeurope", 25),
    site(Provider::Gcp, PROJECT, "europe-west1-b", 15),
    site(Provider::Aws, PRODUCTION, "ap-southeast-3", 0),
    site(Provider::Aws, STAGING, "ap-southeast-3", 0),
    site(Provider::Azure, SUBSCRIPTION, "brazilsouth", 0),
    site(Provider::Gcp, PROJECT, "asia-south1-a", 0),
];

impl Site {
    /// Returns the site of an account elsewhere where nothing stands.
    pub(crate) fn unused_of(&self) -> &'static Self {
        let unused = |site: &&Self| site.share == 0 && site.account == self.account;
        SITES.iter().find(unused).unwrap_or(&SITES[5])
    }
}

/// The number of a thing.
pub(crate) type Id = usize;

/// What something was made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// Nothing.
    Nothing,
    /// Another thing.
    Thing(Id),
    /// The vendor's own image.
    Stock,
}

/// What fills a slot of a machine, or of an image.
#[derive(Clone, Debug)]
pub(crate) struct Slot {
    pub(crate) disk: Id,
    pub(crate) since: Timestamp,
    /// Whether it is deleted with its machine.
    pub(crate) along: bool,
}

#[expect(clippy::struct_excessive_bools, reason = "each is a field of its cloud's own")]
/// One machine, disk, snapshot or image, with what its cloud would tell of it.
#[derive(Clone, Debug)]
pub(crate) struct Thing {
    pub(crate) kind: Kind,
    pub(crate) site: &'static Site,
    pub(crate) uid: String,
    pub(crate) name: String,
    pub(crate) born: Timestamp,
    pub(crate) gone: bool,
    /// Moves with every difference that a listing would show.
    pub(crate) version: u32,
    pub(crate) tags: BTreeMap<String, String>,
    /// Of a machine its size, an index into what its cloud sells; of the others, in GB.
    pub(crate) size: usize,
    pub(crate) running: bool,
    pub(crate) started: Timestamp,
    pub(crate) stopped: Option<Timestamp>,
    /// Why it stopped, where the vendor says so.
    pub(crate) stop_code: &'static str,
    /// Of a machine the disks, of an image the snapshots.
    pub(crate) slots: BTreeMap<String, Slot>,
    /// Of a disk: which machine holds it, where, since when.
    pub(crate) held: Option<(Id, String, Timestamp)>,
    /// When it was attached or detached last.
    pub(crate) moved: Timestamp,
    pub(crate) source: Source,
    /// The group or the policy that made it.
    pub(crate) keeper: Option<String>,
    pub(crate) expires: Option<Timestamp>,
    pub(crate) guests: BTreeSet<String>,
    /// Whether it may not be deleted.
    pub(crate) locked: bool,
    pub(crate) profile: u32,
    pub(crate) script: u32,
    pub(crate) spot: bool,
    pub(crate) encrypted: bool,
    pub(crate) address: u32,
}

impl Thing {
    /// Returns the slot from which a machine boots.
    pub(crate) fn root_slot(&self) -> &'static str {
        match self.site.provider {
            Provider::Aws => "/dev/xvda",
            Provider::Azure => "os",
            Provider::Gcp => "boot",
        }
    }

    /// Returns a slot for data, from 1.
    pub(crate) fn data_slot(&self, number: usize) -> String {
        match self.site.provider {
            Provider::Aws => format!("/dev/sd{}", char::from(b'e' + u8::try_from(number).unwrap_or(1))),
            Provider::Azure => format!("lun:{}", number - 1),
            Provider::Gcp => format!("data-{number}"),
        }
    }

    /// Returns a data slot that nothing fills.
    pub(crate) fn free_slot(&self) -> String {
        (1..12)
            .map(|number| self.data_slot(number))
            .find(|slot| !self.slots.contains_key(slot))
            .unwrap_or_default()
    }

    /// Returns the disk that it boots from.
    pub(crate) fn root(&self) -> Option<Id> {
        self.slots.get(self.root_slot()).map(|slot| slot.disk)
    }

    /// Returns the size in words of its cloud.
    pub(crate) fn model(&self) -> &'static str {
        let sold = match self.site.provider {
            Provider::Aws => {
                ["t3.medium", "m6i.large", "m6i.xlarge", "r6i.2xlarge", "i4i.xlarge", "p4d.24xlarge"]
            }
            Provider::Azure => [
                "Standard_B2s",
                "Standard_D2s_v5",
                "Standard_D4s_v5",
                "Standard_E8s_v5",
                "Standard_D4ds_v5",
                "Standard_NC24ads_A100_v4",
            ],
            Provider::Gcp => [
                "e2-medium",
                "n2-standard-2",
                "n2-standard-4",
                "n2-highmem-8",
                "n2-standard-8",
                "a2-highgpu-8g",
            ],
        };
        sold[self.size.min(sold.len() - 1)]
    }

    /// Whether it has disks that a stop wipes.
    pub(crate) fn has_scratch(&self) -> bool {
        self.kind == Kind::Instance && self.size == SCRATCH
    }

    /// Whether nobody but people keeps it.
    pub(crate) fn is_pet(&self) -> bool {
        self.keeper.is_none() && !self.gone
    }
}

/// The size of machines with disks of their host's.
pub(crate) const SCRATCH: usize = 4;

/// The size of machines that nobody here needs.
pub(crate) const HUGE: usize = 5;
