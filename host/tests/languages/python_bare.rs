//! `ravenry up bot.py`: a file of `fastapi_poe` is served with what it says of itself, as far as the machine has it.

use std::fs;

use crate::components::compiled;
use crate::harness::{Folder, Server, query, wait_until};

/// A key of 32 characters, as access keys are.
const KEY: &str = "sk-planted-0123456789-0123456789";

/// Two bots, one of which has its key here.
const POEMS: &str = r#"
import os
import fastapi_poe as fp
import requests

CITY = os.environ.get("CITY")

class Poem(fp.PoeBot):
    async def get_response(self, request):
        yield fp.PartialResponse(text=f"first {self.path} {CITY}")

fp.run([Poem(path="/haiku", access_key=os.environ["HAIKU_KEY"]), Poem(path="/ode")])
"#;

#[test]
fn a_file_is_served_with_its_bots_its_keys_and_its_variables() {
    let poems = POEMS.replace("import requests\n", "");
    let folder = Folder::empty()
        .file("poems.py", &poems)
        .env("HAIKU_KEY", KEY)
        .env("CITY", "Basel");
    let server = Server::spawn(folder, &["up", "poems.py"]);
    server.wait_ready();
    let bearer = format!("Bearer {KEY}");
    let ask = || server.send("haiku", &query("hi"), &[("authorization", &bearer)]);
    let is_refused = |key: &[(&str, &str)]| server.send("haiku", &query("hi"), key).status == 401;
    assert_eq!(ask().said(), "first /haiku Basel");
    assert!(is_refused(&[]));
    assert!(is_refused(&[("authorization", "Bearer another")]));
    assert_eq!(server.ask("ode", "hi").said(), "first /ode Basel");
    let log = server.log().join("\n");
    assert!(
        log.contains("set the variable ODE_KEY for `ravenry up`"),
        "{log}"
    );
    assert!(!log.contains("set the variable HAIKU_KEY"), "{log}");
    assert!(!log.contains(KEY), "{log}");
    // While it cannot be read, it is still as it was.
    let file = server.folder.path().join("poems.py");
    fs::write(&file, poems.replace("class Poem", "class Poem Poem")).unwrap();
    server.wait_text("invalid syntax");
    assert_eq!(ask().said(), "first /haiku Basel");
    assert!(is_refused(&[]));
    fs::write(
        &file,
        poems.replace("first", "second").replace("/ode", "/elegy"),
    )
    .unwrap();
    wait_until("the change", || ask().said() == "second /haiku Basel");
    assert_eq!(server.ask("elegy", "hi").said(), "second /elegy Basel");
    assert!(is_refused(&[]));
}

/// Both its packages and what to do by hand are said before the build says that it cannot go on.
#[test]
fn what_is_to_be_done_by_hand_is_said() {
    let modal = "import modal\nmodal.Image.debian_slim().pip_install('requests==2.32.5')\n";
    let folder = Folder::empty()
        .file("poems.py", format!("{modal}{POEMS}"))
        .env("HAIKU_KEY", KEY);
    let said = folder.refused(&["up", "poems.py"]);
    for part in [
        "write `requests==2.32.5` into requirements.txt beside the file",
        "reads CITY",
        "`ravenry new --from poems.py` writes a directory with a manifest",
        "there is no module `requests`",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
}

/// Nobody is to believe that a key is asked for.
#[test]
fn a_file_that_cannot_be_read_is_not_open_in_silence() {
    let folder = Folder::empty()
        .file("poems.py", POEMS.replace("class Poem", "class Poem Poem"))
        .env("HAIKU_KEY", KEY);
    let said = folder.refused(&["up", "poems.py"]);
    let warning = "What `poems.py` says of itself cannot be read: it has no access key";
    assert!(said.contains(warning), "{said}");
    assert!(said.contains("invalid syntax"), "{said}");
}

/// A build makes one component of a file, which is one of its bots.
#[test]
fn a_build_says_which_bot_it_is() {
    let poems = POEMS.replace("import requests\n", "");
    let poems = poems.replace("os.environ[\"HAIKU_KEY\"]", "None");
    let folder = Folder::empty().file("poems.py", &poems);
    let output = folder
        .env("RAVENRY_CACHE_DIR", compiled().to_str().unwrap())
        .output(&["build", "poems.py"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.stdout, b"./dist/poems.wasm\n", "{said}");
    let remark = "this file has 2 bots, and a bot here is one of them";
    assert!(said.contains(remark), "{said}");
}
