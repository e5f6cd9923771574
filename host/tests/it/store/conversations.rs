//! `ravenry test` of a bot that keeps things: what is there before and after, on a clock that is exact.

use crate::replay::bots::Bots;

/// The keeper with one conversation.
fn keeper(conversation: &str) -> Bots {
    Bots::with("keeper", "", &[("one", conversation)])
}

/// What `ravenry test` says of the conversation, without the bot's log and the sum: what its settings print comes
/// before a turn, or meanwhile.
fn differences(said: &str) -> &str {
    let ends = ["\n\nkeeper/tests/one.toml: its log", "\n\n0 passed"];
    let end = ends.into_iter().filter_map(|end| said.find(end)).min();
    &said[..end.unwrap()]
}

/// Values of all kinds, read and written by the bot, and a key that it removes.
const ALL_KINDS: &str = r#"# What a keeper finds.
[store]
bot = { visits = 3, flags = { beta = true, names = ["a", "b"] } }
user = { name = "Ann", plain = { text = "no JSON" }, bytes = { base64 = "/wA=" } }

[store.conversation]
exact = { json = '{"text": null}' }
old = 1

[[turn]]
say = '''
[["add", "bot", "visits", 1], ["get", "bot", "flags"], ["get", "user", "name"], ["get", "user", "plain"],
["exists", "user", "bytes"], ["get", "conversation", "exact"], ["delete", "conversation", "old"],
["set", "user", "name", "\"Ben\""], ["set", "user", "raw", "as it is"]]'''
answer = [
  { text = '''{"ok":4}
''' },
  { text = '''{"ok":"{\"beta\":true,\"names\":[\"a\",\"b\"]}"}
''' },
  { text = '''{"ok":"\"Ann\""}
''' },
  { text = '''{"ok":"no JSON"}
''' },
  { text = '''{"ok":true}
''' },
  { text = '''{"ok":"{\"text\": null}"}
''' },
  { text = '''{"ok":"deleted"}
''' },
  { text = '''{"ok":"set"}
''' },
  { text = '''{"ok":"set"}
''' },
]

[turn.store]
bot = { visits = 4 }

[turn.store.user]
name = "Ben"
raw = { text = "as it is" }
plain = { text = "no JSON" }

[turn.store.conversation]
old = { gone = true }
exact = { json = '{"text":null}' }

[[turn]]
say = '[["get", "user", "name"], ["get", "conversation", "old"]]'
answer = [
  { text = '''{"ok":"\"Ben\""}
''' },
  { text = '''{"ok":null}
''' },
]
store = {}
"#;

#[test]
fn a_conversation_begins_with_what_is_kept_and_ends_with_it() {
    let bots = keeper(ALL_KINDS);
    bots.test(&["."]).code(0);
    bots.test(&[".", "--update"]).code(0);
    assert_eq!(bots.text("keeper", "one"), ALL_KINDS);
}

/// A turn in which the keeper changes much, with another expectation of each kind.
const OTHERWISE: &str = r#"[store.user]
name = "Ann"
old = 1

[[turn]]
say = '[["set", "user", "name", "\"Ben\""], ["add", "bot", "n", 5], ["set", "user", "t", "plain"]]'
answer = ['''{"ok":"set"}
''', '''{"ok":5}
''', '''{"ok":"set"}
''']
store = { bot = { n = -4, none = "x" }, user = { name = { first = "Ann" }, t = "", old = { gone = true } } } # all

[[turn]] # nothing is said
say = '[["set", "user", "name", "1"], ["delete", "user", "old"]]'
answer = ['''{"ok":"set"}
''', '''{"ok":"deleted"}
''']
store = {} # yet

[[turn]]
say = '[["set", "bot", "a b", "[1]"]]'
answer = ['''{"ok":"set"}
''']

[turn.store.bot] # below
"#;

#[test]
fn what_is_kept_otherwise_is_shown_by_line_and_accepted() {
    let bots = keeper(OTHERWISE);
    insta::assert_snapshot!(differences(&bots.test(&["."]).code(1)), @r#"
    keeper/tests/one.toml ... FAILED

    keeper/tests/one.toml:11: after '[["set", "user", "name", "\"Ben\""], ["a…', "n" of `bot` is another
      -   11  bot.n = -4
      +       bot.n = 5

    keeper/tests/one.toml:11: after '[["set", "user", "name", "\"Ben\""], ["a…', "none" of `bot` is not there
      -   11  bot.none = "x"
      +       bot.none = { gone = true }

    keeper/tests/one.toml:11: after '[["set", "user", "name", "\"Ben\""], ["a…', "name" of `user` is another
      -   11  user.name = { first = "Ann" }
      +       user.name = "Ben"

    keeper/tests/one.toml:11: after '[["set", "user", "name", "\"Ben\""], ["a…', "t" of `user` is another
      -   11  user.t = ""
      +       user.t = { text = "plain" }

    keeper/tests/one.toml:11: after '[["set", "user", "name", "\"Ben\""], ["a…', "old" of `user` is there
      -   11  user.old = { gone = true }
      +       user.old = 1

    keeper/tests/one.toml:18: '[["set", "user", "name", "1"], ["delete"…' changes the store, and the file says that it does not
      +       user.name = 1
      +       user.old = { gone = true }

    keeper/tests/one.toml:25: '[["set", "bot", "a b", "[1]"]]' changes `bot`, and the file says that it does not
      +       bot."a b" = [1]
    "#);
    bots.test(&[".", "--update"]).code(0);
    let text = bots.text("keeper", "one");
    let kept = |line: &&str| line.contains("store") || line.starts_with('"');
    let lines: Vec<_> = text.lines().filter(kept).collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    [store.user]
    store = { bot = { n = 5, none = { gone = true } }, user = { name = "Ben", t = { text = "plain" }, old = 1 } } # all
    store = { user = { name = 1, old = { gone = true } } } # yet
    [turn.store.bot] # below
    "a b" = [1]
    "#);
    bots.test(&["."]).code(0);
}

/// An answer that is not known yet is written above the tables of the store.
#[test]
fn a_turn_with_tables_gets_its_answer_above_them() {
    let bots = keeper(
        "[[turn]]\nsay = '[[\"add\", \"bot\", \"n\", 1]]'\n\n[turn.store.bot]\nn = 2\n\n[turn.store.user]\nc = [ # why\n  1]\n\n[turn.store.user.a]\nb = 1\n",
    );
    insta::assert_snapshot!(differences(&bots.test(&[".", "--update"]).code(1)), @r#"
    keeper/tests/one.toml ... FAILED

    keeper/tests/one.toml:1: nothing says yet what the answer to '[["add", "bot", "n", 1]]' is
      +       { text = "{\"ok\":1}\n" }

    keeper/tests/one.toml:5: after '[["add", "bot", "n", 1]]', "n" of `bot` is another
      -    5  bot.n = 2
      +       bot.n = 1

    keeper/tests/one.toml:8: after '[["add", "bot", "n", 1]]', "c" of `user` is not there
      -    8  user.c = [1]
      +       user.c = { gone = true }
      hint: what has a header or comments of its own is not updated: write c = { gone = true }

    keeper/tests/one.toml:11: after '[["add", "bot", "n", 1]]', "a" of `user` is not there
      -   11  user.a = { b = 1 }
      +       user.a = { gone = true }
      hint: what has a header or comments of its own is not updated: write a = { gone = true }
    "#);
    let text = "[[turn]]\nsay = '[[\"add\", \"bot\", \"n\", 1]]'\n\n[turn.store.bot]\nn = 2\n";
    let bots = keeper(text);
    bots.test(&[".", "--update"]).code(0);
    insta::assert_snapshot!(bots.text("keeper", "one"), @r#"
    [[turn]]
    say = '[["add", "bot", "n", 1]]'
    answer = [
      { text = "{\"ok\":1}\n" },
    ]

    [turn.store.bot]
    n = 1
    "#);
    bots.test(&["."]).code(0);
}

#[test]
fn mistakes_in_what_is_kept_show_at_once() {
    let bots = keeper(
        "[store]\nusr = { a = 1 }\nbot = { a = { gone = true }, b = { base64 = \"?\" }, c = nan }\n\
         [[turn]]\nsay = \"hi\"\nstore = { user = 1, bot = { a = { json = \"{\" }, b = { text = 1 }, c = { gone = false } }, bots = {} }\n\
         [[turn]]\nsay = \"hi\"\nstore = 1\n[[turn]]\nstores = {}\n",
    );
    let said = bots.test(&["."]);
    assert_eq!(said.code, Some(2));
    insta::assert_snapshot!(said.errors, @r#"
    error: unknown key `usr` in [store]
      --> keeper/tests/one.toml:2:1
    hint: did you mean `user`?
    error: nothing is gone before the first turn
      --> keeper/tests/one.toml:3:13
    hint: leave the key out
    error: `base64` cannot be decoded
      --> keeper/tests/one.toml:3:34
    hint: write what JSON it is, { text = "…" }, { base64 = "…" }, { json = '…' } or { gone = true }
    error: JSON has no such number
      --> keeper/tests/one.toml:3:56
    hint: write what JSON it is, { text = "…" }, { base64 = "…" }, { json = '…' } or { gone = true }
    error: `turn.store.user` must be a table, not a whole number
      --> keeper/tests/one.toml:6:18
    error: `json` is no JSON
      --> keeper/tests/one.toml:6:33
    hint: write what JSON it is, { text = "…" }, { base64 = "…" }, { json = '…' } or { gone = true }
    error: `text`, `base64` and `json` are texts
      --> keeper/tests/one.toml:6:53
    hint: write what JSON it is, { text = "…" }, { base64 = "…" }, { json = '…' } or { gone = true }
    error: `gone` is `true`, or not there
      --> keeper/tests/one.toml:6:71
    hint: write what JSON it is, { text = "…" }, { base64 = "…" }, { json = '…' } or { gone = true }
    error: unknown key `bots` in [turn.store]
      --> keeper/tests/one.toml:6:91
    hint: did you mean `bot`?
    error: `turn.store` must be a table, not a whole number
      --> keeper/tests/one.toml:9:9
    error: unknown key `stores` in [turn]
      --> keeper/tests/one.toml:11:1
    hint: did you mean `store`?
    11 errors
    "#);
}

/// What the store would not take from a bot, it does not take from a file.
#[test]
fn what_cannot_be_kept_is_a_mistake() {
    let key = "k".repeat(1025);
    let bots = keeper(&format!("[store.bot]\n{key} = 1\n[[turn]]\nsay = \"[]\"\n"));
    let said = bots.test(&["."]);
    assert_eq!(said.code, Some(2));
    insta::assert_snapshot!(said.errors, @r#"
    error: `bot` in [store] has something that cannot be kept
      caused by: a key has at most 1024 bytes
      --> keeper/tests/one.toml
    "#);
}

/// Each conversation has its own, and so has each person.
#[test]
fn conversations_and_people_share_nothing() {
    let one = "[[turn]]\nsay = '[[\"add\", \"bot\", \"n\", 1], [\"add\", \"user\", \"n\", 1]]'\n\
        store = { bot = { n = 1 }, user = { n = 1 } }\n\n\
        [[turn]]\nsay = '[[\"add\", \"bot\", \"n\", 1], [\"add\", \"user\", \"n\", 5]]'\n\
        query = { user_id = \"u-ben\" }\nstore = { bot = { n = 2 }, user = { n = 5 }, conversation = {} }\n\n\
        [[turn]]\nsay = '[[\"get\", \"user\", \"n\"]]'\nstore = { user = { n = 1 } }\n";
    let bots = Bots::with("keeper", "", &[("one", one), ("two", one)]);
    bots.test(&[".", "--update"]).code(0);
    for name in ["one", "two"] {
        let stores = |text: &str| {
            let lines = text.lines().filter(|line| line.starts_with("store"));
            lines.map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(stores(&bots.text("keeper", name)), stores(one));
    }
    bots.test(&["."]).code(0);
}

/// The clock of a conversation goes on with the waits of the bot and with nothing else: not while a database
/// works, which takes as long as it takes. What expires does so by that clock.
#[test]
fn times_are_exact_with_operations_between() {
    let many =
        r#"["times", 20, ["add", "bot", "n", 1]], ["get", "user", "k"], ["keys", "bot", null]"#;
    let say = format!(
        r#"[["set", "user", "k", "v"], ["wait", 1500], {many}, ["wait", 250], {many}, ["wait", 90000], {many}]"#
    );
    let conversation = format!("[[turn]]\nsay = '{say}'\nstore = {{ bot = {{ n = 60 }} }}\n");
    let manifest = "store = { user = { ttl = \"1m\" } }\n";
    let bots = Bots::with("keeper", manifest, &[("one", &conversation)]);
    bots.test(&[".", "--update"]).code(0);
    insta::assert_snapshot!(bots.text("keeper", "one"), @r#"
    [[turn]]
    say = '[["set", "user", "k", "v"], ["wait", 1500], ["times", 20, ["add", "bot", "n", 1]], ["get", "user", "k"], ["keys", "bot", null], ["wait", 250], ["times", 20, ["add", "bot", "n", 1]], ["get", "user", "k"], ["keys", "bot", null], ["wait", 90000], ["times", 20, ["add", "bot", "n", 1]], ["get", "user", "k"], ["keys", "bot", null]]'
    store = { bot = { n = 60 } }
    answer = [
      { text = "{\"ok\":\"set\"}\n" },
      { at = "1s 500ms", text = "{\"ok\":\"waited\"}\n" },
      { text = "{\"ok\":20}\n" },
      { text = "{\"ok\":\"v\"}\n" },
      { text = "{\"ok\":[[\"n\"],null]}\n" },
      { at = "1s 750ms", text = "{\"ok\":\"waited\"}\n" },
      { text = "{\"ok\":40}\n" },
      { text = "{\"ok\":\"v\"}\n" },
      { text = "{\"ok\":[[\"n\"],null]}\n" },
      { at = "1m 31s 750ms", text = "{\"ok\":\"waited\"}\n" },
      { text = "{\"ok\":60}\n" },
      { text = "{\"ok\":null}\n" },
      { text = "{\"ok\":[[\"n\"],null]}\n" },
    ]
    "#);
    for _ in 0..5 {
        bots.test(&["."]).code(0);
    }
}
