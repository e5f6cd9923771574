//! The keyword index: what is found in which order, and that the order depends on nothing else.

use std::collections::BTreeMap;

use proptest::prelude::*;
use ravenry_knowledge::{Hit, KeywordIndex, Language, PassageId};

fn index(documents: &[(u64, Language, &str)]) -> KeywordIndex {
    let mut index = KeywordIndex::new().unwrap();
    for (document, language, text) in documents {
        index.put(*document, *language, [*text]).unwrap();
    }
    index.commit().unwrap();
    index
}

fn found(index: &KeywordIndex, question: &str) -> Vec<u64> {
    let hits = index.search(question, 10).unwrap();
    hits.iter().map(|hit| hit.passage.document).collect()
}

#[test]
fn words_are_found_by_their_stems() {
    let index = index(&[
        (1, Language::English, "The houses on the hill were painted."),
        (
            2,
            Language::English,
            "A painter paints a picture of one hill, and of another hill.",
        ),
        (3, Language::German, "Die Häuser in den Bergen sind alt."),
        (4, Language::Other, "東京タワーは東京にあります"),
        (5, Language::Other, "我家的猫很可爱"),
        (6, Language::Other, "กรุงเทพมหานครเป็นเมืองหลวง"),
        (7, Language::English, "The café serves ＡＢＣ soup."),
    ]);
    for (question, expected) in [
        ("house", &[1][..]),
        ("HOUSING a painting", &[1, 2]),
        ("hill", &[2, 1]),
        ("Haus am Berg", &[3]),
        ("東京", &[4]),
        ("タワー", &[4]),
        ("猫", &[5]),
        ("เมืองหลวง", &[6]),
        ("cafe\u{301} abc", &[7]),
        ("what is the", &[]),
        ("nothing", &[]),
        ("", &[]),
    ] {
        assert_eq!(found(&index, question), expected, "{question}");
    }
}

/// The stop words of a question are none of its words in other languages.
#[test]
fn a_question_is_of_one_language() {
    let index = index(&[
        (
            1,
            Language::German,
            "Auf dem Schild steht: this is the end of it",
        ),
        (
            2,
            Language::English,
            "Water boils at a temperature of one hundred degrees.",
        ),
        (
            3,
            Language::English,
            "A war of ten years, and then another.",
        ),
    ]);
    assert_eq!(
        found(
            &index,
            "this is the temperature of the boiling water, is it not"
        ),
        [2]
    );
    assert_eq!(found(&index, "that was the war of it"), [3]);
}

#[test]
fn what_is_replaced_or_removed_is_gone() {
    let mut index = index(&[
        (1, Language::English, "apple"),
        (2, Language::English, "apple"),
    ]);
    assert_eq!(found(&index, "apple"), [1, 2]);
    index.put(1, Language::English, ["pear", "plum"]).unwrap();
    index.remove(2).unwrap();
    index.remove(3).unwrap();
    assert_eq!(found(&index, "apple"), [1, 2], "before the commit");
    index.commit().unwrap();
    assert!(found(&index, "apple").is_empty());
    let plum = index.search("plum", 9).unwrap();
    let expected = PassageId {
        document: 1,
        ordinal: 1,
    };
    assert_eq!(
        plum.iter().map(|hit| hit.passage).collect::<Vec<_>>(),
        [expected]
    );
    assert_eq!(index.passages(), 2);
    // In one go: in, out, in again, twice.
    index.put(4, Language::English, ["fig"]).unwrap();
    index.remove(4).unwrap();
    index.put(4, Language::English, ["date"]).unwrap();
    index.put(4, Language::English, ["lime"]).unwrap();
    index.commit().unwrap();
    index.commit().unwrap();
    assert_eq!(found(&index, "fig date lime"), [4]);
    assert_eq!(index.passages(), 3);
    for document in 1..5 {
        index.remove(document).unwrap();
    }
    index.commit().unwrap();
    assert_eq!((found(&index, "lime pear"), index.passages()), (vec![], 0));
}

#[test]
fn equals_are_in_the_order_of_their_numbers() {
    let documents: Vec<(u64, Language, &str)> = [9, 3, 7, u64::MAX, 0]
        .map(|document| (document, Language::English, "same words"))
        .to_vec();
    assert_eq!(found(&index(&documents), "words"), [0, 3, 7, 9, u64::MAX]);
}

/// `How can I` says nothing of what is asked, and one word of many that a passage has is there by accident.
#[test]
fn what_does_not_fit_is_not_found() {
    let mut documents: Vec<(u64, Language, &str)> = vec![
        (
            1,
            Language::English,
            "How can I reset my password? Press the button.",
        ),
        (
            2,
            Language::English,
            "You can print in capital letters, as you like what I do.",
        ),
        (
            3,
            Language::German,
            "Wie kann ich das Passwort ändern? Auf der Seite mit dem Konto.",
        ),
        (
            4,
            Language::English,
            "Start the server with ravenry up, in capital letters, and stop it.",
        ),
        (
            5,
            Language::English,
            "The server of the mail and its password are in the file.",
        ),
    ];
    let others: Vec<String> = (6..40)
        .map(|number| format!("page number {number}"))
        .collect();
    documents.extend(
        (6..)
            .zip(&others)
            .map(|(number, text)| (number, Language::English, text.as_str())),
    );
    let index = index(&documents);
    for (question, expected) in [
        ("how can I", &[][..]),
        ("what can you do", &[]),
        ("Please, may I?", &[]),
        ("wie kann ich", &[]),
        ("How do I learn to play the guitar in a capital city?", &[]),
        ("how can I reset it", &[1]),
        ("Which capital letters can I print?", &[2, 4]),
        // A word that tells nothing makes a passage better that fits anyway.
        ("server up", &[4, 5]),
    ] {
        assert_eq!(found(&index, question), expected, "{question}");
    }
}

/// A score as computed by hand: BM25 with k1 = 1.2 and b = 0.75.
#[test]
fn scores_are_those_of_bm25() {
    let index = index(&[
        (1, Language::Other, "a b"),
        (2, Language::Other, "a a c d"),
        (3, Language::Other, "e f g"),
    ]);
    let hits = index.search("a", 9).unwrap();
    let idf = (1.0_f64 + 1.5 / 2.5).ln();
    let score = |count: f64, length: f64| {
        let norm = 1.2 * (1.0 - 0.75 + 0.75 * length / 3.0);
        idf * 2.2 * count / (count + norm)
    };
    for (hit, (document, expected)) in hits
        .iter()
        .zip([(2, score(2.0, 4.0)), (1, score(1.0, 2.0))])
    {
        assert_eq!(hit.passage.document, document);
        assert!(
            (f64::from(hit.score) - expected).abs() < 1e-5,
            "{hit:?} {expected}"
        );
    }
    assert_eq!(hits.len(), 2);
}

/// What a step of a test does to a collection.
#[derive(Clone, Debug)]
enum Step {
    Put(u64, Vec<String>),
    Remove(u64),
    Commit,
}

fn text() -> impl Strategy<Value = String> {
    // Few words, so that many passages have them, in many lengths.
    prop::collection::vec(0..12_u32, 1..90).prop_map(|words| {
        let words: Vec<String> = words
            .into_iter()
            .map(|word| format!("t{}", word * word / 7))
            .collect();
        words.join(" ")
    })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => (0..12_u64, prop::collection::vec(text(), 1..5)).prop_map(|(document, texts)| Step::Put(document, texts)),
        2 => (0..12_u64).prop_map(Step::Remove),
        2 => Just(Step::Commit),
    ]
}

fn language(document: u64) -> Language {
    [Language::English, Language::German, Language::Other][document as usize % 3]
}

fn put(index: &mut KeywordIndex, document: u64, texts: &[String]) {
    let texts = texts.iter().map(String::as_str);
    index.put(document, language(document), texts).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// The same documents give the same hits with the same scores, bit by bit: after changes in any order, in any
    /// number of commits, and put in at once in another order.
    #[test]
    fn a_ranking_depends_on_the_documents_alone(
        steps in prop::collection::vec(step(), 0..40),
        question in text(),
        reversed: bool,
    ) {
        let mut index = KeywordIndex::new().unwrap();
        let mut expected: BTreeMap<u64, Vec<String>> = BTreeMap::new();
        for step in steps {
            match step {
                Step::Put(document, texts) => {
                    put(&mut index, document, &texts);
                    expected.insert(document, texts);
                }
                Step::Remove(document) => {
                    index.remove(document).unwrap();
                    expected.remove(&document);
                }
                Step::Commit => index.commit().unwrap(),
            }
        }
        index.commit().unwrap();
        let mut anew = KeywordIndex::new().unwrap();
        let mut documents: Vec<_> = expected.iter().collect();
        if reversed {
            documents.reverse();
        }
        for (document, texts) in documents {
            put(&mut anew, *document, texts);
        }
        anew.commit().unwrap();
        let bits = |hits: Vec<Hit>| -> Vec<(PassageId, u32)> {
            hits.iter().map(|hit| (hit.passage, hit.score.to_bits())).collect()
        };
        for limit in [1, 5, 1_000] {
            let one = bits(index.search(&question, limit).unwrap());
            let other = bits(anew.search(&question, limit).unwrap());
            prop_assert_eq!(one, other);
        }
        let passages: usize = expected.values().map(Vec::len).sum();
        prop_assert_eq!(index.passages(), passages as u64);
    }
}
