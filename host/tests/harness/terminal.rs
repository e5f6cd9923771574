//! A terminal with the program in it, as a person sits before it: keys in, a screen out.

use std::{
    io::{Read, Write},
    num::NonZeroU16,
    path::Path,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Instant,
};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use super::HANG;

/// Lines of the terminal: a whole conversation fits.
const ROWS: u16 = 60;

/// Characters of a line.
const COLUMNS: u16 = 80;

/// A process in a terminal. Dropping it kills it.
pub struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    seen: Seen,
    /// The terminal is there as long as this is.
    _master: Box<dyn MasterPty + Send>,
}

type Seen = Arc<(Mutex<Screen>, Condvar)>;

struct Screen {
    parser: vt100::Parser,
    bytes: Vec<u8>,
    closed: bool,
}

impl Terminal {
    /// `ravenry` with these arguments, in this directory, which is also where its state goes.
    pub fn start(directory: &Path, arguments: &[&str]) -> Self {
        Self::start_in(directory, arguments, ROWS)
    }

    /// The same, in so many lines.
    pub fn start_in(directory: &Path, arguments: &[&str], rows: u16) -> Self {
        let size = PtySize {
            rows,
            cols: COLUMNS,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_ravenry"));
        command.env_clear();
        command.env("TERM", "xterm-256color");
        command.env("RAVENRY_STATE_DIR", directory);
        command.args(arguments);
        command.cwd(directory);
        let child = pair.slave.spawn_command(command).unwrap();
        let reader = pair.master.try_clone_reader().unwrap();
        let screen = Screen {
            parser: vt100::Parser::new(
                NonZeroU16::new(rows).unwrap(),
                NonZeroU16::new(COLUMNS).unwrap(),
                1000,
            ),
            bytes: Vec::new(),
            closed: false,
        };
        let seen = Seen::new((Mutex::new(screen), Condvar::new()));
        watch(reader, Arc::clone(&seen));
        Self {
            child,
            keys: pair.master.take_writer().unwrap(),
            seen,
            _master: pair.master,
        }
    }

    /// Presses keys.
    pub fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Types a line at the prompt, and waits for the next prompt. Gives the screen.
    pub fn line(&mut self, text: &str) -> String {
        self.enter(text);
        self.prompt()
    }

    /// Types a line at the prompt.
    pub fn enter(&mut self, text: &str) {
        self.press(text);
        let typed = format!("> {text}");
        self.wait(&format!("{text:?} at the prompt"), |screen| {
            row(screen) == typed.trim_end()
        });
        self.press("\r");
    }

    /// Waits for a prompt with nothing typed. Gives the screen.
    pub fn prompt(&self) -> String {
        self.wait("a prompt", |screen| {
            row(screen) == ">" && screen.cursor_position().1 == 2
        })
    }

    /// Waits until this stands on the screen.
    pub fn shows(&self, text: &str) -> String {
        self.wait(text, |screen| screen.contents().contains(text))
    }

    fn wait(&self, what: &str, found: impl Fn(&vt100::Screen) -> bool) -> String {
        let hang = Instant::now() + HANG;
        let mut seen = lock(&self.seen);
        loop {
            let screen = seen.parser.screen();
            let contents = screen.contents();
            if found(screen) {
                return contents;
            }
            let left = hang.saturating_duration_since(Instant::now());
            assert!(!seen.closed && !left.is_zero(), "no {what} in\n{contents}");
            seen = self.seen.1.wait_timeout(seen, left).unwrap().0;
        }
    }

    /// All bytes that came so far.
    pub fn bytes(&self) -> Vec<u8> {
        lock(&self.seen).bytes.clone()
    }

    /// Waits for the end of the process: its exit code, and the screen.
    pub fn end(mut self) -> (u32, String) {
        let hang = Instant::now() + HANG;
        let mut seen = lock(&self.seen);
        while !seen.closed {
            let left = hang.saturating_duration_since(Instant::now());
            assert!(
                !left.is_zero(),
                "no end in\n{}",
                seen.parser.screen().contents()
            );
            seen = self.seen.1.wait_timeout(seen, left).unwrap().0;
        }
        let contents = seen.parser.screen().contents();
        drop(seen);
        (self.child.wait().unwrap().exit_code(), contents)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lock(seen: &Seen) -> MutexGuard<'_, Screen> {
    seen.0.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The line with the cursor.
fn row(screen: &vt100::Screen) -> String {
    let (row, _) = screen.cursor_position();
    let line = screen.rows(0, COLUMNS).nth(row.into());
    line.unwrap_or_default().trim_end().to_owned()
}

fn watch(mut from: Box<dyn Read + Send>, seen: Seen) {
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        loop {
            // A terminal without a process is an error to read from.
            let read = from.read(&mut buffer).unwrap_or(0);
            let mut screen = lock(&seen);
            screen.closed = read == 0;
            screen.parser.process(&buffer[..read]);
            screen.bytes.extend_from_slice(&buffer[..read]);
            drop(screen);
            seen.1.notify_all();
            if read == 0 {
                return;
            }
        }
    });
}
