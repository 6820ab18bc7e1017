//! The folder of a reference: what is in it is the reference's own, or nothing is written.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::super::Failure;
use super::super::replace::replace;
use super::markdown::{MARK, Page};

/// Writes the pages, each whole or not at all, and removes what an earlier reference left.
pub(super) fn write(folder: &Path, pages: &[Page]) -> Result<(), Failure> {
    let own = own_files(folder)?;
    let mut written = Vec::new();
    for page in pages {
        let path = folder.join(page.path());
        let unwritable = |error| Failure::Output { path: path.display().to_string(), error };
        fs::create_dir_all(path.parent().unwrap_or(folder)).map_err(unwritable)?;
        replace(&path, |out| out.write_all(page.render().as_bytes())).map_err(unwritable)?;
        written.push(path);
    }
    for left in own.iter().filter(|path| !written.contains(path)) {
        let unwritable = |error| Failure::Output { path: left.display().to_string(), error };
        fs::remove_file(left).map_err(unwritable)?;
    }
    Ok(())
}

/// Returns the pages of an earlier reference; refuses a folder that holds anything else.
fn own_files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut own = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(inner) = folders.pop() {
        let unreadable = |error| Failure::Output { path: inner.display().to_string(), error };
        let entries = match fs::read_dir(&inner) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            entries => entries.map_err(unreadable)?,
        };
        for entry in entries {
            let entry = entry.map_err(unreadable)?;
            let (path, sort) = (entry.path(), entry.file_type().map_err(unreadable)?);
            if sort.is_dir() {
                folders.push(path);
            } else if sort.is_file() && has_mark(&path).map_err(unreadable)? {
                own.push(path);
            } else {
                let (folder, file) = (folder.display().to_string(), path.display().to_string());
                return Err(Failure::ForeignFolder { folder, file });
            }
        }
    }
    Ok(own)
}

fn has_mark(path: &Path) -> io::Result<bool> {
    let mut start = Vec::new();
    File::open(path)?.take(MARK.len() as u64).read_to_end(&mut start)?;
    Ok(start == MARK.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(path: &str) -> Page {
        Page::new(path, format!("# {path}\n"))
    }

    #[test]
    fn what_an_earlier_reference_left_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &[page("index.md"), page("rules/old.md")]).unwrap();
        write(folder.path(), &[page("index.md"), page("rules/new.md")]).unwrap();
        let there = |name: &str| folder.path().join(name).exists();
        assert!(there("index.md") && there("rules/new.md") && !there("rules/old.md"));
    }

    #[test]
    fn a_folder_with_a_foreign_file_anywhere_in_it_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &[page("rules/old.md")]).unwrap();
        fs::write(folder.path().join("rules/mine.md"), "# mine\n").unwrap();
        let refused = write(folder.path(), &[page("index.md")]).unwrap_err();
        assert!(refused.to_string().contains("mine.md"), "{refused}");
        assert!(folder.path().join("rules/old.md").exists() && !folder.path().join("index.md").exists());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_foreign_wherever_it_leads() {
        let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::os::unix::fs::symlink(elsewhere.path(), folder.path().join("rules")).unwrap();
        assert!(write(folder.path(), &[page("rules/new.md")]).is_err());
        assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
    }
}
