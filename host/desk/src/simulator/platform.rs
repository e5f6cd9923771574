//! The platform as its routes have it: the parts, put together. Each part has a lock of its own, and
//! none knows of this.

use std::{collections::HashMap, path::PathBuf, sync::Arc};

use serde_json::Value;
use url::Url;

use super::{
    apply_settings::{self, File},
    bot_settings::Terms,
    call_limits::CallLimits,
    downloads::{Downloader, Downloads},
    exchange::Stopping,
    file_store::FileStore,
    files::Files,
    hooks::{Hooks, NoHooks},
    ledger::{BALANCE, Book},
    query_runner::{Drive, ReplyLimits},
    registry::{Mode, PERSON_KEY, Registry},
    sessions::PageState,
};
use crate::client::{Target, Unreachable};
use ravenry_base::secret::Secret;

/// How the platform is played.
#[derive(Clone, Debug)]
pub struct Options {
    /// How much is minded.
    pub mode: Mode,
    /// Where files are kept, in a directory of this run; else in one that goes with it.
    pub dir: Option<PathBuf>,
    /// What the person has, in thousandths of a US cent.
    pub balance: u64,
    /// What replies of registered bots may take.
    pub limits: ReplyLimits,
    /// Who looks on, and may answer in its place.
    pub hooks: Arc<dyn Hooks>,
}

impl Default for Options {
    /// For tests.
    fn default() -> Self {
        Self {
            mode: Mode::Lenient,
            dir: None,
            balance: BALANCE,
            limits: ReplyLimits::default(),
            hooks: Arc::new(NoHooks),
        }
    }
}

/// Shared by the handle and the routes.
#[derive(Debug)]
pub(super) struct Platform {
    /// Scheme, address and port.
    pub(super) origin: Url,
    /// Who looks on.
    pub(super) hooks: Arc<dyn Hooks>,
    /// Whether all of it is about to end.
    pub(super) stopping: Stopping,
    /// Bots and keys.
    pub(super) registry: Registry,
    /// Calls of bots to one another.
    pub(super) calls: CallLimits,
    /// What is put up.
    pub(super) files: Arc<Files>,
    /// What is fetched to be put up.
    pub(super) downloader: Downloader,
    /// The person's money.
    pub(super) ledger: Book,
    /// The chat page.
    pub(super) page: PageState,
}

/// A handle that a route may keep.
pub(super) type Shared = axum::extract::State<Arc<Platform>>;

/// Why a bot cannot be asked.
#[derive(Clone, Debug, thiserror::Error)]
pub(super) enum NotAsked {
    /// It does not answer.
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
    /// The name makes no URL.
    #[error("no bot can have this name")]
    Name,
}

impl Platform {
    /// One at this origin, with files there.
    pub(super) fn new(origin: Url, store: FileStore, options: &Options) -> Self {
        let downloads = match options.mode {
            Mode::Lenient => Downloads::Placeholder,
            Mode::Strict => Downloads::Fetched(Vec::new()),
        };
        let hooks = Arc::clone(&options.hooks);
        Self {
            stopping: Stopping::default(),
            registry: Registry::new(options.mode, options.limits),
            calls: CallLimits::default(),
            files: Arc::new(Files::new(origin.clone(), store, Arc::clone(&hooks))),
            downloader: Downloader::new(&origin, downloads),
            ledger: Book::new(options.balance),
            page: PageState::default(),
            origin,
            hooks,
        }
    }

    /// Asks the bot of this name, with a query made to fit its settings; says what was changed.
    ///
    /// Those that are no server bots are asked at the door, as other bots ask them.
    pub(super) async fn drive(
        &self,
        name: &str,
        mut body: Value,
    ) -> Result<(Drive, Vec<&'static str>), NotAsked> {
        let (target, notes) = self.address(name, &mut body).await.ok_or(NotAsked::Name)?;
        Ok((self.registry.driver.query(&target, &body).await?, notes))
    }

    /// Where a query goes, made to fit the bot's settings, and what was done to it for that; nothing
    /// where no bot can have this name.
    pub(super) async fn address(
        &self,
        name: &str,
        body: &mut Value,
    ) -> Option<(Target, Vec<&'static str>)> {
        let Some(bot) = self.registry.server(name) else {
            return Some((self.door(name)?, Vec::new()));
        };
        if let Some(id) = body.get("bot_query_id").and_then(Value::as_str) {
            self.calls.give(id, name);
        }
        let terms = self.registry.terms(name).await;
        let files = self.files_of(body, &terms).await;
        let notes = apply_settings::fit(body, &terms, &files);
        Some((bot.target, notes))
    }

    /// Where bots ask for this name.
    fn door(&self, name: &str) -> Option<Target> {
        let mut url: Url = self.origin.clone();
        url.path_segments_mut().ok()?.extend(["bot", name]);
        let key = Some(Secret::new(PERSON_KEY.to_owned()));
        Some(Target { url, key })
    }

    /// The files of ours that a query names, by the URLs that it names them by.
    async fn files_of(&self, body: &Value, terms: &Terms) -> HashMap<String, File> {
        let mut files = HashMap::new();
        for (url, _) in apply_settings::attached(body) {
            if files.contains_key(&url) {
                continue;
            }
            if let Some(file) = self.files.fresh(&url, terms.expand_text_attachments).await {
                files.insert(url, file);
            }
        }
        files
    }
}
