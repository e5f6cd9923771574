//! The played platform as a handle: it starts, takes bots and files, and stops when it is dropped.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::PathBuf,
    sync::Arc,
    thread::{self, JoinHandle},
};

use bytes::Bytes;
use tokio::{runtime, sync::oneshot};
use url::Url;

use super::{
    bot_settings::Terms,
    file_store::Shelf,
    files,
    hooks::{Hooks, NoHooks},
    ledger::{BALANCE, Ledger},
    query_runner::{Driver, Limits},
    script::Script,
    serve::{UPLOAD_PATH, serve},
    state::{Cast, Mode, Stage},
    upload::Downloads,
};
use crate::client::Target;

/// The platform's API for bots, played on a free port of 127.0.0.1.
///
/// It runs on a thread and a clock of its own. Dropping it breaks off all that is open, and frees the
/// port before the drop returns.
#[derive(Debug)]
pub struct FakePoe {
    stage: Arc<Stage>,
    /// Where its futures run.
    runtime: runtime::Handle,
    /// Dropped to stop the server.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// How the platform is played.
#[derive(Clone, Debug)]
pub struct Options {
    /// How much is minded.
    pub manner: Mode,
    /// Where files are kept, in a directory of this run; else in one that goes with it.
    pub dir: Option<PathBuf>,
    /// What the person has, in thousandths of a US cent.
    pub balance: u64,
    /// What replies of registered bots may take.
    pub limits: Limits,
    /// Who looks on, and may answer in its place.
    pub hooks: Arc<dyn Hooks>,
}

impl Default for Options {
    /// For tests.
    fn default() -> Self {
        Self {
            manner: Mode::Lenient,
            dir: None,
            balance: BALANCE,
            limits: Limits::default(),
            hooks: Arc::new(NoHooks),
        }
    }
}

/// Start and addresses.
impl FakePoe {
    /// Listens on a free port, for whoever asks.
    pub fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        Self::with(listener, &Options::default())
    }

    /// Serves on a listener that is bound already.
    pub fn with(listener: TcpListener, options: &Options) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let origin = origin(listener.local_addr()?)?;
        let shelf = match &options.dir {
            Some(dir) => Shelf::within(dir)?,
            None => Shelf::temporary()?,
        };
        let driver = Driver::new(options.limits);
        let stage = Arc::new(Stage::new(
            origin,
            driver,
            shelf,
            Arc::clone(&options.hooks),
        ));
        {
            let mut now = stage.state();
            now.manner = options.manner;
            now.ledger.balance = options.balance;
            if options.manner == Mode::Strict {
                now.files.downloads = Downloads::Fetched(Vec::new());
            }
        }
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel();
        let playing = Arc::clone(&stage);
        let thread = thread::Builder::new()
            .name("fake-poe".to_owned())
            .spawn(move || {
                runtime.block_on(async {
                    tokio::select! {
                        served = serve(listener, playing) => {
                            if let Err(error) = served {
                                tracing::error!(%error, "the fake platform cannot serve");
                            }
                        }
                        _ = stopped => {}
                    }
                });
                // A name that is being resolved is not waited for.
                runtime.shutdown_background();
            })?;
        Ok(Self {
            stage,
            runtime: handle,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Scheme, address and port, without a slash at the end: what stands for `https://api.poe.com`.
    pub fn url(&self) -> String {
        self.stage.origin.as_str().trim_end_matches('/').to_owned()
    }

    /// Where bots and persons ask for this name.
    pub fn ask_url(&self, name: &str) -> String {
        let mut url = self.stage.origin.clone();
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
impl FakePoe {
    /// Whoever asks for this name hears this script.
    pub fn bot(&self, name: &str, script: impl Into<Script>) {
        let cast = Cast::Scripted(script.into());
        self.stage.state().bots.insert(name.to_owned(), cast);
    }

    /// Registers a server bot: whoever asks for this name is passed on to it as the platform does it,
    /// with its settings applied, limits held and rules looked after.
    pub fn enrol(&self, name: &str, target: Target) {
        self.stage.enrol(name, target);
    }

    /// Forgets a registered bot.
    pub fn strike(&self, name: &str) {
        if self.stage.enrolled(name).is_some() {
            self.stage.state().bots.remove(name);
        }
    }

    /// What to do with uploads by URL.
    pub fn downloads(&self, downloads: Downloads) {
        self.stage.state().files.downloads = downloads;
    }

    /// Puts up a file, and says at which URL; nothing when there is no room.
    pub fn attachment(&self, name: &str, bytes: impl Into<Bytes>) -> Option<String> {
        let mime_type = files::mime_type_of(name);
        files::store(&self.stage, name, mime_type, &bytes.into())
    }
}

/// What came of it.
impl FakePoe {
    /// What the person has left, and what bots had.
    pub fn ledger(&self) -> Ledger {
        self.stage.state().ledger.ledger()
    }

    /// Asks a registered bot for its settings, and keeps them.
    ///
    /// # Errors
    /// Why they cannot be read, and what to do about it.
    pub async fn fetch_settings(&self, name: &str) -> Result<Arc<Terms>, String> {
        let (stage, name) = (Arc::clone(&self.stage), name.to_owned());
        // Connections belong to the threads on which they were made.
        let fetching = async move { stage.fetch_terms(&name).await };
        let fetched = self.runtime.spawn(fetching).await;
        fetched.unwrap_or_else(|_| Err("the simulator has stopped".to_owned()))
    }
}

impl Drop for FakePoe {
    fn drop(&mut self) {
        self.stage.stopping.begin();
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
