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

/// Code of one component under the name of another is compiled again, and what a kill has left is swept.
#[test]
fn what_is_not_of_this_component_is_not_run() {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join("cache");
    let start = |bot: &str| {
        let manifest = format!("[bot.{bot}]\nsource = \"{bot}.wasm\"\n");
        let folder = Folder::with_manifest(&manifest).cache_dir(&directory);
        folder.up().ask(bot, "hi").show()
    };
    start("says-nothing");
    let other = compiled(&directory);
    let aside = home.path().join("aside");
    fs::rename(&other, &aside).unwrap();
    let said = start("echo");
    let file = compiled(&directory);
    fs::rename(&aside, &file).unwrap();
    fs::write(file.with_extension("12345678.tmp"), "half").unwrap();
    assert_eq!(start("echo"), said);
    assert_eq!(compiled(&directory), file);
}

/// Who may read is no matter; into the directory of state, too, nobody else may write.
#[test]
fn who_may_write_is_what_counts() {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join("cache");
    let state = home.path().join("state");
    for path in [&directory, &state] {
        fs::create_dir(path).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let folder = || with_cache(&directory).state_dir(&state);
    assert_eq!(folder().up().ask("echo", "hi").said(), "hi");
    fs::set_permissions(&state, fs::Permissions::from_mode(0o777)).unwrap();
    let said = folder().refused(&["up", "ravenry.toml"]);
    let shown = "the state directory `STATE` can be written by others (mode 777)";
    let shown = shown.replace("STATE", state.to_str().unwrap());
    assert!(
        said.contains(&shown) && said.contains("--state-dir"),
        "{said}"
    );
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
    let link = home.path().join("link");
    std::os::unix::fs::symlink(&directory, &link).unwrap();
    let said = with_cache(&link).refused(&["up", "ravenry.toml"]);
    assert!(said.contains("can be written by others"), "{said}");
    // Behind a link it is the directory that counts.
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o700)).unwrap();
    let state = home.path().join("state");
    std::os::unix::fs::symlink("later", &state).unwrap();
    let server = with_cache(&link).state_dir(&state).up();
    assert_eq!(server.ask("echo", "hi").said(), "hi");
    drop(server);
    assert!(compiled(&directory).is_file() && home.path().join("later").is_dir());
}
