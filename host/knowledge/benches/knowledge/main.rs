//! Measures how well passages are found, and how quickly: `cargo bench --bench knowledge`.
//!
//! Quality is measured where `RAVENRY_CRANFIELD` names a directory with a collection of documents, questions, and which
//! document answers which: `documents.jsonl` (objects with `id`, `title`, `text`), `queries.tsv` (number and question)
//! and `relevance.tsv` (number of a question, id of a document). Each document is one passage. With
//! `RAVENRY_TEST_MODEL`, the directory of an encoder, it is measured by meaning and by both as well. `quality.rs` says
//! what the numbers are.
//!
//! Speed is measured with passages that are made up, 1,000 and 100,000 of them, or as many as the arguments say:
//! `cargo bench --bench knowledge -- 1000000`. Beside it, on the same passages and questions, stand the full-text
//! search of SQLite, whose searches take turns with ours, and, where `PYTHON` names an interpreter that has it, bm25s.
//! What counts are ratios.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a measuring program may fall over, prints what it measures, and rounds it"
)]

mod made_up;
mod python;
mod quality;
mod speed;
mod sqlite;

/// Sizes of collections where no argument names others.
const SIZES: [usize; 2] = [1_000, 100_000];

fn main() {
    // Cargo itself passes `--bench`.
    let arguments = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench");
    let mut sizes: Vec<usize> = arguments
        .map(|size| size.replace(['_', ','], "").parse().unwrap())
        .collect();
    if sizes.is_empty() {
        sizes = SIZES.to_vec();
    }
    match std::env::var_os("RAVENRY_CRANFIELD") {
        Some(directory) => quality::measure(directory.as_ref()),
        None => println!("quality: left out (RAVENRY_CRANFIELD is not set)"),
    }
    for size in sizes {
        speed::measure(size);
    }
    speed::measure_vectors();
}
