//! Whole replies: programs that run, programs that are mended, and bots that fail at each step.

use super::{Coder, RUNNER, WRITER, without_fences};
use ravenry_sdk::testing::{Event, Scene, Script, Transcript};
use ravenry_sdk::{Bot, Failure, Message, Query, poe::PoeError};

const TRACE: &str = "Traceback (most recent call last):\nNameError: name 'x'";

/// The text of each question, with who was asked.
fn questions(transcript: &Transcript) -> Vec<(String, String)> {
    let question = |asked: &ravenry_sdk::testing::Asked| {
        let [message] = &asked.messages()[..] else {
            panic!("{asked:?}");
        };
        (asked.bot.clone(), message.content.clone())
    };
    transcript.asked.iter().map(question).collect()
}

/// The texts of a reply in which every event appends text.
fn texts<'a>(transcript: &'a Transcript) -> Vec<&'a str> {
    let text = |event: &'a Event| match event {
        Event::Text { text, .. } => text.as_str(),
        other => panic!("{other}"),
    };
    transcript.events.iter().map(text).collect()
}

#[test]
fn a_program_that_runs_is_explained() {
    let scene = Scene::default()
        .bot(WRITER, Script::new().text("print(").text("1)"))
        .bot(RUNNER, "1\n")
        .bot(WRITER, "It printed 1.");
    let transcript = scene.ask(&Coder, "  print one  ");
    assert_eq!(
        texts(&transcript),
        [
            "Generating code with Claude-3.5-Sonnet...\n",
            "```python\n",
            "print(",
            "1)",
            "\n```",
            "\nRunning the code in Python...\n",
            "Output of code:\n1\n",
            "\nThe code ran successfully on the first try.\n",
            "Asking Claude-3.5-Sonnet for a brief summary of the output...\n",
            "It printed 1.",
        ]
    );
    let [writes, runs, explains] = &questions(&transcript)[..] else {
        panic!("{transcript}");
    };
    assert_eq!(writes.0, WRITER);
    assert!(writes.1.contains("\n\nprint one\n\n"), "{}", writes.1);
    assert_eq!(runs, &(RUNNER.to_owned(), "print(1)".to_owned()));
    assert_eq!(explains.0, WRITER);
    for part in ["print one", "print(1)", "1\n"] {
        assert!(explains.1.contains(part), "{}", explains.1);
    }
}

#[test]
fn a_program_that_fails_is_mended_once() {
    for fault in [TRACE, "SyntaxError: no"] {
        let scene = Scene::default()
            .bot(WRITER, "print(x)")
            .bot(RUNNER, fault)
            .bot(WRITER, "print(2)")
            .bot(RUNNER, "2\n")
            .bot(WRITER, "It printed 2.");
        let transcript = scene.ask(&Coder, "print two");
        assert_eq!(
            transcript.text(),
            format!(
                "Generating code with Claude-3.5-Sonnet...\n```python\nprint(x)\n```\nRunning the \
                 code in Python...\nOutput of code:\n{fault}\nWe got an error when running the \
                 code. Asking Claude-3.5-Sonnet to debug...\n```python\nprint(2)\n```\nRe-running \
                 the updated code in Python...\nOutput of debugged code:\n2\n\nDebugged code ran \
                 successfully. Summarizing the final output...\nIt printed 2."
            )
        );
        let questions = questions(&transcript);
        assert!(questions[2].1.contains("print(x)") && questions[2].1.contains(fault));
        assert_eq!(questions[3].1, "print(2)");
        for part in ["print two", "print(x)", "print(2)", "2\n"] {
            assert!(questions[4].1.contains(part), "{}", questions[4].1);
        }
    }
}

#[test]
fn a_program_that_fails_twice_is_given_up() {
    let scene = Scene::default()
        .bot(WRITER, "print(x)")
        .bot(RUNNER, TRACE)
        .bot(WRITER, "print(y)")
        .bot(RUNNER, "Error: again");
    let transcript = scene.ask(&Coder, "print two");
    let end = "Output of debugged code:\nError: againIt seems we have another error even after \
               debugging:\n\nError: again\n\nYou can try refining your request or debugging further.";
    assert!(transcript.text().ends_with(end), "{transcript}");
    assert_eq!((transcript.asked.len(), transcript.failure()), (4, None));
}

#[test]
fn no_wish_is_told_so() {
    for query in [Query::from(" \n"), Query::default()] {
        let transcript = Scene::default().ask(&Coder, query);
        assert_eq!(
            texts(&transcript),
            ["Please provide a prompt describing the code you want generated."]
        );
        assert_eq!(transcript.asked, []);
    }
}

#[test]
fn fences_are_no_part_of_a_program() {
    for code in [
        "```python\na\nb\n```",
        "a\nb",
        "\n```\na\nb\n```\n",
        "````py\na\nb\n````",
    ] {
        assert_eq!(without_fences(code), "a\nb", "{code:?}");
    }
    assert_eq!(without_fences("x = '```'"), "x = '```'");
}

/// A writer that thinks aloud and then replaces it takes nothing of the page with it.
#[test]
fn a_replacement_replaces_its_own_part() {
    let scene = Scene::default()
        .bot(
            WRITER,
            Script::new()
                .text("Thinking...")
                .event(Event::replace("print"))
                .text("(1)"),
        )
        .bot(RUNNER, "1")
        .bot(
            WRITER,
            Script::new()
                .event(Event::replace("One."))
                .event(Event::Suggest("more".to_owned())),
        );
    let transcript = scene.ask(&Coder, "print one");
    assert!(
        transcript
            .text()
            .starts_with("Generating code with Claude-3.5-Sonnet...\n```python\nprint(1)\n```\n")
    );
    assert!(
        transcript.text().ends_with("of the output...\nOne."),
        "{transcript}"
    );
    assert_eq!(questions(&transcript)[1].1, "print(1)");
}

/// Each step in turn: refused by the platform, ended with an error, broken off in the middle, silent.
#[test]
fn a_bot_that_fails_at_any_step_ends_the_reply() {
    let failure = Failure::new("Out of words.").no_retry();
    let steps = [
        (WRITER, "x"),
        (RUNNER, TRACE),
        (WRITER, "y"),
        (RUNNER, "2"),
        (WRITER, "z"),
    ];
    for broken in 0..steps.len() {
        for (script, no_retry) in [
            (Script::new().fail(failure.clone()), true),
            (Script::new().text("a").fail(failure.clone()), true),
            (
                Script::new()
                    .text("a")
                    .breaks(PoeError::Broken("reset".to_owned())),
                false,
            ),
            (
                Script::new().breaks(PoeError::Denied("no".to_owned())),
                true,
            ),
            (Script::new(), false),
        ] {
            let scene =
                steps
                    .iter()
                    .enumerate()
                    .fold(Scene::default(), |scene, (step, (bot, says))| {
                        let says = Script::from(*says);
                        scene.bot(*bot, if step == broken { script.clone() } else { says })
                    });
            let transcript = scene.ask(&Coder, "go");
            assert_eq!(transcript.asked.len(), broken + 1, "{transcript}");
            assert_eq!(
                transcript.failure().unwrap().allow_retry,
                !no_retry,
                "{transcript}"
            );
        }
    }
}

#[test]
fn each_bot_sees_only_its_own_task() {
    let scene = Scene::default()
        .bot(WRITER, "x")
        .bot(RUNNER, "1")
        .bot(WRITER, "z");
    let conversation = vec![
        Message::user("secret"),
        Message::bot("ok"),
        Message::user("go"),
    ];
    let transcript = scene.ask(&Coder, conversation);
    for (_, question) in questions(&transcript) {
        assert!(!question.contains("secret"), "{question}");
    }
}

#[test]
fn the_settings_declare_both_bots() {
    let declared = Coder.settings().server_bot_dependencies;
    assert_eq!(
        declared,
        [(WRITER.to_owned(), 3), (RUNNER.to_owned(), 3)].into()
    );
}
