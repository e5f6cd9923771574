//! Collections keep the rules of the gateway: whose documents they are, what is found, what is refused.

use super::*;
use crate::{
    Bot, Feedback, Query, Reply, Result,
    testing::{self, Knowledge, Scene, Scope},
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
}

/// Runs code while `user` asks, and returns what is known then.
fn during(knowledge: Knowledge, run: impl Fn() -> Result<(), Error>) -> Knowledge {
    let scene = Scene::default().knowledge(knowledge);
    let transcript = scene.ask(&Does(|| Ok(run()?)), "hi");
    assert_eq!(transcript.result, Ok(()));
    transcript.knowledge
}

fn me() -> Scope {
    Scope::user("user")
}

fn invalid<T>(result: Result<T, Error>) -> String {
    match result {
        Err(Error::Invalid(what)) => what,
        Err(error) => panic!("{error:?}"),
        Ok(_) => panic!("nothing was refused"),
    }
}

const MANUAL: &str = "\
# Manual

The museum has three floors.

## Opening hours

The museum opens at nine.

```sh
# no heading
```

## Tickets

A ticket is five francs.
";

#[test]
fn a_passage_says_where_it_stands() {
    let manual = Document::markdown("manual.md", MANUAL).from_source("https://example.org/manual");
    during(Knowledge::new().with(Scope::Bot, manual), || {
        let found = bot().search("When does the MUSEUM open: opens it at nine?", 9)?;
        let [first, second] = &found[..] else {
            panic!("{found:?}");
        };
        assert_eq!(
            first,
            &Passage {
                document: "manual.md".to_owned(),
                title: "Manual".to_owned(),
                source: "https://example.org/manual".to_owned(),
                headings: vec!["Manual".to_owned(), "Opening hours".to_owned()],
                first_line: 5,
                last_line: 11,
                text: "## Opening hours\n\nThe museum opens at nine.\n\n```sh\n# no heading\n```"
                    .to_owned(),
                score: 5.0,
            }
        );
        assert_eq!((second.score, second.first_line), (2.0, 1));
        assert_eq!(bot().search("museum opens", 1)?, {
            let mut first = first.clone();
            first.score = 2.0;
            [first]
        });
        assert_eq!(bot().search("museum", 0)?, []);
        assert_eq!(bot().search("cats, dogs", 9)?, []);
        assert_eq!(bot().search("", 9)?, []);
        assert_eq!(user().search("museum", 9)?, []);
        Ok(())
    });
}

#[test]
fn passages_have_so_many_words() {
    let words = |count: usize| vec!["word"; count].join(" ");
    let long = format!("\n\n{}\n{}\n\nlast word", words(400), words(100));
    let documents = Knowledge::new().with(Scope::Bot, Document::plain("long", long));
    during(documents, || {
        let found = bot().search("word", 1_000)?;
        let shape = found.iter().map(|passage| {
            let words = passage.text.split_whitespace().count();
            (words, passage.first_line, passage.last_line)
        });
        // The rest of the long line has room for the line behind it.
        let expected = [(180, 3, 3), (180, 3, 3), (142, 3, 6)];
        assert!(shape.eq(expected), "{found:?}");
        assert_eq!(found[0].path(), "long");
        bot().put_many((0..120).map(|number| Document::plain(number.to_string(), "a cat")))?;
        assert_eq!(bot().search("cat", 1_000)?.len(), 100);
        // Of equals, the earlier document.
        assert_eq!(bot().search("cat", 1)?[0].document, "0");
        // What is behind the first 16 KiB of a question does not count.
        let question = format!("{}é cat", "é".repeat(8 * 1024));
        assert_eq!(bot().search(question, 1)?, []);
        Ok(())
    });
}

#[test]
fn titles_come_from_the_text_where_nobody_gave_one() {
    let cases = [
        (Document::markdown("id", "text"), "id"),
        (Document::markdown("id", "text\n\n## Two\n\n# One"), "Two"),
        (Document::markdown("id", "```\n# no\n```\n# Yes"), "Yes"),
        (
            Document::markdown("id", "---\na: b\ntitle: \"Front\"\n---\n# One"),
            "Front",
        ),
        (Document::markdown("id", "#hash\n####### seven\n# "), "id"),
        (Document::plain("id", "# One"), "id"),
        (Document::markdown("id", "# One").titled("Given"), "Given"),
    ];
    for (document, title) in cases {
        during(Knowledge::new(), || {
            bot().put(document.clone())?;
            let infos: Vec<_> = bot().documents().collect::<Result<_, _>>()?;
            let expected = DocumentInfo {
                id: "id".to_owned(),
                title: title.to_owned(),
                source: "id".to_owned(),
                bytes: document.text.len() as u64,
            };
            assert_eq!(infos, [expected]);
            Ok(())
        });
    }
}

#[test]
fn what_is_put_is_there_until_it_is_removed() {
    let knowledge = during(Knowledge::new(), || {
        let mine = user();
        mine.put_many(["b", "a", "c"].map(|id| Document::plain(id, format!("text of {id}"))))?;
        mine.put(Document::plain("a", "another text"))?;
        assert_eq!(mine.search("another", 9)?.len(), 1);
        assert!(mine.remove("b")?);
        assert!(!mine.remove("b")?);
        assert_eq!(mine.search("b", 9)?, []);
        bot().put(Document::plain("of all", "text"))?;
        Ok(())
    });
    assert!(knowledge.ids(&me()).eq(["a", "c"]));
    let text = |id| knowledge.document(&me(), id).map(|one| one.text.as_str());
    assert_eq!((text("a"), text("b")), (Some("another text"), None));
    assert!(knowledge.ids(&Scope::Bot).eq(["of all"]));

    let cleared = during(knowledge, || {
        assert_eq!(user().remove_many(["a", "a", "x"])?, 1);
        assert_eq!(user().clear()?, 1);
        assert_eq!(user().clear()?, 0);
        assert_eq!(user().documents().count(), 0);
        Ok(())
    });
    let rest = Knowledge::new().with(Scope::Bot, Document::plain("of all", "text"));
    assert_eq!(cleared, rest);
}

#[test]
fn all_pages_are_gone_through() {
    let mut knowledge = Knowledge::new();
    for number in 0..2_500 {
        knowledge = knowledge.with(Scope::Bot, Document::plain(format!("{number:04}"), "text"));
    }
    during(knowledge, || {
        let ids: Vec<String> = bot()
            .documents()
            .map(|document| Ok(document?.id))
            .collect::<Result<_, Error>>()?;
        assert!(
            ids.iter()
                .eq(&(0..2_500).map(|n| format!("{n:04}")).collect::<Vec<_>>())
        );
        Ok(())
    });
}

#[test]
fn documents_belong_to_their_person() {
    let knowledge = Knowledge::new()
        .with(Scope::user("anna"), Document::plain("a", "secret"))
        .with(
            Scope::conversation("conversation"),
            Document::plain("c", "secret"),
        );
    let scene = Scene::default().knowledge(knowledge.clone());
    let asked_by = |user: &str, run: fn() -> Result| {
        let query = Query {
            user_id: user.to_owned(),
            ..Query::from("hi")
        };
        scene.ask(&Does(run), query)
    };
    let found = asked_by("anna", || {
        assert_eq!(user().search("secret", 9)?.len(), 1);
        Ok(())
    });
    assert_eq!((found.result, found.knowledge), (Ok(()), knowledge));
    let nothing = asked_by("bert", || {
        assert_eq!(user().search("secret", 9)?, []);
        assert_eq!(bot().search("secret", 9)?, []);
        Ok(())
    });
    assert_eq!(nothing.result, Ok(()));
    let nobody = asked_by("", || {
        assert_eq!(user().clear(), Err(Error::NoSuchCollection));
        assert_eq!(
            user().documents().collect::<Vec<_>>(),
            [Err(Error::NoSuchCollection)]
        );
        assert_eq!(bot().clear(), Ok(0));
        Ok(())
    });
    assert_eq!(nobody.result, Ok(()));
    scene.during(|| {
        assert_eq!(user().search("secret", 9), Err(Error::NoSuchCollection));
        assert_eq!(bot().search("secret", 9), Ok(vec![]));
    });
    let feedback = Feedback {
        user_id: "anna".to_owned(),
        ..Feedback::default()
    };
    let sees = Does(|| {
        assert_eq!(user().search("secret", 9)?.len(), 1);
        Ok(())
    });
    scene.feedback(&sees, &feedback);
    // Outside a scene there is nothing.
    assert!(matches!(bot().clear(), Err(Error::Other(_))));
}

#[test]
fn what_is_larger_than_may_be_changes_nothing() {
    let text = |bytes| Document::plain("a", "x".repeat(bytes));
    let name = || "n".repeat(1_025);
    let known = during(Knowledge::new(), || {
        let many = |count: usize| (0..count).map(|id| Document::plain(id.to_string(), ""));
        assert!(invalid(bot().put(Document::plain("", "x"))).contains("an identifier"));
        assert!(invalid(bot().put(Document::plain(name(), "x"))).contains("an identifier"));
        assert!(invalid(bot().put(text(1).titled(name()))).contains("a title"));
        assert!(invalid(bot().put(text(1).from_source(name()))).contains("a source"));
        assert!(invalid(bot().put(text(4 * 1024 * 1024 + 1))).contains("4194304"));
        assert!(invalid(bot().put_many(many(257))).contains("256"));
        assert!(invalid(bot().remove_many(vec!["a"; 257])).contains("256"));
        let three = ["a", "b", "c"].map(|id| Document {
            id: id.to_owned(),
            ..text(3 << 20)
        });
        assert!(invalid(bot().put_many(three)).contains("8388608"));
        let good_and_bad = [Document::plain("good", ""), Document::plain("", "")];
        invalid(bot().put_many(good_and_bad));
        bot().put_many(many(0))
    });
    assert_eq!(known, Knowledge::new());

    let full = during(Knowledge::new(), || {
        for id in 0..20 {
            let document = Document {
                id: id.to_string(),
                ..text(3 << 20)
            };
            bot().put(document)?;
        }
        let more = || Document {
            id: "more".to_owned(),
            ..text(4 << 20)
        };
        match user().put(more()) {
            Err(Error::Full(what)) => assert!(what.contains("67108864 bytes"), "{what}"),
            put => panic!("{put:?}"),
        }
        // Smaller in the place of larger, and anew where something went.
        bot().put(Document::plain("0", "small"))?;
        user().put(more())
    });
    assert!(full.ids(&me()).eq(["more"]));
}

#[test]
fn errors_are_played() {
    let away = || Error::Unavailable("away".to_owned());
    let full = || Error::Full("full".to_owned());
    let one = || Knowledge::new().with(Scope::Bot, Document::plain("a", "text"));
    during(one().refusing(away()), || {
        assert_eq!(bot().search("text", 1), Err(away()));
        assert_eq!(bot().put(Document::plain("b", "")), Err(away()));
        assert_eq!(bot().remove("a"), Err(away()));
        assert_eq!(bot().clear(), Err(away()));
        assert_eq!(bot().documents().collect::<Vec<_>>(), [Err(away())]);
        Ok(())
    });
    during(one().refusing(full()), || {
        assert_eq!(bot().put(Document::plain("b", "")), Err(full()));
        assert_eq!(bot().search("text", 1)?.len(), 1);
        assert_eq!(bot().documents().count(), 1);
        assert_eq!(bot().clear(), Ok(1));
        Ok(())
    });
}

/// Nothing of the cause is shown; whether to try again is.
#[test]
fn people_read_one_sentence() {
    let secret = || "secret".to_owned();
    let cases = [
        (Error::NoSuchCollection, false),
        (Error::Invalid(secret()), false),
        (Error::Full(secret()), false),
        (Error::Unavailable(secret()), true),
        (Error::Other(secret()), false),
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
}
