//! Samples that ask one bot after another: `coder` and `outfit`.

use ravenry_desk::simulator::Answer;
use serde_json::json;

use super::{Sample, ask, contents, declared, gateway};
use crate::harness::{FakePoe, Script};
use crate::sample_tests::outfit;

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

#[test]
fn outfit_recommends_and_shows_a_top() {
    outfit::recommends_and_shows_a_top(&Sample::in_rust("outfit"));
}

#[test]
fn outfit_says_what_is_missing() {
    outfit::says_what_is_missing(&Sample::in_rust("outfit"));
}

#[test]
fn outfit_takes_the_newest_image_and_the_last_word() {
    outfit::takes_the_newest_image_and_the_last_word(&Sample::in_rust("outfit"));
}
