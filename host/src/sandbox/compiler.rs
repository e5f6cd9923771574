//! The compiler, in a process of its own: a component in, its code out.
//!
//! What it takes for a large component (a Python bot: 510 MB) would stay with the server for good.

use std::{
    fmt,
    io::{self, Read as _, Write as _},
    os::unix::process::ExitStatusExt as _,
    process::ExitStatus,
    str::FromStr,
    time::Duration,
};

use rustix::process::Signal;

use super::{
    ComponentError,
    engine::{self, EngineKind, Size},
};
use crate::worker::{self, Limits};

/// The name of the verb that compiles.
pub const VERB: &str = "compile";

/// Computing time for one component. A Python bot takes twenty seconds of it.
const TIME_MAX: Duration = Duration::from_mins(10);

/// Most characters of the compiler's words that are told.
const WORDS_MAX: usize = 2_000;

/// What code is made for.
#[derive(Clone, Copy, Debug)]
pub struct Job {
    /// The engine that will run it.
    pub kind: EngineKind,
    /// The size of that engine, which is part of the code.
    pub size: Size,
    /// Computing time, in seconds.
    pub seconds: u64,
}

/// As the arguments of [`VERB`].
impl fmt::Display for Job {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            kind,
            size,
            seconds,
        } = self;
        let Size {
            instances,
            mappings,
            memory_bytes_max,
        } = size;
        write!(
            formatter,
            "{kind}:{instances}:{mappings}:{memory_bytes_max}:{seconds}"
        )
    }
}

impl FromStr for Job {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        fn number<'a, T: FromStr>(parts: &mut impl Iterator<Item = &'a str>) -> Option<T> {
            parts.next()?.parse().ok()
        }
        let mut parts = text.split(':');
        let mut read = || {
            let named = parts.next()?;
            let kinds = [EngineKind::Small, EngineKind::Large, EngineKind::Async];
            Some(Self {
                kind: kinds.into_iter().find(|kind| kind.to_string() == named)?,
                size: Size {
                    instances: number(&mut parts)?,
                    mappings: number(&mut parts)?,
                    memory_bytes_max: number(&mut parts)?,
                },
                seconds: number(&mut parts)?,
            })
        };
        read().ok_or("it should be ENGINE:INSTANCES:MAPPINGS:MEMORY:SECONDS")
    }
}

/// Has a component compiled, by another process of this program.
///
/// # Errors
/// What the compiler says of the component, or how it ended.
pub(super) fn compile(
    kind: EngineKind,
    size: Size,
    bytes: &[u8],
) -> Result<Vec<u8>, ComponentError> {
    let job = Job {
        kind,
        size,
        seconds: TIME_MAX.as_secs(),
    };
    let done = worker::employ(&[VERB, &job.to_string()], bytes)
        .map_err(|error| ComponentError::Compiler(error.to_string()))?;
    if done.status.success() {
        return Ok(done.stdout);
    }
    let words = String::from_utf8_lossy(&done.stderr);
    let words: String = words.trim().chars().take(WORDS_MAX).collect();
    Err(match done.status.code() {
        Some(1) => ComponentError::Unfit(words),
        _ => ComponentError::Compiler(ended(done.status, &words)),
    })
}

/// How a compiler ended that has said nothing of the component.
fn ended(status: ExitStatus, words: &str) -> String {
    match status.signal().and_then(Signal::from_named_raw) {
        Some(Signal::XCPU) => format!(
            "it takes more than {} s of computing time",
            TIME_MAX.as_secs()
        ),
        Some(Signal::KILL) => {
            "the compiler was killed, as a rule because memory ran out".to_owned()
        }
        _ => format!("the compiler ended with {status}: {words}"),
    }
}

/// What that process does: reads the component on standard input, and writes its code to standard output.
///
/// # Errors
/// What is wrong with the component, for the one who asked.
pub fn run(job: Job) -> Result<(), String> {
    let limits = Limits {
        seconds: job.seconds,
        // The engine reserves more of it than there is memory.
        address_space: None,
    };
    worker::stand_back(limits).map_err(|error| error.to_string())?;
    let mut bytes = Vec::new();
    let read = io::stdin().lock().read_to_end(&mut bytes);
    read.map_err(|error| format!("the component cannot be read: {error}"))?;
    let code = wasmtime::Engine::new(&engine::config(job.kind, job.size))
        .and_then(|engine| engine.precompile_component(&bytes))
        .map_err(|error| format!("{error:#}"))?;
    let mut out = io::stdout().lock();
    let written = out.write_all(&code).and_then(|()| out.flush());
    written.map_err(|error| format!("the code cannot be handed over: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_read_as_it_is_written() {
        let text = "large:12:34:56:78";
        let job: Job = text.parse().unwrap();
        assert_eq!(job.to_string(), text);
        for odd in ["", "large", "big:1:2:3:4", "large:1:2:3", "large:1:2:3:x"] {
            assert!(odd.parse::<Job>().is_err(), "{odd}");
        }
    }

    #[test]
    fn it_is_said_how_a_compiler_ended() {
        let by = |signal: Signal| ended(ExitStatus::from_raw(signal.as_raw()), "words");
        assert_eq!(
            by(Signal::XCPU),
            "it takes more than 600 s of computing time"
        );
        assert!(by(Signal::KILL).contains("memory ran out"));
        assert!(by(Signal::SEGV).contains("signal: 11"));
    }
}
