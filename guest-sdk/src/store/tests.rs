//! The store keeps the rules of the gateway: whose values they are, how they read, who was faster.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::*;
use crate::{
    Bot, Feedback, Query, Reaction, Reply, Result,
    testing::{self, Scene, Scope, Store},
};

/// A bot that is one function.
struct Does<F>(F);

impl<F: Fn() -> Result> Bot for Does<F> {
    fn respond(&self, _: &Query, _: &mut Reply) -> Result {
        (self.0)()
    }

    fn on_feedback(&self, _: &Feedback) {
        (self.0)().unwrap();
    }

    fn on_reaction(&self, _: &Reaction) {
        (self.0)().unwrap();
    }
}

/// Runs code while `user` asks in `conversation`, and returns what is kept then.
pub(super) fn during(run: impl Fn() -> Result<(), Error>) -> Store {
    let transcript = testing::ask(&Does(|| Ok(run()?)), "hi");
    assert_eq!(transcript.result, Ok(()));
    transcript.store
}

fn me() -> Scope {
    Scope::user("user")
}

/// The sentence of an error that has no kind of its own.
fn other<T>(result: Result<T, Error>) -> String {
    match result {
        Err(Error::Other(what)) => what,
        Err(error) => panic!("{error:?}"),
        Ok(_) => panic!("nothing was refused"),
    }
}

#[test]
fn values_are_json_that_others_can_read() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Game {
        score: u32,
        names: Vec<String>,
    }
    let game = || Game {
        score: 3,
        names: vec!["Anna".to_owned()],
    };
    let store = during(|| {
        let user = user();
        assert_eq!(user.get::<String>("text")?, None);
        assert!(!user.exists("text")?);
        user.set("text", "milk")?;
        user.set("text", "tea \u{1f375}")?;
        user.set("game", &game())?;
        user.set("nothing", &None::<String>)?;
        user.set_bytes("bytes", &[0, 159, 146, 150])?;
        assert_eq!(user.get("text")?, Some("tea \u{1f375}".to_owned()));
        assert_eq!(user.get("game")?, Some(game()));
        assert_eq!(user.get::<Option<String>>("nothing")?, Some(None));
        assert_eq!(user.get_bytes("bytes")?, Some(vec![0, 159, 146, 150]));
        assert!(user.exists("text")?);
        user.set("gone", &1)?;
        user.delete("gone")?;
        user.delete("gone")?;
        assert_eq!(user.get_bytes("gone")?, None);
        Ok(())
    });
    let text = store.bytes(&me(), "text");
    assert_eq!(text, Some("\"tea \u{1f375}\"".as_bytes()));
    let written = store.value(&me(), "game");
    assert_eq!(written, Some(json!({ "score": 3, "names": ["Anna"] })));
    assert_eq!(store.value(&me(), "bytes"), None);
    assert!(store.keys(&me()).eq(["bytes", "game", "nothing", "text"]));
}

#[test]
fn what_is_no_json_is_told_with_its_key() {
    let key = |error: Option<Error>| match error {
        Some(Error::NotJson { key, .. }) => key,
        other => panic!("{other:?}"),
    };
    let no_json = BTreeMap::from([((1, 2), 3)]);
    let store = during(|| {
        let bot = bot();
        bot.set_bytes("half", b"{\"a\":")?;
        bot.set("text", "one")?;
        assert_eq!(key(bot.get::<u32>("text").err()), "text");
        assert_eq!(key(bot.get_many::<Value>(["text", "half"]).err()), "half");
        assert_eq!(key(bot.set("map", &no_json).err()), "map");
        let values = [("a", BTreeMap::new()), ("map", no_json.clone())];
        assert_eq!(key(bot.set_many(values).err()), "map");
        Ok(())
    });
    assert!(store.keys(&Scope::Bot).eq(["half", "text"]));
}

#[test]
fn each_person_and_each_conversation_has_a_bucket() {
    let bot = Does(|| {
        bot().increment("n", 1)?;
        user().increment("n", 1)?;
        conversation().increment("n", 1)?;
        Ok(())
    });
    let mut scene = Scene::default();
    for (user_id, conversation_id) in [("anna", "one"), ("anna", "two"), ("bert", "one")] {
        let transcript = scene.ask(
            &bot,
            Query {
                user_id: user_id.to_owned(),
                conversation_id: conversation_id.to_owned(),
                ..Query::default()
            },
        );
        assert_eq!(transcript.result, Ok(()));
        scene = scene.store(transcript.store);
    }
    let n = |scope: Scope| scene.store.value(&scope, "n");
    assert_eq!(n(Scope::Bot), Some(json!(3)));
    assert_eq!(n(Scope::user("anna")), Some(json!(2)));
    assert_eq!(n(Scope::user("bert")), Some(json!(1)));
    assert_eq!(n(Scope::conversation("one")), Some(json!(2)));
    assert_eq!(n(Scope::conversation("two")), Some(json!(1)));
}

#[test]
fn reports_have_the_buckets_of_whom_they_name() {
    let bot = Does(|| {
        user().increment("n", 1)?;
        conversation().increment("n", 1)?;
        Ok(())
    });
    let (user_id, conversation_id) = ("anna".to_owned(), "one".to_owned());
    let store = Scene::default().reaction(
        &bot,
        &Reaction {
            user_id: user_id.clone(),
            conversation_id: conversation_id.clone(),
            ..Reaction::default()
        },
    );
    let store = Scene::default().store(store).feedback(
        &bot,
        &Feedback {
            user_id,
            conversation_id,
            ..Feedback::default()
        },
    );
    assert_eq!(store.value(&Scope::user("anna"), "n"), Some(json!(2)));
    let conversation = Scope::conversation("one");
    assert_eq!(store.value(&conversation, "n"), Some(json!(2)));
}

#[test]
fn without_a_person_there_is_only_the_bots_bucket() {
    let only_bot = || {
        assert_eq!(bot().exists("a"), Ok(false));
        for bucket in [user(), conversation()] {
            assert_eq!(bucket.exists("a"), Err(Error::NoSuchStore));
            assert_eq!(bucket.set("a", "b"), Err(Error::NoSuchStore));
            let keys: Vec<_> = bucket.keys().collect();
            assert_eq!(keys, [Err(Error::NoSuchStore)]);
        }
    };
    Scene::default().during(only_bot);
    let asked = testing::ask(
        &Does(|| {
            only_bot();
            Ok(())
        }),
        Query::default(),
    );
    assert_eq!(asked.result, Ok(()));
    // Outside of a scene nothing is kept.
    assert!(other(bot().get_bytes("a")).contains("Scene"));
}

#[test]
fn numbers_are_added_and_read_as_numbers() {
    during(|| {
        let bot = bot();
        assert_eq!(bot.increment("n", 5)?, 5);
        assert_eq!(bot.increment("n", -7)?, -2);
        assert_eq!(bot.get::<i64>("n")?, Some(-2));
        assert_eq!(bot.get_bytes("n")?, Some(b"-2".to_vec()));
        bot.set("n", &i64::MAX)?;
        assert!(other(bot.increment("n", 1)).contains("64 bits"));
        assert_eq!(bot.get::<i64>("n")?, Some(i64::MAX));
        for no_number in ["", "1.5", "\"1\"", "one", " 1"] {
            bot.set_bytes("n", no_number.as_bytes())?;
            assert!(other(bot.increment("n", 1)).contains("whole number"));
        }
        Ok(())
    });
}

#[test]
fn all_keys_come_page_by_page() {
    let mut store = Store::new();
    for number in 0..2_000 {
        store = store.with(Scope::Bot, format!("{number:04}"), number);
    }
    let expected: Vec<String> = store.keys(&Scope::Bot).map(str::to_owned).collect();
    Scene::default().store(store).during(|| {
        let bot = bot();
        assert_eq!(bot.keys().collect::<Result<Vec<_>, _>>(), Ok(expected));
        assert_eq!(user().keys().next(), Some(Err(Error::NoSuchStore)));
        // What was deleted before its page is asked for does not come.
        let mut keys = bot.keys();
        assert_eq!(keys.next(), Some(Ok("0000".to_owned())));
        bot.delete("1999").unwrap();
        bot.delete("0999").unwrap();
        assert_eq!(keys.count(), 1_998);
    });
}

#[test]
fn several_values_are_set_at_once_or_not_at_all() {
    let store = during(|| {
        let bot = bot();
        bot.set_many([("a", 1), ("b", 2), ("a", 3)])?;
        let read = bot.get_many::<i64>(["b", "c", "a", "b"])?;
        let pair = |key: &str, value| (key.to_owned(), value);
        let expected = [
            pair("b", Some(2)),
            pair("c", None),
            pair("a", Some(3)),
            pair("b", Some(2)),
        ];
        assert_eq!(read, expected);
        bot.delete_many(["b", "c"])?;
        bot.set_many(Vec::<(String, i64)>::new())?;

        let many = || (0..257).map(|number| number.to_string());
        assert!(other(bot.get_many::<i64>(many())).contains("256 keys"));
        assert!(other(bot.delete_many(many())).contains("256 keys"));
        assert!(other(bot.set_many(many().map(|key| (key, 1)))).contains("256 keys"));
        let long = "k".repeat(1_025);
        let values = [("d".to_owned(), 1), (long, 1)];
        assert!(other(bot.set_many(values)).contains("1024 bytes"));
        let large = "v".repeat(1024 * 1024 - 2);
        let values = |count: usize| (0..count).map(|number| (format!("l{number}"), &large));
        assert!(other(bot.set_many(values(5))).contains("4194304 bytes"));
        Ok(())
    });
    assert!(store.keys(&Scope::Bot).eq(["a"]));
}

#[test]
fn what_is_more_than_may_be_kept_changes_nothing() {
    during(|| {
        let bot = bot();
        let largest = vec![b'v'; 1024 * 1024];
        bot.set_bytes(&"k".repeat(1_024), &largest)?;
        assert!(other(bot.set_bytes("a", &[&*largest, b"v"].concat())).contains("1048576"));
        assert!(other(bot.set_bytes(&"k".repeat(1_025), b"")).contains("1024"));
        for number in 0..62 {
            bot.set_bytes(&number.to_string(), &largest)?;
        }
        match bot.set_bytes("last", &largest) {
            Err(Error::Full(what)) => assert!(what.contains("67108864 bytes"), "{what}"),
            set => panic!("{set:?}"),
        }
        assert!(!bot.exists("last")?);
        // Smaller in the place of larger, and anew where something went.
        bot.set_bytes("0", b"")?;
        bot.set_bytes("last", &largest)?;
        bot.delete("1")?;
        bot.set_bytes("0", &largest)
    });
}

/// Nothing of the cause is shown; whether to try again is.
#[test]
fn people_read_one_sentence() {
    let not_json = || Error::NotJson {
        key: "secret".to_owned(),
        why: "secret".to_owned(),
    };
    let cases = [
        (Error::NoSuchStore, false),
        (Error::AccessDenied, false),
        (Error::Unavailable("secret".to_owned()), true),
        (Error::Full("secret".to_owned()), false),
        (Error::Other("secret".to_owned()), false),
        (not_json(), false),
    ];
    for (error, allow_retry) in cases {
        let transcript = testing::ask(&Does(|| Err(error.clone().into())), "hi");
        let failure = transcript.failure().unwrap();
        assert_eq!(failure.allow_retry, allow_retry, "{error:?}");
        let text = failure.text.as_ref().unwrap();
        assert!(!text.contains("secret"));
        // That this is for now is said only where it is so.
        assert_eq!(text.contains("right now"), allow_retry, "{error:?}");
    }
    assert!(not_json().to_string().contains("\"secret\""));
}
