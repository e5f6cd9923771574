//! `ravenry up --record`: a live bot's conversations become files that the bot passes.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, time::Instant};

use ravenry_desk::simulator::Answer;
use serde_json::json;

use super::Bots;
use crate::harness::{self, FakePoe, Folder, HANG};

const KEY: &str = "the-access-key-that-nobody-may-read";

/// The files of a directory, once there are so many.
pub(crate) fn recorded(directory: &Path, files: usize) -> Vec<std::path::PathBuf> {
    let begun = Instant::now();
    loop {
        let entries = fs::read_dir(directory).into_iter().flatten().flatten();
        let mut found: Vec<_> = entries
            .map(|entry| entry.path())
            .filter(|path| {
                path.extension()
                    .is_some_and(|extension| extension == "toml")
            })
            .collect();
        if found.len() >= files {
            found.sort();
            return found;
        }
        assert!(begun.elapsed() < HANG, "nothing was recorded");
        std::thread::yield_now();
    }
}

#[test]
fn a_live_bot_passes_what_was_recorded() {
    let poe = FakePoe::start().unwrap();
    poe.bot(
        "Claude-3-Haiku",
        Answer::events([
            ("text", json!({"text": format!("An old pond, and {KEY}")})),
            ("suggested_reply", json!({"text": "more?"})),
            ("done", json!({})),
        ]),
    );
    let manifest =
        "[bot.prompt]\nsource = \"prompt.wasm\"\npoe = { access_key = { env = \"PROMPT_KEY\" } }\n";
    let server = Folder::with_manifest(manifest)
        .env("PROMPT_KEY", KEY)
        .flag("--poe-api")
        .flag(&poe.url())
        .flag("--record")
        .flag("recorded")
        .up();
    let mut query = harness::query("Tell me of ponds");
    query["user_id"] = json!("u-somebody");
    let key = format!("Bearer {KEY}");
    let answer = server.send("prompt", &query, &[("authorization", &key)]);
    assert!(answer.said().contains("An old pond"));
    let directory = server.folder.path().join("recorded");
    let files = recorded(&directory, 1);
    let mode = fs::metadata(&files[0]).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let name = files[0].file_name().unwrap().to_str().unwrap();
    assert!(
        name.starts_with("prompt-2") && name.ends_with("-0001.toml"),
        "{name}"
    );
    let text = fs::read_to_string(&files[0]).unwrap();
    assert!(
        !text.contains(KEY) && !text.contains("u-somebody"),
        "{text}"
    );
    // Its times are those of this machine.
    let lines: Vec<String> = text
        .lines()
        .filter(|line| !line.starts_with("began") && !line.starts_with("at = "))
        .map(|line| match (line.find("at = \""), line.find("\", ")) {
            (Some(from), Some(to)) if line.starts_with("  { at") => {
                format!("{}{}", &line[..from], &line[to + 3..])
            }
            _ => line.to_owned(),
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    # Recorded from a live bot. Read it before you share it: what people said is in it.
    bot = "prompt"
    times = "rough"

    [[turn]]
    say = "Tell me of ponds"
    answer = [
      { text = "An old pond, and ***" },
      { suggested_reply = "more?" },
    ]

    [[turn.call]]
    ask = "Claude-3-Haiku"
    messages = [
      { role = "system", content = "All your replies are Haikus." },
      { role = "user", content = "Tell me of ponds" },
    ]
    answer = [
      { text = "An old pond, and ***" },
      { suggested_reply = "more?" },
    ]
    "#);

    let bots = Bots::with("prompt", "", &[("live", &text)]);
    bots.test(&["."]).code(0);
}

/// What was said last is on disk when the process has ended, and nothing is said of a bound that was
/// not reached.
#[test]
fn the_last_conversations_are_written_before_the_end() {
    let mut server = Folder::with_manifest("[bot.echo]\nsource = \"echo.wasm\"\n")
        .flag("--record")
        .flag("recorded")
        .up();
    for _ in 0..40 {
        server.ask("echo", "hi");
    }
    server.signal(rustix::process::Signal::TERM);
    server.wait();
    let directory = server.folder.path().join("recorded");
    assert_eq!(fs::read_dir(directory).unwrap().count(), 40);
    let log = server.log().join("\n");
    assert!(!log.contains("no more conversations"), "{log}");
}

/// Processes may share a directory, and one may follow another within a second: each finds names of its own.
#[test]
fn processes_that_share_a_directory_lose_nothing() {
    let shared = tempfile::tempdir().unwrap();
    let gateway = || {
        let folder = Folder::with_bots(&["echo"]).flag("--record");
        folder.flag(shared.path().to_str().unwrap()).up()
    };
    let servers = [gateway(), gateway()];
    for _ in 0..20 {
        for server in &servers {
            server.ask("echo", "hi");
        }
    }
    for mut server in servers {
        server.signal(rustix::process::Signal::TERM);
        server.wait();
        let log = server.log().join("\n");
        assert!(!log.contains("could not be recorded"), "{log}");
    }
    assert_eq!(recorded(shared.path(), 40).len(), 40);
}
