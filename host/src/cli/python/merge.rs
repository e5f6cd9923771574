//! Merges the modules of a component that share one memory into one.
//!
//! The interpreter is linked from libraries, each a module of its own that fills its part of a table which another
//! one owns. Such a table is filled entry by entry at each instantiation: in Python's 5,000 entries, more than a
//! quarter of a short query. In a module that owns its table an entry is made when it is called first, and calls
//! from library to library are direct.
//!
//! Only what the tool makes is understood; anything else is refused. What comes out is validated when it is compiled.

mod layout;
mod module;
mod plan;
mod writer;

use thiserror::Error;
use wasm_encoder::{ExportKind, reencode::Error as Reencoding};
use wasmparser::ExternalKind;

use self::{layout::Layout, plan::Plan, writer::Writer};

/// Why modules cannot be merged.
#[derive(Debug, Error)]
pub(super) enum MergeError {
    /// The bytes are no component.
    #[error("the interpreter cannot be read")]
    Unreadable(#[from] wasmparser::Error),
    /// A component that is made in another way.
    #[error("the interpreter is not laid out as expected: {0}")]
    Unexpected(&'static str),
    /// It has something that cannot be written again.
    #[error("the interpreter is not laid out as expected: {0}")]
    Unwritable(String),
}

impl From<Reencoding<MergeError>> for MergeError {
    fn from(error: Reencoding<MergeError>) -> Self {
        match error {
            Reencoding::ParseError(error) => Self::Unreadable(error),
            Reencoding::UserError(error) => error,
            other => Self::Unwritable(other.to_string()),
        }
    }
}

/// The same component with one module in the place of those that share its memory.
pub(super) fn merged(component: &[u8]) -> Result<Vec<u8>, MergeError> {
    let layout = Layout::read(component)?;
    let plan = Plan::new(&layout)?;
    Writer::new(&layout, &plan).write()
}

/// The core index spaces that modules share items of.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Kind {
    Function,
    Table,
    Memory,
    Global,
}

impl TryFrom<ExternalKind> for Kind {
    type Error = MergeError;

    fn try_from(kind: ExternalKind) -> Result<Self, MergeError> {
        match kind {
            ExternalKind::Func => Ok(Self::Function),
            ExternalKind::Table => Ok(Self::Table),
            ExternalKind::Memory => Ok(Self::Memory),
            ExternalKind::Global => Ok(Self::Global),
            _ => Err(MergeError::Unexpected("a module exports a tag")),
        }
    }
}

impl From<Kind> for ExportKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Function => Self::Func,
            Kind::Table => Self::Table,
            Kind::Memory => Self::Memory,
            Kind::Global => Self::Global,
        }
    }
}

/// An item of a core index space of the component.
type Place = (Kind, u32);

#[cfg(test)]
mod tests;
