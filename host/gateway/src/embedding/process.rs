//! The process of a model, from outside: started at the first call, kept while it is used, ended when it is not.

use std::{
    fmt, io,
    process::{Child, ExitStatus},
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::unix::pipe::{Receiver, Sender},
    sync::{Mutex, OwnedMutexGuard},
    task::{AbortHandle, spawn_blocking},
    time::{Instant, sleep_until, timeout},
};

use super::{EmbedError, Embedded, frames, pauses::Pauses};
use ravenry_protocol::shown::Escaped;

/// Longest time of a call, with the start of the process where there is none.
///
/// A large model loads in some seconds, and sixteen long texts take it as many; a minute is more than a slow machine
/// needs for both.
const CALL_MAX: Duration = Duration::from_mins(1);

/// How long an unused process is kept: it holds as much memory as its model has bytes, and is there again in a second.
const IDLE_MAX: Duration = Duration::from_mins(5);

/// How long the last words of a process that ends are waited for.
const WORDS_MAX: Duration = Duration::from_secs(1);

/// How much of its last words is read, in bytes: one sentence with a path in it.
const WORDS_BYTES_MAX: u64 = 8 * 1024;

/// How much of them is repeated, in characters.
const WORDS_CHARACTERS_MAX: usize = 1000;

/// Starts the process, with pipes for all that it reads and writes. Blocks for a moment.
///
/// The error is a whole sentence.
pub(super) type Start = Arc<dyn Fn() -> Result<Child, String> + Send + Sync>;

/// How long a call may take, and how long an unused process is kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    pub(super) call: Duration,
    pub(super) idle: Duration,
}

impl Default for Times {
    fn default() -> Self {
        Self {
            call: CALL_MAX,
            idle: IDLE_MAX,
        }
    }
}

/// Has one process at most, and calls it for whoever asks, one after the other.
pub(super) struct Keeper {
    start: Start,
    times: Times,
    pauses: Pauses,
    running: Arc<Mutex<Option<Running>>>,
}

impl fmt::Debug for Keeper {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Keeper")
    }
}

/// What keeps a call from its answer.
enum Fault {
    /// The process is not there, as the whole sentence says.
    Unstarted(String),
    /// It has ended, or closed what it reads or writes.
    Ended,
    /// What it said is no answer.
    Nonsense,
}

impl Keeper {
    /// Starts nothing yet.
    pub(super) fn new(start: Start, times: Times) -> Arc<Self> {
        Arc::new(Self {
            start,
            times,
            pauses: Pauses::default(),
            running: Arc::default(),
        })
    }

    /// The vectors of so many texts, which the call holds. Waits for whoever was first.
    ///
    /// # Errors
    /// [`EmbedError::Unavailable`]; then the process is gone, and a later call starts another.
    pub(super) async fn ask(
        self: &Arc<Self>,
        call: Vec<u8>,
        texts: usize,
    ) -> Result<Embedded, EmbedError> {
        let running = Arc::clone(&self.running).lock_owned().await;
        if let Some(why) = self.pauses.holds() {
            return Err(EmbedError::Unavailable(why));
        }
        // A task of its own: the process answers what it was asked, also where nobody waits for it any more.
        // It lasts no longer than a call may.
        let keeper = Arc::clone(self);
        let task = tokio::spawn(async move { keeper.exchange(running, &call, texts).await });
        let cut = |_| Err("the call was cut short".to_owned());
        task.await
            .unwrap_or_else(cut)
            .map_err(EmbedError::Unavailable)
    }

    async fn exchange(
        self: &Arc<Self>,
        mut place: OwnedMutexGuard<Option<Running>>,
        call: &[u8],
        texts: usize,
    ) -> Result<Embedded, String> {
        // Out of its place, so that one in the middle of a call never stays there.
        let mut process = place.take();
        let answer = timeout(self.times.call, async {
            let running = match &mut process {
                Some(running) => running,
                empty => empty.insert(self.started().await.map_err(Fault::Unstarted)?),
            };
            running.call(call, texts).await
        });
        let why = match answer.await {
            Ok(Ok(embedded)) => {
                if let Some(running) = &mut process {
                    running.used = Instant::now();
                }
                *place = process;
                self.pauses.succeeded();
                return Ok(embedded);
            }
            Ok(Err(Fault::Unstarted(why))) => why,
            Ok(Err(Fault::Ended)) => match process.take() {
                Some(running) => running.last_words().await,
                None => "the process that makes vectors has ended".to_owned(),
            },
            Ok(Err(Fault::Nonsense)) => {
                "the process that makes vectors has answered something else, and was ended"
                    .to_owned()
            }
            Err(_) => format!(
                "the process that makes vectors has not answered within {} s, and was ended",
                self.times.call.as_secs_f64()
            ),
        };
        self.pauses.failed(&why);
        Err(why)
    }

    async fn started(self: &Arc<Self>) -> Result<Running, String> {
        let start = Arc::clone(&self.start);
        let child = spawn_blocking(move || start()).await;
        let child = Reaped(Some(child.map_err(|error| unstarted(&error))??));
        let idle = tokio::spawn(end_unused(Arc::downgrade(self), self.times.idle));
        Running::new(child, idle.abort_handle()).map_err(|error| unstarted(&error))
    }
}

/// Why there is no process.
pub(super) fn unstarted(error: &dyn std::error::Error) -> String {
    format!("the process that makes vectors cannot be started: {error}")
}

/// Ends the process once it was not used for so long. Ends itself with it.
async fn end_unused(keeper: Weak<Keeper>, idle: Duration) {
    let mut due = Instant::now() + idle;
    loop {
        sleep_until(due).await;
        let Some(keeper) = keeper.upgrade() else {
            return;
        };
        let mut place = keeper.running.lock().await;
        let Some(running) = &*place else {
            return;
        };
        due = running.used + idle;
        if due <= Instant::now() {
            tracing::debug!("the process that makes vectors was not used for long, and is ended");
            *place = None;
            return;
        }
    }
}

/// A process that is killed when it goes, and leaves nothing behind.
struct Reaped(Option<Child>);

impl Reaped {
    /// Kills it, and waits for that elsewhere: freeing its memory takes the system a moment.
    fn end(&mut self) -> Option<impl Future<Output = Option<ExitStatus>> + use<>> {
        let mut child = self.0.take()?;
        // It may have ended by itself.
        let _ = child.kill();
        let runtime = tokio::runtime::Handle::try_current().ok()?;
        let waiting = runtime.spawn_blocking(move || child.wait());
        Some(async { waiting.await.ok()?.ok() })
    }
}

impl Drop for Reaped {
    fn drop(&mut self) {
        drop(self.end());
    }
}

/// A process that runs.
struct Running {
    child: Reaped,
    input: Sender,
    output: Receiver,
    words: Receiver,
    /// When it answered last.
    used: Instant,
    idle: AbortHandle,
}

impl Running {
    fn new(mut child: Reaped, idle: AbortHandle) -> io::Result<Self> {
        let missing = || io::Error::other("it has no pipes");
        let process = child.0.as_mut().ok_or_else(missing)?;
        let input = process.stdin.take().ok_or_else(missing)?;
        let output = process.stdout.take().ok_or_else(missing)?;
        let words = process.stderr.take().ok_or_else(missing)?;
        Ok(Self {
            input: Sender::from_owned_fd(input.into())?,
            output: Receiver::from_owned_fd(output.into())?,
            words: Receiver::from_owned_fd(words.into())?,
            child,
            used: Instant::now(),
            idle,
        })
    }

    /// Sends a call, which has its length before it, and reads the answer.
    async fn call(&mut self, call: &[u8], texts: usize) -> Result<Embedded, Fault> {
        let lost = |_: io::Error| Fault::Ended;
        self.input.write_all(call).await.map_err(lost)?;
        let mut length = [0; frames::LENGTH_BYTES];
        self.output.read_exact(&mut length).await.map_err(lost)?;
        let length = frames::length(length, frames::ANSWER_BYTES_MAX).ok_or(Fault::Nonsense)?;
        let mut answer = vec![0; length];
        self.output.read_exact(&mut answer).await.map_err(lost)?;
        frames::read_answer(&answer, texts).ok_or(Fault::Nonsense)
    }

    /// Why it has ended: in its own words, or else as the system has it.
    async fn last_words(mut self) -> String {
        let mut said = Vec::new();
        let mut words = (&mut self.words).take(WORDS_BYTES_MAX);
        // What has come until then is enough.
        let _ = timeout(WORDS_MAX, words.read_to_end(&mut said)).await;
        let status = match self.child.end() {
            Some(waiting) => waiting.await,
            None => None,
        };
        let said = String::from_utf8_lossy(&said);
        let said: Vec<&str> = said.split_whitespace().collect();
        let said: String = said.join(" ").chars().take(WORDS_CHARACTERS_MAX).collect();
        let why = match status {
            _ if !said.is_empty() => Escaped(&said).to_string(),
            Some(status) => format!("{status}; is there too little memory?"),
            None => "it is not known why".to_owned(),
        };
        format!("the process that makes vectors has ended: {why}")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.idle.abort();
    }
}

#[cfg(test)]
mod tests;
