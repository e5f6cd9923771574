//! Runs other people's programs (cargo, rustup, a build command) and listens to what they say.
//!
//! In goes a command; out come its lines as they appear, how it ended, and the tail of what it said
//! for an error. It inherits no stdin, so that nothing ever waits for a key. A caller that can be
//! interrupted runs it in a process group of its own, so that what it started ends with it.

use std::{
    collections::VecDeque,
    ffi::OsStr,
    io::{self, BufRead as _, BufReader, Read},
    os::unix::process::CommandExt as _,
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{SyncSender, sync_channel},
    thread,
};

use parking_lot::{Mutex, MutexGuard};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use ravenry_base::secret::without_users;

/// Lines of stderr that an error repeats; a compiler's complaint with its notes fits.
const TAIL_LINES: usize = 120;

/// Longest line that is read whole, in bytes; cargo's JSON messages stay far below.
const LINE_MAX: u64 = 4 * 1024 * 1024;

/// Lines that may wait for the reader; then the program waits.
const LINES_WAITING: usize = 256;

/// Variables that a surrounding `cargo run` or `cargo test` sets, or that were meant for the build
/// of the gateway. In the build of a bot they would pick wrong flags or cause needless rebuilds.
///
/// `RUSTUP_TOOLCHAIN` stays: where it is set, it may be the only toolchain that is chosen at all.
const FOREIGN: &[&str] = &[
    "CARGO_BIN_NAME",
    "CARGO_BUILD_BUILD_DIR",
    "CARGO_BUILD_RUSTFLAGS",
    "CARGO_BUILD_TARGET",
    "CARGO_BUILD_TARGET_DIR",
    "CARGO_CRATE_NAME",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_MAKEFLAGS",
    "CARGO_MANIFEST_DIR",
    "CARGO_MANIFEST_PATH",
    "CARGO_PRIMARY_PACKAGE",
    "CARGO_TARGET_DIR",
    "CARGO_TARGET_TMPDIR",
    "CLIPPY_ARGS",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTFLAGS",
];

/// Beginnings of such variables.
const FOREIGN_PREFIXES: &[&str] = &[
    "CARGO_BIN_EXE_",
    "CARGO_CFG_",
    "CARGO_FEATURE_",
    "CARGO_PKG_",
];

/// A line that a program wrote.
pub(super) enum Line {
    /// On its stdout.
    Out(String),
    /// On its stderr.
    Err(String),
}

/// How a program ended.
pub(super) struct Ended {
    /// Its exit status.
    pub(super) status: ExitStatus,
    /// The last lines of its stderr.
    pub(super) tail: String,
}

/// The caller of a program: gets a line for each step, and may end it.
#[derive(Clone, Copy)]
pub(crate) struct Caller<'a> {
    /// Gets a line for each step.
    pub progress: &'a dyn Fn(&str),
    /// Ends the program that runs; without one, it ends with the gateway's own process group.
    pub interrupt: Option<&'a Interrupt>,
}

impl Caller<'_> {
    /// Tells what is done. Programs repeat the URLs that they fetch from: not with the passwords in them.
    pub(super) fn say(&self, line: &str) {
        (self.progress)(&without_users(line));
    }

    /// The same caller, without the lines.
    pub(super) fn silent(&self) -> Self {
        Self {
            progress: &|_| {},
            ..*self
        }
    }
}

/// Ends the program that runs, and lets none begin after it.
#[derive(Debug, Default)]
pub(crate) struct Interrupt(Mutex<Interrupted>);

#[derive(Debug, Default)]
struct Interrupted {
    /// Whether it has happened.
    over: bool,
    /// The process group that runs. While it is here, its first process has not been waited for, so that
    /// no other process has its number.
    group: Option<Pid>,
}

impl Interrupt {
    fn lock(&self) -> MutexGuard<'_, Interrupted> {
        self.0.lock()
    }

    /// Asks the program to end.
    pub(crate) fn ask(&self) {
        self.end(Signal::TERM);
    }

    /// Ends the program, whatever it does.
    pub(crate) fn kill(&self) {
        self.end(Signal::KILL);
    }

    fn end(&self, signal: Signal) {
        let mut state = self.lock();
        state.over = true;
        if let Some(group) = state.group {
            // It may have ended by itself.
            let _ = kill_process_group(group, signal);
        }
    }

    /// Whether it has happened.
    pub(crate) fn is_over(&self) -> bool {
        self.lock().over
    }

    /// Starts a program, unless it is over.
    fn spawn(&self, command: &mut Command) -> io::Result<Child> {
        let mut state = self.lock();
        if state.over {
            return Err(io::Error::other("interrupted"));
        }
        let child = command.process_group(0).spawn()?;
        state.group = Some(Pid::from_child(&child));
        Ok(child)
    }

    /// Waits until the program has ended, and leaves its status for the next wait.
    fn wait(&self, child: &Child) {
        let ended = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        while let Err(rustix::io::Errno::INTR) = waitid(WaitId::Pid(Pid::from_child(child)), ended)
        {
        }
        self.lock().group = None;
    }
}

/// Takes out of a command's environment what belongs to the build of the gateway itself.
pub(super) fn without_foreign_variables(command: &mut Command) -> &mut Command {
    for (name, _) in std::env::vars_os() {
        if is_foreign(&name) {
            command.env_remove(&name);
        }
    }
    command
}

fn is_foreign(name: &OsStr) -> bool {
    name.to_str().is_some_and(|name| {
        FOREIGN.contains(&name)
            || FOREIGN_PREFIXES
                .iter()
                .any(|prefix| name.starts_with(prefix))
    })
}

/// Runs a command to its end and hands over each line as it appears.
///
/// # Errors
/// When the program cannot be started. A program that fails is no error here: see [`Ended::status`].
pub(super) fn run(
    command: &mut Command,
    interrupt: Option<&Interrupt>,
    each: &mut dyn FnMut(&Line),
) -> io::Result<Ended> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = match interrupt {
        Some(interrupt) => interrupt.spawn(command)?,
        None => command.spawn()?,
    };
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let mut tail = VecDeque::with_capacity(TAIL_LINES);
    let (sender, lines) = sync_channel(LINES_WAITING);
    thread::scope(|scope| {
        let errors = sender.clone();
        scope.spawn(move || read_lines(stdout, &sender, Line::Out));
        scope.spawn(move || read_lines(stderr, &errors, Line::Err));
        for line in lines {
            each(&line);
            if let Line::Err(text) = line {
                if tail.len() == TAIL_LINES {
                    tail.pop_front();
                }
                tail.push_back(text);
            }
        }
    });
    if let Some(interrupt) = interrupt {
        interrupt.wait(&child);
    }
    let status = child.wait()?;
    let tail: Vec<String> = tail.into_iter().collect();
    Ok(Ended {
        status,
        tail: tail.join("\n"),
    })
}

fn read_lines(pipe: Option<impl Read>, to: &SyncSender<Line>, wrap: fn(String) -> Line) {
    let Some(pipe) = pipe else { return };
    let mut pipe = BufReader::new(pipe);
    loop {
        let mut bytes = Vec::new();
        match pipe.by_ref().take(LINE_MAX).read_until(b'\n', &mut bytes) {
            // A broken pipe is the end of what the program says; its exit status tells the rest.
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let line = String::from_utf8_lossy(&bytes).trim_end().to_owned();
        if to.send(wrap(line)).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_arrive_and_the_tail_is_kept() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo one; seq 1 500 >&2; exit 3"]);
        let mut out = Vec::new();
        let ended = run(&mut command, None, &mut |line| {
            if let Line::Out(text) = line {
                out.push(text.clone());
            }
        })
        .unwrap();
        assert_eq!(out, ["one"]);
        assert_eq!(ended.status.code(), Some(3));
        assert!(ended.tail.starts_with("381\n") && ended.tail.ends_with("\n500"));
    }

    #[test]
    fn passwords_in_what_a_program_says_are_not_repeated() {
        let said = Mutex::new(String::new());
        let caller = Caller {
            progress: &|line| said.lock().push_str(line),
            interrupt: None,
        };
        caller.say("Updating git repository `https://u:planted@host/`");
        assert_eq!(
            said.into_inner(),
            "Updating git repository `https://***@host/`"
        );
    }

    /// The shell would wait for its child for ever: both are gone, and none is started after them.
    #[test]
    fn an_interrupt_ends_a_program_with_all_that_it_started() {
        let interrupt = Interrupt::default();
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 1000000 & echo begun; wait"]);
        let ended = run(&mut command, Some(&interrupt), &mut |line| {
            assert!(matches!(line, Line::Out(text) if text == "begun"));
            interrupt.ask();
        });
        assert!(!ended.unwrap().status.success());
        assert!(interrupt.is_over() && interrupt.lock().group.is_none());
        assert!(run(&mut command, Some(&interrupt), &mut |_| {}).is_err());
    }

    #[test]
    fn variables_of_the_gateways_own_build_are_foreign() {
        for name in [
            "RUSTFLAGS",
            "CARGO_PKG_NAME",
            "CARGO_TARGET_DIR",
            "CARGO_MANIFEST_DIR",
        ] {
            assert!(is_foreign(OsStr::new(name)), "{name}");
        }
        for name in [
            "CARGO_HOME",
            "RUSTUP_TOOLCHAIN",
            "CARGO_NET_OFFLINE",
            "PATH",
            "CARGO",
        ] {
            assert!(!is_foreign(OsStr::new(name)), "{name}");
        }
    }
}
