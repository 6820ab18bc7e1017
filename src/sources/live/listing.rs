//! What there is to list, and what came of it.

use super::{Call, Page, Refusal};
use crate::model::{AccountId, CoverageStatus, Location, Reason, Scope};
use crate::sources::{Caveat, Hints};

/// An account that an entry reaches.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// Its name, where the enumeration tells it.
    pub name: Option<String>,
}

/// What the enumeration of an entry's accounts found.
#[derive(Debug, Default)]
pub struct Accounts {
    /// The accounts to survey.
    pub accounts: Vec<Account>,
    /// The enumeration itself, where it is a listing: accounts are baselined, too.
    pub listed: Vec<Listed>,
    /// Scopes of accounts that are left out, and why.
    pub unlisted: Vec<Unlisted>,
}

/// What is to be listed in one account.
#[derive(Debug, Default)]
pub struct Survey {
    /// The listings to make.
    pub listings: Vec<Listing>,
    /// What the survey itself listed: regions are baselined, too.
    pub listed: Vec<Listed>,
    /// Scopes that are left out, and why: a region that the account may not use, a kind that nobody asked
    /// for. Those that no earlier scan listed either are not reported.
    pub unlisted: Vec<Unlisted>,
}

/// One listing to make: as many calls as it takes to know everything of one scope.
#[derive(Clone, Debug)]
pub struct Listing {
    /// What it covers.
    pub scope: Scope,
    /// What its elements do not tell of themselves.
    pub hints: Hints,
    /// The calls that it takes.
    pub calls: Vec<&'static Call>,
}

/// A listing that was made already.
#[derive(Debug)]
pub struct Listed {
    /// The listing.
    pub listing: Listing,
    /// Its pages.
    pub pages: Vec<Page>,
    /// What keeps it from being complete.
    pub troubles: Vec<Trouble>,
}

/// A scope that is not listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unlisted {
    /// Which; the location [`crate::model::EVERYWHERE`] stands for every location of the account.
    pub scope: Scope,
    /// Why.
    pub trouble: Trouble,
}

/// Something that keeps a listing from being complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// The one location that it concerns; the whole listing if `None`.
    pub location: Option<Location>,
    /// What it makes of a listing that has nothing else to show; [`CoverageStatus::Complete`] for a note.
    pub status: CoverageStatus,
    /// The vendor's code and message.
    pub reason: Reason,
}

impl Trouble {
    /// Makes one of ours.
    pub fn new(status: CoverageStatus, code: &str, message: impl Into<String>) -> Self {
        let reason = Reason { code: code.to_owned(), message: message.into() };
        Self { location: None, status, reason }
    }

    /// Makes a scope's absence from the scan deliberate.
    pub fn skipped(code: &str, message: impl Into<String>) -> Self {
        Self::new(CoverageStatus::Skipped, code, message)
    }

    /// Says which call met it, where a listing takes several.
    #[must_use]
    pub fn of(mut self, call: &Call) -> Self {
        self.reason.message = format!("{}: {}", call.name, self.reason.message);
        self
    }

    /// Makes it a note: something to tell of a listing that leaves it as complete as it is, for instance that a
    /// call was refused which proves nothing of presence.
    #[must_use]
    pub fn as_note(self) -> Self {
        Self { status: CoverageStatus::Complete, ..self }
    }
}

impl From<&Refusal> for Trouble {
    fn from(refusal: &Refusal) -> Self {
        Self { location: None, status: refusal.status(), reason: refusal.reason() }
    }
}

impl From<Refusal> for Trouble {
    fn from(refusal: Refusal) -> Self {
        Self::from(&refusal)
    }
}

impl From<Caveat> for Trouble {
    fn from(caveat: Caveat) -> Self {
        Self { location: caveat.location, status: CoverageStatus::Partial, reason: caveat.reason }
    }
}
