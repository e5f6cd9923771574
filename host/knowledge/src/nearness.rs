//! From which cosine on two texts are near each other, for the model that made their vectors.
//!
//! Models differ: with some, texts that have nothing in common have a cosine of 0, with others of 0.8. What it is with a
//! model is seen from texts of which it is known.

use crate::vectors::{dot, normalised};

/// Texts that have nothing in common.
pub const UNRELATED: [&str; 8] = [
    "Knead the dough and let it rise in a warm place for an hour.",
    "The goalkeeper saved a penalty in the last minute of the final.",
    "Interest on the loan is due on the first day of each quarter.",
    "Glaciers carve deep valleys into the mountains over thousands of years.",
    "The violin section plays softly while the trumpets wait.",
    "Turn off the main valve before you repair a leaking tap.",
    "The vaccine is given in two doses, four weeks apart.",
    "Her grandfather sailed to Brazil in the spring of 1921.",
];

/// How far from there, where texts have nothing in common, to a cosine of 1 a passage must come to be near.
///
/// With all-MiniLM-L6-v2 that makes 0.29. Of thirty questions to the pages of this project nine in ten have a passage that
/// is nearer, of thirty everyday questions that these do not answer none; in the Cranfield collection all have one.
const NEAR_SHARE_MIN: f32 = 0.25;

/// The least cosine of texts that are near each other, by the vectors that a model has for [`UNRELATED`].
///
/// -1, which is that of all texts, where there are no two vectors to compare.
pub fn near_from(unrelated: &[Vec<f32>]) -> f32 {
    let vectors: Vec<_> = unrelated.iter().filter_map(|it| normalised(it)).collect();
    let mut cosines = Vec::new();
    for (at, one) in vectors.iter().enumerate() {
        let others = vectors.iter().skip(at.saturating_add(1));
        let alike = others.filter(|other| other.len() == one.len());
        cosines.extend(alike.map(|other| dot(one, other)));
    }
    #[expect(clippy::cast_precision_loss, reason = "they are 28")]
    let mean = cosines.iter().sum::<f32>() / cosines.len() as f32;
    if mean.is_finite() {
        mean + (1.0 - mean) * NEAR_SHARE_MIN
    } else {
        -1.0
    }
}
