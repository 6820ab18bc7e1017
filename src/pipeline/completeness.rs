//! How completely each scope was listed, from what every file is said to list, holds, and says of itself.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    AccountId, Coverage, CoverageStatus, EVERYWHERE, Kind, Location, Provider, Reason, Scope, Timestamp,
};
use crate::sources::files::{Claim, Dump, FileEnd, FileId, elements::Fault};
use crate::sources::grants::Part;
use crate::sources::{CLOUDS, Caveat, Cloud, Statement, cloud};

/// What came of one file.
#[derive(Debug)]
pub(super) struct FileTally {
    /// What the reader knows of it.
    pub(super) end: FileEnd,
    /// When its dump was taken.
    pub(super) taken_at: Timestamp,
    /// How many resources of each scope it holds, by the resource's own location.
    pub(super) listed: BTreeMap<Scope, u64>,
    /// What was wrong with its elements.
    pub(super) troubles: BTreeSet<Reason>,
    /// How many elements no cloud knows.
    pub(super) unrecognised: u64,
    /// How many elements told more about a resource.
    pub(super) overlays: u64,
    /// What tells grants only together with others.
    pub(super) parts: Vec<Part>,
}

impl FileTally {
    /// Makes the tally of a file that the manifest names and that is not there.
    pub(super) fn absent(dump: &Dump, name: String, taken_at: Timestamp) -> Self {
        let error = std::io::Error::new(std::io::ErrorKind::NotFound, "the file is not there");
        let end = FileEnd {
            file: FileId::MAX,
            claim: dump.claim(&name),
            name,
            headers: Vec::new(),
            fault: Some(Fault::Unreadable { offset: 0, error }),
            oversize: Vec::new(),
            elements: 0,
        };
        Self {
            end,
            taken_at,
            listed: BTreeMap::new(),
            troubles: BTreeSet::new(),
            unrecognised: 0,
            overlays: 0,
            parts: Vec::new(),
        }
    }

    /// Whether it is none of ours: no inventory, and not even an empty list of something known.
    pub(super) fn is_stray(&self) -> bool {
        !self.is_inventory() && self.end.headers.iter().all(|header| header.envelopes.is_empty())
    }

    /// Whether anything in it, or said of it, has to do with inventory.
    pub(super) fn is_inventory(&self) -> bool {
        !self.listed.is_empty()
            || self.overlays > 0
            || self.end.claim.kind.is_some()
            || said(&self.end, None).statement.kind.is_some()
    }
}

/// How completely the files of a scan list what they list.
///
/// A scope is complete where every file that lists any of it is said to be whole, says nothing else of
/// itself, and had no element that could not be read. A file that cannot be read and of which nobody says
/// what it lists might have held anything: then no listing that only a flag called complete is.
pub(super) fn coverage(files: &[FileTally]) -> Vec<Coverage> {
    let mut ledger = Ledger::default();
    for file in files {
        ledger.enter(file);
    }
    if let Some(lost) = files.iter().find_map(unplaceable) {
        ledger.doubt_flags(&lost);
    }
    ledger.close()
}

/// The trouble of a file that may have held anything.
fn unplaceable(file: &FileTally) -> Option<Reason> {
    if file.is_inventory() {
        return None;
    }
    let fault = file.end.fault.as_ref()?;
    let message = format!("`{}` may have held some of it: {fault}", file.end.name);
    Some(Reason { code: fault.code().to_owned(), message })
}

#[derive(Debug, Default)]
struct Ledger(BTreeMap<Scope, Entry>);

#[derive(Debug)]
struct Entry {
    status: CoverageStatus,
    listed: u64,
    reasons: BTreeSet<Reason>,
    /// Whether a manifest says so, not only a flag that holds for every file.
    named: bool,
    /// When the first and the last of its files were taken.
    taken: (Timestamp, Timestamp),
}

/// What one file proves.
#[derive(Clone)]
struct Proof {
    status: CoverageStatus,
    reasons: BTreeSet<Reason>,
    named: bool,
    taken_at: Timestamp,
}

impl Ledger {
    fn enter(&mut self, file: &FileTally) {
        let claim = &file.end.claim;
        let provider = claim.provider.or_else(|| Some(file.listed.keys().next()?.provider));
        let Said { provider, statement } = said(&file.end, provider);
        let said = Statement { kind: held(&file.listed).or(statement.kind), ..statement };
        let proof = proof(file, &said.caveats);
        let (here, elsewhere) = placed(file, &said);
        let declared = declared(claim, &said, provider, &here);
        for (scope, &listed) in &here {
            self.note(scope.clone(), &proof, listed);
        }
        if let Some(scope) = declared {
            self.note_declared(scope, file, &said, &proof, &elsewhere);
        }
        for (scope, listed) in elsewhere {
            let message = format!("found in `{}`, which is said to list something else", file.end.name);
            let reason = Reason { code: "mismatch".to_owned(), message };
            let status = CoverageStatus::Unknown;
            self.note(scope, &Proof { status, reasons: [reason].into(), ..proof.clone() }, listed);
        }
    }

    /// Enters what a file lists even where it is empty, and what it admits to lack in one location only.
    fn note_declared(
        &mut self,
        scope: Scope,
        file: &FileTally,
        said: &Statement,
        proof: &Proof,
        elsewhere: &Listed,
    ) {
        let mut proof = proof.clone();
        if let Some(found) = elsewhere.keys().next() {
            let message = format!("`{}` holds something else too: {found}", file.end.name);
            proof.status = CoverageStatus::Partial;
            proof.reasons.insert(Reason { code: "mismatch".to_owned(), message });
        }
        for caveat in &said.caveats {
            let Some(location) = &caveat.location else { continue };
            let scope = Scope { location: location.clone(), ..scope.clone() };
            let listed = file.listed.get(&scope).copied().unwrap_or_default();
            let reasons = [caveat.reason.clone()].into();
            let status = CoverageStatus::Partial;
            self.note(scope, &Proof { status, reasons, ..proof.clone() }, listed);
        }
        self.note(scope, &proof, 0);
    }

    fn note(&mut self, scope: Scope, proof: &Proof, listed: u64) {
        let entry = self.0.entry(scope).or_insert_with(|| Entry {
            status: proof.status,
            listed: 0,
            reasons: BTreeSet::new(),
            named: true,
            taken: (proof.taken_at, proof.taken_at),
        });
        entry.status = entry.status.weaker(proof.status);
        entry.listed += listed;
        entry.reasons.extend(proof.reasons.iter().cloned());
        entry.named &= proof.named;
        entry.taken = (entry.taken.0.min(proof.taken_at), entry.taken.1.max(proof.taken_at));
    }

    /// Takes back what only a flag called complete.
    fn doubt_flags(&mut self, lost: &Reason) {
        for entry in self.0.values_mut().filter(|entry| !entry.named) {
            entry.status = entry.status.weaker(CoverageStatus::Partial);
            entry.reasons.insert(lost.clone());
        }
    }

    fn close(self) -> Vec<Coverage> {
        let rows = self.0.into_iter().map(|(scope, entry)| Coverage {
            scope,
            status: entry.status,
            listed: entry.listed,
            reasons: match entry.status {
                CoverageStatus::Complete => Vec::new(),
                _ => entry.reasons.into_iter().collect(),
            },
            started_at: entry.taken.0,
            finished_at: entry.taken.1,
        });
        rows.collect()
    }
}

/// Returns what one file proves about what it lists.
fn proof(file: &FileTally, caveats: &[Caveat]) -> Proof {
    let claim = &file.end.claim;
    let mut reasons = troubles(file, caveats);
    let name = &file.end.name;
    let (status, reason) = match claim.complete {
        _ if !reasons.is_empty() => (CoverageStatus::Partial, None),
        Some(true) => (CoverageStatus::Complete, None),
        Some(false) => {
            let said = claim.reason.clone();
            let message = said.unwrap_or_else(|| format!("`{name}` is said not to list everything"));
            (CoverageStatus::Partial, Some(Reason { code: "said-partial".to_owned(), message }))
        }
        None => {
            let message = format!("nobody says whether `{name}` lists everything");
            (CoverageStatus::Unknown, Some(Reason { code: "unsaid".to_owned(), message }))
        }
    };
    reasons.extend(reason);
    Proof { status, reasons, named: claim.named, taken_at: file.taken_at }
}

/// Returns everything that keeps a file from listing all of it, whatever is said of it.
fn troubles(file: &FileTally, caveats: &[Caveat]) -> BTreeSet<Reason> {
    let (end, claim) = (&file.end, &file.end.claim);
    let name = &end.name;
    let mut reasons = file.troubles.clone();
    let mut add = |code: &str, message: String| {
        reasons.insert(Reason { code: code.to_owned(), message });
    };
    if let Some(fault) = &end.fault {
        add(fault.code(), format!("`{name}` is {fault}"));
    }
    if end.headers.is_empty() && end.elements == 1 && !claim.named {
        add("single", format!("`{name}` holds one object and no list"));
    }
    for offset in &end.oversize {
        add("oversize", format!("`{name}` holds an element beyond the size limit at byte {offset}"));
    }
    if file.unrecognised > 0 && claim.kind.is_some() {
        add("unrecognised", format!("`{name}` holds {} elements that are no inventory", file.unrecognised));
    }
    for caveat in caveats.iter().filter(|caveat| caveat.location.is_none()) {
        add(&caveat.reason.code, format!("`{name}`: {}", caveat.reason.message));
    }
    reasons
}

/// What the bodies of a file say of themselves, and in which cloud's words.
#[derive(Debug, Default)]
struct Said {
    provider: Option<Provider>,
    statement: Statement,
}

/// Joins what the bodies of one file say of themselves.
///
/// A page's token is answered by the page of the same list that follows it in the file. Where bodies of
/// several lists are joined in one file, what they say differently nobody says.
fn said(end: &FileEnd, provider: Option<Provider>) -> Said {
    let provider = provider.or_else(|| {
        let tells =
            |cloud: &&&dyn Cloud| end.headers.iter().any(|header| cloud.statement(header).kind.is_some());
        CLOUDS.iter().find(tells).map(|cloud| cloud.provider())
    });
    let Some(provider) = provider else { return Said::default() };
    let bodies: Vec<Statement> = end.headers.iter().map(|header| cloud(provider).statement(header)).collect();
    let mut caveats = Vec::new();
    for (number, body) in bodies.iter().enumerate() {
        let next = end.headers.get(number + 1).zip(bodies.get(number + 1));
        let followed = next.is_some_and(|(header, next)| {
            let envelopes = end.headers.get(number).map(|header| &header.envelopes);
            next.kind == body.kind && envelopes == Some(&header.envelopes)
        });
        let pending = |caveat: &&Caveat| PENDING.contains(&caveat.reason.code.as_str());
        caveats.extend(body.caveats.iter().filter(|caveat| !(followed && pending(caveat))).cloned());
    }
    let statement = Statement {
        kind: agreed(bodies.iter().map(|body| body.kind)),
        account: agreed(bodies.iter().map(|body| body.account.clone())),
        location: agreed(bodies.iter().map(|body| body.location.clone())),
        caveats,
    };
    Said { provider: Some(provider), statement }
}

/// Returns the one kind that a file holds: several calls list under one name (a recycle bin's snapshots and the
/// snapshots), so that what a list holds tells more than its name.
fn held(listed: &Listed) -> Option<Kind> {
    agreed(listed.keys().map(|scope| Some(scope.kind)))
}

/// Returns what all that say anything say alike.
fn agreed<T: PartialEq>(said: impl Iterator<Item = Option<T>>) -> Option<T> {
    let mut said = said.flatten();
    let first = said.next()?;
    said.all(|other| other == first).then_some(first)
}

/// The reasons that a following page resolves.
const PENDING: &[&str] = &["next-token", "next-link", "next-page-token"];

type Listed = BTreeMap<Scope, u64>;

/// Divides what a file holds into what it is said to list and what it is not, the former by the scope that
/// one listing spans.
fn placed(file: &FileTally, said: &Statement) -> (Listed, Listed) {
    let claim = &file.end.claim;
    let (mut here, mut elsewhere) = (Listed::new(), Listed::new());
    let location = claim.location.as_ref().or(said.location.as_ref());
    for (scope, &listed) in &file.listed {
        let spanned = match location {
            Some(location) if location.as_str() == EVERYWHERE || *location == scope.location => {
                location.clone()
            }
            Some(_) => Location::unknown(),
            None => cloud(scope.provider).listing_location(scope.kind, &scope.location),
        };
        let strays = claim.provider.is_some_and(|provider| provider != scope.provider)
            || claim.account.as_ref().is_some_and(|account| *account != scope.account)
            || claim.kind.or(said.kind).is_some_and(|kind| kind != scope.kind)
            || (location.is_some() && spanned == Location::unknown());
        if strays {
            *elsewhere.entry(scope.clone()).or_default() += listed;
        } else {
            *here.entry(Scope { location: spanned, ..scope.clone() }).or_default() += listed;
        }
    }
    (here, elsewhere)
}

/// Returns the scope that a file lists even where it is empty, if enough is known of it.
fn declared(claim: &Claim, said: &Statement, provider: Option<Provider>, here: &Listed) -> Option<Scope> {
    let kind: Kind = claim.kind.or(said.kind)?;
    let provider = provider?;
    let only = here.keys().next().filter(|_| here.len() == 1);
    let account: Option<AccountId> = claim.account.clone().or_else(|| said.account.clone());
    let account = account.or_else(|| only.map(|scope| scope.account.clone()))?;
    let location = claim.location.clone().or_else(|| said.location.clone());
    let location = location.or_else(|| only.map(|scope| scope.location.clone())).or_else(|| {
        let spanned = cloud(provider).listing_location(kind, &Location::unknown());
        (spanned != Location::unknown()).then_some(spanned)
    })?;
    Some(Scope { provider, account, location, kind })
}
