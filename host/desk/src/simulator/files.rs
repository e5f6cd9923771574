//! Files that are put up: what they are called, until when their URLs are good, and how many fit.
//!
//! The bytes are in a [`FileStore`]; names and media types are here. A URL is good for [`URL_TIME`], as
//! on the platform; it says until when, and is not signed: it does not protect a file from other
//! processes on this machine.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    task::spawn_blocking,
};
use url::Url;

use super::{apply_settings::File, file_store::FileStore, hooks::Hooks, text};

/// Largest file: 50 MB, says the documentation.
pub const FILE_BYTES_MAX: usize = 50_000_000;

/// What is said of a larger one.
pub(super) const LARGE: &str = "more than 50 MB";

/// How many files are held.
const FILES_COUNT_MAX: usize = 10_000;

/// How many bytes of files are held. A file for which there is no room is refused.
pub const FILES_BYTES_MAX: usize = 512 * 1024 * 1024;

/// How many files may arrive at a time. One more waits.
const ARRIVING_MAX: usize = 8;

/// How long the URL of an attachment is good (documentation of 2025: some ten minutes). Each query
/// has new ones.
pub const URL_TIME: Duration = Duration::from_mins(10);

/// Files that can be fetched.
#[derive(Debug)]
pub(super) struct Files {
    /// Where they are fetched.
    origin: Url,
    store: FileStore,
    hooks: Arc<dyn Hooks>,
    started: Instant,
    /// Places for files that are arriving: their bytes are not counted yet.
    arriving: Semaphore,
    list: Mutex<List>,
}

/// What is stored.
#[derive(Debug, Default)]
struct List {
    files: HashMap<u64, Stored>,
    bytes: usize,
    /// Numbers that were given away.
    numbers: u64,
}

/// What a file is; its bytes are in the store.
#[derive(Clone, Debug)]
struct Stored {
    name: String,
    mime_type: String,
}

impl List {
    /// Takes room for a file, and gives it a number; nothing when there is none.
    fn book(&mut self, size: usize) -> Option<u64> {
        let bytes = self.bytes.saturating_add(size);
        if bytes > FILES_BYTES_MAX || self.files.len() >= FILES_COUNT_MAX {
            return None;
        }
        self.bytes = bytes;
        let number = self.numbers;
        self.numbers = number.saturating_add(1);
        Some(number)
    }
}

impl Files {
    /// None yet, for the platform with this origin.
    pub(super) fn new(origin: Url, store: FileStore, hooks: Arc<dyn Hooks>) -> Self {
        Self {
            origin,
            store,
            hooks,
            started: Instant::now(),
            arriving: Semaphore::new(ARRIVING_MAX),
            list: Mutex::default(),
        }
    }

    /// A place for a file that arrives. Waits until there is one.
    pub(super) async fn arrive(&self) -> Option<SemaphorePermit<'_>> {
        // The semaphore is never closed.
        self.arriving.acquire().await.ok()
    }

    /// Keeps a file and says where it lies; nothing when there is no room. Waits for the disk.
    pub(super) fn put(&self, name: &str, mime_type: &str, bytes: &[u8]) -> Option<String> {
        let number = self.list.lock().book(bytes.len())?;
        if let Err(error) = self.store.put(number, bytes) {
            tracing::error!(%error, dir = %self.store.dir().display(), "a file cannot be kept");
            let mut list = self.list.lock();
            list.bytes = list.bytes.saturating_sub(bytes.len());
            return None;
        }
        // In a URL these two are no names.
        let name = if matches!(name, "." | ".." | "") {
            "file"
        } else {
            name
        };
        let url = self.url(number, name)?;
        let stored = Stored {
            name: name.to_owned(),
            mime_type: mime_type.to_owned(),
        };
        self.list.lock().files.insert(number, stored);
        Some(url.into())
    }

    /// Time since the start.
    fn now(&self) -> Duration {
        self.started.elapsed().saturating_add(self.hooks.ahead())
    }

    /// A URL that is good from now on.
    fn url(&self, number: u64, name: &str) -> Option<Url> {
        let until = self.now().saturating_add(URL_TIME);
        let mut url = self.origin.clone();
        url.path_segments_mut()
            .ok()?
            .extend(["attachments", &number.to_string(), name]);
        url.query_pairs_mut()
            .append_pair("until", &until.as_secs().to_string());
        Some(url)
    }

    /// Whether a URL is good that says so until these seconds.
    pub(super) fn is_good(&self, until: u64) -> bool {
        self.now().as_secs() <= until
    }

    /// The media type of a file.
    pub(super) fn mime_type(&self, number: u64, name: &str) -> Option<String> {
        let list = self.list.lock();
        let stored = list.files.get(&number)?;
        (stored.name == name).then(|| stored.mime_type.clone())
    }

    /// What is in a file; nothing where it is gone from the disk.
    pub(super) async fn bytes(self: &Arc<Self>, number: u64) -> Option<Bytes> {
        let files = Arc::clone(self);
        let reading = spawn_blocking(move || files.store.get(number));
        reading.await.ok()?.ok()
    }

    /// The file under a URL of ours, with a new one, and the text in it where that is wanted.
    pub(super) async fn fresh(self: &Arc<Self>, old: &str, with_text: bool) -> Option<File> {
        let old = Url::parse(old).ok()?;
        let mut parts = old.path_segments()?;
        if old.origin() != self.origin.origin() || parts.next() != Some("attachments") {
            return None;
        }
        let number: u64 = parts.next()?.parse().ok()?;
        let stored = self.list.lock().files.get(&number).cloned()?;
        let url = self.url(number, &stored.name)?.into();
        let text = if with_text && text::is_document(&stored.mime_type) {
            let files = Arc::clone(self);
            let reading = spawn_blocking(move || {
                let bytes = files.store.get(number).ok()?;
                text::of(&stored.mime_type, &bytes)
            });
            // What no reader of documents understands is as good as no document.
            reading.await.ok().flatten()
        } else {
            None
        };
        Some(File { url, text })
    }
}

/// A media type by the end of a name: those that bots send most.
pub fn mime_type_of(name: &str) -> &'static str {
    let end = name.rsplit_once('.').map_or("", |(_, end)| end);
    match end.to_ascii_lowercase().as_str() {
        "txt" | "log" => "text/plain",
        "md" => "text/markdown",
        "csv" => "text/csv",
        "html" | "htm" => "text/html",
        "json" => "application/json",
        "pdf" => "application/pdf",
        "zip" => "application/zip",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "svg" => "image/svg+xml",
        "mp3" => "audio/mpeg",
        "wav" => "audio/wav",
        "mp4" => "video/mp4",
        _ => "application/octet-stream",
    }
}
