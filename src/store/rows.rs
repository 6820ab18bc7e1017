//! What a run holds in memory of every resource: about sixty bytes each.

use std::collections::BTreeMap;

use super::Fingerprint;
use super::observation::Mark;
use crate::model::{Digest, Scope};

/// A resource's row in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceRow(pub(super) u32);

/// Which resources the native bytes of the previous scans stand for; made once, read by every thread.
///
/// Costs 16 bytes per row and at most 11 more.
#[derive(Debug, Default)]
pub struct Known {
    /// By row; all zero where the resource is absent.
    marks: Vec<Mark>,
    /// By row, the number of the scope that it was last seen in.
    places: Vec<u32>,
    scopes: BTreeMap<u32, Scope>,
    slots: Slots,
}

impl Known {
    /// Makes one that knows no resource yet, but every scope.
    pub(super) fn new(scopes: BTreeMap<u32, Scope>) -> Self {
        Self { scopes, ..Self::default() }
    }

    /// Returns the resource that was last read from the same bytes, and where it was seen.
    pub fn find(&self, fingerprint: Fingerprint) -> Option<(ResourceRow, &Scope)> {
        let mark = fingerprint.mark();
        let row = self.slots.find(half(mark), |row| self.mark(row) == Some(mark))?;
        let scope = self.scopes.get(self.places.get(row as usize)?)?;
        Some((ResourceRow(row), scope))
    }

    /// Returns how many resources it knows.
    pub fn len(&self) -> usize {
        self.slots.used
    }

    /// Whether it knows none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn insert(&mut self, row: u32, mark: Mark, scope: u32) {
        let index = row as usize;
        // Rows come in ascending order, with gaps where a resource is absent.
        self.marks.resize(index, [0; 12]);
        self.marks.push(mark);
        self.places.resize(index, 0);
        self.places.push(scope);
        let marks = &self.marks;
        self.slots.insert(half(mark), row, |row| marks.get(row as usize).copied().map_or(0, half));
    }

    pub(super) fn mark(&self, row: u32) -> Option<Mark> {
        self.marks.get(row as usize).copied()
    }
}

/// Returns the part of a mark that the table needs.
fn half(mark: Mark) -> u64 {
    mark.first_chunk().copied().map_or(0, u64::from_le_bytes)
}

/// Every resource, by row and by uid, and what this scan has seen of it.
#[derive(Debug)]
pub(super) struct Rows {
    /// Row 0 is none.
    by_number: Vec<Row>,
    by_uid: Slots,
    /// What the manifest will say of each resource that this scan changed.
    entries: Vec<Option<Digest>>,
}

#[derive(Clone, Copy, Debug)]
struct Row {
    uid_hash: u64,
    /// Its number in the store; zero until it is written.
    id: u32,
    scope: u32,
    /// Index into `entries` plus one; zero while this scan has not changed it.
    entry: u32,
    /// Whether it was there when the scan began.
    open: bool,
    seen: bool,
}

impl Rows {
    /// Makes one that knows no resource.
    pub(super) fn new() -> Self {
        let none = Row { uid_hash: 0, id: 0, scope: 0, entry: 0, open: false, seen: true };
        Self { by_number: vec![none], by_uid: Slots::default(), entries: Vec::new() }
    }

    /// Adds the next resource, and returns its row.
    pub(super) fn push(&mut self, uid_hash: u64, id: u32, scope: u32, open: bool) -> u32 {
        let row = u32::try_from(self.by_number.len()).unwrap_or(u32::MAX);
        self.by_number.push(Row { uid_hash, id, scope, entry: 0, open, seen: false });
        let rows = &self.by_number;
        self.by_uid.insert(uid_hash, row, |row| rows.get(row as usize).map_or(0, |row| row.uid_hash));
        row
    }

    /// Returns a resource's number in the store.
    pub(super) fn id(&self, row: u32) -> u32 {
        self.by_number.get(row as usize).map_or(0, |row| row.id)
    }

    /// Sets a resource's number in the store.
    pub(super) fn set_id(&mut self, row: u32, id: u32) {
        if let Some(row) = self.by_number.get_mut(row as usize) {
            row.id = id;
        }
    }

    /// Returns the rows that may bear a uid; nearly always none or one.
    pub(super) fn candidates(&self, uid_hash: u64) -> Vec<u32> {
        let mut found = Vec::new();
        self.by_uid.find(uid_hash, |row| {
            if self.by_number.get(row as usize).is_some_and(|row| row.uid_hash == uid_hash) {
                found.push(row);
            }
            false
        });
        found
    }

    /// Marks a resource as seen; whether this is the first time in this scan.
    pub(super) fn see(&mut self, row: u32) -> bool {
        self.by_number.get_mut(row as usize).is_some_and(|row| !std::mem::replace(&mut row.seen, true))
    }

    /// Whether the resource was there when the scan began.
    pub(super) fn was_open(&self, row: u32) -> bool {
        self.by_number.get(row as usize).is_some_and(|row| row.open)
    }

    /// Whether the resource was there when the scan began and has not been seen.
    pub(super) fn is_missing(&self, row: u32) -> bool {
        self.by_number.get(row as usize).is_some_and(|row| row.open && !row.seen)
    }

    /// Returns every missing resource with the scope that it was last seen in.
    pub(super) fn missing(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        let rows = self.by_number.iter().zip(0_u32..);
        rows.filter(|(row, _)| row.open && !row.seen).map(|(row, number)| (number, row.scope))
    }

    /// Returns what the manifest will say of a resource.
    pub(super) fn entry(&self, row: u32) -> Option<Digest> {
        let index = self.by_number.get(row as usize)?.entry.checked_sub(1)?;
        self.entries.get(index as usize).copied().flatten()
    }

    /// Says what the manifest will say of a resource; `None` takes it back.
    pub(super) fn set_entry(&mut self, row: u32, entry: Option<Digest>) {
        let Some(row) = self.by_number.get_mut(row as usize) else { return };
        if let Some(place) = self.entries.get_mut((row.entry as usize).wrapping_sub(1)) {
            *place = entry;
        } else {
            self.entries.push(entry);
            row.entry = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        }
    }

    /// Returns every entry of the manifest.
    pub(super) fn into_entries(self) -> Vec<Digest> {
        self.entries.into_iter().flatten().collect()
    }
}

/// An open-addressing table of rows that keeps no keys: whoever owns it has them, by row.
#[derive(Debug, Default)]
struct Slots {
    /// Zero is free; the length is a power of two.
    table: Vec<u32>,
    used: usize,
}

impl Slots {
    /// Returns the first row that matches, among those that may have this hash.
    fn find(&self, hash: u64, mut matches: impl FnMut(u32) -> bool) -> Option<u32> {
        let (before, after) = self.table.split_at(self.home(hash));
        let run = after.iter().chain(before).copied().take_while(|&row| row != 0);
        run.into_iter().find(|&row| matches(row))
    }

    fn insert(&mut self, hash: u64, row: u32, hash_of: impl Fn(u32) -> u64) {
        if self.used + 1 > self.table.len() / 4 * 3 {
            let grown = vec![0; (self.table.len() * 2).max(16)];
            let rows = std::mem::replace(&mut self.table, grown);
            for row in rows.into_iter().filter(|&row| row != 0) {
                self.place(hash_of(row), row);
            }
        }
        self.place(hash, row);
        self.used += 1;
    }

    fn place(&mut self, hash: u64, row: u32) {
        let home = self.home(hash);
        let (before, after) = self.table.split_at_mut(home);
        if let Some(free) = after.iter_mut().chain(before).find(|slot| **slot == 0) {
            *free = row;
        }
    }

    /// Returns where the search for a hash begins.
    fn home(&self, hash: u64) -> usize {
        // The table is no longer than 2³³, so that nothing is lost.
        #[expect(clippy::cast_possible_truncation, reason = "masked to the table's length")]
        let hash = (hash ^ (hash >> 32)) as usize;
        hash & self.table.len().saturating_sub(1)
    }
}
