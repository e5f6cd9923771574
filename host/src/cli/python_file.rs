//! A bot of `fastapi_poe` that is served as its file lies there: what the file says of itself stands in the place of the
//! manifest that it does not have.

use std::{collections::BTreeSet, fs, path::Path};

use super::{
    described::{Described, manifest},
    environment,
    failure::Failure,
    python::{REQUIREMENTS, is_built_in, package},
};
use ravenry_config::is_python;

/// What such a file says of itself.
#[derive(Debug)]
pub(super) struct PythonFile {
    /// A manifest, as `ravenry new --from` writes it, of what is there on this machine.
    pub(super) manifest: String,
    /// What is left to do by hand, a sentence each.
    pub(super) notes: Vec<String>,
}

impl PythonFile {
    /// Reads the file; nothing in it is run.
    ///
    /// `None`: it is no file of that kind.
    ///
    /// # Errors
    /// It cannot be read as one now: it may be half written, or in newer words than the Python of this machine knows.
    pub(super) fn read(file: &Path, cache: &Path) -> Result<Option<Self>, Failure> {
        let text = fs::read_to_string(file).unwrap_or_default();
        if !is_python(file) || !text.contains("fastapi_poe") {
            return Ok(None);
        }
        let described = Described::of(file, cache)?;
        let listed = fs::read_to_string(file.with_file_name(REQUIREMENTS)).unwrap_or_default();
        let own = Self::of(described, &listed, environment::variable);
        Ok(Some(own))
    }

    /// `listed` are the packages beside the file, and `variable` is what the environment has.
    fn of(
        mut described: Described,
        listed: &str,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Self {
        let is_set = |name: &str| variable(name).is_some();
        for bot in &mut described.bots {
            bot.access_key = bot.access_key.take().filter(|name| is_set(name));
        }
        described.secrets.retain(|name, _| is_set(name));
        let mut done: Vec<String> = Vec::new();
        for read in &described.variables {
            // A secret is for the hosts that its owner names, and for nobody else.
            if let Some(value) = variable(&read.name).filter(|_| !read.is_secret) {
                described.config.insert(read.name.clone(), value.into());
                done.push(format!("reads {}: ", read.name));
            }
        }
        let named = &described.config;
        described
            .variables
            .retain(|read| !named.contains_key(&read.name));
        let mut notes = std::mem::take(&mut described.notes);
        notes.retain(|note| {
            let set = note.strip_prefix("set the variable ");
            let set = set.and_then(|rest| rest.split(' ').next());
            !set.is_some_and(is_set) && !done.iter().any(|read| note.contains(read))
        });
        notes.extend(missing(&described.packages, listed));
        let manifest = manifest::text(&described);
        if !notes.is_empty() {
            let file = &described.file;
            notes.push(format!(
                "`ravenry new --from {file}` writes a directory with a manifest, in which such things have their place"
            ));
        }
        Self { manifest, notes }
    }
}

/// Says which packages are not listed beside the file.
fn missing(packages: &[String], listed: &str) -> Option<String> {
    let listed: BTreeSet<String> = listed.lines().map(str::trim).filter_map(package).collect();
    let lines = packages.iter().filter(|line| {
        package(line).is_some_and(|name| !is_built_in(&name) && !listed.contains(&name))
    });
    let lines: Vec<String> = lines.map(|line| format!("`{line}`")).collect();
    (!lines.is_empty()).then(|| {
        let lines = lines.join(", ");
        format!("write {lines} into {REQUIREMENTS} beside the file, a line each")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described() -> Described {
        let described = serde_json::json!({
            "file": "bot.py",
            "bots": [{
                "name": "haiku", "route": null, "path": null, "poe_name": null,
                "access_key": "POE_ACCESS_KEY",
            }],
            "config": {},
            "secrets": { "OPENAI_API_KEY": ["https://api.openai.com"] },
            "hosts": ["https://api.openai.com"],
            "unsure_hosts": [],
            "variables": [
                { "name": "CITY", "is_secret": false, "line": 3 },
                { "name": "MY_TOKEN", "is_secret": true, "line": 4 },
            ],
            "packages": ["fastapi-poe==0.0.36", "DevTools==0.12.2", "requests"],
            "files": [],
            "notes": [
                "set the variable POE_ACCESS_KEY for `ravenry up`: the access key that Poe shows",
                "set the variable OPENAI_API_KEY for `ravenry up`: the key of the service",
                "bot.py:3 reads CITY: give it a value under `config` in ravenry.toml",
                "bot.py:4 reads MY_TOKEN: write under `secrets` in ravenry.toml which host gets it",
            ],
        });
        serde_json::from_value(described).unwrap()
    }

    #[test]
    fn what_the_machine_has_is_used() {
        let all = |_: &str| Some("a value \" of it".to_owned());
        let file = PythonFile::of(described(), "devtools\nrequests==2.32.5\n", all);
        let manifest = &file.manifest;
        for part in [
            "[bot.haiku]\n",
            "poe = { access_key = { env = \"POE_ACCESS_KEY\" } }",
            "allowed_outbound_hosts = [\"https://api.openai.com\"]",
            "CITY = \"a value \\\" of it\"",
            "OPENAI_API_KEY = { env = \"OPENAI_API_KEY\", host = \"https://api.openai.com\" }",
        ] {
            assert!(manifest.contains(part), "{part}: {manifest}");
        }
        // A secret goes to no host that nobody has named.
        assert!(!manifest.contains("\nMY_TOKEN"), "{manifest}");
        let [token, how] = file.notes.as_slice() else {
            panic!("{:?}", file.notes);
        };
        assert!(token.contains("MY_TOKEN") && how.contains("new --from bot.py"));
    }

    #[test]
    fn what_it_has_not_is_left_out_and_said() {
        let file = PythonFile::of(described(), "", |_| None);
        for part in ["access_key", "\nOPENAI_API_KEY", "\nCITY"] {
            assert!(!file.manifest.contains(part), "{part}: {}", file.manifest);
        }
        let said = file.notes.join("\n");
        for part in [
            "set the variable POE_ACCESS_KEY",
            "set the variable OPENAI_API_KEY",
            "reads CITY",
            "write `DevTools==0.12.2`, `requests` into requirements.txt",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
    }
}
