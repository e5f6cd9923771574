//! What counts as a source and what does not, and what two looks tell.

use super::*;
use ravenry_base::report::Place;
use ravenry_config::{
    MANIFEST,
    documents::DocumentFiles,
    ids::{BotName, Route, TenantName},
    limits::Limits,
    resolve::Build,
    store::StoreTtl,
};

const QUIET: Caller<'static> = Caller {
    progress: &|_| {},
    interrupt: None,
};

/// Writes files, each with its own name in it.
fn write(directory: &Path, files: &[&str]) {
    for name in files {
        let path = directory.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, name).unwrap();
    }
}

fn bot(source: PathBuf, watch: Option<&[&str]>) -> BotSpec {
    let name = BotName::parse("bot").unwrap();
    BotSpec {
        tenant: TenantName::local(),
        route: Route::of(&name),
        name,
        place: Place::whole(source.join(MANIFEST).display().to_string()),
        source,
        build: watch.map(|watch| Build {
            command: "make".to_owned(),
            watch: watch.iter().map(|&pattern| pattern.to_owned()).collect(),
        }),
        poe_name: None,
        access_keys: Vec::new(),
        platform_key: None,
        config: Vec::new(),
        sync: false,
        outbound_hosts: Vec::new(),
        secrets: Vec::new(),
        limits: Limits::default(),
        store_ttl: StoreTtl::default(),
        documents: DocumentFiles::default(),
    }
}

/// The files of a bot below a directory, sorted.
fn files_of(bot: &BotSpec, directory: &Path) -> Vec<String> {
    let (roots, wrong) = roots_of(bot, &mut Vec::new(), &QUIET);
    assert!(wrong.is_empty(), "{wrong:?}");
    let directory = fs::canonicalize(directory).unwrap();
    let files = Scanner::default().look(&roots).files.into_keys();
    files
        .map(|path| path.strip_prefix(&directory).unwrap().display().to_string())
        .collect()
}

/// Its own files, those of the crates beside it that it needs, and those of the workspace; nothing
/// that is hidden, built or fetched.
#[test]
fn a_crate_is_made_of_itself_and_what_lies_beside_it() {
    let dir = tempfile::tempdir().unwrap();
    write(
        dir.path(),
        &[
            "bot/src/lib.rs",
            "bot/src/target/mod.rs",
            "bot/words.tsv",
            "bot/.swap",
            "bot/target/debug/x",
            "bot/elsewhere/CACHEDIR.TAG",
            "bot/elsewhere/debug/x",
            "help/src/lib.rs",
            "deeper/src/lib.rs",
            "unrelated/src/lib.rs",
            "Cargo.lock",
        ],
    );
    let manifest = |name: &str, needs: &str| {
        let text =
            format!("[package]\nname = \"{name}\"\nedition = \"2024\"\n[dependencies]\n{needs}");
        fs::write(dir.path().join(name).join("Cargo.toml"), text).unwrap();
    };
    manifest("bot", "help = { path = \"../help\" }\n");
    manifest("help", "deeper = { path = \"../deeper\" }\n");
    manifest("deeper", "");
    manifest("unrelated", "");
    let members =
        "[workspace]\nmembers = [\"bot\", \"unrelated\"]\nexclude = [\"help\", \"deeper\"]\n";
    fs::write(dir.path().join("Cargo.toml"), members).unwrap();
    assert_eq!(
        files_of(&bot(dir.path().join("bot"), None), dir.path()),
        [
            "Cargo.lock",
            "Cargo.toml",
            "bot/Cargo.toml",
            "bot/src/lib.rs",
            "bot/src/target/mod.rs",
            "bot/words.tsv",
            "deeper/Cargo.toml",
            "deeper/src/lib.rs",
            "help/Cargo.toml",
            "help/src/lib.rs",
        ]
    );
}

/// Patterns are those of the author: from the bot's directory, also to what lies beside it.
#[test]
fn patterns_say_which_files_count() {
    let dir = tempfile::tempdir().unwrap();
    let files = [
        "bot/src/a.py",
        "bot/src/b/c.py",
        "bot/src/b/c.txt",
        "bot/d.py",
        "bot/wit/x.wit",
        "shared/e.py",
    ];
    write(dir.path(), &files);
    let files =
        |patterns: &[&str]| files_of(&bot(dir.path().join("bot"), Some(patterns)), dir.path());
    assert_eq!(files(&["src/**/*.py"]), ["bot/src/a.py", "bot/src/b/c.py"]);
    assert_eq!(files(&["*.py", "wit"]), ["bot/d.py", "bot/wit/x.wit"]);
    assert_eq!(
        files(&["../shared/*", "src/a.py"]),
        ["bot/src/a.py", "shared/e.py"]
    );
    assert_eq!(files(&["src/{a,z}.p?"]), ["bot/src/a.py"]);
    let odd = bot(dir.path().join("bot"), Some(&["a[", "src/**"]));
    let (roots, wrong) = roots_of(&odd, &mut Vec::new(), &QUIET);
    assert_eq!(roots.len(), 1);
    assert!(
        wrong[0].starts_with("`a[` in `watch` of bot `bot` is no pattern: "),
        "{wrong:?}"
    );
}

/// What its tools leave behind would call for the next build, for ever.
#[test]
fn a_project_without_patterns_is_made_of_what_people_write() {
    let dir = tempfile::tempdir().unwrap();
    write(
        dir.path(),
        &[
            "app.py",
            "lib/build/x.py",
            "dist/app.js",
            "bot.wasm",
            "node_modules/a/index.js",
            "lib/__pycache__/x.pyc",
            ".venv/bin/python",
        ],
    );
    assert_eq!(
        files_of(&bot(dir.path().to_owned(), Some(&[])), dir.path()),
        ["app.py", "lib/build/x.py"]
    );
}

/// The same bytes are the same file, whenever they were written; other bytes are not, however fast
/// they came.
#[test]
fn content_tells_a_change() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), &["a"]);
    let file = dir.path().join("a");
    let roots = [Root::new(&file, Which::Itself)];
    let mut scanner = Scanner::default();
    let first = scanner.look(&roots).files;
    for round in 128..=255_u8 {
        fs::write(&file, [round]).unwrap();
        let other = scanner.look(&roots).files;
        assert_ne!(first, other, "round {round}");
    }
    write(dir.path(), &["a"]);
    assert_eq!(first, scanner.look(&roots).files);
    fs::remove_file(&file).unwrap();
    assert!(scanner.look(&roots).files.is_empty());
}

/// Bots are declared two levels deep; what else lies there says nothing of which bots there are.
#[test]
fn declarations_are_what_makes_a_directory_a_bot() {
    let dir = tempfile::tempdir().unwrap();
    write(
        dir.path(),
        &[
            "a.wasm",
            "b/ravenry.toml",
            "c/Cargo.toml",
            "c/src/lib.rs",
            "d/e/ravenry.toml",
            "README.md",
        ],
    );
    let seen = Scanner::default().look(&[Root::of_declarations(dir.path())]);
    let names = seen
        .files
        .keys()
        .map(|path| path.file_name().unwrap().to_str().unwrap());
    assert_eq!(
        names.collect::<Vec<_>>(),
        ["a.wasm", "ravenry.toml", "Cargo.toml"]
    );
    assert_eq!(seen.directories.len(), 5, "{:?}", seen.directories);
}

/// What cargo wrote is taken over, what a person wrote meanwhile is not.
#[test]
fn locks_are_taken_over_alone() {
    let picture = |lock: u8, source: u8| {
        let entry = |name: &str, byte: u8| (PathBuf::from(name), [byte; 32]);
        Fingerprints::from([
            entry("bot/Cargo.lock", lock),
            entry("bot/src/lib.rs", source),
        ])
    };
    let mut before = picture(1, 1);
    take_over_locks(&mut before, &picture(2, 2));
    assert_eq!(before, picture(2, 1));
}
