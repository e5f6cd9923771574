//! What the process of a model does: texts in on standard input, vectors out on standard output, until that is closed.

use std::{
    error::Error as _,
    io::{self, Read, Write},
    path::Path,
    time::Duration,
};

use rustix::time::{ClockId, clock_gettime};

use super::{Embedded, TEXTS_MAX, frames};
use ravenry_base::worker;
use ravenry_knowledge::{Encoder, EncoderError};

/// The name of the verb that makes vectors, with which the program starts itself: `embed --model DIR`. It calls [`run`].
pub const VERB: &str = "embed";

/// Memory that the process may write to, in bytes: 2 GiB.
///
/// A model takes what its file has, and some tens of megabytes for a call. The largest BERT models have 1.3 GB.
const MEMORY_BYTES_MAX: u64 = 2 << 30;

/// Loads the model in a directory, and answers calls until standard input is closed.
///
/// # Errors
/// Why it cannot go on, in one sentence: the model cannot be loaded, or what comes in is no call.
pub fn run(directory: &Path) -> Result<(), String> {
    let lost = |error: io::Error| error.to_string();
    worker::apply_kept_limits(MEMORY_BYTES_MAX).map_err(lost)?;
    let encoder = Encoder::open(directory).map_err(|error| refusal(&error))?;
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    while let Some(texts) = next_call(&mut input)? {
        let began = computed();
        let first = |text: &String| encoder.embed_beginning(text);
        let vectors = texts.iter().map(first).collect();
        let computed = computed().saturating_sub(began);
        let embedded = Embedded { vectors, computed };
        let answer = frames::answer(&embedded).and_then(|answer| frames::framed(&answer));
        let answer = answer.ok_or("the vectors of the model are too long")?;
        let written = output.write_all(&answer).and_then(|()| output.flush());
        written.map_err(lost)?;
    }
    Ok(())
}

/// Why there is no model, and what to do about it.
fn refusal(error: &EncoderError) -> String {
    let cause = error.source().map(|cause| format!(": {cause}"));
    let cause = cause.unwrap_or_default();
    format!("{error}{cause}; {}", error.hint())
}

/// The texts of the next call; `None`: there is none any more.
fn next_call(input: &mut impl Read) -> Result<Option<Vec<String>>, String> {
    let mut length = [0; frames::LENGTH_BYTES];
    match input.read_exact(&mut length) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        read => read.map_err(|error| error.to_string())?,
    }
    let length = frames::length(length, frames::CALL_BYTES_MAX).ok_or("a call is too long")?;
    let mut call = vec![0; length];
    let read = input.read_exact(&mut call);
    read.map_err(|error| error.to_string())?;
    let texts: Vec<String> = serde_json::from_slice(&call).map_err(|error| error.to_string())?;
    if texts.len() > TEXTS_MAX {
        return Err(format!("a call has more than {TEXTS_MAX} texts"));
    }
    Ok(Some(texts))
}

/// Computing time of this process so far.
fn computed() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_read_one_after_the_other() {
        let call = |json: &str| frames::framed(json.as_bytes()).unwrap();
        let bytes = [call(r#"["a", "ä"]"#), call("[]")].concat();
        let mut input = bytes.as_slice();
        let first = next_call(&mut input).unwrap();
        assert_eq!(first, Some(vec!["a".to_owned(), "ä".to_owned()]));
        assert_eq!(next_call(&mut input).unwrap(), Some(Vec::new()));
        assert_eq!(next_call(&mut input).unwrap(), None);
        let many = serde_json::to_string(&vec!["a"; TEXTS_MAX + 1]).unwrap();
        for wrong in [call("{}"), call(&many), vec![0xff; 8], call("[1]")] {
            assert!(next_call(&mut wrong.as_slice()).is_err());
        }
    }
}
