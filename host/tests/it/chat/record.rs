//! `/record`: what was said, as a file for `ravenry test`.

use std::{fs, path::Path, process::Command};

use super::{talk, url};
use crate::harness::{Server, component};

/// What was said becomes a file that the bot passes, for as long as it answers so.
#[test]
fn a_talk_becomes_a_test() {
    let server = Server::with_bots(&["cat"]);
    let directory = tempfile::tempdir().unwrap();
    let mut terminal = talk(&directory, &url(&server, "cat"));
    let screen = terminal.line("/record talk.toml");
    assert!(screen.contains("nothing was answered yet"), "{screen}");
    terminal.line("food");
    terminal.line("square");
    terminal.line("/retry");
    terminal.line("let us go to the kitchen");
    let screen = terminal.line("/record talk.toml");
    assert!(screen.contains("written to talk.toml"), "{screen}");
    let screen = terminal.line("/record talk.toml");
    assert!(screen.contains("there is such a file already"), "{screen}");
    let file = directory.path().join("talk.toml");
    let text = fs::read_to_string(&file).unwrap();
    assert_eq!(text.matches("[[turn]]").count(), 3, "{text}");

    fs::write(directory.path().join("bot.wasm"), component("cat")).unwrap();
    let manifest = "manifest_version = 1\n[bot.cat]\nsource = \"bot.wasm\"\n";
    fs::write(directory.path().join("ravenry.toml"), manifest).unwrap();
    let tests = directory.path().join("tests");
    fs::create_dir(&tests).unwrap();
    fs::rename(&file, tests.join("talk.toml")).unwrap();
    let (code, said) = test(directory.path());
    assert_eq!(code, Some(0), "{said}");
    let broken = text.replace("meow", "woof");
    assert_ne!(broken, text);
    fs::write(tests.join("talk.toml"), broken).unwrap();
    let (code, said) = test(directory.path());
    assert_eq!(code, Some(1), "{said}");
}

/// Runs the tests of a directory.
fn test(directory: &Path) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_ravenry"))
        .arg("test")
        .current_dir(directory)
        .env("XDG_STATE_HOME", directory)
        .env("XDG_CACHE_HOME", directory)
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).unwrap())
}
