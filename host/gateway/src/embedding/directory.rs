//! Whether a directory looks like a model: told from its small files at the start, before anybody asks.
//!
//! What only loading tells, such as weights of another shape, the process of the model says (`worker`).

use std::{
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use ravenry_protocol::shown;
use serde_json::Value;

/// What a model of the `sentence-transformers` kind has at its top, the weights last.
const FILES: [&str; 4] = [
    "modules.json",
    "config.json",
    "tokenizer.json",
    "model.safetensors",
];

/// How much of the settings is looked at, in bytes. Those of models have some hundred, or some thousand.
const SETTINGS_BYTES_MAX: u64 = 1 << 20;

/// How much of the name of a file is repeated, in characters.
const FILE_CHARS_MAX: usize = 80;

/// How much of the name of a kind of model is repeated, in characters.
const KIND_CHARS_MAX: usize = 40;

/// What to name instead.
const SAVED: &str = "name the directory that `SentenceTransformer.save` has written; it holds `modules.json`, \
                     `1_Pooling/config.json`, `config.json`, `tokenizer.json` and `model.safetensors`";

/// The models that are understood.
const BERT: &str = "use a BERT model, such as all-MiniLM-L6-v2";

/// Why a directory is no model, as far as that shows at once.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// It is not there, or is a file.
    #[error("`{}` is no directory", .0.display())]
    NoDirectory(PathBuf),
    /// One of its files is not there, or is none.
    #[error("`{}` is no model: there is no `{file}` in it", directory.display())]
    Lacks {
        /// Where it should be.
        directory: PathBuf,
        /// Which one.
        file: String,
    },
    /// One of its files has nothing in it.
    #[error("`{}` is empty", .0.display())]
    Empty(PathBuf),
    /// One of its files cannot be read.
    #[error("`{}` cannot be read: {cause}", path.display())]
    Unreadable {
        /// Which one.
        path: PathBuf,
        /// Why not.
        cause: io::Error,
    },
    /// Its settings are no JSON object, or name no kind of model.
    #[error("`{}` says of no model what it is", .0.display())]
    NoSettings(PathBuf),
    /// It is another kind of model.
    #[error("the model in `{}` is of the kind `{kind}`, which is not understood", directory.display())]
    OtherKind {
        /// Where it is.
        directory: PathBuf,
        /// Its kind as it may be shown.
        kind: String,
    },
}

impl DirectoryError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NoDirectory(_) | Self::Lacks { .. } => SAVED,
            Self::Unreadable { .. } => "let the user that runs the server read it",
            Self::NoSettings(_) | Self::Empty(_) => {
                "download or save the model once more, all its files together"
            }
            Self::OtherKind { .. } => BERT,
        }
    }
}

/// Looks at the small files of a model, and whether its weights are there: some milliseconds.
///
/// # Errors
/// It is no model that can be used.
pub fn check(directory: &Path) -> Result<(), DirectoryError> {
    if !directory.is_dir() {
        return Err(DirectoryError::NoDirectory(directory.to_owned()));
    }
    for file in FILES {
        is_there(directory, file)?;
    }
    // How it pools is said in a directory below, which `modules.json` names.
    let modules = settings(&directory.join("modules.json"))?;
    let modules = modules.as_ref().and_then(Value::as_array);
    for module in modules.into_iter().flatten() {
        let text = |member: &str| module.get(member).and_then(Value::as_str);
        if let (Some(kind), Some(path)) = (text("type"), text("path"))
            && kind.ends_with(".Pooling")
        {
            is_there(directory, &format!("{path}/config.json"))?;
        }
    }
    let path = directory.join("config.json");
    let settings = settings(&path)?;
    let kind = settings
        .as_ref()
        .and_then(|settings| settings.get("model_type"));
    match kind.and_then(Value::as_str) {
        Some("bert") => Ok(()),
        Some(kind) => Err(DirectoryError::OtherKind {
            directory: directory.to_owned(),
            kind: shown::name(kind, KIND_CHARS_MAX),
        }),
        None => Err(DirectoryError::NoSettings(path)),
    }
}

/// Whether there is a file with something in it.
fn is_there(directory: &Path, file: &str) -> Result<(), DirectoryError> {
    let path = directory.join(file);
    match File::open(&path).and_then(|file| file.metadata()) {
        Ok(there) if there.is_file() && there.len() > 0 => Ok(()),
        Ok(there) if there.is_file() => Err(DirectoryError::Empty(path)),
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => {
            Err(DirectoryError::Unreadable { path, cause })
        }
        _ => Err(DirectoryError::Lacks {
            directory: directory.to_owned(),
            file: shown::name(file, FILE_CHARS_MAX),
        }),
    }
}

/// What is in a file, as far as it is looked at; `None`: it is no JSON.
fn settings(path: &Path) -> Result<Option<Value>, DirectoryError> {
    let mut text = Vec::new();
    let read =
        File::open(path).and_then(|file| file.take(SETTINGS_BYTES_MAX).read_to_end(&mut text));
    match read {
        Ok(_) => Ok(serde_json::from_slice(&text).ok()),
        Err(cause) => Err(DirectoryError::Unreadable {
            path: path.to_owned(),
            cause,
        }),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_is_missing_or_other_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let directory = folder.path();
        let said = || {
            let error = check(directory).unwrap_err();
            format!("{error} ({})", error.hint())
        };
        for file in FILES {
            assert!(
                said().contains(&format!("there is no `{file}` in it (name the")),
                "{}",
                said()
            );
            fs::write(directory.join(file), "").unwrap();
            let empty = format!("{file}` is empty (download");
            assert!(said().contains(&empty), "{}", said());
            fs::write(directory.join(file), "x").unwrap();
        }
        assert!(
            said().contains("config.json` says of no model what it is (download"),
            "{}",
            said()
        );
        fs::write(
            directory.join("config.json"),
            r#"{"model_type": "xlm\u001b-roberta"}"#,
        )
        .unwrap();
        assert!(
            said()
                .contains("of the kind `xlm\\u{1b}-roberta`, which is not understood (use a BERT"),
            "{}",
            said()
        );
        fs::write(directory.join("config.json"), r#"{"model_type": "bert"}"#).unwrap();
        check(directory).unwrap();
        let modules = r#"[{"type": "sentence_transformers.models.Pooling", "path": "1_Pooling"}]"#;
        fs::write(directory.join("modules.json"), modules).unwrap();
        let lacks = "there is no `1_Pooling/config.json` in it";
        assert!(said().contains(lacks), "{}", said());
        fs::create_dir(directory.join("1_Pooling")).unwrap();
        fs::write(directory.join("1_Pooling/config.json"), "{}").unwrap();
        check(directory).unwrap();
        fs::remove_file(directory.join("tokenizer.json")).unwrap();
        fs::create_dir(directory.join("tokenizer.json")).unwrap();
        assert!(
            said().contains("there is no `tokenizer.json`"),
            "{}",
            said()
        );
        let file = check(&directory.join("config.json")).unwrap_err();
        assert!(
            file.to_string().ends_with("config.json` is no directory"),
            "{file}"
        );
    }
}
