//! The API that bots call, as a handle for tests: it starts, says what is to be answered, tells what
//! was asked, and stops when it is dropped.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::PathBuf,
    sync::Arc,
    thread::{self, JoinHandle},
    time::Duration,
};

use bytes::Bytes;
use tokio::{runtime, sync::oneshot};
use url::Url;

use super::{
    bot_settings::Terms,
    file_store::Shelf,
    files,
    history::Recorded,
    ledger::{BALANCE, Ledger},
    query_runner::{Driver, Limits},
    script::{Answer, Script},
    serve::{UPLOAD_PATH, serve},
    state::{Cast, Mode, Overdue, Stage},
    sync::SettingsCall,
    upload::{Downloads, Upload},
};
use crate::client::Target;
use ravenry_base::secret::Secret;

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
}

impl Default for Options {
    /// For tests.
    fn default() -> Self {
        Self {
            manner: Mode::Lenient,
            dir: None,
            balance: BALANCE,
            limits: Limits::default(),
        }
    }
}

/// A way into the platform that can be made to fail. Bot queries fail by their [`Script`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Door {
    /// Uploads of files.
    Uploads,
    /// Bills.
    Costs,
    /// Calls about settings.
    Settings,
}

/// Start and addresses.
impl FakePoe {
    /// Listens on a free port.
    pub fn start() -> io::Result<Self> {
        Self::on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?)
    }

    /// Serves on a listener that is bound already.
    pub fn on(listener: TcpListener) -> io::Result<Self> {
        Self::with(listener, &Options::default())
    }

    /// The same, in another manner.
    pub fn with(listener: TcpListener, options: &Options) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let origin = origin(listener.local_addr()?)?;
        let shelf = match &options.dir {
            Some(dir) => Shelf::within(dir)?,
            None => Shelf::temporary()?,
        };
        let driver = Driver::new(options.limits);
        let stage = Arc::new(Stage::new(origin, driver, shelf));
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
    /// Whoever asks for this name hears this script, from its first answer on.
    pub fn bot(&self, name: &str, script: impl Into<Script>) {
        let script = script.into();
        self.cast(name, Cast::Scripted { script, calls: 0 });
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

    fn cast(&self, name: &str, cast: Cast) {
        self.stage.state().bots.insert(name.to_owned(), cast);
    }

    /// From now on lets in this key, and others that were named so. Before the first one, any key.
    pub fn accept_key(&self, key: &str) {
        self.stage.state().keys.push(Secret::new(key.to_owned()));
    }

    /// Answers so, once, at the next call that comes in by this door. Several wait in line.
    pub fn instead(&self, door: Door, answer: Answer) {
        let mut state = self.stage.state();
        state.instead.entry(door).or_default().push_back(answer);
    }

    /// What the person has left, in thousandths of a US cent.
    pub fn balance(&self, milli_cents: u64) {
        self.stage.state().ledger.balance = milli_cents;
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

    /// Puts up an attachment that answers so whenever it is fetched, and says at which URL; nothing
    /// when there is no room.
    pub fn scripted_attachment(&self, name: &str, answer: Answer) -> Option<String> {
        files::store_script(&self.stage, name, answer)
    }

    /// Lets so much time pass for URLs that expire.
    pub fn skip(&self, time: Duration) {
        self.stage.clock.skip(time);
    }

    /// Lets all scripts pass that wait at this gate, now and later.
    pub fn release(&self, gate: &str) {
        self.stage.release(gate);
    }
}

/// What was asked.
impl FakePoe {
    /// All queries to this name, in order, refused ones too.
    pub fn queries(&self, name: &str) -> Vec<Recorded> {
        let state = self.stage.state();
        let of = |query: &&Recorded| query.bot == name;
        state.queries.iter().filter(of).cloned().collect()
    }

    /// The first query to this name that was not yet returned here.
    pub async fn next_query(&self, name: &str) -> Result<Recorded, Overdue> {
        let what = || format!("query to `{name}`");
        self.stage
            .until(what, || {
                let mut state = self.stage.state();
                let taken = state.taken.get(name).copied();
                let new = |query: &&Recorded| {
                    query.bot == name && taken.is_none_or(|taken| query.number > taken)
                };
                let query = state.queries.iter().find(new).cloned()?;
                state.taken.insert(name.to_owned(), query.number);
                Some(query)
            })
            .await
    }

    /// Waits until a script waits at this gate, or has passed it.
    pub async fn reached(&self, gate: &str) -> Result<(), Overdue> {
        self.stage.reached(gate).await
    }

    /// Waits until this is something, looking whenever something was asked. `what` names it, should it
    /// not come: `poe.until("a report", |poe| poe.reports().pop())`.
    pub async fn until<T>(
        &self,
        what: &str,
        look: impl Fn(&Self) -> Option<T>,
    ) -> Result<T, Overdue> {
        self.stage.until(|| what.to_owned(), || look(self)).await
    }

    /// All `report_error` and its kin, in order.
    pub fn reports(&self) -> Vec<Recorded> {
        self.stage.state().reports.all()
    }

    /// All uploads, in order, failed ones too.
    pub fn uploads(&self) -> Vec<Upload> {
        self.stage.state().uploads.all()
    }

    /// Paths of attachments that were fetched, in order.
    pub fn fetched(&self) -> Vec<String> {
        self.stage.state().files.fetched.all()
    }

    /// What is left, and all bills.
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

    /// All calls about settings, in order.
    pub fn settings(&self) -> Vec<SettingsCall> {
        self.stage.state().settings.all()
    }
}

impl Drop for FakePoe {
    fn drop(&mut self) {
        self.stage.stop();
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
