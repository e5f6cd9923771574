//! Which conversations there are, and with which bots.

use std::{
    collections::BTreeMap,
    path::{Component, Path, PathBuf},
};

use crate::cli::components;
use ravenry_base::report::{Place, Problem, Problems};
use ravenry_config::{
    ids::BotName,
    resolve::{BotSpec, ServerSpec},
};
use ravenry_desk::replay::read::{self, Script};

/// Where conversations are, below the directory of their bot.
const DIRECTORY: &str = "tests";

/// Conversations that are looked for in one directory.
const FILES_MAX: usize = 10_000;

/// A conversation, and the bot that it is with.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) bot: BotName,
    /// The file, which may have a name that cannot be shown.
    pub(super) file: PathBuf,
    pub(super) script: Script,
}

/// Where the bots are, if a conversation or a directory of them was named; and that conversation.
pub(super) fn source(named: &Path) -> (PathBuf, Option<PathBuf>) {
    let is_tests = |path: &Path| path.file_name().is_some_and(|name| name == DIRECTORY);
    let parent = |path: &Path| {
        let parent = path.parent().map(Path::to_owned).unwrap_or_default();
        if parent.as_os_str().is_empty() {
            PathBuf::from(".")
        } else {
            parent
        }
    };
    let directory = parent(named);
    if named.is_file() && is_tests(&directory) {
        return (parent(&directory), Some(named.to_owned()));
    }
    (named.to_owned(), None)
}

/// All conversations with these bots, or the one that was named.
///
/// # Errors
/// All mistakes in all of them.
pub(super) fn find(spec: &ServerSpec, only: Option<&Path>) -> Result<Vec<Found>, Problems> {
    let mut places: BTreeMap<PathBuf, Vec<&BotSpec>> = BTreeMap::new();
    for bot in spec.tenants.iter().flat_map(|tenant| &tenant.bots) {
        let home = if bot.source.is_dir() {
            &bot.source
        } else {
            components::home(&bot.place)
        };
        // Without the `.` of a manifest that says `source = "."`.
        let named = |part: &Component<'_>| *part != Component::CurDir;
        let home: PathBuf = home.components().filter(named).collect();
        places.entry(home.join(DIRECTORY)).or_default().push(bot);
    }
    let (mut found, mut problems) = (Vec::new(), Vec::new());
    for (directory, bots) in &places {
        for file in files(directory) {
            if only.is_some_and(|only| !same(only, &file)) {
                continue;
            }
            match read::file(&file).map_err(|wrong| wrong.0) {
                Ok(script) => match whose(&script, bots) {
                    Ok(bot) => found.push(Found { bot, file, script }),
                    Err(problem) => problems.push(problem),
                },
                Err(wrong) => problems.extend(wrong),
            }
        }
    }
    Problems(problems).or(found)
}

fn same(one: &Path, other: &Path) -> bool {
    one == other
        || one
            .canonicalize()
            .ok()
            .is_some_and(|one| other.canonicalize().ok() == Some(one))
}

/// The conversations in a directory, by name. One that cannot be read has none.
fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = directory
        .read_dir()
        .into_iter()
        .flatten()
        .flatten()
        .take(FILES_MAX);
    let mut files: Vec<_> = entries
        .map(|entry| entry.path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "toml")
        })
        .filter(|path| {
            path.file_name()
                .is_some_and(|name| !name.to_string_lossy().starts_with('.'))
        })
        .collect();
    files.sort();
    files
}

/// The bot that a conversation is with.
fn whose(script: &Script, bots: &[&BotSpec]) -> Result<BotName, Problem> {
    let names = || {
        let names: Vec<_> = bots
            .iter()
            .map(|bot| format!("bot = \"{}\"", bot.name))
            .collect();
        names.join(" or ")
    };
    let wrong = |message: String| Problem {
        message,
        place: Some(Place::whole(&script.name)),
        hint: Some(format!("write {} at the top", names())),
        ..Problem::default()
    };
    match (&script.bot, bots) {
        (None, [only]) => Ok(only.name.clone()),
        (None, _) => Err(wrong(
            "the conversation does not say with which bot it is".to_owned(),
        )),
        (Some(name), bots) => {
            let found = bots.iter().find(|bot| bot.name.as_str() == name);
            let unknown =
                || wrong("there is no bot of the name that the conversation says".to_owned());
            found.map(|bot| bot.name.clone()).ok_or_else(unknown)
        }
    }
}
