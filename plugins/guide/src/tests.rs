//! What people are told from which documents, by whom, and what is kept of them.

mod commands;
mod files;
mod models;

use super::{Guide, HELP, log_found, sources};
use ravenry_sdk::knowledge::{Document, Passage};
use ravenry_sdk::testing::{Knowledge, Scene, Scope};
use ravenry_sdk::{Attachment, Bot, Feedback, Message, Query};

const MANUAL: &str = "\
# Manual

## Opening hours

The museum opens at nine.

## Tickets

A ticket costs five francs. Children pay nothing.
";

/// A bot whose manifest says this.
fn guide(variables: &'static [(&str, &str)]) -> Guide {
    Guide::new(|name| {
        let found = variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    })
}

fn plain() -> Guide {
    guide(&[])
}

fn with_model() -> Guide {
    guide(&[("model", "Claude")])
}

fn me() -> Scope {
    Scope::user("user")
}

fn manual() -> Knowledge {
    Knowledge::new().with(Scope::Bot, Document::markdown("manual.md", MANUAL))
}

fn museum() -> Scene {
    Scene::default().knowledge(manual())
}

/// A message with files of these names and texts.
fn with_files(text: &str, files: &[(&str, Option<&str>)]) -> Vec<Message> {
    let attachments = files.iter().map(|(name, content)| Attachment {
        url: format!("https://files.test/{name}"),
        name: (*name).to_owned(),
        content_type: "text/plain".to_owned(),
        parsed_content: content.map(str::to_owned),
        ..Attachment::default()
    });
    vec![Message {
        attachments: attachments.collect(),
        ..Message::user(text)
    }]
}

#[test]
fn without_a_model_the_passages_are_the_answer() {
    let transcript = museum().ask(&plain(), "What does a ticket cost?");
    assert_eq!(
        transcript.text(),
        "**[1]**\n\n> ## Tickets\n> \n> A ticket costs five francs. Children pay nothing.\n\n\n\n\
         **Sources**\n\n- [1] Manual › Tickets, manual.md lines 7–9\n"
    );
}

#[test]
fn a_long_passage_is_shortened() {
    let long = format!("first\n{}last", "word ".repeat(100));
    let known = Knowledge::new().with(Scope::Bot, Document::plain("long", long));
    let text = Scene::default()
        .knowledge(known)
        .ask(&plain(), "first")
        .text();
    assert!(text.contains("> first\n> word word"), "{text}");
    assert!(text.contains("word …\n"), "{text}");
    assert!(!text.contains("last"), "{text}");
    assert_eq!(text.matches("word").count(), 79);
}

#[test]
fn both_collections_are_merged_and_six_passages_are_left() {
    let mut known = manual().with(me(), Document::plain("mine", "my ticket"));
    let alone = Scene::default()
        .knowledge(known.clone())
        .ask(&plain(), "ticket")
        .text();
    // Of equals, the person's own comes first.
    assert!(alone.contains("[1] mine, line 1"), "{alone}");
    assert!(alone.contains("[2] Manual › Tickets"), "{alone}");
    for number in 0..9 {
        known = known.with(Scope::Bot, Document::plain(format!("n{number}"), "ticket"));
    }
    let many = Scene::default()
        .knowledge(known)
        .ask(&plain(), "ticket")
        .text();
    assert!(many.contains("[6]") && !many.contains("[7]"), "{many}");
    assert!(many.contains("[1] mine, line 1"), "{many}");
}

#[test]
fn what_was_asked_before_counts_less_than_the_question() {
    let conversation = |last: &str| {
        vec![
            Message::user("What does a ticket cost?"),
            Message::bot("It opens at nine."),
            Message::user(last),
        ]
    };
    let follow_up = museum().ask(&plain(), conversation("For kids, too?"));
    assert!(follow_up.text().contains("[1] Manual › Tickets"));
    assert!(!follow_up.text().contains("[2]"), "{follow_up}");
    let other = museum()
        .ask(&plain(), conversation("and opening hours, museum?"))
        .text();
    assert!(other.contains("[1] Manual › Opening hours"), "{other}");
    assert!(other.contains("[2] Manual › Tickets"), "{other}");
}

#[test]
fn who_finds_nothing_hears_what_there_is() {
    let nothing = "I do not know: my documents say nothing about that.";
    let transcript = museum().ask(&with_model(), "Cats?");
    assert_eq!(
        transcript.text(),
        format!("{nothing} They are about: Manual.")
    );
    assert!(transcript.asked.is_empty());
    let empty = Scene::default().ask(&plain(), "Cats?");
    assert_eq!(empty.text(), format!("{nothing} I have none yet."));
    // Who asks their own files is not told of others.
    let mine = museum().ask(&with_model(), "What do my files say about a ticket?");
    let nothing_mine = "I do not know: your files say nothing about that. I have none yet.";
    assert_eq!(mine.text(), nothing_mine);
    let mut known = manual();
    for number in 0..9 {
        known = known.with(me(), Document::plain(format!("n{number}"), "text"));
    }
    let many = Scene::default()
        .knowledge(known)
        .ask(&plain(), "Cats?")
        .text();
    assert_eq!(
        many,
        format!("{nothing} They are about: Manual; n0; n1; n2; n3.")
    );
}

/// The documents of the bot are there for those who have no name, too.
#[test]
fn nobody_has_no_files_and_is_answered() {
    let nobody = |text: &str| Query {
        user_id: String::new(),
        ..Query::from(text)
    };
    assert!(
        museum()
            .ask(&plain(), nobody("ticket?"))
            .text()
            .contains("five francs")
    );
    assert!(
        museum()
            .ask(&plain(), nobody("cats?"))
            .text()
            .ends_with("about: Manual.")
    );
    assert!(
        museum()
            .ask(&plain(), nobody("forget my files"))
            .failure()
            .is_some()
    );
    // What cannot be kept needs no collection.
    let query = Query {
        messages: with_files("ticket?", &[("cat.png", None)]),
        ..nobody("")
    };
    let told = museum().ask(&plain(), query).text();
    assert!(
        told.starts_with("I cannot read cat.png.\n\n**[1]**"),
        "{told}"
    );
    // Nor does an answer: from the documents, or else from the file that is not kept.
    for (text, found) in [("ticket?", "> ## Tickets"), ("cats?", "> milk")] {
        let query = Query {
            messages: with_files(text, &[("list.txt", Some("milk"))]),
            ..nobody("")
        };
        let told = museum().ask(&plain(), query).text();
        let refused = "I could not keep list.txt: I cannot see whose it is.\n\n**[1]**\n\n";
        assert!(told.starts_with(&format!("{refused}{found}")), "{told}");
    }
}

/// Whoever gives a document its name does not write lines of the answer.
#[test]
fn names_are_shown_on_one_line_as_they_are() {
    let odd = "my_list\n\n- [2] *<b>\u{202e}\u{7}`a\\b`\u{2028}end";
    let shown = r"my\_list - \[2\] \*\<b>\`a\\b\` end";
    let files = || with_files("", &[(odd, Some("milk"))]);
    let taken = Scene::default().ask(&plain(), files());
    assert_eq!(taken.text(), format!("I have taken in {shown}.\n\n"));
    let scene = Scene::default().knowledge(taken.knowledge);
    let answer = |text: &str| scene.ask(&plain(), text).text();
    let listed = answer("which files do you have");
    assert_eq!(listed, format!("- **{shown}**, 4 bytes\n"));
    // What has no title is named once.
    let found = answer("milk");
    let ending = format!("**Sources**\n\n- [1] {shown}, line 1\n");
    assert!(found.ends_with(&ending), "{found}");
    let nothing = answer("Cats?");
    let ending = format!(" They are about: {shown}.");
    assert!(nothing.ends_with(&ending), "{nothing}");
    // A title has its source behind it, and a link goes where it says.
    let titled = Document::plain("a", "milk").titled("The [list]");
    let titled = titled.from_source("https://lists.test/my_list");
    let known = Knowledge::new().with(Scope::Bot, titled);
    let found = Scene::default().knowledge(known).ask(&plain(), "milk");
    let ending = "- [1] The \\[list\\], https://lists.test/my_list line 1\n";
    assert!(found.text().ends_with(ending), "{found}");
}

#[test]
fn it_says_what_it_can_do() {
    assert_eq!(
        plain().settings().introduction_message.as_deref(),
        Some(HELP)
    );
    assert_eq!(museum().ask(&plain(), "").text(), HELP);
    assert_eq!(plain().settings().expand_text_attachments, Some(true));
    // What is logged fails for no passage and no report.
    museum().feedback(&plain(), &Feedback::default());
    log_found(&[Passage::default()]);
}

#[test]
fn numbers_are_cited_in_any_way() {
    let cited = |text| sources::cited(text).into_iter().collect::<Vec<_>>();
    assert_eq!(cited("a [2] b [1][3], [4, 5]."), [1, 2, 3, 4, 5]);
    assert_eq!(cited("none [a] [ ] [-1] [1"), [0; 0]);
}
