//! The packages for Python as this program carries them: for the tests of a new bot, its editor and its type checker.
//!
//! The bot itself gets them from the interpreter that it is built with.

use std::{fs, io, path::Path};

use super::carried_sdk::LICENCES;
use crate::cli::python;

/// Where they lie, from the new bot's directory: a place for modules.
const PLACE: &str = "sdk";

/// Writes them below the directory of a new bot.
pub(super) fn write(bot: &Path) -> io::Result<()> {
    let place = bot.join(PLACE);
    for (path, bytes) in python::packages() {
        let path = place.join(path);
        fs::create_dir_all(path.parent().unwrap_or(&place))?;
        fs::write(path, bytes)?;
    }
    for (name, text) in LICENCES {
        fs::write(place.join(name), text)?;
    }
    Ok(())
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
