//! A collection: documents in, passages found by words, by meaning, and by both.

use ravenry_knowledge::{
    Collection, Document, Entry, Format, Language, Meaning, UNRELATED, near_from, split,
};

fn put(
    collection: &mut Collection,
    document: u64,
    text: &str,
    vectors: &[Vec<Vec<f32>>],
) -> Document {
    let read = split(text, Format::Markdown);
    let entry = Entry {
        title: read.title.as_deref(),
        passages: &read.passages,
        vectors,
    };
    collection.put(document, &entry).unwrap();
    read
}

fn found(collection: &Collection, question: &str, vectors: &[Vec<f32>]) -> Vec<(u64, u32)> {
    let meaning = Meaning {
        vectors: vectors.to_vec(),
        near_from: 0.05,
    };
    let hits = collection.search(question, Some(&meaning), 10).unwrap();
    hits.iter()
        .map(|hit| (hit.passage.document, hit.passage.ordinal))
        .collect()
}

#[test]
fn passages_are_found_by_the_titles_above_them() {
    let mut collection = Collection::new(Language::English).unwrap();
    let text = "# Printers\n\n## Paper\n\nLoad the tray.\n\n## Ink\n\nOpen the lid.\n";
    put(&mut collection, 1, text, &[]);
    put(
        &mut collection,
        2,
        "# Scanners\n\nOpen the lid, and close it again.",
        &[],
    );
    collection.commit().unwrap();
    assert_eq!(collection.documents(), 2);
    assert_eq!(found(&collection, "printer lid", &[])[0], (1, 1));
    assert_eq!(found(&collection, "how do I load paper", &[])[0], (1, 0));
    assert_eq!(found(&collection, "scanner", &[]), [(2, 0)]);
    collection.remove(2).unwrap();
    collection.commit().unwrap();
    assert_eq!(found(&collection, "scanner", &[]), []);
    assert_eq!(collection.documents(), 1);
}

#[test]
fn words_and_meaning_are_joined() {
    let mut collection = Collection::new(Language::English).unwrap();
    put(&mut collection, 1, "alpha", &[vec![vec![1.0, 0.0]]]);
    put(
        &mut collection,
        2,
        "alpha beta gamma delta",
        &[vec![vec![0.0, 1.0]]],
    );
    put(
        &mut collection,
        3,
        "epsilon",
        &[vec![vec![0.1, 1.0], vec![1.0, 0.1]]],
    );
    // Without vectors, and with those of another encoder: found by words.
    put(&mut collection, 4, "alpha zeta eta theta iota", &[]);
    put(&mut collection, 5, "kappa", &[vec![vec![1.0, 1.0, 1.0]]]);
    collection.commit().unwrap();
    assert_eq!(found(&collection, "alpha", &[]), [(1, 0), (2, 0), (4, 0)]);
    let joined = found(&collection, "alpha", &[vec![0.0, 1.0]]);
    assert_eq!(joined[0], (2, 0));
    assert_eq!(joined.len(), 4);
    assert_eq!(found(&collection, "nothing", &[vec![0.0, 1.0]])[0], (2, 0));
    assert_eq!(
        found(&collection, "kappa", &[vec![0.0, 1.0, 0.0, 0.0]]),
        [(5, 0)]
    );
    assert_eq!(found(&collection, "nothing", &[]), []);
    // Put in anew without vectors: its old ones are gone.
    put(&mut collection, 2, "alpha", &[]);
    collection.commit().unwrap();
    assert_ne!(found(&collection, "nothing", &[vec![0.0, 1.0]])[0], (2, 0));
}

/// The language of each document is told by its text.
#[test]
fn documents_of_several_languages_are_one_collection() {
    let mut collection = Collection::new(Language::English).unwrap();
    let german = "Die Katzen saßen gestern Abend lange auf den Dächern der alten Häuser und sangen miteinander, \
        während unten auf der Straße niemand mehr zu sehen war.";
    let english = "The cats were sitting on the roofs of the old houses for a long time yesterday evening, singing \
        with each other, while nobody was to be seen on the street below.";
    put(&mut collection, 1, german, &[]);
    put(&mut collection, 2, english, &[]);
    put(
        &mut collection,
        3,
        "我昨天晚上看见一只猫坐在老房子的屋顶上唱歌。",
        &[],
    );
    collection.commit().unwrap();
    for (question, expected) in [
        ("welches Haus hat ein Dach", 1),
        ("which house has a roof", 2),
        ("屋顶上的猫", 3),
    ] {
        assert_eq!(
            found(&collection, question, &[]),
            [(expected, 0)],
            "{question}"
        );
    }
}

/// In a small collection each passage is among the nearest, and an accidental word would decide.
#[test]
fn what_is_near_beats_a_word_that_is_there_by_accident() {
    let mut collection = Collection::new(Language::English).unwrap();
    let far = vec![vec![0.0, 1.0]];
    put(
        &mut collection,
        1,
        "Sleep mode saves power.",
        std::slice::from_ref(&far),
    );
    put(
        &mut collection,
        2,
        "Cats nap on the sofa.",
        &[vec![vec![1.0, 0.1]]],
    );
    put(&mut collection, 3, "Ducks swim.", &[far]);
    collection.commit().unwrap();
    let question = "where does the kitty sleep";
    assert_eq!(found(&collection, question, &[]), [(1, 0)]);
    let near = found(&collection, question, &[vec![1.0, 0.0]]);
    assert_eq!(near, [(2, 0), (1, 0)]);
    // Neither words nor meaning: nothing fits, however near the nearest is.
    let nothing = found(
        &collection,
        "what is the capital of France",
        &[vec![-1.0, 0.0]],
    );
    assert_eq!(nothing, []);
}

#[test]
fn what_is_near_is_told_by_texts_that_have_nothing_in_common() {
    let all = |vectors: &[[f32; 2]]| vectors.iter().map(|it| it.to_vec()).collect::<Vec<_>>();
    for (vectors, expected) in [
        // Nothing in common is a cosine of 0 here, and of 0.8 there.
        (all(&[[1.0, 0.0], [0.0, 2.0]]), 0.25),
        (all(&[[1.0, 0.0], [0.8, 0.6]]), 0.85),
        (all(&[[1.0, 0.0], [0.0, 0.0]]), -1.0),
        (Vec::new(), -1.0),
    ] {
        assert!((near_from(&vectors) - expected).abs() < 1e-6, "{vectors:?}");
    }
    assert_eq!(UNRELATED.len(), 8);
}
