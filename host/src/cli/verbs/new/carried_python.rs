//! The packages for Python as this program carries them: for the tests of a new bot, its editor and its type checker.
//!
//! The bot itself gets them from the interpreter that it is built with.

use std::{fs, io, path::Path};

use include_dir::{Dir, DirEntry, include_dir};

use super::carried_sdk::LICENCES;

/// Where they lie, from the new bot's directory: a place for modules.
const PLACE: &str = "sdk";

static PACKAGES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../guest-sdk/python/src");

/// Writes them below the directory of a new bot.
pub(super) fn write(bot: &Path) -> io::Result<()> {
    let place = bot.join(PLACE);
    extract(&PACKAGES, &place)?;
    for (name, text) in LICENCES {
        fs::write(place.join(name), text)?;
    }
    Ok(())
}

fn extract(directory: &Dir<'_>, place: &Path) -> io::Result<()> {
    for entry in directory.entries() {
        match entry {
            DirEntry::Dir(below) => extract(below, place)?,
            DirEntry::File(file) if is_part(file.path()) => {
                let path = place.join(file.path());
                fs::create_dir_all(path.parent().unwrap_or(place))?;
                fs::write(path, file.contents())?;
            }
            DirEntry::File(_) => {}
        }
    }
    Ok(())
}

/// Whether a file is part of a package. Beside those lies what an interpreter leaves behind.
fn is_part(path: &Path) -> bool {
    let is_module = path.extension().is_some_and(|extension| extension == "py");
    is_module || path.file_name().is_some_and(|name| name == "py.typed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_packages_are_written_and_nothing_besides() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path()).unwrap();
        let sdk = dir.path().join(PLACE);
        for file in [
            "ravenry/__init__.py",
            "ravenry/py.typed",
            "ravenry/testing.py",
            "fastapi_poe/__init__.py",
            "LICENSE-MIT",
        ] {
            assert!(sdk.join(file).is_file(), "{file}");
        }
        assert!(!sdk.join("ravenry/__pycache__").exists());
    }
}
