//! Work on strangers' files, in a process of its own: bytes in, bytes out.
//!
//! Such work may take much memory, for ever, or a wrong turn in other people's code. A process gives back
//! what it took, can be stopped, sees no secret, and falls alone.

use std::{
    fs,
    io::{self, Write as _},
    os::unix::process::CommandExt as _,
    process::{Command, Output, Stdio},
    sync::atomic::{AtomicBool, Ordering},
};

use rustix::process::{Resource, Rlimit, Signal, nice, set_parent_process_death_signal, setrlimit};

/// How far a worker stands back behind whoever serves.
const NICENESS: i32 = 10;

/// What a worker may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Computing time, in seconds. Over it, the system ends the worker with `SIGXCPU`.
    pub seconds: u64,
    /// Address space, in bytes. Over it, the worker gets no more memory, and as a rule aborts.
    pub address_space: Option<u64>,
}

/// Set in a program whose arguments are ours: another one would take them for its own.
static EMPLOYS: AtomicBool = AtomicBool::new(false);

/// Says that this program knows the verbs that workers are started with.
pub fn introduce() {
    EMPLOYS.store(true, Ordering::Relaxed);
}

/// Has another process of this program do this, and waits for its end.
///
/// # Errors
/// The process cannot be started.
pub fn employ(arguments: &[&str], input: &[u8]) -> io::Result<Output> {
    if !EMPLOYS.load(Ordering::Relaxed) {
        return Err(io::Error::other("this program has no workers"));
    }
    // This very program, even if its file has been replaced since.
    let mut worker = Command::new("/proc/self/exe")
        .args(arguments)
        // What is secret is in the environment.
        .env_clear()
        // Ctrl-C at a terminal is for the server, which ends in its own time.
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(mut stdin) = worker.stdin.take() {
        // Whoever does not read it to the end says why.
        let _ = stdin.write_all(input);
    }
    worker.wait_with_output()
}

/// To be called first by the worker: takes a place behind the server, in time, in memory, and in life.
///
/// # Errors
/// The system refuses the limits, without which nothing should be begun.
pub fn stand_back(limits: Limits) -> io::Result<()> {
    // Courtesies: the work can be done without them.
    let _ = set_parent_process_death_signal(Some(Signal::KILL));
    let _ = nice(NICENESS);
    let _ = fs::write("/proc/self/oom_score_adj", "1000");
    let bound = |resource, most: u64| {
        let limit = Rlimit {
            current: Some(most),
            maximum: None,
        };
        setrlimit(resource, limit)
    };
    bound(Resource::Cpu, limits.seconds)?;
    if let Some(bytes) = limits.address_space {
        bound(Resource::As, bytes)?;
    }
    Ok(())
}
