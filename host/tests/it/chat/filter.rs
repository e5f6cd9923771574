//! `ravenry chat` in a pipe: the answer alone on standard output, and an exit code.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use insta::assert_snapshot;
use ravenry_desk::simulator::Answer;
use serde_json::json;

use super::url;
use crate::harness::{FakePoe, Folder, Server};

/// What the program does with this on standard input: exit code, standard output, standard error.
pub(crate) fn piped(arguments: &[&str], environment: &[(&str, &str)], input: &[u8]) -> String {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("note.txt"), "remember").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_ravenry"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("RAVENRY_") {
            command.env_remove(name);
        }
    }
    let mut child = command
        .arg("chat")
        .args(arguments)
        .envs(environment.iter().copied())
        .current_dir(directory.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // With a message as an argument nothing is read.
    let _ = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    format!(
        "exit {}\n{}---\n{}",
        output.status.code().unwrap(),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    )
}

fn without_port(text: &str, server: &Server) -> String {
    text.replace(&server.address.to_string(), "127.0.0.1:8080")
}

#[test]
fn the_answer_alone_goes_to_standard_output() {
    let server = Server::with_bots(&["cat", "echo"]);
    let ask = |bot: &str, input: &str| {
        without_port(
            &piped(&[&url(&server, bot)], &[], input.as_bytes()),
            &server,
        )
    };
    assert_snapshot!(ask("echo", "hi\n"), @r#"
    exit 0
    hi
    ---
    "#);
    // Data is data: nothing of it is changed on its way to another program.
    assert_eq!(
        ask("echo", "# two\nlines, *as they are*\u{1b}[1m\n"),
        "exit 0\n# two\nlines, *as they are*\u{1b}[1m\n---\n"
    );
    assert_snapshot!(ask("cat", "count quickly"), @r#"
    exit 0
    10
    ---
    "#);
    assert_snapshot!(ask("cat", "square"), @r#"
    exit 1
    ---
    error: Square snacks are not tasty.
    hint: the bot says that it may be asked once more
    "#);
    assert_snapshot!(ask("cat", "cube"), @r#"
    exit 1
    ---
    error: Cube snacks are even less tasty.
    "#);
    assert_snapshot!(ask("cat", ""), @r#"
    exit 1
    ---
    error: the message on standard input cannot be sent
      caused by: it is empty
    hint: write it there, or behind the bot: ravenry chat BOT "hello"
    "#);
}

#[test]
fn a_message_may_stand_behind_the_bot() {
    let server = Server::with_bots(&["echo"]);
    let listen = format!("--listen={}", server.address);
    let output = piped(&[&listen, "echo", "how", "are you?"], &[], b"not read");
    assert_eq!(output, "exit 0\nhow are you?\n---\n");
    let address = server.address.to_string();
    let output = piped(&["/echo", "hi"], &[("RAVENRY_LISTEN", &address)], b"");
    assert_eq!(output, "exit 0\nhi\n---\n");
}

/// The variables of the historical simulator name bot and key, and the flags stand over them.
#[test]
fn the_variables_of_the_historical_simulator_are_understood() {
    let key = "0123456789abcdef0123456789abcdef";
    let manifest =
        "[bot.echo]\nsource = \"echo.wasm\"\npoe = { access_key = { env = \"ECHO\" } }\n";
    let server = Folder::with_manifest(manifest).env("ECHO", key).up();
    let bot = format!("{}/echo", server.address);
    let old = [("BOT_SERVER", bot.as_str()), ("POE_API_KEY", key)];
    assert_eq!(piped(&[], &old, b"hi"), "exit 0\nhi\n---\n");
    for (flag, environment) in [
        (vec!["--key", key], vec![]),
        (vec!["--key-env", "MINE"], vec![("MINE", key)]),
        (vec![], vec![("RAVENRY_KEY", key)]),
    ] {
        let arguments = [vec![bot.as_str()], flag].concat();
        assert_eq!(piped(&arguments, &environment, b"hi"), "exit 0\nhi\n---\n");
    }
    assert_snapshot!(without_port(&piped(&[&bot], &[], b"hi"), &server), @r#"
    exit 1
    ---
    error: http://127.0.0.1:8080/echo wants an access key (status 401)
      caused by: the access key is missing or wrong; send `Authorization: Bearer KEY` with the key that the platform shows for this bot
    hint: put the key that Poe shows for the bot into RAVENRY_KEY, or into a file for `--key-file`
    "#);
    assert_snapshot!(without_port(&piped(&[&bot, "--key", "wrong"], &[], b"hi"), &server), @r#"
    exit 1
    ---
    error: http://127.0.0.1:8080/echo does not take this access key (status 401)
      caused by: the access key is missing or wrong; send `Authorization: Bearer KEY` with the key that the platform shows for this bot
    hint: put the key that Poe shows for the bot into RAVENRY_KEY, or into a file for `--key-file`
    "#);
    assert_snapshot!(piped(&[&bot, "--key-file", "nothing"], &[], b"hi"), @r#"
    exit 1
    ---
    error: cannot read `nothing`
      caused by: No such file or directory (os error 2)
    "#);
}

/// What that program sent is still answered: its header, its numbers for identifiers, its version.
#[test]
fn requests_of_the_historical_simulator_are_answered() {
    let server = Server::with_bots(&["cat"]);
    let body = json!({
        "version": "1.0",
        "type": "query",
        "query": [{"role": "user", "content": "cardboard", "content_type": "text/plain", "timestamp": 0}],
        "user_id": 0,
        "conversation_id": "c-1234567",
        "message_id": "m-0",
    });
    let answer = server.send("cat", &body, &[("authorization", "bearer key")]);
    assert_eq!(answer.said(), "crunch crunch");
}

#[test]
fn files_and_parameters_are_flags_too() {
    let poe = FakePoe::start().unwrap();
    let file = json!({"url": "http://127.0.0.1/x", "content_type": "image/png", "name": "x.png"});
    poe.bot(
        "reader",
        Answer::stream().text("thanks").event("file", file).done(),
    );
    let bot = format!("{}/bot/reader", poe.url());
    let output = piped(
        &[
            &bot,
            "--attach",
            "note.txt",
            "--param",
            "size=3",
            "--param=style=short",
        ],
        &[("RAVENRY_KEY", "key")],
        b"read",
    );
    assert_eq!(
        output,
        "exit 0\nthanks\n---\n[file 1] x.png (image/png) http://127.0.0.1/x\n"
    );
    let message = &poe.queries("reader")[0].body["query"][0];
    assert_eq!(message["attachments"][0]["parsed_content"], "remember");
    assert_eq!(message["parameters"], json!({"size": 3, "style": "short"}));
}

#[test]
fn without_a_bot_it_asks_for_one() {
    assert_snapshot!(piped(&[], &[("BOT_SERVER", "")], b"hi"), @r#"
    exit 2
    ---
    error: no bot to talk with is named
      caused by: no bots in `.`
    hint: name one: ravenry chat cat, ravenry chat https://example.com/bot
    "#);
}
