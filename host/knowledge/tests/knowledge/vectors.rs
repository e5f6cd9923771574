//! Vectors: the nearest of all, found by looking at each.

use std::collections::BTreeMap;

use proptest::prelude::*;
use ravenry_knowledge::{PassageId, VectorIndex};

pub fn id(document: u64, ordinal: u32) -> PassageId {
    PassageId { document, ordinal }
}

fn found(index: &VectorIndex, question: &[Vec<f32>], limit: usize) -> Vec<(u64, u32)> {
    let hits = index.search(question, limit);
    hits.iter()
        .map(|hit| (hit.passage.document, hit.passage.ordinal))
        .collect()
}

#[test]
fn the_nearest_is_first() {
    let mut index = VectorIndex::new();
    assert!(index.is_empty());
    assert!(index.add(id(1, 0), &[1.0, 0.0]));
    assert!(index.add(id(2, 0), &[3.0, 4.0]));
    // The better of two windows counts, and the passage is there once.
    assert!(index.add(id(3, 1), &[0.0, -1.0]));
    assert!(index.add(id(3, 1), &[0.0, 9.0]));
    // Of another length.
    assert!(index.add(id(4, 0), &[1.0, 0.0, 0.0]));
    assert_eq!(index.len(), 5);
    assert_eq!(
        found(&index, &[vec![0.0, 2.0]], 9),
        [(3, 1), (2, 0), (1, 0)]
    );
    assert_eq!(found(&index, &[vec![0.0, 2.0]], 1), [(3, 1)]);
    assert_eq!(
        found(&index, &[vec![0.0, 2.0], vec![1.0, 0.0]], 2),
        [(1, 0), (3, 1)]
    );
    assert_eq!(found(&index, &[vec![1.0, 1.0, 1.0]], 9), [(4, 0)]);
    assert_eq!(found(&index, &[vec![1.0]], 9), []);
    let hits = index.search(&[vec![0.0, 2.0]], 9);
    assert!((hits[1].score - 0.8).abs() < 1e-6);
}

#[test]
fn vectors_without_direction_are_none() {
    let mut index = VectorIndex::new();
    for vector in [
        &[][..],
        &[0.0, 0.0],
        &[f32::NAN, 1.0],
        &[f32::INFINITY, 0.0],
    ] {
        assert!(!index.add(id(1, 0), vector));
        assert_eq!(found(&index, &[vector.to_vec()], 9), []);
    }
    assert!(index.is_empty());
    assert!(index.add(id(1, 0), &[f32::MAX, f32::MAX]));
    assert!(index.add(id(2, 0), &[1e-40, 0.0]));
    assert_eq!(found(&index, &[vec![1.0, 0.0]], 9), [(2, 0), (1, 0)]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// What is added and removed in any order leaves what is there, with the same scores.
    #[test]
    fn removing_leaves_the_others(
        steps in prop::collection::vec((0..9_u64, 0..4_u32, prop::collection::vec(-4_i8..5, 19), 0..5_u8), 0..900),
    ) {
        let mut index = VectorIndex::new();
        let mut expected: BTreeMap<u64, Vec<(u32, Vec<f32>)>> = BTreeMap::new();
        for (document, ordinal, vector, kind) in steps {
            if kind == 0 && ordinal == 0 {
                index.remove(document);
                expected.remove(&document);
                continue;
            }
            let vector: Vec<f32> = vector.into_iter().map(f32::from).collect();
            if index.add(id(document, ordinal), &vector) {
                expected.entry(document).or_default().push((ordinal, vector));
            }
        }
        prop_assert_eq!(index.len(), expected.values().map(Vec::len).sum::<usize>());
        let mut anew = VectorIndex::new();
        for (document, vectors) in expected.iter().rev() {
            for (ordinal, vector) in vectors {
                anew.add(id(*document, *ordinal), vector);
            }
        }
        let question = vec![(0..19_u8).map(f32::from).collect::<Vec<f32>>()];
        for limit in [1, 7, 1_000] {
            prop_assert_eq!(index.search(&question, limit), anew.search(&question, limit));
        }
    }
}
