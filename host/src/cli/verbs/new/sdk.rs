//! Where a new bot finds the SDK for Rust.
//!
//! It lies in a checkout of this project, around the new bot or where the author says; or in a git
//! repository that the author names. Where there is none of these, the bot gets the copy that this
//! program carries: it is of the program's own version, and goes wherever the bot goes.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
};

use super::carried_sdk;
use crate::cli::failure::Failure;
use ravenry_base::report::Problem;

/// Name of the SDK's package, and of its directory in a checkout.
const PACKAGE: &str = "ravenry-sdk";
const DIRECTORY: &str = "guest-sdk";

/// Where the SDK is. Displays as the value of the dependency in `Cargo.toml`.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Sdk {
    /// In this directory, from the new bot's.
    Path(PathBuf),
    /// In this repository.
    Git(String),
    /// In the new bot's directory, where this program writes it.
    Carried,
}

impl Sdk {
    /// What the author says; else a checkout around the new directory; else the carried one.
    pub(super) fn find(said: Option<&str>, directory: &Path) -> Result<Self, Failure> {
        if let Some(said) = said {
            return Self::said(said);
        }
        let around = existing(directory).and_then(|parent| below(&parent, directory));
        Ok(around.map_or(Self::Carried, Self::Path))
    }

    fn said(said: &str) -> Result<Self, Failure> {
        let is_url = said.contains("://") || said.starts_with("git@");
        if is_url {
            return Ok(Self::Git(said.to_owned()));
        }
        let path = fs::canonicalize(said).ok();
        let found = path.and_then(|path| {
            if is_sdk(&path) {
                Some(path)
            } else {
                in_checkout(&path)
            }
        });
        found.map(Self::Path).ok_or_else(|| not_there(said))
    }
}

impl fmt::Display for Sdk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // TOML writes text like JSON.
        match self {
            Self::Path(path) => write!(f, "{{ path = {} }}", json(&path.to_string_lossy())),
            Self::Git(url) => write!(f, "{{ git = {} }}", json(url)),
            Self::Carried => write!(f, "{{ path = {} }}", json(carried_sdk::PLACE)),
        }
    }
}

fn json(text: &str) -> serde_json::Value {
    text.into()
}

/// The nearest directory above one that is to be made.
fn existing(directory: &Path) -> Option<PathBuf> {
    let absolute = std::path::absolute(directory).ok()?;
    let mut above = absolute.ancestors().skip(1);
    above.find_map(|path| fs::canonicalize(path).ok())
}

/// The SDK of a checkout around `parent`, as the path from the new directory; so that both can be
/// moved together.
fn below(parent: &Path, directory: &Path) -> Option<PathBuf> {
    let (up, _) = parent
        .ancestors()
        .enumerate()
        .find(|(_, path)| in_checkout(path).is_some())?;
    let made = std::path::absolute(directory).ok()?;
    // Directories that are still to be made count too.
    let missing = made
        .ancestors()
        .take_while(|path| !path.exists())
        .count()
        .max(1);
    let mut path = PathBuf::new();
    for _ in 0..up.saturating_add(missing) {
        path.push("..");
    }
    path.push(DIRECTORY);
    Some(path)
}

/// The SDK in a directory, if that is a checkout.
fn in_checkout(path: &Path) -> Option<PathBuf> {
    Some(path.join(DIRECTORY)).filter(|sdk| is_sdk(sdk))
}

fn is_sdk(path: &Path) -> bool {
    let manifest = fs::read_to_string(path.join("Cargo.toml")).unwrap_or_default();
    manifest
        .lines()
        .any(|line| line.trim() == format!("name = \"{PACKAGE}\""))
}

fn not_there(said: &str) -> Failure {
    Failure::Usage(
        Problem {
            message: format!("`{said}` is not where `ravenry-sdk` is"),
            causes: vec!["it is neither the crate, nor a checkout of Ravenry, nor a URL".to_owned()],
            hint: Some(
                "name a checkout of Ravenry, its directory `guest-sdk`, or the URL of its git repository; without `--sdk` the bot gets a copy of its own"
                    .to_owned(),
            ),
            ..Problem::default()
        }
        .into(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dependency_is_a_value_of_toml() {
        let path = Sdk::Path(PathBuf::from("../a \"b\"/guest-sdk"));
        assert_eq!(path.to_string(), r#"{ path = "../a \"b\"/guest-sdk" }"#);
        let url = "https://example.com/ravenry";
        let git = Sdk::find(Some(url), Path::new("x")).unwrap();
        assert_eq!(
            git.to_string(),
            r#"{ git = "https://example.com/ravenry" }"#
        );
    }

    /// Makes this a checkout; gives the directory of the SDK.
    fn checkout(dir: &Path) -> PathBuf {
        let sdk = dir.join(DIRECTORY);
        fs::create_dir_all(&sdk).unwrap();
        let manifest = "[package]\nname = \"ravenry-sdk\"\n";
        fs::write(sdk.join("Cargo.toml"), manifest).unwrap();
        sdk
    }

    #[test]
    fn a_checkout_around_the_new_bot_is_named_from_there() {
        let dir = tempfile::tempdir().unwrap();
        checkout(dir.path());
        fs::create_dir_all(dir.path().join("plugins/empty")).unwrap();
        for (new, path) in [
            ("bot", "../guest-sdk"),
            ("plugins/bot", "../../guest-sdk"),
            ("plugins/empty", "../../guest-sdk"),
            ("plugins/of/mine/bot", "../../../../guest-sdk"),
        ] {
            let found = Sdk::find(None, &dir.path().join(new)).unwrap();
            assert_eq!(found, Sdk::Path(path.into()), "{new}");
        }
    }

    #[test]
    fn what_is_said_is_looked_at() {
        let dir = tempfile::tempdir().unwrap();
        let said = dir.path().to_str().unwrap().to_owned();
        assert!(Sdk::find(Some(&said), Path::new("bot")).is_err());
        let sdk = checkout(dir.path());
        let whole = Sdk::Path(fs::canonicalize(&sdk).unwrap());
        assert_eq!(Sdk::find(Some(&said), Path::new("bot")).unwrap(), whole);
        assert_eq!(Sdk::find(sdk.to_str(), Path::new("bot")).unwrap(), whole);
    }
}
