//! Samples that ask one bot after another: `coder` and `outfit`.

use ravenry_desk::simulator::{Answer, Endpoint};
use serde_json::{Value, json};

use super::{ask, contents, declared, gateway, send, with_image};
use crate::harness::{FakePoe, Script, unreferred};

fn says(text: &str) -> Answer {
    Answer::stream().text(text).done()
}

#[test]
fn coder_writes_runs_and_explains() {
    let poe = FakePoe::start().unwrap();
    poe.bot(
        "Claude-3.5-Sonnet",
        Script::in_turn([says("print(1)"), says("It printed 1.")]),
    );
    poe.bot("Python", Script::text("1\n"));
    let server = gateway(&poe, &["coder"]);
    assert_eq!(
        ask(&server, "coder", " print one ").show(),
        r#"text {"text":"Generating code with Claude-3.5-Sonnet...\n"}
text {"text":"```python\n"}
text {"text":"print(1)"}
text {"text":"\n```"}
text {"text":"\nRunning the code in Python...\n"}
text {"text":"Output of code:\n1\n"}
text {"text":"\nThe code ran successfully on the first try.\n"}
text {"text":"Asking Claude-3.5-Sonnet for a brief summary of the output...\n"}
text {"text":"It printed 1."}
done {}
"#
    );
    assert_eq!(contents(&poe, "Python"), [["print(1)"]]);
    assert_eq!(
        declared(&server, "coder"),
        json!({"Claude-3.5-Sonnet": 3, "Python": 3})
    );
}

#[test]
fn coder_mends_a_program_once() {
    let poe = FakePoe::start().unwrap();
    let fault = "Traceback (most recent call last):\nNameError: x";
    let writes = ["```python\nprint(x)\n```", "print(2)", "It printed 2."];
    poe.bot("Claude-3.5-Sonnet", Script::in_turn(writes.map(says)));
    poe.bot("Python", Script::in_turn([says(fault), says("2")]));
    let server = gateway(&poe, &["coder"]);
    assert_eq!(
        ask(&server, "coder", "print two").said(),
        format!(
            "Generating code with Claude-3.5-Sonnet...\n```python\n{}\n```\nRunning the code in \
             Python...\nOutput of code:\n{fault}\nWe got an error when running the code. Asking \
             Claude-3.5-Sonnet to debug...\n```python\nprint(2)\n```\nRe-running the updated code in \
             Python...\nOutput of debugged code:\n2\nDebugged code ran successfully. Summarizing the \
             final output...\nIt printed 2.",
            writes[0]
        )
    );
    assert_eq!(contents(&poe, "Python"), [["print(x)"], ["print(2)"]]);
    let mends = &contents(&poe, "Claude-3.5-Sonnet")[1][0];
    assert!(
        mends.contains("print(x)") && mends.contains(fault),
        "{mends}"
    );

    poe.bot("Claude-3.5-Sonnet", Script::in_turn(writes.map(says)));
    poe.bot("Python", Script::text("Error: never"));
    let said = ask(&server, "coder", "print two").said();
    assert!(
        said.ends_with(
            "\n\nError: never\n\nYou can try refining your request or debugging further."
        ),
        "{said}"
    );
}

#[test]
fn coder_wants_a_wish() {
    let poe = FakePoe::start().unwrap();
    let server = gateway(&poe, &["coder"]);
    let said = "Please provide a prompt describing the code you want generated.";
    assert_eq!(ask(&server, "coder", " \n").said(), said);
}

fn painter() -> Answer {
    let file = json!({"url": "https://painter.test/top.png", "content_type": "image/png", "name": "top.png"});
    Answer::stream().text("Painting").event("file", file).done()
}

#[test]
fn outfit_recommends_and_shows_a_top() {
    let poe = FakePoe::start().unwrap();
    let adviser = Answer::stream().text("A red ").text("shirt").done();
    poe.bot("Claude-3.5-Sonnet", adviser);
    poe.bot("Imagen3-Fast", painter());
    let server = gateway(&poe, &["outfit"]);
    let query = with_image(&poe, "What suits me?");
    let events = send(&server, "outfit", &query).events();
    let names: Vec<&str> = events.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["text", "text", "text", "file", "text", "done"]);
    let texts: Vec<&str> = events
        .iter()
        .filter_map(|(_, data)| data["text"].as_str())
        .collect();
    let upload = &poe.uploads()[0];
    let file = &events[3].1;
    let label = file["inline_ref"].as_str().unwrap();
    let last = format!("\n\nHere's an image of the recommended top![new_top][{label}]");
    assert_eq!(
        texts,
        [
            "A red ",
            "shirt",
            "\n\nGenerating an example image...",
            &last
        ]
    );
    assert_eq!(file["name"], "top.png");
    assert_eq!(upload.status, 200);
    assert!(
        file["url"].as_str().unwrap().starts_with(&poe.url()),
        "{file}"
    );

    let image = |query: &Value| query["query"][0]["attachments"][0]["url"].clone();
    let looked_at = &poe.queries("Claude-3.5-Sonnet")[0].body;
    assert_eq!(image(looked_at), image(&query));
    let wanted = "Please create an image of a A red shirt only. White background.";
    assert_eq!(contents(&poe, "Imagen3-Fast"), [[wanted]]);
    assert_eq!(
        declared(&server, "outfit"),
        json!({"Claude-3.5-Sonnet": 1, "Imagen3-Fast": 1})
    );
}

#[test]
fn outfit_says_what_is_missing() {
    let poe = FakePoe::start().unwrap();
    let server = gateway(&poe, &["outfit"]);
    let said = "Please attach an image of your outfit so I can suggest a new top!";
    assert_eq!(ask(&server, "outfit", "hi").said(), said);

    poe.bot("Claude-3.5-Sonnet", Script::text(" "));
    let error = |answer: crate::harness::Answer| {
        let events = answer.events();
        let (_, data) = events
            .into_iter()
            .find(|(name, _)| name == "error")
            .unwrap();
        (
            data["text"].as_str().unwrap().to_owned(),
            data["allow_retry"].clone(),
        )
    };
    let query = with_image(&poe, "hi");
    let told = |text: &str| (text.to_owned(), json!(true));
    let nothing = told("I was unable to get a clothing recommendation from Claude.");
    assert_eq!(error(send(&server, "outfit", &query)), nothing);

    poe.bot("Claude-3.5-Sonnet", Script::text("A hat"));
    poe.bot("Imagen3-Fast", Script::text("No."));
    let nothing = told("The Imagen3-Fast bot did not return an image of the top.");
    assert_eq!(error(send(&server, "outfit", &query)), nothing);

    // The last step: the platform does not take the file.
    poe.bot("Imagen3-Fast", painter());
    for _ in 0..2 {
        poe.instead(Endpoint::Uploads, Answer::status(500));
    }
    let broken = told("Something this bot relies on did not answer.");
    let (text, allow_retry) = error(send(&server, "outfit", &query));
    assert_eq!((unreferred(&json!(text)), allow_retry), broken);
}
