//! The text of files that people have: Markdown, HTML, PDF, plain text.
//!
//! HTML and PDF are read by a process of its own ([`ravenry_base::worker`]): a page of a PDF can unfold to gigabytes,
//! and what reads it may fall. The program therefore knows the verb [`VERB`], which calls [`run`].

mod decoding;
mod effort;
mod html;
mod kind;
mod outcome;
mod pdf;
mod process;
mod text;

pub use self::html::HTML_TIME_MAX;
pub use self::html::html_to_markdown;
pub use self::kind::Kind;
pub use self::kind::UnknownKind;
pub use self::process::VERB;
pub use self::process::read;
pub use self::process::run;
pub use self::text::Format;
pub use self::text::ReadError;
pub use self::text::Text;

/// Most bytes of text that come of one file; the rest is left out, and [`Text::is_cut`] says so.
pub const TEXT_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Largest file that is read, in bytes: 50 MB.
pub const BYTES_MAX: usize = 50_000_000;
