//! The polite client: asks so often, whether answers come or not, and reads one slow stream.
//!
//! It has a thread of its own, and another one that only looks at the clock: the timers of the
//! runtime are as coarse as what is measured. Where the machine allows it, both go before all other
//! threads, so that the client's own wait for a processor is not in the figures.

use std::{
    cell::RefCell,
    collections::VecDeque,
    net::SocketAddr,
    rc::Rc,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::mpsc,
    task::{LocalSet, spawn_local},
    time::timeout,
};

use crate::{
    cores,
    load::{Client, count, request},
};

/// Time between two questions: 200 in a second.
const EVERY: Duration = Duration::from_millis(5);
/// Time between two events of the stream.
const GAP: Duration = Duration::from_millis(50);
/// Longest wait for an answer: the platform wants a first event within this time.
const ANSWER_MAX: Duration = Duration::from_secs(5);
/// Connections that are open from the beginning.
const CONNECTIONS: usize = 16;
/// Connections that are kept for later questions.
const CONNECTIONS_MAX: usize = 256;
/// Questions that may be under way; one more counts as failed.
const ASKED_MAX: usize = 2_048;

/// What the client found, in milliseconds.
#[derive(Default)]
pub(crate) struct Heard {
    /// From the moment when a question was due to the end of its answer.
    pub(crate) queries: Vec<f64>,
    /// Between two events of the stream, without the time that the bot waits between them.
    pub(crate) gaps: Vec<f64>,
    /// Questions without an answer, and streams that broke off.
    pub(crate) failures: usize,
}

/// Asks for so long.
pub(crate) fn listen(address: SocketAddr, time: Duration) -> Heard {
    let thread = std::thread::spawn(move || {
        cores::hurry();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        LocalSet::new().block_on(&runtime, converse(address, time))
    });
    thread.join().unwrap()
}

/// What all questions share.
struct Shared {
    address: SocketAddr,
    request: Vec<u8>,
    /// Connections that are not in use; the last one back waits longest, so that none gets old.
    idle: RefCell<VecDeque<Client>>,
    heard: RefCell<Heard>,
}

async fn converse(address: SocketAddr, time: Duration) -> Heard {
    let shared = Rc::new(Shared {
        address,
        request: request("/polite/talk", "say 3 20"),
        idle: RefCell::default(),
        heard: RefCell::default(),
    });
    for _ in 0..CONNECTIONS {
        if let Ok(client) = Client::connect(address).await {
            shared.idle.borrow_mut().push_back(client);
        }
    }
    let stream = spawn_local(stream(Rc::clone(&shared), time));
    let (tell, mut due) = mpsc::channel(ASKED_MAX);
    let clock = std::thread::spawn(move || keep_time(&tell, time));
    let mut asked = tokio::task::JoinSet::new();
    while let Some(due) = due.recv().await {
        let shared = Rc::clone(&shared);
        if asked.len() < ASKED_MAX {
            asked.spawn_local(async move { shared.ask(due).await });
        } else {
            shared.heard.borrow_mut().failures += 1;
        }
        while asked.try_join_next().is_some() {}
    }
    asked.join_all().await;
    stream.await.unwrap();
    let missed = clock.join().unwrap();
    let mut heard = shared.heard.take();
    heard.failures += missed;
    heard
}

/// Says when a question is due; returns how many were not taken.
fn keep_time(tell: &mpsc::Sender<Instant>, time: Duration) -> usize {
    let start = Instant::now();
    let (mut due, mut missed) = (start, 0);
    while due - start < time {
        let left = due.saturating_duration_since(Instant::now());
        if left.is_zero() {
            missed += usize::from(tell.try_send(due).is_err());
            due += EVERY;
        } else {
            std::thread::park_timeout(left);
        }
    }
    missed
}

impl Shared {
    async fn ask(&self, due: Instant) {
        let answered = timeout(ANSWER_MAX, self.try_ask()).await;
        let took = due.elapsed().as_secs_f64() * 1e3;
        let mut heard = self.heard.borrow_mut();
        heard.queries.push(took);
        heard.failures += usize::from(!matches!(answered, Ok(Ok(()))));
    }

    async fn try_ask(&self) -> Result<(), String> {
        let kept = self.idle.borrow_mut().pop_front();
        let mut client = match kept {
            Some(client) => client,
            None => Client::connect(self.address)
                .await
                .map_err(|error| error.to_string())?,
        };
        client.try_ask(&self.request).await?;
        let mut idle = self.idle.borrow_mut();
        if idle.len() < CONNECTIONS_MAX {
            idle.push_back(client);
        }
        Ok(())
    }
}

/// Reads one stream, and notes how long each event let it wait.
async fn stream(shared: Rc<Shared>, time: Duration) {
    let events = (time.as_secs_f64() / GAP.as_secs_f64()) as usize;
    let lines = format!("x\\nsleep {}\\n", GAP.as_millis()).repeat(events);
    let request = request("/polite/talk", &lines);
    let mut arrived = vec![Instant::now()];
    let reading = async {
        let mut stream = TcpStream::connect(shared.address).await?;
        stream.set_nodelay(true)?;
        stream.write_all(&request).await?;
        let mut said = Vec::new();
        while arrived.len() <= events && stream.read_buf(&mut said).await? > 0 {
            let now = Instant::now();
            while arrived.len() <= count(&said, b"event: text") {
                arrived.push(now);
            }
        }
        Ok::<_, std::io::Error>(())
    };
    let in_time = timeout(time, reading).await;
    // The wait that is not over yet counts, too.
    if in_time.is_err() && arrived.last().is_some_and(|last| last.elapsed() > GAP) {
        arrived.push(Instant::now());
    }
    let mut heard = shared.heard.borrow_mut();
    let broke_off = in_time.is_ok() && arrived.len() <= events;
    heard.failures += usize::from(broke_off);
    // The bot waits before every event but the first.
    let waits = std::iter::once(Duration::ZERO).chain(std::iter::repeat(GAP));
    let gap = |(pair, wait): (&[Instant], Duration)| {
        ((pair[1] - pair[0]).as_secs_f64() - wait.as_secs_f64()) * 1e3
    };
    heard.gaps = arrived.windows(2).zip(waits).map(gap).collect();
}
