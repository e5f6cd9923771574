//! Work on untrusted files, in a process of its own: bytes in, bytes out.
//!
//! Such work may take much memory, for ever, or a wrong turn in other people's code. A process gives back
//! what it took, can be stopped, sees no secret, and falls alone.

use std::{
    ffi::OsStr,
    fs::{self, File},
    io::{self, Read, Write as _},
    os::unix::{fs::FileExt as _, process::CommandExt as _},
    process::{Child, Command, Output, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use parking_lot::Mutex;
use rustix::process::{Resource, Rlimit, Signal, nice, set_parent_process_death_signal, setrlimit};

/// How far a worker's priority is below that of the process that serves.
const NICENESS: i32 = 10;

/// Where a process says how soon it goes when memory runs out, of itself.
const OOM_PLACE: &str = "/proc/self/oom_score_adj";

/// Before all others.
const FIRST_TO_GO: &[u8] = b"1000";

/// What a worker may take.
#[derive(Clone, Copy, Debug)]
pub struct WorkerLimits {
    /// Computing time, in seconds. Over it, the system ends the worker with `SIGXCPU`.
    pub seconds: u64,
    /// Memory that it may write to, in bytes. Over it, the worker gets no more, and as a rule aborts.
    pub memory_bytes: u64,
}

/// Set in a program whose arguments are ours: another one would take them for its own.
static ENABLED: AtomicBool = AtomicBool::new(false);

/// Says that this program knows the verbs that workers are started with.
pub fn enable() {
    ENABLED.store(true, Ordering::Relaxed);
}

/// Has the allocator take from the system what it uses, and give that back: else it sets a gibibyte aside at its
/// beginning, and a bound would say nothing of what is used.
const TAKES_WHAT_IT_USES: (&str, &str) = ("MIMALLOC_DISALLOW_ARENA_ALLOC", "1");

/// Most of its words on standard error that are kept of a worker, in bytes.
const WORDS_BYTES_MAX: u64 = 64 * 1024;

/// How soon this process goes when memory runs out, open to be changed.
static PLACE: OnceLock<Mutex<File>> = OnceLock::new();

/// To be called before the files of `/proc` are out of reach: workers take the first place among those that go
/// when memory runs out from this process, as they cannot take it by themselves then.
pub fn stay_ahead() {
    let opened = File::options().read(true).write(true).open(OOM_PLACE);
    if let Ok(file) = opened {
        let _ = PLACE.set(Mutex::new(file));
    }
}

/// Starts a worker. Where it inherits its place, this process has that place for the moment until the worker
/// has begun: a millisecond, in which it would go first itself.
fn start(worker: &mut Command) -> io::Result<Child> {
    let Some(place) = PLACE.get() else {
        return worker.spawn();
    };
    let place = place.lock();
    // A courtesy: the work can be done without it.
    let mut own = [0; 8];
    let read = place.read_at(&mut own, 0).unwrap_or(0);
    let own = own.get(..read).unwrap_or_default();
    if own.is_empty() {
        return worker.spawn();
    }
    let _ = place.write_at(FIRST_TO_GO, 0);
    let started = worker.spawn();
    let _ = place.write_at(own, 0);
    started
}

/// Starts another process of this program that is asked again and again, until its standard input is closed. Whoever
/// starts it waits for its end, and has bounds on what it says. It calls [`apply_kept_limits`] first.
///
/// # Errors
/// The process cannot be started.
pub fn keep(arguments: &[&OsStr]) -> io::Result<Child> {
    if !ENABLED.load(Ordering::Relaxed) {
        return Err(io::Error::other("this program has no workers"));
    }
    // This very program, even if its file has been replaced since.
    let mut worker = Command::new("/proc/self/exe");
    worker
        .args(arguments)
        // What is secret is in the environment.
        .env_clear()
        .env(TAKES_WHAT_IT_USES.0, TAKES_WHAT_IT_USES.1)
        // Ctrl-C at a terminal is for the server, which ends in its own time.
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    start(&mut worker)
}

/// Has another process of this program do this, and waits for its end. `output_max` is the most that it
/// may hand back, in bytes.
///
/// # Errors
/// The process cannot be started, or hands back more.
pub fn run(arguments: &[&str], input: &[u8], output_max: u64) -> io::Result<Output> {
    let arguments: Vec<&OsStr> = arguments.iter().map(OsStr::new).collect();
    let mut worker = keep(&arguments)?;
    if let Some(mut stdin) = worker.stdin.take() {
        // A worker that does not read it to the end says why.
        let _ = stdin.write_all(input);
    }
    let (stdout, stderr) = (worker.stdout.take(), worker.stderr.take());
    let (stdout, status, stderr) = thread::scope(|scope| {
        let words = scope.spawn(|| stderr.map_or_else(Vec::new, words));
        let output = stdout.map_or_else(|| Ok(Vec::new()), |stdout| bounded(stdout, output_max));
        if output.is_err() {
            let _ = worker.kill();
        }
        (output, worker.wait(), words.join().unwrap_or_default())
    });
    Ok(Output {
        stdout: stdout?,
        status: status?,
        stderr,
    })
}

/// The first words of a worker. The rest is read all the same: a full pipe would block the worker.
fn words(mut stderr: impl Read) -> Vec<u8> {
    let mut words = Vec::new();
    let _ = (&mut stderr).take(WORDS_BYTES_MAX).read_to_end(&mut words);
    let _ = io::copy(&mut stderr, &mut io::sink());
    words
}

/// All that there is to read, if it is not too much.
fn bounded(from: impl Read, bytes_max: u64) -> io::Result<Vec<u8>> {
    let mut read = Vec::new();
    from.take(bytes_max.saturating_add(1))
        .read_to_end(&mut read)?;
    if u64::try_from(read.len()).is_ok_and(|bytes| bytes <= bytes_max) {
        return Ok(read);
    }
    let said = format!("what comes of it has more than {bytes_max} bytes");
    Err(io::Error::new(io::ErrorKind::FileTooLarge, said))
}

/// To be called first by the worker: takes a place behind the server, in time, in memory, and in life.
///
/// # Errors
/// The system refuses the limits, without which nothing should be begun.
pub fn apply_limits(limits: WorkerLimits) -> io::Result<()> {
    // A courtesy: the work can be done without it.
    let _ = set_parent_process_death_signal(Some(Signal::KILL));
    bound(Resource::Cpu, limits.seconds)?;
    apply_kept_limits(limits.memory_bytes)
}

/// To be called first by a worker that is kept: takes a place behind the server, and a bound on its memory, in bytes.
///
/// None on its time, which is as long as it is asked. It ends with its standard input, and not with the thread that has
/// started it, as the system would have it: that one may end long before the server.
///
/// # Errors
/// The system refuses the limit, without which nothing should be begun.
pub fn apply_kept_limits(memory_bytes: u64) -> io::Result<()> {
    // Courtesies: the work can be done without them.
    let _ = nice(NICENESS);
    let _ = fs::write(OOM_PLACE, FIRST_TO_GO);
    // Unlike address space, this is what is there to be written, and none of what is only set aside.
    bound(Resource::Data, memory_bytes)
}

fn bound(resource: Resource, most: u64) -> io::Result<()> {
    let limit = Rlimit {
        current: Some(most),
        maximum: None,
    };
    setrlimit(resource, limit).map_err(io::Error::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A worker that writes for ever is not listened to for ever.
    #[test]
    fn what_a_worker_hands_back_is_bounded() {
        assert_eq!(bounded(&b"1234"[..], 4).unwrap(), b"1234");
        let error = bounded(io::repeat(0), 4).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
        assert_eq!(error.to_string(), "what comes of it has more than 4 bytes");
    }
}
