//! Files in Python, as `ravenry up` takes them: those of another library unchanged, what cannot work, what goes wrong.

use std::{env, ffi::OsString, fs, path::Path, process::Command};

use serde_json::json;

use ravenry_desk::simulator::Answer;

use crate::components::{compiled, environment, repository};
use crate::harness::{FakePoe, Folder, Server, query};

/// Bots as their authors wrote them for `fastapi_poe`. The last needs native code.
const FILES: [&str; 16] = [
    "all_caps_bot",
    "cat_bot",
    "coder_bot",
    "echo_bot",
    "function_calling_bot",
    "function_calling_loop_bot",
    "http_request_bot",
    "image_response_bot",
    "log_bot",
    "outfit_bot",
    "pdf_counter_bot",
    "prompt_bot",
    "versus_bot",
    "video_bot",
    "wrapper_bot",
    "sdxl_bot",
];

const KEY: &str = "the-access-key-of-all-these-bots";

fn file(name: &str) -> Vec<u8> {
    let path = "guest-sdk/python/tests/fastapi_poe_bots";
    fs::read(repository(path).join(name).with_extension("py")).unwrap()
}

/// All of them on one server, with a platform that has two other bots.
fn served(poe: &FakePoe) -> Server {
    let answer = || {
        Answer::events([
            ("text", json!({ "text": "naïve " })),
            ("suggested_reply", json!({ "text": "more" })),
            ("done", json!({})),
        ])
    };
    for name in ["GPT-3.5-Turbo", "Claude-3-Haiku", "Claude-3.5-Haiku"] {
        poe.bot(name, answer());
    }
    let bot = |name: &&str| {
        format!(
            "[bot.{name}]\nsource = \"{name}.py\"\npoe = {{ access_key = {{ env = \"KEY\" }} }}\n"
        )
    };
    let manifest: String = FILES.iter().map(bot).collect();
    let folder = FILES
        .iter()
        .fold(Folder::with_manifest(&manifest), |folder, name| {
            folder.file(&format!("{name}.py"), file(name))
        });
    let server = folder
        .file("assets/tiger.mp4", b"a tiger")
        .env("KEY", KEY)
        .flag("--poe-api")
        .flag(&poe.url())
        .flag("--poe-upload")
        .flag(&poe.upload_url())
        .up();
    server.wait_ready();
    server
}

fn ask(server: &Server, bot: &str, text: &str) -> String {
    let key = format!("Bearer {KEY}");
    server
        .send(bot, &query(text), &[("authorization", &key)])
        .show()
}

#[test]
fn files_for_another_library_are_served_as_they_are() {
    let poe = FakePoe::start().unwrap();
    let server = served(&poe);
    let key = format!("Bearer {KEY}");
    for bot in &FILES[..15] {
        let settings = json!({ "version": "1.2", "type": "settings" });
        let settings = server.send(bot, &settings, &[("authorization", &key)]);
        assert_eq!(settings.status, 200, "{bot}: {}", settings.text());
        assert_eq!(settings.json()["response_version"], 2, "{bot}");
    }
    server.wait_text("`PIL` cannot work here");
    let says = |bot: &str, text: &str, said: &str| {
        assert_eq!(
            ask(&server, bot, text),
            format!("{said}done {{}}\n"),
            "{bot}: {text}"
        );
    };
    says("echo_bot", "hello 🐈", "text {\"text\":\"hello 🐈\"}\n");
    let meta = r#"meta {"content_type":"text/markdown","linkify":true,"suggested_replies":true,"refetch_settings":false}"#;
    says(
        "cat_bot",
        "some food",
        &format!(
            "{meta}\ntext {{\"text\":\"meow \"}}\ntext {{\"text\":\"meow\"}}\nsuggested_reply {{\"text\":\"feed the cat\"}}\n"
        ),
    );
    says(
        "cat_bot",
        "a cube",
        &format!(
            "{meta}\nerror {{\"allow_retry\":false,\"text\":\"Cube snacks are even less tasty.\"}}\n"
        ),
    );
    let numbers: String = (1..=10)
        .map(|number| format!("replace_response {{\"text\":\"{number}\"}}\n"))
        .collect();
    says("cat_bot", "count quickly", &format!("{meta}\n{numbers}"));
    says(
        "all_caps_bot",
        "hi",
        "text {\"text\":\"NAÏVE \"}\nsuggested_reply {\"text\":\"MORE\"}\n",
    );
    says(
        "prompt_bot",
        "hi",
        "text {\"text\":\"naïve \"}\nsuggested_reply {\"text\":\"more\"}\n",
    );
    let asked = &poe.queries("Claude-3-Haiku")[0].body["query"];
    assert_eq!(asked[0]["role"], "system", "{asked}");
    assert_eq!(asked[1]["content"], "hi", "{asked}");
    let video = ask(&server, "video_bot", "hi");
    assert!(
        video.starts_with("file {") && video.contains("tiger.mp4"),
        "{video}"
    );
    assert!(
        video.contains("text {\"text\":\"Attached a video.\"}"),
        "{video}"
    );
    assert_eq!(poe.uploads()[0].bytes.as_ref(), b"a tiger");
    let shown = ask(&server, "http_request_bot", "hi");
    assert!(shown.contains("POST") && !shown.contains(KEY), "{shown}");
}

/// `ravenry build` of one file, with what lies beside it: what it says on standard error.
fn refused(files: &[(&str, &str)]) -> String {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(dir.path().join(name), text).unwrap();
    }
    let output = Command::new(env!("CARGO_BIN_EXE_ravenry"))
        .args(["build", "bot.py"])
        .current_dir(dir.path())
        .env("RAVENRY_CACHE_DIR", compiled())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "{files:?} is built\n{said}");
    // A line is a line, not what stands for its end.
    assert!(!said.contains("\\n"), "{said}");
    said
}

#[test]
fn what_cannot_work_is_refused_with_its_place() {
    let bot = "\nclass B(ravenry.Bot):\n    def respond(self, query, reply): pass\n";
    let ravenry = |lines: &str| format!("import ravenry\n{lines}{bot}");
    for (text, words) in [
        ("import ravenry\n".to_owned(), "bot.py: there is no bot"),
        (
            ravenry("import ssl"),
            "bot.py:2: `ssl` cannot be imported here",
        ),
        (
            ravenry("def f():\n    import numpy"),
            "bot.py:3: `numpy` cannot work here",
        ),
        (
            ravenry("import nothere"),
            "bot.py:2: there is no module `nothere`",
        ),
        (ravenry("x = (1,"), "bot.py:2: "),
        (
            ravenry("raise ValueError('no luck')"),
            "ValueError: no luck",
        ),
        (
            ravenry("import os\nos.environ['KEY']"),
            "KeyError: 'KEY'\nKEY is no variable of this bot: the manifest sets it",
        ),
        (ravenry("sum(iter(lambda: 0, 1))"), "computing time"),
        (
            ravenry("while True: pass"),
            "\"bot.py\", line 2, in <module>\n    while True: pass",
        ),
        (
            format!("{bot}import ravenry"),
            "name 'ravenry' is not defined",
        ),
    ] {
        let said = refused(&[("bot.py", &text)]);
        assert!(said.contains(words), "{text}\n{said}");
        assert!(said.contains("bot `bot` cannot be built"), "{said}");
    }
    let said = refused(&[("bot.py", &ravenry("")), ("requirements.txt", "numpy\n")]);
    assert!(said.contains("numpy") && said.contains("native"), "{said}");
}

/// What goes too deep within the interpreter is an error as everywhere, and no end of the component.
#[test]
fn what_goes_too_deep_can_be_caught() {
    let bot = r#"
import json, ravenry

def sort(depth):
    return sorted([1], key=lambda _: sort(depth - 1) if depth else 0)

class Endless:
    def __getattr__(self, name):
        return getattr(self, name + "x")

class B(ravenry.Bot):
    def respond(self, query, reply):
        for deep in (lambda: sort(5_000), lambda: eval("(" * 1_000 + "1" + ")" * 1_000),
                     lambda: eval("+".join(["1"] * 5_000)), lambda: Endless().x,
                     lambda: json.loads("[" * 5_000 + "]" * 5_000)):
            try:
                deep()
            except (RecursionError, MemoryError) as error:
                yield type(error).__name__ + " "
"#;
    let folder = Folder::with_manifest("[bot.b]\nsource = \"b.py\"\n").file("b.py", bot);
    let server = folder.up();
    server.wait_ready();
    let said = server.ask("b", "?").said();
    assert_eq!(
        said,
        "RecursionError MemoryError RecursionError RecursionError RecursionError "
    );
}

/// What is saved is mounted; what is wrong is said once, and the former version goes on.
#[test]
fn a_file_is_mounted_as_it_is_saved_and_a_wrong_one_changes_nothing() {
    let text = |says: &str| {
        format!(
            "import ravenry\nclass B(ravenry.Bot):\n    def respond(self, query, reply):\n        reply.text({says:?})\n"
        )
    };
    let folder = Folder::empty().file("bot.py", text("one"));
    let server = Server::spawn(folder, &["up", "bot.py"]);
    server.wait_ready();
    assert_eq!(server.ask("bot", "?").said(), "one");
    let save = |text: &str| fs::write(server.folder.path().join("bot.py"), text).unwrap();
    save(&text("two"));
    crate::harness::wait_until("the change", || server.ask("bot", "?").said() == "two");
    save(&format!("{}raise ValueError('no luck')\n", text("three")));
    server.wait_text("no luck");
    assert_eq!(server.ask("bot", "?").said(), "two");
    save(&text("four"));
    crate::harness::wait_until("the next change", || {
        server.ask("bot", "?").said() == "four"
    });
    let settings = "    def settings(self):\n        raise ValueError('no such price')\n";
    save(&format!("{}{settings}", text("five")));
    server.wait_text("bot `bot` cannot be mounted");
    let log = server.log().join("\n");
    assert!(log.contains("ValueError: no such price"), "{log}");
    assert!(!log.contains("panicked"), "{log}");
    assert_eq!(server.ask("bot", "?").said(), "four");
}

/// What lasts as long as the interpreter is not counted, so that a query need not copy it; what a bot makes is.
#[test]
fn only_what_lasts_is_immortal() {
    let bot = r#"
import asyncio, json, sys, fastapi_poe, ravenry
from ravenry import Bot

class B(Bot):
    def respond(self, query, reply):
        lasting = (json.loads, asyncio.run, Bot, ravenry.export, fastapi_poe.PoeBot,
                   json.loads.__code__.co_consts, ravenry.__dict__)
        passing = (B, B.respond, query, reply, query.messages, [])
        yield f"{[sys._is_immortal(one) for one in lasting]} {[sys._is_immortal(one) for one in passing]}"
"#;
    let folder = Folder::with_manifest("[bot.b]\nsource = \"b.py\"\n").file("b.py", bot);
    let server = folder.up();
    server.wait_ready();
    let said = server.ask("b", "?").said();
    let expected = format!("[{}] [{}]", ["True"; 7].join(", "), ["False"; 6].join(", "));
    assert_eq!(said, expected);
}

/// The package's own tests, without WebAssembly.
#[test]
fn the_package_passes_its_tests() {
    let output = Command::new("python3")
        .args(["-m", "unittest", "discover", "-s", "tests"])
        .env(
            "PYTHONPATH",
            repository("guest-sdk/python/src").canonicalize().unwrap(),
        )
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .current_dir(repository("guest-sdk/python"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}

/// Two checkers of types have nothing to say of the package, at their strictest.
#[test]
fn the_package_is_typed() {
    let python = environment(
        "types-1",
        &["mypy==2.4.1", "pyright==1.1.414", "httpx==0.28.1"],
    );
    for checker in ["mypy", "pyright"] {
        let output = Command::new(&python)
            .args(["-m", checker])
            // `pyright` finds packages by it.
            .env("PATH", first_on_path(python.parent().unwrap()))
            .current_dir(repository("guest-sdk/python"))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{checker}: {said}");
    }
}

/// The programs of this directory before all others.
fn first_on_path(directory: &Path) -> OsString {
    let others = env::var_os("PATH").unwrap_or_default();
    let others = env::split_paths(&others);
    env::join_paths([directory.to_owned()].into_iter().chain(others)).unwrap()
}
