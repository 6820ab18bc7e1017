//! What the store says when something is wrong with the file, and what it keeps.

use std::fs;
use std::path::{Path, PathBuf};

use driftline::model::{Digest, Seal};
use driftline::store::{Access, Depth, Error, Fault, Store};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::support::{complete, observation, opening, volume};

/// A store with three scans, closed.
fn stored() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("driftline.db");
    let mut store = Store::open(&path, Access::Create).unwrap();
    for number in 1..=3 {
        let size = u32::try_from(number).unwrap();
        complete(&mut store, number, &[volume("vol-1", size), volume("vol-2", 8)]);
    }
    (folder, path)
}

fn tampered(sql: &str) -> (TempDir, Store) {
    let (folder, path) = stored();
    let connection = Connection::open(&path).unwrap();
    connection.execute_batch(sql).unwrap();
    drop(connection);
    (folder, Store::open(&path, Access::Read).unwrap())
}

fn faults(store: &Store, depth: Depth) -> Vec<Fault> {
    match store.verify(depth, None) {
        Ok(_) => Vec::new(),
        Err(Error::Unsound(faults)) => faults,
        Err(Error::Damaged { reason }) => vec![Fault::File(reason)],
        Err(other) => unreachable!("{other}"),
    }
}

#[test]
fn a_missing_store_is_told_and_made_only_on_request() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a/b/driftline.db");
    for access in [Access::Read, Access::Write] {
        let error = Store::open(&path, access).unwrap_err();
        assert!(matches!(error, Error::Missing { .. }));
        assert!(!error.hints().is_empty());
    }
    drop(Store::open(&path, Access::Create).unwrap());
    drop(Store::open(&path, Access::Read).unwrap());
}

#[cfg(unix)]
#[test]
fn only_its_owner_can_read_a_new_store() {
    use std::os::unix::fs::PermissionsExt as _;
    let (_folder, path) = stored();
    assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o077, 0);
}

#[test]
fn a_newer_store_is_refused_and_left_as_it_is() {
    let (_folder, path) = stored();
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    for access in [Access::Read, Access::Write, Access::Create] {
        let error = Store::open(&path, access).unwrap_err();
        assert!(matches!(error, Error::Newer { found: 99, known: 3 }), "{error}");
    }
}

#[test]
fn another_programs_database_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other.db");
    Connection::open(&path).unwrap().execute_batch("create table t (a)").unwrap();
    let before = fs::read(&path).unwrap();
    for access in [Access::Read, Access::Write, Access::Create] {
        assert!(matches!(Store::open(&path, access), Err(Error::Foreign { .. })));
    }
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_file_that_is_no_database_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    for text in ["hello", &"not a database at all, but long enough for a header. ".repeat(20)] {
        let path = folder.path().join("notes.txt");
        fs::write(&path, text).unwrap();
        for access in [Access::Read, Access::Write, Access::Create] {
            let error = Store::open(&path, access).unwrap_err();
            assert!(matches!(error, Error::Foreign { .. }), "{error}");
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
}

#[test]
fn an_empty_file_becomes_a_store_only_on_request() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("driftline.db");
    fs::write(&path, "").unwrap();
    assert!(matches!(Store::open(&path, Access::Read), Err(Error::Foreign { .. })));
    assert!(matches!(Store::open(&path, Access::Write), Err(Error::Foreign { .. })));
    drop(Store::open(&path, Access::Create).unwrap());
}

#[test]
fn a_file_that_was_cut_short_is_told_when_it_is_opened() {
    let (_folder, path) = stored();
    let length = fs::metadata(&path).unwrap().len();
    fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(length / 2).unwrap();
    for access in [Access::Read, Access::Write, Access::Create] {
        assert!(matches!(Store::open(&path, access), Err(Error::Damaged { .. })));
    }
}

#[test]
fn an_untouched_store_verifies() {
    let (_folder, store) = tampered("select 1");
    let quick = store.verify(Depth::Quick, None).unwrap();
    let full = store.verify(Depth::Full, None).unwrap();
    assert_eq!((quick.scans, quick.documents), (3, 0));
    assert_eq!((full.scans, full.documents), (3, 4));
}

#[test]
fn the_chain_shows_a_changed_ledger_at_a_glance() {
    for sql in [
        "update scan set taken_at = taken_at + 1 where id = 2",
        "update scan set tool_version = '9.9.9' where id = 1",
        "update scan set opened = opened + 1 where id = 3",
        "update scan set seal = zeroblob(32) where id = 2",
        "update coverage set status = 'complete', listed = 7 where scan = 2",
        "delete from coverage where scan = 3",
        "delete from revision where id = (select max(id) from revision)",
        "insert into revision (resource, scope, previous) select id, null, latest from resource",
        "insert into odd_element (scan, source, position, code, message, raw)
         select 1, 'f', 0, 'c', 'm', view from (select x'28b52ffd2000010000' as view)",
    ] {
        let (_folder, store) = tampered(sql);
        assert!(!faults(&store, Depth::Quick).is_empty(), "{sql}");
        assert!(!faults(&store, Depth::Full).is_empty(), "{sql}");
    }
}

#[test]
fn the_documents_show_a_changed_resource() {
    for sql in [
        "update resource set uid = 'vol-9' where uid = 'vol-1'",
        "update resource set uid = 'vol-1' where uid = 'vol-2'",
        "update scope set account = '999999999999'",
        "update revision set resource = 2",
        "update revision set resource = (select id from resource where uid = 'vol-2') where id = 65539",
        "update revision set previous = resource",
        "update resource set latest = id",
        "update resource set fingerprint = null where uid = 'vol-2'",
        "update block set body = (select body from block order by id limit 1)",
        "update block set body = substr(body, 1, length(body) - 4)",
        "update block set body = x'00'",
        "delete from block where id = (select min(id) from block)",
    ] {
        let (_folder, store) = tampered(sql);
        assert!(!faults(&store, Depth::Full).is_empty(), "{sql}");
    }
}

#[test]
fn an_expected_seal_is_found_at_the_head_or_before_it() {
    let (_folder, store) = tampered("select 1");
    let seals: Vec<_> = store.scans().unwrap().into_iter().filter_map(|scan| scan.seal).collect();
    let followed = |seal| store.verify(Depth::Quick, Some(seal)).unwrap().followed_by;
    assert_eq!(seals.iter().map(|&seal| followed(seal)).collect::<Vec<_>>(), [Some(2), Some(1), Some(0)]);
}

#[test]
fn an_expected_seal_shows_scans_that_were_cut_off() {
    let (_folder, path) = stored();
    let head = Store::open(&path, Access::Read).unwrap().info().unwrap().head().unwrap();
    let connection = Connection::open(&path).unwrap();
    connection
        .execute_batch(
            "update resource set latest = (select previous from revision where id = latest) where uid = 'vol-1';
             delete from block where id = (select max(id) from revision);
             delete from revision where id > (select last_revision from scan where id = 2);
             delete from coverage where scan = 3; delete from scan where id = 3;",
        )
        .unwrap();
    drop(connection);
    let store = Store::open(&path, Access::Read).unwrap();
    store.verify(Depth::Full, None).unwrap();
    let Err(Error::Unsound(faults)) = store.verify(Depth::Quick, Some(head)) else { panic!("sound") };
    assert!(matches!(faults[..], [Fault::Unknown { expected, .. }] if expected == head));
}

#[test]
fn an_expected_seal_shows_a_store_that_was_emptied() {
    let store = Store::in_memory().unwrap();
    let expected = Seal(Digest([7; 32]));
    let Err(Error::Unsound(faults)) = store.verify(Depth::Quick, Some(expected)) else { panic!("sound") };
    assert_eq!(faults, [Fault::Empty(expected)]);
}

#[test]
fn a_second_run_is_told_who_holds_the_store() {
    let (_folder, path) = stored();
    let mut one = Store::open(&path, Access::Write).unwrap();
    let mut other = Store::open(&path, Access::Write).unwrap();
    let mut open = one.begin_scan(&opening(4)).unwrap();
    open.observe(observation(&volume("vol-1", 77))).unwrap();
    match other.begin_scan(&opening(5)).map(|_| ()) {
        Err(Error::Locked { holder, since }) => {
            assert_eq!(holder.as_deref(), Some("run 4"));
            assert!(since.is_some());
        }
        end => panic!("{end:?}"),
    }
    drop(open);
    complete(&mut other, 5, &[]);
}

#[test]
fn a_store_is_read_as_of_the_last_seal_while_another_run_writes() {
    let (_folder, path) = stored();
    let mut writer = Store::open(&path, Access::Write).unwrap();
    let mut open = writer.begin_scan(&opening(4)).unwrap();
    open.observe(observation(&volume("vol-3", 1))).unwrap();
    let reader = Store::open(&path, Access::Read).unwrap();
    let latest = reader.latest().unwrap().unwrap();
    assert_eq!(reader.resources_at(latest.id).unwrap().len(), 2);
    reader.verify(Depth::Full, latest.seal).unwrap();
}

#[test]
fn a_store_opened_to_read_takes_no_writes() {
    let (_folder, path) = stored();
    let mut store = Store::open(&path, Access::Read).unwrap();
    let refused = store.begin_scan(&opening(4)).map(|_| ());
    assert!(matches!(refused, Err(Error::ReadOnly)), "{refused:?}");
}

/// Makes a folder take no writes, and lets it take them again in the end.
#[cfg(unix)]
struct Sealed<'a>(&'a Path);

#[cfg(unix)]
impl<'a> Sealed<'a> {
    fn new(folder: &'a Path) -> Self {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o555)).unwrap();
        Self(folder)
    }
}

#[cfg(unix)]
impl Drop for Sealed<'_> {
    fn drop(&mut self) {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(self.0, fs::Permissions::from_mode(0o755)).unwrap();
    }
}

#[cfg(unix)]
#[test]
fn a_store_in_a_folder_that_takes_no_writes_can_be_read() {
    let (folder, path) = stored();
    let mut permissions = fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&path, permissions).unwrap();
    let sealed = Sealed::new(folder.path());
    let store = Store::open(&path, Access::Read).unwrap();
    assert_eq!(store.scans().unwrap().len(), 3);
    store.verify(Depth::Full, None).unwrap();
    // The superuser may write all the same.
    if fs::write(folder.path().join("probe"), "").is_err() {
        assert!(matches!(Store::open(&path, Access::Write), Err(Error::ReadOnly)));
    }
    drop(sealed);
}
