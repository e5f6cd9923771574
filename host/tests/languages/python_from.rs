//! `ravenry new --from`: a file in Python becomes a directory that is served; what it cannot say is said.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::json;

use ravenry_desk::simulator::Answer;

use crate::components::{compiled, ravenry_build, repository};
use crate::harness::{FakePoe, Folder, Server, query};
use crate::sample_tests::api::Api;

const BOTS: &str = "guest-sdk/python/tests/fastapi_poe_bots";

/// A key of 32 characters, as access keys are.
const KEY: &str = "sk-planted-0123456789-0123456789";

/// A file that says all of itself that there is to say, one bot of two, and a key in the wrong place.
const WORDY: &str = r#"
import os
import fastapi_poe as fp
from words import HELLO

TOKEN = "sk-planted-0123456789-0123456789"
CITY = os.environ.get("CITY")
BASE = "https://api.example.com/v1"

class Wordy(fp.PoeBot):
    async def get_response(self, request):
        yield self.text_event(f"{self.path} {HELLO} {open('greeting.txt').read()} {CITY}")

app = fp.make_app([
    Wordy(path="/Wordy", access_key=os.environ["WORDY_KEY"], bot_name="Wordy"),
    Wordy(path="/other", access_key="sk-planted-0123456789-0123456789"),
])
"#;

fn ravenry(directory: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ravenry"))
        .args(arguments)
        .current_dir(directory)
        .env("RAVENRY_CACHE_DIR", compiled())
        .output()
        .unwrap()
}

/// What `new --from` makes of a file, and what it says.
fn made(folder: &Folder, file: &Path) -> String {
    let output = ravenry(folder.path(), &["new", "--from", file.to_str().unwrap()]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    String::from_utf8(output.stdout).unwrap()
}

/// Serves it. What is made once for all bots, and takes longer than a server may take to start, is made before.
fn served(folder: Folder, directory: &str) -> Server {
    let built = ravenry_build(&folder.path().join(directory));
    let said = String::from_utf8_lossy(&built.stderr);
    assert!(built.status.success(), "{said}");
    let server = Server::spawn(folder, &["up", directory]);
    server.wait_ready();
    server
}

fn sample(name: &str) -> PathBuf {
    let path = repository(BOTS).join(name).with_extension("py");
    path.canonicalize().unwrap()
}

#[test]
fn a_bot_that_asks_another_is_served_from_its_directory() {
    let poe = FakePoe::start().unwrap();
    let answer = Answer::events([
        ("text", json!({ "text": "11 degrees" })),
        ("done", json!({})),
    ]);
    poe.bot("GPT-3.5-Turbo", answer);
    let (name, file) = ("function_calling_bot", sample("function_calling_bot"));
    let folder = Folder::empty().flag("--poe-api").flag(&poe.url());
    let said = made(&folder, &file);
    assert!(said.starts_with("Made the bot `function_calling_bot` in function_calling_bot:"));
    assert!(
        said.contains("cd function_calling_bot") && !said.contains("by hand"),
        "{said}"
    );
    let directory = folder.path().join(name);
    let copy = fs::read(directory.join(file.file_name().unwrap())).unwrap();
    assert_eq!(copy, fs::read(&file).unwrap());
    let manifest = fs::read_to_string(directory.join("ravenry.toml")).unwrap();
    assert_eq!(
        manifest,
        "manifest_version = 1\n\n[bot.function_calling_bot]\nsource = \"function_calling_bot.py\"\n"
    );
    // It asks the other bot by a key of its own.
    let keyed = format!("{manifest}poe = {{ access_key = {{ env = \"KEY\" }} }}\n");
    fs::write(directory.join("ravenry.toml"), keyed).unwrap();
    let server = served(folder.env("KEY", KEY), name);
    let bearer = format!("Bearer {KEY}");
    let reply = server.send(name, &query("Tokyo?"), &[("authorization", &bearer)]);
    assert_eq!(reply.said(), "11 degrees");
    let asked = &poe.queries("GPT-3.5-Turbo")[0].body;
    assert_eq!(asked["tools"][0]["function"]["name"], "get_current_weather");
}

#[test]
fn a_bot_that_asks_a_model_has_its_key_and_its_host() {
    let api = Api::start();
    let folder = Folder::empty();
    let said = made(&folder, &sample("wrapper_bot"));
    assert!(
        said.contains("set the variable OPENAI_API_KEY for `ravenry up`"),
        "{said}"
    );
    let file = folder.path().join("wrapper_bot/ravenry.toml");
    let manifest = fs::read_to_string(&file).unwrap();
    assert_eq!(
        manifest,
        r#"manifest_version = 1

[bot.wrapper_bot]
source = "wrapper_bot.py"
allowed_outbound_hosts = ["https://api.openai.com"]

[bot.wrapper_bot.secrets]
OPENAI_API_KEY = { env = "OPENAI_API_KEY", host = "https://api.openai.com" }
"#
    );
    assert!(!folder.path().join("wrapper_bot/requirements.txt").exists());
    // The model is another one here, and all else stays.
    let url = api.url();
    let config = format!("\n[bot.wrapper_bot.config]\nOPENAI_BASE_URL = \"{url}/v1\"\n");
    let manifest = manifest.replace("https://api.openai.com", &url) + &config;
    fs::write(&file, manifest).unwrap();
    let folder = folder
        .env("OPENAI_API_KEY", KEY)
        .flag("--allow-private-host")
        .flag("127.0.0.1");
    let server = served(folder, "wrapper_bot");
    std::thread::scope(|scope| {
        let reply = scope.spawn(|| server.ask("wrapper_bot", "hello").said());
        let asked = api.next();
        let sent = format!("authorization: bearer {KEY}");
        assert!(asked.head.to_lowercase().contains(&sent), "{}", asked.head);
        asked.answer(
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n\
             data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Purr\"}}]}\n\ndata: [DONE]\n\n",
        );
        assert_eq!(reply.join().unwrap(), "Purr");
    });
}

/// Two bots of one file, with a module and a file beside it, a route, and a key that is nobody's business.
#[test]
fn all_that_a_file_says_is_taken_over_but_for_its_keys() {
    let folder = Folder::empty()
        .file("code/wordy.py", WORDY)
        .file("code/words.py", "HELLO = 'hello'\n")
        .file("code/greeting.txt", "grüezi")
        .file("code/requirements.txt", "fastapi-poe\nuvicorn\n");
    let output = ravenry(
        folder.path(),
        &["new", "--from", "code/wordy.py", "bots/wordy"],
    );
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let read = |path: &str| fs::read_to_string(folder.path().join("bots/wordy").join(path));
    let manifest = read("ravenry.toml").unwrap();
    for text in [&said, &manifest] {
        assert!(!text.contains("planted"), "{text}");
    }
    for sentence in [
        "wordy.py:6 holds what looks like a key",
        "wordy.py:16 holds the access key itself: take it out of the file, and set the variable OTHER_KEY",
        "wordy.py:7 reads CITY: give it a value under `config`",
        "set the variable WORDY_KEY for `ravenry up`",
    ] {
        assert!(said.contains(sentence), "{said}");
    }
    assert_eq!(read("wordy.py").unwrap(), WORDY);
    assert!(read("requirements.txt").is_err());
    for line in [
        "route = \"/Wordy\"",
        "poe = { name = \"Wordy\", access_key = { env = \"WORDY_KEY\" } }",
        "allowed_outbound_hosts = [\"https://api.example.com\"]",
        "FASTAPI_POE_PATH = \"/other\"",
        "# CITY = \"…\"  # wordy.py:7",
    ] {
        assert!(
            manifest.lines().any(|found| found == line),
            "{line}\n{manifest}"
        );
    }
    let filled = manifest.replace("# CITY = \"…\"", "CITY = \"Basel\"");
    fs::write(folder.path().join("bots/wordy/ravenry.toml"), filled).unwrap();
    let poe = FakePoe::start().unwrap();
    let other_key = "b".repeat(32);
    let folder = folder
        .flag("--poe-api")
        .flag(&poe.url())
        .env("WORDY_KEY", KEY)
        .env("OTHER_KEY", &other_key);
    let server = served(folder, "bots/wordy");
    for (bot, key) in [("Wordy", KEY), ("other", &other_key)] {
        let bearer = format!("Bearer {key}");
        let reply = server.send(bot, &query("?"), &[("authorization", &bearer)]);
        assert_eq!(reply.said(), format!("/{bot} hello grüezi Basel"));
    }
}

#[test]
fn what_cannot_be_read_makes_nothing() {
    let folder = Folder::empty()
        .file("wrong.py", format!("x = 1\nKEY = '{KEY}\n"))
        .file("latin.py", b"x = '\xe9'\n")
        .file("bot.py", "import ravenry\n")
        .file("bot/mine", "mine");
    for (arguments, words) in [
        (&["wrong.py"][..], "wrong.py:2: this is not Python: "),
        (
            &["latin.py"],
            "latin.py:1: this is not text in UTF-8: save it as that",
        ),
        (&["nothing.py"], "nothing.py: name the bot's file"),
        (
            &["bot.py"],
            "error: `bot` is there already\n  caused by: nothing is overwritten\n",
        ),
        (&["bot.py", "--template", "js"], "cannot be used with"),
    ] {
        let output = ravenry(folder.path(), &[&["new", "--from"], arguments].concat());
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(words) && !said.contains(KEY), "{said}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 4, "no rests");
}
