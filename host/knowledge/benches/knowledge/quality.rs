//! How many of the right documents are found, and how high they stand.
//!
//! nDCG@10 with binary relevance: each right document at place `n` of the first ten gives `1 / log2(n + 1)`, as a share
//! of what the best order would give. recall@10: the share of the right documents among the first ten. Both are means
//! over all questions that have an answer.

use std::{
    collections::{BTreeMap, HashSet},
    fs,
    path::Path,
    time::Instant,
};

use ravenry_knowledge::{
    Collection, Encoder, Entry, Hit, Language, Meaning, Passage, PassageId, UNRELATED, VectorIndex,
    near_from,
};

/// How many hits count.
const DEPTH: usize = 10;

struct Data {
    /// Ids and whole documents.
    documents: Vec<(String, String, String)>,
    questions: Vec<(String, String)>,
    /// The right documents of each question.
    relevant: BTreeMap<String, HashSet<String>>,
}

pub(crate) fn measure(directory: &Path) {
    let data = read(directory);
    let mut collection = Collection::new(Language::English).unwrap();
    let start = Instant::now();
    for (number, (_, title, text)) in (0..).zip(&data.documents) {
        put(&mut collection, number, title, text, &[]);
    }
    collection.commit().unwrap();
    let count = data.documents.len();
    println!(
        "quality: {count} documents indexed in {:.0?}, {} questions",
        start.elapsed(),
        data.questions.len()
    );
    println!(
        "{:<20} {:>8} {:>10} {:>12}",
        "by", "nDCG@10", "recall@10", "ms/question"
    );
    row(&data, "words", |question| {
        collection.search(question, None, DEPTH).unwrap()
    });
    let Some(model) = std::env::var_os("RAVENRY_TEST_MODEL") else {
        println!("meaning, both: left out (RAVENRY_TEST_MODEL is not set)");
        return;
    };
    let start = Instant::now();
    let encoder = Encoder::open(model.as_ref()).unwrap();
    let unrelated = UNRELATED.iter().flat_map(|text| encoder.embed(text));
    let near_from = near_from(&unrelated.collect::<Vec<_>>());
    println!("(texts are near from a cosine of {near_from:.2} on)");
    println!("(the encoder was loaded in {:.0?})", start.elapsed());
    let start = Instant::now();
    let texts = data.documents.iter();
    let embedded = texts.map(|(_, title, text)| encoder.embed(&format!("{title} {text}")));
    let embedded: Vec<Vec<Vec<f32>>> = embedded.collect();
    let windows: usize = embedded.iter().map(Vec::len).sum();
    println!(
        "({windows} windows were encoded in {:.1?})",
        start.elapsed()
    );
    // Most encoders are used so that what is behind the first window is not seen.
    for (name, most) in [("1st window", 1), ("windows", usize::MAX)] {
        let mut vectors = VectorIndex::new();
        for (number, windows) in (0..).zip(&embedded) {
            let passage = PassageId {
                document: number,
                ordinal: 0,
            };
            let windows = &windows[..most.min(windows.len())];
            for vector in windows {
                vectors.add(passage, vector);
            }
            let (_, title, text) = &data.documents[number as usize];
            put(&mut collection, number, title, text, &[windows.to_vec()]);
        }
        collection.commit().unwrap();
        row(&data, &format!("meaning, {name}"), |question| {
            vectors.search(&encoder.embed(question), DEPTH)
        });
        row(&data, &format!("both, {name}"), |question| {
            let vectors = encoder.embed(question);
            let meaning = Meaning { vectors, near_from };
            collection.search(question, Some(&meaning), DEPTH).unwrap()
        });
    }
}

fn put(
    collection: &mut Collection,
    number: u64,
    title: &str,
    text: &str,
    vectors: &[Vec<Vec<f32>>],
) {
    let passage = Passage {
        ordinal: 0,
        headings: Vec::new(),
        text: text.to_owned(),
        first_line: 1,
        last_line: 1,
    };
    let entry = Entry {
        title: Some(title),
        passages: &[passage],
        vectors,
    };
    collection.put(number, &entry).unwrap();
}

fn row(data: &Data, name: &str, search: impl Fn(&str) -> Vec<Hit>) {
    let start = Instant::now();
    let (mut gains, mut recalls, mut count) = (0.0, 0.0, 0.0);
    for (number, question) in &data.questions {
        let Some(relevant) = data.relevant.get(number) else {
            continue;
        };
        let hits = search(question);
        let right = |hit: &Hit| relevant.contains(&data.documents[hit.passage.document as usize].0);
        let gain = |place: usize| 1.0 / (place as f64 + 2.0).log2();
        let found: Vec<usize> = (0..hits.len().min(DEPTH))
            .filter(|place| right(&hits[*place]))
            .collect();
        let best: f64 = (0..relevant.len().min(DEPTH)).map(gain).sum();
        gains += found.iter().copied().map(gain).sum::<f64>() / best;
        recalls += found.len() as f64 / relevant.len() as f64;
        count += 1.0;
    }
    let each = start.elapsed().as_secs_f64() * 1e3 / count;
    println!(
        "{name:<20} {:>8.4} {:>10.4} {each:>12.2}",
        gains / count,
        recalls / count
    );
}

fn read(directory: &Path) -> Data {
    let file = |name: &str| {
        let path = directory.join(name);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    let documents = file("documents.jsonl");
    let documents = documents.lines().map(|line| {
        let document: serde_json::Value = serde_json::from_str(line).unwrap();
        let member = |name: &str| match &document[name] {
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        (member("id"), member("title"), member("text"))
    });
    let pairs = |text: String| -> Vec<(String, String)> {
        let pair = |line: &str| {
            let (one, other) = line.split_once('\t')?;
            Some((
                one.trim().to_owned(),
                other.split('\t').next()?.trim().to_owned(),
            ))
        };
        text.lines().filter_map(pair).collect()
    };
    let mut relevant: BTreeMap<String, HashSet<String>> = BTreeMap::new();
    for (question, document) in pairs(file("relevance.tsv")) {
        relevant.entry(question).or_default().insert(document);
    }
    Data {
        documents: documents.collect(),
        questions: pairs(file("queries.tsv")),
        relevant,
    }
}
