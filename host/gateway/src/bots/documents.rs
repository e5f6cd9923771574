//! Fills the collection of a bot with the documents that its manifest names: in the background, only what has changed.
//!
//! What a file holds is told by its digest, which stands in the store beside the text: another process, and the next
//! start, read nothing twice. What the manifest does not name any more is removed; documents that came by other ways
//! stay.

mod files;
mod telling;

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

use self::{
    files::{DocumentFile, find},
    telling::Told,
};
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

/// First pause before a store that is away is asked again, and the longest; it doubles in between.
const PAUSE: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_mins(5);

/// Goes into digests: to be raised when the same file is read into another text.
const READER_VERSION: u8 = 2;

/// The tasks that fill collections, one for each bot. Dropping it gives up.
#[derive(Debug)]
pub(super) struct Filling {
    runtime: Handle,
    reading: Arc<Semaphore>,
    tasks: Mutex<HashMap<(TenantName, BotName), Task>>,
}

/// What goes on for one bot.
#[derive(Debug, Default)]
struct Task {
    /// One task; its set ends it when another takes its place.
    work: JoinSet<()>,
    /// What is known of earlier ones.
    told: Arc<Told>,
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
        let task = tasks.entry(name).or_default();
        let told = Arc::clone(&task.told);
        let work = async move {
            let mut pause = PAUSE;
            loop {
                let turn = reading.acquire().await;
                let done = fill(bot.store.shared(), &bot, &files).await;
                drop(turn);
                // Of a bot that names no document, nobody misses any.
                let is_news = pause == PAUSE && !files.patterns.is_empty();
                if told.tell(&bot, done, is_news) {
                    return;
                }
                sleep(pause).await;
                pause = pause.saturating_mul(2).min(PAUSE_MAX);
            }
        };
        task.work = JoinSet::new();
        task.work.spawn_on(work, &self.runtime);
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

impl Filled {
    /// Notes what is wrong with a file, in words that go on behind its name, and what becomes of its text.
    fn complain(&mut self, before: &HashMap<String, DocumentInfo>, id: &str, why: &str) {
        let stays = if before.contains_key(id) {
            "; the text that it had before is found as ever"
        } else {
            ""
        };
        self.complaints.push(format!("`{id}`{why}{stays}"));
    }
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
            Ok(Err((id, why))) => filled.complain(&before, &id, &why),
            Err(_) => {}
        }
        if batch.len() >= BATCH_DOCUMENTS || bytes >= BATCH_BYTES {
            put(store, (&scope, &policy), &before, &mut batch, &mut filled).await?;
            bytes = 0;
        }
    }
    put(store, (&scope, &policy), &before, &mut batch, &mut filled).await?;
    Ok(filled)
}

async fn put(
    store: &Store,
    (scope, policy): (&Scope, &WritePolicy),
    before: &HashMap<String, DocumentInfo>,
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
                    Err(Error::Documents(why)) => filled.complain(before, &id, &format!(": {why}")),
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

/// What is in a file, and whether that is not all; `None`: what is known already. Else why there is nothing, behind the
/// name of the file.
fn read(
    id: String,
    file: &DocumentFile,
    known: Option<&[u8]>,
) -> Result<Option<(NewDocument, bool)>, (String, String)> {
    let bytes = match bounded(&file.path) {
        Ok(bytes) => bytes,
        Err(error) => return Err((id, format!(": {error}"))),
    };
    let digest = digest(file.kind, &bytes);
    if known == Some(digest.as_slice()) {
        return Ok(None);
    }
    let text = match ravenry_documents::read(file.kind, &bytes) {
        Ok(text) => text,
        Err(why) => return Err((id, format!(" {why}"))),
    };
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
