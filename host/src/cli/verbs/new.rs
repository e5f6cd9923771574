//! `ravenry new`: makes the directory of a new bot from a template.
//!
//! In go a path, a template and perhaps where the SDK is; out comes a directory that builds, and the
//! commands to go on with. It is made beside its place and moved there in one step: there is never half of
//! one, and nothing is overwritten. Nothing is built or fetched here.

mod carried_python;
mod carried_sdk;
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
    templates::{Language, Template},
};
use crate::cli::{failure::Failure, formatting::quoted_if_needed, run::Run};
use ravenry_base::{output, report::Problem};
use ravenry_config::ids::BotName;

/// What stands at the end of its help.
const EXAMPLES: &str = "\
Examples:
  ravenry new my-bot
  ravenry new my-bot --template python";

/// `ravenry new`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct New {
    /// The directory to make; its last part names the bot
    #[arg(value_name = "NAME")]
    pub directory: PathBuf,
    /// What to make it of
    #[arg(long, value_name = "TEMPLATE", default_value = "rust", value_parser = template_names())]
    pub template: String,
    /// Where `ravenry-sdk` is: a checkout of Ravenry, the crate itself, or the URL of a git
    /// repository [default: the checkout around the new bot, or a copy in the bot's directory]
    #[arg(long, value_name = "PATH|URL")]
    pub sdk: Option<String>,
}

/// The names of the templates, each with what it is.
fn template_names() -> PossibleValuesParser {
    let values = templates::names().map(|(name, about)| PossibleValue::new(name).help(about));
    values.collect::<Vec<_>>().into()
}

impl Run for New {
    fn run(&self) -> Result<(), Failure> {
        let unknown = || Failure::usage(&format!("there is no template `{}`", self.template));
        let template = templates::named(&self.template).ok_or_else(unknown)?;
        let made = make(&self.directory, template, self.sdk.as_deref())?;
        output::print(&made.text(&this_program()));
        Ok(())
    }
}

/// A directory that was made.
#[derive(Debug)]
struct Made {
    /// Where it is, as it was asked for.
    directory: PathBuf,
    /// The bot's name.
    name: BotName,
    /// What it was made of.
    template: &'static Template,
}

/// Makes `directory` from a template; its last part names the bot.
///
/// # Errors
/// A name that no bot can have, a place that is taken, an SDK that is not found.
fn make(directory: &Path, template: &'static Template, sdk: Option<&str>) -> Result<Made, Failure> {
    let name = name_of(directory)?;
    if let Some(problem) = taken(directory) {
        return Err(Failure::Usage(problem.into()));
    }
    let sdk = (template.sdk == Some(Language::Rust))
        .then(|| Sdk::find(sdk, directory))
        .transpose()?;
    let parent = match directory.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let unfinished = parent.join(format!(".{name}.unfinished-{}", std::process::id()));
    let written = fs::create_dir_all(parent)
        .and_then(|()| write(&unfinished, template, &name, sdk.as_ref()))
        .and_then(|()| fs::rename(&unfinished, directory));
    if let Err(error) = written {
        // What was begun is ours alone.
        let _ = fs::remove_dir_all(&unfinished);
        let message = format!("`{}` cannot be made", directory.display());
        return Err(Failure::system(message, &error));
    }
    Ok(Made {
        directory: directory.to_owned(),
        name,
        template,
    })
}

impl Made {
    /// What to tell: what is there, and what to do next. `ravenry` is how this program is called.
    fn text(&self, ravenry: &str) -> String {
        let mut steps = vec![(
            format!("cd {}", quoted_if_needed(&self.directory.to_string_lossy())),
            "",
        )];
        for (command, what) in self.template.next {
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
        let mut text = format!(
            "Made the bot `{}` in {}:\n\n",
            self.name,
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
    fs::create_dir(directory)?;
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
