//! `ravenry test --update`: what differs is written, and all else stays as a person wrote it.

use super::Bots;

/// A question becomes a conversation, and stays one.
#[test]
fn a_question_gets_its_answer() {
    let bots = Bots::with(
        "cat",
        "",
        &[("one", "# A cat.\n[[turn]]\nsay = \"cardboard\" # crunch\n")],
    );
    insta::assert_snapshot!(bots.test(&["cat/tests/one.toml"]).code(1), @r#"
    cat/tests/one.toml ... FAILED

    cat/tests/one.toml:2: nothing says yet what the answer to "cardboard" is
      +       { meta = { content_type = "text/markdown", linkify = true, suggested_replies = true, refetch_settings = false } }
      +       { text = "crunch " }
      +       { text = "crunch" }

    0 passed, 1 failed
    If that is how it should be: `ravenry test --update`
    "#);
    insta::assert_snapshot!(bots.test(&["cat/tests/one.toml", "--update"]).code(0), @r#"
    cat/tests/one.toml ... updated

    cat/tests/one.toml:2: nothing says yet what the answer to "cardboard" is
      +       { meta = { content_type = "text/markdown", linkify = true, suggested_replies = true, refetch_settings = false } }
      +       { text = "crunch " }
      +       { text = "crunch" }

    0 passed, 0 failed, 1 updated
    "#);
    insta::assert_snapshot!(bots.text("cat", "one"), @r#"
    # A cat.
    [[turn]]
    say = "cardboard" # crunch
    answer = [
      { meta = { content_type = "text/markdown", linkify = true, suggested_replies = true, refetch_settings = false } },
      { text = "crunch " },
      { text = "crunch" },
    ]
    "#);
    bots.test(&["."]).code(0);
}

/// Comments, blank lines and quotes of what did not change stay, also between lines that did.
#[test]
fn comments_stay() {
    let bots = Bots::with(
        "prompt",
        "",
        &[(
            "one",
            r#"# What this is about.

[[turn]]
say = 'hi'
answer = [   # begins
  # It greets.
  { text = 'Hello, ' },   # politely
  { text = "you" },
  # It goes on.
  { at = "2s", text = "!" } # loudly
]

# Who is asked.
[[turn.call]]
ask = "Claude-3-Haiku"   # the small one
messages = [{ role = "user", content = "hi" }]
answer = ["Hello, ", "world", { at = "2s", text = "!" }, " Bye."]

# Not asked any more.
[[turn.call]]
ask = "GPT-4"
answer = ["x"]
"#,
        )],
    );
    bots.test(&[".", "--update"]).code(0);
    insta::assert_snapshot!(bots.text("prompt", "one"), @r#"
    # What this is about.

    [[turn]]
    say = 'hi'
    answer = [   # begins
      # It greets.
      { text = 'Hello, ' },   # politely
      { text = "world" },
      # It goes on.
      { at = "2s", text = "!" }, # loudly
      { text = " Bye." },
    ]

    # Who is asked.
    [[turn.call]]
    ask = "Claude-3-Haiku"   # the small one
    messages = [
      { role = "system", content = "All your replies are Haikus." },
      { role = "user", content = "hi" },
    ]
    answer = ["Hello, ", "world", { at = "2s", text = "!" }, " Bye."]

    # Not asked any more.
    "#);
    bots.test(&["."]).code(0);
}

/// Also where events share lines, and where what a comment stands behind is another one or gone.
#[test]
fn comments_stay_behind_what_changes() {
    let bots = Bots::with(
        "cat",
        "",
        &[(
            "one",
            r#"[[turn]]
say = "cardboard"
answer = [{ text = "crack " }, # it bites
  { text = "crunch" }, { text = "gulp" } # and swallows
] # all of it

[[turn.call]]   # a friend
ask = "GPT-4"   # never asked
answer = ["x"]
"#,
        )],
    );
    bots.test(&[".", "--update"]).code(0);
    insta::assert_snapshot!(bots.text("cat", "one"), @r#"
    [[turn]]
    say = "cardboard"
    answer = [
      { meta = { content_type = "text/markdown", linkify = true, suggested_replies = true, refetch_settings = false } }, # it bites
      { text = "crunch " },
      { text = "crunch" },
      # and swallows
    ] # all of it

    # a friend
    # never asked
    "#);
    bots.test(&["."]).code(0);
}

/// A call that the file cannot answer is not made up: somebody has to say what it is answered.
#[test]
fn answers_of_others_are_not_made_up() {
    let text = "[[turn]]\nsay = \"hi\"\n";
    let bots = Bots::with("prompt", "", &[("one", text)]);
    let said = bots.test(&[".", "--update"]).code(1);
    assert!(said.contains("hint: add this to the turn"), "{said}");
    assert_eq!(bots.text("prompt", "one"), text, "nothing is half accepted");
    bots.test(&["."]).code(1);
}

/// What is said after an answer that changed is asked as the file has it then.
#[test]
fn turns_follow_the_answers_that_were_accepted() {
    let bots = Bots::with("log", "", &[]);
    // The bot shows the query as it came, so that a later turn shows the answer before.
    std::fs::write(
        bots.conversation("log", "two"),
        "[[turn]]\nsay = \"one\"\nanswer = [\"old\"]\n\n[[turn]]\nsay = \"two\"\n",
    )
    .unwrap();
    bots.test(&[".", "--update"]).code(0);
    bots.test(&["."]).code(0);
}

/// A file that a link leads to is changed where it is, with its own ends of lines and rights.
#[test]
fn links_and_ends_of_lines_stay() {
    use std::os::unix::fs::PermissionsExt as _;
    let bots = Bots::with("cat", "", &[]);
    let text = "# A cat.\n[[turn]]\nsay = \"cardboard\"\n\n# Not asked.\n[[turn.call]]\nask = \"GPT-4\"\nanswer = [\"x\"]\n";
    let shared = bots.path().join("shared.toml");
    std::fs::write(&shared, text.replace('\n', "\r\n")).unwrap();
    std::fs::set_permissions(&shared, std::fs::Permissions::from_mode(0o640)).unwrap();
    let link = bots.conversation("cat", "one");
    std::os::unix::fs::symlink("../../shared.toml", &link).unwrap();
    bots.test(&[".", "--update"]).code(0);
    assert!(link.is_symlink());
    let written = std::fs::read_to_string(&shared).unwrap();
    assert_eq!(
        written.matches('\n').count(),
        written.matches("\r\n").count()
    );
    assert!(written.contains("{ text = \"crunch\" },\r\n"), "{written}");
    assert!(
        !written.contains("GPT-4") && !written.contains("\r\n\r\n\r\n"),
        "{written}"
    );
    let mode = shared.metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
    bots.test(&["."]).code(0);
}

/// A name that is no text is the name of a file all the same.
#[test]
fn a_file_is_found_again_whatever_its_name() {
    use std::os::unix::ffi::OsStrExt as _;
    let bots = Bots::with("cat", "", &[]);
    let name = std::ffi::OsStr::from_bytes(b"\xff\xfe.toml");
    let file = bots.conversation("cat", "one").with_file_name(name);
    std::fs::write(&file, "[[turn]]\nsay = \"cardboard\"\n").unwrap();
    bots.test(&[".", "--update"]).code(0);
    let written = std::fs::read_to_string(&file).unwrap();
    assert!(written.contains("{ text = \"crunch\" }"), "{written}");
    bots.test(&["."]).code(0);
}

/// Whoever accepts an error is told so; nobody means to.
#[test]
fn an_error_that_is_accepted_is_named() {
    let bots = Bots::with(
        "panic-in-the-middle",
        "",
        &[("one", "[[turn]]\nsay = \"hi\"\n")],
    );
    let said = bots.test(&[".", "--update"]).code(0);
    assert!(
        said.contains(
            "one.toml ... updated, and expects an error now: \"The bot stopped in the mid"
        ),
        "{said}"
    );
    assert!(said.contains("the words of the panic"), "{said}");
    bots.test(&["."]).code(0);
}

/// What cannot be written is not updated, is said, and stays whole.
#[test]
fn a_file_that_cannot_be_written_counts_as_failed() {
    let one = "[[turn]]\nsay = \"cardboard\"\nanswer = [\"paper\"]\n";
    let bots = Bots::with("cat", "", &[("one", one)]);
    bots.test(&["."]).code(1);
    let said = bots.test_unwritable(&[".", "--update"]).code(1);
    assert!(said.contains("cat/tests/one.toml ... FAILED"), "{said}");
    let why = "cannot write `cat/tests/one.toml`: File too large";
    assert!(said.contains(why), "{said}");
    assert!(said.contains("0 passed, 1 failed, 0 updated"), "{said}");
    assert_eq!(bots.text("cat", "one"), one);
    bots.test(&[".", "--update"]).code(0);
}
