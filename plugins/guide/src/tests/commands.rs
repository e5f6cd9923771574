//! Which sentences are taken for commands, and which are questions.

use crate::command::Command::{self, Ask, AskFiles, Forget, List};

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
        "will you delete my files",
        "did you delete my files?",
        "delete my file",
        "which files do you have about cats",
        "what files do you have to have to enter",
        "what do my files sayings",
        "what do my files säy",
        "tell me what my files are",
    ];
    for text in questions {
        check(&Ask(text), &[text]);
    }
    check(
        &Ask("Could you please open?"),
        &[" Could you please open?\n"],
    );
}
