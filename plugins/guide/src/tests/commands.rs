//! Which sentences are taken for commands, and which are questions.

use super::{manual, me, museum, plain, with_files};
use crate::command::Command::{self, Ask, AskFiles, Forget, List, NearMiss, Thanks};
use ravenry_sdk::Message;
use ravenry_sdk::knowledge::Document;
use ravenry_sdk::testing::{Scene, Scope};

const FORGET_HINT: &str = "To have all of your files removed, write: forget my files; for a single one: forget the \
                           file NAME";
const LIST_HINT: &str = "To see which of your files I have, write: which files do you have";

fn check(command: &Command, texts: &[&str]) {
    for text in texts {
        assert_eq!(&Command::parse(text), command, "{text:?}");
    }
}

#[test]
fn files_are_listed_and_forgotten_however_people_ask_for_it() {
    let list = [
        "which files do you have",
        " Which files do you have? ",
        "what files do you have",
        "What files do you have now, please?",
        "Could you tell me which files you have?",
        "which of my files do you have",
        "LIST my files.",
        "list all my files",
        "can you show me my files?",
        "My files, please",
        "What do my files say?",
        "what do my files say about",
        "What do my files say about … please?",
    ];
    check(&List, &list);
    let forget = [
        "Forget my files!",
        "please forget my files",
        "Forget my files, please",
        "could you forget my files",
        "Would you please forget all my files now? Thank you!",
        "**forget my files**",
        "_forget my files_",
        "delete my files",
        "Now: remove my files",
        "Can you just erase my files, thanks",
    ];
    check(&Forget, &forget);
}

#[test]
fn files_are_asked_however_people_ask_for_it() {
    let cases = [
        ("What do my files say about cats?", "cats?"),
        ("what do my files say: cats", "cats"),
        ("what do my files say:cats", "cats"),
        ("what do my files say on\ncats", "on\ncats"),
        ("Please, what do my files say about \"cats\"?", "\"cats\"?"),
        (
            "could you tell me what my files say about now and then?",
            "now and then?",
        ),
        ("What does my file say about cats, please?", "cats, please?"),
        (
            "According to my files, what do cats eat?",
            "what do cats eat?",
        ),
        ("Can you search all my files for cats", "cats"),
    ];
    for (text, question) in cases {
        check(&AskFiles(question), &[text]);
    }
}

#[test]
fn what_merely_has_their_words_is_a_question() {
    let questions = [
        "",
        "?",
        "please",
        "When do you open?",
        "how do I make the app forget my files?",
        "forget my files about cats",
        "Don't forget my files!",
        "don’t delete everything",
        "does a restart delete files?",
        "which files may I delete?",
        "please delete the files of every customer who has left",
        "Which files are read?",
        "What documents do I need for a passport?",
        "which files do you have about cats",
        "what files do you have to have to enter",
        "what do my files sayings",
        "what do my files säy",
        "thanks for what?",
    ];
    for text in questions {
        check(&Ask(text), &[text]);
    }
    check(
        &Ask("Could you please open?"),
        &[" Could you please open?\n"],
    );
}

#[test]
fn what_comes_close_to_a_command_hears_how_it_is_written() {
    let hear = |hint: &'static str, texts: &[&str]| {
        for text in texts {
            check(&NearMiss(hint, text), &[text]);
        }
    };
    let forget = [
        "will you delete my files",
        "did you delete my files?",
        "delete my file",
        "Please delete all the documents I uploaded.",
        "wipe everything",
        "remove all data",
        "Clear my documents!",
        "delete lease.txt from my files",
    ];
    hear(FORGET_HINT, &forget);
    let list = [
        "tell me what my files are",
        "what documents do you have?",
        "Show all documents",
        "list the files",
        "which files have I uploaded so far?",
        "What have I attached?",
    ];
    hear(LIST_HINT, &list);

    let mut known = manual();
    for id in ["lease.txt", "list.txt"] {
        known = known.with(me(), Document::plain(id, "milk"));
    }
    let scene = Scene::default().knowledge(known);
    let kept = scene.ask(&plain(), "delete everything you have of me");
    assert_eq!(kept.text(), FORGET_HINT);
    assert!(kept.knowledge.ids(&me()).eq(["lease.txt", "list.txt"]));
    // Where it may be a question, only if nothing is found.
    let found = scene.ask(&plain(), "which documents tell of milk?").text();
    assert!(found.contains("[1] lease.txt, line 1"), "{found}");
    let nothing = scene.ask(&plain(), "which documents mention cats?");
    assert_eq!(nothing.text(), LIST_HINT);
    // Who has just handed over files asks about these.
    let files = with_files("What is in the files?", &[("new.txt", Some("tea"))]);
    let answer = scene.ask(&plain(), files).text();
    assert!(answer.contains("> tea"), "{answer}");
}

#[test]
fn one_file_is_forgotten_by_its_name() {
    let mut known = manual();
    let names = ["file.txt", "a_b", "a", "now.txt", "manual.md"];
    for id in names {
        known = known.with(me(), Document::plain(id, "milk"));
    }
    let scene = Scene::default().knowledge(known);
    let forgotten = |text: &str| {
        let transcript = scene.ask(&plain(), text);
        assert!(transcript.knowledge.ids(&Scope::Bot).eq(["manual.md"]));
        let left: Vec<_> = transcript.knowledge.ids(&me()).collect();
        let gone: Vec<_> = names.into_iter().filter(|id| !left.contains(id)).collect();
        (gone.join(" "), transcript.text())
    };
    for (text, name) in [
        ("delete file.txt", "file.txt"),
        ("Forget the file file.txt!", "file.txt"),
        ("Could you please remove my file \"a\", thanks", "a"),
        ("forget the file now.txt", "now.txt"),
        ("erase the document: manual.md now, please", "manual.md"),
    ] {
        let told = format!("I have forgotten {name}.");
        assert_eq!(forgotten(text), (name.to_owned(), told), "{text}");
    }
    let (gone, told) = forgotten("delete a_b");
    assert_eq!(gone, "a_b");
    assert_eq!(told, r"I have forgotten a\_b.");
    for text in [
        "delete FILE.TXT",
        "delete file",
        "delete a-b",
        "delete ab",
        "delete a and a_b",
        "don't delete a",
        "what if I delete a",
    ] {
        assert_eq!(forgotten(text).0, "", "{text}");
    }
}

#[test]
fn thanks_are_no_question() {
    let thanks = [
        "thanks",
        "Thank you!",
        "Thank you very much.",
        "ok",
        "OK, thanks a lot",
        "Great, got it",
    ];
    check(&Thanks, &thanks);
    let conversation = vec![
        Message::user("What does a ticket cost?"),
        Message::bot("Five francs."),
        Message::user("Thanks!"),
    ];
    let answer = museum().ask(&plain(), conversation);
    assert_eq!(answer.text(), "You are welcome.");
}
