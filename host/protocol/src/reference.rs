//! References: short texts by which a reply and its log line are found, one by the other.

use std::{
    fmt,
    hash::{BuildHasher as _, RandomState},
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
};

/// Crockford's base 32: no I, L, O or U, so that a reference on a screenshot is not misread.
const ALPHABET: [u8; 32] = *b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A short text that one reply and its log line share, to find one by the other.
///
/// Eight characters, 40 bits. It is no secret and grants nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Reference([u8; 8]);

impl Reference {
    /// A reference that no other of this process has, at the price of some hashing.
    ///
    /// References of two processes are as if by chance: among a million of each, some two are the
    /// same, and their times tell them apart. They look like chance, and do not show how many there
    /// were before. A key or a token is not to be made of them: see [`Reference::random`].
    pub fn unique() -> Self {
        static SEQUENCE: LazyLock<Sequence> = LazyLock::new(Sequence::default);
        Self::from_bits(SEQUENCE.next())
    }

    /// A reference by chance, from the system: a text that must not be guessed can be made of several.
    ///
    /// Where the system gives no random bytes (never seen after boot), a count takes their place.
    pub fn random() -> Self {
        static FALLBACK: AtomicU64 = AtomicU64::new(0);
        let mut bytes = [0; 8];
        let bits = match getrandom::fill(&mut bytes) {
            Ok(()) => u64::from_le_bytes(bytes),
            Err(_) => FALLBACK.fetch_add(1, Ordering::Relaxed),
        };
        Self::from_bits(bits)
    }

    /// The reference with this number, where nothing may be left to chance.
    pub fn numbered(number: u64) -> Self {
        Self::from_bits(number)
    }

    /// The reference made of the lowest 40 bits.
    fn from_bits(bits: u64) -> Self {
        let mut shifts = (0..8_u32).rev().map(|index| index * 5);
        Self([(); 8].map(|()| {
            let index = (bits >> shifts.next().unwrap_or(0)) & 31;
            usize::try_from(index)
                .ok()
                .and_then(|index| ALPHABET.get(index))
                .copied()
                .unwrap_or(b'0')
        }))
    }

    /// The reference as text: eight characters.
    pub fn as_str(&self) -> &str {
        // The alphabet is ASCII: the default is never taken.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// Bits of half a reference.
const HALF_BITS: u32 = 20;

/// The bits of the lower half.
const HALF: u64 = (1 << HALF_BITS) - 1;

/// Four make a permutation that looks like chance, if the function in it does (Luby and Rackoff,
/// 1988).
const ROUNDS: u8 = 4;

/// The numbers of 40 bits, each once, in an order that is another in each process.
///
/// A count, permuted by a Feistel network: whatever its function, no two numbers become the same.
/// The function is the keyed hash of the standard library, whose key comes from the system.
#[derive(Default)]
struct Sequence {
    count: AtomicU64,
    key: RandomState,
}

impl Sequence {
    fn next(&self) -> u64 {
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        let (mut upper, mut lower) = ((count >> HALF_BITS) & HALF, count & HALF);
        for round in 0..ROUNDS {
            let mixed = upper ^ (self.key.hash_one((round, lower)) & HALF);
            (upper, lower) = (lower, mixed);
        }
        (upper << HALF_BITS) | lower
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn references_are_eight_readable_characters() {
        assert_eq!(Reference::from_bits(0).as_str(), "00000000");
        assert_eq!(Reference::from_bits(u64::MAX).as_str(), "ZZZZZZZZ");
        assert_eq!(Reference::from_bits(0b00001_00010).as_str(), "00000012");
        for make in [Reference::random, Reference::unique] {
            let seen: HashSet<_> = (0..1000).map(|_| make()).collect();
            assert_eq!(seen.len(), 1000);
            assert!(
                seen.iter()
                    .all(|one| one.to_string().bytes().all(|byte| ALPHABET.contains(&byte)))
            );
        }
    }

    #[test]
    fn a_million_references_are_a_million() {
        let sequence = Sequence::default();
        let mut seen: Vec<_> = (0..1_000_000).map(|_| sequence.next()).collect();
        assert!(seen.iter().all(|bits| *bits < 1 << (2 * HALF_BITS)));
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 1_000_000);
    }

    /// Neighbours have nothing in common, and what one process makes tells nothing about another.
    #[test]
    fn references_do_not_show_how_many_there_were() {
        let make = || {
            let sequence = Sequence::default();
            (0..1000).map(|_| sequence.next()).collect::<Vec<_>>()
        };
        let (one, other) = (make(), make());
        assert_ne!(one, other);
        for sequence in [one, other] {
            let rises = sequence.windows(2).filter(|pair| pair[0] < pair[1]);
            let rises = rises.count();
            assert!((400..600).contains(&rises), "{rises} of 999 rise");
            let flipped: u32 = sequence
                .windows(2)
                .map(|pair| (pair[0] ^ pair[1]).count_ones())
                .sum();
            assert!(
                (18_000..22_000).contains(&flipped),
                "{flipped} bits of 39960"
            );
        }
    }
}
