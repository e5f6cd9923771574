//! The platform as tests play it: they read what it was asked, have it fail, and hold its scripts.

use std::{
    collections::{HashMap, VecDeque},
    error::Error,
    fmt, io,
    net::{Ipv4Addr, TcpListener},
    ops::Deref,
    sync::Arc,
    time::Duration,
};

use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use ravenry_desk::simulator::{
    self, Answer, Bill, BotRequest, Course, Ending, Endpoint, Hooks, Options, Record, SettingsCall,
    Upload,
};
use tokio::{sync::watch, time::timeout};

use super::Script;

/// How long a test waits for something before it is told that it did not come. Only a fault reaches
/// it: everything here happens on one machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// What was waited for did not come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overdue {
    what: String,
}

impl fmt::Display for Overdue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} s without: {}", PATIENCE.as_secs(), self.what)
    }
}

impl Error for Overdue {}

/// Waits, but not for ever.
async fn patiently<T>(what: &str, come: impl Future<Output = T>) -> Result<T, Overdue> {
    let late = |_| Overdue {
        what: what.to_owned(),
    };
    timeout(PATIENCE, come).await.map_err(late)
}

/// The platform, and all that it was asked.
#[derive(Debug)]
pub struct FakePoe {
    simulator: simulator::Simulator,
    backstage: Arc<Backstage>,
}

impl Deref for FakePoe {
    type Target = simulator::Simulator;

    fn deref(&self) -> &Self::Target {
        &self.simulator
    }
}

/// Start, and what is to be answered.
impl FakePoe {
    /// Listens on a free port, and lets whatever a test does not forbid pass.
    pub fn start() -> io::Result<Self> {
        Self::with(Options::default())
    }

    /// Plays so.
    pub fn with(options: Options) -> io::Result<Self> {
        let backstage = Arc::new(Backstage::default());
        let options = Options {
            hooks: Arc::clone(&backstage) as Arc<dyn Hooks>,
            ..options
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        Ok(Self {
            simulator: simulator::Simulator::with(listener, &options)?,
            backstage,
        })
    }

    /// Whoever asks for this name hears this script, from its first answer on.
    pub fn bot(&self, name: &str, script: impl Into<Script>) {
        self.simulator.bot(name, script.into());
    }

    /// Answers so, once, at the next call that comes in there. Several wait in line.
    pub fn instead(&self, endpoint: Endpoint, answer: Answer) {
        let mut faults = self.backstage.faults.lock();
        faults.entry(endpoint).or_default().push_back(answer);
    }

    /// Puts up an attachment that answers so whenever it is fetched, and says at which URL.
    pub fn scripted_attachment(&self, name: &str, answer: Answer) -> String {
        let url = self.attachment(name, "").unwrap();
        let number = url.split('/').nth(4).unwrap().parse().unwrap();
        let mut attachments = self.backstage.attachments.lock();
        attachments.insert(number, answer);
        url
    }

    /// Lets so much time pass for URLs that expire.
    pub fn skip(&self, time: Duration) {
        *self.backstage.ahead.lock() += time;
    }

    /// Lets all scripts pass that wait at this gate, now and later.
    pub fn release(&self, gate: &str) {
        let gate = self.backstage.gate(gate);
        gate.send_modify(|gate| gate.open = true);
    }
}

/// What was asked.
impl FakePoe {
    /// All queries to this name, in order, refused ones too.
    pub fn queries(&self, name: &str) -> Vec<BotRequest> {
        let seen = self.backstage.seen.lock();
        let of = |query: &&BotRequest| query.bot == name;
        seen.queries.iter().filter(of).cloned().collect()
    }

    /// The first query to this name that was not yet returned here.
    pub async fn next_query(&self, name: &str) -> Result<BotRequest, Overdue> {
        self.until(&format!("query to `{name}`"), |poe| {
            let mut taken = poe.backstage.taken.lock();
            let taken = taken.entry(name.to_owned()).or_default();
            let query = poe.queries(name).into_iter().nth(*taken)?;
            *taken += 1;
            Some(query)
        })
        .await
    }

    /// Waits until a script waits at this gate, or has passed it.
    pub async fn reached(&self, gate: &str) -> Result<(), Overdue> {
        let mut waiting = self.backstage.gate(gate).subscribe();
        let come = waiting.wait_for(|gate| gate.reached);
        let reached = patiently(&format!("a script at gate `{gate}`"), come).await?;
        // Gates go with the platform, which is there.
        drop(reached.unwrap());
        Ok(())
    }

    /// Waits until this is something, looking whenever something was asked. `what` names it, should it
    /// not come: `poe.until("a report", |poe| poe.reports().pop())`.
    pub async fn until<T>(
        &self,
        what: &str,
        look: impl Fn(&Self) -> Option<T>,
    ) -> Result<T, Overdue> {
        let mut told = self.backstage.told.subscribe();
        let come = async {
            loop {
                told.mark_unchanged();
                if let Some(found) = look(self) {
                    return found;
                }
                told.changed().await.unwrap();
            }
        };
        patiently(what, come).await
    }

    /// All `report_error` and its kin, in order.
    pub fn reports(&self) -> Vec<BotRequest> {
        self.backstage.seen.lock().reports.clone()
    }

    /// All uploads, in order, failed ones too.
    pub fn uploads(&self) -> Vec<Upload> {
        self.backstage.seen.lock().uploads.clone()
    }

    /// All bills, in order, refused ones too.
    pub fn bills(&self) -> Vec<Bill> {
        self.backstage.seen.lock().bills.clone()
    }

    /// All calls about settings, in order.
    pub fn settings(&self) -> Vec<SettingsCall> {
        self.backstage.seen.lock().settings.clone()
    }

    /// Numbers of attachments that were fetched, in order.
    pub fn fetched(&self) -> Vec<u64> {
        self.backstage.fetched.lock().clone()
    }
}

/// What stands behind it.
#[derive(Debug, Default)]
struct Backstage {
    seen: Mutex<Seen>,
    /// Told whenever something was asked.
    told: watch::Sender<()>,
    /// How many queries were handed to the test, by bot.
    taken: Mutex<HashMap<String, usize>>,
    faults: Mutex<HashMap<Endpoint, VecDeque<Answer>>>,
    attachments: Mutex<HashMap<u64, Answer>>,
    fetched: Mutex<Vec<u64>>,
    gates: Mutex<HashMap<String, watch::Sender<Gate>>>,
    ahead: Mutex<Duration>,
}

#[derive(Debug, Default)]
struct Seen {
    queries: Vec<BotRequest>,
    reports: Vec<BotRequest>,
    uploads: Vec<Upload>,
    bills: Vec<Bill>,
    settings: Vec<SettingsCall>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Gate {
    open: bool,
    reached: bool,
}

impl Backstage {
    fn gate(&self, name: &str) -> watch::Sender<Gate> {
        let mut gates = self.gates.lock();
        gates.entry(name.to_owned()).or_default().clone()
    }
}

impl Hooks for Backstage {
    fn seen(&self, record: Record<'_>) {
        let mut seen = self.seen.lock();
        match record {
            Record::Query(query) => seen.queries.push(query.clone()),
            Record::Report(report) => seen.reports.push(report.clone()),
            Record::Upload(upload) => seen.uploads.push(upload.clone()),
            Record::Bill(bill) => seen.bills.push(bill.clone()),
            Record::Settings(call) => seen.settings.push(call.clone()),
        }
        drop(seen);
        self.told.send_replace(());
    }

    fn instead(&self, endpoint: Endpoint) -> Option<Answer> {
        if let Endpoint::Attachment(number) = endpoint {
            self.fetched.lock().push(number);
            return self.attachments.lock().get(&number).cloned();
        }
        self.faults.lock().get_mut(&endpoint)?.pop_front()
    }

    fn gate(&self, name: &str) -> BoxFuture<'static, ()> {
        let gate = Self::gate(self, name);
        gate.send_modify(|gate| gate.reached = true);
        Box::pin(async move {
            let mut waiting = gate.subscribe();
            // This holds the sender.
            drop(waiting.wait_for(|gate| gate.open).await);
        })
    }

    fn ahead(&self) -> Duration {
        *self.ahead.lock()
    }
}

/// The ends of answers, as the server sees them. This is how a test sees that a caller hung up.
pub trait Answered {
    /// The course of the answer.
    fn course(&self) -> &Course;

    /// How the answer ended; nothing while it goes on.
    fn ending(&self) -> Option<Ending> {
        *self.course().receiver().borrow()
    }

    /// Waits until the answer has ended.
    async fn ended(&self) -> Result<Ending, Overdue> {
        let mut course = self.course().receiver();
        let ended = course.wait_for(Option::is_some);
        let ended = patiently("the end of an answer", ended).await?;
        // Accounts are settled before they go.
        Ok(ended.unwrap().unwrap())
    }
}

impl Answered for Course {
    fn course(&self) -> &Course {
        self
    }
}

impl Answered for BotRequest {
    fn course(&self) -> &Course {
        &self.course
    }
}
