//! What a scan looked at, held against what earlier scans did.

use std::collections::BTreeSet;

use super::error::ScanError;
use crate::model::{AccountId, Coverage, CoverageStatus, Provider, Reason, Scope, Timestamp};
use crate::store::OpenScan;

/// Returns the accounts that a scan looked at.
pub(super) fn accounts(rows: &[Coverage]) -> BTreeSet<(Provider, &AccountId)> {
    rows.iter().map(|row| (row.scope.provider, &row.scope.account)).collect()
}

/// Refuses a state that is older than what the store already holds of one of its accounts: drift between
/// scans in the wrong order would be nonsense.
pub(super) fn in_order(scan: &OpenScan<'_>, rows: &[Coverage], taken_at: Timestamp) -> Result<(), ScanError> {
    for (provider, account) in accounts(rows) {
        if let Some(last) = scan.last_taken(provider, account)?.filter(|last| *last > taken_at) {
            let account = account.clone();
            return Err(ScanError::OutOfOrder { taken_at, provider, account, last });
        }
    }
    Ok(())
}

/// Returns an `unknown` row for every scope that an earlier scan listed, of the accounts that this one
/// looked at, and that it says nothing of: a region that drops out must not go unnoticed.
pub(super) fn not_looked_at(
    scan: &OpenScan<'_>,
    rows: &[Coverage],
    taken_at: Timestamp,
) -> Result<Vec<Coverage>, ScanError> {
    let looked_at: BTreeSet<&Scope> = rows.iter().map(|row| &row.scope).collect();
    let mut missed = Vec::new();
    for (provider, account) in accounts(rows) {
        for scope in scan.scopes(provider, account)? {
            if looked_at.contains(&scope) || looked_at.contains(&scope.everywhere()) {
                continue;
            }
            missed.push(Coverage {
                scope,
                status: CoverageStatus::Unknown,
                listed: 0,
                reasons: vec![Reason {
                    code: "not-in-scan".to_owned(),
                    message: "an earlier scan listed it, this one does not mention it".to_owned(),
                }],
                started_at: taken_at,
                finished_at: taken_at,
            });
        }
    }
    Ok(missed)
}
