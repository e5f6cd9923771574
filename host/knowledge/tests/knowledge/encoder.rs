//! The encoder: the numbers that a model is meant to give.

use std::{fs, io::Write as _, path::Path};

use proptest::prelude::*;
use ravenry_knowledge::{Encoder, WINDOWS_MAX};
use serde_json::json;

use crate::model::{self, POSITIONS, VOCABULARY, WIDTH, directory, plainly, write};

fn open(directory: &Path) -> Encoder {
    Encoder::open(directory).unwrap()
}

fn normalised(vector: &[f64]) -> Vec<f64> {
    let length = vector
        .iter()
        .map(|number| number * number)
        .sum::<f64>()
        .sqrt();
    vector.iter().map(|number| number / length).collect()
}

fn mean(rows: &[Vec<f64>]) -> Vec<f64> {
    (0..WIDTH)
        .map(|at| rows.iter().map(|row| row[at]).sum::<f64>() / rows.len() as f64)
        .collect()
}

fn assert_near(found: &[f32], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!(
            (f64::from(*found) - expected).abs() < 1e-4,
            "{found} {expected}"
        );
    }
}

/// Tokens by the words of the vocabulary.
fn tokens(pieces: &[&str]) -> Vec<usize> {
    let place = |piece: &&str| VOCABULARY.iter().position(|known| known == piece).unwrap();
    pieces.iter().map(place).collect()
}

#[test]
fn vectors_are_what_the_formulas_say() {
    let folder = directory();
    let encoder = open(folder.path());
    assert_eq!(encoder.dimensions(), WIDTH);
    for (text, pieces) in [
        ("the cat", &["[CLS]", "the", "cat", "[SEP]"][..]),
        ("Cats,DOG", &["[CLS]", "cat", "##s", ",", "dog", "[SEP]"]),
        ("caf\u{e9} cafe\u{301}", &["[CLS]", "cafe", "cafe", "[SEP]"]),
        ("a猫a", &["[CLS]", "a", "猫", "a", "[SEP]"]),
        (
            "catfish horse",
            &["[CLS]", "cat", "##fish", "[UNK]", "[SEP]"],
        ),
        (
            "cat\0s\u{ad}\tdog\u{200b}s",
            &["[CLS]", "cat", "##s", "dog", "##s", "[SEP]"],
        ),
        ("", &["[CLS]", "[SEP]"]),
        (" \n", &["[CLS]", "[SEP]"]),
    ] {
        let vectors = encoder.embed(text);
        assert_eq!(vectors.len(), 1, "{text}");
        assert_near(&vectors[0], &normalised(&mean(&plainly(&tokens(pieces)))));
    }
}

/// A window has as many tokens as `max_seq_length` says, two of which are marks.
#[test]
fn long_texts_have_several_windows() {
    let folder = directory();
    let encoder = open(folder.path());
    let vectors = encoder.embed("cat dog cat dog the");
    assert_eq!(vectors.len(), 2);
    assert_eq!(vectors[0], encoder.embed("cat dog cat dog")[0]);
    assert_eq!(vectors[1], encoder.embed("the")[0]);
    for text in [
        "",
        "cat",
        "cat dog cat dog the",
        &format!("a{}", "b".repeat(90)),
    ] {
        assert_eq!(
            encoder.embed_beginning(text),
            encoder.embed(text)[0],
            "{text}"
        );
    }
    assert_eq!(encoder.embed(&"cat ".repeat(1_000_000)).len(), WINDOWS_MAX);
    assert_eq!(encoder.embed(&"x".repeat(3_000_000)).len(), 1);
    assert_eq!(encoder.embed(&"\u{301}".repeat(300_000)).len(), 1);
    // Pieces of a word that end in a window go on in the next.
    assert_eq!(
        encoder.embed(&format!("a{}", "b".repeat(90))).len(),
        WINDOWS_MAX
    );
}

#[test]
fn pooling_is_what_the_model_says() {
    let folder = directory();
    let directory = folder.path();
    let expected = plainly(&tokens(&["[CLS]", "the", "cat", "[SEP]"]));
    write(directory, "modules.json", &model::modules(&[]));
    assert_near(&open(directory).embed("the cat")[0], &mean(&expected));
    for settings in [
        json!({ "pooling_mode_cls_token": true }),
        json!({ "pooling_mode": "cls" }),
    ] {
        write(directory, "1_Pooling/config.json", &settings);
        assert_near(&open(directory).embed("the cat")[0], &expected[0]);
    }
    // Without the file the model takes as many tokens as it has positions; names may begin with `bert.`.
    fs::remove_file(directory.join("sentence_bert_config.json")).unwrap();
    let mut tensors = model::tensors();
    for (name, ..) in &mut tensors {
        name.insert_str(0, "bert.");
    }
    fs::write(
        directory.join("model.safetensors"),
        model::safetensors(&tensors),
    )
    .unwrap();
    let encoder = open(directory);
    assert_eq!(encoder.embed(&"cat ".repeat(POSITIONS - 2)).len(), 1);
    assert_eq!(encoder.embed(&"cat ".repeat(POSITIONS - 1)).len(), 2);
    assert_near(&encoder.embed("the cat")[0], &expected[0]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_text_has_a_vector(text in "(\\PC|[a-z ,猫]){0,200}") {
        let folder = directory();
        let vectors = open(folder.path()).embed(&text);
        prop_assert!((1..=WINDOWS_MAX).contains(&vectors.len()));
        prop_assert!(vectors.iter().flatten().all(|number| number.is_finite()));
    }
}

/// The example of the library's documentation, with the scores that stand there.
#[test]
fn a_real_model_gives_the_published_scores() {
    let Some(directory) = std::env::var_os("RAVENRY_TEST_MODEL") else {
        let _ = writeln!(
            std::io::stderr(),
            "left out: the real model (RAVENRY_TEST_MODEL is not set)"
        );
        return;
    };
    let encoder = open(Path::new(&directory));
    assert_eq!(encoder.dimensions(), 384);
    let vector = |text: &str| encoder.embed(text).remove(0);
    let question = vector("A man is eating pasta.");
    for (text, expected) in [
        ("A man is eating food.", 0.7035),
        ("A man is eating a piece of bread.", 0.5272),
        ("A man is riding a horse.", 0.1889),
        (
            "A man is riding a white horse on an enclosed ground.",
            0.1047,
        ),
        ("A cheetah is running behind its prey.", 0.0980),
    ] {
        let score: f32 = question
            .iter()
            .zip(vector(text))
            .map(|(one, other)| one * other)
            .sum();
        assert!((score - expected).abs() < 2e-4, "{text} {score}");
    }
    // 254 tokens are one window.
    assert_eq!(encoder.embed(&"word ".repeat(254)).len(), 1);
    assert_eq!(encoder.embed(&"word ".repeat(255)).len(), 2);
}
