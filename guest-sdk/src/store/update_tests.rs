//! An update loses nothing, whoever writes meanwhile.

use std::time::Duration;

use serde_json::json;

use super::{tests::during, *};
use crate::{
    Failure,
    testing::{self, Scope},
};

#[test]
fn an_update_begins_with_what_there_is() {
    let store = during(|| {
        let add = |more: &'static str| {
            user().update("list", move |old: Option<Vec<String>>| {
                let mut list = old.unwrap_or_default();
                list.push(more.to_owned());
                Ok(list)
            })
        };
        assert_eq!(add("a"), Ok(vec!["a".to_owned()]));
        assert_eq!(add("b").map(|list| list.len()), Ok(2));
        Ok(())
    });
    assert_eq!(
        store.value(&Scope::user("user"), "list"),
        Some(json!(["a", "b"]))
    );
}

/// Whoever else writes meanwhile, even the same value, or deletes: the change is made of what there is then.
#[test]
fn an_update_begins_anew_when_another_was_faster() {
    type Meanwhile = fn(&Bucket) -> Result<(), Error>;
    let cases: [(Meanwhile, i64, u32); 5] = [
        (|bucket| bucket.set("n", &5), 105, 2),
        (|bucket| bucket.set("n", &1), 101, 2),
        (|bucket| bucket.increment("n", 1).map(drop), 102, 2),
        (|bucket| bucket.delete("n"), 100, 2),
        (|bucket| bucket.set("m", &1), 101, 1),
    ];
    for (meanwhile, expected, calls_expected) in cases {
        during(|| {
            let bucket = user();
            bucket.set("n", &1)?;
            let mut calls = 0;
            let sum = bucket.update("n", |old: Option<i64>| {
                calls += 1;
                if calls == 1 {
                    meanwhile(&bucket)?;
                }
                Ok(old.unwrap_or(0) + 100)
            });
            assert_eq!((sum, calls), (Ok(expected), calls_expected));
            assert_eq!(bucket.get("n")?, Some(expected));
            Ok(())
        });
    }
}

/// Set and deleted again while it was looked at: there is none, as there was none.
#[test]
fn what_was_not_there_and_is_not_there_again_is_the_same() {
    during(|| {
        let bucket = user();
        let mut calls = 0;
        let set = bucket.update("n", |old: Option<i64>| {
            calls += 1;
            bucket.set("n", &5)?;
            bucket.delete("n")?;
            assert_eq!(old, None);
            Ok(1)
        });
        assert_eq!((set, calls), (Ok(1), 1));
        Ok(())
    });
}

#[test]
fn an_update_gives_up_after_sixteen_attempts() {
    let store = during(|| {
        let mut calls = 0;
        let given_up = bot().update("n", |_: Option<i64>| {
            calls += 1;
            bot().increment("n", 1)?;
            Ok(-1)
        });
        // Others will be slower one day.
        let allows_retry = |failure: &Failure| failure.allow_retry;
        assert!(matches!(given_up, Err(crate::Error::Failure(failure)) if allows_retry(&failure)));
        assert_eq!(calls, 16);
        // It stood back between them, for a second each at most.
        let waited = testing::now();
        assert!(waited > Duration::ZERO && waited < Duration::from_millis(15 * 1024));
        Ok(())
    });
    assert_eq!(store.value(&Scope::Bot, "n"), Some(json!(16)));
}

#[test]
fn an_update_that_is_given_up_sets_nothing() {
    let enough = || Failure::new("Enough.").no_retry();
    let store = during(|| {
        let given_up = bot().update("n", |_: Option<i64>| Err(enough().into()));
        assert_eq!(given_up, Err(enough().into()));
        bot().set("text", "one")?;
        // What is there is not thrown away because it is something else.
        assert!(bot().update("text", |_: Option<i64>| Ok(1)).is_err());
        Ok(())
    });
    assert!(store.keys(&Scope::Bot).eq(["text"]));
}
