//! How values of flags are read that several verbs have: `NAME=VALUE`, and those that an error must not repeat.

use std::ffi::OsStr;

use clap::{Arg, Command, builder::TypedValueParser, error::ErrorKind};

/// Reads the value of a flag. What is wrong with it is said without repeating it: it is, or should have been,
/// a URL, and people write passwords into those.
#[derive(Clone)]
pub(super) struct Unrepeated<T>(pub(super) fn(&str) -> Result<T, String>);

impl<T: Clone + Send + Sync + 'static> TypedValueParser for Unrepeated<T> {
    type Value = T;

    fn parse_ref(
        &self,
        command: &Command,
        flag: Option<&Arg>,
        value: &OsStr,
    ) -> Result<T, clap::Error> {
        let text = value.to_str().ok_or_else(|| "it is not UTF-8".to_owned());
        text.and_then(self.0).map_err(|why| {
            let flag = flag.map(ToString::to_string).unwrap_or_default();
            let message = format!("the value for '{flag}' cannot be taken: {why}");
            command.clone().error(ErrorKind::ValueValidation, message)
        })
    }
}

/// Reads `NAME=VALUE`. Which names and values there are is not looked at here.
pub(super) fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text
        .split_once('=')
        .ok_or("write NAME=VALUE, as in memory=32MiB")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}
