//! Flags with the access key of a bot, for verbs that know only its URL.

use std::path::PathBuf;

use clap::Args;

use super::{environment, failure::Failure};
use ravenry_base::{report::Problem, secret::Secret};

/// Longest key, in bytes: a thousand times as long as those of the platform.
const KEY_BYTES_MAX: usize = 32 * 1024;

/// The access key of a bot. Where several flags are given, the first of these wins: `--key-env`, `--key-file`,
/// `--key`.
#[derive(Debug, Args)]
pub(crate) struct KeyFlags {
    /// The bot's access key; other users of this machine can see it here, but not in the variable
    #[arg(
        id = "key",
        long,
        value_name = "KEY",
        env = "RAVENRY_KEY",
        hide_env_values = true
    )]
    pub value: Option<String>,
    /// A file with the bot's access key
    #[arg(id = "key-file", long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Another environment variable with the bot's access key
    #[arg(id = "key-env", long, value_name = "NAME")]
    pub variable: Option<String>,
}

impl KeyFlags {
    /// The key, if one is given.
    ///
    /// # Errors
    /// What is named is not there, or holds no key.
    pub(super) fn read(&self) -> Result<Option<Secret>, Failure> {
        let (text, place) = if let Some(name) = &self.variable {
            let value = environment::variable(name);
            let value = value
                .ok_or_else(|| wrong(&format!("the variable {name} is not set, or is no text")))?;
            (value, format!("the variable {name}"))
        } else if let Some(file) = &self.file {
            let text = std::fs::read_to_string(file);
            let text = text.map_err(|error| Failure::unreadable(file, &error))?;
            (text, format!("`{}`", file.display()))
        } else if let Some(key) = &self.value {
            (key.clone(), "RAVENRY_KEY or --key".to_owned())
        } else {
            return Ok(None);
        };
        let key = text.trim_end_matches(['\n', '\r']);
        let printable = |byte: u8| byte.is_ascii_graphic();
        if key.is_empty() || key.len() > KEY_BYTES_MAX || !key.bytes().all(printable) {
            return Err(wrong(&format!(
                "{place} holds no access key: it has to consist of visible ASCII characters"
            )));
        }
        Ok(Some(Secret::new(key.to_owned())))
    }
}

fn wrong(message: &str) -> Failure {
    Failure::Usage(
        Problem {
            message: message.to_owned(),
            hint: Some("Poe shows the key of a bot on its page for editing".to_owned()),
            ..Problem::default()
        }
        .into(),
    )
}
