//! How long searches and the making of an index take, and how much memory.

use std::{fs, hint::black_box, time::Instant};

use ravenry_knowledge::{KeywordIndex, Language, PassageId, VectorIndex};

use crate::{
    made_up::{Chance, passage, question},
    python,
    sqlite::Sqlite,
};

/// Passages of a document.
const DOCUMENT_PASSAGES: usize = 10;

/// Questions that are asked.
const QUESTIONS: usize = 200;

/// Vectors that are looked through, and their numbers: as many as all-MiniLM-L6-v2 gives.
const VECTORS: u64 = 100_000;
const VECTOR_NUMBERS: usize = 384;

pub(crate) fn measure(size: usize) {
    let mut chance = Chance::new(1);
    let passages: Vec<String> = (0..size).map(|_| passage(&mut chance)).collect();
    let questions: Vec<String> = (0..QUESTIONS).map(|_| question(&mut chance)).collect();
    println!("\n{size} passages by words");
    let (index, took) = fill(&passages);
    let start = Instant::now();
    let sqlite = Sqlite::new(&passages);
    let sqlite_took = start.elapsed().as_secs_f64();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for question in &questions {
        ours.push(milliseconds(|| index.search(question, 10).unwrap().len()));
        theirs.push(milliseconds(|| sqlite.search(question)));
    }
    drop(sqlite);
    println!(
        "{:<14} {:>9} {:>9} {:>11}",
        "", "p50 ms", "p99 ms", "put in, s"
    );
    row("ravenry", &mut ours, took);
    row("SQLite FTS5", &mut theirs, sqlite_took);
    let half = percentile(&mut ours, 0.5);
    println!(
        "SQLite / ravenry, p50: {:.1}",
        percentile(&mut theirs, 0.5) / half
    );
    let long = (0..9).map(|_| {
        let question: Vec<String> = (0..800).map(|_| question(&mut chance)).collect();
        let question = question.join(" ");
        milliseconds(|| index.search(&question, 10).unwrap().len())
    });
    let mut long: Vec<f64> = long.collect();
    row("long question", &mut long, 0.0);
    if let Some((took, mut searches)) = python::measure(&passages, &questions) {
        row("bm25s", &mut searches, took);
        println!(
            "bm25s / ravenry, p50: {:.1}",
            percentile(&mut searches, 0.5) / half
        );
    } else {
        println!("bm25s: left out (PYTHON names no interpreter that has it)");
    }
}

/// An index of all passages, and how many seconds that took.
fn fill(passages: &[String]) -> (KeywordIndex, f64) {
    let before = memory("VmRSS");
    let start = Instant::now();
    let mut index = KeywordIndex::new().unwrap();
    let put = |index: &mut KeywordIndex, document: u64, texts: &[String]| {
        let texts = texts.iter().map(String::as_str);
        index.put(document, Language::English, texts).unwrap();
    };
    for (document, texts) in (0..).zip(passages.chunks(DOCUMENT_PASSAGES)) {
        put(&mut index, document, texts);
    }
    index.commit().unwrap();
    let took = start.elapsed().as_secs_f64();
    let each_second = passages.len() as f64 / took;
    println!(
        "put in: {took:.2} s, {each_second:.0} passages/s, {:.0} documents/s; memory {before:.0} to {:.0} MB, \
         at most {:.0} MB",
        each_second / DOCUMENT_PASSAGES as f64,
        memory("VmRSS"),
        memory("VmHWM"),
    );
    // One document changes, in a collection that is there.
    let start = Instant::now();
    put(
        &mut index,
        0,
        &passages[..DOCUMENT_PASSAGES.min(passages.len())],
    );
    index.commit().unwrap();
    println!("one document put in anew: {:.0?}", start.elapsed());
    (index, took)
}

pub(crate) fn measure_vectors() {
    println!("\n{VECTORS} vectors of {VECTOR_NUMBERS} numbers, all looked through");
    let mut chance = Chance::new(2);
    let before = memory("VmRSS");
    let mut index = VectorIndex::new();
    let vector = |chance: &mut Chance| -> Vec<f32> {
        (0..VECTOR_NUMBERS)
            .map(|_| (chance.next() - 0.5) as f32)
            .collect()
    };
    for document in 0..VECTORS {
        let passage = PassageId {
            document,
            ordinal: 0,
        };
        index.add(passage, &vector(&mut chance));
    }
    println!("memory {before:.0} to {:.0} MB", memory("VmRSS"));
    let searches = (0..50).map(|_| {
        let question = vec![vector(&mut chance)];
        milliseconds(|| index.search(&question, 50).len())
    });
    let mut searches: Vec<f64> = searches.collect();
    println!("{:<14} {:>9} {:>9}", "", "p50 ms", "p99 ms");
    row("ravenry", &mut searches, 0.0);
}

fn milliseconds(search: impl FnOnce() -> usize) -> f64 {
    let start = Instant::now();
    black_box(search());
    start.elapsed().as_secs_f64() * 1e3
}

fn row(name: &str, searches: &mut [f64], put_in: f64) {
    let (half, most) = (percentile(searches, 0.5), percentile(searches, 0.99));
    let put_in = if put_in > 0.0 {
        format!("{put_in:.2}")
    } else {
        String::new()
    };
    println!("{name:<14} {half:>9.2} {most:>9.2} {put_in:>11}");
}

fn percentile(numbers: &mut [f64], share: f64) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[((numbers.len() - 1) as f64 * share).round() as usize]
}

/// Memory of this process by its name in `/proc/self/status`, in MB. 0 where there is no such file.
fn memory(name: &str) -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let kilobytes =
        line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<f64>().ok());
    kilobytes.unwrap_or_default() / 1_000.0
}
