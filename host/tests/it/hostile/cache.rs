//! Compiled code on disk, after somebody has been at it.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use crate::harness::Folder;

const MANIFEST: &str = "[bot.echo]\nsource = \"echo.wasm\"\n";

/// A gateway whose compiled code is in this directory and nowhere else.
fn with_cache(directory: &Path) -> Folder {
    Folder::with_manifest(MANIFEST).cache_dir(directory)
}

/// The one file of compiled code.
fn compiled(directory: &Path) -> PathBuf {
    let mut files = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let file = files.next().expect("compiled code is kept");
    assert!(files.next().is_none(), "there is one component");
    file
}

/// The second start finds what the first one compiled; what is damaged is compiled again, and never
/// run.
#[test]
fn a_damaged_file_is_compiled_again() {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join("cache");
    let answers = || {
        let server = with_cache(&directory).up();
        assert_eq!(server.ask("echo", "hi").said(), "hi");
        server.output()
    };
    assert!(answers().contains("compiled"));
    assert!(answers().contains("from the cache"));
    let file = compiled(&directory);
    let whole = fs::read(&file).unwrap();
    let flipped = |at: usize| {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x55;
        bytes
    };
    let damaged = [
        Vec::new(),
        whole[..7].to_vec(),
        whole[..whole.len() / 2].to_vec(),
        [&whole[..], b"more"].concat(),
        flipped(0),
        flipped(20),
        flipped(100),
        flipped(whole.len() / 2),
        flipped(whole.len() - 1),
    ];
    for bytes in damaged {
        fs::write(&file, bytes).unwrap();
        assert!(answers().contains("compiled"));
        assert_eq!(fs::read(compiled(&directory)).unwrap().len(), whole.len());
    }
    assert!(answers().contains("from the cache"));
}

/// Where others can write, nothing is read.
#[test]
fn a_directory_that_others_can_write_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join("cache");
    fs::create_dir(&directory).unwrap();
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o777)).unwrap();
    let said = with_cache(&directory).refused(&["up", "ravenry.toml"]);
    assert!(
        said.contains("can be written by others") && said.contains("--cache-dir"),
        "{said}"
    );
    let linked = home.path().join("link");
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o700)).unwrap();
    std::os::unix::fs::symlink(&directory, &linked).unwrap();
    let said = with_cache(&linked).refused(&["up", "ravenry.toml"]);
    assert!(said.contains("is not a directory"), "{said}");
}
