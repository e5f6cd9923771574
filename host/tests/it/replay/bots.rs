//! Bots with conversations in files, and what `ravenry test` says of them.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use crate::harness::component;

/// A directory with a directory for each bot.
pub(crate) struct Bots(tempfile::TempDir);

/// What a run of the program said, and how it ended.
pub(crate) struct Said {
    pub(crate) text: String,
    pub(crate) errors: String,
    pub(crate) code: Option<i32>,
}

impl Bots {
    pub(crate) fn none() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// One bot from a component, with conversations by their names.
    pub(crate) fn with(bot: &str, manifest: &str, conversations: &[(&str, &str)]) -> Self {
        let bots = Self::none();
        bots.add(
            bot,
            package(bot),
            &format!("manifest_version = 1\n[bot.{bot}]\nsource = \".\"\n{manifest}"),
        );
        for (name, text) in conversations {
            fs::write(bots.conversation(bot, name), text).unwrap();
        }
        bots
    }

    /// Adds a bot; its manifest is that of a crate, and gets the component instead.
    pub(crate) fn add(&self, bot: &str, package: &str, manifest: &str) {
        let directory = self.path().join(bot);
        fs::create_dir_all(directory.join("tests")).unwrap();
        fs::write(directory.join("bot.wasm"), component(package)).unwrap();
        let manifest = manifest.replace("source = \".\"", "source = \"bot.wasm\"");
        fs::write(directory.join("ravenry.toml"), manifest).unwrap();
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn conversation(&self, bot: &str, name: &str) -> PathBuf {
        self.path()
            .join(bot)
            .join("tests")
            .join(format!("{name}.toml"))
    }

    pub(crate) fn text(&self, bot: &str, name: &str) -> String {
        fs::read_to_string(self.conversation(bot, name)).unwrap()
    }

    /// `ravenry test`, here, with nothing of the environment that it must not need.
    pub(crate) fn test(&self, arguments: &[&str]) -> Said {
        self.run(Command::new(env!("CARGO_BIN_EXE_ravenry")), arguments)
    }

    /// The same where no file can be written: what a full disk is to whoever may write on one.
    pub(crate) fn test_unwritable(&self, arguments: &[&str]) -> Said {
        let mut command = Command::new("sh");
        command
            .args(["-c", "trap '' XFSZ; ulimit -f 0; exec \"$@\"", "sh"])
            .arg(env!("CARGO_BIN_EXE_ravenry"));
        self.run(command, arguments)
    }

    fn run(&self, mut program: Command, arguments: &[&str]) -> Said {
        let Output {
            status,
            stdout,
            stderr,
        } = program
            .arg("test")
            .args(arguments)
            .env_remove("RAVENRY_LOG")
            .env("RAVENRY_LOG", "error")
            .env(
                "RAVENRY_CACHE_DIR",
                Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled"),
            )
            .current_dir(self.path())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let errors = String::from_utf8(stderr).unwrap();
        let progress =
            |line: &&str| !line.starts_with("preparing") && !line.starts_with("compiling");
        Said {
            text: String::from_utf8(stdout).unwrap(),
            errors: errors
                .lines()
                .filter(progress)
                .collect::<Vec<_>>()
                .join("\n"),
            code: status.code(),
        }
    }
}

impl Said {
    #[track_caller]
    pub(crate) fn code(self, expected: i32) -> String {
        assert_eq!(self.code, Some(expected), "{}\n{}", self.text, self.errors);
        self.text
    }
}

/// A library has the name `log`, so the package of that bot is called otherwise.
pub(crate) fn package(bot: &str) -> &str {
    if bot == "log" { "log-bot" } else { bot }
}
