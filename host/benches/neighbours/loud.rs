//! The neighbours: clients of another tenant, on a thread of their own, and processes outside.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::oneshot,
    time::{sleep, timeout},
};

use crate::{contender::Contender, cores::Burners, load::Client};

/// How long a client waits before it tries again what has failed.
const BACK_OFF: Duration = Duration::from_millis(10);

/// How long a client that leaves waits for the beginning of the answer at most.
const BEGINNING_MAX: Duration = Duration::from_secs(2);

/// What a neighbour does.
pub(crate) enum Load {
    /// Nothing.
    Nothing,
    /// So many clients ask without a pause; each has one of these requests.
    Ask(usize, Vec<Vec<u8>>),
    /// So many clients ask, and leave so long after the beginning of the answer.
    Leave(usize, Vec<u8>, Duration),
    /// So many processes outside the gateway compute.
    Outside(usize),
    /// So many clients ask a server outside the gateway, one without a sandbox, without a pause.
    Elsewhere(usize, Vec<u8>),
}

/// A load under way; dropping it ends it.
pub(crate) struct Loud {
    answers: Arc<AtomicU64>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    _burners: Option<Burners>,
    _elsewhere: Option<Contender>,
}

impl Loud {
    /// Starts it; it ends after this time at most.
    pub(crate) fn start(load: Load, address: SocketAddr, most: Duration) -> Self {
        let answers: Arc<AtomicU64> = Arc::default();
        let (stop, stopped) = oneshot::channel();
        let counted = Arc::clone(&answers);
        let burners = match load {
            Load::Outside(processes) => Some(Burners::start(processes, most)),
            _ => None,
        };
        let elsewhere = match load {
            Load::Elsewhere(..) => Some(Contender::native("outside", "/bot")),
            _ => None,
        };
        let address = elsewhere.as_ref().map_or(address, |server| server.address);
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                spawn(load, address, &counted);
                let _ = timeout(most, stopped).await;
            });
        });
        Self {
            answers,
            stop: Some(stop),
            thread: Some(thread),
            _burners: burners,
            _elsewhere: elsewhere,
        }
    }

    /// Answers so far.
    pub(crate) fn answers(&self) -> u64 {
        self.answers.load(Ordering::Relaxed)
    }
}

impl Drop for Loud {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Starts the clients, which go with their runtime.
fn spawn(load: Load, address: SocketAddr, answers: &Arc<AtomicU64>) {
    match load {
        Load::Nothing | Load::Outside(_) => {}
        Load::Ask(clients, requests) => {
            let requests: Vec<Arc<[u8]>> = requests.into_iter().map(Arc::from).collect();
            for request in requests.iter().cycle().take(clients) {
                tokio::spawn(ask(address, Arc::clone(request), Arc::clone(answers)));
            }
        }
        Load::Elsewhere(clients, request) => {
            spawn(Load::Ask(clients, vec![request]), address, answers);
        }
        Load::Leave(clients, request, after) => {
            let request: Arc<[u8]> = Arc::from(request);
            for _ in 0..clients {
                let (request, answers) = (Arc::clone(&request), Arc::clone(answers));
                tokio::spawn(async move {
                    loop {
                        if leave(address, &request, after).await.is_err() {
                            sleep(BACK_OFF).await;
                        }
                        answers.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        }
    }
}

/// Asks for ever. A failure is no answer, and costs the connection.
async fn ask(address: SocketAddr, request: Arc<[u8]>, answers: Arc<AtomicU64>) {
    loop {
        if let Ok(mut client) = Client::connect(address).await {
            while client.try_ask(&request).await.is_ok() {
                answers.fetch_add(1, Ordering::Relaxed);
            }
        }
        sleep(BACK_OFF).await;
    }
}

/// Asks, and hangs up once the bot is at work.
async fn leave(address: SocketAddr, request: &[u8], after: Duration) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(request).await?;
    let mut head = [0; 256];
    let beginning = timeout(BEGINNING_MAX, stream.read(&mut head));
    beginning.await.map_err(std::io::Error::other)??;
    sleep(after).await;
    Ok(())
}
