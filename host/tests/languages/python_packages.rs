//! Bots in Python that use what others wrote: packages of their own, and modules that stand in for some.

use std::fs;

use serde_json::json;

use crate::components::{from_file, repository};
use crate::harness::{Folder, wait_until};
use crate::sample_tests::{api::Api, models};

/// A module of the package stands in for the library of a model's maker: a bot that uses it does what the sample
/// does that has none.
#[test]
fn a_model_is_asked_through_its_makers_library() {
    let wrapper = from_file(&repository(
        "guest-sdk/python/tests/fastapi_poe_bots/wrapper_bot.py",
    ));
    models::each_word_is_handed_on_before_the_next_is_said(&wrapper, &models::wrapper_asks());
    models::a_key_that_comes_back_is_masked(&wrapper);
    models::a_silent_model_is_left(&wrapper);
    models::a_reader_who_leaves_hangs_up_on_the_model(&wrapper);
}

/// With packages of its own.
const WITH_PACKAGES: &str = r#"
import json, os, urllib.request
import httpx, ravenry, requests
from markdown_it import MarkdownIt
from ravenry.httpx_transport import AsyncTransport, Transport

BEFORE = os.environ["BEFORE"]

class B(ravenry.Bot):
    async def respond(self, query, reply):
        word, _, url = query.last_text.partition(" ")
        ask = {"json": {"asked": word}, "timeout": 20}
        match word:
            case "urllib":
                body = json.dumps(ask["json"]).encode()
                with urllib.request.urlopen(urllib.request.Request(url, body), timeout=20) as answer:
                    said = json.load(answer)["said"]
                    reply.text(f"{answer.status} {said} {answer.headers['x-of']}")
                return
            case "requests":
                answer = requests.post(url, **ask)
            case "httpx":
                with httpx.Client(transport=Transport()) as client:
                    answer = client.post(url, **ask)
            case "await":
                async with httpx.AsyncClient(transport=AsyncTransport()) as client:
                    answer = await client.post(url, **ask)
            case _:
                reply.text(MarkdownIt().render(BEFORE + open("prompt.txt").read() + word))
                return
        reply.text(f"{answer.status_code} {answer.json()['said']} {answer.headers['x-of']}")
"#;

/// A bot with packages is a component of its own; of what lies beside it, it has what its code names. Those that
/// speak HTTP reach the network by the gateway.
#[test]
fn a_bot_with_packages_is_served_and_holds_nothing_but_what_it_names() {
    let api = Api::start();
    let url = api.url();
    let manifest = format!(
        "[bot.shown]\nsource = \"shown.py\"\nallowed_outbound_hosts = [\"{url}\"]\nconfig = {{ BEFORE = \"And \" }}\n"
    );
    let folder = Folder::with_manifest(&manifest)
        .file("shown.py", WITH_PACKAGES)
        .file("prompt.txt", "*so* ")
        .file("unnamed.txt", "planted-and-not-named")
        .file(
            "requirements.txt",
            "markdown-it-py==3.0.0\nfastapi-poe\nrequests==2.32.5\nhttpx==0.28.1\n",
        )
        .flag("--allow-private-host")
        .flag("127.0.0.1");
    let server = folder.up();
    server.wait_ready();
    assert_eq!(
        server.ask("shown", "**it**").said(),
        "<p>And <em>so</em> <strong>it</strong></p>\n"
    );
    for word in ["urllib", "requests", "httpx", "await"] {
        let said = std::thread::scope(|scope| {
            let reply = scope.spawn(|| server.ask("shown", &format!("{word} {url}/x?y=z")).said());
            let asked = api.next();
            assert!(
                asked.head.starts_with("POST /x?y=z HTTP/1.1\r\n"),
                "{}",
                asked.head
            );
            assert_eq!(asked.body, json!({ "asked": word }));
            asked.answer(
                "HTTP/1.1 201 Created\r\nx-of: gateway\r\ncontent-type: application/json\r\n\
                 content-length: 16\r\n\r\n{\"said\": \"na\u{ef}\"}",
            );
            reply.join().unwrap()
        });
        assert_eq!(said, "201 naï gateway", "{word}");
    }
    let component = fs::read(server.folder.path().join("dist/shown.wasm")).unwrap();
    let planted = b"planted-and-not-named";
    assert!(
        !component
            .windows(planted.len())
            .any(|bytes| bytes == planted)
    );
    // The packages are not imported again for it.
    let runtimes = || {
        let log = server.log();
        log.iter()
            .filter(|line| line.contains("building the runtime"))
            .count()
    };
    let before = runtimes();
    let changed = WITH_PACKAGES.replace("reply.text(Mark", "reply.text('Now: ' + Mark");
    fs::write(server.folder.path().join("shown.py"), changed).unwrap();
    wait_until("the change", || {
        server.ask("shown", "it").said() == "Now: <p>And <em>so</em> it</p>\n"
    });
    assert_eq!(runtimes(), before);
}

/// Each is one sentence with its line, and the bot goes on as it was.
#[test]
fn packages_that_cannot_run_are_refused_and_the_former_version_goes_on() {
    let bot = "import ravenry\n\nclass B(ravenry.Bot):\n    def respond(self, query, reply):\n        yield 'one'\n";
    let folder = Folder::with_manifest("[bot.b]\nsource = \"b.py\"\n").file("b.py", bot);
    let server = folder.up();
    server.wait_ready();
    assert_eq!(server.ask("b", "hi").said(), "one");
    let none = "0".repeat(64);
    let changed = bot.replace("import ravenry\n", "import markdown_it, ravenry\n");
    fs::write(server.folder.path().join("b.py"), changed).unwrap();
    for (requirements, sentence) in [
        (
            "numpy==2.3.5\n".to_owned(),
            "requirements.txt:1: `numpy` has no wheel of pure Python",
        ),
        (
            format!("mdurl==0.1.2 --hash=sha256:{none}\n"),
            "was locked for another Python than 3.14: its hash differs",
        ),
    ] {
        fs::write(server.folder.path().join("requirements.txt"), requirements).unwrap();
        server.wait_text(sentence);
        assert_eq!(server.ask("b", "hi").said(), "one", "{sentence}");
    }
}
