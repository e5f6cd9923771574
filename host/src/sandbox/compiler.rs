//! The compiler, in a process of its own: a component in, its code out.
//!
//! What a compiler takes for a large component (a Python bot: 600 MB) stays with its process, so it is not
//! that of the server; and a compiler reads a stranger's file, so it sees no secret, has its time, and falls
//! alone.

use std::{
    fmt, fs,
    io::{self, Read as _, Write as _},
    os::unix::process::{CommandExt as _, ExitStatusExt as _},
    process::{Command, ExitStatus, Stdio},
    str::FromStr,
    time::Duration,
};

use rustix::process::{Resource, Rlimit, Signal, nice, set_parent_process_death_signal, setrlimit};

use super::{
    ComponentError,
    engine::{self, EngineKind, Size},
};

/// The name of the verb that compiles.
pub const VERB: &str = "compile";

/// Computing time for one component. A Python bot takes half a minute of it.
const TIME_MAX: Duration = Duration::from_mins(10);

/// How far the compiler stands back behind whoever serves.
const NICENESS: i32 = 10;

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
    let lost = |error: io::Error| ComponentError::Compiler(error.to_string());
    // This very program, even if its file has been replaced since.
    let mut compiler = Command::new("/proc/self/exe")
        .arg(VERB)
        .arg(job.to_string())
        // What is secret is in the environment.
        .env_clear()
        // Ctrl-C at a terminal is for the server, which ends in its own time.
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(lost)?;
    if let Some(mut stdin) = compiler.stdin.take() {
        // Whoever does not read it to the end says why.
        let _ = stdin.write_all(bytes);
    }
    let done = compiler.wait_with_output().map_err(lost)?;
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
    stand_back(job.seconds);
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

/// Takes a place behind the server: in time, in memory, and in life.
fn stand_back(seconds: u64) {
    // Each is a courtesy but the limit, and that a process may always lower its own limit is certain.
    let _ = set_parent_process_death_signal(Some(Signal::KILL));
    let _ = nice(NICENESS);
    let _ = fs::write("/proc/self/oom_score_adj", "1000");
    let limit = Rlimit {
        current: Some(seconds),
        maximum: None,
    };
    let _ = setrlimit(Resource::Cpu, limit);
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
