//! Why a model cannot be used.

use std::{
    io,
    path::{Path, PathBuf},
};

/// Why a directory is no model that can be used; each names the file.
#[derive(Debug, thiserror::Error)]
pub enum EncoderError {
    /// The file cannot be read.
    #[error("`{}` cannot be read", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The file is larger than any model that is meant.
    #[error("`{}` has more than {limit} bytes", path.display())]
    TooLarge {
        /// Which one.
        path: PathBuf,
        /// In bytes.
        limit: u64,
    },
    /// The file is not what it should be, or contradicts another.
    #[error("`{}` cannot be used: {detail}", path.display())]
    Damaged {
        /// Which one.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
    /// The model is of a kind that is not supported.
    #[error("`{}` asks for {what}, which is not supported", path.display())]
    Unsupported {
        /// The file that says so.
        path: PathBuf,
        /// What it asks for.
        what: String,
    },
}

impl EncoderError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::File { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                "name the directory that `SentenceTransformer.save` has written; \
                 it holds `modules.json`, `config.json`, `tokenizer.json` and `model.safetensors`"
            }
            Self::File { .. } => "let the user that runs the server read it",
            Self::TooLarge { .. } => "use a smaller model, such as all-MiniLM-L6-v2",
            Self::Damaged { .. } => "download or save the model once more, all its files together",
            Self::Unsupported { .. } => {
                "use a BERT model with WordPiece tokens, 32-bit numbers, and mean or CLS pooling, \
                 such as all-MiniLM-L6-v2"
            }
        }
    }

    pub(super) fn damaged(path: &Path, detail: impl Into<String>) -> Self {
        Self::Damaged {
            path: path.to_owned(),
            detail: detail.into(),
        }
    }

    pub(super) fn unsupported(path: &Path, what: impl Into<String>) -> Self {
        Self::Unsupported {
            path: path.to_owned(),
            what: what.into(),
        }
    }
}
