//! `ravenry simulate`, and `ravenry up --simulate`: bots that ask others, without Poe and without keys.

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::harness::{
    Folder, Server, query,
    simulate::{self, Simulate},
};

const SAMPLES: &str = "[bot.prompt]\nsource = \"prompt.wasm\"\n[bot.versus]\nsource = \"versus.wasm\"\n\
                       [bot.weather]\nsource = \"weather.wasm\"\n[bot.echo]\nsource = \"echo.wasm\"\n";

/// Samples that ask models answer at once, and so does a mounted bot under its name.
#[test]
fn samples_that_ask_others_work_without_any_key() {
    let folder = Folder::with_manifest(SAMPLES).flag("--simulate=127.0.0.1:0");
    let server = folder.up();
    let said = server.ask("prompt", "frogs").said();
    assert_eq!(
        said,
        "Claude-3-Haiku is played by a stand-in here. It was told: “All your replies are Haikus.” It was asked: “frogs”"
    );
    let said = server.ask("weather", "How is the weather in Paris?").said();
    assert!(
        said.contains("GPT-3.5-Turbo is played by a stand-in") && said.contains("22"),
        "{said}"
    );
    let said = server.ask("versus", "cats or dogs").said();
    assert_eq!(
        said.matches("is played by a stand-in here").count(),
        2,
        "{said}"
    );
    let url = server.output();
    assert!(url.contains("Poe is played on http://127.0.0.1:"), "{url}");
    // Behind the played Poe, the bots of the server answer under their names.
    let poe = simulate::url_in(&url, "Poe is played on ");
    let said = simulate::ask(&poe, "echo", &query("again"));
    assert!(said.contains("again"), "{said}");
}

/// The flag for the page says where Poe is played, too: it has the page.
#[test]
fn poe_is_played_where_the_page_is_wanted() {
    let server = Folder::with_bots(&["puppet"])
        .flag("--simulate")
        .flag("--page=127.0.0.1:0")
        .up();
    let poe = simulate::url_in(&server.output(), "Poe is played on ");
    assert!(!poe.ends_with(":8081"), "{poe}");
}

/// A file says what a model answers; a bot that is added answers under its name as soon as it is there.
#[test]
fn scripts_and_changes_are_played() {
    let script = "[bot.Claude-3-Haiku]\nreplies = [{ when = \"FROG\", text = \"Splash\" }, \"One\", \"Two\"]\n";
    let folder = Folder::with_manifest("[bot.prompt]\nsource = \"prompt.wasm\"\n")
        .file("bots.toml", script)
        .flag("--simulate=127.0.0.1:0")
        .flag("--scripts=bots.toml");
    let server = folder.up();
    for (text, said) in [
        ("hi", "One"),
        ("a frog", "Splash"),
        ("hi", "Two"),
        ("hi", "Two"),
    ] {
        assert_eq!(server.ask("prompt", text).said(), said);
    }
    let poe = simulate::url_in(&server.output(), "Poe is played on ");
    let manifest = "manifest_version = 1\n[bot.prompt]\nsource = \"prompt.wasm\"\n\
                    [bot.second]\nsource = \"prompt.wasm\"\n";
    std::fs::write(server.folder.path().join("ravenry.toml"), manifest).unwrap();
    server.wait_text("Added `second`");
    assert_eq!(
        simulate::said(&simulate::ask(&poe, "second", &query("a frog"))),
        "Splash"
    );
}

/// The whole page, and the bill at the end.
#[test]
fn the_simulator_tells_who_plays() {
    let cat = Folder::with_manifest("[bot.cat]\nsource = \"cat.wasm\"\n").up();
    let bot = format!("cat={}/cat", simulate::url(cat.address));
    let mut simulate = Simulate::start(&[
        "--bot",
        &bot,
        "--bot",
        "away=127.0.0.1:1/x",
        "--balance",
        "500",
    ]);
    let page = simulate.page(cat.address);
    insta::assert_snapshot!(page, @r#"
    Playing Poe on [POE]

     bot    is                           settings
    ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
     away   http://127.0.0.1:1/x         not read: it does not answer: the connection was refused; start the server there, as with `ravenry up`; or correct the port
     cat    http://[BOTS]/cat   read

    Talk to your bots in a browser: [POE]/

    A stand-in answers for any other name.

    Have bots ask here instead of Poe:
      export RAVENRY_POE_API=[POE]/
      export RAVENRY_POE_UPLOAD=[POE]/poe_api/file_upload_3RD_PARTY_POST

    Ask as a person:
      curl -N '[POE]/bot/cat' -H 'Authorization: Bearer simulated-person' -d '{"version":"1.2","type":"query","query":[{"role":"user","content":"hello","content_type":"text/markdown"}],"user_id":"u-1","conversation_id":"c-1","message_id":"m-1"}'

    What bots charge: [POE]/simulator/ledger

    Stop with Ctrl-C.
    "#);
    let said = simulate::ask(&simulate.url, "cat", &query("food"));
    assert_eq!(simulate::said(&said), "meow meow");
    assert!(simulate::ask(&simulate.url, "away", &query("x")).contains("does not answer"));
    simulate.signal(Signal::INT);
    assert!(simulate.wait().success());
}

#[test]
fn mistakes_are_told_in_one_sentence_each() {
    let refused = |arguments: &[&str]| {
        let output = Folder::empty()
            .file("bots.toml", "[bot.a]\nurl = \"ftp://x\"\n")
            .output(&[&["simulate", "--listen", "127.0.0.1:0"], arguments].concat());
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8(output.stderr).unwrap()
    };
    insta::assert_snapshot!(refused(&["--bot", "cat=:", "--key", "dog=NONE"]), @r#"
    error: `:` is no URL of a bot: empty host
    hint: write it as in http://127.0.0.1:8080/cat
    error: `--key` names `dog`, and no bot is registered under this name
    hint: register it: `--bot dog=URL`
    2 errors
    "#);
    insta::assert_snapshot!(refused(&["--bot", "cat=localhost:1/cat", "--key", "cat=RAVENRY_NO_SUCH_KEY"]), @r#"
    error: the environment variable that `--key cat=…` names is not set
    hint: name the variable that holds the access key, not the key: `--key cat=CAT_KEY`
    "#);
    insta::assert_snapshot!(refused(&["--scripts", "bots.toml"]), @r#"
    error: `ftp://x` is no URL of a bot: it begins neither with `http` nor with `https`
      --> bots.toml:1:1
    hint: write it as in http://127.0.0.1:8080/cat
    "#);
}

#[test]
fn an_address_of_others_or_in_use_is_refused() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let refused = |listen: &str| {
        let output = Folder::empty().output(&["simulate", "--listen", listen]);
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8(output.stderr)
            .unwrap()
            .replace(&address, "[TAKEN]")
    };
    insta::assert_snapshot!(refused(&address), @r#"
    error: Poe cannot be played on `[TAKEN]`
      caused by: Address already in use (os error 98)
    hint: another program listens there: stop it, or choose another address (port 0 takes a free one)
    "#);
    insta::assert_snapshot!(refused("0.0.0.0:0"), @r#"
    error: Poe cannot be played on `0.0.0.0:0`
      caused by: other machines could reach it there, and any program that does may ask bots and read files
    hint: choose an address of this machine, such as 127.0.0.1:8081
    "#);
    insta::assert_snapshot!(refused("nowhere"), @r#"
    error: Poe cannot be played on `nowhere`
      caused by: invalid socket address
    hint: an address looks like 127.0.0.1:8081
    "#);
}

/// A gateway with these bots, and where Poe is played beside it.
fn beside_poe(names: &[&str]) -> (Server, String) {
    let server = Folder::with_bots(names).flag("--simulate=127.0.0.1:0").up();
    let poe = simulate::url_in(&server.output(), "Poe is played on ");
    (server, poe)
}

/// What a bot of the gateway charges for a query of the played Poe is in the ledger.
#[test]
fn what_bots_charge_is_in_the_ledger() {
    let (_server, poe) = beside_poe(&["asker"]);
    let ledger = simulate::get(&poe, "/simulator/ledger");
    assert_eq!(ledger, json!({"balance": 10_000_000, "tabs": []}));
    let paid = "authorize 300\ncapture 200\nthanks";
    let answer = simulate::ask(&poe, "asker", &query(paid));
    assert_eq!(simulate::said(&answer), "thanks", "{answer}");
    let ledger = simulate::get(&poe, "/simulator/ledger");
    assert_eq!(ledger["balance"], 10_000_000 - 200);
    let tab = &ledger["tabs"][0];
    assert_eq!(
        (&tab["authorized"], &tab["captured"]),
        (&json!(300), &json!(200))
    );

    let answer = simulate::ask(&poe, "asker", &query("authorize 99999999\nnever"));
    assert!(answer.contains("insufficient_fund"), "{answer}");
    let ledger = simulate::get(&poe, "/simulator/ledger");
    assert_eq!(ledger["balance"], 10_000_000 - 200);
}

/// A bot that goes on although its declaration has a mistake by now is still known there.
#[test]
fn a_bot_whose_declaration_is_wrong_is_still_known() {
    let (server, poe) = beside_poe(&["asker", "puppet"]);
    let manifest = server.folder.path().join("ravenry.toml");
    let wrong = std::fs::read_to_string(&manifest).unwrap() + "rout = \"/x\"\n";
    std::fs::write(&manifest, wrong).unwrap();
    server.wait_text("What ran before goes on");
    let said = simulate::said(&simulate::ask(&poe, "puppet", &query("still here")));
    assert_eq!(said, "still here");
}

/// Samples that ask several others, in a chain or with files, get to their end.
#[test]
fn chains_of_bots_come_to_an_end() {
    let (_server, poe) = beside_poe(&["all-caps", "coder", "outfit"]);
    let said = |bot: &str, body: &Value| simulate::said(&simulate::ask(&poe, bot, body));
    assert_eq!(
        said("all-caps", &query("frogs")),
        "GPT-3.5-TURBO IS PLAYED BY A STAND-IN HERE. IT WAS ASKED: “FROGS”"
    );
    let program = said("coder", &query("frogs"));
    for part in [
        "```python\nClaude-3.5-Sonnet is played by a stand-in",
        "Output of code:\nPython is played by a stand-in",
        "The code ran successfully on the first try.",
        "It was asked: “Somebody wished:\nfrogs",
    ] {
        assert!(program.contains(part), "{program}");
    }
    let mut body = query("what goes with this?");
    let image = simulate::upload(&poe, "me.png", "pixels");
    body["query"][0]["attachments"] =
        json!([{"url": image, "name": "me.png", "content_type": "image/png"}]);
    let answer = simulate::ask(&poe, "outfit", &body);
    let words = simulate::said(&answer);
    let (_, label) = words.split_once("recommended top![new_top][").unwrap();
    let label = label.strip_suffix(']').unwrap();
    assert!(
        answer.contains(&format!("\"inline_ref\": \"{label}\"")),
        "{answer}"
    );
}

/// The text of an attached PDF goes along; what is no PDF is as good as a file without text.
#[test]
fn the_text_of_a_pdf_goes_along() {
    let (_server, poe) = beside_poe(&["mirror"]);
    let shown = |document: &str| {
        let url = simulate::upload(&poe, "frogs.pdf", document);
        let mut body = query("what does it say?");
        body["query"][0]["attachments"] =
            json!([{"url": url, "name": "frogs.pdf", "content_type": "application/pdf"}]);
        simulate::ask(&poe, "mirror", &body)
    };
    let said = shown(&pdf("Frogs croak at night"));
    assert!(said.contains("Frogs croak at night"), "{said}");
    let said = shown("%PDF-1.4 and nothing else");
    assert!(said.contains("frogs.pdf"), "{said}");
}

/// A document of one page with these words.
fn pdf(words: &str) -> String {
    let drawn = format!("BT /F1 24 Tf 72 700 Td ({words}) Tj ET");
    let objects = [
        "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
        "<</Type/Pages/Kids[3 0 R]/Count 1>>".to_owned(),
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R\
         /Resources<</Font<</F1 5 0 R>>>>>>"
            .to_owned(),
        format!("<</Length {}>>\nstream\n{drawn}\nendstream", drawn.len()),
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>".to_owned(),
    ];
    let mut document = "%PDF-1.4\n".to_owned();
    let mut table = "0000000000 65535 f \n".to_owned();
    for (index, object) in objects.iter().enumerate() {
        table += &format!("{:010} 00000 n \n", document.len());
        document += &format!("{} 0 obj\n{object}\nendobj\n", index + 1);
    }
    let at = document.len();
    let size = objects.len() + 1;
    format!(
        "{document}xref\n0 {size}\n{table}trailer\n<</Size {size}/Root 1 0 R>>\nstartxref\n{at}\n%%EOF\n"
    )
}
