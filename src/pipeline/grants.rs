//! Parts of grants, as elements tell them, → the grants of a scan.

use std::collections::BTreeSet;

use super::completeness::FileTally;
use super::error::ScanError;
use crate::model::{AccountId, Digest, Kind, Reason, Resource, Scope};
use crate::sources::grants::{Joined, Part, join};
use crate::store::{Fingerprint, Observation, OpenScan};

/// Joins what the files of a scan tell, and enters the grants in each file that had a part in them: together they
/// are as complete as the least of them.
///
/// # Errors
///
/// Whatever the store says.
pub(super) fn of_files(scan: &mut OpenScan<'_>, files: &mut [FileTally]) -> Result<u64, ScanError> {
    let parts = files.iter().flat_map(|file| &file.parts);
    let joined = join(parts, &AccountId::unknown());
    let mut entered = 0;
    for Joined { scope, grants, lacks } in joined {
        let mut count = observe(scan, grants)?;
        entered += count;
        for file in files.iter_mut().filter(|file| has_part_in(file, &scope)) {
            *file.listed.entry(scope.clone()).or_default() += std::mem::take(&mut count);
            file.troubles.extend(lacks.iter().cloned());
        }
    }
    for file in files {
        let told = file.listed.keys().any(|scope| scope.kind == Kind::Grant);
        if !file.parts.is_empty() && !told {
            let message = format!("`{}` tells what is given, and no file to whom", file.end.name);
            file.troubles.insert(Reason { code: "no-principals".to_owned(), message });
        }
    }
    Ok(entered)
}

/// What came of the grants of one account.
pub(super) struct Entered {
    /// As a listing would have them.
    pub(super) scope: Scope,
    /// How many.
    pub(super) count: u64,
    /// What keeps them from being all.
    pub(super) lacks: BTreeSet<Reason>,
}

/// Joins the parts of one live listing of an account.
///
/// # Errors
///
/// Whatever the store says.
pub(super) fn of_listing(
    scan: &mut OpenScan<'_>,
    parts: &[Part],
    account: &AccountId,
) -> Result<Vec<Entered>, ScanError> {
    let entered = join(parts, account).into_iter().map(|Joined { scope, grants, lacks }| {
        let count = observe(scan, grants)?;
        Ok(Entered { scope, count, lacks })
    });
    entered.collect()
}

/// Whether a file tells anything of an account's grants: who holds what there, or what is given to anybody.
fn has_part_in(file: &FileTally, scope: &Scope) -> bool {
    let of_cloud = || file.parts.iter().filter(|part| part.provider == scope.provider);
    let mut accounts: BTreeSet<&AccountId> = of_cloud().filter_map(|part| part.account.as_ref()).collect();
    accounts.extend(&file.end.claim.account);
    of_cloud().next().is_some() && (accounts.is_empty() || accounts.contains(&scope.account))
}

fn observe(scan: &mut OpenScan<'_>, grants: Vec<Resource>) -> Result<u64, ScanError> {
    let mut count = 0;
    for grant in grants {
        // No element has it: a grant is put together anew by each scan.
        let digest = Digest::of(grant.key.uid.as_str().as_bytes());
        let fingerprint = Fingerprint(digest.0.first_chunk().copied().unwrap_or_default());
        if let Ok(observation) = Observation::new(grant, fingerprint) {
            scan.observe(observation)?;
            count += 1;
        }
    }
    Ok(count)
}
