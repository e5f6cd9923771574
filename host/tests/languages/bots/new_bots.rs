//! What `ravenry new` makes in other languages: it is built by its own command, tested and served.

use std::{path::Path, process::Command};

use crate::components::{build, new_bot, ravenry_build};
use crate::harness::Server;

/// What `ravenry new` makes is built by its own command, and answers.
#[test]
fn a_new_bot_in_each_language_answers() {
    let names = ["python", "js", "ts"];
    let manifest: String = names
        .map(|template| {
            let directory = new_bot(template, &format!("new-{template}"));
            let component = build(&directory);
            if template == "python" {
                tests_of_the_template_pass(&directory);
            }
            format!("[bot.{template}]\nsource = {component:?}\n")
        })
        .concat();
    let server = Server::start(&manifest);
    server.wait_ready();
    for template in names {
        assert_eq!(
            server.ask(template, "hello 🐈").show(),
            r#"text {"text":"I heard"}
text {"text":": "}
text {"text":"hello 🐈"}
suggested_reply {"text":"Say it again"}
done {}
"#,
            "{template}"
        );
    }
}

fn tests_of_the_template_pass(directory: &Path) {
    let output = Command::new("python3")
        .args(["-m", "unittest"])
        .env("PYTHONPATH", "sdk")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .current_dir(directory)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && said.contains("Ran 1 test"),
        "{said}"
    );
}

/// TypeScript's complaint is shown, and nothing is built from what does not fit.
#[test]
fn what_does_not_fit_the_types_is_not_built() {
    let directory = new_bot("ts", "wrong-types");
    let bot = directory.join("bot.ts");
    let text = std::fs::read_to_string(&bot).unwrap();
    std::fs::write(&bot, text.replace("query.lastText", "query.lastWord")).unwrap();
    let output = ravenry_build(&directory);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(
        said.contains("bot.ts(") && said.contains("lastWord"),
        "{said}"
    );
    assert!(!directory.join("dist/bot.wasm").exists());
}
