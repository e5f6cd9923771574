//! What may happen in the test that holds documents against a model.

use proptest::prelude::*;
use ravenry_store::{Bounds, Bucket, Quota};

pub const IDS: [&str; 5] = ["a", "b", "c\0", "🦉", "n"];
pub const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

pub const QUOTA: Quota = Quota {
    bot: Bounds {
        bytes: 1_800,
        keys: 5,
    },
    tenant: Bounds {
        bytes: 3_000,
        keys: 8,
    },
    key_bytes: 64,
    value_bytes: 64,
};

/// One of two bots, and one of three buckets of it.
pub type Spot = (u8, u8);

#[derive(Clone, Debug)]
pub enum Step {
    Put(Spot, Vec<(usize, usize)>, Option<u16>),
    /// Vectors of as many bytes, and of a model of that name.
    Vectors(Spot, Vec<usize>, u8),
    Remove(Spot, Vec<usize>),
    Clear(Spot),
    /// An entry, which counts against the same bounds.
    Set(Spot, usize, Option<u16>),
    Forget(u8),
    Sweep,
    Jump(i64),
}

pub fn steps() -> impl Strategy<Value = Vec<Step>> {
    let spot = || (0..2_u8, 0..3_u8);
    let id = || 0..IDS.len();
    let length = || prop_oneof![2 => 0..3_usize, 4 => 0..150_usize, 1 => 900..1_600_usize];
    let ttl = || proptest::option::of(0..5_000_u16);
    let documents = proptest::collection::vec((id(), length()), 0..4);
    let jump = prop_oneof![0..6_000_i64, Just(DAY_MS + 5_000)];
    let step = prop_oneof![
        8 => (spot(), documents, ttl()).prop_map(|(spot, documents, ttl)| Step::Put(spot, documents, ttl)),
        3 => (spot(), proptest::collection::vec(id(), 1..4), 1..3_u8)
            .prop_map(|(spot, ids, model)| Step::Vectors(spot, ids, model)),
        3 => (spot(), proptest::collection::vec(id(), 1..4)).prop_map(|(spot, ids)| Step::Remove(spot, ids)),
        1 => spot().prop_map(Step::Clear),
        3 => (spot(), id(), ttl()).prop_map(|(spot, key, ttl)| Step::Set(spot, key, ttl)),
        1 => (1..3_u8).prop_map(Step::Forget),
        1 => Just(Step::Sweep),
        4 => jump.prop_map(Step::Jump),
    ];
    proptest::collection::vec(step, 1..40)
}

/// A bucket, and how long its identifier is.
pub fn bucket_of(number: u8) -> (Bucket, usize) {
    match number {
        0 => (Bucket::Bot, 0),
        1 => (Bucket::User("u".to_owned()), 1),
        _ => (Bucket::User("u\0two".to_owned()), 5),
    }
}
