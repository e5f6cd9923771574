//! A bot's directory made of a file in Python that there is: the copied files, their manifest with what was found
//! and, as comments, what was not, and their list of packages.

use std::{fs, io, path::Path};

use crate::cli::described::{Described, manifest};
use ravenry_config::MANIFEST;

/// Writes the directory: what lies beside `from`, and what goes with it.
pub(super) fn write(described: &Described, from: &Path, directory: &Path) -> io::Result<()> {
    let beside = from.parent().unwrap_or(Path::new(""));
    for path in described.files.iter().chain([&described.file]) {
        let copy = directory.join(path);
        fs::create_dir_all(copy.parent().unwrap_or(directory))?;
        fs::copy(beside.join(path), copy)?;
    }
    fs::write(directory.join(MANIFEST), manifest::text(described))?;
    if !described.packages.is_empty() {
        let lines = described.packages.join("\n") + "\n";
        fs::write(directory.join("requirements.txt"), lines)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::cli::load;

    /// Whatever texts a file has, and however many bots.
    #[test]
    fn what_is_written_is_a_manifest() {
        let bot = |name: &str| {
            serde_json::json!({
                "name": name, "route": "/A.b", "path": "/A.b \" ]", "poe_name": "a \"b\" \\ ü",
                "access_key": format!("{name}_key"),
            })
        };
        let mut first = bot("one");
        first["route"] = Value::Null;
        let described = serde_json::json!({
            "file": "my \"bot\".py",
            "bots": [first, bot("two")],
            "config": { "KEPT": "held" },
            "secrets": { "A": ["https://a.example.com"], "B": ["https://a.example.com", "https://b.example.com"] },
            "hosts": ["https://a.example.com", "https://b.example.com"],
            "unsure_hosts": ["https://c.example.com"],
            "variables": [
                { "name": "CITY", "is_secret": false, "line": 3 },
                { "name": "TOKEN", "is_secret": true, "line": 4 },
            ],
            "packages": [], "files": [], "notes": [],
        });
        let described: Described = serde_json::from_value(described).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let from = dir.path().join("from");
        fs::create_dir(&from).unwrap();
        fs::write(from.join(&described.file), "").unwrap();
        write(&described, &from.join(&described.file), dir.path()).unwrap();
        let spec = load::strict(&dir.path().join(MANIFEST), load::WITHOUT_SECRETS).unwrap();
        let bots = &spec.tenants[0].bots;
        assert_eq!(bots.len(), 2);
        assert_eq!(bots[1].poe_name.as_deref(), Some("a \"b\" \\ ü"));
        assert_eq!(bots[1].route.as_str(), "/A.b");
        let config = [("FASTAPI_POE_PATH", "/A.b \" ]"), ("KEPT", "held")];
        let config = config.map(|(name, text)| (name.to_owned(), text.to_owned()));
        assert_eq!(bots[0].config, config);
    }
}
