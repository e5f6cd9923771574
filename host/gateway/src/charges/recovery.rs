//! What processes that are gone have left open.

use std::{
    fs::{self, File},
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use super::{Heading, Line, Tally};

/// Largest file that is read, in bytes: ten times what the fullest record has.
const RECORD_BYTES_MAX: u64 = 1024 * 1024;

/// A record whose process is gone.
#[derive(Debug)]
pub enum LeftOpen {
    /// Charges that have not been told of. Removed when they are told.
    Charges(Heading, Tally),
    /// A file that makes no sense. It stays where it is.
    Unreadable(PathBuf, io::Error),
}

/// Tells of every record in the directory whose lock can be had, and removes it.
pub(super) fn each(dir: &Path, tell: &mut dyn FnMut(&LeftOpen)) -> io::Result<()> {
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let path = entry?.path();
        if let Err(error) = settle(&path, tell)
            && error.kind() != io::ErrorKind::NotFound
        {
            tell(&LeftOpen::Unreadable(path, error));
        }
    }
    Ok(())
}

fn settle(path: &Path, tell: &mut dyn FnMut(&LeftOpen)) -> io::Result<()> {
    let file = File::open(path)?;
    // Its reply runs, in this process or in another one.
    if file.try_lock().is_err() {
        return Ok(());
    }
    let mut text = String::new();
    (&file).take(RECORD_BYTES_MAX).read_to_string(&mut text)?;
    if let Some((heading, tally)) = parse(&text)? {
        tell(&LeftOpen::Charges(heading, tally));
    }
    // Removed while it is locked: no other process tells of it too.
    fs::remove_file(path)
}

/// Reads whole lines. One that is cut was not synced, so what it says was not sent.
fn parse(text: &str) -> io::Result<Option<(Heading, Tally)>> {
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    let mut lines = whole.lines();
    let Some(heading) = lines.next() else {
        return Ok(None);
    };
    let heading = serde_json::from_str(heading)?;
    let tally = lines.try_fold(Tally::default(), |tally, line| {
        let line: Line = serde_json::from_str(line)?;
        let impossible = || {
            io::Error::new(
                io::ErrorKind::InvalidData,
                "its lines contradict each other",
            )
        };
        tally.with(line).ok_or_else(impossible)
    })?;
    Ok(Some((heading, tally)))
}

#[cfg(test)]
mod tests {
    use super::parse;
    use ravenry_protocol::cost::Operation;

    const WHOLE: &str = "{\"tenant\":\"t\",\"bot\":\"b\",\"reference\":\"R\",\"bot_query_id\":\"q\"}\n\
        {\"sent\":{\"operation\":\"authorize\",\"milli_cents\":300}}\n\"done\"\n\
        {\"sent\":{\"operation\":\"capture\",\"milli_cents\":200}}\n";

    /// Wherever a power cut ends the file, it is read up to its last whole line.
    #[test]
    fn a_file_that_is_cut_anywhere_is_read() {
        for end in 0..=WHOLE.len() {
            let (text, lines) = (&WHOLE[..end], WHOLE[..end].matches('\n').count());
            let open = parse(text).unwrap().map(|(_, tally)| {
                (
                    tally.uncaptured(),
                    tally.unknown(Operation::Authorize),
                    tally.unknown(Operation::Capture),
                )
            });
            let wanted = [
                None,
                Some((0, 0, 0)),
                Some((0, 300, 0)),
                Some((300, 0, 0)),
                Some((100, 0, 200)),
            ];
            assert_eq!(open, wanted[lines], "{text}");
        }
    }

    #[test]
    fn what_is_no_record_is_not_taken_for_one() {
        for text in ["{}\n", "\u{0}\u{0}\n", "\n\n", "[]\n"] {
            assert!(parse(text).is_err(), "{text:?}");
        }
        let twice = format!("{WHOLE}\"done\"\n\"done\"\n");
        assert!(parse(&twice).is_err());
    }
}
