//! Writes file after file and attaches none, then tells how much was taken of it.

use raw::bindings::ravenry::bot::poe::{FileWriter, PoeError};

const PIECE: usize = 1024 * 1024;

struct Bot;

/// Pieces that were taken of one file more.
fn fill(files: &mut Vec<FileWriter>, piece: &[u8]) -> usize {
    let file = FileWriter::new("hoard", None);
    let taken = (0..).take_while(|_| file.write(piece).is_ok()).count();
    files.push(file);
    taken
}

impl raw::Odd for Bot {
    fn respond(_: raw::Query) -> Result<(), raw::Failure> {
        let piece = vec![b'x'; PIECE + 1];
        let large = FileWriter::new("large", None).write(&piece);
        if !matches!(large, Err(PoeError::TooLarge(_))) {
            let _ = raw::reply::text(&format!("{large:?} "));
        }
        let mut files = Vec::new();
        let mut pieces = 0;
        loop {
            let taken = fill(&mut files, &piece[..PIECE]);
            if taken == 0 {
                break;
            }
            pieces += taken;
        }
        let _ = raw::reply::text(&format!("{} files, {pieces} MiB", files.len()));
        Ok(())
    }
}

raw::export!(Bot);
