//! What the program says at a terminal, whoever's words it repeats: nothing is obeyed, nothing is hidden, no
//! password is in it.

use std::process::Output;

use crate::harness::Folder;

/// What a terminal obeys, what turns the direction of writing, what nobody sees; and what everybody may see.
const EVIL: &str = "\u{1b}]0;X\u{7}\u{9b}\u{202e}\u{61c}\u{200b}\u{2800}\u{e0041}é👩\u{200d}👧";

/// The same as it is shown.
const SHOWN: &str =
    "\\u{1b}]0;X\\u{7}\\u{9b}\\u{202e}\\u{61c}\\u{200b}\\u{2800}\\u{e0041}é👩\u{200d}👧";

/// What must not be said as it is.
fn is_hidden(character: char) -> bool {
    let hidden = ['\u{202e}', '\u{61c}', '\u{200b}', '\u{2800}', '\u{e0041}'];
    character != '\n' && (character.is_control() || hidden.contains(&character))
}

/// All that was said.
fn said(Output { stdout, stderr, .. }: Output) -> String {
    String::from_utf8([stdout, stderr].concat()).unwrap()
}

/// Errors of every verb about every kind of argument, ours and those of the library that reads arguments.
#[test]
fn arguments_are_repeated_as_they_may_be_shown() {
    for arguments in [
        &["EVIL"] as &[_],
        &["up", "--EVIL"],
        &["up", "EVIL"],
        &["up", "--limit", "EVIL"],
        &["up", "--limit", "EVIL=1"],
        &["up", "--log-format", "EVIL"],
        &["serve", "--config", "EVIL"],
        &["new", "x/EVIL"],
        &["new", "x", "--template", "EVIL"],
        &["new", "x", "--sdk", "EVIL"],
        &["build", "EVIL"],
        &["chat", "http://EVIL"],
        &["chat", "cat", "hi", "--attach", "EVIL"],
        &["chat", "--timeout", "1EVIL"],
        &["sync", "EVIL"],
        &["store", "EVIL"],
        &["store", "ls", "--state-dir", "EVIL"],
        &["store", "ls", "--bot", "EVIL"],
        &["test", "EVIL"],
        &["simulate", "--listen", "EVIL"],
        &["inspect", "EVIL"],
        &["check", "http://EVIL"],
        &["check", "x", "--patience", "1EVIL"],
        &["completions", "EVIL"],
    ] {
        let arguments: Vec<_> = arguments
            .iter()
            .map(|it| it.replace("EVIL", EVIL))
            .collect();
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        let said = said(Folder::empty().output(&arguments));
        assert!(said.contains(SHOWN), "{arguments:?}: {said}");
        assert!(!said.contains(is_hidden), "{arguments:?}: {said:?}");
    }
}

/// Help shows the values of variables.
#[test]
fn variables_are_repeated_as_they_may_be_shown() {
    let folder = Folder::empty().env("RAVENRY_LISTEN", EVIL);
    let folder = folder.env("RAVENRY_STATE_DIR", "http://me:planted@host/");
    let said = said(folder.output(&["up", "--help"]));
    assert!(
        said.contains(SHOWN) && said.contains("http://***@host/"),
        "{said}"
    );
    assert!(
        !said.contains('\u{1b}') && !said.contains("planted"),
        "{said:?}"
    );
}

/// Files have names that others gave them.
#[test]
fn what_is_made_is_named_as_it_may_be_shown() {
    let folder = Folder::empty();
    let directory = format!("{EVIL}/cat");
    let said = said(folder.output(&["new", &directory, "--template", "python"]));
    assert!(
        said.contains(&format!("Made the bot `cat` in {SHOWN}")),
        "{said}"
    );
    assert!(!said.contains(is_hidden), "{said:?}");
}

/// Whoever writes a URL with a password in it does not find it in what is wrong with it, wherever it is written.
#[test]
fn passwords_are_not_repeated() {
    for arguments in [
        &["URL"] as &[_],
        &["--URL"],
        &["chat", "URL", "hi"],
        &["chat", "http:/u:planted@h/", "hi"],
        &["chat", "//u:planted@h/", "hi"],
        &["chat", "/x//u:planted@h/", "hi", "--listen", "127.0.0.1:1"],
        &["chat", "cat", "hi", "--listen", "URL"],
        &["chat", "cat", "hi", "--attach", "URL"],
        &["check", "URL"],
        &["check", "http:/u:planted@h/"],
        &["check", "x", "--patience", "URL"],
        &["up", "URL"],
        &["up", "http:/u:planted@h/"],
        &["up", "//u:planted@h/"],
        &["build", "URL"],
        &["test", "URL"],
        &["inspect", "URL"],
        &["sync", "URL"],
        &["store", "ls", "--state-dir", "URL"],
        &["store", "ls", "--config", "URL"],
        &["new", "URL"],
        &["new", "x", "--template", "URL"],
        &["serve", "--config", "URL"],
        &["up", "ravenry.toml", "--drain", "URL"],
        &["simulate", "--listen", "URL"],
        &["completions", "URL"],
    ] {
        let arguments: Vec<_> = arguments
            .iter()
            .map(|it| it.replace("URL", "http://u:planted@h/"))
            .collect();
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        let manifest = "manifest_version = 1\n[bot.cat]\nsource = \"bot.wasm\"\n";
        let folder = Folder::empty()
            .file("ravenry.toml", manifest)
            .file("bot.wasm", "");
        let output = folder.output(&arguments);
        assert!(!output.status.success(), "{arguments:?}");
        let said = said(output);
        assert!(
            said.contains("***@h") && !said.contains("planted"),
            "{arguments:?}: {said}"
        );
    }
}
