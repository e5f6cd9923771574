//! What stands in the place of the store's file and is none: said as what it is, at a start and by `ravenry store`.

use std::{fs, os::unix::fs::symlink, path::Path, process::Command};

use super::command::complaint;
use super::{KEEPER, keepers};

/// What a start says that is refused.
fn refused_start(state: &Path) -> String {
    let folder = keepers(KEEPER).state_dir(state);
    let output = folder.command(&["up", "ravenry.toml"]).output().unwrap();
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

/// The disk that it leads to is not mounted, mostly: what was made in its place would be hidden later.
#[test]
fn a_link_that_leads_nowhere_is_said_and_nothing_is_made_through_it() {
    let (state, disk) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let file = state.path().join("store.sqlite");
    let gone = disk.path().join("store.sqlite");
    symlink(&gone, &file).unwrap();
    let why = format!(
        "it is a link to `{}`, and there is no such file",
        gone.display()
    );
    for arguments in [
        &["ls"] as &[_],
        &["set", "--bot", "cat", "k", "v"],
        &["backup", "nowhere.backup"],
    ] {
        let said = complaint(state.path(), arguments, 1);
        assert!(said.contains(&why), "{said}");
        assert!(
            said.contains("hint: is the disk that it leads to mounted?"),
            "{said}"
        );
    }
    let said = refused_start(state.path());
    assert!(said.contains(&why), "{said}");
    assert!(
        said.contains("hint: is the disk that it leads to mounted?"),
        "{said}"
    );
    assert!(fs::read_dir(disk.path()).unwrap().next().is_none());
    let names = fs::read_dir(state.path()).unwrap();
    let names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
    assert!(
        names
            .iter()
            .all(|name| !name.to_string_lossy().contains("draft")),
        "{names:?}"
    );
}

#[test]
fn a_directory_and_a_pipe_are_no_damaged_databases() {
    for (make, what) in [
        ("mkdir", "it is a directory, and no file"),
        ("mkfifo", "it is a named pipe, and no file"),
    ] {
        let state = tempfile::tempdir().unwrap();
        let file = state.path().join("store.sqlite");
        let made = Command::new(make).arg(&file).status().unwrap();
        assert!(made.success());
        for said in [
            complaint(state.path(), &["ls"], 1),
            refused_start(state.path()),
        ] {
            assert!(said.contains(what) && !said.contains("damaged"), "{said}");
            assert!(said.contains("move away what stands in place"), "{said}");
        }
    }
}
