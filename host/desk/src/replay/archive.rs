//! A directory that conversations are written to while a gateway serves: each a file of its own, whole
//! or not at all, and readable by no other user.

use std::{
    fs,
    io::{self, Write as _},
    path::Path,
    sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    thread::{self, JoinHandle},
};

/// Files that one process writes: recording that was forgotten does not fill the disk.
const FILES_MAX: u32 = 1_000;

/// Numbers that they may have: some are taken where processes share a directory.
const NUMBER_MAX: u32 = 9_999;

/// Conversations that wait to be written; when there are more, the next is left out.
const WAITING_MAX: usize = 64;

/// A conversation that is to be written: how its file is to be called, and what makes its text.
pub struct Entry {
    /// Plain characters, from names of bots and times; never from untrusted text.
    pub name: String,
    /// Makes the text, away from the threads that serve.
    pub text: Box<dyn FnOnce() -> String + Send>,
}

/// A directory of conversations.
#[derive(Debug)]
pub struct Archive(SyncSender<Option<Entry>>);

/// The thread that writes. Dropping it waits until what was added is written; what is added later is
/// not.
#[derive(Debug)]
#[must_use = "what waits is lost without it"]
pub struct Writer {
    /// Nothing in it is the end.
    queue: SyncSender<Option<Entry>>,
    thread: Option<JoinHandle<()>>,
}

impl Archive {
    /// A directory, which is made if it is not there, and who writes to it.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn open(directory: &Path) -> io::Result<(Self, Writer)> {
        fs::create_dir_all(directory)?;
        let directory = directory.to_owned();
        let (queue, queued) = sync_channel(WAITING_MAX);
        let thread = thread::Builder::new()
            .name("recorder".to_owned())
            .spawn(move || write_all(&directory, &queued))?;
        let writer = Writer {
            queue: queue.clone(),
            thread: Some(thread),
        };
        Ok((Self(queue), writer))
    }

    /// Has a conversation written, soon.
    pub fn add(&self, entry: Entry) {
        match self.0.try_send(Some(entry)) {
            Ok(()) | Err(TrySendError::Disconnected(_)) => {}
            Err(TrySendError::Full(_)) => {
                tracing::warn!("a conversation was not recorded: too many wait to be written");
            }
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // It may have stopped already: then there is nothing to wait for.
        let _ = self.queue.send(None);
        if let Some(thread) = self.thread.take() {
            // One that panicked has said so.
            let _ = thread.join();
        }
    }
}

/// Writes what is queued until the end, or until there is enough.
fn write_all(directory: &Path, queued: &Receiver<Option<Entry>>) {
    let mut number = 0;
    for _ in 0..FILES_MAX {
        let Ok(Some(entry)) = queued.recv() else {
            return;
        };
        let text = (entry.text)();
        let written = loop {
            number += 1;
            match write(directory, &entry.name, number, &text) {
                // Another process has written in the same second, or one before this that was killed.
                Err(error) if is_taken(&error) && number < NUMBER_MAX => {}
                written => break written,
            }
        };
        if let Err(error) = written {
            tracing::warn!(%error, "a conversation could not be recorded");
        }
    }
    tracing::warn!("no more conversations are recorded: {FILES_MAX} are there from this run");
}

fn is_taken(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::AlreadyExists
}

/// Writes a file beside its place, and puts it there. Nothing is overwritten.
fn write(directory: &Path, name: &str, number: u32, text: &str) -> io::Result<()> {
    let mut partial = tempfile::Builder::new()
        .suffix(".partial")
        .tempfile_in(directory)?;
    partial.write_all(text.as_bytes())?;
    // What has its name is whole, also after a power cut.
    partial.as_file().sync_all()?;
    partial.persist_noclobber(directory.join(format!("{name}-{number:04}.toml")))?;
    Ok(())
}
