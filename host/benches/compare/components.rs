//! Components that are measured: guests of the tests, a bot without a language, bots in other
//! languages, and copies.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// Says a letter; its settings and reports do nothing. Its memory is what a Rust bot's is.
const SAYS_A_LETTER: &str = r#"
(core module $core
  (import "host" "text" (func $text (param i32 i32 i32)))
  (memory (export "memory") 17)
  (data (i32.const 0) "x")
  (global $free (mut i32) (i32.const 65536))
  (func (export "realloc") (param i32 i32 i32 i32) (result i32)
    (local $at i32)
    (local.set $at (global.get $free))
    (global.set $free (i32.and
      (i32.add (i32.add (global.get $free) (local.get 3)) (i32.const 15))
      (i32.const -16)))
    (local.get $at))
  (func (export "respond") (param i32) (result i32)
    (call $text (i32.const 0) (i32.const 1) (i32.const 16))
    (i32.const 64))
  (func (export "settings") (result i32) (i32.const 64))
  (func (export "feedback") (param i32 i32 i32 i32 i32 i32 i32 i32))
  (func (export "reaction") (param i32 i32 i32 i32 i32 i32 i32 i32))
  (func (export "error") (param i32 i32 i32 i32)))
(core instance $bot (instantiate $core (with "host" (instance $bridge))))
"#;

/// Builds one of the guests of the tests, and puts it into the folder.
pub(crate) fn build_guest(guest: &str, folder: &Path) -> PathBuf {
    let guests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("guests");
    let mut cargo = Command::new("cargo");
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("CARGO_") && !name.starts_with("CARGO_HOME") || name == "RUSTFLAGS" {
            cargo.env_remove(&*name);
        }
    }
    cargo.args([
        "build",
        "--release",
        "--locked",
        "--quiet",
        "--target",
        "wasm32-wasip2",
        "-p",
        guest,
        // As `ravenry` builds bots.
        "--config",
        "target.wasm32-wasip2.rustflags=[\"-Clink-arg=-zstack-size=131072\"]",
    ]);
    let status = cargo
        .arg("--target-dir")
        .arg(&target)
        .current_dir(guests)
        .status()
        .unwrap();
    assert!(
        status.success(),
        "the guest cannot be built; is the target wasm32-wasip2 installed?"
    );
    let component = folder.join(guest).with_extension("wasm");
    let built = target
        .join("wasm32-wasip2/release")
        .join(guest.replace('-', "_"));
    std::fs::copy(built.with_extension("wasm"), &component).unwrap();
    component
}

/// A bot that says a letter and is made of nothing else: what it costs is the sandbox.
pub(crate) fn hand_written(folder: &Path) -> PathBuf {
    let guests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/guests");
    let frame = std::fs::read_to_string(guests.join("bot.wat")).unwrap();
    let component = folder.join("letter.wasm");
    let bytes = wat::parse_str(frame.replace(";; CORE", SAYS_A_LETTER)).unwrap();
    std::fs::write(&component, bytes).unwrap();
    component
}

/// The component of a new bot in this language, with the code of the comparison of languages.
///
/// Fails with what the build said, where the tools of the language are not there.
pub(crate) fn build_language(language: &'static str) -> Result<PathBuf, String> {
    let ravenry = env!("CARGO_BIN_EXE_ravenry");
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("bench-bots")
        .join(language);
    let file = ["bot.py", "bot.js"][usize::from(language == "js")];
    if !directory.exists() {
        run(Command::new(ravenry)
            .args(["new", "--template", language])
            .arg(&directory))?;
    }
    let code = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("benches/languages")
        .join(file);
    std::fs::write(directory.join(file), std::fs::read(code).unwrap()).unwrap();
    // It says where the component is.
    let built = run(Command::new(ravenry).arg("build").arg(&directory))?;
    Ok(PathBuf::from(built.trim()))
}

/// Builds the bot that is this file in Python, in a directory of this name that is kept.
pub(crate) fn build_python(name: &str, code: &Path) -> Result<PathBuf, String> {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("bench-bots")
        .join(name);
    std::fs::create_dir_all(&directory).unwrap();
    let file = directory.join("bot.py");
    std::fs::copy(code, &file).unwrap();
    let built = run(Command::new(env!("CARGO_BIN_EXE_ravenry"))
        .arg("build")
        .arg(&file))?;
    Ok(PathBuf::from(built.trim()))
}

/// So many bots in Python that differ in one line, in this folder: each has its own bundle.
pub(crate) fn python_variants(count: usize, folder: &Path) -> Result<Vec<PathBuf>, String> {
    let code = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/languages/bot.py");
    let code = std::fs::read_to_string(code).unwrap();
    let variant = |number: usize| {
        let directory = folder.join(format!("variant-{number}"));
        std::fs::create_dir_all(&directory).unwrap();
        let file = directory.join("bot.py");
        std::fs::write(&file, format!("{code}\nNUMBER = {number}\n")).unwrap();
        let built = run(Command::new(env!("CARGO_BIN_EXE_ravenry"))
            .arg("build")
            .arg(&file))?;
        Ok(PathBuf::from(built.trim()))
    };
    (0..count).map(variant).collect()
}

/// What a command that succeeds has said.
fn run(command: &mut Command) -> Result<String, String> {
    let done = command.output().unwrap();
    if done.status.success() {
        Ok(String::from_utf8_lossy(&done.stdout).into_owned())
    } else {
        Err(String::from_utf8_lossy(&done.stderr).into_owned())
    }
}

/// The same component with another digest, in this folder: a custom section at its end.
pub(crate) fn copy(component: &Path, number: u32, folder: &Path) -> PathBuf {
    let mut bytes = std::fs::read(component).unwrap();
    // A name of one letter, then the number.
    let mut content = vec![1, b'n'];
    content.extend(number.to_le_bytes());
    bytes.extend([0, u8::try_from(content.len()).unwrap()]);
    bytes.extend(content);
    let path = folder.join(format!("copy-{number}.wasm"));
    std::fs::write(&path, bytes).unwrap();
    path
}
