//! Draws a tiger that walks past: pictures in H.264, as plain as the format allows.
//!
//! Each picture stands alone, and each of its macroblocks is of the type `I_PCM`: samples as they
//! are, without any compression. Numbers are those of ITU-T H.264.

use super::mp4::{self, Track};

/// Size of the picture, in macroblocks of 16 by 16 points.
const COLUMNS: usize = 8;
const ROWS: usize = 4;

/// Pictures of the film, and how many of them make a second.
const PICTURES: usize = 24;
const RATE: u32 = 12;

/// The tiger, in macroblocks from its tail; it stands in the rows 1 and 2.
const TIGER: usize = 3;

/// Colours: luma, and both chromas. No sample is 0, so that no code of the format appears by chance.
type Colour = (u8, u8, u8);
const SKY: Colour = (190, 150, 110);
const GRASS: Colour = (120, 90, 105);
const ORANGE: Colour = (150, 50, 190);
const BLACK: Colour = (20, 128, 128);

/// What all pictures have in common: baseline profile at level 3, one picture as large as above,
/// whose number in time is that in the stream, without any reference to another.
fn sequence_parameters() -> Vec<u8> {
    let mut bits = Bits::from(vec![0x67, 66, 0xc0, 30]);
    // Number, length of frame numbers (4 bits), order of pictures by decoding, no references.
    bits.golomb(0).golomb(0).golomb(2).golomb(0).put(0, 1);
    bits.golomb(COLUMNS - 1).golomb(ROWS - 1);
    // Whole frames; direct inference; no cropping; no further information.
    bits.put(1, 1).put(1, 1).put(0, 1).put(0, 1);
    bits.end()
}

/// How pictures are coded: variable lengths, one group of slices, no weights, nothing beside.
fn picture_parameters() -> Vec<u8> {
    let mut bits = Bits::from(vec![0x68]);
    bits.golomb(0).golomb(0).put(0, 2).golomb(0);
    bits.golomb(0).golomb(0).put(0, 3);
    bits.golomb(0).golomb(0).golomb(0).put(0, 3);
    bits.end()
}

/// One picture. Neighbours differ in the number that tells such pictures apart.
fn picture(number: usize) -> Vec<u8> {
    let mut bits = Bits::from(vec![0x65]);
    // From the first macroblock, all intra, with the only parameters; frame 0 of its own sequence.
    bits.golomb(0).golomb(7).golomb(0).put(0, 4);
    // Kept as long as it likes; the quantiser does not matter.
    bits.golomb(number % 2).put(0, 2).golomb(0);
    for row in 0..ROWS {
        for column in 0..COLUMNS {
            macroblock(&mut bits, |x| colour(number, row, column * 16 + x));
        }
    }
    bits.end()
}

/// 16 rows of luma, and 8 of each chroma, which has half the resolution.
fn macroblock(bits: &mut Bits, colour: impl Fn(usize) -> Colour) {
    bits.golomb(25).align();
    for _ in 0..16 {
        bits.bytes.extend((0..16).map(|x| colour(x).0));
    }
    for _ in 0..8 {
        bits.bytes.extend((0..8).map(|x| colour(2 * x).1));
    }
    for _ in 0..8 {
        bits.bytes.extend((0..8).map(|x| colour(2 * x).2));
    }
}

/// The colour of a point. The tiger enters on the left and leaves on the right.
fn colour(number: usize, row: usize, x: usize) -> Colour {
    let walked = (COLUMNS + TIGER) * 16 * (number + 1) / (PICTURES + 1);
    let behind_its_nose = walked.checked_sub(x);
    let part = behind_its_nose.filter(|part| (1..=TIGER * 16).contains(part));
    match (row, part) {
        (1 | 2, Some(part)) if part % 12 < 4 => BLACK,
        (1 | 2, Some(_)) => ORANGE,
        (0 | 1, _) => SKY,
        _ => GRASS,
    }
}

/// The film, as a file.
pub(crate) fn tiger() -> Vec<u8> {
    let pictures: Vec<Vec<u8>> = (0..PICTURES).map(picture).collect();
    mp4::file(&Track {
        width: 16 * COLUMNS,
        height: 16 * ROWS,
        rate: RATE,
        sequence_parameters: &sequence_parameters(),
        picture_parameters: &picture_parameters(),
        pictures: &pictures,
    })
}

/// Bits, the first the highest of its byte.
struct Bits {
    bytes: Vec<u8>,
    /// The byte that is not full yet, and how many bits are in it.
    open: u8,
    count: u8,
}

impl From<Vec<u8>> for Bits {
    fn from(bytes: Vec<u8>) -> Self {
        Self {
            bytes,
            open: 0,
            count: 0,
        }
    }
}

impl Bits {
    /// The lowest `count` bits of a number.
    fn put(&mut self, number: usize, count: u32) -> &mut Self {
        for place in (0..count).rev() {
            self.open = self.open << 1 | u8::from(number >> place & 1 == 1);
            self.count += 1;
            if self.count == 8 {
                self.bytes.push(self.open);
                (self.open, self.count) = (0, 0);
            }
        }
        self
    }

    /// A number as an Exp-Golomb code; a signed 0 has the same.
    fn golomb(&mut self, number: usize) -> &mut Self {
        let length = (number + 1).ilog2();
        self.put(0, length).put(number + 1, length + 1)
    }

    /// Zeros up to the end of the byte.
    fn align(&mut self) {
        while self.count > 0 {
            self.put(0, 1);
        }
    }

    /// All bytes, with the bit that ends a unit.
    fn end(mut self) -> Vec<u8> {
        self.put(1, 1).align();
        self.bytes
    }
}
