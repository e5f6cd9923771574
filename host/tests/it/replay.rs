//! `ravenry test`: what a bot did, held against what a file says, without the platform, without the web,
//! and in no time. And `ravenry up --record`, which writes such files.

mod accept;
pub(crate) mod bots;
mod charge;
mod logged;
pub(crate) mod record;

use std::{
    fs,
    path::{Path, PathBuf},
};

use self::bots::{Bots, package};

/// The sample bots with their own conversations.
fn samples() -> Bots {
    let bots = Bots::none();
    let plugins = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .join("plugins");
    for entry in fs::read_dir(plugins).unwrap() {
        let plugin = entry.unwrap().path();
        // Those in other languages are tested where there are tools for these.
        if !plugin.join("Cargo.toml").exists() {
            continue;
        }
        let Ok(conversations) = fs::read_dir(plugin.join("tests")) else {
            continue;
        };
        let bot = plugin.file_name().unwrap().to_str().unwrap();
        let manifest = fs::read_to_string(plugin.join("ravenry.toml"))
            .unwrap_or_else(|_| format!("manifest_version = 1\n[bot.{bot}]\nsource = \".\"\n"));
        bots.add(bot, package(bot), &manifest);
        for file in conversations {
            let file = file.unwrap();
            fs::copy(
                file.path(),
                bots.path().join(bot).join("tests").join(file.file_name()),
            )
            .unwrap();
        }
    }
    bots
}

/// Every sample does what its conversations say, and writing them anew changes nothing: they are as
/// exact as they can be. Their ten seconds of counting take no time.
#[test]
fn samples_do_what_their_conversations_say() {
    let bots = samples();
    let first = bots.test(&["."]).code(0);
    insta::assert_snapshot!(first, @r#"
    all-caps/tests/loud.toml ... ok
    capitals/tests/nepal.toml ... ok
    cat/tests/count.toml ... ok
    cat/tests/kitchen.toml ... ok
    cat/tests/markdown.toml ... ok
    cat/tests/square.toml ... ok
    chat-cat/tests/purr.toml ... ok
    coder/tests/mended.toml ... ok
    echo/tests/hello.toml ... ok
    guide/tests/files.toml ... ok
    http-request/tests/headers.toml ... ok
    image/tests/seconds.toml ... ok
    image-response/tests/hello.toml ... ok
    log/tests/hello.toml ... ok
    notes/tests/help.toml ... ok
    notes/tests/remember.toml ... ok
    outfit/tests/jacket.toml ... ok
    pdf-counter/tests/two-pages.toml ... ok
    prompt/tests/haiku.toml ... ok
    versus/tests/two-at-once.toml ... ok
    video/tests/tiger.toml ... ok
    weather-loop/tests/paris.toml ... ok
    wrapper/tests/stream.toml ... ok

    23 passed, 0 failed
    "#);
    let before = all_files(bots.path());
    assert_eq!(
        bots.test(&[".", "--update"]).code(0).lines().count(),
        first.lines().count()
    );
    assert_eq!(before, all_files(bots.path()));
}

fn all_files(directory: &Path) -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    for bot in fs::read_dir(directory).unwrap() {
        for file in fs::read_dir(bot.unwrap().path().join("tests")).unwrap() {
            let path = file.unwrap().path();
            files.push((path.clone(), fs::read_to_string(path).unwrap()));
        }
    }
    files.sort();
    files
}

/// A changed answer is shown as a person would look for it: by its line in the file.
#[test]
fn another_answer_is_shown_beside_the_expected_one() {
    let bots = Bots::with(
        "cat",
        "",
        &[(
            "stranger",
            "[[turn]]\nsay = \"a stranger\"\nanswer = [\n  { meta = { content_type = \"text/markdown\", linkify = true, suggested_replies = true, refetch_settings = false } },\n  { text = \"peek \" },\n  { at = \"1s\", text = \"peek \" },\n  { at = \"5s\", text = \"peek \" },\n  { text = \"hiss\" },\n]\n",
        )],
    );
    insta::assert_snapshot!(bots.test(&["cat"]).code(1), @r#"
    cat/tests/stranger.toml ... FAILED

    cat/tests/stranger.toml:7: the answer to "a stranger" is another
           4  { meta = { content_type = "text/markdown", linkify = true, suggested_replies = true, refetch_settings = false } }
           5  { text = "peek " }
           6  { at = "1s", text = "peek " }
      +       { at = "2s", text = "peek " }
      +       { at = "3s", text = "peek " }
      +       { at = "4s", text = "peek " }
           7  { at = "5s", text = "peek " }
      -    8  { text = "hiss" }
      +       { at = "6s", text = "peek " }
      +       { at = "7s", text = "peek " }
      +       { at = "8s", text = "peek " }
      +       { at = "9s", text = "peek " }

    0 passed, 1 failed
    If that is how it should be: `ravenry test --update`
    "#);
}

/// Calls that are new, gone, or say something else.
#[test]
fn other_calls_are_differences() {
    let bots = Bots::with(
        "prompt",
        "",
        &[
            (
                "gone",
                "[[turn]]\nsay = \"hi\"\nanswer = [{ text = \"ok\" }]\n\n[[turn.call]]\nask = \"Claude-3-Haiku\"\nanswer = [\"ok\"]\n\n# Nobody asks it.\n[[turn.call]]\nask = \"GPT-4\"\nanswer = [\"ok\"]\n",
            ),
            ("new", "[[turn]]\nsay = \"hi\"\n"),
            (
                "other",
                "[[turn]]\nsay = \"hi\"\nanswer = [{ text = \"ok\" }]\n\n[[turn.call]]\nask = \"Claude-3-Haiku\"\nmessages = [\n  { role = \"system\", content = \"Be brief.\" },\n  { role = \"user\", content = \"hi\" },\n]\nanswer = [\"ok\"]\n",
            ),
        ],
    );
    insta::assert_snapshot!(bots.test(&["."]).code(1), @r#"
    prompt/tests/gone.toml ... FAILED
    prompt/tests/new.toml ... FAILED
    prompt/tests/other.toml ... FAILED

    prompt/tests/gone.toml:10: the bot does not do this: it asks "GPT-4"
      -   10  [[turn.call]]
      -   11  ask = "GPT-4"

    prompt/tests/new.toml:1: nothing says yet what the answer to "hi" is
      +       { at = "500ms", error = { allow_retry = true, text = "Something this bot relies on did not answer (reference 00000000)." } }

    prompt/tests/new.toml:1: the bot asks "Claude-3-Haiku", and the file has no answer to it
      +       [[turn.call]]
      +       ask = "Claude-3-Haiku"
      +       messages = [
      +         { role = "system", content = "All your replies are Haikus." },
      +         { role = "user", content = "hi" },
      +       ]
      hint: add this to the turn, with what it is answered: answer = "…"

    prompt/tests/new.toml: its log
      | asking `Claude-3-Haiku` failed: no requests can be sent from here: the recording has no answer to this request
      | the reply was given up: no answer: no requests can be sent from here: the recording has no answer to this request

    prompt/tests/other.toml:7: the bot asks "Claude-3-Haiku" otherwise
           7  messages = [
      -    8    { role = "system", content = "Be brief." },
      +         { role = "system", content = "All your replies are Haikus." },
           9    { role = "user", content = "hi" },
          10  ]

    0 passed, 3 failed
    If that is how it should be: `ravenry test --update`
    "#);
}

/// A bot that sends its requests to another host than it did; and one that may not go there.
#[test]
fn another_host_is_a_difference() {
    let conversation = fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins/wrapper/tests/stream.toml"),
    )
    .unwrap();
    let manifest = |hosts: &str| {
        format!(
            "allowed_outbound_hosts = [{hosts}]\nconfig = {{ OPENAI_BASE_URL = \"https://other.example/v1\" }}\n[bot.wrapper.secrets]\nOPENAI_API_KEY = {{ env = \"NOWHERE\", host = \"https://other.example\" }}\n"
        )
    };
    let allowed = Bots::with(
        "wrapper",
        &manifest("\"https://other.example\""),
        &[("stream", &conversation)],
    );
    let said = allowed.test(&["."]).code(1);
    assert!(
        said.contains("the bot sends 'POST https://other.example/v1/chat/compl…', and the file has no answer to it")
            || said.contains("the bot sends \"POST https://other.example/v1/chat/compl…\", and the file has no answer to it"),
        "{said}"
    );
    assert!(said.contains("authorization = \"***\""), "{said}");
    assert!(!said.contains("stand-in"), "{said}");
}

/// Policy holds in a test as it does elsewhere: what is not allowed is not even looked for in the file.
#[test]
fn what_is_not_allowed_is_not_answered_from_the_file() {
    let conversation = "[[turn]]\nsay = \"hi\"\n\n[[turn.call]]\nhttp = \"POST https://api.openai.com/v1/chat/completions\"\nanswer = \"{}\"\n";
    let bots = Bots::with(
        "wrapper",
        "config = { OPENAI_API_KEY = \"x\" }\n",
        &[("denied", conversation)],
    );
    let said = bots.test(&["."]).code(1);
    assert!(
        said.contains("the bot does not do this: it sends"),
        "{said}"
    );
}

/// A trap ends an answer as it does for a reader, with a reference that is always the same.
#[test]
fn a_trap_is_an_answer_too() {
    let bots = Bots::with(
        "panic-in-the-middle",
        "",
        &[("trap", "[[turn]]\nsay = \"hi\"\n")],
    );
    bots.test(&[".", "--update"]).code(0);
    insta::assert_snapshot!(bots.text("panic-in-the-middle", "trap"), @r#"
    [[turn]]
    say = "hi"
    answer = [
      { text = "before" },
      { error = { allow_retry = true, text = "The bot stopped in the middle (reference 00000000)." } },
    ]
    "#);
    bots.test(&["."]).code(0);
}

/// All mistakes of all files at once, and nothing is run.
#[test]
fn mistakes_in_files_show_at_once() {
    let bots = Bots::with(
        "echo",
        "",
        &[
            ("a", "[[turn]]\nsays = \"hi\"\n"),
            (
                "b",
                "[[turn]]\nsay = \"hi\"\nanswer = [{ at = \"soon\", text = \"hi\" }]\n[[turn.call]]\nask = \"B\"\n",
            ),
            ("c", "this is no conversation"),
            ("d", "bot = \"dog\"\n[[turn]]\nsay = \"hi\"\n"),
        ],
    );
    let said = bots.test(&["."]);
    assert_eq!((said.code, said.text.as_str()), (Some(2), ""));
    insta::assert_snapshot!(said.errors, @r#"
    error: unknown key `says` in [turn]
      --> echo/tests/a.toml:2:1
    hint: did you mean `say`?
    error: `at` is no time
      --> echo/tests/b.toml:3:19
    hint: write it as in "1s" or "1s 250ms"
    error: a call has an `answer`, or it `fails`
      --> echo/tests/b.toml:4:1
    hint: write answer = "…"
    error: `echo/tests/c.toml` is not valid TOML
      caused by: expected an equals, found an identifier
      --> echo/tests/c.toml:1:6
    error: there is no bot of the name that the conversation says
      --> echo/tests/d.toml
    hint: write bot = "echo" at the top
    5 errors
    "#);
}

#[test]
fn no_conversations_is_a_mistake_with_a_hint() {
    let bots = Bots::with("echo", "", &[]);
    let said = bots.test(&["echo"]);
    assert_eq!(said.code, Some(2));
    insta::assert_snapshot!(said.errors, @r#"
    error: no conversations for the bots of `echo`
      caused by: a conversation is a file `tests/NAME.toml` in the directory of a bot
    hint: write `[[turn]]` and `say = "hello"` into one, and let `ravenry test --update` write the answer
    "#);
}
