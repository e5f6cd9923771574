//! Finds the vectors that point most nearly where a question's does, by looking at all of them.
//!
//! Exact, without a structure that would have to be kept, and without a second copy: what it costs is in proportion to
//! the vectors. 100,000 of 384 numbers are 154 MB.

use std::collections::{BTreeMap, HashMap};

use crate::ranking::{Hit, PassageId, Top};

/// Vectors in a block: what grows is the list of blocks, so that nothing large is ever copied.
const BLOCK_VECTORS: usize = 256;

/// Sums that are computed side by side. The processor adds that many at once, or twice as many.
const LANES: usize = 16;

/// Vectors of passages, of any lengths. A passage may have several; its best counts.
#[derive(Debug, Default)]
pub struct VectorIndex {
    /// By how many numbers a vector has: only those of the same length can be compared.
    sets: BTreeMap<usize, VectorSet>,
}

/// Vectors of one length.
#[derive(Debug, Default)]
struct VectorSet {
    /// All but the last are full.
    blocks: Vec<Block>,
    /// Where the vectors of a document are.
    places: HashMap<u64, Vec<usize>>,
    count: usize,
}

#[derive(Debug, Default)]
struct Block {
    passages: Vec<PassageId>,
    numbers: Vec<f32>,
}

impl VectorIndex {
    /// One without vectors.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a vector of a passage, which may have others. It counts by its direction, whatever its length.
    ///
    /// `false`: it has none, being empty, zero or not finite, and was not added.
    pub fn add(&mut self, passage: PassageId, vector: &[f32]) -> bool {
        let Some(vector) = normalised(vector) else {
            return false;
        };
        self.sets
            .entry(vector.len())
            .or_default()
            .push(passage, &vector);
        true
    }

    /// Takes all vectors of a document out. There need not be any.
    pub fn remove(&mut self, document: u64) {
        for (size, set) in &mut self.sets {
            set.remove(*size, document);
        }
        self.sets.retain(|_, set| set.count > 0);
    }

    /// How many vectors there are.
    pub fn len(&self) -> usize {
        self.sets.values().map(|set| set.count).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.sets.is_empty()
    }

    /// The passages nearest to a question, best first: as many as asked for, at most [`crate::HITS_MAX`].
    ///
    /// The question may be several vectors, of which the nearest counts. Scores are cosines, from -1 to 1. Vectors of
    /// other lengths than the question's are not found. Takes the time that reading all of them takes, and is to run
    /// where that may be.
    pub fn search(&self, question: &[Vec<f32>], limit: usize) -> Vec<Hit> {
        let mut top = Top::new(limit);
        for vector in question.iter().filter_map(|vector| normalised(vector)) {
            if let Some(set) = self.sets.get(&vector.len()) {
                set.look_through(&vector, &mut top);
            }
        }
        top.into_hits()
    }
}

impl VectorSet {
    fn push(&mut self, passage: PassageId, vector: &[f32]) {
        let full = |block: &Block| block.passages.len() >= BLOCK_VECTORS;
        if self.blocks.last().is_none_or(full) {
            self.blocks.push(Block::default());
        }
        if let Some(block) = self.blocks.last_mut() {
            block.passages.push(passage);
            block.numbers.extend_from_slice(vector);
            self.places
                .entry(passage.document)
                .or_default()
                .push(self.count);
            self.count = self.count.saturating_add(1);
        }
    }

    /// The last vectors take the places of those that are removed.
    fn remove(&mut self, size: usize, document: u64) {
        let mut places = self.places.remove(&document).unwrap_or_default();
        // From the end on, so that no vector of the document itself is moved.
        places.sort_unstable();
        while let Some(place) = places.pop() {
            let Some((passage, vector)) = self.pop(size) else {
                return;
            };
            if place < self.count {
                self.replace(place, size, passage, &vector);
            }
        }
    }

    fn pop(&mut self, size: usize) -> Option<(PassageId, Vec<f32>)> {
        let block = self.blocks.last_mut()?;
        let passage = block.passages.pop()?;
        let vector = block
            .numbers
            .split_off(block.numbers.len().saturating_sub(size));
        if block.passages.is_empty() {
            self.blocks.pop();
        }
        self.count = self.count.saturating_sub(1);
        Some((passage, vector))
    }

    /// Moves the vector that was the last to another place.
    fn replace(&mut self, place: usize, size: usize, passage: PassageId, vector: &[f32]) {
        let within = place % BLOCK_VECTORS;
        let start = within.saturating_mul(size);
        if let Some(block) = self.blocks.get_mut(place / BLOCK_VECTORS) {
            if let Some(slot) = block.passages.get_mut(within) {
                *slot = passage;
            }
            if let Some(numbers) = block.numbers.get_mut(start..start.saturating_add(size)) {
                numbers.copy_from_slice(vector);
            }
        }
        let places = self.places.get_mut(&passage.document).into_iter().flatten();
        for known in places.filter(|known| **known == self.count) {
            *known = place;
        }
    }

    /// Compares all vectors with one of the same length.
    fn look_through(&self, vector: &[f32], top: &mut Top) {
        for block in &self.blocks {
            let vectors = block.numbers.chunks_exact(vector.len());
            for (passage, numbers) in block.passages.iter().zip(vectors) {
                let score = dot(vector, numbers);
                if top.may_take(score) {
                    let passage = *passage;
                    top.take(Hit { passage, score });
                }
            }
        }
    }
}

/// The same direction with length 1; `None` where there is none.
pub(crate) fn normalised(vector: &[f32]) -> Option<Vec<f32>> {
    // In 64 bits nothing that 32 bits hold is too long, or too short to divide by.
    let squares = vector.iter().map(|number| f64::from(*number).powi(2));
    let length = squares.sum::<f64>().sqrt();
    if !length.is_finite() || length <= 0.0 {
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "numbers between -1 and 1 are rounded"
    )]
    let scaled = |number: &f32| (f64::from(*number) / length) as f32;
    Some(vector.iter().map(scaled).collect())
}

/// The sum of products, always in the same order.
pub(crate) fn dot(one: &[f32], other: &[f32]) -> f32 {
    let (one, one_rest) = one.as_chunks::<LANES>();
    let (other, other_rest) = other.as_chunks::<LANES>();
    let mut sums = [0.0_f32; LANES];
    for (one, other) in one.iter().zip(other) {
        for ((sum, one), other) in sums.iter_mut().zip(one).zip(other) {
            *sum += one * other;
        }
    }
    let rest = one_rest.iter().zip(other_rest);
    let rest: f32 = rest.map(|(one, other)| one * other).sum();
    sums.iter().sum::<f32>() + rest
}
