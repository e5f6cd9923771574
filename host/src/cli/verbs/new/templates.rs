//! The templates: a table of files that lie beside it, each complete.
//!
//! `{{name}}` in a file becomes the bot's name, `{{sdk}}` the dependency on the SDK for Rust as a TOML value.
//! A template is one more entry, one more directory, and one more test that builds it. What templates
//! share with each other, or with a sample below `plugins/`, is taken from where it lies.

/// The path below the new directory, and the text.
pub(super) type File = (&'static str, &'static str);

/// A language with an SDK that lies beside a bot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    /// The bot stands on the crate.
    Rust,
    /// Tests and editors find the package.
    Python,
}

/// A bot to begin with.
#[derive(Debug)]
pub(super) struct Template {
    /// What `--template` calls it.
    pub(super) name: &'static str,
    /// What it is, in a few words.
    pub(super) about: &'static str,
    /// The SDK that it needs beside its files.
    pub(super) sdk: Option<Language>,
    /// Files by path below the new directory, in groups; groups are shared among templates.
    pub(super) files: &'static [&'static [File]],
    /// Commands to go on with, after `cd`, each with what it does. A command that begins
    /// with `ravenry` is one of this program.
    pub(super) next: &'static [(&'static str, &'static str)],
}

/// The interface, for tools that read it where the bot is built, and for the SDK for Rust.
pub(super) const WIT: &[File] = &[
    (
        "wit/world.wit",
        include_str!("../../../../../wit/world.wit"),
    ),
    (
        "wit/handler.wit",
        include_str!("../../../../../wit/handler.wit"),
    ),
    (
        "wit/handler-async.wit",
        include_str!("../../../../../wit/handler-async.wit"),
    ),
    (
        "wit/reply.wit",
        include_str!("../../../../../wit/reply.wit"),
    ),
    (
        "wit/request.wit",
        include_str!("../../../../../wit/request.wit"),
    ),
    (
        "wit/knowledge.wit",
        include_str!("../../../../../wit/knowledge.wit"),
    ),
    ("wit/poe.wit", include_str!("../../../../../wit/poe.wit")),
    (
        "wit/types.wit",
        include_str!("../../../../../wit/types.wit"),
    ),
    (
        "wit/deps/wasi-io/poll.wit",
        include_str!("../../../../../wit/deps/wasi-io/poll.wit"),
    ),
    (
        "wit/deps/wasi-keyvalue/keyvalue.wit",
        include_str!("../../../../../wit/deps/wasi-keyvalue/keyvalue.wit"),
    ),
];

/// A conversation, which the bots of all templates pass.
const TEST: &[File] = &[("tests/hello.toml", include_str!("hello.toml"))];

/// What JavaScript and TypeScript share: the layer over the interface, and how it is built.
const SCRIPT: &[File] = &[
    (
        "ravenry.js",
        include_str!("../../../../../plugins/cat-js/ravenry.js"),
    ),
    (
        "ravenry.d.ts",
        include_str!("../../../../../plugins/cat-js/ravenry.d.ts"),
    ),
    (
        "interface.d.ts",
        include_str!("../../../../../plugins/cat-js/interface.d.ts"),
    ),
    (
        "build.mjs",
        include_str!("../../../../../plugins/cat-js/build.mjs"),
    ),
    (
        "wasi.wit",
        include_str!("../../../../../plugins/cat-js/wasi.wit"),
    ),
];

/// All of them; the first is the default.
const TEMPLATES: &[Template] = &[
    Template {
        name: "rust",
        about: "a crate with a test; needs Rust alone",
        sdk: Some(Language::Rust),
        files: &[
            &[
                ("Cargo.toml", include_str!("rust/Cargo.toml.in")),
                ("README.md", include_str!("rust/README.md")),
                ("ravenry.toml", include_str!("rust/ravenry.toml")),
                (".gitignore", include_str!("rust/gitignore")),
                ("src/lib.rs", include_str!("rust/src/lib.rs")),
            ],
            TEST,
        ],
        next: &[
            ("cargo test", "asks the bot, without WebAssembly"),
            REPLAY,
            UP,
        ],
    },
    Template {
        name: "python",
        about: "a module with a test; needs Python 3.11 or later with venv",
        sdk: Some(Language::Python),
        files: &[
            &[
                ("README.md", include_str!("python/README.md")),
                ("ravenry.toml", include_str!("python/ravenry.toml")),
                (".gitignore", include_str!("python/gitignore")),
                ("bot.py", include_str!("python/bot.py")),
                ("test_bot.py", include_str!("python/test_bot.py")),
                ("pyproject.toml", include_str!("python/pyproject.toml.in")),
            ],
            TEST,
        ],
        next: &[
            (
                "PYTHONPATH=sdk python3 -m unittest",
                "asks the bot, without WebAssembly",
            ),
            REPLAY,
            UP,
        ],
    },
    Template {
        name: "js",
        about: "JavaScript; needs Node 20 or later",
        sdk: None,
        files: &[
            &[
                ("README.md", include_str!("js/README.md")),
                ("ravenry.toml", include_str!("js/ravenry.toml")),
                (".gitignore", include_str!("js/gitignore")),
                ("bot.js", include_str!("js/bot.js")),
                (
                    "package.json",
                    include_str!("../../../../../plugins/cat-js/package.json"),
                ),
                (
                    "package-lock.json",
                    include_str!("../../../../../plugins/cat-js/package-lock.json"),
                ),
            ],
            SCRIPT,
            TEST,
            WIT,
        ],
        next: &[REPLAY, UP],
    },
    Template {
        name: "ts",
        about: "TypeScript; needs Node 20 or later",
        sdk: None,
        files: &[
            &[
                ("README.md", include_str!("ts/README.md")),
                ("ravenry.toml", include_str!("ts/ravenry.toml")),
                (".gitignore", include_str!("ts/gitignore")),
                ("bot.ts", include_str!("ts/bot.ts")),
                ("tsconfig.json", include_str!("ts/tsconfig.json")),
                ("package.json", include_str!("ts/package.json")),
                ("package-lock.json", include_str!("ts/package-lock.json")),
            ],
            SCRIPT,
            TEST,
            WIT,
        ],
        next: &[REPLAY, UP],
    },
];

/// What comes next with every template.
const REPLAY: (&str, &str) = (
    "ravenry test",
    "compares the component with its conversations",
);
/// The command that serves what was made.
pub(super) const UP: (&str, &str) = (
    "ravenry up",
    "builds and serves it, and again on each change",
);

/// The names for `--template`, each with what it is.
pub(super) fn names() -> impl Iterator<Item = (&'static str, &'static str)> {
    TEMPLATES
        .iter()
        .map(|template| (template.name, template.about))
}

/// The template of this name.
pub(super) fn named(name: &str) -> Option<&'static Template> {
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
            let files = || template.files.iter().copied().flatten();
            let all: String = files().map(|(_, text)| *text).collect();
            let is_named = all.contains("{{sdk}}");
            assert_eq!(is_named, template.sdk == Some(Language::Rust));
            for (path, text) in files() {
                assert!(text.ends_with('\n') && !text.ends_with("\n\n"), "{path}");
                let rest = text.replace("{{name}}", "").replace("{{sdk}}", "");
                assert!(!rest.contains("{{n") && !rest.contains("{{s"), "{path}");
            }
            assert!(files().any(|(path, _)| *path == "README.md"));
            assert!(files().any(|(path, _)| *path == ".gitignore"));
            assert!(!template.next.is_empty());
        }
    }
}
