//! The played platform as a handle: it starts, takes bots and files, and stops when it is dropped.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    sync::Arc,
    thread::{self, JoinHandle},
};

use bytes::Bytes;
use tokio::{runtime, sync::oneshot};
use url::Url;

use super::{
    bot_settings::Terms,
    downloads::Downloads,
    file_store::FileStore,
    files,
    ledger::Ledger,
    platform::{Options, Platform},
    script::Script,
    serve::{UPLOAD_PATH, serve},
};
use crate::client::Target;

/// The platform's API for bots, played on a free port of 127.0.0.1.
///
/// It runs on a thread and a clock of its own. Dropping it breaks off all that is open, and frees the
/// port before the drop returns.
#[derive(Debug)]
pub struct Simulator {
    platform: Arc<Platform>,
    /// Where its futures run.
    runtime: runtime::Handle,
    /// Dropped to stop the server.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Start and addresses.
impl Simulator {
    /// Listens on a free port, with the default options.
    pub fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        Self::with(listener, &Options::default())
    }

    /// Serves on a listener that is bound already.
    pub fn with(listener: TcpListener, options: &Options) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let origin = origin(listener.local_addr()?)?;
        let store = match &options.dir {
            Some(dir) => FileStore::within(dir)?,
            None => FileStore::temporary()?,
        };
        let platform = Arc::new(Platform::new(origin, store, options));
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel();
        let playing = Arc::clone(&platform);
        let thread = thread::Builder::new()
            .name("fake-poe".to_owned())
            .spawn(move || {
                runtime.block_on(async {
                    tokio::select! {
                        served = serve(listener, playing) => {
                            if let Err(error) = served {
                                tracing::error!(%error, "the played platform cannot serve");
                            }
                        }
                        _ = stopped => {}
                    }
                });
                // A name that is being resolved is not waited for.
                runtime.shutdown_background();
            })?;
        Ok(Self {
            platform,
            runtime: handle,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Scheme, address and port, without a slash at the end: what stands for `https://api.poe.com`.
    pub fn url(&self) -> String {
        self.platform
            .origin
            .as_str()
            .trim_end_matches('/')
            .to_owned()
    }

    /// Where bots and persons ask for this name.
    pub fn ask_url(&self, name: &str) -> String {
        let mut url = self.platform.origin.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.extend(["bot", name]);
        }
        url.into()
    }

    /// The whole URL of uploads.
    pub fn upload_url(&self) -> String {
        format!("{}{UPLOAD_PATH}", self.url())
    }
}

/// What is to be answered.
impl Simulator {
    /// Callers that ask for this name hear this script.
    pub fn bot(&self, name: &str, script: impl Into<Script>) {
        self.platform.registry.script(name, script.into());
    }

    /// Registers a server bot: a caller that asks for this name is passed on to it as the platform does it,
    /// with its settings applied, limits held and rules looked after.
    pub fn register(&self, name: &str, target: Target) {
        self.platform.registry.register(name, target);
    }

    /// Forgets a registered bot.
    pub fn remove(&self, name: &str) {
        self.platform.registry.remove(name);
    }

    /// What to do with uploads by URL.
    pub fn downloads(&self, downloads: Downloads) {
        self.platform.downloader.set(downloads);
    }

    /// Puts up a file, and says at which URL; nothing when there is no room.
    pub fn attachment(&self, name: &str, bytes: impl Into<Bytes>) -> Option<String> {
        let mime_type = files::mime_type_of(name);
        self.platform.files.put(name, mime_type, &bytes.into())
    }
}

/// What came of it.
impl Simulator {
    /// What the person has left, and what bots had.
    pub fn ledger(&self) -> Ledger {
        self.platform.ledger.ledger()
    }

    /// Asks a registered bot for its settings, and keeps them.
    ///
    /// # Errors
    /// Why they cannot be read, and what to do about it.
    pub async fn fetch_settings(&self, name: &str) -> Result<Arc<Terms>, String> {
        let (platform, name) = (Arc::clone(&self.platform), name.to_owned());
        // Connections belong to the threads on which they were made.
        let fetching = async move { platform.registry.fetch_terms(&name).await };
        let fetched = self.runtime.spawn(fetching).await;
        fetched.unwrap_or_else(|_| Err("the simulator has stopped".to_owned()))
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.platform.stopping.begin();
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A thread that fell over has freed everything too.
            let _ = thread.join();
        }
    }
}

fn origin(address: SocketAddr) -> io::Result<Url> {
    Url::parse(&format!("http://{address}/")).map_err(io::Error::other)
}
