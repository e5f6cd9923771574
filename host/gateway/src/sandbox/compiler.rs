//! The compiler, in a process of its own: a component in, its code out.
//!
//! What it takes for a large component (a Python bot: 510 MB) would stay with the server for good.

use std::{
    fmt,
    io::{self, Read as _, Write as _},
    os::unix::process::ExitStatusExt as _,
    path::Path,
    process::ExitStatus,
    str::FromStr,
    thread,
    time::Duration,
};

use rustix::process::Signal;

use super::{
    ComponentError,
    engine::{self, EngineKind, Size},
};
use ravenry_base::worker::{self, Limits};

/// The name of the verb that compiles.
pub const VERB: &str = "compile";

/// Computing time for one component, whatever its size.
///
/// A component from Rust takes one second of it, on a slow machine several.
const TIME_BASE: Duration = Duration::from_secs(30);

/// More of it for each megabyte. A Python bot takes one second for each.
const TIME_PER_MEGABYTE: Duration = Duration::from_secs(10);

/// The most of it.
const TIME_MAX: Duration = Duration::from_mins(10);

/// Memory of the compiler, in bytes of address space: eight times what a Python bot takes.
const MEMORY_MAX: u64 = 4 * 1024 * 1024 * 1024;

/// More of it for each of its threads, of which there is one for each core: stack and heap.
const MEMORY_PER_THREAD: u64 = 64 * 1024 * 1024;

/// Code for one component, in bytes, whatever its size. The server keeps and decodes it.
const CODE_BASE_BYTES: u64 = 32 * 1024 * 1024;

/// More of it for each byte of the component: of Rust and Python it is twice as much, of JavaScript four
/// times.
const CODE_PER_BYTE: u64 = 8;

/// The most of it: six times that of a Python bot.
const CODE_BYTES_MAX: u64 = 256 * 1024 * 1024;

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

/// Why there is no code.
#[derive(Debug)]
pub(super) enum Failure {
    /// It will be the same whenever this component is compiled.
    OfComponent(Refusal),
    /// It may be another time: the compiler was killed, or could not be started.
    OfCompiler(String),
}

/// Why a component cannot be compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// What the compiler says of it.
    Unfit(String),
    /// It takes more than there is for one component.
    TooMuch(String),
}

impl Refusal {
    /// The same, with where it was kept.
    pub(super) fn again(self, file: &Path) -> ComponentError {
        let file = file.display();
        let kept =
            |words| format!("{words} (found before; to have it tried again, remove `{file}`)");
        match self {
            Self::Unfit(words) => ComponentError::Unfit(kept(words)),
            Self::TooMuch(words) => ComponentError::Compiler(kept(words)),
        }
    }
}

impl From<Refusal> for ComponentError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Unfit(words) => Self::Unfit(words),
            Refusal::TooMuch(words) => Self::Compiler(words),
        }
    }
}

impl From<Failure> for ComponentError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::OfComponent(refusal) => refusal.into(),
            Failure::OfCompiler(words) => Self::Compiler(words),
        }
    }
}

/// Computing time for a component of this size.
fn time(bytes: u64) -> Duration {
    let megabytes = u32::try_from(bytes.div_ceil(1024 * 1024)).unwrap_or(u32::MAX);
    let more = TIME_PER_MEGABYTE.saturating_mul(megabytes);
    TIME_BASE.saturating_add(more).min(TIME_MAX)
}

/// Bytes of code for a component of this size.
fn code_bytes(bytes: u64) -> u64 {
    let more = bytes.saturating_mul(CODE_PER_BYTE);
    CODE_BASE_BYTES.saturating_add(more).min(CODE_BYTES_MAX)
}

/// Has a component compiled, by another process of this program.
///
/// # Errors
/// What the compiler says of the component, or how it ended.
pub(super) fn compile(kind: EngineKind, size: Size, bytes: &[u8]) -> Result<Vec<u8>, Failure> {
    let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let job = Job {
        kind,
        size,
        seconds: time(length).as_secs(),
    };
    let done = worker::employ(&[VERB, &job.to_string()], bytes, code_bytes(length));
    let done = done.map_err(|error| match error.kind() {
        io::ErrorKind::FileTooLarge => Failure::OfComponent(Refusal::TooMuch(error.to_string())),
        _ => Failure::OfCompiler(error.to_string()),
    })?;
    if done.status.success() {
        return Ok(done.stdout);
    }
    let words = String::from_utf8_lossy(&done.stderr);
    let words: String = words.trim().chars().take(WORDS_MAX).collect();
    Err(ended(done.status, words, job.seconds))
}

/// How a compiler ended without code.
fn ended(status: ExitStatus, words: String, seconds: u64) -> Failure {
    if status.code() == Some(1) {
        return Failure::OfComponent(Refusal::Unfit(words));
    }
    let too_much = |words| Failure::OfComponent(Refusal::TooMuch(words));
    match status.signal().and_then(Signal::from_named_raw) {
        Some(Signal::XCPU) => too_much(format!(
            "compiling it takes more than {seconds} s of computing time"
        )),
        // What Rust does where there is no memory.
        Some(Signal::ABORT) => too_much(format!(
            "compiling it takes more than {} GiB of memory",
            MEMORY_MAX >> 30
        )),
        Some(Signal::KILL) => Failure::OfCompiler(
            "the compiler was killed, as a rule because memory ran out".to_owned(),
        ),
        _ => Failure::OfCompiler(format!("the compiler ended with {status}: {words}")),
    }
}

/// Memory of this process, in bytes of address space.
fn memory() -> u64 {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let threads = u64::try_from(threads).unwrap_or(u64::MAX);
    MEMORY_MAX.saturating_add(threads.saturating_mul(MEMORY_PER_THREAD))
}

/// What that process does: reads the component on standard input, and writes its code to standard output.
/// Inside is what is wrong with the component, for the one who asked.
///
/// # Errors
/// What has nothing to do with the component.
pub fn run(job: Job) -> io::Result<Result<(), String>> {
    worker::stand_back(Limits {
        seconds: job.seconds,
        address_space: Some(memory()),
    })?;
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes)?;
    let engine = wasmtime::Engine::new(&engine::compiling(job.kind, job.size));
    let engine = engine.map_err(|error| io::Error::other(format!("{error:#}")))?;
    let code = match engine.precompile_component(&bytes) {
        Ok(code) => code,
        Err(error) => return Ok(Err(format!("{error:#}"))),
    };
    let mut out = io::stdout().lock();
    out.write_all(&code)?;
    out.flush()?;
    Ok(Ok(()))
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
        let by = |signal: Signal| {
            let status = ExitStatus::from_raw(signal.as_raw());
            let failure = ended(status, "words".to_owned(), 40);
            let again = matches!(failure, Failure::OfCompiler(_));
            (ComponentError::from(failure).to_string(), again)
        };
        let (said, again) = by(Signal::XCPU);
        assert!(
            said.contains("more than 40 s of computing time") && !again,
            "{said}"
        );
        let (said, again) = by(Signal::ABORT);
        assert!(
            said.contains("more than 4 GiB of memory") && !again,
            "{said}"
        );
        let (said, again) = by(Signal::KILL);
        assert!(said.contains("memory ran out") && again, "{said}");
        let (said, again) = by(Signal::SEGV);
        assert!(said.contains("signal: 11") && again, "{said}");
    }

    /// Ten times what real components take, and no more for a small one that is none.
    #[test]
    fn a_compiler_gets_as_much_as_its_component_may_need() {
        let megabyte = 1024 * 1024;
        assert_eq!(time(4 * 1024).as_secs(), 40);
        assert_eq!(time(19 * megabyte).as_secs(), 220);
        assert_eq!(time(u64::MAX), TIME_MAX);
        assert_eq!(code_bytes(0), 32 * megabyte);
        assert_eq!(code_bytes(19 * megabyte), 184 * megabyte);
        assert_eq!(code_bytes(u64::MAX), CODE_BYTES_MAX);
    }
}
