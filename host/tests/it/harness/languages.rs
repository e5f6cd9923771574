//! Bots in other languages than Rust: built by the command of the gateway, as an author builds them.
//!
//! What a build leaves behind (tools, components) stays where it is made, so that the next test run
//! has nothing to do: for samples in their own directories, for templates below the target directory.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

const REPOSITORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// A file of the repository.
pub fn repository(path: &str) -> PathBuf {
    Path::new(REPOSITORY).join(path)
}

/// The component of a sample, such as `cat-python`.
pub fn sample(name: &str) -> PathBuf {
    once(name, || build(&repository("plugins").join(name)))
}

/// The component of a template for a new bot, with one file put in the place of its own.
pub fn from_template(template: &Template, file: &str, content: &Path) -> PathBuf {
    let name = format!("{}-{file}", template.name);
    once(&name, || {
        let directory = template.lay_out(&name);
        put(content, &directory.join(file));
        build(&directory)
    })
}

/// Each is built once; who needs it meanwhile waits, and nobody else does.
fn once(name: &str, build: impl FnOnce() -> PathBuf) -> PathBuf {
    type Built = HashMap<String, Arc<OnceLock<PathBuf>>>;
    static BUILT: Mutex<Option<Built>> = Mutex::new(None);
    let cell = {
        let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
        let cells = built.get_or_insert_default();
        Arc::clone(cells.entry(name.to_owned()).or_default())
    };
    cell.get_or_init(build).clone()
}

/// `ravenry build DIRECTORY`. What it needs and does not find is for its own message to say.
pub fn build(directory: &Path) -> PathBuf {
    let output = Command::new(env!("CARGO_BIN_EXE_ravenry"))
        .arg("build")
        .arg(directory)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "`ravenry build {}` failed; these tests need Python 3.11 or later with venv, Node 20 or later \
         with npm, and their registries\n{}",
        directory.display(),
        String::from_utf8_lossy(&output.stderr)
    );
    let path = String::from_utf8(output.stdout).unwrap();
    fs::canonicalize(path.trim()).unwrap()
}

/// What `ravenry new` makes a bot from.
pub struct Template {
    pub name: &'static str,
    /// Where the files that it shares with a sample are, and their names.
    pub shared: (&'static str, &'static [&'static str]),
}

pub const PYTHON: Template = Template {
    name: "python",
    shared: (
        "plugins/cat-python",
        &["ravenry.py", "build.sh", "requirements.txt"],
    ),
};

pub const JAVASCRIPT: Template = Template {
    name: "js",
    shared: ("plugins/cat-js", JS),
};

pub const TYPESCRIPT: Template = Template {
    name: "ts",
    shared: ("plugins/cat-js", JS),
};

const JS: &[&str] = &[
    "build.mjs",
    "interface.d.ts",
    "package-lock.json",
    "package.json",
    "ravenry.d.ts",
    "ravenry.js",
    "wasi.wit",
];

impl Template {
    /// Puts all files of the template into a directory that survives the test run.
    pub fn lay_out(&self, directory: &str) -> PathBuf {
        let to = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join("languages")
            .join(directory);
        let (shared, names) = self.shared;
        for name in names {
            put(&repository(shared).join(name), &to.join(name));
        }
        put_all(&repository("wit"), &to.join("wit"));
        // Last, because a template may have a file of its own in the place of a shared one.
        put_all(&repository("host/src/cli/new").join(self.name), &to);
        to
    }
}

fn put_all(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let to = to.join(path.file_name().unwrap());
        if path.is_dir() {
            put_all(&path, &to);
        } else {
            put(&path, &to);
        }
    }
}

/// Writes a file if it has changed: a build looks at the time of it.
fn put(from: &Path, to: &Path) {
    let text = fs::read_to_string(from)
        .unwrap_or_else(|error| panic!("{}: {error}", from.display()))
        .replace("{{name}}", "new-bot");
    if fs::read_to_string(to).is_ok_and(|there| there == text) {
        return;
    }
    fs::create_dir_all(to.parent().unwrap()).unwrap();
    fs::write(to, text).unwrap();
}
