//! Canonical documents in blocks: packing, training dictionaries, reading back.

use std::collections::BTreeMap;
use std::rc::Rc;

use rusqlite::{Connection, OptionalExtension as _, params};
use rustc_hash::FxHashMap;
use zstd::bulk::{Compressor, Decompressor};

use super::Error;
use super::codec::{LEVEL, decompress};
use crate::model::{Kind, Provider};

/// How much text a block holds: more compresses better, less is read faster.
pub(super) const BLOCK_BYTES: usize = 16 << 10;

/// How much text of one kind a dictionary is trained on.
pub(super) const TRAINING_BYTES: usize = 1 << 20;

/// The size of a dictionary.
const DICTIONARY_BYTES: usize = 32 << 10;

/// One unfolded block.
#[derive(Debug)]
pub(super) struct Block {
    text: Vec<u8>,
    /// Where each document ends.
    ends: Vec<usize>,
}

impl Block {
    /// Packs documents.
    fn pack<'a>(documents: impl ExactSizeIterator<Item = &'a [u8]> + Clone) -> Result<Vec<u8>, Error> {
        let small = |length: usize| {
            u32::try_from(length).map_err(|_| Error::damaged("a document has more than 4 GiB"))
        };
        let mut packed = small(documents.len())?.to_le_bytes().to_vec();
        for document in documents.clone() {
            packed.extend(small(document.len())?.to_le_bytes());
        }
        documents.for_each(|document| packed.extend_from_slice(document));
        Ok(packed)
    }

    /// Unpacks documents; `None` if the bytes are no block.
    fn unpack(packed: &[u8]) -> Option<Self> {
        let (count, rest) = packed.split_first_chunk()?;
        let count = u32::from_le_bytes(*count) as usize;
        let (lengths, text) = rest.split_at_checked(count.checked_mul(4)?)?;
        let mut end = 0_usize;
        let ends: Vec<_> = lengths
            .as_chunks()
            .0
            .iter()
            .map(|length| {
                end += u32::from_le_bytes(*length) as usize;
                end
            })
            .collect();
        (end == text.len()).then(|| Self { text: text.to_vec(), ends })
    }

    /// Returns one document by its place.
    pub(super) fn document(&self, index: usize) -> Option<&[u8]> {
        let begin = index.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied())?;
        self.text.get(begin..*self.ends.get(index)?)
    }
}

/// Writes blocks.
pub(super) struct Packer {
    compressors: FxHashMap<(Provider, Kind), (i64, Compressor<'static>)>,
    plain: Compressor<'static>,
}

impl Packer {
    /// Makes one with the dictionaries that the store has.
    pub(super) fn new(connection: &Connection) -> Result<Self, Error> {
        let plain = Compressor::new(LEVEL).map_err(zstd_failed)?;
        let mut packer = Self { compressors: FxHashMap::default(), plain };
        let mut statement = connection.prepare("select id, provider, kind, body from dictionary")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let kind = (super::codec::name_at(row, 1)?, super::codec::name_at(row, 2)?);
            packer.learn(kind, row.get(0)?, row.get_ref(3)?.as_blob().unwrap_or_default())?;
        }
        drop(rows);
        drop(statement);
        Ok(packer)
    }

    /// Whether documents of a kind are compressed with a dictionary.
    pub(super) fn has_dictionary(&self, kind: (Provider, Kind)) -> bool {
        self.compressors.contains_key(&kind)
    }

    /// Trains a dictionary on documents of one kind; without one if they have too little in common.
    pub(super) fn train(
        &mut self,
        connection: &Connection,
        kind: (Provider, Kind),
        documents: &[&[u8]],
    ) -> Result<(), Error> {
        let Ok(body) = zstd::dict::from_samples(documents, DICTIONARY_BYTES) else { return Ok(()) };
        connection.execute(
            "insert into dictionary (provider, kind, body) values (?1, ?2, ?3)",
            params![kind.0.as_str(), kind.1.as_str(), body],
        )?;
        self.learn(kind, connection.last_insert_rowid(), &body)
    }

    /// Writes the documents of consecutive revisions as one block.
    pub(super) fn write<'a>(
        &mut self,
        connection: &Connection,
        kind: (Provider, Kind),
        first: i64,
        documents: impl ExactSizeIterator<Item = &'a [u8]> + Clone,
    ) -> Result<(), Error> {
        let packed = Block::pack(documents)?;
        let (dictionary, body) = match self.compressors.get_mut(&kind) {
            Some((id, compressor)) => (Some(*id), compressor.compress(&packed)),
            None => (None, self.plain.compress(&packed)),
        };
        connection
            .prepare_cached("insert into block (id, dictionary, body) values (?1, ?2, ?3)")?
            .execute(params![first, dictionary, body.map_err(zstd_failed)?])?;
        Ok(())
    }

    fn learn(&mut self, kind: (Provider, Kind), id: i64, body: &[u8]) -> Result<(), Error> {
        let compressor = Compressor::with_dictionary(LEVEL, body).map_err(zstd_failed)?;
        self.compressors.insert(kind, (id, compressor));
        Ok(())
    }
}

/// Reads documents, a few blocks of which it keeps.
pub(super) struct Documents<'c> {
    connection: &'c Connection,
    decompressors: BTreeMap<Option<i64>, Decompressor<'static>>,
    blocks: FxHashMap<i64, Rc<Block>>,
}

/// How many unfolded blocks a reader keeps.
const BLOCKS_KEPT: usize = 64;

impl<'c> Documents<'c> {
    pub(super) fn new(connection: &'c Connection) -> Self {
        Self { connection, decompressors: BTreeMap::new(), blocks: FxHashMap::default() }
    }

    /// Returns the block that holds a revision's document, and its place there.
    pub(super) fn find(&mut self, revision: i64) -> Result<(Rc<Block>, usize), Error> {
        let missing = || Error::damaged(format!("revision {revision} has no document"));
        let first: Option<i64> = self
            .connection
            .prepare_cached("select id from block where id <= ?1 order by id desc limit 1")?
            .query_row([revision], |row| row.get(0))
            .optional()?;
        let first = first.ok_or_else(missing)?;
        let index = usize::try_from(revision - first).map_err(|_| missing())?;
        let block = self.block(first)?;
        block.document(index).ok_or_else(missing)?;
        Ok((block, index))
    }

    /// Returns a block by the number of its first revision.
    pub(super) fn block(&mut self, first: i64) -> Result<Rc<Block>, Error> {
        if let Some(block) = self.blocks.get(&first) {
            return Ok(Rc::clone(block));
        }
        let mut statement =
            self.connection.prepare_cached("select dictionary, body from block where id = ?1")?;
        let mut rows = statement.query([first])?;
        let row = rows.next()?.ok_or_else(|| Error::damaged(format!("block {first} is gone")))?;
        let dictionary: Option<i64> = row.get(0)?;
        let body = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
        let decompressor = match self.decompressors.entry(dictionary) {
            std::collections::btree_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::btree_map::Entry::Vacant(new) => {
                new.insert(decompressor(self.connection, dictionary)?)
            }
        };
        let packed = decompress(decompressor, body)?;
        let block =
            Block::unpack(&packed).ok_or_else(|| Error::damaged(format!("block {first} does not unpack")))?;
        if self.blocks.len() >= BLOCKS_KEPT {
            self.blocks.clear();
        }
        let block = Rc::new(block);
        self.blocks.insert(first, Rc::clone(&block));
        Ok(block)
    }
}

fn decompressor(connection: &Connection, dictionary: Option<i64>) -> Result<Decompressor<'static>, Error> {
    let body: Vec<u8> = match dictionary {
        None => Vec::new(),
        Some(id) => {
            connection.query_row("select body from dictionary where id = ?1", [id], |row| row.get(0))?
        }
    };
    Decompressor::with_dictionary(&body).map_err(zstd_failed)
}

#[expect(clippy::needless_pass_by_value, reason = "the signature that `map_err` calls")]
fn zstd_failed(error: std::io::Error) -> Error {
    Error::damaged(format!("zstd: {error}"))
}
