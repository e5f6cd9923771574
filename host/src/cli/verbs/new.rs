//! `ravenry new`: makes the directory of a new bot from a template, or of a file in Python that there is.
//!
//! In go a path, a template and perhaps where the SDK is, or the file; out comes a directory that builds, and
//! the commands to go on with. It is made beside its place and moved there in one step: there is never half of
//! one, and nothing is overwritten. Nothing is built or fetched here.

mod carried_python;
mod carried_sdk;
mod from_file;
mod sdk;
mod templates;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use clap::{
    Args,
    builder::{PossibleValue, PossibleValuesParser},
};

use self::{
    sdk::Sdk,
    templates::{Language, Template, UP},
};
use crate::cli::{
    described::Described, directories, failure::Failure, formatting::quoted_if_needed, run::Run,
};
use ravenry_base::{output, report::Problem};
use ravenry_config::ids::BotName;

/// What stands at the end of its help.
const EXAMPLES: &str = "\
Examples:
  ravenry new my-bot
  ravenry new my-bot --template python
  ravenry new --from bot.py   # a bot of fastapi_poe, say, with its manifest";

/// `ravenry new`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct New {
    /// The directory to make; its last part names the bot. With --from it may be left out, and is called as
    /// the bot that the file has
    #[arg(value_name = "NAME", required_unless_present = "from")]
    pub directory: Option<PathBuf>,
    /// A bot's file in Python, of `fastapi_poe` or `ravenry`: it is copied as it is, with the files beside it that
    /// it names. Names, keys, hosts and packages are looked for in it, and it is not run
    #[arg(long, value_name = "FILE", conflicts_with_all = ["template", "sdk"])]
    pub from: Option<PathBuf>,
    /// What to make it of
    #[arg(long, value_name = "TEMPLATE", default_value = "rust", value_parser = template_names())]
    pub template: String,
    /// Where `ravenry-sdk` is: a checkout of Ravenry, the crate itself, or the URL of a git
    /// repository [default: the checkout around the new bot, or a copy in the bot's directory]
    #[arg(long, value_name = "PATH|URL")]
    pub sdk: Option<String>,
    /// Where that is kept which reads files in Python [default: ~/.cache/ravenry]
    #[arg(long, value_name = "DIR", env = "RAVENRY_CACHE_DIR")]
    pub cache_dir: Option<PathBuf>,
}

/// The names of the templates, each with what it is.
fn template_names() -> PossibleValuesParser {
    let values = templates::names().map(|(name, about)| PossibleValue::new(name).help(about));
    values.collect::<Vec<_>>().into()
}

impl Run for New {
    fn run(&self) -> Result<(), Failure> {
        let made = match (&self.from, &self.directory) {
            (Some(file), directory) => self.made_from(file, directory.as_deref())?,
            (None, Some(directory)) => self.made(directory)?,
            (None, None) => return Err(Failure::usage(&"name the directory to make")),
        };
        output::print(&made.text(&this_program()));
        Ok(())
    }
}

impl New {
    /// Makes a bot of the template.
    fn made(&self, directory: &Path) -> Result<Made, Failure> {
        let unknown = || Failure::usage(&format!("there is no template `{}`", self.template));
        let template = templates::named(&self.template).ok_or_else(unknown)?;
        let name = name_of(directory)?;
        refuse_taken(directory)?;
        let sdk = (template.sdk == Some(Language::Rust))
            .then(|| Sdk::find(self.sdk.as_deref(), directory))
            .transpose()?;
        make(directory, |new| write(new, template, &name, sdk.as_ref()))?;
        Ok(Made {
            directory: directory.to_owned(),
            names: vec![name],
            next: template.next,
            notes: Vec::new(),
        })
    }

    /// Makes a bot of a file in Python.
    fn made_from(&self, file: &Path, directory: Option<&Path>) -> Result<Made, Failure> {
        let cache = match &self.cache_dir {
            Some(cache) => cache.clone(),
            None => directories::cache_dir()?,
        };
        let described = Described::of(file, &cache)?;
        let names = described.names()?;
        let first = || names.first().map(|name| PathBuf::from(name.as_str()));
        let directory = directory.map(Path::to_owned).or_else(first);
        let directory = directory.unwrap_or_default();
        refuse_taken(&directory)?;
        make(&directory, |new| from_file::write(&described, file, new))?;
        Ok(Made {
            directory,
            names,
            next: &[UP],
            notes: described.notes,
        })
    }
}

/// A directory that was made.
#[derive(Debug)]
struct Made {
    /// Where it is, as it was asked for.
    directory: PathBuf,
    /// The bots' names: from a template there is one.
    names: Vec<BotName>,
    /// Commands to go on with, each with what it does.
    next: &'static [(&'static str, &'static str)],
    /// What is left to do by hand.
    notes: Vec<String>,
}

/// Makes `directory` of what is written into it. It is there as a whole or not at all.
fn make(directory: &Path, write: impl FnOnce(&Path) -> io::Result<()>) -> Result<(), Failure> {
    let parent = match directory.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let name = directory.file_name().unwrap_or_default().to_string_lossy();
    let unfinished = parent.join(format!(".{name}.unfinished-{}", std::process::id()));
    let written = fs::create_dir_all(parent)
        .and_then(|()| fs::create_dir(&unfinished))
        .and_then(|()| write(&unfinished))
        .and_then(|()| fs::rename(&unfinished, directory));
    if let Err(error) = written {
        // What was begun is ours alone.
        let _ = fs::remove_dir_all(&unfinished);
        let message = format!("`{}` cannot be made", directory.display());
        return Err(Failure::system(message, &error));
    }
    Ok(())
}

impl Made {
    /// What to tell: what is there, and what to do next. `ravenry` is how this program is called.
    fn text(&self, ravenry: &str) -> String {
        let mut steps = vec![(
            format!("cd {}", quoted_if_needed(&self.directory.to_string_lossy())),
            "",
        )];
        for (command, what) in self.next {
            let command = match command.strip_prefix("ravenry ") {
                Some(rest) => format!("{ravenry} {rest}"),
                None => (*command).to_owned(),
            };
            steps.push((command, *what));
        }
        let width = steps
            .iter()
            .map(|(command, _)| command.chars().count())
            .max()
            .unwrap_or(0);
        let names: Vec<String> = self.names.iter().map(|name| format!("`{name}`")).collect();
        let mut text = format!(
            "Made the bot{} {} in {}:\n\n",
            if names.len() > 1 { "s" } else { "" },
            names.join(", "),
            self.directory.display()
        );
        for (command, what) in steps {
            let comment = if what.is_empty() {
                String::new()
            } else {
                format!("  # {what}")
            };
            let line = format!("  {command:width$}{comment}");
            text.push_str(line.trim_end());
            text.push('\n');
        }
        if !self.notes.is_empty() {
            text.push_str("\nTo do by hand:\n\n");
        }
        for note in &self.notes {
            text.extend(["  - ", note, "\n"]);
        }
        text
    }
}

fn name_of(directory: &Path) -> Result<BotName, Failure> {
    let last = directory.file_name().unwrap_or_default().to_string_lossy();
    BotName::parse(&last).map_err(|error| {
        Failure::Usage(
            Problem {
                message: format!("`{}` cannot name a bot", directory.display()),
                causes: vec![error.to_string()],
                hint: Some(
                    "the last part of the path names the bot, as in `ravenry new my-bot`"
                        .to_owned(),
                ),
                ..Problem::default()
            }
            .into(),
        )
    })
}

/// Refuses a place where something is.
fn refuse_taken(directory: &Path) -> Result<(), Failure> {
    taken(directory).map_or(Ok(()), |problem| Err(Failure::Usage(problem.into())))
}

/// Whether something is there already; an empty directory is nothing.
fn taken(directory: &Path) -> Option<Problem> {
    let found = fs::symlink_metadata(directory).ok()?;
    let is_empty = || fs::read_dir(directory).is_ok_and(|mut entries| entries.next().is_none());
    if found.is_dir() && is_empty() {
        return None;
    }
    Some(Problem {
        message: format!("`{}` is there already", directory.display()),
        causes: vec!["nothing is overwritten".to_owned()],
        hint: Some("choose another name, or move away what is there".to_owned()),
        ..Problem::default()
    })
}

fn write(
    directory: &Path,
    template: &Template,
    name: &BotName,
    sdk: Option<&Sdk>,
) -> io::Result<()> {
    if sdk == Some(&Sdk::Carried) {
        carried_sdk::write(directory)?;
    }
    if template.sdk == Some(Language::Python) {
        carried_python::write(directory)?;
    }
    for (path, text) in template.files.iter().copied().flatten() {
        let file = directory.join(path);
        fs::create_dir_all(file.parent().unwrap_or(directory))?;
        let mut text = text.replace("{{name}}", name.as_str());
        if let Some(sdk) = sdk {
            text = text.replace("{{sdk}}", &sdk.to_string());
        }
        fs::write(file, text)?;
    }
    Ok(())
}

/// How to call this program from a shell: by its name, where that finds it.
fn this_program() -> String {
    let Ok(this) = std::env::current_exe().and_then(fs::canonicalize) else {
        return "ravenry".to_owned();
    };
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .find_map(|directory| fs::canonicalize(directory.join("ravenry")).ok());
    if found.as_ref() == Some(&this) {
        "ravenry".to_owned()
    } else {
        quoted_if_needed(&this.to_string_lossy())
    }
}
