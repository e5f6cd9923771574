//! What becomes of the files that come with a message, and which of them a question is about.

use super::{manual, me, museum, plain, with_files, with_model};
use ravenry_sdk::knowledge::{Document, Error};
use ravenry_sdk::testing::{Knowledge, Scene, Scope};
use ravenry_sdk::{Message, Query};

#[test]
fn files_are_taken_in_searched_listed_and_forgotten() {
    let files = [
        ("list.txt", Some("milk and eggs")),
        ("cat.png", None),
        ("empty.txt", Some(" ")),
    ];
    let taken = museum().ask(&plain(), with_files("", &files));
    assert_eq!(
        taken.text(),
        "I have taken in list.txt.\n\nI cannot read cat.png, empty.txt.\n\n"
    );
    assert!(taken.knowledge.ids(&me()).eq(["list.txt"]));

    let scene = Scene::default().knowledge(taken.knowledge);
    let found = scene
        .ask(&plain(), "What do my files say about milk and a ticket?")
        .text();
    assert!(
        found.contains("> milk and eggs") && !found.contains("francs"),
        "{found}"
    );
    let nothing = scene
        .ask(&plain(), "what do my files say about tickets")
        .text();
    assert_eq!(
        nothing,
        "I do not know: your files say nothing about that. They are about: list.txt."
    );

    let listed = scene.ask(&plain(), "Which files do you have?").text();
    assert_eq!(listed, "- **list.txt**, 13 bytes\n");
    let forgotten = scene.ask(&plain(), "forget my files");
    assert_eq!(forgotten.text(), "I have forgotten your file.");
    assert!(forgotten.knowledge.ids(&me()).eq([""; 0]));
    assert!(forgotten.knowledge.ids(&Scope::Bot).eq(["manual.md"]));
    let scene = Scene::default().knowledge(forgotten.knowledge);
    assert_eq!(
        scene.ask(&plain(), "forget my files").text(),
        "I have no files of yours."
    );
    let none = scene.ask(&plain(), "list my files").text();
    assert!(none.starts_with("I have no files of yours."), "{none}");
}

#[test]
fn a_file_that_comes_again_takes_the_place_of_the_one_before() {
    let both = [("list.txt", Some("milk")), ("plan.txt", Some("bake"))];
    let before = museum().ask(&plain(), with_files("", &both));
    let scene = Scene::default().knowledge(before.knowledge);
    let files = [("list.txt", Some("tea")), ("new.txt", Some("new"))];
    let again = scene.ask(&plain(), with_files("tea", &files));
    let said = "I have taken in new.txt.\n\n\
                I have taken in list.txt, in the place of the one before.\n\n**[1]**\n\n> tea";
    assert!(again.text().starts_with(said), "{again}");
    assert_eq!(
        scene.ask(&plain(), with_files("", &both)).text(),
        "I have taken in list.txt, plan.txt, in the place of the ones before.\n\n"
    );
    assert!(
        again
            .knowledge
            .ids(&me())
            .eq(["list.txt", "new.txt", "plan.txt"])
    );
    // Another person never sees it.
    let bert = Query {
        user_id: "bert".to_owned(),
        ..Query::from("tea")
    };
    let scene = Scene::default().knowledge(again.knowledge);
    let answer = scene.ask(&plain(), bert).text();
    assert!(answer.starts_with("I do not know"), "{answer}");
}

#[test]
fn files_of_one_name_or_of_none_are_all_kept() {
    let files = [
        ("", Some("one")),
        ("notes.txt", Some("two")),
        ("notes.txt", Some("three")),
        ("notes-2.txt", Some("four")),
        ("file", Some("five")),
        (" ", Some("six")),
        (".env", Some("seven")),
        (".env", Some("eight")),
        ("", None),
    ];
    let taken = Scene::default().ask(&plain(), with_files("", &files));
    assert_eq!(
        taken.text(),
        "I have taken in file-2, notes.txt, notes-3.txt, notes-2.txt, file, file-3, .env, .env-2.\n\n\
         I cannot read file-4.\n\n"
    );
    for (name, text) in [
        ("file-2", "one"),
        ("notes.txt", "two"),
        ("notes-3.txt", "three"),
        ("notes-2.txt", "four"),
        ("file", "five"),
        ("file-3", "six"),
        (".env", "seven"),
        (".env-2", "eight"),
    ] {
        let document = taken.knowledge.document(&me(), name).unwrap();
        assert_eq!(document.text, text, "{name}");
    }
    let one = Scene::default().ask(&plain(), with_files("", &[("", Some("one"))]));
    assert_eq!(one.text(), "I have taken in file.\n\n");
}

#[test]
fn a_question_with_files_is_answered_from_them_first() {
    let mut known = manual();
    // More, and better ones, than a search without files has.
    for number in 0..30 {
        let other = Document::plain(format!("n{number}"), "What does a ticket cost?");
        known = known.with(me(), other);
    }
    let scene = Scene::default().knowledge(known);
    let answer = |text: &str, files: &[(&str, Option<&str>)]| {
        let answer = scene.ask(&plain(), with_files(text, files)).text();
        let (_, sources) = answer.split_once("**Sources**\n\n").unwrap_or_default();
        sources.to_owned()
    };
    let (rail, milk) = (("rail", Some("ticket: 7")), ("milk", Some("milk")));
    let cost = "What does a ticket cost?";
    assert_eq!(answer(cost, &[rail]), "- [1] rail, line 1\n");
    let two = answer(cost, &[rail, milk, ("bus", Some("a ticket: 2"))]);
    assert_eq!(two, "- [1] bus, line 1\n- [2] rail, line 1\n");
    let seven = ["1", "2", "3", "4", "5", "6", "7"].map(|name| (name, Some("ticket")));
    assert_eq!(answer(cost, &seven).lines().count(), 6);
    // The bot's own document of that name is another one.
    let same = answer(cost, &[("manual.md", Some("ticket: 9"))]);
    assert_eq!(same, "- [1] manual.md, line 1\n");
    // Where they say nothing, or cannot be read, all are asked.
    for files in [[milk], [("rail", None)]] {
        let all = answer(cost, &files);
        assert!(all.contains("Manual › Tickets"), "{all}");
    }
    // Who says "my files" means all of them.
    let mine = answer("what do my files say about a ticket cost", &[rail]);
    assert!(
        mine.contains("n0, line 1") && !mine.contains("Manual"),
        "{mine}"
    );
}

#[test]
fn what_was_asked_before_is_asked_of_files_where_nothing_else_is() {
    let sources = |last: &str| {
        let mut messages = vec![Message::user("What does a ticket cost?")];
        messages.extend(with_files(last, &[("rail", Some("ticket: 7"))]));
        museum().ask(&plain(), messages).text()
    };
    let follow_up = sources("For kids, too?");
    assert!(
        follow_up.ends_with("\n\n- [1] rail, line 1\n"),
        "{follow_up}"
    );
    let other = sources("Opening hours?");
    assert!(other.contains("[1] Manual › Opening hours"), "{other}");
}

/// "Summarise this" has no word of what is in the file.
#[test]
fn where_nothing_is_found_the_beginning_of_a_file_is_the_answer() {
    let rent = "\n \nThe rent is 900 francs.\r\n\r\nNo cats.\n";
    let lease = [("lease.txt", Some(rent))];
    let shown = "I have taken in lease.txt.\n\n**[1]**\n\n> The rent is 900 francs.\n> \n> No cats.\n\n\n\n\
                 **Sources**\n\n- [1] lease.txt, lines 3–5\n";
    for text in ["Summarise this", "what is in here?", "Dogs?"] {
        let answer = museum().ask(&plain(), with_files(text, &lease));
        assert_eq!(answer.text(), shown, "{text}");
    }
    let mine = "what do my files say about dogs";
    let answer = museum().ask(&plain(), with_files(mine, &lease));
    assert_eq!(answer.text(), shown);
    // Neither what was asked before nor words that are anywhere lead elsewhere.
    let other = manual().with(me(), Document::plain("other", "What does this file say?"));
    let scene = Scene::default().knowledge(other);
    for text in ["Hm?", "What does this file say?"] {
        let mut messages = vec![Message::user("What does a ticket cost?")];
        messages.extend(with_files(text, &lease));
        assert_eq!(scene.ask(&plain(), messages).text(), shown, "{text}");
    }
    // Each has its part, and is cut between words.
    let long = "words ".repeat(2_000);
    let seven = ["1", "2", "3", "4", "5", "6", "7"].map(|name| (name, Some(long.as_str())));
    let scene = museum().bot("Claude", "Long.");
    let long = scene.ask(&with_model(), with_files("Summarise these", &seven));
    let prompt = &long.asked[0].messages()[0].content;
    assert!(prompt.contains("[6] 6\nwords words"), "{prompt}");
    assert!(!prompt.contains("[7]"), "{prompt}");
    assert_eq!(prompt.matches("words …\n\n").count(), 6);
    assert_eq!(prompt.matches("words").count(), 6 * 166);
}

#[test]
fn many_files_are_listed_in_part() {
    let mut known = Knowledge::new();
    for number in 0..52 {
        known = known.with(me(), Document::plain(format!("{number}.txt"), "text"));
    }
    let scene = Scene::default().knowledge(known);
    let listed = scene.ask(&plain(), "which files do you have").text();
    assert_eq!(listed.lines().count(), 51);
    assert!(listed.ends_with("- and 2 more\n"), "{listed}");
    let forgotten = scene.ask(&plain(), "forget my files").text();
    assert_eq!(forgotten, "I have forgotten your 52 files.");
}

#[test]
fn refusals_of_the_gateway_are_told() {
    let refusing = |error| Scene::default().knowledge(manual().refusing(error));
    let away = refusing(Error::Unavailable("away".to_owned())).ask(&plain(), "ticket?");
    assert!(away.failure().unwrap().allow_retry);
    let message = || with_files("", &[("list.txt", Some("milk"))]);
    let gone = refusing(Error::Unavailable("away".to_owned())).ask(&plain(), message());
    assert!(gone.failure().unwrap().allow_retry);
    // What cannot be kept takes no answer away.
    let full = |text: &str| {
        let files = [("list.txt", Some("milk")), ("plan.txt", Some("bake"))];
        let scene = refusing(Error::Full("no more than 9 bytes are kept".to_owned()));
        let answer = scene.ask(&plain(), with_files(text, &files)).text();
        let told = "I could not keep list.txt, plan.txt: no more than 9 bytes are kept.\n\n";
        answer.strip_prefix(told).unwrap().to_owned()
    };
    assert_eq!(full(""), "");
    let found = full("ticket?");
    assert!(found.contains("[1] Manual › Tickets"), "{found}");
    let begun = full("Summarise these");
    let both = "- [1] list.txt, line 1\n- [2] plan.txt, line 1\n";
    assert!(begun.ends_with(both), "{begun}");
    let silent = refusing(Error::Full(String::new())).ask(&plain(), message());
    assert_eq!(silent.text(), "I could not keep list.txt.\n\n");
    let large = "x".repeat(4 * 1024 * 1024 + 1);
    let large = museum().ask(&plain(), with_files("", &[("large.txt", Some(&large))]));
    let told = "I could not keep large.txt: a text has at most 4194304 bytes.\n\n";
    assert_eq!(large.text(), told);
}
