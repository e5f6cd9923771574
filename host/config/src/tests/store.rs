//! What bots keep: how long it stays, and how much of it a tenant may have.

use std::time::Duration;

use insta::assert_snapshot;

use super::{
    super::{
        resolve::BotSpec,
        store::{StoreTtl, TTL_MAX},
    },
    scene::{Loaded, Scene},
};

const HEAD: &str = "manifest_version = 1\n[bot.cat]\nsource = \".\"\n";

const DAY: Duration = Duration::from_hours(24);

/// A manifest with a bot that has these lines.
fn manifest(lines: &str) -> Loaded {
    Scene::new(&[("m.toml", &format!("{HEAD}{lines}\n"))]).manifest("m.toml")
}

/// An operator's file with these lines and one tenant, whose bot has those.
fn operated(operator: &str, bot: &str) -> Loaded {
    Scene::new(&[
        (
            "o.toml",
            &format!("{operator}\n[tenant.acme]\nmanifests = [\"m.toml\"]\n"),
        ),
        ("m.toml", &format!("{HEAD}{bot}\n")),
    ])
    .operator("o.toml")
}

/// How long what the only bot keeps stays, by bucket.
fn ttl(loaded: Loaded) -> StoreTtl {
    loaded.unwrap().tenants[0].bots[0].store_ttl
}

/// A manifest sets it within a line or in tables, for each bucket by itself.
#[test]
fn an_author_says_how_long_things_stay() {
    let none = StoreTtl::default();
    assert_eq!((none.bot, none.user, none.conversation), (None, None, None));
    let two = StoreTtl {
        user: Some(DAY * 90),
        conversation: Some(DAY * 30),
        ..none
    };
    for (lines, expected) in [
        ("", none),
        ("store = {}", none),
        ("store = { user = {} }", none),
        (
            "store = { user = { ttl = \"90d\" }, conversation = { ttl = \"30d\" } }",
            two,
        ),
        (
            "[bot.cat.store.user]\nttl = \"90days\"\n[bot.cat.store]\nconversation.ttl = \"4weeks 2d\"",
            two,
        ),
        (
            "store.bot.ttl = \"1s\"",
            StoreTtl {
                bot: Some(Duration::from_secs(1)),
                ..none
            },
        ),
        (
            "store.bot.ttl = \"10years\"",
            StoreTtl {
                bot: Some(TTL_MAX),
                ..none
            },
        ),
    ] {
        assert_eq!(ttl(manifest(lines)), expected, "{lines}");
    }
}

/// The cap holds where the author says nothing, and bounds what he says; other buckets have none.
#[test]
fn an_operator_caps_how_long_things_stay() {
    let cap = "[store]\nuser = { ttl = \"30d\" }";
    let user = |loaded: Loaded| ttl(loaded).user;
    assert_eq!(user(operated("", "")), None);
    assert_eq!(
        user(operated("", "store.user.ttl = \"400d\"")),
        Some(DAY * 400)
    );
    assert_eq!(user(operated("[store]", "")), None);
    assert_eq!(user(operated(cap, "")), Some(DAY * 30));
    assert_eq!(
        user(operated(cap, "store.user.ttl = \"30d\"")),
        Some(DAY * 30)
    );
    assert_eq!(
        user(operated(cap, "store.user.ttl = \"1h\"")),
        Some(Duration::from_hours(1))
    );
    let others = StoreTtl {
        bot: None,
        user: Some(DAY * 30),
        conversation: Some(DAY * 365),
    };
    assert_eq!(
        ttl(operated(cap, "store.conversation.ttl = \"365d\"")),
        others
    );
    let both = "store = { user = { ttl = \"31d\" }, bot = { ttl = \"2h 1m\" } }";
    let caps = "[store]\nuser.ttl = \"30d\"\nbot.ttl = \"2h\"";
    assert_snapshot!(operated(caps, both).unwrap_err(), @r"
    error: `ttl` of `store.user` of bot `cat` is 31days; at most 30days is allowed
      --> DIR/m.toml:4:27
    hint: lower it; only whoever runs the server can raise what is allowed
    error: `ttl` of `store.bot` of bot `cat` is 2h 1m; at most 2h is allowed
      --> DIR/m.toml:4:50
    hint: lower it; only whoever runs the server can raise what is allowed
    2 errors
    ");
}

/// A bot that asks for too much is not served, and is known with what it could have.
#[test]
fn above_the_cap_a_bot_has_the_cap() {
    let scene = Scene::new(&[
        (
            "o.toml",
            "[store]\nuser.ttl = \"30d\"\n[tenant.acme]\nmanifests = [\"m.toml\"]\n",
        ),
        (
            "m.toml",
            &format!("{HEAD}store.user.ttl = \"31d\"\n[bot.dog]\nsource = \".\"\n"),
        ),
    ]);
    let spec = scene.served("o.toml").unwrap();
    let shown = |bots: &[BotSpec]| -> Vec<_> {
        let shown = bots
            .iter()
            .map(|bot| (bot.name.to_string(), bot.store_ttl.user));
        shown.collect()
    };
    assert_eq!(
        shown(&spec.tenants[0].bots),
        [("dog".to_owned(), Some(DAY * 30))]
    );
    assert_eq!(shown(&spec.aside), [("cat".to_owned(), Some(DAY * 30))]);
}

/// Every kind of value, bucket and member that is none, in both files.
#[test]
fn what_is_no_time_is_refused() {
    let wrong = r#"
store = { usr = { ttl = "1d" }, team = {}, user = { tll = "1d" }, conversation = { ttl = 90 }, bot = "90d" }
[bot.dog]
source = "."
store = { user = { ttl = "0" }, conversation = { ttl = "999ms" }, bot = { ttl = "3653d" } }
[bot.cow]
source = "."
store = { user = { ttl = "90" }, conversation = { ttl = "forever" }, bot = { ttl = "" } }
[bot.hen]
source = "."
store = { user = { ttl = ["1d"] }, conversation = { ttl = true }, bot = { ttl = { days = 1 } } }
[bot.emu]
source = "."
store = "90d"
[bot.fox]
source = "."
store = { user = [], conversation = 1.5, bot = { ttl = "-1d" } }
"#;
    assert_snapshot!(manifest(wrong).unwrap_err(), @r#"
    error: unknown key `usr` in [bot.cat.store]
      --> DIR/m.toml:5:11
    hint: did you mean `user`?
    error: unknown key `team` in [bot.cat.store]
      --> DIR/m.toml:5:33
    hint: known here: `bot`, `user`, `conversation`
    error: unknown key `tll` in [bot.cat.store.user]
      --> DIR/m.toml:5:53
    hint: did you mean `ttl`?
    error: `ttl` in [bot.cat.store.conversation] must be text in quotes, not a whole number
      --> DIR/m.toml:5:90
    error: `bot.cat.store.bot` must be a table, not text
      --> DIR/m.toml:5:103
    error: `ttl` in [bot.dog.store.user] must be at least 1s
      --> DIR/m.toml:8:27
    hint: write `ttl = "90d"`, or what you mean
    error: `ttl` in [bot.dog.store.conversation] must be at least 1s
      --> DIR/m.toml:8:57
    hint: write `ttl = "90d"`, or what you mean
    error: `ttl` in [bot.dog.store.bot] must be at most 10years
      --> DIR/m.toml:8:82
    hint: write `ttl = "90d"`, or what you mean
    error: `ttl` in [bot.cow.store.user] must be a time with its unit, such as "2s" or "500ms"
      --> DIR/m.toml:11:27
    hint: write `ttl = "90d"`, or what you mean
    error: `ttl` in [bot.cow.store.conversation] must be a time with its unit, such as "2s" or "500ms"
      --> DIR/m.toml:11:58
    hint: write `ttl = "90d"`, or what you mean
    error: `ttl` in [bot.cow.store.bot] must be a time with its unit, such as "2s" or "500ms"
      --> DIR/m.toml:11:84
    hint: write `ttl = "90d"`, or what you mean
    error: `ttl` in [bot.hen.store.user] must be text in quotes, not a list
      --> DIR/m.toml:14:26
    error: `ttl` in [bot.hen.store.conversation] must be text in quotes, not true or false
      --> DIR/m.toml:14:59
    error: `ttl` in [bot.hen.store.bot] must be text in quotes, not a table
      --> DIR/m.toml:14:81
    error: `bot.emu.store` must be a table, not text
      --> DIR/m.toml:17:10
    error: `bot.fox.store.user` must be a table, not a list
      --> DIR/m.toml:20:18
    error: `bot.fox.store.conversation` must be a table, not a decimal number
      --> DIR/m.toml:20:37
    error: `ttl` in [bot.fox.store.bot] must be a time with its unit, such as "2s" or "500ms"
      --> DIR/m.toml:20:57
    hint: write `ttl = "90d"`, or what you mean
    18 errors
    "#);
    let wrong =
        "[store]\nuser = { ttl = \"0s\", max = 1 }\nconversations = { ttl = \"1d\" }\nbot = 1\n";
    assert_snapshot!(operated(wrong, "").unwrap_err(), @r#"
    error: `ttl` in [store.user] must be at least 1s
      --> DIR/o.toml:2:17
    hint: write `ttl = "90d"`, or what you mean
    error: unknown key `max` in [store.user]
      --> DIR/o.toml:2:22
    hint: known here: `ttl`
    error: unknown key `conversations` in [store]
      --> DIR/o.toml:3:1
    hint: did you mean `conversation`?
    error: `store.bot` must be a table, not a whole number
      --> DIR/o.toml:4:7
    4 errors
    "#);
    assert_snapshot!(operated("store = 1", "").unwrap_err(), @r"
    error: `store` must be a table, not a whole number
      --> DIR/o.toml:1:9
    ");
}

/// The limits of what a bot keeps are limits like others.
#[test]
fn how_much_a_bot_keeps_is_limited() {
    let limits =
        "limits = { store = 0, store_keys = 0, store_value = \"64KiB\", store_operations = 10 }";
    assert!(
        manifest(limits)
            .unwrap_err()
            .contains("`store` in [bot.cat.limits] needs a unit")
    );
    let limits = limits.replace("store = 0", "store = \"0\"");
    let spec = operated("", &limits).unwrap();
    let limits = &spec.tenants[0].bots[0].limits;
    assert_eq!(
        (
            limits.store,
            limits.store_keys,
            limits.store_value,
            limits.store_operations
        ),
        (0, 0, 64 << 10, 10)
    );
    let none = "limits = { store_value = \"0\", store_operations = 0 }";
    assert_snapshot!(manifest(none).unwrap_err(), @r"
    error: `store_value` in [bot.cat.limits] must be more than 0
      --> DIR/m.toml:4:27
    error: `store_operations` in [bot.cat.limits] must be more than 0
      --> DIR/m.toml:4:50
    2 errors
    ");
    let ceiling = "[limits]\nstore = \"1MiB\"";
    assert_snapshot!(operated(ceiling, "limits.store = \"2MiB\"").unwrap_err(), @r"
    error: `store` of bot `cat` is 2MiB; at most 1MiB is allowed
      --> DIR/m.toml:4:8
    hint: lower it; only whoever runs the server can raise what is allowed
    ");
}

/// A tenant keeps what its operator says; without an operator, what all its bots may keep.
#[test]
fn how_much_a_tenant_keeps_is_limited() {
    let tenant = |loaded: Loaded| {
        let spec = loaded.unwrap();
        (spec.tenants[0].store, spec.tenants[0].store_keys)
    };
    let of_operator = |limits: &str| {
        let text = format!("[tenant.acme]\nmanifests = []\nlimits = {{ {limits} }}\n");
        Scene::new(&[("o.toml", &text)]).operator("o.toml")
    };
    assert_eq!(tenant(of_operator("")), (256 << 20, 1_000_000));
    let said = "store = \"1GiB\", store_keys = 5_000_000";
    assert_eq!(tenant(of_operator(said)), (1 << 30, 5_000_000));
    assert_eq!(tenant(of_operator("store = \"0\", store_keys = 0")), (0, 0));
    let wrong = "store = 7, store_keys = -1";
    assert_snapshot!(of_operator(wrong).unwrap_err(), @r#"
    error: `store` in [tenant.acme.limits] needs a unit
      --> DIR/o.toml:3:20
    hint: write `store = "64MiB"`, or what you mean
    error: `store_keys` in [tenant.acme.limits] must be a whole number from 0 to 1000000000
      --> DIR/o.toml:3:36
    2 errors
    "#);
    assert_eq!(tenant(manifest("")), (256 << 20, 1_000_000));
    let limits = "source = \".\"\nlimits = { store = \"1GiB\", store_keys = 800_000 }";
    let more = format!("[bot.dog]\n{limits}\n[bot.cow]\n{limits}\n");
    assert_eq!(tenant(manifest(&more)), ((2 << 30) + (64 << 20), 1_700_000));
}
