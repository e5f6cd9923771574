//! The compiler, in a process of its own: a component in, its code out.
//!
//! What it takes for a large component (a Python bot: 600 MB) would stay with the server for good.

use std::{
    fmt,
    io::{self, Read as _, Write as _},
    os::unix::process::ExitStatusExt as _,
    path::Path,
    process::ExitStatus,
    str::FromStr,
    time::Duration,
};

use rustix::process::Signal;

use super::{
    ComponentError,
    compilers::{self, Compilers},
    engine::{self, EngineKind, Size},
};
use ravenry_base::worker::{self, WorkerLimits};

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
    /// Memory, in bytes.
    pub memory_bytes: u64,
}

/// As the arguments of [`VERB`].
impl fmt::Display for Job {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            kind,
            size,
            seconds,
            memory_bytes,
        } = self;
        let Size {
            instances,
            mappings,
            memory_bytes_max,
        } = size;
        write!(
            formatter,
            "{kind}:{instances}:{mappings}:{memory_bytes_max}:{seconds}:{memory_bytes}"
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
                memory_bytes: number(&mut parts)?,
            })
        };
        read().ok_or("it should be ENGINE:INSTANCES:MAPPINGS:MEMORY:SECONDS:COMPILER-MEMORY")
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
    /// It takes more than so many bytes of memory, and more than a compiler had.
    Memory(u64),
}

impl Refusal {
    /// The same, with where it was kept.
    pub(super) fn again(self, file: &Path) -> ComponentError {
        let file = file.display();
        self.said(|words| {
            format!("{words} (found before; to have it tried again, remove `{file}`)")
        })
    }

    /// Whether these compilers would find nothing else.
    pub(super) fn holds_for(&self, compilers: Compilers) -> bool {
        !matches!(self, Self::Memory(bytes) if *bytes < compilers.memory_bytes)
    }

    fn said(self, words: impl Fn(String) -> String) -> ComponentError {
        match self {
            Self::Unfit(said) => ComponentError::Unfit(words(said)),
            Self::TooMuch(said) => ComponentError::Compiler(words(said)),
            Self::Memory(bytes) => {
                let mebibytes = bytes >> 20;
                let said = format!("compiling it takes more than {mebibytes} MiB of memory");
                ComponentError::CompilerMemory {
                    said: words(said),
                    more_helps: bytes < compilers::MEMORY_MAX,
                }
            }
        }
    }
}

impl From<Refusal> for ComponentError {
    fn from(refusal: Refusal) -> Self {
        refusal.said(|words| words)
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
pub(super) fn compile(
    (kind, size): (EngineKind, Size),
    compilers: Compilers,
    bytes: &[u8],
) -> Result<Vec<u8>, Failure> {
    let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let job = Job {
        kind,
        size,
        seconds: time(length).as_secs(),
        memory_bytes: compilers.memory_bytes,
    };
    let done = worker::run(&[VERB, &job.to_string()], bytes, code_bytes(length));
    let done = done.map_err(|error| match error.kind() {
        io::ErrorKind::FileTooLarge => Failure::OfComponent(Refusal::TooMuch(error.to_string())),
        _ => Failure::OfCompiler(error.to_string()),
    })?;
    if done.status.success() {
        return Ok(done.stdout);
    }
    let words = String::from_utf8_lossy(&done.stderr);
    let words: String = words.trim().chars().take(WORDS_MAX).collect();
    Err(ended(done.status, words, job))
}

/// How a compiler ended without code.
fn ended(status: ExitStatus, words: String, job: Job) -> Failure {
    if status.code() == Some(1) {
        return Failure::OfComponent(Refusal::Unfit(words));
    }
    match status.signal().and_then(Signal::from_named_raw) {
        Some(Signal::XCPU) => Failure::OfComponent(Refusal::TooMuch(format!(
            "compiling it takes more than {} s of computing time",
            job.seconds
        ))),
        // What Rust does where there is no memory.
        Some(Signal::ABORT) => Failure::OfComponent(Refusal::Memory(job.memory_bytes)),
        Some(Signal::KILL) => Failure::OfCompiler(
            "the compiler was killed, as a rule because memory ran out".to_owned(),
        ),
        _ => Failure::OfCompiler(format!("the compiler ended with {status}: {words}")),
    }
}

/// What that process does: reads the component on standard input, and writes its code to standard output.
/// Inside is what is wrong with the component, for the process that asked.
///
/// # Errors
/// What has nothing to do with the component.
pub fn run(job: Job) -> io::Result<Result<(), String>> {
    worker::apply_limits(WorkerLimits {
        seconds: job.seconds,
        memory_bytes: job.memory_bytes,
    })?;
    rayon::ThreadPoolBuilder::new()
        .num_threads(compilers::threads(job.memory_bytes))
        .build_global()
        .map_err(io::Error::other)?;
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
        let text = "large:12:34:56:78:90";
        let job: Job = text.parse().unwrap();
        assert_eq!(job.to_string(), text);
        for odd in [
            "",
            "large",
            "big:1:2:3:4:5",
            "large:1:2:3:4",
            "large:1:2:3:4:x",
        ] {
            assert!(odd.parse::<Job>().is_err(), "{odd}");
        }
    }

    #[test]
    fn it_is_said_how_a_compiler_ended() {
        let by = |signal: Signal| {
            let status = ExitStatus::from_raw(signal.as_raw());
            let job: Job = "small:1:1:1:40:1073741824".parse().unwrap();
            let failure = ended(status, "words".to_owned(), job);
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
            said.contains("more than 1024 MiB of memory") && !again,
            "{said}"
        );
        let (said, again) = by(Signal::KILL);
        assert!(said.contains("memory ran out") && again, "{said}");
        let (said, again) = by(Signal::SEGV);
        assert!(said.contains("signal: 11") && again, "{said}");
    }

    /// With more memory another compiler may get further.
    #[test]
    fn what_was_too_much_once_is_tried_again_with_more() {
        let gibibytes = |memory: u64| Compilers::within(memory << 30, 1);
        let refusal = Refusal::Memory(gibibytes(4).memory_bytes);
        assert!(refusal.holds_for(gibibytes(2)));
        assert!(refusal.holds_for(gibibytes(4)));
        assert!(!refusal.holds_for(gibibytes(5)));
        assert!(Refusal::TooMuch(String::new()).holds_for(gibibytes(5)));
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
