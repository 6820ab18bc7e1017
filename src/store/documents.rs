//! Canonical documents packed into blocks, with a dictionary per kind.

use rusqlite::{Connection, params};
use rustc_hash::FxHashMap;
use zstd::bulk::Compressor;

use super::Error;
use super::codec::{LEVEL, zstd_failed};
use crate::model::{Kind, Provider};

/// How much text a block holds: more compresses better, less is read faster.
pub(super) const BLOCK_BYTES: usize = 8 << 10;

/// How much text of one kind a dictionary is trained on.
pub(super) const TRAINING_BYTES: usize = 1 << 20;

/// The size of a dictionary.
const DICTIONARY_BYTES: usize = 32 << 10;

/// One unfolded block.
#[derive(Debug)]
pub(super) struct Block {
    packed: Vec<u8>,
    /// Where the first document begins.
    begin: usize,
    /// Where each document ends.
    ends: Vec<usize>,
}

impl Block {
    /// Packs documents.
    fn pack<'a>(documents: impl Iterator<Item = &'a [u8]> + Clone) -> Result<Vec<u8>, Error> {
        let mut packed = Vec::with_capacity(BLOCK_BYTES * 2);
        for document in documents.clone() {
            let length = u32::try_from(document.len());
            packed.extend(length.map_err(|_| Error::damaged("a document has 4 GiB"))?.to_le_bytes());
        }
        documents.for_each(|document| packed.extend_from_slice(document));
        Ok(packed)
    }

    /// Unpacks so many documents; `None` if the bytes do not hold them.
    pub(super) fn unpack(packed: Vec<u8>, documents: u32) -> Option<Self> {
        let begin = usize::try_from(documents).ok()?.checked_mul(4)?;
        let mut end = begin;
        let ends: Vec<_> = packed
            .get(..begin)?
            .as_chunks()
            .0
            .iter()
            .map(|length| {
                end += u32::from_le_bytes(*length) as usize;
                end
            })
            .collect();
        (end == packed.len()).then_some(Self { packed, begin, ends })
    }

    /// Returns one document by its place.
    pub(super) fn document(&self, index: usize) -> Option<&[u8]> {
        let begin = index.checked_sub(1).map_or(Some(self.begin), |before| self.ends.get(before).copied())?;
        self.packed.get(begin..*self.ends.get(index)?)
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
        let count = documents.len();
        let packed = Block::pack(documents)?;
        let (dictionary, body) = match self.compressors.get_mut(&kind) {
            Some((id, compressor)) => (Some(*id), compressor.compress(&packed)),
            None => (None, self.plain.compress(&packed)),
        };
        connection
            .prepare_cached("insert into block (id, documents, dictionary, body) values (?1, ?2, ?3, ?4)")?
            .execute(params![
                first,
                i64::try_from(count).unwrap_or(i64::MAX),
                dictionary,
                body.map_err(zstd_failed)?
            ])?;
        Ok(())
    }

    fn learn(&mut self, kind: (Provider, Kind), id: i64, body: &[u8]) -> Result<(), Error> {
        let compressor = Compressor::with_dictionary(LEVEL, body).map_err(zstd_failed)?;
        self.compressors.insert(kind, (id, compressor));
        Ok(())
    }
}
