//! Fills the collection of a bot with the documents that its manifest names: in the background, only what has changed.
//!
//! What a file holds is told by its digest, which stands in the store beside the text: another process, and the next
//! start, read nothing twice. What the manifest does not name any more is removed; documents that came by other ways
//! stay.

mod files;

use std::{
    collections::{BTreeSet, HashMap},
    path::Path,
    sync::Arc,
    time::Duration,
};

use parking_lot::Mutex;
use ravenry_store::{
    Bucket, DocumentFormat, DocumentInfo, DocumentOrigin, Error, NewDocument, Scope, Store,
    WritePolicy,
};
use sha2::{Digest as _, Sha256};
use tokio::{
    runtime::Handle,
    sync::Semaphore,
    task::{JoinSet, spawn_blocking},
    time::sleep,
};

use self::files::{DocumentFile, find};
use super::{Authorized, Bot};
use crate::{imports::knowledge::titled, store::SharedStore};
use ravenry_config::{
    documents::DocumentFiles,
    ids::{BotName, TenantName},
};
use ravenry_documents::{Format, Kind};

/// Bots whose files are read at once.
const AT_ONCE: usize = 2;

/// Documents that are put into the store at once, and bytes of them.
const BATCH_DOCUMENTS: usize = 64;
const BATCH_BYTES: usize = 4 * 1024 * 1024;

/// Files of one bot about which something is said.
const COMPLAINTS_MAX: usize = 10;

/// First pause before a store that is away is asked again, and the longest; it doubles in between.
const PAUSE: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_mins(5);

/// Goes into digests: to be raised when the same file is read into another text.
const READER_VERSION: u8 = 1;

/// The tasks that fill collections, one for each bot. Dropping it gives up.
#[derive(Debug)]
pub(super) struct Filling {
    runtime: Handle,
    reading: Arc<Semaphore>,
    /// One task each; its set ends it when another takes its place.
    tasks: Mutex<HashMap<(TenantName, BotName), JoinSet<()>>>,
}

impl Filling {
    /// No task yet; all of them on the runtime that calls.
    pub(super) fn here() -> Self {
        Self {
            runtime: Handle::current(),
            reading: Arc::new(Semaphore::new(AT_ONCE)),
            tasks: Mutex::default(),
        }
    }

    /// Brings what a bot knows up to its files, in the place of what was under way for it.
    pub(super) fn begin(&self, bot: &Arc<Bot>, files: &DocumentFiles) {
        let name = (bot.tenant.clone(), bot.name.clone());
        let mut tasks = self.tasks.lock();
        // A bot that never named a document has none to lose.
        if files.patterns.is_empty() && !bot.store.shared().is_in_use() {
            tasks.remove(&name);
            return;
        }
        let (bot, files) = (Arc::clone(bot), files.clone());
        let reading = Arc::clone(&self.reading);
        let mut task = JoinSet::new();
        let work = async move {
            let mut pause = PAUSE;
            loop {
                let turn = reading.acquire().await;
                let done = fill(bot.store.shared(), &bot, &files).await;
                drop(turn);
                // Of a bot that names no document, nobody misses any.
                let is_news = pause == PAUSE && !files.patterns.is_empty();
                if told(&bot, done, is_news) {
                    return;
                }
                sleep(pause).await;
                pause = pause.saturating_mul(2).min(PAUSE_MAX);
            }
        };
        task.spawn_on(work, &self.runtime);
        tasks.insert(name, task);
    }

    /// Gives up on a bot that is not mounted any more.
    pub(super) fn end(&self, bot: &Bot) {
        let name = (bot.tenant.clone(), bot.name.clone());
        self.tasks.lock().remove(&name);
    }

    /// Gives up on all of them.
    pub(super) fn end_all(&self) {
        self.tasks.lock().clear();
    }
}

/// What came of filling a collection.
#[derive(Debug, Default)]
pub struct Filled {
    /// Documents that were read, because they are new or were changed.
    pub read: usize,
    /// Documents that were removed.
    pub removed: u64,
    /// Documents that were there already.
    pub kept: usize,
    /// What is wrong with files, or with patterns of them.
    pub complaints: Vec<String>,
}

/// Why a collection was not filled to the end.
#[derive(Debug, thiserror::Error)]
pub enum Unfilled {
    /// The store does not take it.
    #[error("{0}")]
    Store(Error),
    /// It cannot be opened.
    #[error("{0}")]
    Closed(Arc<ravenry_store::OpenError>),
}

/// Puts documents that somebody has sent into what a bot knows: all of them, or none.
///
/// # Errors
/// The store does not take them.
pub(crate) async fn add(
    bot: &Bot,
    _authorized: Authorized,
    documents: Vec<NewDocument>,
) -> Result<(), Unfilled> {
    let store = bot.store.shared().get().await.map_err(Unfilled::Closed)?;
    let (scope, policy) = (bot.store.scope(Bucket::Bot), bot.store.policy(&Bucket::Bot));
    Ok(store.put_documents(&scope, documents, &policy).await?)
}

impl From<Error> for Unfilled {
    fn from(error: Error) -> Self {
        Self::Store(error)
    }
}

/// Brings what a bot knows up to its files.
///
/// # Errors
/// The store cannot take them. What was put there stays.
pub async fn fill(
    store: &SharedStore,
    bot: &Bot,
    wanted: &DocumentFiles,
) -> Result<Filled, Unfilled> {
    let store = store.get().await.map_err(Unfilled::Closed)?;
    let (scope, policy) = (bot.store.scope(Bucket::Bot), bot.store.policy(&Bucket::Bot));
    let before = from_manifest(store, &scope).await?;
    let wanted = wanted.clone();
    let found = spawn_blocking(move || find(&wanted)).await;
    let mut found = found.unwrap_or_default();
    let mut filled = Filled {
        complaints: std::mem::take(&mut found.complaints),
        ..Filled::default()
    };
    let stay: BTreeSet<String> = found.files.keys().cloned().collect();
    // First, so that there is room for what takes their place.
    let gone: Vec<&str> = before
        .keys()
        .filter(|id| !stay.contains(*id))
        .map(String::as_str)
        .collect();
    for gone in gone.chunks(BATCH_DOCUMENTS) {
        let removed = store.remove_documents(&scope, gone).await?;
        filled.removed = filled.removed.saturating_add(removed);
    }
    let (mut batch, mut bytes) = (Vec::new(), 0_usize);
    for (id, file) in found.files {
        let known = before.get(&id).map(|info| info.digest.clone());
        match spawn_blocking(move || read(id, &file, known.as_deref())).await {
            Ok(Ok(Some((document, is_cut)))) => {
                if is_cut {
                    let most = ravenry_documents::TEXT_BYTES_MAX;
                    let id = &document.id;
                    let cut = format!("`{id}`: only the first {most} bytes of its text are taken");
                    filled.complaints.push(cut);
                }
                bytes = bytes.saturating_add(document.text.len());
                batch.push(document);
            }
            Ok(Ok(None)) => filled.kept = filled.kept.saturating_add(1),
            Ok(Err(complaint)) => filled.complaints.push(complaint),
            Err(_) => {}
        }
        if batch.len() >= BATCH_DOCUMENTS || bytes >= BATCH_BYTES {
            put(store, (&scope, &policy), &mut batch, &mut filled).await?;
            bytes = 0;
        }
    }
    put(store, (&scope, &policy), &mut batch, &mut filled).await?;
    Ok(filled)
}

async fn put(
    store: &Store,
    (scope, policy): (&Scope, &WritePolicy),
    batch: &mut Vec<NewDocument>,
    filled: &mut Filled,
) -> Result<(), Error> {
    let documents = std::mem::take(batch);
    if documents.is_empty() {
        return Ok(());
    }
    let count = documents.len();
    match store.put_documents(scope, documents.clone(), policy).await {
        Ok(()) => filled.read = filled.read.saturating_add(count),
        // One of them cannot be kept at all: the others are as good as before.
        Err(Error::Documents(_)) => {
            for document in documents {
                let id = document.id.clone();
                match store.put_documents(scope, vec![document], policy).await {
                    Ok(()) => filled.read = filled.read.saturating_add(1),
                    Err(Error::Documents(why)) => filled.complaints.push(format!("`{id}`: {why}")),
                    Err(error) => return Err(error),
                }
            }
        }
        Err(error) => return Err(error),
    }
    Ok(())
}

/// The documents that a manifest has named by now.
async fn from_manifest(
    store: &Store,
    scope: &Scope,
) -> Result<HashMap<String, DocumentInfo>, Error> {
    let mut known = HashMap::new();
    let mut after: Option<String> = None;
    loop {
        let page = store.documents(scope, after.as_deref(), 1_000).await?;
        let Some(last) = page.last() else {
            return Ok(known);
        };
        after = Some(last.id.clone());
        let named = page.into_iter();
        let named = named.filter(|info| info.origin == DocumentOrigin::Manifest);
        known.extend(named.map(|info| (info.id.clone(), info)));
    }
}

/// What is in a file, and whether that is not all; `None`: what is known already. Else why there is nothing.
fn read(
    id: String,
    file: &DocumentFile,
    known: Option<&[u8]>,
) -> Result<Option<(NewDocument, bool)>, String> {
    let bytes = bounded(&file.path).map_err(|error| format!("`{id}`: {error}"))?;
    let digest = digest(file.kind, &bytes);
    if known == Some(digest.as_slice()) {
        return Ok(None);
    }
    let text = ravenry_documents::read(file.kind, &bytes).map_err(|why| format!("`{id}` {why}"))?;
    let document = NewDocument {
        source: id.trim_start_matches("../").to_owned(),
        title: text.title.unwrap_or_default(),
        text: text.text,
        format: match text.format {
            Format::Markdown => DocumentFormat::Markdown,
            Format::Plain => DocumentFormat::Plain,
        },
        origin: DocumentOrigin::Manifest,
        digest,
        id,
    };
    Ok(Some((titled(document), text.is_cut)))
}

/// All of a file, if that is not more than is read of one.
fn bounded(path: &Path) -> std::io::Result<Vec<u8>> {
    use std::io::Read as _;
    let most = ravenry_documents::BYTES_MAX as u64;
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path)?;
    // One more is refused by the reader, with its bound.
    file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn digest(kind: Kind, bytes: &[u8]) -> Vec<u8> {
    let mut hasher = Sha256::new();
    hasher.update([READER_VERSION]);
    hasher.update(format!("{kind:?}"));
    hasher.update(bytes);
    hasher.finalize().to_vec()
}

/// Says what came of it; `false`: it is to be tried again.
fn told(bot: &Bot, done: Result<Filled, Unfilled>, is_news: bool) -> bool {
    let (tenant, name) = (bot.tenant.as_str(), bot.name.as_str());
    let filled = match done {
        Ok(filled) => filled,
        Err(Unfilled::Store(error @ (Error::Full { .. } | Error::TooManyBytes { .. }))) => {
            tracing::warn!(
                tenant, bot = name, %error,
                hint = "name fewer documents, or raise `store` in the limits",
                "the documents of the bot are not all taken"
            );
            return true;
        }
        Err(error) => {
            // Once an episode.
            if is_news {
                tracing::warn!(tenant, bot = name, %error, "the documents of the bot cannot be taken now; it is tried again");
            }
            return false;
        }
    };
    for complaint in filled.complaints.iter().take(COMPLAINTS_MAX) {
        tracing::warn!(
            tenant,
            bot = name,
            "of the documents of the bot: {complaint}"
        );
    }
    let more = filled.complaints.len().saturating_sub(COMPLAINTS_MAX);
    if more > 0 {
        tracing::warn!(
            tenant,
            bot = name,
            more,
            "more is wrong with the documents of the bot"
        );
    }
    let Filled {
        read,
        removed,
        kept,
        ..
    } = filled;
    if read > 0 || removed > 0 {
        tracing::info!(
            tenant,
            bot = name,
            read,
            removed,
            kept,
            "the documents of the bot are read"
        );
    }
    true
}
