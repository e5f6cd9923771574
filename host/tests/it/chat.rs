//! `ravenry chat` at a terminal: what a person sees, key by key.

pub(crate) mod filter;
mod record;
mod wrong;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use insta::assert_snapshot;
use ravenry_desk::simulator::Answer;
use regex_lite::Regex;
use serde_json::json;

use crate::harness::{FakePoe, Script, Scripting as _, Server, Terminal};

/// A terminal in which somebody talks with this bot, greeted already.
fn talk(directory: &tempfile::TempDir, url: &str) -> Terminal {
    let terminal = Terminal::start(directory.path(), &["chat", url, "--key", "key"]);
    terminal.prompt();
    terminal
}

fn url(server: &Server, bot: &str) -> String {
    format!("http://{}/{bot}", server.address)
}

/// What stands on a screen, without the port.
fn shown(screen: &str, server: &Server) -> String {
    screen.replace(&server.address.to_string(), "127.0.0.1:8080")
}

#[test]
fn a_talk_with_the_cat() {
    let server = Server::with_bots(&["cat"]);
    let directory = tempfile::tempdir().unwrap();
    let mut terminal = talk(&directory, &url(&server, "cat"));
    terminal.line("let us go to the kitchen");
    terminal.line("1");
    terminal.line("count quickly");
    terminal.line("square");
    terminal.line("/retry");
    terminal.line("cube, plain *text*");
    terminal.line("/nonsense");
    terminal.line("//slash");
    terminal.line("/like");
    let screen = terminal.line("/clear");
    assert_snapshot!(shown(&screen, &server), @r#"
    http://127.0.0.1:8080/cat listens. /help lists the commands; Ctrl-D ends.
    > let us go to the kitchen
    meow meow
    [1] feed the cat
    > 1
    feed the cat
    zzz
    > count quickly
    10
    > square
    Square snacks are not tasty.
    /retry asks once more
    > /retry
    Square snacks are not tasty.
    /retry asks once more
    > cube, plain *text*
    Cube snacks are even less tasty.
    > /nonsense
    there is no command /nonsense; /help shows all, //… says it to the bot
    > //slash
    zzz
    > /like
    the bot knows that you like it
    > /clear
    forgotten
    >
    "#);
    server.wait_text(r#"gave \"like\""#);
    terminal.press("\x04");
    assert_eq!(terminal.end().0, 0);
}

#[test]
fn markdown_is_shown_well_and_plain_text_as_it_is() {
    let server = Server::with_bots(&["cat"]);
    let directory = tempfile::tempdir().unwrap();
    let mut terminal = talk(&directory, &url(&server, "cat"));
    terminal.line("markdown");
    let screen = terminal.line("plain markdown");
    assert_snapshot!(shown(&screen, &server), @r#"
    http://127.0.0.1:8080/cat listens. /help lists the commands; Ctrl-D ends.
    > markdown
    All about me

    Soft paws, sharp claws.

    What I need:

    • a box
    • a warm keyboard
    • people who play with me (https://poe.com)

    A fair comparison:

     animal   points
    ─────────────────
     cat      10
     dog      1

    zzz
    > plain markdown
    # All about me

    *Soft paws*, **sharp claws**.

    What I need:

    - a box
    - a warm keyboard
    - people who [play with me](https://poe.com)

    A fair comparison:

    | animal | points |
    | ------ | ------ |
    | cat    | 10     |
    | dog    | 1      |

    zzz
    >
    "#);
}

#[test]
fn ctrl_c_stops_the_answer_and_not_the_program() {
    let server = Server::with_bots(&["cat"]);
    let directory = tempfile::tempdir().unwrap();
    let mut terminal = talk(&directory, &url(&server, "cat"));
    terminal.enter("a stranger");
    terminal.shows("peek");
    terminal.press("\x03");
    let screen = terminal.shows("(stopped)");
    assert!(!screen.contains("^C"), "{screen}");
    terminal.prompt();
    server.wait_running("cat", 0.0);
    let screen = terminal.line("cardboard");
    assert!(screen.contains("crunch crunch"), "{screen}");
    terminal.press("\x03");
    terminal.shows("Ctrl-C once more ends the chat");
    terminal.prompt();
    terminal.press("\x03");
    assert_eq!(terminal.end().0, 0);
}

/// The text without what is other in each run.
fn steady(text: &str) -> String {
    let changing = [
        (r"\b([mcu])-[a-z0-9]{32}\b", "$1-…"),
        (r"\d{16}", "[µs]"),
        (r" +\d\.\d{3} s", "    0.000 s"),
        (r"(date:) .*", "$1 …"),
    ];
    changing
        .iter()
        .fold(text.to_owned(), |text, (found, instead)| {
            let found = Regex::new(found).unwrap();
            found.replace_all(&text, *instead).into_owned()
        })
}

#[test]
fn debug_shows_the_request_and_every_event() {
    let server = Server::with_bots(&["cat"]);
    let directory = tempfile::tempdir().unwrap();
    let mut terminal = talk(&directory, &url(&server, "cat"));
    terminal.line("/param mood = {\"hungry\":true}");
    terminal.line("!d");
    let screen = terminal.line("kitchen");
    assert_snapshot!(steady(&shown(&screen, &server)), @r#"
    >   "query": [
    >     {
    >       "role": "user",
    >       "content": "kitchen",
    >       "content_type": "text/markdown",
    >       "timestamp": [µs],
    >       "message_id": "m-…",
    >       "sender": {
    >         "id": "u-…"
    >       },
    >       "feedback": [],
    >       "attachments": [],
    >       "parameters": {
    >         "mood": {
    >           "hungry": true
    >         }
    >       },
    >       "metadata": null,
    >       "referenced_message": null,
    >       "reactions": []
    >     }
    >   ],
    >   "user_id": "u-…",
    >   "conversation_id": "c-…",
    >   "message_id": "m-…",
    >   "metadata": "",
    >   "bot_query_id": "m-…",
    >   "language_code": "en",
    >   "temperature": null,
    >   "skip_system_prompt": false,
    >   "logit_bias": {},
    >   "stop_sequences": [],
    >   "adopt_current_bot_name": null,
    >   "users": [
    >     {
    >       "id": "u-…"
    >     }
    >   ],
    >   "tools": null,
    >   "tool_calls": null,
    >   "tool_results": null,
    >   "query_creation_time": [µs],
    >   "extra_params": null
    > }
    < 200
    < content-type: text/event-stream; charset=utf-8
    < cache-control: no-store
    < x-accel-buffering: no
    < transfer-encoding: chunked
    < date: …
        0.000 s  meta              {"content_type": "text/markdown", "linkify":
    true, "suggested_replies": true, "refetch_settings": false}
        0.000 s  text              {"text": "meow "}
        0.000 s  text              {"text": "meow"}
        0.000 s  suggested_reply   {"text": "feed the cat"}
        0.000 s  done              {}
        0.000 s  end
    meow meow
    [1] feed the cat
    >
    "#);
}

#[test]
fn files_go_along_with_the_next_message_alone() {
    let poe = FakePoe::start().unwrap();
    poe.bot("reader", Script::text("thanks"));
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("note.txt"), "remember").unwrap();
    let mut terminal = talk(&directory, &format!("{}/bot/reader", poe.url()));
    terminal.line("/attach nothing.txt");
    let screen = terminal.line("/attach note.txt");
    assert!(
        screen.contains("`nothing.txt` cannot be attached"),
        "{screen}"
    );
    assert!(
        screen.contains("attached: note.txt (text/plain)"),
        "{screen}"
    );
    terminal.line("read this");
    terminal.line("and now?");
    let queries = poe.queries("reader");
    let messages = queries.last().unwrap().body["query"]
        .as_array()
        .unwrap()
        .clone();
    let file = &messages[0]["attachments"][0];
    assert_eq!(file["name"], "note.txt");
    assert_eq!(file["parsed_content"], "remember");
    assert_eq!(messages[2]["attachments"].as_array().unwrap().len(), 0);
    assert_eq!(messages[1]["content"], "thanks");
}

/// A file of the bot is kept where the person says, never where its name says, and never over
/// another.
#[test]
fn files_are_kept_where_the_person_says() {
    let poe = FakePoe::start().unwrap();
    let file = poe.attachment("x.txt", "the file").unwrap();
    let data = json!({"url": file, "content_type": "text/plain", "name": "../../evil.txt"});
    poe.bot(
        "giver",
        Answer::stream().text("here").event("file", data).done(),
    );
    let directory = tempfile::tempdir().unwrap();
    let mut terminal = talk(&directory, &format!("{}/bot/giver", poe.url()));
    let screen = terminal.line("give");
    assert!(
        screen.contains("[file 1] ../../evil.txt (text/plain)"),
        "{screen}"
    );
    let screen = terminal.line("/save 1");
    assert!(screen.contains("written to file-1.txt"), "{screen}");
    let screen = terminal.line("/save 1");
    assert!(screen.contains("there is such a file already"), "{screen}");
    terminal.line("/save 1 mine");
    for name in ["file-1.txt", "mine"] {
        assert_eq!(
            fs::read_to_string(directory.path().join(name)).unwrap(),
            "the file"
        );
    }
}

#[test]
fn tab_completes_a_command_and_settings_are_shown() {
    let server = Server::with_bots(&["cat"]);
    let directory = tempfile::tempdir().unwrap();
    let mut terminal = talk(&directory, &url(&server, "cat"));
    terminal.press("/sett\t");
    terminal.shows("> /settings");
    terminal.press("\r");
    terminal.shows("\"allow_attachments\": true,");
    terminal.prompt();
}

#[test]
fn what_was_typed_comes_back_with_the_arrow_keys() {
    let server = Server::with_bots(&["echo"]);
    let directory = tempfile::tempdir().unwrap();
    let mut terminal = talk(&directory, &url(&server, "echo"));
    terminal.line("first");
    terminal.line(" secret");
    terminal.press("\x04");
    assert_eq!(terminal.end().0, 0);
    let history = directory.path().join("chat-history");
    let mode = fs::metadata(&history).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(!fs::read_to_string(&history).unwrap().contains("secret"));

    let mut terminal = talk(&directory, &url(&server, "echo"));
    terminal.press("\x1b[A");
    terminal.shows("> first");
    terminal.press("\r");
    terminal.prompt();
}

/// Whatever a bot says, the terminal obeys nobody but the program.
#[test]
fn a_bot_cannot_write_to_the_terminal() {
    let poe = FakePoe::start().unwrap();
    let evil = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}31m\u{202e}gnirts";
    let file = json!({"url": format!("http://x/{evil}"), "content_type": evil, "name": evil});
    let answer = Answer::stream()
        .text(evil)
        .event("file", file)
        .event("odd\u{1b}[2J", json!({"\u{7f}": evil}))
        .event("suggested_reply", json!({ "text": evil }))
        .event("error", json!({ "text": evil }))
        .done();
    poe.bot("evil", answer);
    let directory = tempfile::tempdir().unwrap();
    let mut terminal = talk(&directory, &format!("{}/bot/evil", poe.url()));
    terminal.line("/debug");
    terminal.line("show yourself");
    terminal.line("/debug");
    let screen = terminal.line("again");
    assert!(screen.contains(r"\u{1b}]0;owned\u{7}"), "{screen}");
    let text = String::from_utf8(terminal.bytes()).unwrap();
    for obeyed in ["\u{1b}]0", "\u{7}", "\u{1b}[2J", "\u{9b}", "\u{202e}"] {
        assert!(!text.contains(obeyed), "{obeyed:?} reached the terminal");
    }
}

/// An answer longer than the screen, replaced: the end of it says so, and all of the new one is there.
#[test]
fn a_long_answer_is_replaced_below_a_word_about_it() {
    let poe = FakePoe::start().unwrap();
    let lines: String = (1..=30).map(|line| format!("line {line}\n\n")).collect();
    let answer = Answer::stream().text(&lines).gate("read");
    let answer = answer
        .event("replace_response", json!({"text": "short"}))
        .done();
    poe.bot("long", answer);
    let directory = tempfile::tempdir().unwrap();
    let url = format!("{}/bot/long", poe.url());
    let arguments = ["chat", &url, "--key", "key"];
    let mut terminal = Terminal::start_in(directory.path(), &arguments, 10);
    terminal.prompt();
    terminal.enter("go");
    terminal.shows("line 30");
    poe.release("read");
    assert_snapshot!(terminal.prompt(), @r#"
    (replaced)
    short
    >
    "#);
}
