//! A collection: documents in, passages found by words, by meaning, and by both.

use ravenry_knowledge::{Collection, Document, Entry, Format, Language, split};

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
    let hits = collection.search(question, vectors, 10).unwrap();
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
