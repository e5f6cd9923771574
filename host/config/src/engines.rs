//! Engines that an operator lets components run on.

use super::{source_file::TextFile, toml_table::Keys};

/// Entries of a list of engines: there are three.
const ENGINES_MAX: usize = 3;

/// Engines that components may run on. The one for small components is always among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Engines {
    /// The one for large components, and for small ones that may have much memory.
    pub large: bool,
    /// The one for components with tasks.
    pub tasks: bool,
}

impl Engines {
    /// All of them, the default.
    pub const ALL: Self = Self {
        large: true,
        tasks: true,
    };
}

/// Reads them, by the names that `ravenry inspect` shows.
pub(super) fn engines(keys: &mut Keys, file: &mut TextFile) -> Option<Engines> {
    const HINT: &str = "write `engines = [\"small\", \"large\", \"async\"]`, and leave out \"large\", \"async\" or both";
    let start = keys.span;
    let named = keys.strings("engines", ENGINES_MAX, file)?;
    let has = |wanted: &str| named.iter().any(|(name, _)| name == wanted);
    let unknown = named
        .iter()
        .find(|(name, _)| !["small", "large", "async"].contains(&name.as_str()));
    if let Some((_, span)) = unknown {
        let message = format!("an entry of `engines` {} names no engine", keys.within());
        file.wrong_but(*span, message, HINT);
        return None;
    }
    if !has("small") {
        let span = named.first().map_or(start, |(_, span)| *span);
        let message = format!("`engines` {} leaves out \"small\"", keys.within());
        file.wrong_but(span, message, HINT);
        return None;
    }
    Some(Engines {
        large: has("large"),
        tasks: has("async"),
    })
}
