//! Files, folders, archives and standard input, one after the other, decompressed as they are read.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use encoding_rs_io::DecodeReaderBytes;
use flate2::read::MultiGzDecoder;
use thiserror::Error;

/// The path that stands for standard input.
pub const STDIN: &str = "-";

/// How much may come out of a compressed file before its ratio counts.
const RATIO_FROM: u64 = 64 << 20;

/// How often a wait for a pipe looks whether it was interrupted.
const TICK: Duration = Duration::from_millis(100);

/// How many bytes may come out for each one in; dumps reach 20 to 100, bombs thousands.
const RATIO_LIMIT: u64 = 400;

/// Why a path cannot be visited at all.
#[derive(Debug, Error)]
pub enum OpenError {
    /// It does not exist, or may not be read.
    #[error("cannot read `{path}`: {error}")]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// It is an archive that does not read.
    #[error("cannot read the archive `{path}`: {message}")]
    Archive {
        /// Which.
        path: PathBuf,
        /// Why.
        message: String,
    },
    /// The user interrupted.
    #[error("interrupted while `{path}` was read")]
    Interrupted {
        /// What was read.
        path: PathBuf,
    },
}

/// One place to read from: a file, a folder, an archive, or a pipe spooled to a nameless file.
#[derive(Debug)]
pub enum Tree {
    /// A file or a folder.
    Path(PathBuf),
    /// What came through a pipe or standard input, kept so that it can be read twice, and its path.
    Spooled(File, PathBuf),
}

/// A file's bytes, decompressed, or why it cannot be read.
pub type Opened<'a> = Result<Box<dyn Read + 'a>, io::Error>;

/// Takes each file in turn: its name relative to the tree, with `/`, and its bytes.
pub type Visitor<'a> = dyn FnMut(&str, Opened<'_>) + 'a;

impl Tree {
    /// Makes a tree of a path, or of standard input for [`STDIN`]; a pipe is read to its end.
    ///
    /// # Errors
    ///
    /// [`OpenError::Unreadable`] if the path does not exist, or the pipe does not read, and
    /// [`OpenError::Interrupted`] if that was asked for while it waited for a pipe.
    pub fn new(path: &Path, interrupted: &AtomicBool) -> Result<Self, OpenError> {
        let unreadable = |error| OpenError::Unreadable { path: path.to_owned(), error };
        if path == Path::new(STDIN) {
            return spool(path, || spooled(io::stdin().lock()), interrupted);
        }
        let metadata = std::fs::metadata(path).map_err(unreadable)?;
        if metadata.is_file() || metadata.is_dir() {
            return Ok(Self::Path(path.to_owned()));
        }
        let pipe = path.to_owned();
        spool(path, || File::open(pipe).and_then(spooled), interrupted)
    }

    /// Returns another handle on the same tree; the two are not to be visited at the same time.
    ///
    /// # Errors
    ///
    /// If the handle of a spooled pipe cannot be duplicated.
    pub fn try_clone(&self) -> io::Result<Self> {
        Ok(match self {
            Self::Path(path) => Self::Path(path.clone()),
            Self::Spooled(file, path) => Self::Spooled(file.try_clone()?, path.clone()),
        })
    }

    /// Whether it may hold several files: all but a single plain one.
    pub(super) fn may_hold_several(&self) -> bool {
        match self {
            Self::Path(path) => path.is_dir() || is_archive(path),
            Self::Spooled(..) => true,
        }
    }

    /// Visits every file, in the order of names; archives are visited like folders.
    ///
    /// A file that cannot be opened is visited with its error; the others are visited all the same.
    ///
    /// # Errors
    ///
    /// Only if the tree itself cannot be read.
    pub fn visit(&self, visitor: &mut Visitor<'_>) -> Result<(), OpenError> {
        let mut outcome = Ok(());
        self.sources(&mut |source| {
            match source {
                Ok(source) => outcome = source.visit(visitor),
                Err((name, error)) => visitor(&name, Err(error)),
            }
            ControlFlow::Continue(())
        })?;
        outcome
    }

    /// Hands every file to `take`, in the order of names, without opening it, so that several threads can
    /// visit them; a folder that does not read is handed over as its name and error.
    ///
    /// # Errors
    ///
    /// Only if the tree itself cannot be read.
    pub fn sources(&self, take: &mut SourceTaker<'_>) -> Result<(), OpenError> {
        let alone = |path: &Path, spooled| {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            Source { name, path: path.to_owned(), spooled, depth: Depth::Top }
        };
        match self {
            Self::Path(path) if path.is_dir() => list_folder(path, "", take).map(drop),
            Self::Path(path) => {
                let _ = take(Ok(alone(path, None)));
                Ok(())
            }
            Self::Spooled(file, path) => {
                let file = file.try_clone();
                let file = file.map_err(|error| OpenError::Unreadable { path: path.clone(), error })?;
                let _ = take(Ok(alone(path, Some(file))));
                Ok(())
            }
        }
    }
}

/// Takes each file of a tree, or the name and the error of a folder; may stop the listing.
pub type SourceTaker<'a> = dyn FnMut(Result<Source, (String, io::Error)>) -> ControlFlow<()> + 'a;

/// A file of a tree, not yet opened; it may be an archive of several.
#[derive(Debug)]
pub struct Source {
    name: String,
    path: PathBuf,
    spooled: Option<File>,
    depth: Depth,
}

impl Source {
    /// Returns its name relative to the tree, with `/`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is the whole tree, whose name does not stand in the names of what it holds.
    pub const fn is_tree(&self) -> bool {
        matches!(self.depth, Depth::Top)
    }

    /// Opens and visits it; a file inside a folder that does not open is visited with its error.
    ///
    /// # Errors
    ///
    /// If it is the whole tree, and does not open.
    pub fn visit(self, visitor: &mut Visitor<'_>) -> Result<(), OpenError> {
        let Self { name, path, spooled, depth } = self;
        let opened = match spooled {
            Some(mut file) => file.seek(SeekFrom::Start(0)).map(|_| file),
            None => File::open(&path),
        };
        match (opened, depth) {
            (Ok(file), Depth::Top) => visit_file(&path, &name, file, depth, visitor),
            (Ok(file), Depth::Inner) => {
                if let Err(error) = visit_file(&path, &name, file, depth, visitor) {
                    visitor(&name, Err(io::Error::other(error)));
                }
                Ok(())
            }
            (Err(error), Depth::Top) => Err(OpenError::Unreadable { path, error }),
            (Err(error), Depth::Inner) => {
                visitor(&name, Err(error));
                Ok(())
            }
        }
    }
}

/// Copies a pipe on a thread of its own: opening and reading it may block for ever, and an interrupt must
/// end the wait.
fn spool(
    path: &Path,
    copy: impl FnOnce() -> io::Result<File> + Send + 'static,
    interrupted: &AtomicBool,
) -> Result<Tree, OpenError> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || sender.send(copy()));
    loop {
        let error = match receiver.recv_timeout(TICK) {
            Ok(Ok(file)) => return Ok(Tree::Spooled(file, path.to_owned())),
            Ok(Err(error)) => error,
            Err(RecvTimeoutError::Timeout) if interrupted.load(Ordering::Relaxed) => {
                return Err(OpenError::Interrupted { path: path.to_owned() });
            }
            Err(RecvTimeoutError::Timeout) => continue,
            Err(RecvTimeoutError::Disconnected) => io::ErrorKind::UnexpectedEof.into(),
        };
        return Err(OpenError::Unreadable { path: path.to_owned(), error });
    }
}

fn spooled(mut input: impl Read) -> io::Result<File> {
    let mut file = tempfile::tempfile()?;
    io::copy(&mut input, &mut file)?;
    Ok(file)
}

/// Whether a name says that the file holds others.
fn is_archive(path: &Path) -> bool {
    let name = path.to_string_lossy().to_ascii_lowercase();
    [".zip", ".tar", ".tgz", ".tzst", ".tar.gz", ".tar.zst"].iter().any(|ending| name.ends_with(ending))
}

/// Whether an archive is the tree itself, whose names need no prefix.
#[derive(Clone, Copy, Debug)]
enum Depth {
    Top,
    Inner,
}

fn list_folder(
    folder: &Path,
    prefix: &str,
    take: &mut SourceTaker<'_>,
) -> Result<ControlFlow<()>, OpenError> {
    let unreadable = |error| OpenError::Unreadable { path: folder.to_owned(), error };
    let mut entries =
        std::fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>).map_err(unreadable)?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let flow = match std::fs::metadata(&path) {
            Ok(metadata) if metadata.is_dir() => match list_folder(&path, &format!("{name}/"), take) {
                Err(OpenError::Unreadable { error, .. }) => take(Err((name, error))),
                other => other?,
            },
            Ok(metadata) if metadata.is_file() => {
                take(Ok(Source { name, path, spooled: None, depth: Depth::Inner }))
            }
            Ok(_) => ControlFlow::Continue(()),
            Err(error) => take(Err((name, error))),
        };
        if flow.is_break() {
            return Ok(flow);
        }
    }
    Ok(ControlFlow::Continue(()))
}

fn visit_file(
    path: &Path,
    name: &str,
    mut file: File,
    depth: Depth,
    visitor: &mut Visitor<'_>,
) -> Result<(), OpenError> {
    let prefix = match depth {
        Depth::Top => String::new(),
        Depth::Inner => format!("{name}/"),
    };
    let broken = |error: &dyn std::fmt::Display| OpenError::Archive {
        path: path.to_owned(),
        message: error.to_string(),
    };
    let mut magic = [0; 4];
    let (filled, fault) = read_head(&mut file, &mut magic);
    if let Some(error) = fault.or_else(|| file.seek(SeekFrom::Start(0)).err()) {
        return Err(OpenError::Unreadable { path: path.to_owned(), error });
    }
    if magic.get(..filled) == Some(b"PK\x03\x04") {
        return visit_zip(file, &prefix, visitor).map_err(|error| broken(&error));
    }
    match decompressed(BufReader::with_capacity(256 << 10, file)) {
        Ok(Plain::File(input)) => visitor(name, Ok(input)),
        Ok(Plain::Tar(input)) => visit_tar(input, &prefix, visitor).map_err(|error| broken(&error))?,
        Err(error) => visitor(name, Err(error)),
    }
    Ok(())
}

fn visit_zip(file: File, prefix: &str, visitor: &mut Visitor<'_>) -> zip::result::ZipResult<()> {
    let mut archive = zip::ZipArchive::new(BufReader::new(file))?;
    for index in 0..archive.len() {
        let entry = match archive.by_index(index) {
            Ok(entry) if entry.is_file() => entry,
            Ok(_) => continue,
            Err(error) => {
                visitor(&format!("{prefix}entry {index}"), Err(io::Error::other(error)));
                continue;
            }
        };
        let name = entry.name().unwrap_or_else(|_| format!("entry {index}").into());
        let name = format!("{prefix}{name}");
        let packed = Rc::new(Cell::new(entry.compressed_size()));
        visit_packed(&name, Bounded { input: entry, packed, produced: 0 }, visitor);
    }
    Ok(())
}

fn visit_tar(input: Box<dyn Read + '_>, prefix: &str, visitor: &mut Visitor<'_>) -> io::Result<()> {
    let mut archive = tar::Archive::new(input);
    for entry in archive.entries()? {
        let entry = entry?;
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let name = format!("{prefix}{}", entry.path()?.to_string_lossy().trim_start_matches("./"));
        visit_packed(&name, entry, visitor);
    }
    Ok(())
}

/// Visits a file of an archive, itself perhaps compressed; an archive in an archive is named, not read.
fn visit_packed(name: &str, input: impl Read, visitor: &mut Visitor<'_>) {
    match decompressed(BufReader::new(input)) {
        Ok(Plain::File(input)) => visitor(name, Ok(input)),
        Ok(Plain::Tar(_)) => {
            visitor(name, Err(io::Error::other("an archive inside an archive is not read")));
        }
        Err(error) => visitor(name, Err(error)),
    }
}

/// What came out of decompression.
enum Plain<'a> {
    File(Box<dyn Read + 'a>),
    Tar(Box<dyn Read + 'a>),
}

/// Tells gzip and zstd by their first bytes, and a tar archive by its header.
fn decompressed<'a>(mut input: impl Read + 'a) -> io::Result<Plain<'a>> {
    let mut magic = [0; 4];
    let (filled, fault) = read_head(&mut input, &mut magic);
    let head = io::Cursor::new(magic).take(filled as u64).chain(Failing(fault));
    let packed = Rc::new(Cell::new(0));
    let counted = Counted { input: head.chain(input), read: Rc::clone(&packed) };
    let plain: Box<dyn Read + 'a> = match magic {
        [0x1f, 0x8b, ..] => Box::new(Bounded { input: MultiGzDecoder::new(counted), packed, produced: 0 }),
        [0x28, 0xb5, 0x2f, 0xfd] => {
            let decoder = zstd::Decoder::new(counted)?;
            Box::new(Bounded { input: decoder, packed, produced: 0 })
        }
        _ => Box::new(counted),
    };
    Ok(tell_tar(plain))
}

/// The offset of `ustar` in a tar header.
const TAR_MAGIC: std::ops::Range<usize> = 257..262;

fn tell_tar(mut plain: Box<dyn Read + '_>) -> Plain<'_> {
    let mut head = vec![0; 512];
    let (filled, fault) = read_head(&mut plain, &mut head);
    let is_tar = filled == head.len() && head.get(TAR_MAGIC) == Some(b"ustar");
    head.truncate(filled);
    let utf16 = head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]);
    let whole = Box::new(io::Cursor::new(head).chain(Failing(fault)).chain(plain));
    match (is_tar, utf16) {
        (true, _) => Plain::Tar(whole),
        // What Windows PowerShell makes of `az vm list > vms.json`.
        (false, true) => Plain::File(Box::new(DecodeReaderBytes::new(whole))),
        (false, false) => Plain::File(whole),
    }
}

/// Fills the room as far as the input goes, and says what ended it early.
fn read_head(input: &mut impl Read, room: &mut [u8]) -> (usize, Option<io::Error>) {
    let mut filled = 0;
    while let Some(rest) = room.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match input.read(rest) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return (filled, Some(error)),
        }
    }
    (filled, None)
}

/// Fails once, if there is something to fail with: what was read before a fault comes before it.
struct Failing(Option<io::Error>);

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

/// Counts what is read.
struct Counted<R> {
    input: R,
    read: Rc<Cell<u64>>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(room)?;
        self.read.set(self.read.get() + count as u64);
        Ok(count)
    }
}

/// Ends a decompression that yields far more than it takes.
struct Bounded<R> {
    input: R,
    packed: Rc<Cell<u64>>,
    produced: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(room)?;
        self.produced += count as u64;
        if self.produced > RATIO_FROM && self.produced / RATIO_LIMIT > self.packed.get() {
            return Err(io::Error::other(format!(
                "a decompression bomb: {} bytes came out of {}",
                self.produced,
                self.packed.get()
            )));
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn tree(path: &Path) -> Result<Tree, OpenError> {
        Tree::new(path, &AtomicBool::new(false))
    }

    /// Returns what a visit of the tree reads: name and text or error.
    fn visited(path: &Path) -> Vec<(String, Result<String, String>)> {
        let mut seen = Vec::new();
        let tree = tree(path).unwrap();
        tree.visit(&mut |name, opened| {
            let text = opened.and_then(|mut input| {
                let mut text = String::new();
                input.read_to_string(&mut text).map(|_| text)
            });
            seen.push((name.to_owned(), text.map_err(|error| error.to_string())));
        })
        .unwrap();
        seen
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn tar_of(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (name, bytes) in files {
            let mut header = tar::Header::new_ustar();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            builder.append_data(&mut header, name, *bytes).unwrap();
        }
        builder.into_inner().unwrap()
    }

    fn zip_of(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(io::Cursor::new(Vec::new()));
        for (name, bytes) in files {
            writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn every_packing_of_the_same_files_reads_alike() {
        let folder = tempfile::tempdir().unwrap();
        let files: &[(&str, &[u8])] = &[("a.json", b"[1]"), ("sub/b.json.gz", &gzip(b"[2]"))];
        let plain = folder.path().join("plain");
        std::fs::create_dir_all(plain.join("sub")).unwrap();
        for (name, bytes) in files {
            std::fs::write(plain.join(name), bytes).unwrap();
        }
        let expected = vec![
            ("a.json".to_owned(), Ok("[1]".to_owned())),
            ("sub/b.json.gz".to_owned(), Ok("[2]".to_owned())),
        ];
        assert_eq!(visited(&plain), expected);
        for (name, bytes) in [
            ("dump.zip", zip_of(files)),
            ("dump.tar", tar_of(files)),
            ("dump.tar.gz", gzip(&tar_of(files))),
            ("dump.tar.zst", zstd::encode_all(tar_of(files).as_slice(), 3).unwrap()),
        ] {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            assert_eq!(visited(&path), expected, "{name}");
        }
    }

    #[test]
    fn text_in_utf16_reads_like_any_other() {
        let folder = tempfile::tempdir().unwrap();
        let text = r#"[{"name":"größe 漢"}]"#;
        for (name, mark, bytes) in [
            ("le.json", [0xff, 0xfe], u16::to_le_bytes as fn(u16) -> [u8; 2]),
            ("be.json", [0xfe, 0xff], u16::to_be_bytes),
        ] {
            let units = text.encode_utf16().flat_map(bytes);
            let encoded: Vec<u8> = mark.into_iter().chain(units).collect();
            let path = folder.path().join(name);
            std::fs::write(&path, encoded).unwrap();
            assert_eq!(visited(&path)[0].1.as_deref(), Ok(text), "{name}");
        }
    }

    #[test]
    fn a_truncated_gzip_yields_what_came_before_the_cut_and_then_fails() {
        let folder = tempfile::tempdir().unwrap();
        let text: String = (0..20_000).map(|number| number.to_string()).collect();
        let whole = gzip(text.as_bytes());
        let path = folder.path().join("cut.json.gz");
        std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
        let mut before = Vec::new();
        let mut failure = None;
        tree(&path)
            .unwrap()
            .visit(&mut |_, opened| {
                failure = opened.unwrap().read_to_end(&mut before).err().map(|error| error.kind());
            })
            .unwrap();
        assert_eq!(failure, Some(io::ErrorKind::UnexpectedEof));
        assert!(before.len() > 1_000 && text.as_bytes().starts_with(&before));
    }

    #[test]
    fn a_bomb_is_ended_and_named() {
        let folder = tempfile::tempdir().unwrap();
        let zeros = vec![b' '; 96 << 20];
        for (name, bytes) in [
            ("bomb.json.gz", gzip(&zeros)),
            ("bomb.json.zst", zstd::encode_all(zeros.as_slice(), 3).unwrap()),
            ("bomb.zip", zip_of(&[("bomb.json", &zeros)])),
        ] {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            let seen = visited(&path);
            let error = seen[0].1.as_ref().unwrap_err();
            assert!(error.contains("decompression bomb"), "{name}: {error}");
        }
    }

    #[test]
    fn a_missing_path_and_a_broken_archive_are_errors() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(tree(&folder.path().join("absent")), Err(OpenError::Unreadable { .. })));
        let path = folder.path().join("broken.zip");
        std::fs::write(&path, b"PK\x03\x04 and no more").unwrap();
        let outcome = tree(&path).unwrap().visit(&mut |_, _| {});
        assert!(matches!(outcome, Err(OpenError::Archive { .. })));
    }
}
