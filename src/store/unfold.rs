//! Documents read back from their blocks, one by one or many at once.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::num::NonZero;
use std::thread;

use crossbeam_channel::{Receiver, Sender};
use rusqlite::{Connection, OptionalExtension as _};
use zstd::bulk::Decompressor;

use super::Error;
use super::codec::{decompress, zstd_failed};
use super::documents::Block;

/// Reads documents one by one, and keeps the blocks that it read last.
pub(super) struct Documents<'c> {
    connection: &'c Connection,
    dictionaries: Dictionaries,
    unfolder: Unfolder,
    /// By the number of the first revision.
    blocks: BTreeMap<i64, Block>,
}

/// How many unfolded blocks a reader keeps.
const BLOCKS_KEPT: usize = 64;

impl<'c> Documents<'c> {
    pub(super) fn new(connection: &'c Connection) -> Self {
        let (dictionaries, blocks) = (Dictionaries::new(), BTreeMap::new());
        Self { connection, dictionaries, unfolder: Unfolder::default(), blocks }
    }

    /// Returns the document of a revision.
    pub(super) fn find(&mut self, revision: i64) -> Result<&[u8], Error> {
        if self.kept(revision).is_none() {
            let folded = Folded::of(self.connection, revision)?;
            if folded.dictionary.is_some_and(|id| !self.dictionaries.contains_key(&id)) {
                self.dictionaries = dictionaries(self.connection)?;
            }
            if self.blocks.len() >= BLOCKS_KEPT {
                self.blocks.clear();
            }
            let block = self.unfolder.unfold(&folded, &self.dictionaries)?;
            self.blocks.insert(folded.first, block);
        }
        self.kept(revision).ok_or_else(|| missing(revision))
    }

    fn kept(&self, revision: i64) -> Option<&[u8]> {
        let (first, block) = self.blocks.range(..=revision).next_back()?;
        block.document(usize::try_from(revision - first).ok()?)
    }
}

/// Reads the documents of many revisions, each block once: this thread fetches the blocks, one thread per
/// core unfolds and reads them. In no order.
pub(super) fn read_all<T: Send>(
    connection: &Connection,
    mut revisions: Vec<i64>,
    read: impl Fn(i64, &[u8]) -> Result<T, Error> + Sync,
) -> Result<Vec<(i64, T)>, Error> {
    revisions.sort_unstable();
    revisions.dedup();
    let dictionaries = dictionaries(connection)?;
    let (sender, receiver) = crossbeam_channel::bounded::<Vec<Job>>(8);
    let work = |receiver: Receiver<Vec<Job>>| -> Result<Vec<(i64, T)>, Error> {
        let mut unfolder = Unfolder::default();
        let mut found = Vec::new();
        for (folded, wanted) in receiver.into_iter().flatten() {
            let block = unfolder.unfold(&folded, &dictionaries)?;
            for revision in wanted {
                let place = usize::try_from(revision - folded.first).map_err(|_| missing(revision))?;
                let document = block.document(place).ok_or_else(|| missing(revision))?;
                found.push((revision, read(revision, document)?));
            }
        }
        Ok(found)
    };
    thread::scope(|scope| {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        let threads: Vec<_> = (0..cores)
            .map(|_| {
                let receiver = receiver.clone();
                scope.spawn(|| work(receiver))
            })
            .collect();
        drop(receiver);
        let fetched = fetch(connection, &revisions, &sender);
        drop(sender);
        let mut found = Vec::with_capacity(revisions.len());
        for thread in threads {
            found.extend(thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?);
        }
        fetched.map(|()| found)
    })
}

/// A block, and the revisions in it whose documents are wanted.
type Job = (Folded, Vec<i64>);

/// How many blocks are handed over at once.
const BLOCKS_AT_ONCE: usize = 32;

/// Fetches the blocks of revisions, sorted; stops early if nobody unfolds them any more.
fn fetch(connection: &Connection, revisions: &[i64], sender: &Sender<Vec<Job>>) -> Result<(), Error> {
    let mut rest = revisions;
    let mut jobs = Vec::with_capacity(BLOCKS_AT_ONCE);
    while let Some(&revision) = rest.first() {
        let folded = Folded::of(connection, revision)?;
        let (wanted, after) = rest.split_at(rest.partition_point(|&revision| folded.holds(revision)));
        jobs.push((folded, wanted.to_vec()));
        rest = after;
        if (jobs.len() == BLOCKS_AT_ONCE || rest.is_empty())
            && sender.send(std::mem::take(&mut jobs)).is_err()
        {
            break;
        }
    }
    Ok(())
}

/// A block as the store has it.
#[derive(Debug)]
struct Folded {
    /// The number of its first revision.
    first: i64,
    documents: u32,
    dictionary: Option<i64>,
    body: Vec<u8>,
}

impl Folded {
    /// Reads the block that holds a revision's document.
    fn of(connection: &Connection, revision: i64) -> Result<Self, Error> {
        let mut statement = connection.prepare_cached(
            "select id, documents, dictionary, body from block where id <= ?1 order by id desc limit 1",
        )?;
        let block = statement.query_row([revision], |row| {
            Ok(Self {
                first: row.get(0)?,
                documents: row.get(1)?,
                dictionary: row.get(2)?,
                body: row.get(3)?,
            })
        });
        block.optional()?.filter(|block| block.holds(revision)).ok_or_else(|| missing(revision))
    }

    /// Whether it holds a revision's document.
    fn holds(&self, revision: i64) -> bool {
        (self.first..self.first + i64::from(self.documents)).contains(&revision)
    }
}

/// Every dictionary of the store, by number.
type Dictionaries = BTreeMap<i64, Vec<u8>>;

fn dictionaries(connection: &Connection) -> Result<Dictionaries, Error> {
    let mut statement = connection.prepare("select id, body from dictionary")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Unfolds blocks.
#[derive(Default)]
struct Unfolder {
    decompressors: BTreeMap<Option<i64>, Decompressor<'static>>,
}

impl Unfolder {
    fn unfold(&mut self, block: &Folded, dictionaries: &Dictionaries) -> Result<Block, Error> {
        let decompressor = match self.decompressors.entry(block.dictionary) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let body = match block.dictionary {
                    None => &[][..],
                    Some(id) => dictionaries.get(&id).ok_or_else(|| {
                        Error::damaged(format!("dictionary {id} of block {} is gone", block.first))
                    })?,
                };
                new.insert(Decompressor::with_dictionary(body).map_err(zstd_failed)?)
            }
        };
        let packed = decompress(decompressor, &block.body)?;
        Block::unpack(packed, block.documents)
            .ok_or_else(|| Error::damaged(format!("block {} does not unpack", block.first)))
    }
}

fn missing(revision: i64) -> Error {
    Error::damaged(format!("revision {revision} has no document"))
}
