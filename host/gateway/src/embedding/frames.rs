//! What the gateway and the process of a model say to each other, as bytes: texts there, vectors back.
//!
//! Each begins with its length, 4 bytes, little-endian. A call is a list of texts in JSON. An answer is the computing
//! time in microseconds (8 bytes), how many vectors there are and how many numbers each has (4 bytes each), and the
//! numbers, all little-endian.

use std::time::Duration;

use super::{DIMENSIONS_MAX, Embedded, TEXT_BYTES_MAX, TEXTS_MAX};

/// Bytes of the length before each.
pub(super) const LENGTH_BYTES: usize = 4;

/// Longest call, in bytes: JSON has 6 for a control character (`\u0001`), and 3 around each text.
pub(super) const CALL_BYTES_MAX: usize = TEXTS_MAX * (TEXT_BYTES_MAX * 6 + 3) + 2;

/// Bytes of an answer before its numbers.
const HEAD_BYTES: usize = 16;

/// Longest answer, in bytes.
pub(super) const ANSWER_BYTES_MAX: usize =
    HEAD_BYTES + TEXTS_MAX * DIMENSIONS_MAX * size_of::<f32>();

/// With its length before it.
pub(super) fn framed(bytes: &[u8]) -> Option<Vec<u8>> {
    let length = u32::try_from(bytes.len()).ok()?;
    let mut frame = Vec::with_capacity(bytes.len().saturating_add(LENGTH_BYTES));
    frame.extend_from_slice(&length.to_le_bytes());
    frame.extend_from_slice(bytes);
    Some(frame)
}

/// How many bytes come, if there may be as many.
pub(super) fn length(bytes: [u8; LENGTH_BYTES], most: usize) -> Option<usize> {
    let length = usize::try_from(u32::from_le_bytes(bytes)).ok()?;
    (length <= most).then_some(length)
}

/// An answer; `None`: the vectors are not all of one length, or too many.
pub(super) fn answer(embedded: &Embedded) -> Option<Vec<u8>> {
    let vectors = &embedded.vectors;
    let dimensions = vectors.first().map_or(0, Vec::len);
    let micros = u64::try_from(embedded.computed.as_micros()).unwrap_or(u64::MAX);
    let mut bytes = micros.to_le_bytes().to_vec();
    bytes.extend_from_slice(&u32::try_from(vectors.len()).ok()?.to_le_bytes());
    bytes.extend_from_slice(&u32::try_from(dimensions).ok()?.to_le_bytes());
    for vector in vectors {
        if vector.len() != dimensions {
            return None;
        }
        bytes.extend(vector.iter().flat_map(|number| number.to_le_bytes()));
    }
    (bytes.len() <= ANSWER_BYTES_MAX).then_some(bytes)
}

/// What an answer to so many texts says; `None`: it is none.
pub(super) fn read_answer(bytes: &[u8], texts: usize) -> Option<Embedded> {
    let (micros, rest) = bytes.split_first_chunk()?;
    let (count, rest) = rest.split_first_chunk()?;
    let (dimensions, numbers) = rest.split_first_chunk()?;
    let count = usize::try_from(u32::from_le_bytes(*count)).ok()?;
    let dimensions = usize::try_from(u32::from_le_bytes(*dimensions)).ok()?;
    let row = dimensions.checked_mul(size_of::<f32>())?;
    let is_whole = count.checked_mul(row) == Some(numbers.len());
    if count != texts || !(1..=DIMENSIONS_MAX).contains(&dimensions) || !is_whole {
        return None;
    }
    let number = |bytes: &[u8; size_of::<f32>()]| f32::from_le_bytes(*bytes);
    let vector = |row: &[u8]| row.as_chunks().0.iter().map(number).collect();
    let vectors: Vec<Vec<f32>> = numbers.chunks_exact(row).map(vector).collect();
    if !vectors.iter().flatten().all(|number| number.is_finite()) {
        return None;
    }
    Some(Embedded {
        vectors,
        computed: Duration::from_micros(u64::from_le_bytes(*micros)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn embedded(vectors: Vec<Vec<f32>>) -> Embedded {
        Embedded {
            vectors,
            computed: Duration::from_micros(7),
        }
    }

    #[test]
    fn an_answer_is_read_as_it_was_written() {
        let told = embedded(vec![vec![1.0, -0.5, 3.25], vec![0.0, 1e-9, -7.0]]);
        let bytes = answer(&told).unwrap();
        assert_eq!(read_answer(&bytes, 2), Some(told));
        for wrong in [0, 1, 3] {
            assert_eq!(read_answer(&bytes, wrong), None);
        }
        for end in 0..bytes.len() {
            assert_eq!(read_answer(&bytes[..end], 2), None, "{end}");
        }
        let longer = [bytes.as_slice(), &[0]].concat();
        assert_eq!(read_answer(&longer, 2), None);
    }

    #[test]
    fn what_is_no_vector_is_no_answer() {
        for vectors in [
            vec![vec![f32::NAN]],
            vec![vec![1.0, f32::INFINITY]],
            vec![vec![]],
        ] {
            let bytes = answer(&embedded(vectors.clone())).unwrap();
            assert_eq!(read_answer(&bytes, 1), None, "{vectors:?}");
        }
        assert_eq!(answer(&embedded(vec![vec![1.0], vec![1.0, 2.0]])), None);
        // As many vectors as no memory holds.
        let mut huge = vec![0; 8];
        huge.extend([0xff; 8]);
        assert_eq!(read_answer(&huge, usize::try_from(u32::MAX).unwrap()), None);
    }

    #[test]
    fn lengths_are_bounded() {
        let frame = framed(b"abc").unwrap();
        assert_eq!(frame, b"\x03\0\0\0abc");
        assert_eq!(length([3, 0, 0, 0], 3), Some(3));
        assert_eq!(length([4, 0, 0, 0], 3), None);
        assert_eq!(length([0xff; 4], CALL_BYTES_MAX), None);
        let worst = vec!["\u{1}".repeat(TEXT_BYTES_MAX); TEXTS_MAX];
        assert!(serde_json::to_vec(&worst).unwrap().len() <= CALL_BYTES_MAX);
        let largest = vec![vec![1.0; DIMENSIONS_MAX]; TEXTS_MAX];
        assert_eq!(
            answer(&embedded(largest)).map(|bytes| bytes.len()),
            Some(ANSWER_BYTES_MAX)
        );
    }
}
