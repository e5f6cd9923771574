//! The templates: a table of files that lie beside it, each complete.
//!
//! `{{name}}` in a file becomes the bot's name, `{{sdk}}` the dependency on the SDK as a TOML value.
//! A template is one more entry, one more directory, and one more test that builds it.

/// A bot to begin with.
#[derive(Debug)]
pub(in crate::cli) struct Template {
    /// What `--template` calls it.
    pub(in crate::cli) name: &'static str,
    /// What it is, in a few words.
    pub(in crate::cli) about: &'static str,
    /// Whether it needs to know where the SDK for Rust is.
    pub(super) sdk: bool,
    /// Files by path below the new directory.
    pub(super) files: &'static [(&'static str, &'static str)],
    /// Commands to go on with, after `cd`, each with what it does. A command that begins
    /// with `ravenry` is one of this program.
    pub(super) next: &'static [(&'static str, &'static str)],
}

/// All of them; the first is taken where nobody chooses.
const TEMPLATES: &[Template] = &[Template {
    name: "rust",
    about: "a crate with a test; needs Rust alone",
    sdk: true,
    files: &[
        ("Cargo.toml", include_str!("rust/Cargo.toml.in")),
        ("README.md", include_str!("rust/README.md")),
        ("ravenry.toml", include_str!("rust/ravenry.toml")),
        (".gitignore", include_str!("rust/gitignore")),
        ("src/lib.rs", include_str!("rust/src/lib.rs")),
    ],
    next: &[
        ("cargo test", "asks the bot, without WebAssembly"),
        (
            "ravenry up",
            "builds and serves it, and again on each change",
        ),
    ],
}];

/// The names for `--template`, each with what it is.
pub(in crate::cli) fn names() -> impl Iterator<Item = (&'static str, &'static str)> {
    TEMPLATES
        .iter()
        .map(|template| (template.name, template.about))
}

/// The template of this name.
pub(in crate::cli) fn named(name: &str) -> Option<&'static Template> {
    TEMPLATES.iter().find(|template| template.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_differ_and_files_are_whole() {
        for (index, template) in TEMPLATES.iter().enumerate() {
            let first = TEMPLATES
                .iter()
                .position(|other| other.name == template.name);
            assert_eq!(first, Some(index), "{}", template.name);
            let all: String = template.files.iter().map(|(_, text)| *text).collect();
            assert_eq!(all.contains("{{sdk}}"), template.sdk);
            for (path, text) in template.files {
                assert!(text.ends_with('\n') && !text.ends_with("\n\n"), "{path}");
                let rest = text.replace("{{name}}", "").replace("{{sdk}}", "");
                assert!(!rest.contains("{{n") && !rest.contains("{{s"), "{path}");
            }
            assert!(template.files.iter().any(|(path, _)| *path == "README.md"));
            assert!(template.files.iter().any(|(path, _)| *path == ".gitignore"));
            assert!(!template.next.is_empty());
        }
    }
}
